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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    use sqlx::{Executor as _, SqlitePool};

    /// A store as it was before doubts could be replaced.
    async fn before() -> SqlitePool {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        for schema in [include_str!("schema/0001_ledger.sql"), include_str!("schema/0003_rosters.sql")] {
            pool.execute(schema).await.unwrap();
        }
        pool.execute(
            "INSERT INTO run VALUES ('r1', 's', '', '[]', NULL, 0, NULL, 1, 1, 1, NULL, 'done', 0, NULL);
             INSERT INTO call VALUES (1, 'r1', 1, 'v', 'members.sync', 'b', '', '{}', '', 1, 'done', NULL, 2, NULL, NULL)",
        )
        .await
        .unwrap();
        pool
    }

    async fn keep(pool: &SqlitePool, id: i64, group: &str, state: &str, by: Option<&str>) {
        let wanted = json!({ "group_id": group, "members": [] }).to_string();
        let keep = sqlx::query(
            "INSERT INTO effect VALUES ($1, 1, 'r1', 1, 'v', 'members.sync', 'changes', 'unknown', 'group', lower($2), lower($2),
                NULL, '', 'd', 1, '{\"weighed_against\":null}', $3, NULL, $4, 7, 8, $5, 'why', NULL)",
        );
        keep.bind(id).bind(group).bind(wanted).bind(state).bind(by).execute(pool).await.unwrap();
    }

    #[tokio::test]
    async fn a_roster_that_an_earlier_release_called_not_applied_is_a_doubt_or_was_replaced() {
        let pool = before().await;
        keep(&pool, 1, "grp_A", "not_applied", Some("look-up")).await;
        keep(&pool, 2, "grp_A", "done", Some("answer")).await;
        keep(&pool, 3, "grp_A", "not_applied", Some("look-up")).await;
        keep(&pool, 4, "grp_B", "not_applied", Some("ada: asked them")).await;
        pool.execute(include_str!("schema/0008_replaced.sql")).await.unwrap();
        type Columns = (i64, String, String, String, Option<String>, Option<String>, i64);
        let rows: Vec<Columns> =
            sqlx::query_as("SELECT id, subject, target, state, settled_by, error, begun_at FROM effect ORDER BY id")
                .fetch_all(&pool)
                .await
                .unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.2.as_str(), row.3.as_str(), row.4.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("grp_A", "replaced", Some("run r1")),
                ("grp_A", "done", Some("answer")),
                ("grp_A", "doubt", Some("look-up")),
                ("grp_B", "not_applied", Some("ada: asked them")),
            ]
        );
        assert!(rows.iter().all(|row| row.1 == row.2 && row.5.as_deref() == Some("why") && row.6 == 7), "{rows:?}");
        let indexes: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'effect' AND sql IS NOT NULL",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        let made = [include_str!("schema/0001_ledger.sql"), include_str!("schema/0003_rosters.sql")].concat();
        assert_eq!(
            usize::try_from(indexes).unwrap(),
            made.matches(" ON effect (").count(),
            "all its indexes are there"
        );
    }
}
