//! The ledger of one run: what it is made of, and why it refuses.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::begin::Beginning;
use super::begun::Sky;
use super::decide::DAY;
use super::key::Place;
use super::{Begun, Intent, Lease, LeaseError};
use crate::catalog::Piece;
use crate::clock::Clock;
use crate::settings::{Flags, MailLimits, Mode};
use crate::store::{self, EffectRow, Store};

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

impl Caps {
    /// How far back mails matter, in milliseconds.
    pub(super) fn memory(&self) -> i64 {
        self.target_days.max(self.account_days) * DAY
    }
}

impl From<&MailLimits> for Caps {
    fn from(limits: &MailLimits) -> Self {
        Self {
            target_days: limits.target_days.into(),
            per_account: limits.per_person as usize,
            account_days: limits.person_days.into(),
            ..Self::default()
        }
    }
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
    /// Nobody can tell whether other runs are alive.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// The run that began it is at work.
    #[error("effect {effect} belongs to run {run}, which is still at work; wait for its end")]
    Alive {
        /// The effect's row.
        effect: i64,
        /// The run.
        run: String,
    },
    /// An outcome names somebody whom its permit does not cover.
    #[error("the outcome names place {0}, which its permit does not cover")]
    NotCovered(usize),
    /// Somebody else has settled it in the meantime.
    #[error("effect {effect} is {state} and cannot become {wanted}")]
    Step {
        /// The effect's row.
        effect: i64,
        /// How it stands.
        state: &'static str,
        /// What it should have become.
        wanted: &'static str,
    },
    /// A whole roster was about to be sent without being held against the last one.
    #[error("`{0}` replaces all that a group holds: it is sent only after it was weighed against the last roster")]
    Unweighed(String),
    /// Another run has handed over another roster of the group in the meantime.
    #[error("run {run} has handed over another roster of this group since this one was weighed; run it again")]
    Overtaken {
        /// The run.
        run: String,
    },
    /// There is no such row.
    #[error("there is no effect {0}")]
    Missing(i64),
}

/// The ledger of one run, cheap to clone. Owns the run as long as a clone lives.
#[derive(Clone)]
pub struct Ledger {
    pub(super) inner: Arc<Inner>,
    caps: Caps,
}

pub(super) struct Inner {
    pub(super) store: Store,
    pub(super) lease: Lease,
    pub(super) attempt: i64,
    pub(super) clock: Clock,
    pub(super) sky: Sky,
    /// Per subject, the row of an earlier attempt that this attempt's last write to it has matched.
    matched: Mutex<HashMap<(String, Place), i64>>,
}

impl Ledger {
    /// The ledger of the run that this lease owns, in this attempt (1 is the first).
    pub fn new(store: Store, lease: Lease, attempt: i64, clock: Clock, caps: Caps) -> Self {
        let (matched, sky) = (Mutex::default(), Sky::default());
        Self { inner: Arc::new(Inner { store, lease, attempt, clock, sky, matched }), caps }
    }

    /// The same ledger for a connection that may write to people this often.
    pub fn with_caps(&self, caps: Caps) -> Self {
        Self { inner: Arc::clone(&self.inner), caps }
    }

    /// The run.
    pub fn run(&self) -> &str {
        self.inner.lease.run()
    }

    /// What a person types to do this with the run: `beadle approve 20261122-0158-k3f9 --sandbox`.
    pub async fn command(&self, verb: &str) -> Result<String, Error> {
        let flags = self.inner.store.run(self.run()).await?.map(|run| {
            let mode = if run.of.sandbox { Mode::Sandbox } else { Mode::Real };
            Flags::of(mode, run.of.settings.as_deref().map(Path::new)).to_string()
        });
        Ok(format!("beadle {verb} {}{}", self.run(), flags.unwrap_or_default()))
    }

    /// Which attempt of it this is.
    pub fn attempt(&self) -> i64 {
        self.inner.attempt
    }

    /// Decides for each subject and writes down what is about to be sent, in one transaction that is durable before
    /// this returns. When nothing remains to be sent, nothing is written.
    pub async fn begin(&self, account: &str, piece: &Piece, intent: &Intent) -> Result<Begun, Error> {
        Beginning::of(self, account, piece, intent)?.run().await
    }

    /// What [`Ledger::begin`] would decide; nothing is written down and no permit is given. For plans.
    pub async fn ask(&self, account: &str, piece: &Piece, intent: &Intent) -> Result<Begun, Error> {
        Beginning::of(self, account, piece, intent)?.ask().await
    }

    pub(super) fn caps(&self) -> Caps {
        self.caps
    }

    /// Only held for a moment, never while waiting.
    pub(super) fn matched(&self) -> MutexGuard<'_, HashMap<(String, Place), i64>> {
        self.inner.matched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of these rows that somebody alive is at work on: another run, or this very process.
    pub(super) fn busy(&self, rows: &[EffectRow]) -> Result<HashSet<i64>, Error> {
        let mut alive: HashMap<&str, bool> = HashMap::new();
        let mut busy = HashSet::new();
        for row in rows {
            let is_busy = match (row.run == self.run(), alive.get(row.run.as_str())) {
                (true, _) => self.inner.sky.has(row.call),
                (false, Some(alive)) => *alive,
                (false, None) => *alive.entry(&row.run).or_insert(Lease::is_held(&self.inner.store, &row.run)?),
            };
            if is_busy {
                busy.insert(row.id);
            }
        }
        Ok(busy)
    }
}
