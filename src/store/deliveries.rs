//! Deliveries: what was sent to a hook, how far it is worked off, and bodies that were none.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::list;
use super::{Error, Store, Writing};

/// A delivery that has just come.
#[derive(Clone, Debug)]
pub struct NewDelivery<'a> {
    /// The hook's name.
    pub hook: &'a str,
    /// By what it is known again, within its hook.
    pub key: &'a str,
    /// Milliseconds since the epoch.
    pub received_at: i64,
    /// The body as it came.
    pub body: &'a [u8],
    /// Notifications in the body.
    pub notices: usize,
    /// The delivery that it is worked off once more.
    pub replay_of: Option<i64>,
}

/// A delivery as it stands; its body is read by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// Its number.
    pub seq: i64,
    /// The hook's name.
    pub hook: String,
    /// The connection of the hook.
    pub connection: String,
    /// By what it is known again, within its hook.
    pub key: String,
    /// Milliseconds since the epoch.
    pub received_at: i64,
    /// The delivery that it works off once more.
    pub replay_of: Option<i64>,
    /// How often it came once more.
    pub repeats: i64,
    /// `waiting` or `done`.
    pub state: String,
    /// How often it was begun to be worked off in vain.
    pub tries: i64,
    /// When that was first tried.
    pub first_try_at: Option<i64>,
    /// When it is tried next.
    pub next_try_at: i64,
    /// What went wrong last.
    pub trouble: Option<String>,
    /// When it was done.
    pub done_at: Option<i64>,
    /// How it ended; the first number is known from the beginning.
    pub counts: DeliveryCounts,
    /// Runs that it asked for.
    pub runs: i64,
}

/// What a delivery came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Whether something of it could not be had.
    pub partial: bool,
    /// Notifications in all.
    pub notices: i64,
    /// Those whose topic nobody knows.
    pub unknown: i64,
    /// Those that were worked off before.
    pub known: i64,
    /// Those about somebody who is not there any more.
    pub gone: i64,
    /// Those that tell of what beadle wrote.
    pub own: i64,
    /// Those that could not be read again, and reached nobody.
    pub unread: i64,
}

/// A body that was no delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsideRow {
    /// Its number.
    pub seq: i64,
    /// The hook's name.
    pub hook: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Why it was none.
    pub why: String,
    /// How long it was, in bytes.
    pub size: i64,
    /// Its beginning.
    pub body: Vec<u8>,
}

macro_rules! deliveries {
    ($rest:literal) => {
        concat!(
            "SELECT seq, delivery.hook, hook.connection, key, received_at, replay_of, repeats, state, tries, first_try_at,
                next_try_at, trouble, done_at, partial, notices, unknown, known, gone, own, unread,
                (SELECT COUNT(*) FROM hook_trigger WHERE hook_trigger.delivery = seq) AS runs
             FROM delivery JOIN hook ON hook.name = delivery.hook ",
            $rest
        )
    };
}

/// A statement about the deliveries that are done, with all their runs.
macro_rules! old {
    ($what:literal) => {
        concat!(
            $what,
            "(SELECT seq FROM delivery WHERE state = 'done' AND done_at < $1
               AND NOT EXISTS (SELECT 1 FROM hook_trigger WHERE hook_trigger.delivery = seq AND state <> 'done'))"
        )
    };
}

impl Writing {
    /// Keeps a delivery; returns its number, or `None` for one that is there already, which is counted.
    pub async fn keep_delivery(&mut self, new: &NewDelivery<'_>) -> Result<Option<i64>, Error> {
        let kept = sqlx::query(
            "INSERT INTO delivery (hook, key, received_at, body, notices, replay_of, next_try_at)
             VALUES ($1, $2, $3, $4, $5, $6, $3) ON CONFLICT (hook, key) DO NOTHING",
        )
        .bind(new.hook)
        .bind(new.key)
        .bind(new.received_at)
        .bind(new.body)
        .bind(i64::try_from(new.notices).unwrap_or(i64::MAX))
        .bind(new.replay_of)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        if kept.rows_affected() == 1 {
            return Ok(Some(kept.last_insert_rowid()));
        }
        sqlx::query("UPDATE delivery SET repeats = repeats + 1 WHERE hook = $1 AND key = $2")
            .bind(new.hook)
            .bind(new.key)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(None)
    }

