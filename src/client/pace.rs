//! How fast a connection may be asked: a budget of requests per second that shrinks when the platform says "too many"
//! and grows back slowly, shared by all calls of the connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// After a "too many" without a `Retry-After`.
const PAUSE: Duration = Duration::from_secs(1);
/// The rate that an unlimited connection falls to at its first "too many".
const FIRST_RATE: f64 = 10.0;
/// Never slower than this, in requests per second.
const SLOWEST: f64 = 1.0;
/// Answers in a row after which the rate grows by a tenth.
const STEADY: u32 = 10;

/// The budget; cheap to clone.
#[derive(Clone)]
pub struct Pace {
    state: Arc<Mutex<State>>,
    slots: Arc<Semaphore>,
}

struct State {
    /// Requests per second now; `None` = no limit.
    rate: Option<f64>,
    /// What the settings allow.
    ceiling: Option<f64>,
    burst: f64,
    tokens: f64,
    filled: Instant,
    not_before: Instant,
    steady: u32,
}

/// A request's turn; dropping it lets the next one go.
pub struct Turn {
    _slot: OwnedSemaphorePermit,
    /// How long it waited because the budget was used up.
    pub(super) waited: Duration,
}

impl Pace {
    /// At most `rate` requests per second (`None`: as fast as the platform answers), `burst` at once, `concurrency` open.
    pub fn new(rate: Option<f64>, burst: u32, concurrency: usize) -> Self {
        let now = Instant::now();
        let burst = f64::from(burst.max(1));
        let state = State { rate, ceiling: rate, burst, tokens: burst, filled: now, not_before: now, steady: 0 };
        Self { state: Arc::new(Mutex::new(state)), slots: Arc::new(Semaphore::new(concurrency.max(1))) }
    }

    /// Requests per second now; `None` where there is no limit.
    pub fn rate(&self) -> Option<f64> {
        self.with(|state| state.rate)
    }

    /// The same, and what the settings allow.
    pub(super) fn stands(&self) -> (Option<f64>, Option<f64>) {
        self.with(|state| (state.rate, state.ceiling))
    }

    /// Waits for a turn.
    pub async fn turn(&self) -> Turn {
        let slot = match Arc::clone(&self.slots).acquire_owned().await {
            Ok(slot) => slot,
            Err(_) => unreachable!("the semaphore is never closed"),
        };
        let mut waited = Duration::ZERO;
        loop {
            let wait = self.with(State::take);
            if wait.is_zero() {
                return Turn { _slot: slot, waited };
            }
            tokio::time::sleep(wait).await;
            waited += wait;
        }
    }

    /// The platform said "too many": nobody asks for a while, and then more slowly.
    pub fn too_many(&self, retry_after: Option<Duration>) {
        self.with(|state| {
            let now = Instant::now();
            let already_waiting = state.not_before > now;
            state.not_before = state.not_before.max(now + retry_after.unwrap_or(PAUSE));
            // One refusal of several requests under way is one reason to slow down, not several.
            if !already_waiting {
                // A budget that was set below the floor is not raised by it.
                state.rate = Some(state.rate.map_or(FIRST_RATE, |rate| (rate / 2.0).max(SLOWEST.min(rate))));
            }
            state.tokens = 0.0;
            state.filled = state.not_before;
            state.steady = 0;
        });
    }

    /// The platform answered: after a steady while the rate grows back.
    pub fn answered(&self) {
        self.with(|state| {
            state.steady += 1;
            if state.steady < STEADY {
                return;
            }
            state.steady = 0;
            let grown = state.rate.map(|rate| rate * 1.1);
            state.rate = match (grown, state.ceiling) {
                (Some(rate), Some(ceiling)) => Some(rate.min(ceiling)),
                (grown, _) => grown,
            };
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// Takes a token; otherwise says how long to wait.
    fn take(&mut self) -> Duration {
        let now = Instant::now();
        if self.not_before > now {
            return self.not_before - now;
        }
        let Some(rate) = self.rate else { return Duration::ZERO };
        self.tokens = (self.tokens + now.saturating_duration_since(self.filled).as_secs_f64() * rate).min(self.burst);
        self.filled = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Duration::ZERO;
        }
        Duration::from_secs_f64((1.0 - self.tokens) / rate).max(Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_for(pace: &Pace, requests: u32) -> f64 {
        let start = Instant::now();
        for _ in 0..requests {
            pace.turn().await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_free_and_the_rest_is_spread() {
        let pace = Pace::new(Some(10.0), 5, 4);
        assert!(seconds_for(&pace, 5).await < 0.01);
        let taken = seconds_for(&pace, 20).await;
        assert!((1.9..2.2).contains(&taken), "{taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_knows_how_long_it_waited_for_the_budget() {
        let pace = Pace::new(Some(10.0), 1, 4);
        assert_eq!(pace.turn().await.waited, Duration::ZERO);
        let waited = pace.turn().await.waited.as_millis();
        assert!((95..=105).contains(&waited), "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn too_many_stops_everybody_and_halves_the_rate_once() {
        let pace = Pace::new(Some(10.0), 1, 4);
        pace.turn().await;
        pace.too_many(Some(Duration::from_secs(3)));
        pace.too_many(Some(Duration::from_secs(3)));
        let taken = seconds_for(&pace, 6).await;
        assert!((4.0..4.6).contains(&taken), "3 s of silence, then 6 requests at 5 a second: {taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_unlimited_connection_slows_down_and_recovers() {
        let pace = Pace::new(None, 1, 4);
        assert!(seconds_for(&pace, 1_000).await < 0.01);
        pace.too_many(None);
        assert!(seconds_for(&pace, 11).await > 1.0);
        for _ in 0..STEADY * 60 {
            pace.answered();
        }
        assert!(seconds_for(&pace, 100).await < 1.0);
    }
}
