//! The end of a run from outside of the script: one token with a reason. The first reason stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio_util::sync::CancellationToken;

/// Why a run was ended. No script can catch any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A person pressed Ctrl-C, or the machine shuts down.
    Interrupted,
    /// Whoever started it is gone, so that nobody waits for its end.
    Alone,
    /// It took longer than allowed.
    TimeOut,
    /// It holds more memory than allowed.
    Memory,
    /// It printed and logged more than allowed.
    Output,
    /// It worked through more steps than allowed.
    Operations,
    /// A call ended it: held by a brake, or a failure after which nothing may go on.
    Fatal,
}

const ALL: [Stop; 7] =
    [Stop::Interrupted, Stop::TimeOut, Stop::Memory, Stop::Output, Stop::Operations, Stop::Fatal, Stop::Alone];

impl Stop {
    /// The word for it, also in history.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::Alone => "alone",
            Self::TimeOut => "time-out",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::Operations => "operations",
            Self::Fatal => "fatal",
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Interrupted => 1,
            Self::TimeOut => 2,
            Self::Memory => 3,
            Self::Output => 4,
            Self::Operations => 5,
            Self::Fatal => 6,
            Self::Alone => 7,
        }
    }
}

/// Ends a run; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    token: CancellationToken,
    reason: Arc<AtomicU8>,
}

impl Cancel {
    /// Ends the run for this reason, unless it was ended before.
    pub fn stop(&self, why: Stop) {
        let _ = self.reason.compare_exchange(0, why.number(), Ordering::AcqRel, Ordering::Acquire);
        self.token.cancel();
    }

    /// What others wait for who end with the run.
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Why the run was ended; `None` while it may go on. Cheap enough to ask at every step.
    pub fn reason(&self) -> Option<Stop> {
        match self.reason.load(Ordering::Acquire) {
            0 => None,
            number => ALL.into_iter().find(|stop| stop.number() == number),
        }
    }

    /// Waits until the run is ended.
    pub async fn stopped(&self) -> Stop {
        self.token.cancelled().await;
        self.reason().unwrap_or(Stop::Interrupted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_reason_stays() {
        let cancel = Cancel::default();
        assert_eq!(cancel.reason(), None);
        cancel.stop(Stop::TimeOut);
        cancel.clone().stop(Stop::Interrupted);
        assert_eq!(cancel.reason(), Some(Stop::TimeOut));
    }

    #[test]
    fn every_reason_comes_back_as_itself() {
        for stop in ALL {
            let cancel = Cancel::default();
            cancel.stop(stop);
            assert_eq!(cancel.reason(), Some(stop));
        }
    }
}
