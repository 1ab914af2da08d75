//! Writes: cut where the document limits them, passed through the ledger, sent, settled.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::answer::Merged;
use super::crash::{self, Point};
use super::perform::Performed;
use super::{Client, Error, Policy, With, traced};
use crate::catalog::{Call, Consequence, Mails, Piece, Subject};
use crate::effects::{Answered, Intent, Why};
use crate::events::Level;
use crate::model::Placeholder;

/// How often the ledger is asked anew for one piece: after doubts were looked up, what is free is sent again.
const ROUNDS: usize = 8;
/// A refused call for many people is halved to spare those who are not affected; after so many refusals
/// without a single success the reason is not one of them.
const REFUSALS: usize = 40;

/// Holds a write that would pass a limit.
pub trait Brake: Send + Sync {
    /// Called before a call that was not checked by its caller; an error holds the run, or refuses the call. Gives what it
    /// has read of the subjects, by their key: the intent keeps it.
    fn check<'a>(
        &'a self,
        client: &'a Client,
        call: &'a Call,
        with: &'a With,
    ) -> BoxFuture<'a, Result<HashMap<String, Value>, Error>>;
}

impl Client {
    /// Performs a write, in as many pieces as the document demands; in plan mode it is taken down.
    pub(super) async fn write(&self, call: &Call, with: &With) -> Result<Bytes, Error> {
        let written = self.write_all(call, with).await;
        match self.draft() {
            None => written,
            Some(_) => written.map_err(|error| error.while_planning(call)),
        }
    }

    async fn write_all(&self, call: &Call, with: &With) -> Result<Bytes, Error> {
        let call = &self.completed(call).await?;
        let consequence = call.op.write(&call.args).map(|write| write.consequence);
        if !matches!(consequence, Some(Consequence::Changes | Consequence::Tells)) {
            self.open_lists().finish().await;
        }
        let mut with = Cow::Borrowed(with);
        if let (false, Some(brake)) = (with.checked, &self.0.parts.brake) {
            let read = brake.check(self, call, &with).await?;
            if !read.is_empty() {
                with.to_mut().known.extend(read);
            }
        }
        let mut merged = Merged::new(call);
        let mut todo = Todo { pieces: call.pieces().into(), refusals: 0 };
        while let Some(piece) = todo.pieces.pop_front() {
            let left = self.piece(piece, &with, &mut merged).await?;
            for (refused, error) in left.refused {
                todo.refused(refused, error, with.spares, &mut merged);
            }
            if left.lost && !todo.pieces.is_empty() {
                todo.pieces.clear();
                merged.unsent();
            }
            if !todo.pieces.is_empty() {
                crash::reach(Point::BetweenPieces);
            }
        }
        merged.finish()
    }

