//! What a sync is asked to do.

use std::collections::BTreeSet;

use super::{Mapping, Options};
use crate::effects::brakes::Rules;
use crate::model::Email;
use crate::settings::{Limits, Partial};

/// What a sync is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// How rows and members are compared.
    pub compare: Options,
    /// Which column means what, where their names do not say it.
    pub columns: Mapping,
    /// Whether to invite whoever never was.
    pub invite: Invite,
    /// Who is not invited by this, by address in small letters: they are written to about another group.
    pub unasked: BTreeSet<String>,
    /// The campaign of the invitations; `None` is the one that everybody gets once.
    pub again: Option<String>,
    /// Limits of this sync, laid over the connection's.
    pub limits: Partial,
    /// Who must stand in this roster, in place of whom the connection names.
    pub sentinel: Option<Vec<Email>>,
    /// What becomes of people who have no account, where only accounts can be in a group.
    pub strangers: Strangers,
}

/// Whether invitations are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Invite {
    /// No.
    #[default]
    Nobody,
    /// Members of the roster who never signed in and never were invited.
    New,
}

impl Wish {
    /// What these limits and this wish allow beyond the settings.
    pub(super) fn loosened(&self, rules: &Rules, limits: &Limits) -> Vec<String> {
        let mut loosened = rules.limits.loosened(limits);
        let asked = self.sentinel.as_ref().unwrap_or(&rules.sentinel);
        let waived = rules.sentinel.iter().filter(|email| !asked.contains(email));
        loosened.extend(waived.map(|email| format!("the sentinel {email} is not asked for")));
        loosened
    }
}

/// What becomes of people who have no account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Strangers {
    /// Nobody has said: if there are any, nothing is done.
    #[default]
    Ask,
    /// They are left out.
    Leave,
    /// They are made pending users with this role.
    Pending {
        /// The role, by id or by name.
        role: String,
    },
}
