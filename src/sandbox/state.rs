//! The sandbox itself: a seeded world per platform, `heartbeat`, and any number that begin empty, `heartbeat/new`; a clock,
//! faults, a journal; and the one way in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::decide::Faults;
use super::{Answered, Applied, Asked, Ending, Fault, Handled, Journal, Seed, Tally};
use crate::catalog::{Args, Method, Op, Platform};
use crate::clock::Clock;
use crate::world::{Mail, Pace, World};
use crate::{platforms, wire};

/// What a sandbox is made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxOptions {
    /// The communities.
    pub seed: Seed,
    /// How fast they do what they queue.
    pub pace: Pace,
}

/// Simulated platforms; cheap to clone, all clones are one sandbox.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    /// Held while a request is written into the journal and applied, so that both have one order.
    worlds: tokio::sync::Mutex<Worlds>,
    faults: Mutex<Faults>,
    tally: Mutex<Tally>,
    clock: Clock,
    journal: Option<Arc<dyn Journal>>,
}

/// Why a journal cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It names a platform that is not simulated.
    #[error("entry {0} is for `{1}`, which is not simulated")]
    Platform(usize, String),
    /// It holds a request that no operation has.
    #[error("entry {0}, `{1} {2}`, is no request of this platform")]
    Request(usize, String, String),
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sandbox")
    }
}

impl Sandbox {
    /// A fresh sandbox that keeps nothing beyond the process.
    pub fn new(options: SandboxOptions, clock: Clock) -> Self {
        Self::with(Worlds::of(options), clock, None)
    }

    /// A sandbox in the state that these requests led to. Those that follow go into `journal`.
    pub fn replay(
        options: SandboxOptions,
        clock: Clock,
        entries: impl IntoIterator<Item = Applied>,
        journal: Option<Arc<dyn Journal>>,
    ) -> Result<Self, ReplayError> {
        let mut worlds = Worlds::of(options);
        for (place, entry) in entries.into_iter().enumerate() {
            let known = simulated(&entry.platform)
                .and_then(|platform| worlds.get(&entry.platform).map(|world| (platform, world)));
            let Some((platform, world)) = known else { return Err(ReplayError::Platform(place, entry.platform)) };
            let Some((op, args)) = recognize(platform, &entry.method, &entry.target, &entry.body) else {
                return Err(ReplayError::Request(place, entry.method, entry.target));
            };
            world.advance(entry.at_ms);
            (platform.simulate)(world, op, &args);
        }
        Ok(Self::with(worlds, clock, journal))
    }

