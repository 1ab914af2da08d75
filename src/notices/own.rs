//! Whether a notification tells of what beadle itself has written: the same person, a change that the operation causes, no
//! value that says otherwise, and a time at which it can be no later news. Where that is not certain it is somebody else's:
//! a job that starts once too often does less harm than a change that nobody sees.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::Notice;
use crate::model::Topic;

/// How far the platform's clock may be from ours.
const CLOCKS_MS: i64 = 2 * 60 * 1000;
/// How far the moment of an echo may be from the one that the platform's answer had.
const SAME_MS: i64 = 10 * 1000;
/// A call that was not answered for longer may have been settled by whoever looked it up much later.
const CALL_MS: i64 = 10 * 60 * 1000;
/// So long after a write an echo that names no moment may come.
const CALL_ECHO_MS: i64 = 10 * 60 * 1000;
/// The same after the end of a platform's job.
const JOB_ECHO_MS: i64 = 60 * 60 * 1000;

/// What an effect of the ledger wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// `adds`, `creates`, …
    pub consequence: String,
    /// By what the person was named: an id or an address.
    pub subject: String,
    /// The group it was about, or empty.
    pub target: String,
    /// The person's part of the request.
    pub wanted: Value,
    /// What the platform answered, where it did.
    pub answer: Option<Value>,
    /// Whether the platform did it at once.
    pub way: Way,
    /// When it was begun, in milliseconds since the epoch.
    pub begun_at: i64,
    /// When it was settled.
    pub settled_at: Option<i64>,
}

/// How a platform does what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Before it answers.
    Call,
    /// In a job of its own, later.
    Job,
}

/// Whether the notification, received at this moment, is an echo of this write to the same person.
pub fn is_own(notice: &Notice, written: &Written, received_at: i64) -> bool {
    notice.topic.is_some_and(|topic| {
        written.causes(topic, notice)
            && says_nothing_else(notice.item(), &written.wanted)
            && written.answer.as_ref().is_none_or(|answer| is_called_the_same(notice.item(), answer))
            && written.may_be_told_at(topic, notice.item(), received_at)
    })
}

impl Written {
    /// Whether such a write makes the platform tell this.
    fn causes(&self, topic: Topic, notice: &Notice) -> bool {
        match (topic, self.consequence.as_str()) {
            (Topic::UserCreated, "creates") => true,
            // Whoever was named by id had an account.
            (Topic::UserCreated, "adds") => self.subject.contains('@'),
            (Topic::UserUpdated, "changes") => true,
            (Topic::UserUpdated, "adds") => fields(&self.wanted).is_some_and(|fields| !fields.is_empty()),
            (Topic::GroupMemberAdded, "adds" | "moves") => in_group(notice, &self.target),
            _ => false,
        }
    }

    /// Whether it can be no later news: by the moment that the item names, or where it names none, soon after the write.
    fn may_be_told_at(&self, topic: Topic, item: &Value, received_at: i64) -> bool {
        let made = if topic == Topic::UserCreated { moment(item, "created_at") } else { None };
        let done = match self.way {
            Way::Call => self.begun_at.saturating_add(CALL_MS).min(self.settled_at.unwrap_or(i64::MAX)),
            Way::Job => self.settled_at.unwrap_or(received_at),
        };
        let soon = match self.way {
            Way::Call => received_at <= done.saturating_add(CALL_ECHO_MS),
            Way::Job => received_at <= done.saturating_add(JOB_ECHO_MS),
        };
        let Some(at) = made.or_else(|| moment(item, "updated_at")) else { return soon };
        let first = self.begun_at.saturating_sub(CLOCKS_MS);
        let answered = self.answer.as_ref().and_then(|answer| moment(answer, "updated_at"));
        let same = answered.is_some_and(|answered| answered.abs_diff(at) <= SAME_MS.unsigned_abs());
        // Coming into a group need not change the person's own record.
        let unchanged = topic == Topic::GroupMemberAdded && at < first;
        same || (first..=done.saturating_add(CLOCKS_MS)).contains(&at) || (unchanged && soon)
    }
}

/// A moment in milliseconds: the platform's documents have milliseconds, seconds and text.
fn moment(item: &Value, name: &str) -> Option<i64> {
    const SECONDS: i64 = 100_000_000_000;
    let of_number = |number: i64| if number < SECONDS { number.saturating_mul(1000) } else { number };
    match item.get(name)? {
        Value::Number(number) => number.as_i64().map(of_number),
        Value::String(text) => {
            let text = text.trim();
            let number = text.parse().ok().map(of_number);
            number.or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond))
        }
        _ => None,
    }
}

