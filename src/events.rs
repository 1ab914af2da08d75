//! What a run says while it works: one stream, many listeners (terminal, log, JSON lines).
//! Its one rule: an event is talk. Nothing is decided by whether somebody listens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Only with `-v`.
    Debug,
    /// What a person wants to follow.
    Info,
    /// Something a person should look at.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// The word shown before a line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The script printed a line: data, it goes to stdout.
    Print(String),
    /// Talk for people: it goes to stderr.
    Say(Level, String),
    /// Talk about a job and, where there is one, its run.
    Job {
        /// How much it matters.
        level: Level,
        /// The job.
        job: String,
        /// Its run.
        run: Option<String>,
        /// The line.
        line: String,
    },
    /// A request was answered (or not): for the count of calls and their rate.
    Called(Called),
    /// A request will be tried again.
    Again {
        /// The connection's name.
        connection: String,
        /// `noun.verb`.
        operation: String,
    },
    /// Long work moved on: `done` of `of` (0 = nobody knows how many) `what`.
    Progress {
        /// What is counted: `members read`, `invited`.
        what: String,
        /// How many so far.
        done: u64,
        /// Of how many; 0 when unknown.
        of: u64,
    },
}

/// A request and its answer, in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Called {
    /// The connection's name.
    pub connection: String,
    /// `noun.verb`.
    pub operation: String,
    /// Whether it could change something.
    pub write: bool,
    /// HTTP status, or `None` when no answer came.
    pub status: Option<u16>,
    /// From the first byte sent to the last one read.
    pub took: Duration,
    /// How long it had waited because the connection's pace was used up.
    pub waited: Duration,
    /// Requests per second that the connection may make now; `None` is no limit.
    pub rate: Option<f64>,
    /// What the settings allow; `None` is no limit.
    pub ceiling: Option<f64>,
    /// What the platform says is left of what it allows.
    pub budget: Option<Budget>,
}

/// `users.get: 200 after 38 ms`
impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, status, took, .. } = self;
        match status {
            Some(status) => write!(f, "{operation}: {status} after {} ms", took.as_millis()),
            None => write!(f, "{operation}: no answer after {} ms", took.as_millis()),
        }
    }
}

/// What a platform says is left of what it allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// So many requests are left.
    pub remaining: u64,
    /// Of so many, where it says so.
    pub allowed: Option<u64>,
}

/// Somebody who listens.
pub trait Sink: Send + Sync {
    /// Takes one event. Must not block for long and cannot fail.
    fn note(&self, event: &Event);
}

/// The listeners of one run; cheap to clone.
#[derive(Clone, Default)]
pub struct Events {
    sinks: Arc<Vec<Arc<dyn Sink>>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Events({})", self.sinks.len())
    }
}

impl Events {
    /// These listeners, in this order.
    pub fn to(sinks: Vec<Arc<dyn Sink>>) -> Self {
        Self { sinks: Arc::new(sinks) }
    }

    /// Tells every listener.
    pub fn note(&self, event: Event) {
        for sink in self.sinks.iter() {
            sink.note(&event);
        }
    }

    /// A line for people.
    pub fn say(&self, level: Level, line: impl Into<String>) {
        self.note(Event::Say(level, line.into()));
    }

    /// Long work moved on.
    pub fn progress(&self, what: &str, done: u64, of: u64) {
        self.note(Event::Progress { what: what.to_owned(), done, of });
    }
}
