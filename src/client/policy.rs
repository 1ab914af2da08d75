//! How patient a connection is: all its waits and counts stand here. The settings name `max_attempts`, the sandbox is
//! quicker to settle; the rest are the defaults below.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// The patience of a connection.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How often one request is tried in all, where trying again is safe.
    pub max_attempts: usize,
    /// The first wait between two tries; each further one is twice as long, with jitter.
    pub first_wait: Duration,
    /// The longest wait between two tries.
    pub longest_wait: Duration,
    /// The longest `Retry-After` that is waited for; a longer one is an error that names it.
    pub patience: Duration,
    /// How long a bulk job is followed before the run goes on without it.
    pub follow: Duration,
    /// How long after a lost answer a read may still miss the effect.
    pub settle: Duration,
    /// How long a write waits for another run that is at work on the same people or groups.
    pub neighbour: Duration,
    /// How long a queue (invitations) is given to show what it did, before a person is asked.
    pub prove: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_attempts: 8,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(20),
            patience: Duration::from_secs(300),
            follow: Duration::from_secs(15 * 60),
            settle: Duration::from_secs(5),
            neighbour: Duration::from_secs(120),
            prove: Duration::from_secs(30),
        }
    }
}

impl Policy {
    /// The waits between the tries of one request.
    pub fn waits(&self) -> impl Iterator<Item = Duration> {
        ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(self.longest_wait)
            .with_max_times(self.max_attempts.saturating_sub(1))
            .with_jitter()
            .build()
    }

    /// The waits between two looks at something that takes its time: quick at first, then calmer, until `whole` is over.
    pub fn looks(whole: Duration) -> impl Iterator<Item = Duration> {
        const FIRST: Duration = Duration::from_millis(50);
        const CALMEST: Duration = Duration::from_secs(10);
        let mut next = FIRST;
        let mut spent = Duration::ZERO;
        std::iter::from_fn(move || {
            if spent >= whole {
                return None;
            }
            let wait = next.min(whole - spent);
            spent += wait;
            next = (next * 3 / 2).min(CALMEST);
            Some(wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_fill_the_time_they_have_and_no_more() {
        for whole in [Duration::from_millis(10), Duration::from_secs(3), Duration::from_secs(900)] {
            assert_eq!(Policy::looks(whole).sum::<Duration>(), whole);
        }
        assert!(Policy::looks(Duration::from_secs(900)).count() < 120);
    }

    #[test]
    fn there_is_one_wait_less_than_tries() {
        assert_eq!(Policy { max_attempts: 3, ..Policy::default() }.waits().count(), 2);
    }
}
