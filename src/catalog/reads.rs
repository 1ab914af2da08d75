//! What an adapter wants read, and how it judges what was read: for doubts, plans, and calls that reads make whole.

use std::sync::Arc;

use serde_json::Value;

use super::{Call, Doubt};

/// What reads have shown of a doubt.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It happened; with what the platform holds now, where that is of use.
    Applied(Option<Value>),
    /// It did not.
    NotApplied,
    /// Cannot be told by reading (yet).
    Unknown(&'static str),
    /// Neither as wanted nor as before: somebody else changed it; a person decides.
    Stale(&'static str),
}

/// How doubts are looked up: these reads, then this judgement for each.
pub struct LookUp {
    /// Reads. A list gives all its rows as one JSON array; something that is not found gives `null`.
    pub reads: Vec<Call>,
    /// Judges one doubt by what the reads gave, in their order.
    pub judge: fn(&Doubt, &[Value]) -> Verdict,
}

/// What must be known before a call is sent, so that its doubt can be settled later.
pub struct Before {
    /// Reads, as in [`LookUp::reads`].
    pub reads: Vec<Call>,
    /// The part that one subject's intent keeps, by the subject's key, from what the reads gave. Two keys are read by all:
    /// `invited_at` (milliseconds, when the platform last mailed them for this) and `email`.
    pub keep: fn(&Call, &str, &[Value]) -> Value,
}

/// What writes of one operation and group would change, as it is now.
pub struct Snapshot {
    /// Reads, as in [`LookUp::reads`].
    pub reads: Vec<Call>,
    /// The row about one subject in what the reads gave; `None` where there is none.
    pub find: fn(&Doubt, &[Value]) -> Option<Value>,
    /// The keys of the subjects that a row is about: [`Snapshot::find`] gives the first row that has the subject's key.
    /// For many subjects, so that not each of them has to look at every row.
    pub keys: fn(&Value) -> Vec<String>,
}

/// Makes a call whole by what was read; an error says why it cannot be made, and what to type.
pub type Fill = fn(&Call, &[Arc<Value>]) -> Result<Call, String>;

/// What must be read and filled in before a call says all that beadle has to know: whom it is about, what is there.
pub struct Completion {
    /// Reads, as in [`LookUp::reads`]. Where there are none, the row of [`Completion::recent`] is what they gave.
    pub reads: Vec<Call>,
    /// An id whose row this run may have read lately; `null` if it has not.
    pub recent: Option<String>,
    /// Ids and addresses of whom the call is about: of them nothing is remembered from before this run wrote to them.
    pub about: Vec<String>,
    /// Whether what was remembered may do: a write that replaces what is there needs what is there now.
    pub may_be_remembered: fn(&Call, &[Arc<Value>]) -> bool,
    /// The whole call; an error says why it cannot be made, and what to type.
    pub fill: Fill,
}

/// What a list's rows do not say themselves, from another read.
pub struct Companion {
    /// The other read, as in [`LookUp::reads`].
    pub read: Call,
    /// Writes what it says of a row of the list into the row.
    pub join: fn(&Call, &mut Value, &Value),
}

/// Finds the names of a group's fields in the answer of a read; `None` if they are not there.
pub type FieldNames = fn(&Value) -> Option<Vec<String>>;
