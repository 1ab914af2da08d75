//! `[project]`, and which folder the project is: that of the nearest `beadle.toml`, else the current one.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::Mode;
use super::error::{Error, suggestion};
use super::section::Section;
use super::tree::{Source, Table};

/// The settings file's name.
pub const FILE: &str = "beadle.toml";

/// Where the project is, and what holds for all of it.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder that scripts read and write below.
    pub folder: PathBuf,
    /// The settings file; `None` when there is none (then only the sandbox runs).
    pub file: Option<PathBuf>,
    /// For showing times, and for quiet hours.
    pub timezone: TimeZone,
    /// The name of the connection that `users`, `groups` and the other bare nouns mean.
    pub connection: Option<String>,
    /// The store's file.
    pub store: PathBuf,
    /// Who is never removed: ids, addresses, `administrators`.
    pub protected: Vec<String>,
}

/// A settings file with its text, and the project's folder.
pub(super) struct Found {
    pub(super) folder: PathBuf,
    pub(super) source: Option<Source>,
}

/// Finds the project. `named` is the file that somebody named, which must exist.
pub(super) fn find(named: Option<&Path>, current: &Path) -> Result<Found, Error> {
    if let Some(file) = named {
        let file = current.join(file);
        let folder = file.parent().unwrap_or(current).to_owned();
        return Ok(Found { source: Some(read(file)?), folder });
    }
    for folder in current.ancestors() {
        let file = folder.join(FILE);
        if file.is_file() {
            return Ok(Found { source: Some(read(file)?), folder: folder.to_owned() });
        }
    }
    Ok(Found { folder: current.to_owned(), source: None })
}

#[expect(clippy::disallowed_methods, reason = "the settings file is read here and nowhere else")]
fn read(file: PathBuf) -> Result<Source, Error> {
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Source { file, text: text.trim_start_matches('\u{feff}').to_owned() }),
        Err(error) => Err(Error::new(format!("failed to read the settings `{}`: {error}", file.display()))),
    }
}

impl Project {
    pub(super) fn read(table: Table, found: &Found, source: &Source, mode: Mode) -> Result<Self, Error> {
        let keys = &["timezone", "connection", "store", "protected"];
        let mut section = Section::new("[project]".into(), table, source, keys)?;
        let timezone = match section.text("timezone")? {
            None => TimeZone::UTC,
            Some((name, origin)) => zone(&name).map_err(|why| section.refuse("timezone", &origin, &why))?,
        };
        let connection = section.text("connection")?.map(|(name, _)| name);
        let store = match section.text("store")? {
            None => PathBuf::from(".beadle/beadle.db"),
            Some((text, origin)) => store(&text).map_err(|why| section.refuse("store", &origin, &why))?,
        };
        let protected = section.texts("protected")?.map(|(texts, _)| texts).unwrap_or_default();
        Ok(Self {
            protected,
            store: match mode {
                Mode::Real => found.folder.join(store),
                Mode::Sandbox => found.folder.join(".beadle/sandbox.db"),
            },
            folder: found.folder.clone(),
            file: found.source.as_ref().map(|source| source.file.clone()),
            timezone,
            connection,
        })
    }
}

/// A time zone by its name. The error is the rest of a sentence that begins with what names it.
pub fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        let names: Vec<String> = jiff::tz::db().available().map(|zone| zone.as_str().to_owned()).collect();
        let close = super::error::closest(name, names.iter().map(String::as_str));
        let hint = match close {
            Some(_) => suggestion(name, names.iter().map(String::as_str)),
            None => "; write a name such as \"Europe/Berlin\"".to_owned(),
        };
        format!("names no time zone: `{name}`{hint}")
    })
}

fn store(text: &str) -> Result<PathBuf, String> {
    match text.split_once(':') {
        Some(("sqlite", path)) if !path.trim_matches('/').is_empty() => Ok(path.into()),
        Some(("postgres" | "postgresql", _)) => {
            Err("names PostgreSQL, which this version does not speak; write \"sqlite:PATH\"".into())
        }
        _ => Err("must be \"sqlite:PATH\"".into()),
    }
}
