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
    /// Those of them who are only in rosters of which nobody knows: perhaps they are in.
    pub perhaps: BTreeSet<String>,
    /// Whether any roster is known to have been applied.
    pub settled: bool,
    /// Whether all that was handed over is known to have been applied, or not.
    pub certain: bool,
    /// Who was in within the days that were asked for, or may have been; whom the platform refused to add was not.
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
            if handed.settled {
                let refused = baseline.take(whole, &handed.wanted, handed.answer.as_ref());
                let may_have_been_in = loose.drain(..).flat_map(|wanted| whole.rows_of(wanted));
                let may_have_been_in = may_have_been_in.map(|row| whole.key_of(row).to_owned());
                baseline.seen.extend(may_have_been_in.filter(|key| !refused.contains(key)));
                baseline.seen.extend(baseline.people.keys().cloned());
            } else {
                loose.push(&handed.wanted);
            }
        }
        baseline.certain = loose.is_empty();
        for row in loose.into_iter().flat_map(|wanted| whole.rows_of(wanted)) {
            let key = whole.key_of(row).to_owned();
            baseline.seen.insert(key.clone());
            if !baseline.people.contains_key(&key) {
                baseline.perhaps.insert(key.clone());
            }
            let known = baseline.people.entry(key).or_default();
            if !known.contains(row) {
                known.push(row.clone());
            }
        }
        baseline
    }

    /// People in the last roster that is known to have been applied, as far as it was done.
    pub fn sure(&self) -> usize {
        self.people.len() - self.perhaps.len()
    }

    /// A roster was applied: it replaces all that was, but for the rows that were not done. Returns whom it did not add:
    /// they were not in.
    fn take(&mut self, whole: &Whole, wanted: &Value, answer: Option<&Value>) -> BTreeSet<String> {
        let mut refused = BTreeSet::new();
        let rows = whole.rows_of(wanted).iter();
        let new = rows.map(|row| (whole.key_of(row).to_owned(), vec![row.clone()])).collect();
        let before = std::mem::replace(&mut self.people, new);
        for failure in answer.map(whole.failures).unwrap_or_default() {
            let key = failure.key.trim().to_owned();
            let old = before.get(&key).cloned();
            match failure.side {
                Side::Add => {
                    self.people.remove(&key);
                    refused.insert(key);
                }
                Side::Remove => drop(self.people.insert(key, old.unwrap_or_default())),
                Side::Other(_) => {
                    let known = self.people.entry(key).or_default();
                    known.extend(old.into_iter().flatten());
                }
            }
        }
        self.settled = true;
        refused
    }
}
