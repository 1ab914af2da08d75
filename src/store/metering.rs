//! What is counted for those who watch: effects and calls that are new since somebody last looked, read by their numbers so
//! that no look reads everything, and whether the store takes a write.

use super::json::list;
use super::{Error, Store};

/// An effect as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectMark {
    /// Its number.
    pub id: i64,
    /// `noun.verb`.
    pub op: String,
    /// `adds`, `removes`, …
    pub consequence: String,
    /// The state's word.
    pub state: String,
}

/// A call as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallMark {
    /// Its number.
    pub id: i64,
    /// `noun.verb`.
    pub op: String,
    /// The state's word.
    pub state: String,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// When it was known what came of it.
    pub settled_at: Option<i64>,
}

type EffectColumns = (i64, String, String, String);
type CallColumns = (i64, String, String, i64, Option<i64>);

impl Store {
    /// The numbers of the newest effect and of the newest call; 0 where there is none.
    pub async fn newest_marks(&self) -> Result<(i64, i64), Error> {
        sqlx::query_as("SELECT COALESCE((SELECT MAX(id) FROM effect), 0), COALESCE((SELECT MAX(id) FROM call), 0)")
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// The effects that are not at rest, and their calls.
    pub async fn unsettled(&self) -> Result<(Vec<i64>, Vec<i64>), Error> {
        let rows: Result<Vec<(i64, i64)>, _> =
            sqlx::query_as("SELECT id, call FROM effect WHERE state IN ('open', 'accepted', 'doubt') ORDER BY id")
                .fetch_all(self.readers())
                .await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().unzip())
    }

    /// Up to `limit` effects after this number.
    pub async fn effect_marks(&self, after: i64, limit: i64) -> Result<Vec<EffectMark>, Error> {
        let rows = sqlx::query_as("SELECT id, op, consequence, state FROM effect WHERE id > $1 ORDER BY id LIMIT $2");
        let rows: Result<Vec<EffectColumns>, _> = rows.bind(after).bind(limit).fetch_all(self.readers()).await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(EffectMark::of).collect())
    }

    /// These effects.
    pub async fn effect_marks_of(&self, ids: &[i64]) -> Result<Vec<EffectMark>, Error> {
        let rows: Result<Vec<EffectColumns>, _> = sqlx::query_as(
            "SELECT id, op, consequence, state FROM effect WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each($1))",
        )
        .bind(numbers(ids))
        .fetch_all(self.readers())
        .await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(EffectMark::of).collect())
    }

    /// Up to `limit` calls after this number.
    pub async fn call_marks(&self, after: i64, limit: i64) -> Result<Vec<CallMark>, Error> {
        let rows =
            sqlx::query_as("SELECT id, op, state, begun_at, settled_at FROM call WHERE id > $1 ORDER BY id LIMIT $2");
        let rows: Result<Vec<CallColumns>, _> = rows.bind(after).bind(limit).fetch_all(self.readers()).await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(CallMark::of).collect())
    }

    /// These calls.
    pub async fn call_marks_of(&self, ids: &[i64]) -> Result<Vec<CallMark>, Error> {
        let rows: Result<Vec<CallColumns>, _> = sqlx::query_as(
            "SELECT id, op, state, begun_at, settled_at FROM call
             WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each($1))",
        )
        .bind(numbers(ids))
        .fetch_all(self.readers())
        .await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(CallMark::of).collect())
    }

    /// How many runs a brake holds.
    pub async fn held_runs(&self) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT COUNT(*) FROM run WHERE state = 'held'")
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// Reads and writes, and keeps nothing that anybody would miss: whether the store works.
    pub async fn probe(&self) -> Result<(), Error> {
        let () = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM job_pause")
            .fetch_one(self.readers())
            .await
            .map(drop)
            .map_err(|error| self.error(error))?;
        let mut writing = self.writing().await?;
        // A number of the file's head that nobody else uses: it costs one page of the log.
        sqlx::query("PRAGMA user_version = 1").execute(&mut *writing.tx).await.map_err(|error| self.error(error))?;
        writing.commit().await
    }
}

impl EffectMark {
    fn of((id, op, consequence, state): EffectColumns) -> Self {
        Self { id, op, consequence, state }
    }
}

impl CallMark {
    fn of((id, op, state, begun_at, settled_at): CallColumns) -> Self {
        Self { id, op, state, begun_at, settled_at }
    }
}

fn numbers(ids: &[i64]) -> String {
    let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
    list(texts.iter().map(String::as_str))
}
