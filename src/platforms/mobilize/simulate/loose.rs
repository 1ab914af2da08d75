//! Reads arguments as the document's own examples write them: numbers as text, `"false"`, `""` for nothing.

use serde_json::Value;

use super::refusal::Refusal;
use crate::catalog::Args;
use crate::world::Values;

/// A value as text; `None` for nothing, `null` and maps.
pub fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// A number, also as text.
pub fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// An id, also as text.
pub fn id(value: &Value) -> Option<u64> {
    whole(value).and_then(|number| u64::try_from(number).ok())
}

/// `true` or `false`, also as text or 0 and 1; `""` and `null` are nothing.
pub fn flag(name: &str, value: &Value) -> Result<Option<bool>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(*flag)),
        other => match text(Some(other)).map(|text| text.trim().to_lowercase()).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(_) => Err(Refusal::invalid(name)),
        },
    }
}

/// A flag of the query that is off when it is not given.
pub fn asked(args: &Args, name: &str) -> Result<bool, Refusal> {
    args.get(name).map_or(Ok(false), |value| flag(name, value).map(|flag| flag.unwrap_or(false)))
}

/// A number of the query that is not negative.
pub fn count(args: &Args, name: &str, default: usize) -> Result<usize, Refusal> {
    match args.get(name).filter(|value| text(Some(value)).is_some()) {
        None => Ok(default),
        Some(value) => {
            whole(value).and_then(|number| usize::try_from(number).ok()).ok_or_else(|| Refusal::invalid(name))
        }
    }
}

/// An id of the query; `None` when it is not given.
pub fn optional_id(args: &Args, name: &str) -> Result<Option<u64>, Refusal> {
    match args.get(name).filter(|value| text(Some(value)).is_some()) {
        None => Ok(None),
        Some(value) => id(value).map(Some).ok_or_else(|| Refusal::invalid(name)),
    }
}

/// The map of fields; `None` when there is none.
pub fn fields(args: &Args) -> Result<Option<Values>, Refusal> {
    match args.get("fields") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map.clone())),
        Some(_) => Err(Refusal::invalid("fields")),
    }
}

/// The words of a search, in lower case.
pub fn keywords(args: &Args) -> Result<Vec<String>, Refusal> {
    let text = text(args.get("keywords")).ok_or_else(|| Refusal::missing(400, "keywords"))?;
    Ok(text.split_whitespace().map(str::to_lowercase).collect())
}
