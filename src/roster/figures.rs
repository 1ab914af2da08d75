//! The numbers by which the brakes judge; what is too much is decided there.

use super::{Diff, MemberClass, Present, RowClass, Wanted};
use crate::model::{Change, Standing};

/// How much a diff would do, and to how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Different people in the roster.
    pub wanted: usize,
    /// Members of the group (those who wait or declined not counted).
    pub present: usize,
    /// People who are in the roster and known to the group, in whatever standing.
    pub overlap: usize,
    /// People who would be added, those who are let in among them.
    pub adds: usize,
    /// People who would be let in.
    pub accepts: usize,
    /// People whose fields would be changed.
    pub changes: usize,
    /// People who would lose a value: another one in its place, or none; also by being let in. Filling what was empty
    /// is no loss.
    pub overwrites: usize,
    /// People who would be removed.
    pub removals: usize,
    /// Members afterwards.
    pub left: usize,
    /// Administrators now.
    pub admins: usize,
    /// Administrators afterwards.
    pub admins_left: usize,
}

impl Figures {
    pub(super) fn of(wanted: &Wanted, present: &Present, diff: &Diff) -> Self {
        let mut figures = Self { wanted: wanted.people.len(), ..Self::default() };
        for (member, class) in present.members.iter().zip(&diff.members) {
            if member.standing != Standing::Accepted || *class == MemberClass::Doubled {
                continue;
            }
            let stays = usize::from(*class != MemberClass::Removed);
            figures.present += 1;
            figures.left += stays;
            if member.admin {
                figures.admins += 1;
                figures.admins_left += stays;
            }
        }
        for change in &diff.changes {
            match change {
                Change::Add(_) => figures.adds += 1,
                Change::Remove(_) => figures.removals += 1,
                // Counted by rows: letting somebody in can take two steps.
                Change::Update { .. } => {}
            }
        }
        figures.left += figures.adds;
        figures.accepts = diff.count(RowClass::Accepts);
        figures.changes = diff.count(RowClass::Changed);
        figures.overlap = diff.overlap;
        figures.overwrites = diff.overwrites;
        figures
    }
}
