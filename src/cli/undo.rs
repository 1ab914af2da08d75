//! `beadle undo RUN`: plans what takes back what a run did; like every plan it is looked at first and then applied.

use super::plan::{Shown, show};
use super::session::{Play, Session};
use super::{Code, Failure, Shell};
use crate::plan::UNDO;
use crate::runs::{Order, Source, Work};
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  beadle undo 20261122-0158-k3f9 --sandbox

Nothing is changed: it prints a plan, and the command that applies it.")]
pub(super) struct Options {
    /// The run, as its report named it
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    shown: Shown,
}

/// Plans the way back.
pub(super) fn undo(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let run = session.ask(session.past().find(&options.run))?;
    let order = Order {
        path: format!("{UNDO}{}", run.of.id),
        connection: run.of.connection.clone().unwrap_or_default(),
        given: Vec::new(),
        work: Work::Undo(run.of.id),
        source: Source::New,
    };
    let planned = session.plan(&order, Play::default())?;
    show(&options.shown, shell, &planned)
}
