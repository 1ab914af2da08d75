//! The board: every job with its next moment, what waits and what is at work. It is told the time and what happened, and says
//! what becomes of each moment. Pure: the daemon drives it with the clock, a simulation with a clock of its own.

mod admit;
mod change;
mod ended;
mod fill;
mod post;
#[cfg(test)]
pub(super) mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

pub use change::{Change, Changed};
pub use post::{Open, Pause, SeenJob, Standing};

use super::verdict::{Entry, Verdict, What};
use crate::settings::Job;
use crate::store::Cause;
use post::{Lock, Place, Post, Queued};

/// Makes the names of runs.
type NewId = Box<dyn FnMut(Timestamp) -> String + Send + Sync>;

/// All jobs, and what becomes of their moments.
pub struct Board {
    posts: Vec<Post>,
    names: HashMap<String, usize>,
    /// When the next moment of a post is due. An entry that the post does not have any more is passed over.
    due: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Everything that waits, in the order in which it may start.
    waiting: BTreeSet<Place>,
    /// When something that waits has waited too long.
    deadlines: BinaryHeap<Reverse<Timestamp>>,
    /// Who is at work on which group.
    locks: HashMap<Lock, usize>,
    at_work: usize,
    at_once: usize,
    numbers: u64,
    new_id: NewId,
}

/// What is being decided: the time, and the verdicts so far.
struct Turn {
    now: Timestamp,
    verdicts: Vec<Verdict>,
    /// What was let in during this turn: the first word on it is still owed.
    fresh: BTreeSet<Place>,
}

impl Board {
    /// A board without jobs that lets so many runs work at once; `new_id` names runs.
    pub fn new(at_once: usize, new_id: impl FnMut(Timestamp) -> String + Send + Sync + 'static) -> Self {
        Self {
            posts: Vec::new(),
            names: HashMap::new(),
            due: BinaryHeap::new(),
            waiting: BTreeSet::new(),
            deadlines: BinaryHeap::new(),
            locks: HashMap::new(),
            at_work: 0,
            at_once: at_once.max(1),
            numbers: 0,
            new_id: Box::new(new_id),
        }
    }

    /// When there is something to decide next; `None` while nothing is due ever.
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        let next = self.due.peek().map(|Reverse((at, _))| *at);
        let deadline = self.deadlines.peek().map(|Reverse(at)| *at);
        // What could have started by now waits for something else than the time.
        let retry =
            self.waiting.range((std::ops::Bound::Excluded(Place::last_at(now)), std::ops::Bound::Unbounded)).next();
        [next, deadline, retry.map(|place| place.due_at)].into_iter().flatten().min()
    }

    /// Decides everything that is due by now.
    pub fn turn(&mut self, now: Timestamp) -> Vec<Verdict> {
        let mut turn = Turn::at(now);
        while let Some(Reverse((at, number))) = self.due.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            self.due.pop();
            if self.posts[number].due_at() == Some(at) {
                self.come_due(number, &mut turn);
            }
        }
        self.settle(turn)
    }

    /// Somebody wants the job to be run now as `run`, or an older run of it to go on (`tries` above 0).
    pub fn hand(&mut self, job: &str, run: String, tries: u32, now: Timestamp) -> Vec<Verdict> {
        let entry = Entry { cause: Cause::Hand, scheduled_at: now, due_at: now, made_up: false, run, tries };
        let mut turn = Turn::at(now);
        if let Some(number) = self.names.get(job).copied() {
            self.queue(number, entry, now, &mut turn);
        }
        self.settle(turn)
    }

    /// Somebody wants these moments of the past to be made up for, one after the other.
    pub fn backfill(&mut self, asked: Vec<Open>, now: Timestamp) -> Vec<Verdict> {
        let mut turn = Turn::at(now);
        for Open { job, entry, .. } in asked {
            let Some(number) = self.names.get(&job).copied() else { continue };
            let run = (self.new_id)(now);
            let entry = Entry { cause: Cause::Backfill, due_at: now, made_up: true, run, tries: 0, ..entry };
            self.queue(number, entry, now, &mut turn);
        }
        self.settle(turn)
    }

    /// Whether a run may start: used up places are told by [`super::Why::Full`].
    fn is_full(&self) -> bool {
        self.at_work >= self.at_once
    }

    /// How many runs are at work, and how many entries wait.
    pub fn load(&self) -> (usize, usize) {
        (self.at_work, self.waiting.len())
    }

    /// The jobs with their next moments, by name.
    pub fn next_moments(&self) -> impl Iterator<Item = (&Arc<Job>, Option<Timestamp>)> {
        self.posts.iter().filter(|post| !post.gone).map(|post| (&post.job, post.next))
    }

    /// How every job stands, with its next moment.
    pub fn all_seen(&self) -> impl Iterator<Item = SeenJob> {
        self.posts.iter().filter(|post| !post.gone).map(Post::seen)
    }

    /// How one job stands, with its next moment.
    pub fn seen(&self, job: &str) -> Option<SeenJob> {
        self.names.get(job).map(|number| &self.posts[*number]).filter(|post| !post.gone).map(Post::seen)
    }

    /// A job.
    pub fn job(&self, job: &str) -> Option<&Job> {
        self.names.get(job).map(|number| self.posts[*number].job.as_ref())
    }

    /// How a job stands.
    pub fn standing(&self, job: &str) -> Option<&Standing> {
        self.names.get(job).map(|number| &self.posts[*number].standing)
    }

    /// Whether there is a job of this name.
    pub fn has(&self, job: &str) -> bool {
        self.names.get(job).is_some_and(|number| !self.posts[*number].gone)
    }

    /// The jobs that are paused now, besides those whose files say so. Whoever is let run again begins without failures.
    pub fn paused(&mut self, pauses: &BTreeMap<String, Pause>) {
        for post in &mut self.posts {
            let pause = pauses.get(&post.job.name).cloned();
            if post.standing.pause.is_some() && pause.is_none() {
                post.standing.failures = 0;
            }
            post.standing.pause = pause;
        }
    }

    /// Lets one more entry of a post wait.
    fn queue(&mut self, number: usize, entry: Entry, since: Timestamp, turn: &mut Turn) {
        let place = self.requeue(number, entry, since);
        turn.fresh.insert(place);
    }

    /// The same without owing a word on it.
    fn requeue(&mut self, number: usize, entry: Entry, since: Timestamp) -> Place {
        self.numbers += 1;
        let place = Place { due_at: entry.due_at, post: number, number: self.numbers };
        let post = &mut self.posts[number];
        if let Some(deadline) = post.deadline(&entry) {
            self.deadlines.push(Reverse(deadline));
        }
        post.queue.push_back(Queued { place, entry, since });
        self.waiting.insert(place);
        place
    }

    /// Takes an entry out of the queue.
    fn unqueue(&mut self, place: Place) -> Option<Queued> {
        self.waiting.remove(&place);
        let queue = &mut self.posts[place.post].queue;
        let at = queue.iter().position(|queued| queued.place == place)?;
        queue.remove(at)
    }
}

impl Turn {
    fn at(now: Timestamp) -> Self {
        Self { now, verdicts: Vec::new(), fresh: BTreeSet::new() }
    }

    fn say(&mut self, job: &Arc<Job>, entry: Entry, what: What) {
        self.verdicts.push(Verdict { job: Arc::clone(job), entry, what, unbegun: None });
    }
}
