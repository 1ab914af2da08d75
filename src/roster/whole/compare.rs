//! A roster that is to be handed over, beside who is in the group. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Baseline;
use crate::catalog::Whole;

/// What would become of whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// Not in the group, as far as it is known: places in the roster.
    pub added: Vec<usize>,
    /// Only in rosters of which nobody knows whether they were applied: places in the roster.
    pub perhaps: Vec<usize>,
    /// In the group with other values: places in the roster, and the columns that differ.
    pub changed: Vec<(usize, Vec<&'static str>)>,
    /// In the group with the same values: places in the roster.
    pub same: Vec<usize>,
    /// In the group and not in the roster: key and row, where a row is known.
    pub missing: Vec<(String, Option<Value>)>,
    /// Were in the group in the last days and are neither in it nor in the roster.
    pub lately: usize,
}

impl Difference {
    /// Compares row by row, by key.
    pub fn of(whole: &Whole, rows: &[Value], baseline: &Baseline) -> Self {
        let mut difference = Self::default();
        let mut keys = BTreeSet::new();
        for (place, row) in rows.iter().enumerate() {
            let key = whole.key_of(row);
            keys.insert(key);
            match baseline.people.get(key) {
                None => difference.added.push(place),
                Some(_) if baseline.perhaps.contains(key) => difference.perhaps.push(place),
                Some(known) => {
                    let columns = differs(whole, row, known);
                    match columns.is_empty() && !known.is_empty() {
                        true => difference.same.push(place),
                        false => difference.changed.push((place, columns)),
                    }
                }
            }
        }
        let gone = baseline.people.iter().filter(|(key, _)| !keys.contains(key.as_str()));
        difference.missing = gone.map(|(key, rows)| (key.clone(), rows.first().cloned())).collect();
        let out = |key: &&String| !keys.contains(key.as_str()) && !baseline.people.contains_key(*key);
        difference.lately = baseline.seen.iter().filter(out).count();
        difference
    }

    /// Whether the platform holds all of it already.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.perhaps.is_empty() && self.changed.is_empty() && self.missing.is_empty()
    }

    /// Those that are missing, as people know them.
    pub fn names(&self, whole: &Whole) -> Vec<String> {
        let name = |(key, row): &(String, Option<Value>)| row.as_ref().map_or_else(|| key.clone(), whole.name);
        self.missing.iter().map(name).collect()
    }
}

/// The columns in which a row differs from any that may hold.
fn differs(whole: &Whole, row: &Value, known: &[Value]) -> Vec<&'static str> {
    let text = |row: &Value, at: &str| row.pointer(at).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let other = |at: &'static str| known.iter().any(|known| text(known, at) != text(row, at));
    whole.columns.iter().filter(|column| other(column.at)).map(|column| column.name).collect()
}
