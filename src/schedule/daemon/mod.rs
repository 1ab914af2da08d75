//! The loop of `beadle serve`: tells the board the time and what happened, writes its verdicts down, then acts on them.

mod begin;
mod desk;
mod files;
mod gone;
mod notices;
mod rows;
#[cfg(test)]
mod tests;
mod tidy;
mod triggers;
mod turn;
mod watcher;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use desk::{Asks, ByHand, Desk, Seen, Silent, Tally};
pub use files::{Found, JobFiles};
pub use tidy::Keep;
pub use watcher::{Load, Nobody, Stage, Watcher};

use super::alarm::Alarms;
use super::board::{Board, Pause};
use super::process::Starts;
use super::verdict::{Outcome, Verdict, What};
use crate::clock::Clock;
use crate::effects::{Lease, LeaseError};
use crate::events::{Events, Level};
use crate::hooks::{Bell, Subscription};
use crate::model::counted;
use crate::store::{Cause, Error, RunState, Store};
use files::InForce;
use notices::ClockWatch;

/// How often other processes' orders (pauses, backfills) and the clock are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// The signal that asks a process to end.
const ASKED: i32 = 15;
/// So many ends of runs are written down together.
const AT_A_TIME: usize = 1_000;
/// By this name the store has one daemon: whoever asks whether one is at work looks for its lease.
pub const SEAT: &str = "serve";

/// What a daemon works with.
pub struct Parts {
    /// Where it keeps what it decides.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Who does the work.
    pub starts: Arc<dyn Starts>,
    /// The job files.
    pub files: Box<dyn JobFiles>,
    /// Where it says what it does.
    pub events: Events,
    /// So many runs are at work at once.
    pub at_once: usize,
    /// How long things are kept.
    pub keep: Keep,
    /// The connection of jobs that name none.
    pub connection: Option<String>,
    /// Rung when an event asks for a run.
    pub bell: Bell,
    /// Where those hear who work off deliveries which jobs wait for what.
    pub subscriptions: watch::Sender<Arc<Vec<Subscription>>>,
    /// Ends it gracefully: what is at work is brought to a place where it can be resumed.
    pub stop: CancellationToken,
    /// Reads the job files again.
    pub reload: Arc<Notify>,
    /// Tells people.
    pub alarms: Alarms,
    /// Where it is asked how things stand, and told to run a job by hand.
    pub asks: Asks,
    /// Who started it and watches it.
    pub watcher: Arc<dyn Watcher>,
}

/// Why a daemon does not begin.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// Another process serves the same store.
    #[error("another `beadle serve` is at work on this store")]
    Taken,
    /// Its lock cannot be taken.
    #[error(transparent)]
    Lease(LeaseError),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A scheduler at work.
pub struct Daemon {
    parts: Parts,
    board: Board,
    in_force: InForce,
    paused: BTreeMap<String, Pause>,
    /// How the runs at work are stopped.
    at_work: HashMap<String, CancellationToken>,
    /// What could not be written down yet; nothing is decided meanwhile.
    unkept: Vec<Verdict>,
    /// Jobs of which the store does not know yet how they stand.
    news: Vec<String>,
    /// Whether the store may know of moments that count as not decided: the clock was ahead.
    was_ahead: bool,
    /// Runs that others wait for: their attempts, how they stand, how often they were approved.
    unfinished: HashMap<String, (i64, RunState, usize)>,
    endings: mpsc::UnboundedReceiver<Finished>,
    tell: mpsc::UnboundedSender<Finished>,
    watch: ClockWatch,
    tally: Tally,
    tidied: Option<Timestamp>,
    _seat: Lease,
}

/// A run that has come to its end.
struct Finished {
    job: String,
    run: String,
    outcome: Outcome,
    unbegun: Option<String>,
}

