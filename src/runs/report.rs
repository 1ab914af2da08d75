//! What a run says at its end: text for people, one JSON object a line for programs. Pure.

use serde_json::{Value, json};

use crate::effects::brakes::Hold;
use crate::model::counted;
use crate::script::Parts;
use crate::settings::Flags;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// To its end.
    Done,
    /// By a person or a signal, or for this reason; `resume` goes on.
    Interrupted(Option<&'static str>),
    /// By its job's time-out: after how long, in words; `resume` goes on.
    TimedOut(String),
    /// By a limit of the settings: the word for it.
    Limit(&'static str),
    /// By an error: as shown to people.
    Failed(String),
    /// By brakes, before anything too large was sent: what holds in words, and each for `approve`.
    Held(String, Vec<Hold>),
    /// By a doubt that the script did not catch.
    InDoubt(String),
}

impl Ending {
    /// The word for it, for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Interrupted(_) => "interrupted",
            Self::TimedOut(_) => "timed_out",
            Self::Limit(_) => "limit",
            Self::Failed(_) => "failed",
            Self::Held(..) => "held",
            Self::InDoubt(_) => "in_doubt",
        }
    }

    /// What went wrong, where something did.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Failed(why) | Self::Held(why, _) | Self::InDoubt(why) | Self::TimedOut(why) => Some(why),
            Self::Limit(limit) => Some(limit),
            Self::Interrupted(why) => *why,
            Self::Done => None,
        }
    }
}

/// What became of the effects of a run, by the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Happened.
    pub done: u64,
    /// Promised by the platform, and not seen yet.
    pub queued: u64,
    /// Did not happen.
    pub failed: u64,
    /// Nobody knows.
    pub in_doubt: u64,
    /// Nobody knows, and something later took its place.
    pub replaced: u64,
}

/// One run's account.
#[derive(Clone, Debug)]
pub struct Report {
    /// The run's id.
    pub run: String,
    /// The script, as it was named.
    pub script: String,
    /// The connection.
    pub connection: String,
    /// Whether nothing of it was real.
    pub sandbox: bool,
    /// What commands that go on with it repeat.
    pub flags: Flags,
    /// How it ended.
    pub ending: Ending,
    /// What the script and the flows it used have to say.
    pub parts: Parts,
    /// Which attempt this was; 1 is the first.
    pub attempt: i64,
    /// What became of its effects, in all its attempts.
    pub tally: Tally,
    /// Requests of this attempt.
    pub calls: u64,
    /// How many of them could change something.
    pub writes: u64,
    /// How long this attempt took, in seconds.
    pub seconds: f64,
}

