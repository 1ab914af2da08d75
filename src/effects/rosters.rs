//! What was last handed over as everybody of a group: the only thing to compare with where no read shows who is in it.
//! Its one rule: a roster is sent only after it was weighed against the newest one that may have gone out.

use serde_json::Value;

use super::decide::DAY;
use super::key::target;
use super::{Error, Intent, Ledger, State};
use crate::catalog::Piece;
use crate::store::Writing;

/// In what is known of a whole roster's group before it is sent: the newest effect that it was weighed against.
pub const WEIGHED: &str = "weighed_against";

/// A roster that was handed over, or may have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Handed {
    /// Its effect.
    pub effect: i64,
    /// The run that did it.
    pub run: String,
    /// Milliseconds since the epoch.
    pub at: i64,
    /// Whether it is known to have happened.
    pub settled: bool,
    /// The arguments.
    pub wanted: Value,
    /// The end of the platform's work, as far as it was kept.
    pub answer: Option<Value>,
}

/// What was handed over for a group, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rosters {
    /// Those of the days that were asked for, after the one that held before them.
    pub handed: Vec<Handed>,
    /// The newest by another run: what a new one is weighed against.
    pub newest: Option<i64>,
}

impl Ledger {
    /// What was handed over for a group in the last days by this operation, and the settled one before. A run whose own
    /// roster another run has replaced since has nothing to say there any more: [`Error::Overtaken`].
    pub async fn rosters(&self, account: &str, operation: &str, group: &str, days: i64) -> Result<Rosters, Error> {
        let since = self.inner.clock.now_ms() - days * DAY;
        let rows = self.inner.store.rosters(account, operation, &target(group), since).await?;
        let own = rows.iter().position(|row| row.run == self.run());
        if let Some(later) = own.and_then(|own| rows[own..].iter().find(|row| row.run != self.run())) {
            return Err(Error::Overtaken { run: later.run.clone() });
        }
        let newest = rows.iter().rev().find(|row| row.run != self.run()).map(|row| row.effect);
        let handed = rows.into_iter().map(|row| Handed {
            settled: State::parse(&row.state).is_some_and(State::happened),
            effect: row.effect,
            run: row.run,
            at: row.begun_at,
            wanted: row.wanted,
            answer: row.share,
        });
        Ok(Rosters { handed: handed.collect(), newest })
    }

    /// Refuses a roster that nobody has weighed, or that was weighed against one that is no longer the newest.
    pub(super) async fn weighed(
        &self,
        writing: &mut Writing,
        account: &str,
        piece: &Piece,
        intent: &Intent,
    ) -> Result<(), Error> {
        let op = piece.call.op.name();
        for (subject, _) in &piece.subjects {
            let against = intent.before.get(&subject.key).and_then(|known| known.get(WEIGHED));
            let against = against.ok_or_else(|| Error::Unweighed(op.clone()))?.as_i64();
            let group = subject.group.as_deref().map(target).unwrap_or_default();
            let newest = writing.newest_roster(account, &op, &group, self.run()).await?;
            if let Some((_, run)) = newest.filter(|(effect, _)| Some(*effect) != against) {
                return Err(Error::Overtaken { run });
            }
        }
        Ok(())
    }
}
