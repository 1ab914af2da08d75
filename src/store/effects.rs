//! The ledger's rows: calls, and their effects on single subjects.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::json::{column, list, optional};
use super::{Error, Store, Writing};

/// A call that is about to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall<'a> {
    /// The run.
    pub run: &'a str,
    /// Its attempt.
    pub attempt: i64,
    /// The account.
    pub account: &'a str,
    /// `noun.verb`.
    pub op: &'a str,
    /// The connection's name.
    pub connection: &'a str,
    /// What it says to people.
    pub sentence: &'a str,
    /// The arguments.
    pub request: &'a Value,
    /// The fingerprint of operation and arguments.
    pub digest: &'a str,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// `adds`, `removes`, …
    pub consequence: &'static str,
    /// `no`, `yes`, `unknown`.
    pub mails: &'static str,
    /// The campaign's key; empty is the first one.
    pub campaign: &'a str,
}

/// What it does to one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEffect<'a> {
    /// `person`, `group`, …
    pub kind: &'a str,
    /// The subject's key.
    pub subject: &'a str,
    /// The group it is about, or empty.
    pub target: &'a str,
    /// The person's address, where known.
    pub address: Option<&'a str>,
    /// The fingerprint of the subject's part of the request.
    pub digest: &'a str,
    /// The how-manyth write to this subject in this run, from 1.
    pub ordinal: i64,
    /// What a read had shown.
    pub before: &'a Value,
    /// The subject's part of the request.
    pub wanted: &'a Value,
}

/// An effect's row with its call's job.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectRow {
    /// Its number.
    pub id: i64,
    /// Its call's number.
    pub call: i64,
    /// The run.
    pub run: String,
    /// The attempt that began it.
    pub attempt: i64,
    /// The account.
    pub account: String,
    /// `noun.verb`.
    pub op: String,
    /// `adds`, `removes`, …
    pub consequence: String,
    /// `no`, `yes`, `unknown`.
    pub mails: String,
    /// `person`, `group`, …
    pub kind: String,
    /// The subject's key.
    pub subject: String,
    /// The group it is about, or empty.
    pub target: String,
    /// The person's address, where known.
    pub address: Option<String>,
    /// The campaign's key; empty is the first one.
    pub campaign: String,
    /// The fingerprint of the subject's part of the request.
    pub digest: String,
    /// The how-manyth write to this subject in this run, from 1.
    pub ordinal: i64,
    /// What a read had shown.
    pub before: Value,
    /// The subject's part of the request.
    pub wanted: Value,
    /// The subject's share of the answer.
    pub share: Option<Value>,
    /// The state's word.
    pub state: String,
    /// Milliseconds since the epoch.
    pub begun_at: i64,
    /// Milliseconds since the epoch.
    pub settled_at: Option<i64>,
    /// Who settled it: `answer`, `look-up`, a person.
    pub settled_by: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// The attempt that asked for something else instead.
    pub superseded_in: Option<i64>,
    /// The platform's job, if the call was accepted under one.
    pub job: Option<String>,
}

/// What is asked about many subjects at once.
#[derive(Clone, Debug)]
pub struct Subjects {
    keys: String,
    addresses: String,
}

impl Subjects {
    /// These keys and these addresses, of whatever kind and group.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a str>, addresses: impl IntoIterator<Item = &'a str>) -> Self {
        Self { keys: list(keys), addresses: list(addresses) }
    }

    pub(super) fn keys(&self) -> &str {
        &self.keys
    }

    pub(super) fn addresses(&self) -> &str {
        &self.addresses
    }
}

/// All columns, and the job of the call.
macro_rules! effects {
    ($rest:literal) => {
        concat!("SELECT effect.*, call.job FROM effect JOIN call ON call.id = effect.call ", $rest)
    };
}
pub(super) use effects;

