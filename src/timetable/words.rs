//! An expression in plain words: `every 15 minutes from 09:00 to 17:45, Monday to Friday`.

use super::field::{Field, Values};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// More times a day than these are not named one by one.
const NAMED_TIMES: usize = 4;
/// So many in a row are told by the first and the last of them.
const RUN: u32 = 3;
/// The same for days of the week.
const RUN_OF_DAYS: u32 = 4;

pub(super) fn of(fields: &[Values; 5]) -> String {
    let [minute, hour, day, month, weekday] = *fields;
    let (time, days) = (time(minute, hour), days(day, weekday));
    let months = match month.is_all(Field::Month) {
        true => String::new(),
        false => format!(" in {}", listed(month, RUN, |number| MONTHS[number as usize - 1].to_owned())),
    };
    match time {
        Time::Named(time) => format!("{time} {}{months}", days.unwrap_or_else(|| "every day".to_owned())),
        Time::Rhythm(time) => {
            let days = days.map(|days| format!(", {days}")).unwrap_or_default();
            format!("{time}{days}{months}")
        }
        Time::Within(time) => format!("{time}, {}{months}", days.unwrap_or_else(|| "every day".to_owned())),
    }
}

/// When within a day.
enum Time {
    /// `at 02:30`
    Named(String),
    /// `every 15 minutes`, all day long.
    Rhythm(String),
    /// `every 15 minutes from 09:00 to 17:45`
    Within(String),
}

fn time(minute: Values, hour: Values) -> Time {
    let (minutes, hours) = (minute.list(), hour.list());
    let (all_hours, all_minutes) = (hour.is_all(Field::Hour), minute.is_all(Field::Minute));
    if !all_hours && minutes.len() * hours.len() <= NAMED_TIMES {
        let times = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| clock(*hour, *minute))).collect();
        return Time::Named(format!("at {}", joined(times)));
    }
    // What goes through an hour without a break goes on in the next one.
    let (steady, rhythm) = match (minutes.as_slice(), even_step(&minutes, 60)) {
        _ if all_minutes => (true, "every minute".to_owned()),
        (_, Some(step)) => (true, format!("every {step} minutes")),
        ([0], _) if all_hours => return Time::Rhythm("every hour, on the hour".to_owned()),
        ([0], _) if is_run(&hours) => (true, "every hour".to_owned()),
        ([0], _) => (false, "on the hour".to_owned()),
        _ if hours.len() == 1 && is_run(&minutes) => (true, "every minute".to_owned()),
        _ => (false, format!("at {} past the hour", counted(minute))),
    };
    let ends = (hours.first().zip(minutes.first()), hours.last().zip(minutes.last()));
    match (all_hours, even_step(&hours, 24), ends) {
        (true, ..) => Time::Rhythm(rhythm),
        (false, None, (Some((hour, minute)), Some((last, end)))) if steady && is_run(&hours) => {
            Time::Within(format!("{rhythm} from {} to {}", clock(*hour, *minute), clock(*last, *end)))
        }
        (false, Some(step), _) => Time::Within(format!("{rhythm} in every {} hour from 00:00", ordinal(step))),
        (false, None, _) => {
            let noun = if hours.len() == 1 { "hour" } else { "hours" };
            Time::Within(format!("{rhythm} in the {noun} {}", listed(hour, RUN, |hour| format!("{hour:02}"))))
        }
    }
}

/// Whether no number is left out between the first and the last one.
fn is_run(values: &[u32]) -> bool {
    values.windows(2).all(|pair| pair[0] + 1 == pair[1])
}

fn counted(minute: Values) -> String {
    let noun = if minute.list() == [1] { "minute" } else { "minutes" };
    format!("{} {noun}", listed(minute, RUN, |minute| minute.to_string()))
}

/// On which days; `None` is every day.
fn days(day: Values, weekday: Values) -> Option<String> {
    let (any_day, any_weekday) = (day.is_all(Field::DayOfMonth), weekday.is_all(Field::DayOfWeek));
    let by_day = || format!("on day {} of the month", listed(day, RUN, |day| day.to_string()));
    // A week is told from Monday on: Sunday is its last day.
    let week = Values { bits: weekday.bits >> 1 << 1 | (weekday.bits & 1) << 7, ..weekday };
    let by_weekday = || listed(week, RUN_OF_DAYS, |day| WEEKDAYS[day as usize % 7].to_owned());
    let either = !day.star && !weekday.star;
    match (any_day, any_weekday) {
        (true, true) => None,
        _ if either => Some(format!("{}, and every {}", by_day(), by_weekday())),
        (false, true) => Some(by_day()),
        (true, false) => Some(format!("every {}", by_weekday())),
        (false, false) => Some(format!("{} if that is a {}", by_day(), by_weekday())),
    }
}

/// `*/15` of 60: the step, when it goes evenly through all of them.
fn even_step(values: &[u32], of: u32) -> Option<u32> {
    let step = match values {
        [0, second, ..] => *second,
        _ => return None,
    };
    let even = step > 1 && of.is_multiple_of(step) && values.iter().copied().eq((0..of).step_by(step as usize));
    even.then_some(step)
}

/// Runs of so many and more as `first to last`.
fn listed(values: Values, run: u32, name: impl Fn(u32) -> String) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values.list() {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == value => *last = value,
            _ => runs.push((value, value)),
        }
    }
    let shown = runs.into_iter().flat_map(|(first, last)| match last - first + 1 < run {
        true => (first..=last).map(&name).collect(),
        false => vec![format!("{} to {}", name(first), name(last))],
    });
    joined(shown.collect())
}

fn joined(mut words: Vec<String>) -> String {
    match (words.pop(), words.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", words.join(", ")),
    }
}

fn clock(hour: u32, minute: u32) -> String {
    format!("{hour:02}:{minute:02}")
}

fn ordinal(number: u32) -> String {
    match number {
        2 => "2nd".to_owned(),
        3 => "3rd".to_owned(),
        number => format!("{number}th"),
    }
}
