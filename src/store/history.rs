//! What is asked of runs that were: lists of them, their attempts, calls and effects. All of it is read page by page.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::effects::{EffectRow, effects};
use super::json::list;
use super::runs::state_of;
use super::{Error, RunState, Store};
use crate::settings::REDACTED;

/// Which runs are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only those that stand so.
    pub state: Option<RunState>,
    /// Only those of this script, by its path below the project's folder.
    pub script: Option<String>,
    /// Only those of this job.
    pub job: Option<String>,
}

/// A run as one line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    /// Its id.
    pub id: String,
    /// The script's path below the project's folder.
    pub script: String,
    /// What its bare nouns mean.
    pub connection: Option<String>,
    /// The job that it belongs to, if it does.
    pub job: Option<String>,
    /// Milliseconds since the epoch.
    pub started_at: i64,
    /// The how-manyth attempt this is, from 1.
    pub attempt: i64,
    /// When it ended, if it has.
    pub ended_at: Option<i64>,
    /// How it stands.
    pub state: RunState,
    /// The exit code of its last attempt.
    pub exit_code: Option<i64>,
    /// Whether an argument held a secret, which was not kept: such a run cannot be resumed.
    pub lacks_a_secret: bool,
}

/// One attempt of a run, as its log and its calls tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// Which one, from 1.
    pub attempt: i64,
    /// When it first said or wrote something.
    pub first: i64,
    /// When it last did.
    pub last: i64,
    /// Lines of its log.
    pub lines: i64,
    /// Its writes.
    pub calls: i64,
}

/// Effects of a run that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectsRow {
    /// `noun.verb`.
    pub op: String,
    /// `adds`, `removes`, …
    pub consequence: String,
    /// `no`, `yes`, `unknown`.
    pub mails: String,
    /// The state's word.
    pub state: String,
    /// Whether the call was accepted under a job.
    pub job: bool,
    /// How many.
    pub count: i64,
    /// How many of them were sent again later.
    pub again: i64,
}

/// A request that could change something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRow {
    /// Its number.
    pub id: i64,
    /// The attempt that began it.
    pub attempt: i64,
    /// `noun.verb`.
    pub op: String,
    /// What it says to people.
    pub sentence: String,
    /// The state's word, or `settled` for what was in doubt.
    pub state: String,
    /// The platform's job, if it was accepted under one.
    pub job: Option<String>,
    /// HTTP status, where it was kept.
    pub status: Option<i64>,
    /// What went wrong.
    pub error: Option<String>,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// Milliseconds since the epoch.
    pub settled_at: Option<i64>,
}

type AttemptColumns = (i64, i64, i64, i64, i64);
type EffectsColumns = (String, String, String, String, bool, i64, i64);

/// What a person said of effects that were in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Who, and why.
    pub by: String,
    /// What it made of them: `applied` or `not_applied`.
    pub state: String,
    /// When, milliseconds since the epoch.
    pub at: i64,
    /// Of how many.
    pub count: i64,
}

impl Store {
    /// Up to `limit` runs of this filter, the newest first; those older than this one (its start and its id), if it is named.
    pub async fn run_lines(
        &self,
        filter: &RunFilter,
        older: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<RunLine>, Error> {
        let (at, id) = older.unzip();
        let rows = sqlx::query(
            "SELECT id, script, connection, job, started_at, attempt, ended_at, state, exit_code,
                instr(args, $6) > 0 AS lacks_a_secret
             FROM run
             WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR script = $2)
               AND ($3 IS NULL OR (started_at, id) < ($3, $4)) AND ($7 IS NULL OR job = $7)
             ORDER BY started_at DESC, id DESC LIMIT $5",
        )
        .bind(filter.state.map(RunState::as_str))
        .bind(&filter.script)
        .bind(at)
        .bind(id)
        .bind(limit)
        .bind(REDACTED)
        .bind(&filter.job)
        .fetch_all(self.readers())
        .await;
        rows.and_then(|rows| rows.iter().map(line_of).collect()).map_err(|error| self.error(error))
    }

    /// How many runs this filter has.
    pub async fn count_runs(&self, filter: &RunFilter) -> Result<i64, Error> {
        sqlx::query_scalar(
            "SELECT COUNT(*) FROM run
             WHERE ($1 IS NULL OR state = $1) AND ($2 IS NULL OR script = $2) AND ($3 IS NULL OR job = $3)",
        )
        .bind(filter.state.map(RunState::as_str))
        .bind(&filter.script)
        .bind(&filter.job)
        .fetch_one(self.readers())
        .await
        .map_err(|error| self.error(error))
    }

