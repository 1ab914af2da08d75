//! Who is in a group that no read shows: whoever the last roster named, corrected by what the platform could not do, together
//! with those of later ones of which nobody knows. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::catalog::{Side, Whole};
use crate::effects::Rosters;

/// What is known of a group before a roster is handed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// Rows by key; several where nobody knows which one holds. One that stays although it was left out has its old row.
    pub people: BTreeMap<String, Vec<Value>>,
    /// Whether any roster is known to have been applied.
    pub settled: bool,
    /// Whether all that was handed over is known to have been applied, or not.
    pub certain: bool,
    /// Who was in within the days that were asked for.
    pub seen: BTreeSet<String>,
    /// The newest roster of another run.
    pub newest: Option<i64>,
}

impl Baseline {
    /// What the store remembers.
    pub fn of(whole: &Whole, rosters: &Rosters) -> Self {
        let mut baseline = Self { certain: true, newest: rosters.newest, ..Self::default() };
        let mut loose: Vec<&Value> = Vec::new();
        for handed in &rosters.handed {
            baseline.seen.extend(whole.rows_of(&handed.wanted).iter().map(|row| whole.key_of(row).to_owned()));
            if handed.settled {
                baseline.take(whole, &handed.wanted, handed.answer.as_ref());
                loose.clear();
            } else {
                loose.push(&handed.wanted);
            }
        }
        baseline.certain = loose.is_empty();
        for row in loose.into_iter().flat_map(|wanted| whole.rows_of(wanted)) {
            let known = baseline.people.entry(whole.key_of(row).to_owned()).or_default();
            if !known.contains(row) {
                known.push(row.clone());
            }
        }
        baseline
    }

    /// A roster was applied: it replaces all that was, but for the rows that were not done.
    fn take(&mut self, whole: &Whole, wanted: &Value, answer: Option<&Value>) {
        let rows = whole.rows_of(wanted).iter();
        let new = rows.map(|row| (whole.key_of(row).to_owned(), vec![row.clone()])).collect();
        let before = std::mem::replace(&mut self.people, new);
        for failure in answer.map(whole.failures).unwrap_or_default() {
            let key = failure.key.trim().to_owned();
            let old = before.get(&key).cloned();
            match failure.side {
                Side::Add => drop(self.people.remove(&key)),
                Side::Remove => drop(self.people.insert(key, old.unwrap_or_default())),
                Side::Other(_) => {
                    let known = self.people.entry(key).or_default();
                    known.extend(old.into_iter().flatten());
                }
            }
        }
        self.settled = true;
    }
}
