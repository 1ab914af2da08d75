//! `beadle jobs pause` and `unpause`: a job keeps its moments, and all of them are skipped. A `beadle serve` at work notices.

use serde_json::json;

use super::super::past::failed;
use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::Place;
use super::moments::{local, typed};
use crate::clock::Clock;
use crate::events::Level;
use crate::schedule;
use crate::settings::{Jobs, Settings};

#[derive(Debug, clap::Args)]
pub(super) struct Pause {
    /// The job
    name: String,
    /// Until this moment: RFC 3339, or by the clocks of the project's timezone; without it, until it is unpaused
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Why; it is shown wherever a moment is skipped
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, clap::Args)]
pub(super) struct Unpause {
    /// The job
    name: String,
    #[command(flatten)]
    place: Place,
}

/// Pauses a job.
pub(super) fn pause(options: &Pause, shell: &Shell) -> Result<Code, Failure> {
    let (session, settings) = open(&options.name, options.place, shell)?;
    let now = Clock::system().now();
    let zone = &settings.project.timezone;
    let until = options.until.as_deref().map(|text| typed("--until", text, zone)).transpose()?;
    let who = shell.environment.get("USER").unwrap_or("unknown");
    let row = session.ask(schedule::pause(&session.store, &options.name, until, &options.reason, who, now))?;
    let end = until.map_or("until it is unpaused".to_owned(), |until| format!("until {}", local(until, zone)));
    shell.tell(
        || format!("{} is paused {end}: {}", row.job, row.reason),
        || json!({ "type": "paused", "job": row.job, "until": until.map(|at| at.to_string()), "reason": row.reason }),
    );
    Ok(Code::Done)
}

/// Lets a job run again.
pub(super) fn unpause(options: &Unpause, shell: &Shell) -> Result<Code, Failure> {
    let (session, settings) = open(&options.name, options.place, shell)?;
    let was = session.runtime.block_on(session.store.unpause_job(&options.name)).map_err(failed)?;
    if let Some(reason) = Jobs::one(&settings, &options.name)?.paused {
        let line = format!("jobs/{}.toml says that it is paused ({reason}): remove `paused` there", options.name);
        shell.printer.say(Level::Warn, &line);
    }
    shell.tell(
        || format!("{} {}", options.name, if was { "is paused no more" } else { "was not paused" }),
        || json!({ "type": "unpaused", "job": options.name, "was_paused": was }),
    );
    Ok(Code::Done)
}

/// The store of the project, which has this job.
fn open<'a>(name: &str, place: Place, shell: &'a Shell) -> Result<(Session<'a>, Settings), Failure> {
    let settings = shell.settings(place.mode(), None)?;
    Jobs::one(&settings, name)?;
    Ok((Session::open(shell, settings.clone(), place.mode())?, settings))
}
