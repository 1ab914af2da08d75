//! From the wall clock to instants, where clocks are put forward and back.
//!
//! Times that are named (`30 2 * * *`) are meant once: one that is skipped comes with the first minute after, one that comes twice
//! is the first of both. What begins with `*` (`*/15 * * * *`) follows the real time.

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

use super::expression::{Expression, Pace};
use super::wall::WallSecond;

/// The last year of the crate's calendar.
pub const LAST_YEAR: i16 = 2099;

/// Why nothing comes any more, in words: `the calendar ends with 2099`.
pub fn calendar_ends() -> String {
    format!("the calendar ends with {LAST_YEAR}")
}

/// Expressions in a time zone.
#[derive(Clone, Debug)]
pub struct Timetable {
    expressions: Vec<Expression>,
    zone: TimeZone,
}

impl Timetable {
    /// All of these in one zone.
    pub fn new(expressions: Vec<Expression>, zone: TimeZone) -> Self {
        Self { expressions, zone }
    }

    /// The expressions.
    pub fn expressions(&self) -> &[Expression] {
        &self.expressions
    }

    /// The zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first instant after this one. It depends on nothing else, so that whoever asks again with the last answer gets
    /// every instant once, in order, also after a restart. `None` where the calendar [has ended](Self::has_ended), and where
    /// there is no expression.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.expressions.iter().filter_map(|expression| next_of(expression, &self.zone, after)).min()
    }

    /// Whether there were instants, and after this one there is none: the calendar ends.
    pub fn has_ended(&self, after: Timestamp) -> bool {
        !self.expressions.is_empty() && self.next(after).is_none()
    }

    /// All instants after this one.
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(after), |last| self.next(*last))
    }
}

fn next_of(expression: &Expression, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let next = match expression.pace() {
        Pace::Fixed => named(expression, zone, after),
        Pace::Real => real(expression, zone, after),
    }?;
    (zone.to_datetime(next).year() <= LAST_YEAR).then_some(next)
}

/// Each wall clock time has one instant, and later times have no earlier one: the first that is late enough is the next.
fn named(expression: &Expression, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut wall = wall(after, zone.to_offset(after));
    loop {
        wall = expression.wall().after(wall)?;
        let instant = meant(wall, zone)?;
        if instant > after {
            return Some(instant);
        }
    }
}

/// The one instant that is meant by a time on the wall.
fn meant(wall: WallSecond, zone: &TimeZone) -> Option<Timestamp> {
    let clock = Offset::UTC.to_datetime(Timestamp::from_second(wall).ok()?);
    match zone.to_ambiguous_timestamp(clock).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => instant(wall, offset),
        AmbiguousOffset::Gap { before, .. } => {
            let within = instant(wall, before)?;
            // `preceding` leaves out an instant that is itself the change.
            let beyond = Timestamp::from_second(within.as_second() + 1).ok()?;
            zone.preceding(beyond).next().map(|change| change.timestamp())
        }
    }
}

/// Goes through the times between two changes of the clock, one after the other: within each the offset is one.
fn real(expression: &Expression, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut offset = zone.to_offset(after);
    let mut from = wall(after, offset);
    let mut changes = zone.following(after);
    loop {
        let change = changes.next();
        let next = expression.wall().after(from).and_then(|wall| instant(wall, offset));
        match (next, change) {
            (Some(next), None) => return Some(next),
            (Some(next), Some(change)) if next < change.timestamp() => return Some(next),
            (None, _) => return None,
            (Some(_), Some(change)) => {
                offset = change.offset();
                // The instant of the change belongs to what comes after it.
                from = wall(change.timestamp(), offset) - 1;
            }
        }
    }
}

fn wall(at: Timestamp, offset: Offset) -> WallSecond {
    at.as_second() + i64::from(offset.seconds())
}

fn instant(wall: WallSecond, offset: Offset) -> Option<Timestamp> {
    Timestamp::from_second(wall - i64::from(offset.seconds())).ok()
}
