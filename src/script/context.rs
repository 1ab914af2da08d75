//! One run as its script's host functions see it. It rides as the engine's tag, never inside a script's values,
//! so that a parsed script can be run again, and twice at once, each time with its own run.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rhai::{Dynamic, EvalAltResult, Map, NativeCallContext, Position};

use super::cancel::Stop;
use super::door::{Door, Thrown};
use super::library::{Parts, Time};
use super::planning::Planning;
use super::start::Start;
use super::values;
use crate::events::{Event, Level};

/// What a host function returns to the script.
pub(crate) type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// How a wait ends when the run is ended meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// For something that changes nothing: given up at once.
    Read,
    /// For a write: it gets the grace period, so that its end is known.
    Write,
}

/// One run; cheap to clone.
#[derive(Clone)]
pub struct Run(Arc<Inner>);

struct Inner {
    start: Start,
    ctx: Map,
    opened: Mutex<BTreeMap<String, Arc<dyn Door>>>,
    parts: Mutex<Parts>,
    fatal: Mutex<Option<Thrown>>,
    missed: Mutex<Option<String>>,
    planning: Planning,
    /// Files that this run wrote beside their place.
    beside: Mutex<BTreeMap<PathBuf, PathBuf>>,
    /// Pairs of connections that this run migrates between, in the order of their first turn.
    migrations: Mutex<Vec<String>>,
    operations: AtomicU64,
    output: AtomicU64,
    baseline: usize,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Run({})", self.0.start.id)
    }
}

impl From<Start> for Run {
    fn from(start: Start) -> Self {
        let ctx = ctx_of(&start);
        let baseline = start.memory.as_ref().map_or(0, |held| held());
        Self(Arc::new(Inner {
            start,
            ctx,
            opened: Mutex::default(),
            parts: Mutex::default(),
            fatal: Mutex::default(),
            missed: Mutex::default(),
            planning: Planning::default(),
            beside: Mutex::default(),
            migrations: Mutex::default(),
            operations: AtomicU64::new(0),
            output: AtomicU64::new(0),
            baseline,
        }))
    }
}

fn ctx_of(start: &Start) -> Map {
    let facts = &start.facts;
    let mut ctx = Map::new();
    ctx.insert("run".into(), start.id.clone().into());
    let moment = |at: Option<Timestamp>| at.map_or(Dynamic::UNIT, |at| Dynamic::from(Time::from(at)));
    ctx.insert("job".into(), facts.job.name.clone().map_or(Dynamic::UNIT, Into::into));
    ctx.insert("scheduled_for".into(), moment(facts.job.scheduled_for));
    ctx.insert("last_success".into(), moment(facts.job.last_success));
    // Read as the community's own JSON is: nothing in it is taken for an id, and it was JSON before.
    let event = |event: &serde_json::Value| values::read(event.to_string().as_bytes(), None).unwrap_or(Dynamic::UNIT);
    ctx.insert("events".into(), facts.job.events.iter().map(event).collect::<rhai::Array>().into());
    ctx.insert("args".into(), facts.args.clone().into());
    ctx.insert("started".into(), Dynamic::from(Time::from(facts.started)));
    ctx.insert("connection".into(), facts.connection.clone().into());
    ctx.insert("sandbox".into(), facts.sandbox.into());
    ctx.insert("dry_run".into(), facts.dry_run.into());
    ctx
}

impl Run {
    /// The run in which a host function was called.
    pub(crate) fn of(context: &NativeCallContext) -> Outcome<Self> {
        Self::tagged(context.tag()).ok_or_else(|| "this function needs a run".into())
    }

    /// The run that an engine carries.
    pub(crate) fn tagged(tag: Option<&Dynamic>) -> Option<Self> {
        tag?.read_lock::<Self>().map(|run| run.clone())
    }

    /// What it was given.
    pub fn start(&self) -> &Start {
        &self.0.start
    }

    /// What the script reads as `ctx`.
    pub(crate) fn ctx(&self) -> Map {
        self.0.ctx.clone()
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.0.start.clock.now()
    }

    /// What the script put into the report so far.
    pub fn parts(&self) -> Parts {
        locked(&self.0.parts).clone()
    }

    /// The how-manyth pair of connections between which this run migrates this is, from 1.
    pub(super) fn turn_of_migration(&self, pair: &str) -> usize {
        let mut pairs = locked(&self.0.migrations);
        let known = pairs.iter().position(|known| known == pair);
        1 + known.unwrap_or_else(|| {
            pairs.push(pair.to_owned());
            pairs.len() - 1
        })
    }

    pub(crate) fn with_parts<T>(&self, change: impl FnOnce(&mut Parts) -> T) -> T {
        change(&mut locked(&self.0.parts))
    }

    /// The failure that ended the run, whatever the script caught.
    pub fn fatal(&self) -> Option<Thrown> {
        locked(&self.0.fatal).clone()
    }

    /// Remembers what to say of the verb that was not found last.
    pub(crate) fn miss(&self, words: String) {
        *locked(&self.0.missed) = Some(words);
    }

    /// What to say of the verb that was not found last.
    pub(crate) fn missed(&self) -> Option<String> {
        locked(&self.0.missed).clone()
    }

    /// What it keeps while it is only planned.
    pub(super) fn planning(&self) -> &Planning {
        &self.0.planning
    }

