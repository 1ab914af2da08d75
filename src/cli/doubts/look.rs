//! `beadle doubts look`: asks the platforms what became of the doubts, as a run does at its start, and runs nothing.

use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::code;
use crate::effects::LeaseError;
use crate::events::Level;
use crate::runs::Refused;
use crate::runs::history::{Owner, Person, trace_json};
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Those on the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Looks, says what is settled now, and what is not.
pub(super) fn look(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let past = session.past();
    let loose = session.ask(past.loose())?;
    let before = session.ask(past.numbers(loose.groups.iter()))?;
    let (looked, stopped) = session.look(&loose.places());
    let looked = looked.map_err(|refused| match refused {
        Refused::Lease(LeaseError::Taken(_)) => {
            Failure::with(Code::Skipped, "another `beadle doubts look` is at work; wait for its end")
        }
        other => Failure::failed(other.to_string()),
    })?;
    for one in &looked {
        if let Some(trouble) = &one.trouble {
            shell.printer.say(Level::Error, trouble);
        }
    }
    for trace in session.ask(past.at_rest(&before))? {
        let owner = Owner::Nobody;
        shell.tell(|| Person::line(&trace, owner, &past.times), || trace_json(&trace, owner));
    }
    let left = session.ask(past.loose())?;
    shell.tell(|| left.text(), || left.json());
    let trouble = looked.iter().any(|one| one.trouble.is_some());
    if left.in_doubt() > 0 {
        shell.tell_text(&format!("to see and settle: beadle doubts{}", shell.flags(mode)));
    }
    let trouble = if trouble { Code::Failed } else { Code::Done };
    Ok(Code::worst([stopped, trouble, code(&left)]))
}
