//! `beadle doubts settle`: a person says whether it happened; kept with who, when and why.

use super::super::past::{failed, is_gone, owner, times};
use super::super::resume::find;
use super::super::session::Session;
use super::super::{Code, Failure, Format, Shell};
use super::{Loose, each_page};
use crate::clock::Clock;
use crate::effects::{Error, Settled, settle_doubts};
use crate::events::Level;
use crate::runs::history::{Owner, Verdict, settled_json, settled_text, standing};
use crate::settings::Mode;
use crate::store::RunState;

#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("which").required(true).args(["effects", "run"])),
    group(clap::ArgGroup::new("verdict").required(true).args(["applied", "not_applied"]))
)]
pub(super) struct Options {
    /// Their numbers, as `beadle doubts` shows them
    #[arg(value_name = "NUMBER")]
    effects: Vec<i64>,
    /// All that is in doubt of this run
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// How many these are: the number must be the right one
    #[arg(long, value_name = "N", requires = "run")]
    all: Option<i64>,
    /// It happened: it is not done again
    #[arg(long)]
    applied: bool,
    /// It did not happen: resuming the run does it again, mails included
    #[arg(long)]
    not_applied: bool,
    /// How you know; it is kept
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// They are on the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Settles them all or none, and says how to go on.
pub(super) fn settle(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let reason = options.reason.trim();
    if reason.is_empty() {
        return Err(Failure::usage("the reason is empty: say how you know, it is kept"));
    }
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let verdict = if options.applied { Verdict::Applied } else { Verdict::NotApplied };
    let (effects, runs) = match &options.run {
        Some(run) => (all_of(&session, run, options.all, verdict, mode)?, vec![run.clone()]),
        None => named(&session, &options.effects, mode)?,
    };
    let who = shell.environment.get("USER").unwrap_or("unknown");
    let by = shell.redactor.redact(&format!("{who}: {reason}")).into_owned();
    let meant = match verdict {
        Verdict::Applied => Settled::Applied(None),
        Verdict::NotApplied => Settled::NotApplied,
    };
    let clock = Clock::system();
    let settled = settle_doubts(&session.store, &clock, &effects, &meant, &by);
    session.runtime.block_on(settled).map_err(|error| refused(error, shell, mode))?;
    let next = goes_on(&session, runs, mode)?;
    let flags = shell.flags(mode);
    match shell.printer.format() {
        Format::Text => shell.printer.say(Level::Info, &settled_text(effects.len(), verdict, &next, &flags)),
        Format::Json => shell.printer.object(&settled_json(&effects, verdict, &by, &next, &flags)),
    }
    Ok(Code::Done)
}

/// The doubts of a run, if the number that was named is the right one.
fn all_of(
    session: &Session<'_>,
    run: &str,
    named: Option<i64>,
    verdict: Verdict,
    mode: Mode,
) -> Result<Vec<i64>, Failure> {
    find(session, run, mode)?;
    if owner(session, run)? == Owner::Alive {
        let words = format!("run `{run}` is still at work and looks its doubts up itself; wait for its end");
        return Err(Failure::with(Code::Skipped, words));
    }
    let flags = session.shell.flags(mode);
    let loose = Loose::of(session, mode)?;
    let mut effects = Vec::new();
    for doubts in loose.doubts().filter(|doubts| doubts.group.run == run) {
        each_page(session, &doubts.group, |page| {
            effects.extend(page.iter().map(|trace| trace.effect.id));
        })?;
    }
    let right = i64::try_from(effects.len()).unwrap_or(i64::MAX);
    let command = format!("beadle doubts settle --run {run} --all {right} {} --reason \"…\"{flags}", verdict.flag());
    match named {
        _ if right == 0 => Err(Failure::usage(format!("nothing of run `{run}` is in doubt"))),
        Some(number) if number == right => Ok(effects),
        Some(number) => {
            let words = format!("{right} of run `{run}` are in doubt, not {number}: look at them once more");
            Err(Failure::usage(words).hint(format!("beadle doubts{flags}")))
        }
        None => Err(Failure::usage(format!("{right} of run `{run}` are in doubt; say so")).hint(command)),
    }
}

/// Effects by their numbers and their runs, each once, if all of them are there and none is settled.
fn named(session: &Session<'_>, numbers: &[i64], mode: Mode) -> Result<(Vec<i64>, Vec<String>), Failure> {
    let hint = format!("beadle doubts{}", session.shell.flags(mode));
    let world = session.runtime.block_on(session.store.world()).map_err(failed)?;
    let (mut effects, mut runs) = (Vec::with_capacity(numbers.len()), Vec::new());
    for &number in numbers {
        let trace = session.runtime.block_on(session.store.trace(number)).map_err(failed)?;
        let Some(trace) = trace else {
            let words = format!("there is no effect {number} in {}", session.store.path().display());
            return Err(Failure::usage(words).hint(hint));
        };
        if !["open", "accepted", "doubt"].contains(&trace.effect.state.as_str()) {
            let stands = standing(&trace.effect, Owner::Nobody, &times(session));
            let words = format!("effect {number} is not in doubt: {stands}");
            return Err(Failure::usage(words).hint(hint));
        }
        if is_gone(&trace.effect.account, world.as_ref()) {
            return Err(Failure::usage(format!(
                "the sandbox of effect {number} is gone: another was begun with --fresh"
            )));
        }
        if !effects.contains(&number) {
            effects.push(number);
        }
        if !runs.contains(&trace.effect.run) {
            runs.push(trace.effect.run);
        }
    }
    Ok((effects, runs))
}

/// How each of these runs stands now: how many of its doubts are left, whether it can be resumed.
fn goes_on(session: &Session<'_>, runs: Vec<String>, mode: Mode) -> Result<Vec<(String, i64, bool)>, Failure> {
    let loose = Loose::of(session, mode)?;
    let mut next = Vec::with_capacity(runs.len());
    for id in runs {
        let left = loose.doubts().filter(|doubts| doubts.group.run == id).map(|doubts| doubts.group.count).sum();
        let run = session.runtime.block_on(session.store.run(&id)).map_err(failed)?;
        let unfinished = run.is_some_and(|run| run.state != RunState::Done || run.exit_code != Some(0));
        next.push((id, left, unfinished));
    }
    Ok(next)
}

fn refused(error: Error, shell: &Shell, mode: Mode) -> Failure {
    let code = match &error {
        Error::Alive { .. } => Code::Skipped,
        Error::Step { .. } | Error::Missing(_) => Code::Usage,
        _ => Code::Failed,
    };
    let failure = Failure::with(code, error.to_string());
    match code {
        Code::Failed => failure,
        _ => failure.hint(format!("beadle doubts{}", shell.flags(mode))),
    }
}
