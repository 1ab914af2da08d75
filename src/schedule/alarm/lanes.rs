//! What waits to be delivered, in lanes: in each one delivery at a time and in order. Messages to the same receiver share a
//! lane, wait a while for each other and leave together; a ping waits for nobody. Its one rule: what is in a lane leaves it
//! only into the hands of whoever brings it back or has delivered it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::courier::{Cargo, Letter};
use super::delivery::Way;
use super::is_same;
use crate::settings::{Job, Notify};

/// What is delivered one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    /// Of one job and way, each by itself.
    Alone(String, Way),
    /// To one receiver, together; the number is that of the receiver.
    Together(usize),
}

/// All lanes.
pub(super) struct Lanes {
    /// So long the first message to a receiver waits for others.
    gather: Duration,
    hurries: bool,
    queues: BTreeMap<Lane, VecDeque<Letter>>,
    /// When a lane may be left; those under way are not in here.
    ready: BTreeSet<(Instant, Lane)>,
    busy: BTreeSet<Lane>,
    /// The receivers that were ever met.
    receivers: Vec<(Way, Notify)>,
}

/// What is delivered at once.
pub(super) struct Load {
    pub(super) lane: Lane,
    /// By whose file it is delivered; `None` where that is not in force.
    pub(super) job: Option<Arc<Job>>,
    /// One at least.
    pub(super) letters: Vec<Letter>,
}

impl Lanes {
    /// Empty ones.
    pub(super) fn new(gather: Duration) -> Self {
        Self {
            gather,
            hurries: false,
            queues: BTreeMap::new(),
            ready: BTreeSet::new(),
            busy: BTreeSet::new(),
            receivers: Vec::new(),
        }
    }

    /// One more to be delivered; `job` is its job, where that is in force.
    pub(super) fn take(&mut self, letter: Letter, job: Option<&Job>, now: Instant) {
        let lane = self.lane_of(&letter, job);
        let letters = self.queues.entry(lane.clone()).or_default();
        letters.push_back(letter);
        if letters.len() == 1 && !self.busy.contains(&lane) {
            self.ready.insert((now + self.wait(&lane), lane));
        }
    }

    /// When the next lane may be left.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.ready.first().map(|(at, _)| *at)
    }

    /// What is to be delivered now. `job` finds the jobs in force.
    pub(super) fn leave(&mut self, now: Instant, job: impl Fn(&str) -> Option<Arc<Job>>) -> Option<Load> {
        while self.ready.first().is_some_and(|(at, _)| *at <= now) {
            let (_, lane) = self.ready.pop_first()?;
            let Some(queue) = self.queues.get_mut(&lane) else { continue };
            let (mut letters, mut strays) = (Vec::new(), Vec::new());
            match lane {
                Lane::Alone(..) => letters.extend(queue.pop_front()),
                // A job's file may name somebody else by now, or be gone.
                Lane::Together(number) => {
                    let (way, receiver) = &self.receivers[number];
                    let stays = |letter: &Letter| {
                        job(&letter.job).is_some_and(|job| way.is_of(&job) && is_same(*way, receiver, &job.notify))
                    };
                    (letters, strays) = queue.drain(..).partition(stays);
                }
            }
            if letters.is_empty() {
                self.queues.remove(&lane);
            } else {
                self.busy.insert(lane.clone());
            }
            for letter in strays {
                let job = job(&letter.job);
                self.take(letter, job.as_deref(), now);
            }
            if let Some(first) = letters.first() {
                return Some(Load { job: job(&first.job), lane, letters });
            }
        }
        None
    }

    /// A delivery has ended; these are to be tried again after a wait.
    pub(super) fn back(&mut self, lane: Lane, again: Vec<Letter>, wait: Duration, now: Instant) {
        self.busy.remove(&lane);
        let wait = if again.is_empty() { self.wait(&lane) } else { wait };
        let queue = self.queues.entry(lane.clone()).or_default();
        again.into_iter().rev().for_each(|letter| queue.push_front(letter));
        match queue.is_empty() {
            true => drop(self.queues.remove(&lane)),
            false => drop(self.ready.insert((now + wait, lane))),
        }
    }

    /// Nobody waits for others any more; what failed before waits as it did.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.hurries = true;
        for (at, lane) in std::mem::take(&mut self.ready) {
            let fresh = self.queues.get(&lane).and_then(VecDeque::front).is_some_and(|letter| letter.tries == 0);
            self.ready.insert((if fresh { at.min(now) } else { at }, lane));
        }
    }

    fn lane_of(&mut self, letter: &Letter, job: Option<&Job>) -> Lane {
        let alone = || Lane::Alone(letter.job.clone(), letter.way);
        // What is not kept is about the store, and waits for nobody.
        if letter.id.is_none() || matches!(letter.what, Cargo::Ping(..)) || self.gather.is_zero() {
            return alone();
        }
        let Some(job) = job.filter(|job| letter.way.is_of(job)) else { return alone() };
        let known = |(way, other): &(Way, Notify)| *way == letter.way && is_same(*way, other, &job.notify);
        Lane::Together(self.receivers.iter().position(known).unwrap_or_else(|| {
            self.receivers.push((letter.way, job.notify.clone()));
            self.receivers.len() - 1
        }))
    }

    fn wait(&self, lane: &Lane) -> Duration {
        match lane {
            Lane::Alone(..) => Duration::ZERO,
            Lane::Together(_) if self.hurries => Duration::ZERO,
            Lane::Together(_) => self.gather,
        }
    }
}
