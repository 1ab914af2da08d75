//! A message to those who watch a job: what happened, when, how it ended, what to type next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::verdict::{Outcome, Verdict, Why};
use crate::store::Cause;

/// Longer lines of an error are cut.
const LONGEST: usize = 500;

/// What somebody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// It failed, so often in a row as `after` says.
    Failed,
    /// It works again.
    Recovered,
    /// It failed so often that it is paused.
    Paused,
    /// A brake holds its run.
    Held,
    /// Effects of its run are in doubt.
    InDoubt,
    /// A run did not happen.
    Missed,
    /// The daemon cannot write its store.
    StoreFails,
    /// It can again.
    StoreWorks,
    /// Somebody wants to know whether messages arrive.
    Test,
    /// Several messages to the same receiver.
    Several,
}

impl Topic {
    /// The word for it, as it is kept.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::Paused => "paused",
            Self::Held => "held",
            Self::InDoubt => "in_doubt",
            Self::Missed => "missed",
            Self::StoreFails => "store_fails",
            Self::StoreWorks => "store_works",
            Self::Test => "test",
            Self::Several => "several",
        }
    }
}

/// A message, as it is kept until it has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it is about.
    pub what: Topic,
    /// The job; what is about all jobs has none.
    pub job: Option<String>,
    /// When it was made.
    #[serde(with = "instant")]
    pub at: Timestamp,
    /// The moment of the timetable, or when the event came.
    pub scheduled_at: Option<String>,
    /// The same for people, by the clocks of the job.
    pub moment: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// How it ended: a word.
    pub outcome: Option<String>,
    /// The same in a sentence, or why it did not happen.
    pub why: Option<String>,
    /// Failures in a row.
    pub failures: u32,
    /// How many moments it is about.
    pub moments: u64,
    /// What the run's error says, and where in the script.
    pub error: Option<String>,
    /// What to type next.
    pub next: Vec<String>,
    /// Whether it is about the simulated platforms.
    pub sandbox: bool,
    /// What it tells of, where it is several messages in one; never kept so.
    #[serde(default, skip_serializing)]
    pub several: Vec<Message>,
}

impl Message {
    /// About nothing but this yet.
    pub(super) fn new(what: Topic, job: Option<&str>, at: Timestamp) -> Self {
        Self {
            what,
            job: job.map(str::to_owned),
            at,
            scheduled_at: None,
            moment: None,
            run: None,
            outcome: None,
            why: None,
            failures: 0,
            moments: 0,
            error: None,
            next: Vec::new(),
            sandbox: false,
            several: Vec::new(),
        }
    }

    /// About a verdict.
    pub(super) fn of(what: Topic, verdict: &Verdict, at: Timestamp) -> Self {
        let Verdict { job, entry, .. } = verdict;
        let zone = job.timetable.zone();
        let clocks = zone.iana_name().unwrap_or("UTC");
        let moment = entry.scheduled_at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %:z");
        let moment = match entry.cause {
            Cause::Event => format!("{moment} ({clocks}), for an event"),
            Cause::Backfill => format!("{moment} ({clocks}), asked for later"),
            Cause::Schedule | Cause::Hand => format!("{moment} ({clocks})"),
        };
        Self {
            scheduled_at: Some(entry.scheduled_at.to_string()),
            moment: Some(moment),
            run: Some(entry.run.clone()).filter(|run| !run.is_empty() && verdict.unbegun.is_none()),
            error: verdict.unbegun.as_ref().map(|why| why.chars().take(LONGEST).collect()),
            moments: 1,
            ..Self::new(what, Some(&job.name), at)
        }
    }

    pub(super) fn ended(self, outcome: Outcome, failures: u32) -> Self {
        Self { outcome: Some(outcome.word().to_owned()), why: Some(outcome.to_string()), failures, ..self }
    }

    pub(super) fn because(self, why: &Why) -> Self {
        Self { why: Some(why.to_string()), ..self }
    }

    /// With the line of an error that says what it is, cut where it is long, and with its place in the script.
    pub(super) fn with_error(&mut self, error: &str) {
        let mut lines = error.lines().map(str::trim).filter(|line| !line.is_empty());
        let Some(line) = lines.next() else { return };
        let mut said: String = line.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        if line.chars().count() > LONGEST {
            said.push('…');
        }
        if let Some(place) = lines.next().and_then(|next| next.strip_prefix("--> ")) {
            said.push_str(&format!(" ({place})"));
        }
        self.error = Some(said);
    }

    /// One line that says it all.
    pub fn title(&self) -> String {
        if self.what == Topic::Several {
            return self.several_title();
        }
        let job = self.job.as_deref().unwrap_or("beadle serve");
        let sandbox = if self.sandbox { " (sandbox)" } else { "" };
        let what = match self.what {
            Topic::Failed if self.failures > 1 => format!("failed {} times in a row", self.failures),
            Topic::Failed => "failed".to_owned(),
            Topic::Recovered => "works again".to_owned(),
            Topic::Paused => format!("is paused after {} failures in a row", self.failures),
            Topic::Held => "is held by a brake: a person must decide".to_owned(),
            Topic::InDoubt => "left effects in doubt: a person must look".to_owned(),
            Topic::Missed if self.moments > 1 => format!("did not run, {} times", self.moments),
            Topic::Missed => "did not run".to_owned(),
            Topic::StoreFails => "cannot write its store: nothing new begins".to_owned(),
            Topic::StoreWorks => "can write its store again".to_owned(),
            Topic::Test | Topic::Several => "has sent a test: whoever reads this is told when it fails".to_owned(),
        };
        format!("{job}{sandbox} {what}")
    }

    /// What else is known, each with its name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        if self.what == Topic::Several {
            let next = self.next.iter().map(|next| ("Next", next.clone()));
            return self.several_facts().into_iter().chain(next).collect();
        }
        let facts = [
            ("Moment", self.moment.clone()),
            ("Run", self.run.clone()),
            (if self.outcome.is_some() { "Outcome" } else { "Why" }, self.why.clone()),
            ("Error", self.error.clone()),
        ];
        let facts = facts.into_iter().filter_map(|(name, fact)| Some((name, fact?)));
        facts.chain(self.next.iter().map(|next| ("Next", next.clone()))).collect()
    }

    /// All of it, a line a fact.
    pub fn text(&self) -> String {
        let mut lines = vec![self.title()];
        lines.extend(self.facts().into_iter().map(|(name, fact)| format!("{name}: {fact}")));
        lines.join("\n")
    }

    /// All that is known, for programs.
    pub fn json(&self) -> Value {
        let mut all = json!({ "type": "alarm", "title": self.title(), "text": self.text() });
        if let (Value::Object(all), Ok(Value::Object(known))) = (&mut all, serde_json::to_value(self)) {
            all.extend(known);
        }
        if self.what == Topic::Several
            && let (Value::Object(all), Value::Object(several)) = (&mut all, self.several_json())
        {
            all.extend(several);
        }
        all
    }

    /// The same with every text changed: secrets are taken out so.
    pub(super) fn each_text(mut self, change: &impl Fn(&str) -> String) -> Self {
        self.several = self.several.into_iter().map(|one| one.each_text(change)).collect();
        for text in [&mut self.why, &mut self.error].into_iter().flatten() {
            *text = change(text);
        }
        self.next.iter_mut().for_each(|next| *next = change(next));
        self
    }
}

/// An instant as text: RFC 3339.
mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(de::Error::custom)
    }
}