    fn with(worlds: Worlds, clock: Clock, journal: Option<Arc<dyn Journal>>) -> Self {
        let inner = Inner {
            worlds: tokio::sync::Mutex::new(worlds),
            faults: Mutex::default(),
            tally: Mutex::default(),
            clock,
            journal,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Puts these faults in force, instead of those that were; their counts begin at zero.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        locked(&self.inner.faults).set(faults);
    }

    /// The faults in force with their counts, as JSON.
    pub fn faults(&self) -> Value {
        locked(&self.inner.faults).shown()
    }

    /// What was asked since the start.
    pub fn tally(&self) -> Tally {
        locked(&self.inner.tally).clone()
    }

    /// The clock that the worlds go by.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The mails that have gone out by now.
    pub async fn outbox(&self, platform: &str) -> Vec<Mail> {
        self.look(platform, |world| world.outbox().to_vec()).await.unwrap_or_default()
    }

    /// Looks at a platform's world as it is by now; `None` for a platform that is not simulated.
    pub async fn look<T>(&self, platform: &str, look: impl FnOnce(&World) -> T) -> Option<T> {
        let now = self.inner.clock.now_ms();
        let mut worlds = self.inner.worlds.lock().await;
        let world = worlds.get(platform)?;
        world.advance(now);
        Some(look(world))
    }

    /// What a read would answer, without being asked for: no fault strikes it and it is not counted.
    pub async fn peek(&self, platform: &'static Platform, op: &Op, args: &Args) -> Option<(u16, Value)> {
        let now = self.inner.clock.now_ms();
        let mut worlds = self.inner.worlds.lock().await;
        let world = worlds.get(platform.name).filter(|_| op.is_read())?;
        world.advance(now);
        Some((platform.simulate)(world, op, args))
    }

    /// Lets everything happen that a platform has queued, without waiting for its time. For tests.
    pub async fn settle(&self, platform: &str) {
        if let Some(world) = self.inner.worlds.lock().await.get(platform) {
            world.settle();
        }
    }

    /// The one way in: answers a request, faults included.
    pub async fn handle(&self, asked: Asked) -> Answered {
        let Some(platform) = simulated(&asked.platform) else {
            return Answered::json(404, &serde_json::json!({ "error": "no such platform" }));
        };
        let refuse = |status, message: &str| Answered::json(status, &(platform.refuse)(status, message));
        if !asked.authorised {
            return refuse(401, "Unauthorized");
        }
        let Some((op, args)) = recognize(platform, &asked.method, &asked.target, &asked.body) else {
            return refuse(404, "Not found");
        };
        if op.is_read() {
            return self.answer(platform, op, args, asked).await;
        }
        // A write goes on when whoever sent it hangs up, as on a real server; else the journal could hold what was not applied.
        let sandbox = self.clone();
        let work = tokio::spawn(async move { sandbox.answer(platform, op, args, asked).await });
        work.await.unwrap_or_else(|_| refuse(500, "the simulation failed"))
    }

    async fn answer(&self, platform: &'static Platform, op: &'static Op, mut args: Args, asked: Asked) -> Answered {
        let decided = locked(&self.inner.faults).decide(op);
        if !decided.delay.is_zero() {
            tokio::time::sleep(decided.delay).await;
        }
        decided.shorten(op, &mut args);
        let now = self.inner.clock.now_ms();
        let nothing = || Answered::json(200, &Value::Null);
        let (answered, done) = match &decided.before {
            Some(wrong) => (nothing().gone_wrong(wrong, now, platform.refuse), None),
            None => {
                let answered = self.apply(platform, op, &args, &asked).await;
                let done = Some(answered.status);
                match &decided.after {
                    Some(wrong) => (answered.gone_wrong(wrong, now, platform.refuse), done),
                    None => (answered, done),
                }
            }
        };
        self.note(platform, op, asked, now, done, &answered);
        answered
    }

    async fn apply(&self, platform: &'static Platform, op: &Op, args: &Args, asked: &Asked) -> Answered {
        let mut worlds = self.inner.worlds.lock().await;
        let Some(world) = worlds.get(&asked.platform) else {
            return Answered::json(503, &(platform.refuse)(503, "not simulated"));
        };
        // Under the lock, so that entries never go back in time.
        let at_ms = self.inner.clock.now_ms().max(world.now_ms());
        if let (false, Some(journal)) = (op.is_read(), &self.inner.journal) {
            let entry = Applied {
                at_ms,
                platform: asked.platform.clone(),
                method: asked.method.clone(),
                target: asked.target.clone(),
                body: asked.body.clone(),
            };
            if let Err(why) = journal.append(&entry).await {
                let message = format!("the sandbox could not keep the request: {why}");
                return Answered::json(503, &(platform.refuse)(503, &message));
            }
        }
        world.advance(at_ms);
        let (status, value) = (platform.simulate)(world, op, args);
        drop(worlds);
        match (op.method, status) {
            (Method::Head, _) | (_, 204) => Answered::headers(status, &value),
            _ => Answered::json(status, &value),
        }
    }

    fn note(
        &self,
        platform: &'static Platform,
        op: &Op,
        asked: Asked,
        at_ms: i64,
        done: Option<u16>,
        answered: &Answered,
    ) {
        let operation = op.name();
        let mut tally = locked(&self.inner.tally);
        tally.count(&operation);
        if !op.is_read() {
            let seen = (answered.ending == Ending::Whole).then_some(answered.status);
            let Asked { method, target, .. } = asked;
            tally.requests.push(Handled { at_ms, platform: platform.name, operation, method, target, done, seen });
        }
    }
}

/// The worlds by their places: a platform's name is its seeded community, a name behind it another one that begins empty and
/// is made when it is first asked.
struct Worlds {
    options: SandboxOptions,
    known: BTreeMap<String, World>,
}

impl Worlds {
    fn of(options: SandboxOptions) -> Self {
        let seeded = |platform: &Platform| (platform.name.to_owned(), paced(options.seed.world(), options.pace));
        Self { options, known: platforms::all().map(seeded).collect() }
    }

    /// The world at this place; `None` where no platform is.
    fn get(&mut self, place: &str) -> Option<&mut World> {
        simulated(place)?;
        let empty = || paced(self.options.seed.empty(), self.options.pace);
        Some(self.known.entry(place.to_owned()).or_insert_with(empty))
    }
}

fn paced(mut world: World, pace: Pace) -> World {
    world.pace = pace;
    world
}

/// The platform at a place: `heartbeat`, `heartbeat/new`.
fn simulated(place: &str) -> Option<&'static Platform> {
    platforms::named(place.split_once('/').map_or(place, |(platform, _)| platform))
}

/// Some documents show POST in the samples of operations whose title says PUT: both are taken where no other operation
/// has that path.
fn recognize(platform: &Platform, method: &str, target: &str, body: &[u8]) -> Option<(&'static Op, Args)> {
    let found = wire::recognize(platform, method, target, body);
    match (found, method) {
        (None, "POST") => wire::recognize(platform, Method::Put.as_str(), target, body)
            .filter(|(op, _)| matches!(op.noun, "groups" | "users") && op.verb == "update"),
        (found, _) => found,
    }
}

/// Nothing that holds these locks can panic half-way through a change.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