impl Report {
    /// The exit code: of several that hold, the first of 130, 1, 4, 6, 5, 0.
    pub fn exit_code(&self) -> u8 {
        match self.ending {
            Ending::Interrupted(_) | Ending::TimedOut(_) => 130,
            Ending::Failed(_) | Ending::Limit(_) => 1,
            Ending::Held(..) => 4,
            Ending::InDoubt(_) => 6,
            Ending::Done if self.tally.in_doubt > 0 => 6,
            Ending::Done if self.parts.differing > 0 => 5,
            Ending::Done if self.tally.failed + self.parts.failed + self.parts.rejected > 0 => 5,
            Ending::Done => 0,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut lines = lines(&self.parts);
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(self.summary());
        lines.push(format!("  {}", self.work()));
        lines.extend(self.leftovers().map(|left| format!("  {left}")));
        lines.extend(self.next_step());
        lines.join("\n")
    }

    /// `run 20261122-0158-k3f9 on main (sandbox): done in 1.2 s`
    fn summary(&self) -> String {
        let place = if self.sandbox { format!("{} (sandbox)", self.connection) } else { self.connection.clone() };
        let word = match &self.ending {
            Ending::Done => "done",
            Ending::Interrupted(None) => "interrupted",
            Ending::Interrupted(Some(why)) => {
                return format!("run {} on {place}: interrupted in {:.1} s: {why}", self.run, self.seconds);
            }
            Ending::TimedOut(why) => why,
            Ending::Limit(_) | Ending::Failed(_) => "failed",
            Ending::Held(..) => "held",
            Ending::InDoubt(_) => "in doubt",
        };
        format!("run {} on {place}: {word} in {:.1} s", self.run, self.seconds)
    }

    /// `27 calls, 9 of them writes: 119 changes and mails made`
    fn work(&self) -> String {
        let Tally { done, queued, failed, in_doubt, replaced } = self.tally;
        let calls = counted(self.calls, "call", "calls");
        let writes = match self.writes {
            0 => "none of them a write".to_owned(),
            writes => format!("{writes} of them {}", if writes == 1 { "a write" } else { "writes" }),
        };
        let made = match done + queued {
            0 if in_doubt + replaced > 0 => "nothing is known to have been changed".to_owned(),
            0 => "nothing was changed".to_owned(),
            made => format!("{} made{}", counted(made, "change or mail", "changes and mails"), self.attempts()),
        };
        let mut parts = vec![made];
        parts
            .extend((queued > 0).then(|| format!("{queued} of them accepted and not carried out yet by the platform")));
        parts.extend((failed > 0).then(|| format!("{failed} failed")));
        parts.extend((in_doubt > 0).then(|| format!("{in_doubt} in doubt")));
        parts.extend((replaced > 0).then(|| format!("{replaced} not known and replaced")));
        format!("{calls}, {writes}: {}", parts.join(", "))
    }

    /// Calls are those of this attempt, changes those of the whole run.
    fn attempts(&self) -> String {
        match self.attempt {
            1 => String::new(),
            attempts => format!(" in all {attempts} attempts of this run"),
        }
    }

    /// Why a run that came to its end does not end with 0.
    fn leftovers(&self) -> Option<String> {
        let failed = self.tally.failed.max(self.parts.failed);
        let rejected = self.parts.rejected;
        let mut parts = Vec::new();
        parts.extend((rejected > 0).then(|| format!("{} rejected", counted(rejected, "row was", "rows were"))));
        parts.extend((failed > 0).then(|| format!("{failed} failed")));
        let differing = self.parts.differing;
        parts.extend((differing > 0).then(|| counted(differing, "difference is left", "differences are left")));
        (self.exit_code() == 5).then(|| format!("exit code 5: done, but {}", parts.join(" and ")))
    }

    /// What to type next, where there is something.
    fn next_step(&self) -> Option<String> {
        let resume = format!("beadle resume {}{}", self.run, self.flags);
        match &self.ending {
            Ending::Interrupted(_) | Ending::TimedOut(_) => Some(format!("go on with: {resume}")),
            Ending::Limit(limit) => {
                Some(format!("ended by the limit `{limit}`; raise it in `[limits.script]` and go on with: {resume}"))
            }
            Ending::Failed(_) if self.tally == (Tally { failed: self.tally.failed, ..Tally::default() }) => None,
            Ending::Failed(_) => Some(format!("what is done stays done; after mending it, go on with: {resume}")),
            Ending::Held(sentence, _) => Some(sentence.clone()),
            Ending::InDoubt(_) | Ending::Done if self.tally.in_doubt > 0 => {
                let what = counted(self.tally.in_doubt, "change or mail is", "changes and mails are");
                Some(format!(
                    "{what} in doubt: nobody knows whether it happened\nto see and settle: beadle doubts{}\nthen go on with: \
                     {resume}",
                    self.flags
                ))
            }
            Ending::Done | Ending::InDoubt(_) => None,
        }
    }

    /// For programs: the last line of `--json`.
    pub fn json(&self) -> Value {
        json!({
            "type": "report",
            "run": self.run,
            "script": self.script,
            "connection": self.connection,
            "sandbox": self.sandbox,
            "ending": self.ending.word(),
            "error": self.ending.error(),
            "holds": match &self.ending {
                Ending::Held(_, holds) => holds.iter().map(Hold::json).collect(),
                _ => Vec::new(),
            },
            "exit_code": self.exit_code(),
            "report": json_of(&self.parts),
            "effects": {
                "done": self.tally.done,
                "queued": self.tally.queued,
                "failed": self.tally.failed,
                "in_doubt": self.tally.in_doubt,
                "replaced": self.tally.replaced,
            },
            "calls": self.calls,
            "writes": self.writes,
            "seconds": (self.seconds * 1000.0).round() / 1000.0,
        })
    }
}

/// Rows of a table that people are shown; `--json` has all.
const SHOWN: usize = 20;

/// What the script and the flows put into the report, for people.
pub(super) fn lines(parts: &Parts) -> Vec<String> {
    let mut lines = Vec::new();
    for section in &parts.sections {
        lines.push(section.title.clone());
        lines.extend(section.lines.iter().map(|line| format!("  {line}")));
    }
    lines.extend(parts.values.iter().map(|(name, value)| format!("{name}: {}", plain(value))));
    lines.extend(parts.notes.iter().cloned());
    for (title, rows) in &parts.tables {
        lines.push(format!("{title}: {}", rows.len()));
        for row in rows.iter().take(SHOWN) {
            let cells = row.as_object().into_iter().flatten().map(|(key, value)| format!("{key} {}", plain(value)));
            lines.push(format!("  {}", cells.collect::<Vec<_>>().join(", ")));
        }
        if rows.len() > SHOWN {
            lines.push(format!("  and {} more; all of them with --json", rows.len() - SHOWN));
        }
    }
    lines
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What the script and the flows put into the report, for programs.
pub(super) fn json_of(parts: &Parts) -> Value {
    let named = |list: &[(String, Vec<Value>)]| {
        list.iter().map(|(name, rows)| (name.clone(), Value::from(rows.clone()))).collect::<serde_json::Map<_, _>>()
    };
    json!({
        "sections": parts.sections.iter().map(|section| json!({ "title": section.title, "data": section.json })).collect::<Vec<_>>(),
        "values": parts.values.iter().cloned().collect::<serde_json::Map<_, _>>(),
        "notes": parts.notes,
        "tables": named(&parts.tables),
        "rejected": parts.rejected,
    })
}
