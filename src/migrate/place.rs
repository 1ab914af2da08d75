//! Where groups go, and what that depends on.

use std::collections::HashSet;

use crate::effects::Identities;
use crate::model::Group;

/// Where a group goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into this group, which is there.
    There(String),
    /// Into one that is to be made.
    Make,
    /// Nowhere: it was left out.
    Left,
    /// Nowhere, for this reason.
    Nowhere(String),
}

/// One group of the source and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlace {
    /// As the source has it.
    pub group: Group,
    /// Where it goes.
    pub place: Place,
    /// The nearest group above it that moves as well.
    pub above: Option<String>,
    /// What its counterpart stands below, where that is not the counterpart of the one above: a name, or nothing.
    pub astray: Option<String>,
}

/// What the other side can do and has.
pub(super) struct Other<'a> {
    /// Its groups.
    pub groups: &'a [Group],
    /// Whether a group can be in another.
    pub nests: bool,
    /// How often it has a group of one name.
    pub names: Names,
    /// Why it makes no groups.
    pub makes: Result<(), String>,
    /// Groups that were made through this store.
    pub made: &'a HashSet<String>,
    /// Groups of the source that nobody uses any more.
    pub retired: &'a HashSet<String>,
    /// Groups of its own that nobody uses any more.
    pub archived: &'a HashSet<String>,
    /// Who is who.
    pub known: &'a Identities,
    /// How people call it.
    pub title: &'a str,
}

/// How often an account can have a group of one name, as far as this store can tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Once.
    Once,
    /// Once below each group: by its name and what is above it a group is known.
    OncePerParent,
    /// Any number: groups are known by something else.
    Any,
}

impl GroupPlace {
    /// Whether it goes anywhere.
    pub fn moves(&self) -> bool {
        matches!(self.place, Place::There(_) | Place::Make)
    }
}
