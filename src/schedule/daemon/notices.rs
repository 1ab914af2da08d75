//! What a daemon notices: a clock that was put forward or back, a machine that slept, a store that cannot be written.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Smaller differences are the clock being set right.
const NOTICED: SignedDuration = SignedDuration::from_secs(5);

/// Compares the clock with the time that passed.
pub(super) struct ClockWatch {
    wall: Timestamp,
    passed: Instant,
    store_fails: bool,
}

impl ClockWatch {
    pub(super) fn new(now: Timestamp) -> Self {
        Self { wall: now, passed: Instant::now(), store_fails: false }
    }

    /// How much further the clock went than time passed since the last look; `None` when it went right.
    pub(super) fn look(&mut self, now: Timestamp) -> Option<SignedDuration> {
        let passed = SignedDuration::try_from(self.passed.elapsed()).unwrap_or(SignedDuration::MAX);
        let jump = now.duration_since(self.wall) - passed;
        (self.wall, self.passed) = (now, Instant::now());
        (jump.abs() > NOTICED).then_some(jump)
    }

    /// The store cannot be written: whether that is new.
    pub(super) fn store_fails(&mut self) -> bool {
        !std::mem::replace(&mut self.store_fails, true)
    }

    /// The store was written: whether that is new.
    pub(super) fn store_works_again(&mut self) -> bool {
        std::mem::replace(&mut self.store_fails, false)
    }
}

/// The words for a jump of the clock.
pub(super) fn jumped(by: SignedDuration) -> String {
    let seconds = by.abs().as_secs();
    let length = SignedDuration::from_secs(seconds);
    match by.is_positive() {
        true => format!(
            "the clock is {length:#} further than time has passed: this machine slept, or its clock was put forward"
        ),
        false => format!("the clock was put back by {length:#}: no moment runs twice"),
    }
}
