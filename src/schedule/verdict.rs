//! What the board decides of a moment or an event, and why; the words for it.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::process::Exit;
use crate::model::counted;
use crate::settings::Job;
use crate::store::Cause;

/// One thing that a job is to be run for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What made it due.
    pub cause: Cause,
    /// The moment of the timetable; of an event, when it was handed on.
    pub scheduled_at: Timestamp,
    /// Not before this: the moment with the job's jitter, or the time of the next try.
    pub due_at: Timestamp,
    /// Whether nobody was there when it was due.
    pub made_up: bool,
    /// The run that it becomes. The name is there before the run is, so that a run is never begun twice.
    pub run: String,
    /// How often it was begun.
    pub tries: u32,
}

/// What the process of a run shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin the run.
    Begin,
    /// Go on with it.
    Resume,
    /// Go on with an older run of the job that has not come to its end; the entry waits for that.
    ResumeFirst(String),
}

/// A decision.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The job.
    pub job: Arc<Job>,
    /// What it is about.
    pub entry: Entry,
    /// What becomes of it.
    pub what: What,
    /// Why its run never began, where it ended before that.
    pub unbegun: Option<String>,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It waits.
    Waits(Why),
    /// Its process is to be started now.
    Starts(Step),
    /// It never runs.
    Skipped(Why),
    /// Nobody was there, and it is not made up for. `folded` older ones are told of with it.
    Missed {
        /// Why it is not made up for.
        why: Why,
        /// How many moments before this one share its row.
        folded: u64,
    },
    /// The process of this run is to be stopped where it can be resumed.
    Stops(String),
    /// It has come to its end.
    Ended(Outcome),
    /// It was stopped for this later moment and is not gone on with: the job's file says so.
    GaveWay(Timestamp),
    /// It is tried again, at `due_at` of the entry.
    Again(Outcome),
    /// It was stopped with the daemon: the next one goes on with it.
    Left,
    /// The job has failed so often in a row that it is paused.
    Pauses {
        /// How often.
        failures: u32,
    },
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Done, with rows rejected or effects failed.
    Partial,
    /// Failed; the exit code.
    Failed(u8),
    /// It took too long and was stopped; it can be resumed.
    TimedOut,
    /// Its process was ended by a signal.
    Killed(i32),
    /// A brake holds it.
    Held,
    /// Effects are in doubt: a person must look.
    InDoubt,
    /// It was stopped and can be resumed.
    Interrupted,
    /// Another process is at work on it.
    Elsewhere,
}

/// Why something waits or never runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The job is paused: the reason.
    Paused(String),
    /// An earlier run of the job is at work.
    Overlap(String),
    /// A later moment takes its place.
    Superseded,
    /// It could not begin within `start_within`.
    TooLate,
    /// A job that it needs has not been done since.
    Needs(String),
    /// Another job is at work on the same group: its name.
    Locked(String),
    /// As many runs are at work as may be.
    Full,
    /// It is not yet time.
    NotYet,
    /// An earlier run of the job has to come to its end first.
    Unfinished(String),
    /// An earlier run of the job waits to be tried again.
    TriedAgain {
        /// The run.
        run: String,
        /// When.
        at: Timestamp,
    },
    /// Nobody was there, and the job makes up for nothing.
    NobodyThere,
    /// Nobody was there, and it is older than the job's window.
    TooOld,
    /// Nobody was there, and newer ones are as many as the job makes up for.
    TooMany,
    /// It is an event, and the platform could not be asked about whoever it is about.
    Unread {
        /// The delivery's number.
        delivery: i64,
        /// How many people; 0 where nobody knows.
        people: i64,
        /// What kept them from being read.
        why: String,
    },
    /// The job is gone or changed.
    Gone,
}

impl Outcome {
    /// What the exit code of a process says.
    pub fn of_code(code: u8) -> Self {
        match code {
            0 | 3 => Self::Done,
            4 => Self::Held,
            5 => Self::Partial,
            6 => Self::InDoubt,
            7 => Self::Elsewhere,
            130 => Self::Interrupted,
            code => Self::Failed(code),
        }
    }

