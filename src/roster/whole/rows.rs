//! A file's rows as a platform wants them that takes everybody at once: each column in its place, each row held against what
//! the platform demands. One bad row refuses the file: to leave it out would remove somebody.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::catalog::{Column, Whole, Wrong};
use crate::roster::headings::{self, Heading, heading};
use crate::roster::{Error, Mapping, Use};
use crate::tables::{Entry, Rejected, Row, Table, reject_columns, tidy};

/// Everybody in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// The rows as they are sent.
    pub rows: Vec<Value>,
    /// Rows that cannot be sent, with what to type.
    pub rejected: Vec<Rejected>,
    /// All rows.
    pub count: u64,
    /// Columns that go nowhere.
    pub unused: Vec<String>,
}

/// Reads a file.
pub fn read(table: &Table, mapping: &Mapping, whole: &'static Whole) -> Result<Rows, Error> {
    let (uses, unused) = columns(table, mapping, whole)?;
    let mut read = Rows { unused, ..Rows::default() };
    let mut lines: HashMap<String, u64> = HashMap::new();
    for entry in table.rows()? {
        read.count += 1;
        let row = match entry? {
            Entry::Refused(rejected) => {
                read.rejected.push(rejected);
                continue;
            }
            Entry::Row(row) => row,
        };
        let value = person(&row, &uses);
        let mut wrong = (whole.wrong)(&value);
        let value = Value::Object(value);
        let key = whole.key_of(&value).to_owned();
        if let Some(first) = lines.get(&key).filter(|_| !key.is_empty()) {
            let why = format!("`{key}` stands in line {first} already; each must be there once");
            wrong.push(Wrong { column: whole.key, why });
        }
        lines.entry(key).or_insert(row.line());
        match wrong.is_empty() {
            true => read.rows.push(value),
            false => read.rejected.push(row.refused(sentence(&wrong))),
        }
    }
    Ok(read)
}

/// Whether the file's columns say what these rows must hold.
pub fn fits(table: &Table, mapping: &Mapping, whole: &'static Whole) -> bool {
    columns(table, mapping, whole).is_ok()
}

/// `column `state`: …; column `zipcode`: …`
fn sentence(wrong: &[Wrong]) -> String {
    let parts: Vec<String> = wrong.iter().map(|wrong| format!("column `{}`: {}", wrong.column, wrong.why)).collect();
    parts.join("; ")
}

/// Blank cells are not sent.
fn person(row: &Row, uses: &[Option<&'static Column>]) -> Map<String, Value> {
    let mut person = Map::new();
    for (place, column) in uses.iter().enumerate() {
        let Some(column) = column else { continue };
        let cell = (column.tidy)(tidy(row.cell(place)));
        if cell.is_empty() {
            continue;
        }
        let mut at = &mut person;
        let mut keys = column.at.trim_start_matches('/').split('/').peekable();
        while let Some(key) = keys.next() {
            if keys.peek().is_none() {
                at.insert(key.to_owned(), cell.as_str().into());
                break;
            }
            let inner = at.entry(key.to_owned()).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(inner) = inner else { break };
            at = inner;
        }
    }
    person
}

/// What each column of the file is, and the names of those that are nothing.
fn columns(
    table: &Table,
    mapping: &Mapping,
    whole: &'static Whole,
) -> Result<(Vec<Option<&'static Column>>, Vec<String>), Error> {
    let names = table.columns();
    let keys: Vec<String> = names.iter().map(|name| headings::key(name)).collect();
    let said = said(table, mapping, whole, &keys)?;
    let mut uses = Vec::with_capacity(names.len());
    let mut unused = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let seen = match said.get(&place) {
            Some(said) => *said,
            None if place < reject_columns(names) || name.is_empty() => None,
            None => {
                let seen = seen(whole, &keys[place], &keys);
                // What a script has given to another column is not guessed a second time.
                let seen = seen.filter(|seen| !said.values().flatten().any(|told| told.name == seen.name));
                unused.extend(seen.is_none().then(|| name.clone()));
                seen
            }
        };
        if let Some(column) = seen
            && let Some(first) =
                uses.iter().position(|used: &Option<&Column>| used.is_some_and(|u| u.name == column.name))
        {
            return Err(Error::SameField {
                file: table.name().to_owned(),
                first: names[first].clone(),
                second: name.clone(),
                field: column.name.to_owned(),
            });
        }
        uses.push(seen);
    }
    match uses.iter().flatten().any(|column| column.name == whole.key) {
        true => Ok((uses, unused)),
        false => Err(Error::NoKey {
            file: table.name().to_owned(),
            key: whole.key,
            columns: quoted(names.iter().map(String::as_str)),
            first: names.first().cloned().unwrap_or_default(),
        }),
    }
}

fn seen(whole: &'static Whole, key: &str, all: &[String]) -> Option<&'static Column> {
    let named = |name: &str| whole.columns.iter().find(|column| column.name == name);
    let same = |column: &&Column| headings::key(column.name) == key || column.also.contains(&key);
    whole.columns.iter().find(same).or_else(|| match heading(key, all)? {
        Heading::Email => named("email"),
        Heading::First => named("first_name"),
        Heading::Last => named("last_name"),
    })
}

/// What the script says, by place.
fn said(
    table: &Table,
    mapping: &Mapping,
    whole: &'static Whole,
    keys: &[String],
) -> Result<HashMap<usize, Option<&'static Column>>, Error> {
    let mut said = HashMap::new();
    for (column, use_) in &mapping.0 {
        let place = keys.iter().position(|key| *key == headings::key(column));
        let Some(place) = place else {
            let hint = format!("it has {}", quoted(table.columns().iter().map(String::as_str)));
            return Err(Error::NoColumn { file: table.name().to_owned(), column: column.clone(), hint });
        };
        let wanted = match use_ {
            Use::Nothing => None,
            Use::Email => Some("email"),
            Use::Field(field) => Some(field.as_str()),
        };
        let found = wanted.map(|wanted| {
            let same = |known: &&Column| headings::key(known.name) == headings::key(wanted);
            whole.columns.iter().find(same).ok_or_else(|| Error::NoField {
                column: column.clone(),
                field: wanted.to_owned(),
                hint: format!("there are {}", quoted(whole.columns.iter().map(|known| known.name))),
            })
        });
        said.insert(place, found.transpose()?);
    }
    Ok(said)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
