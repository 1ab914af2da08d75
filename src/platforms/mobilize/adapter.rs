//! The common changes in Mobilize's calls, its answers in the model, and how its doubts are looked up.

use serde_json::{Map, Value, json};

use super::reads::{call, groups, people, people_in, users};
use super::users::id;
use super::{after, deeds, doubts, held};
use crate::catalog::{
    Adapter, Before, Call, Deed, Doubt, FieldNames, Invitation, LookUp, NewGroup, Op, Seen, Snapshot, Subject,
    Unsupported,
};
use crate::model::{Cascade, Change, Email, FieldChange, Group, Member, Person};

/// Up to this many people are written one by one: a bulk job costs two calls at least.
const SINGLY: usize = 2;

/// Mobilize's adapter.
pub struct Mobilize;

impl Adapter for Mobilize {
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported> {
        Ok(call(connection, "members", "list", json!({ "group_id": group, "include_fields": true })))
    }

    fn count(&self, list: &Call) -> Option<(Call, &'static str)> {
        let members = list.op.noun == "members" && list.op.verb == "list";
        let group = json!({ "group_id": list.args.text("group_id") });
        members.then(|| (call(&list.connection, "groups", "get", group), "/members_count"))
    }

    fn fields(&self, connection: &str, group: &str) -> Option<(Call, FieldNames)> {
        Some((call(connection, "groups", "get", json!({ "group_id": group, "include_fields": true })), field_names))
    }

    fn member(&self, group: &str, row: &Value) -> Option<Member> {
        super::users::member(group, row)
    }

    fn person(&self, connection: &str, group: Option<&str>, key: &str) -> Option<Call> {
        match group {
            Some(group) if !key.contains('@') => {
                Some(call(connection, "members", "get", json!({ "group_id": group, "user_id": key })))
            }
            _ => users(connection, &[key.to_owned()]).pop(),
        }
    }

    fn groups(&self, connection: &str) -> Option<Call> {
        Some(groups(connection))
    }

    fn group(&self, row: &Value) -> Option<Group> {
        Some(Group {
            id: id(row.get("id")?)?,
            name: row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            parent: row.get("parent_group").and_then(id),
            members: row.get("members_count").and_then(Value::as_u64),
        })
    }

    fn names_are_unique(&self) -> bool {
        true
    }

