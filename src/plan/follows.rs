//! What happens besides what was asked for: groups above and below, values that are overwritten, content that is lost.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::record::{Part, Plan, Sign, Touch};
use crate::model::counted;

/// Why somebody comes into a group, or leaves one, that nobody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Follow {
    Above,
    Below,
    Beside,
    Deleted,
}

impl Follow {
    fn of(touch: &Touch) -> Self {
        match (touch.sign, &touch.group) {
            (Sign::Remove, Some(_)) => Self::Below,
            (Sign::Remove, None) => Self::Deleted,
            _ => Self::Above,
        }
    }
}

/// A line for each kind of thing that follows.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    let mut by_id: HashMap<(Follow, &str, &str), u64> = HashMap::new();
    let (mut overwritten, mut destroyed) = (Vec::new(), 0_u64);
    for (step, touch) in plan.touches() {
        for group in &touch.also {
            *by_id.entry((Follow::of(touch), &step.connection, group)).or_default() += 1;
        }
        for group in touch.left_with_it() {
            *by_id.entry((Follow::Beside, &step.connection, group)).or_default() += 1;
        }
        if touch.sign == Sign::Add {
            let fields = overwrites(touch);
            if !fields.is_empty() {
                overwritten.push(format!("{}: {}", touch.name, spelled(&fields)));
            }
        }
        destroyed += u64::from(touch.destroys);
    }
    let mut groups: BTreeMap<(Follow, String), u64> = BTreeMap::new();
    for ((follow, connection, group), count) in by_id {
        *groups.entry((follow, plan.group(connection, group))).or_default() += count;
    }
    let mut lines: Vec<String> = groups
        .into_iter()
        .map(|((follow, group), count)| match follow {
            Follow::Above => format!("come into group {group}, which lies above: {}", people(count)),
            Follow::Below => format!("gone from group {group}, which lies below: {}", people(count)),
            Follow::Beside => format!("gone from group {group}, which they leave with it: {}", people(count)),
            Follow::Deleted => format!("gone from group {group} with their accounts: {}", people(count)),
        })
        .collect();
    if let Some(first) = overwritten.first() {
        let more = if overwritten.len() > 1 { format!(", and {} more", overwritten.len() - 1) } else { String::new() };
        lines.push(format!(
            "values of {} who have an account are overwritten: {first}{more}",
            people(overwritten.len() as u64)
        ));
    }
    if destroyed > 0 {
        lines.push(format!("what {} wrote is destroyed (`hard_delete`) and cannot be brought back", people(destroyed)));
    }
    lines
}

/// The fields of somebody whose account is there that lose what they hold.
pub(super) fn overwrites(touch: &Touch) -> Vec<Part> {
    let holds = |(_, before, _): &Part| before.as_ref().is_some_and(|text| !text.is_empty());
    changed(touch).into_iter().filter(holds).collect()
}

/// The fields that differ before and after.
pub(super) fn changed(touch: &Touch) -> Vec<Part> {
    let fields = |value: &Value| value.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (fields(&touch.before), fields(&touch.after));
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    };
    // A field that was not shown may hold anything: `null`, where an empty one holds nothing.
    let held = |name: &str| match before.get(name) {
        Some(Value::Null) => None,
        value => Some(text(value)),
    };
    after
        .iter()
        .map(|(name, value)| (name.clone(), held(name), text(Some(value))))
        .filter(|(_, before, after)| before.as_ref() != Some(after))
        .collect()
}

/// `city "Pune" -> "Potsdam"`
pub(super) fn spelled(fields: &[Part]) -> String {
    let part = |(name, before, after): &Part| match before {
        Some(before) => format!("{name} \"{before}\" -> \"{after}\""),
        None => format!("{name} (not shown) -> \"{after}\""),
    };
    fields.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn people(count: u64) -> String {
    counted(count, "person", "people")
}
