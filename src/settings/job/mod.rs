//! `jobs/NAME.toml`: a script, when it runs, and what becomes of it when it cannot or does not. Files are read one by one:
//! what is wrong in one of them is said with its place and hides no other.

mod allow;
mod folder;
mod needs;
mod notify;
mod params;
mod policy;
mod read;
mod schedule;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

pub use folder::Jobs;
pub use notify::{Address, Notify, Shape};
pub use params::ParamsAt;

use super::Partial;
use crate::model::Topic;
use crate::timetable::Timetable;

/// A job, checked. Whether its script exists and takes its parameters is checked by whoever runs it.
#[derive(Clone, Debug)]
pub struct Job {
    /// By what it is known: the file's name without `.toml`.
    pub name: String,
    /// The file, below the project's folder.
    pub file: PathBuf,
    /// What it is for, for people.
    pub description: Option<String>,
    /// The script, below the project's folder.
    pub script: PathBuf,
    /// When it is due; without an expression it runs when an event or somebody starts it.
    pub timetable: Timetable,
    /// The events that start it.
    pub on: Vec<Topic>,
    /// Whether events start it that beadle itself has caused.
    pub own_events: OwnEvents,
    /// The connection that the script's nouns mean; `None` is the project's.
    pub connection: Option<String>,
    /// The script's arguments, as `--arg KEY=VALUE` gives them.
    pub params: BTreeMap<String, String>,
    /// Where the file gives them.
    pub params_at: ParamsAt,
    /// How long a run may take until it begins nothing new; a quarter of it, at least 30 s, is left for what is under way.
    pub timeout: Duration,
    /// What happens when it is due and still at work.
    pub overlap: Overlap,
    /// What happens to moments that nobody was there for.
    pub missed: Missed,
    /// At most so much later than its moment, by an amount that is the same every time.
    pub jitter: Duration,
    /// How late a run may begin; a moment that waited longer is skipped.
    pub start_within: Option<Duration>,
    /// Limits of its own, laid over those of its connection.
    pub limits: Partial,
    /// What it may delete for good while nobody watches: `users.delete`, `hard_delete`, …
    pub allow: Vec<String>,
    /// What happens when a run fails.
    pub retries: Retries,
    /// After so many failures in a row it is paused; 0 is never.
    pub pause_after: u32,
    /// `paused = true` or a reason: it has its moments, and all of them are skipped.
    pub paused: Option<String>,
    /// The jobs that must have been done since their own last moments; of one without a timetable, since this job's.
    pub needs: Vec<String>,
    /// The largest memory of a run, in bytes; `None` is the project's.
    pub memory: Option<u64>,
    /// Who is told when it fails and when it recovers.
    pub notify: Notify,
}

/// Whether a job's own writes come back to it as events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnEvents {
    /// What beadle wrote starts nothing.
    Ignored,
    /// `own_events = true`
    Wanted,
}

/// What happens when a job is due and still at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// `"skip"`: the new moment is skipped.
    Skip,
    /// `"queue_one"`: it waits, and a later one takes its place.
    QueueOne,
    /// `"cancel_other"`: the run at work is stopped where it can be resumed, then the new one runs.
    CancelOther,
    /// `"allow"`: both run.
    Allow,
}

/// What becomes of moments that nobody was there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Which of them are made up for.
    pub which: Which,
    /// How old they may be.
    pub window: Duration,
    /// How many at most, the newest ones.
    pub most: u32,
}

/// Which missed moments are made up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// `"none"`
    None,
    /// `"last"`
    Last,
    /// `"all"`
    All,
}

/// How often a failed run is tried again. Every retry resumes the same run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// How often, after the first try.
    pub times: u32,
    /// The wait before the first; each further one is twice as long.
    pub wait: Duration,
}

/// Where an outside watcher is told that a job is alive: `URL/start`, `URL`, `URL/fail`.
#[derive(Clone, Debug)]
pub struct Ping(pub Address);

impl Default for Retries {
    fn default() -> Self {
        Self { times: 2, wait: Duration::from_secs(5 * 60) }
    }
}

impl Default for Missed {
    fn default() -> Self {
        Self { which: Which::Last, window: Duration::from_secs(7 * 24 * 60 * 60), most: 24 }
    }
}

#[cfg(test)]
mod tests;
