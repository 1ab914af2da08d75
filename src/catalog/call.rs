//! An operation with its checked arguments, for one connection: what everything else passes along.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Op, Param, Place, Platform, Subject, SubjectAt, SubjectKind, Ty};
use crate::model::Email;

/// Checked arguments in the table's order; ids are text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args(Map<String, Value>);

impl Args {
    /// Takes values that [`super::check`] returned, or that an adapter made in the same normal form.
    pub fn from_checked(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// One argument; `None` when it was not given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One argument as text; empty when it is not there or not text.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Sets one argument.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// As one JSON object.
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

/// One operation, its arguments, and the connection it is meant for.
#[derive(Clone, Debug)]
pub struct Call {
    /// The platform.
    pub platform: &'static Platform,
    /// The operation.
    pub op: &'static Op,
    /// The connection's name.
    pub connection: String,
    /// The arguments.
    pub args: Args,
}

/// A call of at most the document's batch limit, with whom it touches.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The call.
    pub call: Call,
    /// Whom it touches, each with its part of the request, in the request's order.
    pub subjects: Vec<(Subject, Value)>,
}

impl Call {
    /// The call as a person reads it: `members.invite on main: group_id 12, recipients_ids (31)`.
    pub fn sentence(&self) -> String {
        let parts: Vec<String> = self
            .args
            .iter()
            .map(|(name, value)| match value {
                Value::Array(items) => format!("{name} ({})", items.len()),
                Value::Object(map) => format!("{name} ({})", map.keys().cloned().collect::<Vec<_>>().join(", ")),
                Value::String(text) => format!("{name} {text}"),
                other => format!("{name} {other}"),
            })
            .collect();
        match parts.is_empty() {
            true => format!("{} on {}", self.op.name(), self.connection),
            false => format!("{} on {}: {}", self.op.name(), self.connection, parts.join(", ")),
        }
    }

    /// Cuts the call where the document limits a list; a call without such a list is one piece.
    /// Items for the same subject are kept once, the last one wins.
    pub fn pieces(&self) -> Vec<Piece> {
        let Some(write) = self.op.write(&self.args) else {
            return vec![Piece { call: self.clone(), subjects: Vec::new() }];
        };
        let Some(batch) = self.op.batch else {
            let whole = self.args.to_value();
            let subject = self.subject_of(&write.subject, &whole, &whole);
            return vec![Piece { call: self.clone(), subjects: vec![(subject, whole)] }];
        };
        let shared = self.shared();
        let around = shared.args.to_value();
        let items = self.args.get(batch.param).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut subjects: Vec<(Subject, Value)> = Vec::with_capacity(items.len());
        let mut places = std::collections::HashMap::with_capacity(items.len());
        for item in items {
            let subject = self.subject_of(&write.subject, &item, &around);
            match places.get(&subject) {
                Some(&place) => subjects[place] = (subject, item),
                None => {
                    places.insert(subject.clone(), subjects.len());
                    subjects.push((subject, item));
                }
            }
        }
        subjects.chunks(batch.max).map(|part| Piece::of(&shared, part.to_vec())).collect()
    }

    /// The call with `null` in place of the list that is cut: what all its pieces share. Copying the list once for
    /// every item would cost the square of its length.
    fn shared(&self) -> Self {
        let batch = self.op.batch.map(|batch| batch.param);
        let args = self.args.iter().map(|(name, value)| match Some(name.as_str()) == batch {
            true => (name.clone(), Value::Null),
            false => (name.clone(), value.clone()),
        });
        Self { args: Args(args.collect()), connection: self.connection.clone(), ..*self }
    }

    /// Whom an item touches; what it does not say itself is looked for in the arguments around it.
    fn subject_of(&self, at: &SubjectAt, item: &Value, around: &Value) -> Subject {
        let found = at.key.iter().find_map(|pointer| {
            let value = item.pointer(pointer).or_else(|| around.pointer(pointer));
            Some((*pointer, value.and_then(plain).filter(|text| !text.is_empty())?))
        });
        let key = match found {
            Some((pointer, id)) if self.is_exact(pointer.trim_start_matches('/')) => id.trim().to_owned(),
            Some((_, key)) => normal(at.kind, &key),
            None => digest(item),
        };
        let group = at.group.and_then(|name| Some((name, plain(item.get(name).or_else(|| around.get(name))?)?)));
        let group = group.map(|(name, id)| match self.is_exact(name) {
            true => id.trim().to_owned(),
            false => id.trim().to_lowercase(),
        });
        Subject { kind: at.kind, key, group }
    }

