//! Who is told when jobs fail, recover, are held or do not run. The daemon asks what is to be told of its verdicts, keeps that
//! together with them, and hands it over; a courier takes it away in the background. Its one rule: no alarm delays a run.

mod courier;
mod decide;
mod delivery;
mod gathered;
mod lanes;
mod message;
mod program;
mod shapes;
mod tally;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

pub use decide::Pulse;
pub use delivery::{Delivery, DeliveryParts, Trouble, Waits, Way};
pub use message::{Message, Topic};
pub use tally::AlarmTally;

use super::verdict::Verdict;
use crate::clock::Clock;
use crate::events::{Events, Level};
use crate::settings::{Flags, Job, Mode, Notify};
use crate::store::{AlarmRow, Error, LetterRow};
use courier::{Cargo, Courier, InForce, Letter};
use decide::{State, Told};
use lanes::Lanes;
use tally::Counter;

/// A store that fails again within this time is not told of again.
const STORE_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// Tells people; cheap to clone.
#[derive(Clone, Default)]
pub struct Alarms(Option<Arc<Inner>>);

struct Inner {
    delivery: Arc<Delivery>,
    events: Events,
    clock: Clock,
    mode: Mode,
    jobs: InForce,
    memory: Mutex<Memory>,
    counter: Counter,
    fresh: watch::Sender<usize>,
    hurry: CancellationToken,
}

#[derive(Default)]
struct Memory {
    told: BTreeMap<String, Told>,
    last_id: i64,
    outbox: Option<mpsc::UnboundedSender<Letter>>,
    /// When somebody was last told that the store fails, and whether that it works again is still owed.
    store_told: Option<(Timestamp, bool)>,
}

/// What is to be told of verdicts, before they are durable.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) alarms: Vec<AlarmRow>,
    pub(super) letters: Vec<LetterRow>,
    told: BTreeMap<String, Told>,
    made: Vec<Topic>,
    sent: Vec<Letter>,
}

impl Alarms {
    /// Tells nobody anything.
    pub fn silent() -> Self {
        Self(None)
    }

    /// Tells whoever jobs name.
    pub fn new(delivery: Delivery, mode: Mode, events: Events, clock: Clock) -> Self {
        Self(Some(Arc::new(Inner {
            delivery: Arc::new(delivery),
            events,
            clock,
            mode,
            jobs: InForce::default(),
            memory: Mutex::default(),
            counter: Counter::default(),
            fresh: watch::Sender::new(0),
            hurry: CancellationToken::new(),
        })))
    }

    /// Takes up what was told before, and sends what has not arrived. Whoever calls this holds the daemon's seat.
    pub(super) async fn begin(&self, jobs: &[Arc<Job>]) -> Result<(), Error> {
        let Some(inner) = &self.0 else { return Ok(()) };
        self.serve(jobs);
        let store = &inner.delivery.parts.store;
        let (told, letters) = (store.alarms().await?, store.letters().await?);
        let (outbox, inbox) = mpsc::unbounded_channel();
        let courier = Courier {
            delivery: Arc::clone(&inner.delivery),
            jobs: Arc::clone(&inner.jobs),
            events: inner.events.clone(),
            clock: inner.clock.clone(),
            inbox,
            counter: inner.counter.clone(),
            fresh: inner.fresh.clone(),
            hurry: inner.hurry.clone(),
            lanes: Lanes::new(inner.delivery.parts.waits.gather),
            unforgotten: Vec::new(),
        };
        tokio::spawn(courier.work());
        let mut memory = inner.memory();
        memory.told = told.into_iter().map(|row| (row.job.clone(), told_of(row))).collect();
        memory.last_id = letters.last().map_or(0, |letter| letter.id);
        memory.outbox = Some(outbox);
        let kept: Vec<Letter> = letters.into_iter().filter_map(letter_of).collect();
        if !kept.is_empty() {
            inner.events.say(Level::Info, format!("sending {} that did not arrive before", messages(kept.len())));
        }
        kept.into_iter().for_each(|letter| inner.hand_over(&memory, letter));
        Ok(())
    }

    /// These jobs are in force now.
    pub(super) fn serve(&self, jobs: &[Arc<Job>]) {
        let Some(inner) = &self.0 else { return };
        let jobs = jobs.iter().map(|job| (job.name.clone(), Arc::clone(job))).collect();
        *inner.jobs.write().unwrap_or_else(PoisonError::into_inner) = jobs;
    }

    /// What is to be told of these verdicts. Nothing is told yet, nor is it remembered.
    pub(super) fn draft(&self, verdicts: &[Verdict], failures: impl Fn(&str) -> u32, now: Timestamp) -> Draft {
        let Some(inner) = &self.0 else { return Draft::default() };
        let memory = inner.memory();
        let news = decide::decide(&memory.told, verdicts, failures, &inner.delivery.parts.flags, now);
        let mut draft = Draft { told: news.told, ..Draft::default() };
        for (name, told) in &draft.told {
            draft.alarms.push(AlarmRow {
                job: name.clone(),
                state: told.state.word().to_owned(),
                run: told.run.clone(),
                gave_way: told.gave_way,
                at: now.as_millisecond(),
            });
        }
        let mut id = memory.last_id;
        for (job, mut message) in news.messages {
            message.sandbox = inner.mode == Mode::Sandbox;
            draft.made.push(message.what);
            for way in Way::MESSAGES.into_iter().filter(|way| way.is_of(&job)) {
                id += 1;
                let letter = Letter::of(Some(id), &job.name, way, message.clone());
                draft.letters.extend(row_of(&letter));
                draft.sent.push(letter);
            }
        }
        let made_at = now.as_millisecond();
        draft.sent.extend(news.pulses.into_iter().map(|(job, pulse, body)| Letter {
            id: None,
            job: job.name.clone(),
            way: Way::Ping,
            what: Cargo::Ping(pulse, body),
            made_at,
            tries: 0,
        }));
        draft
    }

