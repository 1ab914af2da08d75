//! `beadle runs show RUN`: everything of one run, read page by page.

use super::super::past::{PAGE, failed};
use super::super::session::Session;
use super::super::{Code, Failure, Format, Shell};
use crate::runs::history::{Samples, Shown, effect_json, log_json};
use crate::settings::Mode;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The run, as its report named it
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    /// Every effect, not only the first of each kind
    #[arg(long)]
    effects: bool,
    /// Every call that could change something, not only the first
    #[arg(long)]
    calls: bool,
    /// Its log: what it printed and said
    #[arg(long)]
    log: bool,
}

/// Calls shown unless all are wanted; programs get all of them.
const CALLS: i64 = 10;

/// Shows one run.
pub(super) fn show(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let shown = session.ask(session.past().shown(&options.run))?;
    let samples = if options.effects { Samples::None } else { Samples::Few };
    shell.tell(|| format!("{}\n{}", shown.head(), shown.effects(samples)), || shown.json());
    if shell.printer.format() == Format::Json {
        shown.parts().iter().for_each(|part| shell.printer.object(part));
    }
    if options.effects {
        effects(&session, &shown, shell)?;
    }
    calls(&session, &shown, options, shell)?;
    shell.tell_text(&shown.people());
    shell.tell_text(&shown.files());
    if options.log {
        log(&session, &shown, shell)?;
    }
    shell.tell_text(&shown.next().unwrap_or_default());
    Ok(Code::Done)
}

fn effects(session: &Session<'_>, shown: &Shown, shell: &Shell) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = session.runtime.block_on(session.store.effects_of(&shown.run.of.id, after, PAGE)).map_err(failed)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        for row in &page {
            shell.tell(|| format!("  {}", shown.effect(row)), || effect_json(row, shown.owner));
        }
    }
}

fn calls(session: &Session<'_>, shown: &Shown, options: &Options, shell: &Shell) -> Result<(), Failure> {
    let text = shell.printer.format() == Format::Text;
    let most = if text && !options.calls { CALLS } else { i64::MAX };
    shell.tell_text(&format!("calls that could change something: {}", shown.calls));
    let (mut after, mut told) = (0, 0);
    while told < most {
        let page = session.store.calls_of(&shown.run.of.id, after, PAGE.min(most - told));
        let page = session.runtime.block_on(page).map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for call in &page {
            told += 1;
            shell.tell(|| format!("  {}", shown.call(call)), || Shown::call_json(call));
        }
    }
    if told < shown.calls {
        let (id, flags) = (&shown.run.of.id, &shown.flags);
        shell.tell_text(&format!("  and {} more: beadle runs show {id} --calls{flags}", shown.calls - told));
    }
    Ok(())
}

fn log(session: &Session<'_>, shown: &Shown, shell: &Shell) -> Result<(), Failure> {
    shell.tell_text("log:");
    let mut after = 0;
    loop {
        let page = session.runtime.block_on(session.store.log_after(&shown.run.of.id, after, PAGE)).map_err(failed)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (_, line) in &page {
            shell.tell(|| format!("  {}", shown.log(line)), || log_json(line));
        }
    }
}
