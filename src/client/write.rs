//! Writes: cut where the document limits them, passed through the ledger, sent, settled.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::Value;

use super::answer::Merged;
use super::doubt::question;
use super::follow::Ended;
use super::send::Sent;
use super::{Client, Error};
use crate::catalog::{Answer, Call, Code, Consequence, Doubt, Follow, Mails, Piece, Verdict};
use crate::effects::{Intent, Outcome, Permit};

/// How often the ledger is asked anew for one piece: after doubts were looked up, what is free is sent again.
const ROUNDS: usize = 4;
/// A refused call for many people is halved to spare those who are not affected; after so many refusals without a
/// single success the reason is not one of them.
const REFUSALS: usize = 40;
/// The largest share of an answer that the ledger keeps for `resume`, in bytes.
const LARGEST_SHARE: usize = 64 * 1024;

/// What the caller wants beyond the arguments.
#[derive(Clone, Debug)]
pub struct With {
    /// The campaign of a mail (`again: "label"`); `None` is the one that everybody gets once.
    pub again: Option<String>,
    /// Whether to follow a job to its end.
    pub wait: bool,
    /// Whether an object that is there and was not made by us may be used.
    pub use_existing: bool,
    /// What reads have just shown of the subjects, by their key, as [`crate::catalog::Before::keep`] would.
    pub known: HashMap<String, Value>,
    /// Whether the caller has already held all its removals against the brakes.
    pub checked: bool,
}

impl Default for With {
    fn default() -> Self {
        Self { again: None, wait: true, use_existing: false, known: HashMap::new(), checked: false }
    }
}

/// Holds a write that would pass a limit.
pub trait Brake: Send + Sync {
    /// Called before a call that was not checked by its caller; an error holds the run.
    fn check<'a>(&'a self, client: &'a Client, call: &'a Call) -> BoxFuture<'a, Result<(), Error>>;
}

impl Client {
    /// Performs a write, in as many pieces as the document demands.
    pub(super) async fn write(&self, call: &Call, with: &With) -> Result<Bytes, Error> {
        let consequence = call.op.write(&call.args).map(|write| write.consequence);
        if !matches!(consequence, Some(Consequence::Changes | Consequence::Tells)) {
            self.open_lists().finish().await;
        }
        if let (false, Some(brake)) = (with.checked, &self.0.parts.brake) {
            brake.check(self, call).await?;
        }
        let mut merged = Merged::new(call);
        let mut pieces: VecDeque<Piece> = call.pieces().into();
        let mut refusals = 0;
        while let Some(piece) = pieces.pop_front() {
            let Err((refused, error)) = self.piece(piece, with, &mut merged).await? else { continue };
            refusals += 1;
            let size = refused.subjects.len();
            if size > 1 && may_spare(&error) && (merged.worked() || refusals < REFUSALS) {
                let places: Vec<usize> = (0..size).collect();
                let (first, second) = places.split_at(size / 2);
                pieces.push_back(refused.only(first));
                pieces.push_back(refused.only(second));
            } else {
                merged.failed(&refused, &error);
            }
        }
        merged.finish()
    }

    /// One piece to its end. The inner error is a refusal of the part named: nothing of that part happened.
    async fn piece(&self, piece: Piece, with: &With, merged: &mut Merged) -> Result<Result<(), (Piece, Error)>, Error> {
        let one_at_a_time = piece.call.op.batch.is_some_and(|batch| batch.one_at_a_time);
        let _alone = match one_at_a_time {
            true => Some(self.0.single.lock().await),
            false => None,
        };
        let intent = self.intent(&piece, with).await?;
        let mut todo = self.not_yet_mailed(piece, &intent, merged).await?;
        for _ in 0..ROUNDS {
            if todo.subjects.is_empty() {
                return Ok(Ok(()));
            }
            let begun =
                self.ledger().begin(self.account(), &todo, &intent).await.map_err(|e| Error::ledger(&todo.call, e))?;
            let mut free = Vec::new();
            for answered in begun.answered {
                free.extend(self.answered(&todo, &intent, answered, merged).await?);
            }
            free.extend(self.settle_doubts(&todo, begun.doubts, merged).await?);
            if let Some(permit) = begun.permit {
                let part = todo.only(permit.places());
                let places = permit.places().to_vec();
                match self.perform(&part, permit, &intent, with, merged).await? {
                    Performed::Settled => {}
                    Performed::Refused(refused) => return Ok(Err(*refused)),
                    Performed::InDoubt => free.extend(places),
                }
            }
            todo = todo.only(&free);
        }
        match todo.subjects.is_empty() {
            true => Ok(Ok(())),
            false => {
                let why = format!("no trustworthy answer after {ROUNDS} tries, each looked up in between");
                Err(Error::in_doubt(&todo.call, why))
            }
        }
    }

