//! What holds for one connection in one run: limits, who is protected, who must be there, whether somebody watches.

use jiff::tz::TimeZone;

use crate::model::{Email, Member};
use crate::settings::Limits;

/// The role that may stand among the protected: whoever administers a group is not taken out of it.
pub const ADMINISTRATORS: &str = "administrators";

/// Whether somebody watches the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attendance {
    /// A person does: they are shown how many will be written to.
    Attended,
    /// Nobody does: a schedule, a pipe.
    #[default]
    Unattended,
}

/// Which of the destroying operations may be used at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Powers {
    /// All: a person has started the run.
    #[default]
    All,
    /// Those named (`users.delete`, `hard_delete`): an unattended job.
    Named(Vec<String>),
}

impl Powers {
    /// Whether this operation or parameter may be used.
    pub fn have(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|named| named == name),
        }
    }
}

/// Why somebody is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection<'a> {
    /// The settings name them.
    Named,
    /// They administer this group.
    Administrator(&'a str),
}

/// The rules of one connection.
#[derive(Clone, Debug)]
pub struct Rules {
    /// When it is held.
    pub limits: Limits,
    /// Who is never removed: ids, addresses, [`ADMINISTRATORS`].
    pub protected: Vec<String>,
    /// Who must stand in every roster.
    pub sentinel: Vec<Email>,
    /// Whether somebody watches.
    pub attendance: Attendance,
    /// What may be destroyed.
    pub powers: Powers,
    /// Where the quiet hours are.
    pub zone: TimeZone,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            protected: Vec::new(),
            sentinel: Vec::new(),
            attendance: Attendance::default(),
            powers: Powers::default(),
            zone: TimeZone::UTC,
        }
    }
}

impl Rules {
    /// Whether this person is protected by name. Addresses and ids are compared without case and outer blanks.
    pub fn protect(&self, id: &str, email: Option<&Email>) -> bool {
        let is = |named: &String| {
            let named = named.trim().to_lowercase();
            named == id.trim().to_lowercase() || email.is_some_and(|email| email.key() == named)
        };
        self.protected.iter().any(is)
    }

    /// Why somebody may not be taken out or deleted; `administers` are the groups that they would leave and administer.
    pub fn protection<'a>(
        &self,
        member: &Member,
        administers: impl IntoIterator<Item = &'a str>,
    ) -> Option<Protection<'a>> {
        if self.protect(&member.id, member.email.as_ref()) {
            return Some(Protection::Named);
        }
        let mut administers = administers.into_iter();
        administers.next().filter(|_| self.protect_administrators()).map(Protection::Administrator)
    }

    /// Whether administrators are protected as such.
    pub fn protect_administrators(&self) -> bool {
        self.protected.iter().any(|named| named.trim().eq_ignore_ascii_case(ADMINISTRATORS))
    }
}
