//! `beadle doubts`: what nobody knows, grouped by where it came from; `settle` decides it, `look` asks the platforms.

mod look;
mod settle;

use super::past::{PAGE, failed};
use super::session::Session;
use super::{Code, Failure, Shell};
use crate::runs::history::{Doubts, Verdict};
use crate::runs::past::Loose;
use crate::settings::Mode;
use crate::store::{LooseGroup, Trace};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  beadle doubts
  beadle doubts look
  beadle doubts settle 412 413 --not-applied --reason \"their mailboxes are empty\""
)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Those on the sandbox
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say whether what is in doubt happened: a person's word, kept with who, when and why
    #[command(after_help = "Examples:
  beadle doubts settle 412 --applied --reason \"she showed me the mail\"
  beadle doubts settle --run 20261122-0158-k3f9 --all 40 --not-applied --reason \"the queue was empty\"")]
    Settle(settle::Options),
    /// Ask the platforms now, without running any script
    #[command(after_help = "Example:
  beadle doubts look")]
    Look(look::Options),
}

/// Lists, settles or looks.
pub(super) fn doubts(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match &options.command {
        Some(Command::Settle(options)) => settle::settle(options, shell),
        Some(Command::Look(options)) => look::look(options, shell),
        None => list(options, shell),
    }
}

/// The exit code while these are left.
fn code(loose: &Loose) -> Code {
    if loose.in_doubt() > 0 { Code::InDoubt } else { Code::Done }
}

fn list(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let loose = session.ask(session.past().loose())?;
    for doubts in &loose.groups {
        group(&session, doubts, shell)?;
    }
    shell.tell(|| loose.text(), || loose.json());
    let flags = shell.flags(mode);
    for (run, count) in loose.runs() {
        let command = |verdict: Verdict| {
            format!("beadle doubts settle --run {run} --all {count} {} --reason \"…\"{flags}", verdict.flag())
        };
        if count > 1 {
            let (yes, no) = (command(Verdict::Applied), command(Verdict::NotApplied));
            shell.tell_text(&format!("all {count} of run {run} happened: {yes}\nnone of them did: {no}"));
        }
    }
    if !loose.groups.is_empty() {
        shell.tell_text(&format!("to ask the platforms once more: beadle doubts look{flags}"));
    }
    Ok(code(&loose))
}

/// One group; what rows share is said once.
fn group(session: &Session<'_>, doubts: &Doubts, shell: &Shell) -> Result<(), Failure> {
    let (mut said, mut last): (Option<String>, Option<Trace>) = (None, None);
    each_page(session, &doubts.group, |page| {
        for trace in page {
            if last.is_none() {
                shell.tell_text(&doubts.head(&trace.script));
            }
            let call = doubts.call(&trace);
            if said.as_ref() != Some(&call) {
                shell.tell_text(&call);
                said = Some(call);
            }
            shell.tell(|| doubts.line(&trace), || doubts.json(&trace));
            last = Some(trace);
        }
    })?;
    if let Some(last) = &last {
        shell.tell_text(&format!("{}\n", doubts.foot(last)));
    }
    Ok(())
}

/// Hands out the effects of a group page by page.
fn each_page(session: &Session<'_>, group: &LooseGroup, mut take: impl FnMut(Vec<Trace>)) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let page = session.runtime.block_on(session.store.loose(group, after, PAGE)).map_err(failed)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.effect.id;
        take(page);
    }
}
