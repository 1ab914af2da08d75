//! Activities, the newest first, each kind with the keys that the document shows for it.
//! The filter's words and the rows' `type` differ.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::ops::ACTIVITY_TYPES;
use super::HOST;
use super::loose::{count, optional_id, text};
use super::refusal::Refusal;
use crate::catalog::Args;
use crate::world::{Activity, Doing, Filter, World, conversation_of, title_of, words_of};

/// Most rows in one page.
const MOST_ROWS: usize = 50;

pub fn list(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let limit = count(args, "limit", 20)?;
    if !(1..=MOST_ROWS).contains(&limit) {
        return Err(Refusal::new(422, format!("The maximum limit we allow is {MOST_ROWS}.")));
    }
    let before = optional_id(args, "last_activity_id")?;
    let actor = optional_id(args, "member_id")?;
    let word = text(args.get("activity_type"));
    let (rows, total) = match word.as_deref().map(doing).transpose()? {
        Some(None) => (Vec::new(), 0),
        kind => {
            let filter = Filter { actor, doing: kind.flatten() };
            (world.activities.newest(filter, before, limit), world.activities.count(filter))
        }
    };
    let next = rows.last().filter(|_| rows.len() == limit).map(|last| {
        let member = actor.map_or_else(String::new, |actor| format!("&member_id={actor}"));
        let kind = word.map_or_else(String::new, |word| format!("&activity_type={word}"));
        format!("https://{HOST}/activities?last_activity_id={}&limit={limit}{member}{kind}", last.id)
    });
    let rows: Vec<Value> = rows.iter().map(|row| shown(world, row)).collect();
    // The key is misspelt in the document.
    Ok(json!({ "activites": rows, "total_activities": total, "next_page": next }))
}

/// What a filter's word asks for: six of the documented words have no documented rows.
fn doing(word: &str) -> Result<Option<Doing>, Refusal> {
    if !ACTIVITY_TYPES.iter().any(|known| known.name == word) {
        return Err(Refusal::new(422, format!("'{word}' is not an activity type.")));
    }
    Ok(Doing::ALL.into_iter().find(|doing| filter_word(*doing) == word))
}

fn filter_word(doing: Doing) -> &'static str {
    match doing {
        Doing::View => "view",
        Doing::Post => "post",
        Doing::PendingPost => "pending_post",
        Doing::PostApproved => "post_approved",
        Doing::Comment => "comment",
        Doing::Reply => "comment_reply",
        Doing::Message => "post_message",
        Doing::Conversation => "conversation",
        Doing::Mention => "mention",
        Doing::Reaction => "reaction",
        Doing::Rsvp => "rsvp",
        Doing::Vote => "vote",
        Doing::SmsReply => "sms_reply",
        Doing::JoinedGroup => "join_group",
        Doing::Applied => "pending_applicant",
        Doing::AddedMembers => "add_members",
    }
}

