//! Why a call did not give what was asked for: the one shape that scripts catch and people read.

use std::time::Duration;

use super::Client;
use crate::catalog::{Call, Code, Fault, Unsupported};
use crate::effects;
use crate::effects::brakes::{Hold, Holds};

/// What the run must do about an error that a script cannot catch away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gravity {
    /// A script may catch it and go on.
    Catchable,
    /// A script may catch it; the run ends with the exit code for doubts all the same.
    Doubt,
    /// A brake holds the run: nothing more is sent.
    Held,
    /// The ledger cannot be written: nothing more is sent.
    Ledger,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} on {connection}: {message}")]
pub struct Error {
    /// The word that scripts compare: `not_found`, `unauthorized`, `in_doubt`, `held`, …
    pub code: &'static str,
    /// What happened, in words, with the next step where there is one.
    pub message: String,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// `noun.verb`.
    pub operation: String,
    /// The connection's name.
    pub connection: String,
    /// Whether something before the platform has answered in its place, as a gateway without it does.
    pub foreign: bool,
    /// Whether trying again later may help.
    pub retryable: bool,
    /// How long the platform asked to wait.
    pub retry_after: Option<Duration>,
    /// What it means for the run.
    pub gravity: Gravity,
    /// The brakes that hold, where some do.
    pub holds: Holds,
}

impl Error {
    /// Whether this refusal may concern only some of the people in a call.
    pub(super) fn may_spare(&self) -> bool {
        [Code::Refused.as_str(), Code::NotFound.as_str()].contains(&self.code)
    }

    /// An error of this call in its own words.
    pub fn new(call: &Call, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            status: None,
            operation: call.op.name(),
            connection: call.connection.clone(),
            foreign: false,
            retryable: false,
            retry_after: None,
            gravity: Gravity::Catchable,
            holds: Holds::default(),
        }
    }

    /// The platform refused.
    pub fn refused(call: &Call, fault: &Fault, retry_after: Option<Duration>) -> Self {
        let title = call.platform.title;
        Self {
            status: Some(fault.status),
            foreign: fault.foreign,
            retryable: fault.transient,
            retry_after,
            ..Self::new(call, fault.code.as_str(), format!("{title} answered {}: {}", fault.status, fault.message))
        }
    }

    /// Nobody knows whether it happened.
    pub fn in_doubt(call: &Call, why: impl std::fmt::Display) -> Self {
        Self { gravity: Gravity::Doubt, ..Self::new(call, "in_doubt", why.to_string()) }
    }

    /// The run was ended before this was sent.
    pub fn interrupted(client: &Client) -> Self {
        let message = "the run was ended before this was sent".to_owned();
        Self { gravity: Gravity::Held, ..Self::of_no_call(client, "interrupted", message) }
    }

    /// The ledger could not be read or written, or does not let this call out; nothing was sent after that.
    pub fn ledger(call: &Call, error: effects::Error) -> Self {
        if let effects::Error::Overtaken { .. } = error {
            return Self::held(call, error.to_string());
        }
        Self { gravity: Gravity::Ledger, ..Self::new(call, "ledger", format!("the ledger cannot go on: {error}")) }
    }

    /// The platform has no such notion.
    pub fn unsupported(client: &Client, why: &Unsupported) -> Self {
        Self::of_no_call(client, "unsupported", why.to_string())
    }

    /// The ledger could not be read or written outside of a call.
    pub fn of_ledger(client: &Client, error: impl std::fmt::Display) -> Self {
        let message = format!("the ledger cannot go on: {error}");
        Self { gravity: Gravity::Ledger, ..Self::of_no_call(client, "ledger", message) }
    }

    fn of_no_call(client: &Client, code: &'static str, message: String) -> Self {
        Self {
            code,
            message,
            status: None,
            operation: client.platform().name.to_owned(),
            connection: client.connection().to_owned(),
            foreign: false,
            retryable: false,
            retry_after: None,
            gravity: Gravity::Catchable,
            holds: Holds::default(),
        }
    }

    /// The same where a write is planned: what planning itself has to read, no script can do without.
    pub(super) fn while_planning(self, write: &Call) -> Self {
        if self.gravity != Gravity::Catchable || self.operation == write.op.name() {
            return self;
        }
        let message = format!("`{}` cannot be planned without it: {}", write.op.name(), self.message);
        Self { gravity: Gravity::Held, message, ..self }
    }

    /// A brake holds the run: nothing more is sent.
    pub fn held(call: &Call, sentence: impl Into<String>) -> Self {
        Self { gravity: Gravity::Held, ..Self::new(call, "held", sentence) }
    }

    /// Brakes hold the run: nothing more is sent.
    pub fn braked(call: &Call, sentence: impl Into<String>, holds: Vec<Hold>) -> Self {
        Self { holds: holds.into(), ..Self::held(call, sentence) }
    }

    /// Whether the platform itself says that it does not have what was asked for: enough to decide by that somebody is gone or
    /// something did not happen.
    pub fn is_surely_not_found(&self) -> bool {
        self.is_not_found() && !self.foreign
    }

    /// Whether the platform does not have what was asked for, as far as its status tells.
    pub fn is_not_found(&self) -> bool {
        self.code == Code::NotFound.as_str()
    }
}
