//! Groups and who is in them. A group has the members of those below it; who leaves a group leaves those below it as well,
//! which the document does not say, and which is all that fits the first.

use serde_json::{Value, json};

use super::{Done, emails, group, invalid, missing, shape, success, text, texts};
use crate::catalog::{Args, Op};
use crate::world::{Content, GroupChange, Kind, NewGroup, Values, World, guid};

pub(super) fn act(world: &mut World, op: &Op, args: &Args) -> Done {
    match (op.noun, op.verb) {
        ("groups", "list") => Ok(world.groups_after(None).map(|group| shape::group(world, group)).collect()),
        ("groups", "get") => {
            let id = group(world, args.text("group_id"))?;
            Ok(world.group(id).map(|group| shape::group(world, group)).unwrap_or_default())
        }
        ("groups", "create") => create(world, args),
        ("groups", "update") => update(world, args),
        ("groups", "delete") => {
            let id = group(world, args.text("group_id"))?;
            match world.delete_group(id) {
                Ok(()) => Ok(success()),
                Err(_) => Err(missing("Group has child groups")),
            }
        }
        ("members", "add") => add(world, args),
        ("members", "remove") => {
            let id = group(world, args.text("group_id"))?;
            for user in known(world, &emails(args)) {
                world.leave(user, id, Content::Keep);
            }
            Ok(success())
        }
        _ => Err(invalid(&format!("{} is not simulated", op.name()))),
    }
}

/// Open accounts of these addresses; the others are passed over in silence.
fn known(world: &World, emails: &[String]) -> Vec<u64> {
    let open = |email: &String| world.user_by_email(email).map(|user| user.id).filter(|id| world.is_open(*id));
    emails.iter().filter_map(open).collect()
}

fn add(world: &mut World, args: &Args) -> Done {
    let id = group(world, args.text("group_id"))?;
    let moves = args.get("should_remove_from_sibling_groups").and_then(Value::as_bool) == Some(true);
    let parent = world.group(id).and_then(|group| group.parent);
    let siblings: Vec<u64> = match (moves, parent) {
        (true, Some(_)) => {
            let of_parent = world.groups_after(None).filter(|group| group.parent == parent && group.id != id);
            of_parent.map(|group| group.id).collect()
        }
        _ => Vec::new(),
    };
    for user in known(world, &emails(args)) {
        world.join(user, id).map_err(|_| missing("Could not find group"))?;
        for sibling in &siblings {
            world.leave(user, *sibling, Content::Keep);
        }
    }
    Ok(success())
}

fn settings(args: &Args) -> Values {
    let names = ["description", "is_isolated", "is_joinable"];
    names.iter().filter_map(|name| Some(((*name).to_owned(), args.get(name)?.clone()))).collect()
}

/// Whether two groups may have one name nobody says; here they may not.
fn create(world: &mut World, args: &Args) -> Done {
    let name = text(args, "name").filter(|name| !name.trim().is_empty()).ok_or_else(|| invalid("name is required"))?;
    let parent = text(args, "parent_group_id").map(|id| group(world, &id)).transpose()?;
    let new = NewGroup { name, parent, settings: settings(args), ..NewGroup::default() };
    let id = world.create_group(new).map_err(|_| missing("A group with this name already exists"))?;
    for user in known(world, &texts(args, "members")) {
        world.join(user, id).map_err(|_| missing("Could not find group"))?;
    }
    Ok(json!({ "success": true, "groupID": guid(Kind::Group, id) }))
}

fn update(world: &mut World, args: &Args) -> Done {
    let id = group(world, args.text("group_id"))?;
    let change = GroupChange { name: text(args, "name"), alias: None, settings: settings(args) };
    world.change_group(id, change).map_err(|_| missing("A group with this name already exists"))?;
    Ok(success())
}
