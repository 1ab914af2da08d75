//! Works deliveries off: of each hook one at a time and in their order, those of different hooks beside each other. One that
//! cannot be worked off now, or takes long, lets the next one pass.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::at_work::AtWork;
use super::finish::{Ended, finish, own};
use super::gather::{Kept, Trouble, Try, gather};
use super::reader::{Means, Reader};
use super::{Bell, Subscription};
use crate::clock::Clock;
use crate::effects::{Caps, Lease, LeaseError, Ledger};
use crate::events::{Events, Level, Sink};
use crate::runs::{Requests, Transports};
use crate::settings::Redactor;
use crate::spans;
use crate::store::{DeliveryRow, Error, Store};

/// The lock's name: two workers on one store would only do everything twice, and the second in vain.
const LOCK: &str = "webhooks";
/// The first wait of a delivery that cannot be worked off; each further one is twice as long.
const WAIT_MS: i64 = 5_000;
/// The longest of these waits.
const LONGEST_WAIT_MS: i64 = 5 * 60_000;
/// After so long in vain a delivery goes on with what there is. Waits alone count: while nobody could try, nothing was in vain.
const PATIENCE_MS: i64 = 60 * 60_000;
/// Between two looks at the store without a bell: other processes store replays and ring none here.
const LOOK: Duration = Duration::from_secs(2);
/// After a store that failed.
const REST: Duration = Duration::from_secs(5);
/// How often old deliveries are forgotten.
const TIDY_MS: i64 = 60 * 60_000;
/// Notifications and people that are remembered for the next try, over all deliveries that wait for one.
const MOST_KEPT: usize = 50_000;

/// After so long others of its hook pass a delivery that is still worked on.
pub const STRETCH: Duration = Duration::from_secs(60);

/// What a worker is made of.
pub struct Worker {
    /// Where deliveries are, and runs are asked for.
    pub store: Store,
    /// Tells the time.
    pub clock: Clock,
    /// Leads to the connections.
    pub transports: Arc<dyn Transports>,
    /// Takes secrets out of what platforms say in errors.
    pub redactor: Redactor,
    /// Who listens.
    pub listeners: Vec<Arc<dyn Sink>>,
    /// Rings when a delivery was stored, and is rung when a run is asked for.
    pub bell: Bell,
    /// Which jobs wait for what; the newest one holds.
    pub subscriptions: watch::Receiver<Arc<Vec<Subscription>>>,
    /// How long deliveries are kept that are worked off.
    pub keep: Duration,
    /// After so long others of its hook pass a delivery: [`STRETCH`], but for tests.
    pub stretch: Duration,
    /// Ends it; what is under way is left as it was.
    pub stop: CancellationToken,
}

