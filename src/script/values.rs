//! Between JSON and a script's values, without a tree in between. Its one rule: an id is text, whatever the wire has,
//! and no number loses a digit.

use rhai::{Array, Dynamic, Map};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::context::Run;
use super::later::{self, Later};
use super::library::Time;
use crate::catalog::{FieldTy, Record};

/// A map of which the document says nothing: only the names of its keys tell ids.
static UNKNOWN: Record = Record { name: "", fields: &[] };

/// Arguments nested deeper than this are refused.
const DEEPEST: usize = 64;

/// The script's value of a JSON text; `record` is what its maps are, `None` = the community's own keys, no ids.
pub(crate) fn read(json: &[u8], record: Option<&'static Record>) -> serde_json::Result<Dynamic> {
    let mut source = serde_json::Deserializer::from_slice(json);
    let value = Shape::of(record).deserialize(&mut source)?;
    source.end()?;
    Ok(value)
}

/// The same in a run: where it is only planned, placeholders are values of their own.
pub(crate) fn read_in(run: &Run, json: &[u8], record: Option<&'static Record>) -> serde_json::Result<Dynamic> {
    let value = read(json, record)?;
    Ok(if run.plans() { later::found_in(value) } else { value })
}

/// What stands at a place of an answer.
#[derive(Clone, Copy)]
enum Shape {
    /// Nothing in it is an id.
    Open,
    /// Maps are this record.
    Record(&'static Record),
    /// An id or a list of them.
    Id,
}

impl Shape {
    fn of(record: Option<&'static Record>) -> Self {
        record.map_or(Self::Open, Self::Record)
    }

    /// What stands under a key of a map of this shape.
    fn under(self, key: &str) -> Self {
        let record = match self {
            Self::Open => return Self::Open,
            Self::Record(record) => record,
            Self::Id => &UNKNOWN,
        };
        match record.field(key).map(|field| field.ty) {
            Some(FieldTy::Id | FieldTy::Ids) => Self::Id,
            Some(FieldTy::One(inner) | FieldTy::Many(inner)) => Self::Record(inner),
            Some(FieldTy::Open) => Self::Open,
            Some(_) => Self::Record(&UNKNOWN),
            None if record.is_id(key) || key == "ids" || key.ends_with("_ids") => Self::Id,
            None => Self::Record(&UNKNOWN),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = Dynamic;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Dynamic, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = Dynamic;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Dynamic, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Dynamic, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Dynamic, E> {
        Ok(i64::try_from(value).map_or_else(|_| value.to_string().into(), Into::into))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Dynamic, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Dynamic, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Dynamic, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Dynamic, E> {
        Ok(Dynamic::UNIT)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Dynamic, A::Error> {
        let mut array = Array::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        Ok(Dynamic::from_array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Dynamic, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            let value = match self.under(&key) {
                Self::Id => id(entries.next_value()?).map_err(A::Error::custom)?,
                shape => entries.next_value_seed(shape)?,
            };
            map.insert(key.as_ref().into(), value);
        }
        Ok(Dynamic::from_map(map))
    }
}

/// An id from its digits as they stand on the wire, so that even those that fit no integer stay whole.
fn id(raw: &RawValue) -> serde_json::Result<Dynamic> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'-' | b'0'..=b'9') => Ok(text.to_owned().into()),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            items.into_iter().map(item_of_ids).collect::<Result<Array, _>>().map(Dynamic::from_array)
        }
        _ => read(text.as_bytes(), Some(&UNKNOWN)),
    }
}

/// Lists inside of a list of ids are not ids; reading them in one go keeps the depth bounded.
fn item_of_ids(raw: &RawValue) -> serde_json::Result<Dynamic> {
    match raw.get().starts_with('[') {
        true => read(raw.get().as_bytes(), Some(&UNKNOWN)),
        false => id(raw),
    }
}

/// Why a value cannot be sent, with the way to it, innermost step first.
struct Problem {
    path: Vec<String>,
    what: String,
}

impl Problem {
    fn new(what: impl Into<String>) -> Self {
        Self { path: Vec::new(), what: what.into() }
    }

    fn under(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }

    fn sentence(self) -> String {
        let path: String = self.path.into_iter().rev().collect();
        match path.trim_start_matches('.') {
            "" => self.what,
            path => format!("`{path}`: {}", self.what),
        }
    }
}

/// A script's value as JSON; the error says what is in the way and where: `users[2].name`.
pub(crate) fn write(value: &Dynamic) -> Result<Value, String> {
    write_at(value, 0).map_err(Problem::sentence)
}

fn write_at(value: &Dynamic, depth: usize) -> Result<Value, Problem> {
    if depth > DEEPEST {
        return Err(Problem::new(format!("this is nested deeper than {DEEPEST} levels")));
    }
    if value.is_shared() {
        return write_at(&value.flatten_clone(), depth);
    }
    if let Ok(items) = value.as_array_ref() {
        let items = items.iter().enumerate();
        let items = items.map(|(index, item)| write_at(item, depth + 1).map_err(|it| it.under(format!("[{index}]"))));
        return items.collect::<Result<Vec<_>, _>>().map(Value::Array);
    }
    if let Ok(map) = value.as_map_ref() {
        let entry = |(key, item): (&rhai::Identifier, &Dynamic)| {
            let value = write_at(item, depth + 1).map_err(|it| it.under(format!(".{key}")))?;
            Ok((key.to_string(), value))
        };
        return map.iter().map(entry).collect::<Result<serde_json::Map<_, _>, _>>().map(Value::Object);
    }
    write_plain(value)
}

fn write_plain(value: &Dynamic) -> Result<Value, Problem> {
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = value.as_bool() {
        return Ok(flag.into());
    }
    if let Ok(number) = value.as_int() {
        return Ok(number.into());
    }
    if let Ok(number) = value.as_float() {
        let number = serde_json::Number::from_f64(number);
        return number.map(Value::Number).ok_or_else(|| Problem::new("NaN and infinity are not numbers in JSON"));
    }
    if let Ok(sign) = value.as_char() {
        return Ok(sign.to_string().into());
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.as_str().into());
    }
    if let Some(time) = value.read_lock::<Time>() {
        return Ok(time.to_string().into());
    }
    if let Some(later) = Later::of(value) {
        return Ok(later.as_str().into());
    }
    Err(Problem::new(refusal(value)))
}

