//! The common changes in the town's calls, its answers in the model, and what its lists say of doubts and plans.

use beadle::catalog::{
    Adapter, Args, Before, Call, Deed, Doubt, Invitation, LookUp, Op, Seen, Snapshot, Subject, Unsupported, Verdict,
    Whom,
};
use beadle::model::{Change, Email, Group, Member, Membership, Standing};
use serde_json::{Map, Value, json};

/// The town's adapter.
pub struct Toy;

impl Adapter for Toy {
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported> {
        Ok(call(connection, "members", "list", json!({ "group_id": group })))
    }

    fn member(&self, _group: &str, row: &Value) -> Option<Member> {
        let name = |key| text(row, key).to_owned();
        Some(Member {
            id: row["id"].as_str()?.to_owned(),
            email: Email::parse(text(row, "email")).ok(),
            name: format!("{} {}", name("first_name"), name("last_name")).trim().to_owned(),
            fields: NAMES.map(|key| (key.to_owned(), name(key))).into(),
            kinds: Vec::new(),
            registered: row["signed_in"].as_bool(),
            invited_at: row["invited_at"].as_i64(),
            created_at: None,
            admin: false,
            standing: Standing::Accepted,
            groups: vec![Membership { group: text(row, "group_id").to_owned(), admin: false }],
        })
    }

    fn groups(&self, connection: &str) -> Option<Call> {
        Some(call(connection, "groups", "list", json!({})))
    }

    fn group(&self, row: &Value) -> Option<Group> {
        let id = row["id"].as_str()?.to_owned();
        Some(Group { id, name: text(row, "name").to_owned(), parent: None, members: None })
    }

    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        let add = |email: Option<&Email>, fields: Vec<(&str, &str)>| {
            let mut args = json!({ "group_id": group, "email": email.map(Email::as_str) });
            for (name, value) in fields.into_iter().filter(|(name, _)| NAMES.contains(name)) {
                args[name] = value.into();
            }
            call(connection, "members", "add", args)
        };
        let one = |change: &Change| match change {
            Change::Add(person) => {
                add(Some(&person.email), person.fields.iter().map(|(name, value)| (&**name, &**value)).collect())
            }
            Change::Update { member, fields } => {
                add(member.email.as_ref(), fields.iter().map(|field| (&*field.name, &*field.after)).collect())
            }
            Change::Remove(member) => {
                call(connection, "members", "remove", json!({ "group_id": group, "member_id": member.id }))
            }
        };
        Ok(changes.iter().map(one).collect())
    }

    fn invite(&self, connection: &str, group: &str, invitation: &Invitation) -> Result<Vec<Call>, Unsupported> {
        let args = json!({ "group_id": group, "member_ids": invitation.members });
        Ok(vec![call(connection, "members", "invite", args)])
    }

    fn rows_are_apart(&self) -> bool {
        true
    }

    fn before(&self, call: &Call) -> Option<Before> {
        let keep = |_: &Call, key: &str, reads: &[Value]| match find(key, reads) {
            Some(row) => json!({ "invited_at": row["invited_at"], "email": row["email"] }),
            None => Value::Null,
        };
        let reads = vec![self.members(&call.connection, call.args.text("group_id")).ok()?];
        (call.op.verb == "invite").then_some(Before { reads, keep })
    }

    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
        let group = doubts.first()?.subject.group.as_deref()?;
        Some(LookUp { reads: vec![self.members(connection, group).ok()?], judge })
    }

    fn queued(&self, call: &Call) -> bool {
        call.op.verb == "invite"
    }

    fn deed(&self, op: &Op, subject: &Subject, part: &Value) -> Option<Deed> {
        let group = subject.group.clone()?;
        let who = match subject.key.contains('@') {
            true => Whom { id: None, address: Some(subject.key.clone()) },
            false => Whom { id: Some(subject.key.clone()), address: None },
        };
        Some(match op.verb {
            "add" => Deed::Joins { group, who, fields: names(part) },
            "remove" => Deed::Leaves { group, who, destroys: false },
            _ => Deed::Mailed { group, who },
        })
    }

    fn snapshot(&self, connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
        let group = writes.first()?.subject.group.as_deref()?;
        Some(Snapshot {
            reads: vec![self.members(connection, group).ok()?],
            find: |write, reads| find(&write.subject.key, reads).cloned(),
            keys: |row| vec![text(row, "id").to_owned(), text(row, "email").to_lowercase()],
        })
    }

    fn held(&self, write: &Doubt, row: Option<&Value>) -> Value {
        let Some(row) = row else { return json!({ "id": null, "member": false }) };
        let mut held = json!({ "id": row["id"], "email": text(row, "email").to_lowercase(), "member": true });
        match write.operation.as_str() {
            "members.add" => {
                let written = names(&write.wanted);
                let now = written.keys().map(|key| (key.clone(), text(row, key).into()));
                held["fields"] = Value::Object(now.collect());
            }
            "members.invite" => held["invited_at"] = row["invited_at"].clone(),
            _ => held["fields"] = Value::Object(names(row)),
        }
        held
    }

    fn after(&self, row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
        match deed {
            Deed::Leaves { .. } => None,
            Deed::Joins { group, who, fields } => {
                let new =
                    json!({ "id": id, "group_id": group, "email": who.address, "first_name": "", "last_name": "" });
                let mut row = row.unwrap_or(new);
                row.as_object_mut()?.extend(fields.clone());
                Some(row)
            }
            _ => row,
        }
    }

    fn seen(&self, read: &Call) -> Seen {
        match read.op.noun {
            "groups" => Seen::Groups,
            _ => Seen::People { group: Some(read.args.text("group_id").to_owned()) },
        }
    }
}

const NAMES: [&str; 2] = ["first_name", "last_name"];

fn judge(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let row = find(&doubt.subject.key, reads);
    let invited = |row: Option<&Value>| row.and_then(|row| row["invited_at"].as_i64()).unwrap_or(0);
    match (doubt.operation.as_str(), row) {
        ("members.add", Some(row)) if names(&doubt.wanted).iter().all(|(key, value)| row[key] == *value) => {
            Verdict::Applied(Some(row.clone()))
        }
        ("members.remove", None) => Verdict::Applied(None),
        ("members.add" | "members.remove", _) => Verdict::NotApplied,
        (_, row) if invited(row) > invited(Some(&doubt.before)) => Verdict::Applied(None),
        _ => Verdict::Unknown("no invitation is to be seen (yet)"),
    }
}

fn names(of: &Value) -> Map<String, Value> {
    NAMES.into_iter().filter_map(|key| Some((key.to_owned(), of.get(key)?.clone()))).collect()
}

fn find<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    let mut rows = reads.iter().filter_map(Value::as_array).flatten();
    rows.find(|row| text(row, "id") == key || text(row, "email").to_lowercase() == key)
}

fn call(connection: &str, noun: &str, verb: &str, args: Value) -> Call {
    let platform = &super::PLATFORM;
    let (op, args) = (platform.op(noun, verb).unwrap(), args.as_object().cloned().unwrap());
    Call { platform, op, connection: connection.to_owned(), args: Args::from_checked(args) }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
