//! Verdicts: written down first, then acted on.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::super::process::{Errand, Exit, Task};
use super::super::verdict::{Outcome, Step, Verdict, What};
use super::{Daemon, Finished, rows};
use crate::events::{Event, Level};
use crate::spans;
use crate::store::{Error, TickRow};

impl Daemon {
    /// Writes verdicts down and does what they say. While the store cannot be written nothing new begins, and nothing is lost.
    pub(super) async fn act(&mut self, mut verdicts: Vec<Verdict>) {
        self.unkept.append(&mut verdicts);
        if self.unkept.is_empty() {
            return;
        }
        let now = self.parts.clock.now();
        for verdict in self.keep(now).await {
            self.say(&verdict);
            match verdict.what {
                What::Starts(ref step) => self.start(&verdict, step.clone()),
                What::Stops(run) => {
                    if let Some(stop) = self.at_work.get(&run) {
                        stop.cancel();
                    }
                }
                _ => {}
            }
        }
    }

    /// The verdicts that are durable now; none while the store cannot be written.
    pub(super) async fn keep(&mut self, now: Timestamp) -> Vec<Verdict> {
        match self.try_keep(now).await {
            Ok(()) => {
                if self.watch.store_works_again() {
                    self.parts.events.say(Level::Info, "the store can be written again; what waited goes on");
                    self.parts.alarms.store_works(now);
                }
                self.unkept.iter().for_each(|verdict| self.tally.note(verdict));
                std::mem::take(&mut self.unkept)
            }
            Err(error) => {
                self.tally.store_failures += 1;
                if self.watch.store_fails() {
                    let line = format!(
                        "nothing begins until the store can be written; then what waits goes on by itself: {error}"
                    );
                    self.parts.events.say(Level::Error, line);
                    self.parts.alarms.store_fails(&error.to_string(), now);
                }
                Vec::new()
            }
        }
    }

    async fn try_keep(&self, now: Timestamp) -> Result<(), Error> {
        // A moment that was decided on twice in one turn has the row of the last word.
        let mut ticks = BTreeMap::new();
        let mut jobs = BTreeMap::new();
        for verdict in &self.unkept {
            if let Some(mut row) = rows::tick(verdict, now) {
                let key = (row.job.clone(), row.scheduled_at);
                row.begun_at = row.begun_at.or_else(|| ticks.get(&key).and_then(|before: &TickRow| before.begun_at));
                ticks.insert(key, row);
            }
            if let Some(standing) = self.board.standing(&verdict.job.name) {
                jobs.entry(verdict.job.name.clone()).or_insert_with(|| rows::job(&verdict.job, standing));
            }
        }
        let (jobs, ticks): (Vec<_>, Vec<_>) = (jobs.into_values().collect(), ticks.into_values().collect());
        let failures = |job: &str| self.board.standing(job).map_or(0, |standing| standing.failures);
        let told = self.parts.alarms.draft(&self.unkept, failures, now);
        self.parts.store.keep_turn_told(&jobs, &ticks, &told.alarms, &told.letters).await?;
        self.keep_events(&self.unkept, now).await?;
        for pause in self.unkept.iter().filter_map(|verdict| rows::paused(&self.board, verdict, now)) {
            self.parts.store.pause_job(&pause).await?;
        }
        self.parts.alarms.kept(told);
        Ok(())
    }

    fn start(&mut self, verdict: &Verdict, step: Step) {
        let entry = &verdict.entry;
        let run = match &step {
            Step::ResumeFirst(run) => run.clone(),
            Step::Begin | Step::Resume => entry.run.clone(),
        };
        let what = if step == Step::Begin { Task::Begin } else { Task::Resume };
        let errand = Errand {
            run: run.clone(),
            job: verdict.job.name.clone(),
            what,
            scheduled_at: Some(entry.scheduled_at),
            cause: entry.cause,
            events: None,
        };
        let stop = self.parts.stop.child_token();
        let (starts, job, stopped) = (Arc::clone(&self.parts.starts), Arc::clone(&verdict.job), stop.clone());
        self.at_work.insert(run.clone(), stop);
        let (tell, events) = (self.tell.clone(), self.parts.events.clone());
        let span = moment(&errand, entry.tries);
        let work = async move {
            let ended = starts.run(&errand, &job, stopped).await;
            if let Exit::NotStarted(why) = &ended.exit {
                events.say(Level::Error, format!("{}: {why}", job.name));
            }
            let outcome = Outcome::of(&ended.exit);
            let span = tracing::Span::current();
            span.record("beadle.outcome", outcome.word());
            if !outcome.is_done() {
                spans::failed(&span, outcome.word());
            }
            // Nobody listens any more: the next daemon finds out by itself.
            tell.send(Finished { job: errand.job, run, outcome, unbegun: ended.unbegun }).ok();
        };
        tokio::spawn(work.instrument(span));
    }

    fn say(&self, verdict: &Verdict) {
        let Verdict { job, entry, what, .. } = verdict;
        let level = match what {
            What::Waits(_) | What::Again(Outcome::Elsewhere) => Level::Debug,
            What::Missed { .. } | What::Again(_) => Level::Warn,
            What::Ended(outcome) if !outcome.is_done() => Level::Error,
            What::Pauses { .. } => Level::Error,
            What::Starts(_) | What::Skipped(_) | What::Stops(_) | What::Ended(_) | What::GaveWay(_) | What::Left => {
                Level::Info
            }
        };
        let run = match what {
            What::Starts(Step::ResumeFirst(run)) | What::Stops(run) => Some(run),
            What::Skipped(_) | What::Missed { .. } | What::Pauses { .. } => None,
            _ => Some(&entry.run).filter(|run| !run.is_empty()),
        };
        let event = Event::Job { level, job: job.name.clone(), run: run.cloned(), line: verdict.line() };
        self.parts.events.note(event);
    }
}

/// What a moment of a job looks like as a span: from the decision to run to how that ended. Nothing is above it.
fn moment(errand: &Errand, tries: u32) -> Span {
    let span = tracing::info_span!(
        parent: None,
        "job",
        otel.name = Empty,
        otel.status_code = Empty,
        "error.type" = Empty,
        beadle.job = errand.job.as_str(),
        beadle.run = errand.run.as_str(),
        beadle.cause = errand.cause.as_str(),
        beadle.tries = i64::from(tries),
        beadle.scheduled_at = Empty,
        beadle.outcome = Empty,
    );
    if !span.is_disabled() {
        span.record("otel.name", format!("job {}", errand.job));
        if let Some(at) = errand.scheduled_at {
            span.record("beadle.scheduled_at", at.to_string());
        }
    }
    span
}
