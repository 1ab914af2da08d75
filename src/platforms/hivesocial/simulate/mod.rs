//! What each of HiveSocial's operations does to the sandbox's world, and what it answers: everything in the envelope, with
//! status 200. Where the document is silent, the choice is said here in the code.

mod files;
mod shape;

use serde_json::{Map, Value, json};

use crate::catalog::{Args, Op};
use crate::world::{Invitee, Kind, Standing, World, number_of};
use files::people_in;
use shape::{invitation, role_name};

/// Addresses that the sandbox refuses although they are whole, so that a partial answer can be tried out.
const REFUSED: &str = "@refused.example";

/// What is wrong with an argument: its name on the wire, its value, why.
type Wrong = (&'static str, String, &'static str);

/// What comes of a request: the answer's object, or what is wrong.
type Done = Result<Value, Vec<Wrong>>;

/// Does what a request asks for: status and body.
pub fn simulate(world: &mut World, op: &Op, args: &Args) -> (u16, Value) {
    let done = match op.verb {
        "list" => list(world, args),
        "delete" => delete(world, args),
        "resend" => resend(world, args, &op.name()),
        "evaluate" => return (200, evaluate(world, args)),
        "bulk_import" => return (200, bulk_import(world, args, &op.name())),
        _ => Err(vec![("", op.name(), "is not simulated")]),
    };
    let body = match done {
        Ok(object) => envelope(world, true, "", &[], object),
        Err(wrong) => {
            let message = wrong.first().map_or("", |(_, _, message)| *message);
            envelope(world, false, message, &wrong, Value::Null)
        }
    };
    (200, body)
}

fn envelope(world: &World, success: bool, message: &str, wrong: &[Wrong], object: Value) -> Value {
    let errors: Vec<Value> =
        wrong.iter().map(|(key, value, message)| json!({ "key": key, "value": value, "message": message })).collect();
    let timestamp = shape::iso(world.now_ms());
    json!({ "success": success, "message": message, "timestamp": timestamp, "errors": errors, "object": object })
}

/// The newest first. A cursor that nobody knows gives an empty page, so that no client goes in circles.
fn list(world: &World, args: &Args) -> Done {
    let group = group(world, args)?;
    let asked = |name: &str| text(args.get(name)).trim().to_lowercase();
    let (filter, target) = (asked("filter"), asked("target"));
    let role = Some(asked("role")).filter(|role| !role.is_empty() && role != "0");
    let size = match asked("page_size").as_str() {
        "" => 15,
        size => size.parse().map_err(|_| vec![("pageSize", size.to_owned(), "is not a number")])?,
    };
    let fits = |waiting: &&crate::world::Invitation| {
        let name = format!("{} {}", waiting.first_name, waiting.last_name).to_lowercase();
        let email = waiting.email.to_lowercase();
        let found = match target.as_str() {
            "name" => name.contains(&filter),
            "email" => email.contains(&filter),
            _ => name.contains(&filter) || email.contains(&filter),
        };
        found && role.as_ref().is_none_or(|role| *role == waiting.role.to_string())
    };
    let mut rows = world.invitations_of(group).filter(fits).peekable();
    if let Some(last) = Some(asked("offset")).filter(|last| !last.is_empty() && last != "0") {
        let last = number_of(Kind::Invitation, &last);
        while rows.peek().is_some_and(|row| Some(row.id) != last) {
            rows.next();
        }
        rows.next();
    }
    let page: Vec<Value> = rows.take(size).map(|waiting| invitation(world, waiting)).collect();
    let offset = page.last().and_then(|row| row.get("id")).cloned();
    Ok(json!({ "offset": offset, "invitations": page }))
}

fn delete(world: &mut World, args: &Args) -> Done {
    let gone = id(args).and_then(|id| world.withdraw(id)).ok_or_else(|| unknown(args))?;
    Ok(invitation(world, &gone))
}

/// In the name of whoever invited.
fn resend(world: &mut World, args: &Args, operation: &str) -> Done {
    let author = id(args).and_then(|id| world.invitation(id)).map_or(0, |waiting| waiting.author);
    let waiting = id(args).and_then(|id| world.remind(id, author, operation)).ok_or_else(|| unknown(args))?;
    Ok(invitation(world, &waiting))
}

