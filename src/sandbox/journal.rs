//! What was asked of a sandbox: the requests that change something, before they are applied, and a tally for people.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// A request that changes something, as it is applied. Entries in their order make a world again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The world's time when it is applied, milliseconds since the epoch.
    pub at_ms: i64,
    /// The platform's name.
    pub platform: String,
    /// HTTP's verb.
    pub method: String,
    /// Path and query below the platform's base address.
    pub target: String,
    /// The body.
    pub body: Bytes,
}

/// Where applied requests are kept. Called before each is applied, one at a time and in their order; an error means that
/// the request is not applied (the platform answers 503).
pub trait Journal: Send + Sync {
    /// Keeps one.
    fn append<'a>(&'a self, entry: &'a Applied) -> BoxFuture<'a, Result<(), String>>;
}

/// A request that could change something, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handled {
    /// When, milliseconds since the epoch.
    pub at_ms: i64,
    /// The platform's name.
    pub platform: &'static str,
    /// `noun.verb`.
    pub operation: String,
    /// HTTP's verb.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The status that the platform gave; `None` when a fault kept the request from it.
    pub done: Option<u16>,
    /// What the client saw: a status, or `None` when no whole answer arrived.
    pub seen: Option<u16>,
}

/// What a sandbox was asked since it started.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How often each operation was asked for, reads as well.
    pub counts: BTreeMap<String, u64>,
    /// The requests that could change something, the oldest first.
    pub requests: Vec<Handled>,
}

impl Tally {
    pub(super) fn count(&mut self, operation: &str) {
        match self.counts.get_mut(operation) {
            Some(count) => *count += 1,
            None => drop(self.counts.insert(operation.to_owned(), 1)),
        }
    }

    /// As JSON.
    pub fn to_value(&self) -> Value {
        let request = |handled: &Handled| {
            json!({
                "at_ms": handled.at_ms,
                "platform": handled.platform,
                "operation": handled.operation,
                "method": handled.method,
                "target": handled.target,
                "done": handled.done,
                "seen": handled.seen,
            })
        };
        json!({
            "counts": self.counts,
            "total": self.requests.len(),
            "requests": self.requests.iter().map(request).collect::<Vec<_>>(),
        })
    }
}
