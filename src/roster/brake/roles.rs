//! Who would get an administrator's power by a call and does not have it yet.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::people::person;
use crate::catalog::{Call, Grant};
use crate::client::{Client, Error};
use crate::model::Placeholder;
use crate::plan::Draft;

/// Whom this run has given power, or not, each asked for once.
#[derive(Default)]
pub(super) struct Powers {
    /// Whether it was new to them.
    asked: HashMap<(String, Option<String>), bool>,
    /// Addresses of those whom calls name by id.
    addresses: HashMap<String, String>,
    /// Who is put in charge of a group that a plan makes, by the group's placeholder: judged where it is made.
    in_charge: HashSet<(String, String)>,
}

impl Powers {
    /// Where these people are in charge of groups that a plan makes.
    pub(super) fn with_in_charge(in_charge: HashSet<(String, String)>) -> Self {
        Self { in_charge, ..Self::default() }
    }

    /// Whom this run gives a power that they had not, this call included; nobody where this call gives none. Whoever administers the group above
    /// has the power over all below it already.
    pub(super) async fn granted(&mut self, client: &Client, call: &Call) -> Result<Vec<String>, Error> {
        let grants = call.grants();
        let mut is_new = false;
        for piece in grants.first().map(|_| call.pieces()).unwrap_or_default() {
            let named = piece.subjects.iter().enumerate();
            let named = named.filter_map(|(place, (subject, _))| Some((subject.key.clone(), piece.address(place)?)));
            self.addresses.extend(named);
        }
        for Grant { person, group } in grants {
            let key = (person.to_lowercase(), group);
            let new = match self.asked.get(&key) {
                Some(new) => *new,
                None => {
                    let planned = key.1.as_ref().is_some_and(|group| self.is_in_charge(client, group, &key.0));
                    let new = !planned && !administers(client, key.1.as_deref(), &key.0).await?;
                    self.asked.insert(key, new);
                    new
                }
            };
            is_new |= new;
        }
        if !is_new {
            return Ok(Vec::new());
        }
        let name = |person: &String| self.addresses.get(person).unwrap_or(person).clone();
        let new = self.asked.iter().filter(|(_, new)| **new).map(|((person, _), _)| name(person));
        let people: BTreeSet<String> = new.collect();
        Ok(people.into_iter().collect())
    }

    /// Whether somebody administers a group that is only planned.
    fn is_in_charge(&self, client: &Client, group: &str, person: &str) -> bool {
        let planned = |draft: &Draft| draft.with(client.account(), |overlay| overlay.is_in_charge(group, person));
        client.draft().is_some_and(planned) || self.in_charge.contains(&(group.to_owned(), person.to_owned()))
    }
}

/// Whether somebody administers this group, or any where none is meant.
async fn administers(client: &Client, group: Option<&str>, key: &str) -> Result<bool, Error> {
    if client.draft().is_none() && Placeholder::is_in(key) {
        // A plan makes them.
        return Ok(false);
    }
    let found = person(client, None, key).await?;
    Ok(found.is_some_and(|member| {
        member.groups.iter().any(|place| place.admin && group.is_none_or(|group| group == place.group))
    }))
}
