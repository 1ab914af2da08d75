//! What AVEVA's refusals mean: the `ErrorResponse` of its document in one line, the operation's id at its end.

use serde_json::{Value, json};

use crate::catalog::{Answer, Fault, Op};

/// Judges a reply.
pub fn open(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    let value = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    match status {
        // Some of it, and some of it not: a list with holes decides nothing.
        207 => {
            let why = format!("only a part of it was answered: {}", words(&value, body, status));
            Err(Fault::unreadable(status, why))
        }
        200..=299 => match op.answer {
            Answer::One(_) if value.get("Id").and_then(Value::as_str).is_none() => {
                let why = format!("the answer is not the user: {}", start(body));
                Err(Fault::unreadable(status, why))
            }
            _ => Ok(()),
        },
        _ => Err(Fault::by_status(status, words(&value, body, status))),
    }
}

/// Error, reason and resolution as one line; answers of a gateway by their beginning.
fn words(value: &Value, body: &[u8], status: u16) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut say = |value: &Value| {
        for key in ["Error", "Reason", "Resolution"] {
            let text = text(value.get(key)).trim_end_matches('.').to_owned();
            if !text.is_empty() && !said.contains(&text) {
                said.push(text);
            }
        }
    };
    say(value);
    value.get("ChildErrors").and_then(Value::as_array).into_iter().flatten().for_each(say);
    let line = match said.is_empty() {
        false => said.join(". "),
        true if value.is_object() || body.trim_ascii().is_empty() => format!("HTTP {status} without a message"),
        true => start(body),
    };
    match text(value.get("OperationId")) {
        id if id.is_empty() => line,
        id => format!("{line} (operation {id})"),
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(200).collect::<String>().trim().to_owned()
}

/// A refusal as AVEVA writes it.
pub fn body(status: u16, message: &str) -> Value {
    json!({
        "OperationId": format!("sandbox-{status}"),
        "Error": message,
        "Reason": reason(status),
        "Resolution": resolution(status),
    })
}

fn reason(status: u16) -> &'static str {
    match status {
        400 => "The request cannot be carried out as it is.",
        401 => "The token is missing, unknown or no longer valid.",
        403 => "The client's roles do not allow it.",
        404 => "What the path names does not exist.",
        _ => "An error has occurred.",
    }
}

fn resolution(status: u16) -> &'static str {
    match status {
        400 | 404 => "Correct the request.",
        401 => "Ask for another token.",
        403 => "Give the client the role that is needed.",
        _ => "Try again later.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Code;

    fn judged(verb: &str, status: u16, body: &str) -> Result<(), Fault> {
        open(super::super::PLATFORM.op("users", verb).unwrap(), status, body.as_bytes())
    }

    #[test]
    fn a_refusal_is_one_line_with_the_operations_id() {
        let body = r#"{"OperationId":"00-4bf9","Error":"Tenant not found.","Reason":"No tenant t-1.","Resolution":"Check the tenant.","DynamicProperties":{},"x":null}"#;
        let fault = judged("add", 404, body).unwrap_err();
        assert_eq!(fault.message, "Tenant not found. No tenant t-1. Check the tenant (operation 00-4bf9)");
        assert_eq!((fault.code, fault.doubtful), (Code::NotFound, false));
        let child = r#"{"OperationId":"7","Error":"Some failed","ChildErrors":[{"Error":"Bad role","Reason":"unknown"},{"Error":"Bad role"}]}"#;
        assert_eq!(judged("add", 400, child).unwrap_err().message, "Some failed. Bad role. unknown (operation 7)");
    }

    #[test]
    fn a_refusal_without_a_body_or_from_a_gateway_is_one_all_the_same() {
        assert_eq!(judged("list", 401, "").unwrap_err().message, "HTTP 401 without a message");
        assert_eq!(judged("list", 401, "").unwrap_err().code, Code::Unauthorized);
        assert_eq!(judged("list", 502, "<html>Bad gateway").unwrap_err().message, "<html>Bad gateway");
        assert_eq!(judged("list", 500, "{}").unwrap_err().message, "HTTP 500 without a message");
        assert_eq!(judged("remove", 405, r#"{"Error":"Only in the primary region"}"#).unwrap_err().code, Code::Refused);
    }

    #[test]
    fn what_is_created_there_already_or_removed_has_worked_and_a_part_of_a_list_has_not() {
        for (verb, status, body) in [
            ("add", 200, r#"{"Id":"u-1"}"#),
            ("add", 201, r#"{"Id":"u-1","RoleIds":[]}"#),
            ("remove", 204, ""),
            ("list", 200, "[]"),
            ("count", 200, ""),
        ] {
            assert_eq!(judged(verb, status, body), Ok(()), "{verb} {status}");
        }
        assert!(judged("list", 207, "[]").unwrap_err().transient);
        for body in ["", "[]", "<html>", "{}", r#"{"Id":1}"#] {
            let fault = judged("add", 200, body).unwrap_err();
            assert_eq!((fault.code, fault.doubtful), (Code::Unreadable, true), "{body}");
        }
    }
}