    /// Effects of these runs: run, state, whether under a job, count. What failed and was sent again counts as what came
    /// of it.
    pub async fn counts(&self, runs: &[&str]) -> Result<Vec<(String, String, bool, i64)>, Error> {
        sqlx::query_as(
            "SELECT effect.run, effect.state, call.job IS NOT NULL, COUNT(*)
             FROM effect JOIN call ON call.id = effect.call
             WHERE effect.run IN (SELECT value FROM json_each($1))
               AND NOT (effect.state IN ('failed', 'not_applied', 'replaced') AND EXISTS (
                 SELECT 1 FROM effect later WHERE later.run = effect.run AND later.kind = effect.kind
                   AND later.subject = effect.subject AND later.target = effect.target
                   AND later.op = effect.op AND later.digest = effect.digest AND later.id > effect.id))
             GROUP BY effect.run, effect.state, call.job IS NOT NULL",
        )
        .bind(list(runs.iter().copied()))
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.error(error))
    }

    /// The attempts of a run that left a trace, in their order.
    pub async fn attempts_of(&self, run: &str) -> Result<Vec<AttemptRow>, Error> {
        let rows: Result<Vec<AttemptColumns>, _> = sqlx::query_as(
            "SELECT attempt, MIN(first), MAX(last), SUM(lines), SUM(calls) FROM (
                SELECT attempt, MIN(at) AS first, MAX(at) AS last, COUNT(*) AS lines, 0 AS calls
                FROM run_log WHERE run = $1 GROUP BY attempt
                UNION ALL
                SELECT attempt, MIN(begun_at), MAX(begun_at), 0, COUNT(*)
                FROM call WHERE run = $1 GROUP BY attempt)
             GROUP BY attempt ORDER BY attempt",
        )
        .bind(run)
        .fetch_all(self.readers())
        .await;
        let rows = rows.map_err(|error| self.error(error))?;
        let of = |(attempt, first, last, lines, calls)| AttemptRow { attempt, first, last, lines, calls };
        Ok(rows.into_iter().map(of).collect())
    }

    /// A run's effects, counted by operation and state.
    pub async fn effects_by_state(&self, run: &str) -> Result<Vec<EffectsRow>, Error> {
        let rows: Result<Vec<EffectsColumns>, _> = sqlx::query_as(
            "SELECT effect.op, consequence, mails, effect.state, call.job IS NOT NULL, COUNT(*),
                SUM(effect.state IN ('failed', 'not_applied', 'replaced') AND EXISTS (
                    SELECT 1 FROM effect later WHERE later.run = effect.run AND later.kind = effect.kind
                      AND later.subject = effect.subject AND later.target = effect.target
                      AND later.op = effect.op AND later.digest = effect.digest AND later.id > effect.id))
             FROM effect JOIN call ON call.id = effect.call WHERE effect.run = $1
             GROUP BY effect.op, consequence, mails, effect.state, call.job IS NOT NULL ORDER BY MIN(effect.id)",
        )
        .bind(run)
        .fetch_all(self.readers())
        .await;
        let rows = rows.map_err(|error| self.error(error))?;
        Ok(rows
            .into_iter()
            .map(|(op, consequence, mails, state, job, count, again)| EffectsRow {
                op,
                consequence,
                mails,
                state,
                job,
                count,
                again,
            })
            .collect())
    }

    /// The first effects of a run that are alike.
    pub async fn samples(&self, run: &str, of: &EffectsRow, limit: i64) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE effect.run = $1 AND effect.op = $2 AND effect.state = $3 AND (call.job IS NOT NULL) = $4
             ORDER BY effect.id LIMIT $5"
        );
        let rows = sqlx::query(query).bind(run).bind(&of.op).bind(&of.state).bind(of.job).bind(limit);
        self.rows(rows.fetch_all(self.readers()).await)
    }

    /// How many requests of a run could change something.
    pub async fn count_calls(&self, run: &str) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT COUNT(*) FROM call WHERE run = $1")
            .bind(run)
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// Up to `limit` requests of a run after this number, in the order in which they were begun.
    pub async fn calls_of(&self, run: &str, after: i64, limit: i64) -> Result<Vec<CallRow>, Error> {
        let rows = sqlx::query("SELECT * FROM call WHERE run = $1 AND id > $2 ORDER BY id LIMIT $3")
            .bind(run)
            .bind(after)
            .bind(limit)
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows.iter().map(call_of).collect()).map_err(|error| self.error(error))
    }

    /// What persons have said of a run's doubts, in the order in which they did.
    pub async fn decisions(&self, run: &str) -> Result<Vec<Decision>, Error> {
        let rows: Result<Vec<(String, String, i64, i64)>, _> = sqlx::query_as(
            "SELECT settled_by, state, settled_at, COUNT(*) FROM effect
             WHERE run = $1 AND state IN ('applied', 'not_applied') AND settled_by <> 'look-up'
             GROUP BY settled_by, state, settled_at ORDER BY settled_at, MIN(id)",
        )
        .bind(run)
        .fetch_all(self.readers())
        .await;
        let rows = rows.map_err(|error| self.error(error))?;
        Ok(rows.into_iter().map(|(by, state, at, count)| Decision { by, state, at, count }).collect())
    }
}

fn line_of(row: &SqliteRow) -> Result<RunLine, sqlx::Error> {
    Ok(RunLine {
        id: row.try_get("id")?,
        script: row.try_get("script")?,
        connection: row.try_get("connection")?,
        job: row.try_get("job")?,
        started_at: row.try_get("started_at")?,
        attempt: row.try_get("attempt")?,
        ended_at: row.try_get("ended_at")?,
        state: state_of(row)?,
        exit_code: row.try_get("exit_code")?,
        lacks_a_secret: row.try_get("lacks_a_secret")?,
    })
}

fn call_of(row: &SqliteRow) -> Result<CallRow, sqlx::Error> {
    Ok(CallRow {
        id: row.try_get("id")?,
        attempt: row.try_get("attempt")?,
        op: row.try_get("op")?,
        sentence: row.try_get("sentence")?,
        state: row.try_get("state")?,
        job: row.try_get("job")?,
        status: row.try_get("status")?,
        error: row.try_get("error")?,
        begun_at: row.try_get("begun_at")?,
        settled_at: row.try_get("settled_at")?,
    })
}
