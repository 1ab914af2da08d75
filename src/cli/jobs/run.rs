//! `beadle jobs run NAME`: a job's run by hand, as its schedule would start it, and beside it.

use super::super::attendance::Watched;
use super::super::session::{Play, Session};
use super::super::{Code, Failure, Shell};
use super::confine::confine;
use super::order::order;
use super::powers::powers;
use super::seats::Seats;
use super::{Place, remarks};
use crate::runs::{Begin, Source};
use crate::settings::{Job, Jobs, Settings};
use crate::store::{Cause, OfJob};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The job, called as its file in `jobs/` is
    name: String,
    #[command(flatten)]
    place: Place,
    /// What shall go wrong on the sandbox: docs/sandbox.md
    #[arg(long, value_name = "SPEC", requires = "sandbox")]
    faults: Option<String>,
    #[command(flatten)]
    watched: Watched,
}

/// Runs the job now. When it is due next stays as it is.
pub(super) fn run(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = options.place.mode();
    let (settings, job) = named(&options.name, options.place, shell)?;
    let mut order = order(&job, &settings, mode)?;
    if let Some(remark) = remarks::of_powers(&job, &order) {
        remark.say(&job, shell);
    }
    let of = OfJob { name: job.name.clone(), cause: Cause::Hand, scheduled_at: None };
    order.source = Source::OfJob(Box::new(Begin { id: None, of, events: Vec::new() }));
    confined(&settings)?;
    let attendance = options.watched.attendance();
    let powers = powers(&job, attendance);
    let play = Play { attendance, powers, faults: options.faults.clone(), ..Play::default() };
    let session = Session::open(shell, settings, mode)?;
    let _seats = Seats::take(&job, &order.connection, &session.store)?;
    session.run(&order, play)
}

/// A job by its name, and the settings within its own limits.
pub(super) fn named(name: &str, place: Place, shell: &Shell) -> Result<(Settings, Job), Failure> {
    let settings = shell.settings(place.mode(), None)?;
    let job = Jobs::one(&settings, name)?;
    Ok((settings.within(&job), job))
}

/// Confines the process to what these settings leave a script.
pub(super) fn confined(settings: &Settings) -> Result<(), Failure> {
    confine(settings.limits.script.memory).map_err(Failure::failed)
}
