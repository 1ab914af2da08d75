//! Whom an address means, and which roles a user has after all. The platform's PUT replaces the roles, so that adding could
//! take some away: what is there is read and united with what is asked for.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ops::{HARMLESS, STANDING};
use super::roles::{Role, Roles, to_value};
use super::{reads, users};
use crate::catalog::{Call, Completion, Fill};
use crate::model::Email;

/// What is to be read before a write is whole.
pub fn completion(call: &Call) -> Option<Completion> {
    let (connection, args) = (call.connection.as_str(), call.args.to_value());
    let key = call.args.text("user_id").trim().to_lowercase();
    let by_address = key.contains('@');
    let email = call.args.get("email").and_then(Value::as_str).map(str::to_lowercase);
    let about = std::iter::once(key).chain(email).collect();
    let users = reads::users(connection, &args);
    let (reads, fill): (_, Fill) = match (call.op.noun, call.op.verb) {
        ("users", "add") => {
            let mut reads = vec![reads::roles(connection, &args), users];
            reads.extend(by_address.then(|| reads::tenant(connection, &args)));
            (reads, add)
        }
        ("users", "remove") if by_address => (vec![users], remove),
        _ => return None,
    };
    Some(Completion { reads, recent: None, about, may_be_remembered: nobody_loses, fill })
}

/// Who is in the community already has roles that a PUT could take: they are read just before it, so that somebody who was
/// made an administrator a moment ago stays one.
fn nobody_loses(call: &Call, reads: &[Arc<Value>]) -> bool {
    call.op.verb != "add" || reads.get(1).is_none_or(|list| users::find(call.args.text("user_id"), list).is_none())
}

fn remove(call: &Call, reads: &[Arc<Value>]) -> Result<Call, String> {
    let key = call.args.text("user_id");
    let list = reads.first().map(Arc::as_ref).unwrap_or(&Value::Null);
    let row = only(key, list)?;
    let row =
        row.ok_or_else(|| format!("no user of community {} has the address {key}", call.args.text("community_id")))?;
    identified(call.clone(), row)
}

fn add(call: &Call, reads: &[Arc<Value>]) -> Result<Call, String> {
    let [roles, list, rest @ ..] = reads else { return Err("nothing was read".into()) };
    if roles.is_null() {
        let community = call.args.text("community_id");
        return Err(format!("there is no community `{community}`; `communities.list()` shows those there are"));
    }
    let roles = Roles::of(roles);
    let key = call.args.text("user_id");
    let mut row = only(key, list)?;
    let there = row.is_some();
    if let (None, Some(tenant)) = (row, rest.first()) {
        row = only(key, tenant)?;
        if row.is_none() {
            return Err(format!(
                "no user of the tenant has the address {key}; invite them into the tenant in AVEVA CONNECT's own pages first"
            ));
        }
    }
    let community = call.args.text("community_id");
    let held = row.filter(|_| there).map(|row| held(row, community, &roles));
    let mut call = match row {
        Some(row) => identified(call.clone(), row)?,
        None => call.clone(),
    };
    let after = after(&call, &roles, held.as_deref())?;
    let mut harmless: Vec<&str> = held.iter().flatten().map(|role| role.id.as_str()).collect();
    harmless
        .extend(after.iter().filter(|role| roles.0.contains(role) && !role.is_powerful()).map(|role| role.id.as_str()));
    call.args.set(HARMLESS, harmless);
    call.args.set("role_ids", after.iter().map(|role| role.id.as_str()).collect::<Vec<_>>());
    let before = held.map(|held| to_value(&held));
    call.args.set(STANDING, json!({ "before": before, "after": to_value(&after) }));
    Ok(call)
}

/// The roles that somebody has, by the row of a community's list.
fn held(row: &Value, community: &str, known: &Roles) -> Vec<Role> {
    users::roles_in(row, community).unwrap_or_else(|| {
        let ids = row.get("RoleIds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        ids.map(|id| known.by_id(id)).collect()
    })
}

/// What is held and what is asked for, the member's role always among them.
fn after(call: &Call, known: &Roles, held: Option<&[Role]>) -> Result<Vec<Role>, String> {
    let held = held.unwrap_or_default();
    let asked = call.args.get("role_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let asked = asked.map(|word| meant(call, known, word)).collect::<Result<Vec<Role>, String>>()?;
    let exact = call.args.get("exact") == Some(&Value::Bool(true));
    if exact && let Some(lost) = held.iter().find(|role| role.is_administrator() && !asked.contains(role)) {
        return Err(format!(
            "this would take the role `{}` from {}, and `exact` makes nobody less than an administrator; take them out with `users.remove` and add them again",
            lost.name,
            call.args.get("email").and_then(Value::as_str).unwrap_or(call.args.text("user_id"))
        ));
    }
    let member = known.member().or_else(|| held.iter().find(|role| role.is_member())).cloned();
    let member = member.ok_or_else(|| {
        format!(
            "`roles.list(\"{}\")` names no role of members, and nobody can be in a community without it",
            call.args.text("community_id")
        )
    })?;
    let kept = if exact { &[] } else { held };
    let mut all: Vec<Role> = std::iter::once(member).chain(kept.iter().cloned()).chain(asked).collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all.dedup_by(|a, b| a.id == b.id);
    Ok(all)
}

/// The role that a word means. An id that the list does not name is taken as it is: nobody knows which power it gives.
fn meant(call: &Call, known: &Roles, word: &str) -> Result<Role, String> {
    if let Some(role) = known.meant(word) {
        return Ok(role.clone());
    }
    if is_guid(word) {
        return Ok(known.by_id(&word.to_lowercase()));
    }
    let names: Vec<String> = known.0.iter().map(|role| format!("\"{}\"", role.name)).collect();
    Err(format!(
        "community {} has no role \"{word}\"; it has {}",
        call.args.text("community_id"),
        if names.is_empty() { "none that the client may see".to_owned() } else { names.join(", ") }
    ))
}

fn is_guid(word: &str) -> bool {
    word.len() == 36 && word.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The row that an id or address means. With two identity providers one address may be two users.
fn only<'a>(key: &str, rows: &'a Value) -> Result<Option<&'a Value>, String> {
    let mut found = rows.as_array().into_iter().flatten().filter(|row| users::is(key, row));
    let (first, second) = (found.next(), found.next());
    match (first, second) {
        (Some(one), Some(other)) => Err(format!(
            "two users have the address {key}: {} and {}; name one by id",
            users::id(one).unwrap_or_default(),
            users::id(other).unwrap_or_default()
        )),
        (first, _) => Ok(first),
    }
}

/// The call with the user's id and address.
fn identified(mut call: Call, row: &Value) -> Result<Call, String> {
    let id = row.get("Id").and_then(Value::as_str).ok_or("a user without an id")?;
    call.args.set("user_id", id);
    if let Some(email) = users::email(row).as_ref().map(Email::as_str) {
        call.args.set("email", email);
    }
    Ok(call)
}
