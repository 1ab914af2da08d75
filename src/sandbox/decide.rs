//! Which faults meet a request: each counts the requests that match it.

use std::time::Duration;

use serde_json::{Value, json};

use super::fault::{Fault, Kind, Wait, When};
use crate::catalog::{Args, Op, Page};

/// The faults in force, each with its counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    list: Vec<Armed>,
}

#[derive(Clone, Debug)]
struct Armed {
    fault: Fault,
    seen: u64,
    fired: u64,
}

/// What shall go wrong with one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decided {
    pub delay: Duration,
    pub before: Option<Wrong>,
    pub after: Option<Wrong>,
    pub cap: Option<u64>,
    pub short_first: bool,
}

/// What is given instead of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Status(u16, Option<Wait>),
    Reset,
    Html,
    Redirect,
    Truncate,
}

impl Faults {
    pub fn set(&mut self, faults: Vec<Fault>) {
        self.list = faults.into_iter().map(|fault| Armed { fault, seen: 0, fired: 0 }).collect();
    }

    /// The faults with their counts, for people.
    pub fn shown(&self) -> Value {
        let row = |armed: &Armed| json!({ "fault": armed.fault.to_string(), "seen": armed.seen, "fired": armed.fired });
        self.list.iter().map(row).collect()
    }

    /// Counts the request for every fault. The first fault that takes the answer's place wins; the others, which only
    /// delay or shorten, add up.
    pub fn decide(&mut self, op: &Op) -> Decided {
        let mut decided = Decided::default();
        for armed in self.list.iter_mut().filter(|armed| armed.fault.which.takes(op)) {
            if !armed.fires() {
                continue;
            }
            let (when, wrong) = match &armed.fault.kind {
                Kind::Slow(ms) => {
                    decided.delay += Duration::from_millis(*ms);
                    continue;
                }
                Kind::Cap(rows) => {
                    decided.cap = Some(decided.cap.map_or(*rows, |cap| cap.min(*rows)));
                    continue;
                }
                Kind::ShortFirst => {
                    decided.short_first = true;
                    continue;
                }
                Kind::Status { status, when, wait } => (*when, Wrong::Status(*status, *wait)),
                Kind::Reset(when) => (*when, Wrong::Reset),
                Kind::Html(when) => (*when, Wrong::Html),
                Kind::Redirect => (When::Before, Wrong::Redirect),
                Kind::Truncate => (When::After, Wrong::Truncate),
            };
            if decided.before.is_none() && decided.after.is_none() {
                match when {
                    When::Before => decided.before = Some(wrong),
                    When::After => decided.after = Some(wrong),
                }
            }
        }
        decided
    }
}

impl Armed {
    fn fires(&mut self) -> bool {
        self.seen += 1;
        let place = self.seen.saturating_sub(self.fault.after);
        let fires = place > 0 && place.is_multiple_of(self.fault.every) && self.fired < self.fault.times;
        self.fired += u64::from(fires);
        fires
    }
}

impl Decided {
    /// Makes a list's page shorter than was asked for.
    pub fn shorten(&self, op: &Op, args: &mut Args) {
        let (cursor, name, documented) = match op.page {
            Page::Single => return,
            Page::Offset { offset, limit, documented, .. } => (offset, limit, u64::from(documented)),
            Page::Numbered { page, limit, documented, .. } => (page, limit, u64::from(documented)),
            Page::After { cursor, limit, documented, .. } => (cursor, limit, u64::from(documented)),
        };
        let number = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(value) => value.as_u64(),
            None => None,
        };
        let asked: u64 = number(args.get(name)).unwrap_or(documented);
        let start = u64::from(matches!(op.page, Page::Numbered { .. }));
        let first = args.get(cursor).is_none_or(|value| number(Some(value)) == Some(start));
        let mut limit = asked.min(self.cap.unwrap_or(u64::MAX));
        if self.short_first && first {
            limit = limit.min((asked / 2).max(1));
        }
        if limit != asked {
            args.set(name, limit.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms;
    use crate::sandbox::parse_faults;

    fn op(noun: &str, verb: &str) -> &'static Op {
        platforms::named("mobilize").unwrap().op(noun, verb).unwrap()
    }

    fn faults(text: &str) -> Faults {
        let mut faults = Faults::default();
        faults.set(parse_faults(text).unwrap());
        faults
    }

    #[test]
    fn every_after_and_times_count_only_what_matches() {
        let mut faults = faults("500:every=3,after=2,times=2:members.invite");
        let mut fired = Vec::new();
        for i in 1..=20 {
            assert_eq!(faults.decide(op("users", "list")), Decided::default());
            if faults.decide(op("members", "invite")).before.is_some() {
                fired.push(i);
            }
        }
        assert_eq!(fired, [5, 8]);
        assert_eq!(faults.shown()[0]["seen"], 20);
    }

    #[test]
    fn the_first_that_takes_the_answers_place_wins_and_the_others_add_up() {
        let decided = faults("slow:ms=5;cap=9;429;reset-after;slow:ms=6;cap=7").decide(op("users", "list"));
        assert_eq!(decided.delay, Duration::from_millis(11));
        assert_eq!((decided.cap, decided.before, decided.after), (Some(7), Some(Wrong::Status(429, None)), None));
    }

    #[test]
    fn pages_are_shortened_by_the_cap_and_the_first_one_by_half() {
        let limit = |text: &str, op: &'static Op, pairs: &[(&str, &str)]| {
            let mut args = Args::default();
            pairs.iter().for_each(|(name, value)| args.set(name, *value));
            faults(text).decide(op).shorten(op, &mut args);
            args.text("limit").to_owned()
        };
        assert_eq!(limit("cap=10", op("users", "list"), &[("limit", "200")]), "10");
        assert_eq!(limit("cap=10", op("activities", "list"), &[]), "10");
        assert_eq!(limit("cap=10", op("activities", "list"), &[("limit", "4")]), "4");
        assert_eq!(limit("short-first", op("users", "list"), &[("offset", "0")]), "25");
        assert_eq!(limit("short-first", op("users", "list"), &[("offset", "25")]), "");
        assert_eq!(limit("short-first", op("activities", "list"), &[("last_activity_id", "7")]), "");
    }
}