impl Daemon {
    /// Serves until it is stopped and everything at work has come to an end or to a place where it can be resumed.
    pub async fn serve(mut self) {
        let stop = self.parts.stop.clone();
        while !stop.is_cancelled() {
            // The time first: whatever was ordered before a moment is known when it is decided.
            let now = self.parts.clock.now();
            self.look_around(now).await;
            if self.unkept.is_empty() {
                let verdicts = self.board.turn(now);
                self.act(verdicts).await;
            } else {
                self.act(Vec::new()).await;
            }
            self.turns();
            let asleep = self.asleep();
            let (reload, clock) = (Arc::clone(&self.parts.reload), self.parts.clock.clone());
            let (bell, mut ended) = (self.parts.bell.clone(), Vec::new());
            tokio::select! {
                _ = self.endings.recv_many(&mut ended, AT_A_TIME) => {
                    let now = clock.now();
                    if stop.is_cancelled() {
                        // It was stopped, and has heard of it sooner than this loop.
                        self.leave(&ended, now).await;
                    } else {
                        let verdicts = ended.iter().flat_map(|finished| self.finished(finished, now)).collect();
                        self.act(verdicts).await;
                    }
                }
                question = self.parts.asks.next() => self.answer(question).await,
                () = reload.notified() => {
                    self.parts.watcher.note(Stage::Reloads);
                    self.reload().await;
                }
                // What it asked for is looked at before the next turn.
                () = bell.next_run() => {}
                () = tokio::time::sleep(asleep) => {}
                () = stop.cancelled() => {}
            }
        }
        self.wind_down().await;
    }

    /// How many jobs it serves, in words.
    pub fn jobs(&self) -> String {
        let timed = self.board.next_moments().filter(|(_, next)| next.is_some()).count();
        let all = self.board.next_moments().count();
        let have = match timed {
            0 => "none has".to_owned(),
            1 => "1 has".to_owned(),
            timed => format!("{timed} have"),
        };
        format!("{} of which {have} a next moment", counted(all, "job", "jobs"))
    }

    fn finished(&mut self, finished: &Finished, now: Timestamp) -> Vec<Verdict> {
        self.tally.ended(&finished.job, finished.outcome);
        self.at_work.remove(&finished.run);
        let mut verdicts = self.board.ended(&finished.job, &finished.run, finished.outcome, now);
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.entry.run == finished.run) {
            verdict.unbegun.clone_from(&finished.unbegun);
        }
        verdicts
    }

    /// How long nothing is to be decided.
    fn asleep(&self) -> Duration {
        let now = self.parts.clock.now();
        let until = self.board.wake_at(now).map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        until.unwrap_or(LOOK).min(LOOK).min(self.parts.watcher.patience())
    }

    /// Stops what is at work and waits for it.
    async fn wind_down(&mut self) {
        if !self.at_work.is_empty() {
            let runs = counted(self.at_work.len(), "run is", "runs are");
            let line = format!("stopping: {runs} at work; each is brought to where it can be resumed");
            self.parts.events.say(Level::Info, line);
        }
        for stop in self.at_work.values() {
            stop.cancel();
        }
        loop {
            self.parts.watcher.note(Stage::Stops(self.at_work.len()));
            if self.at_work.is_empty() {
                break;
            }
            let patience = self.parts.watcher.patience();
            let Ok(finished) = tokio::time::timeout(patience, self.endings.recv()).await else { continue };
            let Some(finished) = finished else { break };
            self.leave(&[finished], self.parts.clock.now()).await;
        }
    }

    /// Writes down how these ended while all of it stops. What could begin now has to wait for the next daemon, and so has
    /// the rest of what was stopped.
    async fn leave(&mut self, ended: &[Finished], now: Timestamp) {
        for finished in ended {
            let mut verdicts = self.finished(finished, now);
            verdicts.retain(|verdict| verdict.entry.run == finished.run);
            for verdict in verdicts.iter_mut().filter(|verdict| verdict.entry.cause != Cause::Hand) {
                // One that was asked to stop before it could hear of it is ended by the signal.
                if let What::Ended(Outcome::Interrupted) | What::Again(Outcome::Killed(ASKED)) = verdict.what {
                    (verdict.what, verdict.entry.due_at) = (What::Left, now);
                }
            }
            self.unkept.append(&mut verdicts);
        }
        self.keep(now).await;
    }
}
