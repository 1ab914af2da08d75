//! `csv`: tables in files, as spreadsheets save them, and in text that a script already holds.

use rhai::{Array, Dynamic, Map, NativeCallContext};

use super::{LibraryNoun, Verb, text_of};
use crate::script::context::{Outcome, Run};
use crate::script::files;
use crate::tables::{Entry, Reading, Table};

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "csv",
    verbs: &[
        Verb {
            name: "read",
            arguments: 1..=1,
            usage: "csv.read(file)",
            doc: "A file's rows as maps by the names of its columns.",
            does: read,
        },
        Verb {
            name: "parse",
            arguments: 1..=2,
            usage: "csv.parse(text) or csv.parse(text, \";\")",
            doc: "Rows of a text as maps by the names of its columns.",
            does: parse,
        },
        Verb {
            name: "rows",
            arguments: 1..=2,
            usage: "csv.rows(text) or csv.rows(text, \";\")",
            doc: "Rows of a text as lists of texts, names of columns among them.",
            does: rows,
        },
    ],
};

/// A file's rows as maps by the names of its columns. Here a row that does not fit ends the reading: a script has no
/// account of rows as `roster` keeps one.
fn read(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let name = text_of("csv.read()", &given[0])?;
    let table = Table::open_named(&files::readable(run, &name)?, &name, Reading::default())
        .map_err(|error| error.to_string())?;
    let mut rows = Array::new();
    for entry in table.rows().map_err(|error| error.to_string())? {
        match entry.map_err(|error| error.to_string())? {
            Entry::Row(row) => {
                let cells = table.columns().iter().zip(row.cells());
                let row: Map = cells.map(|(name, cell)| (name.as_str().into(), cell.to_owned().into())).collect();
                rows.push(row.into());
            }
            Entry::Refused(refused) => {
                return Err(format!("`{name}`, line {}: {}", refused.line, refused.reason).into());
            }
        }
    }
    Ok(rows.into())
}

fn reader<'a>(name: &str, text: &'a str, given: &[Dynamic]) -> Outcome<csv::Reader<&'a [u8]>> {
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true);
    if let Some(separator) = given.get(1) {
        let sign = text_of(name, separator)?;
        match sign.as_bytes() {
            [sign] => builder.delimiter(*sign),
            _ => return Err(format!("{name} takes a separator of one sign, not \"{sign}\"").into()),
        };
    }
    Ok(builder.from_reader(text.trim_start_matches('\u{FEFF}').as_bytes()))
}

fn refused(error: &csv::Error) -> Box<rhai::EvalAltResult> {
    format!("this is not CSV: {error}").into()
}

/// Rows as lists of texts.
fn rows(_: &NativeCallContext, _: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let text = text_of("csv.rows()", &given[0])?;
    let mut rows = Array::new();
    for record in reader("csv.rows()", &text, &given)?.records() {
        let record = record.map_err(|error| refused(&error))?;
        rows.push(record.iter().map(|cell| Dynamic::from(cell.to_owned())).collect::<Array>().into());
    }
    Ok(rows.into())
}

/// Rows as maps by the names of the first row.
fn parse(_: &NativeCallContext, _: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let text = text_of("csv.parse()", &given[0])?;
    let mut reader = reader("csv.parse()", &text, &given)?;
    let mut records = reader.records();
    let Some(names) = records.next().transpose().map_err(|error| refused(&error))? else {
        return Err("csv.parse() needs a first row with the names of the columns; the text is empty".into());
    };
    let names: Vec<&str> = names.iter().map(str::trim).collect();
    if let Some((place, name)) = names.iter().enumerate().find(|(place, name)| names[..*place].contains(name)) {
        return Err(format!("column {} has the name `{name}` of a column before it", place + 1).into());
    }
    let mut rows = Array::new();
    for record in records {
        let record = record.map_err(|error| refused(&error))?;
        if record.len() != names.len() {
            let line = record.position().map_or(0, csv::Position::line);
            return Err(format!("line {line} has {} columns; the first row names {}", record.len(), names.len()).into());
        }
        let row: Map = names.iter().zip(&record).map(|(name, cell)| ((*name).into(), cell.to_owned().into())).collect();
        rows.push(row.into());
    }
    Ok(rows.into())
}
