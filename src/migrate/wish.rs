//! What a migration is asked to do.

use serde_json::{Map, Value};

use crate::catalog::Entry;
use crate::model::Group;
use crate::settings::Partial;

/// What a migration is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Which groups move, and where to.
    pub groups: Selection,
    /// The group of the other side below which those come that had none above them.
    pub under: Option<String>,
    /// Fields: the source's name, and the target's; `None` leaves one behind. Others keep their name.
    pub fields: Vec<(String, Option<String>)>,
    /// What everybody gets in a field of the target into which they bring nothing.
    pub values: Vec<(String, String)>,
    /// Roles: the source's name, and the target's; `None` leaves one behind.
    pub roles: Vec<(String, Option<String>)>,
    /// The role of people whom `roles` gives none, where the target wants one.
    pub role: Option<String>,
    /// How people without an account come in, where only accounts can be in a group; `None`: nobody has said.
    pub newcomers: Option<Entry>,
    /// What becomes of a group that is there by its name and was not made by us.
    pub existing: Existing,
    /// The address of whoever administers new groups.
    pub manager: Option<String>,
    /// The letter by which people are called in, where nobody comes in unasked: the arguments of the platform's own call.
    pub letter: Option<Map<String, Value>>,
    /// Whether people are invited who never signed in on the other side.
    pub invite: bool,
    /// In whose name.
    pub sender: Option<String>,
    /// Limits of this migration, laid over the connection's.
    pub limits: Partial,
}

/// Which groups move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// All.
    #[default]
    All,
    /// By id or name, each with what becomes of it; the others stay behind, unless `others` says that they move.
    Named {
        /// The group and where it goes.
        groups: Vec<(String, Chosen)>,
        /// Whether the others move as well.
        others: bool,
    },
}

/// What becomes of a group that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Found by its name, or made.
    Found,
    /// Into this group of the other side.
    Into(String),
    /// It stays behind.
    Left,
}

/// What becomes of a group that is there by its name and was not made by us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// Nothing moves into it.
    #[default]
    Refuse,
    /// It is taken.
    Use,
}

impl Wish {
    /// What a field is called on the other side; `None` where it stays behind.
    pub fn field<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        match self.fields.iter().find(|(known, _)| known == name) {
            Some((_, target)) => target.as_deref(),
            None => Some(name),
        }
    }

    /// Whether a field was named.
    pub fn names_field(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// What a role is called on the other side: nothing where nobody has said it.
    pub fn role_for(&self, name: &str) -> Option<&str> {
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        self.roles.iter().find(|(known, _)| same(known)).and_then(|(_, target)| target.as_deref())
    }

    /// Whether a role is left behind on purpose.
    pub fn leaves_role(&self, name: &str) -> bool {
        self.roles.iter().any(|(known, target)| known.eq_ignore_ascii_case(name) && target.is_none())
    }
}

impl Selection {
    /// The first that was named and is none of these groups.
    pub fn unknown(&self, groups: &[Group]) -> Option<&str> {
        let Self::Named { groups: named, .. } = self else { return None };
        let is = |name: &str, group: &Group| group.id == name || group.name.trim().eq_ignore_ascii_case(name.trim());
        let unknown = |name: &&str| !groups.iter().any(|group| is(name, group));
        named.iter().map(|(name, _)| name.as_str()).find(unknown)
    }

    /// Whether a group is named, by its id or its name.
    pub fn names(&self, id: &str, name: &str) -> bool {
        let Self::Named { groups, .. } = self else { return false };
        groups.iter().any(|(known, _)| known == id || known.trim().eq_ignore_ascii_case(name.trim()))
    }

    /// Whether all move that are not named.
    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All | Self::Named { others: true, .. })
    }

    /// What becomes of a group.
    pub fn of(&self, id: &str, name: &str) -> Chosen {
        let Self::Named { groups, others } = self else { return Chosen::Found };
        let named = |known: &&(String, Chosen)| known.0 == id || known.0.trim().eq_ignore_ascii_case(name.trim());
        match groups.iter().find(named) {
            Some((_, chosen)) => chosen.clone(),
            None if *others => Chosen::Found,
            None => Chosen::Left,
        }
    }
}
