//! Verdicts as rows of the store, and rows as what the board begins with.

use jiff::Timestamp;

use super::super::board::{Board, Pause, Standing};
use super::super::verdict::{Entry, Outcome, Step, Verdict, What};
use crate::clock::moment;
use crate::settings::Job;
use crate::store::{Cause, JobRow, PauseRow, TickRow, TriggerStanding};

/// The row of the moment that a verdict is about; `None` where it changes none.
pub(super) fn tick(verdict: &Verdict, now: Timestamp) -> Option<TickRow> {
    let Verdict { job, entry, what, .. } = verdict;
    // What is started by hand is no moment, and events have rows of their own.
    if !matches!(entry.cause, Cause::Schedule | Cause::Backfill) {
        return None;
    }
    let state = verdict.state()?;
    let now = now.as_millisecond();
    let over = matches!(what, What::Skipped(_) | What::Missed { .. } | What::Ended(_) | What::GaveWay(_));
    let never_ran = matches!(what, What::Skipped(_) | What::Missed { .. });
    Some(TickRow {
        job: job.name.clone(),
        scheduled_at: entry.scheduled_at.as_millisecond(),
        due_at: entry.due_at.as_millisecond(),
        cause: entry.cause.as_str().to_owned(),
        made_up: entry.made_up,
        state: state.to_owned(),
        why: verdict.why(),
        folded: if let What::Missed { folded, .. } = what { *folded } else { 0 },
        run: Some(entry.run.clone()).filter(|run| !run.is_empty() && !never_ran),
        tries: entry.tries,
        decided_at: now,
        begun_at: (*what == What::Starts(Step::Begin)).then_some(now),
        ended_at: over.then_some(now),
    })
}

/// How a job stands on the board, for the store.
pub(super) fn job(job: &Job, standing: &Standing) -> JobRow {
    JobRow {
        name: job.name.clone(),
        timetable: timetable(job),
        decided_to: standing.decided_to.as_millisecond(),
        failures: standing.failures,
        last_done: standing.last_done.map(Timestamp::as_millisecond),
        unfinished: standing.unfinished.clone(),
    }
}

/// Whether the store does not know the job, or knows it by another timetable.
pub(super) fn is_new(job: &Job, row: Option<&JobRow>) -> bool {
    !job.timetable.expressions().is_empty() && row.is_none_or(|row| row.timetable != timetable(job))
}

/// How the store knows a job. Moments of a timetable that it has not seen before count from now on.
pub(super) fn standing(job: &Job, row: Option<&JobRow>, now: Timestamp) -> Standing {
    let Some(row) = row else { return Standing::new(now) };
    let kept = moment(row.decided_to).unwrap_or(now);
    let same = row.timetable == timetable(job);
    Standing {
        decided_to: if same { kept } else { kept.max(now) },
        failures: row.failures,
        pause: None,
        last_done: row.last_done.and_then(moment),
        unfinished: row.unfinished.clone(),
    }
}

/// An open tick as the board takes it up.
pub(super) fn open(row: &TickRow) -> Option<Entry> {
    let cause = Cause::parse(&row.cause)?;
    let (scheduled_at, due_at) = (moment(row.scheduled_at)?, moment(row.due_at)?);
    let (run, tries, made_up) = (row.run.clone().unwrap_or_default(), row.tries, row.made_up);
    Some(Entry { cause, scheduled_at, due_at, made_up, run, tries })
}

/// How the run stands that an event asked for; `None` where that does not change.
pub(super) fn trigger(verdict: &Verdict) -> Option<TriggerStanding> {
    let again = matches!(verdict.what, What::Again(_) | What::Left);
    matches!(verdict.state(), Some("waiting" | "running")).then(|| TriggerStanding {
        tries: verdict.entry.tries,
        due_at: again.then_some(verdict.entry.due_at.as_millisecond()),
        why: verdict.why(),
    })
}

pub(super) fn pause(row: PauseRow) -> Pause {
    Pause { until: row.until.and_then(moment), reason: row.reason }
}

/// The pause that the board has decided on.
pub(super) fn paused(board: &Board, verdict: &Verdict, now: Timestamp) -> Option<PauseRow> {
    let What::Pauses { .. } = verdict.what else { return None };
    let pause = board.standing(&verdict.job.name)?.pause.clone()?;
    Some(PauseRow {
        job: verdict.job.name.clone(),
        until: pause.until.map(Timestamp::as_millisecond),
        reason: pause.reason,
        who: "the scheduler".to_owned(),
        at: now.as_millisecond(),
    })
}

/// How a run ended that a process before this one has seen to its end.
pub(super) fn outcome(run: &crate::store::Run) -> Option<Outcome> {
    use crate::store::RunState;
    let code = || run.exit_code.and_then(|code| u8::try_from(code).ok());
    match run.state {
        RunState::Done | RunState::Failed => code().map(Outcome::of_code),
        RunState::Held => Some(Outcome::Held),
        RunState::Running | RunState::Interrupted => None,
    }
}

fn timetable(job: &Job) -> String {
    let texts: Vec<String> = job.timetable.expressions().iter().map(ToString::to_string).collect();
    format!("{} {}", texts.join("; "), job.timetable.zone().iana_name().unwrap_or("UTC"))
}
