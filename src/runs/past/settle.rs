//! A person says whether it happened; kept with who, when and why.

use super::super::history::{Owner, Verdict, settled_json, settled_text, standing};
use super::doubts::is_open;
use super::{Denied, Ground, Past, is_gone};
use crate::clock::Clock;
use crate::effects::{Error, Settled, settle_doubts};
use crate::settings::{Flags, Redactor};
use crate::store::RunState;

/// What the API is asked for next.
const DOUBTS: &str = "those that are in doubt: GET /api/v1/doubts";

/// Which doubts are settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// These, by their numbers.
    Numbers(Vec<i64>),
    /// All of a run, if there are so many of them.
    OfRun(String, Option<i64>),
}

/// What was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledNow {
    /// The effects' numbers.
    pub effects: Vec<i64>,
    /// What became of them.
    pub verdict: Verdict,
    /// Who said so, and why.
    pub by: String,
    /// How each of their runs stands: how many of its doubts are left, whether it can be resumed.
    pub next: Vec<(String, i64, bool)>,
}

impl Past {
    /// Settles them all or none, in the name of `who`.
    pub async fn settle(
        &self,
        which: &Which,
        verdict: Verdict,
        who: &str,
        reason: &str,
        redactor: &Redactor,
    ) -> Result<SettledNow, Denied> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Denied::wrong("the reason is empty: say how you know, it is kept"));
        }
        let (effects, runs) = match which {
            Which::OfRun(run, all) => (self.all_of(run, *all, verdict).await?, vec![run.clone()]),
            Which::Numbers(numbers) => self.named(numbers).await?,
        };
        let by = redactor.redact(&format!("{who}: {reason}")).into_owned();
        let meant = match verdict {
            Verdict::Applied => Settled::Applied(None),
            Verdict::NotApplied => Settled::NotApplied,
        };
        let settled = settle_doubts(&self.store, &Clock::system(), &effects, &meant, &by).await;
        settled.map_err(|error| refused(error, &self.flags))?;
        Ok(SettledNow { next: self.goes_on(runs).await?, effects, verdict, by })
    }

    /// The doubts of a run, if the number that was named is the right one.
    async fn all_of(&self, run: &str, named: Option<i64>, verdict: Verdict) -> Result<Vec<i64>, Denied> {
        self.find(run).await?;
        if self.owner(run)? == Owner::Alive {
            let words = format!("run `{run}` is still at work and looks its doubts up itself; wait for its end");
            return Err(Denied::new(Ground::Busy, words));
        }
        let flags = &self.flags;
        let loose = self.loose().await?;
        let effects = self.numbers(loose.doubts().filter(|doubts| doubts.group.run == run)).await?;
        let right = i64::try_from(effects.len()).unwrap_or(i64::MAX);
        let command =
            format!("beadle doubts settle --run {run} --all {right} {} --reason \"…\"{flags}", verdict.flag());
        match named {
            _ if right == 0 => Err(Denied::wrong(format!("nothing of run `{run}` is in doubt"))),
            Some(number) if number == right => Ok(effects),
            Some(number) => {
                let words = format!("{right} of run `{run}` are in doubt, not {number}: look at them once more");
                Err(Denied::wrong(words).hint(format!("beadle doubts{flags}")).ask(DOUBTS))
            }
            None => Err(Denied::wrong(format!("{right} of run `{run}` are in doubt; say so"))
                .hint(command)
                .ask(format!("name the number as `all`: {right}"))),
        }
    }

    /// Effects by their numbers and their runs, each once, if all of them are there and none is settled.
    async fn named(&self, numbers: &[i64]) -> Result<(Vec<i64>, Vec<String>), Denied> {
        let hint = format!("beadle doubts{}", self.flags);
        let world = self.store.world().await?;
        let (mut effects, mut runs) = (Vec::with_capacity(numbers.len()), Vec::new());
        for &number in numbers {
            let Some(trace) = self.store.trace(number).await? else {
                let words = format!("there is no effect {number}");
                let denied = Denied::absent(format!("{words} in {}", self.store.path().display())).hint(hint);
                return Err(denied.open(words).ask(DOUBTS));
            };
            if !is_open(&trace.effect) {
                let stands = standing(&trace.effect, Owner::Nobody, &self.times);
                return Err(Denied::wrong(format!("effect {number} is not in doubt: {stands}")).hint(hint).ask(DOUBTS));
            }
            if is_gone(&trace.effect.account, world.as_ref()) {
                let words = format!("the sandbox of effect {number} is gone: another was begun");
                return Err(Denied::wrong(format!("{words} with --fresh")).open(words));
            }
            if !effects.contains(&number) {
                effects.push(number);
            }
            if !runs.contains(&trace.effect.run) {
                runs.push(trace.effect.run);
            }
        }
        Ok((effects, runs))
    }

    async fn goes_on(&self, runs: Vec<String>) -> Result<Vec<(String, i64, bool)>, Denied> {
        let loose = self.loose().await?;
        let mut next = Vec::with_capacity(runs.len());
        for id in runs {
            let left = loose.doubts().filter(|doubts| doubts.group.run == id).map(|doubts| doubts.group.count).sum();
            let run = self.store.run(&id).await?;
            let unfinished = run.is_some_and(|run| run.state != RunState::Done || run.exit_code != Some(0));
            next.push((id, left, unfinished));
        }
        Ok(next)
    }
}

impl SettledNow {
    /// For people.
    pub fn text(&self, flags: &Flags) -> String {
        settled_text(self.effects.len(), self.verdict, &self.next, flags)
    }

    /// For programs.
    pub fn json(&self, flags: &Flags) -> serde_json::Value {
        settled_json(&self.effects, self.verdict, &self.by, &self.next, flags)
    }
}

fn refused(error: Error, flags: &Flags) -> Denied {
    let ground = match &error {
        Error::Alive { .. } => Ground::Busy,
        Error::Step { .. } => Ground::Wrong,
        Error::Missing(_) => Ground::Absent,
        _ => Ground::Failed,
    };
    let denied = Denied::new(ground, error.to_string());
    match ground {
        Ground::Failed => denied,
        _ => denied.hint(format!("beadle doubts{flags}")).ask(DOUBTS),
    }
}
