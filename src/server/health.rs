//! Whether it works: the store can be read and written, the scheduler turns, and where there are hooks they are received. What is said names no path and no person,
//! for anybody may ask.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Arrivals;
use crate::schedule::Desk;
use crate::store::Store;

/// So long an answer holds: whoever asks more often costs no more.
const FRESH: Duration = Duration::from_secs(1);
/// How long store and scheduler are waited for.
const PATIENCE: Duration = Duration::from_secs(3);

type Answer = Result<(), String>;

/// Finds out.
pub(super) struct Health {
    store: Store,
    desk: Desk,
    arrivals: Arrivals,
    /// Whoever asks meanwhile waits for the same answer.
    last: Mutex<Option<(Instant, Answer)>>,
}

impl Health {
    pub(super) fn new(store: Store, desk: Desk, arrivals: Arrivals) -> Self {
        Self { store, desk, arrivals, last: Mutex::new(None) }
    }

    /// Whether all of it works, or what does not.
    pub(super) async fn ready(&self) -> Answer {
        let mut last = self.last.lock().await;
        if let Some((_, answer)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return answer.clone();
        }
        let (store, scheduler) = tokio::join!(self.store(), self.scheduler());
        let hooks =
            self.arrivals.is_closed().then_some("webhooks are not received: their address cannot be listened on");
        let troubles: Vec<&str> = [store.err(), scheduler.err(), hooks].into_iter().flatten().collect();
        let answer = if troubles.is_empty() { Ok(()) } else { Err(troubles.join("; ")) };
        *last = Some((Instant::now(), answer.clone()));
        answer
    }

    async fn store(&self) -> Result<(), &'static str> {
        match tokio::time::timeout(PATIENCE, self.store.probe()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.in_short()),
            Err(_) => Err("the store is locked by another process"),
        }
    }

    async fn scheduler(&self) -> Result<(), &'static str> {
        match tokio::time::timeout(PATIENCE, self.desk.turns()).await {
            Ok(Ok(())) => Ok(()),
            _ => Err("the scheduler does not turn"),
        }
    }
}
