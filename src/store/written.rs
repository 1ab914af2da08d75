//! What was written to people: a platform tells of that as well, and whoever hears it must know it again.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::effects::Subjects;
use super::json::{column, optional};
use super::{Error, Store};

/// What an effect wrote to somebody, for telling echoes.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenRow {
    /// The person's key: an id or an address.
    pub subject: String,
    /// The person's address, where known.
    pub address: Option<String>,
    /// `adds`, `creates`, …
    pub consequence: String,
    /// The group it was about, or empty.
    pub target: String,
    /// The person's part of the request.
    pub wanted: Value,
    /// What the platform answered; not what somebody read later.
    pub answer: Option<Value>,
    /// Whether the platform does it in a job of its own.
    pub in_job: bool,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// Milliseconds since the epoch.
    pub settled_at: Option<i64>,
}

impl Store {
    /// What was written to these people of an account, or may have been, from this moment to that one.
    pub async fn written_to(&self, account: &str, of: &Subjects, from: i64, to: i64) -> Result<Vec<WrittenRow>, Error> {
        // Numbers grow with the time: from the end backwards, nothing older than `from` is looked at but one row.
        let rows = sqlx::query(
            "SELECT subject, address, consequence, target, wanted, begun_at, settled_at,
                    CASE WHEN settled_by = 'answer' THEN share END AS answer,
                    op LIKE 'bulk.%' OR (SELECT job FROM call WHERE call.id = effect.call) IS NOT NULL AS in_job
             FROM effect
             WHERE id > COALESCE((SELECT id FROM effect WHERE begun_at < $4 ORDER BY id DESC LIMIT 1), 0)
               AND +account = $1 AND +begun_at <= $5 AND +kind = 'person'
               AND +state IN ('open', 'accepted', 'done', 'doubt', 'applied')
               AND (+subject IN (SELECT value FROM json_each($2)) OR +address IN (SELECT value FROM json_each($3)))
             ORDER BY id",
        )
        .bind(account)
        .bind(of.keys())
        .bind(of.addresses())
        .bind(from)
        .bind(to)
        .fetch_all(self.readers())
        .await;
        rows.and_then(|rows| rows.iter().map(written_of).collect()).map_err(|error| self.error(error))
    }
}

fn written_of(row: &SqliteRow) -> Result<WrittenRow, sqlx::Error> {
    Ok(WrittenRow {
        subject: row.try_get("subject")?,
        address: row.try_get("address")?,
        consequence: row.try_get("consequence")?,
        target: row.try_get("target")?,
        wanted: column(row, "wanted")?,
        answer: optional(row, "answer")?,
        in_job: row.try_get("in_job")?,
        begun_at: row.try_get("begun_at")?,
        settled_at: row.try_get("settled_at")?,
    })
}