    /// Keeps the beginning of a body that is no delivery, and of its hook's only the newest `most`.
    pub async fn keep_aside(&mut self, aside: &AsideRow, most: i64) -> Result<(), Error> {
        sqlx::query("INSERT INTO hook_aside (hook, at, why, size, body) VALUES ($1, $2, $3, $4, $5)")
            .bind(&aside.hook)
            .bind(aside.at)
            .bind(&aside.why)
            .bind(aside.size)
            .bind(&aside.body)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        sqlx::query(
            "DELETE FROM hook_aside WHERE hook = $1 AND seq <= (
                SELECT seq FROM hook_aside WHERE hook = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2)",
        )
        .bind(&aside.hook)
        .bind(most)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Notes that a delivery could not be worked off, and when it is tried again.
    pub async fn put_off(&mut self, seq: i64, now: i64, next: i64, trouble: &str) -> Result<(), Error> {
        sqlx::query(
            "UPDATE delivery SET tries = tries + 1, first_try_at = COALESCE(first_try_at, $2), next_try_at = $3, trouble = $4
             WHERE seq = $1 AND state = 'waiting'",
        )
        .bind(seq)
        .bind(now)
        .bind(next)
        .bind(trouble)
        .execute(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))?;
        Ok(())
    }

    /// Remembers a notification; gives the delivery that has told it before, if one has.
    pub async fn keep_notice(&mut self, hook: &str, key: &str, delivery: i64) -> Result<Option<i64>, Error> {
        let kept = sqlx::query("INSERT INTO notice (hook, key, delivery) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .bind(hook)
            .bind(key)
            .bind(delivery)
            .execute(&mut *self.tx)
            .await;
        if kept.map_err(|error| self.error(error))?.rows_affected() == 1 {
            return Ok(None);
        }
        sqlx::query_scalar("SELECT delivery FROM notice WHERE hook = $1 AND key = $2")
            .bind(hook)
            .bind(key)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))
    }

    /// Notes that a delivery is worked off; says whether it was still waiting.
    pub async fn end_delivery(
        &mut self,
        seq: i64,
        now: i64,
        counts: &DeliveryCounts,
        trouble: Option<&str>,
    ) -> Result<bool, Error> {
        let ended = sqlx::query(
            "UPDATE delivery SET state = 'done', done_at = $2, trouble = $3, partial = $4, notices = $5, unknown = $6,
                known = $7, gone = $8, own = $9, unread = $10, first_try_at = COALESCE(first_try_at, $2)
             WHERE seq = $1 AND state = 'waiting'",
        )
        .bind(seq)
        .bind(now)
        .bind(trouble)
        .bind(counts.partial)
        .bind(counts.notices)
        .bind(counts.unknown)
        .bind(counts.known)
        .bind(counts.gone)
        .bind(counts.own)
        .bind(counts.unread)
        .execute(&mut *self.tx)
        .await;
        Ok(ended.map_err(|error| self.error(error))?.rows_affected() == 1)
    }

    /// Forgets deliveries that were done before this moment with all their runs, and what stood aside since before it;
    /// returns how many deliveries.
    pub async fn forget_deliveries(&mut self, before: i64) -> Result<u64, Error> {
        let mut forgotten = 0;
        for query in [
            old!("DELETE FROM hook_trigger WHERE delivery IN "),
            old!("DELETE FROM notice WHERE delivery IN "),
            old!("DELETE FROM notice_idle WHERE delivery IN "),
            old!("DELETE FROM unread_event WHERE delivery IN "),
            "DELETE FROM hook_aside WHERE at < $1",
            // Last: the others are found by it, and its number is what is told.
            old!("DELETE FROM delivery WHERE seq IN "),
        ] {
            let done = sqlx::query(query).bind(before).execute(&mut *self.tx).await;
            forgotten = done.map_err(|error| self.error(error))?.rows_affected();
        }
        Ok(forgotten)
    }
}

impl Store {
    /// The oldest delivery that may be worked off now, of a hook that is not among `busy` and none of these `rows`, with its body.
    pub async fn due_delivery(
        &self,
        (now, latest): (i64, i64),
        busy: &[String],
        rows: &[i64],
    ) -> Result<Option<(DeliveryRow, Vec<u8>)>, Error> {
        let query = deliveries!(
            "WHERE state = 'waiting' AND (next_try_at <= $1 OR next_try_at > $4) AND delivery.hook NOT IN (SELECT value FROM json_each($2))
               AND seq NOT IN (SELECT value FROM json_each($3))
             ORDER BY seq LIMIT 1"
        );
        let (busy, rows) = (list(busy.iter().map(String::as_str)), Value::from(rows).to_string());
        let row = sqlx::query(query).bind(now).bind(busy).bind(rows).bind(latest).fetch_optional(self.readers()).await;
        let row = row.and_then(|row| row.map(|row| delivery_of(&row)).transpose());
        let Some(row) = row.map_err(|error| self.error(error))? else { return Ok(None) };
        Ok(self.delivery_body(row.seq).await?.map(|body| (row, body)))
    }