    /// One piece as far as it goes; whom the ledger or a look-up answers for is noted.
    async fn piece(&self, piece: Piece, with: &With, merged: &mut Merged) -> Result<Left, Error> {
        let one_at_a_time = piece.call.op.batch.is_some_and(|batch| batch.one_at_a_time);
        // Held while its doubts are looked up, too: no other job may start before it is known what became of this one.
        let _alone = match one_at_a_time {
            true => Some(self.0.single.lock().await),
            false => None,
        };
        let mut intent = self.intent(&piece, with).await?;
        let (mut left, mut lost) = (Left::default(), false);
        let mut todo = self.not_yet_there(self.not_yet_mailed(piece, &intent, merged).await?, &intent, with, merged);
        if let Some(draft) = self.draft() {
            self.plan_piece(draft, todo, &intent, with, merged).await?;
            return Ok(left);
        }
        let (mut rounds, mut waits) = (0, Policy::looks(self.policy().neighbour).enumerate());
        while rounds < ROUNDS {
            if todo.subjects.is_empty() {
                return Ok(left);
            }
            let begun = self.ledger().begin(self.account(), &todo, &intent).await;
            let begun = begun.map_err(|error| Error::ledger(&todo.call, error))?;
            let mut free = begun.held_back;
            let elsewhere = |answered: &Answered| matches!(answered.why, Why::Elsewhere { .. });
            let (busy, mut known): (Vec<Answered>, Vec<Answered>) = begun.answered.into_iter().partition(elsewhere);
            let wait = if busy.is_empty() { None } else { waits.next() };
            match wait {
                Some((0, _)) => self.says_it_waits(&todo, &busy),
                Some(_) => {}
                // Nothing is waited for, or it took too long.
                None => {
                    known.extend(busy.iter().cloned());
                    rounds += 1;
                }
            }
            for answered in known {
                free.extend(self.answered(&todo, &intent, answered, merged).await?);
            }
            if !begun.doubts.is_empty() {
                let looked = self.settle_doubts(&todo, begun.doubts, lost, merged).await?;
                left.lost |= lost && !looked.all;
                free.extend(looked.free);
                intent.replacing.extend(looked.passed);
            }
            if let Some(permit) = begun.permit {
                crash::reach(Point::AfterIntent);
                let part = todo.only(permit.places());
                let places = permit.places().to_vec();
                let span = self.effects(&part);
                let performed = self.perform(&part, permit, &intent, with, merged).instrument(span.clone()).await;
                traced::failed(&span, &performed);
                let performed = performed?;
                span.record("beadle.outcome", performed.word());
                drop(span);
                match performed {
                    Performed::Settled => {}
                    Performed::Partly(unsure) => {
                        lost = true;
                        free.extend(unsure);
                    }
                    Performed::Refused(refused) => left.refused.push(*refused),
                    Performed::InDoubt => {
                        lost = true;
                        free.extend(places);
                    }
                }
            }
            if let Some((_, wait)) = wait {
                free.extend(busy.iter().map(|answered| answered.place));
                self.rest(wait).await?;
            }
            free.sort_unstable();
            todo = todo.only(&free);
            if !todo.subjects.is_empty()
                && let Some(call) = self.united_anew(&todo.call).await?
                && let Some(piece) = call.pieces().into_iter().next()
            {
                todo = piece;
            }
        }
        if !todo.subjects.is_empty() {
            let why = format!("no trustworthy answer after {ROUNDS} tries, each looked up in between");
            merged.stuck(Error::in_doubt(&todo.call, why));
            left.lost = true;
        }
        Ok(left)
    }

    fn says_it_waits(&self, piece: &Piece, busy: &[Answered]) {
        let Some(Answered { place, why: Why::Elsewhere { run }, .. }) = busy.first() else { return };
        let subject = piece.subjects.get(*place).map(|(subject, _)| subject.key.as_str()).unwrap_or_default();
        let line = format!("{}: waits for run {run}, which is at work on {subject}", piece.call.op.name());
        self.events().say(Level::Info, line);
    }

    /// What must be known before sending: read, unless the caller has just read it.
    pub(super) async fn intent(&self, piece: &Piece, with: &With) -> Result<Intent, Error> {
        let mut before = with.known.clone();
        let unknown = |subject: &Subject| !before.contains_key(&subject.key) && !is_planned(subject);
        let places: Vec<usize> = (0..piece.subjects.len()).filter(|&place| unknown(&piece.subjects[place].0)).collect();
        let piece_there = piece.only(&places);
        let plan = if places.is_empty() { None } else { self.platform().adapter.before(&piece_there.call) };
        if self.draft().is_none() {
            before.extend(self.remembered(&piece_there));
        }
        if let Some(plan) = plan {
            let mut reads = Vec::with_capacity(plan.reads.len());
            for read in &plan.reads {
                reads.push(self.read_all(read).await?);
            }
            for (subject, _) in &piece_there.subjects {
                before.insert(subject.key.clone(), (plan.keep)(&piece.call, &subject.key, &reads));
            }
        }
        let mut addresses = HashMap::new();
        for (place, (subject, _)) in piece.subjects.iter().enumerate() {
            let read = before.get(&subject.key).and_then(|kept| kept.get("email")).and_then(Value::as_str);
            if let Some(address) = piece.address(place).or_else(|| read.map(|email| email.trim().to_lowercase())) {
                addresses.insert(subject.key.clone(), address);
            }
        }
        let campaign = with.again.clone().or_else(|| piece.call.op.campaign.map(str::to_owned));
        Ok(Intent { before, addresses, campaign, ..Intent::default() })
    }

