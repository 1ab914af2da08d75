//! Heartbeat's calls in the words of all platforms: what a write does, what a read shows. The way back from the adapter's
//! `calls`.

use serde_json::{Map, Value};

use crate::catalog::{Call, Deed, Seen, Subject, Whom};
use crate::model::Email;

/// What a write does to one of its subjects. Of a pending user no read shows anything, and of who leaves sibling groups a
/// subject's part says nothing: for these there are no words.
pub fn deed(operation: &str, subject: &Subject, part: &Value) -> Option<Deed> {
    let who = || Whom { id: None, address: address(&subject.key) };
    Some(match operation {
        "members.add" => Deed::Joins { group: subject.group.clone()?, who: who(), fields: Map::new() },
        "members.remove" => Deed::Leaves { group: subject.group.clone()?, who: who(), destroys: false },
        "users.create" => {
            let mut fields = without(part, &["email", "role_id", "create_introduction_thread"]);
            fields.extend(part.get("role_id").map(|role| ("role_id".to_owned(), role.clone())));
            Deed::AccountMade { who: who(), fields }
        }
        "users.update" => Deed::Changes { who: who(), fields: without(part, &["email"]) },
        "users.delete" => Deed::AccountDeleted { who: who(), destroys: false },
        "groups.create" => Deed::GroupMade {
            name: part.get("name").and_then(Value::as_str)?.to_owned(),
            parent: part.get("parent_group_id").and_then(Value::as_str).map(str::to_owned),
            fields: without(part, &["name", "parent_group_id"]),
        },
        "groups.update" => Deed::GroupChanged { id: subject.key.clone(), fields: without(part, &["group_id"]) },
        _ => return None,
    })
}

/// What a read shows of people and groups.
pub fn seen(read: &Call) -> Seen {
    let named = |name: &str| Some(read.args.text(name).to_owned()).filter(|text| !text.is_empty());
    match (read.op.noun, read.op.verb) {
        // A plan cannot show its own changes among people who are asked for by address: it would show all of them.
        ("users", "list") if read.args.get("emails").is_some() => Seen::Found,
        ("users", "list") => Seen::People { group: named("group_id") },
        ("users", "get") => Seen::Person { group: None, who: Whom { id: named("user_id"), address: None } },
        ("users", "find_by_email") => {
            Seen::Person { group: None, who: Whom { id: None, address: address(read.args.text("email")) } }
        }
        ("groups", "list") => Seen::Groups,
        ("groups", "get") => Seen::Group { id: read.args.text("group_id").to_owned() },
        _ => Seen::Other,
    }
}

fn address(text: &str) -> Option<String> {
    Email::parse(text).ok().map(|email| email.key().to_owned())
}

fn without(part: &Value, names: &[&str]) -> Map<String, Value> {
    let mut fields = part.as_object().cloned().unwrap_or_default();
    fields.retain(|name, _| !names.contains(&name.as_str()));
    fields
}
