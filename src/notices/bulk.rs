//! The bulk notification object and the notifications in it.

use serde_json::Value;

use super::Next;
use crate::model::Topic;

/// One delivery or one of its pages: at most 50 notifications, and where the rest of them is.
#[derive(Clone, Debug, PartialEq)]
pub struct Bulk {
    /// What happened to whom.
    pub notices: Vec<Notice>,
    /// How many there are in all, where it is said.
    pub total: Option<u64>,
    /// The id of the platform's job, by which the rest is asked for.
    pub job: Option<String>,
    /// Whether there is more.
    pub rest: Rest,
}

/// Whether a page is the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// It is: `next_page` is not there, null or empty.
    None,
    /// It is not.
    At(Next),
    /// Something stands there that is no next page of this platform.
    Unclear,
}

/// One notification.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// What it is about; `None` for a topic that nobody knows.
    pub topic: Option<Topic>,
    /// The topic as it was spelled.
    pub spelled: String,
    /// `user`, `group_member`, … as it was spelled.
    pub item_type: String,
    /// The person's id.
    pub id: Option<String>,
    /// The group's id, where the item names one.
    pub group: Option<String>,
    /// All of it as it was told, keys that nobody knows included.
    pub told: Value,
}

/// Why a body is no delivery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// It is not JSON.
    #[error("it is no JSON: {0}")]
    NoJson(String),
    /// It is JSON of something else.
    #[error("it is JSON, but has no notifications")]
    NoNotices,
    /// It has so many.
    #[error("it has {0} notifications: a delivery has 50, and more than {MOST} are not taken")]
    TooMany(usize),
    /// It would take too much memory.
    #[error("it has {0} parts: more than {MOST_PARTS} are not taken")]
    TooManyParts(usize),
}

/// What is missing of a delivery, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// What comes after so many notifications of a job.
    Behind {
        /// The job.
        job: String,
        /// How many.
        offset: u64,
        /// Who says that there is more.
        told: Told,
    },
    /// Something, and nobody says where.
    Nowhere,
}

impl Missing {
    /// Who says that there is more; `None` where nobody says where.
    pub fn told(&self) -> Option<Told> {
        match self {
            Self::Behind { told, .. } => Some(*told),
            Self::Nowhere => None,
        }
    }
}

/// Who says that there is more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The `next_page`.
    ByPage,
    /// The `total` alone.
    ByTotal,
}

/// Notifications that one body may have.
const MOST: usize = 1_000;
/// Values that one body may have, about: each takes many times its length in memory.
const MOST_PARTS: usize = 100_000;
/// What some programs write before a text.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Where the id of the person stands. A group member's own `id` may be that of the membership.
/// The document shows an item in doubled braces: a list of one is read as well.
const PERSON: [&str; 4] = ["/id", "/user_id", "/user/id", "/0/id"];
const MEMBER: [&str; 5] = ["/user_id", "/user/id", "/id", "/0/user_id", "/0/id"];
const GROUP: [&str; 3] = ["/group_id", "/group/id", "/0/group_id"];

impl Bulk {
    /// Reads a body: the bulk object, a list of notifications, or a single one. Bytes that are no letters become U+FFFD: a
    /// name that is spoiled must not take those beside it along.
    pub fn read(body: &[u8]) -> Result<Self, Unread> {
        let text = String::from_utf8_lossy(body.strip_prefix(MARK).unwrap_or(body));
        let parts = text.bytes().filter(|byte| matches!(byte, b',' | b'{' | b'[')).count();
        if parts > MOST_PARTS {
            return Err(Unread::TooManyParts(parts));
        }
        let value: Value = serde_json::from_str(&text).map_err(|error| Unread::NoJson(error.to_string()))?;
        Self::of(value)
    }

    /// What is missing of it; `None` where it is whole. A delivery is its job's first page: what comes next begins behind it,
    /// however far ahead an address points.
    pub fn missing(&self) -> Option<Missing> {
        let here = self.notices.len() as u64;
        let job = self.job.clone().filter(|job| Next::is_id(job));
        let behind = |job: String, told| Missing::Behind { job, offset: here, told };
        match &self.rest {
            Rest::At(Next { job, offset, .. }) => {
                let offset = offset.map_or(here, |offset| offset.min(here));
                Some(Missing::Behind { job: job.clone(), offset, told: Told::ByPage })
            }
            Rest::Unclear => Some(job.map_or(Missing::Nowhere, |job| behind(job, Told::ByPage))),
            Rest::None if self.total.is_some_and(|total| total > here) => job.map(|job| behind(job, Told::ByTotal)),
            Rest::None => None,
        }
    }

