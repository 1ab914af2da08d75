//! Runs orders: what runs of one process share, and what one of them is asked to do.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::attempt::Attempt;
use super::connections::Transports;
use super::of_job::Begin;
use super::report::Report;
use super::traced;
use super::work::Work;
use crate::clock::Clock;
use crate::events::Sink;
use crate::script::{Cancel, Ended, Gauge, Limits, Parts, Thrown, WriteTo, execute};
use crate::settings::{Flags, Mode, Redactor};
use crate::store::Store;

/// Everything that runs of one process share.
pub struct Runner {
    /// Where runs and effects are kept.
    pub store: Store,
    /// How connections are reached.
    pub transports: Arc<dyn Transports>,
    /// Knows the secrets that were read: none of them is written down.
    pub redactor: Redactor,
    /// Who listens, besides the run's own log.
    pub listeners: Vec<Arc<dyn Sink>>,
    /// Tells the time.
    pub clock: Clock,
    /// Drives what waits. [`Runner::run`] must not be called on one of its threads.
    pub runtime: Handle,
    /// The project's folder.
    pub root: PathBuf,
    /// Where files of scripts go.
    pub write_to: WriteTo,
    /// Whether nothing of it is real.
    pub sandbox: bool,
    /// The settings file, where one was named; kept with the run.
    pub settings: Option<PathBuf>,
    /// How much a script may use.
    pub limits: Limits,
    /// How many bytes the logs of all runs may take together.
    pub log_size: u64,
    /// How much memory is held.
    pub memory: Option<Gauge>,
    /// Ends the run from outside.
    pub cancel: Cancel,
}

/// Whether a run begins or goes on.
pub enum Source {
    /// A new run.
    New,
    /// A new run of a job.
    OfJob(Box<Begin>),
    /// Another attempt of this one.
    Again(Box<crate::store::Run>),
}

/// What shall be run.
pub struct Order {
    /// The work.
    pub work: Work,
    /// The script's path as kept with the run, or what a plan was made of.
    pub path: String,
    /// The arguments as they were given, kept for `resume`.
    pub given: Vec<(String, String)>,
    /// The run's own connection.
    pub connection: String,
    /// Whether it begins or goes on.
    pub source: Source,
}

/// Why nothing was begun, or of what was begun there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The connection cannot be used as it is set up.
    #[error("{0}")]
    Connection(String),
    /// The run belongs to another process, or does not exist.
    #[error(transparent)]
    Lease(#[from] crate::effects::LeaseError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// A run of this name was begun before.
    #[error("run `{0}` was begun before")]
    Begun(String),
    /// What it is started for cannot be kept.
    #[error("an event of this run holds a secret of the settings; such events are not kept, and no run begins without")]
    Events,
    /// Only scripts can be planned.
    #[error("this is a plan already: apply it")]
    Planned,
    /// The ledger cannot be read at the end.
    #[error("the run has ended, but its account cannot be read: {0}")]
    Ledger(String),
    /// A run has ended, and how cannot be written down.
    #[error("{why}")]
    Unaccounted {
        /// The run.
        run: String,
        /// Why it cannot.
        why: Box<Self>,
    },
}

impl Runner {
    /// What commands that go on with its runs repeat.
    pub(super) fn flags(&self) -> Flags {
        let mode = if self.sandbox { Mode::Sandbox } else { Mode::Real };
        Flags::of(mode, self.settings.as_deref())
    }

    /// Runs the order to its end. Blocks; the script works on a thread of its own.
    pub fn run(&self, order: &Order) -> Result<Report, Refused> {
        let span = traced::run(self, order);
        let ended = span.in_scope(|| self.run_within(order));
        traced::ended(&span, &ended);
        ended
    }

    fn run_within(&self, order: &Order) -> Result<Report, Refused> {
        let attempt = self.runtime.block_on(Attempt::begin(self, order))?;
        let (parts, ended) = match (self.runtime.block_on(attempt.look_up_doubts(self)), &order.work) {
            (Err(error), _) => (Parts::default(), Err(Ended::Fatal(error))),
            (Ok(()), Work::Script(scripted)) => {
                let run = attempt.surroundings(order).run_of(self, scripted);
                let ended = execute(&scripted.script, &run);
                (run.parts(), ended)
            }
            (Ok(()), Work::Undo(_)) => {
                (Parts::default(), Err(Ended::Fatal(Thrown::new("planned", "undo is planned first"))))
            }
            (Ok(()), Work::Plan { plan, stale }) => self.runtime.block_on(attempt.apply(self, plan, *stale)),
        };
        let run = attempt.id().to_owned();
        let ended = self.runtime.block_on(attempt.end(self, order, parts, ended));
        ended.map_err(|why| Refused::Unaccounted { run, why: Box::new(why) })
    }
}