    /// Where this run wrote what it was to write here, if that was elsewhere.
    pub(super) fn written_beside(&self, place: &Path) -> Option<PathBuf> {
        locked(&self.0.beside).get(place).cloned()
    }

    /// Remembers it.
    pub(super) fn wrote_beside(&self, place: PathBuf, written: PathBuf) {
        locked(&self.0.beside).insert(place, written);
    }

    /// The door of a connection, `None` for the run's own; opened once.
    pub(crate) fn door(&self, connection: Option<&str>) -> Outcome<Arc<dyn Door>> {
        let name = connection.unwrap_or(&self.0.start.facts.connection);
        if let Some(door) = locked(&self.0.opened).get(name) {
            return Ok(door.clone());
        }
        let _inside = self.0.start.runtime.enter();
        let door = (self.0.start.doors)(name).map_err(|thrown| self.throw(thrown))?;
        locked(&self.0.opened).insert(name.to_owned(), door.clone());
        Ok(door)
    }

    /// Waits for the future on the runtime, unless the run is ended. No script may be called inside of it.
    pub(crate) fn block<T>(&self, waiting: Waiting, future: impl Future<Output = T>) -> Outcome<T> {
        let cancel = &self.0.start.cancel;
        if let Some(why) = cancel.reason() {
            return Err(terminated(why));
        }
        let ended = async {
            let why = cancel.stopped().await;
            if waiting == Waiting::Write {
                tokio::time::sleep(self.0.start.limits.grace).await;
            }
            why
        };
        self.0.start.runtime.block_on(async {
            tokio::select! {
                biased;
                value = future => Ok(value),
                why = ended => Err(terminated(why)),
            }
        })
    }

    /// A failure as the script's engine wants it; a fatal one ends the run.
    pub(crate) fn throw(&self, thrown: Thrown) -> Box<EvalAltResult> {
        if !thrown.fatal {
            return EvalAltResult::ErrorRuntime(to_map(&thrown).into(), Position::NONE).into();
        }
        locked(&self.0.fatal).get_or_insert(thrown);
        self.0.start.cancel.stop(Stop::Fatal);
        terminated(self.0.start.cancel.reason().unwrap_or(Stop::Fatal))
    }

    /// One step of the interpreter: why the run must end now, if it must.
    pub(crate) fn step(&self) -> Option<Stop> {
        let done = self.0.operations.fetch_add(1, Ordering::Relaxed);
        let start = &self.0.start;
        if let Some(why) = start.cancel.reason() {
            return Some(why);
        }
        if done >= start.limits.operations {
            return self.ended(Stop::Operations);
        }
        if self.held() > start.limits.memory {
            return self.ended(Stop::Memory);
        }
        None
    }

    /// Whether so many bytes more may be made in one go.
    pub(crate) fn room(&self, bytes: usize) -> Outcome<()> {
        match self.held().saturating_add(bytes) > self.0.start.limits.memory {
            true => Err(terminated(self.ended(Stop::Memory).unwrap_or(Stop::Memory))),
            false => Ok(()),
        }
    }

    /// A line for stdout.
    pub(crate) fn print(&self, line: &str) {
        let line = self.readable(line);
        if self.fits(&line) {
            self.0.start.events.note(Event::Print(line.into_owned()));
        }
    }

    /// A line for people.
    pub(crate) fn say(&self, level: Level, line: &str) {
        let line = self.readable(line);
        if self.fits(&line) {
            self.0.start.events.say(level, line);
        }
    }

    /// Counts a line; the one that goes beyond the limit ends the run and is not shown.
    fn fits(&self, line: &str) -> bool {
        let bytes = line.len() as u64 + 1;
        let before = self.0.output.fetch_add(bytes, Ordering::Relaxed);
        let fits = before.saturating_add(bytes) <= self.0.start.limits.output;
        if !fits {
            self.ended(Stop::Output);
        }
        fits
    }

    fn held(&self) -> usize {
        self.0.start.memory.as_ref().map_or(0, |held| held().saturating_sub(self.0.baseline))
    }

    fn ended(&self, why: Stop) -> Option<Stop> {
        self.0.start.cancel.stop(why);
        self.0.start.cancel.reason()
    }
}

/// The error that no `try` catches.
pub(crate) fn terminated(why: Stop) -> Box<EvalAltResult> {
    EvalAltResult::ErrorTerminated(why.word().into(), Position::NONE).into()
}

/// What `catch` gives to the script.
fn to_map(thrown: &Thrown) -> Map {
    let text = |text: &str| if text.is_empty() { Dynamic::UNIT } else { text.to_owned().into() };
    let seconds = |wait: Duration| i64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(i64::MAX);
    let mut map = Map::new();
    map.insert("code".into(), thrown.code.clone().into());
    map.insert("message".into(), thrown.message.clone().into());
    map.insert("status".into(), thrown.status.map_or(Dynamic::UNIT, |status| i64::from(status).into()));
    map.insert("operation".into(), text(&thrown.operation));
    map.insert("connection".into(), text(&thrown.connection));
    map.insert("retryable".into(), thrown.retryable.into());
    map.insert("retry_after".into(), thrown.retry_after.map_or(Dynamic::UNIT, |wait| seconds(wait).into()));
    map
}

/// A lock whose holder panicked still guards whole values: each is written in one go.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
