//! What becomes of a part that may be sent: the answer is judged and settled, a job is followed, a refusal that may
//! concern some of many is read back.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use super::answer::Merged;
use super::crash::{self, Point};
use super::follow::{Ended, LARGEST_SHARE, is_believed, share_of_job};
use super::question::question;
use super::send::Sent;
use super::{Client, Error, Gravity, With};
use crate::catalog::{Answer, Code, Doubt, Follow, Part, Piece, Repeat, Verdict};
use crate::effects::{Intent, Outcome, Permit};
use crate::events::Level;

impl Client {
    /// Sends a part under its permit and settles it.
    pub(super) async fn perform(
        &self,
        part: &Piece,
        permit: Permit,
        intent: &Intent,
        with: &With,
        merged: &mut Merged,
    ) -> Result<Performed, Error> {
        self.recently().written(part);
        let sent = self.send(part, &permit).await;
        crash::reach(Point::BeforeSettle);
        let body = match sent {
            Sent::Worked(body) => self.with_id(part, body),
            Sent::Failed(error) if part.subjects.len() > 1 && error.may_spare() => {
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
        if let Some(parts) = self.parts(part, &body) {
            return self.perform_parts(part, permit, parts, &body, merged).await;
        }
        if let Some(why) = part.call.platform.adapter.silence(&part.call) {
            return self.perform_unnamed(part, permit, intent, (why, &body), merged).await;
        }
        let outcome = match part.call.platform.adapter.queued(&part.call) {
            true => Outcome::Queued,
            false => Outcome::Done { shares: shares(part, &permit, &body) },
        };
        self.settle(part, permit, outcome).await?;
        merged.done(part.subjects.len(), &body);
        Ok(Performed::Settled)
    }

    /// The answer with the id of what was made under the key that all platforms share.
    fn with_id(&self, part: &Piece, body: Bytes) -> Bytes {
        if !matches!(part.call.op.answer, Answer::One(_)) {
            return body;
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        match (self.platform().adapter.made(&answer), answer) {
            (Some(id), Value::Object(mut answer)) => {
                answer.insert("id".into(), id.into());
                Bytes::from(Value::Object(answer).to_string())
            }
            _ => body,
        }
    }

    fn parts(&self, part: &Piece, body: &Bytes) -> Option<Vec<Part>> {
        part.call.op.batch?;
        let answer: Value = serde_json::from_slice(body).ok()?;
        self.platform().adapter.parts(part, &answer).filter(|parts| parts.len() == part.subjects.len())
    }

    /// The answer says something of each: who was served, who was refused and why, and of whom nobody knows.
    async fn perform_parts(
        &self,
        part: &Piece,
        permit: Permit,
        parts: Vec<Part>,
        body: &Bytes,
        merged: &mut Merged,
    ) -> Result<Performed, Error> {
        let (mut done, mut failed, mut unsure) = (HashMap::new(), HashMap::new(), Vec::new());
        for (at, (told, &place)) in parts.into_iter().zip(permit.places()).enumerate() {
            match told {
                Part::Done => drop(done.insert(place, Value::Null)),
                Part::Refused(why) => {
                    let why = self.redacted(&why);
                    merged.failed(&part.only(&[at]), &Error::new(&part.call, Code::Refused.as_str(), why.clone()));
                    failed.insert(place, why);
                }
                Part::Unsure(_) => unsure.push(place),
            }
        }
        merged.done(done.len(), body);
        self.settle(part, permit, Outcome::Each { done, failed }).await?;
        Ok(match unsure.is_empty() {
            true => Performed::Settled,
            false => Performed::Partly(unsure),
        })
    }

    /// The answer names nobody who was passed over: reads tell. One look is enough where it shows everybody.
    async fn perform_unnamed(
        &self,
        part: &Piece,
        permit: Permit,
        intent: &Intent,
        (why, body): (&str, &Bytes),
        merged: &mut Merged,
    ) -> Result<Performed, Error> {
        let looked = match self.looked(&self.questions(part, intent)).await {
            Ok(looked) => looked,
            Err(error) => return self.unread(part, permit, error).await,
        };
        if looked.iter().all(|verdict| matches!(verdict, Verdict::Applied(_))) {
            self.settle(part, permit, Outcome::Done { shares: HashMap::new() }).await?;
            merged.done(part.subjects.len(), body);
            return Ok(Performed::Settled);
        }
        self.read_back(part, permit, intent, (why.to_owned(), Told::Done), merged).await?;
        merged.done(0, body);
        Ok(Performed::Settled)
    }

    /// What only a read could tell of a part that was sent could not be read: it is in doubt.
    async fn unread(&self, part: &Piece, permit: Permit, error: Error) -> Result<Performed, Error> {
        if error.gravity != Gravity::Catchable {
            return Err(error);
        }
        let why = format!("it was sent, and what became of it could not be read: {error}");
        self.settle(part, permit, Outcome::Doubt { why }).await?;
        Ok(Performed::InDoubt)
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
        if part.call.op.write(&part.call.args).is_some_and(|write| write.repeat == Repeat::ProvesOnlyDone) {
            // A queue shows late what it took in spite of the refusal.
            self.rest(self.policy().settle).await?;
        }
        let verdicts = match self.looked(&questions).await {
            Ok(verdicts) => verdicts,
            Err(error) => return self.unread(part, permit, error).await,
        };
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
        crash::reach(Point::AfterAccept);
        let end = match with.wait {
            true => self.follow(&part.call, &follow, &job).await?,
            false => Ended::Running,
        };
        match end {
            Ended::Running => merged.waiting(subjects, &body),
            Ended::Done(answer) if is_believed(part.call.op, &follow, &answer, subjects) => {
                let share = share_of_job(part.call.op, &answer).zip(permit.places().first().copied());
                let shares = share.into_iter().map(|(share, place)| (place, share)).collect();
                self.settle(part, permit, Outcome::Done { shares }).await?;
                self.tell_failures(part, &answer);
                merged.done(subjects, &answer);
            }
            Ended::Done(answer) => {
                let why = format!("job {job} is completed, and a read does not show it");
                self.read_back(part, permit, intent, (why, Told::Done), merged).await?;
                merged.done(0, &answer);
            }
            Ended::Failed(words) => {
                let why = format!("job {job} failed: {words}");
                self.read_back(part, permit, intent, (why, Told::Failed), merged).await?;
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
        (why, told): (String, Told),
        merged: &mut Merged,
    ) -> Result<(), Error> {
        let verdicts = match self.shown(&self.questions(part, intent)).await {
            Ok(verdicts) => verdicts,
            Err(error) => {
                self.unread(part, permit, error.clone()).await?;
                return Err(Error::in_doubt(
                    &part.call,
                    format!("{why}; what became of it could not be read: {error}"),
                ));
            }
        };
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
                // What reads never show is as the platform says.
                Verdict::Unknown(_) if told == Told::Done => {
                    merged.found(None);
                    done.insert(place, Value::Null);
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

    /// Rows that the platform's work could not do are told whoever asked for it: the answer itself is no refusal.
    fn tell_failures(&self, part: &Piece, answer: &Bytes) {
        let Some(whole) = part.call.op.whole else { return };
        let failures = (whole.failures)(&serde_json::from_slice(answer).unwrap_or_default());
        for failure in &failures {
            let words = self.redacted(&failure.reason);
            let line = format!("{}: {} was {}: {words}", part.call.op.name(), failure.key, failure.side.not_done());
            self.events().say(Level::Warn, line);
        }
    }

    async fn settle(&self, part: &Piece, permit: Permit, outcome: Outcome) -> Result<(), Error> {
        self.ledger().settle(permit, outcome).await.map_err(|error| Error::ledger(&part.call, error))
    }
}

/// What the platform says of its job.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    Done,
    Failed,
}

/// What became of a part that was sent.
pub(super) enum Performed {
    /// The ledger knows.
    Settled,
    /// The ledger knows of the others; of these places it holds a doubt.
    Partly(Vec<usize>),
    /// Nothing of it happened.
    Refused(Box<(Piece, Error)>),
    /// The ledger holds it as a doubt.
    InDoubt,
}

impl Performed {
    /// The word for it, for whoever traces.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Partly(_) => "partly_in_doubt",
            Self::Refused(_) => "refused",
            Self::InDoubt => "in_doubt",
        }
    }
}

/// The only subject's share of the answer, kept so that `resume` can give it again.
fn shares(part: &Piece, permit: &Permit, body: &Bytes) -> HashMap<usize, Value> {
    let one = matches!(part.call.op.answer, Answer::One(_)) && part.call.op.batch.is_none();
    match (serde_json::from_slice(body), permit.places().first()) {
        (Ok(share), Some(&place)) if one && body.len() <= LARGEST_SHARE => HashMap::from([(place, share)]),
        _ => HashMap::new(),
    }
}
