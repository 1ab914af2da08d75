//! `beadle jobs start`: the child's side of a job's run (`schedule::Processes` is the other). Nobody types it: the run has
//! its id from whoever starts it, nobody watches, and it ends with whoever started it.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::super::resume::again;
use super::super::session::{Play, Session, Tether};
use super::super::{Code, Failure, Shell};
use super::Place;
use super::order::order;
use super::powers::powers;
use super::run::{confined, named};
use super::seats::Seats;
use crate::effects::brakes::Attendance;
use crate::events::Level;
use crate::runs::{Begin, Order, Source};
use crate::settings::Job;
use crate::store::{Cause, OfJob, Run, RunState};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The job
    name: String,
    /// The id of its run
    #[arg(long, value_name = "ID")]
    run: String,
    /// The run goes on; one that never came to be begins
    #[arg(long)]
    resume: bool,
    /// The moment for which it was due
    #[arg(long, value_name = "TIME")]
    scheduled_at: Option<Timestamp>,
    /// Why it is started: schedule, hand, backfill or event
    #[arg(long, value_name = "CAUSE", default_value = "schedule", value_parser = cause)]
    cause: Cause,
    /// The events that it is started for, an object a line; without it, those that the store keeps for the run
    #[arg(long, value_name = "PATH")]
    event_file: Option<PathBuf>,
    /// Stop when standard input ends
    #[arg(long)]
    tether: bool,
    /// What shall go wrong on the sandbox: docs/sandbox.md
    #[arg(long, value_name = "SPEC", requires = "sandbox")]
    faults: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Runs a job under an id that is known already.
pub(super) fn start(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = options.place.mode();
    let (settings, job) = named(&options.name, options.place, shell)?;
    confined(&settings)?;
    let session = Session::open(shell, settings, mode)?;
    let known = if options.resume { known(options, &session)? } else { None };
    let order = match known {
        Some(run) if run.state == RunState::Done && run.exit_code == Some(0) => {
            shell.printer.say(Level::Info, &format!("run {} has come to its end already", options.run));
            return Ok(Code::Done);
        }
        Some(run) => again(&session, run, mode)?,
        None => begin(options, &job, &session)?,
    };
    let tether = if options.tether { Tether::Stdin } else { Tether::None };
    let attendance = Attendance::Unattended;
    let powers = powers(&job, attendance);
    let play = Play { attendance, powers, faults: options.faults.clone(), tether, ..Play::default() };
    let _seats = Seats::take(&job, &order.connection, &session.store)?;
    session.run(&order, play)
}

/// The run that shall go on, if there is one: whoever starts it may have died before it came to be.
fn known(options: &Options, session: &Session<'_>) -> Result<Option<Run>, Failure> {
    let run = session.runtime.block_on(session.store.run(&options.run));
    let Some(run) = run.map_err(|error| Failure::failed(error.to_string()))? else { return Ok(None) };
    match run.of.job.as_ref().is_some_and(|job| job.name == options.name) {
        true => Ok(Some(run)),
        false => Err(Failure::usage(format!("run `{}` is none of the job `{}`", options.run, options.name))),
    }
}

fn begin(options: &Options, job: &Job, session: &Session<'_>) -> Result<Order, Failure> {
    let events =
        options.event_file.as_deref().map_or(Ok(Vec::new()), |file| events(&session.shell.folder.join(file)))?;
    let scheduled_at = options.scheduled_at.map(Timestamp::as_millisecond);
    let of = OfJob { name: job.name.clone(), cause: options.cause, scheduled_at };
    let source = Source::OfJob(Box::new(Begin { id: Some(options.run.clone()), of, events }));
    Ok(Order { source, ..order(job, &session.settings, session.mode())? })
}

#[expect(clippy::disallowed_methods, reason = "handed over by whoever starts the run")]
fn events(file: &Path) -> Result<Vec<Value>, Failure> {
    let failed = |why: String| Failure::failed(format!("failed to read the events in `{}`: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error: io::Error| failed(error.to_string()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let event = |(number, line): (usize, &str)| match serde_json::from_str::<Value>(line) {
        Ok(event @ Value::Object(_)) => Ok(event),
        Ok(_) => Err(failed(format!("line {} is no object", number + 1))),
        Err(error) => Err(failed(format!("line {}: {error}", number + 1))),
    };
    lines.map(event).collect()
}

fn cause(word: &str) -> Result<Cause, String> {
    Cause::parse(word).ok_or_else(|| "a cause is schedule, hand, backfill or event".to_owned())
}
