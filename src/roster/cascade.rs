//! What follows from removals below: whoever leaves a group leaves all groups under it. Everybody below is a member above,
//! so the group's own rows tell all of it.

use std::collections::HashMap;

use super::{Diff, MemberClass, Present};
use crate::effects::brakes::Leaving;
use crate::model::{Group, Member, Membership, Standing, below};

/// Who leaves which group below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cascade {
    /// Groups below that somebody leaves: id, and how it shrinks, removals of the last days not counted.
    pub below: Vec<(String, Leaving)>,
}

impl Cascade {
    /// Whether anybody who is removed is in another group: only then need the groups be read.
    pub fn may_follow(group: &str, present: &Present, diff: &Diff) -> bool {
        removed(present, diff).any(|member| member.groups.iter().any(|place| place.group != group))
    }

    /// Ids of those who would be removed and administer a group below.
    pub fn administrators(group: &str, groups: &[Group], present: &Present, diff: &Diff) -> Vec<String> {
        let below = below(groups, group);
        let is_below = |place: &&Membership| place.admin && below.iter().any(|group| group.id == place.group);
        let admins = removed(present, diff).filter(|member| member.groups.iter().find(is_below).is_some());
        admins.map(|member| member.id.clone()).collect()
    }

    /// Counts the groups below this one that somebody leaves.
    pub fn of(group: &str, groups: &[Group], present: &Present, diff: &Diff) -> Self {
        let below = below(groups, group);
        let mut counted: HashMap<&str, Leaving> = HashMap::with_capacity(below.len());
        for (member, class) in present.members.iter().zip(&diff.members) {
            if member.standing != Standing::Accepted || *class == MemberClass::Doubled {
                continue;
            }
            let leaves = u64::from(*class == MemberClass::Removed);
            for place in &member.groups {
                let count = counted.entry(place.group.as_str()).or_default();
                let admin = u64::from(place.admin);
                count.members += 1;
                count.admins += admin;
                count.leaving += leaves;
                count.admins_leaving += leaves * admin;
            }
        }
        let left = below.iter().filter_map(|group| {
            let leaving = counted.remove(group.id.as_str()).filter(|leaving| leaving.leaving > 0)?;
            Some((group.id.clone(), Leaving { group: format!("{} ({})", group.id, group.name), ..leaving }))
        });
        Self { below: left.collect() }
    }

    /// The groups below that this member would leave.
    pub fn left_by<'a>(&self, member: &'a Member) -> Vec<&'a str> {
        let is_left = |id: &str| self.below.iter().any(|(below, _)| below == id);
        member.groups.iter().map(|place| place.group.as_str()).filter(|id| is_left(id)).collect()
    }

    /// Each group with how many leave it, for the report.
    pub fn told(&self) -> Vec<(String, u64)> {
        self.below.iter().map(|(_, leaving)| (leaving.group.clone(), leaving.leaving)).collect()
    }
}

fn removed<'a>(present: &'a Present, diff: &'a Diff) -> impl Iterator<Item = &'a Member> {
    let classes = present.members.iter().zip(&diff.members);
    classes.filter(|(_, class)| **class == MemberClass::Removed).map(|(member, _)| member)
}

#[cfg(test)]
#[path = "cascade_tests.rs"]
mod tests;
