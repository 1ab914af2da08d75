//! Accounts: open, closed, pending.

use serde_json::{Value, json};

use super::{Done, No, groups_of, invalid, missing, role, shape, success, text};
use crate::catalog::{Args, Op};
use crate::model::Email;
use crate::world::{Kind, Pending, User, Values, World, guid, number_of};

/// The texts of a profile that tools write.
const TEXTS: [&str; 5] = ["bio", "status", "linkedin", "twitter", "instagram"];

pub(super) fn act(world: &mut World, op: &Op, args: &Args) -> Done {
    match op.verb {
        "list" => {
            Ok(world.users_from(0).filter(|user| world.is_open(user.id)).map(|user| shape::user(world, user)).collect())
        }
        "get" => {
            let user = number_of(Kind::User, args.text("user_id")).and_then(|id| world.user(id));
            let user = user.filter(|user| world.is_open(user.id)).ok_or_else(nobody)?;
            Ok(shape::user(world, user))
        }
        // Somebody whose account is closed is not found.
        "find_by_email" => open(world, args).map(|user| shape::user(world, user)),
        "count" => open(world, args).map(|user| json!({ "count": user.id % 4 })),
        "create" => create(world, args),
        "create_pending" => create_pending(world, args),
        "update" => update(world, args),
        "delete" => {
            let id = open(world, args)?.id;
            world.set_closed(id, true);
            Ok(success())
        }
        "reactivate" => {
            let id = world.user_by_email(args.text("email")).ok_or_else(nobody)?.id;
            match world.set_closed(id, false) {
                true => Ok(success()),
                false => Err(missing("This user is already active")),
            }
        }
        _ => Err(invalid(&format!("{} is not simulated", op.name()))),
    }
}

fn nobody() -> No {
    missing("Could not find user")
}

fn open<'a>(world: &'a World, args: &Args) -> Result<&'a User, No> {
    world.user_by_email(args.text("email")).filter(|user| world.is_open(user.id)).ok_or_else(nobody)
}

fn texts(args: &Args) -> Values {
    TEXTS.iter().filter_map(|name| Some(((*name).to_owned(), Value::String(text(args, name)?)))).collect()
}

/// Nobody is written to; the document does not say.
fn create(world: &mut World, args: &Args) -> Done {
    let (role, groups) = (role(args)?, groups_of(world, args)?);
    let name = text(args, "name").ok_or_else(|| invalid("name is required"))?;
    let taken = |_| missing("User already exists in community");
    let id = world.create_named(args.text("email"), &name).map_err(taken)?;
    world.set_role(id, role);
    world.set_texts(id, texts(args));
    for group in groups {
        world.join(id, group).map_err(|_| missing("Could not find group"))?;
    }
    Ok(json!({ "userID": guid(Kind::User, id) }))
}

/// Asked for again, the registration is changed. Nobody is written to; the document does not say.
fn create_pending(world: &mut World, args: &Args) -> Done {
    let (role, groups) = (role(args)?, groups_of(world, args)?);
    let email = Email::parse(args.text("email")).map_err(|_| invalid("Invalid email"))?;
    if world.user_by_email(email.as_str()).is_some() {
        return Err(missing("User already exists in community"));
    }
    let name = text(args, "name").ok_or_else(|| invalid("name is required"))?;
    world.expect_user(Pending { email: email.as_str().to_owned(), name, role, groups });
    Ok(success())
}

/// Role and groups cannot be changed by this tool.
fn update(world: &mut World, args: &Args) -> Done {
    let id = open(world, args)?.id;
    if let Some(name) = text(args, "name") {
        world.rename(id, &name).map_err(|_| nobody())?;
    }
    world.set_texts(id, texts(args));
    Ok(success())
}
