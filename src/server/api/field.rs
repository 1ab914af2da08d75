//! What a request may say: named, typed, checked before any act sees it. What nobody knows is refused, not passed over.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::problem::Problem;
use crate::effects::brakes::Brake;

/// What a value must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ty {
    /// Any text.
    Text,
    /// Text that says something. What is empty is refused by whoever keeps it.
    Words,
    /// The place of a page.
    Cursor,
    /// A moment, RFC 3339.
    Time,
    /// A whole number between both.
    Number(i64, i64),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of whole numbers.
    Numbers,
    /// The numbers that a person allows, by brake.
    Leaves,
}

/// Whether a request must say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Must,
    May,
    /// Either it or these, never both.
    Or(&'static [&'static str]),
}

/// One thing that a request can say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) ty: Ty,
    pub(super) need: Need,
    pub(super) doc: &'static str,
}

/// What a request says, checked.
#[derive(Clone, Debug, Default)]
pub(super) struct Given(BTreeMap<&'static str, Value>);

impl Ty {
    /// Its JSON Schema.
    pub(super) fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Words => json!({ "type": "string", "minLength": 1, "pattern": "\\S" }),
            Self::Cursor => json!({ "type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$" }),
            Self::Time => json!({ "type": "string", "format": "date-time" }),
            Self::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Word(words) => json!({ "type": "string", "enum": words }),
            Self::Numbers => json!({ "type": "array", "minItems": 1, "items": { "type": "integer" } }),
            Self::Leaves => {
                let number = json!({ "type": "integer", "minimum": 0 });
                let one = json!({ "oneOf": [number, { "type": "array", "items": number, "minItems": 1 }] });
                let all = Brake::ALL.iter().map(|brake| (brake.as_str().to_owned(), one.clone()));
                json!({
                    "type": "object",
                    "minProperties": 1,
                    "properties": all.collect::<Map<_, _>>(),
                    "additionalProperties": false,
                })
            }
        }
    }

    /// The rest of a sentence that begins with the name.
    fn words(self) -> String {
        match self {
            Self::Text | Self::Words | Self::Cursor => "must be text".to_owned(),
            Self::Time => "must be a moment such as 2026-11-22T01:30:00Z".to_owned(),
            Self::Number(least, most) => format!("must be a whole number from {least} to {most}"),
            Self::Flag => "must be true or false".to_owned(),
            Self::Word(words) => format!("must be one of {}", words.join(", ")),
            Self::Numbers => "must be a list of whole numbers".to_owned(),
            Self::Leaves => {
                let words: Vec<&str> = Brake::ALL.iter().map(|brake| brake.as_str()).collect();
                format!("must name the number of each brake ({}), or a list of such", words.join(", "))
            }
        }
    }

    /// What stands in an address is text.
    fn of_text(self, text: &str) -> Option<Value> {
        match self {
            Self::Number(..) => text.parse::<i64>().ok().map(Value::from),
            Self::Flag => text.parse::<bool>().ok().map(Value::from),
            Self::Text | Self::Words | Self::Cursor | Self::Time | Self::Word(_) => Some(text.into()),
            Self::Numbers | Self::Leaves => None,
        }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Words | Self::Cursor => value.is_string(),
            Self::Time => value.as_str().is_some_and(|text| text.parse::<Timestamp>().is_ok()),
            Self::Number(least, most) => value.as_i64().is_some_and(|number| (least..=most).contains(&number)),
            Self::Flag => value.is_boolean(),
            Self::Word(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::Numbers => {
                value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(|one| one.as_i64().is_some()))
            }
            Self::Leaves => leaves(value).is_some_and(|leaves| !leaves.is_empty()),
        }
    }
}

/// The numbers by brake, each as often as it was named.
fn leaves(value: &Value) -> Option<Vec<(Brake, u64)>> {
    let mut leaves = Vec::new();
    for (word, numbers) in value.as_object()? {
        let brake = Brake::parse(word)?;
        match numbers {
            Value::Array(list) => {
                for number in list {
                    leaves.push((brake, number.as_u64()?));
                }
            }
            number => leaves.push((brake, number.as_u64()?)),
        }
    }
    Some(leaves)
}

