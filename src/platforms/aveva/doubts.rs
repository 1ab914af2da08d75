//! What a community's list says of a write whose answer was lost.

use serde_json::{Value, json};

use super::ops::STANDING;
use super::{roles, users};
use crate::catalog::{Call, Doubt, Verdict};

/// What was read when the call was completed: whether they were in the community, and with which roles.
pub fn keep(call: &Call, _key: &str, _reads: &[Value]) -> Value {
    let before = call.args.get(STANDING).and_then(|standing| standing.get("before")).filter(|before| !before.is_null());
    let mut kept = json!({
        "id": call.args.text("user_id").to_lowercase(),
        "email": call.args.get("email"),
        "member": before.is_some(),
    });
    if let Some(before) = before {
        kept["fields"] = json!({ users::ROLES: roles::words(&roles::from_value(before)) });
    }
    kept
}

/// The list, where it could be read: without it nothing is known.
fn list(reads: &[Value]) -> Option<&Value> {
    reads.first().filter(|read| read.is_array())
}

/// In the community with all roles that were sent.
pub fn judge_added(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let Some(list) = list(reads) else { return Verdict::Unknown("the community's users could not be read") };
    let was_member = doubt.before.get("member").and_then(Value::as_bool);
    let Some(row) = users::find(&doubt.subject.key, list) else {
        return match was_member {
            Some(false) => Verdict::NotApplied,
            Some(true) => Verdict::Stale("they were in the community before and are not in it now"),
            None => Verdict::Unknown("whether they were in the community before is not known"),
        };
    };
    let now = ids(row.get("RoleIds"));
    if now == ids(doubt.wanted.get("role_ids")) {
        return Verdict::Applied(Some(users::plain(row.clone())));
    }
    let community = doubt.subject.group.as_deref().unwrap_or_default();
    let words = users::roles_in(row, community).map(|roles| roles::words(&roles));
    match doubt.before.pointer("/fields/roles").and_then(Value::as_str) {
        Some(before) if was_member == Some(true) && words.as_deref() == Some(before) => Verdict::NotApplied,
        _ => Verdict::Stale("the roles are neither as they were nor as they should be"),
    }
}

/// No longer in the community.
pub fn judge_removed(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match list(reads).map(|list| users::find(&doubt.subject.key, list)) {
        None => Verdict::Unknown("the community's users could not be read"),
        Some(Some(_)) => Verdict::NotApplied,
        Some(None) => Verdict::Applied(None),
    }
}

fn ids(list: Option<&Value>) -> std::collections::BTreeSet<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_lowercase).collect()
}
