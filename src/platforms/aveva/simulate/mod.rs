//! What each of AVEVA's operations does to the sandbox's world. There is one tenant, whose users are all accounts; every
//! group of the world is a community of its own, without hierarchy. Where the document is silent, the choice is said here.

mod shape;

use serde_json::Value;

use self::shape::Built;
use super::errors::body;
use crate::catalog::{Args, Op};
use crate::model::Standing;
use crate::world::{Kind, User, World, number_of};

/// Most rows of a page, whatever is asked for.
const LARGEST: usize = 1_000;

/// What comes of a request: a status and the answer, or a refusal.
type Done = Result<(u16, Value), (u16, String)>;

/// Does what a request asks for: status and body; for a count the number.
pub fn simulate(world: &mut World, op: &Op, args: &Args) -> (u16, Value) {
    let done = match (op.noun, op.verb) {
        ("users", "add") => add(world, args),
        ("users", "remove") => remove(world, args),
        ("users", "list") => users(world, args),
        ("users", "count") => count(world, args),
        ("communities", "list") => communities(world, args),
        ("roles", "list") => roles(world, args),
        ("tenant_users", "list") => tenant_users(world, args),
        ("tenant_users", "get") => tenant_user(world, args),
        _ => Err((404, format!("{} is not simulated", op.name()))),
    };
    done.unwrap_or_else(|(status, message)| (status, body(status, &message)))
}

/// Exactly these roles. That the member's role is always needed the document says, and not what follows without it: a refusal.
fn add(world: &mut World, args: &Args) -> Done {
    let (community, user) = (community(world, args)?, user(world, args)?);
    let asked = args
        .get("role_ids")
        .and_then(Value::as_array)
        .ok_or((400, "The body must be a list of role identifiers".to_owned()))?;
    let mut built = Vec::with_capacity(asked.len());
    for id in asked {
        let text = id.as_str().unwrap_or_default();
        let role =
            Built::of(community, text).ok_or_else(|| (400, format!("Role {id} does not belong to the community")))?;
        built.push(role);
    }
    if !built.contains(&Built::Member) {
        return Err((400, "The community member role is required".to_owned()));
    }
    let admin = built.contains(&Built::Administrator);
    let mut others: Vec<u8> = built.iter().filter_map(|role| role.kept()).collect();
    others.sort_unstable();
    others.dedup();
    let waited = member(world, user, community).is_none();
    world.enter_with(user, community, admin, &others).map_err(|error| (404, error.to_string()))?;
    let user = world.user(user).ok_or((404, "User not found".to_owned()))?;
    Ok((if waited { 201 } else { 200 }, shape::user(user, Some(community))))
}

/// Who is not in the community cannot be taken out of it.
fn remove(world: &mut World, args: &Args) -> Done {
    let (community, user) = (community(world, args)?, user(world, args)?);
    match member(world, user, community).is_some() && world.exit(user, community) {
        true => Ok((204, Value::Null)),
        false => Err((404, "User not found in the community".to_owned())),
    }
}

fn users(world: &World, args: &Args) -> Done {
    let community = community(world, args)?;
    page(args, in_community(world, community), |user| shape::user(user, Some(community)))
}

fn count(world: &World, args: &Args) -> Done {
    Ok((200, in_community(world, community(world, args)?).count().into()))
}

fn communities(world: &World, args: &Args) -> Done {
    page(args, world.groups_after(None), |group| shape::community(group, in_community(world, group.id).count()))
}

fn roles(world: &World, args: &Args) -> Done {
    let community = group(world, args)?;
    page(args, Built::ALL.iter(), |role| shape::role(**role, community))
}

fn tenant_users(world: &World, args: &Args) -> Done {
    tenant(args)?;
    page(args, world.users_from(0), |user| shape::user(user, None))
}

fn tenant_user(world: &World, args: &Args) -> Done {
    tenant(args)?;
    let user = world.user(user(world, args)?).ok_or((404, "User not found".to_owned()))?;
    Ok((200, shape::user(user, None)))
}

/// Whoever only asked to come in, or declined, is none.
fn in_community(world: &World, community: u64) -> impl Iterator<Item = &User> {
    world.members_from(community, 0).filter(move |user| is_in(user, community))
}

fn is_in(user: &User, community: u64) -> bool {
    user.membership(community).is_some_and(|place| place.standing == Standing::Accepted)
}

fn member(world: &World, user: u64, community: u64) -> Option<&User> {
    world.user(user).filter(|user| is_in(user, community))
}

fn page<T>(args: &Args, rows: impl Iterator<Item = T>, shape: impl Fn(&T) -> Value) -> Done {
    let (skip, count) = (number(args, "skip", 0)?, number(args, "count", 100)?.min(LARGEST));
    Ok((200, rows.skip(skip).take(count).map(|row| shape(&row)).collect()))
}

fn number(args: &Args, name: &str, default: usize) -> Result<usize, (u16, String)> {
    let text = match args.get(name) {
        None | Some(Value::Null) => return Ok(default),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    text.trim().parse().map_err(|_| (400, format!("`{name}` must be a number that is not negative")))
}

fn tenant(args: &Args) -> Result<(), (u16, String)> {
    let known = args.text("tenant_id").eq_ignore_ascii_case(super::SANDBOX_TENANT);
    known.then_some(()).ok_or((404, "Tenant not found".to_owned()))
}

fn community(world: &World, args: &Args) -> Result<u64, (u16, String)> {
    tenant(args)?;
    group(world, args)
}

fn group(world: &World, args: &Args) -> Result<u64, (u16, String)> {
    let known = number_of(Kind::Group, args.text("community_id")).filter(|id| world.group(*id).is_some());
    known.ok_or((404, "Community not found".to_owned()))
}

fn user(world: &World, args: &Args) -> Result<u64, (u16, String)> {
    let known = number_of(Kind::User, args.text("user_id")).filter(|id| world.user(*id).is_some());
    known.ok_or((404, "User not found".to_owned()))
}