    /// Sends a part under its permit and settles it.
    async fn perform(
        &self,
        part: &Piece,
        permit: Permit,
        intent: &Intent,
        with: &With,
        merged: &mut Merged,
    ) -> Result<Performed, Error> {
        let body = match self.send(part, &permit).await? {
            Sent::Worked(body) => body,
            Sent::Failed(error) if part.subjects.len() > 1 && may_spare(&error) => {
                return self.perform_refusal(part, permit, intent, error, merged).await;
            }
            Sent::Failed(error) => {
                let outcome = Outcome::Failed {
                    code: error.code.to_owned(),
                    message: error.message.clone(),
                    status: error.status,
                };
                self.settle(part, permit, outcome).await?;
                return Ok(Performed::Refused(Box::new((part.clone(), error))));
            }
            Sent::Unsure(error) => {
                self.settle(part, permit, Outcome::Doubt { why: error.message }).await?;
                return Ok(Performed::InDoubt);
            }
        };
        if let Some(follow) = part.call.op.follow {
            return self.perform_job(part, permit, intent, with, (follow, body), merged).await;
        }
        let outcome = match part.call.platform.adapter.queued(&part.call) {
            true => Outcome::Queued,
            false => Outcome::Done { shares: shares(part, &permit, &body) },
        };
        self.settle(part, permit, outcome).await?;
        merged.done(part.subjects.len(), &body);
        Ok(Performed::Settled)
    }

    /// A refused call for many people may have worked for some: a read tells for whom it did.
    async fn perform_refusal(
        &self,
        part: &Piece,
        permit: Permit,
        intent: &Intent,
        error: Error,
        merged: &mut Merged,
    ) -> Result<Performed, Error> {
        let questions = self.questions(part, intent);
        let verdicts = self.looked(&questions).await?;
        let (mut done, mut failed, mut left) = (HashMap::new(), HashMap::new(), Vec::new());
        for (at, (verdict, &place)) in verdicts.iter().zip(permit.places()).enumerate() {
            match verdict {
                Verdict::Applied(_) => {
                    merged.found(None);
                    done.insert(place, Value::Null);
                }
                _ => {
                    left.push(at);
                    failed.insert(place, error.message.clone());
                }
            }
        }
        self.settle(part, permit, Outcome::Each { done, failed }).await?;
        Ok(Performed::Refused(Box::new((part.only(&left), error))))
    }

    fn questions(&self, part: &Piece, intent: &Intent) -> Vec<Doubt> {
        let now = self.clock().now_ms();
        (0..part.subjects.len()).map(|place| question(part, place, intent, now)).collect()
    }

    /// The platform answered with a job: it is durable before it is followed, and followed to its end.
    async fn perform_job(
        &self,
        part: &Piece,
        permit: Permit,
        intent: &Intent,
        with: &With,
        (follow, body): (Follow, Bytes),
        merged: &mut Merged,
    ) -> Result<Performed, Error> {
        let subjects = part.subjects.len();
        let job = Self::job_in(&follow, &body).unwrap_or_default();
        self.ledger().accept(&permit, &job).await.map_err(|error| Error::ledger(&part.call, error))?;
        let end = match with.wait {
            true => self.follow(&part.call, &follow, &job).await?,
            false => Ended::Running,
        };
        match end {
            Ended::Running => merged.waiting(subjects, &body),
            Ended::Done(answer) if all_named(&follow, &answer, subjects) => {
                self.settle(part, permit, Outcome::Done { shares: HashMap::new() }).await?;
                merged.done(subjects, &answer);
            }
            Ended::Done(answer) => {
                let why = format!("job {job} is completed, and a read does not show it");
                self.read_back(part, permit, intent, why, merged).await?;
                merged.done(0, &answer);
            }
            Ended::Failed(words) => {
                self.read_back(part, permit, intent, format!("job {job} failed: {words}"), merged).await?;
            }
            Ended::Unknown => {
                self.settle(part, permit, Outcome::Doubt { why: format!("the platform does not know its job {job}") })
                    .await?;
                return Ok(Performed::InDoubt);
            }
        }
        Ok(Performed::Settled)
    }

