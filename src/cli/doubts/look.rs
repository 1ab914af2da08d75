//! `beadle doubts look`: asks the platforms what became of the doubts, as a run does at its start, and runs nothing.

use super::super::past::{failed, times};
use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::{Loose, each_page};
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
    let loose = Loose::of(&session, mode)?;
    let mut places: Vec<(String, String)> = Vec::new();
    for doubts in loose.groups.iter().filter(|doubts| doubts.owner == Owner::Nobody) {
        let place = (doubts.group.connection.clone(), doubts.group.account.clone());
        if !places.contains(&place) {
            places.push(place);
        }
    }
    let before = numbers(&session, &loose)?;
    let (looked, stopped) = session.look(&places);
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
    told(&session, &before, shell)?;
    let left = Loose::of(&session, mode)?;
    left.sum(shell);
    let trouble = looked.iter().any(|one| one.trouble.is_some());
    if left.in_doubt() > 0 {
        shell.tell_text(&format!("to see and settle: beadle doubts{}", shell.flags(mode)));
    }
    let trouble = if trouble { Code::Failed } else { Code::Done };
    Ok(Code::worst([stopped, trouble, left.code()]))
}

/// The numbers of all that may be settled by looking.
fn numbers(session: &Session<'_>, loose: &Loose) -> Result<Vec<i64>, Failure> {
    let mut numbers = Vec::new();
    for doubts in &loose.groups {
        each_page(session, &doubts.group, |page| numbers.extend(page.iter().map(|trace| trace.effect.id)))?;
    }
    Ok(numbers)
}

/// Says what became of those that are settled by now.
fn told(session: &Session<'_>, before: &[i64], shell: &Shell) -> Result<(), Failure> {
    let times = times(session);
    for &number in before {
        let trace = session.runtime.block_on(session.store.trace(number)).map_err(failed)?;
        let Some(trace) = trace else { continue };
        if !["open", "accepted", "doubt"].contains(&trace.effect.state.as_str()) {
            let owner = Owner::Nobody;
            shell.tell(|| Person::line(&trace, owner, &times), || trace_json(&trace, owner));
        }
    }
    Ok(())
}
