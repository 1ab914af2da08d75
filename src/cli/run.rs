//! `beadle run SCRIPT`: runs a script and accounts for what it did.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::attendance::Watched;
use super::session::{Play, Session};
use super::{Code, Failure, Shell, help_of, pair};
use crate::runs::{Order, Scripted, Source, Work};
use crate::sandbox::{Wanted, parse_faults};
use crate::script::{EngineKit, Kind, Script};
use crate::settings::{Mode, Settings};

#[derive(Debug, clap::Args)]
#[command(
    disable_help_flag = true,
    after_help = "Examples:
  beadle run scripts/sync_roster.rhai --sandbox
  beadle run scripts/sync_roster.rhai --help
  beadle run scripts/sync_roster.rhai --arg roster=members.csv --arg group=2 --connection main"
)]
pub(super) struct Options {
    /// The script
    #[arg(required_unless_present = "help")]
    script: Option<PathBuf>,
    #[command(flatten)]
    how: How,
    /// Show help; after SCRIPT, that script's own arguments
    #[arg(short, long)]
    help: bool,
}

/// With what, and on what, a script is run or planned.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct How {
    /// A value for an argument that the script declares; may be repeated
    #[arg(long = "arg", value_name = "KEY=VALUE", value_parser = pair)]
    args: Vec<(String, String)>,
    /// The connection that the script's nouns mean
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Use the simulated platforms: no account, no credential, its own ledger
    #[arg(long)]
    pub(super) sandbox: bool,
    /// Begin with a new sandbox, empty of what earlier runs did
    #[arg(long, requires = "sandbox")]
    fresh: bool,
    /// What shall go wrong on the sandbox: docs/sandbox.md
    #[arg(long, value_name = "SPEC", requires = "sandbox")]
    faults: Option<String>,
    /// From which number a new sandbox's community is made
    #[arg(long, value_name = "N", requires = "sandbox")]
    seed: Option<u64>,
    /// How many people live in a new sandbox
    #[arg(long, value_name = "N", requires = "sandbox")]
    people: Option<usize>,
    /// How many activities there are in a new sandbox
    #[arg(long, value_name = "N", requires = "sandbox")]
    activities: Option<usize>,
    #[command(flatten)]
    watched: Watched,
}

impl How {
    /// The same for a script of ours: on this connection, with these arguments; it takes no others.
    pub(super) fn given<const N: usize>(&self, connection: &str, args: [(&str, String); N]) -> Result<Self, Failure> {
        if !self.args.is_empty() || self.connection.is_some() {
            return Err(Failure::usage("this command takes neither --arg nor --connection; its own options say both"));
        }
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Self { args, connection: Some(connection.to_owned()), ..self.clone() })
    }
}

/// Runs the script, or shows what it takes.
pub(super) fn run(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match (&options.script, options.help) {
        (None, _) => {
            shell.printer.data(&help_of("run"));
            Ok(Code::Done)
        }
        (Some(script), true) => help(script, shell),
        (Some(script), false) => {
            let (session, order, play) = order(script, &options.how, shell)?;
            session.run(&order, play)
        }
    }
}

/// What the script declares that it takes; read without running it, and without any settings.
fn help(path: &Path, shell: &Shell) -> Result<Code, Failure> {
    let script = load(&shell.folder, path)?;
    let mut text = format!("{}\n\nUsage: beadle run {} [OPTIONS]\n", script.description().trim(), path.display());
    match script.declared().is_empty() {
        true => text.push_str("\nThe script takes no arguments.\n"),
        false => text.push_str(&format!("\nArguments of the script:\n{}\n", script.declared().usage())),
    }
    text.push_str("\nOptions of the command: beadle run --help\n");
    shell.printer.data(&text);
    Ok(Code::Done)
}

