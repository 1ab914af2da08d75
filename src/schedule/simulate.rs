//! Days of the schedule in seconds: the board decides as it does for the daemon, on a clock that jumps from one moment to the
//! next. No process is started.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::board::{Board, Standing};
use super::verdict::{Outcome, Step, Verdict, What};
use crate::settings::Job;

/// What is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Simulation {
    /// From here on, all jobs new.
    pub from: Timestamp,
    /// Up to here.
    pub to: Timestamp,
    /// So long every run takes.
    pub takes: SignedDuration,
    /// So many runs are at work at once.
    pub at_once: usize,
}

/// A run that comes to its end at some time: when, which of many, and whose.
type End = Reverse<(Timestamp, u64, String, String)>;

impl Simulation {
    /// Decides every moment. `run` says how a run ends, `told` hears every verdict with its time.
    pub fn go(
        self,
        jobs: impl IntoIterator<Item = Arc<Job>>,
        mut run: impl FnMut(&Verdict, &str) -> Outcome,
        mut told: impl FnMut(Timestamp, &Verdict),
    ) {
        let mut runs = 0_u64;
        let mut board = Board::new(self.at_once, move |_| {
            runs += 1;
            format!("simulated-{runs}")
        });
        for job in jobs {
            board.add(job, Standing::new(self.from));
        }
        let (mut now, mut ends, mut started) = (self.from, BinaryHeap::<End>::new(), 0);
        let mut outcomes = std::collections::HashMap::new();
        loop {
            let end = ends.peek().map(|Reverse((at, ..))| *at);
            let Some(next) = [end, board.wake_at(now)].into_iter().flatten().min().filter(|next| *next <= self.to)
            else {
                break;
            };
            now = next.max(now);
            let ended = if end.is_some_and(|at| at <= now) { ends.pop() } else { None };
            let verdicts = match ended {
                Some(Reverse((_, _, job, run))) => {
                    let outcome = outcomes.remove(&run).unwrap_or(Outcome::Done);
                    board.ended(&job, &run, outcome, now)
                }
                None => board.turn(now),
            };
            for verdict in &verdicts {
                told(now, verdict);
                let What::Starts(task) = &verdict.what else { continue };
                let name = match task {
                    Step::ResumeFirst(older) => older.clone(),
                    Step::Begin | Step::Resume => verdict.entry.run.clone(),
                };
                outcomes.insert(name.clone(), run(verdict, &name));
                started += 1;
                let at = now.saturating_add(self.takes).unwrap_or(Timestamp::MAX);
                ends.push(Reverse((at, started, verdict.job.name.clone(), name)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::board::tests::job;
    use super::*;
    use crate::settings::Overlap;

    fn told(jobs: Vec<Job>, days: i64, takes: i64) -> Vec<(Timestamp, String, What)> {
        let from: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let to = from + SignedDuration::from_hours(days * 24);
        let mut all = Vec::new();
        Simulation { from, to, takes: SignedDuration::from_mins(takes), at_once: 4 }.go(
            jobs.into_iter().map(Arc::new),
            |_, _| Outcome::Done,
            |at, verdict| all.push((at, verdict.job.name.clone(), verdict.what.clone())),
        );
        all
    }

    #[test]
    fn a_year_has_a_verdict_for_every_moment() {
        let verdicts = told(vec![job("nightly", "30 2 * * *"), job("often", "*/10 * * * *")], 365, 3);
        let begun = |name: &str| {
            verdicts.iter().filter(|(_, job, what)| job == name && matches!(what, What::Starts(Step::Begin))).count()
        };
        assert_eq!((begun("nightly"), begun("often")), (365, 365 * 24 * 6));
        assert!(!verdicts.iter().any(|(_, _, what)| matches!(what, What::Skipped(_) | What::Missed { .. })));
    }

    #[test]
    fn runs_that_take_too_long_overlap_as_they_would() {
        let queue = Job { overlap: Overlap::QueueOne, ..job("queue", "0 * * * *") };
        let verdicts = told(vec![job("skip", "0 * * * *"), queue], 1, 90);
        let count = |name: &str, wanted: fn(&What) -> bool| {
            verdicts.iter().filter(|(_, job, what)| job == name && wanted(what)).count()
        };
        assert_eq!(count("skip", |what| matches!(what, What::Starts(_))), 12);
        assert_eq!(count("skip", |what| matches!(what, What::Skipped(_))), 12);
        assert_eq!(count("queue", |what| matches!(what, What::Starts(_))), 16, "one after the other, without a pause");
    }
}
