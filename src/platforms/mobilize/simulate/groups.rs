//! Groups: listed by `last_group_id`, made, changed.

use serde_json::{Value, json};

use super::HOST;
use super::loose::{asked, count, flag, id, optional_id, text, whole};
use super::refusal::Refusal;
use super::shape::{self, Fields};
use crate::catalog::Args;
use crate::world::{GroupChange, NewGroup, Values, World};

/// Longest name that the document allows.
const LONGEST_NAME: usize = 255;

/// Settings that are on or off.
const FLAGS: &[&str] = &[
    "invite_members_enabled",
    "members_visible",
    "requires_approval",
    "hidden_emails",
    "create_posts_enabled",
    "create_subgroups_enabled",
    "email_comments_to_all",
    "public_form",
];
const POSTING: &[&str] = &["quickpost", "poll", "event", "opportunity", "recommendation", "fileattachment"];

/// What the document marks as required for a single new group; a parent of `null` makes a group at the top.
const REQUIRED: &[&str] = &[
    "name",
    "parent_group_id",
    "privacy",
    "invite_members_enabled",
    "hidden_emails",
    "alias_name",
    "default_emails_frequency",
    "manager_email_address",
];

pub fn list(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let fields = asked(args, "include_fields")?;
    let limit = count(args, "limit", 50)?.max(1);
    let last = optional_id(args, "last_group_id")?;
    let page: Vec<_> = world.groups_after(last).take(limit).collect();
    let more = page.last().is_some_and(|group| world.groups_after(Some(group.id)).next().is_some());
    let next = page.last().filter(|_| more).map(|group| {
        let also = if fields { "&include_fields=true" } else { "" };
        // The document's own sample has `http` here.
        format!("http://{HOST}/groups?last_group_id={}&limit={limit}{also}", group.id)
    });
    let groups: Vec<Value> = page.into_iter().map(|group| shape::group(world, group, fields.into())).collect();
    Ok(json!({ "groups": groups, "total_groups": world.group_count(), "next_page": next }))
}

pub fn get(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let fields = asked(args, "include_fields")?;
    let id = known(world, args, "group_id")?;
    shown(world, id, fields.into())
}

pub fn create(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let Value::Object(row) = args.to_value() else { return Err(Refusal::missing(400, "name")) };
    if let Some(name) = REQUIRED.iter().find(|name| !row.contains_key(**name)) {
        return Err(Refusal::missing(400, name));
    }
    let new = new_group(&row)?;
    if new.manager.is_none() {
        return Err(Refusal::missing(400, "manager_email_address"));
    }
    let id = world.create_group(new)?;
    shown(world, id, Fields::Shown)
}

pub fn update(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let id = known(world, args, "id")?;
    let Value::Object(row) = args.to_value() else { return Err(Refusal::invalid("id")) };
    world.change_group(id, change(&row)?)?;
    Ok(json!({}))
}

/// The group that an argument names.
pub fn known(world: &World, args: &Args, name: &str) -> Result<u64, Refusal> {
    let value = args.get(name);
    match value.and_then(id).filter(|id| world.group(*id).is_some()) {
        Some(id) => Ok(id),
        None => Err(Refusal::no_group(&text(value).unwrap_or_default())),
    }
}

fn shown(world: &World, id: u64, fields: Fields) -> Result<Value, Refusal> {
    match world.group(id) {
        Some(group) => Ok(shape::group(world, group, fields)),
        None => Err(Refusal::no_group(&id.to_string())),
    }
}

/// A new group from its loosely written row.
pub fn new_group(row: &Values) -> Result<NewGroup, Refusal> {
    let change = change(row)?;
    let parent = match row.get("parent_group_id").filter(|value| text(Some(value)).is_some()) {
        None => None,
        Some(value) => Some(id(value).ok_or_else(|| Refusal::no_group(&text(Some(value)).unwrap_or_default()))?),
    };
    Ok(NewGroup {
        name: change.name.ok_or_else(|| Refusal::missing(400, "name"))?,
        parent,
        alias: change.alias.unwrap_or_default(),
        settings: change.settings,
        manager: text(row.get("manager_email_address")),
    })
}

/// What shall change, from a loosely written row.
pub fn change(row: &Values) -> Result<GroupChange, Refusal> {
    let name = text(row.get("name"));
    if name.as_ref().is_some_and(|name| name.chars().count() > LONGEST_NAME) {
        return Err(Refusal::new(422, format!("Name is too long (maximum is {LONGEST_NAME} characters)")));
    }
    let mut settings = Values::new();
    if let Some(value) = row.get("privacy").filter(|value| !value.is_null()) {
        settings.insert("privacy".into(), one_of("privacy", value, &[(5, "public"), (10, "private")])?);
    }
    if let Some(value) = row.get("default_emails_frequency").filter(|value| !value.is_null()) {
        // The document never shows the word for 9.
        let words = [(0, "IMMEDIATE"), (1, "DAILY"), (9, "DISABLED")];
        settings.insert("default_emails_frequency".into(), one_of("default_emails_frequency", value, &words)?);
    }
    for name in FLAGS {
        if let Some(value) = row.get(*name) {
            settings.insert((*name).into(), flag(name, value)?.into());
        }
    }
    if let Some(value) = row.get("members_posting_permissions").filter(|value| !value.is_null()) {
        settings.insert("members_posting_permissions".into(), posting(value)?);
    }
    Ok(GroupChange { name, alias: text(row.get("alias_name")), settings })
}

/// The word for one of the document's numbers.
fn one_of(name: &str, value: &Value, words: &[(i64, &str)]) -> Result<Value, Refusal> {
    let number = whole(value);
    let word = words.iter().find(|(known, _)| Some(*known) == number).map(|(_, word)| *word);
    word.map(Into::into).ok_or_else(|| Refusal::invalid(name))
}

/// Taken as `quickpost` and as `QuickPost`, kept in lower case.
fn posting(value: &Value) -> Result<Value, Refusal> {
    let refused = || Refusal::invalid("members_posting_permissions");
    let items = value.as_array().ok_or_else(refused)?;
    let words = items.iter().map(|item| {
        let word = item.as_str().map(str::to_lowercase).filter(|word| POSTING.contains(&word.as_str()));
        word.map(Value::from).ok_or_else(refused)
    });
    words.collect()
}
