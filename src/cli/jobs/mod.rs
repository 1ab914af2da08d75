//! `beadle jobs`: what runs by itself, when it is due, and what keeps it from running. One file a subcommand.

mod backfill;
mod check;
mod clocks;
mod confine;
mod explain;
mod list;
mod moments;
mod next;
mod notify;
mod order;
mod pause;
mod powers;
mod remarks;
mod run;
mod seats;
mod simulate;
mod standing;
mod start;
pub(super) mod tether;
mod ticks;

pub(super) use list::ended;
pub(super) use notify::delivery;
pub(super) use order::order;
pub(super) use powers::{powers, powers_of_none};

use super::{Code, Failure, Format, Shell};
use crate::events::Level;
use crate::settings::{Jobs, Mode, Settings};

#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  beadle jobs
  beadle jobs check
  beadle jobs next --count 20
  beadle jobs run nightly_export --sandbox
  beadle jobs explain \"30 2 * * MON-FRI\" --zone Europe/Berlin"
)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    place: Place,
}

/// Whose jobs are meant.
#[derive(Clone, Copy, Debug, clap::Args)]
struct Place {
    /// With the simulated platforms: no settings file is needed
    #[arg(long)]
    sandbox: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Whether every job could run: its file, its connection, its script and what it gives it
    #[command(after_help = "Example:
  beadle jobs check --sandbox")]
    Check(check::Options),
    /// What is due next, over all jobs, in order
    #[command(after_help = "Examples:
  beadle jobs next
  beadle jobs next nightly_export --count 3 --after 2026-12-24")]
    Next(next::Options),
    /// What a crontab's line or a job's schedule means, in words, with its next times
    #[command(after_help = "Examples:
  beadle jobs explain \"*/15 9-17 * * MON-FRI\" --zone America/New_York --after 2026-11-22T12:00:00Z
  beadle jobs explain \"30 2 * * *\" --zone Europe/Berlin --after 2026-03-28 --count 3 --json
  beadle jobs explain nightly_export")]
    Explain(explain::Options),
    /// Run a job now, with its parameters and within its limits; when it is due next stays as it is
    #[command(after_help = "Examples:
  beadle jobs run nightly_export --sandbox
  beadle jobs run weekly_roster --unattended")]
    Run(run::Options),
    /// Who is told of a job's failures; with `--test`, whether messages arrive
    #[command(after_help = "Examples:
  beadle jobs notify weekly_roster
  beadle jobs notify weekly_roster --test")]
    Notify(notify::Options),
    /// Every moment there was, and what became of it
    #[command(after_help = "Examples:
  beadle jobs ticks
  beadle jobs ticks nightly_export --from 2026-11-01 --count 0")]
    Ticks(ticks::Options),
    /// Skip a job's moments until a time, or until it is unpaused
    #[command(after_help = "Example:
  beadle jobs pause weekly_roster --until 2027-01-07 --reason \"holidays\"")]
    Pause(pause::Pause),
    /// Let a job run again; its failures in a row are forgotten
    #[command(after_help = "Example:
  beadle jobs unpause weekly_roster")]
    Unpause(pause::Unpause),
    /// Run moments of the past, one after the other
    #[command(after_help = "Example:
  beadle jobs backfill nightly_export --from 2026-11-01 --to 2026-11-20 --only-missing")]
    Backfill(backfill::Options),
    /// Days of the schedule in seconds: what would run, what not, and why
    #[command(after_help = "Examples:
  beadle jobs simulate --days 365
  beadle jobs simulate nightly_export --days 7 --each --sandbox
  beadle jobs simulate --days 2 --run --sandbox")]
    Simulate(simulate::Options),
    /// Run a job under an id that was given to it
    #[command(
        hide = true,
        after_help = "Example:
  beadle jobs start nightly_export --run 20261122-0158-k3f9 --scheduled-at 2026-11-22T01:30:00Z"
    )]
    Start(start::Options),
}

/// Lists the jobs, or does what the subcommand says.
pub(super) fn jobs(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match &options.command {
        Some(Command::Check(options)) => check::check(options, shell),
        Some(Command::Next(options)) => next::next(options, shell),
        Some(Command::Explain(options)) => explain::explain(options, shell),
        Some(Command::Run(options)) => run::run(options, shell),
        Some(Command::Start(options)) => start::start(options, shell),
        Some(Command::Notify(options)) => notify::notify(options, shell),
        Some(Command::Ticks(options)) => ticks::ticks(options, shell),
        Some(Command::Pause(options)) => pause::pause(options, shell),
        Some(Command::Unpause(options)) => pause::unpause(options, shell),
        Some(Command::Backfill(options)) => backfill::backfill(options, shell),
        Some(Command::Simulate(options)) => simulate::simulate(options, shell),
        None => list::list(options.place, shell),
    }
}

impl Place {
    fn mode(self) -> Mode {
        if self.sandbox { Mode::Sandbox } else { Mode::Real }
    }

    /// The project's settings and its jobs; what should be changed in them is said.
    fn open(self, shell: &Shell) -> Result<(Settings, Jobs), Failure> {
        let settings = shell.settings(self.mode(), None)?;
        let jobs = Jobs::load(&settings)?;
        for (file, warning) in &jobs.warnings {
            shell.printer.say(Level::Warn, &format!("{}: {warning}", file.display()));
        }
        Ok((settings, jobs))
    }
}

/// Shows what is wrong with the files that cannot be used, after all that can; the code to end with.
fn broken(jobs: &Jobs, shell: &Shell) -> Code {
    for (file, error) in &jobs.broken {
        shell.printer.say(Level::Error, &error.to_string());
        if let Some(hint) = error.next_step() {
            shell.printer.say(Level::Info, &format!("  next: {hint}"));
        }
        if shell.printer.format() == Format::Json {
            shell.printer.object(&serde_json::json!({
                "type": "broken",
                "file": file,
                "error": error.to_string(),
                "next": error.next_step(),
            }));
        }
    }
    if jobs.broken.is_empty() { Code::Done } else { Code::Usage }
}
