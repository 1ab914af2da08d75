//! REST with JSON bodies: paths with `{param}`s, a query, a body.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::catalog::{Args, Call, Method, Op, Param, Place, Platform, Ty, Wire, filled};

/// Everything but RFC 3986's unreserved characters is encoded: a `+` in an address must not become a blank.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What goes to a server, below the connection's base address and before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// HTTP's verb.
    pub method: Method,
    /// Path and query, encoded, beginning with `/`. What stands in braces, which are never encoded values, are values of
    /// the connection: whoever sends fills them in ([`Request::filled`]).
    pub target: String,
    /// A JSON body.
    pub body: Option<Bytes>,
}

impl Request {
    /// The target with the connection's values in it, encoded; `Err` names the first that the connection does not have.
    pub fn filled(&self, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
        filled_path(&self.target, value)
    }
}

/// A path with a connection's values in the place of their names in braces, encoded.
pub fn filled_path(path: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    filled(path, |name| value(name).map(|value| encoded(&value)))
}

/// What of a target stands below this path, whose names in braces take any segment; `None` where it is elsewhere.
pub fn below(pattern: &str, target: &str) -> Option<String> {
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let mut rest = path;
    for want in pattern.split('/').filter(|part| !part.is_empty()) {
        let after = rest.strip_prefix('/')?;
        let (have, remaining) = after.split_at(after.find('/').unwrap_or(after.len()));
        if have.is_empty() || (have != want && !want.starts_with('{')) {
            return None;
        }
        rest = remaining;
    }
    Some(format!("{rest}{query}"))
}

/// The request of a call.
pub fn build(call: &Call) -> Request {
    let mut target = String::with_capacity(call.op.path.len() + 32);
    let mut rest = call.op.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        target.push_str(before);
        match call.op.param(name) {
            Some(_) => target.push_str(&encoded(&plain(call.args.get(name).unwrap_or(&Value::Null)))),
            None => target.push_str(&format!("{{{name}}}")),
        }
        rest = after;
    }
    target.push_str(rest);
    let mut sign = '?';
    for (param, value) in given(call, Place::Query) {
        target.push(sign);
        sign = '&';
        target.push_str(param.on_wire());
        target.push('=');
        target.push_str(&encoded(&plain(value)));
    }
    let body: Map<String, Value> =
        given(call, Place::Body).map(|(param, value)| (param.on_wire().to_owned(), on_wire(param.ty, value))).collect();
    let whole = given(call, Place::Whole).next().map(|(param, value)| on_wire(param.ty, value));
    let body = match (body.is_empty(), call.op.params.iter().any(|p| p.place == Place::Body)) {
        (true, false) => whole.map(|whole| Bytes::from(whole.to_string())),
        _ => Some(Bytes::from(Value::Object(body).to_string())),
    };
    Request { method: call.op.method, target, body }
}

