//! The common changes in Heartbeat's calls, its answers in the model, and how its doubts are looked up.

use serde_json::{Map, Value, json};

use super::reads::{self, call};
use super::users::{self, full_name, profile};
use super::{after, complete, deeds, doubts, held};
use crate::catalog::{
    Adapter, Before, Call, Completion, Deed, Doubt, Entry, FieldNames, Invitation, Links, LookUp, NewGroup, Op, Seen,
    Snapshot, Subject, Unsupported,
};
use crate::model::{Cascade, Change, Email, FieldChange, Group, Member, Person};

/// Heartbeat's adapter.
pub struct Heartbeat;

impl Adapter for Heartbeat {
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported> {
        Ok(call(connection, "users", "list", json!({ "group_id": group })))
    }

    fn count(&self, list: &Call) -> Option<(Call, &'static str)> {
        let group = list.args.text("group_id");
        (list.op.noun == "users" && !group.is_empty()).then(|| (reads::group(&list.connection, group), "/users"))
    }

    fn fields(&self, connection: &str, group: &str) -> Option<(Call, FieldNames)> {
        Some((reads::group(connection, group), |_| {
            Some(users::NAMES.iter().chain(&users::SHOWN).map(|name| (*name).to_owned()).collect())
        }))
    }

    fn standing_fields(&self) -> Option<Vec<&'static str>> {
        Some(users::NAMES.iter().chain(&users::SHOWN).copied().collect())
    }

    fn joined(&self, field: &str) -> Option<&'static str> {
        users::NAMES.contains(&field).then_some("name")
    }

    fn member(&self, group: &str, row: &Value) -> Option<Member> {
        users::member(group, row)
    }

    fn person(&self, connection: &str, _group: Option<&str>, key: &str) -> Option<Call> {
        Some(reads::user(connection, key))
    }

    fn groups(&self, connection: &str) -> Option<Call> {
        Some(reads::groups(connection))
    }

    fn group(&self, row: &Value) -> Option<Group> {
        Some(Group {
            id: users::text(row, "id").filter(|id| !id.is_empty())?,
            name: users::text(row, "name").unwrap_or_default(),
            parent: users::text(row, "parentGroupID").filter(|id| !id.is_empty()),
            members: row.get("users").and_then(Value::as_array).map(|users| users.len() as u64),
        })
    }

    fn is_archived(&self, row: &Value) -> bool {
        row.get("archived") == Some(&Value::Bool(true))
    }

    fn cascade(&self) -> Cascade {
        Cascade::JoinsAboveLeavesBelow
    }

    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        let (mut arriving, mut updates, mut leaving) = (Vec::new(), Vec::new(), Vec::new());
        for change in changes {
            match change {
                Change::Add(person) => arriving.push(person.email.as_str()),
                Change::Update { member, fields } => {
                    let mut args = written(member, fields);
                    if !args.is_empty() {
                        args.insert("email".into(), address(member)?.into());
                        updates.push(call(connection, "users", "update", Value::Object(args)));
                    }
                }
                Change::Remove(member) => leaving.push(address(member)?),
            }
        }
        let whole = |verb: &str, emails: Vec<&str>| {
            let args = json!({ "group_id": group, "emails": emails });
            (!emails.is_empty()).then(|| call(connection, "members", verb, args))
        };
        Ok(whole("add", arriving).into_iter().chain(updates).chain(whole("remove", leaving)).collect())
    }

    fn overwritten(&self, member: &Member, fields: &[FieldChange]) -> Map<String, Value> {
        let held = |name: &String| (name.clone(), member.field(name).unwrap_or_default().into());
        written(member, fields).keys().map(held).collect()
    }

    fn invite(&self, _connection: &str, _group: &str, _invitation: &Invitation) -> Result<Vec<Call>, Unsupported> {
        Err(Unsupported("Heartbeat invites addresses, not members: `invitations.update(invitation, #{ emails: …, should_send_email: true })`".into()))
    }

    fn new_group(&self, connection: &str, group: &NewGroup<'_>) -> Result<Call, Unsupported> {
        let mut args = Map::new();
        args.insert("name".into(), group.name.into());
        args.extend(group.parent.map(|parent| ("parent_group_id".to_owned(), parent.into())));
        Ok(call(connection, "groups", "create", Value::Object(args)))
    }

    fn links(&self) -> Option<Links> {
        Some(Links {
            list: |connection| call(connection, "invitations", "list", json!({})),
            read: users::link,
            make: |connection, link| {
                call(connection, "invitations", "create", json!({ "group_ids": link.groups, "role_id": link.role }))
            },
        })
    }

    fn completion(&self, call: &Call) -> Option<Completion> {
        complete::completion(call)
    }

    fn lists(&self, list: &Call, row: &[u8]) -> bool {
        list.op.noun != "users" || users::lists(list, row)
    }

    fn accounts(&self, connection: &str, addresses: &[String]) -> Option<Call> {
        Some(reads::list(connection, addresses))
    }

    fn welcome(
        &self,
        connection: &str,
        groups: &[&str],
        person: &Person,
        role: &str,
        entry: Entry,
    ) -> Result<Call, Unsupported> {
        let mut args = Map::new();
        let texts = profile(&person.fields, None).into_iter();
        let (verb, known): (_, &[&str]) = match entry {
            Entry::Pending => ("create_pending", &["bio"]),
            Entry::Account => ("create", &["bio", "linkedin", "twitter", "instagram"]),
        };
        args.extend(texts.filter(|(name, text)| known.contains(&name.as_str()) && text != ""));
        args.insert("email".into(), person.email.as_str().into());
        args.insert("group_ids".into(), json!(groups));
        args.insert("name".into(), full_name(person).into());
        args.insert("role_id".into(), role.into());
        Ok(call(connection, "users", verb, Value::Object(args)))
    }

    fn silence(&self, call: &Call) -> Option<&'static str> {
        let added = call.op.noun == "members" && call.op.verb == "add";
        added.then_some(
            "nobody has this address, and Heartbeat passed it over in silence; make the account first: `users.create_pending(#{ email, name, role_id })`",
        )
    }

    fn stays(&self, op: &Op) -> Option<&'static str> {
        match (op.noun, op.verb) {
            ("users", "create_pending") => Some(
                "no tool of Heartbeat takes a pending user back: take them out in Heartbeat's own pages, or, once they have signed in, with `users.delete(email)`",
            ),
            ("users", "reactivate") => Some("the account stays open; to close it again: `users.delete(email)`"),
            ("users", "delete") => Some("to open the account again: `users.reactivate(email)`"),
            ("invitations", "create") => {
                Some("no tool of Heartbeat takes an invitation back: take the link out in Heartbeat's own pages")
            }
            _ => None,
        }
    }

    fn vacates(&self, call: &Call, groups: &[Group]) -> Vec<String> {
        let moves = call.args.get("should_remove_from_sibling_groups") == Some(&true.into());
        let pair = |group: &Group| (group.id.clone(), group.parent.clone());
        match moves {
            true => doubts::vacated(call.args.text("group_id"), &groups.iter().map(pair).collect::<Vec<_>>()),
            false => Vec::new(),
        }
    }

    fn before(&self, asked: &Call) -> Option<Before> {
        let connection = asked.connection.as_str();
        match asked.op.name().as_str() {
            "members.add" if asked.args.get("should_remove_from_sibling_groups") == Some(&true.into()) => {
                Some(Before { reads: vec![reads::groups(connection)], keep: doubts::keep_place })
            }
            "groups.create" => Some(Before { reads: vec![reads::groups(connection)], keep: doubts::keep_groups }),
            "invitations.create" => {
                let reads = vec![call(connection, "invitations", "list", json!({}))];
                Some(Before { reads, keep: doubts::keep_invitations })
            }
            _ => None,
        }
    }

    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
        let first = doubts.first()?;
        let keys: Vec<String> = doubts.iter().map(|doubt| doubt.subject.key.clone()).collect();
        let people = || reads::accounts(connection, &keys);
        let of_group = || Some(vec![reads::group(connection, first.subject.group.as_deref()?)]);
        let look = |reads, judge| Some(LookUp { reads, judge });
        match first.operation.as_str() {
            // Who was moved is looked for in the groups that they were to leave as well.
            "members.add" if doubts.iter().any(|doubt| doubt.before.get("siblings").is_some()) => {
                look(vec![reads::groups(connection)], doubts::judge_added)
            }
            "members.add" => look(of_group()?, doubts::judge_added),
            "members.remove" => look(of_group()?, doubts::judge_removed),
            "users.create" => look(people(), doubts::judge_created),
            "users.create_pending" => look(people(), doubts::judge_pending),
            "users.update" => look(people(), doubts::judge_updated),
            "users.delete" => look(people(), doubts::judge_deleted),
            "users.reactivate" => look(people(), doubts::judge_reactivated),
            "groups.create" => look(vec![reads::groups(connection)], doubts::judge_group_created),
            "groups.update" => look(vec![reads::groups(connection)], doubts::judge_group_updated),
            "groups.delete" => look(vec![reads::groups(connection)], doubts::judge_group_deleted),
            "invitations.create" => {
                look(vec![call(connection, "invitations", "list", json!({}))], doubts::judge_invitation)
            }
            _ => None,
        }
    }

    fn queued(&self, _call: &Call) -> bool {
        false
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

    fn made(&self, answer: &Value) -> Option<String> {
        ["userID", "groupID"].iter().find_map(|key| users::text(answer, key))
    }

    fn answered(&self, call: &Call, row: Value) -> Value {
        after::answered(call, row)
    }

    fn peopled(&self, row: Value, people: &[(&str, Option<&Value>)]) -> Value {
        after::peopled(row, people)
    }

    fn seen(&self, read: &Call) -> Seen {
        deeds::seen(read)
    }
}

fn written(member: &Member, fields: &[FieldChange]) -> Map<String, Value> {
    let values: Vec<(String, String)> = fields.iter().map(|field| (field.name.clone(), field.after.clone())).collect();
    profile(&values, Some(member))
}

/// Heartbeat's tools know people by address alone.
fn address(member: &Member) -> Result<&str, Unsupported> {
    let none = || Unsupported(format!("Heartbeat's tools name people by address, and {} has none", member.id));
    member.email.as_ref().map(Email::as_str).ok_or_else(none)
}
