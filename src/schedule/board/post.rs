//! One job's place on the board.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::super::verdict::{Entry, Outcome};
use crate::settings::{Job, Overlap};
use crate::store::Cause;

/// What outlives the process of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Every moment up to here has been decided.
    pub decided_to: Timestamp,
    /// Failures in a row.
    pub failures: u32,
    /// Whether it is paused.
    pub pause: Option<Pause>,
    /// When a run of it was last done.
    pub last_done: Option<Timestamp>,
    /// A run of it that has not come to its end and that no entry goes on with.
    pub unfinished: Option<String>,
}

/// Why, and until when, a job does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// `None` is until somebody ends it.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// An entry that an earlier process has left: it waited, or its run was at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The job.
    pub job: String,
    /// The entry; with `tries` above 0 its run has begun and is resumed.
    pub entry: Entry,
    /// How its run ended, where that happened while nobody was there to hear of it.
    pub ended: Option<Outcome>,
}

/// How one job stands.
#[derive(Clone, Debug)]
pub struct SeenJob {
    /// The job in force.
    pub job: Arc<Job>,
    /// Its next moment, with its jitter.
    pub next: Option<Timestamp>,
    /// What is known of it.
    pub standing: Standing,
    /// The runs of it that are at work.
    pub at_work: Vec<String>,
    /// How many of its moments wait.
    pub waiting: usize,
}

/// What two jobs must not work on at the same time: a connection, and a group of it.
pub(super) type Lock = (Option<String>, String);

/// Where an entry waits: in the order of their times, then of their arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) due_at: Timestamp,
    pub(super) number: u64,
    pub(super) post: usize,
}

/// An entry that waits.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) place: Place,
    pub(super) entry: Entry,
    /// The moment before it.
    pub(super) since: Timestamp,
}

/// A run that is at work.
#[derive(Debug)]
pub(super) struct Work {
    /// The entry that it is for.
    pub(super) entry: Entry,
    /// The run, which is another one where an older run is finished first.
    pub(super) run: String,
    /// Where the entry waits meanwhile.
    pub(super) before: Option<Place>,
    /// The later moment for which it was asked to stop.
    pub(super) superseded: Option<Timestamp>,
}

/// Shorter waits have other reasons than a retry: an orphan that is about to end, say.
const AT_LEAST: SignedDuration = SignedDuration::from_mins(10);

/// A job, its next moment, what waits and what is at work.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) job: Arc<Job>,
    pub(super) standing: Standing,
    pub(super) jitter: SignedDuration,
    /// Its next moment, without the jitter.
    pub(super) next: Option<Timestamp>,
    pub(super) queue: VecDeque<Queued>,
    pub(super) at_work: Vec<Work>,
    /// Moments that are not decided and have run already, by a clock that was ahead.
    pub(super) ran: BTreeSet<Timestamp>,
    /// Its file is gone; what is at work comes to its end.
    pub(super) gone: bool,
}

impl Work {
    /// An entry's own run.
    pub(super) fn of(entry: Entry) -> Self {
        Self { run: entry.run.clone(), entry, before: None, superseded: None }
    }

    /// The later moment for which it was stopped: by itself, or by the signal where it did not hear of it in time.
    pub(super) fn gave_way(&self, outcome: Outcome) -> Option<Timestamp> {
        self.superseded.filter(|_| matches!(outcome, Outcome::Interrupted | Outcome::Killed(_)))
    }
}

impl Place {
    /// After everything that is due at this time.
    pub(super) fn last_at(now: Timestamp) -> Self {
        Self { due_at: now, number: u64::MAX, post: usize::MAX }
    }
}

impl Post {
    pub(super) fn new(job: Arc<Job>, standing: Standing) -> Self {
        let jitter = jitter_of(&job);
        let next = job.timetable.next(standing.decided_to);
        let (queue, at_work, ran) = (VecDeque::new(), Vec::new(), BTreeSet::new());
        Self { job, standing, jitter, next, queue, at_work, ran, gone: false }
    }

