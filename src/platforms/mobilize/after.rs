//! Rows as Mobilize will show them after a deed. Whatever nobody can know beforehand (times, defaults, which fields the
//! community has) is left as it is, or left out.

use serde_json::{Map, Value, json};

use super::settings;
use super::users::{id as id_of, text};
use crate::catalog::{Call, Deed, Whom};
use crate::model::Email;

/// The row after this deed, `None` where there is none any more; `id` is that of what is made.
pub fn after(row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
    match deed {
        Deed::Joins { group, who, fields } => {
            let mut row = row.unwrap_or_else(|| account(id, who));
            join(&mut row, group);
            Some(written(row, fields))
        }
        Deed::Leaves { group, .. } => row.map(|row| left(row, group)),
        Deed::Changes { fields, .. } => row.map(|row| written(row, fields)),
        // An address that has an account keeps it as it is.
        Deed::AccountMade { who, fields } => Some(row.unwrap_or_else(|| written(account(id, who), fields))),
        Deed::AccountDeleted { .. } => None,
        Deed::Mailed { .. } => row,
        // Names are unique: what has the name already stays as it is.
        Deed::GroupMade { name, parent, fields } => {
            Some(row.unwrap_or_else(|| set(new_group(id, name, parent.as_deref(), fields), fields)))
        }
        Deed::GroupChanged { fields, .. } => row.map(|row| set(row, fields)),
    }
}

/// A row of somebody as this read shows it: fields only where they are asked for; that somebody is accepted the pages of
/// users say, and those of members do not.
pub fn shown(read: &Call, mut row: Value) -> Value {
    let asked = read.args.get("include_fields").and_then(Value::as_bool).unwrap_or(false);
    if let Some(root) = row.as_object_mut().filter(|_| !asked) {
        root.shift_remove("fields");
    }
    let places = row.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten();
    for place in places.filter_map(Value::as_object_mut) {
        match (read.op.noun, place.get("status").map(text)) {
            ("members", Some(word)) if word == "accepted" => drop(place.shift_remove("status")),
            ("users", None) => drop(place.insert("status".into(), "accepted".into())),
            _ => {}
        }
    }
    row
}

/// A group's row with another count; one that shows none stays.
pub fn counted(mut row: Value, change: i64) -> Value {
    if let Some(count) = row.get("members_count").and_then(Value::as_i64) {
        row["members_count"] = count.saturating_add(change).max(0).into();
    }
    row
}

fn account(id: &str, who: &Whom) -> Value {
    let email = who.address.as_deref().unwrap_or_default();
    json!({
        "id": id, "name": email, "first_name": "", "last_name": "", "email": email, "is_registered": false, "groups": [],
        "fields": { "first_name": "", "last_name": "", "email": email },
    })
}

/// Who asked and waits, or declined, is accepted by being added.
fn join(row: &mut Value, group: &str) {
    let Some(groups) = list(row) else { return };
    match groups.iter_mut().find(|place| place.get("id").and_then(id_of).as_deref() == Some(group)) {
        Some(place) => place["status"] = "accepted".into(),
        None => groups.push(json!({
            "id": on_wire(group), "is_admin": false, "last_invited_in": null, "status": "accepted",
        })),
    }
}

fn left(mut row: Value, group: &str) -> Value {
    if let Some(groups) = list(&mut row) {
        groups.retain(|place| place.get("id").and_then(id_of).as_deref() != Some(group));
    }
    row
}

fn list(row: &mut Value) -> Option<&mut Vec<Value>> {
    row.as_object_mut()?.entry("groups").or_insert_with(|| json!([])).as_array_mut()
}

/// Names and address stand at the root and among the fields; `null` clears a field.
fn written(mut row: Value, fields: &Map<String, Value>) -> Value {
    let Some(root) = row.as_object_mut() else { return row };
    let mut own = root.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in fields {
        let value = match name.as_str() {
            "first_name" | "last_name" => Value::String(text(value)),
            "email" => match Email::parse(&text(value)) {
                Ok(email) => email.as_str().into(),
                // Nobody can be without an address: the platform refuses it.
                Err(_) => continue,
            },
            _ if value.is_null() => {
                own.shift_remove(name);
                continue;
            }
            _ => value.clone(),
        };
        if matches!(name.as_str(), "first_name" | "last_name" | "email") {
            root.insert(name.clone(), value.clone());
        }
        own.insert(name.clone(), value);
    }
    if fields.is_empty() {
        return row;
    }
    root.insert("fields".into(), Value::Object(own));
    if ["first_name", "last_name", "email"].iter().any(|name| fields.contains_key(*name)) {
        let name = name(root);
        root.insert("name".into(), name.into());
    }
    row
}

/// First and last name, or the address where there is none.
fn name(row: &Map<String, Value>) -> String {
    let part = |key: &str| row.get(key).map(text).unwrap_or_default();
    let names = [part("first_name"), part("last_name")];
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    if names.is_empty() { part("email") } else { names.join(" ") }
}

/// Whether a group's manager counts as its member the document does not say: then the count is left out.
fn new_group(id: &str, name: &str, parent: Option<&str>, fields: &Map<String, Value>) -> Value {
    let mut row = json!({ "id": on_wire(id), "name": name, "parent_group": parent.map(on_wire) });
    if fields.get("manager_email_address").is_none_or(Value::is_null) {
        row["members_count"] = 0.into();
    }
    row
}

fn set(mut row: Value, fields: &Map<String, Value>) -> Value {
    let Some(root) = row.as_object_mut() else { return row };
    for (name, value) in fields {
        match settings::shown(name, value) {
            Some(shown) => drop(root.insert(name.clone(), shown)),
            None if name == "alias_name" => readdress(root, &text(value)),
            None => {}
        }
    }
    row
}

/// The alias is the first part of the group's own address.
fn readdress(row: &mut Map<String, Value>, alias: &str) {
    let domain =
        row.get("email").and_then(Value::as_str).and_then(|email| email.split_once('@')).map(|(_, domain)| domain);
    if let Some(email) = domain.filter(|_| !alias.trim().is_empty()).map(|domain| format!("{alias}@{domain}")) {
        row.insert("email".into(), email.into());
    }
}

/// Ids of groups are numbers in the platform's answers; a placeholder stays text.
fn on_wire(id: &str) -> Value {
    match id.parse::<u64>() {
        Ok(number) if number.to_string() == id => number.into(),
        _ => id.into(),
    }
}
