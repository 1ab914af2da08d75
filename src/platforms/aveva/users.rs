//! What a row about a user says. A row of a community's list has a key of ours, `community`: its id and the roles by name.

use serde_json::{Value, json};

use super::roles::{self, Role, Roles};
use crate::catalog::Call;
use crate::model::{Email, Fields, Member, Membership, Standing};

/// The field of roles.
pub const ROLES: &str = "roles";
/// Our key in rows.
const COMMUNITY: &str = "community";

/// A row as a member of the community that it is about.
pub fn member(row: &Value) -> Option<Member> {
    let place = place(row);
    let admin = place.as_ref().is_some_and(|(_, roles)| roles.iter().any(Role::is_administrator));
    Some(Member {
        id: id(row)?,
        email: email(row),
        name: name(row),
        fields: fields(row),
        kinds: Vec::new(),
        registered: None,
        invited_at: None,
        created_at: None,
        admin,
        standing: Standing::Accepted,
        groups: place.into_iter().map(|(group, _)| Membership { group, admin }).collect(),
    })
}

/// The user's id, as ids are compared.
pub fn id(row: &Value) -> Option<String> {
    row.get("Id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_lowercase)
}

/// The address that they have with their identity provider; else the one that they are written to at.
pub fn email(row: &Value) -> Option<Email> {
    ["Email", "ContactEmail"].iter().find_map(|key| Email::parse(row.get(key)?.as_str()?).ok())
}

/// How people know them.
pub fn name(row: &Value) -> String {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let both = format!("{} {}", given(row), surname(row));
    [text("Name"), both.trim(), text("Email")].into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
}

fn given(row: &Value) -> &str {
    either(row, ["GivenName", "ContactGivenName"])
}

fn surname(row: &Value) -> &str {
    either(row, ["Surname", "ContactSurname"])
}

fn either<'a>(row: &'a Value, keys: [&str; 2]) -> &'a str {
    keys.iter().find_map(|key| row.get(key)?.as_str().filter(|text| !text.trim().is_empty())).unwrap_or_default()
}

fn fields(row: &Value) -> Fields {
    let mut fields: Fields =
        vec![("first_name".into(), given(row).to_owned()), ("last_name".into(), surname(row).to_owned())];
    if let Some((_, roles)) = place(row) {
        fields.push((ROLES.into(), roles::words(&roles)));
    }
    fields.retain(|(name, value)| name == ROLES || !value.is_empty());
    fields
}

/// The community that a row is about, and the roles that the user has in it.
pub fn place(row: &Value) -> Option<(String, Vec<Role>)> {
    let place = row.get(COMMUNITY)?;
    Some((place.get("id")?.as_str()?.to_owned(), roles::from_value(place.get(ROLES)?)))
}

/// The user's roles in this community; `None` where the row does not show them in it.
pub fn roles_in(row: &Value, community: &str) -> Option<Vec<Role>> {
    place(row).filter(|(id, _)| id.eq_ignore_ascii_case(community)).map(|(_, roles)| roles)
}

/// Puts a row into a community with these roles.
pub fn set_roles(row: &mut Value, community: &str, roles: &[Role]) {
    row["RoleIds"] = roles.iter().map(|role| role.id.as_str()).collect();
    row[COMMUNITY] = json!({ "id": community, ROLES: roles::to_value(roles) });
}

/// Takes a row out of its community.
pub fn leave(row: &mut Value) {
    for key in ["RoleIds", COMMUNITY] {
        row.as_object_mut().map(|row| row.shift_remove(key));
    }
}

/// A row as the platform has it.
pub fn plain(mut row: Value) -> Value {
    row.as_object_mut().map(|row| row.shift_remove(COMMUNITY));
    row
}

/// Writes the names of a user's roles into a row of a community's list.
pub fn join(list: &Call, row: &mut Value, read: &Value) {
    let known = Roles::of(read);
    let ids = row.get("RoleIds").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let roles: Vec<Role> = ids.map(|id| known.by_id(id)).collect();
    if row.is_object() {
        row[COMMUNITY] = json!({ "id": list.args.text("community_id"), ROLES: roles::to_value(&roles) });
    }
}

/// The row of somebody, by id or address, in what a list gave.
pub fn find<'a>(key: &str, rows: &'a Value) -> Option<&'a Value> {
    rows.as_array()?.iter().find(|row| is(key, row))
}

/// Whether a row is about whoever has this id or address.
pub fn is(key: &str, row: &Value) -> bool {
    match key.contains('@') {
        true => email(row).is_some_and(|email| email.key() == key.trim().to_lowercase()),
        false => row.get("Id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(key.trim())),
    }
}