    fn cascade(&self) -> Cascade {
        Cascade::JoinsAboveLeavesBelow
    }

    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        let write = |verb, args| call(connection, "members", verb, args);
        // What a bulk's row can say stands beside the single call that says the same; a row needs an address.
        let mut rows = Vec::new();
        let mut in_bulk = Vec::new();
        let mut calls = Vec::new();
        let mut removals = Vec::new();
        for change in changes {
            match change {
                Change::Add(person) => {
                    let fields = of_person(person);
                    rows.push(json!({ "fields": fields.clone() }));
                    in_bulk.push(write("add", json!({ "group_id": group, "fields": fields })));
                }
                Change::Update { member, fields } => {
                    let args = json!({ "group_id": group, "user_id": member.id, "fields": changed(fields) });
                    match &member.email {
                        Some(email) => {
                            rows.push(json!({ "fields": of_update(email, fields) }));
                            in_bulk.push(write("update", args));
                        }
                        None => calls.push(write("update", args)),
                    }
                }
                Change::Remove(member) => {
                    removals.push(write("remove", json!({ "group_id": group, "user_id": member.id })));
                }
            }
        }
        match in_bulk.len() <= SINGLY {
            true => calls.append(&mut in_bulk),
            false => {
                calls.insert(0, call(connection, "bulk", "create_members", json!({ "group_id": group, "users": rows })))
            }
        }
        calls.append(&mut removals);
        Ok(calls)
    }

    fn invite(&self, connection: &str, group: &str, invitation: &Invitation) -> Result<Vec<Call>, Unsupported> {
        let Some(sender) = &invitation.sender else {
            return Err(Unsupported("Mobilize sends invitations in a member's name: say which with `sender`".into()));
        };
        if invitation.members.is_empty() {
            return Ok(Vec::new());
        }
        let args = json!({ "group_id": group, "sender_id": sender, "recipients_ids": invitation.members });
        Ok(vec![call(connection, "members", "invite", args)])
    }

    fn new_group(&self, connection: &str, group: &NewGroup<'_>) -> Result<Call, Unsupported> {
        let Some(manager) = group.manager else {
            return Err(Unsupported(
                "Mobilize wants somebody who administers a new group: say whose address with `manager`".into(),
            ));
        };
        let args = json!({
            "name": group.name, "parent_group_id": group.parent, "privacy": 10, "invite_members_enabled": false,
            "hidden_emails": true, "alias_name": alias(group), "default_emails_frequency": 1,
            "manager_email_address": manager,
        });
        Ok(call(connection, "groups", "create", args))
    }

    fn before(&self, call: &Call) -> Option<Before> {
        let connection = call.connection.as_str();
        let group = call.args.text("group_id");
        match call.op.name().as_str() {
            "members.invite" => {
                let people: Vec<String> = call.args.get("recipients_ids")?.as_array()?.iter().filter_map(id).collect();
                Some(Before { reads: people_in(connection, group, &people), keep: doubts::keep_invited })
            }
            "groups.create" | "bulk.create_groups" => {
                Some(Before { reads: vec![groups(connection)], keep: doubts::keep_group })
            }
            _ => None,
        }
    }

    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
        let first = doubts.first()?;
        let group = first.subject.group.clone().unwrap_or_default();
        let keys: Vec<String> = doubts.iter().map(|doubt| doubt.subject.key.clone()).collect();
        let look = |reads, judge| Some(LookUp { reads, judge });
        match first.operation.as_str() {
            "members.invite" => look(people_in(connection, &group, &keys), doubts::judge_invited),
            "members.add" => look(people(connection, &group, &keys), doubts::judge_added),
            "bulk.create_members" => look(people(connection, &group, &keys), doubts::judge_imported),
            "members.update" => look(people(connection, &group, &keys), doubts::judge_updated),
            "members.remove" => look(people_in(connection, &group, &keys), doubts::judge_removed),
            "users.update" => look(users(connection, &keys), doubts::judge_updated),
            "users.create" => look(users(connection, &keys), doubts::judge_created),
            "users.delete" => look(users(connection, &keys), doubts::judge_deleted),
            "groups.create" | "bulk.create_groups" => look(vec![groups(connection)], doubts::judge_group_created),
            "groups.update" | "bulk.update_groups" => look(vec![groups(connection)], doubts::judge_group_updated),
            _ => None,
        }
    }

    fn queued(&self, call: &Call) -> bool {
        call.op.noun == "members" && call.op.verb == "invite"
    }

    fn deed(&self, op: &Op, subject: &Subject, part: &Value) -> Option<Deed> {
        deeds::deed(&op.name(), subject, part)
    }

    fn snapshot(&self, connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
        held::snapshot(connection, writes)
    }

    fn held(&self, write: &Doubt, row: Option<&Value>) -> Value {
        held::held(write, row)
    }

    fn after(&self, row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
        after::after(row, id, deed)
    }

    fn placed(&self, read: &Call, row: Value) -> Value {
        held::placed(read, row)
    }

    fn shows_fields(&self, read: &Call) -> bool {
        read.args.get("include_fields") == Some(&Value::Bool(true))
    }

    fn seen(&self, read: &Call) -> Seen {
        deeds::seen(read)
    }

    fn shown(&self, read: &Call, row: Value) -> Value {
        after::shown(read, row)
    }

    fn counted(&self, row: Value, change: i64) -> Value {
        after::counted(row, change)
    }
}

/// The first part of the group's own address: its name in small letters, else where it comes from.
fn alias(group: &NewGroup<'_>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
    let words: String = group.name.chars().map(plain).collect();
    match words.split_whitespace().collect::<Vec<_>>().join("-") {
        words if words.is_empty() => format!("group-{}", group.reference),
        words => words,
    }
}

fn of_person(person: &Person) -> Value {
    let mut map = Map::new();
    map.insert("email".into(), person.email.as_str().into());
    map.extend(
        person.fields.iter().filter(|(_, value)| !value.is_empty()).map(|(k, v)| (k.clone(), v.as_str().into())),
    );
    Value::Object(map)
}

fn of_update(email: &Email, fields: &[FieldChange]) -> Value {
    let mut map = Map::new();
    map.insert("email".into(), email.as_str().into());
    map.extend(fields.iter().map(|field| (field.name.clone(), field.after.as_str().into())));
    Value::Object(map)
}

fn changed(fields: &[FieldChange]) -> Value {
    Value::Object(fields.iter().map(|field| (field.name.clone(), field.after.as_str().into())).collect())
}

/// The names of a group's fields that the API can write; files it cannot.
fn field_names(group: &Value) -> Option<Vec<String>> {
    let text = |field: &Value, key: &str| field.get(key).and_then(Value::as_str).map(str::to_owned);
    let fields = group.get("fields")?.as_array()?.iter();
    Some(
        fields
            .filter(|field| text(field, "type").as_deref() != Some("file"))
            .filter_map(|field| text(field, "unique_name"))
            .collect(),
    )
}
