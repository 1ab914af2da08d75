//! The run's log: every printed line and all talk, written to the store in the background. A store that cannot take it
//! stops nobody; it is said once. No secret that was read gets into it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Runner;
use crate::clock::Clock;
use crate::events::{Called, Event, Sink};
use crate::settings::Redactor;
use crate::store::{LogLine, Store};

/// Lines written in one go at most.
const BATCH: usize = 500;

/// A listener that writes a run's log. Counts requests on the way.
pub struct Journal {
    /// `None` once the log is closed.
    lines: Mutex<Option<mpsc::UnboundedSender<LogLine>>>,
    clock: Clock,
    redactor: Redactor,
    calls: AtomicU64,
    writes: AtomicU64,
}

/// The task behind a journal.
pub(super) struct Writing(JoinHandle<Option<String>>);

impl Journal {
    /// A journal for one attempt of a run.
    pub(super) fn begin(runner: &Runner, run: String, attempt: i64) -> (Arc<Self>, Writing) {
        let (lines, receiver) = mpsc::unbounded_channel();
        let task = tokio::spawn(write(runner.store.clone(), run, attempt, receiver));
        let (clock, redactor) = (runner.clock.clone(), runner.redactor.clone());
        let journal = Self {
            lines: Mutex::new(Some(lines)),
            clock,
            redactor,
            calls: AtomicU64::new(0),
            writes: AtomicU64::new(0),
        };
        (Arc::new(journal), Writing(task))
    }

    /// Requests so far, and how many of them could change something.
    pub(super) fn calls(&self) -> (u64, u64) {
        (self.calls.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }
}

impl Writing {
    /// Closes the log and waits until all is written; the first error, if there was one.
    pub(super) async fn end(self, journal: &Journal) -> Option<String> {
        drop(journal.lines.lock().unwrap_or_else(PoisonError::into_inner).take());
        self.0.await.unwrap_or_else(|error| Some(error.to_string()))
    }
}

impl Sink for Journal {
    fn note(&self, event: &Event) {
        let (level, text) = match event {
            Event::Print(line) => ("print", line.clone()),
            Event::Say(level, line) | Event::Job { level, line, .. } => (level.word(), line.clone()),
            Event::Called(Called { write, .. }) => {
                self.calls.fetch_add(1, Ordering::Relaxed);
                self.writes.fetch_add(u64::from(*write), Ordering::Relaxed);
                return;
            }
            Event::Progress { .. } | Event::Again { .. } => return,
        };
        if let Some(lines) = self.lines.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            // The task ends after the log is closed, and not before.
            let text = self.redactor.redact(&text).into_owned();
            let _ = lines.send(LogLine { at: self.clock.now_ms(), level: level.to_owned(), text });
        }
    }
}

async fn write(store: Store, run: String, attempt: i64, mut lines: mpsc::UnboundedReceiver<LogLine>) -> Option<String> {
    let mut failed = None;
    let mut batch = Vec::new();
    while lines.recv_many(&mut batch, BATCH).await > 0 {
        if failed.is_none() {
            failed = store.log(&run, attempt, &batch).await.err().map(|error| error.to_string());
        }
        batch.clear();
    }
    failed
}