pub(super) fn given(call: &Call, place: Place) -> impl Iterator<Item = (&'static Param, &Value)> {
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
pub(super) fn on_wire(ty: Ty, value: &Value) -> Value {
    match (ty, value) {
        (Ty::Id(Wire::Number), Value::String(id)) => number(id),
        (Ty::Ids(Wire::Number), Value::Array(ids)) => {
            ids.iter().map(|id| id.as_str().map_or_else(|| id.clone(), number)).collect()
        }
        (Ty::Rows(params), Value::Array(rows)) => rows.iter().map(|row| row_on_wire(params, row)).collect(),
        (Ty::Map(params), map) => row_on_wire(params, map),
        _ => value.clone(),
    }
}

fn row_on_wire(params: &[Param], row: &Value) -> Value {
    let Value::Object(map) = row else { return row.clone() };
    let sent = |(key, value): (&String, &Value)| match params.iter().find(|param| param.name == key.as_str()) {
        Some(param) => (param.on_wire().to_owned(), on_wire(param.ty, value)),
        None => (key.clone(), value.clone()),
    };
    Value::Object(map.iter().map(sent).collect())
}

/// Names as scripts have them in the place of those of the wire, also in the rows of a list.
pub(super) fn from_wire(params: &[Param], values: Map<String, Value>) -> Map<String, Value> {
    let named = |(key, value): (String, Value)| match params.iter().find(|param| param.on_wire() == key) {
        Some(param) => (param.name.to_owned(), of_rows(param.ty, value)),
        None => (key, value),
    };
    values.into_iter().map(named).collect()
}

fn of_rows(ty: Ty, value: Value) -> Value {
    if let (Ty::Map(params), Value::Object(map)) = (ty, &value) {
        return Value::Object(from_wire(params, map.clone()));
    }
    let (Ty::Rows(params), Value::Array(rows)) = (ty, &value) else { return value };
    let row = |row: &Value| match row {
        Value::Object(map) => Value::Object(from_wire(params, map.clone())),
        other => other.clone(),
    };
    rows.iter().map(row).collect()
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
    let whole = op.params.iter().find(|param| param.place == Place::Whole);
    match (whole, serde_json::from_slice(body)) {
        (Some(param), Ok(value)) => drop(rest.insert(param.name.to_owned(), value)),
        (None, Ok(Value::Object(body))) => rest.extend(body),
        _ => {}
    }
    for (name, value) in from_wire(op.params, rest) {
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
            Some(name) if op.param(name).is_none() => {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms;
    use serde_json::json;

    fn mobilize() -> &'static Platform {
        platforms::named("mobilize").unwrap()
    }

    fn request(noun: &str, verb: &str, args: Value) -> Request {
        let Value::Object(args) = args else { panic!("arguments are a map") };
        let op = mobilize().op(noun, verb).unwrap();
        build(&Call { platform: mobilize(), op, connection: "main".into(), args: Args::from_checked(args) })
    }

    fn body(noun: &str, verb: &str, args: Value) -> Value {
        serde_json::from_slice(&request(noun, verb, args).body.unwrap()).unwrap()
    }

    fn recognized(method: &str, target: &str, body: &str) -> Option<(String, Value)> {
        recognize(mobilize(), method, target, body.as_bytes()).map(|(op, args)| (op.name(), args.to_value()))
    }

    #[test]
    fn a_plus_in_an_address_or_keyword_does_not_become_a_blank() {
        let target = request("users", "find_by_email", json!({ "email": "ada+news@b.example" })).target;
        assert_eq!(target, "/users/find_by_email?email=ada%2Bnews%40b.example");
        let target = request("members", "search", json!({ "group_id": "1", "keywords": "a+b & c=d" })).target;
        assert_eq!(target, "/groups/1/members/search?keywords=a%2Bb%20%26%20c%3Dd");
        let (_, args) = recognized("GET", &target, "").unwrap();
        assert_eq!(args["keywords"], "a+b & c=d");
        let (_, args) = recognized("GET", "/users/search?keywords=ada+lovelace%2B", "").unwrap();
        assert_eq!(args["keywords"], "ada lovelace+", "as a browser writes a blank");
    }

    #[test]
    fn what_stands_in_a_path_is_one_segment() {
        let target = request("bulk", "status", json!({ "job_id": "a/b?c é" })).target;
        assert_eq!(target, "/bulk/members/a%2Fb%3Fc%20%C3%A9");
        assert_eq!(recognized("GET", &target, "").unwrap(), ("bulk.status".into(), json!({ "job_id": "a/b?c é" })));
    }

    #[test]
    fn the_query_has_the_tables_order_and_nothing_that_was_not_given() {
        let args = json!({ "limit": 5, "include_fields": false, "group_id": "1" });
        assert_eq!(request("members", "list", args).target, "/groups/1/members/?include_fields=false&limit=5");
        assert_eq!(request("users", "list", json!({})).target, "/users/");
    }

    #[test]
    fn ids_are_numbers_on_the_wire_where_they_consist_of_digits() {
        let invite = |sender: &str, to: Value| json!({ "group_id": "1", "sender_id": sender, "recipients_ids": to });
        let sent = body("members", "invite", invite("42345", json!(["54321", "98765"])));
        assert_eq!(sent, json!({ "sender_id": 42345, "recipients_ids": [54321, 98765] }));
        let sent = body("members", "invite", invite("007", json!(["5df5", "18446744073709551616", "-1"])));
        let as_text = json!({ "sender_id": "007", "recipients_ids": ["5df5", "18446744073709551616", "-1"] });
        assert_eq!(sent, as_text, "a number would be another id");
        let groups = json!({ "groups": [{ "id": "3", "name": "9", "privacy": 5 }] });
        assert_eq!(
            body("bulk", "update_groups", groups),
            json!({ "groups": [{ "id": 3, "name": "9", "privacy": 5 }] })
        );
    }

    #[test]
    fn fields_go_as_they_came_in_their_order() {
        let args = json!({ "id": "1", "fields": { "zip": "00123", "age": 7, "id": "12", "gone": null } });
        let sent = request("users", "update", args).body.unwrap();
        assert_eq!(sent, r#"{"fields":{"zip":"00123","age":7,"id":"12","gone":null}}"#.as_bytes());
    }

    #[test]
    fn a_parent_of_nothing_is_null_and_not_left_out() {
        let groups = json!({ "groups": [{ "name": "top", "parent_group_id": null }] });
        assert_eq!(body("bulk", "create_groups", groups.clone()), groups);
    }

    #[test]
    fn only_operations_with_a_body_send_one_and_they_always_do() {
        assert_eq!(request("members", "remove", json!({ "group_id": "1", "user_id": "2" })).body, None);
        assert_eq!(request("groups", "update", json!({ "id": "1" })).body.unwrap(), "{}");
    }

    #[test]
    fn slashes_at_the_end_do_not_matter_and_fixed_paths_win() {
        for (method, target, name) in [
            ("GET", "/users", "users.list"),
            ("GET", "/users/", "users.list"),
            ("POST", "/users", "users.create"),
            ("GET", "/users/12", "users.get"),
            ("GET", "/users/search", "users.search"),
            ("GET", "/users/find_by_email/?email=x", "users.find_by_email"),
            ("GET", "/groups/1/members/search", "members.search"),
            ("GET", "/groups/1/members/2", "members.get"),
            ("POST", "/groups/1/members/invite/", "members.invite"),
            ("PUT", "/bulk/groups/", "bulk.update_groups"),
            ("GET", "/bulks/x/", "webhooks.batch"),
        ] {
            assert_eq!(
                recognized(method, target, "").map(|(name, _)| name).as_deref(),
                Some(name),
                "{method} {target}"
            );
        }
        for (method, target) in [
            ("POST", "/users/12"),
            ("PUT", "/users/search/x"),
            ("PATCH", "/users/12"),
            ("GET", "/"),
            ("GET", "/user/12"),
            ("DELETE", "/groups/1"),
            ("GET", "/groups/1/members/2/3"),
        ] {
            assert_eq!(recognized(method, target, ""), None, "{method} {target}");
        }
    }

    #[test]
    fn the_paths_id_is_not_overruled_by_query_or_body() {
        let (_, args) = recognized("PUT", "/groups/1?id=2", r#"{"id":3,"name":"n"}"#).unwrap();
        assert_eq!(args, json!({ "id": "1", "name": "n" }));
    }

    #[test]
    fn a_body_that_is_no_json_object_names_nothing() {
        for body in ["", "[1]", "{", "name=n"] {
            assert_eq!(recognized("PUT", "/groups/1", body).unwrap().1, json!({ "id": "1" }), "{body}");
        }
    }
}
