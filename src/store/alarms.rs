//! What was told of jobs, and the messages that have not arrived yet.

use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::ticks::{JobRow, TickRow};
use super::{Error, Store, Writing};

/// What somebody was told of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmRow {
    /// The job.
    pub job: String,
    /// The word for how it stood then.
    pub state: String,
    /// The run that it was about, where that matters.
    pub run: Option<String>,
    /// Moments in a row that gave way.
    pub gave_way: u32,
    /// When, milliseconds since the epoch.
    pub at: i64,
}

/// A message that has not arrived yet.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterRow {
    /// Grows with every message.
    pub id: i64,
    /// The job whose `[notify]` says to whom.
    pub job: String,
    /// `webhook`, `command` or `mail`.
    pub way: String,
    /// The message.
    pub message: Value,
    /// When it was made, milliseconds since the epoch.
    pub made_at: i64,
}

impl Store {
    /// Keeps what one turn of the scheduler has decided, together with what is told of it: all of it or nothing.
    pub async fn keep_turn_told(
        &self,
        jobs: &[JobRow],
        ticks: &[TickRow],
        alarms: &[AlarmRow],
        letters: &[LetterRow],
    ) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        self.write_turn(&mut writing, jobs, ticks).await?;
        if !alarms.is_empty() || !letters.is_empty() {
            self.write_told(&mut writing, alarms, letters).await?;
        }
        writing.commit().await
    }

    async fn write_told(&self, writing: &mut Writing, alarms: &[AlarmRow], letters: &[LetterRow]) -> Result<(), Error> {
        let alarms: Vec<Value> =
            alarms.iter().map(|row| json!([row.job, row.state, row.run, row.gave_way, row.at])).collect();
        sqlx::query(
            "INSERT INTO alarm (job, state, run, gave_way, at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true
             ON CONFLICT (job) DO UPDATE SET state = excluded.state, run = excluded.run, gave_way = excluded.gave_way,
                at = excluded.at",
        )
        .bind(Value::from(alarms).to_string())
        .execute(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        let of = |row: &LetterRow| json!([row.id, row.job, row.way, row.message.to_string(), row.made_at]);
        let letters: Vec<Value> = letters.iter().map(of).collect();
        sqlx::query(
            "INSERT INTO alarm_outbox (id, job, way, message, made_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1) WHERE true
             ON CONFLICT (id) DO UPDATE SET job = excluded.job, way = excluded.way, message = excluded.message,
                made_at = excluded.made_at",
        )
        .bind(Value::from(letters).to_string())
        .execute(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// What was told of every job.
    pub async fn alarms(&self) -> Result<Vec<AlarmRow>, Error> {
        let rows =
            sqlx::query("SELECT job, state, run, gave_way, at FROM alarm ORDER BY job").fetch_all(self.readers());
        let of = |row: &SqliteRow| {
            Ok(AlarmRow {
                job: row.try_get("job")?,
                state: row.try_get("state")?,
                run: row.try_get("run")?,
                gave_way: row.try_get("gave_way")?,
                at: row.try_get("at")?,
            })
        };
        rows.await.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// The messages that have not arrived, the oldest first.
    pub async fn letters(&self) -> Result<Vec<LetterRow>, Error> {
        let rows = sqlx::query("SELECT id, job, way, message, made_at FROM alarm_outbox ORDER BY id");
        let rows = rows.fetch_all(self.readers()).await;
        let of = |row: &SqliteRow| {
            let message: String = row.try_get("message")?;
            Ok(LetterRow {
                id: row.try_get("id")?,
                job: row.try_get("job")?,
                way: row.try_get("way")?,
                message: serde_json::from_str(&message).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
                made_at: row.try_get("made_at")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// Forgets messages: they have arrived, or were given up.
    pub async fn forget_letters(&self, ids: &[i64]) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        sqlx::query("DELETE FROM alarm_outbox WHERE id IN (SELECT value FROM json_each($1))")
            .bind(json!(ids).to_string())
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        writing.commit().await
    }
}
