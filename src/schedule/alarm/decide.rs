//! Who is to be told what of a turn's verdicts. Pure. Its one rule: how a job stands is told once, until it stands otherwise.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::super::verdict::{Outcome, Step, Verdict, What, Why};
use super::message::{Message, Topic};
use crate::settings::{Flags, Job};

/// So many moments in a row that gave way to a run at work or to a later moment are told of.
const GAVE_WAY: u32 = 3;

/// How a job stands, as far as somebody was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Fine,
    Failing,
    Paused,
    Held,
    InDoubt,
    Missed,
}

/// What somebody was told of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) state: State,
    /// The run that is held.
    pub(super) run: Option<String>,
    /// Moments that gave way since a run of it was last done.
    pub(super) gave_way: u32,
}

/// What an outside watcher is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// A run begins.
    Start,
    /// It came to a good end.
    Success,
    /// It failed, or waits for a person.
    Fail,
}

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) messages: Vec<(Arc<Job>, Message)>,
    /// With a short body.
    pub(super) pulses: Vec<(Arc<Job>, Pulse, String)>,
    /// How jobs stand now, of those that stand otherwise than before.
    pub(super) told: BTreeMap<String, Told>,
}

impl State {
    pub(super) const ALL: [Self; 6] =
        [Self::Fine, Self::Failing, Self::Paused, Self::Held, Self::InDoubt, Self::Missed];

    /// The word that the store keeps.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Failing => "failing",
            Self::Paused => "paused",
            Self::Held => "held",
            Self::InDoubt => "in_doubt",
            Self::Missed => "missed",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What these verdicts are to be told as. `failures` says how many failures in a row a job has by now.
pub(super) fn decide(
    before: &BTreeMap<String, Told>,
    verdicts: &[Verdict],
    failures: impl Fn(&str) -> u32,
    flags: &Flags,
    now: Timestamp,
) -> News {
    let mut news = News::default();
    for verdict in verdicts.iter().filter(|verdict| !verdict.job.notify.is_nobody()) {
        let name = &verdict.job.name;
        let old = news.told.get(name).or_else(|| before.get(name)).cloned().unwrap_or_default();
        let mut told = old.clone();
        let message = judge(&mut told, verdict, failures(name), now);
        if let Some(mut message) = message {
            message.next = next(&message, verdict, flags);
            news.add(&verdict.job, message);
        } else if old.state == State::Missed && is_missing(&verdict.what) {
            news.one_more(name, moments(&verdict.what));
        }
        if told != old {
            news.told.insert(name.clone(), told);
        }
        if verdict.job.notify.ping.is_some() {
            let pulse = pulse(verdict).map(|(pulse, body)| (Arc::clone(&verdict.job), pulse, body));
            news.pulses.extend(pulse);
        }
    }
    news
}

impl News {
    /// A pause takes the place of the failure that led to it.
    fn add(&mut self, job: &Arc<Job>, mut message: Message) {
        if message.what == Topic::Paused {
            let same = |(of, last): &(Arc<Job>, Message)| of.name == job.name && last.run == message.run;
            if let Some(at) = self.messages.iter().rposition(same) {
                let (_, failed) = self.messages.remove(at);
                (message.outcome, message.why) = (failed.outcome, failed.why);
            }
        }
        self.messages.push((Arc::clone(job), message));
    }

