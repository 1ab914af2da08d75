//! The common changes in Mobilize's calls, its answers in the model, and how its doubts are looked up.

use serde_json::{Map, Value, json};

use crate::catalog::{Adapter, Args, Before, Call, Doubt, Invitation, LookUp, Unsupported, Verdict};
use crate::model::{Change, Email, FieldChange, Fields, Member, Person, Standing};

/// Up to this many people are written one by one: a bulk job costs two calls at least.
const SINGLY: usize = 2;
/// Up to this many people are read one by one; more are found in the group's list.
const READ_SINGLY: usize = 3;

/// Mobilize's adapter.
pub struct Mobilize;

impl Adapter for Mobilize {
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported> {
        Ok(call(connection, "members", "list", json!({ "group_id": group, "include_fields": true })))
    }

    fn member_count(&self, connection: &str, group: &str) -> Option<(Call, &'static str)> {
        Some((call(connection, "groups", "get", json!({ "group_id": group })), "/members_count"))
    }

    fn member(&self, group: &str, row: &Value) -> Option<Member> {
        let membership = membership(row, group);
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Member {
            id: id(row.get("id")?)?,
            email: Email::parse(row.get("email").and_then(Value::as_str).unwrap_or_default()).ok(),
            name: text("name"),
            fields: fields(row),
            registered: row.get("is_registered").and_then(Value::as_bool),
            invited_at: membership.and_then(|m| m.get("last_invited_in")).and_then(Value::as_i64).filter(|at| *at > 0),
            created_at: row.get("created_at").and_then(Value::as_i64),
            admin: membership.and_then(|m| m.get("is_admin")).and_then(Value::as_bool).unwrap_or(false),
            standing: match membership.and_then(|m| m.get("status")).and_then(Value::as_str) {
                Some("pending") => Standing::Pending,
                Some("declined") => Standing::Declined,
                _ => Standing::Accepted,
            },
        })
    }

    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        let mut rows = Vec::new();
        let mut single = Vec::new();
        let mut removals = Vec::new();
        for change in changes {
            match change {
                Change::Add(person) => {
                    rows.push(json!({ "fields": of_person(person) }));
                    single.push(call(
                        connection,
                        "members",
                        "add",
                        json!({ "group_id": group, "fields": of_person(person) }),
                    ));
                }
                Change::Update { member, fields } => {
                    if let Some(email) = &member.email {
                        rows.push(json!({ "fields": of_update(email, fields) }));
                    }
                    single.push(call(
                        connection,
                        "members",
                        "update",
                        json!({ "group_id": group, "user_id": member.id, "fields": changed(fields) }),
                    ));
                }
                Change::Remove(member) => removals.push(call(
                    connection,
                    "members",
                    "remove",
                    json!({ "group_id": group, "user_id": member.id }),
                )),
            }
        }
        let mut calls = match single.len() <= SINGLY || rows.len() < single.len() {
            true => single,
            false => vec![call(connection, "bulk", "create_members", json!({ "group_id": group, "users": rows }))],
        };
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

    fn before(&self, call: &Call) -> Option<Before> {
        let connection = call.connection.as_str();
        let group = call.args.text("group_id");
        match call.op.name().as_str() {
            "members.invite" => {
                let people: Vec<String> = call.args.get("recipients_ids")?.as_array()?.iter().filter_map(id).collect();
                Some(Before { reads: people_in(connection, group, &people), keep: keep_invited })
            }
            "groups.create" | "bulk.create_groups" => {
                Some(Before { reads: vec![self::call(connection, "groups", "list", json!({}))], keep: keep_group })
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
            "members.invite" => look(people_in(connection, &group, &keys), judge_invited),
            "members.add" => look(people(connection, &group, &keys), judge_added),
            "bulk.create_members" => look(people(connection, &group, &keys), judge_imported),
            "members.update" => look(people(connection, &group, &keys), judge_updated),
            "members.remove" => look(people_in(connection, &group, &keys), judge_removed),
            "users.update" => look(users(connection, &keys), judge_updated),
            "users.create" => look(users(connection, &keys), judge_created),
            "users.delete" => look(users(connection, &keys), judge_deleted),
            "groups.create" | "bulk.create_groups" => {
                look(vec![call(connection, "groups", "list", json!({}))], judge_group_created)
            }
            "groups.update" | "bulk.update_groups" => {
                look(vec![call(connection, "groups", "list", json!({}))], judge_group_updated)
            }
            _ => None,
        }
    }

    fn queued(&self, call: &Call) -> bool {
        call.op.noun == "members" && call.op.verb == "invite"
    }
}

