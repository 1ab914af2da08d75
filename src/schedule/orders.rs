//! What people order of the schedule: pauses, and moments of the past. Orders are rows of the store, which a daemon at work
//! takes in within a second, and one that is started later as well.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::runs::past::Denied;
use crate::settings::Job;
use crate::store::{Cause, PauseRow, Store, TickFilter, TickRow};

/// More moments are asked for in parts.
const MOST: usize = 10_000;

/// Which moments of the past are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moments {
    /// All of them, once more where they were run.
    All,
    /// Those that were missed or skipped, or that nobody decided about.
    Missing,
}

/// How many moments were asked for, and how many were left as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// They will run, one after the other.
    pub asked: usize,
    /// They ran, wait or are at work.
    pub left: usize,
}

/// Skips a job's moments until a time, or until it is unpaused.
pub async fn pause(
    store: &Store,
    job: &str,
    until: Option<Timestamp>,
    reason: &str,
    who: &str,
    now: Timestamp,
) -> Result<PauseRow, Denied> {
    if let Some(until) = until.filter(|until| *until <= now) {
        return Err(Denied::wrong(format!("the end of the pause is over: {until}")));
    }
    if reason.trim().is_empty() {
        return Err(Denied::wrong("the reason is empty: say why, it is shown wherever a moment is skipped"));
    }
    let row = PauseRow {
        job: job.to_owned(),
        until: until.map(Timestamp::as_millisecond),
        reason: reason.to_owned(),
        who: who.to_owned(),
        at: now.as_millisecond(),
    };
    store.pause_job(&row).await?;
    Ok(row)
}

/// Asks for the moments from the first to the last, both among them.
pub async fn backfill(
    store: &Store,
    job: &Job,
    (from, to): (Timestamp, Timestamp),
    which: Moments,
    now: Timestamp,
) -> Result<Asked, Denied> {
    if to > now {
        return Err(Denied::wrong(format!("the last moment lies ahead: {to}"))
            .hint("moments to come run by themselves")
            .ask("moments to come run by themselves"));
    }
    if from > to {
        let words = format!("`from` is after `to`: the first moment is {from}, the last one {to}");
        return Err(Denied::wrong(words));
    }
    let moments = between(job, from, to)?;
    let filter = TickFilter {
        job: Some(job.name.clone()),
        from: Some(from.as_millisecond()),
        to: Some(to.as_millisecond()),
        ..TickFilter::default()
    };
    let known = store.ticks(&filter).await?;
    let known: BTreeMap<i64, TickRow> = known.into_iter().map(|tick| (tick.scheduled_at, tick)).collect();
    let (asked, left): (Vec<Timestamp>, Vec<Timestamp>) =
        moments.into_iter().partition(|moment| wanted(known.get(&moment.as_millisecond()), which));
    let rows: Vec<TickRow> = asked.iter().map(|moment| row(job, *moment, now)).collect();
    store.keep_turn(&[], &rows).await?;
    Ok(Asked { asked: rows.len(), left: left.len() })
}

fn between(job: &Job, from: Timestamp, to: Timestamp) -> Result<Vec<Timestamp>, Denied> {
    // The first moment counts.
    let before = Timestamp::from_second(from.as_second() - 1).unwrap_or(from);
    let moments: Vec<Timestamp> =
        job.timetable.after(before).take_while(|moment| *moment <= to).take(MOST + 1).collect();
    match moments.len() {
        0 => Err(Denied::wrong(format!("`{}` has no moment from {from} to {to}", job.name))
            .hint(format!("beadle jobs next {} --after {from}", job.name))),
        count if count > MOST => Err(Denied::wrong(format!("these are more than {MOST} moments"))
            .hint("ask for them in parts, a shorter time each")
            .ask("ask for them in parts, a shorter time each")),
        _ => Ok(moments),
    }
}

/// What waits or runs is left alone.
fn wanted(tick: Option<&TickRow>, which: Moments) -> bool {
    match tick.map(|tick| tick.state.as_str()) {
        None | Some("missed" | "skipped") => true,
        Some("waiting" | "running") => false,
        Some(_) => which == Moments::All,
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
