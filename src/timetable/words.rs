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

pub(super) fn of(fields: &[Values; 5]) -> String {
    let [minute, hour, day, month, weekday] = *fields;
    let (time, days) = (time(minute, hour), days(day, weekday));
    let months = match month.is_all(Field::Month) {
        true => String::new(),
        false => format!(" in {}", listed(month, |number| MONTHS[number as usize - 1].to_owned())),
    };
    format!("{time}{days}{months}")
}

fn time(minute: Values, hour: Values) -> String {
    let (minutes, hours) = (minute.list(), hour.list());
    let (all_hours, all_minutes) = (hour.is_all(Field::Hour), minute.is_all(Field::Minute));
    if !all_hours && minutes.len() * hours.len() <= NAMED_TIMES {
        let times = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| clock(*hour, *minute))).collect();
        return format!("at {}", joined(times));
    }
    let rhythm = match (minutes.as_slice(), even_step(&minutes, 60)) {
        _ if all_minutes => "every minute".to_owned(),
        (_, Some(step)) => format!("every {step} minutes"),
        ([0], _) if all_hours => return "every hour, on the hour".to_owned(),
        ([0], _) => "on the hour".to_owned(),
        _ => format!("at {} past the hour", counted(minute)),
    };
    match (all_hours, even_step(&hours, 24)) {
        (true, _) => rhythm,
        (false, Some(step)) => format!("{rhythm} in every {} hour from 00:00", ordinal(step)),
        (false, None) => format!("{rhythm} in the hours {}", listed(hour, |hour| format!("{hour:02}"))),
    }
}

fn counted(minute: Values) -> String {
    let noun = if minute.list() == [1] { "minute" } else { "minutes" };
    format!("{} {noun}", listed(minute, |minute| minute.to_string()))
}

fn days(day: Values, weekday: Values) -> String {
    let (any_day, any_weekday) = (day.is_all(Field::DayOfMonth), weekday.is_all(Field::DayOfWeek));
    let by_day = || format!("on day {} of the month", listed(day, |day| day.to_string()));
    let by_weekday = || listed(weekday, |day| WEEKDAYS[day as usize].to_owned());
    let either = !day.star && !weekday.star;
    match (any_day, any_weekday) {
        (true, true) => " every day".to_owned(),
        _ if either => format!(" {}, and every {}", by_day(), by_weekday()),
        (false, true) => format!(" {}", by_day()),
        (true, false) => format!(" every {}", by_weekday()),
        (false, false) => format!(" {} if that is a {}", by_day(), by_weekday()),
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

/// Runs of three and more as `first to last`.
fn listed(values: Values, name: impl Fn(u32) -> String) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for value in values.list() {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == value => *last = value,
            _ => runs.push((value, value)),
        }
    }
    let shown = runs.into_iter().flat_map(|(first, last)| match last - first {
        0 => vec![name(first)],
        1 => vec![name(first), name(last)],
        _ => vec![format!("{} to {}", name(first), name(last))],
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
