//! Beginning a write: one transaction reads what is known, decides, and writes down what is about to be sent.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::decide::{Asked, Asking, Decision, Known};
use super::key::{Campaign, Place};
use super::settle::replace;
use super::{Answered, Begun, Error, Intent, Ledger, Permit, Why};
use crate::catalog::{Consequence, Doubt, Mails, Piece, Write};
use crate::model::Email;
use crate::store::{EffectRow, NewCall, NewEffect, Subjects, Writing};

/// A write that is being begun.
pub(super) struct Beginning<'a> {
    ledger: &'a Ledger,
    account: &'a str,
    piece: &'a Piece,
    intent: &'a Intent,
    write: &'a Write,
    op: String,
    campaign: Campaign,
    asked: Vec<Asked<'a>>,
    subjects: Subjects,
    now: i64,
}

/// What was decided, subject by subject.
#[derive(Default)]
struct Sorted {
    answered: Vec<Answered>,
    doubts: Vec<(usize, Doubt)>,
    send: Vec<usize>,
    superseded: Vec<i64>,
    matched: Vec<((String, Place), i64)>,
}

impl Sorted {
    /// Whether no read is needed before sending.
    fn is_clear(&self) -> bool {
        self.doubts.is_empty() && !self.answered.iter().any(|answered| matches!(answered.why, Why::Made { .. }))
    }
}

impl<'a> Beginning<'a> {
    pub(super) fn of(
        ledger: &'a Ledger,
        account: &'a str,
        piece: &'a Piece,
        intent: &'a Intent,
    ) -> Result<Self, Error> {
        let op = piece.call.op.name();
        let Some(write) = piece.call.op.write(&piece.call.args) else {
            return Err(Error::NotAWrite(op));
        };
        let campaign = match write.mails {
            Mails::Yes => Campaign::named(intent.campaign.as_deref()),
            Mails::No | Mails::Unknown => Campaign::default(),
        };
        let asked: Vec<_> = (0..piece.subjects.len()).map(|place| asked(piece, intent, place)).collect();
        let subjects = Subjects::of(
            asked.iter().map(|one| one.place.subject.as_str()),
            asked.iter().filter_map(|one| one.address.as_deref()),
        );
        let now = ledger.inner.clock.now_ms();
        Ok(Self { ledger, account, piece, intent, write, op, campaign, asked, subjects, now })
    }

    pub(super) async fn run(self) -> Result<Begun, Error> {
        let mut writing = self.ledger.inner.store.writing().await?;
        let known = self.known(&mut writing).await?;
        let mut sorted = self.sort(&known);
        let mut permit = None;
        // While something must be found out nothing is written: the rest would look as if it had been sent.
        if sorted.is_clear() && !sorted.send.is_empty() {
            if self.piece.call.op.whole.is_some() {
                self.ledger.weighed(&mut writing, self.account, self.piece, self.intent).await?;
            }
            writing.supersede(&sorted.superseded, self.ledger.attempt()).await?;
            let carries_on = self.carry_on(&mut writing, &known, &sorted.send).await?;
            permit = Some(self.insert(&mut writing, std::mem::take(&mut sorted.send), carries_on).await?);
            writing.commit().await?;
        } else {
            writing.leave().await?;
        }
        self.ledger.matched().extend(sorted.matched);
        Ok(Begun { answered: sorted.answered, doubts: sorted.doubts, held_back: sorted.send, permit })
    }

    /// What would be decided, with nothing written down: whoever would be sent stands in `held_back`.
    pub(super) async fn ask(self) -> Result<Begun, Error> {
        let mut writing = self.ledger.inner.store.writing().await?;
        let known = self.known(&mut writing).await?;
        drop(writing);
        let sorted = self.sort(&known);
        Ok(Begun { answered: sorted.answered, doubts: sorted.doubts, held_back: sorted.send, permit: None })
    }

    async fn known(&self, writing: &mut Writing) -> Result<Known, Error> {
        let (ledger, of) = (self.ledger, &self.subjects);
        let pending = writing.pending(self.account, of).await?;
        let mut mails = Vec::new();
        if self.mails() {
            let since = self.now - ledger.caps().memory();
            mails = writing.mails(self.account, of, self.campaign.key(), since).await?;
        }
        let mut history = Vec::new();
        if ledger.attempt() > 1 && !self.mails() {
            history = writing.history(ledger.run(), self.account, ledger.attempt(), of).await?;
        }
        let mut objects = Vec::new();
        if self.write.consequence == Consequence::Creates {
            objects = writing.objects(self.account, &self.op, of).await?;
        }
        let busy = ledger.busy(&pending)?;
        Ok(Known::of(pending, mails, history, objects, busy))
    }

