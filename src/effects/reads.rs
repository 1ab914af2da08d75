//! What a run, a report or a brake asks of the ledger.

use super::decide::{DAY, doubt_of};
use super::{Error, Ledger, State};
use crate::catalog::Doubt;
use crate::store::{EffectRow, PendingCall};

/// An effect that is not at rest, of whatever run.
#[derive(Clone, Debug, PartialEq)]
pub struct Loose {
    /// The run that began it.
    pub run: String,
    /// Whether it surely mails.
    pub mails: bool,
    /// What a look-up needs.
    pub doubt: Doubt,
}

/// How many effects of one operation stand in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// `noun.verb`.
    pub operation: String,
    /// `adds`, `changes`, `removes`, `creates`, `deletes`, `tells`.
    pub consequence: String,
    /// Whether it surely mails.
    pub mails: bool,
    /// How they stand.
    pub state: State,
    /// How many.
    pub count: u64,
}

/// Rows read at a time where a whole run is gone through.
const PAGE: i64 = 1_000;

impl Ledger {
    /// An account's doubts that are at least so old, the oldest first. Those of other runs that are alive are theirs.
    pub async fn doubts(&self, account: &str, settle_ms: i64) -> Result<Vec<Loose>, Error> {
        let rows = self.inner.store.doubts(account, self.inner.clock.now_ms() - settle_ms).await?;
        let busy = self.busy(&rows)?;
        Ok(rows.into_iter().filter(|row| !busy.contains(&row.id)).map(loose_of).collect())
    }

    /// What the platform has promised and nobody has seen yet, of whatever run: confirm with [`Ledger::seen`].
    pub async fn queued(&self, account: &str) -> Result<Vec<Loose>, Error> {
        Ok(self.inner.store.queued(account).await?.into_iter().map(loose_of).collect())
    }

    /// Calls of these operations that are not at rest on the account, of whatever run: while there is one, no bulk starts.
    pub async fn pending_calls(&self, account: &str, operations: &[&str]) -> Result<Vec<PendingCall>, Error> {
        Ok(self.inner.store.pending_calls(account, operations).await?)
    }

    /// How many people this store has taken out of a group in the last days, done or not known, by whatever run.
    pub async fn removals(&self, account: &str, group: &str, days: i64) -> Result<u64, Error> {
        let since = self.inner.clock.now_ms() - days * DAY;
        Ok(self.inner.store.removals(account, group, since, None).await?)
    }

    /// How many people this run has taken out of a group, done or not known.
    pub async fn removals_of_this_run(&self, account: &str, group: &str) -> Result<u64, Error> {
        Ok(self.inner.store.removals(account, group, 0, Some(self.run())).await?)
    }

    /// This run's effects, counted. What failed and was sent again counts as what came of it.
    pub async fn tally(&self) -> Result<Vec<Tally>, Error> {
        let rows = self.inner.store.tally(self.run()).await?;
        let of = |row: crate::store::TallyRow| {
            Some(Tally {
                operation: row.op,
                consequence: row.consequence,
                mails: row.mails == "yes",
                state: State::parse(&row.state)?,
                count: row.count.unsigned_abs(),
            })
        };
        Ok(rows.into_iter().filter_map(of).collect())
    }

    /// The mails of this run that went out or may have, in their order.
    pub async fn mails(&self) -> Result<Vec<EffectRow>, Error> {
        Ok(self.inner.store.mails_of(self.run()).await?)
    }

    /// What earlier attempts of this run have done and this one, now at its end, no longer asked for. Mails are not
    /// among it: they cannot be taken back.
    pub async fn no_longer_asked(&self) -> Result<Vec<EffectRow>, Error> {
        let (mut after, mut left) = (0, Vec::new());
        while self.attempt() > 1 {
            let rows = self.inner.store.effects_of(self.run(), after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            left.extend(rows.into_iter().filter(|row| self.is_left(row)));
        }
        Ok(left)
    }

    fn is_left(&self, row: &EffectRow) -> bool {
        let happened = State::parse(&row.state).is_some_and(State::happened);
        let earlier = row.attempt < self.attempt() && row.mails != "yes";
        let matched = self.matched().get(&(row.account.clone(), super::decide::place(row))).copied();
        match row.superseded_in {
            Some(attempt) => happened && earlier && attempt == self.attempt(),
            None => happened && earlier && row.id > matched.unwrap_or_default(),
        }
    }
}

fn loose_of(row: EffectRow) -> Loose {
    Loose { mails: row.mails == "yes", doubt: doubt_of(&row), run: row.run }
}