    /// Whether this argument is an id of which the case counts.
    fn is_exact(&self, name: &str) -> bool {
        let is_id = |param: &Param| param.name == name && matches!(param.ty, Ty::Id(_));
        self.platform.adapter.ids_are_exact() && self.op.params.iter().any(is_id)
    }
}

impl Piece {
    fn of(call: &Call, subjects: Vec<(Subject, Value)>) -> Self {
        let mut call = call.clone();
        if let Some(batch) = call.op.batch {
            call.args.set(batch.param, subjects.iter().map(|(_, item)| item.clone()).collect::<Vec<_>>());
        }
        Self { call, subjects }
    }

    /// The same call for some of its subjects only, by their places.
    pub fn only(&self, places: &[usize]) -> Self {
        let subjects = places.iter().filter_map(|&place| self.subjects.get(place).cloned()).collect();
        Self::of(&self.call, subjects)
    }

    /// The address of a subject, where its part of the request names one.
    pub fn address(&self, place: usize) -> Option<String> {
        let (subject, item) = self.subjects.get(place)?;
        let named = ["/fields/email", "/email"].iter().find_map(|p| item.pointer(p)).and_then(Value::as_str);
        let text = named.unwrap_or(&subject.key);
        Email::parse(text).ok().map(|email| email.key().to_owned())
    }
}

/// Text and numbers as text; anything else names nobody.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The form in which subjects are compared: addresses and names without case and outer blanks.
fn normal(kind: SubjectKind, key: &str) -> String {
    match (kind, Email::parse(key)) {
        (SubjectKind::Person, Ok(email)) => email.key().to_owned(),
        _ => key.trim().to_lowercase(),
    }
}

/// A short fingerprint of a value, the same whatever the order of its keys.
pub(crate) fn digest(value: &Value) -> String {
    let mut hasher = Sha256::new();
    canonical(value, &mut hasher);
    hasher.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn canonical(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            hasher.update(b"{");
            for key in keys {
                hasher.update(Value::String(key.clone()).to_string());
                hasher.update(b":");
                canonical(&map[key], hasher);
                hasher.update(b",");
            }
            hasher.update(b"}");
        }
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                canonical(item, hasher);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        other => hasher.update(other.to_string()),
    }
}

impl Call {
    /// The fingerprint of the request's meaning: operation and arguments.
    pub fn digest(&self) -> String {
        digest(&Value::Array(vec![self.op.name().into(), self.meant(&self.args.to_value())]))
    }

    /// The fingerprint of one subject's part of the request.
    pub fn digest_of(&self, part: &Value) -> String {
        let shared = self.meant(&Value::Object(self.shared().args.0));
        let part = if self.op.batch.is_none() { self.meant(part) } else { part.clone() };
        digest(&Value::Array(vec![self.op.name().into(), shared, part]))
    }

    /// Arguments without what beadle found out: that may be otherwise the next time, and means the same.
    fn meant(&self, args: &Value) -> Value {
        let mut args = args.clone();
        if let Some(map) = args.as_object_mut() {
            map.retain(|name, _| self.op.param(name).is_none_or(|param| param.place != Place::Found));
        }
        args
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_fingerprint_does_not_depend_on_the_order_of_keys_at_any_depth() {
        let one = json!({ "a": 1, "b": { "c": [1, { "d": 2, "e": 3 }], "f": null } });
        let other = json!({ "b": { "f": null, "c": [1, { "e": 3, "d": 2 }] }, "a": 1 });
        assert_ne!(one.to_string(), other.to_string(), "or this test shows nothing");
        assert_eq!(digest(&one), digest(&other));
        assert_eq!(digest(&one).len(), 32);
    }

    #[test]
    fn a_fingerprint_changes_with_every_other_difference() {
        let all = [
            json!({ "a": 1 }),
            json!({ "a": "1" }),
            json!({ "a": null }),
            json!({ "a": false }),
            json!({ "a": [1] }),
            json!({ "a": [[1]] }),
            json!({ "a": [1, 2] }),
            json!({ "a": [2, 1] }),
            json!({ "b": 1 }),
            json!({ "a": 1, "b": 1 }),
            json!({}),
            json!([]),
            json!(["a:1,"]),
            json!("a"),
        ];
        let digests: std::collections::HashSet<String> = all.iter().map(digest).collect();
        assert_eq!(digests.len(), all.len());
    }

    #[test]
    fn people_are_compared_by_address_without_case_and_blanks_and_by_id_as_text() {
        assert_eq!(normal(SubjectKind::Person, " Ada@B.Example "), "ada@b.example");
        assert_eq!(normal(SubjectKind::Person, " 12 "), "12");
        assert_eq!(normal(SubjectKind::Group, "  Founders "), "founders");
        assert_ne!(normal(SubjectKind::Person, "a+x@b.example"), normal(SubjectKind::Person, "a@b.example"));
    }
}
