//! Who does the work: a process of its own for every run. In tests and simulations somebody else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::verdict::{Cause, Outcome, Task};
use crate::settings::Job;

/// What is to be done, and under which name.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The job.
    pub job: Arc<Job>,
    /// The run. Its name is there before it is.
    pub run: String,
    /// Whether it begins or goes on.
    pub task: Task,
    /// The moment that it is for.
    pub scheduled_at: Timestamp,
    /// What made it due.
    pub cause: Cause,
}

/// How a run ended, at some time.
pub type Ending = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// Starts runs and waits for their ends.
pub trait Starts: Send + Sync + 'static {
    /// Does the errand. When `stop` is cancelled, the run is brought to a place where it can be resumed.
    fn start(&self, errand: Errand, stop: CancellationToken) -> Ending;
}
