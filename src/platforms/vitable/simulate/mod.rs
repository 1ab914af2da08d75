//! What each of Vitable's operations does to the sandbox's world, and what it answers. Where the document is silent, the choice
//! is said here in the code.

mod shape;

use serde_json::{Value, json};

use super::errors;
use super::member::WHOLE;
use crate::catalog::{Args, Op};
use crate::world::{GroupChange, HandedRow, NewGroup, Values, World, WorldError};

/// Status and message.
type Refusal = (u16, String);

/// What comes of a request.
type Done = Result<(u16, Value), Refusal>;

/// Does what a request asks for: status and body.
pub fn simulate(world: &mut World, op: &Op, args: &Args) -> (u16, Value) {
    let done = match (op.noun, op.verb) {
        ("groups", "list") => {
            let rows: Vec<Value> = world.groups_after(None).map(shape::group).collect();
            page(&rows, args)
        }
        ("groups", "create") => create(world, args),
        ("groups", "get") => group(world, args).map(|id| (200, shown(world, id))),
        ("groups", "update") => update(world, args),
        ("members", "sync") => sync(world, args),
        ("members", "sync_status") => status(world, args),
        ("plans", "list") => page(&shape::plans(world), args),
        _ => Err((404, format!("{} is not simulated", op.name()))),
    };
    match done {
        Ok((status, body)) => (status, body),
        Err((status, message)) => (status, errors::body(status, &message)),
    }
}

/// A page beyond the last one is empty: some clients read on until they meet one. What they know reads to be refused with is
/// 400, and 422 for writes alone.
fn page(rows: &[Value], args: &Args) -> Done {
    let asked = |name: &str, default: usize| match args.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let number = text.trim().parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| (400, format!("{name} must be a whole number from 1")))
        }
    };
    let (page, limit) = (asked("page", 1)?, asked("limit", 20)?);
    if limit > 100 {
        return Err((400, "limit must be at most 100".into()));
    }
    let shown: Vec<&Value> = rows.iter().skip((page - 1).saturating_mul(limit)).take(limit).collect();
    let pages = rows.len().div_ceil(limit);
    let pagination = json!({ "page": page, "limit": limit, "total": rows.len(), "total_pages": pages });
    Ok((200, json!({ "data": shown, "pagination": pagination })))
}

fn create(world: &mut World, args: &Args) -> Done {
    let (name, reference) = (wanted(args, "name")?, wanted(args, "external_reference_id")?);
    let (name, reference) = match (name, reference) {
        (Some(name), Some(reference)) => (name, reference),
        (None, _) => return Err((422, "name is required".into())),
        (_, None) => return Err((422, "external_reference_id is required".into())),
    };
    unique(world, &reference, None)?;
    let mut settings = Values::new();
    settings.insert("external_reference_id".into(), reference.into());
    let id = world.create_group(NewGroup { name, settings, ..NewGroup::default() }).map_err(refused)?;
    Ok((201, shown(world, id)))
}

fn update(world: &mut World, args: &Args) -> Done {
    let id = group(world, args)?;
    let mut change = GroupChange { name: wanted(args, "name")?, ..GroupChange::default() };
    if let Some(reference) = wanted(args, "external_reference_id")? {
        unique(world, &reference, Some(id))?;
        change.settings.insert("external_reference_id".into(), reference.into());
    }
    world.change_group(id, change).map_err(refused)?;
    Ok((200, shown(world, id)))
}

/// Accepted at once and done later; a row alone never fails the request.
fn sync(world: &mut World, args: &Args) -> Done {
    let id = group(world, args)?;
    let Some(Value::Array(members)) = args.get("members") else {
        return Err((422, "members is required".into()));
    };
    if let Err(why) = WHOLE.check(args) {
        return Err((if why.contains("already") { 400 } else { 422 }, why));
    }
    if let Some(place) = members.iter().position(|row| !row.is_object()) {
        return Err((422, format!("members[{place}] must be an object")));
    }
    let plans = shape::plans(world);
    let plan = |row: &Value| row.get("plan_id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows = members.iter().map(|row| HandedRow {
        key: WHOLE.key_of(row).to_owned(),
        row: row.clone(),
        refused: (!plans.iter().any(|known| known["id"] == plan(row).as_str()))
            .then(|| format!("plan {} was not found", plan(row))),
    });
    let number = world.hand_over(id, rows.collect());
    let mut accepted = world.handed(number).map(|handed| shape::sync(number, handed)).unwrap_or_default();
    if let Some(map) = accepted.as_object_mut() {
        map.retain(|name, _| matches!(name.as_str(), "accepted_at" | "group_id" | "request_id"));
    }
    Ok((202, json!({ "data": accepted })))
}

fn status(world: &World, args: &Args) -> Done {
    let id = group(world, args)?;
    let number = shape::number("grpmsr", args.text("request_id"));
    let handed = number.and_then(|number| Some((number, world.handed(number)?)));
    match handed.filter(|(_, handed)| handed.group == id) {
        Some((number, handed)) => Ok((200, json!({ "data": shape::sync(number, handed) }))),
        None => Err((404, "Sync request not found".into())),
    }
}

fn group(world: &World, args: &Args) -> Result<u64, Refusal> {
    let known = shape::number("grp", args.text("group_id")).filter(|id| world.group(*id).is_some());
    known.ok_or_else(|| (404, "Group not found".into()))
}

fn shown(world: &World, id: u64) -> Value {
    json!({ "data": world.group(id).map(shape::group) })
}

/// A text that is given: neither blank nor too long. `null` is as good as not given.
fn wanted(args: &Args, name: &str) -> Result<Option<String>, Refusal> {
    match args.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Err((422, format!("{name} must not be blank"))),
        Some(Value::String(text)) if text.chars().count() <= 255 => Ok(Some(text.clone())),
        Some(_) => Err((422, format!("{name} must be text of at most 255 characters"))),
    }
}

/// The document does not say how a reference that is taken is refused.
fn unique(world: &World, reference: &str, but: Option<u64>) -> Result<(), Refusal> {
    let taken = |group: &&crate::world::Group| shape::reference(group) == reference && Some(group.id) != but;
    match world.groups_after(None).find(taken) {
        Some(_) => Err((409, format!("external_reference_id {reference} is taken by another group"))),
        None => Ok(()),
    }
}

/// The world's groups have names of their own; Vitable says nothing of that.
fn refused(error: WorldError) -> Refusal {
    (409, error.to_string())
}
