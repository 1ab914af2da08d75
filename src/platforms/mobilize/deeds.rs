//! Mobilize's calls in the words of all platforms: what a write does, what a read shows. The way back from the adapter's
//! `calls`.

use serde_json::{Map, Value};

use super::users::id;
use crate::catalog::{Call, Deed, Seen, Subject, Whom};
use crate::model::Email;

/// What a write does to one of its subjects; `part` is the subject's part of the request in its normal form.
pub fn deed(operation: &str, subject: &Subject, part: &Value) -> Option<Deed> {
    let somebody = || Whom { id: Some(subject.key.clone()), address: None };
    let destroys = part.get("hard_delete").and_then(Value::as_bool).unwrap_or(false);
    Some(match operation {
        "members.add" | "bulk.create_members" => joins(subject, part)?,
        "members.update" | "users.update" => Deed::Changes { who: somebody(), fields: fields(part) },
        "members.remove" => Deed::Leaves { group: subject.group.clone()?, who: somebody(), destroys },
        "members.invite" => Deed::Mailed { group: subject.group.clone()?, who: somebody() },
        "users.create" => {
            let who = Whom { id: None, address: Some(subject.key.clone()) };
            Deed::AccountMade { who, fields: without(fields(part), &["email"]) }
        }
        "users.delete" => Deed::AccountDeleted { who: somebody(), destroys },
        "groups.create" | "bulk.create_groups" => Deed::GroupMade {
            name: part.get("name").and_then(Value::as_str)?.to_owned(),
            parent: part.get("parent_group_id").and_then(id),
            fields: without(map(part), &["name", "parent_group_id"]),
        },
        "groups.update" | "bulk.update_groups" => {
            Deed::GroupChanged { id: subject.key.clone(), fields: without(map(part), &["id"]) }
        }
        _ => return None,
    })
}

/// Beside an id, an address is one more field that is written; without one it only says who.
fn joins(subject: &Subject, part: &Value) -> Option<Deed> {
    let fields = fields(part);
    let id = part.get("user_id").filter(|id| !id.is_null()).map(|_| subject.key.clone());
    let address = fields.get("email").and_then(Value::as_str).and_then(address);
    let fields = if id.is_some() { fields } else { without(fields, &["email"]) };
    Some(Deed::Joins { group: subject.group.clone()?, who: Whom { id, address }, fields })
}

/// What a read shows of people and groups.
pub fn seen(read: &Call) -> Seen {
    let named = |name: &str| Some(read.args.text(name).to_owned()).filter(|text| !text.is_empty());
    let by_id = || Whom { id: named("user_id"), address: None };
    match (read.op.noun, read.op.verb) {
        ("users", "list") => Seen::People { group: None },
        ("members", "list") => Seen::People { group: named("group_id") },
        ("users", "get") => Seen::Person { group: None, who: by_id() },
        ("users", "find_by_email") => {
            let who = Whom { id: None, address: address(read.args.text("email")) };
            Seen::Person { group: None, who }
        }
        ("members", "get") => Seen::Person { group: named("group_id"), who: by_id() },
        ("groups", "list") => Seen::Groups,
        ("groups", "get") => Seen::Group { id: read.args.text("group_id").to_owned() },
        ("bulk", "status") => Seen::Job { id: read.args.text("job_id").to_owned() },
        (_, "search") => Seen::Found,
        _ => Seen::Other,
    }
}

fn address(text: &str) -> Option<String> {
    Email::parse(text).ok().map(|email| email.key().to_owned())
}

fn fields(part: &Value) -> Map<String, Value> {
    part.get("fields").map(map).unwrap_or_default()
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn without(mut fields: Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    fields.retain(|name, _| !names.contains(&name.as_str()));
    fields
}
