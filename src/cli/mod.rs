//! The command line: what a person types, one file a command. The terminal is touched here and nowhere else.

mod apply;
mod approve;
mod attendance;
mod doubts;
mod failure;
mod functions;
mod heed;
mod jobs;
mod migrate;
mod past;
mod person;
mod plan;
mod printer;
mod progress;
mod receiving;
mod resume;
mod run;
mod runs;
mod sandbox;
mod serve;
#[cfg(unix)]
mod service;
mod serving;
mod session;
mod stream;
mod traces;
mod transports;
mod undo;
mod webhook;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Parser, Subcommand};

pub use failure::{Code, Failure};
pub use printer::{Colour, Format, Look, Printer};

use crate::clock::Clock;
use crate::events::Level;
use crate::settings::{Environment, Flags, Mode, Redactor, Settings, Start};

const EXIT_CODES: &str = "\
Exit codes:
    0  done                      5  done, but rows were rejected or effects failed
    1  failed                    6  effects in doubt: a person must look
    2  wrong usage or settings   7  not run: another process is at work on it
    3  changes are pending     130  interrupted, can be resumed
    4  held by a brake

Example:
  beadle run scripts/sync_roster.rhai --sandbox";

/// Runs the scripts of people who run communities.
#[derive(Debug, Parser)]
#[command(name = "beadle", version = traces::VERSION, after_help = EXIT_CODES, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    shared: Shared,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
struct Shared {
    /// The settings file, in place of the nearest `beadle.toml`
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Say more: every call that is made
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Write one JSON object a line to stdout
    #[arg(long, global = true)]
    json: bool,
    /// No colours, also on a terminal
    #[arg(long, global = true)]
    no_color: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a script against its connection and account for what it did
    Run(run::Options),
    /// What a script would do, without doing it
    Plan(plan::Options),
    /// Do exactly what a plan says
    Apply(apply::Options),
    /// Plan what takes back what a run did
    Undo(undo::Options),
    /// Move groups and people from one connection to another
    Migrate(migrate::Options),
    /// Go on with a run that crashed, was stopped or was held
    Resume(resume::Options),
    /// Allow a held run or plan what its brakes named
    Approve(approve::Options),
    /// What a script can call
    Functions(functions::Options),
    /// Run the jobs by their schedules, until stopped
    Serve(serve::Options),
    /// The simulated platforms on localhost, for any client
    Sandbox(sandbox::Options),
    /// What runs by itself: the jobs, when they are due, and what a schedule means
    Jobs(jobs::Options),
    /// The runs there were, how they stand, and everything of one of them
    Runs(runs::Options),
    /// Everything that was ever done to or for one person
    Person(person::Options),
    /// What nobody knows whether it happened: show it, ask the platforms, settle it
    Doubts(doubts::Options),
    /// Addresses that a platform sends to, what came, and ways to try it
    Webhook(webhook::Options),
}

/// What every command is handed.
struct Shell {
    /// The environment of the process.
    environment: Environment,
    /// The current folder.
    folder: PathBuf,
    /// `--settings`
    file: Option<PathBuf>,
    /// Where everything is shown.
    printer: Arc<Printer>,
    /// Knows the secrets that were read.
    redactor: Redactor,
    /// Tells how many bytes the process holds.
    memory: fn() -> usize,
}

impl Shell {
    /// What the next command repeats to mean the same project.
    fn flags(&self, mode: Mode) -> Flags {
        Flags::of(mode, self.file.as_ref().map(|file| self.folder.join(file)).as_deref())
    }

    /// The settings of this project; what should be changed in them is said.
    fn settings(&self, mode: Mode, connection: Option<&str>) -> Result<Settings, Failure> {
        let settings = Settings::load(&Start {
            file: self.file.clone(),
            folder: self.folder.clone(),
            mode,
            connection: connection.map(str::to_owned),
            environment: self.environment.clone(),
        })?;
        for warning in &settings.warnings {
            self.printer.say(Level::Warn, warning);
        }
        Ok(settings)
    }
}

