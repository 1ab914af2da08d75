//! What some communities know of their people beyond groups: a role, a profile, accounts that are closed or wait for a
//! first sign-in, and invitations that are links.

use std::collections::{BTreeMap, BTreeSet};

use super::{Content, NewUser, User, Values, World, WorldError, mix};

/// The roles that every such community starts with, by their numbers.
pub const ROLES: [(u64, &str); 3] = [(1, "Admin"), (2, "Member"), (3, "Moderator")];
/// The role of whoever nobody gave another one.
const MEMBER: u64 = 2;

/// Roles, profiles, links of one community.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Club {
    profiles: BTreeMap<u64, Profile>,
    /// By address, in lower case.
    pending: BTreeMap<String, Pending>,
    links: BTreeMap<u64, Link>,
}

/// What somebody is and says of themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// The role's number; `None` is the usual one.
    pub role: Option<u64>,
    /// Whether the account is closed.
    pub closed: bool,
    /// Texts by name: `bio`.
    pub texts: Values,
}

/// Somebody whose account begins when they first sign in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pending {
    /// The address as it was written.
    pub email: String,
    /// The full name.
    pub name: String,
    /// The role's number.
    pub role: u64,
    /// Groups that they come into.
    pub groups: Vec<u64>,
}

/// An invitation by which anybody who has it can come in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Link {
    /// Its id.
    pub id: u64,
    /// The role's number.
    pub role: u64,
    /// Groups that whoever follows it comes into.
    pub groups: Vec<u64>,
    /// Addresses that it is for, in lower case.
    pub emails: BTreeSet<String>,
}

impl World {
    /// What somebody is; whoever administers a group at the top is an administrator.
    pub fn profile(&self, user: &User) -> Profile {
        let mut profile = self.club.profiles.get(&user.id).cloned().unwrap_or_default();
        let leads = |group: u64| self.group(group).is_some_and(|group| group.parent.is_none());
        let admin = user.groups.iter().any(|place| place.admin && leads(place.group));
        profile.role = profile.role.or(Some(if admin { 1 } else { MEMBER }));
        profile
    }

    /// Whether the account is open.
    pub fn is_open(&self, user: u64) -> bool {
        self.club.profiles.get(&user).is_none_or(|profile| !profile.closed)
    }

    /// Closes an account, or opens it again; says whether that changed anything.
    pub fn set_closed(&mut self, user: u64, closed: bool) -> bool {
        let profile = self.club.profiles.entry(user).or_default();
        std::mem::replace(&mut profile.closed, closed) != closed
    }

    /// Gives somebody a role.
    pub fn set_role(&mut self, user: u64, role: u64) {
        self.club.profiles.entry(user).or_default().role = Some(role);
    }

    /// Sets texts of a profile; an empty one clears.
    pub fn set_texts(&mut self, user: u64, texts: Values) {
        self.club.profiles.entry(user).or_default().texts.extend(texts);
    }

    /// Makes an account with a full name.
    pub fn create_named(&mut self, email: &str, name: &str) -> Result<u64, WorldError> {
        let mut values = Values::new();
        names(name, &mut values);
        self.create_user(NewUser { email: email.to_owned(), values, registered: false }, None)
    }

    /// Changes a full name.
    pub fn rename(&mut self, user: u64, name: &str) -> Result<(), WorldError> {
        let mut values = Values::new();
        names(name, &mut values);
        self.change_user(user, &values, None)
    }

    /// Lets somebody wait for their first sign-in; asked for again, it is changed.
    pub fn expect_user(&mut self, pending: Pending) {
        self.club.pending.insert(pending.email.trim().to_lowercase(), pending);
    }

    /// Whoever waits for their first sign-in, by address.
    pub fn pending_users(&self) -> impl Iterator<Item = &Pending> {
        self.club.pending.values()
    }

    /// For tests: somebody who waited signs in.
    pub fn first_sign_in(&mut self, email: &str) -> Option<u64> {
        let pending = self.club.pending.remove(&email.trim().to_lowercase())?;
        let id = self.create_named(&pending.email, &pending.name).ok()?;
        self.set_role(id, pending.role);
        for group in pending.groups {
            // A group that is gone meanwhile is nobody's any more.
            let _ = self.join(id, group);
        }
        Some(id)
    }

    /// Makes a link.
    pub fn create_link(&mut self, role: u64, groups: Vec<u64>) -> &Link {
        let id = self.club.links.keys().next_back().map_or(1, |last| last + 1);
        self.club.links.entry(id).or_insert(Link { id, role, groups, emails: BTreeSet::new() })
    }

    /// The links, the oldest first.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.club.links.values()
    }

    /// Puts addresses on a link, and writes to them where that is asked for; `None` without such a link.
    pub fn address_link(&mut self, id: u64, emails: &[String], mail: Option<&str>) -> Option<()> {
        let link = self.club.links.get_mut(&id)?;
        link.emails.extend(emails.iter().map(|email| email.trim().to_lowercase()));
        let group = link.groups.first().copied().unwrap_or(0);
        for email in emails.iter().filter(|_| mail.is_some()) {
            self.write_to(group, email, 0, mail.unwrap_or_default());
        }
        Some(())
    }

    /// The six signs of a link's own address.
    pub fn code_of(link: u64) -> String {
        const SIGNS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let number = mix(link ^ 0x11AB);
        (0..6).map(|place| char::from(SIGNS[(number >> (place * 5)) as usize % 32])).collect()
    }

    /// Deletes a group that has none below it; its members stay in the community.
    pub fn delete_group(&mut self, id: u64) -> Result<(), WorldError> {
        if !self.groups.contains_key(&id) || !self.descendants(id).is_empty() {
            return Err(WorldError::NoGroup(id));
        }
        let members: Vec<u64> = self.members_from(id, 0).map(|user| user.id).collect();
        for user in members {
            self.leave(user, id, Content::Keep);
        }
        if let Some(group) = self.groups.remove(&id) {
            self.group_names.remove(&group.name.trim().to_lowercase());
        }
        Ok(())
    }
}

/// The first word of a full name, and the rest.
fn names(full: &str, values: &mut Values) {
    let full = full.trim();
    let (first, last) = full.split_once(' ').unwrap_or((full, ""));
    values.insert("first_name".into(), first.into());
    values.insert("last_name".into(), last.trim().into());
}
