//! How far a list was exported: the time of its newest row, and the ids of the rows in a window before that.
//! Its one rule: it grows with the window, never with the list.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::wire::Row;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Ids that are kept of a list whose rows bear no time.
const HEADS: usize = 100;

/// How a list is ordered, by what was seen of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// The newest first.
    #[default]
    Time,
    /// The highest id first.
    Id,
    /// Neither.
    Neither,
}

/// By what a row is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// An id that is a number: those can be compared.
    Number(u64),
    /// The fingerprint of another id, or of all that a row without an id holds.
    Print(u64),
}

/// What an export leaves for the next one of its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The time of the newest row, milliseconds since the epoch.
    pub(super) at: Option<i64>,
    /// From this moment on all rows are known by their ids.
    pub(super) from: Option<i64>,
    /// The highest number among all ids that were ever exported.
    pub(super) high: Option<u64>,
    pub(super) order: Order,
    /// Known rows by the day of their time.
    days: BTreeMap<i64, BTreeSet<Key>>,
    /// Of a list whose rows bear no time: the first ones.
    heads: Vec<u64>,
}

impl Key {
    pub(super) fn of(row: &Row) -> Self {
        match row.id() {
            Some(id) => match id.parse::<u64>() {
                Ok(number) if number.to_string() == id => Self::Number(number),
                _ => Self::Print(fingerprint(id.as_bytes())),
            },
            None => Self::Print(fingerprint(row.bytes())),
        }
    }

    fn head(self) -> u64 {
        match self {
            Self::Number(number) => fingerprint(number.to_string().as_bytes()),
            Self::Print(print) => print,
        }
    }
}

/// The same for the same bytes on every machine and in every version.
fn fingerprint(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

/// A row's time: RFC 3339, or seconds or milliseconds since the epoch.
pub(super) fn moment(text: &str) -> Option<i64> {
    const LATEST_IN_SECONDS: i64 = 100_000_000_000;
    match text.parse::<i64>() {
        Ok(number) if number.abs() < LATEST_IN_SECONDS => number.checked_mul(1000),
        Ok(number) => Some(number),
        Err(_) => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
    }
}

impl Mark {
    /// Whether there was no export yet.
    pub fn is_none(&self) -> bool {
        self.at.is_none() && self.heads.is_empty()
    }

    /// Every row that it knows.
    pub(super) fn known(&self) -> HashSet<Key> {
        self.days.values().flatten().copied().collect()
    }

    /// Whether it is one of the first rows of a list that bears no time.
    pub(super) fn begins_with(&self, key: Key) -> bool {
        self.heads.contains(&key.head())
    }

    /// Takes a row into account that is exported by now; the window is so many milliseconds long.
    pub(super) fn take(&mut self, date: Option<i64>, key: Key, lag: i64) {
        if let Key::Number(number) = key {
            self.high = self.high.max(Some(number));
        }
        let Some(date) = date else {
            if self.heads.len() < HEADS {
                self.heads.push(key.head());
            }
            return;
        };
        let newest = self.at.map_or(date, |at| at.max(date));
        if self.at.is_none_or(|at| newest.div_euclid(DAY) > at.div_euclid(DAY)) {
            self.forget_before(newest.saturating_sub(lag));
        }
        self.at = Some(newest);
        if date >= newest.saturating_sub(lag) {
            self.days.entry(date.div_euclid(DAY)).or_default().insert(key);
        }
    }

    /// The ids of whole days before this moment go.
    pub(super) fn forget_before(&mut self, moment: i64) {
        self.days = self.days.split_off(&moment.div_euclid(DAY));
    }

    /// Puts the first rows of an earlier mark behind those of this one.
    pub(super) fn heads_before(&mut self, earlier: &Self) {
        let room = HEADS.saturating_sub(self.heads.len());
        self.heads.extend(earlier.heads.iter().take(room));
    }

    /// The mark in a text; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        match serde_json::from_str(text).ok()? {
            Stored::Window { at, from, high, order, days, heads, .. } => {
                let days = days.iter().map(|(day, numbers, prints)| Some((*day, keys(numbers, prints)?)));
                Some(Self { at, from, high, order, days: days.collect::<Option<_>>()?, heads })
            }
            Stored::Newest { at, ids } => Some(Self::of_newest(at.as_deref().and_then(moment), &ids)),
        }
    }

    /// A mark that knows the rows of the newest moment alone: what is older counts as exported, and what has a higher id
    /// came later.
    fn of_newest(at: Option<i64>, ids: &[String]) -> Self {
        let key = |id: &String| match id.parse() {
            Ok(number) => Key::Number(number),
            Err(_) => Key::Print(fingerprint(id.as_bytes())),
        };
        let mut mark = Self { from: at, ..Self::default() };
        for id in ids {
            mark.take(at, key(id), 0);
        }
        mark
    }

    /// The mark as a text.
    pub fn text(&self) -> String {
        let days = self.days.iter().map(|(day, keys)| {
            let (numbers, prints) = packed(keys);
            (*day, numbers, prints)
        });
        let stored = Stored::Window {
            version: 2,
            at: self.at,
            from: self.from,
            high: self.high,
            order: self.order,
            days: days.collect(),
            heads: self.heads.clone(),
        };
        // Numbers and texts alone always have a JSON form.
        serde_json::to_string(&stored).unwrap_or_default()
    }
}

