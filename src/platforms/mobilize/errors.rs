//! Mobilize's refusals: `error_message` with `status_code` or `error_code`, or neither, or no JSON at all.

use serde_json::{Value, json};

use crate::catalog::{Code, Fault, Op};

/// Judges a reply. Two answers mean "not found" although their status says otherwise:
/// 500 with "Couldn't find", and 400 with code 404 in the body.
pub fn open(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    if (200..300).contains(&status) {
        return opened(op, status, body);
    }
    let value = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    let message = message(&value, body, status);
    let mut fault = Fault::by_status(status, message);
    fault.foreign |= fault.code == Code::NotFound && !is_own(body);
    if status == 500 && fault.message.contains("Couldn't find") {
        fault.code = Code::NotFound;
        fault.transient = false;
    }
    if status == 400 && body_code(&value) == Some(404) {
        fault.code = Code::NotFound;
    }
    if matches!(status, 400 | 409 | 422 | 429)
        && op.batch.is_some_and(|batch| batch.one_at_a_time)
        && is_busy(&fault.message)
    {
        fault.code = Code::Busy;
        fault.transient = true;
        fault.doubtful = false;
    }
    Err(fault)
}

/// A 2xx must be JSON, and must not say that it failed.
fn opened(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    let text = body.trim_ascii();
    if text.is_empty() && !op.is_read() {
        return Ok(());
    }
    match text.first() {
        Some(b'{' | b'[' | b'n') => {}
        _ => return Err(Fault::unreadable(status, format!("the answer is not JSON: {}", start(body)))),
    }
    if op.is_read() {
        return Ok(());
    }
    match serde_json::from_slice::<Value>(text) {
        Ok(value) if contradicts(&value) => {
            let words = format!("success and failure in one answer: {}", message(&value, body, status));
            Err(Fault::unreadable(status, words))
        }
        Ok(_) => Ok(()),
        // The document prints `{success:true}` without quotes.
        Err(_) if text.starts_with(b"{success:true") => Ok(()),
        Err(error) => Err(Fault::unreadable(status, format!("the answer is not JSON: {error}"))),
    }
}

/// Some servers send an empty message along with every success.
fn contradicts(value: &Value) -> bool {
    let said = value.get("error_message").is_some_and(|said| !said.is_null() && said.as_str() != Some(""));
    said || value.get("success") == Some(&Value::Bool(false))
}

fn message(value: &Value, body: &[u8], status: u16) -> String {
    let said = ["error_message", "message", "error"].iter().find_map(|key| value.get(*key)).map(|found| match found {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    match said {
        Some(text) if !text.is_empty() => text,
        _ if body.trim_ascii().is_empty() || body.trim_ascii() == b"{}" => format!("HTTP {status} without a message"),
        _ => start(body),
    }
}

/// Whether a refusal may be Mobilize's own: its documents show these keys, once without quotes; nothing at all is nobody's.
fn is_own(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    matches!(text, "" | "{}")
        || ["error_message", "error_code", "status_code", "\"error\""].iter().any(|key| text.contains(key))
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(200).collect::<String>().trim().to_owned()
}

fn body_code(value: &Value) -> Option<i64> {
    let code = value.get("status_code").or_else(|| value.get("error_code"))?;
    code.as_i64().or_else(|| code.as_str()?.trim().parse().ok())
}

/// The document allows one bulk at a time and does not say how a second one is refused.
fn is_busy(message: &str) -> bool {
    let message = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    // "Another group has this name" speaks of no job.
    says(&["in progress", "at a time", "being processed"])
        || (says(&["another", "running", "already", "progress"]) && says(&["bulk", "job", "import"]))
}

/// An error as Mobilize writes it.
pub fn body(status: u16, message: &str) -> Value {
    json!({ "status_code": status, "error_message": message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(noun: &str, verb: &str) -> &'static Op {
        super::super::PLATFORM.op(noun, verb).unwrap()
    }

    #[test]
    fn both_disguised_not_founds_are_not_found() {
        let fault = open(
            op("groups", "get"),
            500,
            br#"{"error_message": "Couldn't find Group with 'id'=123", "status_code": 500}"#,
        );
        let fault = fault.unwrap_err();
        assert_eq!((fault.code, fault.transient), (Code::NotFound, false));
        let fault = open(op("members", "update"), 400, br#"{"error_code":"404","error_message":"User id is missing"}"#);
        assert_eq!(fault.unwrap_err().code, Code::NotFound);
    }

    #[test]
    fn a_500_that_says_not_found_on_a_write_is_still_a_doubt() {
        let fault = open(op("members", "remove"), 500, br#"{"error_message":"Couldn't find User"}"#).unwrap_err();
        assert!(fault.doubtful);
    }

    #[test]
    fn every_shape_of_error_gives_its_words() {
        let of = |body: &[u8]| open(op("users", "list"), 422, body).unwrap_err().message;
        assert_eq!(of(br#"{"error_message":"a"}"#), "a");
        assert_eq!(of(br#"{"message":"b"}"#), "b");
        assert_eq!(of(br#"{"error":{"k":1}}"#), r#"{"k":1}"#);
        assert_eq!(of(b"<html>oops</html>"), "<html>oops</html>");
        assert_eq!(of(b"{error_code:404, \"error_message\":\"x\"}"), "{error_code:404, \"error_message\":\"x\"}");
        assert_eq!(of(b""), "HTTP 422 without a message");
    }

    #[test]
    fn a_second_bulk_is_busy_and_a_name_that_is_taken_is_refused() {
        let of = |message: &str| {
            let body = json!({ "error_message": message }).to_string();
            let fault = open(op("bulk", "create_groups"), 400, body.as_bytes()).unwrap_err();
            (fault.code, fault.doubtful)
        };
        for busy in ["Another bulk is running", "only one bulk at a time", "An import is already in progress"] {
            assert_eq!(of(busy), (Code::Busy, false), "{busy}");
        }
        for refused in ["Another group has this name", "name already exists in your network", "running out of seats"] {
            assert_eq!(of(refused), (Code::Refused, false), "{refused}");
        }
    }

    #[test]
    fn html_and_contradictions_with_200_are_unreadable() {
        assert!(open(op("users", "list"), 200, b"<html>").is_err());
        assert!(open(op("members", "remove"), 200, br#"{"success":false}"#).unwrap_err().doubtful);
        assert!(open(op("members", "invite"), 200, b"{success:true}").is_ok(), "as the document prints it");
        assert!(open(op("users", "update"), 200, br#"{"id":1,"error_message":null}"#).is_ok());
    }
}
