//! `beadle.toml`, the environment and the command line as one checked value; the jobs; secrets that never print.
//! Nothing else reads the environment. A flag beats the environment, that beats the file, that beats the default.
//!
//! Credentials are read when a connection is used, not when the settings are: [`Connection::credentials`].
//! Whatever a project's files may one day need to be trusted for is to be asked there.

mod address;
mod connection;
mod environment;
mod error;
mod flags;
mod hook;
mod job;
mod limits;
mod mail;
mod partial;
mod project;
mod quiet;
mod redactor;
mod scheduling;
mod secret;
mod section;
mod serving;
mod telling;
mod tree;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use address::{BaseUrl, Plaintext};
pub use connection::{At, Connection, Credentials, Pace};
pub use environment::{Environment, OF_SERVICE};
pub use error::Error;
pub use flags::Flags;
pub use hook::Webhooks;
pub use job::{Address, Job, Jobs, Missed, Notify, Overlap, OwnEvents, ParamsAt, Ping, Retries, Shape, Which};
pub use limits::{
    ChangeLimits, DeleteLimits, Limits, MailLimits, OverlapLimits, RemovalLimits, RoleLimits, ScriptLimits,
};
pub use mail::Mail;
pub use telling::Telling;

pub use partial::Partial;
pub use project::{FILE, Project, zone};
pub use quiet::Quiet;
pub use redactor::{REDACTED, Redactor};
pub use scheduling::Scheduling;
pub use secret::{Secret, Source};
pub use section::length;
pub use serving::{ServeToken, Serving, TOKEN_FILE};

use crate::catalog::Platform;
use crate::platforms;
use error::{Show, suggestion};
use section::Section;
use tree::{Node, Origin, Table, Value};

/// Whether real platforms are meant or their simulated twins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What the settings name.
    Real,
    /// The sandbox: every connection is simulated, no credential is read, the store is another one.
    Sandbox,
}

/// What the settings are made from.
#[derive(Clone, Debug)]
pub struct Start {
    /// `--settings FILE`
    pub file: Option<PathBuf>,
    /// The current folder.
    pub folder: PathBuf,
    /// `--sandbox`
    pub mode: Mode,
    /// `--connection NAME`
    pub connection: Option<String>,
    /// The environment.
    pub environment: Environment,
}

/// Everything that is set, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The project.
    pub project: Project,
    /// The connections by name.
    pub connections: BTreeMap<String, Connection>,
    /// What may be used up.
    pub limits: Limits,
    /// How the schedule is served.
    pub schedule: Scheduling,
    /// Where `beadle serve` is watched and driven.
    pub serve: Serving,
    /// Where webhooks are received, and how much of them.
    pub webhooks: Webhooks,
    /// How mails to those who watch jobs leave this machine.
    pub mail: Mail,
    /// How people are told of jobs.
    pub notify: Telling,
    /// What works and should be changed all the same; for people.
    pub warnings: Vec<String>,
}

impl Settings {
    /// Reads and checks them. No credential is read and nothing is written.
    pub fn load(start: &Start) -> Result<Self, Error> {
        let found = project::find(start.file.as_deref(), &start.folder)?;
        let source = match (&found.source, start.mode) {
            (Some(source), _) => source.clone(),
            (None, Mode::Sandbox) => tree::Source::default(),
            (None, Mode::Real) => return Err(no_file(start)),
        };
        let mut table = tree::parse(&source)?;
        table.overlay(&start.environment)?;
        let keys = &["project", "connections", "limits", "schedule", "serve", "webhooks", "mail", "notify"];
        let mut top = Section::new(String::new(), table, &source, keys)?;
        let mut project = Project::read(top.table("project")?, &found, &source, start.mode)?;
        let limits = Limits::read(top.table("limits")?, &source)?;
        let schedule = Scheduling::read(top.table("schedule")?, &source)?;
        let serve = Serving::read(top.table("serve")?, &source)?;
        let webhooks = Webhooks::read(top.table("webhooks")?, &source, serve.listen)?;
        let mail = Mail::read(top.table("mail")?, &source)?;
        let notify = Telling::read(top.table("notify")?, &source)?;
        let mut warnings = Vec::new();
        let mut connections = read_connections(top.table("connections")?, &source, start.mode, &mut warnings)?;
        if start.mode == Mode::Sandbox && connections.is_empty() {
            connections = built_in();
        }
        project.connection = start.connection.clone().or(project.connection);
        Ok(Self { project, connections, limits, schedule, serve, webhooks, mail, notify, warnings })
    }

