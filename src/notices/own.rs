//! Whether a notification tells of what beadle itself has written: the same person, the same kind of change, and no value
//! that says otherwise. Whoever changed it to something else meanwhile is not beadle.

use serde_json::Value;

use super::Notice;
use crate::model::Topic;

/// What an effect of the ledger wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// `adds`, `creates`, …
    pub consequence: String,
    /// The group it was about, or empty.
    pub target: String,
    /// The person's part of the request.
    pub wanted: Value,
}

/// Whether the notification is an echo of this write to the same person.
pub fn is_own(notice: &Notice, written: &Written) -> bool {
    let caused = match (notice.topic, written.consequence.as_str()) {
        (Some(Topic::UserCreated), "creates" | "adds") => true,
        (Some(Topic::UserUpdated), "changes" | "adds" | "creates") => true,
        (Some(Topic::UserStatusChanged), "changes") => true,
        (Some(Topic::GroupMemberAdded), "adds" | "moves") => in_group(notice, &written.target),
        _ => false,
    };
    caused && says_nothing_else(notice.item(), &written.wanted)
}

/// Whether somebody became a member of this group, as far as the item tells.
fn in_group(notice: &Notice, target: &str) -> bool {
    if let Some(group) = &notice.group {
        return group == target;
    }
    match notice.item().get("groups").and_then(Value::as_array) {
        Some(groups) => groups.iter().filter_map(|group| plain(group.get("id")?)).any(|id| id == target),
        None => true,
    }
}

/// Whether every value that was written is there still; one that is not shown says nothing.
fn says_nothing_else(item: &Value, wanted: &Value) -> bool {
    let fields = wanted.get("fields").unwrap_or(wanted);
    let Some(fields) = fields.as_object() else { return true };
    fields.iter().filter(|(_, value)| !value.is_object() && !value.is_array()).all(|(name, value)| {
        if name == "id" || name.ends_with("_id") {
            return true;
        }
        let shown = item.pointer(&format!("/fields/{name}")).or_else(|| item.get(name));
        match shown {
            None => true,
            Some(shown) if name == "email" => text(shown).eq_ignore_ascii_case(&text(value)),
            Some(shown) => text(shown) == text(value),
        }
    })
}

/// Nothing and an empty text are the same to the platform.
fn text(value: &Value) -> String {
    plain(value).unwrap_or_default().trim().to_owned()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::notices::Bulk;

    fn notice(topic: &str, item: Value) -> Notice {
        let body = json!({ "topic": topic, "item_type": "user", "item": item }).to_string();
        Bulk::read(body.as_bytes()).unwrap().notices.remove(0)
    }

    fn written(consequence: &str, target: &str, wanted: Value) -> Written {
        Written { consequence: consequence.into(), target: target.into(), wanted }
    }

    #[test]
    fn what_beadle_wrote_comes_back_as_its_own() {
        let wrote = written(
            "adds",
            "4",
            json!({ "fields": { "email": "Ada@x.example", "first_name": "Ada", "last_name": null } }),
        );
        let item = json!({ "id": 7, "email": "ada@x.example", "first_name": "Ada", "last_name": "",
                           "fields": { "email": "ada@x.example", "chapter": "North" }, "groups": [{ "id": 4 }] });
        for topic in ["user.created", "user.updated", "group_member.added"] {
            assert!(is_own(&notice(topic, item.clone()), &wrote), "{topic}");
        }
        assert!(!is_own(&notice("user.status_changed", item.clone()), &wrote));
        assert!(!is_own(&notice("post.created", item), &wrote), "an unknown topic is nobody's");
    }

    #[test]
    fn another_value_is_somebody_elses_doing() {
        let wrote = written("changes", "", json!({ "id": "7", "fields": { "first_name": "Ada" } }));
        assert!(is_own(&notice("user.updated", json!({ "id": 7, "first_name": "Ada" })), &wrote));
        assert!(!is_own(&notice("user.updated", json!({ "id": 7, "first_name": "Eve" })), &wrote));
        assert!(!is_own(&notice("user.updated", json!({ "id": 7, "fields": { "first_name": "Eve" } })), &wrote));
        assert!(!is_own(&notice("user.created", json!({ "id": 7, "first_name": "Ada" })), &wrote));
    }

    #[test]
    fn another_group_is_somebody_elses_doing() {
        let wrote = written("adds", "4", json!({ "user_id": "7" }));
        assert!(!is_own(&notice("group_member.added", json!({ "id": 7, "groups": [{ "id": 5 }] })), &wrote));
        assert!(!is_own(&notice("group_member.added", json!({ "id": 7, "group_id": "5" })), &wrote));
        assert!(is_own(&notice("group_member.added", json!({ "id": 7, "group_id": 4 })), &wrote));
    }
}