/// Whether the person has the names and the address that they had when the platform answered.
fn is_called_the_same(item: &Value, answer: &Value) -> bool {
    ["first_name", "last_name", "email"].into_iter().all(|name| match (item.get(name), answer.get(name)) {
        (Some(shown), Some(answered)) => text(shown).eq_ignore_ascii_case(&text(answered)),
        _ => true,
    })
}

/// The fields of a person's part of a request.
fn fields(wanted: &Value) -> Option<&serde_json::Map<String, Value>> {
    wanted.get("fields").and_then(Value::as_object)
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
    let beside = wanted.as_object().into_iter().flatten().filter(|(name, _)| *name != "fields");
    let mut all = fields(wanted).into_iter().flatten().chain(beside);
    all.all(|(name, value)| {
        if name == "id" || name.ends_with("_id") {
            return true;
        }
        match (item.pointer(&format!("/fields/{name}")).or_else(|| item.get(name)), value) {
            (None, _) | (_, Value::Object(_)) => true,
            (Some(Value::Array(shown)), Value::Array(wanted)) => texts(shown) == texts(wanted),
            (_, Value::Array(_)) => true,
            (Some(shown), _) if name == "email" => text(shown).eq_ignore_ascii_case(&text(value)),
            (Some(shown), _) => text(shown) == text(value),
        }
    })
}

