//! JSON columns, and words that must be one of a few.

use serde_json::Value;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

/// A JSON column that is always there.
pub(super) fn column(row: &SqliteRow, name: &str) -> Result<Value, sqlx::Error> {
    let text: &str = row.try_get(name)?;
    serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(format!("`{name}` is not JSON: {error}").into()))
}

/// A JSON column that may be empty.
pub(super) fn optional(row: &SqliteRow, name: &str) -> Result<Option<Value>, sqlx::Error> {
    match row.try_get::<Option<&str>, _>(name)? {
        None => Ok(None),
        Some(_) => column(row, name).map(Some),
    }
}

/// A word that this release does not know.
pub(super) fn unknown(what: &str, word: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("`{word}` is no {what}").into())
}

/// Keys as one JSON list, for `IN (SELECT value FROM json_each($1))`: one prepared statement whatever their number.
pub(super) fn list<I, S>(keys: I) -> String
where
    I: IntoIterator<Item = S>,
    S: Into<String>,
{
    Value::Array(keys.into_iter().map(|key| Value::String(key.into())).collect()).to_string()
}
