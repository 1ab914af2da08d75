//! How jobs stand by what the store keeps, also while no `beadle serve` is at work. Its one rule: looking makes no store.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::super::past::failed;
use super::super::session::Session;
use super::super::{Failure, Shell};
use super::moments::local;
use crate::clock::moment;
use crate::effects::Lease;
use crate::model::counted;
use crate::runs::history::Owner;
use crate::schedule::SEAT;
use crate::settings::{Flags, Job, Mode, Settings};
use crate::store::{PauseRow, RunState};

/// How each job stands, by name.
#[derive(Default)]
pub(super) struct Standings {
    jobs: BTreeMap<String, Standing>,
    flags: String,
}

/// How a job stands.
#[derive(Default)]
pub(super) struct Standing {
    /// A pause that holds now.
    pub(super) pause: Option<PauseRow>,
    failures: u32,
    last_done: Option<Timestamp>,
    unfinished: Option<Unfinished>,
    at_work: Vec<String>,
    /// Runs that a `beadle serve` has left when it ended.
    left: Vec<String>,
    moments: u64,
    events: u64,
    /// Why what waits does.
    why: Option<String>,
}

/// A pause in words, and what ends it.
pub(super) struct Paused {
    pub(super) said: String,
    pub(super) next: String,
}

/// A run that has not come to its end.
struct Unfinished {
    run: String,
    how: &'static str,
    /// What holds it and is not for a person to approve, a line each; what to type stands there as well.
    held: Vec<String>,
    next: Option<String>,
}

impl Standings {
    /// Reads them; nothing is known where there is no store yet.
    pub(super) fn read(settings: &Settings, mode: Mode, shell: &Shell, now: Timestamp) -> Result<Self, Failure> {
        if !settings.project.store.is_file() {
            return Ok(Self::default());
        }
        Self::of_session(&Session::open(shell, settings.clone(), mode)?, now)
    }

    /// The same where the store is open already.
    pub(super) fn of_session(session: &Session<'_>, now: Timestamp) -> Result<Self, Failure> {
        let flags: Flags = session.shell.flags(session.mode());
        let mut known = Self { jobs: BTreeMap::new(), flags: flags.to_string() };
        known.rows(session, now)?;
        known.open(session)?;
        Ok(known)
    }

    /// How this one stands.
    pub(super) fn of(&self, job: &str) -> Option<&Standing> {
        self.jobs.get(job)
    }

    /// Whether a job has no moments that run now.
    pub(super) fn is_paused(&self, job: &Job) -> bool {
        job.paused.is_some() || self.of(&job.name).is_some_and(|standing| standing.pause.is_some())
    }

    /// Why, and until when, a moment of a job is skipped for a pause.
    pub(super) fn pause_at(&self, job: &Job, at: Timestamp) -> Option<(String, Option<Timestamp>)> {
        if let Some(reason) = &job.paused {
            return Some((reason.clone(), None));
        }
        let pause = self.of(&job.name)?.pause.as_ref()?;
        let until = pause.until.and_then(moment);
        until.is_none_or(|until| at < until).then(|| (pause.reason.clone(), until))
    }

    /// What there is to say of a job, a line each.
    pub(super) fn lines(&self, job: &Job) -> Vec<String> {
        let zone = job.timetable.zone();
        let Some(standing) = self.of(&job.name) else { return Vec::new() };
        let mut lines = Vec::new();
        if let Some(pause) = &standing.pause {
            let Paused { said, next } = self.by_hand(job, pause);
            lines.extend([said, format!("  next: {next}")]);
        }
        if standing.failures > 0 {
            let failures = counted(standing.failures, "failure", "failures in a row");
            lines.push(format!("{failures}: beadle runs --job {}{}", job.name, self.flags));
        }
        standing.runs(&mut lines);
        if let Some(at) = standing.last_done {
            lines.push(format!("last done: {}", local(at, zone)));
        }
        lines
    }

    /// What pauses a job: its file, a person or its failures, each with what ends that.
    pub(super) fn pauses(&self, job: &Job) -> Vec<Paused> {
        let by_file = job.paused.as_ref().map(|reason| Paused {
            said: format!("paused by its file: {reason}"),
            next: format!("take `paused` out of {}", job.file.display()),
        });
        let pause = self.of(&job.name).and_then(|standing| standing.pause.as_ref());
        by_file.into_iter().chain(pause.map(|pause| self.by_hand(job, pause))).collect()
    }

    fn by_hand(&self, job: &Job, pause: &PauseRow) -> Paused {
        let until = pause.until.and_then(moment);
        let zone = job.timetable.zone();
        let until = until.map_or("until it is unpaused".to_owned(), |until| format!("until {}", local(until, zone)));
        Paused {
            said: format!("paused {until} by {}: {}", pause.who, pause.reason),
            next: format!("beadle jobs unpause {}{}", job.name, self.flags),
        }
    }

    /// The same for programs, in the words of the API.
    pub(super) fn put_into(&self, job: &Job, object: &mut Value) {
        let none = Standing::default();
        let standing = self.of(&job.name).unwrap_or(&none);
        if let Some(map) = object.as_object_mut() {
            standing.put_into(map);
        }
    }