fn call(connection: &str, noun: &str, verb: &str, args: Value) -> Call {
    let platform = &super::PLATFORM;
    let Some(op) = platform.op(noun, verb) else { unreachable!("the table has {noun}.{verb}") };
    let Value::Object(args) = args else { unreachable!("arguments are a map") };
    Call { platform, op, connection: connection.to_owned(), args: Args::from_checked(args) }
}

/// Members of one group by id: one by one, or the whole list.
fn people_in(connection: &str, group: &str, ids: &[String]) -> Vec<Call> {
    match ids.len() <= READ_SINGLY {
        true => ids
            .iter()
            .map(|id| {
                call(connection, "members", "get", json!({ "group_id": group, "user_id": id, "include_fields": true }))
            })
            .collect(),
        false => vec![call(connection, "members", "list", json!({ "group_id": group, "include_fields": true }))],
    }
}

/// People by id or address who may or may not be in the group.
fn people(connection: &str, group: &str, keys: &[String]) -> Vec<Call> {
    match keys.len() <= READ_SINGLY {
        true => users(connection, keys),
        false => vec![call(connection, "members", "list", json!({ "group_id": group, "include_fields": true }))],
    }
}

/// Users by id or address, one by one.
fn users(connection: &str, keys: &[String]) -> Vec<Call> {
    keys.iter()
        .map(|key| match key.contains('@') {
            true => call(connection, "users", "find_by_email", json!({ "email": key, "include_fields": true })),
            false => call(connection, "users", "get", json!({ "user_id": key, "include_fields": true })),
        })
        .collect()
}

/// The person a doubt is about, in whatever the reads gave.
fn find<'a>(key: &str, reads: &'a [Value]) -> Option<&'a Value> {
    reads.iter().flat_map(rows_of).find(|row| {
        row.get("id").and_then(id).as_deref() == Some(key)
            || row.get("email").and_then(Value::as_str).is_some_and(|email| email.trim().to_lowercase() == key)
    })
}

fn rows_of(read: &Value) -> &[Value] {
    match read {
        Value::Array(rows) => rows,
        other => std::slice::from_ref(other),
    }
}

fn is_member(row: &Value, group: &str) -> bool {
    membership(row, group).is_some()
}

fn membership<'a>(row: &'a Value, group: &str) -> Option<&'a Value> {
    row.get("groups")?.as_array()?.iter().find(|m| m.get("id").and_then(id).as_deref() == Some(group))
}

fn group_of(doubt: &Doubt) -> &str {
    doubt.subject.group.as_deref().unwrap_or_default()
}

fn invited_in(row: Option<&Value>, group: &str) -> i64 {
    row.and_then(|row| membership(row, group))
        .and_then(|m| m.get("last_invited_in"))
        .and_then(Value::as_i64)
        .unwrap_or(0)
}

fn keep_invited(key: &str, _part: &Value, reads: &[Value]) -> Value {
    match find(key, reads) {
        None => Value::Null,
        Some(row) => {
            let latest = row.get("groups").and_then(Value::as_array).map(|groups| {
                groups.iter().map(|m| json!([m.get("id").and_then(id), m.get("last_invited_in")])).collect::<Vec<_>>()
            });
            json!({ "last_invited_in": latest, "email": row.get("email") })
        }
    }
}

/// Invited if the platform's own record is later than it was before sending. No clock of ours takes part.
fn judge_invited(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let group = group_of(doubt);
    let now = invited_in(find(&doubt.subject.key, reads), group);
    let Some(kept) = doubt.before.get("last_invited_in").and_then(Value::as_array) else {
        return Verdict::Unknown("what the platform held before it was sent is not known");
    };
    let before =
        kept.iter().find(|pair| pair[0].as_str() == Some(group)).and_then(|pair| pair[1].as_i64()).unwrap_or(0);
    match now > before {
        true => Verdict::Applied(None),
        false => Verdict::Unknown("the platform has not recorded the invitation (yet); it may still be in its queue"),
    }
}

fn judge_added(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) if is_member(row, group_of(doubt)) => Verdict::Applied(Some(row.clone())),
        _ => Verdict::NotApplied,
    }
}

/// Done only when the values that were sent are read back.
fn judge_imported(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) if is_member(row, group_of(doubt)) && holds(row, &doubt.wanted) => {
            Verdict::Applied(Some(row.clone()))
        }
        _ => Verdict::NotApplied,
    }
}

