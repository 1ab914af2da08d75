//! What a run has of its job: a name that was given to it, the events it was started for, what its script reads of it.

use jiff::Timestamp;
use serde_json::Value;

use super::Refused;
use super::runner::{Runner, Source};
use crate::script::JobFacts;
use crate::settings::REDACTED;
use crate::store::{self, OfJob};

/// A new run of a job.
#[derive(Clone, Debug)]
pub struct Begin {
    /// Its id, where whoever starts it has named it already; two that begin under one name are one run.
    pub id: Option<String>,
    /// The job.
    pub of: OfJob,
    /// The events that it is started for.
    pub events: Vec<Value>,
}

impl Runner {
    /// Keeps what a job's run begins with. It comes before the run, so that there is no run without its events.
    pub(super) async fn keep_events(&self, id: &str, begin: &Begin) -> Result<(), Refused> {
        if begin.events.is_empty() {
            return Ok(());
        }
        let kept = self.redactor.redact(&Value::from(begin.events.clone()).to_string()).into_owned();
        match serde_json::from_str::<Vec<Value>>(&kept) {
            // A run that is resumed would be given other events.
            Ok(events) if !kept.contains(REDACTED) => Ok(self.store.keep_events(id, &events).await?),
            _ => Err(Refused::Events),
        }
    }

    /// What the script reads of its job.
    pub(super) async fn job_facts(&self, source: &Source, id: &str, started_at: i64) -> Result<JobFacts, store::Error> {
        let of = match source {
            Source::New => None,
            Source::OfJob(begin) => Some(&begin.of),
            Source::Again(run) => run.of.job.as_ref(),
        };
        let Some(of) = of else { return Ok(JobFacts::default()) };
        let moment = |at: i64| Timestamp::from_millisecond(at).ok();
        Ok(JobFacts {
            name: Some(of.name.clone()),
            scheduled_for: of.scheduled_at.and_then(moment),
            last_success: self.store.last_success(&of.name, started_at).await?.and_then(moment),
            events: self.store.events_of(id).await?,
        })
    }
}
