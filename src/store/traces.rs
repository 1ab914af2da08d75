//! What is asked across runs: everything about one person, and everything of which nobody knows.

use serde_json::json;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::effects::{EffectRow, effect_of};
use super::json::list;
use super::{Error, Store};

/// An effect with what its call says.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The effect.
    pub effect: EffectRow,
    /// The connection's name when it was sent.
    pub connection: String,
    /// What the call says to people.
    pub sentence: String,
    /// The script of its run.
    pub script: String,
}

/// By what a person is known: addresses in the form in which they are compared, and ids, each on its account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Addresses.
    pub addresses: Vec<String>,
    /// Account and id.
    pub ids: Vec<(String, String)>,
}

/// Which of a person's effects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Those that surely mail.
    Mails,
    /// All others.
    Changes,
}

/// Effects of which nobody knows and that are alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooseGroup {
    /// The account.
    pub account: String,
    /// The connection's name when they were sent.
    pub connection: String,
    /// `noun.verb`.
    pub op: String,
    /// The run.
    pub run: String,
    /// The state's word.
    pub state: String,
    /// Whether the call was accepted under a job.
    pub job: bool,
    /// How many.
    pub count: i64,
    /// When the first of them was begun, milliseconds since the epoch.
    pub since: i64,
}

/// All columns of the effect, and what its call and its run say.
macro_rules! traces {
    ($rest:literal) => {
        concat!(
            "SELECT effect.*, call.job, call.connection, call.sentence, run.script
             FROM effect JOIN call ON call.id = effect.call JOIN run ON run.id = effect.run ",
            $rest
        )
    };
}

impl Names {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty() && self.ids.is_empty()
    }

    fn addresses(&self) -> String {
        list(self.addresses.iter().map(String::as_str))
    }

    /// `[["account", "id"], …]`
    fn ids(&self) -> String {
        json!(self.ids).to_string()
    }
}

/// How much the ledger has about somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Mails that went out, or may have.
    pub mails: i64,
    /// Other effects that happened, or may have.
    pub changes: i64,
    /// Mails that did not happen.
    pub mails_not: i64,
    /// Other effects that did not happen.
    pub changes_not: i64,
}

