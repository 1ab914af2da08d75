//! `beadle resume RUN`: goes on with a run; what is done is not done again, what is in doubt is looked up first.

use serde_json::Value;

use super::attendance::Watched;
use super::run::{bound, load};
use super::session::{Play, Session};
use super::{Code, Failure, Shell};
use crate::plan::Plan;
use crate::runs::{Source, Stale};
use crate::settings::{Mode, REDACTED};
use crate::store::{Run, RunState};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle resume 20261122-0158-k3f9
  beadle resume 20261122-0158-k3f9 --sandbox")]
pub(super) struct Options {
    /// The run, as its report named it
    run: String,
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
    let session = Session::open(shell, settings, mode)?;
    let run = find(&session, &options.run, mode)?;
    if run.state == RunState::Done && run.exit_code == Some(0) {
        return Err(Failure::usage(format!(
            "run `{}` has come to its end; there is nothing to go on with",
            options.run
        )));
    }
    let attendance = options.watched.attendance();
    if let Some(plan) = plan_of(&session, &options.run)? {
        let stale = if options.skip_stale { Stale::Skip } else { Stale::Stop };
        let order = super::apply::order(plan, stale, Source::Again(Box::new(run)));
        return session.run(&order, Play { attendance, faults: options.faults.clone(), ..Play::default() });
    }
    let script = load(&session.settings.project.folder, std::path::Path::new(&run.of.script))?;
    if let Some((name, _)) = given(&run).iter().find(|(_, value)| value.contains(REDACTED)) {
        let words = format!("the argument `{name}` of run `{}` held a secret, which is not kept", options.run);
        return Err(Failure::usage(words).hint("begin a new run; secrets belong into the settings"));
    }
    let connection = run.of.connection.clone().unwrap_or_default();
    let root = session.settings.project.folder.clone();
    let order = bound(script, given(&run), connection, mode, Source::Again(Box::new(run)), &root)?;
    session.run(&order, Play { attendance, faults: options.faults.clone(), ..Play::default() })
}

/// The plan that the run came of, if it did.
fn plan_of(session: &Session<'_>, id: &str) -> Result<Option<Plan>, Failure> {
    let row = session.runtime.block_on(session.store.plan(id)).map_err(|error| Failure::failed(error.to_string()))?;
    let read = |row: crate::store::PlanRow| Plan::read(&row.body).map_err(|error| Failure::usage(error.to_string()));
    row.map(read).transpose()
}

/// The run of this id in the store of this mode.
pub(super) fn find(session: &Session<'_>, id: &str, mode: Mode) -> Result<Run, Failure> {
    let failed = |error: crate::store::Error| Failure::failed(error.to_string());
    let run = session.runtime.block_on(session.store.run(id)).map_err(failed)?;
    let Some(run) = run else {
        let place = session.store.path().display();
        let failure = Failure::usage(format!("there is no run `{id}` in {place}"));
        return Err(failure.hint(match mode {
            Mode::Real => "a run on the sandbox is found with --sandbox",
            Mode::Sandbox => "a run on a real connection is found without --sandbox",
        }));
    };
    let world = match mode {
        Mode::Real => None,
        Mode::Sandbox => session.runtime.block_on(session.store.world()).map_err(failed)?,
    };
    match world.is_some_and(|world| run.ended_at.is_some_and(|end| end < world.started_ms)) {
        true => Err(Failure::usage(format!("the sandbox of run `{id}` is gone: another was begun with --fresh"))),
        false => Ok(run),
    }
}

/// The arguments as they were given.
fn given(run: &Run) -> Vec<(String, String)> {
    let pair = |pair: &Value| Some((pair.get(0)?.as_str()?.to_owned(), pair.get(1)?.as_str()?.to_owned()));
    run.of.args.as_array().into_iter().flatten().filter_map(pair).collect()
}
