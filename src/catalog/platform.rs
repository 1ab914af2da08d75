//! A platform: its operations, how one signs in, how its answers are judged.

use serde_json::Value;

use super::{Adapter, Args, Call, Fault, Op, Record, SignIn};
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
    /// What it is where the settings do not name it.
    pub default: Option<&'static str>,
    /// What it is on the sandbox, where no settings are read.
    pub simulated: Option<&'static str>,
    /// What it is, and where a person finds it.
    pub doc: &'static str,
}

/// How calls travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// As HTTP requests of their own: verbs, paths with parameters, JSON bodies.
    Rest,
    /// As calls of the tools of one server (Model Context Protocol): the path of an operation is the name of its tool.
    Tools {
        /// What goes into the arguments of every call: the argument's name, and the credential that is its value.
        with: (&'static str, &'static str),
        /// A header of every request, and the credential that is its value, where the connection has it.
        header: (&'static str, &'static str),
    },
}

/// A platform as data.
pub struct Platform {
    /// Its name in settings: `mobilize`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The name of a connection of it where nobody names one: that of the built-in simulated one.
    pub connection: &'static str,
    /// The address that the document names; `beadle.toml` may name another. Empty where everybody has their own.
    pub base_url: &'static str,
    /// What stands between the base address and the path of every operation, with `{credential}`s: `/api/v1/{locale}`.
    /// Paths of operations may hold `{credential}`s as well: names in braces that are no parameters.
    pub prefix: &'static str,
    /// What a connection needs.
    pub credentials: &'static [Credential],
    /// How requests are signed.
    pub sign_in: SignIn,
    /// How calls travel.
    pub protocol: Protocol,
    /// The credentials that tell accounts of one address apart, besides whoever signs in: `tenant`.
    pub account: &'static [&'static str],
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

impl Credential {
    /// A value that is never shown and may be left out.
    pub const fn secret(key: &'static str, doc: &'static str) -> Self {
        Self { key, secret: true, required: false, default: None, simulated: None, doc }
    }

    /// A value that may be shown and left out.
    pub const fn plain(key: &'static str, doc: &'static str) -> Self {
        Self { secret: false, ..Self::secret(key, doc) }
    }

    /// A connection cannot do without it.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// What it is on the sandbox.
    pub const fn simulated(self, value: &'static str) -> Self {
        Self { simulated: Some(value), ..self }
    }

    /// What it is where the settings do not name it.
    pub const fn or(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Platform {
    /// Whether it tells a webhook what happens, and what it tells can be read again.
    pub fn sends_events(&self) -> bool {
        self.op("webhooks", "batch").is_some()
    }

    /// The operation of this noun and verb.
    pub fn op(&self, noun: &str, verb: &str) -> Option<&'static Op> {
        self.ops.iter().find(|op| op.noun == noun && op.verb == verb)
    }

    /// A call of an operation that its table has, with arguments in their normal form: for its own adapter, which knows both.
    pub fn call(&'static self, connection: &str, noun: &str, verb: &str, args: Value) -> Call {
        let Some(op) = self.op(noun, verb) else { unreachable!("the table has {noun}.{verb}") };
        let Value::Object(args) = args else { unreachable!("arguments are a map") };
        Call { platform: self, op, connection: connection.to_owned(), args: Args::from_checked(args) }
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
