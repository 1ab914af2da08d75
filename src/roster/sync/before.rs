//! What the platform held before a sync's changes, for the intents: a look-up tells by it whether somebody else changed it
//! meanwhile, and undo what to go back to.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::address;
use crate::catalog::Adapter;
use crate::model::Change;
use crate::roster::Cascade;

/// By the keys under which the changes' calls may know people. Of a removal, also which groups below somebody leaves.
pub(super) fn before(adapter: &dyn Adapter, changes: &[Change], cascade: &Cascade) -> HashMap<String, Value> {
    let mut known: HashMap<String, Value> = HashMap::with_capacity(changes.len());
    for change in changes {
        match change {
            Change::Add(person) => {
                known.insert(person.email.key().to_owned(), json!({ "member": false, "email": person.email.as_str() }));
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
                let kept = json!({ "member": true, "email": address(member), "leaves": cascade.left_by(member) });
                known.extend(member.email.as_ref().map(|email| (email.key().to_owned(), kept.clone())));
                known.insert(member.id.clone(), kept);
            }
        }
    }
    known
}
