//! What waits and can begin now does, until as many are at work as may be.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::verdict::{Entry, Step, Verdict, What, Why};
use super::post::{Place, Work};
use super::{Board, Turn};
use crate::settings::Overlap;
use crate::store::Cause;

/// What stands in the way of an entry.
enum Gate {
    /// Nothing.
    Open(Step),
    /// It waits.
    Shut(Why),
    /// It never runs.
    Never(Why),
}

impl Board {
    /// The end of every turn: starts what can be started, and gives a first word on all that was let in.
    pub(super) fn settle(&mut self, mut turn: Turn) -> Vec<Verdict> {
        self.give_up_late(&mut turn);
        let mut next = self.waiting.first().copied().filter(|place| place.due_at <= turn.now);
        while let Some(place) = next {
            if self.is_full() {
                break;
            }
            match self.gate(place, turn.now) {
                Gate::Open(task) => self.begin(place, task, &mut turn),
                Gate::Shut(why) => self.owe(place, why, &mut turn),
                Gate::Never(why) => self.skip(place, why, &mut turn),
            }
            let later = (std::ops::Bound::Excluded(place), std::ops::Bound::Unbounded);
            next = self.waiting.range(later).next().copied().filter(|place| place.due_at <= turn.now);
        }
        for place in std::mem::take(&mut turn.fresh) {
            let why = if place.due_at > turn.now { Why::NotYet } else { Why::Full };
            self.tell(place, why, &mut turn);
        }
        turn.verdicts
    }

    /// Skips what has waited longer than its job allows, also while nothing can start.
    fn give_up_late(&mut self, turn: &mut Turn) {
        let mut late = false;
        while self.deadlines.peek().is_some_and(|Reverse(at)| *at <= turn.now) {
            self.deadlines.pop();
            late = true;
        }
        if !late {
            return;
        }
        let over: Vec<Place> = self.waiting.iter().copied().filter(|place| self.is_late(*place, turn.now)).collect();
        for place in over {
            let why = match self.gate(place, turn.now) {
                Gate::Shut(why @ (Why::Needs(_) | Why::Locked(_))) | Gate::Never(why) => why,
                Gate::Shut(_) | Gate::Open(_) => Why::TooLate,
            };
            self.skip(place, why, turn);
        }
    }

    fn is_late(&self, place: Place, now: Timestamp) -> bool {
        let post = &self.posts[place.post];
        let queued = post.queue.iter().find(|queued| queued.place == place);
        queued.and_then(|queued| post.deadline(&queued.entry)).is_some_and(|deadline| deadline <= now)
    }

    fn gate(&self, place: Place, now: Timestamp) -> Gate {
        let post = &self.posts[place.post];
        let Some(queued) = post.queue.iter().find(|queued| queued.place == place) else {
            return Gate::Never(Why::Gone);
        };
        let entry = &queued.entry;
        // Whoever wants it now knows that it is paused.
        if let Some(reason) = post.paused(now).filter(|_| entry.cause != Cause::Hand) {
            let why = Why::Paused(reason);
            // An event is kept, and so is a run that has begun.
            return if entry.cause == Cause::Schedule && entry.tries == 0 { Gate::Never(why) } else { Gate::Shut(why) };
        }
        if let Some(work) = post.at_work.first().filter(|_| post.job.overlap != Overlap::Allow) {
            return Gate::Shut(Why::Overlap(work.run.clone()));
        }
        // What goes first does so also where runs may be at work beside each other.
        let first = post.at_work.iter().find(|work| work.before.is_some() && entry.cause != Cause::Hand);
        if let Some(first) = first {
            return Gate::Shut(Why::Unfinished(first.run.clone()));
        }
        let tried = post.tried().filter(|_| waits_for_retries(entry));
        if let Some(tried) = tried {
            return Gate::Shut(match tried.due_at > now {
                true => Why::TriedAgain { run: tried.run.clone(), at: tried.due_at },
                false => Why::Unfinished(tried.run.clone()),
            });
        }
        let needing = entry.cause == Cause::Schedule && entry.tries == 0;
        if let Some(gate) = needing.then(|| self.needs(place.post, queued.since, now)).flatten() {
            return gate;
        }
        if let Some(holder) = post.lock().and_then(|lock| self.locks.get(&lock)).filter(|holder| **holder != place.post)
        {
            return Gate::Shut(Why::Locked(self.posts[*holder].job.name.clone()));
        }
        match &post.standing.unfinished {
            // What is run by hand is run beside whatever is unfinished.
            Some(run) if post.at_work.is_empty() && *run != entry.run && entry.cause != Cause::Hand => {
                Gate::Open(Step::ResumeFirst(run.clone()))
            }
            _ if entry.tries > 0 => Gate::Open(Step::Resume),
            _ => Gate::Open(Step::Begin),
        }
    }

