//! Groups and users in the document's shapes.

use serde_json::{Map, Value, json};

use crate::model::Standing;
use crate::world::{Field, FieldKind, Group, Membership, User, World};

/// Makes a setting's first value.
type Default = fn() -> Value;

/// What a group shows of its settings, in the document's order, and what it shows when nobody set it.
const SHOWN: &[(&str, Default)] = &[
    ("privacy", || "private".into()),
    ("requires_approval", || false.into()),
    ("members_posting_permissions", || json!(["quickpost", "poll", "event", "fileattachment"])),
    ("posts_moderation", || Value::Null),
    ("members_visible", || true.into()),
    ("email_comments_to_all", || true.into()),
    ("hidden_emails", || Value::Null),
    ("members_count", || 0.into()),
    ("default_emails_frequency", || "IMMEDIATE".into()),
];

/// Whether the community's own fields come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fields {
    /// They do.
    Shown,
    /// They do not.
    Hidden,
}

impl From<bool> for Fields {
    fn from(asked: bool) -> Self {
        if asked { Self::Shown } else { Self::Hidden }
    }
}

/// Through which page somebody is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The pages of users: every field, and a status for each group.
    User,
    /// The pages of one group's members: that group's fields; `accepted` is not said, as in the document's samples.
    Member(u64),
    /// A webhook's notification, where `accepted` is called `approved`.
    Notice,
}

/// A user.
pub fn user(world: &World, user: &User, seen: Seen, fields: Fields) -> Value {
    let avatar = |size: &str| format!("https://sandbox.example/avatars/{}{size}.png", user.id);
    let mut shown = json!({
        "id": user.id.to_string(),
        "name": user.name(),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "updated_at": user.updated_ms,
        "created_at": user.created_ms,
        "is_registered": user.registered,
        "groups": user.groups.iter().map(|membership| self::membership(membership, seen)).collect::<Vec<_>>(),
        "avatar": {
            "image": avatar(""),
            "small_thumb": avatar("-80"),
            "mini_thumb": avatar("-30"),
            "thumb": avatar("-280"),
        },
    });
    if fields == Fields::Shown {
        shown["fields"] = values(world, user, seen);
    }
    shown
}

fn membership(membership: &Membership, seen: Seen) -> Value {
    let mut shown = json!({
        "id": membership.group,
        "is_admin": membership.admin,
        "last_invited_in": membership.invited_ms,
    });
    let status = match (membership.standing, seen) {
        (Standing::Accepted, Seen::Member(_)) => None,
        (Standing::Accepted, Seen::Notice) => Some("approved"),
        (Standing::Accepted, Seen::User) => Some("accepted"),
        (Standing::Pending, _) => Some("pending"),
        (Standing::Declined, _) => Some("declined"),
    };
    if let Some(status) = status {
        shown["status"] = status.into();
    }
    shown
}

/// Names and address are fields like the others.
fn values(world: &World, user: &User, seen: Seen) -> Value {
    let mut map = Map::new();
    map.insert("first_name".into(), user.first_name.as_str().into());
    map.insert("last_name".into(), user.last_name.as_str().into());
    map.insert("email".into(), user.email.as_str().into());
    let known = match seen {
        Seen::Member(group) => Some(world.fields_of(group)),
        _ => None,
    };
    for (name, value) in &user.values {
        if known.as_ref().is_none_or(|known| known.iter().any(|field| field.unique_name == *name)) {
            map.insert(name.clone(), value.clone());
        }
    }
    Value::Object(map)
}

/// A group.
pub fn group(world: &World, group: &Group, fields: Fields) -> Value {
    let picture = "https://sandbox.example/avatars/group.png";
    let mut shown = json!({
        "id": group.id,
        "name": group.name,
        "email": format!("{}@groups.sandbox.example", group.alias),
        "created_at": group.created_ms,
        "updated_at": group.updated_ms,
        "parent_group": group.parent,
        "logo": {
            "url": picture,
            "small_thumb": { "url": picture },
            "mini_thumb": { "url": picture },
            "thumb": { "url": picture },
        },
    });
    if fields == Fields::Shown {
        shown["fields"] = world.fields_of(group.id).into_iter().map(definition).collect();
    }
    shown["group_url"] = format!("http://sandbox.example/main/groups/{}", group.id).into();
    for (name, default) in SHOWN {
        shown[*name] = match *name {
            "members_count" => group.members.len().into(),
            name => group.settings.get(name).cloned().unwrap_or_else(*default),
        };
    }
    shown
}

fn definition(field: &Field) -> Value {
    let kind = match field.kind {
        FieldKind::Text => "text",
        FieldKind::Email => "email",
        FieldKind::Url => "url",
        FieldKind::Number => "number",
        FieldKind::Date => "date",
        FieldKind::Select => "select",
        FieldKind::Checkbox => "checkbox",
        FieldKind::Location => "location",
        FieldKind::File => "file",
    };
    json!({
        "id": field.id,
        "name": field.name,
        "type": kind,
        "unique_name": field.unique_name,
        "options": (!field.options.is_empty()).then_some(&field.options),
        "other_option_flag": false,
        "placeholder": null,
        "required": field.required,
        "editable": true,
    })
}