    /// What is told in this turn is about one moment more.
    fn one_more(&mut self, job: &str, moments: u64) {
        let told = self.messages.iter_mut().rev().find(|(of, message)| of.name == job && message.what == Topic::Missed);
        if let Some((_, message)) = told {
            message.moments += moments;
        }
    }
}

fn judge(told: &mut Told, verdict: &Verdict, failures: u32, now: Timestamp) -> Option<Message> {
    let message = |what| Message::of(what, verdict, now);
    match &verdict.what {
        What::Ended(outcome) if outcome.is_done() => {
            // A job that takes longer than from one moment to the next is not well because it comes to an end at times.
            let still = told.state == State::Missed && told.gave_way > 0;
            told.gave_way = 0;
            if told.state == State::Fine || still {
                return None;
            }
            *told = Told::default();
            Some(message(Topic::Recovered).ended(*outcome, 0))
        }
        What::Ended(outcome) => {
            let (state, topic) = ended(told, verdict, *outcome, failures)?;
            let run = (state == State::Held).then(|| verdict.entry.run.clone());
            *told = Told { state, run, ..*told };
            Some(message(topic).ended(*outcome, failures.max(1)))
        }
        What::Pauses { failures } => {
            *told = Told { state: State::Paused, run: None, ..*told };
            Some(Message { failures: *failures, ..message(Topic::Paused) })
        }
        What::Missed { why, .. } | What::Skipped(why) => {
            let gives_way =
                matches!(verdict.what, What::Skipped(Why::Overlap(_) | Why::TriedAgain { .. } | Why::Superseded));
            told.gave_way += u32::from(gives_way);
            let told_of = is_missing(&verdict.what) && (!gives_way || told.gave_way >= GAVE_WAY);
            if !told_of || told.state != State::Fine {
                return None;
            }
            told.state = State::Missed;
            let moments = if gives_way { u64::from(told.gave_way) } else { moments(&verdict.what) };
            Some(Message { moments, run: None, ..message(Topic::Missed).because(why) })
        }
        What::Waits(_) | What::Starts(_) | What::Stops(_) | What::Again(_) | What::GaveWay(_) | What::Left => None,
    }
}

/// As what a run's end is told that is not a good one; `None` where that was told already or is nobody's business.
fn ended(told: &Told, verdict: &Verdict, outcome: Outcome, failures: u32) -> Option<(State, Topic)> {
    let job = &verdict.job;
    match outcome {
        // Each run is approved on its own.
        Outcome::Held => {
            let known = told.state == State::Held && told.run.as_deref() == Some(&verdict.entry.run);
            (!known).then_some((State::Held, Topic::Held))
        }
        Outcome::InDoubt => (told.state != State::InDoubt).then_some((State::InDoubt, Topic::InDoubt)),
        _ if !outcome.is_failure() => None,
        // One that was still at work when its job was paused.
        _ if told.state == State::Paused && failures > job.pause_after => None,
        _ => {
            let often = failures.max(1) >= job.notify.after;
            (often && told.state != State::Failing).then_some((State::Failing, Topic::Failed))
        }
    }
}

/// Whether a moment passed without the run that it should have had. What is made up for later, or what a person wanted so,
/// is none of it.
fn is_missing(what: &What) -> bool {
    match what {
        What::Missed { why, .. } => *why != Why::Superseded,
        What::Skipped(why) => {
            let gives_way = matches!(why, Why::Overlap(_) | Why::TriedAgain { .. } | Why::Superseded);
            gives_way || matches!(why, Why::Needs(_) | Why::TooLate | Why::Unfinished(_))
        }
        _ => false,
    }
}

fn moments(what: &What) -> u64 {
    match what {
        What::Missed { folded, .. } => 1 + folded,
        _ => 1,
    }
}

/// What to type next.
fn next(message: &Message, verdict: &Verdict, flags: &Flags) -> Vec<String> {
    if let What::Missed { why: Why::Unread { delivery, .. }, .. } = &verdict.what {
        return ["show", "replay"].map(|verb| format!("beadle webhook {verb} {delivery}{flags}")).into();
    }
    let job = message.job.as_deref().unwrap_or_default();
    let show = message.run.as_ref().map(|run| format!("beadle runs show {run}{flags}"));
    // Of what never became a run there is nothing to show.
    let show = show.or_else(|| message.error.is_some().then(|| format!("beadle jobs check{flags}")));
    match message.what {
        Topic::Failed | Topic::Held => show.into_iter().collect(),
        Topic::InDoubt => show.into_iter().chain([format!("beadle doubts{flags}")]).collect(),
        Topic::Paused => show.into_iter().chain([format!("beadle jobs unpause {job}{flags}")]).collect(),
        Topic::Missed => vec![format!("beadle jobs ticks {job}{flags}")],
        Topic::Recovered | Topic::StoreFails | Topic::StoreWorks | Topic::Test | Topic::Several => Vec::new(),
    }
}

fn pulse(verdict: &Verdict) -> Option<(Pulse, String)> {
    let pulse = match &verdict.what {
        What::Starts(Step::Begin) => Pulse::Start,
        What::Ended(outcome) if outcome.is_done() => Pulse::Success,
        What::Ended(outcome) if outcome.is_failure() || *outcome == Outcome::Held => Pulse::Fail,
        _ => return None,
    };
    Some((pulse, verdict.words()))
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
