//! Why something that a person asked for is not done.

use crate::store::Error;

/// Nothing was done, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    /// What kind of reason it is.
    pub ground: Ground,
    /// What happened and where.
    pub message: String,
    /// What to do or type next, where that is known.
    pub hint: Option<String>,
    /// What happened in words without paths and options, where the message has any.
    pub open: Option<String>,
    /// What to ask the API for next, where that is known.
    pub ask: Option<String>,
}

/// What kind of reason it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// There is nothing of this name.
    Absent,
    /// It does not fit what is there: a wrong number, a run that is not held.
    Wrong,
    /// Somebody else is at work on it.
    Busy,
    /// The store or the system does not let it.
    Failed,
}

impl Denied {
    /// For this reason.
    pub fn new(ground: Ground, message: impl Into<String>) -> Self {
        Self { ground, message: message.into(), hint: None, open: None, ask: None }
    }

    /// There is nothing of this name.
    pub fn absent(message: impl Into<String>) -> Self {
        Self::new(Ground::Absent, message)
    }

    /// It does not fit what is there.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::new(Ground::Wrong, message)
    }

    /// The store or the system does not let it.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Ground::Failed, message)
    }

    /// Adds what to do next.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Adds words for whoever is not at this machine.
    pub fn open(self, open: impl Into<String>) -> Self {
        Self { open: Some(open.into()), ..self }
    }

    /// Adds what to ask the API for next.
    pub fn ask(self, ask: impl Into<String>) -> Self {
        Self { ask: Some(ask.into()), ..self }
    }
}

impl From<Error> for Denied {
    fn from(error: Error) -> Self {
        Self::failed(error.to_string()).open(error.in_short())
    }
}
