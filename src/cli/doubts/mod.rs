//! `beadle doubts`: what nobody knows, grouped by where it came from; `settle` decides it, `look` asks the platforms.

mod look;
mod settle;

use super::past::{PAGE, failed, is_gone, owner, times};
use super::session::Session;
use super::{Code, Failure, Shell};
use crate::runs::history::{Doubts, Owner, Verdict};
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

/// Everything that is not at rest.
pub(super) struct Loose {
    /// In doubt, then what is only promised.
    pub(super) groups: Vec<Doubts>,
    /// Effects on sandboxes that are gone.
    pub(super) left_out: i64,
}

/// Lists, settles or looks.
pub(super) fn doubts(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match &options.command {
        Some(Command::Settle(options)) => settle::settle(options, shell),
        Some(Command::Look(options)) => look::look(options, shell),
        None => list(options, shell),
    }
}

impl Loose {
    /// All that nobody works on, and doubts of runs that somebody does.
    pub(super) fn of(session: &Session<'_>, mode: Mode) -> Result<Self, Failure> {
        let read = async { Ok((session.store.loose_groups().await?, session.store.world().await?)) };
        let (groups, world) = session.runtime.block_on(read).map_err(failed)?;
        let (gone, here): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| is_gone(&group.account, world.as_ref()));
        let mut groups = Vec::with_capacity(here.len());
        for group in here {
            let owner = owner(session, &group.run)?;
            groups.push(Doubts { group, owner, flags: session.shell.flags(mode), times: times(session) });
        }
        groups.retain(|doubts| !doubts.are_under_way());
        groups.sort_by_key(Doubts::are_promised);
        Ok(Self { groups, left_out: gone.iter().map(|group| group.count).sum() })
    }

    /// How many are in doubt.
    pub(super) fn in_doubt(&self) -> i64 {
        self.doubts().map(|doubts| doubts.group.count).sum()
    }

    /// Those in doubt, without what is only promised.
    pub(super) fn doubts(&self) -> impl Iterator<Item = &Doubts> {
        self.groups.iter().filter(|doubts| !doubts.are_promised())
    }

    /// The exit code while these are left.
    pub(super) fn code(&self) -> Code {
        if self.in_doubt() > 0 { Code::InDoubt } else { Code::Done }
    }

    /// Runs whose doubts can be settled, each with their number, in the order in which they come.
    pub(super) fn runs(&self) -> Vec<(&str, i64)> {
        let mut runs: Vec<(&str, i64)> = Vec::new();
        for doubts in self.doubts().filter(|doubts| doubts.owner == Owner::Nobody) {
            let group = &doubts.group;
            match runs.iter_mut().find(|(run, _)| *run == group.run) {
                Some((_, count)) => *count += group.count,
                None => runs.push((&group.run, group.count)),
            }
        }
        runs
    }

    /// The last word: how many there are.
    pub(super) fn sum(&self, shell: &Shell) {
        let doubts = self.in_doubt();
        let promised: i64 = self.groups.iter().map(|doubts| doubts.group.count).sum::<i64>() - doubts;
        let mut words = match doubts {
            0 => "nothing is in doubt".to_owned(),
            count => format!("{count} in doubt"),
        };
        if promised > 0 {
            words.push_str(&format!("; {promised} promised by the platform and not seen yet"));
        }
        if self.left_out > 0 {
            words.push_str(&format!("; {} on sandboxes that are gone are left out", self.left_out));
        }
        let left_out = self.left_out;
        shell.tell(
            || words,
            || serde_json::json!({ "type": "doubts", "in_doubt": doubts, "promised": promised, "left_out": left_out }),
        );
    }
}

fn list(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let loose = Loose::of(&session, mode)?;
    for doubts in &loose.groups {
        group(&session, doubts, shell)?;
    }
    loose.sum(shell);
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
    Ok(loose.code())
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
