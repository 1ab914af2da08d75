//! What a sync has read of people, as the ledger's intents keep it.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::catalog::Adapter;
use crate::model::{Change, Member};
use crate::roster::members::lost_with_it;
use crate::roster::{Cascade, Diff, Present};

/// What the platform held before a change, by the keys under which the changes' calls may know people: a look-up tells by
/// it whether somebody else changed it meanwhile, and undo what to go back to. Of a removal, also which groups below
/// somebody leaves with it.
pub(super) fn before(
    adapter: &dyn Adapter,
    present: &Present,
    difference: &Diff,
    cascade: &Cascade,
) -> HashMap<String, Value> {
    let of_membership = adapter.of_membership();
    let waiting: HashMap<&str, &str> = present
        .members
        .iter()
        .filter_map(|member| Some((member.email.as_ref()?.key(), member.standing.word()?)))
        .collect();
    let mut known: HashMap<String, Value> = HashMap::with_capacity(difference.changes.len());
    for change in &difference.changes {
        match change {
            Change::Add(person) => {
                let standing = waiting.get(person.email.key());
                let kept = json!({ "member": false, "standing": standing, "email": person.email.as_str() });
                known.insert(person.email.key().to_owned(), kept);
            }
            Change::Update { member, fields } => {
                let held = adapter.overwritten(member, fields);
                let kept = json!({ "member": true, "fields": held.clone(), "email": address(member) });
                let keys = member.email.as_ref().map(|email| email.key().to_owned()).into_iter();
                for key in keys.chain([member.id.clone()]) {
                    // Who is added by the same sync was no member before.
                    let entry = known.entry(key).or_insert_with(|| kept.clone());
                    entry["fields"] = Value::Object(held.clone());
                }
            }
            Change::Remove(member) => {
                let leaves = cascade.left_by(member);
                let mut kept = json!({
                    "member": true, "email": address(member), "admin": member.admin, "leaves": leaves,
                });
                if !of_membership.is_empty() {
                    kept["fields"] = lost_with_it(member, of_membership);
                }
                known.extend(member.email.as_ref().map(|email| (email.key().to_owned(), kept.clone())));
                known.insert(member.id.clone(), kept);
            }
        }
    }
    known
}

fn address(member: &Member) -> Option<&str> {
    member.email.as_ref().map(|email| email.as_str())
}

/// The platform's own record of a member's invitation, as an intent keeps it.
pub(super) fn record(member: &Member) -> Value {
    json!({ "invited_at": member.invited_at, "email": member.email.as_ref().map(|email| email.as_str()) })
}
