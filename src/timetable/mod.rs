//! When something recurs: the five fields of a crontab, read in a time zone. Pure.
//!
//! One rule: what people expect who know Debian's cron. The crate `cron` finds the next wall clock time and is never shown
//! a time zone; which instants a wall clock time is, is decided in `instants`. `docs/decisions/0010-schedules.md` says why.

mod expression;
mod field;
mod instants;
mod refused;
mod wall;
mod words;

pub use expression::Expression;
pub use field::Field;
pub use instants::{LAST_YEAR, Timetable, calendar_ends};
pub use refused::Refused;

#[cfg(test)]
mod tests;
