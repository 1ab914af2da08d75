//! What a planned write would change, as it is now: the reads that show it, and of a row what the write touches.

use serde_json::{Map, Value, json};

use super::users::{is_in, shown, text};
use super::{deeds, doubts, reads};
use crate::catalog::{Deed, Doubt, Snapshot};
use crate::model::Placeholder;

/// The reads that show what these writes (of one operation and group) would change. What is not there yet is never read.
pub fn snapshot(connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
    let first = writes.first()?;
    let keys: Vec<String> =
        writes.iter().map(|write| write.subject.key.clone()).filter(|key| !Placeholder::is_in(key)).collect();
    let groups = || if keys.is_empty() { Vec::new() } else { vec![reads::groups(connection)] };
    Some(match first.operation.as_str() {
        "members.add" | "members.remove" | "users.create" | "users.update" | "users.delete" => Snapshot {
            reads: reads::accounts(connection, &keys),
            find: |write, reads| doubts::somebody(&write.subject.key, reads).cloned(),
            keys: |row| {
                let address = text(row, "email").map(|email| email.trim().to_lowercase());
                text(row, "id").into_iter().chain(address).collect()
            },
        },
        "groups.create" => Snapshot {
            reads: groups(),
            find: |write, reads| doubts::named(&write.subject.key, None, reads).next().cloned(),
            keys: |row| text(row, "name").map(|name| name.trim().to_lowercase()).into_iter().collect(),
        },
        "groups.update" => Snapshot {
            reads: groups(),
            find: |write, reads| doubts::group(&write.subject.key, reads).cloned(),
            keys: |row| text(row, "id").map(|id| id.to_lowercase()).into_iter().collect(),
        },
        _ => return None,
    })
}

/// What of the subject's row this write touches.
pub fn held(write: &Doubt, row: Option<&Value>) -> Value {
    let Some(deed) = deeds::deed(&write.operation, &write.subject, &write.wanted) else {
        return row.cloned().unwrap_or(Value::Null);
    };
    let Some(row) = row else {
        return match deed {
            Deed::Joins { .. } | Deed::Leaves { .. } => json!({ "id": null, "member": false }),
            _ => json!({ "id": null }),
        };
    };
    let mut held = json!({ "id": row.get("id") });
    match &deed {
        Deed::GroupMade { .. } => {}
        Deed::GroupChanged { fields, .. } => {
            held["name"] = row.get("name").cloned().unwrap_or_default();
            held["fields"] = settings_of(row, fields);
        }
        _ => held["email"] = text(row, "email").map(|email| email.trim().to_lowercase()).into(),
    }
    match &deed {
        Deed::Joins { group, .. } | Deed::Leaves { group, .. } => {
            held["member"] = is_in(row, group).into();
            held["name"] = row.get("name").cloned().unwrap_or_default();
        }
        Deed::Changes { fields, .. } => held["fields"] = fields_of(row, fields),
        Deed::AccountDeleted { .. } => {
            held["groups"] = row.get("groups").and_then(Value::as_array).map_or(0, Vec::len).into();
        }
        _ => {}
    }
    held
}

/// What is written of a profile, as it is now; what no row shows is left out.
fn fields_of(row: &Value, written: &Map<String, Value>) -> Value {
    let names = written.keys().filter(|name| super::users::SHOWN.contains(&name.as_str()));
    Value::Object(names.map(|name| (name.clone(), shown(row, name).into())).collect())
}

fn settings_of(row: &Value, written: &Map<String, Value>) -> Value {
    let names = written.keys().filter(|name| matches!(name.as_str(), "name" | "description"));
    Value::Object(names.map(|name| (name.clone(), row.get(name).cloned().unwrap_or_default())).collect())
}
