//! What it takes to undo what a run did: the last write of each person and field says how the run left it, the first how
//! it was. Whatever is no longer as the run left it was changed by somebody since, and is kept. Pure.

mod past;
mod undone;

use std::collections::{BTreeMap, HashMap};

use super::LeftOut;
use crate::catalog::Deed;
use crate::model::{Change, Member};
pub use past::{Maker, Past};
use undone::Undone;

/// What the run's writes are held against.
pub struct Since<'a> {
    /// The groups above one, into which whoever joins it comes along.
    pub above: &'a dyn Fn(&str) -> Vec<String>,
    /// Whether a group is not there any more.
    pub gone: &'a dyn Fn(&str) -> bool,
    /// The run that has written this of somebody since.
    pub later: &'a dyn Fn(&Member, &Written) -> Option<String>,
}

/// What a write is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Written {
    /// Somebody's place in this group.
    Place(String),
    /// This field of theirs.
    Field(String),
}

/// What would undo it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reversal {
    /// Values that go back, by the group through which they are written: before anybody leaves.
    pub updates: BTreeMap<String, Vec<Change>>,
    /// Who comes and goes, by group.
    pub changes: BTreeMap<String, Vec<Change>>,
    /// What stays as it is, and why.
    pub kept: Vec<LeftOut>,
}

/// Works out what undoes these writes, given in the order in which they were done. `now` are the people as they are.
pub fn reverse(past: &[Past], now: &HashMap<String, Member>, since: &Since<'_>) -> Reversal {
    let mut reversal = Reversal::default();
    let mut people: BTreeMap<&str, Undone<'_>> = BTreeMap::new();
    for one in past.iter().rev() {
        match now.get(&one.id) {
            None => reversal.keep(&one.operation, &one.name, gone(&one.deed)),
            Some(member) => {
                let undone = people.entry(&one.id).or_insert_with(|| Undone::of(member, &one.name));
                undone.fold(one, since, &mut reversal);
            }
        }
    }
    people.into_values().for_each(|undone| undone.decide(since, &mut reversal));
    reversal
}

/// Why nothing goes back of somebody whom no read shows.
fn gone(deed: &Deed) -> &'static str {
    match deed {
        Deed::AccountDeleted { .. } => CANNOT_RETURN,
        _ => "the platform does not show them any more: they have no account, or are in no group",
    }
}

/// What is deleted for good.
const CANNOT_RETURN: &str = "a deleted account cannot be brought back";

impl Reversal {
    fn keep(&mut self, operation: &str, name: &str, why: &str) {
        let one = LeftOut { operation: operation.to_owned(), name: name.to_owned(), why: why.to_owned() };
        if !self.kept.contains(&one) {
            self.kept.push(one);
        }
    }

    fn add(&mut self, group: &str, change: Change) {
        self.changes.entry(group.to_owned()).or_default().push(change);
    }
}