fn judge_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        None => Verdict::Stale("the person is gone"),
        Some(row) if holds(row, &doubt.wanted) => Verdict::Applied(Some(row.clone())),
        Some(_) => Verdict::NotApplied,
    }
}

fn judge_removed(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) if is_member(row, group_of(doubt)) || row.get("groups").is_none() => Verdict::NotApplied,
        _ => Verdict::Applied(None),
    }
}

fn judge_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(row) => Verdict::Applied(Some(row.clone())),
        None => Verdict::NotApplied,
    }
}

fn judge_deleted(doubt: &Doubt, reads: &[Value]) -> Verdict {
    match find(&doubt.subject.key, reads) {
        Some(_) => Verdict::NotApplied,
        None => Verdict::Applied(None),
    }
}

fn named<'a>(name: &str, parent: Option<&str>, reads: &'a [Value]) -> Option<&'a Value> {
    reads.iter().flat_map(rows_of).find(|row| {
        let same = row.get("name").and_then(Value::as_str).is_some_and(|have| have.trim().to_lowercase() == name);
        same && parent.is_none_or(|parent| row.get("parent_group").and_then(id).as_deref() == Some(parent))
    })
}

/// Whether a group of this name was there before: then finding it later proves nothing.
fn keep_group(key: &str, _part: &Value, reads: &[Value]) -> Value {
    json!({ "existed": named(key, None, reads).and_then(|row| row.get("id")).cloned() })
}

fn judge_group_created(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let existed = doubt.before.get("existed").is_some_and(|id| !id.is_null());
    match named(&doubt.subject.key, None, reads) {
        _ if existed => Verdict::NotApplied,
        None => Verdict::NotApplied,
        Some(row) => match named(&doubt.subject.key, doubt.subject.group.as_deref(), reads) {
            Some(_) => Verdict::Applied(Some(row.clone())),
            None => Verdict::Stale("a group of this name stands elsewhere in the hierarchy"),
        },
    }
}

/// What the platform says in words was asked for in numbers.
fn judge_group_updated(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let row = reads
        .iter()
        .flat_map(rows_of)
        .find(|row| row.get("id").and_then(id).as_deref() == Some(doubt.subject.key.as_str()));
    let Some(row) = row else { return Verdict::Stale("the group is gone") };
    let wanted = doubt.wanted.as_object().into_iter().flatten().filter(|(key, _)| *key != "id");
    let mut seen = false;
    for (key, value) in wanted {
        let have = match (key.as_str(), row.get(key)) {
            // Written and never read back: these prove nothing either way.
            (
                "alias_name"
                | "invite_members_enabled"
                | "create_posts_enabled"
                | "create_subgroups_enabled"
                | "public_form",
                _,
            )
            | (_, None) => continue,
            ("privacy", Some(have)) => [("public", 5), ("private", 10)]
                .iter()
                .any(|(word, number)| have.as_str() == Some(word) && value.as_i64() == Some(*number)),
            ("default_emails_frequency", Some(have)) => [("IMMEDIATE", 0), ("DAILY", 1), ("DISABLED", 9)]
                .iter()
                .any(|(word, number)| have.as_str() == Some(word) && value.as_i64() == Some(*number)),
            (_, Some(have)) => have == value,
        };
        if !have {
            return Verdict::NotApplied;
        }
        seen = true;
    }
    match seen {
        true => Verdict::Applied(Some(row.clone())),
        false => Verdict::NotApplied,
    }
}

/// Whether a user holds the fields that were sent.
fn holds(row: &Value, wanted: &Value) -> bool {
    let Some(fields) = wanted.get("fields").and_then(Value::as_object) else { return true };
    fields.iter().all(|(name, value)| {
        let have = row.pointer(&format!("/fields/{name}")).or_else(|| row.get(name));
        match (name.as_str(), have) {
            ("email", Some(have)) => text(have).to_lowercase() == text(value).to_lowercase(),
            (_, Some(have)) => have == value || text(have).trim() == text(value).trim(),
            (_, None) => text(value).is_empty(),
        }
    })
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

/// The fields as text: those at the root that every community has, then the community's own.
fn fields(row: &Value) -> Fields {
    let mut list = Fields::new();
    for name in ["first_name", "last_name"] {
        if let Some(value) = row.get(name).filter(|value| !value.is_null()) {
            list.push((name.to_owned(), text(value)));
        }
    }
    for (name, value) in row.get("fields").and_then(Value::as_object).into_iter().flatten() {
        if name != "email" && !value.is_null() && !list.iter().any(|(known, _)| known == name) {
            list.push((name.clone(), text(value)));
        }
    }
    list
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
