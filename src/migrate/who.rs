//! Who is who on both sides, as a migration finds it out. Its one rule: what is the same as before is neither read nor
//! written once more; a plan only notes it, and whoever applies the plan keeps it.

use std::collections::HashMap;

use super::{Carried, PERSON, side};
use crate::client::{Client, Error};
use crate::effects::Identities;
use crate::model::Member;
use crate::plan::{Draft, Meeting};

/// A row of the map: its kind, the source's id, the target's.
pub(super) type Row = (String, String, String);

/// The map of two accounts while a migration runs.
pub(super) struct Who<'a> {
    from: &'a Client,
    to: &'a Client,
    known: Identities,
}

impl<'a> Who<'a> {
    pub fn new(from: &'a Client, to: &'a Client, known: Identities) -> Self {
        Self { from, to, known }
    }

    /// Keeps what is new of this kind; a plan notes it.
    pub async fn learn(&mut self, kind: &str, found: Vec<(String, String)>) -> Result<(), Error> {
        if let Some(draft) = self.to.draft() {
            self.note(draft, kind, None, found);
            return Ok(());
        }
        let found = found.into_iter().map(|(one, other)| (kind.to_owned(), one, other));
        let new: Vec<Row> = found.filter(|(kind, one, other)| self.known.learn(kind, one, other)).collect();
        let kept = self.to.ledger().keep_identities(self.from.account(), self.to.account(), &new).await;
        kept.map_err(|error| Error::of_ledger(self.to, error))
    }

    /// Finds out who these people are in a group of the other side. `present`: who was in it before; it is read again
    /// only where that does not show all of them.
    pub async fn meet(&mut self, group: &str, people: &[Carried], present: Option<&[Member]>) -> Result<(), Error> {
        if let Some(draft) = self.to.draft() {
            let who = people.iter().map(|one| (one.id.clone(), one.email.key().to_owned())).collect();
            self.note(draft, PERSON, Some(group), who);
            return Ok(());
        }
        let people: Vec<(String, String)> =
            people.iter().map(|one| (one.id.clone(), one.email.key().to_owned())).collect();
        let mut found = matched(&people, present.unwrap_or_default());
        if found.len() < people.len()
            && let Ok(members) = side::members(self.to, group).await?
        {
            found = matched(&people, &members);
        }
        self.learn(PERSON, found).await
    }

    fn note(&self, draft: &Draft, kind: &str, group: Option<&str>, who: Vec<(String, String)>) {
        // What the map says already needs no look when the plan is applied.
        let is_new = |(one, other): &(String, String)| match self.known.of(kind, one) {
            Some(known) => !known.by_hand && kind != PERSON && known.target != *other,
            None => true,
        };
        let who: Vec<(String, String)> = who.into_iter().filter(is_new).collect();
        draft.use_account(self.to.connection(), self.to.platform().name, self.to.account());
        draft.meet(Meeting {
            from: self.from.account().to_owned(),
            connection: self.to.connection().to_owned(),
            kind: kind.to_owned(),
            group: group.map(str::to_owned),
            who,
        });
    }
}

/// Keeps who is who as an applied plan has noted it. `group`: where people are found by now; of groups, `who` names the
/// target's ids.
pub async fn found(client: &Client, meeting: &Meeting, group: Option<&str>) -> Result<(), Error> {
    let failed = |error| Error::of_ledger(client, error);
    let found = match group {
        None => meeting.who.clone(),
        Some(group) => match side::members(client, group).await? {
            Ok(members) => matched(&meeting.who, &members),
            Err(_) => return Ok(()),
        },
    };
    let mut known = client.ledger().identities(&meeting.from, client.account()).await.map_err(failed)?;
    let found = found.into_iter().map(|(one, other)| (meeting.kind.clone(), one, other));
    let new: Vec<Row> = found.filter(|(kind, one, other)| known.learn(kind, one, other)).collect();
    client.ledger().keep_identities(&meeting.from, client.account(), &new).await.map_err(failed)
}

/// The target's ids of those people whose address one of these members has.
fn matched(people: &[(String, String)], members: &[Member]) -> Vec<(String, String)> {
    let by_address: HashMap<&str, &str> =
        members.iter().filter_map(|member| Some((member.email.as_ref()?.key(), member.id.as_str()))).collect();
    let met = |(one, address): &(String, String)| Some((one.clone(), (*by_address.get(address.as_str())?).to_owned()));
    people.iter().filter_map(met).collect()
}
