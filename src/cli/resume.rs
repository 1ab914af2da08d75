//! `beadle resume RUN`: goes on with a run; what is done is not done again, what is in doubt is looked up first.

use super::{Code, Failure, Shell};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  beadle resume RUN")]
pub(super) struct Options {
    /// The run, as its report named it
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Goes on with the run.
pub(super) fn resume(options: &Options, _shell: &Shell) -> Result<Code, Failure> {
    Err(Failure::failed(format!("failed to resume `{}`: runs cannot be resumed yet", options.run)))
}
