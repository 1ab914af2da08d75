//! The rows of a list's page as slices of its bytes: nobody looks into a row who does not have to.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One row of a list: JSON as the platform sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Bytes);

impl Row {
    /// The row's JSON.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The row's `id`, as text.
    pub fn id(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Id<'a> {
            #[serde(borrow)]
            id: Option<&'a RawValue>,
        }
        let id = serde_json::from_slice::<Id<'_>>(&self.0).ok()?.id?.get();
        match id {
            "null" => None,
            quoted if quoted.starts_with('"') => serde_json::from_str(quoted).ok(),
            number => Some(number.to_owned()),
        }
    }
}

impl From<Bytes> for Row {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

/// Why a page could not be cut into rows.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// Not JSON, or cut off.
    #[error("the page is not whole JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON without a list.
    #[error("the page holds no list of rows under {0}")]
    NoList(String),
}

/// Cuts a page into rows: a bare list, an object with one of these keys, or an object with a single list.
/// `null` and `{}` are pages without rows only where the page says so under a key; `null` alone is empty.
pub fn rows(page: &Bytes, keys: &[&str]) -> Result<Vec<Row>, RowsError> {
    match page.trim_ascii().first() {
        Some(b'[') => sliced(page, serde_json::from_slice(page)?),
        Some(b'n') => serde_json::from_slice::<()>(page).map(|()| Vec::new()).map_err(Into::into),
        _ => {
            let object: std::collections::BTreeMap<String, &RawValue> = serde_json::from_slice(page)?;
            let lists = || object.iter().filter(|(_, value)| value.get().starts_with('['));
            let list = keys.iter().find_map(|key| object.get(*key)).or_else(|| match lists().count() {
                1 => lists().next().map(|(_, value)| value),
                _ => None,
            });
            match list.map(|list| list.get()) {
                Some("null") => Ok(Vec::new()),
                Some(list) if list.starts_with('[') => sliced(page, serde_json::from_str(list)?),
                _ => Err(RowsError::NoList(keys.join(", "))),
            }
        }
    }
}

fn sliced(page: &Bytes, list: Vec<&RawValue>) -> Result<Vec<Row>, RowsError> {
    Ok(list.into_iter().map(|row| Row(page.slice_ref(row.get().as_bytes()))).collect())
}

/// The id of the last row that has one: where a list by cursor goes on.
pub fn last_id(rows: &[Row]) -> Option<String> {
    rows.iter().rev().find_map(Row::id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let rows = rows(&Bytes::copy_from_slice(text.as_bytes()), &["activites", "activities"]).unwrap();
        rows.iter().map(|row| String::from_utf8(row.bytes().to_vec()).unwrap()).collect()
    }

    #[test]
    fn rows_are_found_in_every_shape_and_keep_their_bytes() {
        assert_eq!(cut(r#"[{"b":1,"a":2}, {}]"#), [r#"{"b":1,"a":2}"#, "{}"]);
        assert_eq!(cut(r#"{"activites":[{"id":1}],"total_activities":9}"#), [r#"{"id":1}"#]);
        assert_eq!(cut(r#"{"activities":[1]}"#), ["1"]);
        assert_eq!(cut(r#"{"other":[1,2]}"#), ["1", "2"]);
        assert!(cut(r#"{"activites":null}"#).is_empty());
        assert!(cut("null").is_empty());
    }

    #[test]
    fn a_page_that_was_cut_off_or_holds_no_list_is_an_error() {
        for page in [r#"{"activites":[{"id":1}"#, r#"[{"id":1"#, "{}", r#"{"a":[1],"b":[2]}"#, "<html>"] {
            assert!(rows(&Bytes::copy_from_slice(page.as_bytes()), &["activites"]).is_err(), "{page}");
        }
    }

    #[test]
    fn ids_are_text_whatever_the_wire_has() {
        let id = |text: &'static str| Row(Bytes::from_static(text.as_bytes())).id();
        assert_eq!(id(r#"{"x":1,"id":12}"#).as_deref(), Some("12"));
        assert_eq!(id(r#"{"id":"a\"b"}"#).as_deref(), Some("a\"b"));
        assert_eq!(id(r#"{"id":null}"#), None);
        assert_eq!(id("[]"), None);
    }
}
