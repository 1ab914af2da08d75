//! What each of Heartbeat's tools does to the sandbox's world, and what it answers: the tool's own JSON, or a JSON-RPC
//! message that says no. Where the document is silent, the choice is said here in the code.

mod groups;
mod people;
mod shape;

use serde_json::{Value, json};

use crate::catalog::{Args, Op};
use crate::world::{Kind, World, number_of};

/// A tool's no, in its own words.
struct No(Value);

/// What comes of a call.
type Done = Result<Value, No>;

/// Does what a call asks for.
pub fn simulate(world: &mut World, op: &Op, args: &Args) -> (u16, Value) {
    let done = match (op.noun, op.verb) {
        ("users" | "notifications", _) => people::act(world, op, args),
        ("groups" | "members", _) => groups::act(world, op, args),
        ("invitations", "list") => Ok(world.links().map(|link| shape::link(world, link)).collect()),
        ("invitations", "create") => create_link(world, args),
        ("invitations", "update") => address_link(world, args, &op.name()),
        ("roles", "list") => Ok(shape::roles()),
        _ => Err(invalid(&format!("{} is not simulated", op.name()))),
    };
    (200, done.unwrap_or_else(|No(words)| refused(&words)))
}

fn refused(words: &Value) -> Value {
    let text = words.to_string();
    json!({ "jsonrpc": "2.0", "result": { "content": [{ "type": "text", "text": text }], "isError": true } })
}

fn create_link(world: &mut World, args: &Args) -> Done {
    let (role, groups) = (role(args)?, groups_of(world, args)?);
    let link = world.create_link(role, groups).clone();
    Ok(shape::link(world, &link))
}

fn address_link(world: &mut World, args: &Args, operation: &str) -> Done {
    let unknown = || missing("Could not find invitation");
    let id = number_of(Kind::Invitation, args.text("invitation_id")).ok_or_else(unknown)?;
    let mail =
        args.get("should_send_email").and_then(Value::as_bool).ok_or_else(|| invalid("shouldSendEmail is required"))?;
    world.address_link(id, &emails(args), mail.then_some(operation)).ok_or_else(unknown)?;
    Ok(success())
}

fn success() -> Value {
    json!({ "success": true })
}

/// As the platform says that something is not there.
fn missing(words: &str) -> No {
    No(json!({ "error": true, "message": words }))
}

/// As the platform says that a call is not right.
fn invalid(words: &str) -> No {
    No(json!({ "code": "VALIDATION_ERROR", "message": words, "type": "ValidationError" }))
}

fn text(args: &Args, name: &str) -> Option<String> {
    args.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn emails(args: &Args) -> Vec<String> {
    texts(args, "emails")
}

fn texts(args: &Args, name: &str) -> Vec<String> {
    let list = args.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn role(args: &Args) -> Result<u64, No> {
    let known = number_of(Kind::Role, args.text("role_id")).filter(|role| shape::role_name(*role).is_some());
    known.ok_or_else(|| invalid("Invalid roleID"))
}

fn groups_of(world: &World, args: &Args) -> Result<Vec<u64>, No> {
    texts(args, "group_ids").iter().map(|id| group(world, id)).collect()
}

fn group(world: &World, id: &str) -> Result<u64, No> {
    let known = number_of(Kind::Group, id).filter(|id| world.group(*id).is_some());
    known.ok_or_else(|| missing("Could not find group"))
}