    /// Takes out whom the platform's own record names as mailed since the campaign began: by another store, another
    /// machine, or a click in the platform's own pages.
    pub(super) async fn not_yet_mailed(
        &self,
        piece: Piece,
        intent: &Intent,
        merged: &mut Merged,
    ) -> Result<Piece, Error> {
        if piece.call.op.write(&piece.call.args).is_none_or(|write| write.mails != Mails::Yes) {
            return Ok(piece);
        }
        let since = match &intent.campaign {
            None => i64::MIN,
            Some(campaign) => {
                let started = self.ledger().campaign_started(self.account(), campaign).await;
                started.map_err(|error| Error::ledger(&piece.call, error))?.unwrap_or_else(|| self.clock().now_ms())
            }
        };
        let ledger = |error: crate::effects::Error| Error::ledger(&piece.call, error);
        let ours = self.ledger().mailed(self.account(), &piece, intent).await.map_err(ledger)?;
        let mut free = Vec::with_capacity(piece.subjects.len());
        for (place, (subject, _)) in piece.subjects.iter().enumerate() {
            let kept = intent.before.get(&subject.key);
            match kept.and_then(|kept| kept.get("invited_at")).and_then(Value::as_i64) {
                // Whom this store knows as mailed, it answers for in its own words.
                Some(at) if at > since && !ours.contains(&place) => {
                    let day = Timestamp::from_millisecond(at).unwrap_or_default().strftime("%Y-%m-%d");
                    let why = format!(
                        "invited on {day} by the platform's own record; to write once more, name a campaign: `again: \"a name for it\"`"
                    );
                    merged.already(subject.clone(), why, None);
                }
                _ => free.push(place),
            }
        }
        Ok(piece.only(&free))
    }

    /// Takes out what is there already, where the caller wants to use it.
    fn not_yet_there(&self, piece: Piece, intent: &Intent, with: &With, merged: &mut Merged) -> Piece {
        let creates =
            piece.call.op.write(&piece.call.args).map(|write| write.consequence) == Some(Consequence::Creates);
        if !(creates && with.use_existing) {
            return piece;
        }
        let mut free = Vec::with_capacity(piece.subjects.len());
        for (place, (subject, _)) in piece.subjects.iter().enumerate() {
            match intent.before.get(&subject.key).and_then(|kept| kept.get("existed")).filter(|id| !id.is_null()) {
                Some(id) => merged.already(subject.clone(), "was there before".into(), Some(json!({ "id": id }))),
                None => free.push(place),
            }
        }
        piece.only(&free)
    }
}

/// Whether a plan makes it, or what it is about: then nothing can be read of it yet.
fn is_planned(subject: &Subject) -> bool {
    Placeholder::is_in(&subject.key) || subject.group.as_deref().is_some_and(Placeholder::is_in)
}

/// What a piece has left to do.
#[derive(Default)]
struct Left {
    /// Parts that the platform refused: nothing of them happened.
    refused: Vec<(Piece, Error)>,
    /// Whether what was sent just now is in doubt and stays so: nothing more of the call is sent.
    lost: bool,
}

/// The pieces of a call that are still to be sent.
struct Todo {
    pieces: VecDeque<Piece>,
    /// How often a part was refused.
    refusals: usize,
}

impl Todo {
    /// A refused part is halved, as long as that can spare anybody: the first half is tried at once, so that single
    /// people are reached soon, the other after all else, so that a run of bad ones hides nobody good.
    fn refused(&mut self, part: Piece, error: Error, spares: bool, merged: &mut Merged) {
        self.refusals += 1;
        let size = part.subjects.len();
        let hopeless = !spares || !error.may_spare() || (self.refusals >= REFUSALS && !merged.worked());
        if size > 1 && !hopeless {
            let places: Vec<usize> = (0..size).collect();
            let (first, second) = places.split_at(size / 2);
            self.pieces.push_front(part.only(first));
            self.pieces.push_back(part.only(second));
            return;
        }
        merged.failed(&part, &error);
        if hopeless {
            let unsent = Error { message: format!("not sent after this: {}", error.message), ..error };
            for piece in self.pieces.drain(..) {
                merged.failed(&piece, &unsent);
            }
        }
    }
}
