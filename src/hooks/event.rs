//! What a job is told of one thing that happened.

use serde_json::{Value, json};

use crate::model::Topic;

/// One event, as it stands in a run's `ctx.events`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What happened.
    pub topic: Topic,
    /// `user`, `group_member`, … as it was spelled.
    pub item_type: String,
    /// The person's id.
    pub id: String,
    /// The group's id, where the notification named one.
    pub group: Option<String>,
    /// The person as the platform has them now; `null` when they are gone.
    pub item: Value,
    /// The item as it was told. Anybody who knows the address can have written it.
    pub told: Value,
    /// Whether the person is not there any more.
    pub gone: bool,
    /// Whether it tells of what beadle itself wrote.
    pub own: bool,
}

impl Event {
    /// For scripts and programs.
    pub fn json(&self) -> Value {
        json!({
            "topic": self.topic.name(),
            "item_type": self.item_type,
            "id": self.id,
            "group": self.group,
            "item": self.item,
            "told": self.told,
            "gone": self.gone,
            "own": self.own,
        })
    }
}