fn id(args: &Args) -> Option<u64> {
    number_of(Kind::Invitation, args.text("invitation_id"))
}

fn unknown(args: &Args) -> Vec<Wrong> {
    vec![("invitationId", args.text("invitation_id").to_owned(), "The invitation was not found")]
}

/// As the sample: a file that cannot be read is an error beside `success: true`.
fn evaluate(world: &World, args: &Args) -> Value {
    let mut wrong = Vec::new();
    let group = group(world, args).map_err(|errors| wrong.extend(errors)).ok();
    let role = role(args).map_err(|errors| wrong.extend(errors)).ok();
    let (Some(group), Some(_)) = (group, role) else {
        return envelope(world, false, "The import cannot be evaluated", &wrong, Value::Null);
    };
    let path = text(args.get("csv_path"));
    let people = people_in(world, group, &path);
    if people.is_none() {
        wrong.push(("csvPath", path.clone(), "The csv file is with wrong format"));
    }
    let row = |invitee: &Invitee| {
        let (id, name) = match world.standing(group, &invitee.email) {
            Standing::New => (1, "New user"),
            Standing::Member => (2, "Group member"),
            Standing::Account => (3, "Existing account"),
            Standing::Invalid => (4, "Invalid email"),
        };
        json!({
            "type": "importRow",
            "email": invitee.email,
            "firstName": invitee.first_name,
            "lastName": invitee.last_name,
            "resultId": id,
            "resultName": name,
        })
    };
    let output: Vec<Value> = people.unwrap_or_default().iter().map(row).collect();
    let given = |name: &str| args.get(name).cloned().unwrap_or_default();
    let input = json!({
        "roleId": given("role_id"),
        "csvPath": path,
        "subject": given("subject"),
        "header": given("header"),
        "content": given("content"),
        "footer": given("footer"),
    });
    envelope(world, true, "", &wrong, json!({ "input": input, "output": output }))
}

/// A row that cannot be written to is named among the errors; the others are invited all the same.
fn bulk_import(world: &mut World, args: &Args, operation: &str) -> Value {
    match import(world, args, operation) {
        Ok(wrong) => envelope(world, true, "", &wrong, json!({})),
        Err(wrong) => envelope(world, false, "The import was refused", &wrong, Value::Null),
    }
}

fn import(world: &mut World, args: &Args, operation: &str) -> Result<Vec<Wrong>, Vec<Wrong>> {
    let (group, role) = (group(world, args)?, role(args)?);
    let Some(Value::Array(records)) = args.get("records").cloned() else {
        return Err(vec![("records", String::new(), "is missing")]);
    };
    let mut wrong = Vec::new();
    let author = world.members_from(group, 0).find(|user| user.membership(group).is_some_and(|of| of.admin));
    let author = author.map_or(0, |user| user.id);
    for record in records.iter().filter_map(Value::as_object) {
        let invitee = invitee(record);
        let refused = invitee.email.to_lowercase().ends_with(REFUSED);
        match (!refused).then(|| world.import(group, &invitee, role, author, operation)) {
            Some(Ok(Standing::New | Standing::Account | Standing::Member)) => {}
            _ => wrong.push(("email", invitee.email, "Invalid email")),
        }
    }
    Ok(wrong)
}

fn invitee(record: &Map<String, Value>) -> Invitee {
    let of = |name: &str| text(record.get(name));
    Invitee { email: of("email"), first_name: of("first_name"), last_name: of("last_name") }
}

fn group(world: &World, args: &Args) -> Result<u64, Vec<Wrong>> {
    let known = number_of(Kind::Group, args.text("group_id")).filter(|id| world.group(*id).is_some());
    known.ok_or_else(|| vec![("groupId", args.text("group_id").to_owned(), "The group was not found")])
}

/// The sample's own 1 is not among the allowed values.
fn role(args: &Args) -> Result<i64, Vec<Wrong>> {
    let role = text(args.get("role_id"));
    let known = role.trim().parse().ok().filter(|role| role_name(*role).is_some());
    known.ok_or_else(|| vec![("roleId", role, "The role is not one of 2, 3, 4 and 5")])
}

fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
