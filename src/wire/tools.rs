//! Tools of a server (Model Context Protocol): a request names a tool and holds its arguments, an answer is what the tool
//! gave, or the message that says no. What carries both (JSON-RPC, sessions, streams) is not seen here.
//!
//! The form of an answer: the tool's own JSON where it worked; else a whole JSON-RPC message, known by its `jsonrpc` key,
//! with an `error`, or with a `result` whose `isError` is `true`.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Request;
use super::rest::{from_wire, given, on_wire};
use crate::catalog::{Args, Call, Method, Op, Place, Platform};

/// The request of a call: the target is the tool's name, the body its arguments.
pub(super) fn build(call: &Call) -> Request {
    let mut arguments = Map::new();
    for place in [Place::Path, Place::Query, Place::Body] {
        arguments
            .extend(given(call, place).map(|(param, value)| (param.on_wire().to_owned(), on_wire(param.ty, value))));
    }
    let body = Some(Bytes::from(Value::Object(arguments).to_string()));
    Request { method: Method::Post, target: call.op.path.to_owned(), body }
}

/// The tool that a request names, with its arguments.
pub(super) fn recognize(platform: &Platform, method: &str, target: &str, body: &[u8]) -> Option<(&'static Op, Args)> {
    let op = platform.ops.iter().find(|op| op.path == target).filter(|_| method == Method::Post.as_str())?;
    let arguments = match serde_json::from_slice(body) {
        Ok(Value::Object(arguments)) => arguments,
        _ => Map::new(),
    };
    Some((op, Args::from_checked(from_wire(op.params, arguments))))
}

/// A tool's own no.
pub fn refused(words: &Value) -> Value {
    let text = words.to_string();
    json!({ "jsonrpc": "2.0", "result": { "content": [{ "type": "text", "text": text }], "isError": true } })
}

/// The server's no, by JSON-RPC's number for it.
pub fn failed(code: i64, words: &str) -> Value {
    json!({ "jsonrpc": "2.0", "error": { "code": code, "message": words } })
}

/// Whether this is a whole message that says no, rather than what a tool gave.
pub fn is_no(answer: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Top<'a> {
        #[serde(borrow)]
        jsonrpc: Option<&'a RawValue>,
    }
    object::<Top<'_>>(answer).is_ok_and(|top| top.jsonrpc.is_some())
}

/// What is wrong with a message that should be an answer.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// Not JSON, or not JSON-RPC.
    #[error("the answer is no JSON-RPC message: {0}")]
    Json(#[from] serde_json::Error),
    /// Neither a result nor an error.
    #[error("the answer has neither `result` nor `error`")]
    Empty,
    /// JSON-RPC's messages, and the results of tools, are objects.
    #[error("the answer is no JSON-RPC message but {0}")]
    NoObject(&'static str),
    /// The tool wants something first.
    #[error("the tool did not finish: it wants `{0}`")]
    Unfinished(String),
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    method: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given<'a> {
    #[serde(borrow, default)]
    content: Vec<Part<'a>>,
    #[serde(borrow)]
    structured_content: Option<&'a RawValue>,
    #[serde(default)]
    is_error: bool,
    result_type: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

/// Whether a message is the answer to the request of this id, rather than a notice or a question on the way to it. An error
/// that names no request is.
pub fn answers(message: &[u8], id: &str) -> Result<bool, ToolsError> {
    let message: Message<'_> = object(message)?;
    let same =
        message.id.is_none_or(|of| matches!(of.get().trim_matches('"'), known if known == id || known == "null"));
    Ok(message.method.is_none() && same && (message.id.is_some() || message.error.is_some()))
}

/// The answer to a question of the server on the way to its answer; `None` where the message is none. A sign of life is
/// given; whatever else a server may ask of its clients, beadle does not offer.
pub fn replied(message: &[u8]) -> Option<Value> {
    #[derive(Deserialize)]
    struct Question {
        id: Option<Value>,
        method: Option<String>,
    }
    let Question { id, method } = object(message).ok()?;
    let id = id.filter(|id| id.is_string() || id.is_number())?;
    Some(match method?.as_str() {
        "ping" => json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
        other => {
            let words = format!("beadle calls tools and does nothing else: `{other}` is not for it");
            json!({ "jsonrpc": "2.0", "id": id, "error": { "code": NO_METHOD, "message": words } })
        }
    })
}

/// JSON-RPC's number for a method that is not known.
const NO_METHOD: i64 = -32601;

/// Reads an object: a list is none, whatever stands in it.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, ToolsError> {
    match json.trim_ascii_start().first() {
        Some(b'[') => Err(ToolsError::NoObject("a list")),
        _ => Ok(serde_json::from_slice(json)?),
    }
}

/// What a tool gave, in the form that this module's head describes. Nothing is copied but a text's escapes.
pub fn opened(message: &Bytes) -> Result<Bytes, ToolsError> {
    let read: Message<'_> = object(message)?;
    if read.error.is_some_and(|error| error.get() != "null") {
        return Ok(message.clone());
    }
    let result = read.result.ok_or(ToolsError::Empty)?;
    let given: Given<'_> = object(result.get().as_bytes())?;
    if given.is_error {
        return Ok(message.clone());
    }
    if let Some(wanted) = given.result_type.filter(|kind| kind != "complete") {
        return Err(ToolsError::Unfinished(wanted.into_owned()));
    }
    let text = given.content.iter().find_map(|part| part.text);
    match given
        .structured_content
        .filter(|held| !matches!(held.get(), "null") && (text.is_none() || held.get() != "{}"))
    {
        Some(held) => structured(message, held),
        None => text.map_or_else(|| Ok(Bytes::from_static(b"null")), |text| plain(message, text)),
    }
}

/// Some servers wrap what is no object in one with the only key `result`.
fn structured(message: &Bytes, held: &RawValue) -> Result<Bytes, ToolsError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    match object::<Wrapped<'_>>(held.get().as_bytes()) {
        Ok(wrapped) if wrapped.result.get().starts_with('"') => plain(message, wrapped.result),
        Ok(wrapped) => Ok(message.slice_ref(wrapped.result.get().as_bytes())),
        Err(_) => Ok(message.slice_ref(held.get().as_bytes())),
    }
}

