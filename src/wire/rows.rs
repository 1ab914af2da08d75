//! The rows of a list's page as slices of its bytes: nobody looks into a row who does not have to, and nobody looks
//! further than the key that is wanted.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::find;

/// One row of a list: JSON as the platform sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Bytes);

impl Row {
    /// The row's JSON.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The row's `id` (some platforms write `Id`), as text.
    pub fn id(&self) -> Option<String> {
        self.text("id").or_else(|| self.text("Id")).map(Cow::into_owned)
    }

    /// One value of the row as text; `None` where there is none, and for `null`.
    pub fn text(&self, key: &str) -> Option<Cow<'_, str>> {
        match std::str::from_utf8(find::value(&self.0, key)?).ok()? {
            "null" => None,
            quoted if quoted.starts_with('"') => serde_json::from_str(quoted).ok().map(|Text(text)| text),
            plain => Some(Cow::Borrowed(plain)),
        }
    }
}

impl From<Bytes> for Row {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

/// A text that is borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

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

/// Cuts a page into rows: a bare list, an object with one of these keys, or an object with a single list. A key may be a
/// way down, `object/invitations`.
/// `null` and `{}` are pages without rows only where the page says so under a key; `null` alone is empty.
pub fn rows(page: &Bytes, keys: &[&str]) -> Result<Vec<Row>, RowsError> {
    let text = std::str::from_utf8(page).map_err(serde_json::Error::custom)?;
    let list = match serde_json::from_str(text)? {
        Part::List(list) => Some(list),
        Part::Null => Some(Vec::new()),
        Part::Object(parts) => named(parts, keys),
        Part::Other => None,
    };
    let list = list.ok_or_else(|| RowsError::NoList(keys.join(", ")))?;
    Ok(list.into_iter().map(|row| Row(page.slice_ref(row.get().as_bytes()))).collect())
}

/// The list under the first of these keys that is there; where none is, the only list.
fn named<'a>(mut parts: Vec<(Cow<'a, str>, Part<'a>)>, keys: &[&str]) -> Option<Vec<&'a RawValue>> {
    for (outer, inner) in keys.iter().filter_map(|key| key.split_once('/')) {
        let Some(place) = parts.iter().rposition(|(name, _)| name == outer) else { continue };
        return match parts.swap_remove(place).1 {
            Part::Object(below) => named(below, &[inner]),
            Part::List(list) => Some(list),
            Part::Null | Part::Other => None,
        };
    }
    let place = keys.iter().find_map(|key| parts.iter().rposition(|(name, _)| name == key));
    let place = place.or_else(|| {
        let mut lists = parts.iter().enumerate().filter(|(_, (_, part))| matches!(part, Part::List(_)));
        lists.next().filter(|_| lists.next().is_none()).map(|(place, _)| place)
    });
    match parts.swap_remove(place?).1 {
        Part::List(list) => Some(list),
        Part::Null => Some(Vec::new()),
        Part::Object(_) | Part::Other => None,
    }
}

/// A page, or a part of one, as far as rows are looked for in it; the rows themselves are not looked into.
enum Part<'a> {
    List(Vec<&'a RawValue>),
    Object(Vec<(Cow<'a, str>, Part<'a>)>),
    Null,
    Other,
}

impl<'de: 'a, 'a> Deserialize<'de> for Part<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Parts)
    }
}

/// Takes a page apart in one pass.
struct Parts;

impl<'de> Visitor<'de> for Parts {
    type Value = Part<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(row) = seq.next_element()? {
            list.push(row);
        }
        Ok(Part::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some((Text(name), part)) = map.next_entry()? {
            parts.push((name, part));
        }
        Ok(Part::Object(parts))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Part::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Part::Other)
    }
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
        assert_eq!(cut(r#"{"meta":{"of":[7]},"other":[1]}"#), ["1"], "only lists at the top count");
        assert!(cut("null").is_empty());
    }

    #[test]
    fn a_page_that_was_cut_off_or_holds_no_list_is_an_error() {
        for page in [
            r#"{"activites":[{"id":1}"#,
            r#"[{"id":1"#,
            "{}",
            r#"{"a":[1],"b":[2]}"#,
            "<html>",
            r#"{"activites":[]} x"#,
            "\"a\"",
        ] {
            assert!(rows(&Bytes::copy_from_slice(page.as_bytes()), &["activites"]).is_err(), "{page}");
        }
    }

    #[test]
    fn a_list_inside_of_an_envelope_is_found_by_its_way_down() {
        let cut = |text: &'static str| {
            let rows = rows(&Bytes::from_static(text.as_bytes()), &["object/invitations"]);
            rows.map(|rows| rows.len()).map_err(|error| error.to_string())
        };
        assert_eq!(cut(r#"{"errors":[1],"object":{"offset":null,"invitations":[{"id":1},{"id":2}]}}"#), Ok(2));
        assert_eq!(cut(r#"{"errors":[],"object":[{"id":1}]}"#), Ok(1));
        assert_eq!(cut(r#"{"errors":[],"object":{"invitations":null}}"#), Ok(0));
        for text in [r#"{"errors":[1],"object":null}"#, r#"{"errors":[1],"object":{}}"#] {
            assert!(cut(text).is_err(), "errors are no rows: {text}");
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

    #[test]
    fn a_value_is_found_at_the_top_only_and_wherever_it_stands() {
        let row = Row(Bytes::from_static(br#"{"in":{"at":"no"},"n\u0061me":"\u00e4","at":"yes","none":null}"#));
        assert_eq!(row.text("at").as_deref(), Some("yes"));
        assert_eq!(row.text("name").as_deref(), Some("ä"), "a key may be written with escapes");
        assert_eq!((row.text("none"), row.text("other")), (None, None));
    }
}