/// Does what the arguments say, the first of which is the program's own name. `memory` tells how many bytes the
/// process holds.
pub fn main(arguments: impl IntoIterator<Item = OsString>, memory: fn() -> usize) -> Code {
    let (environment, redactor, clock) = (Environment::of_process(), Redactor::default(), Clock::system());
    let print = |look| Arc::new(Printer::new(look, &environment, redactor.clone(), clock.clone()));
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let format = if arguments.iter().any(|word| word == "--json") { Format::Json } else { Format::Text };
            return misunderstood(&error, &print(Look { format, ..Look::default() }));
        }
    };
    let printer = print(Look::of(&cli.shared));
    let done = std::env::current_dir()
        .map_err(|error| Failure::failed(format!("failed to find the current folder: {error}")))
        .and_then(|folder| {
            let printer = Arc::clone(&printer);
            cli.command.act(&Shell { environment, folder, file: cli.shared.settings, printer, redactor, memory })
        });
    let code = done.unwrap_or_else(|failure| {
        printer.failure(&failure);
        failure.code
    });
    printer.end();
    match printer.trouble() {
        None => code,
        Some(trouble) => {
            printer.say(Level::Error, &trouble);
            Code::worst([code, Code::Failed])
        }
    }
}

impl Command {
    fn act(self, shell: &Shell) -> Result<Code, Failure> {
        match self {
            Self::Run(options) => run::run(&options, shell),
            Self::Plan(options) => plan::plan(&options, shell),
            Self::Apply(options) => apply::apply(&options, shell),
            Self::Undo(options) => undo::undo(&options, shell),
            Self::Migrate(options) => migrate::migrate(&options, shell),
            Self::Resume(options) => resume::resume(&options, shell),
            Self::Approve(options) => approve::approve(&options, shell),
            Self::Functions(options) => functions::functions(&options, shell),
            Self::Serve(options) => serve::serve(&options, shell),
            Self::Sandbox(options) => sandbox::sandbox(&options, shell),
            Self::Jobs(options) => jobs::jobs(&options, shell),
            Self::Runs(options) => runs::runs(&options, shell),
            Self::Person(options) => person::person(&options, shell),
            Self::Doubts(options) => doubts::doubts(&options, shell),
            Self::Webhook(options) => webhook::webhook(&options, shell),
        }
    }
}

impl Look {
    fn of(shared: &Shared) -> Self {
        Self {
            format: if shared.json { Format::Json } else { Format::Text },
            colour: if shared.no_color { Colour::Never } else { Colour::Auto },
            level: if shared.verbose { Level::Debug } else { Level::Info },
        }
    }
}

impl Default for Look {
    fn default() -> Self {
        Self { format: Format::Text, colour: Colour::Auto, level: Level::Info }
    }
}

/// Help and version are data; anything else is wrong usage.
fn misunderstood(error: &clap::Error, printer: &Printer) -> Code {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            printer.data(&text);
            Code::Done
        }
        _ => {
            printer.say(Level::Info, text.trim_end());
            if printer.format() == Format::Json {
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                printer.object(&Failure::usage(message).json());
            }
            Code::Usage
        }
    }
}

/// The help of one command, where it is asked for in a way of its own.
fn help_of(command: &str) -> String {
    let mut cli = Cli::command();
    cli.build();
    cli.find_subcommand_mut(command).map(|command| command.render_help().to_string()).unwrap_or_default()
}

/// What was declared as `KEY=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("write it as KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_command_has_an_example() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("beadle {}", command.get_name());
            assert!(help.contains("Example") && help.contains(&example), "{}: {help}", command.get_name());
        }
    }

    #[test]
    fn an_argument_of_a_script_is_a_key_and_a_value() {
        assert_eq!(pair("roster=a=b.csv"), Ok(("roster".into(), "a=b.csv".into())));
        assert_eq!(pair("since="), Ok(("since".into(), String::new())));
        assert!(pair("roster").is_err() && pair("=x").is_err());
    }
}