fn plain(message: &Bytes, text: &RawValue) -> Result<Bytes, ToolsError> {
    let quoted = text.get().as_bytes();
    match quoted {
        [b'"', plain @ .., b'"'] if !plain.contains(&b'\\') => Ok(message.slice_ref(plain)),
        _ => Ok(Bytes::from(serde_json::from_slice::<String>(quoted)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(message: &str) -> String {
        let opened = opened(&Bytes::copy_from_slice(message.as_bytes()));
        opened.map_or_else(|error| format!("! {error}"), |bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn what_a_tool_gave_is_found_as_structure_or_as_json_in_a_text() {
        let of = |result: &str| open(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#));
        assert_eq!(of(r#"{"structuredContent":{"id":"u1"},"content":[]}"#), r#"{"id":"u1"}"#);
        let both = r#"{"content":[{"type":"text","text":"old"}],"structuredContent":{"users":[1]}}"#;
        assert_eq!(of(both), r#"{"users":[1]}"#, "the structure wins");
        assert_eq!(of(r#"{"content":[{"type":"text","text":"[{\"id\":\"ä\"}]"}]}"#), r#"[{"id":"ä"}]"#);
        assert_eq!(of(r#"{"content":[{"type":"text","text":"3"}]}"#), "3");
        assert_eq!(of(r#"{"structuredContent":{},"content":[{"type":"text","text":"[]"}]}"#), "[]");
        assert_eq!(of(r#"{"structuredContent":{"result":[1,2]}}"#), "[1,2]");
        assert_eq!(of(r#"{"structuredContent":{"result":"[1]"}}"#), "[1]");
        assert_eq!(of(r#"{"structuredContent":{"result":[1],"more":2}}"#), r#"{"result":[1],"more":2}"#);
        assert_eq!(of(r#"{"content":[{"type":"image","data":"x"},{"type":"text","text":"7"}]}"#), "7");
        assert_eq!(of(r#"{"structuredContent":[1]}"#), "[1]", "a list is nothing wrapped");
        assert_eq!(of(r#"{"structuredContent":[]}"#), "[]");
        assert_eq!(of("{}"), "null");
        assert_eq!(of(r#"{"resultType":"complete","content":[{"type":"text","text":"1"}]}"#), "1");
        assert_eq!(of(r#"{"resultType":"input_required"}"#), "! the tool did not finish: it wants `input_required`");
    }

    #[test]
    fn a_no_of_the_tool_or_of_the_server_stays_a_whole_message() {
        for words in [refused(&json!({ "error": true, "message": "no" })), failed(-32000, "PCID is missing")] {
            assert_eq!(open(&words.to_string()), words.to_string());
        }
        let message = r#"{"jsonrpc":"2.0","id":1,"error":null,"result":{"structuredContent":{"a":1}}}"#;
        assert_eq!(open(message), r#"{"a":1}"#);
        assert!(open(r#"{"jsonrpc":"2.0","id":1}"#).starts_with("! the answer has neither"));
        assert_eq!(open(r#"["2.0",1,null,null,null]"#), "! the answer is no JSON-RPC message but a list");
        assert!(open("<html>").starts_with("! the answer is no JSON-RPC message"));
    }

    #[test]
    fn notices_and_questions_on_the_way_are_no_answers() {
        let answers = |message: &str| answers(message.as_bytes(), "7").unwrap();
        assert!(answers(r#"{"jsonrpc":"2.0","id":7,"result":{}}"#) && answers(r#"{"id":"7","error":{}}"#));
        assert!(answers(r#"{"error":{"code":1}}"#) && answers(r#"{"id":null,"error":{"code":1}}"#));
        assert!(!answers(r#"{"id":8,"result":{}}"#) && !answers(r#"{"method":"notifications/progress","params":{}}"#));
        assert!(!answers(r#"{"id":7,"method":"ping"}"#), "a question of the server may have any id");
        let reply = |message: &str| replied(message.as_bytes());
        assert_eq!(reply(r#"{"id":7,"method":"ping"}"#), Some(json!({ "jsonrpc": "2.0", "id": 7, "result": {} })));
        assert_eq!(reply(r#"{"id":"s-1","method":"ping","params":{}}"#).unwrap()["id"], "s-1");
        assert_eq!(reply(r#"{"id":7,"method":"roots/list"}"#).unwrap()["error"]["code"], -32601);
        for none in [
            r#"{"method":"notifications/progress"}"#,
            r#"{"id":7,"result":{}}"#,
            "[]",
            "x",
            r#"{"id":null,"method":"ping"}"#,
        ] {
            assert_eq!(reply(none), None, "{none}");
        }
    }
}
