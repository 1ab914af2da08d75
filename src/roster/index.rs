//! Finds by key what stands in a list that still grows, without a copy of the keys.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

/// Places in a list by the hash of their key.
#[derive(Default)]
pub(super) struct Index {
    state: RandomState,
    /// The last place of each hash.
    last: HashMap<u64, usize>,
    /// For each place, the one before of the same hash.
    before: Vec<Option<usize>>,
}

impl Index {
    /// The place that has this key, `key_at` telling the key of a place.
    pub(super) fn find<'a>(&self, key: &str, key_at: impl Fn(usize) -> &'a str) -> Option<usize> {
        let mut place = self.last.get(&self.state.hash_one(key)).copied();
        while let Some(at) = place {
            if key_at(at) == key {
                return Some(at);
            }
            place = self.before.get(at).copied().flatten();
        }
        None
    }

    /// The next place of the list has this key.
    pub(super) fn push(&mut self, key: &str) {
        let place = self.before.len();
        self.before.push(self.last.insert(self.state.hash_one(key), place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_is_found_also_where_hashes_meet() {
        let keys = ["a", "b", "c"];
        let mut index = Index::default();
        keys.iter().for_each(|key| index.push(key));
        assert_eq!(index.find("b", |at| keys[at]), Some(1));
        assert_eq!(index.find("d", |at| keys[at]), None);
        // As if `a` and `c` had one hash.
        let (a, c) = (index.state.hash_one("a"), index.state.hash_one("c"));
        index.last.insert(a, 2);
        index.last.insert(c, 2);
        index.before[2] = Some(0);
        assert_eq!(index.find("a", |at| keys[at]), Some(0));
        assert_eq!(index.find("c", |at| keys[at]), Some(2));
    }
}
