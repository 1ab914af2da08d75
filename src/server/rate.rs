//! How often somebody may call: a bucket that fills with time.

use std::time::{Duration, Instant};

/// A bucket of calls.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    per_second: f64,
    most: f64,
    left: f64,
    at: Instant,
}

/// How many seconds' calls may come at once.
const SECONDS: f64 = 4.0;

impl Bucket {
    /// A full bucket of so many calls in a second.
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        let per_second = f64::from(per_second);
        Self { per_second, most: per_second * SECONDS, left: per_second * SECONDS, at: now }
    }

    /// Takes one call; the error is how long until there is one.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * self.per_second).min(self.most);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_lets_four_seconds_through_at_once_and_then_one_by_one() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2, start);
        assert_eq!((0..20).filter(|_| bucket.take(start).is_ok()).count(), 8);
        let wait = bucket.take(start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
        assert!(bucket.take(start + wait).is_ok());
        assert!(bucket.take(start + wait).is_err());
        assert_eq!((0..20).filter(|_| bucket.take(start + Duration::from_secs(3600)).is_ok()).count(), 8);
    }
}
