//! `beadle run SCRIPT`: runs a script and accounts for what it did.

use std::path::{Path, PathBuf};

use super::{Code, Failure, Shell, help_of, pair};
use crate::settings::Mode;

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
    /// A value for an argument that the script declares; may be repeated
    #[arg(long = "arg", value_name = "KEY=VALUE", value_parser = pair)]
    args: Vec<(String, String)>,
    /// The connection that the script's nouns mean
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Use the simulated platforms: no account, no credential, its own ledger
    #[arg(long)]
    sandbox: bool,
    /// Begin with a new sandbox, empty of what earlier runs did
    #[arg(long, requires = "sandbox")]
    fresh: bool,
    /// What shall go wrong on the sandbox
    #[arg(long, value_name = "SPEC", requires = "sandbox")]
    faults: Option<String>,
    /// From which number a new sandbox's community is made
    #[arg(long, value_name = "N", requires = "sandbox")]
    seed: Option<u64>,
    /// How many people live in a new sandbox
    #[arg(long, value_name = "N", requires = "sandbox")]
    people: Option<u64>,
    /// Show help; after SCRIPT, that script's own arguments
    #[arg(short, long)]
    help: bool,
}

/// Runs the script, or shows what it takes.
pub(super) fn run(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    match (&options.script, options.help) {
        (None, _) => {
            shell.printer.data(&help_of("run"));
            Ok(Code::Done)
        }
        (Some(script), true) => help(script, shell),
        (Some(script), false) => start(script, options, shell),
    }
}

/// What the script declares that it takes; read without running it.
fn help(script: &Path, _shell: &Shell) -> Result<Code, Failure> {
    Err(Failure::failed(format!("failed to read `{}`: scripts cannot be read yet", script.display())))
}

/// What can be refused without the script is refused first: settings, connection, credentials.
fn start(script: &Path, options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let settings = shell.settings(mode, options.connection.as_deref())?;
    let connection = settings.default_connection()?;
    connection.credentials(&settings.project, &shell.environment, &shell.redactor)?;
    Err(Failure::failed(format!("failed to run `{}`: scripts cannot be run yet", script.display())))
}
