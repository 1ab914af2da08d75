//! Who is in which group, and what follows above and below: a group always contains the members of those below it.

use super::{User, World, WorldError};
use crate::model::Standing;

/// Somebody's place in one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The group.
    pub group: u64,
    /// Whether they administer it.
    pub admin: bool,
    /// Their standing.
    pub standing: Standing,
    /// Roles beside it, as the platform numbers them.
    pub roles: Vec<u8>,
    /// When they were last invited into it, milliseconds since the epoch.
    pub invited_ms: Option<i64>,
    pub(super) arrival: u64,
}

/// What becomes of what somebody wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// It stays.
    Keep,
    /// It is destroyed.
    Destroy,
}

impl World {
    /// The members of a group from this place on, in the order of joining, those that are pending or declined among them.
    pub fn members_from(&self, group: u64, offset: usize) -> impl Iterator<Item = &User> {
        self.groups
            .get(&group)
            .into_iter()
            .flat_map(move |group| group.members.from(offset))
            .filter_map(|id| self.user(id))
    }

    /// Puts somebody into a group and all groups above it; a pending or declined membership becomes an accepted one.
    /// Says whether that changed anything in the group itself.
    pub fn join(&mut self, user: u64, group: u64) -> Result<bool, WorldError> {
        if !self.groups.contains_key(&group) {
            return Err(WorldError::NoGroup(group));
        }
        let mut line = vec![group];
        line.extend(self.ancestors(group));
        let mut changed = false;
        for id in line {
            let new = self.enter(user, id, Standing::Accepted)?;
            changed |= new && id == group;
        }
        Ok(changed)
    }

    /// For a seed: puts somebody into this group alone, with this standing.
    pub fn enter(&mut self, user: u64, group: u64, standing: Standing) -> Result<bool, WorldError> {
        let Some(person) = self.users.get_mut(&user) else { return Err(WorldError::NoUser(user)) };
        let Some(group) = self.groups.get_mut(&group) else { return Err(WorldError::NoGroup(group)) };
        if let Some(membership) = person.groups.iter_mut().find(|membership| membership.group == group.id) {
            let changed = membership.standing != standing;
            membership.standing = standing;
            return Ok(changed);
        }
        let arrival = group.members.push(user);
        let (group, roles) = (group.id, Vec::new());
        person.groups.push(Membership { group, admin: false, standing, roles, invited_ms: None, arrival });
        Ok(true)
    }

    /// Takes somebody out of a group and all groups below it. Says whether they were in the group.
    pub fn leave(&mut self, user: u64, group: u64, content: Content) -> bool {
        if self.user(user).and_then(|user| user.membership(group)).is_none() {
            return false;
        }
        let mut line = vec![group];
        line.extend(self.descendants(group));
        if let Some(person) = self.users.get_mut(&user) {
            for membership in person.groups.extract_if(.., |membership| line.contains(&membership.group)) {
                if let Some(group) = self.groups.get_mut(&membership.group) {
                    group.members.remove(membership.arrival);
                }
            }
        }
        if content == Content::Destroy {
            self.activities.forget(user, Some(&line));
        }
        true
    }

    /// Makes a member an administrator.
    pub fn set_admin(&mut self, user: u64, group: u64) {
        if let Some(membership) = self.membership_mut(user, group) {
            membership.admin = true;
        }
    }

    /// Notes when a member was last invited.
    pub fn set_invited(&mut self, user: u64, group: u64, at_ms: i64) {
        if let Some(membership) = self.membership_mut(user, group) {
            membership.invited_ms = Some(at_ms);
        }
    }

    pub(super) fn membership_mut(&mut self, user: u64, group: u64) -> Option<&mut Membership> {
        self.users.get_mut(&user)?.groups.iter_mut().find(|membership| membership.group == group)
    }
}
