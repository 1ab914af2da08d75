//! Doubts that earlier runs left, looked up before anything new is sent. A read that fails settles nothing and hinders nobody.

use super::doubt::{Noted, elsewhere, grouped};
use super::{Client, Error, Gravity};
use crate::catalog::Doubt;

/// What a look at all doubts of an account came to.
#[derive(Debug, Default)]
pub struct LookedUp {
    /// How many are settled.
    pub settled: usize,
    /// How many stay.
    pub left: usize,
    /// Why some of these could not be looked up, if so.
    pub trouble: Option<Error>,
}

impl Client {
    /// Looks up what earlier runs of the account left in doubt, the youngest ones when they had the time to show. What is
    /// not settled stays for a person; so does what could not be read, and hinders nobody.
    pub async fn settle_open_doubts(&self) -> Result<LookedUp, Error> {
        let open = self.ledger().doubts(self.account(), 0).await;
        let open = open.map_err(|error| Error::of_ledger(self, error))?;
        let mut looked = LookedUp::default();
        for (_, group) in grouped(open.into_iter().map(|loose| (0, loose.doubt)).collect()) {
            let verdicts = match self.verdicts(&group).await {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    looked.left += group.len();
                    looked.trouble = Some(self.not_looked_up(&group, error).await?);
                    continue;
                }
            };
            for ((_, doubt), verdict) in group.iter().zip(verdicts) {
                match self.note(doubt, &verdict).await.map_err(|error| Error::of_ledger(self, error))? {
                    Noted::Settled => looked.settled += 1,
                    Noted::Kept(_) => looked.left += 1,
                    Noted::Elsewhere => {}
                }
            }
        }
        Ok(looked)
    }

    /// The reads that would have settled these failed: they stay in doubt, with the reason. An error that ends the run is
    /// given back as one.
    pub(super) async fn not_looked_up(&self, doubts: &[(usize, Doubt)], error: Error) -> Result<Error, Error> {
        if error.gravity != Gravity::Catchable {
            return Err(error);
        }
        let error = Error { message: format!("it could not be looked up: {error}"), ..error };
        for (_, doubt) in doubts {
            let kept = self.ledger().keep_doubt(doubt.effect, &error.message).await;
            elsewhere(kept, Noted::Settled).map_err(|error| Error::of_ledger(self, error))?;
        }
        Ok(error)
    }
}
