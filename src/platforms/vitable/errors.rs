//! Vitable's refusals: flat, with the same words twice and a number to ask its support by; one page of its documents nests them
//! under `error`.

use serde_json::{Value, json};

use crate::catalog::{Code, Fault, Op};

/// Judges a reply.
pub fn open(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    let value = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    if (200..300).contains(&status) {
        return match value.get("data") {
            Some(_) => Ok(()),
            None => Err(Fault::unreadable(status, format!("the answer has no `data`: {}", start(body)))),
        };
    }
    let said = words(&value, body, status);
    let mut fault = Fault::by_status(status, &said);
    // A reference that another group has: nothing was made. Elsewhere nobody says what a conflict did.
    if status == 409 && op.noun == "groups" {
        fault.doubtful = false;
    }
    if matches!(status, 409 | 422) && op.whole.is_some() && is_busy(&said) {
        (fault.code, fault.transient, fault.doubtful) = (Code::Busy, true, false);
    }
    Err(fault)
}

/// The platform's own words, with its code and its number.
fn words(value: &Value, body: &[u8], status: u16) -> String {
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let said = ["/message", "/error", "/error/message"].iter().find_map(|pointer| text(pointer));
    let said = match said {
        Some(said) => said.to_owned(),
        None if body.trim_ascii().is_empty() => format!("HTTP {status} without a message"),
        None => start(body),
    };
    let more = [("code", text("/app_error_code").or_else(|| text("/error/code"))), ("trace", text("/trace_id"))];
    let more: Vec<String> = more.into_iter().filter_map(|(name, text)| Some(format!("{name} {}", text?))).collect();
    match more.is_empty() {
        true => said,
        false => format!("{said} ({})", more.join(", ")),
    }
}

fn is_busy(said: &str) -> bool {
    let said = said.to_lowercase();
    ["in progress", "already running", "being processed", "another sync"].iter().any(|words| said.contains(words))
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(200).collect::<String>().trim().to_owned()
}

/// An error as Vitable writes it; its clients cannot do without any of these keys.
pub fn body(status: u16, message: &str) -> Value {
    let code = match status {
        401 => Some("unauthorized"),
        404 => Some("not_found"),
        409 => Some("conflict"),
        _ => None,
    };
    json!({
        "timestamp": "2026-01-01T00:00:00Z",
        "message": message,
        "error": message,
        "app_error_code": code,
        "trace_id": "trc_sandbox",
    })
}
