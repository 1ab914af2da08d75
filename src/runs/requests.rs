//! Counts what is asked of platforms, and writes the figures down now and then, all since the last time in one go. A store
//! that cannot take them stops nobody: they are added to the next ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clock::Clock;
use crate::events::{Called, Event, Sink};
use crate::store::{BudgetRow, ENDS_MS, Error, Figures, RequestRow, Store};

/// Between two times that figures are written down.
const EVERY: Duration = Duration::from_secs(5);

/// A listener that counts requests.
pub struct Requests {
    clock: Clock,
    counted: Mutex<Counted>,
}

/// What was not written down yet.
#[derive(Default)]
struct Counted {
    figures: BTreeMap<String, BTreeMap<String, Figures>>,
    budgets: BTreeMap<String, BudgetRow>,
}

/// Writes down what is counted, until it is ended. Dropped, it leaves the last seconds uncounted.
pub struct Counting {
    of: Arc<Requests>,
    store: Store,
    run: Option<String>,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Requests {
    /// Nothing is counted yet.
    pub fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self { clock, counted: Mutex::default() })
    }

    /// Writes down now and then what was counted: for this run, where it is one.
    pub fn keep(self: &Arc<Self>, store: Store, run: Option<String>) -> Counting {
        self.keep_every(EVERY, store, run)
    }

    fn keep_every(self: &Arc<Self>, every: Duration, store: Store, run: Option<String>) -> Counting {
        let stop = CancellationToken::new();
        let (of, kept_in, name) = (Arc::clone(self), store.clone(), run.clone());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            while tokio::time::timeout(every, stopped.cancelled()).await.is_err() {
                // What the store does not take stays counted.
                of.write(&kept_in, name.as_deref()).await.ok();
            }
        });
        Counting { of: Arc::clone(self), store, run, stop: stop.drop_guard(), task }
    }

    async fn write(&self, store: &Store, run: Option<&str>) -> Result<(), Error> {
        let (rows, budgets) = self.take();
        if rows.is_empty() {
            return Ok(());
        }
        let written = store.add_requests(run, &rows, &budgets).await;
        if written.is_err() {
            self.put_back(rows, budgets);
        }
        written
    }

    fn take(&self) -> (Vec<RequestRow>, Vec<BudgetRow>) {
        let Counted { figures, budgets } = std::mem::take(&mut *self.counted());
        let rows = figures.into_iter().flat_map(|(connection, operations)| {
            operations.into_iter().map(move |(operation, figures)| RequestRow {
                connection: connection.clone(),
                operation,
                figures,
            })
        });
        (rows.collect(), budgets.into_values().collect())
    }

    fn put_back(&self, rows: Vec<RequestRow>, budgets: Vec<BudgetRow>) {
        let mut counted = self.counted();
        for RequestRow { connection, operation, figures } in rows {
            counted.of(&connection, &operation).add(&figures);
        }
        for budget in budgets {
            counted.budgets.entry(budget.connection.clone()).or_insert(budget);
        }
    }

    fn counted(&self) -> std::sync::MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counting {
    /// Writes down the rest, and waits until it is.
    pub async fn end(self) -> Result<(), Error> {
        let (of, store, run) = (Arc::clone(&self.of), self.store.clone(), self.run.clone());
        self.ended().await;
        of.write(&store, run.as_deref()).await
    }

    /// What was not written down yet; nobody else will do it.
    pub(super) async fn rest(self) -> (Vec<RequestRow>, Vec<BudgetRow>) {
        let of = Arc::clone(&self.of);
        self.ended().await;
        of.take()
    }

    async fn ended(self) {
        drop(self.stop);
        // A task that panicked has left what it could not write.
        self.task.await.ok();
    }
}

impl Sink for Requests {
    fn note(&self, event: &Event) {
        match event {
            Event::Called(called) => {
                let now = self.clock.now_ms();
                self.counted().note(called, now);
            }
            Event::Again { connection, operation } => self.counted().of(connection, operation).again += 1,
            _ => {}
        }
    }
}

impl Counted {
    fn of(&mut self, connection: &str, operation: &str) -> &mut Figures {
        // Known ones are found without a copy of their names.
        if !self.figures.get(connection).is_some_and(|of| of.contains_key(operation)) {
            self.figures.entry(connection.to_owned()).or_default().insert(operation.to_owned(), Figures::default());
        }
        self.figures.entry(connection.to_owned()).or_default().entry(operation.to_owned()).or_default()
    }

