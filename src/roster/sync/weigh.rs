//! What a sync would do, weighed before its first change: who is protected, what follows below, whom it would write to.

use std::collections::{BTreeSet, HashSet};

use super::{Flow, Invite};
use crate::client::Error;
use crate::model::{Change, Email};
use crate::roster::{Cascade, Diff, Present, brake, diff};

impl Flow<'_> {
    /// What differs, and what follows below. Whoever administers a group below is protected as administrators are.
    pub(super) async fn difference(&self, present: &Present) -> Result<(Diff, Cascade), Error> {
        let difference = diff(&self.wanted, present, &self.compare);
        if !Cascade::may_follow(self.group, present, &difference) {
            return Ok((difference, Cascade::default()));
        }
        let groups = brake::groups(self.client).await?;
        let admins = Cascade::administrators(self.group, &groups, present, &difference);
        let difference = match admins.is_empty() {
            true => difference,
            false => {
                let mut compare = self.compare.clone();
                compare.protected.extend(admins);
                diff(&self.wanted, present, &compare)
            }
        };
        let cascade = Cascade::of(self.group, &groups, present, &difference);
        Ok((difference, cascade))
    }

    /// Holds everything against the brakes, before the first change.
    pub(super) async fn check(&self, present: &Present, difference: &Diff, cascade: &Cascade) -> Result<(), Error> {
        let adapter = self.client.platform().adapter;
        let list = adapter.members(self.client.connection(), self.group);
        let list = list.map_err(|why| Error::unsupported(self.client, &why))?;
        let sentinel = self.wish.sentinel.as_ref().unwrap_or(&self.client.rules().sentinel);
        let named: HashSet<&str> = self.wanted.people.iter().map(|person| person.email.key()).collect();
        let missing = sentinel.iter().filter(|email| !named.contains(email.key()));
        let asked = brake::Asked {
            group: self.group,
            figures: &difference.figures,
            below: cascade.below.clone(),
            missing: missing.map(|email| email.as_str().to_owned()).collect(),
            invitations: self.invitations(present, difference).await?,
            roles: self.powers(difference).await?,
        };
        brake::check(self.client, &list, asked, &self.limits).await
    }

    /// How many would be invited after the changes, at most; `None` where nobody is to be.
    async fn invitations(&self, present: &Present, difference: &Diff) -> Result<Option<u64>, Error> {
        if self.wish.invite == Invite::Nobody {
            return Ok(None);
        }
        let arriving: Vec<&Email> = difference
            .changes
            .iter()
            .filter_map(|change| match change {
                Change::Add(person) if self.wish.unasked.contains(person.email.key()) => None,
                Change::Add(person) => Some(&person.email),
                _ => None,
            })
            .collect();
        let told = (self.wish.compare.sender.as_deref(), self.wish.again.as_deref());
        let invited = self.invited(present);
        brake::invitations(self.client, self.group, (&invited, &arriving), told).await.map(Some)
    }

    /// Who would get an administrator's or moderator's power.
    async fn powers(&self, difference: &Diff) -> Result<Vec<String>, Error> {
        let calls = self.client.platform().adapter.calls(self.client.connection(), self.group, &difference.changes);
        let calls = calls.map_err(|why| Error::unsupported(self.client, &why))?;
        let mut people = BTreeSet::new();
        for call in calls.iter().filter(|call| call.may_empower()) {
            // A call that cannot be made whole is refused when its turn comes, and gives nobody anything.
            let Ok(whole) = self.client.completed(call).await else { continue };
            people.extend(whole.grants().into_iter().map(|grant| match whole.args.text("email") {
                "" => grant.person,
                email => email.to_owned(),
            }));
        }
        Ok(people.into_iter().collect())
    }

    /// What the call allows beyond the settings.
    pub(super) fn loosened(&self) -> Vec<String> {
        self.wish.loosened(self.client.rules(), &self.limits)
    }
}