    fn of(mut value: Value) -> Result<Self, Unread> {
        let alone = |notices: Vec<Value>| Self {
            notices: notices.into_iter().map(Notice::of).collect(),
            total: None,
            job: None,
            rest: Rest::None,
        };
        match &mut value {
            Value::Array(list) if !list.is_empty() && list.iter().all(is_notice) => {
                Ok(alone(few(std::mem::take(list))?))
            }
            Value::Object(map) => {
                let notices = match map.get_mut("notifications").map(Value::take) {
                    Some(Value::Array(list)) => few(list)?,
                    Some(Value::Null) => Vec::new(),
                    Some(_) => return Err(Unread::NoNotices),
                    None if is_notice(&value) => return Ok(alone(vec![value])),
                    None => return Err(Unread::NoNotices),
                };
                let job = value.pointer("/job/id").or_else(|| value.get("job")).or_else(|| value.get("job_id"));
                Ok(Self {
                    job: job.and_then(word),
                    total: value.get("total").and_then(number),
                    rest: rest(value.get("next_page")),
                    notices: notices.into_iter().map(Notice::of).collect(),
                })
            }
            _ => Err(Unread::NoNotices),
        }
    }

    /// How many notifications of the job come before this page, as far as the page tells.
    pub fn offset(&self) -> u64 {
        let here = self.notices.len() as u64;
        match &self.rest {
            Rest::At(Next { offset: Some(next), .. }) => next.saturating_sub(here),
            Rest::None => self.total.unwrap_or(0).saturating_sub(here),
            Rest::At(_) | Rest::Unclear => 0,
        }
    }
}

impl Notice {
    /// Reads one, whatever it is.
    pub fn of(told: Value) -> Self {
        let text = |key: &str| told.get(key).and_then(word).unwrap_or_default();
        let (spelled, item_type) = (text("topic"), text("item_type"));
        let topic = Topic::read(&spelled);
        let item = told.get("item").unwrap_or(&Value::Null);
        let member = topic == Some(Topic::GroupMemberAdded) && item_type != "user";
        let first = |places: &[&str]| places.iter().find_map(|place| item.pointer(place).and_then(word));
        Self {
            topic,
            id: first(if member { &MEMBER } else { &PERSON }),
            group: first(&GROUP),
            spelled,
            item_type,
            told,
        }
    }

    /// The item as it was told.
    pub fn item(&self) -> &Value {
        self.told.get("item").unwrap_or(&Value::Null)
    }

    /// The person's address as it was told, in small letters.
    pub fn email(&self) -> Option<String> {
        let item = self.item();
        let email = ["/email", "/fields/email", "/user/email"].iter().find_map(|place| item.pointer(place)?.as_str());
        email.map(|email| email.trim().to_lowercase()).filter(|email| email.contains('@'))
    }
}

fn few(list: Vec<Value>) -> Result<Vec<Value>, Unread> {
    if list.len() > MOST { Err(Unread::TooMany(list.len())) } else { Ok(list) }
}

fn is_notice(value: &Value) -> bool {
    value.get("topic").is_some() && value.get("item").is_some()
}

fn rest(next: Option<&Value>) -> Rest {
    match next {
        None | Some(Value::Null) => Rest::None,
        Some(Value::String(text)) if text.trim().is_empty() => Rest::None,
        Some(Value::String(text)) => Next::read(text).map_or(Rest::Unclear, Rest::At),
        Some(_) => Rest::Unclear,
    }
}

