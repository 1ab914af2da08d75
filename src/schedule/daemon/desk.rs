//! What others ask a daemon at work, and what it has counted. Its one rule: the daemon answers between two turns, so an
//! answer also proves that it turns.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::super::alarm::AlarmTally;
use super::super::board::SeenJob;
use super::super::verdict::{Outcome, Verdict, What};
use super::Daemon;
use crate::runs::new_scheduled_id;
use crate::store::Cause;

/// How many questions wait; more are asked later.
const QUEUE: usize = 64;
/// How long an answer is waited for: a daemon that turns gives it in milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same for a run, which is written down first: longer than the store waits for other processes.
const DECIDED: Duration = Duration::from_secs(45);

/// Where a daemon is asked. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk(mpsc::Sender<Ask>);

/// The daemon's side of its desk.
#[derive(Debug)]
pub struct Asks(mpsc::Receiver<Ask>);

#[derive(Debug)]
enum Ask {
    Look(oneshot::Sender<Seen>),
    One(String, oneshot::Sender<Option<SeenJob>>),
    Orders(oneshot::Sender<()>),
    Run(String, ByHand, oneshot::Sender<Option<String>>),
}

/// What is run by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// The job, as a new run.
    New,
    /// An older run of it goes on.
    GoOn(String),
}

/// Nobody answers at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the scheduler does not answer: it is stopping, or has not turned for {} seconds", PATIENCE.as_secs())]
pub struct Silent;

/// How everything stands at one moment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The jobs in force, by name.
    pub jobs: Vec<SeenJob>,
    /// How many runs are at work.
    pub at_work: usize,
    /// How many wait.
    pub waiting: usize,
    /// Whether something cannot be written down, so that nothing begins.
    pub store_fails: bool,
    /// What was counted since the daemon began.
    pub tally: Tally,
    /// What was told of jobs since then.
    pub alarms: AlarmTally,
}

/// What a daemon has counted since it began. Numbers only grow.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// By job and what became of the moment: how a run ended, `skipped`, `missed`.
    pub ticks: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Processes of runs that ended, by job and how.
    pub runs: BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// How often the store did not take what was decided.
    pub store_failures: u64,
}

impl Desk {
    /// A desk, and the side of it that the daemon sits at.
    pub fn new() -> (Self, Asks) {
        let (send, receive) = mpsc::channel(QUEUE);
        (Self(send), Asks(receive))
    }

    /// How everything stands.
    pub async fn look(&self) -> Result<Seen, Silent> {
        self.ask(Ask::Look).await
    }

    /// How a job stands; `None` where there is none of this name.
    pub async fn job(&self, name: &str) -> Result<Option<SeenJob>, Silent> {
        self.ask(|answer| Ask::One(name.to_owned(), answer)).await
    }

    /// Whether it turns: it answers between two turns.
    pub async fn turns(&self) -> Result<(), Silent> {
        self.job("").await.map(drop)
    }

    /// Has it take in at once what was ordered in the store: it would within a second by itself.
    pub async fn take_orders(&self) -> Result<(), Silent> {
        self.ask(Ask::Orders).await
    }

    /// Runs a job by hand, beside its schedule and also while it is paused; the id that its run will have, `None` where there
    /// is no such job.
    pub async fn run(&self, name: &str, task: ByHand) -> Result<Option<String>, Silent> {
        // Once it is decided on it runs, as soon as the store takes it: whoever asked hears of it.
        self.ask_for(DECIDED, |answer| Ask::Run(name.to_owned(), task, answer)).await
    }

    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Silent> {
        self.ask_for(PATIENCE, ask).await
    }

    async fn ask_for<T>(&self, patience: Duration, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> Result<T, Silent> {
        let (send, answer) = oneshot::channel();
        let asked = async {
            self.0.send(ask(send)).await.map_err(|_| Silent)?;
            answer.await.map_err(|_| Silent)
        };
        tokio::time::timeout(patience, asked).await.unwrap_or(Err(Silent))
    }
}

impl Asks {
    /// Nobody asks.
    pub fn none() -> Self {
        Desk::new().1
    }

    /// The next question. Never ready once nobody can ask any more.
    pub(super) async fn next(&mut self) -> Question {
        match self.0.recv().await {
            Some(ask) => Question(ask),
            None => std::future::pending().await,
        }
    }
}

/// One question.
pub(super) struct Question(Ask);

impl Daemon {
    /// Answers. Whoever asked may be gone by now.
    pub(super) async fn answer(&mut self, question: Question) {
        match question.0 {
            Ask::Look(answer) => drop(answer.send(self.seen())),
            Ask::One(name, answer) => drop(answer.send(self.board.seen(&name))),
            Ask::Orders(answer) => {
                self.look_around(self.parts.clock.now()).await;
                // Whoever asked may be gone.
                let _ = answer.send(());
            }
            // They were told that nobody answered, and may have asked again.
            Ask::Run(_, _, answer) if answer.is_closed() => {}
            Ask::Run(name, task, answer) => {
                let now = self.parts.clock.now();
                if !self.board.has(&name) {
                    return drop(answer.send(None));
                }
                let (run, tries) = match task {
                    ByHand::New => (new_scheduled_id(now), 0),
                    ByHand::GoOn(run) => (run, 1),
                };
                let verdicts = self.board.hand(&name, run.clone(), tries, now);
                self.act(verdicts).await;
                drop(answer.send(Some(run)));
            }
        }
    }

    fn seen(&self) -> Seen {
        let (at_work, waiting) = self.board.load();
        let mut jobs: Vec<SeenJob> = self.board.all_seen().collect();
        jobs.sort_by(|one, other| one.job.name.cmp(&other.job.name));
        Seen {
            jobs,
            at_work,
            waiting,
            store_fails: !self.unkept.is_empty(),
            tally: self.tally.clone(),
            alarms: self.parts.alarms.tally(),
        }
    }
}

impl Tally {
    /// A verdict is durable.
    pub(super) fn note(&mut self, verdict: &Verdict) {
        let count = match &verdict.what {
            What::Ended(_) | What::GaveWay(_) | What::Skipped(_) => 1,
            What::Missed { folded, .. } => 1 + folded,
            What::Waits(_) | What::Starts(_) | What::Stops(_) => return,
            What::Again(_) | What::Left | What::Pauses { .. } => return,
        };
        let Some(word) = verdict.state() else { return };
        // Only what stood in the timetable is a moment.
        if matches!(verdict.entry.cause, Cause::Schedule | Cause::Backfill) {
            add(&mut self.ticks, &verdict.job.name, word, count);
        }
    }

    /// A process has ended.
    pub(super) fn ended(&mut self, job: &str, outcome: Outcome) {
        add(&mut self.runs, job, outcome.word(), 1);
    }
}

fn add(counts: &mut BTreeMap<String, BTreeMap<&'static str, u64>>, job: &str, word: &'static str, count: u64) {
    if !counts.contains_key(job) {
        counts.insert(job.to_owned(), BTreeMap::new());
    }
    if let Some(words) = counts.get_mut(job) {
        *words.entry(word).or_default() += count;
    }
}