    fn note(&mut self, called: &Called, now: i64) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let figures = self.of(&called.connection, &called.operation);
        *figures.statuses.entry(class(called.status).to_owned()).or_default() += 1;
        if let Some(place) = ENDS_MS.iter().position(|end| called.took <= Duration::from_millis(*end)) {
            figures.took[place] += 1;
        }
        figures.took_us = figures.took_us.saturating_add(micros(called.took));
        if !called.waited.is_zero() {
            figures.waits += 1;
            figures.waited_us = figures.waited_us.saturating_add(micros(called.waited));
        }
        let budget = self.budgets.entry(called.connection.clone()).or_insert_with(|| BudgetRow {
            connection: called.connection.clone(),
            rate: None,
            ceiling: None,
            remaining: None,
            allowed: None,
            said_at: None,
            at: now,
        });
        (budget.rate, budget.ceiling, budget.at) = (called.rate, called.ceiling, now);
        if let Some(said) = called.budget {
            let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
            (budget.remaining, budget.allowed) = (Some(number(said.remaining)), said.allowed.map(number));
            budget.said_at = Some(now);
        }
    }
}

/// A status as it is counted.
fn class(status: Option<u16>) -> &'static str {
    match status {
        None => "none",
        Some(429) => "429",
        Some(..300) => "2xx",
        Some(300..400) => "3xx",
        Some(400..500) => "4xx",
        Some(_) => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Budget;

    fn called(status: Option<u16>, took: u64, waited: u64) -> Event {
        Event::Called(Called {
            connection: "main".into(),
            operation: "members.list".into(),
            write: false,
            status,
            took: Duration::from_millis(took),
            waited: Duration::from_millis(waited),
            rate: Some(1.5),
            ceiling: Some(2.0),
            budget: status.map(|_| Budget { remaining: 7, allowed: Some(60) }),
        })
    }

    #[tokio::test]
    async fn requests_are_written_down_at_the_end_in_one_row() {
        let store = Store::in_memory().await.unwrap();
        let requests = Requests::new(Clock::fixed("2026-11-22T00:00:00Z".parse().unwrap()));
        let counting = requests.keep(store.clone(), Some("r1".into()));
        for (status, took, waited) in
            [(Some(200), 9, 0), (Some(204), 10, 0), (Some(429), 11, 250), (Some(503), 70_000, 250), (None, 1, 0)]
        {
            requests.note(&called(status, took, waited));
        }
        requests.note(&Event::Again { connection: "main".into(), operation: "members.list".into() });
        let before = store.commits();
        counting.end().await.unwrap();
        assert_eq!(store.commits() - before, 1);
        let rows = store.requests_of("r1").await.unwrap();
        assert_eq!(rows.len(), 1);
        let figures = &rows[0].figures;
        let statuses: Vec<(&str, u64)> = figures.statuses.iter().map(|(word, count)| (word.as_str(), *count)).collect();
        assert_eq!(statuses, [("2xx", 2), ("429", 1), ("5xx", 1), ("none", 1)]);
        assert_eq!((figures.took[0], figures.took[1], figures.took.iter().sum::<u64>()), (3, 1, 4));
        assert_eq!((figures.took_us, figures.again), (70_031_000, 1));
        assert_eq!((figures.waits, figures.waited_us), (2, 500_000));
        assert_eq!(store.request_totals().await.unwrap(), rows);
        let budget = &store.budgets().await.unwrap()[0];
        assert_eq!(
            (budget.rate, budget.ceiling, budget.remaining, budget.allowed),
            (Some(1.5), Some(2.0), Some(7), Some(60))
        );
    }

    #[tokio::test]
    async fn a_run_that_asks_nothing_writes_nothing() {
        let store = Store::in_memory().await.unwrap();
        let requests = Requests::new(Clock::system());
        let before = store.commits();
        requests.keep(store.clone(), Some("r1".into())).end().await.unwrap();
        assert_eq!(store.commits(), before);
    }

    #[tokio::test]
    async fn what_the_store_does_not_take_is_added_to_what_comes_next() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("beadle.db")).await.unwrap();
        let closed = Store::open(&folder.path().join("other.db")).await.unwrap();
        closed.clone().close().await;
        let requests = Requests::new(Clock::system());
        requests.note(&called(Some(200), 1, 0));
        requests.write(&closed, Some("r1")).await.unwrap_err();
        requests.note(&called(Some(200), 1, 0));
        requests.write(&store, Some("r1")).await.unwrap();
        assert_eq!(store.requests_of("r1").await.unwrap()[0].figures.requests(), 2);
        assert_eq!(store.budgets().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_run_that_is_at_work_for_long_is_counted_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("beadle.db")).await.unwrap();
        let requests = Requests::new(Clock::system());
        let counting = requests.keep_every(Duration::from_millis(1), store.clone(), Some("r1".into()));
        requests.note(&called(Some(200), 1, 0));
        while store.requests_of("r1").await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        requests.note(&called(Some(200), 1, 0));
        counting.end().await.unwrap();
        assert_eq!(store.requests_of("r1").await.unwrap()[0].figures.requests(), 2);
    }
}
