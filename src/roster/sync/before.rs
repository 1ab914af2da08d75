//! What a sync has read of people, as the ledger's intents keep it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::model::{Change, Member};
use crate::roster::members::lost_with_it;
use crate::roster::{Cascade, Diff, Present};

/// What the platform held before a change: a look-up tells by it whether somebody else changed it meanwhile, and undo
/// what to go back to. Of a removal, also which groups below somebody leaves with it.
pub(super) fn before(
    present: &Present,
    difference: &Diff,
    cascade: &Cascade,
    of_membership: &[&str],
) -> HashMap<String, Value> {
    let waiting: HashMap<&str, &str> = present
        .members
        .iter()
        .filter_map(|member| Some((member.email.as_ref()?.key(), member.standing.word()?)))
        .collect();
    let mut known = HashMap::with_capacity(difference.changes.len());
    for change in &difference.changes {
        match change {
            Change::Add(person) => {
                let standing = waiting.get(person.email.key());
                let kept = json!({ "member": false, "standing": standing, "email": person.email.as_str() });
                known.insert(person.email.key().to_owned(), kept);
            }
            Change::Update { member, fields } => {
                let held: Map<String, Value> =
                    fields.iter().map(|field| (field.name.clone(), field.before.as_str().into())).collect();
                let kept = json!({ "member": true, "fields": held, "email": address(member) });
                known.extend(member.email.as_ref().map(|email| (email.key().to_owned(), kept.clone())));
                known.insert(member.id.clone(), kept);
            }
            Change::Remove(member) => {
                let leaves = cascade.left_by(member);
                let mut kept = json!({
                    "member": true, "email": address(member), "admin": member.admin, "leaves": leaves,
                });
                if !of_membership.is_empty() {
                    kept["fields"] = lost_with_it(member, of_membership);
                }
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
