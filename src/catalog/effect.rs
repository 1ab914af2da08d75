//! What a write touches, and what is asked when nobody knows whether it happened.

use serde_json::Value;

/// What kind of thing is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SubjectKind {
    /// A person, by id or address.
    Person,
    /// A group, by id or name.
    Group,
    /// An invitation.
    Invitation,
}

impl SubjectKind {
    /// The word for it, also in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Group => "group",
            Self::Invitation => "invitation",
        }
    }

    /// The kind that this word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Person, Self::Group, Self::Invitation].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Whom or what one effect touches: the smallest thing that can be done or not done.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// What it is.
    pub kind: SubjectKind,
    /// The platform's id, a normalised address, or a name: normalised, compared as text.
    pub key: String,
    /// The group it is about, where there is one.
    pub group: Option<String>,
}

/// An effect of which nobody knows whether it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The effect's row in the store.
    pub effect: i64,
    /// `noun.verb`.
    pub operation: String,
    /// Whom it touches.
    pub subject: Subject,
    /// The address, where it is known.
    pub address: Option<String>,
    /// This subject's part of the request: the batch's item, else all arguments.
    pub wanted: Value,
    /// What a read had shown before it was sent; `null` when nothing was read.
    pub before: Value,
    /// When the intent was written, milliseconds since the epoch.
    pub begun_at: i64,
    /// The platform's job, where it answered with one before it fell silent.
    pub job: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_word_for_a_kind_is_read_back_as_that_kind() {
        for kind in [SubjectKind::Person, SubjectKind::Group, SubjectKind::Invitation] {
            assert_eq!(SubjectKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(SubjectKind::parse("Person"), None);
    }
}
