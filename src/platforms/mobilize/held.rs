//! What a planned write would change, as it is now: the reads that show it, and of a row what the write touches. Equal
//! states give equal values: ids and fields as text, nothing as `""`, never a time that changes by itself.

use serde_json::{Map, Value, json};

use super::users::{id, membership, text};
use super::{deeds, doubts, reads, settings};
use crate::catalog::{Call, Deed, Doubt, Snapshot};
use crate::model::{Email, Placeholder};

/// The reads that show what these writes (of one operation and group) would change. What is not there yet is never read.
pub fn snapshot(connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
    let first = writes.first()?;
    let group = first.subject.group.as_deref().filter(|group| !Placeholder::is_in(group));
    let keys: Vec<String> =
        writes.iter().map(|write| write.subject.key.clone()).filter(|key| !Placeholder::is_in(key)).collect();
    let listed = || if keys.is_empty() { Vec::new() } else { vec![reads::groups(connection)] };
    Some(match (first.operation.as_str(), group) {
        ("members.update" | "members.remove" | "members.invite", Some(group)) => {
            people(reads::people_in(connection, group, &keys))
        }
        (
            "members.update"
            | "members.remove"
            | "members.invite"
            | "members.add"
            | "bulk.create_members"
            | "users.create"
            | "users.update"
            | "users.delete",
            _,
        ) => people(reads::accounts(connection, &keys)),
        ("groups.create" | "bulk.create_groups", _) => Snapshot {
            reads: listed(),
            find: |write, reads| doubts::named(&write.subject.key, None, reads).cloned(),
            keys: |row| row.get("name").map(|name| text(name).trim().to_lowercase()).into_iter().collect(),
        },
        ("groups.update" | "bulk.update_groups", _) => Snapshot {
            reads: listed(),
            find: |write, reads| doubts::group(&write.subject.key, reads).cloned(),
            keys: |row| row.get("id").and_then(id).into_iter().collect(),
        },
        _ => return None,
    })
}

fn people(reads: Vec<Call>) -> Snapshot {
    Snapshot {
        reads,
        find: |write, reads| doubts::find(&write.subject.key, reads).cloned(),
        keys: |row| {
            let address = row.get("email").and_then(Value::as_str).map(|email| email.trim().to_lowercase());
            row.get("id").and_then(id).into_iter().chain(address).collect()
        },
    }
}

/// What of the subject's row this write touches.
pub fn held(write: &Doubt, row: Option<&Value>) -> Value {
    let Some(deed) = deeds::deed(&write.operation, &write.subject, &write.wanted) else {
        return row.cloned().unwrap_or(Value::Null);
    };
    let Some(row) = row else {
        return match deed {
            Deed::Joins { .. } | Deed::Leaves { .. } | Deed::Mailed { .. } => json!({ "id": null, "member": false }),
            _ => json!({ "id": null }),
        };
    };
    let mut held = json!({ "id": row.get("id").and_then(id) });
    match &deed {
        Deed::GroupMade { .. } => {}
        Deed::GroupChanged { fields, .. } => {
            held["name"] = row.get("name").cloned().unwrap_or_default();
            held["fields"] = settings_of(row, fields);
        }
        _ => held["email"] = row.get("email").map(address).into(),
    }
    match &deed {
        Deed::Joins { group, fields, .. } => {
            place(&mut held, row, group);
            held["registered"] = row.get("is_registered").cloned().unwrap_or_default();
            held["fields"] = fields_of(row, fields);
            typed(&mut held, row, fields);
        }
        Deed::Changes { fields, .. } => {
            held["fields"] = fields_of(row, fields);
            typed(&mut held, row, fields);
        }
        Deed::Leaves { group, .. } => {
            place(&mut held, row, group);
            let admin = membership(row, group).and_then(|place| place.get("is_admin")).and_then(Value::as_bool);
            held["admin"] = admin.unwrap_or(false).into();
            held["name"] = row.get("name").map(text).unwrap_or_default().into();
        }
        Deed::Mailed { group, .. } => {
            place(&mut held, row, group);
            held["registered"] = row.get("is_registered").cloned().unwrap_or_default();
            let at = membership(row, group).and_then(|place| place.get("last_invited_in")).and_then(Value::as_i64);
            held["invited_at"] = at.filter(|at| *at > 0).into();
        }
        Deed::AccountDeleted { .. } => {
            held["groups"] = row.get("groups").and_then(Value::as_array).map_or(0, Vec::len).into();
        }
        // What becomes of the values of an account that is there already the document does not say.
        Deed::AccountMade { fields, .. } => {
            held["fields"] = fields_of(row, fields);
            typed(&mut held, row, fields);
        }
        Deed::GroupMade { .. } | Deed::GroupChanged { .. } => {}
    }
    held
}

/// A row of a group's list that does not name its groups names at least that one.
pub fn placed(read: &Call, mut row: Value) -> Value {
    let group = read.args.text("group_id");
    let of_members = read.op.noun == "members" && !group.is_empty();
    if let Some(row) = row.as_object_mut().filter(|row| of_members && !row.contains_key("groups")) {
        row.insert("groups".into(), json!([{ "id": group }]));
    }
    row
}

/// Whether they are in the group, where the row says so; who waits or has declined is not, and which of both it is
/// matters to whoever adds them.
fn place(held: &mut Value, row: &Value, group: &str) {
    if row.get("groups").is_none() {
        return;
    }
    held["member"] = doubts::is_member(row, group).into();
    let standing = membership(row, group).and_then(|place| place.get("status")).map(|word| text(word).to_lowercase());
    if let Some(word) = standing.filter(|word| word == "pending" || word == "declined") {
        held["standing"] = word.into();
    }
}

/// Names the fields whose values are no text: lists, places, numbers. As text they could not be written back.
fn typed(held: &mut Value, row: &Value, written: &Map<String, Value>) {
    let value = |name: &&String| row.get("fields").and_then(|fields| fields.get(name.as_str()));
    let names = written.keys().filter(|name| value(name).is_some_and(|value| !value.is_string() && !value.is_null()));
    let names: Vec<&String> = names.collect();
    if !names.is_empty() {
        held["typed"] = serde_json::json!(names);
    }
}

/// The fields that are written, as they are now.
fn fields_of(row: &Value, written: &Map<String, Value>) -> Value {
    let now = |name: &str| {
        let root = || row.get(name).filter(|_| matches!(name, "first_name" | "last_name" | "email"));
        row.get("fields").and_then(|fields| fields.get(name)).or_else(root)
    };
    // A row that came without the community's fields does not say that they are empty.
    let hidden = row.get("fields").is_none();
    let value = |name: &String| match (name.as_str(), now(name)) {
        ("first_name" | "last_name" | "email", None) => "".into(),
        (_, None) if hidden => Value::Null,
        (_, None) => "".into(),
        ("email", Some(value)) => address(value).into(),
        (_, Some(value)) => text(value).into(),
    };
    Value::Object(written.keys().map(|name| (name.clone(), value(name))).collect())
}

/// The settings that are written, as the platform shows them; those that it never shows are left out.
fn settings_of(row: &Value, written: &Map<String, Value>) -> Value {
    let shown = written.iter().filter(|(name, value)| settings::shown(name, value).is_some());
    let now = |name: &String| settings::comparable(name, row.get(name).unwrap_or(&Value::Null));
    Value::Object(shown.map(|(name, _)| (name.clone(), now(name))).collect())
}

fn address(value: &Value) -> String {
    let text = text(value);
    Email::parse(&text).map_or_else(|_| text.trim().to_lowercase(), |email| email.key().to_owned())
}
