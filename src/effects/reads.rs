//! What a run, a report or a brake asks of the ledger.

use std::collections::HashSet;

use super::begin::asked;
use super::decide::{Asked, DAY, doubt_of};
use super::{Campaign, Error, Intent, Ledger, State};
use crate::catalog::{Doubt, Piece};
use crate::store::{Approval, EffectRow, Subjects};

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

/// Who left a group, done or not known: their keys as the ledger has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// By other runs, in the days that were asked for.
    pub by_others: HashSet<String>,
    /// By this run, whenever that was.
    pub by_this_run: HashSet<String>,
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

    /// The places of a mailing piece that the mail memory knows of, settled or not: [`Ledger::begin`] answers for them.
    pub async fn mailed(&self, account: &str, piece: &Piece, intent: &Intent) -> Result<HashSet<usize>, Error> {
        let asked: Vec<_> = (0..piece.subjects.len()).map(|place| asked(piece, intent, place)).collect();
        let subjects = Subjects::of(
            asked.iter().map(|one| one.place.subject.as_str()),
            asked.iter().filter_map(|one| one.address.as_deref()),
        );
        let campaign = Campaign::named(intent.campaign.as_deref());
        let rows = self.inner.store.mailed(account, &subjects, campaign.key()).await?;
        let known: HashSet<(&str, &str)> = rows
            .iter()
            .flat_map(|(subject, target, address)| {
                [Some(subject), address.as_ref()].into_iter().flatten().map(|who| (who.as_str(), target.as_str()))
            })
            .collect();
        let knows = |one: &Asked<'_>| {
            let target = one.place.target.as_str();
            known.contains(&(one.place.subject.as_str(), target))
                || one.address.as_deref().is_some_and(|address| known.contains(&(address, target)))
        };
        Ok(asked.iter().enumerate().filter(|(_, one)| knows(one)).map(|(place, _)| place).collect())
    }

    /// When the account was first mailed in this campaign, milliseconds since the epoch; `None` if never.
    pub async fn campaign_started(&self, account: &str, label: &str) -> Result<Option<i64>, Error> {
        Ok(self.inner.store.campaign_started(account, Campaign::named(Some(label)).key()).await?)
    }

    /// What an export has remembered of an account.
    pub async fn cursor(&self, account: &str, name: &str) -> Result<Option<String>, Error> {
        Ok(self.inner.store.cursor(account, name).await?)
    }

    /// Remembers where an export has come to.
    pub async fn set_cursor(&self, account: &str, name: &str, value: &str) -> Result<(), Error> {
        Ok(self.inner.store.set_cursor(account, name, value, self.inner.clock.now_ms()).await?)
    }

    /// What persons have allowed this run to do.
    pub async fn approvals(&self) -> Result<Vec<Approval>, Error> {
        Ok(self.inner.store.approvals(self.run()).await?)
    }

    /// Who left a group in the last days, and by whose hand: those that were taken out of it, and those that left it with
    /// a group above it.
    pub async fn removed(&self, account: &str, group: &str, days: i64) -> Result<Removed, Error> {
        let since = self.inner.clock.now_ms() - days * DAY;
        let mut removed = Removed::default();
        for (subject, run) in self.inner.store.removed(account, group, since, self.run()).await? {
            match run == self.run() {
                true => removed.by_this_run.insert(subject),
                false => removed.by_others.insert(subject),
            };
        }
        Ok(removed)
    }

    /// How many people this run has written to, done or not known.
    pub async fn mailed_by_this_run(&self) -> Result<u64, Error> {
        Ok(self.inner.store.mailed_by(self.run()).await?)
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