impl Writing {
    /// Effects of these subjects of which nobody knows yet: open, in doubt, or accepted under a job.
    pub async fn pending(&mut self, account: &str, of: &Subjects) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE (effect.state <> 'accepted' OR call.job IS NOT NULL) AND effect.id IN (
                 SELECT id FROM effect WHERE account = $1 AND state IN ('open', 'accepted', 'doubt')
                   AND kind IN ('person', 'group', 'invitation') AND subject IN (SELECT value FROM json_each($2))
                 UNION
                 SELECT id FROM effect WHERE account = $1 AND state IN ('open', 'accepted', 'doubt')
                   AND address IN (SELECT value FROM json_each($3)))
             ORDER BY effect.id"
        );
        let rows = sqlx::query(query).bind(account).bind(&of.keys).bind(&of.addresses).fetch_all(&mut *self.tx).await;
        self.rows(rows)
    }

    /// What earlier attempts of a run wrote to these subjects and took hold: neither failed nor superseded, no mails.
    pub async fn history(
        &mut self,
        run: &str,
        account: &str,
        before: i64,
        of: &Subjects,
    ) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE effect.run = $1 AND effect.account = $4 AND effect.attempt < $2 AND effect.superseded_in IS NULL AND effect.mails <> 'yes'
               AND effect.state IN ('open', 'accepted', 'done', 'doubt', 'applied')
               AND effect.kind IN ('person', 'group', 'invitation')
               AND effect.subject IN (SELECT value FROM json_each($3))
             ORDER BY effect.id"
        );
        let rows =
            sqlx::query(query).bind(run).bind(before).bind(&of.keys).bind(account).fetch_all(&mut *self.tx).await;
        self.rows(rows)
    }

    /// Mails to these people that block: all of this target and campaign, and whatever else was begun since.
    pub async fn mails(
        &mut self,
        account: &str,
        of: &Subjects,
        campaign: &str,
        since: i64,
    ) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE (effect.campaign = $4 OR effect.begun_at >= $5) AND effect.id IN (
                 SELECT id FROM effect WHERE account = $1 AND mails = 'yes'
                   AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')
                   AND kind IN ('person', 'group', 'invitation') AND subject IN (SELECT value FROM json_each($2))
                 UNION
                 SELECT id FROM effect WHERE account = $1 AND mails = 'yes'
                   AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')
                   AND address IN (SELECT value FROM json_each($3)))
             ORDER BY effect.id"
        );
        let rows = sqlx::query(query)
            .bind(account)
            .bind(&of.keys)
            .bind(&of.addresses)
            .bind(campaign)
            .bind(since)
            .fetch_all(&mut *self.tx)
            .await;
        self.rows(rows)
    }

    /// How many writes of a run each of these subjects has had: kind, key, target, count.
    pub async fn ordinals(
        &mut self,
        run: &str,
        account: &str,
        of: &Subjects,
    ) -> Result<Vec<(String, String, String, i64)>, Error> {
        sqlx::query_as(
            "SELECT kind, subject, target, MAX(ordinal) FROM effect
             WHERE run = $1 AND account = $3 AND kind IN ('person', 'group', 'invitation')
               AND subject IN (SELECT value FROM json_each($2))
             GROUP BY kind, subject, target",
        )
        .bind(run)
        .bind(&of.keys)
        .bind(account)
        .fetch_all(&mut *self.tx)
        .await
        .map_err(|error| self.error(error))
    }

    /// Writes down a call that is about to be sent; returns its number.
    pub async fn insert_call(&mut self, call: &NewCall<'_>) -> Result<i64, Error> {
        let kept = sqlx::query(
            "INSERT INTO call (run, attempt, account, op, connection, sentence, request, digest, begun_at, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')",
        )
        .bind(call.run)
        .bind(call.attempt)
        .bind(call.account)
        .bind(call.op)
        .bind(call.connection)
        .bind(call.sentence)
        .bind(call.request.to_string())
        .bind(call.digest)
        .bind(call.begun_at)
        .execute(&mut *self.tx)
        .await;
        Ok(kept.map_err(|error| self.error(error))?.last_insert_rowid())
    }

    /// Writes down what it does to one subject; returns the effect's number.
    pub async fn insert_effect(&mut self, call: i64, of: &NewCall<'_>, new: &NewEffect<'_>) -> Result<i64, Error> {
        let kept = sqlx::query(
            "INSERT INTO effect (call, run, attempt, account, op, consequence, mails, kind, subject, target, address,
                campaign, digest, ordinal, before, wanted, state, begun_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open', $17)",
        )
        .bind(call)
        .bind(of.run)
        .bind(of.attempt)
        .bind(of.account)
        .bind(of.op)
        .bind(of.consequence)
        .bind(of.mails)
        .bind(new.kind)
        .bind(new.subject)
        .bind(new.target)
        .bind(new.address)
        .bind(of.campaign)
        .bind(new.digest)
        .bind(new.ordinal)
        .bind(new.before.to_string())
        .bind(new.wanted.to_string())
        .bind(of.begun_at)
        .execute(&mut *self.tx)
        .await;
        Ok(kept.map_err(|error| self.error(error))?.last_insert_rowid())
    }

    /// Marks effects as no longer asked for since this attempt.
    pub async fn supersede(&mut self, effects: &[i64], attempt: i64) -> Result<(), Error> {
        for effect in effects {
            sqlx::query("UPDATE effect SET superseded_in = $2 WHERE id = $1")
                .bind(effect)
                .bind(attempt)
                .execute(&mut *self.tx)
                .await
                .map_err(|error| self.error(error))?;
        }
        Ok(())
    }

    /// One effect.
    pub async fn effect(&mut self, id: i64) -> Result<Option<EffectRow>, Error> {
        let row = sqlx::query(effects!("WHERE effect.id = $1")).bind(id).fetch_optional(&mut *self.tx).await;
        row.and_then(|row| row.map(|row| effect_of(&row)).transpose()).map_err(|error| self.error(error))
    }

    fn rows(&self, rows: Result<Vec<SqliteRow>, sqlx::Error>) -> Result<Vec<EffectRow>, Error> {
        rows.and_then(|rows| rows.iter().map(effect_of).collect()).map_err(|error| self.error(error))
    }
}

impl Store {
    pub(super) fn rows(&self, rows: Result<Vec<SqliteRow>, sqlx::Error>) -> Result<Vec<EffectRow>, Error> {
        rows.and_then(|rows| rows.iter().map(effect_of).collect()).map_err(|error| self.error(error))
    }
}

pub(super) fn effect_of(row: &SqliteRow) -> Result<EffectRow, sqlx::Error> {
    Ok(EffectRow {
        id: row.try_get("id")?,
        call: row.try_get("call")?,
        run: row.try_get("run")?,
        attempt: row.try_get("attempt")?,
        account: row.try_get("account")?,
        op: row.try_get("op")?,
        consequence: row.try_get("consequence")?,
        mails: row.try_get("mails")?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        target: row.try_get("target")?,
        address: row.try_get("address")?,
        campaign: row.try_get("campaign")?,
        digest: row.try_get("digest")?,
        ordinal: row.try_get("ordinal")?,
        before: column(row, "before")?,
        wanted: column(row, "wanted")?,
        share: optional(row, "share")?,
        state: row.try_get("state")?,
        begun_at: row.try_get("begun_at")?,
        settled_at: row.try_get("settled_at")?,
        settled_by: row.try_get("settled_by")?,
        error: row.try_get("error")?,
        superseded_in: row.try_get("superseded_in")?,
        job: row.try_get("job")?,
    })
}
