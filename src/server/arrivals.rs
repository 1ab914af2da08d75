//! What came to the hooks and how it was answered, counted since the process began. Its one rule: it is counted by the
//! hook's name and a word, never by anything that was sent, so that no stranger can make it grow.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Counts, and whether anything can come; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    counts: Arc<Mutex<Counts>>,
    closed: Arc<AtomicBool>,
}

type Counts = BTreeMap<(String, &'static str), u64>;

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It is stored.
    Stored,
    /// It was stored before.
    Known,
    /// It is no delivery, and kept aside.
    Aside,
    /// There is no such hook.
    Nowhere,
    /// It is no POST.
    OtherMethod,
    /// There were too many.
    TooMany,
    /// It is too long.
    TooLong,
    /// It took too long.
    TooSlow,
    /// It broke off.
    Broken,
    /// The store did not take it.
    NotStored,
}

impl Came {
    const fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Known => "known",
            Self::Aside => "aside",
            Self::Nowhere => "unknown_hook",
            Self::OtherMethod => "other_method",
            Self::TooMany => "too_many",
            Self::TooLong => "too_long",
            Self::TooSlow => "too_slow",
            Self::Broken => "broken_off",
            Self::NotStored => "not_stored",
        }
    }
}

impl Arrivals {
    /// There are hooks, and their address cannot be listened on.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// It is listened on, or there is no hook.
    pub fn open(&self) {
        self.closed.store(false, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// One more. What no hook was found for has no name.
    pub(super) fn note(&self, hook: &str, came: Came) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((hook.to_owned(), came.word())).or_default() += 1;
    }

    /// All of them, by hook and word.
    pub(super) fn all(&self) -> Vec<(String, &'static str, u64)> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|((hook, word), count)| (hook.clone(), *word, *count)).collect()
    }
}
