//! When a job is started: `schedule` in its `timezone`, and the events of `on`.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::error::Error;
use super::super::project;
use super::super::section::Section;
use super::super::tree::{Origin, Source};
use super::words::texts;
use crate::model::Topic;
use crate::timetable::{Expression, Refused, Timetable};

/// Reads `schedule` and `timezone`. What is wrong in an expression is shown at its very characters.
pub(super) fn timetable(
    section: &mut Section<'_>,
    source: &Source,
    warn: &mut Vec<String>,
) -> Result<Timetable, Error> {
    let zone = match section.text("timezone")? {
        None => TimeZone::UTC,
        Some((name, origin)) => project::zone(&name).map_err(|why| section.refuse("timezone", &origin, &why))?,
    };
    let mut expressions: Vec<Expression> = Vec::new();
    if let Some(texts) = texts(section, "schedule", "\"30 2 * * *\"")? {
        if texts.each.is_empty() {
            let why = "names no time: write \"30 2 * * *\", or take the line out";
            return Err(section.refuse("schedule", &texts.all, why));
        }
        for (text, origin) in texts.each {
            let read = Expression::parse(&text).map_err(|why| refused(source, &origin, &texts.all, &why))?;
            match expressions.iter().any(|one| is_same(one, &read)) {
                true => warn.push(format!("`{read}` stands in `schedule` twice; once is enough")),
                false => expressions.push(read),
            }
        }
    }
    Ok(Timetable::new(expressions, zone))
}

/// Reads `on`, and where it stands; a name in the other spelling is understood, and a word about it comes back.
pub(super) fn topics(section: &mut Section<'_>, warn: &mut Vec<String>) -> Result<(Vec<Topic>, Option<Origin>), Error> {
    let mut topics = Vec::new();
    let Some(texts) = texts(section, "on", "\"user.created\"")? else { return Ok((topics, None)) };
    let known = || Topic::ALL.map(|topic| format!("`{topic}`")).join(", ");
    if texts.each.is_empty() {
        let why = format!("names no event: write one of {}, or take the line out", known());
        return Err(section.refuse("on", &texts.all, &why));
    }
    for (text, origin) in texts.each {
        let Some(topic) = Topic::read(&text) else {
            let why = format!("names no event: `{text}`; there is {}", known());
            return Err(section.refuse("on", &origin, &why));
        };
        if text != topic.name() {
            warn.push(format!("`{text}` in `on` is understood as `{topic}`, which is its name"));
        }
        if !topics.contains(&topic) {
            topics.push(topic);
        }
    }
    Ok((topics, Some(texts.all)))
}

/// The shortest time between two of its moments, of so many from a day on that is as good as any.
pub(super) fn shortest(timetable: &Timetable) -> Option<Duration> {
    const LOOKED_AT: usize = 400;
    let moments: Vec<Timestamp> =
        timetable.after(Timestamp::from_second(1_767_225_600).ok()?).take(LOOKED_AT).collect();
    let between = moments.windows(2).map(|pair| pair[1].duration_since(pair[0]).unsigned_abs());
    between.min()
}

/// Whether both are written alike, but for blanks and capitals.
fn is_same(one: &Expression, other: &Expression) -> bool {
    let plain = |one: &Expression| one.to_string().split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    plain(one) == plain(other)
}

fn refused(source: &Source, origin: &Origin, all: &Origin, why: &Refused) -> Error {
    let error = Error::new(format!("`schedule`: {why}"));
    let (Origin::File(value), Origin::File(all)) = (origin, all) else { return error };
    let written = source.text.get(value.start + 1..value.end.saturating_sub(1));
    // With escapes in the text or three quotes around it, places in the expression are not places in the file.
    let span = match written == Some(why.expression.as_str()) {
        true => value.start + 1 + why.at.start..value.start + 1 + why.at.end,
        false => value.clone(),
    };
    error.within(source.name(), &source.text, &span, all)
}
