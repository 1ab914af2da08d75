//! What the town's operations do to the sandbox's world: its groups are those without groups below them.

use beadle::catalog::{Args, Op};
use beadle::world::{Content, NewUser, User, Values, World};
use serde_json::{Value, json};

const FIRST: u64 = 4;
const LAST: u64 = 9;

/// Status and body.
pub fn simulate(world: &mut World, op: &Op, args: &Args) -> (u16, Value) {
    let refuse = |status, words: &str| (status, json!({ "error": words }));
    if op.noun == "groups" {
        let groups = (FIRST..=LAST).filter_map(|id| world.group(id));
        let rows: Vec<Value> = groups.map(|group| json!({ "id": name("g", group.id), "name": group.name })).collect();
        return (200, json!({ "groups": rows }));
    }
    let Some(group) = number("g", args.text("group_id")).filter(|id| (FIRST..=LAST).contains(id)) else {
        return refuse(404, "no such group");
    };
    match op.verb {
        "list" => {
            let count = |key: &str, or: usize| args.text(key).parse().unwrap_or(or);
            let (from, rows) = (count("from", 0), count("rows", 20));
            let members: Vec<Value> = world.members_from(group, from).take(rows).map(|user| row(user, group)).collect();
            (200, json!({ "members": members }))
        }
        "add" => match add(world, group, args) {
            Some(row) => (200, row),
            None => refuse(422, "no such address"),
        },
        "remove" => match number("m", args.text("member_id")).is_some_and(|id| world.leave(id, group, Content::Keep)) {
            true => (204, Value::Null),
            false => refuse(404, "no such member"),
        },
        "invite" => {
            let ids = args.get("member_ids").and_then(Value::as_array).into_iter().flatten();
            let people: Vec<u64> = ids.filter_map(|id| number("m", id.as_str()?)).collect();
            match world.invite(group, beadle::sandbox::SENDER, &people, &op.name()) {
                Ok(_) => (202, json!({})),
                Err(error) => refuse(400, &error.to_string()),
            }
        }
        _ => refuse(404, "not simulated"),
    }
}

fn add(world: &mut World, group: u64, args: &Args) -> Option<Value> {
    let names =
        ["first_name", "last_name"].into_iter().filter_map(|key| Some((key.to_owned(), args.get(key)?.clone())));
    let (email, values) = (args.text("email").to_owned(), names.collect::<Values>());
    let known = world.user_by_email(&email).map(|user| user.id);
    let id = match known {
        Some(id) => world.change_user(id, &values, None).ok().map(|()| id)?,
        None => world.create_user(NewUser { email, values, registered: false }, None).ok()?,
    };
    world.enter(id, group, beadle::model::Standing::Accepted).ok()?;
    world.user(id).map(|user| row(user, group))
}

fn row(user: &User, group: u64) -> Value {
    json!({
        "id": name("m", user.id), "group_id": name("g", group), "email": user.email,
        "first_name": user.first_name, "last_name": user.last_name,
        "signed_in": user.registered,
        "invited_at": user.membership(group).and_then(|place| place.invited_ms),
    })
}

fn name(sign: &str, id: u64) -> String {
    format!("{sign}{id}")
}

fn number(sign: &str, id: &str) -> Option<u64> {
    id.strip_prefix(sign)?.parse().ok()
}