/// What can be refused is refused first: settings, connection, credentials, script, arguments. Nothing has begun yet.
pub(super) fn order<'a>(path: &Path, how: &How, shell: &'a Shell) -> Result<(Session<'a>, Order, Play), Failure> {
    let mode = if how.sandbox { Mode::Sandbox } else { Mode::Real };
    let settings = shell.settings(mode, how.connection.as_deref())?;
    let connection = settings.default_connection()?;
    connection.credentials(&settings.project, &shell.environment, &shell.redactor)?;
    if let Some(faults) = &how.faults {
        parse_faults(faults).map_err(|error| Failure::usage(error.to_string()))?;
    }
    let name = connection.name.clone();
    let script = load(&settings.project.folder, &shell.folder.join(path))?;
    let given = placed(&script, &how.args, &settings, shell);
    let order = bound(script, given, name, mode, Source::New, &settings.project.folder)?;
    let wanted = Wanted { fresh: how.fresh, seed: how.seed, people: how.people, activities: how.activities };
    let play = Play { attendance: how.watched.attendance(), wanted, faults: how.faults.clone(), ..Play::default() };
    Ok((Session::open(shell, settings, mode)?, order, play))
}

/// A file that a script reads must be there before anything begins.
fn there(script: &Script, args: &rhai::Map, root: &Path) -> Result<(), Failure> {
    let read = script.declared().arguments.iter().filter(|one| one.kind == Kind::File && !one.writes);
    for argument in read {
        let Some(name) = args.get(argument.name.as_str()).and_then(|value| value.clone().into_string().ok()) else {
            continue;
        };
        let path = root.join(&name);
        let wrong = match (path.exists(), path.is_file()) {
            (false, _) => "there is no such file",
            (true, false) => "this is no file",
            (true, true) => continue,
        };
        let sentence = format!("the argument `{}` names `{name}`: {wrong}", argument.name);
        let hint = format!("--arg {}=FILE, as seen from the current folder", argument.name);
        return Err(Failure::usage(sentence).hint(hint));
    }
    Ok(())
}

/// Reads a script; what is wrong in it is shown at its place.
pub(super) fn load(root: &Path, path: &Path) -> Result<Script, Failure> {
    if !root.join(path).is_file() {
        let named = path.strip_prefix(root).unwrap_or(path).display();
        return Err(Failure::usage(format!("there is no script `{named}`")));
    }
    Script::load(root, path, &EngineKit::default()).map_err(|error| Failure::usage(error.to_string()))
}

/// Files are named from the current folder; the script sees them from the project's.
fn placed(script: &Script, given: &[(String, String)], settings: &Settings, shell: &Shell) -> Vec<(String, String)> {
    let is_file = |name: &str| script.declared().get(name).is_some_and(|argument| argument.kind == Kind::File);
    given
        .iter()
        .map(|(name, value)| match is_file(name) && !value.is_empty() {
            true => {
                let path = shell.folder.join(value);
                let inside = path.strip_prefix(&settings.project.folder).map(Path::to_path_buf);
                (name.clone(), inside.unwrap_or(path).display().to_string())
            }
            false => (name.clone(), value.clone()),
        })
        .collect()
}

/// The order for a run whose arguments were placed before.
pub(super) fn bound(
    script: Script,
    given: Vec<(String, String)>,
    connection: String,
    mode: Mode,
    source: Source,
    root: &Path,
) -> Result<Order, Failure> {
    let args = script
        .declared()
        .bind(given.clone(), mode == Mode::Sandbox)
        .map_err(|problem| Failure::usage(problem.to_string()).hint(format!("beadle run {} --help", script.file())))?;
    there(&script, &args, root)?;
    let is_file = |name: &str| script.declared().get(name).is_some_and(|argument| argument.kind == Kind::File);
    let files: BTreeSet<PathBuf> =
        given.iter().filter(|(name, _)| is_file(name)).map(|(_, value)| PathBuf::from(value)).collect();
    let path = script.file().to_owned();
    Ok(Order { path, work: Work::Script(Box::new(Scripted { script, args, files })), given, connection, source })
}