/// One row. Keys come in one order for all kinds: which of them a kind has is the document's.
fn shown(world: &World, row: &Activity) -> Value {
    let (doing, deed) = (row.deed.doing, &row.deed);
    let (kind, second) = names(doing);
    let group = deed.group;
    let group_name = || world.group(group).map_or(Value::Null, |group| group.name.as_str().into());
    let mut map = Map::with_capacity(14);
    map.insert("id".into(), row.id.into());
    map.insert("type".into(), kind.into());
    if let Some(second) = second {
        map.insert("comment_type".into(), second.into());
    }
    let at = Timestamp::from_second(row.at_ms.div_euclid(1000)).unwrap_or(Timestamp::UNIX_EPOCH);
    map.insert("created_at".into(), at.to_string().into());
    for key in keys(doing) {
        let value = match *key {
            "content" if doing == Doing::Reaction => "\u{1F44D}".into(),
            "content" => words_of(row.id).into(),
            "post_id" => deed.post.into(),
            "event_id" => (deed.post + 1).into(),
            "group_id" | "receiver_id" => group.into(),
            "receiver_type" => "group".into(),
            "group_name" => group_name(),
            "members_count" | "participants_count" => deed.count.into(),
            "post_type" => post_type(doing).into(),
            "feed_type" if doing == Doing::SmsReply => "outreach".into(),
            "feed_type" => "lounge".into(),
            "post_name" if doing == Doing::SmsReply => Value::Null,
            "post_name" | "event_name" | "poll_name" => title_of(deed.post).into(),
            "status" => ["yes", "no", "maybe"][(row.id % 3) as usize].into(),
            "mention_object" => if row.id.is_multiple_of(2) { "Post" } else { "Comment" }.into(),
            "mentioned" => name(world, deed.other).into(),
            "conversation_id" => conversation_of(deed.post).into(),
            "initiator" => json!({ "id": deed.actor, "name": name(world, deed.actor) }),
            "participant" => json!({ "name": name(world, deed.other), "id": deed.other }),
            "participants" => json!([deed.actor, deed.other]),
            "target" => json!({ "id": group, "type": "group" }),
            "named_target" => {
                map.insert("target".into(), json!({ "id": group, "name": group_name(), "type": "group" }));
                continue;
            }
            _ => Value::Null,
        };
        map.insert((*key).into(), value);
    }
    Value::Object(map)
}

fn name(world: &World, user: u64) -> String {
    world.user(user).map(crate::world::User::name).unwrap_or_default()
}

/// The row's `type`, and its `comment_type` where it has one.
fn names(doing: Doing) -> (&'static str, Option<&'static str>) {
    match doing {
        Doing::Comment => ("comment", Some("comment")),
        Doing::Reply => ("comment", Some("reply")),
        Doing::Message => ("comment", Some("message")),
        Doing::SmsReply => ("sms_reply", Some("reply")),
        Doing::Reaction => ("add_reaction", None),
        Doing::JoinedGroup => ("joined_group", None),
        Doing::AddedMembers => ("added_members", None),
        other => (filter_word(other), None),
    }
}

fn post_type(doing: Doing) -> &'static str {
    match doing {
        Doing::Post | Doing::PendingPost | Doing::PostApproved => "post",
        Doing::Rsvp => "event",
        Doing::Vote => "poll",
        Doing::SmsReply => "smspost",
        _ => "quickpost",
    }
}

/// The keys of a kind beside `id`, `type`, `comment_type` and `created_at`; `named_target` is a `target` with a name.
fn keys(doing: Doing) -> &'static [&'static str] {
    match doing {
        Doing::AddedMembers => &["group_id", "members_count", "group_name"],
        Doing::JoinedGroup | Doing::Applied => &["group_id", "group_name"],
        Doing::Comment => &["content", "post_id", "group_id", "receiver_id", "post_type", "feed_type", "post_name"],
        Doing::Reply | Doing::SmsReply => &["content", "post_id", "post_type", "feed_type", "target", "post_name"],
        Doing::Message => {
            &["content", "post_id", "receiver_id", "group_id", "post_type", "feed_type", "target", "post_name"]
        }
        Doing::Conversation => &["conversation_id", "initiator", "participant", "participants_count", "participants"],
        Doing::Mention => &[
            "mention_object",
            "content",
            "mentioned",
            "post_id",
            "group_id",
            "receiver_id",
            "post_type",
            "feed_type",
            "post_name",
        ],
        Doing::Post | Doing::PendingPost | Doing::PostApproved => {
            &["post_id", "group_id", "receiver_id", "post_type", "feed_type", "post_name", "named_target"]
        }
        Doing::Reaction => &["content", "post_id", "feed_type", "group_id", "post_type", "receiver_id", "post_name"],
        Doing::Rsvp => &[
            "group_id",
            "event_id",
            "post_id",
            "post_type",
            "feed_type",
            "status",
            "event_name",
            "group_name",
            "target",
        ],
        Doing::View => {
            &["receiver_id", "group_id", "post_id", "post_type", "feed_type", "post_name", "group_name", "target"]
        }
        Doing::Vote => &["post_id", "post_type", "feed_type", "poll_name", "group_id", "receiver_type", "receiver_id"],
    }
}
