//! A job's run as a process of this very program: whatever becomes of it takes nothing else along. Its one rule: however
//! the process ends, the run says so (`beadle runs show`) and can be resumed.

mod child;
mod exit;
mod processes;
mod tail;

use std::path::PathBuf;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub use exit::{Ended, Exit};
pub use processes::{Patience, Processes};

use crate::settings::Job;
use crate::store::Cause;

/// What a run shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The run's id, made before the process is.
    pub run: String,
    /// The job's name.
    pub job: String,
    /// Whether the run begins or goes on.
    pub what: Task,
    /// The moment for which it was started.
    pub scheduled_at: Option<Timestamp>,
    /// Why it was started.
    pub cause: Cause,
    /// A file with the events that it is started for, an object a line; not needed where the store keeps them already
    /// (`Store::keep_events`), nor once the run has begun.
    pub events: Option<PathBuf>,
}

/// Whether a run begins or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// A new run of this id.
    Begin,
    /// The run of this id goes on.
    Resume,
}

/// Whatever can run a job: a process, or a simulation.
pub trait Starts: Send + Sync {
    /// Runs the errand to its end. When `stop` is cancelled the run ends where it can be resumed.
    fn run<'a>(&'a self, errand: &'a Errand, job: &'a Job, stop: CancellationToken) -> BoxFuture<'a, Ended>;
}
