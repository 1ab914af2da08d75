//! A person as the platform holds them in a group.

use super::{Email, Fields};

/// What the platform says of somebody's membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A member.
    Accepted,
    /// Asked to join, or was asked, and nobody said yes yet.
    Pending,
    /// Said no, or was refused.
    Declined,
}

/// Somebody's place in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The platform's id of the group.
    pub group: String,
    /// Whether they administer it.
    pub admin: bool,
}

/// One member of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The platform's id of the person.
    pub id: String,
    /// The address, `None` where the platform holds none that is an address.
    pub email: Option<Email>,
    /// What the platform shows first; for reports.
    pub name: String,
    /// The fields the platform holds, as text.
    pub fields: Fields,
    /// Fields whose value is no text on the platform, and what it is there: `a list`, `a map`, `a number`, `yes or no`.
    pub kinds: Vec<(String, &'static str)>,
    /// Whether the person ever signed in; `None` where the platform does not say.
    pub registered: Option<bool>,
    /// When the platform last invited them into this group, milliseconds since the epoch.
    pub invited_at: Option<i64>,
    /// When the account was made, milliseconds since the epoch.
    pub created_at: Option<i64>,
    /// Whether they administer the group.
    pub admin: bool,
    /// Their standing in the group.
    pub standing: Standing,
    /// The groups they are in by the same row, this one among them; empty where the platform does not say.
    pub groups: Vec<Membership>,
}

impl Standing {
    /// The word for whoever is no member, as intents keep it.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Accepted => None,
            Self::Pending => Some("pending"),
            Self::Declined => Some("declined"),
        }
    }
}

impl Member {
    /// What a field's value is on the platform, where it is no text.
    pub fn kind(&self, name: &str) -> Option<&'static str> {
        self.kinds.iter().find(|(key, _)| key == name).map(|(_, kind)| *kind)
    }

    /// A field's text, `None` when the platform holds none.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
