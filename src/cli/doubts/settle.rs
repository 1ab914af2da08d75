//! `beadle doubts settle`: a person says whether it happened; kept with who, when and why.

use super::super::session::Session;
use super::super::{Code, Failure, Format, Shell};
use crate::events::Level;
use crate::runs::history::Verdict;
use crate::runs::past::Which;
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("which").required(true).args(["effects", "run"])),
    group(clap::ArgGroup::new("verdict").required(true).args(["applied", "not_applied"]))
)]
pub(super) struct Options {
    /// Their numbers, as `beadle doubts` shows them
    #[arg(value_name = "NUMBER")]
    effects: Vec<i64>,
    /// All that is in doubt of this run
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// How many these are: the number must be the right one
    #[arg(long, value_name = "N", requires = "run")]
    all: Option<i64>,
    /// It happened: it is not done again
    #[arg(long)]
    applied: bool,
    /// It did not happen: resuming the run does it again, mails included
    #[arg(long)]
    not_applied: bool,
    /// How you know; it is kept
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// They are on the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Settles them all or none, and says how to go on.
pub(super) fn settle(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let verdict = if options.applied { Verdict::Applied } else { Verdict::NotApplied };
    let which = match &options.run {
        Some(run) => Which::OfRun(run.clone(), options.all),
        None => Which::Numbers(options.effects.clone()),
    };
    let who = shell.environment.get("USER").unwrap_or("unknown");
    let past = session.past();
    let settled = session.ask(past.settle(&which, verdict, who, &options.reason, &shell.redactor))?;
    match shell.printer.format() {
        Format::Text => shell.printer.say(Level::Info, &settled.text(&past.flags)),
        Format::Json => shell.printer.object(&settled.json(&past.flags)),
    }
    Ok(Code::Done)
}
