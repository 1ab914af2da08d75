//! Rows as Heartbeat will show them after a deed. Whatever nobody can know beforehand is left as it is, or left out.

use serde_json::{Map, Value, json};

use super::users::is_in;
use crate::catalog::{Call, Deed, Whom};

/// The row after this deed, `None` where there is none any more; `id` is that of what is made.
pub fn after(row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
    match deed {
        // Only who has an account can come into a group.
        Deed::Joins { group, .. } => row.map(|row| joined(row, group)),
        Deed::Leaves { group, .. } => row.map(|row| left(row, group)),
        Deed::Changes { fields, .. } => row.map(|row| written(row, fields)),
        // An address that has an account keeps it as it is.
        Deed::AccountMade { who, fields } => Some(row.unwrap_or_else(|| account(id, who, fields))),
        Deed::AccountDeleted { .. } => None,
        Deed::Mailed { .. } => row,
        Deed::GroupMade { name, parent, fields } => Some(row.unwrap_or_else(|| {
            let group = json!({ "id": id, "name": name, "parentGroupID": parent, "archived": false, "users": [] });
            settled(group, fields)
        })),
        Deed::GroupChanged { fields, .. } => row.map(|row| settled(row, fields)),
    }
}

/// What a planned write answers for the row it makes.
pub fn answered(call: &Call, row: Value) -> Value {
    let id = row.get("id").cloned().unwrap_or_default();
    match (call.op.noun, call.op.verb) {
        ("users", "create") => json!({ "userID": id, "id": id }),
        ("groups", "create") => json!({ "success": true, "groupID": id, "id": id }),
        ("invitations", "create") => json!({
            "id": id, "role": { "id": call.args.get("role_id"), "name": call.args.get("role") }, "groups": [],
        }),
        _ => json!({ "success": true }),
    }
}

/// A group's row with these people in it as they will be.
pub fn peopled(mut row: Value, people: &[(&str, Option<&Value>)]) -> Value {
    let group = row.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(users) = row.get_mut("users").and_then(Value::as_array_mut) else { return row };
    for (id, person) in people {
        let listed = users.iter().position(|user| user.get("id").and_then(Value::as_str) == Some(id));
        match (person.filter(|person| is_in(person, &group)), listed) {
            (Some(person), None) => users.push(json!({ "id": id, "name": person["name"], "email": person["email"] })),
            (None, Some(place)) => drop(users.remove(place)),
            _ => {}
        }
    }
    row
}

fn account(id: &str, who: &Whom, fields: &Map<String, Value>) -> Value {
    let email = who.address.as_deref().unwrap_or_default();
    let row = json!({
        "id": id, "email": email, "name": email, "firstName": "", "lastName": "", "bio": null, "lastLogin": null,
        "isAdmin": false, "groups": [], "socialLinks": {},
    });
    let groups = fields.get("group_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    groups.fold(written(row, fields), joined)
}

fn joined(mut row: Value, group: &str) -> Value {
    if !is_in(&row, group)
        && let Some(groups) = groups(&mut row)
    {
        groups.push(json!({ "id": group }));
    }
    row
}

fn left(mut row: Value, group: &str) -> Value {
    if let Some(groups) = groups(&mut row) {
        let id = |place: &Value| place.as_str().or_else(|| place.get("id").and_then(Value::as_str)).map(str::to_owned);
        groups.retain(|place| id(place).is_none_or(|id| !id.eq_ignore_ascii_case(group)));
    }
    row
}

fn groups(row: &mut Value) -> Option<&mut Vec<Value>> {
    row.as_object_mut()?.entry("groups").or_insert_with(|| json!([])).as_array_mut()
}

/// An empty text clears.
fn written(mut row: Value, fields: &Map<String, Value>) -> Value {
    for (name, value) in fields {
        match name.as_str() {
            "bio" | "status" => row[name.as_str()] = value.clone(),
            "linkedin" | "twitter" | "instagram" => {
                if !row["socialLinks"].is_object() {
                    row["socialLinks"] = json!({});
                }
                row["socialLinks"][name.as_str()] = value.clone();
            }
            "name" => {
                let full = value.as_str().unwrap_or_default().trim().to_owned();
                let (first, last) = full.split_once(' ').unwrap_or((&full, ""));
                (row["firstName"], row["lastName"]) = (first.into(), last.trim().into());
                row["name"] = full.into();
            }
            _ => {}
        }
    }
    row
}

/// What of a group's settings its rows show.
fn settled(mut row: Value, fields: &Map<String, Value>) -> Value {
    for name in ["name", "description"] {
        if let Some(value) = fields.get(name) {
            row[name] = value.clone();
        }
    }
    row
}
