//! Which deliveries are worked on: of each hook one, and beside it those that have taken so long that others pass them.

use std::collections::HashMap;

/// Deliveries that are worked on at the same time.
const AT_ONCE: usize = 8;
/// Of these, those that others pass: places are left for what is quick.
const PASSED: usize = 4;

/// The deliveries that are worked on.
#[derive(Debug, Default)]
pub(super) struct AtWork(HashMap<i64, One>);

#[derive(Debug)]
struct One {
    hook: String,
    passed: bool,
}

impl AtWork {
    /// Whether another one can begin.
    pub(super) fn has_room(&self) -> bool {
        self.0.len() < AT_ONCE
    }

    pub(super) fn begin(&mut self, seq: i64, hook: &str) {
        self.0.insert(seq, One { hook: hook.to_owned(), passed: false });
    }

    pub(super) fn end(&mut self, seq: i64) {
        self.0.remove(&seq);
    }

    /// One takes long: those of its hook that are behind it may pass, unless too many are passed already.
    pub(super) fn let_pass(&mut self, seq: i64) {
        let passed = self.0.values().filter(|one| one.passed).count();
        if let Some(one) = self.0.get_mut(&seq).filter(|_| passed < PASSED) {
            one.passed = true;
        }
    }

    /// The hooks of which nothing else may begin.
    pub(super) fn hooks(&self) -> Vec<String> {
        self.0.values().filter(|one| !one.passed).map(|one| one.hook.clone()).collect()
    }

    /// The deliveries' numbers.
    pub(super) fn rows(&self) -> Vec<i64> {
        self.0.keys().copied().collect()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_frees_its_hook_and_never_all_places() {
        let mut at_work = AtWork::default();
        for seq in 1..=6 {
            at_work.begin(seq, "crm");
            assert_eq!(at_work.hooks(), ["crm"], "one at a time");
            at_work.let_pass(seq);
            if seq <= 4 {
                assert!(at_work.hooks().is_empty(), "{seq}");
            } else {
                assert_eq!(at_work.hooks(), ["crm"], "{seq}");
                at_work.end(seq);
            }
        }
        let mut rows = at_work.rows();
        rows.sort();
        assert_eq!((rows, at_work.has_room()), (vec![1, 2, 3, 4], true));
        for seq in 11..=14 {
            at_work.begin(seq, &seq.to_string());
        }
        assert!(!at_work.has_room());
    }
}
