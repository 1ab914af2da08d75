//! Jobs come, change and go.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::verdict::{Entry, Verdict, What, Why};
use super::post::{Open, Place, Post, Standing, Work};
use super::{Board, Turn};
use crate::settings::Job;
use crate::store::Cause;

/// Debian's cron, too, takes a clock that is put back by more than this as one that was wrong before.
const CORRECTION: SignedDuration = SignedDuration::from_hours(3);

/// What a reload changes of a job: its next moment before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The job.
    pub job: String,
    /// What became of it.
    pub what: Changed,
    /// Its next moment before; `None` for a new one.
    pub before: Option<Timestamp>,
    /// Its next moment now; `None` for one that is gone.
    pub after: Option<Timestamp>,
}

/// What a reload makes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It was not there before.
    New,
    /// Its next moment is another one.
    Moved,
    /// Its file is gone.
    Gone,
}

impl Standing {
    /// Of a job that nobody has seen before: its moments count from now on.
    pub fn new(now: Timestamp) -> Self {
        Self { decided_to: now, failures: 0, pause: None, last_done: None, unfinished: None }
    }
}

impl Board {
    /// Puts a job on the board as the store knows it.
    pub fn add(&mut self, job: Arc<Job>, standing: Standing) {
        let post = Post::new(job, standing);
        let number = self.posts.len();
        if let Some(at) = post.due_at() {
            self.due.push(Reverse((at, number)));
        }
        self.names.insert(post.job.name.clone(), number);
        self.posts.push(post);
    }

    /// The clock was far ahead and is right again: moments that were decided on by the wrong one count as not decided. The jobs
    /// of which that holds, and up to when the last of them was decided.
    pub fn corrected(&mut self, now: Timestamp) -> (Vec<String>, Option<Timestamp>) {
        let ahead = now.saturating_add(CORRECTION).unwrap_or(Timestamp::MAX);
        let (mut names, mut furthest) = (Vec::new(), None);
        for number in 0..self.posts.len() {
            self.shorten_waits(number, now);
            let decided_to = self.posts[number].standing.decided_to;
            if decided_to <= ahead {
                continue;
            }
            furthest = furthest.max(Some(decided_to));
            let post = &mut self.posts[number];
            post.standing.decided_to = now;
            post.standing.last_done = post.standing.last_done.map(|done| done.min(now));
            post.next = post.job.timetable.next(now);
            names.push(post.job.name.clone());
            if let Some(at) = post.due_at() {
                self.due.push(Reverse((at, number)));
            }
            self.forget_after(number, now);
            self.put_off(number, now, |queued| queued.entry.due_at > ahead);
        }
        (names, furthest)
    }

    /// Retries that wait until a time that no clock but a wrong one gives are due now.
    fn shorten_waits(&mut self, number: usize, now: Timestamp) {
        let post = &self.posts[number];
        let queue = post.queue.iter().filter(|queued| post.waits_too_long(&queued.entry, now));
        let places: BTreeSet<Place> = queue.map(|queued| queued.place).collect();
        self.put_off(number, now, |queued| places.contains(&queued.place));
    }

    /// This moment of a job has run, though it is not decided: it does not run a second time.
    pub fn has_run(&mut self, job: &str, moment: Timestamp) {
        if let Some(number) = self.names.get(job) {
            self.posts[*number].ran.insert(moment);
        }
    }

    /// Moments after this one that have not begun wait no longer: they are decided when their time comes.
    fn forget_after(&mut self, number: usize, now: Timestamp) {
        let ahead = |entry: &Entry| entry.cause == Cause::Schedule && entry.tries == 0 && entry.scheduled_at > now;
        let queue = &self.posts[number].queue;
        let places: Vec<_> = queue.iter().filter(|queued| ahead(&queued.entry)).map(|queued| queued.place).collect();
        for place in places {
            self.unqueue(place);
        }
    }