    /// What the end of a process says.
    pub fn of(exit: &Exit) -> Self {
        match exit {
            Exit::Code(code) => Self::of_code(*code),
            Exit::Signal(signal) => Self::Killed(*signal),
            Exit::TimedOut => Self::TimedOut,
            Exit::NotStarted(_) => Self::Failed(1),
        }
    }

    /// Whether the job has done its work.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Done | Self::Partial)
    }

    /// Whether it counts towards the failures in a row.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed(_) | Self::TimedOut | Self::Killed(_) | Self::InDoubt)
    }

    /// Whether going on with the same run may come to a better end. Wrong settings stay wrong.
    pub fn is_worth_a_retry(self) -> bool {
        self.is_failure() && self != Self::Failed(2)
    }

    /// Whether its run waits to be resumed.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::TimedOut | Self::Killed(_) | Self::Held | Self::Interrupted)
    }

    /// All words, with which how a run ended is told.
    pub const WORDS: [&str; 9] =
        ["done", "partial", "failed", "timed_out", "killed", "held", "in_doubt", "interrupted", "elsewhere"];

    /// The word that the store keeps.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed(_) => "failed",
            Self::TimedOut => "timed_out",
            Self::Killed(_) => "killed",
            Self::Held => "held",
            Self::InDoubt => "in_doubt",
            Self::Interrupted => "interrupted",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Partial => f.write_str("done, but rows were rejected or effects failed"),
            Self::Failed(code) => write!(f, "failed with exit code {code}"),
            Self::TimedOut => f.write_str("took too long and was stopped"),
            Self::Killed(signal) => write!(f, "its process was ended by signal {signal}"),
            Self::Held => f.write_str("held by a brake"),
            Self::InDoubt => f.write_str("effects are in doubt"),
            Self::Interrupted => f.write_str("interrupted, can be resumed"),
            Self::Elsewhere => f.write_str("another process is at work on it"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused(reason) => write!(f, "the job is paused: {reason}"),
            Self::Overlap(run) => write!(f, "run {run} of the job was still at work"),
            Self::Superseded => f.write_str("a later moment took its place"),
            Self::TooLate => f.write_str("it could not begin within `start_within`"),
            Self::Needs(job) => write!(f, "it needs `{job}`, which has not been done since"),
            Self::Locked(job) => write!(f, "`{job}` is at work on the same group"),
            Self::Full => f.write_str("as many runs are at work as may be"),
            Self::NotYet => f.write_str("it is not yet time"),
            Self::Unfinished(run) => write!(f, "run {run} of the job has to come to its end first"),
            Self::TriedAgain { run, at } => {
                write!(f, "run {run} of the job has to come to its end first; it is tried again at {at:.0}")
            }
            Self::NobodyThere => f.write_str("nobody was there, and `missed = \"none\"`"),
            Self::TooOld => f.write_str("nobody was there, and it is older than the window of `missed`"),
            Self::TooMany => f.write_str("nobody was there, and newer ones are as many as `missed` allows"),
            Self::Unread { delivery, people: 0, why } => {
                write!(f, "not all of delivery {delivery} could be fetched: {why}")
            }
            Self::Unread { delivery, people, why } => {
                let people = counted(*people, "person", "people");
                write!(f, "{people} of delivery {delivery} could not be read: {why}")
            }
            Self::Gone => f.write_str("the job is no longer there"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_one_of_the_words() {
        let rest = [Outcome::TimedOut, Outcome::Killed(9)];
        let told: Vec<&str> = (0..=u8::MAX).map(Outcome::of_code).chain(rest).map(Outcome::word).collect();
        assert!(told.iter().all(|word| Outcome::WORDS.contains(word)), "{told:?}");
        assert!(Outcome::WORDS.iter().all(|word| told.contains(word)));
    }
}
