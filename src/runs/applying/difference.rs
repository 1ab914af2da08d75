//! How something differs from what a plan showed of it, in words. Its one rule: no form of the store or the platform
//! reaches a person, only sentences.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::catalog::SubjectKind;
use crate::plan::Touch;

/// What differs between a touch's `before` and what that would be today, a part each: `city was "Pune" and is "Oslo"`.
pub(super) fn difference(touch: &Touch, before: &Value, now: &Value) -> Vec<String> {
    let parts = match (is_there(before), is_there(now)) {
        (true, false) => vec![gone(touch).to_owned()],
        (false, true) => appeared(touch, now),
        _ => differing(touch, before, now),
    };
    if parts.is_empty() { vec!["is not as it was".to_owned()] } else { parts }
}

/// Whoever or whatever a write needs and no row shows.
fn gone(touch: &Touch) -> &'static str {
    match (is_person(touch), &touch.group) {
        (false, _) => "is not there any more",
        (true, Some(_)) => "is not in the group any more",
        (true, None) => "has no account any more",
    }
}

fn is_person(touch: &Touch) -> bool {
    touch.kind == SubjectKind::Person.as_str()
}

fn is_there(held: &Value) -> bool {
    held.get("id").is_some_and(|id| !id.is_null())
}

/// Somebody who had no account, or something that did not exist; with the values that it has and would lose.
fn appeared(touch: &Touch, now: &Value) -> Vec<String> {
    let mut parts = Vec::new();
    let fields = now.get("fields").and_then(Value::as_object);
    for (name, value) in fields.into_iter().flatten().filter(|(_, value)| !is_empty(value)) {
        parts.push(format!("{name} is {}", plain(value)));
    }
    let standing = now.get("standing").and_then(Value::as_str);
    parts.push(match (is_person(touch), now.get("member").and_then(Value::as_bool), standing) {
        (false, ..) => "is there by now".to_owned(),
        (true, Some(true), _) => "is a member by now".to_owned(),
        (true, _, Some(standing)) => waiting(standing).to_owned(),
        (true, ..) => "has an account by now".to_owned(),
    });
    parts
}

fn differing(touch: &Touch, before: &Value, now: &Value) -> Vec<String> {
    let none = Map::new();
    let (were, are) = (before.as_object().unwrap_or(&none), now.as_object().unwrap_or(&none));
    let keys: BTreeSet<&String> = were.keys().chain(are.keys()).collect();
    let value = |map: &Map<String, Value>, key: &str| map.get(key).cloned().unwrap_or_default();
    let stays = |key: &str| value(were, key) == value(are, key);
    let mut parts = Vec::new();
    for key in keys.into_iter().filter(|key| !stays(key)) {
        let (before, after) = (value(were, key), value(are, key));
        match (key.as_str(), before, after) {
            ("fields", Value::Object(were), Value::Object(are)) => {
                let names: BTreeSet<&String> = were.keys().chain(are.keys()).collect();
                let names = names.into_iter().filter(|name| value(&were, name) != value(&are, name));
                parts.extend(names.map(|name| changed(name, &value(&were, name), &value(&are, name))));
            }
            // One of the settings that are compared says the same.
            ("name", ..) if are.get("fields").is_some_and(|fields| fields.get("name").is_some()) => {}
            // Whether they are a member says the same.
            ("standing", ..) if !stays("member") => {}
            (key, before, after) => parts.push(one(touch, key, &before, &after, are)),
        }
    }
    parts
}

/// What differs in one respect.
fn one(touch: &Touch, key: &str, before: &Value, now: &Value, are: &Map<String, Value>) -> String {
    let standing = are.get("standing").and_then(Value::as_str);
    let words = match (key, now) {
        ("id", _) if is_person(touch) => "is another account by now",
        ("id", _) => "is another by now",
        ("member", Value::Bool(true)) => "is a member by now",
        ("member", _) => standing.map_or("has left the group", waiting),
        ("standing", Value::String(standing)) => waiting(standing),
        ("standing", _) => "no longer waits to be let in",
        ("registered", Value::Bool(true)) => "has signed in by now",
        ("registered", _) => "counts as never signed in by now",
        ("admin", Value::Bool(true)) => "is an administrator of the group by now",
        ("admin", _) => "is no administrator of the group any more",
        ("invited_at", now) => match now.as_i64().and_then(|at| Timestamp::from_millisecond(at).ok()) {
            Some(at) => return format!("was invited on {}", at.strftime("%Y-%m-%d")),
            None => "is not recorded as invited any more",
        },
        ("groups", now) => return format!("is in {} groups and was in {}", plain(now), plain(before)),
        ("fields", _) => "has other values",
        ("email", now) => return changed("address", before, now),
        (key, now) => return changed(&key.replace('_', " "), before, now),
    };
    words.to_owned()
}

fn waiting(standing: &str) -> &'static str {
    match standing {
        "declined" => "has declined by now",
        _ => "waits to be let in by now",
    }
}

