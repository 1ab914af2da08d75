//! Invitations, the mails that would have gone out, and what is told to webhooks.

use super::queue::Due;
use super::{World, WorldError};
use crate::model::Standing;

/// A mail that a real platform would have sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// When it went out, milliseconds since the epoch.
    pub at_ms: i64,
    /// The address it went to.
    pub to: String,
    /// Whose address that is; 0 where nobody has an account of it.
    pub user: u64,
    /// The address in whose name it was sent.
    pub from: String,
    /// Whose that is.
    pub sender: u64,
    /// The group it is about.
    pub group: u64,
    /// That group's name.
    pub group_name: String,
    /// The operation that caused it: `members.invite`.
    pub operation: String,
}

/// What a webhook is told of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// An account was made.
    Created,
    /// Somebody became a member of a group.
    Joined,
}

/// One delivery to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id; a job's delivery has the job's id.
    pub id: String,
    /// What happened to whom.
    pub notices: Vec<(Topic, u64)>,
}

impl World {
    /// Queues an invitation for each of these who is a member of the group; the others are passed over.
    /// Says how many were queued.
    pub fn invite(
        &mut self,
        group: u64,
        sender: u64,
        recipients: &[u64],
        operation: &str,
    ) -> Result<usize, WorldError> {
        if !self.groups.contains_key(&group) {
            return Err(WorldError::NoGroup(group));
        }
        let accepted = |id| self.user(id).and_then(|user| user.membership(group)).map(|m| m.standing);
        if accepted(sender) != Some(Standing::Accepted) {
            return Err(WorldError::NotMember(sender));
        }
        let mut people: Vec<u64> = Vec::with_capacity(recipients.len());
        let mut seen = std::collections::HashSet::new();
        people.extend(recipients.iter().filter(|id| accepted(**id).is_some() && seen.insert(**id)));
        let at = self.now_ms + self.pace.invite_ms;
        for user in &people {
            self.later(at, Due::Invitation { group, sender, user: *user, operation: operation.to_owned() });
        }
        Ok(people.len())
    }

    /// The mails that have gone out, the oldest first.
    pub fn outbox(&self) -> &[Mail] {
        &self.outbox
    }

    /// Notes a delivery to webhooks.
    pub fn deliver(&mut self, delivery: Delivery) {
        self.deliveries.push(delivery);
    }

    /// Notes what happened outside of any job, as a delivery of its own.
    pub fn tell(&mut self, notices: Vec<(Topic, u64)>) {
        if !notices.is_empty() {
            let id = format!("told-{}", self.deliveries.len() + 1);
            self.deliver(Delivery { id, notices });
        }
    }

    /// All deliveries, the oldest first.
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// A delivery.
    pub fn delivery(&self, id: &str) -> Option<&Delivery> {
        self.deliveries.iter().rev().find(|delivery| delivery.id == id)
    }
}
