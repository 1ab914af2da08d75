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
    let name = options.name.as_deref().map(|name| name.trim_end_matches("()"));
    let own = reference::library(name);
    let found = match name {
        None => reference::all(),
        Some(name) if own.is_empty() => reference::find(name)?,
        Some(name) => reference::find(name).unwrap_or_default(),
    };
    let one = name.is_some_and(|name| name.contains('.'));
    let mut text = match (shell.printer.format(), one) {
        (Format::Json, _) => reference::json(&found),
        (Format::Text, true) => found.iter().map(reference::one).collect::<Vec<_>>().join("\n"),
        (Format::Text, false) => reference::list(&found),
    };
    match shell.printer.format() {
        Format::Json => text.push_str(&reference::library_json(&own)),
        Format::Text if own.is_empty() => {}
        Format::Text => {
            let gap = if text.is_empty() { "" } else { "\n" };
            text.push_str(&format!("{gap}{}", reference::library_list(&own)));
        }
    }
    shell.printer.data(&text);
    Ok(Code::Done)
}
