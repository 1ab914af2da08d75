//! Settling the ledger's rows, and what is remembered of objects that were made.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::effects::Subjects;
use super::json::{list, optional};
use super::{Error, Writing};

/// How rows are settled. A row is touched only if it stands in one of `from`.
#[derive(Clone, Debug)]
pub struct Settling<'a> {
    /// States it may stand in.
    pub from: Vec<&'static str>,
    /// The state it is brought into.
    pub to: &'static str,
    /// Milliseconds since the epoch; `None` for states that are not an end.
    pub at: Option<i64>,
    /// Who says so: `answer`, `look-up`, a person.
    pub by: &'a str,
    /// What went wrong.
    pub error: Option<&'a str>,
}

/// Something that was made once.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectRow {
    /// `person`, `group`, …
    pub kind: String,
    /// Its own key.
    pub subject: String,
    /// Where it hangs, or empty.
    pub target: String,
    /// The share of the answer that made it.
    pub share: Option<Value>,
    /// The run that made it.
    pub run: String,
    /// In which attempt.
    pub attempt: i64,
}

impl Writing {
    /// Brings all effects of a call from one state into another; returns how many.
    pub async fn settle_effects(&mut self, call: i64, how: &Settling<'_>) -> Result<u64, Error> {
        let done = sqlx::query(
            "UPDATE effect SET state = $2, settled_at = $3, settled_by = $4, error = $5
             WHERE call = $1 AND state IN (SELECT value FROM json_each($6))",
        )
        .bind(call)
        .bind(how.to)
        .bind(how.at)
        .bind(how.by)
        .bind(how.error)
        .bind(list(how.from.iter().copied()))
        .execute(&mut *self.tx)
        .await;
        Ok(done.map_err(|error| self.error(error))?.rows_affected())
    }

    /// Brings one effect from one state into another, with its share of the answer; says whether it stood there.
    pub async fn settle_effect(
        &mut self,
        effect: i64,
        how: &Settling<'_>,
        share: Option<&Value>,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE effect SET state = $2, settled_at = $3, settled_by = $4, error = $5, share = COALESCE($7, share)
             WHERE id = $1 AND state IN (SELECT value FROM json_each($6))",
        )
        .bind(effect)
        .bind(how.to)
        .bind(how.at)
        .bind(how.by)
        .bind(how.error)
        .bind(list(how.from.iter().copied()))
        .bind(share.map(Value::to_string))
        .execute(&mut *self.tx)
        .await;
        Ok(done.map_err(|error| self.error(error))?.rows_affected() == 1)
    }

    /// Writes down how a call stands.
    pub async fn settle_call(
        &mut self,
        call: i64,
        state: &str,
        at: Option<i64>,
        status: Option<u16>,
        error: Option<&str>,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE call SET state = $2, settled_at = $3, status = COALESCE($4, status), error = COALESCE($5, error)
             WHERE id = $1",
        )
        .bind(call)
        .bind(state)
        .bind(at)
        .bind(status)
        .bind(error)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Writes down the platform's job for a call.
    pub async fn keep_job(&mut self, call: i64, job: &str) -> Result<(), Error> {
        sqlx::query("UPDATE call SET state = 'accepted', job = $2 WHERE id = $1")
            .bind(call)
            .bind(job)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// The states of a call's effects: number and word.
    pub async fn states(&mut self, call: i64) -> Result<Vec<(i64, String)>, Error> {
        sqlx::query_as("SELECT id, state FROM effect WHERE call = $1 ORDER BY id")
            .bind(call)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))
    }

    /// Whether all effects of a call stand in one of these states.
    pub async fn all_in(&mut self, call: i64, states: impl Iterator<Item = &'static str>) -> Result<bool, Error> {
        sqlx::query_scalar(
            "SELECT NOT EXISTS (SELECT 1 FROM effect WHERE call = $1 AND state NOT IN (SELECT value FROM json_each($2)))",
        )
        .bind(call)
        .bind(list(states))
        .fetch_one(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))
    }

    /// Remembers what the creating effects of a call have made (all of them, or this one), by their natural keys.
    pub async fn keep_objects(&mut self, call: i64, only: Option<i64>, at: i64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO object (account, op, kind, subject, target, id, share, run, attempt, at)
             SELECT account, op, kind, subject, target, CAST(json_extract(share, '$.id') AS TEXT), share, run, attempt, $3
             FROM effect
             WHERE call = $1 AND ($2 IS NULL OR id = $2) AND consequence = 'creates' AND state IN ('done', 'applied')
             ON CONFLICT (account, op, kind, subject, target) DO UPDATE SET
                id = excluded.id, share = excluded.share, run = excluded.run, attempt = excluded.attempt, at = excluded.at",
        )
        .bind(call)
        .bind(only)
        .bind(at)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Forgets what the deleting effects of a call have destroyed.
    pub async fn forget_deleted(&mut self, call: i64, only: Option<i64>) -> Result<(), Error> {
        sqlx::query(
            "DELETE FROM object WHERE (account, kind, id) IN (
                SELECT account, kind, subject FROM effect
                WHERE call = $1 AND ($2 IS NULL OR id = $2) AND consequence = 'deletes' AND state IN ('done', 'applied'))",
        )
        .bind(call)
        .bind(only)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Forgets one object by its natural key.
    pub async fn forget_object(&mut self, account: &str, op: &str, key: (&str, &str, &str)) -> Result<(), Error> {
        sqlx::query("DELETE FROM object WHERE account = $1 AND op = $2 AND kind = $3 AND subject = $4 AND target = $5")
            .bind(account)
            .bind(op)
            .bind(key.0)
            .bind(key.1)
            .bind(key.2)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// What this operation has made of these subjects.
    pub async fn objects(&mut self, account: &str, op: &str, of: &Subjects) -> Result<Vec<ObjectRow>, Error> {
        let object = |row: &SqliteRow| {
            Ok(ObjectRow {
                kind: row.try_get("kind")?,
                subject: row.try_get("subject")?,
                target: row.try_get("target")?,
                share: optional(row, "share")?,
                run: row.try_get("run")?,
                attempt: row.try_get("attempt")?,
            })
        };
        let rows = sqlx::query(
            "SELECT * FROM object WHERE account = $1 AND op = $2 AND kind IN ('person', 'group', 'invitation')
               AND subject IN (SELECT value FROM json_each($3))",
        )
        .bind(account)
        .bind(op)
        .bind(of.keys())
        .fetch_all(&mut *self.tx)
        .await;
        rows.and_then(|rows| rows.iter().map(object).collect()).map_err(|error| self.error(error))
    }
}
