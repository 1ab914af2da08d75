//! What a write is: what it does, to whom, whether it mails, and what repeating it means.

/// What sending a call a second time means. The only source of retry and recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeat {
    /// The second call changes nothing more: may be sent again at once by the process that sent it.
    Converges,
    /// A read decides whether it happened; only then may it be sent again.
    CheckFirst,
    /// A read can show that it happened, never that it did not: a person decides the rest.
    ProvesOnlyDone,
    /// Nothing shows it: at most once.
    Unprovable,
}

/// What a write does to the community; brakes and plans read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// Puts people into a group.
    Adds,
    /// Changes what is there.
    Changes,
    /// Takes people out of a group.
    Removes,
    /// Puts people into a group and takes them out of others.
    Moves,
    /// Makes something new.
    Creates,
    /// Destroys something.
    Deletes,
    /// Writes to people and changes nothing else.
    Tells,
}

impl Consequence {
    /// The word for it, in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Adds => "adds",
            Self::Changes => "changes",
            Self::Removes => "removes",
            Self::Moves => "moves",
            Self::Creates => "creates",
            Self::Deletes => "deletes",
            Self::Tells => "tells",
        }
    }
}

/// Whether a write makes the platform write to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mails {
    /// Never.
    No,
    /// Always: the mail memory guards it.
    Yes,
    /// The document does not say: shown as "may mail", its doubts are never sent again blindly.
    Unknown,
}

impl Mails {
    /// The word for it, in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// What kind of thing an effect touches, and where its key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectAt {
    /// A person, a group, …
    pub kind: super::SubjectKind,
    /// JSON pointers, tried in order: into an item of the batch, else into the arguments. `""` is the item itself.
    pub key: &'static [&'static str],
    /// The argument that names the group, where there is one.
    pub group: Option<&'static str>,
}

/// What a write is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// What repeating it means.
    pub repeat: Repeat,
    /// What it does.
    pub consequence: Consequence,
    /// Whether it mails.
    pub mails: Mails,
    /// Whom or what it touches.
    pub subject: SubjectAt,
}

/// Reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Changes something: passes the ledger.
    Write(Write),
    /// Changes something: the first where this argument is `true`, else the second.
    Either(&'static str, Write, Write),
}
