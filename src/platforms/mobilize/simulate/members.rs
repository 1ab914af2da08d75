//! Members of one group: listed by offset, added to the groups above, taken out of those below, invited later.

use serde_json::{Value, json};

use super::groups::known;
use super::loose::{self, asked, count, id, text};
use super::refusal::Refusal;
use super::shape::{self, Fields, Seen};
use crate::catalog::Args;
use crate::world::{Content, Deed, Doing, Topic, User, World};

/// Most people in one invitation.
const MOST_INVITED: usize = 500;

pub fn list(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let group = known(world, args, "group_id")?;
    let offset = count(args, "offset", 0)?;
    page(world, world.members_from(group, offset), Seen::Member(group), args)
}

pub fn search(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let group = known(world, args, "group_id")?;
    let words = loose::keywords(args)?;
    let offset = count(args, "offset", 0)?;
    let found = world.members_from(group, 0).filter(|user| user.matches(&words)).skip(offset);
    page(world, found, Seen::Member(group), args)
}

/// The first `limit` of these people as a bare array.
pub fn page<'w>(
    world: &'w World,
    people: impl Iterator<Item = &'w User>,
    seen: Seen,
    args: &Args,
) -> Result<Value, Refusal> {
    let fields = Fields::from(asked(args, "include_fields")?);
    let limit = count(args, "limit", 50)?;
    Ok(people.take(limit).map(|user| shape::user(world, user, seen, fields)).collect())
}

pub fn get(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let fields = Fields::from(asked(args, "include_fields")?);
    let group = known(world, args, "group_id")?;
    match member(world, group, args) {
        Some(user) => Ok(shape::user(world, user, Seen::Member(group), fields)),
        None => Err(Refusal::no_user(&text(args.get("user_id")).unwrap_or_default())),
    }
}

fn member<'w>(world: &'w World, group: u64, args: &Args) -> Option<&'w User> {
    let user = args.get("user_id").and_then(id)?;
    world.user(user).filter(|user| user.membership(group).is_some())
}

/// Who is a member already is answered with 200 and has the fields overwritten: the document does not say.
pub fn add(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let group = known(world, args, "group_id")?;
    let fields = loose::fields(args)?;
    let mut told = Vec::new();
    let user = match args.get("user_id").filter(|value| text(Some(value)).is_some()) {
        Some(value) => {
            let user = id(value).filter(|id| world.user(*id).is_some());
            let user = user.ok_or_else(|| Refusal::no_user(&text(Some(value)).unwrap_or_default()))?;
            if let Some(fields) = &fields {
                world.change_user(user, fields, Some(group))?;
            }
            user
        }
        None => {
            let fields = fields.ok_or_else(|| Refusal::missing(422, "fields"))?;
            if text(fields.get("email")).is_none() {
                return Err(Refusal::missing(400, "email"));
            }
            let known = world.user_by_email(&text(fields.get("email")).unwrap_or_default()).is_some();
            let user = world.upsert(fields, group)?;
            if !known {
                told.push((Topic::Created, user));
            }
            user
        }
    };
    if world.join(user, group)? {
        world.record(Deed::new(Doing::JoinedGroup, group, user));
        told.push((Topic::Joined, user));
    }
    world.tell(told);
    shown(world, user, group)
}

/// Somebody who is not in the group gets the document's 400 with code 404.
pub fn update(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let group = known(world, args, "group_id")?;
    let fields = loose::fields(args)?.ok_or_else(|| Refusal::missing(422, "fields"))?;
    let user = member(world, group, args).ok_or_else(Refusal::user_missing)?.id;
    world.change_user(user, &fields, Some(group))?;
    shown(world, user, group)
}

fn shown(world: &World, user: u64, group: u64) -> Result<Value, Refusal> {
    match world.user(user) {
        Some(user) => Ok(shape::user(world, user, Seen::Member(group), Fields::Shown)),
        None => Err(Refusal::no_user(&user.to_string())),
    }
}

pub fn remove(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let content = content(args)?;
    let group = known(world, args, "group_id")?;
    match args.get("user_id").and_then(id).is_some_and(|user| world.leave(user, group, content)) {
        true => Ok(json!({ "success": true })),
        false => Err(Refusal::no_user(&text(args.get("user_id")).unwrap_or_default())),
    }
}

/// What `hard_delete` asks for.
pub fn content(args: &Args) -> Result<Content, Refusal> {
    Ok(if asked(args, "hard_delete")? { Content::Destroy } else { Content::Keep })
}

/// Accepted at once, sent later. Recipients who are not members are passed over without a word.
pub fn invite(world: &mut World, args: &Args, operation: &str) -> Result<Value, Refusal> {
    let group = known(world, args, "group_id")?;
    let sender = args.get("sender_id").filter(|value| text(Some(value)).is_some());
    let sender = id(sender.ok_or_else(|| Refusal::missing(400, "sender_id"))?);
    let sender = sender.ok_or_else(|| Refusal::invalid("sender_id"))?;
    let recipients = args.get("recipients_ids").ok_or_else(|| Refusal::missing(400, "recipients_ids"))?;
    let recipients = recipients.as_array().ok_or_else(|| Refusal::invalid("recipients_ids"))?;
    if recipients.len() > MOST_INVITED {
        let message = format!("recipients_ids are limited to {MOST_INVITED} users on each request.");
        return Err(Refusal::new(422, message));
    }
    let people: Vec<u64> = recipients.iter().filter_map(id).collect();
    world.invite(group, sender, &people, operation)?;
    Ok(json!({ "success": true }))
}
