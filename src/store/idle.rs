//! Notifications that asked for no run, and why.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::{column, list, unknown};
use super::{Error, Store, Writing};

/// Why a notification asked for no run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdleWhy {
    /// A delivery before it has told the same.
    Known,
    /// Nobody knows its topic.
    Unknown,
    /// No job waits for its topic.
    NoJob,
    /// beadle itself had caused it, and no job wants to hear of that.
    Own,
    /// What it is about could not be read again.
    Unread,
    /// It names nobody by an id that can be asked for.
    NoId,
}

/// Notifications of a delivery that asked for no run for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleRow {
    /// The delivery's number.
    pub delivery: i64,
    /// Why.
    pub why: IdleWhy,
    /// Their topic.
    pub topic: String,
    /// The delivery that has told the same before.
    pub told_by: Option<i64>,
    /// How many.
    pub count: i64,
    /// Whom the first of them are about, by id.
    pub people: Vec<String>,
}

impl IdleWhy {
    const ALL: [Self; 6] = [Self::Known, Self::Unknown, Self::NoJob, Self::Own, Self::Unread, Self::NoId];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::NoJob => "no_job",
            Self::Own => "own",
            Self::Unread => "unread",
            Self::NoId => "no_id",
        }
    }
}

impl Writing {
    /// Keeps why some of a delivery asked for no run.
    pub async fn keep_idle(&mut self, row: &IdleRow) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO notice_idle (delivery, why, topic, told_by, count, people) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(row.delivery)
        .bind(row.why.word())
        .bind(&row.topic)
        .bind(row.told_by.unwrap_or_default())
        .bind(row.count)
        .bind(list(row.people.iter().map(String::as_str)))
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }
}

impl Store {
    /// What of these deliveries asked for no run, and why, in the order of their numbers.
    pub async fn idle_of(&self, deliveries: &[i64]) -> Result<Vec<IdleRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM notice_idle WHERE delivery IN (SELECT value FROM json_each($1))
             ORDER BY delivery, why, topic, told_by",
        )
        .bind(Value::from(deliveries).to_string())
        .fetch_all(self.readers())
        .await;
        rows.and_then(|rows| rows.iter().map(idle_of).collect()).map_err(|error| self.error(error))
    }
}

fn idle_of(row: &SqliteRow) -> Result<IdleRow, sqlx::Error> {
    let word: &str = row.try_get("why")?;
    let why = IdleWhy::ALL.into_iter().find(|why| why.word() == word);
    let people = column(row, "people")?;
    Ok(IdleRow {
        delivery: row.try_get("delivery")?,
        why: why.ok_or_else(|| unknown("reason to start nothing", word))?,
        topic: row.try_get("topic")?,
        told_by: Some(row.try_get("told_by")?).filter(|told_by| *told_by != 0),
        count: row.try_get("count")?,
        people: people.as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())).collect(),
    })
}
