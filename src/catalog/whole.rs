//! Writes that hand a platform everybody of a group at once: whoever is missing is removed. What a row must hold, how a file
//! names it, and what the platform says of single rows.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Args;

/// What such a write is made of.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    /// The argument that names the group: `group_id`.
    pub group: &'static str,
    /// The argument that is everybody: `members`.
    pub rows: &'static str,
    /// The key by which a row is known again: `reference_id`.
    pub key: &'static str,
    /// What a row holds, as columns of a file.
    pub columns: &'static [Column],
    /// What is wrong with a row, column by column; nothing where it may be sent.
    pub wrong: fn(&Map<String, Value>) -> Vec<Wrong>,
    /// How people know somebody by their row.
    pub name: fn(&Value) -> String,
    /// The rows that the finished work could not do, as its answer lists them.
    pub failures: fn(&Value) -> Vec<Failure>,
    /// The end of the work without what is long and of no use later: what the ledger keeps of it.
    pub keep: fn(Value) -> Value,
    /// How many the finished work has added and removed, where its answer says it.
    pub counts: fn(&Value) -> Option<(usize, usize)>,
    /// What being left out of it costs somebody: `loses their plan`.
    pub costs: &'static str,
}

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name in a file: `state`.
    pub name: &'static str,
    /// JSON pointer to it in a row: `/address/state`.
    pub at: &'static str,
    /// Other names that files have for it, in small letters and digits alone: `zip`.
    pub also: &'static [&'static str],
    /// A cell as it is sent.
    pub tidy: fn(&str) -> String,
}

/// What is wrong with one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The column.
    pub column: &'static str,
    /// Why, and what to type.
    pub why: String,
}

/// A row that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its key.
    pub key: String,
    /// What was not done.
    pub side: Side,
    /// Why, in the platform's words.
    pub reason: String,
}

/// What the platform wanted to do with somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Add them: they are not in.
    Add,
    /// Remove them: they are still in.
    Remove,
    /// Something that nobody has heard of.
    Other(String),
}

impl Side {
    /// What did not happen, in words: `not added`.
    pub fn not_done(&self) -> String {
        match self {
            Self::Add => "not added".into(),
            Self::Remove => "not removed".into(),
            Self::Other(word) => format!("not done (`{word}`)"),
        }
    }
}

impl Whole {
    /// The key of a row; empty where it has none.
    pub fn key_of<'a>(&self, row: &'a Value) -> &'a str {
        row.get(self.key).and_then(Value::as_str).map(str::trim).unwrap_or_default()
    }

    /// The rows in these arguments.
    pub fn rows_of<'a>(&self, args: &'a Value) -> &'a [Value] {
        args.get(self.rows).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a column's value stands in a row, for people: `address.state`.
    pub fn place(&self, column: &str) -> String {
        let at = self.columns.iter().find(|known| known.name == column).map_or(column, |known| known.at);
        at.trim_start_matches('/').replace('/', ".")
    }

    /// Holds the rows of a call against what the platform demands; names the first that is wrong.
    pub fn check(&self, args: &Args) -> Result<(), String> {
        let mut first: HashMap<&str, usize> = HashMap::new();
        let rows = args.get(self.rows).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (place, row) in rows.iter().enumerate() {
            let Value::Object(map) = row else { continue };
            if let Some(wrong) = (self.wrong)(map).first() {
                return Err(format!("`{}[{place}].{}`: {}", self.rows, self.place(wrong.column), wrong.why));
            }
            if let Some(other) = first.insert(self.key_of(row), place) {
                let (rows, key) = (self.rows, self.key);
                let twice = format!("`{rows}[{place}].{key}`: `{}` stands in `{rows}[{other}]`", self.key_of(row));
                return Err(format!("{twice} already; each must be there once"));
            }
        }
        Ok(())
    }
}
