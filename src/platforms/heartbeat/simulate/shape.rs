//! People, groups, invitations and roles in the shapes that Heartbeat's REST clients know.

use serde_json::{Value, json};

use crate::model::Standing;
use crate::world::{Group, Kind, Link, ROLES, User, World, guid};

/// A role's name.
pub fn role_name(role: u64) -> Option<&'static str> {
    ROLES.iter().find(|(number, _)| *number == role).map(|(_, name)| *name)
}

fn role(role: u64) -> Value {
    json!({ "id": guid(Kind::Role, role), "name": role_name(role) })
}

/// All roles.
pub fn roles() -> Value {
    ROLES.iter().map(|(number, _)| role(*number)).collect()
}

/// Whether somebody counts as a member: with an open account, and neither waiting nor declined.
pub fn is_member(world: &World, user: &User, group: u64) -> bool {
    let accepted = user.membership(group).is_some_and(|place| place.standing == Standing::Accepted);
    accepted && world.is_open(user.id)
}

fn place(world: &World, group: u64) -> Option<Value> {
    world.group(group).map(|group| json!({ "id": guid(Kind::Group, group.id), "name": group.name }))
}

fn iso(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Somebody with an account.
pub fn user(world: &World, user: &User) -> Value {
    let profile = world.profile(user);
    let texts = |name: &str| profile.texts.get(name).cloned().unwrap_or_default();
    let groups: Vec<Value> = user
        .groups
        .iter()
        .filter(|of| of.standing == Standing::Accepted)
        .filter_map(|of| place(world, of.group))
        .collect();
    json!({
        "id": guid(Kind::User, user.id),
        "email": user.email,
        "name": user.name(),
        "firstName": user.first_name,
        "lastName": user.last_name,
        "bio": texts("bio"),
        "createdAt": iso(user.created_ms),
        "lastLogin": user.registered.then(|| iso(user.updated_ms)),
        "role": profile.role.and_then(role_name),
        "isAdmin": profile.role == Some(1),
        "groups": groups,
        "avatar": format!("https://community.sandbox.example/avatar/{}.png", user.id),
        "socialLinks": {
            "linkedin": texts("linkedin"),
            "twitter": texts("twitter"),
            "instagram": texts("instagram"),
            "calendar": null,
            "personalWebsite": null,
            "community": null,
        },
        "linkedInSummary": null,
        "linkedInData": null,
        "onboardingResponses": [],
    })
}

/// A group with its members.
pub fn group(world: &World, group: &Group) -> Value {
    let member = |user: &User| json!({ "id": guid(Kind::User, user.id), "name": user.name(), "email": user.email });
    let users = world.members_from(group.id, 0).filter(|user| is_member(world, user, group.id));
    json!({
        "id": guid(Kind::Group, group.id),
        "name": group.name,
        "description": group.settings.get("description").cloned().unwrap_or_default(),
        "color": "#7a5cff",
        "parentGroupID": group.parent.map(|parent| guid(Kind::Group, parent)),
        "archived": false,
        "users": users.map(member).collect::<Vec<_>>(),
    })
}

/// An invitation.
pub fn link(world: &World, link: &Link) -> Value {
    json!({
        "id": guid(Kind::Invitation, link.id),
        "code": World::code_of(link.id),
        "role": role(link.role),
        "groups": link.groups.iter().filter_map(|group| place(world, *group)).collect::<Vec<_>>(),
    })
}
