//! `beadle resume RUN`: goes on with a run; what is done is not done again, what is in doubt is looked up first.

use serde_json::Value;

use super::attendance::Watched;
use super::jobs::{powers, powers_of_none};
use super::past::{failed, times};
use super::run::{bound, load};
use super::session::{Play, Session};
use super::{Code, Failure, Shell, runs};
use crate::effects::brakes::{Attendance, Powers};
use crate::events::Level;
use crate::plan::Plan;
use crate::runs::history::Owner;
use crate::runs::{Order, Source, Stale};
use crate::settings::{Jobs, Mode, REDACTED};
use crate::store::{Run, RunFilter, RunState};

#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("which").required(true).args(["run", "latest"])),
    after_help = "Examples:
  beadle resume 20261122-0158-k3f9
  beadle resume --latest --sandbox"
)]
pub(super) struct Options {
    /// The run, as its report named it
    run: Option<String>,
    /// The newest run that can be gone on with
    #[arg(long)]
    latest: bool,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    /// Of a plan's run: leave alone what was changed since the plan was made, and do the rest
    #[arg(long)]
    skip_stale: bool,
    /// What shall go wrong on the sandbox: docs/sandbox.md
    #[arg(long, value_name = "SPEC", requires = "sandbox")]
    faults: Option<String>,
    #[command(flatten)]
    watched: Watched,
}

/// Goes on with the run, with the arguments and the connection that it was started with.
pub(super) fn resume(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let settings = shell.settings(mode, None)?;
    let mut session = Session::open(shell, settings, mode)?;
    let id = match &options.run {
        Some(id) => id.clone(),
        None => latest(&session, mode)?,
    };
    let run = session.ask(session.past().find(&id))?;
    if run.state == RunState::Done && run.exit_code == Some(0) {
        return Err(Failure::usage(format!("run `{id}` has come to its end; there is nothing to go on with")));
    }
    let attendance = options.watched.attendance();
    if let Some(plan) = plan_of(&session, &id)? {
        let stale = if options.skip_stale { Stale::Skip } else { Stale::Stop };
        let order = super::apply::order(plan, stale, Source::Again(Box::new(run)));
        return session.run(&order, Play { attendance, faults: options.faults.clone(), ..Play::default() });
    }
    let powers = match &run.of.job {
        Some(of) => within(&mut session, &of.name, attendance)?,
        None => Powers::All,
    };
    let order = again(&session, run, mode)?;
    session.run(&order, Play { attendance, powers, faults: options.faults.clone(), ..Play::default() })
}

/// Lays the limits of the job that a run belongs to over the settings, and says what it may delete: as its file is now.
fn within(session: &mut Session<'_>, job: &str, attendance: Attendance) -> Result<Powers, Failure> {
    match Jobs::find(&session.settings, job)? {
        Some(job) => {
            session.settings = session.settings.clone().within(&job);
            Ok(powers(&job, attendance))
        }
        None => {
            let line = format!("the job `{job}` of this run is gone; limits of its own do not hold any more");
            session.shell.printer.say(Level::Warn, &line);
            Ok(powers_of_none(job, attendance))
        }
    }
}

/// The order for another attempt of a script's run, with the arguments and the connection that it was started with.
pub(super) fn again(session: &Session<'_>, run: Run, mode: Mode) -> Result<Order, Failure> {
    let id = run.of.id.clone();
    let script = load(&session.settings.project.folder, std::path::Path::new(&run.of.script))?;
    if let Some((name, _)) = given(&run).iter().find(|(_, value)| value.contains(REDACTED)) {
        let words = format!("the argument `{name}` of run `{id}` held a secret, which is not kept");
        return Err(Failure::usage(words).hint("begin a new run; secrets belong into the settings"));
    }
    let connection = run.of.connection.clone().unwrap_or_default();
    let root = session.settings.project.folder.clone();
    bound(script, given(&run), connection, mode, Source::Again(Box::new(run)), &root)
}

/// The plan that the run came of, if it did.
fn plan_of(session: &Session<'_>, id: &str) -> Result<Option<Plan>, Failure> {
    let row = session.runtime.block_on(session.store.plan(id)).map_err(failed)?;
    let read = |row: crate::store::PlanRow| Plan::read(&row.body).map_err(|error| Failure::usage(error.to_string()));
    row.map(read).transpose()
}

/// The newest run that can be gone on with; says which it is.
fn latest(session: &Session<'_>, mode: Mode) -> Result<String, Failure> {
    let world = session.runtime.block_on(session.store.world()).map_err(failed)?.filter(|_| mode == Mode::Sandbox);
    let (mut found, mut alive) = (None, 0);
    runs::each(session, &RunFilter::default(), i64::MAX, |listed| {
        let gone = world.as_ref().zip(listed.run.ended_at).is_some_and(|(world, end)| end < world.started_ms);
        alive += i64::from(listed.owner == Owner::Alive);
        found = (listed.can_go_on() && !gone).then_some(listed);
        Ok(found.is_none())
    })?;
    let Some(listed) = found else {
        let place = session.store.path().display();
        let busy = if alive > 0 { format!("; {alive} still at work") } else { String::new() };
        let failure = Failure::usage(format!("there is no run to go on with in {place}{busy}"));
        return Err(failure.hint(session.past().elsewhere()));
    };
    let times = times(session);
    session.shell.printer.say(Level::Info, &format!("the newest to go on with: {}", listed.text(&times)));
    Ok(listed.run.id)
}

/// The arguments as they were given.
fn given(run: &Run) -> Vec<(String, String)> {
    let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()));
    run.of.args.as_array().into_iter().flatten().filter_map(pair).collect()
}
