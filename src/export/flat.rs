//! One JSON object as the cells of one row: known keys in their columns, nested ones as `target.id`, lists as JSON,
//! `null` empty, and every key that no column has as JSON in the last cell.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::catalog::{FieldTy, Record};
use crate::tables::compact;

/// Flattens records of one shape; its buffers are used again for each row.
pub(super) struct Flat {
    columns: Vec<String>,
    slots: Vec<Slot>,
    cells: Cells,
}

/// Where a key's value goes.
struct Slot {
    name: &'static str,
    to: To,
}

enum To {
    Cell(usize),
    Parts(Vec<Slot>),
}

/// The cells of one row, side by side in one text.
struct Cells {
    text: Vec<u8>,
    spans: Vec<Range<usize>>,
    extra: Vec<u8>,
}

impl Flat {
    pub(super) fn of(record: &Record) -> Self {
        let mut columns = record.columns();
        let mut count = 0;
        let slots = slots(record, &mut count);
        let spans = vec![0..0; columns.len()];
        let extra = if columns.iter().any(|name| name == "extra") { "extra_fields" } else { "extra" };
        columns.push(extra.to_owned());
        Self { columns, slots, cells: Cells { text: Vec::new(), spans, extra: Vec::new() } }
    }

    /// The names, the one for the rest being the last.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(String::as_str)
    }

    /// The cells of this row.
    pub(super) fn cells(&mut self, json: &[u8]) -> serde_json::Result<impl Iterator<Item = &str>> {
        let cells = &mut self.cells;
        cells.text.clear();
        cells.extra.clear();
        cells.spans.fill(0..0);
        let mut parser = serde_json::Deserializer::from_slice(json);
        parser.deserialize_map(Walk { slots: &self.slots, path: "", cells })?;
        parser.end()?;
        let extra = cells.text.len()..cells.text.len() + cells.extra.len() + 1;
        let extra = match cells.extra.is_empty() {
            true => 0..0,
            false => {
                cells.text.append(&mut cells.extra);
                cells.text.push(b'}');
                extra
            }
        };
        let text = std::str::from_utf8(&cells.text).map_err(serde::de::Error::custom)?;
        let cell = move |span: &Range<usize>| text.get(span.clone()).unwrap_or_default();
        Ok(cells.spans.iter().map(cell).chain(std::iter::once(text.get(extra).unwrap_or_default())))
    }
}

/// The same order as [`Record::columns`].
fn slots(record: &Record, count: &mut usize) -> Vec<Slot> {
    let mut slot = |name, ty| match ty {
        FieldTy::One(inner) => Slot { name, to: To::Parts(slots(inner, count)) },
        _ => {
            *count += 1;
            Slot { name, to: To::Cell(*count - 1) }
        }
    };
    record.fields.iter().map(|field| slot(field.name, field.ty)).collect()
}

/// A text that is borrowed from the row where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Goes through one object's keys in the order in which they come.
struct Walk<'a> {
    slots: &'a [Slot],
    /// The keys above, each with its dot.
    path: &'a str,
    cells: &'a mut Cells,
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Keys mostly come in the documented order: the next one is looked for behind the last.
        let mut due = 0;
        while let Some(Text(key)) = map.next_key()? {
            let value: &RawValue = map.next_value()?;
            let value = value.get();
            let (after, before) = (self.slots.iter().skip(due), self.slots.iter().take(due));
            let place = after.chain(before).position(|slot| slot.name == key).map(|far| (due + far) % self.slots.len());
            let slot = place.and_then(|place| self.slots.get(place));
            due = place.map_or(due, |place| place + 1);
            match slot.map(|slot| &slot.to) {
                Some(To::Cell(column)) => self.cells.put(*column, value),
                Some(To::Parts(slots)) if value.starts_with('{') => {
                    let path = format!("{}{key}.", self.path);
                    let walk = Walk { slots, path: &path, cells: self.cells };
                    let parts = serde_json::Deserializer::from_str(value).deserialize_map(walk);
                    parts.map_err(serde::de::Error::custom)?;
                }
                Some(To::Parts(_)) if value == "null" => {}
                _ => self.cells.keep(self.path, &key, value).map_err(serde::de::Error::custom)?,
            }
        }
        Ok(())
    }
}

