//! `beadle jobs explain`: what a crontab's line or a job's schedule means, in words, with its next times.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::super::{Code, Failure, Shell};
use super::moments::{name, rfc3339, typed, with_weekday};
use super::{Place, clocks, list};
use crate::clock::Clock;
use crate::model::{Excerpt, quotable};
use crate::settings::{Job, zone};
use crate::timetable::{Expression, Refused, Timetable, calendar_ends};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Five fields in quotes (`"30 2 * * *"`), a nickname (`@daily`), or the name of a job
    #[arg(required = true, value_name = "CRON")]
    what: Vec<String>,
    /// The time zone by its name; UTC where none is said, for a job its own
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Times after this moment, in place of now: RFC 3339, or by the clocks of the zone
    #[arg(long, value_name = "TIME")]
    after: Option<String>,
    /// How many times
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    #[command(flatten)]
    place: Place,
}

/// Explains an expression, for which no project is needed, or a job of the project.
pub(super) fn explain(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let what = options.what.join(" ");
    let zone = match &options.zone {
        Some(name) => Some(zone(name).map_err(|why| Failure::usage(format!("`--zone` {why}")))?),
        None => None,
    };
    match Expression::parse(&what) {
        Ok(expression) => {
            let words = vec![format!("{expression}: {}", expression.words())];
            let timetable = Timetable::new(vec![expression], zone.unwrap_or(TimeZone::UTC));
            show(options, shell, None, words, &timetable)
        }
        Err(why) if may_be_a_name(&what) => {
            let job = job(options.place, shell, &what, &why)?;
            let timetable = match zone {
                Some(zone) => Timetable::new(job.timetable.expressions().to_vec(), zone),
                None => job.timetable.clone(),
            };
            let expressions = timetable.expressions().iter();
            let mut words: Vec<String> = expressions.map(|one| format!("{one}: {}", one.words())).collect();
            if words.is_empty() {
                words = list::when(&job);
            }
            show(options, shell, Some(&job), words, &timetable)
        }
        Err(why) => Err(refused(&why)),
    }
}

/// One word with a letter in it is no expression, whoever wrote it.
fn may_be_a_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    text.chars().all(fits) && text.chars().any(|c| c.is_ascii_lowercase())
}

/// The job of this name; where there is none, the word may have been meant as an expression.
fn job(place: Place, shell: &Shell, name: &str, why: &Refused) -> Result<Job, Failure> {
    let jobs = match place.open(shell) {
        Ok((_, jobs)) => jobs,
        Err(failure) => {
            let message = format!("`{name}` is no crontab's line: {why}; and no job: {failure}");
            return Err(Failure { message, ..failure });
        }
    };
    Ok(jobs.get(name)?.clone())
}

/// The error with the expression below it and its place underlined.
fn refused(why: &Refused) -> Failure {
    let before = why.expression[..why.at.start].chars().count();
    let width = why.expression[why.at.clone()].chars().count();
    let excerpt = Excerpt::around(&why.expression, before, width);
    let said = quotable(&why.to_string());
    match width {
        0 => Failure::usage(said),
        _ => Failure::usage(format!("{said}\n  {}\n  {}", excerpt.shown, excerpt.marks())),
    }
}

fn show(
    options: &Options,
    shell: &Shell,
    job: Option<&Job>,
    words: Vec<String>,
    timetable: &Timetable,
) -> Result<Code, Failure> {
    let zone = timetable.zone();
    let after = match &options.after {
        Some(text) => typed("--after", text, zone)?,
        None => Clock::system().now(),
    };
    let times: Vec<Timestamp> = timetable.after(after).take(options.count as usize).collect();
    let before = std::iter::once(after).chain(times.iter().copied());
    let notes: Vec<Option<String>> = before.zip(&times).map(|(last, at)| clocks::note(timetable, last, *at)).collect();
    let ends = times.len() < options.count as usize && !timetable.expressions().is_empty();
    let text = || {
        let mut lines = words.clone();
        if !timetable.expressions().is_empty() {
            lines.push(format!("in {}, after {}", name(zone), with_weekday(after, zone)));
        }
        for (at, note) in times.iter().zip(&notes) {
            let note = note.as_ref().map(|note| format!("  {note}")).unwrap_or_default();
            lines.push(format!("  {}{note}", with_weekday(*at, zone)));
        }
        if ends {
            lines.push(format!("  then no more: {}", calendar_ends()));
        }
        lines.join("\n")
    };
    let object = || {
        let expressions = timetable.expressions().iter();
        let of = |(at, note): (&Timestamp, &Option<String>)| json!({ "at": at.to_string(), "local": rfc3339(*at, zone), "note": note });
        json!({
            "next": times.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "times": times.iter().zip(&notes).map(of).collect::<Vec<_>>(),
            "expressions": expressions.clone().map(ToString::to_string).collect::<Vec<_>>(),
            "words": expressions.map(|one| one.words()).collect::<Vec<_>>(),
            "zone": name(zone),
            "after": after.to_string(),
            "calendar_ends": ends,
            "job": job.map(|job| &job.name),
        })
    };
    shell.tell(text, object);
    Ok(Code::Done)
}
