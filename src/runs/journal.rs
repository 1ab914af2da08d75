//! The run's log: printed lines and all talk, written to the store in the background, of a flood its beginning and its end.
//! A store that cannot take it stops nobody; it is said once. No secret that was read gets into it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::Runner;
use super::kept::{Kept, shortened};
use crate::clock::Clock;
use crate::events::{Called, Event, Level, Sink};
use crate::model::{counted, size};
use crate::settings::Redactor;
use crate::store::{Error, LogLine, Store};

/// Lines taken in one go at most.
const BATCH: usize = 500;
/// From one time to the next that lines of the end are written: in between, those that will not be kept are only counted.
const PAUSE: Duration = Duration::from_secs(1);

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
    /// Closes the log, waits until all is written, and makes room where all logs together are too large. What does not work
    /// is said to whoever listens, and stops nothing.
    pub(super) async fn end(self, runner: &Runner, journal: &Journal) {
        drop(journal.lines.lock().unwrap_or_else(PoisonError::into_inner).take());
        let say = |level, line: String| {
            runner.listeners.iter().for_each(|one| one.note(&Event::Say(level, line.clone())));
        };
        if let Some(why) = self.0.await.unwrap_or_else(|error| Some(error.to_string())) {
            say(Level::Warn, format!("the run's log is not complete: {why}"));
        }
        match runner.store.shrink_logs(runner.log_size).await {
            Ok(0) => {}
            Ok(lines) => {
                let (lines, most) = (counted(lines, "line", "lines"), size(runner.log_size));
                let line = format!(
                    "{lines} of old logs dropped: all together are held to {most} (`keep_logs_size` in `[schedule]`)"
                );
                say(Level::Info, line);
            }
            Err(error) => say(Level::Warn, format!("old logs stay where they are: {error}")),
        }
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
            let text = shortened(self.redactor.redact(&text).into_owned());
            let _ = lines.send(LogLine { at: self.clock.now_ms(), level: level.to_owned(), text });
        }
    }
}

async fn write(store: Store, run: String, attempt: i64, mut lines: mpsc::UnboundedReceiver<LogLine>) -> Option<String> {
    let (mut kept, mut batch) = (Kept::default(), Vec::new());
    let mut end = End { store, run, attempt, after: None };
    let (mut failed, mut next) = (None, Instant::now());
    loop {
        let received = match kept.has_tail() {
            true => timeout_at(next, lines.recv_many(&mut batch, BATCH)).await.ok(),
            false => Some(lines.recv_many(&mut batch, BATCH).await),
        };
        batch.drain(..).for_each(|line| kept.take(line));
        let (head, is_closed) = (kept.head(), received == Some(0));
        if failed.is_none() && !head.is_empty() {
            failed = end.store.log(&end.run, attempt, &head).await.err();
        }
        if failed.is_none() && kept.has_tail() && (is_closed || Instant::now() >= next) {
            failed = end.write(&mut kept).await.err();
            next = Instant::now() + PAUSE;
        }
        if is_closed {
            return failed.map(|error| error.to_string());
        }
    }
}

/// Where lines of a log's end go.
struct End {
    store: Store,
    run: String,
    attempt: i64,
    /// The last line of the beginning, as soon as there is an end.
    after: Option<i64>,
}

impl End {
    async fn write(&mut self, kept: &mut Kept) -> Result<(), Error> {
        let after = match self.after {
            Some(after) => after,
            None => *self.after.insert(self.store.last_line(&self.run).await?),
        };
        let (cut, lines) = kept.tail();
        self.store.log_end(&self.run, self.attempt, after, cut, &lines).await
    }
}
