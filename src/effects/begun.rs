//! What is handed to the ledger and what it hands back.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use crate::catalog::Doubt;

/// What the ledger keeps with a write beside the request itself. All maps are by the subject's key.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// What a read has shown before sending: a later look-up compares with it.
    pub before: HashMap<String, Value>,
    /// Addresses of people whom the request names by id only.
    pub addresses: HashMap<String, String>,
    /// The label of `again`; `None` is the first campaign.
    pub campaign: Option<String>,
    /// Doubts of *other* operations that were just looked up in vain and that this write may pass.
    /// A doubt of the same operation, or of a mail before another mail, is handed back all the same.
    pub despite: HashSet<i64>,
    /// Doubts of *the same* operation, looked up in vain, that this write takes the place of: one that hands over everybody
    /// anew, or the very same sent once more. They stay doubts until it has happened.
    pub replacing: HashSet<i64>,
}

/// What may be sent, what need not, and what must be found out first. Every place stands in exactly one of the four,
/// but a place may have several doubts.
#[derive(Debug)]
#[must_use]
pub struct Begun {
    /// Answered without a call.
    pub answered: Vec<Answered>,
    /// Places whose earlier effect nobody knows about: settle each ([`super::Ledger::settle_doubt`]), then begin these
    /// places again.
    pub doubts: Vec<(usize, Doubt)>,
    /// Places that may be sent once the doubts and made objects of the others are found out: begin them again. Nothing is
    /// written down for them, so that an end in between leaves no doubt about what was never sent.
    pub held_back: Vec<usize>,
    /// Covers the places that remain; `None` when none does.
    pub permit: Option<Permit>,
}

/// A subject for which nothing is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Its place in the piece's subjects.
    pub place: usize,
    /// Why not.
    pub why: Why,
    /// Its share of the answer that was once received, where there is one.
    pub share: Option<Value>,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// This run has done it.
    Done {
        /// In which attempt.
        attempt: i64,
    },
    /// The person has this mail.
    Mailed {
        /// When it was begun, milliseconds since the epoch.
        at: i64,
        /// By which run.
        run: String,
        /// In which campaign; empty is the first one.
        campaign: String,
    },
    /// The person would get too many mails.
    MailCap {
        /// Which limit, with its numbers.
        sentence: String,
    },
    /// An earlier run made it; a read must tell whether it is still there ([`super::Ledger::forget_object`] if not).
    Made {
        /// Which run.
        run: String,
    },
    /// Another run that is alive works on the same subject.
    Elsewhere {
        /// Which run.
        run: String,
    },
}

impl Why {
    /// For people.
    pub fn sentence(&self) -> String {
        match self {
            Self::Done { attempt } => format!("done in attempt {attempt} of this run"),
            Self::Mailed { at, run, campaign } if campaign.is_empty() => format!(
                "invited on {} by run {run}; to write once more, name a campaign: `again: \"a name for it\"`",
                date(*at)
            ),
            Self::Mailed { at, run, campaign } => format!(
                "invited on {} in campaign `{campaign}` by run {run}; to write once more, name another with `again`",
                date(*at)
            ),
            Self::MailCap { sentence } => sentence.clone(),
            Self::Made { run } => format!("made by run {run}"),
            Self::Elsewhere { run } => {
                format!("run {run} is still at work on it; nothing was sent, run this again when it has ended")
            }
        }
    }
}

/// The day, in UTC.
pub(super) fn date(at: i64) -> String {
    Timestamp::from_millisecond(at).map_or_else(|_| "an unknown day".into(), |at| at.strftime("%Y-%m-%d").to_string())
}

/// The right to send one call once. Made by [`super::Ledger::begin`] alone, when its rows are durable.
/// Dropping it writes nothing: its rows stay open, which is what a doubt is.
#[derive(Debug)]
#[must_use = "a permit that is dropped leaves its effects in doubt"]
pub struct Permit {
    /// Place in the piece, and the effect's row; places ascend.
    pub(super) effects: Vec<(usize, i64)>,
    pub(super) places: Vec<usize>,
    /// Whether doubts of other writes are passed, which end when this one has happened.
    pub(super) replaces: bool,
    /// Whether it carries on a doubt of the same run about the very same.
    pub(super) carries_on: bool,
    pub(super) flight: Flight,
}

/// Calls that this process is sending, by their rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Sky(Arc<Mutex<HashSet<i64>>>);

/// One of them, until its permit is settled or dropped.
#[derive(Debug)]
pub(super) struct Flight {
    sky: Sky,
    call: i64,
}

impl Sky {
    pub(super) fn start(&self, call: i64) -> Flight {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(call);
        Flight { sky: self.clone(), call }
    }

    pub(super) fn has(&self, call: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&call)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.sky.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.call);
    }
}

impl Permit {
    /// The call's row in the store.
    pub fn call(&self) -> i64 {
        self.flight.call
    }

    /// Whom it covers: places in the piece's subjects, for [`crate::catalog::Piece::only`].
    pub fn places(&self) -> &[usize] {
        &self.places
    }

    /// Whether the very same was sent before, and nobody knows what became of it: a refusal proves nothing then.
    pub fn carries_on(&self) -> bool {
        self.carries_on
    }

    /// The effect's row of one place.
    pub fn effect(&self, place: usize) -> Option<i64> {
        let at = self.effects.binary_search_by_key(&place, |(at, _)| *at).ok()?;
        self.effects.get(at).map(|(_, effect)| *effect)
    }
}

/// What a call has come to. Places are those of the piece that was begun; all others in the permit share the rest.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It happened.
    Done {
        /// What is kept of the answer for some of them.
        shares: HashMap<usize, Value>,
    },
    /// The platform has promised it and a later read will show it (a queued mail): blocks like done.
    Queued,
    /// Nothing happened: may be sent again.
    Failed {
        /// The error's word.
        code: String,
        /// In words.
        message: String,
        /// HTTP status, if one came.
        status: Option<u16>,
    },
    /// Nobody knows.
    Doubt {
        /// Why not.
        why: String,
    },
    /// Told one by one; whoever is not named is in doubt.
    Each {
        /// It happened to these, with their shares (`null` keeps none).
        done: HashMap<usize, Value>,
        /// Nothing happened to these, and why.
        failed: HashMap<usize, String>,
    },
}

/// What was found out about a doubt.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    /// It happened; with what the platform holds now.
    Applied(Option<Value>),
    /// It did not: it may be sent again.
    NotApplied,
}
