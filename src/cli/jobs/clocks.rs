//! What the clocks of a zone have to do with a moment of a timetable: moved out of a gap, one of two, or after a change.

use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::timetable::{Expression, Timetable};

/// Skipped times that are named one by one.
const NAMED: usize = 3;
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A moment at which clocks are changed.
struct Change {
    at: Timestamp,
    before: Offset,
    after: Offset,
}

/// What is to be said of a moment, where there is something; `last` is the one shown before it.
pub(super) fn note(timetable: &Timetable, last: Timestamp, at: Timestamp) -> Option<String> {
    let zone = timetable.zone();
    let change = last_change(zone, at);
    if let Some(change) = change.as_ref().filter(|change| change.at == at && change.is_gap()) {
        let skipped = skipped(timetable, change);
        if !skipped.is_empty() {
            return Some(format!("in place of {}: {}", listed(&skipped), change.words("go")));
        }
    }
    let clock = zone.to_datetime(at);
    if let AmbiguousOffset::Fold { before, after } = zone.to_ambiguous_timestamp(clock).offset() {
        let first = zone.to_offset(at) == before;
        let back = zone.following(at - SECOND).map(|change| change.timestamp());
        let back = if first { back.clone().next() } else { last_change(zone, at).map(|change| change.at) };
        let words = back.map(|at| Change { at, before, after }.words("go")).unwrap_or_default();
        return Some(
            match (first, timetable.expressions().iter().any(|one| one.is_fixed() && is_due(one, zone, at))) {
                (true, true) => format!("the first of two, the second is not taken: {words}"),
                (true, false) => format!("the first of two: {words}"),
                (false, _) => "the second of two".to_owned(),
            },
        );
    }
    let change = change.filter(|change| change.at > last && zone.to_offset(last) != change.after)?;
    let day = change.at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string();
    Some(format!("{} on {day}", change.words("went")))
}

impl Change {
    fn is_gap(&self) -> bool {
        self.after > self.before
    }

    /// `clocks go forward from 02:00 to 03:00`
    fn words(&self, go: &str) -> String {
        let way = if self.is_gap() { "forward" } else { "back" };
        let clock = |offset: Offset| offset.to_datetime(self.at).strftime(self.form()).to_string();
        format!("clocks {go} {way} from {} to {}", clock(self.before), clock(self.after))
    }

    /// With the day, where another one is on the other side.
    fn form(&self) -> &'static str {
        match self.before.to_datetime(self.at).date() == self.after.to_datetime(self.at).date() {
            true => "%H:%M",
            false => "%Y-%m-%d %H:%M",
        }
    }
}

/// The last change at or before a moment that moved the hands.
fn last_change(zone: &TimeZone, at: Timestamp) -> Option<Change> {
    // `preceding` leaves out a change at the very moment.
    zone.preceding(at + SECOND)
        .map(|change| {
            let (at, after) = (change.timestamp(), change.offset());
            Change { at, before: zone.to_offset(at - SECOND), after }
        })
        .find(|change| change.before != change.after)
}

/// The times on the wall that are named and that a change leaves out.
fn skipped(timetable: &Timetable, gap: &Change) -> Vec<String> {
    let wall = |offset: Offset| Offset::UTC.to_timestamp(offset.to_datetime(gap.at)).ok();
    let (Some(from), Some(to)) = (wall(gap.before), wall(gap.after)) else { return Vec::new() };
    let mut found: Vec<Timestamp> = Vec::new();
    for expression in timetable.expressions().iter().filter(|expression| expression.is_fixed()) {
        // In UTC no time is left out, so that what comes back are times on the wall.
        let walls = Timetable::new(vec![expression.clone()], TimeZone::UTC);
        found.extend(walls.after(from - SECOND).take_while(|wall| *wall < to));
    }
    found.sort();
    found.dedup();
    found.iter().map(|wall| Offset::UTC.to_datetime(*wall).strftime(gap.form()).to_string()).collect()
}

