//! What reads say of a write whose answer was lost. Nothing here asks a clock of ours.

use serde_json::{Value, json};

use super::settings;
use super::users::{id, membership, text};
use crate::catalog::{Call, Doubt, Verdict};

/// The person a doubt is about, in whatever the reads gave.
pub fn find<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    // Asked for each of many people: whole groups are gone through without making new texts.
    let number = key.parse().ok();
    let is_id = |id: &Value| match id {
        Value::String(text) => text == key,
        id => id.as_u64().is_some() && id.as_u64() == number,
    };
    let is_email = |email: &str| {
        let email = email.trim();
        email.eq_ignore_ascii_case(key) || (!email.is_ascii() && email.to_lowercase() == key)
    };
    let mut rows = reads.iter().flat_map(rows_of);
    match key.contains('@') {
        true => rows.find(|row| row.get("email").and_then(Value::as_str).is_some_and(is_email)),
        false => rows.find(|row| row.get("id").is_some_and(is_id)),
    }
}

/// The rows of a read, whether it gave a list or one.
pub fn rows_of(read: &Value) -> &[Value] {
    match read {
        Value::Array(rows) => rows,
        other => std::slice::from_ref(other),
    }
}

/// Whether they are in; whoever asked and waits, or declined, is not. Where no standing is named, they are in.
pub fn is_member(row: &Value, group: &str) -> bool {
    let standing = |place: &Value| place.get("status").and_then(Value::as_str).unwrap_or("accepted").to_lowercase();
    membership(row, group).map(standing).is_some_and(|standing| standing != "pending" && standing != "declined")
}

fn group_of(doubt: &Doubt) -> &str {
    doubt.subject.group.as_deref().unwrap_or_default()
}

fn invited_in(row: Option<&Value>, group: &str) -> i64 {
    row.and_then(|row| membership(row, group))
        .and_then(|m| m.get("last_invited_in"))
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

/// When the platform last invited them into the call's group, as it says itself.
pub fn keep_invited(call: &Call, key: &str, reads: &[Value]) -> Value {
    let Some(row) = find(key, reads) else { return Value::Null };
    let at = Some(invited_in(Some(row), call.args.text("group_id"))).filter(|at| *at > 0);
    json!({ "invited_at": at, "email": row.get("email") })
}

/// Invited if the platform's own record is later than it was before sending. No clock of ours takes part.
pub fn judge_invited(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let now = invited_in(find(&doubt.subject.key, reads), group_of(doubt));
    let Some(before) = doubt.before.get("invited_at") else {
        return Verdict::Unknown("what the platform held before it was sent is not known");
    };
    match now > before.as_i64().unwrap_or(0) {
        true => Verdict::Applied(None),
        false => Verdict::Unknown("the platform has not recorded the invitation (yet); it may still be in its queue"),
    }
}

/// A member now; the document does not say that adding twice is harmless.
pub fn judge_added(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) if is_member(row, group_of(doubt)) => Verdict::Applied(Some(row.clone())),
        _ => Verdict::NotApplied,
    }
}

/// Done only when the values that were sent are read back.
pub fn judge_imported(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) if is_member(row, group_of(doubt)) && holds(row, &doubt.wanted) => {
            Verdict::Applied(Some(row.clone()))
        }
        _ => Verdict::NotApplied,
    }
}

/// Done when the values that were sent are read back; not done when those from before are. Where the values from before
/// are known and neither are there, somebody else changed them in the meantime.
pub fn judge_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        None => Verdict::Stale("the person is gone"),
        Some(row) if holds(row, &doubt.wanted) => Verdict::Applied(Some(row.clone())),
        Some(row) if doubt.before.get("fields").is_some() && !holds(row, &doubt.before) => {
            Verdict::Stale("the fields are neither as they were nor as they should be")
        }
        Some(_) => Verdict::NotApplied,
    }
}

/// No member any more.
pub fn judge_removed(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) if membership(row, group_of(doubt)).is_some() || row.get("groups").is_none() => Verdict::NotApplied,
        _ => Verdict::Applied(None),
    }
}

/// The address has an account.
pub fn judge_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) => Verdict::Applied(Some(row.clone())),
        None => Verdict::NotApplied,
    }
}

/// The account is gone.
pub fn judge_deleted(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(_) => Verdict::NotApplied,
        None => Verdict::Applied(None),
    }
}

/// The group of this name (in lower case), below this parent where one is given.
pub fn named<'a>(name: &str, parent: Option<&str>, reads: &'a [Value]) -> Option<&'a Value> {
    reads.iter().flat_map(rows_of).find(|row| {
        let same = row.get("name").and_then(Value::as_str).is_some_and(|have| have.trim().to_lowercase() == name);
        same && parent.is_none_or(|parent| row.get("parent_group").and_then(id).as_deref() == Some(parent))
    })
}

/// Whether a group of this name was there before: then finding it later proves nothing.
pub fn keep_group(_call: &Call, key: &str, reads: &[Value]) -> Value {
    json!({ "existed": named(key, None, reads).and_then(|row| row.get("id")).cloned() })
}

/// There now and not there before. Names are unique in a community: one that was there before cannot have been made.
pub fn judge_group_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let existed = doubt.before.get("existed").is_some_and(|id| !id.is_null());
    match named(&doubt.subject.key, None, reads) {
        _ if existed => Verdict::NotApplied,
        None => Verdict::NotApplied,
        Some(row) => match named(&doubt.subject.key, doubt.subject.group.as_deref(), reads) {
            Some(_) => Verdict::Applied(Some(row.clone())),
            None => Verdict::Stale("a group of this name stands elsewhere in the hierarchy"),
        },
    }
}

/// What the platform says in words was asked for in numbers.
pub fn judge_group_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let Some(row) = group(&doubt.subject.key, reads) else { return Verdict::Stale("the group is gone") };
    let wanted = doubt.wanted.as_object().into_iter().flatten().filter(|(key, _)| *key != "id");
    let mut seen = false;
    for (key, value) in wanted {
        let (Some(want), Some(have)) = (settings::shown(key, value), row.get(key)) else { continue };
        if settings::comparable(key, have) != settings::comparable(key, &want) {
            return Verdict::NotApplied;
        }
        seen = true;
    }
    match seen {
        true => Verdict::Applied(Some(row.clone())),
        false => Verdict::Unknown("the platform never shows what was asked for"),
    }
}

/// The group with this id.
pub fn group<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    reads.iter().flat_map(rows_of).find(|row| row.get("id").and_then(id).as_deref() == Some(key))
}

/// Whether a user holds the fields that were sent.
fn holds(row: &Value, wanted: &Value) -> bool {
    let Some(fields) = wanted.get("fields").and_then(Value::as_object) else { return true };
    fields.iter().all(|(name, value)| {
        let have = row.get("fields").and_then(|fields| fields.get(name)).or_else(|| row.get(name));
        match (name.as_str(), have) {
            ("email", Some(have)) => text(have).to_lowercase() == text(value).to_lowercase(),
            (_, Some(have)) => have == value || text(have).trim() == text(value).trim(),
            (_, None) => text(value).is_empty(),
        }
    })
}
