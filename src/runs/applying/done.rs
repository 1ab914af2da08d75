//! What a plan has come to, for the report: each touch is told once, by what became of it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::fresh::Staled;
use crate::plan::Sign;

/// What was done, for the report.
#[derive(Default)]
pub(super) struct Done {
    pub(super) by_sign: HashMap<Sign, u64>,
    pub(super) as_wanted: u64,
    pub(super) stale: Vec<Staled>,
    pub(super) failed: Vec<(String, String)>,
    pub(super) skipped: u64,
}

impl Done {
    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let word = |sign| match sign {
            Sign::Add => "added or made",
            Sign::Change => "changed",
            Sign::Remove => "removed or deleted",
            Sign::Mail => "written to",
            Sign::Same => "as wanted",
        };
        let signs = [Sign::Add, Sign::Change, Sign::Remove, Sign::Mail];
        let done: Vec<String> =
            signs.into_iter().filter_map(|sign| Some(format!("{} {}", self.by_sign.get(&sign)?, word(sign)))).collect();
        let mut lines = vec![match done.is_empty() {
            true => "done: nothing".to_owned(),
            false => format!("done: {}", done.join(", ")),
        }];
        if self.as_wanted > 0 {
            lines.push(format!("as wanted by the time: {}, nothing was sent for them", self.as_wanted));
        }
        lines.extend(self.stale.iter().map(|one| format!("left alone: {}", one.line)));
        lines.extend(self.failed.iter().map(|(name, why)| format!("failed: {name}: {why}")));
        if self.skipped > 0 {
            lines.push(format!("not done: {}, since something before it was not", self.skipped));
        }
        lines
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let by_sign: Map<String, Value> =
            self.by_sign.iter().map(|(sign, count)| (sign.as_str().to_owned(), (*count).into())).collect();
        json!({
            "done": by_sign,
            "as_wanted": self.as_wanted,
            "stale": self.stale.iter().map(|one| one.line.clone()).collect::<Vec<_>>(),
            "failed": self.failed,
            "skipped": self.skipped,
        })
    }
}
