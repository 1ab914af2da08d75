//! What each of Mobilize's operations does to the sandbox's world, and what it answers: in the document's shapes,
//! contradictions included (`docs/platforms/mobilize.md` lists them). Where the document is silent, the choice is said here in the code.

mod activities;
mod bulk;
mod groups;
mod loose;
mod members;
mod refusal;
mod shape;
mod users;
mod webhooks;

#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::catalog::{Args, Op};
use crate::world::World;
use refusal::Refusal;

/// The host that the document's answers name in `next_page`, whatever address was asked.
const HOST: &str = "api.mobilize.io/v1";

/// Does what a request asks for: status and body.
pub fn simulate(world: &mut World, op: &Op, args: &Args) -> (u16, Value) {
    let answer = match (op.noun, op.verb) {
        ("groups", "list") => groups::list(world, args),
        ("groups", "get") => groups::get(world, args),
        ("groups", "create") => groups::create(world, args),
        ("groups", "update") => groups::update(world, args),
        ("bulk", "create_groups") => bulk::create_groups(world, args),
        ("bulk", "update_groups") => bulk::update_groups(world, args),
        ("bulk", "create_members") => bulk::create_members(world, args),
        ("bulk", "status") => bulk::status(world, args),
        ("members", "list") => members::list(world, args),
        ("members", "get") => members::get(world, args),
        ("members", "add") => members::add(world, args),
        ("members", "update") => members::update(world, args),
        ("members", "remove") => members::remove(world, args),
        ("members", "search") => members::search(world, args),
        ("members", "invite") => members::invite(world, args, &op.name()),
        ("users", "list") => users::list(world, args),
        ("users", "get") => users::get(world, args),
        ("users", "create") => users::create(world, args),
        ("users", "update") => users::update(world, args),
        ("users", "delete") => users::delete(world, args),
        ("users", "search") => users::search(world, args),
        ("users", "find_by_email") => users::find_by_email(world, args),
        ("activities", "list") => activities::list(world, args),
        ("webhooks", "batch") => webhooks::batch(world, args),
        _ => Err(Refusal::new(501, format!("`{}` is not simulated", op.name()))),
    };
    match answer {
        Ok(value) => (200, value),
        Err(refusal) => refusal.into_answer(),
    }
}