    /// Takes in what an earlier process has left, or what events ask for; a job that is gone gives its entries up.
    pub fn take_up(&mut self, open: Vec<Open>, now: Timestamp) -> Vec<Verdict> {
        let mut turn = Turn::at(now);
        for Open { job, entry, ended } in open {
            let Some(number) = self.names.get(&job).copied() else { continue };
            match ended {
                Some(outcome) => self.own_ended(number, Work::of(entry), outcome, &mut turn),
                None if self.posts[number].is_too_old(&entry, now) => {
                    let job = Arc::clone(&self.posts[number].job);
                    turn.say(&job, entry, What::Missed { why: Why::TooOld, folded: 0 });
                }
                None if self.posts[number].waits_too_long(&entry, now) => {
                    self.queue(number, Entry { due_at: now, ..entry }, now, &mut turn);
                }
                None => self.queue(number, entry, now, &mut turn),
            }
        }
        self.settle(turn)
    }

    /// The jobs as their files are now. What is at work comes to its end as it began; a timetable that was changed counts from now on.
    pub fn replace(&mut self, jobs: Vec<Arc<Job>>, now: Timestamp) -> (Vec<Verdict>, Vec<Change>) {
        let mut turn = Turn::at(now);
        let mut changes = Vec::new();
        let kept: HashSet<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        let gone = |post: &Post| !post.gone && !kept.contains(post.job.name.as_str());
        let gone: Vec<usize> = (0..self.posts.len()).filter(|number| gone(&self.posts[*number])).collect();
        for number in gone {
            changes.push(self.remove(number, &mut turn));
        }
        for job in jobs {
            let name = job.name.clone();
            let what = if self.has(&name) { Changed::Moved } else { Changed::New };
            let before = match self.names.get(&name).copied() {
                Some(number) => self.change(number, job, now),
                None => {
                    self.add(job, Standing::new(now));
                    None
                }
            };
            let after = self.names.get(&name).and_then(|number| self.posts[*number].next);
            if before != after || what == Changed::New {
                changes.push(Change { job: name, what, before, after });
            }
        }
        (self.settle(turn), changes)
    }

    /// The job's next moment before the change.
    fn change(&mut self, number: usize, job: Arc<Job>, now: Timestamp) -> Option<Timestamp> {
        let old = &self.posts[number];
        let before = old.next.filter(|_| !old.gone);
        let same = !old.gone && same_timetable(&old.job, &job);
        let mut standing = old.standing.clone();
        if !same {
            standing.decided_to = standing.decided_to.max(now);
        }
        let held = old.lock();
        let mut post = Post::new(job, standing);
        let old = &mut self.posts[number];
        (post.queue, post.at_work) = (std::mem::take(&mut old.queue), std::mem::take(&mut old.at_work));
        post.ran = std::mem::take(&mut old.ran);
        // A lock is given back under the name under which it was taken.
        if let Some(lock) = held.filter(|_| !post.at_work.is_empty()) {
            self.locks.remove(&lock);
        }
        if let Some(lock) = post.lock().filter(|_| !post.at_work.is_empty()) {
            self.locks.entry(lock).or_insert(number);
        }
        if let Some(at) = post.due_at() {
            self.due.push(Reverse((at, number)));
        }
        self.posts[number] = post;
        before
    }

    fn remove(&mut self, number: usize, turn: &mut Turn) -> Change {
        let post = &mut self.posts[number];
        post.gone = true;
        let before = post.next.take();
        let name = post.job.name.clone();
        let given_up =
            post.queue.iter().filter(|queued| queued.entry.cause == Cause::Schedule && queued.entry.tries == 0);
        let places: Vec<_> = given_up.map(|queued| queued.place).collect();
        for place in places {
            self.skip(place, Why::Gone, turn);
        }
        Change { job: name, what: Changed::Gone, before, after: None }
    }
}

fn same_timetable(one: &Job, other: &Job) -> bool {
    let texts = |job: &Job| job.timetable.expressions().iter().map(ToString::to_string).collect::<Vec<_>>();
    texts(one) == texts(other) && one.timetable.zone() == other.timetable.zone() && one.jitter == other.jitter
}
