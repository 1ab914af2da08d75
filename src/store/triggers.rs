//! Runs that deliveries ask for: made together with the end of the delivery, taken by whoever starts runs.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::{column, unknown};
use super::{Error, Store, Writing};

/// A run that a delivery asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct TriggerRow {
    /// The run's id, before there is a run.
    pub run: String,
    /// The job.
    pub job: String,
    /// The delivery's number.
    pub delivery: i64,
    /// What happened, as a list of objects.
    pub events: Value,
    /// Milliseconds since the epoch.
    pub made_at: i64,
    /// How it stands.
    pub state: TriggerState,
    /// How it ended, in the words of whoever ran it.
    pub ended_how: Option<String>,
    /// How often it was begun.
    pub tries: u32,
    /// When it is tried again, milliseconds since the epoch; `None` while it is at work, or may begin at any time.
    pub due_at: Option<i64>,
    /// Why it waits.
    pub why: Option<String>,
}

/// How a run stands that a delivery asked for and somebody has taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriggerStanding {
    /// How often it was begun.
    pub tries: u32,
    /// When it is tried again, milliseconds since the epoch.
    pub due_at: Option<i64>,
    /// Why it waits.
    pub why: Option<String>,
}

/// What events ask of a job and has not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTriggers {
    /// The job.
    pub job: String,
    /// The run that was begun for them; `None` is all those that wait.
    pub at_work: Option<String>,
    /// How many events.
    pub events: u64,
    /// Why they wait, where one reason is known.
    pub why: Option<String>,
}

/// How a run stands that a delivery asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerState {
    /// Nobody has taken it.
    Waiting,
    /// Somebody has; whether the run is there is to be asked by its id.
    Started,
    /// It has come to its end, whatever that was.
    Done,
}

impl TriggerState {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Started => "started",
            Self::Done => "done",
        }
    }
}

impl Writing {
    /// Asks for a run. The same job is asked for once by a delivery.
    pub async fn keep_trigger(&mut self, new: &TriggerRow) -> Result<(), Error> {
        sqlx::query("INSERT INTO hook_trigger (run, job, delivery, events, made_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(&new.run)
            .bind(&new.job)
            .bind(new.delivery)
            .bind(new.events.to_string())
            .bind(new.made_at)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Notes that a run is started now; says whether it was waiting. Durable with the commit: start the run after it.
    pub async fn trigger_started(&mut self, run: &str, at: i64) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE hook_trigger SET state = 'started', started_at = $2 WHERE run = $1 AND state = 'waiting'",
        )
        .bind(run)
        .bind(at)
        .execute(&mut *self.tx)
        .await;
        Ok(done.map_err(|error| self.error(error))?.rows_affected() == 1)
    }

    /// Notes how a run stands that was taken.
    pub async fn trigger_stands(&mut self, run: &str, standing: &TriggerStanding) -> Result<(), Error> {
        sqlx::query("UPDATE hook_trigger SET tries = $2, due_at = $3, why = $4 WHERE run = $1 AND state <> 'done'")
            .bind(run)
            .bind(standing.tries)
            .bind(standing.due_at)
            .bind(&standing.why)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Notes that a run needs nothing more, and how it ended; says whether it was open.
    pub async fn trigger_ended(&mut self, run: &str, at: i64, how: &str) -> Result<bool, Error> {
        let done = sqlx::query(
            "UPDATE hook_trigger SET state = 'done', ended_at = $2, ended_how = $3, due_at = NULL, why = NULL
             WHERE run = $1 AND state <> 'done'",
        )
        .bind(run)
        .bind(at)
        .bind(how)
        .execute(&mut *self.tx)
        .await;
        Ok(done.map_err(|error| self.error(error))?.rows_affected() == 1)
    }
}

impl Store {
    /// Up to `limit` runs that nobody has taken, in the order of their deliveries.
    pub async fn waiting_triggers(&self, limit: i64) -> Result<Vec<TriggerRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM hook_trigger WHERE state <> 'done' AND state = 'waiting' ORDER BY delivery, run LIMIT $1",
        )
        .bind(limit)
        .fetch_all(self.readers())
        .await;
        self.triggers(rows)
    }

    /// Runs that were taken and have not ended: after a crash, those that are to be begun again or resumed by their id.
    pub async fn started_triggers(&self) -> Result<Vec<TriggerRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM hook_trigger WHERE state <> 'done' AND state = 'started' ORDER BY delivery, run",
        )
        .fetch_all(self.readers())
        .await;
        self.triggers(rows)
    }

    /// What events ask for and has not come to its end, by job: a row a run that was begun, and one for all that wait.
    pub async fn open_triggers(&self) -> Result<Vec<OpenTriggers>, Error> {
        let rows = sqlx::query(
            "SELECT job, CASE WHEN state = 'started' AND tries > 0 AND why IS NULL THEN run END AS at_work,
                    SUM(json_array_length(events)) AS events, MIN(why) AS why
             FROM hook_trigger WHERE state <> 'done' GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .fetch_all(self.readers())
        .await;
        let of = |row: &SqliteRow| {
            Ok(OpenTriggers {
                job: row.try_get("job")?,
                at_work: row.try_get("at_work")?,
                events: u64::try_from(row.try_get::<i64, _>("events")?).unwrap_or(0),
                why: row.try_get("why")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// The runs that a delivery asked for.
    pub async fn triggers_of(&self, delivery: i64) -> Result<Vec<TriggerRow>, Error> {
        let rows = sqlx::query("SELECT * FROM hook_trigger WHERE delivery = $1 ORDER BY job")
            .bind(delivery)
            .fetch_all(self.readers())
            .await;
        self.triggers(rows)
    }

    fn triggers(&self, rows: Result<Vec<SqliteRow>, sqlx::Error>) -> Result<Vec<TriggerRow>, Error> {
        rows.and_then(|rows| rows.iter().map(trigger_of).collect()).map_err(|error| self.error(error))
    }
}

fn trigger_of(row: &SqliteRow) -> Result<TriggerRow, sqlx::Error> {
    let state: &str = row.try_get("state")?;
    let state = [TriggerState::Waiting, TriggerState::Started, TriggerState::Done]
        .into_iter()
        .find(|known| known.word() == state)
        .ok_or_else(|| unknown("state of a trigger", state))?;
    Ok(TriggerRow {
        run: row.try_get("run")?,
        job: row.try_get("job")?,
        delivery: row.try_get("delivery")?,
        events: column(row, "events")?,
        made_at: row.try_get("made_at")?,
        state,
        ended_how: row.try_get("ended_how")?,
        tries: row.try_get("tries")?,
        due_at: row.try_get("due_at")?,
        why: row.try_get("why")?,
    })
}
