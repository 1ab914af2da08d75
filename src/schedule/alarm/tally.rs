//! What was told and whether it arrived, counted since the process began.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::delivery::Way;
use super::message::Topic;

/// Counts; cheap to clone, shared by all clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Counter(Arc<Mutex<AlarmTally>>);

/// What was told since the process began. Numbers only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlarmTally {
    /// Alarms by what they are about, each once however many ways they take.
    pub made: BTreeMap<&'static str, u64>,
    /// Tries by way and what became of them: `arrived`, `failed` (tried again), `given_up`.
    pub tries: BTreeMap<(&'static str, &'static str), u64>,
}

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Try {
    Arrived,
    Failed,
    GivenUp,
}

impl Counter {
    /// An alarm was made.
    pub(super) fn made(&self, what: Topic) {
        *self.with().made.entry(what.word()).or_default() += 1;
    }

    /// Something was tried to be delivered.
    pub(super) fn tried(&self, way: Way, what: Try) {
        let word = match what {
            Try::Arrived => "arrived",
            Try::Failed => "failed",
            Try::GivenUp => "given_up",
        };
        *self.with().tries.entry((way.word(), word)).or_default() += 1;
    }

    /// All of it.
    pub(super) fn all(&self) -> AlarmTally {
        self.with().clone()
    }

    fn with(&self) -> std::sync::MutexGuard<'_, AlarmTally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
