//! A run has ended: what that means for its entry, its job and those who waited.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::verdict::{Entry, Outcome, Verdict, What, Why};
use super::fill::waits_for_retries;
use super::post::{Pause, Place, Queued, Work};
use super::{Board, Turn};
use crate::settings::Overlap;
use crate::store::Cause;

/// How long what waits for its job's unfinished run waits before that is tried again, unless somebody has done something
/// about it.
const BEFORE_ANOTHER_TRY: SignedDuration = SignedDuration::from_mins(5);
/// How long a run is left to the process that is at work on it, before that is looked at again.
const BEFORE_ANOTHER_LOOK: SignedDuration = SignedDuration::from_secs(5);

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
            _ if outcome == Outcome::Elsewhere && work.entry.cause != Cause::Hand => {
                self.look_again(number, work, &mut turn);
            }
            Some(_) => self.older_ended(number, work, outcome, &mut turn),
            None => self.own_ended(number, work, outcome, &mut turn),
        }
        self.settle(turn)
    }

    /// Somebody has done something about the job's unfinished run: what waits for it is tried again now.
    pub fn stirred(&mut self, job: &str, now: Timestamp) -> Vec<Verdict> {
        if let Some(number) = self.names.get(job).copied() {
            self.put_off(number, now, |queued| queued.entry.due_at > now && queued.entry.tries == 0);
        }
        self.settle(Turn::at(now))
    }

    /// The jobs that have something waiting for a run that has not come to its end, and that run.
    pub fn waiting_for(&self) -> impl Iterator<Item = (&str, &str)> {
        let waiting = self.posts.iter().filter(|post| !post.queue.is_empty() && post.at_work.is_empty());
        waiting.filter_map(|post| Some((post.job.name.as_str(), post.standing.unfinished.as_deref()?)))
    }

    /// Another process is at work on the run, which is no end and no try: an orphan that is about to stop, or a person.
    fn look_again(&mut self, number: usize, work: Work, turn: &mut Turn) {
        let due_at = turn.now.saturating_add(BEFORE_ANOTHER_LOOK).unwrap_or(Timestamp::MAX);
        let Some(place) = work.before else {
            let entry = Entry { tries: work.entry.tries.saturating_sub(1), due_at, ..work.entry };
            let job = Arc::clone(&self.posts[number].job);
            turn.say(&job, entry.clone(), What::Again(Outcome::Elsewhere));
            self.requeue(number, entry, turn.now);
            return;
        };
        self.put_off(number, due_at, |queued| queued.place == place);
    }

    /// An older run came to its end, or did not: what waited for it begins or gives up.
    fn older_ended(&mut self, number: usize, work: Work, outcome: Outcome, turn: &mut Turn) {
        self.count(number, &work, outcome, turn.now);
        self.still_unfinished(number, &work.run, turn);
    }

    /// A run that was gone on with has not come to its end: the moments that wait for it are skipped, all else waits on.
    fn still_unfinished(&mut self, number: usize, run: &str, turn: &mut Turn) {
        if self.posts[number].standing.unfinished.as_deref() != Some(run) {
            return;
        }
        // All of them wait for the same run: it is not tried once for each.
        self.skip_moments(number, &Why::Unfinished(run.to_owned()), |_| true, turn);
        let later = turn.now.saturating_add(BEFORE_ANOTHER_TRY).unwrap_or(Timestamp::MAX);
        let now = turn.now;
        let waits = |queued: &Queued| queued.entry.due_at <= now && queued.entry.cause != Cause::Hand;
        for (place, fresh) in self.put_off(number, later, waits) {
            turn.fresh.remove(&place);
            self.tell(fresh, Why::Unfinished(run.to_owned()), turn);
        }
    }

    /// Skips moments that are due and have not begun.
    fn skip_moments(&mut self, number: usize, why: &Why, which: impl Fn(&Entry) -> bool, turn: &mut Turn) {
        let is_moment = |entry: &Entry| entry.cause == Cause::Schedule && entry.tries == 0 && which(entry);
        let queue = self.posts[number].queue.iter().filter(|queued| queued.entry.due_at <= turn.now);
        let moments: Vec<_> = queue.filter(|it| is_moment(&it.entry)).map(|queued| queued.place).collect();
        for place in moments {
            self.skip(place, why.clone(), turn);
        }
    }

    /// Moves entries of a post to another time; where each waited, and waits now.
    pub(super) fn put_off(
        &mut self,
        number: usize,
        due_at: Timestamp,
        which: impl Fn(&Queued) -> bool,
    ) -> Vec<(Place, Place)> {
        let places: Vec<Place> =
            self.posts[number].queue.iter().filter(|queued| which(queued)).map(|queued| queued.place).collect();
        let mut moved = Vec::with_capacity(places.len());
        for place in places {
            if let Some(queued) = self.unqueue(place) {
                moved.push((place, self.requeue(number, Entry { due_at, ..queued.entry }, queued.since)));
            }
        }
        moved
    }

    pub(super) fn own_ended(&mut self, number: usize, work: Work, outcome: Outcome, turn: &mut Turn) {
        let job = Arc::clone(&self.posts[number].job);
        let entry = work.entry.clone();
        if let Some(moment) = work.gave_way(outcome) {
            if entry.cause != Cause::Hand {
                self.count(number, &work, outcome, turn.now);
            }
            return turn.say(&job, entry, What::GaveWay(moment));
        }
        if outcome.is_worth_a_retry() && entry.tries <= job.retries.times {
            return self.try_again(number, work, outcome, turn);
        }
        if entry.cause == Cause::Hand {
            self.count_by_hand(number, &entry.run, outcome, turn.now);
            return turn.say(&job, entry, What::Ended(outcome));
        }
        self.count(number, &work, outcome, turn.now);
        turn.say(&job, entry.clone(), What::Ended(outcome));
        let standing = &mut self.posts[number].standing;
        if outcome.is_failure() && job.pause_after > 0 && standing.failures >= job.pause_after {
            let failures = standing.failures;
            let reason = format!("{failures} failures in a row, the last one: {outcome}");
            standing.pause = Some(Pause { until: None, reason });
            turn.say(&job, entry.clone(), What::Pauses { failures });
        }
        if entry.tries > 1 {
            self.still_unfinished(number, &entry.run, turn);
        }
    }

    /// Lets a run wait for its next try. Moments for which it was gone on with in vain do not wait for that.
    fn try_again(&mut self, number: usize, work: Work, outcome: Outcome, turn: &mut Turn) {
        let job = Arc::clone(&self.posts[number].job);
        let mut entry = work.entry;
        // The moment that it was to give way to is due already.
        let gives_way = work.superseded.is_some();
        let wait = if gives_way { SignedDuration::ZERO } else { self.posts[number].retry_wait(entry.tries) };
        let due_at = turn.now.saturating_add(wait).unwrap_or(Timestamp::MAX);
        // The next moment of the job ends the wait.
        entry.due_at =
            self.posts[number].due_at().filter(|next| *next > turn.now).map_or(due_at, |next| next.min(due_at));
        let (run, at, tries) = (entry.run.clone(), entry.due_at, entry.tries);
        turn.say(&job, entry.clone(), What::Again(outcome));
        self.requeue(number, entry, turn.now);
        if job.overlap == Overlap::Allow {
            return;
        }
        let why = if at > turn.now { Why::TriedAgain { run, at } } else { Why::Unfinished(run) };
        if tries > 1 {
            self.skip_moments(number, &why, |entry| !entry.made_up, turn);
        }
        let now = turn.now;
        let waits = |queued: &&Queued| queued.entry.due_at <= now && waits_for_retries(&queued.entry);
        let places: Vec<Place> = self.posts[number].queue.iter().filter(waits).map(|queued| queued.place).collect();
        for place in places {
            self.tell(place, why.clone(), turn);
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

    fn count(&mut self, number: usize, work: &Work, outcome: Outcome, now: Timestamp) {
        let standing = &mut self.posts[number].standing;
        // What was stopped for a later moment is not gone on with: it would be stopped again for the next one.
        let gives_way = work.gave_way(outcome).is_some();
        standing.unfinished = (outcome.is_unfinished() && !gives_way).then(|| work.run.clone());
        if outcome.is_done() {
            (standing.failures, standing.last_done) = (0, Some(now));
        } else if outcome.is_failure() && !gives_way {
            standing.failures = standing.failures.saturating_add(1);
        }
    }
}
