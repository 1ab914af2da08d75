//! Everything that a run is given when it starts.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rhai::Map;
use tokio::runtime::Handle;

use super::cancel::Cancel;
use super::door::{Door, Thrown};
use crate::clock::Clock;
use crate::events::Events;

/// Opens a connection by its name; the empty name is the run's own connection.
pub type Doors = Arc<dyn Fn(&str) -> Result<Arc<dyn Door>, Thrown> + Send + Sync>;

/// Tells how many bytes the process holds now.
pub type Gauge = Arc<dyn Fn() -> usize + Send + Sync>;

/// How much a run may use. None of these ends can be caught by the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps of the interpreter.
    pub operations: u64,
    /// Bytes above what the process held when the run began.
    pub memory: usize,
    /// Bytes printed and logged.
    pub output: u64,
    /// Time from start to end; `None` = as long as it takes.
    pub time: Option<Duration>,
    /// How long a write that is under way may still take after the run was ended.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            operations: 2_000_000_000,
            memory: 1 << 30,
            output: 64 << 20,
            time: None,
            grace: Duration::from_secs(10),
        }
    }
}

/// Where the files go that a script writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteTo {
    /// Where the script says.
    #[default]
    Project,
    /// The same, but a file that is there and is none of the sandbox's stays: beside it, under a name of the sandbox's.
    Sandbox,
    /// Into this folder, as they would lie in the project. What is read is looked for there first.
    Folder(PathBuf),
}

/// What a script reads of its run, in `ctx`.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The checked arguments.
    pub args: Map,
    /// When the run was first started.
    pub started: Timestamp,
    /// The run's own connection.
    pub connection: String,
    /// Whether it works on a sandbox.
    pub sandbox: bool,
    /// Whether writes are only recorded.
    pub dry_run: bool,
    /// The job it belongs to.
    pub job: JobFacts,
}

/// What a script reads of its job; nothing of it where somebody runs the script alone.
#[derive(Clone, Debug, Default)]
pub struct JobFacts {
    /// Its name.
    pub name: Option<String>,
    /// The moment for which the run was started.
    pub scheduled_for: Option<Timestamp>,
    /// When the newest run of the job before this one began that came to a good end.
    pub last_success: Option<Timestamp>,
    /// The events for which the run was started.
    pub events: Vec<serde_json::Value>,
}

/// Everything a run is given.
pub struct Start {
    /// The run's id.
    pub id: String,
    /// What the script reads of it.
    pub facts: Facts,
    /// Opens connections.
    pub doors: Doors,
    /// Who listens.
    pub events: Events,
    /// Ends it.
    pub cancel: Cancel,
    /// Where its waits are driven. The script itself must not run on one of its threads.
    pub runtime: Handle,
    /// The project's folder.
    pub root: PathBuf,
    /// Files outside of the project that the command line named.
    pub files: BTreeSet<PathBuf>,
    /// Where its files go.
    pub write_to: WriteTo,
    /// How much it may use.
    pub limits: Limits,
    /// How much memory is held; without it memory is not limited.
    pub memory: Option<Gauge>,
    /// The time.
    pub clock: Clock,
}
