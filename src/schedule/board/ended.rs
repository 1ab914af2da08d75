//! A run has ended: what that means for its entry, its job and those who waited.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::verdict::{Entry, Outcome, Verdict, What, Why};
use super::post::{Pause, Work};
use super::{Board, Turn};
use crate::store::Cause;

/// How long an event waits for its job's unfinished run before that is tried again.
const BEFORE_ANOTHER_LOOK: SignedDuration = SignedDuration::from_mins(5);

impl Board {
    /// The run of a job has ended.
    pub fn ended(&mut self, job: &str, run: &str, outcome: Outcome, now: Timestamp) -> Vec<Verdict> {
        let mut turn = Turn::at(now);
        let Some(number) = self.names.get(job).copied() else { return Vec::new() };
        let post = &mut self.posts[number];
        let Some(at) = post.at_work.iter().position(|work| work.run == run) else { return Vec::new() };
        let work = post.at_work.remove(at);
        self.at_work -= 1;
        if let Some(lock) = post.lock().filter(|_| post.at_work.is_empty()) {
            self.locks.remove(&lock);
        }
        match work.before {
            Some(_) => self.older_ended(number, work, outcome, &mut turn),
            None => self.own_ended(number, work.entry, outcome, &mut turn),
        }
        self.settle(turn)
    }

    /// An older run came to its end, or did not: what waited for it begins or gives up.
    fn older_ended(&mut self, number: usize, work: Work, outcome: Outcome, turn: &mut Turn) {
        self.count(number, &work.run, outcome, turn.now);
        let (Some(place), true) = (work.before, outcome.is_unfinished()) else { return };
        let why = Why::Unfinished(work.run);
        if work.entry.cause == Cause::Schedule && work.entry.tries == 0 {
            return self.skip(place, why, turn);
        }
        if let Some(mut queued) = self.unqueue(place) {
            queued.entry.due_at = turn.now.saturating_add(BEFORE_ANOTHER_LOOK).unwrap_or(Timestamp::MAX);
            self.queue(number, queued.entry, queued.since, turn);
        }
    }

    fn own_ended(&mut self, number: usize, mut entry: Entry, outcome: Outcome, turn: &mut Turn) {
        let job = Arc::clone(&self.posts[number].job);
        if outcome.is_worth_a_retry() && entry.tries <= job.retries.times {
            let wait = job.retries.wait.saturating_mul(1 << entry.tries.saturating_sub(1).min(20));
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            entry.due_at = turn.now.saturating_add(wait).unwrap_or(Timestamp::MAX);
            turn.say(&job, entry.clone(), What::Again(outcome));
            self.requeue(number, entry, turn.now);
            return;
        }
        if entry.cause == Cause::Hand {
            self.count_by_hand(number, &entry.run, outcome, turn.now);
            return turn.say(&job, entry, What::Ended(outcome));
        }
        self.count(number, &entry.run, outcome, turn.now);
        turn.say(&job, entry.clone(), What::Ended(outcome));
        let standing = &mut self.posts[number].standing;
        if outcome.is_failure() && job.pause_after > 0 && standing.failures >= job.pause_after {
            let failures = standing.failures;
            let reason = format!("{failures} failures in a row, the last one: {outcome}");
            standing.pause = Some(Pause { until: None, reason });
            turn.say(&job, entry, What::Pauses { failures });
        }
    }

    /// What is run by hand does not count as a failure of the schedule, and leaves alone what another run has left unfinished.
    fn count_by_hand(&mut self, number: usize, run: &str, outcome: Outcome, now: Timestamp) {
        let standing = &mut self.posts[number].standing;
        match &standing.unfinished {
            None if outcome.is_unfinished() => standing.unfinished = Some(run.to_owned()),
            Some(known) if known == run && !outcome.is_unfinished() => standing.unfinished = None,
            _ => {}
        }
        if outcome.is_done() {
            (standing.failures, standing.last_done) = (0, Some(now));
        }
    }

    fn count(&mut self, number: usize, run: &str, outcome: Outcome, now: Timestamp) {
        let standing = &mut self.posts[number].standing;
        standing.unfinished = outcome.is_unfinished().then(|| run.to_owned());
        if outcome.is_done() {
            (standing.failures, standing.last_done) = (0, Some(now));
        } else if outcome.is_failure() {
            standing.failures = standing.failures.saturating_add(1);
        }
    }
}