    fn rows(&mut self, session: &Session<'_>, now: Timestamp) -> Result<(), Failure> {
        let (store, runtime) = (&session.store, &session.runtime);
        for row in runtime.block_on(store.job_rows()).map_err(failed)? {
            let unfinished = match &row.unfinished {
                Some(run) => unfinished(session, run)?,
                None => None,
            };
            let standing = self.jobs.entry(row.name).or_default();
            (standing.failures, standing.unfinished) = (row.failures, unfinished);
            standing.last_done = row.last_done.and_then(moment);
        }
        for pause in runtime.block_on(store.pauses()).map_err(failed)? {
            if pause.until.is_none_or(|until| now.as_millisecond() < until) {
                let standing = self.jobs.entry(pause.job.clone()).or_default();
                standing.pause = Some(pause);
            }
        }
        Ok(())
    }

    /// What waits, and what is at work.
    fn open(&mut self, session: &Session<'_>) -> Result<(), Failure> {
        let (store, runtime) = (&session.store, &session.runtime);
        let served = Lease::is_held(store, SEAT).unwrap_or(false);
        // Its process may be about to begin.
        let is_at_work = |run: &str| served || Lease::is_held(store, run).unwrap_or(false);
        for tick in runtime.block_on(store.open_ticks()).map_err(failed)? {
            let standing = self.jobs.entry(tick.job).or_default();
            match tick.run.filter(|_| tick.state == "running") {
                Some(run) => standing.begun(is_at_work(&run), run),
                None => {
                    standing.moments += 1;
                    standing.why = standing.why.take().or(tick.why);
                }
            }
        }
        for open in runtime.block_on(store.open_triggers()).map_err(failed)? {
            let standing = self.jobs.entry(open.job).or_default();
            match open.at_work {
                Some(run) => standing.begun(is_at_work(&run), run),
                None => {
                    standing.events += open.events;
                    standing.why = standing.why.take().or(open.why);
                }
            }
        }
        Ok(())
    }
}

impl Standing {
    fn begun(&mut self, at_work: bool, run: String) {
        if at_work { self.at_work.push(run) } else { self.left.push(run) }
    }

    fn runs(&self, lines: &mut Vec<String>) {
        let waiting = self.waiting();
        if let Some(unfinished) = &self.unfinished {
            let waits = waiting.as_ref().map(|(what, verb)| format!("; {what} {verb} for it")).unwrap_or_default();
            lines.push(format!("run {} {}{waits}", unfinished.run, unfinished.how));
            match unfinished.held.is_empty() {
                true => lines.extend(unfinished.next.iter().map(|next| format!("  next: {next}"))),
                false => lines.extend(unfinished.held.iter().map(|line| format!("  {line}"))),
            }
        } else if let Some((what, verb)) = waiting {
            let why = self.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            lines.push(format!("{what} {verb}{why}"));
        }
        lines.extend(self.at_work.iter().map(|run| format!("run {run} is at work")));
        let left = "was at work when `beadle serve` ended; the next one goes on with it";
        lines.extend(self.left.iter().map(|run| format!("run {run} {left}")));
    }

    /// What waits, and the verb for it.
    fn waiting(&self) -> Option<(String, &'static str)> {
        let moments = (self.moments > 0).then(|| counted(self.moments, "moment", "moments"));
        let events = (self.events > 0).then(|| counted(self.events, "event", "events"));
        let what = [moments, events].into_iter().flatten().collect::<Vec<_>>().join(" and ");
        let verb = if self.moments + self.events == 1 { "waits" } else { "wait" };
        (!what.is_empty()).then_some((what, verb))
    }

    fn put_into(&self, map: &mut Map<String, Value>) {
        let pause = self.pause.as_ref().map(|pause| {
            let until = pause.until.and_then(moment).map(|at| at.to_string());
            json!({ "until": until, "reason": pause.reason, "who": pause.who })
        });
        map.insert("pause".into(), json!(pause));
        map.insert("failures".into(), self.failures.into());
        map.insert("last_done".into(), json!(self.last_done.map(|at| at.to_string())));
        let unfinished = self.unfinished.as_ref();
        map.insert("unfinished".into(), json!(unfinished.map(|run| &run.run)));
        map.insert("to_type".into(), json!(unfinished.and_then(|run| run.next.as_ref())));
        map.insert("at_work".into(), json!(self.at_work));
        map.insert("waiting".into(), (self.moments + self.events).into());
        map.insert("waiting_events".into(), self.events.into());
    }
}

/// `None` where somebody has brought it to its end meanwhile.
fn unfinished(session: &Session<'_>, id: &str) -> Result<Option<Unfinished>, Failure> {
    let run = id.to_owned();
    if session.runtime.block_on(session.store.run(id)).map_err(failed)?.is_none() {
        return Ok(Some(Unfinished {
            run,
            how: "was stopped before it was written down",
            held: Vec::new(),
            next: None,
        }));
    }
    let shown = session.ask(session.past().shown(id))?;
    let how = match (shown.owner, shown.run.state) {
        (Owner::Alive, _) => "is being finished first",
        (_, RunState::Held) if !shown.approvals.is_empty() && shown.open_holds().is_empty() => {
            "was held and is approved"
        }
        (_, RunState::Held) => "is held",
        (_, RunState::Interrupted) => "was interrupted",
        (_, RunState::Running) => "was killed",
        (_, RunState::Failed) => "failed",
        (_, RunState::Done) => return Ok(None),
    };
    let stays = shown.run.state == RunState::Held && shown.open_holds().is_empty() && shown.approvals.is_empty();
    let error = shown.error().filter(|_| stays).unwrap_or_default();
    Ok(Some(Unfinished { run, how, held: error.lines().map(str::to_owned).collect(), next: shown.command() }))
}

/// `until 2027-01-07 00:00 +01:00`, with a blank before it; empty where no end is known.
pub(super) fn until(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map(|at| format!(" until {}", local(at, zone))).unwrap_or_default()
}
