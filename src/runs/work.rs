//! What a run is asked to do: a script, or a plan that was made before.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rhai::Map;

use crate::plan::Plan;
use crate::script::Script;

/// What shall be done.
pub enum Work {
    /// A script with its arguments.
    Script(Box<Scripted>),
    /// Taking back what this run did; it can only be planned.
    Undo(String),
    /// Exactly what a plan says.
    Plan {
        /// The plan.
        plan: Box<Plan>,
        /// What to do where something is not as it was.
        stale: Stale,
    },
}

/// A script with its arguments.
pub struct Scripted {
    /// The script.
    pub script: Script,
    /// The arguments as the script gets them.
    pub args: Map,
    /// Files that the command line named.
    pub files: BTreeSet<PathBuf>,
}

/// What becomes of what was changed by others since the plan was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stale {
    /// Nothing is done.
    #[default]
    Stop,
    /// It is left alone and told; the rest is done.
    Skip,
}

impl Work {
    /// The text that is kept with the run.
    pub(super) fn source(&self) -> &str {
        match self {
            Self::Script(scripted) => scripted.script.text(),
            Self::Plan { .. } | Self::Undo(_) => "",
        }
    }
}
