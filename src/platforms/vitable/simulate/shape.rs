//! Ids and records as the document shows them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::world::{Group, Handed, World, mix};

/// `grp_` and 22 signs: sixteen bytes, the world's own number in the last eight.
pub fn id(prefix: &str, number: u64) -> String {
    let mut bytes = [0; 16];
    let mark = prefix.bytes().fold(0_u64, |mark, byte| mark << 8 | u64::from(byte));
    bytes[..8].copy_from_slice(&mix(number ^ mark).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The number of an id; `None` for all that is none. Case matters.
pub fn number(prefix: &str, text: &str) -> Option<u64> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(prefix)?.strip_prefix('_')?).ok()?;
    let number = u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?);
    (id(prefix, number) == text).then_some(number)
}

/// A time as the document writes it.
pub fn iso(at_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(at_ms).unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A group. Those of the seed have their address's first part as the reference.
pub fn group(group: &Group) -> Value {
    json!({
        "id": id("grp", group.id),
        "created_at": iso(group.created_ms),
        "external_reference_id": reference(group),
        "name": group.name,
        "organization_id": id("org", 1),
        "updated_at": iso(group.updated_ms),
    })
}

/// A group's id in the other system.
pub fn reference(group: &Group) -> &str {
    let said = group.settings.get("external_reference_id").and_then(Value::as_str);
    said.unwrap_or(&group.alias)
}

/// A sync.
pub fn sync(number: u64, handed: &Handed) -> Value {
    let ids = |numbers: &[u64]| numbers.iter().map(|number| id("grpm", *number)).collect::<Vec<_>>();
    let failure = |(key, why): &(String, String)| json!({ "operation": "add", "reason": why, "reference_id": key });
    let results = handed.completed_ms.map(|_| {
        json!({
            "added_group_member_ids": ids(&handed.added),
            "failures": handed.failures.iter().map(failure).collect::<Vec<_>>(),
            "removed_group_member_ids": ids(&handed.removed),
        })
    });
    json!({
        "accepted_at": iso(handed.accepted_ms),
        "completed_at": handed.completed_ms.map(iso),
        "group_id": id("grp", handed.group),
        "request_id": id("grpmsr", number),
        "results": results,
    })
}

/// The plans that there are.
pub fn plans(_world: &World) -> Vec<Value> {
    let plan = |(number, name): (u64, &str)| json!({ "id": id("pln", number), "name": name });
    [(1, "Essential"), (2, "Essential and dental")].map(plan).to_vec()
}
