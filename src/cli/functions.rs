//! `beadle functions [NAME]`: what a script can call, from the table.

use super::{Code, Failure, Format, Shell};
use crate::reference;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle functions
  beadle functions members
  beadle functions members.invite
  beadle functions --json members")]
pub(super) struct Options {
    /// A function (`members.invite`) or a noun (`members`); without it, all are listed
    name: Option<String>,
}

/// Shows all functions, those of a noun, or one.
pub(super) fn functions(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let found = match &options.name {
        None => reference::all(),
        Some(name) => reference::find(name.trim_end_matches("()"))?,
    };
    let one = options.name.as_deref().is_some_and(|name| name.contains('.'));
    shell.printer.data(&match (shell.printer.format(), one) {
        (Format::Json, _) => reference::json(&found),
        (Format::Text, true) => found.iter().map(reference::one).collect::<Vec<_>>().join("\n"),
        (Format::Text, false) => reference::list(&found),
    });
    Ok(Code::Done)
}
