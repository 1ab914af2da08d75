//! Takes messages away in the background: in order for each job and way, a few at once, again and again until they have
//! arrived. Its one rule: a message is forgotten when it has arrived, so it may arrive twice and never not at all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::decide::Pulse;
use super::delivery::{Delivery, Trouble, Way};
use super::message::Message;
use super::tally::{Counter, Try};
use crate::clock::Clock;
use crate::events::{Events, Level};
use crate::model::span;
use crate::settings::Job;

/// So many are under way at once.
const AT_ONCE: usize = 8;
/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// After so long a message is given up.
const GIVEN_UP: Duration = Duration::from_secs(24 * 60 * 60);
/// So often a ping is sent: later it would say something that is no longer true.
const PINGS: u32 = 3;

/// The jobs in force, by name.
pub(super) type InForce = Arc<RwLock<BTreeMap<String, Arc<Job>>>>;
/// What is delivered one after the other.
type Lane = (String, Way);

/// Something to be delivered.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Its row in the store; what is not kept has none.
    pub(super) id: Option<i64>,
    pub(super) job: String,
    pub(super) way: Way,
    pub(super) what: Cargo,
    /// Milliseconds since the epoch.
    pub(super) made_at: i64,
    pub(super) tries: u32,
}

#[derive(Clone, Debug)]
pub(super) enum Cargo {
    Message(Box<Message>),
    Ping(Pulse, String),
}

pub(super) struct Courier {
    pub(super) delivery: Arc<Delivery>,
    pub(super) jobs: InForce,
    pub(super) events: Events,
    pub(super) clock: Clock,
    pub(super) inbox: mpsc::UnboundedReceiver<Letter>,
    /// How many were never tried.
    pub(super) fresh: watch::Sender<usize>,
    pub(super) counter: Counter,
    pub(super) lanes: BTreeMap<Lane, VecDeque<Letter>>,
    /// When a lane's first letter is to be sent; those under way are not in here.
    pub(super) ready: BTreeSet<(Instant, Lane)>,
    /// Have arrived, and their rows could not be removed yet.
    pub(super) unforgotten: Vec<i64>,
}

impl Courier {
    /// Works until nobody hands it anything any more and everything was tried once.
    pub(super) async fn work(mut self) {
        let mut under_way = JoinSet::new();
        let mut open = true;
        loop {
            self.send_ready(&mut under_way);
            if !open && *self.fresh.borrow() == 0 {
                return;
            }
            let next = self.ready.first().map(|(at, _)| *at);
            let full = under_way.len() >= AT_ONCE;
            tokio::select! {
                letter = self.inbox.recv(), if open => match letter {
                    Some(letter) => self.take(letter),
                    None => open = false,
                },
                Some(done) = under_way.join_next() => {
                    if let Ok((lane, result)) = done {
                        self.came_back(lane, result).await;
                    }
                }
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() && !full => {}
            }
        }
    }

    fn take(&mut self, letter: Letter) {
        let lane = (letter.job.clone(), letter.way);
        let letters = self.lanes.entry(lane.clone()).or_default();
        letters.push_back(letter);
        if letters.len() == 1 {
            self.ready.insert((Instant::now(), lane));
        }
    }

