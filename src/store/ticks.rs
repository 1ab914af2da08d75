//! Jobs between two processes of the scheduler, and a row for every due moment.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _};

use super::{Error, Store, Writing};

/// What the scheduler knows of a job. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its name.
    pub name: String,
    /// Its expressions and zone.
    pub timetable: String,
    /// Every moment up to here has a row.
    pub decided_to: i64,
    /// Failures in a row.
    pub failures: u32,
    /// When a run of it was last done.
    pub last_done: Option<i64>,
    /// A run that has not come to its end and that no open tick goes on with.
    pub unfinished: Option<String>,
}

/// A due moment, and what became of it. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickRow {
    /// The job.
    pub job: String,
    /// The moment.
    pub scheduled_at: i64,
    /// With jitter; of a retry, when it is tried again.
    pub due_at: i64,
    /// `schedule` or `backfill`.
    pub cause: String,
    /// Whether nobody was there when it was due.
    pub made_up: bool,
    /// `waiting`, `running`, how its run ended, `skipped` or `missed`.
    pub state: String,
    /// Why it waits, was skipped or missed.
    pub why: Option<String>,
    /// How many older moments share the row.
    pub folded: u64,
    /// Its run, which may not have begun.
    pub run: Option<String>,
    /// How often the run was begun.
    pub tries: u32,
    /// When this was decided.
    pub decided_at: i64,
    /// When its run began.
    pub begun_at: Option<i64>,
    /// When it came to its end.
    pub ended_at: Option<i64>,
}

/// A job that somebody has paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseRow {
    /// The job.
    pub job: String,
    /// Until when; `None` is until somebody ends it.
    pub until: Option<i64>,
    /// Why.
    pub reason: String,
    /// Who.
    pub who: String,
    /// Milliseconds since the epoch.
    pub at: i64,
}

/// Which ticks are asked for, the newest first.
#[derive(Clone, Debug, Default)]
pub struct TickFilter {
    /// Of this job alone.
    pub job: Option<String>,
    /// Moments from here, milliseconds since the epoch.
    pub from: Option<i64>,
    /// Moments up to here.
    pub to: Option<i64>,
    /// Those that come after this one in the list: its moment and its job.
    pub after: Option<(i64, String)>,
    /// At most so many; 0 is all.
    pub most: u32,
}

/// Rows of one statement: with thirteen values each, below the 32,766 that SQLite takes. Ten thousand rows as values take half the
/// time of the same rows as one list in JSON, each of whose columns is looked for from its beginning.
const AT_A_TIME: usize = 500;

