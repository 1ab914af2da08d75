//! The ledger of one run.

use std::sync::Arc;

use serde_json::Value;

use super::{Begun, Intent, Lease, Outcome, Permit, Settled};
use crate::catalog::{Doubt, Piece, Subject};
use crate::clock::Clock;
use crate::store::{self, Store};

/// How many mails a person gets at most, whatever the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// For one target, within [`Caps::target_days`].
    pub per_target: usize,
    /// See [`Caps::per_target`].
    pub target_days: i64,
    /// On one account, within [`Caps::account_days`].
    pub per_account: usize,
    /// See [`Caps::per_account`].
    pub account_days: i64,
}

impl Default for Caps {
    fn default() -> Self {
        Self { per_target: 1, target_days: 14, per_account: 4, account_days: 30 }
    }
}

/// Why the ledger refused. Nothing was sent, and nothing may be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A read was handed over as a write.
    #[error("`{0}` writes nothing: it needs no permit")]
    NotAWrite(String),
    /// Somebody else has settled it in the meantime.
    #[error("effect {effect} is {state} and cannot become {wanted}; look with `beadle doubts`")]
    Step {
        /// The effect's row.
        effect: i64,
        /// How it stands.
        state: &'static str,
        /// What it should have become.
        wanted: &'static str,
    },
    /// There is no such row.
    #[error("there is no effect {0}")]
    Missing(i64),
}

/// The ledger of one run, cheap to clone. Owns the run as long as a clone lives.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    lease: Lease,
    attempt: i64,
    clock: Clock,
    caps: Caps,
}

impl Ledger {
    /// The ledger of the run that this lease owns, in this attempt (1 is the first).
    pub fn new(store: Store, lease: Lease, attempt: i64, clock: Clock, caps: Caps) -> Self {
        Self { inner: Arc::new(Inner { store, lease, attempt, clock, caps }) }
    }

    /// Decides for each subject and writes down what is about to be sent, in one transaction that is durable before
    /// this returns. When nothing remains to be sent, nothing is written.
    pub async fn begin(&self, account: &str, piece: &Piece, intent: &Intent) -> Result<Begun, Error> {
        todo!()
    }

    /// The platform has answered and is still at work under this job: written down as soon as it is read, so that
    /// a resumed run follows the job instead of submitting again.
    pub async fn accept(&self, permit: &Permit, job: &str) -> Result<(), Error> {
        todo!()
    }

    /// What the call has come to.
    pub async fn settle(&self, permit: Permit, outcome: Outcome) -> Result<(), Error> {
        todo!()
    }

    /// What was found out about a doubt; `by` is `look-up`, or who decided.
    pub async fn settle_doubt(&self, effect: i64, verdict: Settled, by: &str) -> Result<(), Error> {
        todo!()
    }
    /// A look-up told nothing: says so in the row, which stays in doubt.
    pub async fn keep_doubt(&self, effect: i64, why: &str) -> Result<(), Error> {
        todo!()
    }
    /// A read has shown what was only promised ([`Outcome::Queued`]).
    pub async fn seen(&self, effect: i64) -> Result<(), Error> {
        todo!()
    }
    /// An object that was made once is gone: it may be made again.
    pub async fn forget_object(&self, account: &str, operation: &str, subject: &Subject) -> Result<(), Error> {
        todo!()
    }
}
