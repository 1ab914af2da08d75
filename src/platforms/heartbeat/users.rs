//! What a row about a user says: who it is, the groups they are in, their profile, and all of it as a member.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::catalog::{Call, Link};
use crate::model::{Email, Fields, Member, Membership, Person, Standing};

/// What of a profile both a tool writes and a row shows, by the tool's names. (A status and a picture can be written, and
/// no row shows the status or the picture's own data.)
pub const SHOWN: [&str; 5] = ["name", "bio", "linkedin", "twitter", "instagram"];
/// What a roster may name besides: together they are the name.
pub const NAMES: [&str; 2] = ["first_name", "last_name"];

/// A row as this group's member; `None` without an id, and for whoever is not in the group (empty: any).
pub fn member(group: &str, row: &Value) -> Option<Member> {
    let groups = memberships(row);
    let listed = row.get("groups").is_some();
    if !group.is_empty() && listed && !groups.iter().any(|place| place.group.eq_ignore_ascii_case(group)) {
        return None;
    }
    Some(Member {
        id: text(row, "id").filter(|id| !id.is_empty())?,
        email: Email::parse(&text(row, "email").unwrap_or_default()).ok(),
        name: text(row, "name").unwrap_or_default(),
        fields: fields(row),
        kinds: Vec::new(),
        registered: row.get("lastLogin").map(|at| !at.is_null()),
        invited_at: None,
        created_at: text(row, "createdAt")
            .and_then(|at| at.parse::<jiff::Timestamp>().ok())
            .map(|at| at.as_millisecond()),
        admin: is_admin(row),
        standing: Standing::Accepted,
        groups,
    })
}

fn is_admin(row: &Value) -> bool {
    row.get("isAdmin").and_then(Value::as_bool).unwrap_or(false)
}

fn memberships(row: &Value) -> Vec<Membership> {
    let admin = is_admin(row);
    let all = row.get("groups").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|of| Some(Membership { group: group_of(of)?, admin })).collect()
}

/// A group in a user's row: an object, or its bare id.
fn group_of(of: &Value) -> Option<String> {
    of.as_str().map(str::to_owned).or_else(|| text(of, "id"))
}

/// A row of the list of invitations, which are links.
pub fn link(row: &Value) -> Option<Link> {
    let groups = row.get("groups").and_then(Value::as_array).into_iter().flatten();
    Some(Link {
        id: text(row, "id")?,
        name: text(row, "code").unwrap_or_default(),
        role: row.get("role").and_then(|role| text(role, "name")).unwrap_or_default(),
        groups: groups.filter_map(group_of).collect(),
    })
}

/// Whether somebody is in a group by their own row.
pub fn is_in(row: &Value, group: &str) -> bool {
    memberships(row).iter().any(|place| place.group.eq_ignore_ascii_case(group))
}

/// Text of a row; `None` where there is none.
pub fn text(row: &Value, key: &str) -> Option<String> {
    row.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// One value of a profile by the tool's name for it; empty where the row shows none.
pub fn shown(row: &Value, name: &str) -> String {
    let found = match name {
        "linkedin" | "twitter" | "instagram" => row.get("socialLinks").and_then(|links| links.get(name)),
        "first_name" => row.get("firstName"),
        "last_name" => row.get("lastName"),
        name => row.get(name),
    };
    found.and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn fields(row: &Value) -> Fields {
    let all = NAMES.iter().chain(&SHOWN).map(|name| ((*name).to_owned(), shown(row, name)));
    let role = text(row, "role").map(|role| ("role".to_owned(), role));
    all.chain(role).filter(|(_, value)| !value.is_empty()).collect()
}

/// The full name of somebody whom a roster names; in want of one, what stands before the `@`.
pub fn full_name(person: &Person) -> String {
    let of = |name: &str| person.field(name).map(str::trim).filter(|text| !text.is_empty());
    let parts: Vec<&str> = NAMES.iter().filter_map(|name| of(name)).collect();
    let local = person.email.as_str().split('@').next().unwrap_or_default();
    of("name")
        .map(str::to_owned)
        .or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
        .unwrap_or_else(|| local.to_owned())
}

/// Values by a roster's names as the tool wants them: first and last name become the name, what of them is not given stays
/// as it is.
pub fn profile(values: &[(String, String)], now: Option<&Member>) -> Map<String, Value> {
    let given = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut profile = Map::new();
    if given("name").is_none() && NAMES.iter().any(|name| given(name).is_some()) {
        let held = |name: &str| now.and_then(|member| member.field(name));
        let parts: Vec<&str> = NAMES.iter().filter_map(|name| given(name).or_else(|| held(name))).collect();
        let parts: Vec<&str> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            profile.insert("name".into(), parts.join(" ").into());
        }
    }
    let plain = values.iter().filter(|(name, _)| SHOWN.contains(&name.as_str()));
    profile.extend(plain.map(|(name, value)| (name.clone(), value.as_str().into())));
    profile
}

/// Whether a row of the list of users is what was asked for. Of the others nothing is looked at but two keys.
pub fn lists(list: &Call, row: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Row {
        email: Option<String>,
        #[serde(default)]
        groups: Option<Vec<Place>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Place {
        Id(String),
        Group { id: String },
    }
    let group = Some(list.args.text("group_id")).filter(|group| !group.is_empty());
    let emails = list.args.get("emails").and_then(Value::as_array);
    if group.is_none() && emails.is_none() {
        return true;
    }
    // What cannot be read is for whoever reads the row to complain about.
    let Ok(row) = serde_json::from_slice::<Row>(row) else { return true };
    let is_in = |group: &str| {
        row.groups.iter().flatten().any(|place| match place {
            Place::Id(id) | Place::Group { id } => id.eq_ignore_ascii_case(group),
        })
    };
    let has = |emails: &Vec<Value>| {
        let email = row.email.as_deref().unwrap_or_default().trim().to_lowercase();
        emails.iter().filter_map(Value::as_str).any(|asked| asked.trim().to_lowercase() == email)
    };
    group.is_none_or(is_in) && emails.is_none_or(has)
}