/// Its form in the store.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Window {
        version: u32,
        at: Option<i64>,
        from: Option<i64>,
        high: Option<u64>,
        order: Order,
        days: Vec<(i64, String, String)>,
        heads: Vec<u64>,
    },
    /// What the first versions kept: the rows of the newest moment.
    Newest { at: Option<String>, ids: Vec<String> },
}

/// Numbers as runs, each by its distance from the one before: `1000+24 3` is 1000 to 1024, and 1027. Fingerprints in hex.
fn packed(keys: &BTreeSet<Key>) -> (String, String) {
    let (mut runs, mut prints): (Vec<(u64, u64)>, Vec<String>) = (Vec::new(), Vec::new());
    for key in keys {
        match (key, runs.last_mut()) {
            (Key::Number(number), Some((_, end))) if end.checked_add(1) == Some(*number) => *end = *number,
            (Key::Number(number), _) => runs.push((*number, *number)),
            (Key::Print(print), _) => prints.push(format!("{print:x}")),
        }
    }
    let mut before = 0;
    let runs = runs.into_iter().map(|(start, end)| {
        let distance = start - before;
        before = end;
        if end > start { format!("{distance}+{}", end - start) } else { distance.to_string() }
    });
    (runs.collect::<Vec<_>>().join(" "), prints.join(" "))
}

fn keys(numbers: &str, prints: &str) -> Option<BTreeSet<Key>> {
    let mut keys = BTreeSet::new();
    let mut before = 0_u64;
    for run in numbers.split_whitespace() {
        let (distance, more) = run.split_once('+').unwrap_or((run, "0"));
        let start = before.checked_add(distance.parse().ok()?)?;
        before = start.checked_add(more.parse().ok()?)?;
        keys.extend((start..=before).map(Key::Number));
    }
    for print in prints.split_whitespace() {
        keys.insert(Key::Print(u64::from_str_radix(print, 16).ok()?));
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop};
    use proptest::{prop_assert_eq, proptest};

    use super::*;

    const NOON: i64 = 20_000 * DAY + DAY / 2;

    #[test]
    fn a_mark_grows_with_its_window_and_not_with_the_list() {
        let mut down = Mark::default();
        let mut up = Mark::default();
        // Three years with a row an hour, the newest first and the oldest first.
        for hour in 0..26_000_u64 {
            let at = |hour: u64| NOON - i64::try_from(hour).unwrap() * 3_600_000;
            down.take(Some(at(hour)), Key::Number(26_000 - hour), 3 * DAY);
            up.take(Some(at(25_999 - hour)), Key::Number(hour + 1), 3 * DAY);
        }
        for mark in [&mut down, &mut up] {
            mark.forget_before(NOON - 3 * DAY);
            assert!((73..=96).contains(&mark.known().len()), "{}", mark.known().len());
            assert!(mark.text().len() < 300, "{}", mark.text());
            assert_eq!((mark.at, mark.high), (Some(NOON), Some(26_000)));
        }
    }

    #[test]
    fn what_the_first_versions_kept_is_read() {
        let mark = Mark::parse(r#"{"at":"2026-01-02T00:00:00Z","ids":["7","8","x"]}"#).unwrap();
        let at = moment("2026-01-02T00:00:00Z");
        assert_eq!((mark.at, mark.from, mark.high), (at, at, Some(8)));
        assert_eq!(mark.known().len(), 3);
        let bare = Mark::parse(r#"{"at":null,"ids":["7"]}"#).unwrap();
        assert!(bare.begins_with(Key::Number(7)) && !bare.begins_with(Key::Number(8)) && !bare.is_none());
        assert_eq!(Mark::parse("{}"), None);
    }

    #[test]
    fn times_are_read_in_all_the_ways_that_platforms_write_them() {
        assert_eq!(moment("2026-11-18T00:00:00Z"), Some(1_794_960_000_000));
        assert_eq!(moment("1794960000"), Some(1_794_960_000_000));
        assert_eq!(moment("1794960000000"), Some(1_794_960_000_000));
        assert_eq!(moment("yesterday"), None);
    }

    proptest! {
        #[test]
        fn a_mark_is_read_as_it_was_written(
            rows in prop::collection::vec((any::<bool>(), 0_u64..5_000, 0_i64..9), 0..400),
            heads in prop::collection::vec(any::<u64>(), 0..5),
        ) {
            let mut mark = Mark { from: Some(NOON), order: Order::Id, ..Mark::default() };
            for (is_number, key, days) in rows {
                let key = if is_number { Key::Number(key) } else { Key::Print(key << 40) };
                mark.take(Some(NOON + days * DAY), key, 20 * DAY);
            }
            for head in heads {
                mark.take(None, Key::Print(head), 0);
            }
            prop_assert_eq!(Mark::parse(&mark.text()), Some(mark));
        }
    }
}
