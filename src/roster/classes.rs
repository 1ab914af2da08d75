//! In which class a row or a member ends: exactly one, and each with its words.

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowClass {
    /// Not in the group: added.
    New,
    /// Waiting to be let in: added, which lets them in.
    Accepts,
    /// Without an account: made a pending user.
    Pending,
    /// Without an account: left out.
    Stranger,
    /// In the group, with other values: changed.
    Changed,
    /// In the group, with the same values.
    Same,
    /// The mode does not do what the row asks for.
    Kept,
    /// Said no, or was refused: not added again.
    Declined,
    /// May be somebody who leaves, under another address: a person decides.
    Renamed,
    /// Stands further up in the file.
    Duplicate,
    /// Means two accounts.
    Refused,
    /// Is nobody.
    Invalid,
}

impl RowClass {
    /// All, in the order in which they are told.
    pub const ALL: &[Self] = &[
        Self::New,
        Self::Accepts,
        Self::Pending,
        Self::Stranger,
        Self::Changed,
        Self::Same,
        Self::Kept,
        Self::Declined,
        Self::Renamed,
        Self::Duplicate,
        Self::Refused,
        Self::Invalid,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Accepts => "accepts",
            Self::Pending => "pending user",
            Self::Stranger => "no account",
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Kept => "left as is",
            Self::Declined => "declined",
            Self::Renamed => "renamed?",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
            Self::Invalid => "invalid",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::New => "not in the group: added",
            Self::Accepts => "waiting to be let in: added, which lets them in",
            Self::Pending => "without an account: in the group after their first sign-in",
            Self::Stranger => "without an account: left out",
            Self::Changed => "in the group with other values: changed",
            Self::Same => "in the group with the same values",
            Self::Kept => "would be added or changed, but not in this mode",
            Self::Declined => "said no or was refused before: not added again",
            Self::Renamed => "may be somebody who leaves, under another address: decide",
            Self::Duplicate => "stands further up in the file",
            Self::Refused => "means two accounts that differ only by case",
            Self::Invalid => "cannot be used",
        }
    }

    /// The sign before a line: `+` add, `~` change, `=` same, `!` refused, `?` open.
    pub fn sign(self) -> char {
        match self {
            Self::New | Self::Accepts | Self::Pending => '+',
            Self::Changed => '~',
            Self::Same | Self::Kept => '=',
            Self::Declined | Self::Renamed | Self::Stranger => '?',
            Self::Duplicate | Self::Refused | Self::Invalid => '!',
        }
    }
}

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemberClass {
    /// A row names them.
    InRoster,
    /// No row does: removed.
    Removed,
    /// No row does, but they are an administrator, the sender, or named as protected: kept.
    Protected,
    /// No row does, and they wait to be let in: left alone.
    Pending,
    /// No row does, and they said no or were refused: left alone.
    Declined,
    /// No row does, and the mode removes nobody.
    Kept,
    /// No row does, but one has their name under another address: a person decides.
    Renamed,
    /// One of two accounts that differ only by case, and a row means both: left alone.
    Twin,
    /// Without an address nobody can tell whether a row means them: left alone.
    NoAddress,
    /// The list of members could not be read to its end, so nobody is removed.
    Unread,
    /// The list showed them twice.
    Doubled,
}

impl MemberClass {
    /// All, in the order in which they are told.
    pub const ALL: &[Self] = &[
        Self::InRoster,
        Self::Removed,
        Self::Protected,
        Self::Pending,
        Self::Declined,
        Self::Kept,
        Self::Renamed,
        Self::Twin,
        Self::NoAddress,
        Self::Unread,
        Self::Doubled,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InRoster => "in the roster",
            Self::Removed => "removed",
            Self::Protected => "protected",
            Self::Pending => "pending",
            Self::Declined => "declined",
            Self::Kept => "left as is",
            Self::Renamed => "renamed?",
            Self::Twin => "two accounts",
            Self::NoAddress => "without address",
            Self::Unread => "not judged",
            Self::Doubled => "listed twice",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::InRoster => "a row names them",
            Self::Removed => "not in the roster: removed",
            Self::Protected => "not in the roster, but an administrator, the sender or named as protected: kept",
            Self::Pending => "not in the roster and waiting to be let in: left alone",
            Self::Declined => "not in the roster and declined: left alone",
            Self::Kept => "not in the roster, but this mode removes nobody",
            Self::Renamed => "not in the roster, but a row has their name: decide",
            Self::Twin => "one of two accounts that differ only by case: left alone",
            Self::NoAddress => "without an address: left alone",
            Self::Unread => "not in the roster, but the list of members was not read to its end: kept",
            Self::Doubled => "listed twice, counted once",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_class_is_told_under_a_word_of_its_own() {
        let words: HashSet<&str> = RowClass::ALL.iter().map(|class| class.word()).collect();
        assert_eq!(words.len(), RowClass::Invalid as usize + 1);
        let words: HashSet<&str> = MemberClass::ALL.iter().map(|class| class.word()).collect();
        assert_eq!(words.len(), MemberClass::Doubled as usize + 1);
    }
}
