//! Settling: what calls have come to, and what was found out about doubts.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::{Error, Lease, Ledger, Outcome, Permit, Settled, State, Step, natural_key};
use crate::catalog::Subject;
use crate::clock::Clock;
use crate::store::{EffectRow, Settling, Store, Writing};

/// Who settles what a platform's answer tells.
const ANSWER: &str = "answer";

impl Ledger {
    /// The platform has answered and is still at work under this job: written down as soon as it is read, so that
    /// a resumed run follows the job instead of submitting again. The permit still wants its outcome.
    pub async fn accept(&self, permit: &Permit, job: &str) -> Result<(), Error> {
        let mut writing = self.inner.store.writing().await?;
        settle_rest(&mut writing, permit, 0, Step::Accept, None, None).await?;
        writing.keep_job(permit.call(), job).await?;
        Ok(writing.commit().await?)
    }

    /// What the call has come to, in one transaction.
    pub async fn settle(&self, permit: Permit, outcome: Outcome) -> Result<(), Error> {
        let now = self.inner.clock.now_ms();
        let mut writing = self.inner.store.writing().await?;
        let (state, status, error) = match &outcome {
            Outcome::Done { shares } => {
                for (&place, share) in shares {
                    settle_place(&mut writing, &permit, place, Step::Finish, now, Some(share), None).await?;
                }
                settle_rest(&mut writing, &permit, shares.len(), Step::Finish, Some(now), None).await?;
                (State::Done, None, None)
            }
            Outcome::Queued => {
                settle_rest(&mut writing, &permit, 0, Step::Accept, None, None).await?;
                (State::Accepted, None, None)
            }
            Outcome::Failed { code, message, status } => {
                let error = format!("{code}: {message}");
                settle_rest(&mut writing, &permit, 0, Step::Fail, Some(now), Some(&error)).await?;
                (State::Failed, *status, Some(error))
            }
            Outcome::Doubt { why } => {
                settle_rest(&mut writing, &permit, 0, Step::Lose, None, Some(why)).await?;
                (State::Doubt, None, Some(why.clone()))
            }
            Outcome::Each { done, failed } => {
                for (&place, share) in done {
                    settle_place(&mut writing, &permit, place, Step::Finish, now, Some(share), None).await?;
                }
                for (&place, why) in failed {
                    settle_place(&mut writing, &permit, place, Step::Fail, now, None, Some(why)).await?;
                }
                let named = done.len() + failed.len();
                let why = Some("the answer does not name it");
                let rest = settle_rest(&mut writing, &permit, named, Step::Lose, None, why).await?;
                let state = if rest > 0 {
                    State::Doubt
                } else if done.is_empty() && !failed.is_empty() {
                    State::Failed
                } else {
                    State::Done
                };
                (state, None, None)
            }
        };
        writing.settle_call(permit.call(), state.as_str(), Some(now), status, error.as_deref()).await?;
        writing.keep_objects(permit.call(), None, now).await?;
        writing.forget_deleted(permit.call(), None).await?;
        if permit.replaces {
            replace_earlier(&mut writing, permit.call(), None, self.run(), now).await?;
        }
        Ok(writing.commit().await?)
    }

    /// What was found out about a doubt; `by` is `look-up`, or who decided.
    pub async fn settle_doubt(&self, effect: i64, verdict: Settled, by: &str) -> Result<(), Error> {
        let mut writing = self.inner.store.writing().await?;
        let row = self.free(&mut writing, effect).await?;
        let now = self.inner.clock.now_ms();
        prove(&mut writing, &row, &verdict, by, now).await?;
        close_call(&mut writing, row.call, now).await?;
        Ok(writing.commit().await?)
    }

    /// A look-up told nothing: the row stays in doubt and says why.
    pub async fn keep_doubt(&self, effect: i64, why: &str) -> Result<(), Error> {
        let mut writing = self.inner.store.writing().await?;
        let row = self.free(&mut writing, effect).await?;
        step(&mut writing, &row, Step::Lose, None, "look-up", None, Some(why)).await?;
        Ok(writing.commit().await?)
    }