    /// What stands in the way of a post whose jobs must have been done since.
    fn needs(&self, number: usize, since: Timestamp, now: Timestamp) -> Option<Gate> {
        let job = &self.posts[number].job;
        let undone = job.needs.iter().find(|name| {
            let needed = self.names.get(*name).map(|number| &self.posts[*number]);
            needed.is_none_or(|needed| !needed.is_done_since(since))
        })?;
        let why = Why::Needs(undone.clone());
        let under_way = self.names.get(undone).map(|number| &self.posts[*number]).is_some_and(|needed| {
            !needed.at_work.is_empty() || !needed.queue.is_empty() || needed.due_at().is_some_and(|at| at <= now)
        });
        Some(if under_way || job.start_within.is_some() { Gate::Shut(why) } else { Gate::Never(why) })
    }

    fn begin(&mut self, place: Place, task: Step, turn: &mut Turn) {
        let (run, before) = match &task {
            Step::ResumeFirst(run) => (Some(run.clone()), Some(place)),
            Step::Begin | Step::Resume => (None, None),
        };
        let entry = match before {
            // It keeps its place while the older run goes on.
            Some(_) => self.posts[place.post]
                .queue
                .iter()
                .find(|queued| queued.place == place)
                .map(|queued| queued.entry.clone()),
            None => self.unqueue(place).map(|mut queued| {
                queued.entry.tries += 1;
                queued.entry
            }),
        };
        let Some(entry) = entry else { return };
        turn.fresh.remove(&place);
        if let Some(lock) = self.posts[place.post].lock() {
            self.locks.insert(lock, place.post);
        }
        self.at_work += 1;
        let post = &mut self.posts[place.post];
        post.at_work.push(Work {
            run: run.unwrap_or_else(|| entry.run.clone()),
            entry: entry.clone(),
            before,
            superseded: None,
        });
        let job = Arc::clone(&post.job);
        turn.say(&job, entry, What::Starts(task));
    }

    pub(super) fn skip(&mut self, place: Place, why: Why, turn: &mut Turn) {
        turn.fresh.remove(&place);
        if let Some(queued) = self.unqueue(place) {
            let job = Arc::clone(&self.posts[place.post].job);
            turn.say(&job, queued.entry, What::Skipped(why));
        }
    }

    /// Says why something waits, the first time that it does.
    fn owe(&mut self, place: Place, why: Why, turn: &mut Turn) {
        if turn.fresh.remove(&place) {
            self.tell(place, why, turn);
        }
    }

    pub(super) fn tell(&self, place: Place, why: Why, turn: &mut Turn) {
        let post = &self.posts[place.post];
        if let Some(queued) = post.queue.iter().find(|queued| queued.place == place) {
            turn.say(&post.job, queued.entry.clone(), What::Waits(why));
        }
    }
}

/// Whether an entry waits until an older run of its job needs no more tries. What is run by hand is run beside it.
pub(super) fn waits_for_retries(entry: &Entry) -> bool {
    entry.tries == 0 && entry.cause != Cause::Hand
}