fn refusal(value: &Dynamic) -> String {
    match super::words::kind(value.type_name()).as_str() {
        "list" => "a list is fetched page by page; write `.to_array()` behind it".into(),
        "function" => "a function cannot be sent; write its result".into(),
        "timestamp" => "a `timestamp()` only measures; write `time.now()`".into(),
        "range" => "a range cannot be sent; write a list of its numbers".into(),
        other => format!("{} cannot be sent", super::words::with_article(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Field;

    static GROUP: Record = Record {
        name: "Group",
        fields: &[
            Field::new("id", FieldTy::Id),
            Field::new("members", FieldTy::Ids),
            Field::new("count", FieldTy::Number),
            Field::new("fields", FieldTy::Open),
            Field::new("owner", FieldTy::One(&OWNER)),
            Field::new("rows", FieldTy::Many(&OWNER)),
        ],
    };
    static OWNER: Record = Record { name: "Owner", fields: &[Field::new("number", FieldTy::Id)] };

    fn shown(json: &str) -> String {
        serde_json::to_string(&write(&read(json.as_bytes(), Some(&GROUP)).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn ids_are_text_wherever_they_stand() {
        assert_eq!(
            shown(r#"{"id":12,"members":[1,"2",null],"count":3}"#),
            r#"{"count":3,"id":"12","members":["1","2",null]}"#
        );
        assert_eq!(shown(r#"{"group_id":7,"recipients_ids":[8]}"#), r#"{"group_id":"7","recipients_ids":["8"]}"#);
        assert_eq!(
            shown(r#"{"owner":{"number":5},"rows":[{"number":6}]}"#),
            r#"{"owner":{"number":"5"},"rows":[{"number":"6"}]}"#
        );
        assert_eq!(
            shown(r#"{"else":{"id":5,"n":5}}"#),
            r#"{"else":{"id":"5","n":5}}"#,
            "also in what no document names"
        );
        assert_eq!(shown(r#"{"id":null}"#), r#"{"id":null}"#);
    }

    #[test]
    fn the_communitys_own_fields_are_left_alone() {
        assert_eq!(shown(r#"{"fields":{"id":5,"team_id":[6]}}"#), r#"{"fields":{"id":5,"team_id":[6]}}"#);
    }

    #[test]
    fn no_number_loses_a_digit() {
        assert_eq!(shown(r#"{"id":123456789012345678901234567890}"#), r#"{"id":"123456789012345678901234567890"}"#);
        assert_eq!(shown(r#"{"count":18446744073709551615}"#), r#"{"count":"18446744073709551615"}"#);
        assert_eq!(shown(r#"{"count":9223372036854775807}"#), r#"{"count":9223372036854775807}"#);
    }

    #[test]
    fn lists_nested_in_an_id_do_not_exhaust_the_stack() {
        let deep = format!(r#"{{"id":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(deep.as_bytes(), Some(&GROUP)).is_err());
    }

    #[test]
    fn escapes_and_text_behind_the_end_are_read_as_json_has_them() {
        assert_eq!(shown(r#"{"a\"b":"c\nd"}"#), r#"{"a\"b":"c\nd"}"#);
        assert!(read(b"{} x", None).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_named_with_its_place() {
        let engine = rhai::Engine::new();
        let problem = |script: &str| write(&engine.eval::<Dynamic>(script).unwrap()).unwrap_err();
        assert_eq!(problem("#{a: [1, #{b: || 1}]}"), "`a[1].b`: a function cannot be sent; write its result");
        assert_eq!(problem("timestamp()"), "a `timestamp()` only measures; write `time.now()`");
        assert_eq!(problem("1..3"), "a range cannot be sent; write a list of its numbers");
        assert_eq!(problem("[0.0 / 0.0]"), "`[0]`: NaN and infinity are not numbers in JSON");
        assert_eq!(
            problem("let a = []; for i in 0..70 { a = [a]; } a").split(": ").last(),
            Some("this is nested deeper than 64 levels")
        );
    }

    #[test]
    fn captured_values_are_sent_like_others() {
        let engine = rhai::Engine::new();
        let value: Dynamic = engine.eval("let x = [1, 'c']; let f = || x; #{ x: x }").unwrap();
        assert_eq!(write(&value).unwrap().to_string(), r#"{"x":[1,"c"]}"#);
    }
}
