//! A run whose process ended without accounting for it: its last words go into the log, and the run says what became of
//! its process. It can be resumed like any that was interrupted.

use serde_json::json;

use crate::effects::{Lease, LeaseError};
use crate::settings::Redactor;
use crate::store::{Error, LogLine, RunState, Store};

/// Lines of last words that are kept.
const WORDS: usize = 200;

/// How a process ended that should have accounted for a run.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The run.
    pub run: String,
    /// What became of the process, in words.
    pub why: String,
    /// What a shell would call its end: its exit code, or 128 and the signal.
    pub exit_code: i64,
    /// The end of what it wrote to stderr.
    pub said: String,
}

/// What there was to write down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The run has not accounted for itself; now it says what became of its process.
    Lost,
    /// It has.
    Accounted,
    /// There is no such run: its process ended before it began.
    Unbegun,
    /// Another process is at work on it.
    Elsewhere,
}

/// Why it could not be written down.
#[derive(Debug, thiserror::Error)]
pub enum Unmarked {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] Error),
    /// The run's lock could not be used.
    #[error(transparent)]
    Lease(#[from] LeaseError),
}

impl Lost {
    /// Writes it down where that is needed.
    pub async fn mark(&self, store: &Store, redactor: &Redactor, now: i64) -> Result<Marked, Unmarked> {
        match store.run(&self.run).await? {
            None => return Ok(Marked::Unbegun),
            Some(run) if run.state != RunState::Running => return Ok(Marked::Accounted),
            Some(_) => {}
        }
        // Owning it keeps whoever would resume it waiting until it is written down.
        let lease = match self.lease(store).await {
            Err(LeaseError::Taken(_)) => return Ok(Marked::Elsewhere),
            lease => lease?,
        };
        // Whoever had it until a moment ago may have accounted for it meanwhile.
        let Some(run) = store.run(&self.run).await?.filter(|run| run.state == RunState::Running) else {
            return Ok(Marked::Accounted);
        };
        let line = |text: &str| LogLine { at: now, level: "stderr".into(), text: redactor.redact(text).into_owned() };
        let said: Vec<&str> = self.said.lines().filter(|line| !line.trim().is_empty()).collect();
        let before = said.len().saturating_sub(WORDS);
        let mut lines = Vec::new();
        if before > 0 {
            lines.push(line(&format!("({before} lines of its last words are left out)")));
        }
        lines.extend(said[before..].iter().map(|text| line(text)));
        lines.push(LogLine { at: now, level: "error".into(), text: self.why.clone() });
        let summary = json!({ "type": "report", "run": self.run, "ending": "lost", "error": self.why });
        store.end_run(&self.run, RunState::Interrupted, self.exit_code, &summary, now).await?;
        store.log(&self.run, run.attempt, &lines).await?;
        drop(lease);
        Ok(Marked::Lost)
    }

    /// Trying a lock may wait for those who merely look at it.
    async fn lease(&self, store: &Store) -> Result<Lease, LeaseError> {
        let (store, run) = (store.clone(), self.run.clone());
        let taken = tokio::task::spawn_blocking(move || Lease::take(&store, &run)).await;
        taken.unwrap_or_else(|_| Err(LeaseError::Taken(self.run.clone())))
    }
}
