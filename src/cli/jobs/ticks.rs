//! `beadle jobs ticks`: every moment there was, and what became of it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::past::failed;
use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::Place;
use super::moments::{typed, typed_end, with_weekday};
use crate::schedule::{tick_json, tick_words};
use crate::settings::{Flags, Job, Jobs, Settings};
use crate::store::{TickFilter, TickRow};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Only this job's
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Moments from here on: RFC 3339, or by the clocks of the project's timezone
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Moments up to here; a day without a time counts to its end
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// How many, the newest first; 0 is all
    #[arg(long, value_name = "N", default_value_t = 30)]
    count: u32,
    #[command(flatten)]
    place: Place,
}

/// Lists them, the newest first.
pub(super) fn ticks(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let settings = shell.settings(options.place.mode(), None)?;
    let zone = settings.project.timezone.clone();
    let from = options.from.as_deref().map(|text| typed("--from", text, &zone)).transpose()?;
    let to = options.to.as_deref().map(|text| typed_end("--to", text, &zone)).transpose()?;
    let filter = TickFilter {
        job: options.name.clone(),
        from: from.map(Timestamp::as_millisecond),
        to: to.map(Timestamp::as_millisecond),
        most: options.count,
        after: None,
    };
    let session = Session::open(shell, settings.clone(), options.place.mode())?;
    let ticks = session.runtime.block_on(session.store.ticks(&filter)).map_err(failed)?;
    for tick in &ticks {
        shell.tell(|| line(tick, &zone), || tick_json(tick));
    }
    if ticks.is_empty() {
        let name = options.name.as_deref();
        let job = name.map(|name| job(name, &settings, &session)).transpose()?.flatten();
        shell.tell_text(&nothing(job.as_ref(), &shell.flags(options.place.mode())));
    }
    Ok(Code::Done)
}

/// The job of this name, which has no moments to show; an error where there never was one, `None` where its file is gone.
fn job(name: &str, settings: &Settings, session: &Session<'_>) -> Result<Option<Job>, Failure> {
    let unknown = match Jobs::one(settings, name) {
        Ok(job) => return Ok(Some(job)),
        // A file that is broken is there.
        Err(_) if Jobs::load(settings)?.is_broken(name) => return Ok(None),
        Err(unknown) => unknown,
    };
    let any = TickFilter { job: Some(name.to_owned()), most: 1, ..TickFilter::default() };
    match session.runtime.block_on(session.store.ticks(&any)).map_err(failed)?.is_empty() {
        true => Err(unknown.into()),
        false => Ok(None),
    }
}

/// Why there is nothing to show.
fn nothing(job: Option<&Job>, flags: &Flags) -> String {
    let untimed = job.filter(|job| job.timetable.expressions().is_empty());
    match untimed {
        None => "no moment has been due here yet: `beadle serve` writes each one down".to_owned(),
        Some(job) if job.on.is_empty() => {
            format!(
                "{} is run by hand only and has no moments; its runs: beadle runs --job {}{flags}",
                job.name, job.name
            )
        }
        Some(job) => format!(
            "{} is started by events and has no moments; its runs: beadle runs --job {}{flags}; what came in: beadle webhook \
             list{flags}",
            job.name, job.name
        ),
    }
}

fn line(tick: &TickRow, zone: &TimeZone) -> String {
    format!("{}  {}: {}", moment(tick.scheduled_at, zone), tick.job, tick_words(tick))
}

fn moment(at: i64, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| with_weekday(at, zone))
}
