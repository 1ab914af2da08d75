//! Whom a bare invitation's id means. Without an address and a group the mail memory could not tell that a reminder goes to
//! somebody who was just invited.

use std::sync::Arc;

use serde_json::{Value, json};

use super::reads::list;
use crate::catalog::{Call, Completion};

/// What is missing of a call that names an invitation.
pub fn completion(call: &Call) -> Option<Completion> {
    let (group, email) = (call.args.text("group_id"), call.args.text("email"));
    let id = call.args.text("invitation_id").to_owned();
    match (call.op.verb, group, email) {
        ("resend", "", _) => Some(Completion {
            reads: Vec::new(),
            recent: Some(id),
            about: Vec::new(),
            may_be_remembered: |_, _| true,
            fill: from_recent,
        }),
        ("resend", group, "") => {
            let reads = vec![list(&call.connection, json!({ "group_id": group }))];
            Some(Completion { reads, recent: None, about: Vec::new(), may_be_remembered: |_, _| true, fill: from_list })
        }
        ("delete", _, "") => Some(Completion {
            reads: Vec::new(),
            recent: Some(id),
            about: Vec::new(),
            may_be_remembered: |_, _| true,
            fill: with_whom,
        }),
        _ => None,
    }
}

fn from_recent(call: &Call, reads: &[Arc<Value>]) -> Result<Call, String> {
    let row = reads.first().map_or(&Value::Null, Arc::as_ref);
    filled(call, row).ok_or_else(|| {
        format!(
            "nothing says whom invitation {0} is for, and who was reminded already: list the group's invitations before, or write `invitations.resend(\"{0}\", #{{ group_id: … }})`",
            call.args.text("invitation_id")
        )
    })
}

fn from_list(call: &Call, reads: &[Arc<Value>]) -> Result<Call, String> {
    let id = call.args.text("invitation_id");
    let same = |row: &&Value| row.get("id").and_then(Value::as_str).is_some_and(|known| known.eq_ignore_ascii_case(id));
    let row = reads.iter().filter_map(|read| read.as_array()).flatten().find(same);
    let missing = || format!("no invitation {id} waits in group {}", call.args.text("group_id"));
    filled(call, row.ok_or_else(missing)?).ok_or_else(|| format!("invitation {id} names no address"))
}

/// Who takes back an invitation that this run has not read can do so; only then nobody knows by name whose it was, and a
/// lost answer cannot be looked up where the group is not given either.
fn with_whom(call: &Call, reads: &[Arc<Value>]) -> Result<Call, String> {
    let row = reads.first().map_or(&Value::Null, Arc::as_ref);
    let mut call = call.clone();
    if let (Some(group), "") = (row.pointer("/group/id").and_then(Value::as_str), call.args.text("group_id")) {
        call.args.set("group_id", group);
    }
    if let Some(email) = row.get("email").and_then(Value::as_str) {
        call.args.set("email", email);
    }
    Ok(call)
}

fn filled(call: &Call, row: &Value) -> Option<Call> {
    let email = row.get("email").and_then(Value::as_str)?;
    let group = match call.args.text("group_id") {
        "" => row.pointer("/group/id").and_then(Value::as_str)?.to_owned(),
        group => group.to_owned(),
    };
    let mut call = call.clone();
    call.args.set("group_id", group);
    call.args.set("email", email);
    Some(call)
}
