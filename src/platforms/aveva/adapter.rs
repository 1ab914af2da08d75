//! The common changes in AVEVA CONNECT's calls, its answers in the model, and how its doubts are looked up. A group is a
//! community; who is not a user of the tenant cannot come into one.

use serde_json::{Value, json};

use super::ops::{STANDING, WITH_ROLES};
use super::reads::call;
use super::{after, complete, doubts, held, reads, roles, users};
use crate::catalog::{
    Adapter, Before, Call, Companion, Completion, Deed, Doubt, FieldNames, Invitation, LookUp, Op, Seen, Snapshot,
    Subject, Unsupported,
};
use crate::model::{Change, FieldChange, Group, Member};

/// AVEVA CONNECT's adapter.
pub struct Aveva;

impl Adapter for Aveva {
    fn members(&self, connection: &str, group: &str) -> Result<Call, Unsupported> {
        Ok(reads::users(connection, &json!({ "community_id": group })))
    }

    fn count(&self, list: &Call) -> Option<(Call, &'static str)> {
        let of_community = list.op.noun == "users" && list.op.verb == "list";
        let mut count = call(&list.connection, "users", "count", json!({}));
        for name in ["community_id", "tenant_id"] {
            if let Some(value) = list.args.get(name) {
                count.args.set(name, value.clone());
            }
        }
        of_community.then_some((count, ""))
    }

    fn fields(&self, connection: &str, group: &str) -> Option<(Call, FieldNames)> {
        let roles = reads::roles(connection, &json!({ "community_id": group }));
        Some((roles, |_| Some(vec![users::ROLES.to_owned()])))
    }

    fn member(&self, _group: &str, row: &Value) -> Option<Member> {
        users::member(row)
    }

    fn groups(&self, connection: &str) -> Option<Call> {
        Some(call(connection, "communities", "list", json!({})))
    }

    fn group(&self, row: &Value) -> Option<Group> {
        let tenants: Vec<&Value> = row.get("Tenants").and_then(Value::as_array).into_iter().flatten().collect();
        // How many of which tenant is meant nobody says.
        let members = match tenants[..] {
            [tenant] => tenant.get("UserCount").and_then(Value::as_u64),
            _ => None,
        };
        Some(Group {
            id: row.get("Id")?.as_str()?.to_owned(),
            name: row.get("Name").and_then(Value::as_str).unwrap_or_default().to_owned(),
            parent: None,
            members,
        })
    }

    fn calls(&self, connection: &str, group: &str, changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        changes.iter().map(|change| one(connection, group, change)).collect()
    }

    fn invite(&self, _connection: &str, _group: &str, _invitation: &Invitation) -> Result<Vec<Call>, Unsupported> {
        Err(Unsupported("AVEVA CONNECT's API writes to nobody: people are invited into a tenant in its own pages, and then added to communities".into()))
    }

    fn completion(&self, call: &Call) -> Option<Completion> {
        complete::completion(call)
    }

    fn companion(&self, list: &Call) -> Option<Companion> {
        let asked = list.args.get(WITH_ROLES) == Some(&Value::Bool(true));
        asked.then(|| Companion { read: reads::roles(&list.connection, &list.args.to_value()), join: users::join })
    }

    fn not_found_is_removed(&self) -> bool {
        // 404 is also what a tenant or community that is not there gives.
        false
    }

    fn rows_are_apart(&self) -> bool {
        true
    }

    fn read_only(&self) -> &'static [&'static str] {
        &["first_name", "last_name"]
    }

    fn of_membership(&self) -> &'static [&'static str] {
        &[users::ROLES]
    }

    fn beside_fields(&self) -> &'static [&'static str] {
        &[STANDING]
    }

    fn tidied(&self, field: &str, value: &str) -> Option<String> {
        (field == users::ROLES).then(|| roles::tidied(value))
    }

    fn before(&self, call: &Call) -> Option<Before> {
        let adds = call.op.noun == "users" && call.op.verb == "add";
        adds.then(|| Before { reads: Vec::new(), keep: doubts::keep })
    }

    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
        let first = doubts.first()?;
        let reads = vec![reads::users(connection, &first.wanted)];
        match first.operation.as_str() {
            "users.add" => Some(LookUp { reads, judge: doubts::judge_added }),
            "users.remove" => Some(LookUp { reads, judge: doubts::judge_removed }),
            _ => None,
        }
    }

    fn queued(&self, _call: &Call) -> bool {
        false
    }

    fn deed(&self, op: &Op, subject: &Subject, part: &Value) -> Option<Deed> {
        held::deed(&op.name(), subject, part)
    }

    fn snapshot(&self, connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
        held::snapshot(connection, writes)
    }

    fn held(&self, write: &Doubt, row: Option<&Value>) -> Value {
        held::held(write, row)
    }

    fn after(&self, row: Option<Value>, _id: &str, deed: &Deed) -> Option<Value> {
        after::after(row, deed)
    }

    fn shows_fields(&self, read: &Call) -> bool {
        read.args.get(WITH_ROLES) == Some(&Value::Bool(true))
    }

    fn seen(&self, read: &Call) -> Seen {
        held::seen(read)
    }

    fn shown(&self, read: &Call, row: Value) -> Value {
        after::shown(read, row)
    }
}

fn one(connection: &str, group: &str, change: &Change) -> Result<Call, Unsupported> {
    let write = |verb, user: &str| call(connection, "users", verb, json!({ "community_id": group, "user_id": user }));
    match change {
        Change::Add(person) => {
            let mut add = write("add", person.email.as_str());
            let names = person.field(users::ROLES).map(roles::names).unwrap_or_default();
            if !names.is_empty() {
                add.args.set("role_ids", names);
            }
            Ok(add)
        }
        Change::Update { member, fields } => {
            let mut exact = write("add", &member.id);
            exact.args.set("exact", true);
            let names = roles::names(roles_after(fields)?);
            if !names.is_empty() {
                exact.args.set("role_ids", names);
            }
            Ok(exact)
        }
        Change::Remove(member) => Ok(write("remove", &member.id)),
    }
}

fn roles_after(fields: &[FieldChange]) -> Result<&str, Unsupported> {
    match fields {
        [roles] if roles.name == users::ROLES => Ok(&roles.after),
        _ => Err(Unsupported(
            "of a user of a community only the roles can be changed: names and addresses are the identity provider's"
                .into(),
        )),
    }
}
