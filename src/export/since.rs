//! What of a list is new since its last export. Its one rule: a row is left out only when it is known to have been written,
//! or stands where the list's own order says that it was.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;

use super::Mark;
use super::mark::{Key, Order, moment};
use crate::wire::Row;

/// Rows of one moment stand in any order, and a platform's servers have clocks of their own.
const NOISE: i64 = 60_000;

/// One reading of a list, page by page.
pub struct Since {
    last: Mark,
    known: HashSet<Key>,
    lag: i64,
    /// What is older was written, or came too late.
    floor: Option<i64>,
    /// The lowest known number: below it, a list that goes by ids holds nothing of the window.
    low: Option<u64>,
    next: Mark,
    by_time: bool,
    by_id: bool,
    /// Where the list was first seen not to have the newest first.
    broken: Option<String>,
    before: Option<(i64, Key)>,
    rows: u64,
    late: u64,
    over: bool,
}

/// The rows of a page, and what of them ends the reading.
struct Page {
    /// All were there before the window began.
    before_window: bool,
    /// All have ids below those of the window.
    below_window: bool,
    /// One begins what an export of a list without times has written.
    met: bool,
}

impl Since {
    /// Everything is new.
    pub fn start(lag: Duration) -> Self {
        Self::last(Mark::default(), lag)
    }

    /// New is what came after this mark, or late: dated up to `lag` before it.
    pub fn last(last: Mark, lag: Duration) -> Self {
        let lag = i64::try_from(lag.as_millis()).unwrap_or(i64::MAX);
        let floor = last.at.map(|at| last.from.map_or(i64::MIN, |from| from).max(at.saturating_sub(lag)));
        let known = last.known();
        let number = |key: &Key| match key {
            Key::Number(number) => Some(*number),
            Key::Print(_) => None,
        };
        let low = known.iter().filter_map(number).min();
        let mut next = last.clone();
        if last.at.is_none() {
            next = Mark::default();
        }
        let (by_time, by_id) = (true, true);
        Self {
            last,
            known,
            lag,
            floor,
            low,
            next,
            by_time,
            by_id,
            broken: None,
            before: None,
            rows: 0,
            late: 0,
            over: false,
        }
    }

    /// The rows of the list's next page that are to be written.
    pub fn new_of(&mut self, page: Vec<Row>) -> Vec<Row> {
        let mut new = Vec::new();
        let mut seen = Page { before_window: !page.is_empty(), below_window: true, met: false };
        for row in page {
            let key = Key::of(&row);
            // A row without a time stands with the one before it.
            let own = row.text("created_at").and_then(|text| moment(&text));
            let date = own.or(self.before.map(|(date, _)| date));
            self.look(own, key);
            if seen.met {
                continue;
            }
            if self.is_new(date, key, &mut seen) {
                self.late += u64::from(date.is_some_and(|date| self.last.at.is_some_and(|at| date < at)));
                self.next.take(date, key, self.lag);
                new.push(row);
            }
        }
        self.over = seen.met
            || match self.order() {
                Order::Time => seen.before_window,
                Order::Id => seen.before_window && seen.below_window,
                Order::Neither => false,
            };
        new
    }

    fn is_new(&self, date: Option<i64>, key: Key, seen: &mut Page) -> bool {
        let Some(date) = date else {
            let known = self.last.begins_with(key);
            seen.met |= known && self.last.at.is_none();
            seen.before_window = false;
            return !known;
        };
        let number = match key {
            Key::Number(number) => Some(number),
            Key::Print(_) => None,
        };
        // A higher number than any that was ever written is new whatever its date.
        let higher = number.is_some_and(|number| self.last.high.is_some_and(|high| number > high));
        let older = self.floor.is_some_and(|floor| date < floor) && !higher;
        seen.before_window &= older;
        seen.below_window &= number.is_none_or(|number| self.low.is_none_or(|low| number < low));
        !older && !self.known.contains(&key)
    }

    /// Sees how the list is ordered.
    fn look(&mut self, date: Option<i64>, key: Key) {
        self.rows += 1;
        let Some(date) = date else { return };
        if let Some((before, last)) = self.before {
            if date > before.saturating_add(NOISE) && self.by_time {
                self.by_time = false;
                let shown = |at| Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string());
                self.broken =
                    Some(format!("row {} is of {}, the one before it of {}", self.rows, shown(date), shown(before)));
            }
            self.by_id &= matches!((last, key), (Key::Number(last), Key::Number(this)) if this < last);
        }
        self.before = Some((date, key));
    }

    /// The order to go by: what earlier exports saw holds until the list was read to its end once more.
    fn order(&self) -> Order {
        match (self.last.order, self.by_time, self.by_id) {
            (Order::Neither, ..) | (_, false, false) => Order::Neither,
            (Order::Time, true, _) | (Order::Id, true, false) => Order::Time,
            (_, _, true) => Order::Id,
        }
    }

    /// Whether what stands behind the last page has all been written.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// How many of the new rows are older than the newest one of the last export.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// What is to be said where the list did not have the newest first, as its document says.
    pub fn disorder(&self) -> Option<String> {
        let broken = self.broken.as_ref()?;
        let what = match self.order() {
            Order::Time => return None,
            Order::Id => "the highest ids come first, so it was read on until all of them were known".to_owned(),
            Order::Neither => {
                format!("it was read to its end ({} rows), and will be each time while that is so", self.rows)
            }
        };
        Some(format!("the list does not have the newest first: {broken}; {what}"))
    }

    /// What the next export goes by.
    pub fn mark(mut self) -> Mark {
        self.next.order = match (self.over, self.by_time, self.by_id) {
            (true, ..) => self.order(),
            (false, true, _) => Order::Time,
            (false, false, true) => Order::Id,
            (false, false, false) => Order::Neither,
        };
        if self.last.at.is_none() {
            self.next.heads_before(&self.last);
        }
        if let Some(at) = self.next.at {
            let from = at.saturating_sub(self.lag).max(self.floor.unwrap_or(i64::MIN));
            self.next.forget_before(from);
            self.next.from = Some(from);
        }
        self.next
    }
}

#[cfg(test)]
#[path = "since_tests.rs"]
mod tests;
