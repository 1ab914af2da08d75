//! Hooks: the addresses that a platform sends to, by the fingerprints of their secrets.

use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Error, Store, Writing};

/// A hook as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookRow {
    /// Its name.
    pub name: String,
    /// The connection whose platform sends to it.
    pub connection: String,
    /// Milliseconds since the epoch.
    pub made_at: i64,
    /// When it was removed, if it was.
    pub removed_at: Option<i64>,
    /// Until when the secret holds that was replaced last, if one was.
    pub old_until: Option<i64>,
    /// Deliveries that were stored.
    pub deliveries: i64,
    /// Those that are not worked off yet.
    pub waiting: i64,
    /// Bodies that were kept aside.
    pub aside: i64,
}

/// The fingerprint of a secret, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// The SHA-256 of the secret, in hexadecimal.
    pub digest: String,
    /// The hook's name.
    pub hook: String,
}

const HOOKS: &str = "SELECT hook.*,
    (SELECT MAX(ends_at) FROM hook_secret WHERE hook_secret.hook = hook.name AND ends_at IS NOT NULL) AS old_until,
    (SELECT COUNT(*) FROM delivery WHERE delivery.hook = hook.name) AS deliveries,
    (SELECT COUNT(*) FROM delivery WHERE delivery.hook = hook.name AND state = 'waiting') AS waiting,
    (SELECT COUNT(*) FROM hook_aside WHERE hook_aside.hook = hook.name) AS aside
    FROM hook";

impl Writing {
    /// Keeps a hook; one that was removed is there again. Says whether it was not there before.
    pub async fn keep_hook(&mut self, name: &str, connection: &str, at: i64) -> Result<bool, Error> {
        let kept = sqlx::query(
            "INSERT INTO hook (name, connection, made_at) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET connection = excluded.connection, made_at = excluded.made_at, removed_at = NULL
             WHERE removed_at IS NOT NULL",
        )
        .bind(name)
        .bind(connection)
        .bind(at)
        .execute(&mut *self.tx)
        .await;
        Ok(kept.map_err(|error| self.error(error))?.rows_affected() == 1)
    }

    /// Keeps the fingerprint of a hook's new secret; those before it end at this moment, if they do not end sooner.
    pub async fn keep_secret(&mut self, hook: &str, digest: &str, at: i64, others_end_at: i64) -> Result<(), Error> {
        self.end_secrets(hook, others_end_at).await?;
        sqlx::query("INSERT INTO hook_secret (digest, hook, made_at) VALUES ($1, $2, $3)")
            .bind(digest)
            .bind(hook)
            .bind(at)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Marks a hook as removed and ends its secrets; says whether it was there.
    pub async fn remove_hook(&mut self, name: &str, at: i64) -> Result<bool, Error> {
        self.end_secrets(name, at).await?;
        let removed = sqlx::query("UPDATE hook SET removed_at = $2 WHERE name = $1 AND removed_at IS NULL")
            .bind(name)
            .bind(at)
            .execute(&mut *self.tx)
            .await;
        Ok(removed.map_err(|error| self.error(error))?.rows_affected() == 1)
    }

    async fn end_secrets(&mut self, hook: &str, at: i64) -> Result<(), Error> {
        sqlx::query("UPDATE hook_secret SET ends_at = MIN(COALESCE(ends_at, $2), $2) WHERE hook = $1")
            .bind(hook)
            .bind(at)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
    }
}

impl Store {
    /// All hooks by name, those that were removed among them.
    pub async fn hooks(&self) -> Result<Vec<HookRow>, Error> {
        let rows = sqlx::query(HOOKS).fetch_all(self.readers()).await;
        let mut hooks: Vec<HookRow> =
            rows.and_then(|rows| rows.iter().map(hook_of).collect()).map_err(|error| self.error(error))?;
        hooks.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(hooks)
    }

    /// The fingerprints of all secrets that hold at this moment.
    pub async fn live_secrets(&self, now: i64) -> Result<Vec<SecretRow>, Error> {
        let rows: Result<Vec<(String, String)>, _> =
            sqlx::query_as("SELECT digest, hook FROM hook_secret WHERE ends_at IS NULL OR ends_at > $1")
                .bind(now)
                .fetch_all(self.readers())
                .await;
        let rows = rows.map_err(|error| self.error(error))?;
        Ok(rows.into_iter().map(|(digest, hook)| SecretRow { digest, hook }).collect())
    }
}

fn hook_of(row: &SqliteRow) -> Result<HookRow, sqlx::Error> {
    Ok(HookRow {
        name: row.try_get("name")?,
        connection: row.try_get("connection")?,
        made_at: row.try_get("made_at")?,
        removed_at: row.try_get("removed_at")?,
        old_until: row.try_get("old_until")?,
        deliveries: row.try_get("deliveries")?,
        waiting: row.try_get("waiting")?,
        aside: row.try_get("aside")?,
    })
}
