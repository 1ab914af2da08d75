//! Settings as they were written: the file's tree with the environment laid over it, each value with its origin.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::Environment;
use super::error::{Error, Show};

/// The text of the settings file, for error messages.
#[derive(Clone, Default)]
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) text: String,
}

/// Where a value comes from.
#[derive(Clone)]
pub(super) enum Origin {
    /// This part of the file.
    File(Range<usize>),
    /// This variable.
    Environment(String),
}

/// A value as written.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    List(Vec<Node>),
    Table(Table),
    /// Something that no setting is: a date, a number too large. By its kind.
    Other(&'static str),
}

/// A value with its origin.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// Keys in the order of the file.
#[derive(Clone, Default)]
pub(super) struct Table(pub(super) Vec<(String, Origin, Node)>);

impl Source {
    /// The file's name as errors show it: from the project's folder, where it is known from there.
    pub(super) fn name(&self) -> &Path {
        match self.file.is_relative() {
            true => &self.file,
            false => self.file.file_name().map_or(&self.file, Path::new),
        }
    }

    /// An error about what stands at this origin.
    pub(super) fn error(&self, problem: String, origin: &Origin, show: Show) -> Error {
        match origin {
            Origin::File(span) => Error::new(problem).at(self.name(), &self.text, span, show),
            Origin::Environment(name) => Error::new(format!("`{name}` in the environment: {problem}")),
        }
    }
}

/// Reads the file's text.
pub(super) fn parse(source: &Source) -> Result<Table, Error> {
    let root = DeTable::parse(&source.text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let at = Origin::File(span.clone());
        let message = error.message().lines().next().unwrap_or("not TOML").to_owned();
        let marked = source.text.get(span).unwrap_or_default();
        let is_key =
            !marked.is_empty() && marked.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_".contains(sign));
        match message.starts_with("duplicate key") && is_key {
            true => source.error(format!("`{marked}` is written here for the second time"), &at, Show::Plain),
            false => source.error(format!("this is not TOML: {message}"), &at, Show::Masked),
        }
    })?;
    Ok(table(root.into_inner()))
}

fn table(table: DeTable<'_>) -> Table {
    let entry = |(key, value): (toml::Spanned<std::borrow::Cow<'_, str>>, toml::Spanned<DeValue<'_>>)| {
        let origin = Origin::File(key.span());
        (key.into_inner().into_owned(), origin, node(value))
    };
    let mut entries: Vec<_> = table.into_iter().map(entry).collect();
    entries.sort_by_key(|(_, origin, _)| match origin {
        Origin::File(span) => span.start,
        Origin::Environment(_) => usize::MAX,
    });
    Table(entries)
}

fn node(value: toml::Spanned<DeValue<'_>>) -> Node {
    let origin = Origin::File(value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(Value::Other("a number that is too large"), Value::Int),
        DeValue::Float(number) => number.as_str().parse().map_or(Value::Other("a number"), Value::Float),
        DeValue::Boolean(yes) => Value::Bool(yes),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(inner) => Value::Table(table(inner)),
    };
    Node { value, origin }
}

impl Table {
    /// Lays the environment's settings over this. Sections are found without regard to case, `-` and `_`.
    pub(super) fn overlay(&mut self, environment: &Environment) -> Result<(), Error> {
        for (name, path, value) in environment.settings() {
            self.set(name, &path, value)?;
        }
        Ok(())
    }

    fn set(&mut self, variable: &str, path: &[String], text: &str) -> Result<(), Error> {
        let Some((first, rest)) = path.split_first() else { return Ok(()) };
        let origin = Origin::Environment(variable.to_owned());
        let place = self.0.iter().position(|(key, _, _)| same(key, first));
        if rest.is_empty() {
            let node = Node { value: Value::Text(text.to_owned()), origin: origin.clone() };
            match place {
                Some(place) => self.0[place].2 = node,
                None => self.0.push((first.clone(), origin, node)),
            }
            return Ok(());
        }
        let place = place.unwrap_or_else(|| {
            let node = Node { value: Value::Table(Self::default()), origin: origin.clone() };
            self.0.push((first.clone(), origin, node));
            self.0.len() - 1
        });
        match &mut self.0[place].2.value {
            Value::Table(inner) => inner.set(variable, rest, text),
            _ => Err(Error::new(format!("`{variable}` in the environment: `{first}` has no keys below it"))),
        }
    }
}

fn same(key: &str, part: &str) -> bool {
    key.to_lowercase().replace('-', "_") == part.replace('-', "_")
}