fn is_due(expression: &Expression, zone: &TimeZone, at: Timestamp) -> bool {
    Timetable::new(vec![expression.clone()], zone.clone()).next(at - SECOND) == Some(at)
}

fn listed(times: &[String]) -> String {
    match times.len().checked_sub(NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", times[..NAMED].join(", ")),
        _ => times.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes of the next ones, each beside its time.
    fn notes(expressions: &[&str], zone: &str, after: &str, count: usize) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let expressions = expressions.iter().map(|text| Expression::parse(text).unwrap()).collect();
        let timetable = Timetable::new(expressions, zone.clone());
        let mut last: Timestamp = after.parse().unwrap();
        let mut found = Vec::new();
        for at in timetable.after(last).take(count) {
            let clock = at.to_zoned(zone.clone()).strftime("%H:%M").to_string();
            found.push(note(&timetable, last, at).map_or(clock.clone(), |note| format!("{clock} {note}")));
            last = at;
        }
        found
    }

    #[test]
    fn a_time_out_of_a_gap_is_said_with_what_it_stands_for() {
        let said = |expressions: &[&str]| notes(expressions, "Europe/Berlin", "2026-03-28T12:00:00Z", 2);
        assert_eq!(said(&["30 2 * * *"]), ["03:00 in place of 02:30: clocks go forward from 02:00 to 03:00", "02:30"]);
        assert_eq!(
            said(&["0-59/10 2 * * *"])[0],
            "03:00 in place of 02:00, 02:10, 02:20 and 3 more: clocks go forward from 02:00 to 03:00"
        );
        assert_eq!(
            said(&["15 2 * * *", "45 2 * * *"])[0],
            "03:00 in place of 02:15, 02:45: clocks go forward from 02:00 to 03:00"
        );
        assert_eq!(said(&["0 3 * * *"])[0], "03:00 clocks went forward from 02:00 to 03:00 on 2026-03-29");
        assert_eq!(
            notes(&["10 2 * * *"], "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 1),
            ["02:30 in place of 02:10: clocks go forward from 02:00 to 02:30"]
        );
    }

    #[test]
    fn a_day_that_a_zone_left_out_is_named() {
        assert_eq!(
            notes(&["30 2 * * *"], "Pacific/Apia", "2011-12-30T00:00:00Z", 1),
            ["00:00 in place of 2011-12-30 02:30: clocks go forward from 2011-12-30 00:00 to 2011-12-31 00:00"]
        );
    }

    #[test]
    fn of_two_times_alike_it_is_said_which_one_it_is() {
        let said = |text: &str| notes(&[text], "Europe/Berlin", "2026-10-24T23:59:00Z", 4);
        assert_eq!(
            said("30 2 * * *")[..2],
            [
                "02:30 the first of two, the second is not taken: clocks go back from 03:00 to 02:00",
                "02:30 clocks went back from 03:00 to 02:00 on 2026-10-25"
            ]
        );
        assert_eq!(
            said("*/30 * * * *"),
            [
                "02:00 the first of two: clocks go back from 03:00 to 02:00",
                "02:30 the first of two: clocks go back from 03:00 to 02:00",
                "02:00 the second of two",
                "02:30 the second of two"
            ]
        );
        assert_eq!(
            notes(&["45 1 * * *"], "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 1),
            ["01:45 the first of two, the second is not taken: clocks go back from 02:00 to 01:30"]
        );
    }

    #[test]
    fn where_clocks_stay_nothing_is_said() {
        assert_eq!(notes(&["0 9 * * *"], "Asia/Kolkata", "2026-03-28T00:00:00Z", 2), ["09:00", "09:00"]);
        assert_eq!(notes(&["0 9 * * *"], "UTC", "2026-03-28T00:00:00Z", 1), ["09:00"]);
        assert_eq!(notes(&["0 9 * * *"], "Europe/Berlin", "2026-05-28T00:00:00Z", 1), ["09:00"]);
    }
}
