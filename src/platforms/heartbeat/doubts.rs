//! What reads say of a write whose answer was lost. Names of groups and invitations need not be unique: what is new is told
//! by the ids that were there before.

use serde_json::{Value, json};

use super::users::{SHOWN, shown, text};
use crate::catalog::{Call, Doubt, Verdict};

/// The rows of a read, whether it gave a list or one.
pub fn rows_of(read: &Value) -> &[Value] {
    match read {
        Value::Array(rows) => rows,
        other => std::slice::from_ref(other),
    }
}

/// Somebody by id or address, in whatever the reads gave.
pub fn somebody<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    let by = if key.contains('@') { "email" } else { "id" };
    let same = |row: &&Value| row.get(by).and_then(Value::as_str).is_some_and(|have| have.trim().to_lowercase() == key);
    reads.iter().flat_map(rows_of).find(same)
}

/// The group with this id.
pub fn group<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    reads.iter().flat_map(rows_of).find(|row| text(row, "id").is_some_and(|id| id.to_lowercase() == key))
}

/// The groups of this name (in lower case), below this one where one is given.
pub fn named<'a>(name: &str, parent: Option<&str>, reads: &'a [Value]) -> impl Iterator<Item = &'a Value> {
    reads.iter().flat_map(rows_of).filter(move |row| {
        let same = text(row, "name").is_some_and(|have| have.trim().to_lowercase() == name);
        same && parent.is_none_or(|parent| text(row, "parentGroupID").is_some_and(|of| of.eq_ignore_ascii_case(parent)))
    })
}

/// Whether a row of a group lists somebody.
fn is_listed(row: &Value, key: &str) -> bool {
    let users = row.get("users").and_then(Value::as_array).into_iter().flatten();
    users.filter_map(|user| text(user, "email")).any(|email| email.trim().to_lowercase() == key)
}

/// Whether the doubt's group lists somebody; `None` where there is no such group.
fn holds(doubt: &Doubt, reads: &[Value]) -> Option<bool> {
    let own = group(&doubt.subject.group.as_ref()?.to_lowercase(), reads)?;
    Some(is_listed(own, &doubt.subject.key))
}

/// Of a call that also takes people out of sibling groups: whether they were in the group before it, and in which of those
/// that they leave with it.
pub fn keep_place(call: &Call, key: &str, reads: &[Value]) -> Value {
    let into = call.args.text("group_id");
    let rows = || reads.iter().flat_map(rows_of);
    let is_in = |row: &Value| is_listed(row, key);
    let id = |row: &Value| text(row, "id").unwrap_or_default();
    let groups: Vec<_> = rows().map(|row| (id(row), text(row, "parentGroupID").filter(|of| !of.is_empty()))).collect();
    let vacated = vacated(into, &groups);
    let left: Vec<String> = rows().filter(|row| vacated.contains(&id(row)) && is_in(row)).map(id).collect();
    let own = rows().find(|row| id(row).eq_ignore_ascii_case(into));
    let member = own.is_some_and(is_in);
    // Whoever comes into a group comes into those above it.
    let (mut above, mut at) = (Vec::new(), own);
    while let Some(next) = at.and_then(|row| text(row, "parentGroupID")).filter(|next| !above.contains(next)) {
        at = rows().find(|row| id(row) == next);
        above.push(next);
    }
    let also = above.iter().filter(|of| rows().any(|row| id(row) == **of && !is_in(row)));
    let also: Vec<&String> = also.collect();
    json!({ "member": member, "siblings": true, "left": left, "also": also, "email": key })
}

/// The groups that whoever comes into this one leaves: the others below the same group, and with them those below each.
/// Groups are pairs of an id and the one above.
pub fn vacated(into: &str, groups: &[(String, Option<String>)]) -> Vec<String> {
    let own = groups.iter().find(|(id, _)| id.eq_ignore_ascii_case(into));
    let Some(parent) = own.and_then(|(_, parent)| parent.as_ref()) else { return Vec::new() };
    let sibling = |(id, of): &&(String, Option<String>)| of.as_ref() == Some(parent) && !id.eq_ignore_ascii_case(into);
    let mut vacated: Vec<String> = groups.iter().filter(sibling).map(|(id, _)| id.clone()).collect();
    let mut at = 0;
    while let Some(above) = vacated.get(at).cloned() {
        let below = groups.iter().filter(|(id, of)| of.as_ref() == Some(&above) && !id.eq_ignore_ascii_case(into));
        let new: Vec<String> = below.map(|(id, _)| id.clone()).filter(|id| !vacated.contains(id)).collect();
        vacated.extend(new);
        at += 1;
    }
    vacated
}

/// In the group now, and in none of those that they were to leave with it.
pub fn judge_added(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let moved = doubt.before.get("siblings") == Some(&true.into());
    let was = doubt.before.get("member") == Some(&true.into());
    let left = doubt.before.get("left").and_then(Value::as_array).filter(|_| moved);
    let stays = |id: &Value| {
        let row = id.as_str().and_then(|id| group(&id.to_lowercase(), reads));
        row.is_some_and(|row| is_listed(row, &doubt.subject.key))
    };
    match (holds(doubt, reads), left) {
        (Some(true), Some(left)) if left.iter().any(stays) => Verdict::NotApplied,
        (Some(true), None) if moved && was => {
            Verdict::Unknown("they were in the group before: which of its sibling groups they left is not known")
        }
        (Some(true), _) => Verdict::Applied(None),
        (Some(false), _) => Verdict::NotApplied,
        (None, _) => Verdict::Stale("the group is gone"),
    }
}

