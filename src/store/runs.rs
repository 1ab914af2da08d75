//! Runs, their log, and what a person allowed them to do.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::{column, optional, unknown};
use super::{Error, OfJob, Store, Writing};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A process works on it, or has died while it did: its lock tells which.
    Running,
    /// It came to its end.
    Done,
    /// It ended with an error.
    Failed,
    /// A brake holds it until a person decides.
    Held,
    /// It was stopped and can be resumed.
    Interrupted,
}

/// Which script, with what, on what.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// Like `20261122-0158-k3f9`.
    pub id: String,
    /// The script's path below the project's folder.
    pub script: String,
    /// Its text when it was started.
    pub source: String,
    /// Its arguments as they were given, pairs of name and value. Secrets are none of them.
    pub args: Value,
    /// What its bare nouns mean.
    pub connection: Option<String>,
    /// Whether every connection is its simulated twin.
    pub sandbox: bool,
    /// The settings file, where one was named: commands that go on with the run name it again.
    pub settings: Option<String>,
    /// The job that it belongs to, if it does.
    pub job: Option<OfJob>,
    /// Milliseconds since the epoch.
    pub started_at: i64,
}

/// A run as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// What it was started with; `started_at` is its first attempt's.
    pub of: NewRun,
    /// The how-manyth attempt this is, from 1.
    pub attempt: i64,
    /// When this attempt began.
    pub attempt_at: i64,
    /// When it ended, if it has.
    pub ended_at: Option<i64>,
    /// How it stands.
    pub state: RunState,
    /// The exit code of its last attempt.
    pub exit_code: Option<i64>,
    /// Its report.
    pub summary: Option<Value>,
}

/// One line of a run's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Milliseconds since the epoch.
    pub at: i64,
    /// `print`, `info`, `warning`, …
    pub level: String,
    /// The line.
    pub text: String,
}

/// What a person allowed a held run to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The run.
    pub run: String,
    /// Which brake: `removals`.
    pub what: String,
    /// The number they typed.
    pub number: i64,
    /// Why.
    pub reason: String,
    /// Who.
    pub who: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// The fingerprint of the plan that was approved; `None` for a run.
    pub digest: Option<String>,
}

impl RunState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Done, Self::Failed, Self::Held, Self::Interrupted];

    /// The word for it, also in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Held => "held",
            Self::Interrupted => "interrupted",
        }
    }

    /// The state that this word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl Store {
    /// Writes down that a run begins its first attempt.
    pub async fn start_run(&self, run: &NewRun) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO run (id, script, source, args, connection, sandbox, settings, started_at, attempt, attempt_at, state,
                job, cause, scheduled_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $8, 'running', $9, $10, $11)",
        )
        .bind(&run.id)
        .bind(&run.script)
        .bind(&run.source)
        .bind(run.args.to_string())
        .bind(&run.connection)
        .bind(run.sandbox)
        .bind(&run.settings)
        .bind(run.started_at)
        .bind(run.job.as_ref().map(|job| &job.name))
        .bind(run.job.as_ref().map(|job| job.cause.as_str()))
        .bind(run.job.as_ref().and_then(|job| job.scheduled_at))
        .execute(self.writer())
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Writes down that a run begins another attempt; returns its number. Own the run before (`effects::Lease`).
    pub async fn next_attempt(&self, run: &str, at: i64) -> Result<i64, Error> {
        sqlx::query_scalar(
            "UPDATE run SET attempt = attempt + 1, attempt_at = $2, ended_at = NULL, state = 'running',
                exit_code = NULL, summary = NULL
             WHERE id = $1 RETURNING attempt",
        )
        .bind(run)
        .bind(at)
        .fetch_one(self.writer())
        .await
        .map_err(|error| self.error(error))
    }

    /// Writes down how an attempt ended.
    pub async fn end_run(
        &self,
        run: &str,
        state: RunState,
        exit_code: i64,
        summary: &Value,
        at: i64,
    ) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        writing.end_run(run, state, exit_code, summary, at).await?;
        writing.commit().await
    }

    /// One run.
    pub async fn run(&self, id: &str) -> Result<Option<Run>, Error> {
        let row = sqlx::query("SELECT * FROM run WHERE id = $1").bind(id).fetch_optional(self.readers()).await;
        row.and_then(|row| row.map(|row| run_of(&row)).transpose()).map_err(|error| self.error(error))
    }

    /// The newest runs, the newest first.
    pub async fn runs(&self, limit: i64) -> Result<Vec<Run>, Error> {
        let rows = sqlx::query("SELECT * FROM run ORDER BY started_at DESC, id DESC LIMIT $1")
            .bind(limit)
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows.iter().map(run_of).collect()).map_err(|error| self.error(error))
    }

    /// Runs that have not come to their end, the newest first: those of this job, or else those of this script that belong to
    /// no job. Those that still run are among them.
    pub async fn unfinished(&self, script: &str, job: Option<&str>) -> Result<Vec<Run>, Error> {
        let rows = sqlx::query(
            "SELECT * FROM run WHERE state IN ('running', 'held', 'interrupted')
               AND ($2 IS NULL AND job IS NULL AND script = $1 OR job = $2)
             ORDER BY started_at DESC, id DESC",
        )
        .bind(script)
        .bind(job)
        .fetch_all(self.readers())
        .await;
        rows.and_then(|rows| rows.iter().map(run_of).collect()).map_err(|error| self.error(error))
    }

    /// Adds lines to a run's log, all or none.
    pub async fn log(&self, run: &str, attempt: i64, lines: &[LogLine]) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        self.add_lines(&mut writing, run, attempt, lines).await?;
        writing.commit().await
    }

    /// The same beside other verbs.
    pub(super) async fn add_lines(
        &self,
        writing: &mut Writing,
        run: &str,
        attempt: i64,
        lines: &[LogLine],
    ) -> Result<(), Error> {
        for line in lines {
            sqlx::query("INSERT INTO run_log (run, attempt, at, level, text) VALUES ($1, $2, $3, $4, $5)")
                .bind(run)
                .bind(attempt)
                .bind(line.at)
                .bind(&line.level)
                .bind(&line.text)
                .execute(&mut *writing.tx)
                .await
                .map_err(|error| self.error(error))?;
        }
        Ok(())
    }

    /// A run's log after this place, with the place of each line.
    pub async fn log_after(&self, run: &str, seq: i64, limit: i64) -> Result<Vec<(i64, LogLine)>, Error> {
        let line = |row: &SqliteRow| {
            let line = LogLine { at: row.try_get("at")?, level: row.try_get("level")?, text: row.try_get("text")? };
            Ok((row.try_get("seq")?, line))
        };
        let rows =
            sqlx::query("SELECT seq, at, level, text FROM run_log WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT $3")
                .bind(run)
                .bind(seq)
                .bind(limit)
                .fetch_all(self.readers())
                .await;
        rows.and_then(|rows| rows.iter().map(line).collect()).map_err(|error| self.error(error))
    }

    /// Keeps what a person allowed.
    pub async fn keep_approval(&self, approval: &Approval) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO approval (run, what, number, reason, who, at, digest) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&approval.run)
        .bind(&approval.what)
        .bind(approval.number)
        .bind(&approval.reason)
        .bind(&approval.who)
        .bind(approval.at)
        .bind(&approval.digest)
        .execute(self.writer())
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// What was allowed to a run, the oldest first.
    pub async fn approvals(&self, run: &str) -> Result<Vec<Approval>, Error> {
        let of = |row: &SqliteRow| {
            Ok(Approval {
                run: row.try_get("run")?,
                what: row.try_get("what")?,
                number: row.try_get("number")?,
                reason: row.try_get("reason")?,
                who: row.try_get("who")?,
                at: row.try_get("at")?,
                digest: row.try_get("digest")?,
            })
        };
        let rows =
            sqlx::query("SELECT * FROM approval WHERE run = $1 ORDER BY id").bind(run).fetch_all(self.readers()).await;
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }
}

