//! What a script needs of the client: one door a connection. Its one rule: a door never calls back into a script.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::catalog::{Call, Platform};
use crate::client::{self, Client, Gravity};
use crate::effects::brakes::Holds;
use crate::wire::Row;

/// What a create does where the thing is already there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfExists {
    /// Asks the platform all the same, which refuses it as a rule.
    #[default]
    Fail,
    /// Gives what is there.
    Use,
}

/// What a script may say about how a call is made, besides its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct With {
    /// Makes an effect of its own where the same one was done before: `again: "second reminder"`.
    pub again: Option<String>,
    /// Whether work that goes on after the call is followed to its end.
    pub wait: bool,
    /// What to do where the thing is already there.
    pub if_exists: IfExists,
}

impl Default for With {
    fn default() -> Self {
        Self { again: None, wait: true, if_exists: IfExists::Fail }
    }
}

/// A failure as scripts see it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Thrown {
    /// A word that scripts compare: `not_found`.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// `noun.verb`; empty when no operation was meant.
    pub operation: String,
    /// The connection's name; empty when none was chosen.
    pub connection: Box<str>,
    /// Whether the same call may work later.
    pub retryable: bool,
    /// How long the platform asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether it ends the run whatever the script catches: held by a brake, cancelled.
    pub fatal: bool,
    /// The brakes that hold, where some do.
    pub holds: Holds,
}

impl Thrown {
    /// A failure that a script may catch, of no operation.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            status: None,
            operation: String::new(),
            connection: Box::default(),
            retryable: false,
            retry_after: None,
            fatal: false,
            holds: Holds::default(),
        }
    }

    /// The same, of this operation on this connection.
    pub fn at(self, operation: impl Into<String>, connection: impl Into<String>) -> Self {
        Self { operation: operation.into(), connection: connection.into().into_boxed_str(), ..self }
    }

    /// `members.invite on main: there is no such group (not_found, HTTP 404)`
    pub fn sentence(&self) -> String {
        let place = match (self.operation.as_str(), &*self.connection) {
            ("", _) => String::new(),
            (operation, "") => format!("{operation}: "),
            (operation, connection) => format!("{operation} on {connection}: "),
        };
        match self.status {
            Some(status) => format!("{place}{} ({}, HTTP {status})", self.message, self.code),
            None => format!("{place}{} ({})", self.message, self.code),
        }
    }
}

impl From<client::Error> for Thrown {
    fn from(error: client::Error) -> Self {
        Self {
            code: error.code.to_owned(),
            message: error.message,
            status: error.status,
            operation: error.operation,
            connection: error.connection.into_boxed_str(),
            retryable: error.retryable,
            retry_after: error.retry_after,
            fatal: matches!(error.gravity, Gravity::Held | Gravity::Ledger),
            holds: error.holds,
        }
    }
}

/// The rows of a list, page by page; the next page may already be under way. Dropping it ends the fetching.
pub trait Rows: Send {
    /// The next page; `None` after the last one. After an error nothing more is asked for.
    fn next_page(&mut self) -> BoxFuture<'_, Option<Result<Vec<Row>, Thrown>>>;
}

/// One connection, as a script reaches it.
pub trait Door: Send + Sync {
    /// The connection's name.
    fn connection(&self) -> &str;

    /// Its platform.
    fn platform(&self) -> &'static Platform;

    /// The client behind it, for flows that make many calls; `None` where there is none.
    fn client(&self) -> Option<&Client> {
        None
    }

    /// Makes one call and returns the answer's JSON.
    fn call<'a>(&'a self, call: &'a Call, with: &'a With) -> BoxFuture<'a, Result<Bytes, Thrown>>;

    /// Begins a list anew. Called inside of the runtime, so that it may start tasks.
    fn list(&self, call: &Call) -> Box<dyn Rows>;

    /// The same, where each page is fetched only when it is wanted.
    fn list_as_needed(&self, call: &Call) -> Box<dyn Rows> {
        self.list(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_operation_connection_and_status() {
        let thrown = Thrown::new("not_found", "there is no such group");
        assert_eq!(thrown.sentence(), "there is no such group (not_found)");
        let thrown = Thrown { status: Some(404), ..thrown.at("groups.get", "main") };
        assert_eq!(thrown.to_string(), "groups.get on main: there is no such group (not_found, HTTP 404)");
    }
}
