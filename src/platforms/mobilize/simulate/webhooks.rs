//! One delivery to webhooks, 50 notifications a page.

use serde_json::{Value, json};

use super::HOST;
use super::loose::{count, text};
use super::refusal::Refusal;
use super::shape::{self, Fields, Seen};
use crate::catalog::Args;
use crate::world::{Topic, World};

/// Most notifications in one page.
const MOST_ROWS: usize = 50;

/// People who were deleted since have no notification any more; `total` counts those that are left.
pub fn batch(world: &mut World, args: &Args) -> Result<Value, Refusal> {
    let id = text(args.get("id")).unwrap_or_default();
    let offset = count(args, "offset", 0)?;
    let limit = count(args, "limit", MOST_ROWS)?.clamp(1, MOST_ROWS);
    let delivery = world.delivery(&id).ok_or_else(|| Refusal::new(404, format!("Bulk {id} not found")))?;
    let notices: Vec<_> =
        delivery.notices.iter().filter_map(|(topic, user)| world.user(*user).map(|user| (*topic, user))).collect();
    let page = notices.iter().skip(offset).take(limit).map(|(topic, user)| {
        let topic = match topic {
            Topic::Created => "user.created",
            Topic::Joined => "group_member.added",
        };
        json!({ "item_type": "user", "topic": topic, "item": shape::user(world, user, Seen::Notice, Fields::Shown) })
    });
    let page: Vec<Value> = page.collect();
    let mut answer = json!({ "notifications": page, "total": notices.len(), "job": { "id": id } });
    let next = offset.saturating_add(limit);
    if next < notices.len() {
        answer["next_page"] = format!("https://{HOST}/bulks/{id}?offset={next}&limit={limit}").into();
    }
    Ok(answer)
}
