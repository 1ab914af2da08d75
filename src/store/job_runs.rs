//! What a run is to its job: its name, why it was started, for which moment, with which events.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::unknown;
use super::{Error, Store};

/// Why a job's run was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was due.
    Schedule,
    /// Somebody typed it.
    Hand,
    /// A moment that was missed is made up for.
    Backfill,
    /// Events came in.
    Event,
}

/// The job that a run belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfJob {
    /// The job's name.
    pub name: String,
    /// Why it was started.
    pub cause: Cause,
    /// The moment for which it was started, milliseconds since the epoch; what nobody scheduled has none.
    pub scheduled_at: Option<i64>,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Schedule, Self::Hand, Self::Backfill, Self::Event];

    /// The word for it, also in the store and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Hand => "hand",
            Self::Backfill => "backfill",
            Self::Event => "event",
        }
    }

    /// The cause that this word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == word)
    }
}

impl OfJob {
    /// What a run's row says of its job.
    pub(super) fn of(row: &SqliteRow) -> Result<Option<Self>, sqlx::Error> {
        let Some(name) = row.try_get("job")? else { return Ok(None) };
        let word: String = row.try_get("cause")?;
        let cause = Cause::parse(&word).ok_or_else(|| unknown("cause", &word))?;
        Ok(Some(Self { name, cause, scheduled_at: row.try_get("scheduled_at")? }))
    }
}

impl Store {
    /// Keeps the events for which a run is started, before it is: what is there already stays, so that a run never sees
    /// others than those it began with.
    pub async fn keep_events(&self, run: &str, events: &[Value]) -> Result<(), Error> {
        sqlx::query("INSERT INTO run_events (run, events) VALUES ($1, $2) ON CONFLICT (run) DO NOTHING")
            .bind(run)
            .bind(Value::from(events.to_vec()).to_string())
            .execute(self.writer())
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// The events that a run was started for.
    pub async fn events_of(&self, run: &str) -> Result<Vec<Value>, Error> {
        let text: Option<String> = sqlx::query_scalar("SELECT events FROM run_events WHERE run = $1")
            .bind(run)
            .fetch_optional(self.readers())
            .await
            .map_err(|error| self.error(error))?;
        let read = |text: String| serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(Box::new(error)));
        text.map_or(Ok(Vec::new()), read).map_err(|error| self.error(error))
    }

    /// When the newest run of a job began that came to a good end (0), of those that began before this moment.
    pub async fn last_success(&self, job: &str, before: i64) -> Result<Option<i64>, Error> {
        sqlx::query_scalar(
            "SELECT MAX(started_at) FROM run WHERE job = $1 AND started_at < $2 AND state = 'done' AND exit_code = 0",
        )
        .bind(job)
        .bind(before)
        .fetch_one(self.readers())
        .await
        .map_err(|error| self.error(error))
    }
}
