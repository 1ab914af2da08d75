//! REST with JSON bodies: paths with `{param}`s, a query, a body.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::catalog::{Args, Call, Method, Op, Param, Place, Platform, Ty, Wire};

/// Everything but RFC 3986's unreserved characters is encoded: a `+` in an address must not become a blank.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What goes to a server, below the connection's base address and before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// HTTP's verb.
    pub method: Method,
    /// Path and query, encoded, beginning with `/`.
    pub target: String,
    /// A JSON body.
    pub body: Option<Bytes>,
}

/// The request of a call.
pub fn build(call: &Call) -> Request {
    let mut target = String::with_capacity(call.op.path.len() + 32);
    let mut rest = call.op.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        target.push_str(before);
        target.push_str(&encoded(&plain(call.args.get(name).unwrap_or(&Value::Null))));
        rest = after;
    }
    target.push_str(rest);
    let mut sign = '?';
    for (param, value) in given(call, Place::Query) {
        target.push(sign);
        sign = '&';
        target.push_str(param.name);
        target.push('=');
        target.push_str(&encoded(&plain(value)));
    }
    let body: Map<String, Value> =
        given(call, Place::Body).map(|(param, value)| (param.name.to_owned(), on_wire(param.ty, value))).collect();
    let body = match (body.is_empty(), call.op.params.iter().any(|p| p.place == Place::Body)) {
        (true, false) => None,
        _ => Some(Bytes::from(Value::Object(body).to_string())),
    };
    Request { method: call.op.method, target, body }
}

fn given<'a>(call: &'a Call, place: Place) -> impl Iterator<Item = (&'static Param, &'a Value)> {
    call.op
        .params
        .iter()
        .filter(move |param| param.place == place)
        .filter_map(|param| call.args.get(param.name).map(|value| (param, value)))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Ids that the wire has as numbers become numbers where they consist of digits.
fn on_wire(ty: Ty, value: &Value) -> Value {
    match (ty, value) {
        (Ty::Id(Wire::Number), Value::String(id)) => number(id),
        (Ty::Ids(Wire::Number), Value::Array(ids)) => {
            ids.iter().map(|id| id.as_str().map_or_else(|| id.clone(), number)).collect()
        }
        (Ty::Rows(params), Value::Array(rows)) => rows.iter().map(|row| row_on_wire(params, row)).collect(),
        _ => value.clone(),
    }
}

fn row_on_wire(params: &[Param], row: &Value) -> Value {
    let Value::Object(map) = row else { return row.clone() };
    let ty = |key: &str| params.iter().find(|p| p.name == key).map_or(Ty::Fields, |p| p.ty);
    Value::Object(map.iter().map(|(key, value)| (key.clone(), on_wire(ty(key), value))).collect())
}

fn number(id: &str) -> Value {
    match id.parse::<u64>() {
        Ok(number) if number.to_string() == id => number.into(),
        _ => id.into(),
    }
}

/// Which operation of the platform a request means, with what it names, read loosely:
/// query values are text, body values are as they came. `None`: no operation has this path and method.
/// Slashes at the end do not matter; fixed paths win over those with parameters, and what the path names over the rest.
pub fn recognize(platform: &Platform, method: &str, target: &str, body: &[u8]) -> Option<(&'static Op, Args)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let mut found: Option<(&'static Op, Map<String, Value>, usize)> = None;
    for op in platform.ops.iter().filter(|op| op.method.as_str() == method) {
        if let Some((names, fixed)) = matched(op, &segments)
            && found.as_ref().is_none_or(|(_, _, best)| fixed > *best)
        {
            found = Some((op, names, fixed));
        }
    }
    let (op, mut values, _) = found?;
    let mut rest = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        rest.insert(decoded(name), Value::String(decoded(&value.replace('+', " "))));
    }
    if let Ok(Value::Object(body)) = serde_json::from_slice(body) {
        rest.extend(body);
    }
    for (name, value) in rest {
        values.entry(name).or_insert(value);
    }
    Some((op, Args::from_checked(values)))
}

/// The path's parameters, and how many of its segments are fixed.
fn matched(op: &Op, segments: &[&str]) -> Option<(Map<String, Value>, usize)> {
    let pattern: Vec<&str> = op.path.trim_matches('/').split('/').collect();
    if pattern.len() != segments.len() {
        return None;
    }
    let mut names = Map::new();
    let mut fixed = 0;
    for (want, have) in pattern.iter().zip(segments) {
        match want.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => {
                names.insert(name.to_owned(), Value::String(decoded(have)));
            }
            None if want == have => fixed += 1,
            None => return None,
        }
    }
    Some((names, fixed))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
