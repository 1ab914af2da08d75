//! The next time on a clock on the wall, found by the crate `cron`. Wall clock times are handed to it as if they were UTC, where
//! no hour is skipped and none comes twice.

use std::str::FromStr;

use chrono::DateTime;
use cron::Schedule;

use super::field::{Field, MONTHS, Values, WEEKDAYS};

/// Seconds of a wall clock since 1970, as if it had never been changed.
pub(super) type WallSecond = i64;

/// One schedule of the crate, or two of which either is enough.
#[derive(Clone, Debug)]
pub(super) struct Wall {
    first: Schedule,
    second: Option<Box<Schedule>>,
}

impl Wall {
    /// The crate wants all its day fields to match; where either is enough it is asked twice.
    pub(super) fn of(fields: &[Values; 5]) -> Result<Self, String> {
        let [minute, hour, day, month, weekday] = *fields;
        let every = |field| Values { bits: u64::MAX, star: true }.list_or_star(field);
        let (minute, hour) = (minute.list_or_star(Field::Minute), hour.list_or_star(Field::Hour));
        let months = month.list_or_star(Field::Month);
        let days = day.list_or_star(Field::DayOfMonth);
        let weekdays = weekday.list_or_star(Field::DayOfWeek);
        let schedule = |days: &str, weekdays: &str| {
            let text = format!("0 {minute} {hour} {days} {months} {weekdays}");
            Schedule::from_str(&text).map_err(|error| format!("the crate `cron` refuses `{text}`: {error}"))
        };
        let either = !day.star && !weekday.star;
        let (first, second) = match either {
            false => (schedule(&days, &weekdays)?, None),
            true => {
                let by_day = schedule(&days, &every(Field::DayOfWeek))?;
                (by_day, Some(Box::new(schedule(&every(Field::DayOfMonth), &weekdays)?)))
            }
        };
        Ok(Self { first, second })
    }

    /// The first time after this one; `None` where the crate's calendar ends.
    pub(super) fn after(&self, second: WallSecond) -> Option<WallSecond> {
        let after = DateTime::from_timestamp(second, 0)?;
        let next = |schedule: &Schedule| schedule.after(&after).next().map(|time| time.timestamp());
        let first = next(&self.first);
        match &self.second {
            None => first,
            Some(second) => match (first, next(second)) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        }
    }
}

impl Values {
    /// In the crate's spelling: names where its numbers are not those of a crontab.
    fn list_or_star(self, field: Field) -> String {
        if self.is_all(field) {
            return "*".to_owned();
        }
        let name = |value: u32| match field {
            Field::Month => MONTHS[value as usize - 1].to_ascii_uppercase(),
            Field::DayOfWeek => WEEKDAYS[value as usize].to_ascii_uppercase(),
            _ => value.to_string(),
        };
        self.list().into_iter().map(name).collect::<Vec<_>>().join(",")
    }
}