/// The order in which a platform shows what was chosen says nothing.
fn texts(values: &[Value]) -> BTreeSet<String> {
    values.iter().map(text).collect()
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

    const NOW: i64 = 1_760_000_000_000;
    const MINUTE: i64 = 60_000;

    fn written(consequence: &str, subject: &str, target: &str, wanted: Value) -> Written {
        Written {
            consequence: consequence.into(),
            subject: subject.into(),
            target: target.into(),
            wanted,
            answer: None,
            way: Way::Call,
            begun_at: NOW,
            settled_at: Some(NOW + 500),
        }
    }

    fn is_own(topic: &str, item: Value, written: &Written) -> bool {
        super::is_own(&notice(topic, item), written, NOW + MINUTE)
    }

    #[test]
    fn what_beadle_wrote_comes_back_as_its_own() {
        let fields = json!({ "email": "Ada@x.example", "first_name": "Ada", "last_name": null, "likes": ["b", "a"] });
        let wrote = written("adds", "ada@x.example", "4", json!({ "fields": fields }));
        let item = json!({ "id": 7, "email": "ada@x.example", "first_name": "Ada", "last_name": "", "groups": [{ "id": 4 }],
                           "fields": { "email": "ada@x.example", "chapter": "North", "likes": ["a", "b"] } });
        for topic in ["user.created", "user.updated", "group_member.added"] {
            assert!(is_own(topic, item.clone(), &wrote), "{topic}");
        }
        assert!(!is_own("user.status_changed", item.clone(), &wrote));
        assert!(!is_own("post.created", item.clone(), &wrote), "an unknown topic is nobody's");
        let mut other = item;
        other["fields"]["likes"] = json!(["a"]);
        assert!(!is_own("user.updated", other, &wrote));
    }

    #[test]
    fn only_what_an_operation_causes_is_its_echo() {
        let item = json!({ "id": 7, "email": "ada@x.example", "group_id": 4 });
        let by_id = written("adds", "7", "4", json!({ "user_id": "7" }));
        assert!(is_own("group_member.added", item.clone(), &by_id));
        assert!(!is_own("user.created", item.clone(), &by_id), "it made no account");
        assert!(!is_own("user.updated", item.clone(), &by_id), "it wrote no field");
        let made = written("creates", "ada@x.example", "", json!({ "email": "ada@x.example" }));
        assert!(is_own("user.created", item.clone(), &made));
        assert!(!is_own("group_member.added", item.clone(), &made));
        let mut other = item;
        other["email"] = json!("eve@x.example");
        assert!(!is_own("user.created", other, &made));
        // Somebody who had an account long before was not made by an import that named their address.
        let import = written("adds", "ada@x.example", "4", json!({ "fields": { "email": "ada@x.example" } }));
        let old = json!({ "id": 7, "email": "ada@x.example", "created_at": NOW - 60 * MINUTE, "updated_at": NOW });
        assert!(!is_own("user.created", old.clone(), &import));
        assert!(is_own("user.updated", old, &import));
    }

    #[test]
    fn another_value_is_somebody_elses_doing() {
        let wrote = written("changes", "7", "", json!({ "id": "7", "fields": { "first_name": "Ada" } }));
        assert!(is_own("user.updated", json!({ "id": 7, "first_name": "Ada" }), &wrote));
        assert!(!is_own("user.updated", json!({ "id": 7, "first_name": "Eve" }), &wrote));
        assert!(!is_own("user.updated", json!({ "id": 7, "fields": { "first_name": "Eve" } }), &wrote));
        assert!(!is_own("user.created", json!({ "id": 7, "first_name": "Ada" }), &wrote));
    }

    #[test]
    fn what_the_platform_dates_later_or_earlier_is_news() {
        let wrote = written("changes", "7", "", json!({ "id": "7", "fields": { "city": "Bonn" } }));
        let at = |at: Value| json!({ "id": 7, "last_name": "Married", "fields": { "city": "Bonn" }, "updated_at": at });
        for own in [NOW - 2 * MINUTE, NOW + 500, NOW + 500 + 2 * MINUTE] {
            assert!(is_own("user.updated", at(own.into()), &wrote), "{own}");
        }
        for news in [NOW - 3 * MINUTE, NOW + 3 * MINUTE, NOW + 180 * MINUTE] {
            assert!(!is_own("user.updated", at(news.into()), &wrote), "{news}");
        }
        let spelled = Timestamp::from_millisecond(NOW).unwrap().to_string();
        for own in [json!(NOW / 1000), json!(spelled), json!(NOW.to_string())] {
            assert!(is_own("user.updated", at(own.clone()), &wrote), "{own}");
        }
        // An echo that comes late is one all the same, where the platform says when it was.
        assert!(super::is_own(&notice("user.updated", at(NOW.into())), &wrote, NOW + 180 * MINUTE));
        // Settled by a look hours later: it was not under way all the time.
        let looked_up = Written { settled_at: Some(NOW + 240 * MINUTE), ..wrote };
        assert!(!is_own("user.updated", at((NOW + 180 * MINUTE).into()), &looked_up));
    }

    #[test]
    fn what_the_platform_answered_tells_its_clock_and_the_names() {
        let answer = json!({ "id": 7, "last_name": "Lovelace", "updated_at": NOW + 30 * MINUTE });
        let wrote = written("changes", "7", "", json!({ "id": "7", "fields": { "city": "Bonn" } }));
        let wrote = Written { answer: Some(answer), ..wrote };
        let item = |name: &str, at: i64| json!({ "id": 7, "last_name": name, "updated_at": at });
        assert!(is_own("user.updated", item("Lovelace", NOW + 30 * MINUTE), &wrote), "its clock is ahead of ours");
        assert!(!is_own("user.updated", item("Lovelace", NOW + 31 * MINUTE), &wrote));
        assert!(!is_own("user.updated", item("Married", NOW + 1000), &wrote), "a minute later is news as well");
    }

    #[test]
    fn without_a_date_only_what_comes_soon_is_an_echo_and_a_platforms_job_has_longer() {
        let wrote = written("adds", "7", "4", json!({ "user_id": "7" }));
        let told = notice("group_member.added", json!({ "id": 7, "group_id": 4 }));
        let undated = |wrote: &Written, minutes: i64| super::is_own(&told, wrote, NOW + minutes * MINUTE);
        assert!(undated(&wrote, 10) && !undated(&wrote, 11));
        let old = notice("group_member.added", json!({ "id": 7, "group_id": 4, "updated_at": NOW - 600 * MINUTE }));
        assert!(super::is_own(&old, &wrote, NOW + MINUTE), "coming into a group changes no record");
        assert!(!super::is_own(&old, &wrote, NOW + 11 * MINUTE));
        let job = Written { way: Way::Job, settled_at: Some(NOW + 60 * MINUTE), ..wrote };
        assert!(undated(&job, 120) && !undated(&job, 121));
        assert!(undated(&Written { settled_at: None, ..job }, 300), "nobody knows yet that it has ended");
    }

    #[test]
    fn another_group_is_somebody_elses_doing() {
        let wrote = written("adds", "7", "4", json!({ "user_id": "7" }));
        assert!(!is_own("group_member.added", json!({ "id": 7, "groups": [{ "id": 5 }] }), &wrote));
        assert!(!is_own("group_member.added", json!({ "id": 7, "group_id": "5" }), &wrote));
        assert!(is_own("group_member.added", json!({ "id": 7, "group_id": 4 }), &wrote));
    }
}
