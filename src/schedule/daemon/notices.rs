//! What a daemon notices: a clock that was put forward or back, a machine that slept, a store that cannot be written.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Smaller differences are the clock being set right.
const NOTICED: SignedDuration = SignedDuration::from_secs(5);
/// There is a look every second; a slow disk delays it by less than this.
const STILL: SignedDuration = SignedDuration::from_secs(30);

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

    /// What is to be said of the time since the last look; `None` when it went right.
    pub(super) fn look(&mut self, now: Timestamp) -> Option<String> {
        let passed = SignedDuration::try_from(self.passed.elapsed()).unwrap_or(SignedDuration::MAX);
        let jump = now.duration_since(self.wall) - passed;
        (self.wall, self.passed) = (now, Instant::now());
        if jump.abs() > NOTICED {
            return Some(jumped(jump));
        }
        (passed > STILL).then(|| stood(passed))
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

/// The words for time in which nothing was looked at.
fn stood(passed: SignedDuration) -> String {
    let length = SignedDuration::from_secs(passed.as_secs());
    format!("nothing was decided for {length:#}: this process stood still")
}

/// The words for a jump of the clock.
fn jumped(by: SignedDuration) -> String {
    let seconds = by.abs().as_secs();
    let length = SignedDuration::from_secs(seconds);
    match by.is_positive() {
        true => format!(
            "the clock is {length:#} further than time has passed: this machine slept, or its clock was put forward"
        ),
        false => format!("the clock was put back by {length:#}: what has run does not run again"),
    }
}
