//! What a write does in the words of all platforms, and what a read shows in them: plans, brakes and undo read both.

use serde_json::{Map, Value};

/// A person, by the platform's id or an address; at least one is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Whom {
    /// The platform's id, or a placeholder for it.
    pub id: Option<String>,
    /// The address in the form in which addresses are compared.
    pub address: Option<String>,
}

/// What a write does to one subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Somebody comes into a group; where there is no account of theirs, one is made.
    Joins {
        /// The group's id.
        group: String,
        /// Who.
        who: Whom,
        /// What is written of them, by the platform's names; overwrites what an account holds.
        fields: Map<String, Value>,
    },
    /// Somebody leaves a group.
    Leaves {
        /// The group's id.
        group: String,
        /// Who.
        who: Whom,
        /// Whether what they wrote is destroyed as well.
        destroys: bool,
    },
    /// Fields of somebody are overwritten.
    Changes {
        /// Who.
        who: Whom,
        /// By the platform's names.
        fields: Map<String, Value>,
    },
    /// An account is made, in no group.
    AccountMade {
        /// Who.
        who: Whom,
        /// By the platform's names.
        fields: Map<String, Value>,
    },
    /// An account is deleted, with all its memberships.
    AccountDeleted {
        /// Who.
        who: Whom,
        /// Whether what they wrote is destroyed as well.
        destroys: bool,
    },
    /// Somebody is written to, about a group; nothing else changes.
    Mailed {
        /// The group's id.
        group: String,
        /// Who.
        who: Whom,
    },
    /// A group is made.
    GroupMade {
        /// Its name.
        name: String,
        /// The group above it, or a placeholder for its id.
        parent: Option<String>,
        /// All that is written of it, by the platform's names.
        fields: Map<String, Value>,
    },
    /// A group's settings are changed.
    GroupChanged {
        /// Its id.
        id: String,
        /// By the platform's names.
        fields: Map<String, Value>,
    },
}

impl Deed {
    /// Whom it is about; `None` where it is about a group.
    pub fn who(&self) -> Option<&Whom> {
        match self {
            Self::Joins { who, .. }
            | Self::Leaves { who, .. }
            | Self::Changes { who, .. }
            | Self::AccountMade { who, .. }
            | Self::AccountDeleted { who, .. }
            | Self::Mailed { who, .. } => Some(who),
            Self::GroupMade { .. } | Self::GroupChanged { .. } => None,
        }
    }

    /// The group it is about, by id; `None` where it is about none, or one that is not there yet.
    pub fn group(&self) -> Option<&str> {
        match self {
            Self::Joins { group, .. } | Self::Leaves { group, .. } | Self::Mailed { group, .. } => Some(group),
            Self::GroupChanged { id, .. } => Some(id),
            _ => None,
        }
    }
}

/// What a read shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Rows of people: of this group, or of all.
    People {
        /// The group's id.
        group: Option<String>,
    },
    /// One person: as a member of this group, or at all.
    Person {
        /// The group's id.
        group: Option<String>,
        /// Who.
        who: Whom,
    },
    /// Rows of groups.
    Groups,
    /// One group.
    Group {
        /// Its id.
        id: String,
    },
    /// How far a job is.
    Job {
        /// Its id.
        id: String,
    },
    /// What a search finds: people, of whom a plan cannot tell whether the platform would find them.
    Found,
    /// Rows of invitations: later calls may name one by its id alone.
    Invitations,
    /// Nothing that a plan changes.
    Other,
}
