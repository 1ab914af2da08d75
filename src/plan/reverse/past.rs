//! One write that a run did to a person, and what its intent says of how they were before.

use serde_json::Value;

use crate::catalog::Deed;
use crate::model::{Fields, Member};

/// One write that the run did to a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// `noun.verb`.
    pub operation: String,
    /// What it did.
    pub deed: Deed,
    /// The platform's id of the person; empty where there is no account any more.
    pub id: String,
    /// How people know the person.
    pub name: String,
    /// What was there before, as far as the run had read it.
    pub before: Value,
    /// When it was begun, milliseconds since the epoch.
    pub begun_at: i64,
    /// Whether it was this run that did it.
    pub maker: Maker,
}

/// Who did what the ledger holds as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The run: the platform said so.
    Run,
    /// A read showed it as done after the answer was lost: the run, or somebody else in the meantime.
    Unknown,
    /// The run; but whether that still holds the platform does not show.
    Hidden,
}

/// How something was before, or why it cannot be brought back.
pub(super) type Before<T> = Result<T, String>;

impl Past {
    /// Whether somebody was in the group before they were added.
    pub(super) fn was_member(&self, member: &Member) -> Before<bool> {
        match (self.said("member"), self.standing()) {
            (Some(false), Some(standing)) => Err(format!("{standing} before, which cannot be brought back: they stay")),
            (Some(before), _) => Ok(before),
            (None, _) if self.made_account(member) => Ok(false),
            (None, _) => Err("it is not known whether they were in the group before".to_owned()),
        }
    }

    /// Whether somebody who was taken out of the group was a member of it.
    pub(super) fn had_left(&self) -> Before<bool> {
        match (self.said("member"), self.standing()) {
            (Some(false), Some(standing)) => Err(format!("{standing} before, which cannot be brought back")),
            (Some(before), _) => Ok(before),
            (None, _) => Err("it is not known how they stood in the group before".to_owned()),
        }
    }

    /// Whether they administered the group that they were taken out of.
    pub(super) fn administered(&self) -> bool {
        self.said("admin") == Some(true)
    }

    /// Whether it was read into which groups they came along: a plan does, a run by itself does not.
    pub(super) fn read_others(&self) -> bool {
        self.before.get("also").is_some()
    }

    /// Whether the account came to be with this write: by what a plan had read, else by its date. An account that is
    /// taken for an older one by clocks that differ only stays where it is.
    pub(super) fn made_account(&self, member: &Member) -> bool {
        match self.before.get("id") {
            Some(id) => id.is_null(),
            None => member.created_at.is_some_and(|at| at >= self.begun_at),
        }
    }

    /// What a field held.
    pub(super) fn field(&self, name: &str) -> Before<String> {
        let held = self.before.get("fields").and_then(|fields| fields.get(name));
        match held.filter(|value| !value.is_null()) {
            _ if self.listed("typed").iter().any(|typed| typed == name) => {
                Err(format!("`{name}` held no plain text, and cannot be written back as it was"))
            }
            None => Err(format!("what `{name}` was before is not known")),
            Some(value) => Ok(text(value)),
        }
    }

    /// What somebody had in a group and lost with it.
    pub(super) fn fields(&self) -> Fields {
        let held = self.before.get("fields").and_then(Value::as_object).into_iter().flatten();
        held.map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// The groups that they left by coming into this one; `None` where it is not known which.
    pub(super) fn vacated(&self) -> Option<Vec<String>> {
        match self.said("siblings") {
            Some(true) if self.before.get("left").is_none() => None,
            _ => Some(self.listed("left")),
        }
    }

    /// Names that the run had read along, under this key: groups, fields.
    pub(super) fn listed(&self, key: &str) -> Vec<String> {
        let names = self.before.get(key).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn said(&self, key: &str) -> Option<bool> {
        self.before.get(key).and_then(Value::as_bool)
    }

    /// How somebody stood who was no member.
    fn standing(&self) -> Option<&'static str> {
        match self.before.get("standing").and_then(Value::as_str)? {
            "declined" => Some("had declined"),
            _ => Some("waited to be let in"),
        }
    }
}

/// A value as people and rosters write it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