    /// The connection of this name.
    pub fn connection(&self, name: &str) -> Result<&Connection, Error> {
        self.connections.get(name).ok_or_else(|| {
            let names = self.connections.keys().map(String::as_str);
            let error = Error::new(format!("there is no connection `{name}`{}", suggestion(name, names)));
            match self.connections.is_empty() {
                true => error.hint("add a `[connections.main]` section to beadle.toml: docs/settings.md"),
                false => error,
            }
        })
    }

    /// The limits that hold for a connection: its own, laid over the project's.
    pub fn limits_of(&self, connection: &Connection) -> Limits {
        self.limits.with(&connection.limits)
    }

    /// The same within a job's own limits: its brakes are laid over those of every connection, its time and its memory take
    /// the place of the project's.
    pub fn within(mut self, job: &Job) -> Self {
        for connection in self.connections.values_mut() {
            connection.limits = connection.limits.with(&job.limits);
        }
        self.limits.script.time = job.timeout;
        self.limits.script.memory = job.memory.unwrap_or(self.limits.script.memory);
        self
    }

    /// Who is never removed over a connection: whom it names, and whom the project names.
    pub fn protected_on(&self, connection: &Connection) -> Vec<String> {
        self.project.protected.iter().chain(&connection.protected).cloned().collect()
    }

    /// The connection that a script's bare nouns mean: the one named, else the only one, else `main`.
    pub fn default_connection(&self) -> Result<&Connection, Error> {
        match (&self.project.connection, self.connections.len()) {
            (Some(name), _) => self.connection(name),
            (None, 1) => self.connections.values().next().ok_or_else(|| Error::new("there is no connection")),
            (None, _) => self.connection("main").map_err(|error| match self.connections.is_empty() {
                true => error,
                false => error.hint("say which one with --connection NAME or `connection` in `[project]`"),
            }),
        }
    }
}

fn no_file(start: &Start) -> Error {
    let problem = format!("there is no {FILE} in `{}` or a folder above it", start.folder.display());
    Error::new(problem).hint("try it without an account: add --sandbox; or write one: docs/settings.md")
}

fn read_connections(
    table: Table,
    source: &tree::Source,
    mode: Mode,
    warn: &mut Vec<String>,
) -> Result<BTreeMap<String, Connection>, Error> {
    let mut connections = BTreeMap::new();
    for (name, origin, node) in table.0 {
        let Node { value: Value::Table(table), .. } = node else {
            let problem = format!("`{name}` must be a section: `[connections.{name}]`");
            return Err(source.error(problem, &origin, Show::Plain));
        };
        check_name(&name, &origin, source)?;
        connections.insert(name.clone(), Connection::read(&name, table, source, mode, warn)?);
    }
    Ok(connections)
}

fn check_name(name: &str, origin: &Origin, source: &tree::Source) -> Result<(), Error> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    match !name.is_empty() && name.len() <= 64 && name.chars().all(fits) {
        true => Ok(()),
        false => {
            let problem = format!("`{name}` is no name for a connection; use small letters, digits, `-` and `_`");
            Err(source.error(problem, origin, Show::Plain))
        }
    }
}

/// Two simulated connections a platform: by the name that the platform gives, the seeded community; with `new-` before it,
/// one of its own that begins empty, where people can move to.
fn built_in() -> BTreeMap<String, Connection> {
    let simulated = |platform: &'static Platform| {
        let new = format!("new-{}", platform.connection);
        let empty = Connection::simulated(&new, platform).in_world("new");
        [(platform.connection.to_owned(), Connection::simulated(platform.connection, platform)), (new, empty)]
    };
    platforms::all().flat_map(simulated).collect()
}

#[cfg(test)]
mod tests;