    fn send_ready(&mut self, under_way: &mut JoinSet<(Lane, Result<String, Trouble>)>) {
        let now = Instant::now();
        while under_way.len() < AT_ONCE && self.ready.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, lane)) = self.ready.pop_first() else { return };
            let Some(letter) = self.lanes.get(&lane).and_then(VecDeque::front).cloned() else { continue };
            let (delivery, job) = (Arc::clone(&self.delivery), self.job(&lane.0));
            under_way.spawn(async move { (lane, carry(&delivery, job, &letter).await) });
        }
    }

    fn job(&self, name: &str) -> Option<Arc<Job>> {
        self.jobs.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// One delivery has ended: its letter is done with, or waits for the next try.
    async fn came_back(&mut self, lane: Lane, result: Result<String, Trouble>) {
        let Some(mut letter) = self.lanes.get_mut(&lane).and_then(VecDeque::pop_front) else { return };
        letter.tries += 1;
        if letter.tries == 1 {
            self.fresh.send_modify(|fresh| *fresh = fresh.saturating_sub(1));
        }
        let arrived = result.is_ok();
        let wait = match result {
            Ok(_) => {
                if letter.tries > 1 {
                    let line = format!("{}: {} now: {}", letter.job, self.place(&letter, "was told"), letter.title());
                    self.events.say(Level::Info, line);
                }
                None
            }
            Err(trouble) => self.failed(&letter, &trouble),
        };
        let tried = match (arrived, wait) {
            (true, _) => Try::Arrived,
            (false, Some(_)) => Try::Failed,
            (false, None) => Try::GivenUp,
        };
        self.counter.tried(letter.way, tried);
        if let Some(wait) = wait {
            self.lanes.entry(lane.clone()).or_default().push_front(letter);
            self.ready.insert((Instant::now() + wait, lane));
            return;
        }
        match self.lanes.get(&lane).is_some_and(|letters| !letters.is_empty()) {
            true => drop(self.ready.insert((Instant::now(), lane))),
            false => drop(self.lanes.remove(&lane)),
        }
        self.forget(letter.id).await;
    }

    /// Says what went wrong; how long to wait before the next try, `None` where there is none.
    fn failed(&self, letter: &Letter, trouble: &Trouble) -> Option<Duration> {
        let waits = self.delivery.parts.waits;
        let ping = matches!(letter.what, Cargo::Ping(..));
        let named = self.job(&letter.job).is_none_or(|job| letter.way.is_of(&job));
        let age = Duration::from_millis(u64::try_from(self.clock.now_ms() - letter.made_at).unwrap_or(0));
        let last = if ping { letter.tries >= PINGS } else { age >= GIVEN_UP };
        let wait = match ping {
            true => waits.ping_again,
            false => waits.again.saturating_mul(1 << (letter.tries - 1).min(20)),
        };
        let wait = wait.max(trouble.wait.unwrap_or_default()).min(LONGEST);
        let what = format!("{}: {}: {}", letter.job, self.place(letter, &trouble.why), letter.title());
        let test = format!("`beadle jobs notify {} --test{}` tries it", letter.job, self.delivery.parts.flags);
        if !named || last {
            self.events.say(Level::Error, format!("{what}; given up after {} tries; {test}", letter.tries));
            return None;
        }
        let level = if ping { Level::Debug } else { Level::Warn };
        self.events.say(level, format!("{what}; again in {}; {test}", span(wait)));
        Some(wait)
    }

    fn place(&self, letter: &Letter, what: &str) -> String {
        let place = self.job(&letter.job).map(|job| letter.way.place(&job));
        format!("{} {what}", place.unwrap_or_else(|| format!("the {}", letter.way.word())))
    }

    async fn forget(&mut self, id: Option<i64>) {
        self.unforgotten.extend(id);
        // Where it cannot be written now it is with the next one that arrives; a restart before that sends it again.
        if !self.unforgotten.is_empty() && self.delivery.parts.store.forget_letters(&self.unforgotten).await.is_ok() {
            self.unforgotten.clear();
        }
    }
}

impl Letter {
    fn title(&self) -> String {
        match &self.what {
            Cargo::Message(message) => message.title(),
            Cargo::Ping(_, body) => body.clone(),
        }
    }
}

async fn carry(delivery: &Delivery, job: Option<Arc<Job>>, letter: &Letter) -> Result<String, Trouble> {
    let Some(job) = job else {
        return Err(Trouble { why: "cannot be asked: its job is not in force".to_owned(), wait: None });
    };
    match &letter.what {
        Cargo::Message(message) => delivery.send(&job, letter.way, message).await,
        Cargo::Ping(pulse, body) => delivery.ping(&job, *pulse, body).await,
    }
}
