//! Invitations to addresses that have no account yet: they wait until somebody makes one, or are taken back.

use super::{World, WorldError};
use crate::model::Email;

/// An invitation that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: u64,
    /// The group it is for.
    pub group: u64,
    /// The address it went to.
    pub email: String,
    /// First name, as whoever invited wrote it.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The role that is waiting for them, by the platform's number.
    pub role: i64,
    /// When it was made, milliseconds since the epoch.
    pub created_ms: i64,
    /// Who invited.
    pub author: u64,
}

/// Somebody who shall be invited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invitee {
    /// The address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// What an import makes of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has the address: is written to, and an invitation waits.
    New,
    /// Is in the group: nothing happens.
    Member,
    /// Has an account and is not in the group: is written to.
    Account,
    /// Not an address: nothing happens.
    Invalid,
}

impl World {
    /// An invitation that waits.
    pub fn invitation(&self, id: u64) -> Option<&Invitation> {
        self.invitations.get(&id)
    }

    /// The invitations to a group, the newest first.
    pub fn invitations_of(&self, group: u64) -> impl Iterator<Item = &Invitation> {
        self.invitations.values().rev().filter(move |invitation| invitation.group == group)
    }

    /// What an import would make of an address.
    pub fn standing(&self, group: u64, email: &str) -> Standing {
        if Email::parse(email).is_err() {
            return Standing::Invalid;
        }
        match self.user_by_email(email) {
            None => Standing::New,
            Some(user) if user.membership(group).is_some() => Standing::Member,
            Some(_) => Standing::Account,
        }
    }

    /// Writes to somebody about a group, and keeps an invitation where there is no account: one for each address and group,
    /// also when it is asked for again.
    pub fn import(
        &mut self,
        group: u64,
        invitee: &Invitee,
        role: i64,
        author: u64,
        operation: &str,
    ) -> Result<Standing, WorldError> {
        if self.group(group).is_none() {
            return Err(WorldError::NoGroup(group));
        }
        let standing = self.standing(group, &invitee.email);
        if matches!(standing, Standing::New | Standing::Account) {
            self.write_to(group, &invitee.email, author, operation);
        }
        let key = |email: &str| email.trim().to_lowercase();
        let waits = self.invitations_of(group).any(|known| key(&known.email) == key(&invitee.email));
        if standing == Standing::New && !waits {
            self.invite_stranger(group, invitee, role, author, self.now_ms);
        }
        Ok(standing)
    }

    /// For a seed as well: an invitation that waits, without a mail.
    pub fn invite_stranger(&mut self, group: u64, invitee: &Invitee, role: i64, author: u64, created_ms: i64) -> u64 {
        self.invited += 1;
        let id = self.invited;
        let Invitee { email, first_name, last_name } = invitee.clone();
        let email = email.trim().to_owned();
        let invitation = Invitation { id, group, email, first_name, last_name, role, created_ms, author };
        self.invitations.insert(id, invitation);
        id
    }

    /// Writes to an invited address once more. Nothing that can be read changes.
    pub fn remind(&mut self, id: u64, author: u64, operation: &str) -> Option<Invitation> {
        let invitation = self.invitations.get(&id)?.clone();
        self.write_to(invitation.group, &invitation.email, author, operation);
        Some(invitation)
    }

    /// Takes an invitation back.
    pub fn withdraw(&mut self, id: u64) -> Option<Invitation> {
        self.invitations.remove(&id)
    }

    pub(super) fn write_to(&mut self, group: u64, email: &str, sender: u64, operation: &str) {
        let user = self.user_by_email(email).map_or(0, |user| user.id);
        self.post(group, (user, email.trim().to_owned()), sender, operation);
    }
}
