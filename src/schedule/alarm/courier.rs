//! Takes messages away in the background: a few at once, again and again until they have arrived. Its one rule: a message is
//! forgotten when it has arrived, so it may arrive twice and never not at all.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::decide::Pulse;
use super::delivery::{Delivery, Trouble, Way};
use super::lanes::{Lanes, Load};
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
    /// Nobody waits for others any more.
    pub(super) hurry: CancellationToken,
    pub(super) lanes: Lanes,
    /// Have arrived, and their rows could not be removed yet.
    pub(super) unforgotten: Vec<i64>,
}

/// What came of a load, and in one line what it was.
struct Back {
    load: Load,
    result: Result<String, Trouble>,
    title: String,
}

impl Courier {
    /// Works until nobody hands it anything any more and everything was tried once.
    pub(super) async fn work(mut self) {
        let mut under_way = JoinSet::new();
        let (mut open, mut hurries) = (true, false);
        loop {
            self.send_ready(&mut under_way);
            if !open && *self.fresh.borrow() == 0 {
                return;
            }
            let next = self.lanes.next_at();
            let full = under_way.len() >= AT_ONCE;
            tokio::select! {
                letter = self.inbox.recv(), if open => match letter {
                    Some(letter) => self.take(letter),
                    None => open = false,
                },
                Some(done) = under_way.join_next() => {
                    if let Ok(back) = done {
                        self.came_back(back).await;
                    }
                }
                () = self.hurry.cancelled(), if !hurries => {
                    hurries = true;
                    self.lanes.hurry(Instant::now());
                }
                () = tokio::time::sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() && !full => {}
            }
        }
    }

    /// With all that has come by now: it may leave together.
    fn take(&mut self, letter: Letter) {
        let mut next = Some(letter);
        while let Some(letter) = next {
            let job = self.job(&letter.job);
            self.lanes.take(letter, job.as_deref(), Instant::now());
            next = self.inbox.try_recv().ok();
        }
    }

    fn send_ready(&mut self, under_way: &mut JoinSet<Back>) {
        let now = Instant::now();
        while under_way.len() < AT_ONCE {
            let jobs = Arc::clone(&self.jobs);
            let Some(load) = self.lanes.leave(now, |name| in_force(&jobs, name)) else { return };
            let delivery = Arc::clone(&self.delivery);
            under_way.spawn(async move {
                let (result, title) = carry(&delivery, &load).await;
                Back { load, result, title }
            });
        }
    }

    fn job(&self, name: &str) -> Option<Arc<Job>> {
        in_force(&self.jobs, name)
    }

    /// One delivery has ended: its letters are done with, or wait for the next try.
    async fn came_back(&mut self, Back { load, result, title }: Back) {
        let Load { lane, mut letters, .. } = load;
        let fresh = letters.iter().filter(|letter| letter.tries == 0).count();
        letters.iter_mut().for_each(|letter| letter.tries += 1);
        self.fresh.send_modify(|left| *left = left.saturating_sub(fresh));
        let Some(first) = letters.first().cloned() else { return };
        let (mut again, mut done, mut wait) = (Vec::new(), letters, Duration::ZERO);
        let tried = match result {
            Ok(_) => {
                if first.tries > 1 {
                    let line = format!("{}: {} now: {title}", first.job, self.place(&first, "was told"));
                    self.events.say(Level::Info, line);
                }
                Try::Arrived
            }
            Err(trouble) => {
                (done, again) = done.into_iter().partition(|letter| self.is_given_up(letter));
                wait = self.failed(&first, &trouble, &title, &done, &again);
                if again.is_empty() { Try::GivenUp } else { Try::Failed }
            }
        };
        self.counter.tried(first.way, tried);
        self.lanes.back(lane, again, wait, Instant::now());
        self.forget(done.iter().filter_map(|letter| letter.id)).await;
    }

    /// Whether it is not tried again.
    fn is_given_up(&self, letter: &Letter) -> bool {
        let named = self.job(&letter.job).is_none_or(|job| letter.way.is_of(&job));
        let age = Duration::from_millis(u64::try_from(self.clock.now_ms() - letter.made_at).unwrap_or(0));
        let ping = matches!(letter.what, Cargo::Ping(..));
        !named || if ping { letter.tries >= PINGS } else { age >= GIVEN_UP }
    }

    /// Says what went wrong with what was sent as one; how long to wait before what is left of it is tried again.
    fn failed(&self, first: &Letter, trouble: &Trouble, title: &str, done: &[Letter], again: &[Letter]) -> Duration {
        let waits = self.delivery.parts.waits;
        let ping = matches!(first.what, Cargo::Ping(..));
        let wait = match ping {
            true => waits.ping_again,
            false => waits.again.saturating_mul(1 << (first.tries - 1).min(20)),
        };
        let wait = wait.max(trouble.wait.unwrap_or_default()).min(LONGEST);
        let of = |letter: &Letter| format!("{}: {}", letter.job, self.place(letter, &trouble.why));
        let test = |letter: &Letter| {
            format!("`beadle jobs notify {} --test{}` tries it", letter.job, self.delivery.parts.flags)
        };
        for letter in done {
            let line =
                format!("{}: {}; given up after {} tries; {}", of(letter), letter.title(), letter.tries, test(letter));
            self.events.say(Level::Error, line);
        }
        if let Some(letter) = again.first() {
            let level = if ping { Level::Debug } else { Level::Warn };
            self.events.say(level, format!("{}: {title}; again in {}; {}", of(letter), span(wait), test(letter)));
        }
        wait
    }

    fn place(&self, letter: &Letter, what: &str) -> String {
        let place = self.job(&letter.job).map(|job| letter.way.place(&job));
        format!("{} {what}", place.unwrap_or_else(|| format!("the {}", letter.way.word())))
    }

    async fn forget(&mut self, ids: impl Iterator<Item = i64>) {
        self.unforgotten.extend(ids);
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

fn in_force(jobs: &InForce, name: &str) -> Option<Arc<Job>> {
    jobs.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
}

/// Delivers, all of it as one; with what that was in one line.
async fn carry(delivery: &Delivery, load: &Load) -> (Result<String, Trouble>, String) {
    let Some(first) = load.letters.first() else { return (Ok(String::new()), String::new()) };
    let Some(job) = &load.job else {
        let why = "cannot be asked: its job is not in force".to_owned();
        return (Err(Trouble { why, wait: None }), first.title());
    };
    if let Cargo::Ping(pulse, body) = &first.what {
        return (delivery.ping(job, *pulse, body).await, first.title());
    }
    let message = |letter: &Letter| match &letter.what {
        Cargo::Message(message) => Some((**message).clone()),
        Cargo::Ping(..) => None,
    };
    delivery.send_all(job, first.way, load.letters.iter().filter_map(message).collect()).await
}