    /// The draft is durable: it is remembered and sent.
    pub(super) fn kept(&self, draft: Draft) {
        let Some(inner) = &self.0 else { return };
        let mut memory = inner.memory();
        memory.told.extend(draft.told);
        draft.made.into_iter().for_each(|what| inner.counter.made(what));
        memory.last_id = draft.letters.last().map_or(memory.last_id, |letter| letter.id);
        draft.sent.into_iter().for_each(|letter| inner.hand_over(&memory, letter));
    }

    /// The daemon cannot write its store: everybody whom any job names is told once. Such messages are not kept: there is
    /// nowhere to keep them.
    pub(super) fn store_fails(&self, why: &str, now: Timestamp) {
        let Some(inner) = &self.0 else { return };
        let mut memory = inner.memory();
        let lately = memory.store_told.is_some_and(|(at, _)| now.duration_since(at) < STORE_AGAIN);
        if !lately {
            memory.store_told = Some((now, true));
            inner.tell_everybody(&memory, Topic::StoreFails, Some(why), now);
        }
    }

    /// It can be written again.
    pub(super) fn store_works(&self, now: Timestamp) {
        let Some(inner) = &self.0 else { return };
        let mut memory = inner.memory();
        if let Some((at, true)) = memory.store_told {
            memory.store_told = Some((at, false));
            inner.tell_everybody(&memory, Topic::StoreWorks, None, now);
        }
    }

    /// What was told since the process began.
    pub(super) fn tally(&self) -> AlarmTally {
        self.0.as_ref().map(|inner| inner.counter.all()).unwrap_or_default()
    }

    /// Waits until everything was tried once, for so long at most. What has not arrived is sent by the next daemon.
    pub async fn finish(&self, patience: Duration) {
        let Some(inner) = &self.0 else { return };
        // Nobody waits for others any more.
        inner.hurry.cancel();
        let mut fresh = inner.fresh.subscribe();
        // What is left is in the store.
        let _ = tokio::time::timeout(patience, fresh.wait_for(|fresh| *fresh == 0)).await;
    }
}

/// A message that says nothing but that it arrives.
pub fn test_message(job: &str, mode: Mode, flags: &Flags, now: Timestamp) -> Message {
    let next = vec![format!("beadle jobs next {job}{flags}")];
    Message { next, sandbox: mode == Mode::Sandbox, ..Message::new(Topic::Test, Some(job), now) }
}

/// The words for how a job can stand, as far as somebody was told.
pub fn told_states() -> impl Iterator<Item = &'static str> {
    State::ALL.into_iter().map(State::word)
}

impl Inner {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, memory: &Memory, letter: Letter) {
        if let Some(outbox) = &memory.outbox {
            self.fresh.send_modify(|fresh| *fresh += 1);
            // A courier that is gone has left it in the store.
            outbox.send(letter).ok();
        }
    }

    /// Every way once, however many jobs name it.
    fn tell_everybody(&self, memory: &Memory, what: Topic, why: Option<&str>, now: Timestamp) {
        let jobs: Vec<Arc<Job>> =
            self.jobs.read().unwrap_or_else(PoisonError::into_inner).values().map(Arc::clone).collect();
        self.counter.made(what);
        let mut told: Vec<(Way, &Notify)> = Vec::new();
        for job in &jobs {
            for way in Way::MESSAGES.into_iter().filter(|way| way.is_of(job)) {
                if told.iter().any(|(known, other)| *known == way && is_same(way, other, &job.notify)) {
                    continue;
                }
                told.push((way, &job.notify));
                let message = Message {
                    why: why.map(str::to_owned),
                    sandbox: self.mode == Mode::Sandbox,
                    ..Message::new(what, None, now)
                };
                self.hand_over(memory, Letter::of(None, &job.name, way, message));
            }
        }
    }
}

impl Letter {
    fn of(id: Option<i64>, job: &str, way: Way, message: Message) -> Self {
        let made_at = message.at.as_millisecond();
        Self { id, job: job.to_owned(), way, what: Cargo::Message(Box::new(message)), made_at, tries: 0 }
    }
}

fn is_same(way: Way, one: &Notify, other: &Notify) -> bool {
    match way {
        Way::Webhook => match (&one.webhook, &other.webhook) {
            (Some((shape, one)), Some((as_shape, other))) => shape == as_shape && one.is_same(other),
            _ => false,
        },
        Way::Command => one.command == other.command,
        Way::Mail => one.mail == other.mail,
        Way::Ping => false,
    }
}

fn told_of(row: AlarmRow) -> Told {
    Told { state: State::parse(&row.state).unwrap_or_default(), run: row.run, gave_way: row.gave_way }
}

fn row_of(letter: &Letter) -> Option<LetterRow> {
    let Cargo::Message(message) = &letter.what else { return None };
    Some(LetterRow {
        id: letter.id?,
        job: letter.job.clone(),
        way: letter.way.word().to_owned(),
        message: serde_json::to_value(message).ok()?,
        made_at: letter.made_at,
    })
}

fn letter_of(row: LetterRow) -> Option<Letter> {
    let way = Way::MESSAGES.into_iter().find(|way| way.word() == row.way)?;
    let message: Message = serde_json::from_value(row.message).ok()?;
    Some(Letter { made_at: row.made_at, ..Letter::of(Some(row.id), &row.job, way, message) })
}

fn messages(count: usize) -> String {
    crate::model::counted(u32::try_from(count).unwrap_or(u32::MAX), "message", "messages")
}
