//! What a platform did with a roster, in its own numbers where it names them. Its one rule: the rows by class and what was
//! done add up, or the report says why they do not. Pure but for telling it.

use std::collections::HashSet;

use serde_json::Value;

use crate::catalog::{Failure, Side, Whole};
use crate::client::Client;
use crate::events::Level;
use crate::roster::Synced;
use crate::roster::brake::Weighed;

/// Who comes in or goes, by the comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Expected {
    /// Surely.
    sure: usize,
    /// Only if a roster of which nobody knows was, or was not, applied.
    perhaps: usize,
}

/// Writes down what the platform did with a roster.
pub(super) fn outcome(client: &Client, synced: &mut Synced, weighed: &Weighed, answer: &Value, whole: &Whole) {
    let failures = (whole.failures)(answer);
    let (added, removed) = expected(weighed, &failures);
    let counts = (whole.counts)(answer);
    (synced.added, synced.removed) = counts.unwrap_or((added.sure, removed.sure));
    let other = keys(&failures, |side| matches!(side, Side::Other(_)));
    let changed = weighed.difference.changed.iter().filter(|(place, _)| !other.contains(weighed.key(*place)));
    synced.changed = changed.count();
    for failure in failures {
        let words = format!("{}: {}", failure.side.not_done(), failure.reason);
        synced.failed.push((failure.key, words));
    }
    let Some(said) = counts else { return };
    let mut why = remarks_on_added(said.0, added);
    why.extend(remarks_on_removed(said.1, removed, whole.costs));
    if !why.is_empty() {
        let line = format!("by {}'s own count: {}", client.platform().title, why.join("; "));
        if weighed.baseline.settled && weighed.baseline.certain {
            client.events().say(Level::Warn, line.as_str());
        }
        synced.remarks.push(line);
    }
}

/// Who comes in and who goes, without those with whom the platform could not do it.
fn expected(weighed: &Weighed, failures: &[Failure]) -> (Expected, Expected) {
    let (difference, baseline) = (&weighed.difference, &weighed.baseline);
    let not_added = keys(failures, |side| *side == Side::Add);
    let coming = |places: &[usize]| places.iter().filter(|place| !not_added.contains(weighed.key(**place))).count();
    let not_removed = keys(failures, |side| *side == Side::Remove);
    let going = difference.missing.iter().map(|(key, _)| key.as_str()).filter(|key| !not_removed.contains(key));
    let (perhaps, sure): (Vec<&str>, Vec<&str>) = going.partition(|key| baseline.perhaps.contains(*key));
    (
        Expected { sure: coming(&difference.added), perhaps: coming(&difference.perhaps) },
        Expected { sure: sure.len(), perhaps: perhaps.len() },
    )
}

fn keys(failures: &[Failure], of: impl Fn(&Side) -> bool) -> HashSet<&str> {
    failures.iter().filter(|failure| of(&failure.side)).map(|failure| failure.key.trim()).collect()
}

fn remarks_on_added(said: usize, Expected { sure, perhaps }: Expected) -> Vec<String> {
    let mut remarks = Vec::new();
    if said < sure {
        remarks.push(format!("{} of the {sure} new ones were in the group already", sure - said));
    }
    if said >= sure && perhaps > 0 {
        remarks.push(format!("of the {perhaps} who were perhaps in, {} were not", (said - sure).min(perhaps)));
    }
    if said > sure + perhaps {
        let more = said - sure - perhaps;
        remarks.push(format!(
            "{more} more were added than were new: they were in by the last roster, and somebody else took them out since"
        ));
    }
    remarks
}

fn remarks_on_removed(said: usize, Expected { sure, perhaps }: Expected, costs: &str) -> Vec<String> {
    let mut remarks = Vec::new();
    if said < sure {
        remarks.push(format!("{} of the {sure} missing ones were not in the group any more", sure - said));
    }
    if said >= sure && perhaps > 0 {
        remarks.push(format!("of the {perhaps} missing ones who were perhaps in, {} were", (said - sure).min(perhaps)));
    }
    if said > sure + perhaps {
        let more = said - sure - perhaps;
        remarks.push(format!(
            "{more} more were removed than were missing from the last roster: somebody else had put them in, and each {costs}"
        ));
    }
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(sure: usize, perhaps: usize) -> Expected {
        Expected { sure, perhaps }
    }

    #[test]
    fn numbers_that_are_those_of_the_comparison_need_no_words() {
        assert!(remarks_on_added(7, expected(7, 0)).is_empty());
        assert!(remarks_on_removed(0, expected(0, 0), "loses their plan").is_empty());
    }

    #[test]
    fn whatever_the_platform_counts_adds_up_with_the_rows() {
        let added = |said, sure, perhaps| remarks_on_added(said, expected(sure, perhaps)).join("; ");
        assert_eq!(added(3, 8, 0), "5 of the 8 new ones were in the group already");
        assert_eq!(added(20, 0, 20), "of the 20 who were perhaps in, 20 were not");
        assert_eq!(added(2, 2, 20), "of the 20 who were perhaps in, 0 were not");
        assert_eq!(
            added(20, 0, 0),
            "20 more were added than were new: they were in by the last roster, and somebody else took them out since"
        );
        let removed =
            |said, sure, perhaps| remarks_on_removed(said, expected(sure, perhaps), "loses their plan").join("; ");
        assert_eq!(removed(1, 3, 0), "2 of the 3 missing ones were not in the group any more");
        assert_eq!(removed(3, 2, 4), "of the 4 missing ones who were perhaps in, 1 were");
        assert_eq!(
            removed(5, 2, 0),
            "3 more were removed than were missing from the last roster: somebody else had put them in, and each loses their plan"
        );
    }
}