impl Writing {
    /// Writes down how an attempt ended; of a moment whose row said that its run had not come to its end, there as well, whoever
    /// has gone on with it.
    pub async fn end_run(
        &mut self,
        run: &str,
        state: RunState,
        exit_code: i64,
        summary: &Value,
        at: i64,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE run SET state = $2, exit_code = $3, summary = $4, ended_at = $5 WHERE id = $1")
            .bind(run)
            .bind(state.as_str())
            .bind(exit_code)
            .bind(summary.to_string())
            .bind(at)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        // Codes as the report of a run gives them, words as the scheduler keeps them.
        sqlx::query(
            "UPDATE tick SET ended_at = $3,
                    state = CASE $2 WHEN 0 THEN 'done' WHEN 3 THEN 'done' WHEN 4 THEN 'held' WHEN 5 THEN 'partial'
                            WHEN 6 THEN 'in_doubt' WHEN 130 THEN 'interrupted' WHEN 137 THEN 'killed' ELSE 'failed' END,
                    why = CASE WHEN $2 NOT IN (0, 3, 5) THEN 'gone on with later: exit code ' || $2 END
             WHERE run = $1 AND state IN ('failed', 'timed_out', 'killed', 'held', 'in_doubt', 'interrupted')",
        )
        .bind(run)
        .bind(exit_code)
        .bind(at)
        .execute(&mut *self.tx)
        .await
        .map(drop)
        .map_err(|error| self.error(error))
    }
}

/// How a run's row stands.
pub(super) fn state_of(row: &SqliteRow) -> Result<RunState, sqlx::Error> {
    let word: String = row.try_get("state")?;
    RunState::parse(&word).ok_or_else(|| unknown("run state", &word))
}

fn run_of(row: &SqliteRow) -> Result<Run, sqlx::Error> {
    Ok(Run {
        of: NewRun {
            id: row.try_get("id")?,
            script: row.try_get("script")?,
            source: row.try_get("source")?,
            args: column(row, "args")?,
            connection: row.try_get("connection")?,
            sandbox: row.try_get("sandbox")?,
            settings: row.try_get("settings")?,
            job: OfJob::of(row)?,
            started_at: row.try_get("started_at")?,
        },
        attempt: row.try_get("attempt")?,
        attempt_at: row.try_get("attempt_at")?,
        ended_at: row.try_get("ended_at")?,
        state: state_of(row)?,
        exit_code: row.try_get("exit_code")?,
        summary: optional(row, "summary")?,
    })
}