    pub(super) fn seen(&self) -> SeenJob {
        SeenJob {
            job: Arc::clone(&self.job),
            next: self.due_at(),
            standing: self.standing.clone(),
            at_work: self.at_work.iter().map(|work| work.run.clone()).collect(),
            waiting: self.queue.len(),
        }
    }

    /// When its next moment is due.
    pub(super) fn due_at(&self) -> Option<Timestamp> {
        self.next.map(|moment| self.due_at_of(moment))
    }

    pub(super) fn due_at_of(&self, moment: Timestamp) -> Timestamp {
        moment.saturating_add(self.jitter).unwrap_or(Timestamp::MAX)
    }

    /// Why it is paused, if it is.
    pub(super) fn paused(&self, now: Timestamp) -> Option<String> {
        if let Some(reason) = &self.job.paused {
            return Some(reason.clone());
        }
        let pause = self.standing.pause.as_ref()?;
        pause.until.is_none_or(|until| now < until).then(|| pause.reason.clone())
    }

    /// Until when an entry must have begun. What has begun before may go on at any time, and no event is lost.
    pub(super) fn deadline(&self, entry: &Entry) -> Option<Timestamp> {
        if entry.tries > 0 || entry.cause != Cause::Schedule {
            return None;
        }
        let within = SignedDuration::try_from(self.job.start_within?).ok()?;
        entry.due_at.saturating_add(within).ok()
    }

    /// Whether a moment that waited while nobody was there has become too old for that.
    pub(super) fn is_too_old(&self, entry: &Entry, now: Timestamp) -> bool {
        let waits = entry.cause == Cause::Schedule && entry.tries == 0;
        let window = SignedDuration::try_from(self.job.missed.window).unwrap_or(SignedDuration::MAX);
        waits && now.duration_since(self.due_at_of(entry.scheduled_at)) > window
    }

    /// How long a run waits for its next try that was begun so often.
    pub(super) fn retry_wait(&self, tries: u32) -> SignedDuration {
        let wait = self.job.retries.wait.saturating_mul(1 << tries.saturating_sub(1).min(20));
        SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX)
    }

    /// Whether a retry waits longer than any does: by a clock that was ahead.
    pub(super) fn waits_too_long(&self, entry: &Entry, now: Timestamp) -> bool {
        let longest = self.retry_wait(entry.tries).max(AT_LEAST);
        entry.tries > 0 && now.saturating_add(longest).is_ok_and(|latest| entry.due_at > latest)
    }

    /// Whether it has been done since its own last moment; where it has none, since that of the job that needs it.
    pub(super) fn is_done_since(&self, moment: Timestamp) -> bool {
        let timed = !self.job.timetable.expressions().is_empty();
        let since = if timed { self.standing.decided_to } else { moment };
        self.standing.last_done.is_some_and(|done| done >= since)
    }

    /// A run that has begun and waits to be gone on with. Where runs may be at work beside each other, nothing waits for it.
    pub(super) fn tried(&self) -> Option<&Entry> {
        let tried = self.queue.iter().map(|queued| &queued.entry).filter(|entry| entry.tries > 0);
        tried.min_by_key(|entry| entry.due_at).filter(|_| self.job.overlap != Overlap::Allow)
    }

    /// What nobody else may work on meanwhile: the group that its parameters name.
    pub(super) fn lock(&self) -> Option<Lock> {
        Some((self.job.connection.clone(), self.job.group()?.to_owned()))
    }
}

/// The same for every moment of a job, spread evenly over jobs.
fn jitter_of(job: &Job) -> SignedDuration {
    let most = u64::try_from(job.jitter.as_millis()).unwrap_or(u64::MAX);
    if most == 0 {
        return SignedDuration::ZERO;
    }
    let digest = Sha256::digest(job.name.as_bytes());
    let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    SignedDuration::from_millis(i64::try_from(number % most).unwrap_or(0))
}
