//! `beadle jobs backfill`: moments of the past that shall run now, one after the other, by the `beadle serve` at work.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::super::past::failed;
use super::super::session::Session;
use super::super::{Code, Failure, Shell};
use super::Place;
use super::moments::{local, typed};
use crate::clock::Clock;
use crate::effects::Lease;
use crate::events::Level;
use crate::model::counted;
use crate::schedule::SEAT;
use crate::settings::{Job, Jobs};
use crate::store::{Cause, TickFilter, TickRow};

/// More are asked for in parts.
const MOST: usize = 10_000;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The job
    name: String,
    /// The first moment: RFC 3339, or by the clocks of the job's timezone
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The last moment
    #[arg(long, value_name = "TIME")]
    to: String,
    /// Only moments that were missed or skipped, or that nobody decided about
    #[arg(long)]
    only_missing: bool,
    #[command(flatten)]
    place: Place,
}

/// Asks for the moments.
pub(super) fn backfill(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let settings = shell.settings(options.place.mode(), None)?;
    let job = Jobs::one(&settings, &options.name)?;
    let zone = job.timetable.zone();
    let (from, to) = (typed("--from", &options.from, zone)?, typed("--to", &options.to, zone)?);
    let now = Clock::system().now();
    if to > now {
        let hint = "moments to come run by themselves";
        return Err(Failure::usage(format!("`--to` lies ahead: {}", local(to, zone))).hint(hint));
    }
    let moments = between(&job, from, to)?;
    let session = Session::open(shell, settings, options.place.mode())?;
    let filter = TickFilter {
        job: Some(job.name.clone()),
        from: Some(from.as_millisecond()),
        to: Some(to.as_millisecond()),
        most: 0,
    };
    let known = session.runtime.block_on(session.store.ticks(&filter)).map_err(failed)?;
    let known: BTreeMap<i64, TickRow> = known.into_iter().map(|tick| (tick.scheduled_at, tick)).collect();
    let (asked, left): (Vec<Timestamp>, Vec<Timestamp>) =
        moments.into_iter().partition(|moment| wanted(known.get(&moment.as_millisecond()), options.only_missing));
    let rows: Vec<TickRow> = asked.iter().map(|moment| row(&job, *moment, now)).collect();
    session.runtime.block_on(session.store.keep_turn(&[], &rows)).map_err(failed)?;
    let (count, left) = (rows.len(), left.len());
    shell.tell(
        || sum(&job.name, count, left),
        || json!({ "type": "backfill", "job": job.name, "asked": count, "left": left }),
    );
    if count > 0 && !Lease::is_held(&session.store, SEAT).unwrap_or(false) {
        let line =
            format!("no `beadle serve` is at work here: they run when one is started{}", shell.flags(session.mode()));
        shell.printer.say(Level::Warn, &line);
    }
    Ok(Code::Done)
}

fn between(job: &Job, from: Timestamp, to: Timestamp) -> Result<Vec<Timestamp>, Failure> {
    // The first moment counts.
    let before = Timestamp::from_second(from.as_second() - 1).unwrap_or(from);
    let moments: Vec<Timestamp> =
        job.timetable.after(before).take_while(|moment| *moment <= to).take(MOST + 1).collect();
    match moments.len() {
        0 => Err(Failure::usage(format!("`{}` has no moment between --from and --to", job.name))
            .hint(format!("beadle jobs next {} --after {}", job.name, from))),
        count if count > MOST => Err(Failure::usage(format!("these are more than {MOST} moments"))
            .hint("ask for them in parts, a shorter time each")),
        _ => Ok(moments),
    }
}

/// What waits or runs is left alone.
fn wanted(tick: Option<&TickRow>, only_missing: bool) -> bool {
    match tick.map(|tick| tick.state.as_str()) {
        None | Some("missed" | "skipped") => true,
        Some("waiting" | "running") => false,
        Some(_) => !only_missing,
    }
}

fn row(job: &Job, moment: Timestamp, now: Timestamp) -> TickRow {
    TickRow {
        job: job.name.clone(),
        scheduled_at: moment.as_millisecond(),
        due_at: now.as_millisecond(),
        cause: Cause::Backfill.as_str().to_owned(),
        made_up: true,
        state: "waiting".to_owned(),
        why: Some("somebody asked for it".to_owned()),
        folded: 0,
        run: None,
        tries: 0,
        decided_at: now.as_millisecond(),
        begun_at: None,
        ended_at: None,
    }
}

fn sum(job: &str, asked: usize, left: usize) -> String {
    let count = |number: usize| counted(u32::try_from(number).unwrap_or(u32::MAX), "moment", "moments");
    let left = if left == 0 { String::new() } else { format!("; {} left as they are", count(left)) };
    format!("{job}: {} asked for, one after the other{left}", count(asked))
}
