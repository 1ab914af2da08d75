//! The community's users: listed by offset, found, made, changed, deleted.

use serde_json::{Value, json};

use super::loose::{self, asked, count, id, text};
use super::members::{content, page};
use super::refusal::Refusal;
use super::shape::{self, Fields, Seen};
use crate::catalog::Args;
use crate::world::{NewUser, Topic, World, WorldError};

pub fn list(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let offset = count(args, "offset", 0)?;
    page(world, world.users_from(offset), Seen::User, args)
}

pub fn search(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let words = loose::keywords(args)?;
    let offset = count(args, "offset", 0)?;
    page(world, world.users_from(0).filter(|user| user.matches(&words)).skip(offset), Seen::User, args)
}

/// The document shows an array also for one person; nobody is an empty one.
pub fn find_by_email(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let email = text(args.get("email")).ok_or_else(|| Refusal::missing(400, "email"))?;
    page(world, world.user_by_email(&email).into_iter(), Seen::User, args)
}

pub fn get(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let fields = asked(args, "include_fields")?;
    let user = known(world, args, "user_id")?;
    shown(world, user, fields.into())
}

/// An address that is taken answers with whoever has it, unchanged: the document does not say.
pub fn create(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let email = text(args.get("email")).ok_or_else(|| Refusal::missing(400, "email"))?;
    let values = loose::fields(args)?.unwrap_or_default();
    let made = world.create_user(NewUser { email: email.clone(), values, registered: false }, None);
    let user = match (made, world.user_by_email(&email)) {
        (Err(WorldError::EmailTaken(_)), Some(user)) => user.id,
        (made, _) => {
            let made = made?;
            world.tell(vec![(Topic::Created, made)]);
            made
        }
    };
    shown(world, user, Fields::Shown)
}

pub fn update(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let fields = loose::fields(args)?.ok_or_else(|| Refusal::missing(422, "fields"))?;
    let user = known(world, args, "id")?;
    world.change_user(user, &fields, None)?;
    shown(world, user, Fields::Shown)
}

pub fn delete(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let content = content(args)?;
    let user = known(world, args, "user_id")?;
    world.delete_user(user, content)?;
    Ok(json!({ "success": true }))
}

fn known(world: &World, args: &Args, name: &str) -> Result<u64, Refusal> {
    let value = args.get(name);
    match value.and_then(id).filter(|id| world.user(*id).is_some()) {
        Some(id) => Ok(id),
        None => Err(Refusal::no_user(&text(value).unwrap_or_default())),
    }
}

fn shown(world: &World, user: u64, fields: Fields) -> Result<Value, Refusal> {
    match world.user(user) {
        Some(user) => Ok(shape::user(world, user, Seen::User, fields)),
        None => Err(Refusal::no_user(&user.to_string())),
    }
}
