//! Events that reach no job, since the platform could not be asked about them: kept with the end of their delivery until
//! somebody was told.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Error, Store, Writing};

/// Events of a delivery that a job waits for and that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadRow {
    /// Its number; 0 before it is kept.
    pub id: i64,
    /// The delivery's number.
    pub delivery: i64,
    /// The job.
    pub job: String,
    /// How many people they are about; 0 where nobody knows.
    pub people: i64,
    /// What kept them from being read.
    pub why: String,
}

impl Writing {
    /// Keeps it until somebody was told.
    pub async fn keep_unread(&mut self, row: &UnreadRow) -> Result<(), Error> {
        sqlx::query("INSERT INTO unread_event (delivery, job, people, why) VALUES ($1, $2, $3, $4)")
            .bind(row.delivery)
            .bind(&row.job)
            .bind(row.people)
            .bind(&row.why)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Somebody was told of all up to this number.
    pub async fn forget_unread(&mut self, up_to: i64) -> Result<(), Error> {
        let done = sqlx::query("DELETE FROM unread_event WHERE id <= $1").bind(up_to).execute(&mut *self.tx).await;
        done.map(drop).map_err(|error| self.error(error))
    }
}

impl Store {
    /// Up to `limit` of which nobody was told, the oldest first.
    pub async fn unread(&self, limit: i64) -> Result<Vec<UnreadRow>, Error> {
        let rows =
            sqlx::query("SELECT * FROM unread_event ORDER BY id LIMIT $1").bind(limit).fetch_all(self.readers()).await;
        rows.and_then(|rows| rows.iter().map(unread_of).collect()).map_err(|error| self.error(error))
    }
}

fn unread_of(row: &SqliteRow) -> Result<UnreadRow, sqlx::Error> {
    Ok(UnreadRow {
        id: row.try_get("id")?,
        delivery: row.try_get("delivery")?,
        job: row.try_get("job")?,
        people: row.try_get("people")?,
        why: row.try_get("why")?,
    })
}
