//! Runs that events ask for: taken from the store, started under the ids that the deliveries gave them, and told to the store
//! when they have ended.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::board::Open;
use super::super::verdict::{Entry, Outcome, Verdict, What, Why};
use super::begin::Was;
use super::{Daemon, rows};
use crate::clock::moment;
use crate::hooks::Subscription;
use crate::settings::Job;
use crate::store::{Cause, Error, TriggerRow};

/// So many are taken at a time.
const AT_A_TIME: i64 = 500;
/// How a run ends that has no job.
const GONE: &str = "its job is no longer there";

impl Daemon {
    /// Takes what nobody has taken. Its events are kept with the run before anything else knows of it.
    pub(super) async fn triggers(&mut self, now: Timestamp) -> Result<(), Error> {
        let mut asked = Vec::new();
        for row in self.parts.store.waiting_triggers(AT_A_TIME).await? {
            let store = self.parts.store.clone();
            store.keep_events(&row.run, row.events.as_array().map_or(&[], Vec::as_slice)).await?;
            let mut writing = store.writing().await?;
            writing.trigger_started(&row.run, now.as_millisecond()).await?;
            writing.commit().await?;
            match self.board.has(&row.job) {
                true => asked.push(Open { job: row.job.clone(), entry: entry(row, now), ended: None }),
                false => self.trigger_ended(&row.run, GONE, now).await?,
            }
        }
        let verdicts = self.board.take_up(asked, now);
        self.act(verdicts).await;
        self.unread(now).await
    }

    /// Tells of events that reach no job. Who is told twice, after a crash in between, hears once how a job stands.
    async fn unread(&mut self, now: Timestamp) -> Result<(), Error> {
        let rows = self.parts.store.unread(AT_A_TIME).await?;
        let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
        let verdicts = rows.into_iter().filter_map(|row| {
            let job = self.board.seen(&row.job)?.job;
            let why = Why::Unread { delivery: row.delivery, people: row.people, why: row.why };
            let run = String::new();
            let entry = Entry { cause: Cause::Event, scheduled_at: now, due_at: now, made_up: false, run, tries: 0 };
            Some(Verdict { job, entry, what: What::Missed { why, folded: 0 }, unbegun: None })
        });
        let verdicts = verdicts.collect();
        self.act(verdicts).await;
        let mut writing = self.parts.store.writing().await?;
        writing.forget_unread(last).await?;
        writing.commit().await
    }

    /// What an earlier daemon has taken and not seen to its end.
    pub(super) async fn left_triggers(&self, now: Timestamp) -> Result<Vec<Open>, Error> {
        let mut open = Vec::new();
        for row in self.parts.store.started_triggers().await? {
            if !self.board.has(&row.job) {
                if let Some(run) = self.parts.store.run(&row.run).await? {
                    self.say_gone(&row.job, &run);
                }
                self.trigger_ended(&row.run, GONE, now).await?;
                continue;
            }
            let was = if row.due_at.is_none() { Was::AtWork } else { Was::Waiting };
            let job = row.job.clone();
            open.push(self.left(job, entry(row, now), was, now).await?);
        }
        Ok(open)
    }

    /// Tells the store how the runs stand that events asked for.
    pub(super) async fn keep_events(&self, verdicts: &[Verdict], now: Timestamp) -> Result<(), Error> {
        let of_events: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.entry.cause == Cause::Event).collect();
        if of_events.is_empty() {
            return Ok(());
        }
        let mut writing = self.parts.store.writing().await?;
        for verdict in of_events {
            let run = &verdict.entry.run;
            if let What::Ended(outcome) = verdict.what {
                writing.trigger_ended(run, now.as_millisecond(), outcome.word()).await?;
            } else if let What::GaveWay(_) = verdict.what {
                writing.trigger_ended(run, now.as_millisecond(), Outcome::Interrupted.word()).await?;
            } else if let Some(standing) = rows::trigger(verdict) {
                writing.trigger_stands(run, &standing).await?;
            }
        }
        writing.commit().await
    }

    async fn trigger_ended(&self, run: &str, how: &str, now: Timestamp) -> Result<(), Error> {
        let mut writing = self.parts.store.writing().await?;
        writing.trigger_ended(run, now.as_millisecond(), how).await?;
        writing.commit().await
    }

    /// Tells whoever reads deliveries which jobs wait for what.
    pub(super) fn subscribe(&self, jobs: &[Arc<Job>]) {
        let connection = |job: &Job| job.connection.clone().or_else(|| self.parts.connection.clone());
        let of = |job: &Arc<Job>| Subscription::of(job, &connection(job)?);
        self.parts.subscriptions.send_replace(Arc::new(jobs.iter().filter_map(of).collect()));
    }
}

fn entry(row: TriggerRow, now: Timestamp) -> Entry {
    let scheduled_at = moment(row.made_at).unwrap_or(now);
    let due_at = row.due_at.and_then(moment).unwrap_or(now);
    Entry { cause: Cause::Event, scheduled_at, due_at, made_up: false, run: row.run, tries: row.tries }
}