impl Given {
    /// Reads what follows `?`.
    pub(super) fn of_query(query: &str, fields: &'static [Field]) -> Result<Self, Problem> {
        let mut given = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, text) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, text) = (decoded(name)?, decoded(text)?);
            let field = known(&name, fields, "parameter")?;
            let value = field.ty.of_text(&text);
            given.put(field, value.unwrap_or(Value::Null))?;
        }
        given.whole(fields)
    }

    /// Reads a body.
    pub(super) fn of_body(body: &[u8], fields: &'static [Field]) -> Result<Self, Problem> {
        let mut given = Self::default();
        let read = if body.trim_ascii().is_empty() { Ok(json!({})) } else { serde_json::from_slice(body) };
        let read: Value = read.map_err(|error| Problem::bad(format!("the body is no JSON: {error}")))?;
        let Value::Object(object) = read else { return Err(Problem::bad("the body must be a JSON object")) };
        for (name, value) in object {
            given.put(known(&name, fields, "key")?, value)?;
        }
        given.whole(fields)
    }

    fn put(&mut self, field: &'static Field, value: Value) -> Result<(), Problem> {
        if !field.ty.takes(&value) {
            return Err(Problem::bad(format!("`{}` {}", field.name, field.ty.words())));
        }
        match self.0.insert(field.name, value) {
            None => Ok(()),
            Some(_) => Err(Problem::bad(format!("`{}` is given twice", field.name))),
        }
    }

    fn whole(self, fields: &'static [Field]) -> Result<Self, Problem> {
        for field in fields {
            let given = self.0.contains_key(field.name);
            let others = |names: &[&str]| names.iter().any(|name| self.0.contains_key(name));
            match field.need {
                Need::Must if !given => {
                    return Err(Problem::bad(format!("`{}` is missing: {}", field.name, field.doc)));
                }
                Need::Or(names) if given == others(names) => {
                    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                    let words = format!("either `{}` or {} must be given, not both", field.name, names.join(" with "));
                    return Err(Problem::bad(words));
                }
                Need::Must | Need::May | Need::Or(_) => {}
            }
        }
        Ok(self)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn numbers(&self, name: &str) -> Vec<i64> {
        self.0.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_i64).collect()
    }

    pub(super) fn leaves(&self, name: &str) -> Vec<(Brake, u64)> {
        self.0.get(name).and_then(leaves).unwrap_or_default()
    }
}

/// `%2F` as `/`, `+` as a blank.
fn decoded(text: &str) -> Result<String, Problem> {
    let text = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
    decoded.map(|text| text.into_owned()).map_err(|_| Problem::bad("the address holds bytes that are no text"))
}

fn known(name: &str, fields: &'static [Field], what: &str) -> Result<&'static Field, Problem> {
    fields.iter().find(|field| field.name == name).ok_or_else(|| {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let problem = Problem::bad(format!("there is no {what} `{name}` here"));
        match names.is_empty() {
            true => problem,
            false => problem.next(format!("there are: {}", names.join(", "))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[Field] = &[
        Field { name: "limit", ty: Ty::Number(1, 9), need: Need::May, doc: "how many" },
        Field { name: "at", ty: Ty::Time, need: Need::May, doc: "when" },
        Field { name: "reason", ty: Ty::Text, need: Need::Must, doc: "why" },
        Field { name: "numbers", ty: Ty::Leaves, need: Need::May, doc: "what is allowed" },
    ];
    const EITHER: &[Field] = &[
        Field { name: "limit", ty: Ty::Number(1, 9), need: Need::Or(&["reason", "at"]), doc: "how many" },
        Field { name: "reason", ty: Ty::Words, need: Need::May, doc: "why" },
        Field { name: "at", ty: Ty::Time, need: Need::May, doc: "when" },
    ];

    #[test]
    fn of_two_ways_to_say_it_one_is_taken() {
        for query in ["limit=3", "reason=x", "reason=x&at=2026-11-22T01:30:00Z"] {
            assert!(Given::of_query(query, EITHER).is_ok(), "{query}");
        }
        for query in ["", "limit=3&reason=x", "limit=3&at=2026-11-22T01:30:00Z"] {
            let refused = Given::of_query(query, EITHER).unwrap_err().detail;
            assert_eq!(refused, "either `limit` or `reason` with `at` must be given, not both", "{query}");
        }
    }

    #[test]
    fn what_stands_in_an_address_is_decoded_typed_and_refused_where_it_is_wrong() {
        let given = Given::of_query("reason=a+b%26c&limit=3&at=2026-11-22T01:30:00%2B01:00", FIELDS).unwrap();
        assert_eq!((given.text("reason"), given.number("limit")), (Some("a b&c"), Some(3)));
        assert_eq!(given.time("at").unwrap().to_string(), "2026-11-22T00:30:00Z");
        for (query, why) in [
            ("limit=3", "`reason` is missing: why"),
            ("reason=x&limit=10", "`limit` must be a whole number from 1 to 9"),
            ("reason=x&limit=x", "`limit` must be a whole number from 1 to 9"),
            ("reason=x&reason=y", "`reason` is given twice"),
            ("reason=x&at=tomorrow", "`at` must be a moment such as 2026-11-22T01:30:00Z"),
            ("reason=x&limits=3", "there is no parameter `limits` here"),
            ("reason=%ff", "the address holds bytes that are no text"),
        ] {
            assert_eq!(Given::of_query(query, FIELDS).unwrap_err().detail, why, "{query}");
        }
    }

    #[test]
    fn leave_is_given_by_the_words_of_the_brakes() {
        let body = br#"{"reason":"x","numbers":{"removals":12,"first-roster":[3,4]}}"#;
        let given = Given::of_body(body, FIELDS).unwrap();
        let wanted = [(Brake::Removals, 12), (Brake::FirstRoster, 3), (Brake::FirstRoster, 4)];
        assert_eq!(given.leaves("numbers"), wanted);
        for body in [r#"{"reason":"x","numbers":{"removal":12}}"#, r#"{"reason":"x","numbers":{"removals":-1}}"#] {
            let refused = Given::of_body(body.as_bytes(), FIELDS).unwrap_err().detail;
            assert!(refused.starts_with("`numbers` must name the number of each brake"), "{refused}");
        }
        assert_eq!(Given::of_body(b"[]", FIELDS).unwrap_err().detail, "the body must be a JSON object");
        assert_eq!(Given::of_body(b"", FIELDS).unwrap_err().detail, "`reason` is missing: why");
    }
}