    /// A job that did not do all it was given: reads tell for whom it did; the rest has failed for the reason named.
    async fn read_back(
        &self,
        part: &Piece,
        permit: Permit,
        intent: &Intent,
        why: String,
        merged: &mut Merged,
    ) -> Result<(), Error> {
        let verdicts = self.shown(&self.questions(part, intent)).await?;
        let (mut done, mut failed) = (HashMap::new(), HashMap::new());
        let mut refused = Vec::new();
        for (at, (verdict, &place)) in verdicts.into_iter().zip(permit.places()).enumerate() {
            match verdict {
                Verdict::Applied(_) => {
                    merged.found(None);
                    done.insert(place, Value::Null);
                }
                Verdict::NotApplied => {
                    refused.push(at);
                    failed.insert(place, why.clone());
                }
                Verdict::Unknown(_) | Verdict::Stale(_) => {}
            }
        }
        let unclear = part.subjects.len() - done.len() - failed.len();
        if !refused.is_empty() {
            merged.failed(&part.only(&refused), &Error::new(&part.call, Code::Refused.as_str(), why.clone()));
        }
        self.settle(part, permit, Outcome::Each { done, failed }).await?;
        match unclear {
            0 => Ok(()),
            _ => Err(Error::in_doubt(
                &part.call,
                format!("{why}; for {unclear} people no read tells whether it happened"),
            )),
        }
    }

    async fn settle(&self, part: &Piece, permit: Permit, outcome: Outcome) -> Result<(), Error> {
        self.ledger().settle(permit, outcome).await.map_err(|error| Error::ledger(&part.call, error))
    }

    /// What must be known before sending: read, unless the caller has just read it.
    async fn intent(&self, piece: &Piece, with: &With) -> Result<Intent, Error> {
        let mut before = with.known.clone();
        let unknown = piece.subjects.iter().any(|(subject, _)| !before.contains_key(&subject.key));
        if let (true, Some(plan)) = (unknown, self.platform().adapter.before(&piece.call)) {
            let mut reads = Vec::with_capacity(plan.reads.len());
            for read in &plan.reads {
                reads.push(self.read_all(read).await?);
            }
            for (subject, _) in &piece.subjects {
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
        Ok(Intent { before, addresses, campaign: with.again.clone(), ..Intent::default() })
    }

    /// Takes out whom the platform's own record names as mailed since the campaign began: by another store, another
    /// machine, or a click in the platform's own pages.
    async fn not_yet_mailed(&self, piece: Piece, intent: &Intent, merged: &mut Merged) -> Result<Piece, Error> {
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
}

/// What became of a part that was sent.
enum Performed {
    /// The ledger knows.
    Settled,
    /// Nothing of it happened.
    Refused(Box<(Piece, Error)>),
    /// The ledger holds it as a doubt.
    InDoubt,
}

/// Whether a refusal may concern only some of the people in a call.
fn may_spare(error: &Error) -> bool {
    [Code::Refused.as_str(), Code::NotFound.as_str()].contains(&error.code)
}

/// The only subject's share of the answer, kept so that `resume` can give it again.
fn shares(part: &Piece, permit: &Permit, body: &Bytes) -> HashMap<usize, Value> {
    let one = matches!(part.call.op.answer, Answer::One(_)) && part.call.op.batch.is_none();
    match (serde_json::from_slice(body), permit.places().first()) {
        (Ok(share), Some(&place)) if one && body.len() <= LARGEST_SHARE => HashMap::from([(place, share)]),
        _ => HashMap::new(),
    }
}

/// Whether a finished job names as many ids as it was given rows; one that names none is believed.
fn all_named(follow: &Follow, answer: &Bytes, rows: usize) -> bool {
    let answer: Value = serde_json::from_slice(answer).unwrap_or(Value::Null);
    match answer.pointer(follow.merged).and_then(Value::as_array) {
        Some(ids) => ids.is_empty() || ids.len() >= rows,
        None => true,
    }
}
