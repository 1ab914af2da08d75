//! What is asked of the ledger's rows without writing: doubts, counts, what a run has done.

use super::effects::{EffectRow, Subjects, effects};
use super::{Error, Store};

/// How many effects of one kind stand in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TallyRow {
    /// `noun.verb`.
    pub op: String,
    /// `adds`, `removes`, …
    pub consequence: String,
    /// `no`, `yes`, `unknown`.
    pub mails: String,
    /// The state's word.
    pub state: String,
    /// How many.
    pub count: i64,
}

type TallyColumns = (String, String, String, String, i64);

impl Store {
    /// An account's effects of which nobody knows, begun up to this moment, the oldest first.
    pub async fn doubts(&self, account: &str, until: i64) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE effect.account = $1 AND effect.begun_at <= $2 AND effect.state IN ('open', 'accepted', 'doubt')
               AND (effect.state <> 'accepted' OR call.job IS NOT NULL)
             ORDER BY effect.id"
        );
        self.rows(sqlx::query(query).bind(account).bind(until).fetch_all(self.readers()).await)
    }

    /// An account's effects that the platform has promised and nobody has seen yet, the oldest first.
    pub async fn queued(&self, account: &str) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE effect.account = $1 AND effect.state IN ('open', 'accepted', 'doubt') AND effect.state = 'accepted'
               AND call.job IS NULL
             ORDER BY effect.id"
        );
        self.rows(sqlx::query(query).bind(account).fetch_all(self.readers()).await)
    }

    /// Mails of one campaign to these people that went out, may have, or are not known: key, target and address of each.
    pub async fn mailed(
        &self,
        account: &str,
        of: &Subjects,
        campaign: &str,
    ) -> Result<Vec<(String, String, Option<String>)>, Error> {
        let rows: Result<Vec<(String, String, Option<String>)>, _> = sqlx::query_as(
            "SELECT subject, target, address FROM effect
             WHERE account = $1 AND mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')
               AND kind IN ('person', 'group', 'invitation') AND subject IN (SELECT value FROM json_each($2))
               AND campaign || '' = $4
             UNION
             SELECT subject, target, address FROM effect
             WHERE account = $1 AND mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')
               AND address IN (SELECT value FROM json_each($3)) AND campaign || '' = $4",
        )
        .bind(account)
        .bind(of.keys())
        .bind(of.addresses())
        .bind(campaign)
        .fetch_all(self.readers())
        .await;
        rows.map_err(|error| self.error(error))
    }

    /// When an account was first mailed in this campaign, milliseconds since the epoch.
    pub async fn campaign_started(&self, account: &str, campaign: &str) -> Result<Option<i64>, Error> {
        sqlx::query_scalar("SELECT MIN(begun_at) FROM effect WHERE account = $1 AND mails = 'yes' AND campaign = $2")
            .bind(account)
            .bind(campaign)
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// Who was taken out of a group since this moment, or ever by this run (done, or not known): keys with the run. Whoever
    /// left with a group above it counts: the intent of a removal names the groups that somebody leaves.
    pub async fn removed(
        &self,
        account: &str,
        group: &str,
        since: i64,
        run: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let rows = sqlx::query_as(
            "SELECT subject, run FROM effect
             WHERE account = $1 AND target = $2 AND consequence = 'removes' AND (begun_at >= $3 OR run = $4)
               AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')
             UNION
             SELECT subject, run FROM effect
             WHERE account = $1 AND consequence = 'removes' AND (begun_at >= $3 OR run = $4)
               AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')
               AND EXISTS (SELECT 1 FROM json_each(before, '$.leaves') AS below WHERE below.value = $2)",
        )
        .bind(account)
        .bind(group)
        .bind(since)
        .bind(run)
        .fetch_all(self.readers())
        .await;
        rows.map_err(|error| self.error(error))
    }

    /// How many mails of a run went out or may have.
    pub async fn mailed_by(&self, run: &str) -> Result<u64, Error> {
        let count: Result<i64, _> = sqlx::query_scalar(
            "SELECT COUNT(*) FROM effect
             WHERE run = $1 AND mails = 'yes' AND state IN ('open', 'accepted', 'done', 'doubt', 'applied')",
        )
        .bind(run)
        .fetch_one(self.readers())
        .await;
        Ok(count.map_err(|error| self.error(error))?.unsigned_abs())
    }

    /// A run's effects counted by operation and state. What failed and was sent again counts as what came of it.
    pub async fn tally(&self, run: &str) -> Result<Vec<TallyRow>, Error> {
        let rows: Result<Vec<TallyColumns>, _> = sqlx::query_as(
            "SELECT op, consequence, mails, state, COUNT(*) FROM effect
             WHERE run = $1 AND NOT (state IN ('failed', 'not_applied', 'replaced') AND EXISTS (
                SELECT 1 FROM effect later WHERE later.run = effect.run AND later.kind = effect.kind
                  AND later.subject = effect.subject AND later.target = effect.target
                  AND later.op = effect.op AND later.digest = effect.digest AND later.id > effect.id))
             GROUP BY op, consequence, mails, state ORDER BY MIN(id)",
        )
        .bind(run)
        .fetch_all(self.readers())
        .await;
        let rows = rows.map_err(|error| self.error(error))?;
        Ok(rows
            .into_iter()
            .map(|(op, consequence, mails, state, count)| TallyRow { op, consequence, mails, state, count })
            .collect())
    }

    /// Up to `limit` effects of a run after this number, in the order in which they were begun.
    pub async fn effects_of(&self, run: &str, after: i64, limit: i64) -> Result<Vec<EffectRow>, Error> {
        let query = effects!("WHERE effect.run = $1 AND effect.id > $2 ORDER BY effect.id LIMIT $3");
        self.rows(sqlx::query(query).bind(run).bind(after).bind(limit).fetch_all(self.readers()).await)
    }

    /// What was done on an account after this effect, in its order.
    pub async fn effects_since(&self, account: &str, after: i64, limit: i64) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE effect.account = $1 AND effect.id > $2 AND effect.state IN ('accepted', 'done', 'applied')
             ORDER BY effect.id LIMIT $3"
        );
        self.rows(sqlx::query(query).bind(account).bind(after).bind(limit).fetch_all(self.readers()).await)
    }

    /// The accounts that a run wrote to, each with the connection it last used for it.
    pub async fn connections_of(&self, run: &str) -> Result<Vec<(String, String)>, Error> {
        sqlx::query_as("SELECT account, connection FROM call WHERE id IN (SELECT MAX(id) FROM call WHERE run = $1 GROUP BY account)")
            .bind(run)
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// The mails of a run that went out or may have, in their order.
    pub async fn mails_of(&self, run: &str) -> Result<Vec<EffectRow>, Error> {
        let query = effects!(
            "WHERE effect.run = $1 AND effect.mails = 'yes'
               AND effect.state IN ('open', 'accepted', 'done', 'doubt', 'applied') ORDER BY effect.id"
        );
        self.rows(sqlx::query(query).bind(run).fetch_all(self.readers()).await)
    }
}
