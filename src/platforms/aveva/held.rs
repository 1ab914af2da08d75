//! For plans: what a write does, the reads that show what it would change, and of a row what it touches.

use serde_json::{Map, Value, json};

use super::ops::STANDING;
use super::{reads, roles, users};
use crate::catalog::{Call, Deed, Doubt, Seen, Snapshot, Subject, Whom};
use crate::model::{Email, Placeholder};

/// What a write does to its subject. The roles that a deed brings are told as text, and kept as they are beside it.
pub fn deed(operation: &str, subject: &Subject, part: &Value) -> Option<Deed> {
    let group = subject.group.clone()?;
    let address = part.get("email").and_then(Value::as_str).and_then(|text| Email::parse(text).ok());
    let who = Whom { id: Some(subject.key.clone()), address: address.map(|email| email.key().to_owned()) };
    match operation {
        "users.add" => {
            let after = part.get(STANDING).and_then(|standing| standing.get("after")).cloned().unwrap_or_default();
            let mut fields = Map::new();
            fields.insert(users::ROLES.into(), roles::words(&roles::from_value(&after)).into());
            fields.insert(STANDING.into(), after);
            Some(Deed::Joins { group, who, fields })
        }
        "users.remove" => Some(Deed::Leaves { group, who, destroys: false }),
        _ => None,
    }
}

/// What a read shows.
pub fn seen(read: &Call) -> Seen {
    match (read.op.noun, read.op.verb) {
        ("users", "list") => Seen::People { group: Some(read.args.text("community_id").to_owned()) },
        ("communities", "list") => Seen::Groups,
        _ => Seen::Other,
    }
}

/// The community's list; of those who shall come into it also their accounts. Undo asks without a group: the request
/// itself names it.
pub fn snapshot(connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
    let args = &writes.first()?.wanted;
    args.get("community_id").and_then(Value::as_str).filter(|id| !Placeholder::is_in(id))?;
    let ids: Vec<String> = writes.iter().map(|write| write.subject.key.clone()).collect();
    let mut reads = vec![reads::users(connection, args)];
    reads.extend(reads::accounts(connection, args, &ids));
    Some(Snapshot {
        reads,
        find: |write, reads| {
            reads
                .iter()
                .flat_map(|read| read.as_array().map_or(std::slice::from_ref(read), Vec::as_slice))
                .find(|row| users::is(&write.subject.key, row))
                .cloned()
        },
        keys: |row| users::id(row).into_iter().collect(),
    })
}

/// What of the subject's row this write touches.
pub fn held(write: &Doubt, row: Option<&Value>) -> Value {
    let group =
        write.subject.group.as_deref().or_else(|| write.wanted.get("community_id")?.as_str()).unwrap_or_default();
    let Some(row) = row else { return json!({ "id": null, "member": false }) };
    let roles = users::roles_in(row, group);
    let mut held = json!({
        "id": users::id(row),
        "email": users::email(row).map(|email| email.key().to_owned()),
        "member": roles.is_some(),
    });
    if let Some(roles) = &roles {
        held["fields"] = json!({ users::ROLES: roles::words(roles) });
    }
    if write.operation == "users.remove" {
        held["admin"] = roles.iter().flatten().any(roles::Role::is_administrator).into();
        held["name"] = users::name(row).into();
    }
    held
}
