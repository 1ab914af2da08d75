//! A platform: its operations, how one signs in, how its answers are judged.

use super::{Adapter, Args, Fault, Op, Record};
use crate::world::World;

/// One value that a connection of the platform needs or may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its key in `beadle.toml`: `secret`.
    pub key: &'static str,
    /// Whether it must never be shown.
    pub secret: bool,
    /// Whether a connection cannot do without it.
    pub required: bool,
    /// What it is, and where a person finds it.
    pub doc: &'static str,
}

/// How a request proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// HTTP Basic with these two credentials as user and password.
    Basic {
        /// The credential that is the user name.
        user: &'static str,
        /// The credential that is the password.
        password: &'static str,
    },
}

/// A platform as data.
pub struct Platform {
    /// Its name in settings: `mobilize`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The address that the document names; `beadle.toml` may name another.
    pub base_url: &'static str,
    /// What a connection needs.
    pub credentials: &'static [Credential],
    /// How requests are signed.
    pub sign_in: SignIn,
    /// Every documented operation, in the document's order.
    pub ops: &'static [Op],
    /// Records that answers consist of, for the reference.
    pub records: &'static [&'static Record],
    /// Judges a reply by status and body; an `Err` says what it means.
    pub open: fn(&Op, u16, &[u8]) -> Result<(), Fault>,
    /// The common changes in this platform's calls.
    pub adapter: &'static dyn Adapter,
    /// What the sandbox does: status and body for an operation with loosely read arguments.
    pub simulate: fn(&mut World, &Op, &Args) -> (u16, serde_json::Value),
    /// What the sandbox answers where the platform would refuse before any operation: status, message.
    pub refuse: fn(u16, &str) -> serde_json::Value,
    /// A sentence for reaching what the platform has no operation for, by noun: shown in errors.
    pub instead: &'static [(&'static str, &'static str)],
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Platform {
    /// The operation of this noun and verb.
    pub fn op(&self, noun: &str, verb: &str) -> Option<&'static Op> {
        self.ops.iter().find(|op| op.noun == noun && op.verb == verb)
    }

    /// Its nouns, each once, in the document's order.
    pub fn nouns(&self) -> Vec<&'static str> {
        let mut nouns = Vec::new();
        for op in self.ops {
            if !nouns.contains(&op.noun) {
                nouns.push(op.noun);
            }
        }
        nouns
    }

    /// The verbs of a noun, in the document's order.
    pub fn verbs(&self, noun: &str) -> Vec<&'static str> {
        self.ops.iter().filter(|op| op.noun == noun).map(|op| op.verb).collect()
    }
}
