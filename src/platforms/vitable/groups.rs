//! Groups: how a lost answer about one is looked up, and what a planned write would change. Known by the reference that no
//! two groups have.

use serde_json::{Map, Value, json};

use super::reads::{call, text};
use crate::catalog::{Call, Deed, Doubt, LookUp, Snapshot, Verdict};
use crate::model::Placeholder;

fn rows(reads: &[Value]) -> impl Iterator<Item = &Value> {
    let all = reads.iter().map(|read| match read {
        Value::Array(rows) => rows.as_slice(),
        row => std::slice::from_ref(row),
    });
    all.flatten().filter(|row| row.is_object())
}

/// The group of this reference, compared as subjects are: without case and outer blanks.
fn referenced<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    rows(reads).find(|row| text(row, "external_reference_id").trim().to_lowercase() == key)
}

/// Whether a group has the reference already: then finding it later proves nothing.
pub fn keep(_call: &Call, key: &str, reads: &[Value]) -> Value {
    json!({ "existed": referenced(key, reads).and_then(|row| row.get("id")).cloned() })
}

/// How lost answers about groups are looked up.
pub fn look_up(connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
    match doubts.first()?.operation.as_str() {
        "groups.create" => Some(LookUp { reads: vec![list(connection)], judge: judge_created }),
        "groups.update" => {
            let reads = doubts.iter().map(|doubt| get(connection, text(&doubt.wanted, "group_id"))).collect();
            Some(LookUp { reads, judge: judge_updated })
        }
        _ => None,
    }
}

/// References are unique: one that was not there before and is there now was made by this.
fn judge_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let existed = doubt.before.get("existed").is_some_and(|id| !id.is_null());
    match referenced(&doubt.subject.key, reads) {
        Some(row) if !existed => Verdict::Applied(Some(row.clone())),
        _ => Verdict::NotApplied,
    }
}

fn judge_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let id = text(&doubt.wanted, "group_id");
    let Some(row) = rows(reads).find(|row| text(row, "id") == id) else { return Verdict::Stale("the group is gone") };
    match fields(&doubt.wanted).iter().all(|(name, value)| row.get(name) == Some(value)) {
        true => Verdict::Applied(Some(row.clone())),
        false => Verdict::NotApplied,
    }
}

/// What is written of a group, without its id; `null` leaves alone.
pub fn fields(part: &Value) -> Map<String, Value> {
    let mut fields = part.as_object().cloned().unwrap_or_default();
    fields.retain(|name, value| name != "group_id" && !value.is_null());
    fields
}

/// The reads that show what planned writes would change.
pub fn snapshot(connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
    let first = writes.first()?;
    match first.operation.as_str() {
        "groups.create" => Some(Snapshot {
            reads: vec![list(connection)],
            find: |write, reads| referenced(&write.subject.key, reads).cloned(),
            keys: |row| vec![text(row, "external_reference_id").trim().to_lowercase()],
        }),
        "groups.update" => {
            let ids = writes.iter().map(|write| text(&write.wanted, "group_id")).filter(|id| !Placeholder::is_in(id));
            Some(Snapshot {
                reads: ids.map(|id| get(connection, id)).collect(),
                find: |write, reads| rows(reads).find(|row| text(row, "id") == write.subject.key).cloned(),
                keys: |row| vec![text(row, "id").to_owned()],
            })
        }
        _ => None,
    }
}

/// What of a group's row a planned write touches.
pub fn held(write: &Doubt, row: Option<&Value>) -> Value {
    let Some(row) = row else { return json!({ "id": null }) };
    let mut held = json!({ "id": text(row, "id") });
    if write.operation == "groups.update" {
        let now = |name: &String| (name.clone(), row.get(name).cloned().unwrap_or_default());
        held["name"] = row.get("name").cloned().unwrap_or_default();
        held["fields"] = Value::Object(fields(&write.wanted).keys().map(now).collect());
    }
    held
}

/// A group's row after a deed.
pub fn after(row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
    match deed {
        Deed::GroupMade { name, fields, .. } => Some(row.unwrap_or_else(|| {
            let mut made = json!({ "id": id, "name": name });
            put(&mut made, fields);
            made
        })),
        Deed::GroupChanged { fields, .. } => row.map(|mut row| {
            put(&mut row, fields);
            row
        }),
        _ => row,
    }
}

fn put(row: &mut Value, fields: &Map<String, Value>) {
    if let Some(map) = row.as_object_mut() {
        map.extend(fields.clone());
    }
}

/// All groups.
pub fn list(connection: &str) -> Call {
    call(connection, "groups", "list", json!({}))
}

fn get(connection: &str, id: &str) -> Call {
    call(connection, "groups", "get", json!({ "group_id": id }))
}