/// No member any more.
pub fn judge_removed(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match holds(doubt, reads) {
        Some(true) => Verdict::NotApplied,
        Some(false) | None => Verdict::Applied(None),
    }
}

/// The address has an account.
pub fn judge_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match somebody(&doubt.subject.key, reads) {
        Some(row) => Verdict::Applied(Some(json!({ "userID": row.get("id"), "id": row.get("id") }))),
        None => Verdict::NotApplied,
    }
}

/// Who has an account is not pending any more; of others no tool says anything.
pub fn judge_pending(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match somebody(&doubt.subject.key, reads) {
        Some(_) => Verdict::Applied(None),
        None => Verdict::Unknown("no tool shows pending users: whether there is one shows when they first sign in"),
    }
}

/// Done when the values that were sent are read back; not done when those from before are.
pub fn judge_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let Some(row) = somebody(&doubt.subject.key, reads) else { return Verdict::Stale("the person is gone") };
    let same = |values: &Value| {
        let values = values.as_object().into_iter().flatten();
        let mut values = values.filter(|(name, _)| SHOWN.contains(&name.as_str())).peekable();
        values.peek()?;
        Some(values.all(|(name, value)| shown(row, name).trim() == value.as_str().unwrap_or_default().trim()))
    };
    match (same(&doubt.wanted), doubt.before.get("fields").and_then(same)) {
        (None, _) => Verdict::Unknown("no tool shows what was written"),
        (Some(true), _) => Verdict::Applied(None),
        (Some(false), Some(false)) => Verdict::Stale("the profile is neither as it was nor as it should be"),
        (Some(false), _) => Verdict::NotApplied,
    }
}

/// The account is closed.
pub fn judge_deleted(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match somebody(&doubt.subject.key, reads) {
        Some(_) => Verdict::NotApplied,
        None => Verdict::Applied(None),
    }
}

/// The account is open.
pub fn judge_reactivated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match somebody(&doubt.subject.key, reads) {
        Some(_) => Verdict::Applied(None),
        None => Verdict::NotApplied,
    }
}

/// Which groups of this name were there before.
pub fn keep_groups(call: &Call, key: &str, reads: &[Value]) -> Value {
    let parent = Some(call.args.text("parent_group_id")).filter(|parent| !parent.is_empty());
    let ids: Vec<&Value> = named(key, None, reads).filter_map(|row| row.get("id")).collect();
    let existed = named(key, parent, reads).find_map(|row| row.get("id"));
    json!({ "existed": existed, "ids": ids })
}

/// There now and not there before.
pub fn judge_group_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let before = doubt.before.get("ids").and_then(Value::as_array).cloned().unwrap_or_default();
    let new = |row: &&Value| row.get("id").is_some_and(|id| !before.contains(id));
    match named(&doubt.subject.key, doubt.subject.group.as_deref(), reads).find(new) {
        Some(row) => Verdict::Applied(Some(json!({ "success": true, "groupID": row.get("id"), "id": row.get("id") }))),
        None => match named(&doubt.subject.key, None, reads).any(|row| new(&row)) {
            true => Verdict::Stale("a new group of this name stands elsewhere in the hierarchy"),
            false => Verdict::NotApplied,
        },
    }
}

/// What of a group's settings its row shows is read back.
pub fn judge_group_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let Some(row) = group(&doubt.subject.key, reads) else { return Verdict::Stale("the group is gone") };
    let wanted = doubt.wanted.as_object().into_iter().flatten();
    let mut comparable = wanted.filter(|(name, _)| matches!(name.as_str(), "name" | "description")).peekable();
    match comparable.peek().is_some() {
        false => Verdict::Unknown("no tool shows what was written"),
        true => match comparable.all(|(name, value)| row.get(name) == Some(value)) {
            true => Verdict::Applied(None),
            false => Verdict::NotApplied,
        },
    }
}

/// No group has the id any more.
pub fn judge_group_deleted(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match group(&doubt.subject.key, reads) {
        Some(_) => Verdict::NotApplied,
        None => Verdict::Applied(None),
    }
}

/// Which invitations were there before.
pub fn keep_invitations(_call: &Call, _key: &str, reads: &[Value]) -> Value {
    let ids: Vec<&Value> = reads.iter().flat_map(rows_of).filter_map(|row| row.get("id")).collect();
    json!({ "ids": ids })
}

/// There now and not there before, with the same role and groups.
pub fn judge_invitation(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let Some(before) = doubt.before.get("ids").and_then(Value::as_array) else {
        return Verdict::Unknown("which invitations there were before it was sent is not known");
    };
    let groups = |list: Option<&Value>| {
        let list = list.and_then(Value::as_array).into_iter().flatten();
        let ids = list.filter_map(|of| of.as_str().map(str::to_owned).or_else(|| text(of, "id")));
        ids.map(|id| id.to_lowercase()).collect::<std::collections::BTreeSet<String>>()
    };
    let asked = groups(doubt.wanted.get("group_ids"));
    let same = |row: &&Value| {
        let role = row.get("role").and_then(|role| text(role, "id"));
        role == doubt.wanted.get("role_id").and_then(Value::as_str).map(str::to_owned)
            && groups(row.get("groups")) == asked
            && row.get("id").is_some_and(|id| !before.contains(id))
    };
    match reads.iter().flat_map(rows_of).find(same) {
        Some(row) => Verdict::Applied(Some(row.clone())),
        None => Verdict::NotApplied,
    }
}