/// Why nobody works.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Another process does.
    #[error("another process works webhooks off on this store; stop it there first")]
    Taken,
    /// The lock could not be used.
    #[error(transparent)]
    Lease(LeaseError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A worker that holds its lock; cheap to clone.
#[derive(Clone)]
pub struct Working(Arc<Inner>);

struct Inner {
    of: Worker,
    means: Means,
    events: Events,
    requests: Arc<Requests>,
    readers: Mutex<HashMap<String, Reader>>,
    /// What deliveries that wait have read already.
    kept: Mutex<HashMap<i64, Kept>>,
}

/// What became of one that was worked on.
type Done = (i64, Result<(), Error>);

impl Worker {
    /// Takes the lock; nothing is begun yet.
    pub fn start(self) -> Result<Working, WorkerError> {
        let lease = Lease::take(&self.store, LOCK).map_err(|error| match error {
            LeaseError::Taken(_) => WorkerError::Taken,
            other => WorkerError::Lease(other),
        })?;
        let requests = Requests::new(self.clock.clone());
        let counted: Arc<dyn Sink> = requests.clone();
        let events = Events::to(self.listeners.iter().cloned().chain([counted]).collect());
        let means = Means {
            transports: Arc::clone(&self.transports),
            ledger: Ledger::new(self.store.clone(), lease, 1, self.clock.clone(), Caps::default()),
            clock: self.clock.clone(),
            events: events.clone(),
            redactor: self.redactor.clone(),
            stop: self.stop.clone(),
        };
        let (readers, kept) = (Mutex::default(), Mutex::default());
        Ok(Working(Arc::new(Inner { of: self, means, events, requests, readers, kept })))
    }
}

impl Working {
    /// Works until it is stopped. A store that fails is said and tried again.
    pub async fn work(&self) {
        let (stop, bell) = (self.0.of.stop.clone(), self.0.of.bell.clone());
        let counting = self.0.requests.keep(self.0.of.store.clone(), None);
        let mut tasks: JoinSet<Done> = JoinSet::new();
        let mut at_work = AtWork::default();
        let (long, mut taking_long) = mpsc::unbounded_channel();
        let mut tidied = i64::MIN;
        while !stop.is_cancelled() {
            let begun = self.begin(&mut tasks, &mut at_work, &long, &mut tidied).await;
            let wait = begun.unwrap_or_else(|error| self.trouble(&error));
            tokio::select! {
                () = stop.cancelled() => break,
                () = bell.next_arrival() => {}
                () = tokio::time::sleep(wait) => {}
                Some(seq) = taking_long.recv() => at_work.let_pass(seq),
                Some(done) = tasks.join_next() => self.ended(done, &mut at_work).await,
            }
        }
        while tasks.join_next().await.is_some() {}
        // Figures that are lost keep nobody from ending.
        counting.end().await.ok();
    }

    /// Begins what is due, and says how long nothing else will be.
    async fn begin(
        &self,
        tasks: &mut JoinSet<Done>,
        at_work: &mut AtWork,
        long: &mpsc::UnboundedSender<i64>,
        tidied: &mut i64,
    ) -> Result<Duration, Error> {
        let now = self.0.of.clock.now_ms();
        if now.saturating_sub(*tidied) >= TIDY_MS {
            self.tidy(now).await?;
            *tidied = now;
        }
        while at_work.has_room() {
            let (hooks, rows) = (at_work.hooks(), at_work.rows());
            let Some((row, body)) = self.0.of.store.due_delivery(due(now), &hooks, &rows).await? else {
                let next = self.0.of.store.next_delivery_at(&hooks, &rows).await?;
                let wait = next.map_or(LOOK, |at| Duration::from_millis(at.saturating_sub(now).max(0).unsigned_abs()));
                return Ok(wait.min(LOOK));
            };
            at_work.begin(row.seq, &row.hook);
            let span = traced(&row);
            tasks.spawn(self.clone().one(row, body, long.clone()).instrument(span));
        }
        Ok(LOOK)
    }

    /// Works one off, and says so when it takes long.
    async fn one(self, row: DeliveryRow, body: Vec<u8>, long: mpsc::UnboundedSender<i64>) -> Done {
        let seq = row.seq;
        let mut work = std::pin::pin!(self.work_off(row, body));
        tokio::select! {
            done = &mut work => return (seq, done),
            () = tokio::time::sleep(self.0.of.stretch) => {}
        }
        // Nobody listens any more where all of it stops.
        let _ = long.send(seq);
        (seq, work.await)
    }

    async fn ended(&self, done: Result<Done, tokio::task::JoinError>, at_work: &mut AtWork) {
        match done {
            Ok((seq, ended)) => {
                at_work.end(seq);
                if let Err(error) = ended {
                    let rest = self.trouble(&error);
                    tokio::select! {
                        () = self.0.of.stop.cancelled() => {}
                        () = tokio::time::sleep(rest) => {}
                    }
                }
            }
            // Nobody knows whose it was: all are looked at again, and one that is done is not due.
            Err(_) => at_work.clear(),
        }
    }

    fn trouble(&self, error: &Error) -> Duration {
        self.0.events.say(Level::Error, format!("webhooks: {error}"));
        REST
    }

    /// Works off all that is due now, one after the other; returns how many deliveries were begun.
    pub async fn catch_up(&self) -> Result<usize, Error> {
        let mut begun = 0;
        while let Some((row, body)) = self.0.of.store.due_delivery(due(self.0.of.clock.now_ms()), &[], &[]).await? {
            self.work_off(row, body).await?;
            begun += 1;
        }
        Ok(begun)
    }

    /// Forgets what was done long ago; returns how many deliveries.
    pub async fn tidy(&self, now: i64) -> Result<u64, Error> {
        let keep = i64::try_from(self.0.of.keep.as_millis()).unwrap_or(i64::MAX);
        let mut writing = self.0.of.store.writing().await?;
        let forgotten = writing.forget_deliveries(now.saturating_sub(keep)).await?;
        writing.commit().await?;
        Ok(forgotten)
    }

    async fn work_off(&self, row: DeliveryRow, body: Vec<u8>) -> Result<(), Error> {
        let jobs: Vec<Subscription> = {
            let all = self.0.of.subscriptions.borrow();
            all.iter().filter(|job| job.connection == row.connection).cloned().collect()
        };
        let waited: i64 = (0..row.tries).map(wait_ms).sum();
        let which = if waited >= PATIENCE_MS { Try::Last } else { Try::Usual };
        let kept = self.kept().remove(&row.seq).unwrap_or_default();
        let told = |done, of| {
            let words = format!("webhook {}: delivery {}: {done} of {of} people read", row.hook, row.seq);
            self.0.events.say(Level::Info, words);
        };
        let gathered = gather(&row, &body, &jobs, (which, kept), || self.reader(&row.connection), told).await;
        if self.0.of.stop.is_cancelled() {
            // What failed may have failed by that alone.
            return Ok(());
        }
        let now = self.0.of.clock.now_ms();
        if let (Some(Trouble::Passing(trouble)), Try::Usual) = (&gathered.trouble, which) {
            spans::failed(&Span::current(), "put_off");
            self.put_off(&row, now, trouble).await?;
            self.keep(row.seq, gathered.kept);
            return Ok(());
        }
        let own = match &gathered.reader {
            Some(reader) => own(&self.0.of.store, reader.account(), &gathered.looked, row.received_at).await?,
            None => vec![false; gathered.looked.len()],
        };
        let count = gathered.looked.len();
        let span = Span::current();
        span.record("beadle.events", spans::count(count));
        let partial = gathered.trouble.is_some();
        if partial {
            spans::failed(&span, "partial");
        }
        let ended = Ended { now, partial, trouble: gathered.trouble.map(Trouble::why) };
        let runs = finish(&self.0.of.store, &row, gathered.looked, &own, &jobs, ended).await?;
        if let Some(runs) = runs {
            span.record("beadle.runs", spans::count(runs));
            let part = if partial { ", not all of it" } else { "" };
            let words = format!("webhook {}: delivery {}: {count} told{part}, {runs} to run", row.hook, row.seq);
            self.0.events.say(if partial { Level::Warn } else { Level::Info }, words);
            if runs > 0 || partial {
                self.0.of.bell.asked();
            }
        }
        Ok(())
    }

    async fn put_off(&self, row: &DeliveryRow, now: i64, trouble: &str) -> Result<(), Error> {
        let wait = wait_ms(row.tries);
        let mut writing = self.0.of.store.writing().await?;
        writing.put_off(row.seq, now, now + wait, trouble).await?;
        writing.commit().await?;
        let words = format!("webhook {}: delivery {} waits {} s: {trouble}", row.hook, row.seq, wait / 1000);
        self.0.events.say(Level::Warn, words);
        Ok(())
    }

    /// Remembers what was read, as far as there is room: what is not remembered is read once more.
    fn keep(&self, seq: i64, new: Kept) {
        let mut kept = self.kept();
        if kept.values().map(Kept::size).sum::<usize>() + new.size() <= MOST_KEPT {
            kept.insert(seq, new);
        }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<i64, Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to a connection; opened once, so that its pace holds over all deliveries, and once more when it was refused, so
    /// that renewed credentials are read.
    async fn reader(&self, connection: &str) -> Result<Reader, String> {
        let known = self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).get(connection).cloned();
        if let Some(reader) = known.filter(|reader| !reader.is_refused()) {
            return Ok(reader);
        }
        let reader = Reader::open(&self.0.means, connection).await?;
        self.0.readers.lock().unwrap_or_else(PoisonError::into_inner).insert(connection.to_owned(), reader.clone());
        Ok(reader)
    }
}

/// What is due: until now, or later than any wait is, by a clock that was ahead.
fn due(now: i64) -> (i64, i64) {
    (now, now + LONGEST_WAIT_MS)
}

/// How long a delivery waits that was put off so often before.
fn wait_ms(tries: i64) -> i64 {
    WAIT_MS.saturating_mul(1 << tries.clamp(0, 20)).min(LONGEST_WAIT_MS)
}

/// What working a delivery off looks like as a span. Nothing is above it: it was answered long ago.
fn traced(row: &DeliveryRow) -> Span {
    tracing::info_span!(
        parent: None,
        "delivery",
        otel.name = "work off a delivery",
        otel.kind = "consumer",
        otel.status_code = Empty,
        "error.type" = Empty,
        beadle.hook = row.hook.as_str(),
        beadle.delivery = row.seq,
        beadle.connection = row.connection.as_str(),
        beadle.events = Empty,
        beadle.runs = Empty,
    )
}
