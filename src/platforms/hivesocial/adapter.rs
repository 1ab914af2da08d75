//! HiveSocial knows invitations, and neither people nor groups: what other platforms do with members, it has no words for.

use serde_json::{Map, Value, json};

use super::reads::list;
use super::{complete, doubts, parts};
use crate::catalog::{
    Adapter, Args, Before, Call, Completion, Doubt, Invitation, LookUp, Op, Part, Piece, Seen, Unsupported,
};
use crate::model::{Change, Email, Member, Person, Standing};

/// Up to this many people are looked for one by one; more are found in the group's whole list.
const SINGLY: usize = 3;

/// HiveSocial's adapter.
pub struct HiveSocial;

impl Adapter for HiveSocial {
    fn members(&self, _connection: &str, _group: &str) -> Result<Call, Unsupported> {
        Err(Unsupported("HiveSocial's API shows no members of a group, so no roster can be compared with them; invite its people with `invitations.bulk_import(group, #{ role_id, subject, content, records })`".into()))
    }

    fn calls(&self, connection: &str, group: &str, _changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        self.members(connection, group).map(|call| vec![call])
    }

    fn invite(&self, _connection: &str, _group: &str, _invitation: &Invitation) -> Result<Vec<Call>, Unsupported> {
        Err(Unsupported("HiveSocial invites addresses, not members: `invitations.bulk_import(group, #{ role_id, subject, content, records })`".into()))
    }

    fn call_in(&self, connection: &str, group: &str, people: &[Person], letter: &Map<String, Value>) -> Option<Call> {
        let record = |person: &Person| {
            let names = ["first_name", "last_name"].into_iter().filter_map(|name| Some((name, person.field(name)?)));
            let mut record: Map<String, Value> = names.map(|(name, text)| (name.to_owned(), text.into())).collect();
            record.insert("email".into(), person.email.as_str().into());
            Value::Object(record)
        };
        let mut args = letter.clone();
        args.insert("group_id".into(), group.into());
        args.insert("records".into(), people.iter().map(record).collect());
        let platform = &super::PLATFORM;
        let op = platform.op("invitations", "bulk_import")?;
        Some(Call { platform, op, connection: connection.to_owned(), args: Args::from_checked(args) })
    }

    fn invited(&self, connection: &str, group: &str) -> Option<Call> {
        Some(list(connection, json!({ "group_id": group })))
    }

    fn invitee(&self, row: &Value) -> Option<Member> {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let names = [("first_name", text("firstName")), ("last_name", text("lastName")), ("role", text("roleName"))];
        let named = names.into_iter().filter(|(_, value)| !value.is_empty());
        Some(Member {
            id: text("id"),
            email: Email::parse(&text("email")).ok(),
            name: format!("{} {}", text("firstName"), text("lastName")).trim().to_owned(),
            fields: named.map(|(name, value)| (name.to_owned(), value)).collect(),
            kinds: Vec::new(),
            registered: Some(false),
            invited_at: None,
            created_at: None,
            admin: false,
            standing: Standing::Accepted,
            groups: Vec::new(),
        })
    }

    fn completion(&self, call: &Call) -> Option<Completion> {
        complete::completion(call)
    }

    fn parts(&self, piece: &Piece, answer: &Value) -> Option<Vec<Part>> {
        parts::parts(piece, answer)
    }

    fn stays(&self, op: &Op) -> Option<&'static str> {
        match op.verb {
            "bulk_import" => Some(
                "a mail cannot be taken back; the invitation can, while it waits: `invitations.delete(id)`, with the id that `invitations.list(group)` shows",
            ),
            "delete" => Some(
                "an invitation that was taken back comes again only with another mail: `invitations.bulk_import(group, #{ …, again: \"a name for it\" })`",
            ),
            _ => None,
        }
    }

    fn before(&self, call: &Call) -> Option<Before> {
        if call.op.verb != "bulk_import" {
            return None;
        }
        let records = call.args.get("records").and_then(Value::as_array)?;
        let people: Vec<&str> =
            records.iter().filter_map(|record| record.get("email").and_then(Value::as_str)).collect();
        let reads = waiting(&call.connection, call.args.text("group_id"), &people);
        Some(Before { reads, keep: doubts::keep_waiting })
    }

    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
        let first = doubts.first()?;
        let group = first.subject.group.as_deref()?;
        match first.operation.as_str() {
            "invitations.bulk_import" => {
                let people: Vec<&str> = doubts.iter().map(|doubt| doubt.subject.key.as_str()).collect();
                Some(LookUp { reads: waiting(connection, group, &people), judge: doubts::judge_imported })
            }
            "invitations.delete" => {
                let reads = vec![list(connection, json!({ "group_id": group }))];
                Some(LookUp { reads, judge: doubts::judge_deleted })
            }
            _ => None,
        }
    }

    fn queued(&self, _call: &Call) -> bool {
        false
    }

    fn seen(&self, read: &Call) -> Seen {
        match read.op.verb {
            "list" => Seen::Invitations,
            _ => Seen::Other,
        }
    }
}

/// The invitations of these addresses that wait in a group.
fn waiting(connection: &str, group: &str, people: &[&str]) -> Vec<Call> {
    match people.len() <= SINGLY {
        true => people
            .iter()
            .map(|address| list(connection, json!({ "group_id": group, "filter": address, "target": "email" })))
            .collect(),
        false => vec![list(connection, json!({ "group_id": group }))],
    }
}
