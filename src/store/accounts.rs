//! Accounts, cursors, and the sandbox's world.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::column;
use super::{Error, Store, Writing};

const NEWEST_WORLD: &str = "SELECT * FROM world ORDER BY rowid DESC LIMIT 1";

/// What stands behind a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its key everywhere in the store.
    pub id: String,
    /// The platform's name.
    pub platform: String,
    /// Scheme, host and base path.
    pub origin: String,
    /// The connection's name when it was first seen.
    pub label: String,
    /// Milliseconds since the epoch.
    pub first_seen: i64,
}

/// By what an account is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign<'a> {
    /// A connection's name: it keeps its account when the secret rotates.
    Name(&'a str),
    /// A fingerprint of the key, never the key: the same key under another name is the same account.
    Key(&'a str),
}

/// A sandbox's world: what it grew from.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// Its id, which is also its account.
    pub id: String,
    /// What it was seeded with.
    pub seed: Value,
    /// When its clock began.
    pub started_ms: i64,
}

/// One request that changed a sandbox's world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldRequest {
    /// When.
    pub at_ms: i64,
    /// The platform it was sent to.
    pub platform: String,
    /// `POST`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Its body.
    pub body: Vec<u8>,
}

impl Sign<'_> {
    const fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Name(name) => ("name", name),
            Self::Key(key) => ("key", key),
        }
    }
}

impl Store {
    /// The account that is known by this sign.
    pub async fn account_by(&self, platform: &str, origin: &str, sign: Sign<'_>) -> Result<Option<String>, Error> {
        let (kind, sign) = sign.parts();
        sqlx::query_scalar(
            "SELECT account FROM account_sign WHERE platform = $1 AND origin = $2 AND kind = $3 AND sign = $4",
        )
        .bind(platform)
        .bind(origin)
        .bind(kind)
        .bind(sign)
        .fetch_optional(self.readers())
        .await
        .map_err(|error| self.error(error))
    }

    /// Keeps an account; these signs are its signs from now on, whosever they were.
    pub async fn keep_account(&self, account: &Account, signs: &[Sign<'_>]) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        sqlx::query(
            "INSERT INTO account (id, platform, origin, label, first_seen) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(&account.id)
        .bind(&account.platform)
        .bind(&account.origin)
        .bind(&account.label)
        .bind(account.first_seen)
        .execute(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        for sign in signs {
            let (kind, sign) = sign.parts();
            sqlx::query(
                "INSERT INTO account_sign (account, platform, origin, kind, sign) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (platform, origin, kind, sign) DO UPDATE SET account = excluded.account",
            )
            .bind(&account.id)
            .bind(&account.platform)
            .bind(&account.origin)
            .bind(kind)
            .bind(sign)
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        }
        writing.commit().await
    }

    /// All accounts, the oldest first.
    pub async fn accounts(&self) -> Result<Vec<Account>, Error> {
        let of = |row: &SqliteRow| {
            Ok(Account {
                id: row.try_get("id")?,
                platform: row.try_get("platform")?,
                origin: row.try_get("origin")?,
                label: row.try_get("label")?,
                first_seen: row.try_get("first_seen")?,
            })
        };
        let rows = sqlx::query("SELECT * FROM account ORDER BY first_seen, id").fetch_all(self.readers()).await;
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// How far something was read.
    pub async fn cursor(&self, account: &str, name: &str) -> Result<Option<String>, Error> {
        sqlx::query_scalar("SELECT value FROM cursor WHERE account = $1 AND name = $2")
            .bind(account)
            .bind(name)
            .fetch_optional(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// Writes down how far something was read.
    pub async fn set_cursor(&self, account: &str, name: &str, value: &str, at: i64) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO cursor (account, name, value, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account, name) DO UPDATE SET value = excluded.value, at = excluded.at",
        )
        .bind(account)
        .bind(name)
        .bind(value)
        .bind(at)
        .execute(self.writer())
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// The sandbox's newest world.
    pub async fn world(&self) -> Result<Option<World>, Error> {
        let row = sqlx::query(NEWEST_WORLD).fetch_optional(self.readers()).await;
        row.and_then(|row| row.as_ref().map(world_of).transpose()).map_err(|error| self.error(error))
    }

    /// Begins a world where there is none; the one that holds then, which somebody else may have begun a moment before.
    pub async fn first_world(&self, world: World) -> Result<World, Error> {
        let mut writing = self.writing().await?;
        let fail = |error| self.error(error);
        let found = sqlx::query(NEWEST_WORLD).fetch_optional(&mut *writing.tx).await;
        if let Some(found) = found.and_then(|row| row.as_ref().map(world_of).transpose()).map_err(fail)? {
            writing.leave().await?;
            return Ok(found);
        }
        insert(&world, &mut writing).await.map_err(fail)?;
        writing.commit().await?;
        Ok(world)
    }

    /// Begins a new world. Requests of earlier ones are forgotten; their effects stay in the ledger, under their account.
    pub async fn new_world(&self, world: &World) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        let fail = |error| self.error(error);
        sqlx::query("DELETE FROM world_request").execute(&mut *writing.tx).await.map_err(fail)?;
        insert(world, &mut writing).await.map_err(fail)?;
        writing.commit().await
    }

    /// Keeps a request that changed a world; returns its place in the order.
    pub async fn keep_world_request(&self, world: &str, request: &WorldRequest) -> Result<i64, Error> {
        let kept = sqlx::query(
            "INSERT INTO world_request (world, at_ms, platform, method, target, body) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(world)
        .bind(request.at_ms)
        .bind(&request.platform)
        .bind(&request.method)
        .bind(&request.target)
        .bind(&request.body)
        .execute(self.writer())
        .await
        .map_err(|error| self.error(error))?;
        Ok(kept.last_insert_rowid())
    }

    /// Up to `limit` requests of a world after this place, in their order, each with its place.
    pub async fn world_requests(&self, world: &str, after: i64, limit: i64) -> Result<Vec<(i64, WorldRequest)>, Error> {
        let of = |row: &SqliteRow| {
            let request = WorldRequest {
                at_ms: row.try_get("at_ms")?,
                platform: row.try_get("platform")?,
                method: row.try_get("method")?,
                target: row.try_get("target")?,
                body: row.try_get("body")?,
            };
            Ok((row.try_get("seq")?, request))
        };
        let rows = sqlx::query("SELECT * FROM world_request WHERE world = $1 AND seq > $2 ORDER BY seq LIMIT $3")
            .bind(world)
            .bind(after)
            .bind(limit)
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }
}

async fn insert(world: &World, writing: &mut Writing) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO world (id, seed, started_ms) VALUES ($1, $2, $3)")
        .bind(&world.id)
        .bind(world.seed.to_string())
        .bind(world.started_ms)
        .execute(&mut *writing.tx)
        .await
        .map(drop)
}

fn world_of(row: &SqliteRow) -> Result<World, sqlx::Error> {
    Ok(World { id: row.try_get("id")?, seed: column(row, "seed")?, started_ms: row.try_get("started_ms")? })
}