impl Cells {
    /// A key that comes twice: the last one counts, as everywhere in JSON.
    fn put(&mut self, column: usize, value: &str) {
        let start = self.text.len();
        match value.as_bytes() {
            b"null" => {}
            [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => self.text.extend_from_slice(inner),
            [b'"', ..] => match serde_json::from_str::<Text<'_>>(value) {
                Ok(Text(text)) => self.text.extend_from_slice(text.as_bytes()),
                // Half a surrogate pair is JSON and no text; it stays as it was written.
                Err(_) => self.text.extend_from_slice(value.as_bytes()),
            },
            [b'{' | b'[', ..] => compact(value.as_bytes(), &mut self.text),
            number => self.text.extend_from_slice(number),
        }
        if let Some(span) = self.spans.get_mut(column) {
            *span = start..self.text.len();
        }
    }

    fn keep(&mut self, path: &str, key: &str, value: &str) -> serde_json::Result<()> {
        self.extra.push(if self.extra.is_empty() { b'{' } else { b',' });
        match path {
            "" => serde_json::to_writer(&mut self.extra, key)?,
            path => serde_json::to_writer(&mut self.extra, &format!("{path}{key}"))?,
        }
        self.extra.push(b':');
        compact(value.as_bytes(), &mut self.extra);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Field;

    const INNER: Record =
        Record { name: "Inner", fields: &[Field::new("id", FieldTy::Id), Field::new("name", FieldTy::Text)] };
    const OUTER: Record = Record {
        name: "Outer",
        fields: &[
            Field::new("id", FieldTy::Id),
            Field::new("target", FieldTy::One(&INNER)),
            Field::new("people", FieldTy::Ids),
            Field::new("content", FieldTy::Text),
            Field::new("count", FieldTy::Number),
        ],
    };

    fn cells(json: &str) -> Vec<String> {
        Flat::of(&OUTER).cells(json.as_bytes()).unwrap().map(str::to_owned).collect()
    }

    #[test]
    fn the_columns_are_the_documents_and_one_for_the_rest() {
        let columns: Vec<String> = Flat::of(&OUTER).columns().map(str::to_owned).collect();
        assert_eq!(columns, ["id", "target.id", "target.name", "people", "content", "count", "extra"]);
    }

    #[test]
    fn every_value_finds_its_column_whatever_the_order() {
        let row =
            r#"{"content":"a \"b\"\n\u00e4","id":12,"count":1.0,"target":{"name":"Ada","id":"7"},"people":[1, "2"]}"#;
        assert_eq!(cells(row), ["12", "7", "Ada", r#"[1,"2"]"#, "a \"b\"\nä", "1.0", ""]);
    }

    #[test]
    fn null_and_what_is_missing_are_empty() {
        assert_eq!(cells(r#"{"id":null,"target":null}"#), [""; 7]);
        assert_eq!(cells("{}"), [""; 7]);
    }

    #[test]
    fn keys_without_a_column_are_kept_as_json() {
        let row = r#"{"new":{ "a": [1, 2] },"target":{"id":1,"color":"red"},"k\"":"x y"}"#;
        assert_eq!(cells(row)[1], "1");
        assert_eq!(cells(row)[6], r#"{"new":{"a":[1,2]},"target.color":"red","k\"":"x y"}"#);
        assert_eq!(cells(r#"{"target":"odd"}"#)[6], r#"{"target":"odd"}"#, "not the documented shape: kept as well");
        serde_json::from_str::<serde_json::Value>(&cells(row)[6]).unwrap();
    }

    #[test]
    fn a_row_does_not_see_the_one_before() {
        let mut flat = Flat::of(&OUTER);
        flat.cells(br#"{"id":1,"content":"x","odd":1}"#).unwrap().count();
        let cells: Vec<&str> = flat.cells(br#"{"count":2}"#).unwrap().collect();
        assert_eq!(cells, ["", "", "", "", "", "2", ""]);
    }

    #[test]
    fn half_a_surrogate_pair_stays_as_written() {
        assert_eq!(cells(r#"{"content":"\ud800"}"#)[4], r#""\ud800""#);
    }

    #[test]
    fn what_is_no_object_has_no_columns() {
        for row in ["1", "[]", "\"a\"", "{\"id\":1", "{} {}"] {
            assert!(Flat::of(&OUTER).cells(row.as_bytes()).is_err(), "{row}");
        }
    }
}
