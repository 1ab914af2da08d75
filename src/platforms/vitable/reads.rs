//! Reads of ours, and what stands in their rows.

use serde_json::Value;

use crate::catalog::Call;

/// A read of ours.
pub fn call(connection: &str, noun: &str, verb: &str, args: Value) -> Call {
    super::PLATFORM.call(connection, noun, verb, args)
}

/// A value as text; empty where there is none.
pub fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
