//! The trait that turns changes into a platform's calls and back, its answers into the model, and doubts into look-ups.
//! Adapters make calls; they never send them. `None` or `Unsupported` = the platform has no such notion.

use serde_json::Value;

use super::{Call, Doubt};
use crate::model::{Cascade, Change, Group, Member};

/// The platform cannot do this; says what it has instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsupported(pub String);

/// Who shall be written to, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Ids of the members to invite.
    pub members: Vec<String>,
    /// The platform's id of the person in whose name it is sent, where the platform wants one.
    pub sender: Option<String>,
}

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

/// Finds the names of a group's fields in the answer of a read; `None` if they are not there.
pub type FieldNames = fn(&Value) -> Option<Vec<String>>;

/// One platform's way of saying what all platforms have. All calls are made for the connection named.
pub trait Adapter: Send + Sync {
    /// The read that lists a group's members with their fields.
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported>;

    /// The read that says how long this list is, and where in its answer; `None` if the platform does not tell.
    fn count(&self, list: &Call) -> Option<(Call, &'static str)>;

    /// The read that says which fields a member of the group can have, and how their names are found in its answer;
    /// `None` if any name will do.
    fn fields(&self, connection: &str, group: &str) -> Option<(Call, FieldNames)>;

    /// One row of a list of members, as this group's member.
    fn member(&self, group: &str, row: &Value) -> Option<Member>;

    /// The read that shows one person by id or address, in this group or (`None`) in the community; its answer is one row of
    /// [`Adapter::member`], or nobody. `None` if only lists show people.
    fn person(&self, connection: &str, group: Option<&str>, key: &str) -> Option<Call>;

    /// The read that lists all groups of the account; `None` if the platform has none, or no list of them.
    fn groups(&self, connection: &str) -> Option<Call>;

    /// One row of the list of groups.
    fn group(&self, row: &Value) -> Option<Group>;

    /// What joining or leaving one group does to others.
    fn cascade(&self) -> Cascade;

    /// The writes that make these changes in this group, as few as the platform allows.
    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported>;

    /// The writes that invite these members of this group.
    fn invite(&self, connection: &str, group: &str, invitation: &Invitation) -> Result<Vec<Call>, Unsupported>;

    /// What to read before sending; `None` when nothing is needed.
    fn before(&self, call: &Call) -> Option<Before>;

    /// How to find out whether these happened: all of one operation and group; `None` when nothing can tell.
    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp>;

    /// Whether this answer to a mailing call is only a promise (a queue) that a later read may confirm.
    fn queued(&self, call: &Call) -> bool;
}
