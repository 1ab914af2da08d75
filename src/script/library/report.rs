//! `report`: what the run's report shall say besides what beadle counts itself.

use rhai::{Dynamic, NativeCallContext};
use serde_json::Value;

use super::{LibraryNoun, Verb, shown, text_of};
use crate::script::context::{Outcome, Run};
use crate::script::values;

pub(super) const NOUN: LibraryNoun = LibraryNoun {
    name: "report",
    verbs: &[
        Verb {
            name: "add",
            arguments: 2..=2,
            usage: "report.add(name, value)",
            doc: "A named value in the run's report.",
            does: add,
        },
        Verb {
            name: "note",
            arguments: 1..=1,
            usage: "report.note(line)",
            doc: "A line in the run's report.",
            does: note,
        },
        Verb {
            name: "row",
            arguments: 2..=2,
            usage: "report.row(table, #{ column: value })",
            doc: "A row of a table in the run's report.",
            does: row,
        },
    ],
};

/// What a script put into its report, in the order in which it did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts {
    /// Named values; a later one of the same name replaces the earlier one in its place.
    pub values: Vec<(String, Value)>,
    /// Lines.
    pub notes: Vec<String>,
    /// Tables by name, each with its rows.
    pub tables: Vec<(String, Vec<Value>)>,
    /// What flows have to say: a sync, an export.
    pub sections: Vec<Section>,
    /// Rows that were refused.
    pub rejected: u64,
    /// Effects that a flow wanted and that did not happen.
    pub failed: u64,
    /// Differences that a comparison found.
    pub differing: u64,
    /// What a planned run would write, in the order of the last writing.
    pub files: Vec<WouldBe>,
}

/// A file that a run would write, kept with its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WouldBe {
    /// As the script names it.
    pub name: String,
    /// Where it lies now, from the project's folder.
    pub at: String,
}

/// The account of one flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// What it was about.
    pub title: String,
    /// For people.
    pub lines: Vec<String>,
    /// For programs.
    pub json: Value,
}

impl Parts {
    /// Adds the account of a flow.
    pub(crate) fn section(&mut self, title: String, lines: Vec<String>, json: Value) {
        self.sections.push(Section { title, lines, json });
    }

    /// Adds a file that a run would write; one of that place that was written before is no other file.
    pub(crate) fn would_be(&mut self, file: WouldBe) {
        self.files.retain(|known| known.at != file.at);
        self.files.push(file);
    }

    /// What a plan says of the files that its run would write: a line each, nothing where there are none.
    pub fn file_lines(&self) -> Vec<String> {
        if self.files.is_empty() {
            return Vec::new();
        }
        let files = self.files.iter().map(|file| format!("  {} (as it would be: {})", file.name, file.at));
        std::iter::once("files that would be written:".to_owned()).chain(files).collect()
    }
}

/// The entry of this name, made at the end when it is new.
fn entry<'a, T: Default>(list: &'a mut Vec<(String, T)>, name: &str) -> &'a mut T {
    let place = list.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
        list.push((name.to_owned(), T::default()));
        list.len() - 1
    });
    &mut list[place].1
}

fn add(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let name = text_of("report.add()", &given[0])?;
    let name = run.readable(&name);
    let value = run.readable_value(values::write(&given[1])?);
    run.with_parts(|parts| *entry(&mut parts.values, &name) = value);
    Ok(Dynamic::UNIT)
}

fn note(context: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let line = run.readable(&shown(context, &given[0])?).into_owned();
    run.with_parts(|parts| parts.notes.push(line));
    Ok(Dynamic::UNIT)
}

fn row(_: &NativeCallContext, run: &Run, given: Vec<Dynamic>) -> Outcome<Dynamic> {
    let table = text_of("report.row()", &given[0])?;
    let table = run.readable(&table);
    match run.readable_value(values::write(&given[1])?) {
        row @ Value::Object(_) => run.with_parts(|parts| entry(&mut parts.tables, &table).push(row)),
        _ => return Err("report.row() needs a map: `report.row(\"people\", #{ name: \"Ada\" })`".into()),
    }
    Ok(Dynamic::UNIT)
}
