//! Rosters that were handed over whole: effects on a group whose request is everybody in it. They are the memory of who is
//! in a group that no read shows.

use serde_json::Value;
use sqlx::Row as _;

use super::json::{column, optional};
use super::{Error, Store, Writing};

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

/// Those that were sent or may have been. A look-up that set one aside has seen nothing of it; a person who did knows.
macro_rules! sent {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM effect WHERE kind = 'group' AND account = $1 AND op = $2 AND target = $3",
            " AND state NOT IN ('planned', 'failed') AND NOT (state = 'not_applied' AND settled_by <> 'look-up')",
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
