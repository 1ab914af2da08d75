//! Rosters that are handed over whole: whoever is in the last one has a plan, whoever is missing from it has none any more.
//! Of one group they are applied in the order in which they were accepted.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::queue::Due;

/// Somebody with a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    /// Their number.
    pub id: u64,
    /// Their row as it was last handed over.
    pub row: serde_json::Value,
}

/// One row of a roster.
#[derive(Clone, Debug, PartialEq)]
pub struct HandedRow {
    /// By what somebody is known again.
    pub key: String,
    /// All of it.
    pub row: serde_json::Value,
    /// Why they cannot be given a plan.
    pub refused: Option<String>,
}

/// A roster that was handed over, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Handed {
    /// The group.
    pub group: u64,
    /// When it was accepted, milliseconds since the epoch.
    pub accepted_ms: i64,
    /// When it was done.
    pub completed_ms: Option<i64>,
    /// Who got a plan by it.
    pub added: Vec<u64>,
    /// Who lost theirs by it.
    pub removed: Vec<u64>,
    /// Rows that got none: key and reason.
    pub failures: Vec<(String, String)>,
    rows: Vec<HandedRow>,
    due_ms: i64,
}

impl World {
    /// Accepts a roster; gives its number.
    pub fn hand_over(&mut self, group: u64, rows: Vec<HandedRow>) -> u64 {
        let before = self.handed.iter().filter(|handed| handed.group == group).map(|handed| handed.due_ms).max();
        let work = i64::try_from(rows.len()).unwrap_or(i64::MAX).saturating_mul(self.pace.row_us) / 1000;
        let due_ms = self.now_ms.max(before.unwrap_or(0)) + self.pace.queued_ms + work;
        let (added, removed, failures) = (Vec::new(), Vec::new(), Vec::new());
        let accepted_ms = self.now_ms;
        self.later(due_ms, Due::Roster(self.handed.len()));
        self.handed.push(Handed { group, accepted_ms, completed_ms: None, added, removed, failures, rows, due_ms });
        self.handed.len() as u64
    }

    /// A roster by its number.
    pub fn handed(&self, number: u64) -> Option<&Handed> {
        self.handed.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// Who has a plan in a group, by key.
    pub fn covered(&self, group: u64) -> impl Iterator<Item = (&String, &Covered)> {
        self.covered.get(&group).into_iter().flatten()
    }

    /// Replaces who has a plan. A row that cannot be given one changes nothing for somebody who has one.
    pub(super) fn apply_roster(&mut self, place: usize) {
        let Some(handed) = self.handed.get_mut(place) else { return };
        let (group, rows) = (handed.group, std::mem::take(&mut handed.rows));
        let before = self.covered.remove(&group).unwrap_or_default();
        let named: BTreeSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        let removed = before.iter().filter(|(key, _)| !named.contains(key.as_str())).map(|(_, one)| one.id).collect();
        let (mut after, mut added, mut failures) = (BTreeMap::new(), Vec::new(), Vec::new());
        for HandedRow { key, row, refused } in rows.iter().cloned() {
            let one = match (before.get(&key), refused) {
                (known, Some(why)) => {
                    failures.push((key.clone(), why));
                    known.cloned()
                }
                (Some(known), None) => Some(Covered { id: known.id, row }),
                (None, None) => {
                    self.covered_so_far += 1;
                    added.push(self.covered_so_far);
                    Some(Covered { id: self.covered_so_far, row })
                }
            };
            after.extend(one.map(|one| (key, one)));
        }
        self.covered.insert(group, after);
        if let Some(handed) = self.handed.get_mut(place) {
            handed.completed_ms = Some(self.now_ms);
            (handed.added, handed.removed, handed.failures) = (added, removed, failures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(keys: &[&str]) -> Vec<HandedRow> {
        let row = |key: &&str| HandedRow { key: (*key).to_owned(), row: (*key).into(), refused: None };
        keys.iter().map(row).collect()
    }

    fn keys(world: &World) -> Vec<&str> {
        world.covered(4).map(|(key, _)| key.as_str()).collect()
    }

    #[test]
    fn whoever_is_missing_loses_their_plan_and_who_stays_keeps_their_number() {
        let mut world = World::new(1, 0, 1, 1);
        let first = world.hand_over(4, rows(&["a", "b", "c"]));
        assert_eq!((keys(&world).len(), world.handed(first).unwrap().completed_ms), (0, None));
        world.settle();
        assert_eq!(keys(&world), ["a", "b", "c"]);
        let second = world.hand_over(4, rows(&["c", "d"]));
        world.settle();
        assert_eq!(keys(&world), ["c", "d"]);
        let done = world.handed(second).unwrap();
        assert_eq!((done.added.as_slice(), done.removed.as_slice()), (&[4][..], &[1, 2][..]));
        assert!(world.handed(3).is_none() && world.handed(0).is_none());
    }

    #[test]
    fn two_in_flight_are_applied_in_the_order_of_acceptance() {
        let mut world = World::new(1, 0, 1, 1);
        world.hand_over(4, rows(&["a"; 1]));
        let many: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        world.hand_over(4, rows(&many.iter().map(String::as_str).collect::<Vec<_>>()));
        world.hand_over(4, rows(&["z"]));
        world.settle();
        assert_eq!(keys(&world), ["z"]);
    }

    #[test]
    fn a_row_that_cannot_be_given_a_plan_is_told_and_takes_none_away() {
        let mut world = World::new(1, 0, 1, 1);
        world.hand_over(4, rows(&["a"]));
        let mut bad = rows(&["a", "b"]);
        bad.iter_mut().for_each(|row| row.refused = Some("no such plan".into()));
        let second = world.hand_over(4, bad);
        world.settle();
        assert_eq!(keys(&world), ["a"]);
        assert_eq!(world.handed(second).unwrap().failures.len(), 2);
    }
}