    fn sort(&self, known: &Known) -> Sorted {
        let asking = Asking {
            run: self.ledger.run(),
            attempt: self.ledger.attempt(),
            now: self.now,
            op: &self.op,
            mails: self.mails(),
            campaign: self.campaign.key(),
            caps: self.ledger.caps(),
            despite: &self.intent.despite,
            replacing: &self.intent.replacing,
        };
        let mut sorted = Sorted::default();
        let mut mailed = HashSet::new();
        let matched = self.ledger.matched();
        for (place, asked) in self.asked.iter().enumerate() {
            let key = (self.account.to_owned(), asked.place.clone());
            match known.decide(&asking, asked, matched.get(&key).copied().unwrap_or_default()) {
                Decision::Answered { why, share, matched } => {
                    sorted.matched.extend(matched.map(|row| (key, row)));
                    sorted.answered.push(Answered { place, why, share });
                }
                Decision::Doubts(doubts) => sorted.doubts.extend(doubts.into_iter().map(|doubt| (place, doubt))),
                Decision::Send { .. } if self.mails() && !mailed.insert(person(asked)) => {
                    sorted.answered.push(Answered { place, why: self.mailed_in_this_call(), share: None });
                }
                Decision::Send { superseded } => {
                    sorted.superseded.extend(superseded);
                    sorted.send.push(place);
                }
            }
        }
        sorted
    }

    /// Two ids with one address are one person.
    fn mailed_in_this_call(&self) -> Why {
        Why::Mailed { at: self.now, run: self.ledger.run().to_owned(), campaign: self.campaign.key().to_owned() }
    }

    /// The same run sends the very same once more: the new row carries the doubt on, and the old one is over. Says
    /// whether there is one.
    async fn carry_on(&self, writing: &mut Writing, known: &Known, places: &[usize]) -> Result<bool, Error> {
        let asked = places.iter().filter_map(|&place| self.asked.get(place));
        let before: Vec<&EffectRow> =
            asked.flat_map(|asked| known.same_before(self.ledger.run(), &self.op, asked, self.intent)).collect();
        for row in &before {
            replace(writing, row, self.ledger.run(), self.now).await?;
        }
        Ok(!before.is_empty())
    }

    async fn insert(&self, writing: &mut Writing, places: Vec<usize>, carries_on: bool) -> Result<Permit, Error> {
        let only = self.piece.only(&places);
        let (request, digest, sentence) = (only.call.args.to_value(), only.call.digest(), only.call.sentence());
        let new = NewCall {
            run: self.ledger.run(),
            attempt: self.ledger.attempt(),
            account: self.account,
            op: &self.op,
            connection: &self.piece.call.connection,
            sentence: &sentence,
            request: &request,
            digest: &digest,
            begun_at: self.now,
            consequence: self.write.consequence.as_str(),
            mails: self.write.mails.as_str(),
            campaign: self.campaign.key(),
        };
        let call = writing.insert_call(&new).await?;
        let counted = writing.ordinals(self.ledger.run(), self.account, &self.subjects).await?;
        let counted: HashMap<_, _> =
            counted.into_iter().map(|(kind, key, to, count)| ((kind, key, to), count)).collect();
        let mut effects = Vec::with_capacity(places.len());
        for &place in &places {
            let Some(asked) = self.asked.get(place) else { continue };
            let at = (asked.place.kind.to_owned(), asked.place.subject.clone(), asked.place.target.clone());
            let effect = NewEffect {
                kind: asked.place.kind,
                subject: &asked.place.subject,
                target: &asked.place.target,
                address: asked.address.as_deref(),
                digest: &asked.digest,
                ordinal: counted.get(&at).copied().unwrap_or_default() + 1,
                before: self.intent.before.get(&asked.place.subject).unwrap_or(&Value::Null),
                wanted: asked.part,
            };
            effects.push((place, writing.insert_effect(call, &new, &effect).await?));
        }
        let replaces = !self.intent.replacing.is_empty();
        Ok(Permit { effects, places, replaces, carries_on, flight: self.ledger.inner.sky.start(call) })
    }

    fn mails(&self) -> bool {
        self.write.mails == Mails::Yes
    }
}

pub(super) fn asked<'a>(piece: &'a Piece, intent: &Intent, place: usize) -> Asked<'a> {
    let (subject, part) = &piece.subjects[place];
    let known = intent.addresses.get(&subject.key).map(String::as_str);
    let known = known.and_then(|text| Email::parse(text).ok()).map(|email| email.key().to_owned());
    Asked {
        place: Place::of(subject),
        address: piece.address(place).or(known),
        digest: piece.call.digest_of(part),
        part,
    }
}

/// Who would be written to, and about what.
fn person(asked: &Asked<'_>) -> (String, String) {
    let who = asked.address.clone().unwrap_or_else(|| asked.place.subject.clone());
    (who, asked.place.target.clone())
}
