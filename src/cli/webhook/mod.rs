//! `beadle webhook`: hooks that a platform sends to, what came, and ways to try it.

mod deliveries;
mod hooks;
mod send;
mod serve;
mod show;

use super::past::failed;
use super::session::Session;
use super::{Code, Failure, Shell};
use crate::hooks::is_name;
use crate::settings::Mode;
use crate::store::HookRow;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle webhook add community --connection main
  beadle webhook list
  beadle webhook replay 17")]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an address that a platform can send to; its secret is shown once
    #[command(after_help = "Example:
  beadle webhook add community --connection main")]
    Add(hooks::Add),
    /// The hooks, and what came to them
    #[command(after_help = "Example:
  beadle webhook list community --limit 50")]
    List(deliveries::Options),
    /// One delivery: what it held, what became of it, which runs it asked for
    #[command(after_help = "Example:
  beadle webhook show 17")]
    Show(show::Options),
    /// Work a delivery off once more, with runs of its own
    #[command(after_help = "Example:
  beadle webhook replay 17")]
    Replay(show::Replay),
    /// Send a sample to a receiver, to try a job with
    #[command(after_help = "Examples:
  beadle webhook send --to http://127.0.0.1:8788/hooks/SECRET --topic user.created --people 3
  beadle webhook send --to http://127.0.0.1:8788/hooks/SECRET --file delivery.json")]
    Send(send::Options),
    /// Give a hook a new secret; the old one holds for a while
    #[command(after_help = "Example:
  beadle webhook rotate community --overlap 1h")]
    Rotate(hooks::Rotate),
    /// End a hook; what has come is worked off all the same
    #[command(after_help = "Example:
  beadle webhook remove community")]
    Remove(hooks::Remove),
    /// Receive and work off in the foreground, without starting any run
    #[command(hide = true)]
    Serve(serve::Options),
}

/// Does one of them.
pub(super) fn webhook(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match &options.command {
        Command::Add(options) => hooks::add(options, shell),
        Command::List(options) => deliveries::list(options, shell),
        Command::Show(options) => show::show(options, shell),
        Command::Replay(options) => show::replay(options, shell),
        Command::Send(options) => send::send(options, shell),
        Command::Rotate(options) => hooks::rotate(options, shell),
        Command::Remove(options) => hooks::remove(options, shell),
        Command::Serve(options) => serve::serve(options, shell),
    }
}

fn mode(sandbox: bool) -> Mode {
    if sandbox { Mode::Sandbox } else { Mode::Real }
}

/// The project, open.
fn open(shell: &Shell, sandbox: bool) -> Result<Session<'_>, Failure> {
    let mode = mode(sandbox);
    Session::open(shell, shell.settings(mode, None)?, mode)
}

/// A hook that is there.
fn hook(session: &Session<'_>, name: &str) -> Result<HookRow, Failure> {
    let hooks = session.runtime.block_on(session.store.hooks()).map_err(failed)?;
    let here = hooks.into_iter().find(|hook| hook.name == name && hook.removed_at.is_none());
    here.ok_or_else(|| {
        let flags = session.shell.flags(session.mode());
        Failure::usage(format!("there is no hook `{name}`")).hint(format!("beadle webhook list{flags}"))
    })
}

/// A name that a hook can have.
fn name(text: &str) -> Result<String, String> {
    match is_name(text) {
        true => Ok(text.to_owned()),
        false => Err("use up to 64 small letters, digits, `-` and `_`".to_owned()),
    }
}
