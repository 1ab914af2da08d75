//! An invitation in the document's shape.

use serde_json::{Value, json};

use crate::world::{Invitation, Kind, World, guid};

const HOST: &str = "https://community.sandbox.example";

/// The words for the roles; the document's own numbers.
pub fn role_name(role: i64) -> Option<&'static str> {
    match role {
        2 => Some("regular"),
        3 => Some("member"),
        4 => Some("moderator"),
        5 => Some("administrator"),
        _ => None,
    }
}

/// A time as the document writes it.
pub fn iso(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An invitation.
pub fn invitation(world: &World, waiting: &Invitation) -> Value {
    let (name, slug) =
        world.group(waiting.group).map_or_else(Default::default, |group| (group.name.clone(), group.alias.clone()));
    let author = world.user(waiting.author).map_or_else(String::new, |user| user.name());
    json!({
        "id": guid(Kind::Invitation, waiting.id),
        "type": "invitation",
        "group": {
            "id": guid(Kind::Group, waiting.group),
            "name": name,
            "slug": slug,
            "thumbUrl": format!("{HOST}/logo/{}.png", waiting.group),
            "url": format!("{HOST}/{slug}/"),
        },
        "createdOn": iso(waiting.created_ms),
        "author": {
            "id": guid(Kind::User, waiting.author),
            "alias": author,
            "extendedAlias": author,
            "slug": slug,
            "avatarUrl": format!("{HOST}/bigavatar/{}.jpg", waiting.author),
            "url": format!("{HOST}/blog/{}/site/profile/", waiting.author),
        },
        "email": waiting.email,
        "firstName": waiting.first_name,
        "lastName": waiting.last_name,
        "roleId": waiting.role,
        "roleName": role_name(waiting.role).unwrap_or_default(),
        "accessWarnings": [],
    })
}
