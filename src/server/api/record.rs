//! How answers are described: objects by their names, and what each of their values is.

use serde_json::{Map, Value, json};

/// An object.
pub(super) struct Record {
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    /// The record whose fields it begins with. One that it has itself takes the place of one of the same name.
    pub(super) begins: Option<&'static Record>,
    pub(super) fields: &'static [Of],
}

/// One value of an object: its name, what it is, and what it means.
pub(super) struct Of(pub(super) &'static str, pub(super) Kind, pub(super) &'static str);

/// What a value is.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// A moment, RFC 3339.
    Time,
    Int,
    Flag,
    /// Always this word.
    Word(&'static str),
    Texts,
    Ints,
    /// An object that is not described further.
    Object,
    /// A list of such.
    Objects,
    /// Anything.
    Any,
    One(&'static Record),
    Many(&'static Record),
    /// Or `null`.
    Maybe(&'static Kind),
    /// It may be left out.
    Perhaps(&'static Kind),
}

use Kind::{Any, Flag, Int, Ints, Many, Maybe, Object, Objects, One, Perhaps, Text, Texts, Time, Word};

impl Kind {
    fn schema(self) -> Value {
        match self {
            Text => json!({ "type": "string" }),
            Time => json!({ "type": "string", "format": "date-time" }),
            Int => json!({ "type": "integer" }),
            Flag => json!({ "type": "boolean" }),
            Word(word) => json!({ "const": word }),
            Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Ints => json!({ "type": "array", "items": { "type": "integer" } }),
            Object => json!({ "type": "object" }),
            Objects => json!({ "type": "array", "items": { "type": "object" } }),
            Any => json!({}),
            One(record) => reference(record),
            Many(record) => json!({ "type": "array", "items": reference(record) }),
            Maybe(kind) => json!({ "oneOf": [kind.schema(), { "type": "null" }] }),
            Perhaps(kind) => kind.schema(),
        }
    }
}

impl Record {
    /// Its JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let properties: Map<String, Value> = self.all().map(|of| (of.0.to_owned(), described(of))).collect();
        let required: Vec<&str> = self.all().filter(|of| !matches!(of.1, Perhaps(_))).map(|of| of.0).collect();
        json!({
            "type": "object",
            "description": self.doc,
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }

    /// All fields in their order.
    fn all(&self) -> impl Iterator<Item = &'static Of> + '_ {
        let first = self.begins.map_or(&[][..], |record| record.fields).iter();
        let first = first.map(|of| self.fields.iter().find(|own| own.0 == of.0).unwrap_or(of));
        first.chain(self.fields.iter().filter(|own| !self.begins.is_some_and(|record| record.has(own.0))))
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|of| of.0 == name)
    }

    /// The records that its fields name.
    pub(super) fn inner(&self) -> impl Iterator<Item = &'static Record> + '_ {
        self.all().filter_map(|of| named(of.1))
    }
}

fn named(kind: Kind) -> Option<&'static Record> {
    match kind {
        One(record) | Many(record) => Some(record),
        Maybe(kind) | Perhaps(kind) => named(*kind),
        _ => None,
    }
}

fn described(of: &Of) -> Value {
    let mut schema = of.1.schema();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), of.2.into());
    }
    schema
}

pub(super) fn reference(record: &Record) -> Value {
    json!({ "$ref": format!("#/components/schemas/{}", record.name) })
}
