//! Invitations, one a person: whoever comes into several groups is written to about the lowest of them. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::Map;

use super::prepare::{Prepared, comes_by_itself, invites};
use super::{Carried, Wish};
use crate::catalog::Call;
use crate::client::Client;
use crate::model::{Member, Person};

/// Who is not written to about a group, by its id at the source: they are about one below it, or were invited before.
pub(super) fn elsewhere(prepared: &Prepared) -> HashMap<String, BTreeSet<String>> {
    let asked = members(prepared).filter(|member| member.invited_at.is_some());
    let mut told: HashSet<String> = asked.filter_map(key).collect();
    let mut not: HashMap<String, BTreeSet<String>> = HashMap::new();
    for place in prepared.places.iter().rev().filter(|place| place.moves()) {
        for one in prepared.people.get(&place.group.id).into_iter().flatten() {
            let key = one.email.key().to_owned();
            if !told.insert(key.clone()) {
                not.entry(place.group.id.clone()).or_default().insert(key);
            }
        }
    }
    not
}

/// How many mails there would be at most: of whoever is in none of the groups nobody knows whether they have signed in.
pub(super) fn foreseen(to: &Client, prepared: &Prepared, wish: &Wish) -> usize {
    let people = prepared.people.values().flatten();
    if to.platform().adapter.call_in(to.connection(), "", &[], &Map::new()).is_some() {
        // There, each group is one that people are invited into.
        return people.count();
    }
    if !wish.invite || comes_by_itself(to) || invites(to, wish).is_err() {
        return 0;
    }
    let known = members(prepared).filter(|member| member.invited_at.is_some() || member.registered == Some(true));
    let known: HashSet<String> = known.filter_map(key).collect();
    let asked: HashSet<&str> = people.map(|one| one.email.key()).filter(|key| !known.contains(*key)).collect();
    asked.len()
}

/// The call that writes to people, where nobody comes in unasked.
pub(super) fn calling_in(to: &Client, group: &str, people: &[Carried], wish: &Wish) -> Option<Call> {
    let person = |one: &Carried| Person { email: one.email.clone(), fields: one.fields.clone(), line: 0 };
    let people: Vec<Person> = people.iter().map(person).collect();
    let none = Map::new();
    to.platform().adapter.call_in(to.connection(), group, &people, wish.letter.as_ref().unwrap_or(&none))
}

fn members(prepared: &Prepared) -> impl Iterator<Item = &Member> {
    prepared.present.values().flatten()
}

fn key(member: &Member) -> Option<String> {
    member.email.as_ref().map(|email| email.key().to_owned())
}