impl Store {
    /// Keeps what one turn of the scheduler has decided, all of it or nothing.
    pub async fn keep_turn(&self, jobs: &[JobRow], ticks: &[TickRow]) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        self.write_turn(&mut writing, jobs, ticks).await?;
        writing.commit().await
    }

    pub(super) async fn write_turn(
        &self,
        writing: &mut Writing,
        jobs: &[JobRow],
        ticks: &[TickRow],
    ) -> Result<(), Error> {
        for jobs in jobs.chunks(AT_A_TIME) {
            let mut rows =
                QueryBuilder::new("INSERT INTO job (name, timetable, decided_to, failures, last_done, unfinished) ");
            rows.push_values(jobs, |mut row, job| {
                row.push_bind(&job.name).push_bind(&job.timetable).push_bind(job.decided_to);
                row.push_bind(job.failures).push_bind(job.last_done).push_bind(&job.unfinished);
            });
            rows.push(
                " ON CONFLICT (name) DO UPDATE SET timetable = excluded.timetable, decided_to = excluded.decided_to,
                    failures = excluded.failures, last_done = excluded.last_done, unfinished = excluded.unfinished",
            );
            rows.build().execute(&mut *writing.tx).await.map_err(|error| self.error(error))?;
        }
        for ticks in ticks.chunks(AT_A_TIME) {
            let mut rows = QueryBuilder::new(
                "INSERT INTO tick (job, scheduled_at, due_at, cause, made_up, state, why, folded, run, tries, decided_at,
                                   begun_at, ended_at) ",
            );
            rows.push_values(ticks, |mut row, tick| {
                row.push_bind(&tick.job).push_bind(tick.scheduled_at).push_bind(tick.due_at).push_bind(&tick.cause);
                row.push_bind(tick.made_up).push_bind(&tick.state).push_bind(&tick.why).push_bind(folded(tick));
                row.push_bind(&tick.run).push_bind(tick.tries).push_bind(tick.decided_at);
                row.push_bind(tick.begun_at).push_bind(tick.ended_at);
            });
            rows.push(
                " ON CONFLICT (job, scheduled_at) DO UPDATE SET due_at = excluded.due_at, cause = excluded.cause,
                    made_up = excluded.made_up, state = excluded.state, why = excluded.why,
                    folded = max(tick.folded, excluded.folded), run = excluded.run, tries = excluded.tries,
                    decided_at = excluded.decided_at, begun_at = coalesce(excluded.begun_at, tick.begun_at),
                    ended_at = excluded.ended_at",
            );
            rows.build().execute(&mut *writing.tx).await.map_err(|error| self.error(error))?;
        }
        Ok(())
    }

    /// All jobs that a scheduler has ever seen.
    pub async fn job_rows(&self) -> Result<Vec<JobRow>, Error> {
        let rows =
            sqlx::query("SELECT name, timetable, decided_to, failures, last_done, unfinished FROM job ORDER BY name");
        let rows = rows.fetch_all(self.readers()).await;
        let of = |row: &SqliteRow| {
            Ok(JobRow {
                name: row.try_get("name")?,
                timetable: row.try_get("timetable")?,
                decided_to: row.try_get("decided_to")?,
                failures: row.try_get("failures")?,
                last_done: row.try_get("last_done")?,
                unfinished: row.try_get("unfinished")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// The ticks that wait or run, the oldest first.
    pub async fn open_ticks(&self) -> Result<Vec<TickRow>, Error> {
        let rows =
            sqlx::query("SELECT * FROM tick WHERE state IN ('waiting', 'running') ORDER BY due_at, scheduled_at, id");
        let rows = rows.fetch_all(self.readers()).await;
        rows.and_then(|rows| rows.iter().map(tick_of).collect()).map_err(|error| self.error(error))
    }

    /// The moments that somebody asked for and that no scheduler has taken in yet, the oldest first.
    pub async fn asked_ticks(&self) -> Result<Vec<TickRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM tick WHERE state = 'waiting' AND cause = 'backfill' AND run IS NULL ORDER BY scheduled_at, id",
        );
        let rows = rows.fetch_all(self.readers()).await;
        rows.and_then(|rows| rows.iter().map(tick_of).collect()).map_err(|error| self.error(error))
    }

    /// Ticks, the newest first.
    pub async fn ticks(&self, filter: &TickFilter) -> Result<Vec<TickRow>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM tick WHERE ($1 IS NULL OR job = $1) AND scheduled_at >= $2 AND scheduled_at <= $3
               AND ($5 IS NULL OR scheduled_at < $5 OR (scheduled_at = $5 AND job > $6))
             ORDER BY scheduled_at DESC, job LIMIT $4",
        );
        let rows = rows
            .bind(&filter.job)
            .bind(filter.from.unwrap_or(i64::MIN))
            .bind(filter.to.unwrap_or(i64::MAX))
            .bind(if filter.most == 0 { -1 } else { i64::from(filter.most) })
            .bind(filter.after.as_ref().map(|(at, _)| *at))
            .bind(filter.after.as_ref().map(|(_, job)| job))
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows.iter().map(tick_of).collect()).map_err(|error| self.error(error))
    }

    /// Forgets what was decided of moments after this that count as not decided any more and have not begun.
    pub async fn undecide(&self, after: i64) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        sqlx::query(
            "DELETE FROM tick WHERE scheduled_at > $1 AND scheduled_at > (SELECT decided_to FROM job WHERE name = tick.job)
               AND cause = 'schedule' AND tries = 0 AND state IN ('waiting', 'skipped', 'missed')",
        )
        .bind(after)
        .execute(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        writing.commit().await
    }

    /// The moments that count as not decided and have begun all the same: each job with the time.
    pub async fn begun_undecided(&self) -> Result<Vec<(String, i64)>, Error> {
        let rows = sqlx::query(
            "SELECT tick.job, tick.scheduled_at FROM job JOIN tick ON tick.job = job.name AND tick.scheduled_at > job.decided_to
             WHERE tick.tries > 0",
        );
        let rows = rows.fetch_all(self.readers()).await;
        let of = |row: &SqliteRow| Ok((row.try_get("job")?, row.try_get("scheduled_at")?));
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// Forgets ticks that were decided before this and have come to their end; says how many.
    pub async fn forget_ticks(&self, before: i64) -> Result<u64, Error> {
        let mut writing = self.writing().await?;
        let done = sqlx::query("DELETE FROM tick WHERE decided_at < $1 AND state NOT IN ('waiting', 'running')")
            .bind(before)
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        writing.commit().await?;
        Ok(done.rows_affected())
    }

    /// The jobs that are paused by hand or after failures, by name.
    pub async fn pauses(&self) -> Result<Vec<PauseRow>, Error> {
        let rows = sqlx::query("SELECT job, until, reason, who, at FROM job_pause ORDER BY job");
        let rows = rows.fetch_all(self.readers()).await;
        let of = |row: &SqliteRow| {
            Ok(PauseRow {
                job: row.try_get("job")?,
                until: row.try_get("until")?,
                reason: row.try_get("reason")?,
                who: row.try_get("who")?,
                at: row.try_get("at")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// Pauses a job, in place of an earlier pause.
    pub async fn pause_job(&self, pause: &PauseRow) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        sqlx::query(
            "INSERT INTO job_pause (job, until, reason, who, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (job) DO UPDATE SET until = excluded.until, reason = excluded.reason, who = excluded.who,
                at = excluded.at",
        )
        .bind(&pause.job)
        .bind(pause.until)
        .bind(&pause.reason)
        .bind(&pause.who)
        .bind(pause.at)
        .execute(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        writing.commit().await
    }

    /// Ends the pause of a job; says whether there was one.
    pub async fn unpause_job(&self, job: &str) -> Result<bool, Error> {
        let mut writing = self.writing().await?;
        let done = sqlx::query("DELETE FROM job_pause WHERE job = $1")
            .bind(job)
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        writing.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

fn folded(tick: &TickRow) -> i64 {
    i64::try_from(tick.folded).unwrap_or(i64::MAX)
}

fn tick_of(row: &SqliteRow) -> Result<TickRow, sqlx::Error> {
    Ok(TickRow {
        job: row.try_get("job")?,
        scheduled_at: row.try_get("scheduled_at")?,
        due_at: row.try_get("due_at")?,
        cause: row.try_get("cause")?,
        made_up: row.try_get("made_up")?,
        state: row.try_get("state")?,
        why: row.try_get("why")?,
        folded: u64::try_from(row.try_get::<i64, _>("folded")?).unwrap_or(0),
        run: row.try_get("run")?,
        tries: row.try_get("tries")?,
        decided_at: row.try_get("decided_at")?,
        begun_at: row.try_get("begun_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}
