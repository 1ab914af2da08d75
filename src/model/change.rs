//! What differs between what is wanted and what is there.

use super::{Member, Person};

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's name on the platform.
    pub name: String,
    /// What the platform holds; empty when nothing.
    pub before: String,
    /// What is wanted.
    pub after: String,
}

/// One step from what is there to what is wanted, for one person in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody who is not in the group.
    Add(Person),
    /// Somebody who is, with other fields.
    Update {
        /// Who, as the platform holds them.
        member: Member,
        /// Which fields, with both values.
        fields: Vec<FieldChange>,
    },
    /// Somebody who should not be in the group.
    Remove(Member),
}