/// Text that is not empty, or a number as text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Bulk {
        Bulk::read(value.to_string().as_bytes()).unwrap()
    }

    use serde_json::json;

    #[test]
    fn the_bulk_object_is_read_with_ids_as_text_or_numbers_and_both_spellings() {
        let bulk = read(json!({
            "notifications": [
                { "item_type": "user", "topic": "user.created", "item": { "id": "1234", "email": "A@B.example" }, "more": 1 },
                { "item_type": "user", "topic": "user_update", "item": { "id": 77 } },
                { "item_type": "group_member", "topic": "group_member.add", "item": { "id": 9, "user_id": 5, "group_id": 4 } },
                { "item_type": "post", "topic": "post.created", "item": {} },
            ],
            "total": "100", "job": { "id": 17 },
            "next_page": "https://api.mobilize.io/v1/bulks/17?offset=4&limit=50",
            "something": "else",
        }));
        let topics: Vec<_> = bulk.notices.iter().map(|notice| notice.topic).collect();
        assert_eq!(topics, [Some(Topic::UserCreated), Some(Topic::UserUpdated), Some(Topic::GroupMemberAdded), None]);
        let ids: Vec<_> = bulk.notices.iter().map(|notice| notice.id.as_deref()).collect();
        assert_eq!(ids, [Some("1234"), Some("77"), Some("5"), None]);
        assert_eq!(bulk.notices[2].group.as_deref(), Some("4"));
        assert_eq!(bulk.notices[3].spelled, "post.created");
        assert_eq!(bulk.notices[0].told["more"], 1, "keys that nobody knows are kept");
        assert_eq!(bulk.notices[0].email().as_deref(), Some("a@b.example"));
        assert_eq!((bulk.total, bulk.job.as_deref(), bulk.offset()), (Some(100), Some("17"), 0));
        assert!(matches!(bulk.rest, Rest::At(_)));
    }

    #[test]
    fn a_next_page_may_be_missing_null_or_empty_and_anything_else_is_unclear() {
        let rest = |next: Value| read(json!({ "notifications": [], "next_page": next })).rest;
        assert_eq!(read(json!({ "notifications": [] })).rest, Rest::None);
        for nothing in [json!(null), json!(""), json!("  ")] {
            assert_eq!(rest(nothing), Rest::None);
        }
        for unclear in [json!(7), json!({}), json!("yes"), json!("https://api.mobilize.io/v1/users")] {
            assert_eq!(rest(unclear), Rest::Unclear);
        }
    }

    #[test]
    fn a_lone_notification_a_list_and_an_empty_delivery_are_read() {
        let one = json!({ "item_type": "user", "topic": "user.created", "item": { "id": 1 } });
        assert_eq!(read(one.clone()).notices.len(), 1);
        assert_eq!(read(json!([one, one])).notices.len(), 2);
        let nobody = read(json!({ "notifications": null, "total": 0, "job": { "id": null } }));
        assert_eq!((nobody.notices.len(), nobody.job), (0, None));
        assert_eq!(read(json!({ "notifications": [], "job": "abc" })).job.as_deref(), Some("abc"));
    }

    #[test]
    fn what_is_no_delivery_is_refused_with_the_reason() {
        assert!(matches!(Bulk::read(b"{'a': 1}"), Err(Unread::NoJson(_))));
        for other in ["[]", "7", "null", "{}", "{\"notifications\": 3}", "[{\"id\": 1}]", "{\"topic\": \"x\"}"] {
            assert_eq!(Bulk::read(other.as_bytes()), Err(Unread::NoNotices), "{other}");
        }
        assert!(Bulk::read(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn a_mark_before_it_and_bytes_that_are_no_letters_take_nobody_along() {
        let body =
            b"\xef\xbb\xbf{\"notifications\":[{\"topic\":\"user.created\",\"item\":{\"id\":1,\"name\":\"M\xfcller\"}},
            {\"topic\":\"user.created\",\"item\":[{\"id\":2}]}]}";
        let bulk = Bulk::read(body).unwrap();
        assert_eq!(bulk.notices[0].item()["name"], "M\u{fffd}ller");
        let ids: Vec<_> = bulk.notices.iter().filter_map(|notice| notice.id.as_deref()).collect();
        assert_eq!(ids, ["1", "2"]);
    }

    #[test]
    fn a_body_that_would_fill_the_memory_is_refused_before_it_is_read() {
        let many = |count: usize| format!("{{\"notifications\":[{}]}}", vec!["{}"; count].join(","));
        assert_eq!(Bulk::read(many(1_000).as_bytes()).unwrap().notices.len(), 1_000);
        assert_eq!(Bulk::read(many(1_001).as_bytes()), Err(Unread::TooMany(1_001)));
        // Not even whether it is JSON.
        assert_eq!(Bulk::read(&b"[".repeat(200_000)), Err(Unread::TooManyParts(200_000)));
    }

    #[test]
    fn what_is_missing_begins_behind_what_has_come() {
        let missing = |total: u64, job: Value, next: Value| {
            let notice = json!({ "topic": "user.created", "item": { "id": 1 } });
            read(json!({ "notifications": [notice, notice], "total": total, "job": { "id": job }, "next_page": next }))
                .missing()
        };
        let behind = |offset, told| Some(Missing::Behind { job: "x".into(), offset, told });
        assert_eq!(missing(9, json!("x"), json!("/bulks/x?offset=2")), behind(2, Told::ByPage));
        assert_eq!(
            missing(9, json!("x"), json!("/bulks/x?offset=900")),
            behind(2, Told::ByPage),
            "nothing is jumped over"
        );
        assert_eq!(missing(9, json!("x"), json!("/bulks/x?offset=0")), behind(0, Told::ByPage));
        assert_eq!(missing(9, json!("x"), json!(true)), behind(2, Told::ByPage));
        assert_eq!(missing(9, json!(null), json!(true)), Some(Missing::Nowhere));
        assert_eq!(missing(9, json!("x"), json!(null)), behind(2, Told::ByTotal));
        assert_eq!(missing(9, json!("../x"), json!(null)), None);
        assert_eq!(missing(2, json!("x"), json!(null)), None);
    }

    #[test]
    fn a_list_entry_that_is_no_notification_is_kept_and_has_no_topic() {
        let bulk = read(json!({ "notifications": [7, null, { "item": null }] }));
        assert_eq!(bulk.notices.len(), 3);
        assert!(bulk.notices.iter().all(|notice| notice.topic.is_none() && notice.id.is_none()));
        assert_eq!(bulk.notices[0].told, 7);
    }

    #[test]
    fn where_a_page_stands_in_its_job_is_told_by_the_next_page_or_by_the_total() {
        let page = |total: u64, next: Value| {
            let notices: Vec<Value> =
                (0..3).map(|id| json!({ "topic": "user.created", "item": { "id": id } })).collect();
            read(json!({ "notifications": notices, "total": total, "job": { "id": "x" }, "next_page": next })).offset()
        };
        assert_eq!(page(9, json!("/bulks/x?offset=3&limit=3")), 0);
        assert_eq!(page(9, json!("/bulks/x?offset=6&limit=3")), 3);
        assert_eq!(page(9, json!(null)), 6);
        assert_eq!(page(3, json!(null)), 0);
    }
}
