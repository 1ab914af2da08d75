//! What came to light on the way: who was refused, whom a call passed over, what is not as wanted after all. Pure.

use std::collections::HashMap;

use super::{Carried, MovedGroup, Unmapped, Welcomed};

use crate::model::Group;

/// So begins why somebody is not written to who was written to before.
const ASKED: &str = "invited on ";

/// Groups that were not made.
pub(super) fn unmade(groups: &[(Group, String)]) -> Vec<Unmapped> {
    let row = |(group, why): &(Group, String)| Unmapped {
        kind: "group",
        id: group.id.clone(),
        name: group.name.clone(),
        what: group.name.clone(),
        why: why.clone(),
    };
    groups.iter().map(row).collect()
}

/// Who could not be let in.
pub(super) fn unwelcome(welcomed: &Welcomed) -> Vec<Unmapped> {
    let row = |(id, who, why): &(String, String, String)| Unmapped {
        kind: "person",
        id: id.clone(),
        name: who.clone(),
        what: "their account".to_owned(),
        why: why.clone(),
    };
    welcomed.failed.iter().chain(&welcomed.in_doubt).map(row).collect()
}

/// Who did not come into a group as they should have.
pub(super) fn of(group: &MovedGroup, people: &HashMap<String, Vec<Carried>>) -> Vec<Unmapped> {
    let Some(synced) = &group.synced else { return Vec::new() };
    let people = people.get(&group.group.id).map(Vec::as_slice).unwrap_or_default();
    let ids: HashMap<&str, &str> = people.iter().map(|one| (one.email.key(), one.id.as_str())).collect();
    let row = |kind, who: &str, what: String, why: &str| {
        let id = ids.get(who.trim().to_lowercase().as_str()).copied().unwrap_or_default().to_owned();
        Unmapped { kind, id, name: who.to_owned(), what, why: why.to_owned() }
    };
    let name = &group.group.name;
    let refused = synced.rejected.iter().map(|rejected| {
        let who = rejected.cells.first().map(String::as_str).unwrap_or_default();
        row("membership", who, format!("in {name}"), &rejected.reason)
    });
    let failed = synced.failed.iter().map(|(who, why)| row("membership", who, format!("in {name}"), why));
    // Whoever was refused is not told a second time.
    let known = |left: &&String| !synced.failed.iter().any(|(who, _)| left.split(' ').next() == Some(who));
    let left = synced.left.iter().filter(known).map(|left| row("membership", "", format!("in {name}"), left));
    let unasked = synced
        .not_invited
        .iter()
        .filter(|(_, why)| !why.starts_with(ASKED))
        .map(|(who, why)| row("invitation", who, format!("into {name}"), why));
    refused.chain(failed).chain(left).chain(unasked).collect()
}