/// `city was "Pune" and is "Oslo"`
fn changed(name: &str, before: &Value, now: &Value) -> String {
    format!("{name} was {} and is {}", plain(before), plain(now))
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

/// A value as people read it: text in quotes, several one after the other.
fn plain(value: &Value) -> String {
    match value {
        value if is_empty(value) => "empty".to_owned(),
        Value::Bool(true) => "on".to_owned(),
        Value::Bool(false) => "off".to_owned(),
        Value::String(text) => format!("\"{text}\""),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" and "),
        Value::Object(map) => {
            let parts: Vec<String> = map.iter().map(|(name, value)| format!("{name} {}", plain(value))).collect();
            parts.join(" and ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn touch(kind: &str, group: Option<&str>, before: Value) -> Touch {
        let touch = json!({
            "kind": kind, "subject": "77", "group": group, "name": "ada@b.example", "sign": "~", "before": before,
            "after": null,
        });
        serde_json::from_value(touch).unwrap()
    }

    #[test]
    fn whatever_differs_is_said_in_words() {
        let group = Some("4");
        let nobody = json!({ "id": null, "member": false });
        for (kind, group, before, now, words) in [
            // Gone, or come.
            (
                "person",
                None,
                json!({ "id": "77", "fields": { "city": "Pune" } }),
                json!({ "id": null }),
                "has no account any more",
            ),
            ("person", group, json!({ "id": "77", "member": true }), nobody.clone(), "is not in the group any more"),
            ("group", None, json!({ "id": "9", "name": "Mentors" }), json!({ "id": null }), "is not there any more"),
            ("group", None, json!({ "id": null }), json!({ "id": "9" }), "is there by now"),
            (
                "person",
                None,
                json!({ "id": null }),
                json!({ "id": "9", "email": "ada@b.example" }),
                "has an account by now",
            ),
            (
                "person",
                group,
                nobody.clone(),
                json!({ "id": "9", "email": "ada@b.example", "member": false, "registered": false, "fields": { "city": "", "job": "Head" } }),
                "job is \"Head\", has an account by now",
            ),
            (
                "person",
                group,
                nobody.clone(),
                json!({ "id": "9", "member": true, "registered": true }),
                "is a member by now",
            ),
            (
                "person",
                group,
                nobody,
                json!({ "id": "9", "member": false, "standing": "pending" }),
                "waits to be let in by now",
            ),
            // The same subject, other than it was.
            ("person", group, json!({ "id": "7" }), json!({ "id": "9" }), "is another account by now"),
            ("group", None, json!({ "id": "7" }), json!({ "id": "9" }), "is another by now"),
            (
                "person",
                group,
                json!({ "id": "7", "member": false }),
                json!({ "id": "7", "member": true }),
                "is a member by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "member": true }),
                json!({ "id": "7", "member": false }),
                "has left the group",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "member": true }),
                json!({ "id": "7", "member": false, "standing": "declined" }),
                "has declined by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "member": false, "standing": "pending" }),
                json!({ "id": "7", "member": true }),
                "is a member by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "member": false, "standing": "pending" }),
                json!({ "id": "7", "member": false }),
                "no longer waits to be let in",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "member": false }),
                json!({ "id": "7", "member": false, "standing": "pending" }),
                "waits to be let in by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "registered": false }),
                json!({ "id": "7", "registered": true }),
                "has signed in by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "registered": true }),
                json!({ "id": "7", "registered": null }),
                "counts as never signed in by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "admin": false }),
                json!({ "id": "7", "admin": true }),
                "is an administrator of the group by now",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "admin": true }),
                json!({ "id": "7", "admin": false }),
                "is no administrator of the group any more",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "invited_at": null }),
                json!({ "id": "7", "invited_at": 1_795_000_000_000_i64 }),
                "was invited on 2026-11-18",
            ),
            (
                "person",
                group,
                json!({ "id": "7", "invited_at": 1_795_000_000_000_i64 }),
                json!({ "id": "7", "invited_at": null }),
                "is not recorded as invited any more",
            ),
            (
                "person",
                None,
                json!({ "id": "7", "groups": 2 }),
                json!({ "id": "7", "groups": 3 }),
                "is in 3 groups and was in 2",
            ),
            (
                "person",
                None,
                json!({ "id": "7", "email": "ada@b.example" }),
                json!({ "id": "7", "email": null }),
                "address was \"ada@b.example\" and is empty",
            ),
            (
                "person",
                None,
                json!({ "id": "7", "name": "Ada" }),
                json!({ "id": "7", "name": "Ida" }),
                "name was \"Ada\" and is \"Ida\"",
            ),
            (
                "person",
                None,
                json!({ "id": "7", "fields": { "city": "Pune", "job": "" } }),
                json!({ "id": "7", "fields": { "city": "Oslo", "job": "Head" } }),
                "city was \"Pune\" and is \"Oslo\", job was empty and is \"Head\"",
            ),
            (
                "group",
                None,
                json!({ "id": "7", "fields": { "open": true, "roles": ["a", "b"], "more": { "size": 3 }, "parent": null } }),
                json!({ "id": "7", "fields": { "open": false, "roles": ["a"], "more": { "size": 4 }, "parent": "2" } }),
                "more was size 3 and is size 4, open was on and is off, parent was empty and is \"2\", \
                 roles was \"a\" and \"b\" and is \"a\"",
            ),
            (
                "person",
                None,
                json!({ "id": "7", "role": "user" }),
                json!({ "id": "7", "role": "owner" }),
                "role was \"user\" and is \"owner\"",
            ),
            (
                "person",
                None,
                json!({ "id": "7", "last_step": 3 }),
                json!({ "id": "7" }),
                "last step was 3 and is empty",
            ),
            ("person", None, json!("anything"), json!("else"), "is not as it was"),
        ] {
            let line = difference(&touch(kind, group, before.clone()), &before, &now).join(", ");
            assert_eq!(line, words, "{before} {now}");
            assert!(!line.contains(['{', '}', '[', ']']) && !line.contains("null"), "{line}");
        }
    }
}
