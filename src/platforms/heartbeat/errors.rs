//! What Heartbeat's answers mean: JSON-RPC errors, tools that say no in words, and HTTP errors of the server before them.
//! Its one rule: "not found" is believed of the tool only, never of the server's address or of a session.

use serde_json::{Value, json};

use crate::catalog::{Answer, Code, Fault, Op};

/// Judges a reply. Its body is what the tool gave, or a whole JSON-RPC message that says no.
pub fn open(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    // A list is no object whose keys have lost their names.
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    let value = if is_object { serde_json::from_slice::<Top>(body).unwrap_or_default() } else { Top::default() };
    if !(200..300).contains(&status) {
        let mut fault = Fault::by_status(status, told(&value.whole(body)).unwrap_or_else(|| start(body)));
        if fault.code == Code::NotFound {
            fault.code = Code::Refused;
            fault.message = format!("{}; check the connection's `base_url`", fault.message);
        }
        return Err(fault);
    }
    let no = match () {
        () if value.error.is_some() || value.jsonrpc.is_some() => Some(value.whole(body)),
        () if value.says_no() => Some(value.whole(body)),
        () => None,
    };
    match no {
        Some(no) => refusal(op, status, &no),
        None => payload(op, status, body),
    }
}

/// The keys that decide; the rest of a large answer is not looked at.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Top {
    jsonrpc: Option<Value>,
    error: Option<Value>,
    success: Option<bool>,
    code: Option<Value>,
    message: Option<Value>,
}

impl Top {
    /// `{ "success": false }`, or the shape of a validation error.
    fn says_no(&self) -> bool {
        self.success == Some(false) || (self.success.is_none() && self.code.is_some() && self.message.is_some())
    }

    fn whole(&self, body: &[u8]) -> Value {
        serde_json::from_slice(body).unwrap_or(Value::Null)
    }
}

/// A tool's answer that is no refusal.
fn payload(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    let text = body.trim_ascii();
    let is_json = matches!(text.first(), Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9'))
        || matches!(text, b"null" | b"true" | b"false");
    match op.answer {
        Answer::Many(..) if text == b"null" => {
            Err(Fault::unreadable(status, "the tool answered with nothing in the place of a list"))
        }
        Answer::Done if is_json => Ok(()),
        // Words where nothing but "it worked" is expected: they may say that it did not.
        Answer::Done => match by_words(&start(body)) {
            Some((Code::NotFound | Code::Refused, _)) | None => Ok(()),
            Some(_) => Err(Fault::unreadable(status, start(body))),
        },
        _ if is_json => Ok(()),
        _ => refusal(op, status, &Value::String(start(body))),
    }
}

/// What a no means. Nothing has happened where the words say that the request itself was not taken; else a write may have.
fn refusal(op: &Op, status: u16, no: &Value) -> Result<(), Fault> {
    let words = told(no).unwrap_or_else(|| no.to_string());
    let meant = by_words(&format!("{} {words}", kind(no).unwrap_or_default()));
    let number = no.pointer("/error/code").and_then(Value::as_i64);
    if op.verb == "reactivate" && words.to_lowercase().contains("already active") {
        return Ok(());
    }
    let (code, sure) = match (meant, number) {
        (Some(meant), _) => meant,
        // No such tool, no such method, no such arguments: read before anything is done.
        (None, Some(-32602 | -32601 | -32600 | -32700)) => (Code::Refused, true),
        (None, Some(_)) => (Code::Unavailable, false),
        (None, None) => (Code::Refused, false),
    };
    let mut fault = Fault::by_status(400, words);
    (fault.code, fault.status) = (code, status);
    fault.transient = matches!(code, Code::Unavailable | Code::TooMany);
    fault.doubtful = !sure && !op.is_read();
    Err(fault)
}

/// What words mean, and whether it is certain that nothing happened.
fn by_words(words: &str) -> Option<(Code, bool)> {
    let said = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|words| said.contains(words));
    let code = |number: &str| said.split(|c: char| !c.is_ascii_digit()).any(|part| part == number);
    Some(match () {
        () if says(&[
            "timeout",
            "timed out",
            "internal",
            "socket hang up",
            "econnreset",
            "bad gateway",
            "unavailable",
        ]) =>
        {
            (Code::Unavailable, false)
        }
        () if says(&["rate limit", "too many"]) || code("429") => (Code::TooMany, true),
        () if ["500", "502", "503", "504"].into_iter().any(code) => (Code::Unavailable, false),
        () if says(&["unauthorized", "invalid token", "token expired", "invalid api key"]) || code("401") => {
            (Code::Unauthorized, true)
        }
        () if says(&["forbidden", "permission", "not allowed", "api access"]) || code("403") => (Code::Forbidden, true),
        () if says(&["could not find", "not found", "does not exist", "doesn't exist", "no such"]) || code("404") => {
            (Code::NotFound, true)
        }
        () if says(&[
            "already",
            "validation",
            "invalid",
            "required",
            "missing",
            "must ",
            "has child",
            "cannot be",
            "unsupported",
        ]) || ["400", "405", "413", "415", "422"].into_iter().any(code) =>
        {
            (Code::Refused, true)
        }
        () => return None,
    })
}

/// The words of a no, wherever they stand.
fn told(no: &Value) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(error) = no.get("error").filter(|error| error.is_object()) {
        return text(error.get("message")).or_else(|| Some(error.to_string()));
    }
    if let Some(result) = no.get("result") {
        let said = said(result);
        return said.iter().find_map(told).or_else(|| said.first().map(Value::to_string));
    }
    text(Some(no)).or_else(|| text(no.get("message"))).or_else(|| text(no.get("error")))
}

/// What a tool said, in the order in which it is believed: its texts, each as JSON where it is an object, then its
/// structure, which some servers wrap in the key `result`.
fn said(result: &Value) -> Vec<Value> {
    let texts = result.get("content").and_then(Value::as_array).into_iter().flatten();
    let texts = texts.filter_map(|part| part.get("text")?.as_str()).filter(|text| !text.trim().is_empty());
    let read = |text: &str| serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
    let structure = result.get("structuredContent").map(|held| match held.get("result") {
        Some(inner) if held.as_object().is_some_and(|held| held.len() == 1) => inner,
        _ => held,
    });
    let structure = structure.filter(|held| !held.is_null() && *held != &json!({}));
    let structure = structure.map(|held| held.as_str().and_then(read).unwrap_or_else(|| held.clone()));
    texts.map(|text| read(text).unwrap_or_else(|| text.into())).chain(structure).collect()
}

/// The word by which a tool's own error names its kind: `VALIDATION_ERROR`.
fn kind(no: &Value) -> Option<String> {
    let own = |no: &Value| no.get("code").and_then(Value::as_str).map(str::to_owned);
    no.get("result").map(said).unwrap_or_default().iter().find_map(own).or_else(|| own(no))
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(200).collect::<String>().trim().to_owned()
}

/// What the server answers where no tool is reached.
pub fn body(_status: u16, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": null, "error": { "code": -32603, "message": message } })
}
