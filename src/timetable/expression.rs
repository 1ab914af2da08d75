//! The text of a crontab's line, read: `*/15 9-17 * * MON-FRI`, `@daily`.

use std::fmt;

use super::Refused;
use super::field::{Field, MONTHS, Text, Values, WEEKDAYS};
use super::wall::Wall;
use super::words;

/// The nicknames, and what each stands for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
/// The most days that a month can have.
const LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Five fields that name minutes of the wall clock.
///
/// What is read is what Debian's cron reads. Where both day fields are restricted either of them is enough; one that begins with
/// `*` does not count as restricted.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    fields: [Values; 5],
    wall: Wall,
}

/// How an expression behaves where clocks are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Its minutes and hours are named: each of its times is meant once a day.
    Fixed,
    /// Minute or hour begins with `*`: it follows the real time.
    Real,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Whatever Debian's cron would not read, and what would never come: with field, position, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let fields = read(text)?;
        comes(text, &fields)?;
        let wall = Wall::of(&fields).map_err(|why| about_all(text, why, "write five fields".to_owned()))?;
        Ok(Self { source: text.trim().to_owned(), fields, wall })
    }

    /// What it says, in plain words: `at 02:30 every day`.
    pub fn words(&self) -> String {
        words::of(&self.fields)
    }

    /// Whether its times are meant once a day each, also where clocks are changed. Otherwise it follows the real time.
    pub fn is_fixed(&self) -> bool {
        self.pace() == Pace::Fixed
    }

    pub(super) fn pace(&self) -> Pace {
        let [minute, hour, ..] = self.fields;
        if minute.star || hour.star { Pace::Real } else { Pace::Fixed }
    }

    pub(super) fn wall(&self) -> &Wall {
        &self.wall
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn read(text: &str) -> Result<[Values; 5], Refused> {
    let trimmed = text.trim();
    if trimmed.starts_with('@') {
        return nickname(text, trimmed);
    }
    if let Some((name, _)) = trimmed.split_once('=') {
        let fix = "name the zone beside it: `timezone = \"Europe/Berlin\"` in a job, --zone on the command line";
        return Err(about_all(text, format!("`{name}=` stands before the fields"), fix.to_owned()));
    }
    let starts = words_of(text);
    let &[minute, hour, day, month, weekday] = starts.as_slice() else { return Err(wrong_count(text, &starts)) };
    let field = |field, (from, to)| Text { whole: text, field, from, to }.values();
    Ok([
        field(Field::Minute, minute)?,
        field(Field::Hour, hour)?,
        field(Field::DayOfMonth, day)?,
        field(Field::Month, month)?,
        field(Field::DayOfWeek, weekday)?,
    ])
}

/// Where each word begins and ends.
fn words_of(text: &str) -> Vec<(usize, usize)> {
    text.split_ascii_whitespace()
        .map(|word| {
            let from = word.as_ptr().addr() - text.as_ptr().addr();
            (from, from + word.len())
        })
        .collect()
}

fn wrong_count(text: &str, found: &[(usize, usize)]) -> Refused {
    let shape = "minute, hour, day of month, month, day of week";
    let between = |from: usize, to: usize| text[found[from].0..found[to].1].to_owned();
    let (problem, fix) = match found.len() {
        0 => ("there are no fields".to_owned(), format!("write five: {shape}")),
        count if count > 5 && has_command(text, found[5]) => {
            let fix = format!("its command does not belong here: write the five fields, `{}`", between(0, 4));
            ("this is a whole line of a crontab".to_owned(), fix)
        }
        6 => {
            let fix = format!("beadle's minutes are the smallest step: drop the seconds and write `{}`", between(1, 5));
            ("there are six fields".to_owned(), fix)
        }
        7 => {
            let fix = format!("seconds and years are not known: write `{}`", between(1, 5));
            ("there are seven fields".to_owned(), fix)
        }
        1 => ("there is one field".to_owned(), format!("write five: {shape}")),
        count => (format!("there are {count} fields"), format!("write five: {shape}")),
    };
    about_all(text, problem, fix)
}

/// Whether the sixth word is a field of no crontab: it begins a command.
fn has_command(text: &str, (from, to): (usize, usize)) -> bool {
    let named = |part: &str| MONTHS.iter().chain(&WEEKDAYS).any(|name| name.eq_ignore_ascii_case(part));
    let counted = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || "*?LW".contains(c));
    !text[from..to].split([',', '-', '/', '#']).all(|part| named(part) || counted(part))
}

fn nickname(text: &str, trimmed: &str) -> Result<[Values; 5], Refused> {
    if let Some((_, fields)) = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(trimmed)) {
        return read(fields);
    }
    let first = trimmed.split_ascii_whitespace().next().unwrap_or_default();
    if first != trimmed && NICKNAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(first)) {
        let fix = format!("its command does not belong here: write `{first}`");
        return Err(about_all(text, "this is a whole line of a crontab".to_owned(), fix));
    }
    let (problem, fix) = match trimmed.to_ascii_lowercase().as_str() {
        "@reboot" => {
            let fix = "a restart is no time; a job that shall not lose a run says `missed = \"last\"`".to_owned();
            ("`@reboot` is not known".to_owned(), fix)
        }
        name if name.starts_with("@every") => {
            ("`@every` is not known".to_owned(), "write fields, such as `*/15 * * * *`".to_owned())
        }
        name => {
            let names: Vec<&str> = NICKNAMES.iter().map(|(name, _)| *name).collect();
            (format!("`{name}` is not known"), format!("write one of {}, or five fields", names.join(", ")))
        }
    };
    Err(about_all(text, problem, fix))
}

/// Refuses what no calendar has: the 30th of February.
fn comes(text: &str, fields: &[Values; 5]) -> Result<(), Refused> {
    let [_, _, day, month, weekday] = fields;
    let either = !day.star && !weekday.star;
    let longest = month.list().into_iter().map(|month| LENGTHS[month as usize - 1]).max().unwrap_or(0);
    if either || day.list().into_iter().any(|day| day <= longest) {
        return Ok(());
    }
    let fix = format!("the longest of its months has {longest} days: name one of them, or another month");
    let at = words_of(text).get(2).map_or(0..text.len(), |(from, to)| *from..*to);
    let refused = about_all(text, "such a date never comes".to_owned(), fix);
    Err(Refused { field: Some(Field::DayOfMonth), at, ..refused })
}

fn about_all(text: &str, problem: String, fix: String) -> Refused {
    Refused { expression: text.to_owned(), field: None, at: 0..text.len(), problem, fix }
}
