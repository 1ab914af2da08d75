//! `beadle jobs next`: what is due next, over all jobs, in order.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::super::{Code, Failure, Shell};
use super::list::harmless;
use super::moments::{name, rfc3339, shown, typed, with_weekday};
use super::standing::{Standings, until};
use super::{Place, broken};
use crate::clock::Clock;
use crate::settings::{Job, Jobs};
use crate::timetable::calendar_ends;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Only these jobs
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How many moments
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
    /// From this moment on, in place of now: RFC 3339, or by the clocks of the project's timezone
    #[arg(long, value_name = "TIME")]
    after: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Shows the next moments of all jobs, or of some.
pub(super) fn next(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let (settings, jobs) = options.place.open(shell)?;
    let zone = &settings.project.timezone;
    let chosen = chosen(&jobs, &options.names)?;
    let after = match &options.after {
        Some(text) => typed("--after", text, zone)?,
        None => Clock::system().now(),
    };
    let standings = Standings::read(&settings, options.place.mode(), shell, Clock::system().now())?;
    let mut left = options.count;
    for (at, job) in moments(&chosen, after).take(options.count as usize) {
        left -= 1;
        let paused = standings.pause_at(job, at);
        let own = job.timetable.zone();
        let object = || {
            let (at, local) = (at.to_string(), rfc3339(at, own));
            let (reason, until) = paused.clone().unzip();
            let until = until.flatten().map(|at| at.to_string());
            json!({ "type": "due", "job": job.name, "at": at, "local": local, "zone": name(own),
                    "paused": paused.is_some(), "reason": reason, "until": until })
        };
        let why =
            || paused.as_ref().map(|(reason, end)| format!(", paused: {}{}", harmless(reason), until(*end, zone)));
        shell.tell(|| format!("{}{}", line(at, job, zone), why().unwrap_or_default()), object);
    }
    let code = if options.names.is_empty() { broken(&jobs, shell) } else { Code::Done };
    let scheduled = chosen.iter().any(|job| !job.timetable.expressions().is_empty());
    let ends = scheduled && left > 0;
    let shown = options.count - left;
    if left > 0 {
        let why = match scheduled {
            true => format!("then nothing more: {}", calendar_ends()),
            false => "nothing is due by itself: no job here has a `schedule`".to_owned(),
        };
        shell.tell_text(&why);
    }
    if shell.printer.format() == super::Format::Json {
        shell.printer.object(&json!({ "type": "next", "shown": shown, "calendar_ends": ends }));
    }
    Ok(code)
}

fn chosen<'a>(jobs: &'a Jobs, names: &[String]) -> Result<Vec<&'a Job>, Failure> {
    match names.is_empty() {
        true => Ok(jobs.jobs.values().collect()),
        false => names.iter().map(|name| Ok(jobs.get(name)?)).collect(),
    }
}

/// All moments of all jobs, in order; those of the same moment by the jobs' names.
fn moments<'a>(jobs: &'a [&'a Job], after: Timestamp) -> impl Iterator<Item = (Timestamp, &'a Job)> {
    let first = |(place, job): (usize, &&Job)| Some((job.timetable.next(after)?, job.name.clone(), place));
    let mut waiting: BTreeSet<(Timestamp, String, usize)> = jobs.iter().enumerate().filter_map(first).collect();
    std::iter::from_fn(move || {
        let (at, name, place) = waiting.pop_first()?;
        let job = *jobs.get(place)?;
        if let Some(next) = job.timetable.next(at) {
            waiting.insert((next, name, place));
        }
        Some((at, job))
    })
}

fn line(at: Timestamp, job: &Job, zone: &TimeZone) -> String {
    let own = job.timetable.zone();
    let own_clock = match own == zone {
        true => String::new(),
        false => format!(", {} in {}", shown(at, own, "%H:%M %:z"), name(own)),
    };
    format!("{}  {}{own_clock}", with_weekday(at, zone), job.name)
}
