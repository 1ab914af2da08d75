//! `[notify]` of a job: who is told, how, and after how many failures. Addresses that let whoever has them post are secrets:
//! they are read when they are used, like credentials.

use std::path::{Path, PathBuf};

use super::super::address::{BaseUrl, Plaintext};
use super::super::connection::source_of;
use super::super::error::Error;
use super::super::secret::Source as From;
use super::super::section::Section;
use super::super::tree::{Node, Origin, Source, Table, Value};
use super::super::{Environment, Project, Redactor, Secret};
use super::Ping;
use super::words::word_of;
use crate::model::Email;

/// Who is told when a job fails, recovers or is overdue.
#[derive(Clone, Debug)]
pub struct Notify {
    /// After so many failures in a row; 1 is the first.
    pub after: u32,
    /// Where a message is posted.
    pub webhook: Option<(Shape, Address)>,
    /// A program and its arguments; the message is on its standard input.
    pub command: Option<Vec<String>>,
    /// An address that gets a mail, through `[mail]` of the settings.
    pub mail: Option<String>,
    /// The outside heartbeat.
    pub ping: Option<Ping>,
}

impl Default for Notify {
    fn default() -> Self {
        Self { after: 1, webhook: None, command: None, mail: None, ping: None }
    }
}

/// What a posted message looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// All that is known, as an object.
    Json,
    /// A message of Slack's incoming webhooks.
    Slack,
    /// A message of Teams' incoming webhooks.
    Teams,
}

/// Where the address of an outside service is to be found.
#[derive(Clone, Debug)]
pub struct Address {
    key: &'static str,
    from: From,
    /// The job's file.
    file: PathBuf,
}

const KEYS: &[&str] = &["after", "webhook", "shape", "slack", "teams", "command", "mail", "ping_url"];
const SHAPES: &[(&str, Shape)] = &[("json", Shape::Json), ("slack", Shape::Slack), ("teams", Shape::Teams)];

impl Address {
    /// The address, now, made known to the redactor. The error never holds it.
    pub fn read(&self, project: &Project, environment: &Environment, redactor: &Redactor) -> Result<Secret, Error> {
        let named = |why: String| Error::new(format!("`{}` of `[notify]` {why}", self.key));
        let secret = self.from.read(&project.folder, environment).map_err(named)?;
        redactor.learn(&secret);
        usable(secret.expose()).map_err(|why| named(format!("comes from {} and {why}", self.source())))?;
        Ok(secret)
    }

    /// Whether both are read from the same place.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.from, &other.from) {
            (From::Variable(one), From::Variable(other)) => one == other,
            (From::File(one), From::File(other)) => one == other,
            (From::Command(one), From::Command(other)) => one == other,
            (From::Literal(one), From::Literal(other)) => one.expose() == other.expose(),
            _ => false,
        }
    }

    /// Where it comes from, for people; never the address itself.
    pub fn source(&self) -> String {
        match &self.from {
            From::Literal(_) => self.file.display().to_string(),
            from => from.name(),
        }
    }
}

impl Notify {
    /// Whether nobody is told of anything.
    pub fn is_nobody(&self) -> bool {
        self.webhook.is_none() && self.command.is_none() && self.mail.is_none() && self.ping.is_none()
    }

    pub(super) fn read(table: Table, source: &Source, warn: &mut Vec<String>) -> Result<Self, Error> {
        let is_there = !table.0.is_empty();
        let mut section = Section::new("[notify]".into(), table, source, KEYS)?;
        let after = section.int("after", 1, 1, 1000)?;
        let webhook = webhook(&mut section, &source.file, warn)?;
        let command = command(&mut section)?;
        let mail = match section.text("mail")? {
            None => None,
            Some((text, origin)) => match Email::parse(&text) {
                Ok(_) => Some(text.trim().to_owned()),
                Err(why) => return Err(section.refuse("mail", &origin, &format!("must be an address: {why}"))),
            },
        };
        let ping = address(&mut section, "ping_url", &source.file, warn)?.map(|(address, _)| Ping(address));
        let notify = Self { after: u32::try_from(after).unwrap_or(1), webhook, command, mail, ping };
        if is_there && notify.is_nobody() {
            warn.push(
                "`[notify]` tells nobody: name `slack`, `teams`, `webhook`, `command`, `mail` or `ping_url` in it"
                    .to_owned(),
            );
        }
        Ok(notify)
    }
}

/// `webhook` with its `shape`, or `slack`, or `teams`.
fn webhook(section: &mut Section<'_>, file: &Path, warn: &mut Vec<String>) -> Result<Option<(Shape, Address)>, Error> {
    let shape_at = section.text("shape")?;
    let shape = match &shape_at {
        None => Shape::Json,
        Some((text, origin)) => word_of(section, "shape", (text, origin), SHAPES)?,
    };
    let mut found: Option<(&'static str, Shape, Address)> = None;
    for (key, shape) in [("webhook", shape), ("slack", Shape::Slack), ("teams", Shape::Teams)] {
        let Some((address, origin)) = address(section, key, file, warn)? else { continue };
        if let Some((other, ..)) = found {
            return Err(section.refuse_secretly(key, &origin, &format!("stands beside `{other}`; name one of them")));
        }
        found = Some((key, shape, address));
    }
    match (&found, shape_at) {
        (Some(("webhook", ..)), _) | (_, None) => Ok(found.map(|(_, shape, address)| (shape, address))),
        (_, Some((_, origin))) => Err(section.refuse("shape", &origin, "is about `webhook`, which is not there")),
    }
}

/// An address as credentials are written; one that stands in the file is checked at once.
fn address(
    section: &mut Section<'_>,
    key: &'static str,
    file: &Path,
    warn: &mut Vec<String>,
) -> Result<Option<(Address, Origin)>, Error> {
    let Some(node) = section.take(key) else { return Ok(None) };
    let from = source_of(&node).map_err(|why| section.refuse_secretly(key, &node.origin, &why))?;
    if let From::Literal(text) = &from {
        usable(text.expose()).map_err(|why| section.refuse_secretly(key, &node.origin, &why))?;
        warn.push(format!(
            "`{key}` of `[notify]` stands in the job's file in plain text; \"env:NAME\", \"file:PATH\" or a command keeps it out"
        ));
    }
    Ok(Some((Address { key, from, file: file.to_owned() }, node.origin)))
}

/// Strict like the address of a connection, and with a query where services have one.
fn usable(text: &str) -> Result<(), String> {
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    match query.contains('#') || query.chars().any(|c| !c.is_ascii_graphic()) {
        true => Err("has a query that is not written as addresses are".to_owned()),
        false => BaseUrl::parse(address, Plaintext::LoopbackForGood).map(drop),
    }
}

fn command(section: &mut Section<'_>) -> Result<Option<Vec<String>>, Error> {
    let Some(Node { value, origin }) = section.take("command") else { return Ok(None) };
    let word = |node: Node| match node.value {
        Value::Text(text) => Some(text),
        _ => None,
    };
    let words: Option<Vec<String>> = match value {
        Value::List(items) => items.into_iter().map(word).collect(),
        _ => None,
    };
    match words.filter(|words| words.first().is_some_and(|program| !program.trim().is_empty())) {
        Some(words) => Ok(Some(words)),
        None => {
            Err(section.refuse("command", &origin, "must be a list: [\"program\", \"argument\"]; no shell takes part"))
        }
    }
}
