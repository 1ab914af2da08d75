//! What holds for one connection in one run: limits, who is protected, who must be there, whether somebody watches.

use std::path::PathBuf;

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

/// Which of the operations and arguments that delete for good may be used at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Powers {
    /// All: a person has started the run.
    #[default]
    All,
    /// Those that a job's file names: nobody watches.
    Named(Named),
}

/// What a job's file allows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// `users.delete`, `hard_delete`, …
    pub names: Vec<String>,
    /// The file, below the project's folder.
    pub file: PathBuf,
}

impl Powers {
    /// Whether this operation or argument may be used.
    pub fn have(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(named) => named.names.iter().any(|one| one == name),
        }
    }

    /// What is said of a call that needs these, if one of them is not there; `resume` is the command that lets the run go on.
    pub fn refusal(&self, needed: &[String], resume: &str) -> Option<String> {
        let Self::Named(named) = self else { return None };
        let lacking: Vec<&str> = needed.iter().filter(|name| !self.have(name)).map(String::as_str).collect();
        let file = named.file.display();
        (!lacking.is_empty()).then(|| {
            format!(
                "held before it was sent: `{}` is not named in {file}, and a job that nobody watches deletes for good only \
                 what its file names\nif it is meant, write at the top of {file}: {}\nthen go on with: {resume}",
                lacking.join("` and `"),
                named.line(&lacking)
            )
        })
    }
}

impl Named {
    /// The line of the file that allows these besides: `allow = ["users.delete"]`.
    pub fn line(&self, more: &[&str]) -> String {
        let names = self.names.iter().map(String::as_str).chain(more.iter().copied());
        let quoted: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        format!("allow = [{}]", quoted.join(", "))
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
    /// What may be deleted for good.
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
