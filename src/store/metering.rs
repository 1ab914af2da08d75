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

/// A delivery as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryMark {
    /// Its number.
    pub seq: i64,
    /// The hook's name.
    pub hook: String,
    /// Milliseconds since the epoch.
    pub received_at: i64,
    /// Whether it is not worked off yet.
    pub waits: bool,
    /// Whether something of it could not be had.
    pub partial: bool,
}

type DeliveryColumns = (i64, String, i64, bool, bool);
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

    /// The number of the newest delivery; 0 where there is none.
    pub async fn newest_delivery(&self) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM delivery")
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// The deliveries that are not worked off yet.
    pub async fn waiting_delivery_marks(&self) -> Result<Vec<DeliveryMark>, Error> {
        let rows = sqlx::query_as(
            "SELECT seq, hook, received_at, state = 'waiting', partial FROM delivery WHERE state = 'waiting' ORDER BY seq",
        );
        let rows: Result<Vec<DeliveryColumns>, _> = rows.fetch_all(self.readers()).await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(DeliveryMark::of).collect())
    }

    /// Up to `limit` deliveries after this number.
    pub async fn delivery_marks(&self, after: i64, limit: i64) -> Result<Vec<DeliveryMark>, Error> {
        let rows = sqlx::query_as(
            "SELECT seq, hook, received_at, state = 'waiting', partial FROM delivery WHERE seq > $1 ORDER BY seq LIMIT $2",
        );
        let rows: Result<Vec<DeliveryColumns>, _> = rows.bind(after).bind(limit).fetch_all(self.readers()).await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(DeliveryMark::of).collect())
    }

    /// These deliveries.
    pub async fn delivery_marks_of(&self, numbers: &[i64]) -> Result<Vec<DeliveryMark>, Error> {
        let rows: Result<Vec<DeliveryColumns>, _> = sqlx::query_as(
            "SELECT seq, hook, received_at, state = 'waiting', partial FROM delivery
             WHERE seq IN (SELECT CAST(value AS INTEGER) FROM json_each($1))",
        )
        .bind(self::numbers(numbers))
        .fetch_all(self.readers())
        .await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(DeliveryMark::of).collect())
    }

    /// How many runs that events ask for nobody has taken, how many were taken and have not ended, how many of those wait for
    /// something, and how many messages have not arrived.
    pub async fn waiting_told(&self) -> Result<(i64, i64, i64, i64), Error> {
        sqlx::query_as(
            "SELECT COUNT(*) FILTER (WHERE state = 'waiting'), COUNT(*) FILTER (WHERE state = 'started'),
                COUNT(*) FILTER (WHERE state = 'started' AND due_at IS NOT NULL),
                (SELECT COUNT(*) FROM alarm_outbox)
             FROM hook_trigger WHERE state <> 'done'",
        )
        .fetch_one(self.readers())
        .await
        .map_err(|error| self.error(error))
    }

    /// The names of the hooks that were not removed.
    pub async fn hook_names(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("SELECT name FROM hook WHERE removed_at IS NULL ORDER BY name")
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.error(error))
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

impl DeliveryMark {
    fn of((seq, hook, received_at, waits, partial): DeliveryColumns) -> Self {
        Self { seq, hook, received_at, waits, partial }
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
