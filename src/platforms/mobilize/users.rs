//! What a row about a user says: its id, its membership of a group, its fields, and all of it as a member.

use serde_json::Value;

use crate::model::{Email, Fields, Member, Membership, Standing};

/// A row as this group's member; `None` without an id.
pub fn member(group: &str, row: &Value) -> Option<Member> {
    let membership = membership(row, group);
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Member {
        id: id(row.get("id")?)?,
        email: Email::parse(row.get("email").and_then(Value::as_str).unwrap_or_default()).ok(),
        name: text("name"),
        fields: fields(row),
        kinds: kinds(row),
        registered: row.get("is_registered").and_then(Value::as_bool),
        invited_at: membership.and_then(|m| m.get("last_invited_in")).and_then(Value::as_i64).filter(|at| *at > 0),
        created_at: row.get("created_at").and_then(Value::as_i64),
        admin: membership.and_then(|m| m.get("is_admin")).and_then(Value::as_bool).unwrap_or(false),
        standing: match membership.and_then(|m| m.get("status")).and_then(Value::as_str) {
            Some("pending") => Standing::Pending,
            Some("declined") => Standing::Declined,
            _ => Standing::Accepted,
        },
        groups: memberships(row),
    })
}

/// What the row says of this group.
pub fn membership<'a>(row: &'a Value, group: &str) -> Option<&'a Value> {
    row.get("groups")?.as_array()?.iter().find(|m| m.get("id").and_then(id).as_deref() == Some(group))
}

/// All groups that the row says the person is in.
fn memberships(row: &Value) -> Vec<Membership> {
    let all = row.get("groups").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|of| {
        let admin = of.get("is_admin").and_then(Value::as_bool).unwrap_or(false);
        Some(Membership { group: id(of.get("id")?)?, admin })
    })
    .collect()
}

/// An id as text, whatever the wire has.
pub fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A value as a person reads it.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The community's own fields whose values are no text.
fn kinds(row: &Value) -> Vec<(String, &'static str)> {
    let all = row.get("fields").and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(name, value)| Some((name.clone(), kind(value)?))).collect()
}

fn kind(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(_) | Value::Null => None,
        Value::Array(_) => Some("a list"),
        Value::Object(_) => Some("a map"),
        Value::Number(_) => Some("a number"),
        Value::Bool(_) => Some("yes or no"),
    }
}

/// The fields as text: those at the root that every community has, then the community's own.
fn fields(row: &Value) -> Fields {
    let mut list = Fields::new();
    for name in ["first_name", "last_name"] {
        if let Some(value) = row.get(name).filter(|value| !value.is_null()) {
            list.push((name.to_owned(), text(value)));
        }
    }
    for (name, value) in row.get("fields").and_then(Value::as_object).into_iter().flatten() {
        if name != "email" && !value.is_null() && !list.iter().any(|(known, _)| known == name) {
            list.push((name.clone(), text(value)));
        }
    }
    list
}
