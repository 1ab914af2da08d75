//! Roles in a group, beside being its administrator: small numbers whose meaning is the platform's.

use super::{World, WorldError};
use crate::model::Standing;

impl World {
    /// Puts somebody into this group alone, whatever lies above it, with exactly these roles. Says whether they are new in it.
    pub fn enter_with(&mut self, user: u64, group: u64, admin: bool, roles: &[u8]) -> Result<bool, WorldError> {
        let new = self.user(user).and_then(|user| user.membership(group)).is_none();
        self.enter(user, group, Standing::Accepted)?;
        if let Some(membership) = self.membership_mut(user, group) {
            membership.admin = admin;
            membership.roles = roles.to_vec();
        }
        Ok(new)
    }

    /// Takes somebody out of this group alone, whatever lies below it. Says whether they were in it.
    pub fn exit(&mut self, user: u64, group: u64) -> bool {
        let Some(person) = self.users.get_mut(&user) else { return false };
        let gone: Vec<_> = person.groups.extract_if(.., |membership| membership.group == group).collect();
        for membership in &gone {
            if let Some(group) = self.groups.get_mut(&membership.group) {
                group.members.remove(membership.arrival);
            }
        }
        !gone.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{NewGroup, NewUser, Values};

    #[test]
    fn roles_are_of_one_group_and_leave_those_above_and_below_alone() {
        let mut world = World::new(1, 0, 100, 1);
        world.create_group(NewGroup { name: "top".into(), ..NewGroup::default() }).unwrap();
        world.create_group(NewGroup { name: "below".into(), parent: Some(1), ..NewGroup::default() }).unwrap();
        let new = NewUser { email: "a@b.example".into(), values: Values::new(), registered: true };
        let user = world.create_user(new, None).unwrap();
        assert_eq!(world.enter_with(user, 2, true, &[4]), Ok(true));
        assert!(world.user(user).unwrap().membership(1).is_none(), "not above");
        assert_eq!(world.enter_with(user, 1, false, &[]), Ok(true));
        assert_eq!(world.enter_with(user, 2, false, &[5, 4]), Ok(false));
        let below = world.user(user).unwrap().membership(2).unwrap();
        assert_eq!((below.admin, below.roles.as_slice()), (false, &[5, 4][..]));
        assert!(world.exit(user, 1) && !world.exit(user, 1));
        assert!(world.user(user).unwrap().membership(2).is_some(), "not below");
        assert_eq!((world.members_from(1, 0).count(), world.members_from(2, 0).count()), (0, 1));
        assert_eq!(world.enter_with(user, 9, false, &[]), Err(WorldError::NoGroup(9)));
    }
}
