//! Rosters that were handed over whole: effects on a group whose request is everybody in it. They are the memory of who is
//! in a group that no read shows.

use std::collections::BTreeSet;

use serde_json::Value;
use sqlx::Row as _;

use super::json::{column, optional};
use super::{Error, Settling, Store, Writing};

/// One roster that was sent, or may have been.
#[derive(Clone, Debug, PartialEq)]
pub struct RosterRow {
    /// Its effect's number.
    pub effect: i64,
    /// The run.
    pub run: String,
    /// The state's word.
    pub state: String,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// The arguments.
    pub wanted: Value,
    /// The end of the platform's work, as far as it was kept.
    pub share: Option<Value>,
}

/// Those that were sent or may have been: also those that were replaced before anybody knew.
macro_rules! sent {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM effect WHERE kind = 'group' AND account = $1 AND op = $2 AND target = $3",
            " AND state NOT IN ('planned', 'failed', 'not_applied')",
            $rest
        )
    };
}

impl Store {
    /// The rosters of a group since this moment, the one that held then first; the oldest first.
    pub async fn rosters(&self, account: &str, op: &str, group: &str, since: i64) -> Result<Vec<RosterRow>, Error> {
        let query = sent!(
            "id, run, state, begun_at, wanted, share",
            " AND id >= COALESCE((SELECT MAX(id) FROM effect WHERE kind = 'group' AND account = $1 AND op = $2
                AND target = $3 AND state IN ('done', 'applied') AND begun_at < $4), 0) ORDER BY id"
        );
        let rows = sqlx::query(query).bind(account).bind(op).bind(group).bind(since).fetch_all(self.readers()).await;
        let of = |row: &sqlx::sqlite::SqliteRow| {
            Ok(RosterRow {
                effect: row.try_get("id")?,
                run: row.try_get("run")?,
                state: row.try_get("state")?,
                begun_at: row.try_get("begun_at")?,
                wanted: column(row, "wanted")?,
                share: optional(row, "share")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }
}

impl Writing {
    /// What was sent later stands in the place of earlier doubts, whatever became of them: those of the same roster's group
    /// and those that asked for the very same. `call` is what happened, or one effect of it. Returns the calls of those
    /// that were settled so.
    pub async fn replace_earlier(
        &mut self,
        call: i64,
        only: Option<i64>,
        how: &Settling<'_>,
    ) -> Result<BTreeSet<i64>, Error> {
        let calls: Result<Vec<i64>, _> = sqlx::query_scalar(
            "UPDATE effect SET state = $3, settled_at = $4, settled_by = $5 WHERE id IN (
                SELECT earlier.id FROM effect later
                JOIN effect earlier ON earlier.account = later.account AND earlier.kind = later.kind
                  AND earlier.subject = later.subject AND earlier.state IN ('open', 'accepted', 'doubt')
                JOIN call ON call.id = earlier.call
                WHERE later.call = $1 AND ($2 IS NULL OR later.id = $2) AND later.state IN ('done', 'applied')
                  AND later.mails <> 'yes' AND earlier.target = later.target AND earlier.op = later.op
                  AND earlier.id < later.id AND earlier.state <> 'accepted' AND call.job IS NULL
                  AND (earlier.digest = later.digest OR json_type(later.before, '$.weighed_against') IS NOT NULL))
             RETURNING call",
        )
        .bind(call)
        .bind(only)
        .bind(how.to)
        .bind(how.at)
        .bind(how.by)
        .fetch_all(&mut *self.tx)
        .await;
        Ok(calls.map_err(|error| self.error(error))?.into_iter().collect())
    }

    /// The newest roster of a group by another run than this one: its effect and its run.
    pub async fn newest_roster(
        &mut self,
        account: &str,
        op: &str,
        group: &str,
        run: &str,
    ) -> Result<Option<(i64, String)>, Error> {
        let query = sent!("id, run", " AND run <> $4 ORDER BY id DESC LIMIT 1");
        let row = sqlx::query_as(query).bind(account).bind(op).bind(group).bind(run);
        row.fetch_optional(&mut *self.tx).await.map_err(|error| self.error(error))
    }
}
