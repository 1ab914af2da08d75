//! `beadle apply PLAN`: does exactly what a plan says, after looking whether what it touches is as it was.

use std::path::PathBuf;

use super::attendance::Watched;
use super::past::failed;
use super::plan::find;
use super::session::{Play, Session};
use super::{Code, Failure, Shell};
use crate::effects::brakes::flags;
use crate::plan::Plan;
use crate::runs::{Order, Source, Stale, Work};
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle apply 20261122-0601-k3f9 --sandbox
  beadle apply roster.plan.json --skip-stale")]
pub(super) struct Options {
    /// The plan, by its name or its file
    plan: PathBuf,
    /// The plan was made on the sandbox
    #[arg(long)]
    sandbox: bool,
    /// Leave alone what was changed since the plan was made, and do the rest
    #[arg(long)]
    skip_stale: bool,
    /// What shall go wrong on the sandbox: docs/sandbox.md
    #[arg(long, value_name = "SPEC", requires = "sandbox")]
    faults: Option<String>,
    #[command(flatten)]
    watched: Watched,
}

/// Applies a plan once.
pub(super) fn apply(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let plan = find(&session, &options.plan)?;
    check(&session, &plan, mode, if options.skip_stale { " --skip-stale" } else { "" })?;
    let stale = if options.skip_stale { Stale::Skip } else { Stale::Stop };
    let order = order(plan, stale, Source::New);
    let attendance = options.watched.attendance();
    session.run(&order, Play { attendance, faults: options.faults.clone(), ..Play::default() })
}

/// The order for a plan's run.
pub(super) fn order(plan: Plan, stale: Stale, source: Source) -> Order {
    Order {
        path: plan.script.clone(),
        connection: plan.connection.clone(),
        given: Vec::new(),
        work: Work::Plan { plan: Box::new(plan), stale },
        source,
    }
}

/// Refuses a plan that another store made: only where it was made is known whether it was applied.
fn made_here(session: &Session<'_>, plan: &Plan) -> Result<(), Failure> {
    let kept = session.runtime.block_on(session.store.plan(&plan.id)).map_err(failed)?;
    let (id, place) = (&plan.id, session.store.path().display());
    let why = match kept {
        Some(row) if row.digest == plan.digest => return Ok(()),
        Some(_) => format!("the file is not what was planned as `{id}` in {place}"),
        None => {
            format!("plan `{id}` was not made in {place}: whether it was applied before is known only where it was")
        }
    };
    let flag = session.shell.flags(session.mode());
    let hint =
        format!("in the project that made it, type: beadle apply {id}{flag}; or plan anew here: {}", plan.anew());
    Err(Failure::usage(why).hint(hint))
}

/// What keeps a plan from being applied, before anything begins.
fn check(session: &Session<'_>, plan: &Plan, mode: Mode, skip: &str) -> Result<(), Failure> {
    let (id, flag) = (&plan.id, session.shell.flags(mode));
    if plan.sandbox != (mode == Mode::Sandbox) {
        let (made, other) = if plan.sandbox { ("on the sandbox", "with") } else { ("on a real connection", "without") };
        return Err(Failure::usage(format!("plan `{id}` was made {made}")).hint(format!("type it {other} --sandbox")));
    }
    made_here(session, plan)?;
    if let Some(run) = session.runtime.block_on(session.store.run(id)).map_err(failed)? {
        let failure = Failure::usage(format!("plan `{id}` was applied before; its run is {}", run.state.as_str()));
        return Err(match run.exit_code {
            Some(0) => failure.hint("a plan is applied once; what is wanted now, plan anew"),
            _ => failure.hint(format!("to go on with that run: beadle resume {id}{flag}{skip}")),
        });
    }
    if session.now_ms() > plan.expires_at {
        let hint = format!("make it anew: {}", plan.anew());
        return Err(Failure::usage(format!("plan `{id}` is older than 7 days")).hint(hint));
    }
    let open = session.ask(session.past().open_holds(plan))?;
    if open.is_empty() {
        return Ok(());
    }
    let sentences: Vec<&str> = open.iter().map(|hold| hold.sentence.as_str()).collect();
    let failure = Failure::with(Code::Held, format!("plan `{id}` is held: {}", sentences.join("; ")));
    let numbers = flags(&open);
    Err(failure.hint(format!("if it is meant, type: beadle approve {id}{flag} {numbers} --reason \"…\"")))
}
