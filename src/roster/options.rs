//! Who is there, and how they are compared with who is wanted.

use super::Renames;
use crate::model::Member;

/// What may be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The group becomes the roster: add, change, remove.
    #[default]
    Mirror,
    /// Only add.
    AddOnly,
    /// Only remove.
    RemoveOnly,
    /// Only change.
    UpdateOnly,
}

/// What an empty cell means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Blank {
    /// The value stays.
    #[default]
    Keep,
    /// The value goes.
    Clear,
}

/// What happens to people who declined and stand in the roster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Declined {
    /// Nothing.
    #[default]
    LeaveAlone,
    /// They are added again.
    AddAgain,
}

/// How to compare.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What may be done.
    pub mode: Mode,
    /// What an empty cell means.
    pub blank: Blank,
    /// What happens to people who declined.
    pub declined: Declined,
    /// What happens to those who may be one person.
    pub renames: Renames,
    /// A field whose value tells people apart, besides the address: a membership number.
    pub id_field: Option<String>,
    /// Ids or addresses of people who are not removed.
    pub protected: Vec<String>,
    /// Fields that say who somebody is and that nobody can write: differences in them are none.
    pub read_only: &'static [&'static str],
    /// Id or address of the one in whose name invitations go out; not removed either.
    pub sender: Option<String>,
}

/// How far the list of members was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// To its end.
    #[default]
    Whole,
    /// Not to its end: whoever is not in it may still be in the group, and nobody is removed.
    Part,
}

/// Who is in the group.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// The members in the platform's order.
    pub members: Vec<Member>,
    /// Whether these are all.
    pub extent: Extent,
}