impl Store {
    /// The accounts on which somebody has this id.
    pub async fn accounts_of(&self, id: &str) -> Result<Vec<String>, Error> {
        sqlx::query_scalar(
            "SELECT account FROM effect WHERE kind = 'person' AND subject = $1
             UNION SELECT account FROM object WHERE kind = 'person' AND id = $1 ORDER BY 1",
        )
        .bind(id)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.error(error))
    }

    /// By what else the same person is known: a row that names an id and an address says that both are one person.
    pub async fn names_beside(&self, names: &Names) -> Result<Names, Error> {
        type Columns = (String, Option<String>, Option<String>);
        let rows: Result<Vec<Columns>, _> = sqlx::query_as(
            "SELECT account, subject, address FROM effect
             WHERE kind = 'person' AND (address IN (SELECT value FROM json_each($1))
                OR subject IN (SELECT value FROM json_each($1))
                OR (account, subject) IN
                    (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($2)))
             UNION
             SELECT account, id, subject FROM object
             WHERE kind = 'person' AND (subject IN (SELECT value FROM json_each($1)) OR (account, id) IN
                    (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($2)))
             ORDER BY 1, 2, 3",
        )
        .bind(names.addresses())
        .bind(names.ids())
        .fetch_all(self.readers())
        .await;
        let mut found = names.clone();
        for (account, subject, address) in rows.map_err(|error| self.error(error))? {
            for name in [subject, address].into_iter().flatten() {
                let id = (account.clone(), name);
                match id.1.contains('@') {
                    true if !found.addresses.contains(&id.1) => found.addresses.push(id.1),
                    false if !found.ids.contains(&id) => found.ids.push(id),
                    _ => {}
                }
            }
        }
        Ok(found)
    }

    /// How many mails and how many other effects a person has, and how many of each did not happen.
    pub async fn count_about(&self, names: &Names) -> Result<About, Error> {
        let counts: Result<(i64, i64, i64, i64), _> = sqlx::query_as(
            "SELECT COALESCE(SUM(mails = 'yes' AND state NOT IN ('failed', 'not_applied')), 0),
                COALESCE(SUM(mails <> 'yes' AND state NOT IN ('failed', 'not_applied')), 0),
                COALESCE(SUM(mails = 'yes' AND state IN ('failed', 'not_applied')), 0),
                COALESCE(SUM(mails <> 'yes' AND state IN ('failed', 'not_applied')), 0) FROM effect
             WHERE address IN (SELECT value FROM json_each($1)) OR subject IN (SELECT value FROM json_each($1))
                OR (kind = 'person' AND (account, subject) IN
                    (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($2)))",
        )
        .bind(names.addresses())
        .bind(names.ids())
        .fetch_one(self.readers())
        .await;
        let (mails, changes, mails_not, changes_not) = counts.map_err(|error| self.error(error))?;
        Ok(About { mails, changes, mails_not, changes_not })
    }

    /// Up to `limit` of a person's effects after this number, the oldest first.
    pub async fn about(&self, names: &Names, told: Told, after: i64, limit: i64) -> Result<Vec<Trace>, Error> {
        let rows = sqlx::query(traces!(
            "WHERE (effect.address IN (SELECT value FROM json_each($1))
                OR effect.subject IN (SELECT value FROM json_each($1))
                OR (effect.kind = 'person' AND (effect.account, effect.subject) IN
                    (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each($2))))
               AND (effect.mails = 'yes') = $3 AND effect.id > $4
             ORDER BY effect.id LIMIT $5"
        ))
        .bind(names.addresses())
        .bind(names.ids())
        .bind(told == Told::Mails)
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await;
        self.traces(rows)
    }

    /// What is not at rest, of all accounts, counted: the longest unknown first, a run's kinds beside each other.
    pub async fn loose_groups(&self) -> Result<Vec<LooseGroup>, Error> {
        type Columns = (String, String, String, String, String, bool, i64, i64);
        let rows: Result<Vec<Columns>, _> = sqlx::query_as(
            "SELECT effect.account, call.connection, effect.op, effect.run, effect.state, call.job IS NOT NULL,
                COUNT(*), MIN(effect.begun_at)
             FROM effect JOIN call ON call.id = effect.call
             WHERE effect.state IN ('open', 'accepted', 'doubt')
             GROUP BY effect.account, call.connection, effect.op, effect.run, effect.state, call.job IS NOT NULL
             ORDER BY effect.run, MIN(effect.id)",
        )
        .fetch_all(self.readers())
        .await;
        let rows = rows.map_err(|error| self.error(error))?;
        let of = |(account, connection, op, run, state, job, count, since): Columns| LooseGroup {
            account,
            connection,
            op,
            run,
            state,
            job,
            count,
            since,
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Up to `limit` effects of such a group after this number, the oldest first.
    pub async fn loose(&self, of: &LooseGroup, after: i64, limit: i64) -> Result<Vec<Trace>, Error> {
        let rows = sqlx::query(traces!(
            "WHERE effect.state IN ('open', 'accepted', 'doubt') AND effect.account = $1 AND call.connection = $2
               AND effect.op = $3 AND effect.run = $4 AND effect.state = $5 AND (call.job IS NOT NULL) = $6
               AND effect.id > $7
             ORDER BY effect.id LIMIT $8"
        ))
        .bind(&of.account)
        .bind(&of.connection)
        .bind(&of.op)
        .bind(&of.run)
        .bind(&of.state)
        .bind(of.job)
        .bind(after)
        .bind(limit)
        .fetch_all(self.readers())
        .await;
        self.traces(rows)
    }

    /// One effect.
    pub async fn trace(&self, effect: i64) -> Result<Option<Trace>, Error> {
        let rows = sqlx::query(traces!("WHERE effect.id = $1")).bind(effect).fetch_all(self.readers()).await;
        Ok(self.traces(rows)?.pop())
    }

    fn traces(&self, rows: Result<Vec<SqliteRow>, sqlx::Error>) -> Result<Vec<Trace>, Error> {
        rows.and_then(|rows| rows.iter().map(trace_of).collect()).map_err(|error| self.error(error))
    }
}

fn trace_of(row: &SqliteRow) -> Result<Trace, sqlx::Error> {
    Ok(Trace {
        effect: effect_of(row)?,
        connection: row.try_get("connection")?,
        sentence: row.try_get("sentence")?,
        script: row.try_get("script")?,
    })
}
