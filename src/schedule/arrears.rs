//! Which moments came due since somebody last looked, and which of those that nobody was there for are made up for.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::verdict::Why;
use crate::settings::{Missed, Which};
use crate::timetable::Timetable;

/// A moment that is seen this late was nobody's: a busy machine is not that slow.
pub(super) const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// Of longer absences the oldest moments share one row.
pub(super) const MOST_ROWS: usize = 10_000;

/// Moments that came due, the oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arrears {
    /// Not made up for, and how many older ones the first of them stands for.
    pub(super) missed: Vec<(Timestamp, Why)>,
    pub(super) folded: u64,
    /// To be made up for.
    pub(super) made_up: Vec<Timestamp>,
    /// Due just now.
    pub(super) due: Vec<Timestamp>,
    /// The moment after all of them.
    pub(super) next: Option<Timestamp>,
}

/// Everything of the timetable from its moment `first` on that is due by `now`, each `jitter` later than it says. No moment is
/// looked for twice: that is most of what a decision costs.
pub(super) fn arrears(
    timetable: &Timetable,
    first: Option<Timestamp>,
    now: Timestamp,
    jitter: SignedDuration,
    missed: &Missed,
) -> Arrears {
    let mut late = VecDeque::new();
    let mut arrears = Arrears { next: first, ..Arrears::default() };
    let due_at = |moment: Timestamp| moment.saturating_add(jitter).unwrap_or(Timestamp::MAX);
    while let Some(moment) = arrears.next.filter(|moment| due_at(*moment) <= now) {
        arrears.next = timetable.next(moment);
        if now.duration_since(due_at(moment)) <= GRACE {
            arrears.due.push(moment);
            continue;
        }
        if late.len() == MOST_ROWS {
            late.pop_front();
            arrears.folded += 1;
        }
        late.push_back(moment);
    }
    let window = SignedDuration::try_from(missed.window).unwrap_or(SignedDuration::MAX);
    let most = match missed.which {
        Which::None => 0,
        // What is due just now is the last one.
        Which::Last => usize::from(arrears.due.is_empty()),
        Which::All => usize::try_from(missed.most).unwrap_or(usize::MAX),
    };
    let newer_than_all_but = late.len().saturating_sub(most);
    for (place, moment) in late.into_iter().enumerate() {
        let old = now.duration_since(due_at(moment)) > window;
        let why = match missed.which {
            Which::None => Why::NobodyThere,
            _ if old => Why::TooOld,
            Which::Last if place < newer_than_all_but => Why::Superseded,
            Which::All if place < newer_than_all_but => Why::TooMany,
            Which::Last | Which::All => {
                arrears.made_up.push(moment);
                continue;
            }
        };
        arrears.missed.push((moment, why));
    }
    arrears
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::tz::TimeZone;

    use super::*;
    use crate::timetable::Expression;

    fn looked(which: Which, window: u64, most: u32, after: &str, now: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let timetable = Timetable::new(vec![Expression::parse("0 * * * *").unwrap()], TimeZone::UTC);
        let missed = Missed { which, window: Duration::from_secs(window * 3_600), most };
        let first = timetable.next(after.parse().unwrap());
        let found = arrears(&timetable, first, now.parse().unwrap(), SignedDuration::ZERO, &missed);
        let hour = |moment: &Timestamp| moment.strftime("%H").to_string();
        (
            found.missed.iter().map(|(moment, why)| format!("{} {why:?}", hour(moment))).collect(),
            found.made_up.iter().map(hour).collect(),
            found.due.iter().map(hour).collect(),
        )
    }

    #[test]
    fn what_is_made_up_for_is_said_by_the_job() {
        let (after, now) = ("2026-11-22T01:30:00Z", "2026-11-22T05:30:00Z");
        let (missed, made_up, due) = looked(Which::Last, 24, 5, after, now);
        assert_eq!(
            (missed.join(", "), made_up, due.len()),
            ("02 Superseded, 03 Superseded, 04 Superseded".into(), vec!["05".into()], 0)
        );
        let (missed, made_up, _) = looked(Which::None, 24, 5, after, now);
        assert_eq!((missed.len(), made_up.len()), (4, 0));
        let (missed, made_up, _) = looked(Which::All, 24, 2, after, now);
        assert_eq!((missed.join(", "), made_up.join(" ")), ("02 TooMany, 03 TooMany".into(), "04 05".into()));
        let (missed, made_up, _) = looked(Which::All, 2, 9, after, now);
        assert_eq!((missed.join(", "), made_up.join(" ")), ("02 TooOld, 03 TooOld".into(), "04 05".into()));
    }

    #[test]
    fn what_is_due_now_takes_the_place_of_what_was_missed() {
        let (missed, made_up, due) = looked(Which::Last, 24, 5, "2026-11-22T02:30:00Z", "2026-11-22T05:00:30Z");
        assert_eq!(
            (missed.join(", "), made_up.len(), due.join(" ")),
            ("03 Superseded, 04 Superseded".into(), 0, "05".into())
        );
    }

    #[test]
    fn a_very_long_absence_folds_its_oldest_moments_and_counts_them() {
        let timetable = Timetable::new(vec![Expression::parse("* * * * *").unwrap()], TimeZone::UTC);
        let missed = Missed { which: Which::None, window: Duration::MAX, most: 1 };
        let (after, now) = ("2026-11-01T00:00:00Z".parse().unwrap(), "2026-11-11T00:10:00Z".parse().unwrap());
        let found = arrears(&timetable, timetable.next(after), now, SignedDuration::ZERO, &missed);
        assert_eq!(found.next, timetable.next(now));
        assert_eq!(found.missed.len() as u64 + found.folded + found.due.len() as u64, 10 * 24 * 60 + 10);
        assert_eq!(found.missed.len(), MOST_ROWS);
    }
}