    /// When the next waiting delivery is to be tried, milliseconds since the epoch; of hooks that are not among `busy`, and none of
    /// these `rows`.
    pub async fn next_delivery_at(&self, busy: &[String], rows: &[i64]) -> Result<Option<i64>, Error> {
        sqlx::query_scalar(
            "SELECT MIN(next_try_at) FROM delivery
             WHERE state = 'waiting' AND hook NOT IN (SELECT value FROM json_each($1))
               AND seq NOT IN (SELECT value FROM json_each($2))",
        )
        .bind(list(busy.iter().map(String::as_str)))
        .bind(Value::from(rows).to_string())
        .fetch_one(self.readers())
        .await
        .map_err(|error| self.error(error))
    }

    /// Up to `limit` deliveries before this number, the newest first; of one hook, or of all.
    pub async fn deliveries(&self, hook: Option<&str>, before: i64, limit: i64) -> Result<Vec<DeliveryRow>, Error> {
        self.deliveries_that_are(hook, None, before, limit).await
    }

    /// The same, of those that stand so alone, where a state is named.
    pub async fn deliveries_that_are(
        &self,
        hook: Option<&str>,
        state: Option<&str>,
        before: i64,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>, Error> {
        let query = deliveries!(
            "WHERE ($1 IS NULL OR delivery.hook = $1) AND ($4 IS NULL OR delivery.state = $4) AND seq < $2
             ORDER BY seq DESC LIMIT $3"
        );
        let rows = sqlx::query(query).bind(hook).bind(before).bind(limit).bind(state);
        let rows = rows.fetch_all(self.readers()).await;
        rows.and_then(|rows| rows.iter().map(delivery_of).collect()).map_err(|error| self.error(error))
    }

    /// One delivery.
    pub async fn delivery(&self, seq: i64) -> Result<Option<DeliveryRow>, Error> {
        let row = sqlx::query(deliveries!("WHERE seq = $1")).bind(seq).fetch_optional(self.readers()).await;
        row.and_then(|row| row.map(|row| delivery_of(&row)).transpose()).map_err(|error| self.error(error))
    }

    /// The body of a delivery.
    pub async fn delivery_body(&self, seq: i64) -> Result<Option<Vec<u8>>, Error> {
        sqlx::query_scalar("SELECT body FROM delivery WHERE seq = $1")
            .bind(seq)
            .fetch_optional(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// How often a delivery was worked off once more on demand.
    pub async fn replays_of(&self, seq: i64) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT COUNT(*) FROM delivery WHERE replay_of = $1")
            .bind(seq)
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// What stands aside, the newest first; of one hook, or of all.
    pub async fn asides(&self, hook: Option<&str>) -> Result<Vec<AsideRow>, Error> {
        let rows = sqlx::query("SELECT * FROM hook_aside WHERE $1 IS NULL OR hook = $1 ORDER BY seq DESC")
            .bind(hook)
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows.iter().map(aside_of).collect()).map_err(|error| self.error(error))
    }
}

fn delivery_of(row: &SqliteRow) -> Result<DeliveryRow, sqlx::Error> {
    Ok(DeliveryRow {
        seq: row.try_get("seq")?,
        hook: row.try_get("hook")?,
        connection: row.try_get("connection")?,
        key: row.try_get("key")?,
        received_at: row.try_get("received_at")?,
        replay_of: row.try_get("replay_of")?,
        repeats: row.try_get("repeats")?,
        state: row.try_get("state")?,
        tries: row.try_get("tries")?,
        first_try_at: row.try_get("first_try_at")?,
        next_try_at: row.try_get("next_try_at")?,
        trouble: row.try_get("trouble")?,
        done_at: row.try_get("done_at")?,
        counts: DeliveryCounts {
            partial: row.try_get("partial")?,
            notices: row.try_get("notices")?,
            unknown: row.try_get("unknown")?,
            known: row.try_get("known")?,
            gone: row.try_get("gone")?,
            own: row.try_get("own")?,
            unread: row.try_get("unread")?,
        },
        runs: row.try_get("runs")?,
    })
}

fn aside_of(row: &SqliteRow) -> Result<AsideRow, sqlx::Error> {
    Ok(AsideRow {
        seq: row.try_get("seq")?,
        hook: row.try_get("hook")?,
        at: row.try_get("at")?,
        why: row.try_get("why")?,
        size: row.try_get("size")?,
        body: row.try_get("body")?,
    })
}
