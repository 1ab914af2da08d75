//! The time, real or set by a test. Whoever asks the time is handed a clock.
#![expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time in UTC; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since the epoch of a clock that stands still; `None` is the machine's clock.
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands at `at` until [`Clock::advance_ms`] moves it.
    pub fn fixed(at: Timestamp) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(at.as_millisecond()))) }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match &self.fixed {
            None => Timestamp::now(),
            Some(_) => Timestamp::from_millisecond(self.now_ms()).unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// The time now in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        match &self.fixed {
            None => Timestamp::now().as_millisecond(),
            Some(at) => at.load(Ordering::Relaxed),
        }
    }

    /// Moves a fixed clock forward; the machine's clock is left alone.
    pub fn advance_ms(&self, by: i64) {
        if let Some(at) = &self.fixed {
            at.fetch_add(by, Ordering::Relaxed);
        }
    }
}

/// The moment that the store keeps as so many milliseconds since the epoch; `None` outside of the calendar.
pub fn moment(at_ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(at_ms).ok()
}

/// The same for programs: `2026-11-22T01:58:03Z`.
pub fn rfc3339(at_ms: Option<i64>) -> Option<String> {
    at_ms.and_then(moment).map(|at| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH);
        assert_eq!(clock.now_ms(), 0);
        clock.clone().advance_ms(1_500);
        assert_eq!(clock.now_ms(), 1_500, "clones share the time");
    }
}