    /// A read has shown what was only promised ([`Outcome::Queued`]), all in one transaction. Those that somebody else has
    /// settled in the meantime are left as they are.
    pub async fn seen(&self, effects: &[i64]) -> Result<(), Error> {
        let now = self.inner.clock.now_ms();
        let mut writing = self.inner.store.writing().await?;
        let mut calls = BTreeSet::new();
        for &effect in effects {
            let row = writing.effect(effect).await?.ok_or(Error::Missing(effect))?;
            match step(&mut writing, &row, Step::Finish, Some(now), "look-up", None, None).await {
                Ok(()) => drop(calls.insert(row.call)),
                Err(Error::Step { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        for call in calls {
            close_call(&mut writing, call, now).await?;
        }
        Ok(writing.commit().await?)
    }

    /// An object that was made once is gone: it may be made again.
    pub async fn forget_object(&self, account: &str, operation: &str, subject: &Subject) -> Result<(), Error> {
        let (kind, key, target) = natural_key(subject);
        let mut writing = self.inner.store.writing().await?;
        writing.forget_object(account, operation, (kind, &key, &target)).await?;
        Ok(writing.commit().await?)
    }

    /// The row, unless somebody alive is at work on it.
    async fn free(&self, writing: &mut Writing, effect: i64) -> Result<EffectRow, Error> {
        let row = writing.effect(effect).await?.ok_or(Error::Missing(effect))?;
        match self.busy(std::slice::from_ref(&row))?.is_empty() {
            true => Ok(row),
            false => Err(Error::Alive { effect, run: row.run }),
        }
    }
}

/// Settles doubts by what a person says, outside of any run: all of them, or none.
pub async fn settle_doubts(
    store: &Store,
    clock: &Clock,
    effects: &[i64],
    verdict: &Settled,
    by: &str,
) -> Result<(), Error> {
    let mut writing = store.writing().await?;
    let (mut alive, mut calls) = (HashMap::new(), BTreeSet::new());
    for &effect in effects {
        let row = writing.effect(effect).await?.ok_or(Error::Missing(effect))?;
        let is_alive = match alive.get(&row.run) {
            Some(known) => *known,
            None => *alive.entry(row.run.clone()).or_insert(Lease::is_held(store, &row.run)?),
        };
        if is_alive {
            return Err(Error::Alive { effect, run: row.run });
        }
        prove(&mut writing, &row, verdict, by, clock.now_ms()).await?;
        calls.insert(row.call);
    }
    for call in calls {
        close_call(&mut writing, call, clock.now_ms()).await?;
    }
    Ok(writing.commit().await?)
}

async fn prove(writing: &mut Writing, row: &EffectRow, verdict: &Settled, by: &str, now: i64) -> Result<(), Error> {
    let (verdict, share) = match verdict {
        Settled::Applied(share) => (Step::Prove, share.as_ref()),
        Settled::NotApplied => (Step::Disprove, None),
    };
    step(writing, row, verdict, Some(now), by, share, row.error.as_deref()).await?;
    writing.keep_objects(row.call, Some(row.id), now).await?;
    writing.forget_deleted(row.call, Some(row.id)).await?;
    match verdict {
        Step::Prove => replace_earlier(writing, row.call, Some(row.id), &row.run, now).await,
        _ => Ok(()),
    }
}

/// A doubt is over whose place a later write of this run takes. What became of it is not known.
pub(super) async fn replace(writing: &mut Writing, row: &EffectRow, run: &str, now: i64) -> Result<(), Error> {
    step(writing, row, Step::Replace, Some(now), &by_run(run), None, row.error.as_deref()).await?;
    close_call(writing, row.call, now).await
}

/// What has happened now takes the place of earlier doubts about the same.
async fn replace_earlier(
    writing: &mut Writing,
    call: i64,
    only: Option<i64>,
    run: &str,
    now: i64,
) -> Result<(), Error> {
    let by = by_run(run);
    for over in writing.replace_earlier(call, only, &settling(Step::Replace, Some(now), &by, None)).await? {
        close_call(writing, over, now).await?;
    }
    Ok(())
}

/// Who settles what a later write replaces.
fn by_run(run: &str) -> String {
    format!("run {run}")
}

/// A call whose effects are all at rest is at rest itself.
async fn close_call(writing: &mut Writing, call: i64, now: i64) -> Result<(), Error> {
    let at_rest = State::ALL.into_iter().filter(|state| state.settled()).map(State::as_str);
    match writing.all_in(call, at_rest).await? {
        true => Ok(writing.settle_call(call, "settled", Some(now), None, None).await?),
        false => Ok(()),
    }
}

/// One step of one row.
async fn step(
    writing: &mut Writing,
    row: &EffectRow,
    step: Step,
    at: Option<i64>,
    by: &str,
    share: Option<&Value>,
    error: Option<&str>,
) -> Result<(), Error> {
    let how = settling(step, at, by, error);
    match writing.settle_effect(row.id, &how, share).await? {
        true => Ok(()),
        false => Err(illegal(row.id, &row.state, how.to)),
    }
}

/// One step of all effects of a permit but those that were named before; returns how many these are.
async fn settle_rest(
    writing: &mut Writing,
    permit: &Permit,
    named: usize,
    step: Step,
    at: Option<i64>,
    error: Option<&str>,
) -> Result<u64, Error> {
    let how = settling(step, at, ANSWER, error);
    let moved = writing.settle_effects(permit.call(), &how).await?;
    if moved == (permit.effects.len() - named) as u64 {
        return Ok(moved);
    }
    let stuck = writing.states(permit.call()).await?.into_iter().find(|(_, word)| word != how.to);
    let first = permit.effects.first().map_or(0, |(_, effect)| *effect);
    Err(stuck.map_or(Error::Missing(first), |(effect, word)| illegal(effect, &word, how.to)))
}

/// One step of one place of a permit.
async fn settle_place(
    writing: &mut Writing,
    permit: &Permit,
    place: usize,
    step: Step,
    now: i64,
    share: Option<&Value>,
    error: Option<&str>,
) -> Result<(), Error> {
    let effect = permit.effect(place).ok_or(Error::NotCovered(place))?;
    let how = settling(step, Some(now), ANSWER, error);
    let share = share.filter(|share| !share.is_null());
    match writing.settle_effect(effect, &how, share).await? {
        true => Ok(()),
        false => {
            let row = writing.effect(effect).await?.ok_or(Error::Missing(effect))?;
            Err(illegal(effect, &row.state, how.to))
        }
    }
}

fn settling<'a>(step: Step, at: Option<i64>, by: &'a str, error: Option<&'a str>) -> Settling<'a> {
    let (from, to) = State::before(step);
    Settling { from: from.into_iter().map(State::as_str).collect(), to: to.as_str(), at, by, error }
}

/// The store's words are the states' own, so an unknown one cannot come from this release.
fn illegal(effect: i64, state: &str, wanted: &'static str) -> Error {
    Error::Step { effect, state: State::parse(state).map_or("unknown", State::as_str), wanted }
}
