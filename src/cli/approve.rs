//! `beadle approve RUN`: a person allows a held run what its brake named. The number must be the right one.

use super::resume::find;
use super::session::Session;
use super::{Code, Failure, Shell};
use crate::clock::Clock;
use crate::events::Level;
use crate::settings::Mode;
use crate::store::{Approval, RunState};

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  beadle approve 20261122-0158-k3f9 --removals 12 --reason \"the chapter was split\"")]
pub(super) struct Options {
    /// The run, as its report named it
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    /// Allow so many removals: the number that the brake named
    #[arg(long, value_name = "N")]
    removals: Option<i64>,
    /// Allow that so few people stand in both the roster and the group
    #[arg(long, value_name = "N")]
    overlap: Option<i64>,
    /// Allow existing values of so many people to be overwritten
    #[arg(long, value_name = "N")]
    changes: Option<i64>,
    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What the hold says behind the flag of this brake: the right number, or `N` where a script removes by itself and any
/// number may be its most. `None`: this brake does not hold the run.
fn named_by_the_brake<'a>(said: &'a str, what: &str) -> Option<&'a str> {
    said.split_once(&format!("--{what} "))?.1.split_whitespace().next()
}

/// Keeps the approval and says how to go on.
pub(super) fn approve(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let run = find(&session, &options.run, mode)?;
    if run.state != RunState::Held {
        return Err(Failure::usage(format!("run `{}` is not held: {}", options.run, run.state.as_str())));
    }
    if options.reason.trim().is_empty() {
        return Err(Failure::usage("the reason is empty: say why, it is kept"));
    }
    let asked = [("removals", options.removals), ("overlap", options.overlap), ("changes", options.changes)];
    let named: Vec<(&str, i64)> = asked.into_iter().filter_map(|(what, number)| Some((what, number?))).collect();
    if named.is_empty() {
        return Err(Failure::usage("nothing is approved: add --removals N, as the brake named it"));
    }
    let said = run.summary.as_ref().and_then(|summary| summary.get("error")?.as_str()).unwrap_or_default();
    for (what, number) in &named {
        match named_by_the_brake(said, what) {
            Some("N") => {}
            Some(right) if right == number.to_string() => {}
            Some(right) => {
                let words = format!("the brake named {right} {what}, not {number}: look at it once more");
                return Err(Failure::usage(words));
            }
            None => {
                let words = format!("run `{}` is not held by --{what}", options.run);
                return Err(Failure::usage(words).hint(said));
            }
        }
    }
    for (what, number) in named {
        let approval = Approval {
            run: options.run.clone(),
            what: what.to_owned(),
            number,
            reason: options.reason.clone(),
            who: shell.environment.get("USER").unwrap_or("unknown").to_owned(),
            at: Clock::system().now_ms(),
        };
        let kept = session.runtime.block_on(session.store.keep_approval(&approval));
        kept.map_err(|error| Failure::failed(error.to_string()))?;
    }
    let flags = shell.flags(mode);
    shell.printer.say(Level::Info, &format!("kept; go on with: beadle resume {}{flags}", options.run));
    Ok(Code::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_number_that_the_brake_named_is_taken() {
        let said = "162 of 386 would be removed; type: beadle approve r1 --sandbox --removals 162 --reason \"…\"";
        assert_eq!(named_by_the_brake(said, "removals"), Some("162"));
        assert_eq!(named_by_the_brake(said, "changes"), None);
        assert_eq!(named_by_the_brake("type: beadle approve r1 --removals N --reason", "removals"), Some("N"));
    }
}
