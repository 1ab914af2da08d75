//! Plans: kept whole, as the text that they are as a file.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Error, Store};

/// A plan as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Its name, and the name of its run.
    pub id: String,
    /// What was planned.
    pub script: String,
    /// The connection that the script's nouns meant.
    pub connection: String,
    /// Whether nothing of it is real.
    pub sandbox: bool,
    /// Milliseconds since the epoch.
    pub made_at: i64,
    /// Milliseconds since the epoch.
    pub expires_at: i64,
    /// The fingerprint of what it would do.
    pub digest: String,
    /// The whole plan.
    pub body: String,
}

/// A plan as one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanLine {
    /// Its name, and the name of its run.
    pub id: String,
    /// What was planned.
    pub script: String,
    /// The connection that the script's nouns meant.
    pub connection: String,
    /// Milliseconds since the epoch.
    pub made_at: i64,
    /// Milliseconds since the epoch.
    pub expires_at: i64,
    /// Whether it has become a run.
    pub applied: bool,
}

impl Store {
    /// Up to `limit` plans, the newest first; those older than this one (when it was made, and its name), if it is named.
    pub async fn plan_lines(&self, older: Option<(i64, &str)>, limit: i64) -> Result<Vec<PlanLine>, Error> {
        type Columns = (String, String, String, i64, i64, bool);
        let (at, id) = older.unzip();
        let rows: Result<Vec<Columns>, _> = sqlx::query_as(
            "SELECT id, script, connection, made_at, expires_at, EXISTS (SELECT 1 FROM run WHERE run.id = plan.id)
             FROM plan WHERE $1 IS NULL OR (made_at, id) < ($1, $2) ORDER BY made_at DESC, id DESC LIMIT $3",
        )
        .bind(at)
        .bind(id)
        .bind(limit)
        .fetch_all(self.readers())
        .await;
        let of = |(id, script, connection, made_at, expires_at, applied): Columns| PlanLine {
            id,
            script,
            connection,
            made_at,
            expires_at,
            applied,
        };
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(of).collect())
    }

    /// Keeps a plan; one of the same name is replaced as long as it has become no run.
    pub async fn keep_plan(&self, plan: &PlanRow) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO plan (id, script, connection, sandbox, made_at, expires_at, digest, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body, made_at = excluded.made_at,
                expires_at = excluded.expires_at
             WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.id = excluded.id)",
        )
        .bind(&plan.id)
        .bind(&plan.script)
        .bind(&plan.connection)
        .bind(plan.sandbox)
        .bind(plan.made_at)
        .bind(plan.expires_at)
        .bind(&plan.digest)
        .bind(&plan.body)
        .execute(self.writer())
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// One plan.
    pub async fn plan(&self, id: &str) -> Result<Option<PlanRow>, Error> {
        let row = sqlx::query("SELECT * FROM plan WHERE id = $1").bind(id).fetch_optional(self.readers()).await;
        row.and_then(|row| row.map(|row| plan_of(&row)).transpose()).map_err(|error| self.error(error))
    }
}

fn plan_of(row: &SqliteRow) -> Result<PlanRow, sqlx::Error> {
    Ok(PlanRow {
        id: row.try_get("id")?,
        script: row.try_get("script")?,
        connection: row.try_get("connection")?,
        sandbox: row.try_get("sandbox")?,
        made_at: row.try_get("made_at")?,
        expires_at: row.try_get("expires_at")?,
        digest: row.try_get("digest")?,
        body: row.try_get("body")?,
    })
}
