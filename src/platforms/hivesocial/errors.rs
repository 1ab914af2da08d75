//! HiveSocial's envelope: what `success` and `errors` mean, each alone and against the other. HTTP says little: a refusal
//! comes with 200.

use serde_json::{Value, json};

use crate::catalog::{Code, Fault, Op};

/// Judges a reply. `success: false` is a refusal, whatever the status says; `success: true` with errors is one more thing to
/// look at: a doubt for one subject, told row by row for many ([`super::parts`]).
pub fn open(op: &Op, status: u16, body: &[u8]) -> Result<(), Fault> {
    let value = serde_json::from_slice::<Value>(body).unwrap_or(Value::Null);
    if !(200..300).contains(&status) {
        return Err(Fault::by_status(status, words(&value, body, status)));
    }
    let Some(success) = value.get("success").and_then(flag) else {
        let why = format!("the answer does not say whether it worked: {}", start(body));
        return Err(Fault::unreadable(status, why));
    };
    let said = words(&value, body, status);
    match (success, Failures::of(&value).is_empty()) {
        (false, _) => Err(refusal(op, status, &said)),
        (true, true) => Ok(()),
        // Rows of people are told apart, and what an evaluation found is its answer.
        (true, false) if op.batch.is_some() || op.verb == "evaluate" => Ok(()),
        (true, false) => Err(Fault::unreadable(status, format!("success and errors in one answer: {said}"))),
    }
}

/// Nothing happened, unless the words speak of the system's own trouble: then some of it may have.
fn refusal(op: &Op, status: u16, said: &str) -> Fault {
    let mut fault = Fault::by_status(400, said);
    fault.status = status;
    fault.code = match () {
        () if says(said, &["not found", "not exist", "doesn't exist", "no longer exists"]) => Code::NotFound,
        () if says(
            said,
            &[
                "not authenticated",
                "authentication",
                "authorization is required",
                "authorization required",
                "invalid token",
                "token expired",
                "please log in",
            ],
        ) =>
        {
            Code::Unauthorized
        }
        () if says(said, &["not authorized", "unauthorized", "access denied", "permission"]) => Code::Forbidden,
        () if is_the_systems(said) => Code::Unavailable,
        () => Code::Refused,
    };
    if fault.code == Code::Unavailable {
        fault.transient = true;
        fault.doubtful = !op.is_read();
    }
    fault
}

/// Whether words speak of the platform's own trouble rather than of the request.
pub fn is_the_systems(said: &str) -> bool {
    says(said, &["system error", "internal error", "server error", "unexpected", "timeout", "timed out", "try again"])
}

fn says(said: &str, any: &[&str]) -> bool {
    let said = said.to_lowercase();
    any.iter().any(|words| said.contains(words))
}

/// What went wrong, as the envelope lists it: an array, one object, an object of lists, or nothing.
pub struct Failures(Vec<Failure>);

/// One entry of it.
pub struct Failure {
    /// The argument it is about, or nothing.
    pub key: String,
    /// Its value.
    pub value: String,
    /// What is wrong.
    pub message: String,
}

impl Failures {
    /// Those of an answer.
    pub fn of(answer: &Value) -> Self {
        let mut list = Vec::new();
        match answer.get("errors") {
            None | Some(Value::Null) => {}
            Some(Value::Array(entries)) => list.extend(entries.iter().filter_map(Failure::read)),
            // One entry, or the messages by the argument that they are about.
            Some(Value::Object(map)) if map.contains_key("message") => {
                list.extend(Failure::read(&Value::Object(map.clone())));
            }
            Some(Value::Object(map)) => {
                let entry = |(key, value): (&String, &Value)| {
                    let message = text(value);
                    (!message.is_empty()).then(|| Failure { key: key.clone(), value: String::new(), message })
                };
                list.extend(map.iter().filter_map(entry));
            }
            Some(other) => list.extend(Failure::read(other)),
        }
        Self(list)
    }

    /// Whether nothing went wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Failure> {
        self.0.iter()
    }
}

impl Failure {
    fn read(entry: &Value) -> Option<Self> {
        let at = |key: &str| entry.get(key).map(text).unwrap_or_default();
        let failure = match entry {
            Value::Object(_) => Self { key: at("key"), value: at("value"), message: at("message") },
            other => Self { key: String::new(), value: String::new(), message: text(other) },
        };
        (!failure.key.is_empty() || !failure.value.is_empty() || !failure.message.is_empty()).then_some(failure)
    }

    /// For people.
    pub fn sentence(&self) -> String {
        match (self.key.as_str(), self.value.as_str()) {
            ("", "") => self.message.clone(),
            ("", value) => format!("{} ({value})", self.message),
            (key, "") => format!("{key}: {}", self.message),
            (key, value) => format!("{key} ({value}): {}", self.message),
        }
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("; "),
        other => other.to_string(),
    }
}

/// Message and errors in one line.
fn words(value: &Value, body: &[u8], status: u16) -> String {
    let mut said: Vec<String> = value.get("message").map(text).into_iter().filter(|said| !said.is_empty()).collect();
    let failures = Failures::of(value);
    // A refusal without a subject says the same twice.
    let more = failures.iter().map(Failure::sentence).filter(|sentence| !said.contains(sentence));
    let more: Vec<String> = more.collect();
    said.extend(more);
    match said.is_empty() {
        false => said.join("; "),
        true if value.is_object() || body.trim_ascii().is_empty() => format!("HTTP {status} without a message"),
        true => start(body),
    }
}

fn start(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(200).collect::<String>().trim().to_owned()
}

/// The answer to a login: the token is the object itself, and `errors` an object for once.
pub fn token(token: &str) -> Value {
    json!({ "success": true, "message": "", "errors": {}, "object": token })
}

/// A refusal as HiveSocial writes it. The time is left out: the sandbox's answers do not depend on when they are asked for.
pub fn body(_status: u16, message: &str) -> Value {
    json!({ "success": false, "message": message, "errors": [{ "key": "", "value": "", "message": message }], "object": null })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(verb: &str, status: u16, body: &str) -> Result<(), Fault> {
        open(super::super::PLATFORM.op("invitations", verb).unwrap(), status, body.as_bytes())
    }

    #[test]
    fn success_with_errors_in_none_of_their_shapes_is_success() {
        for errors in ["[]", "null", "{}", "[null]", "[{}]", r#"[{"key":"","value":"","message":""}]"#, "\"\""] {
            let body = format!(r#"{{"success":true,"message":"Sint do dolor","errors":{errors},"object":{{}}}}"#);
            for verb in ["list", "delete", "resend", "evaluate", "bulk_import"] {
                assert_eq!(judged(verb, 200, &body), Ok(()), "{verb}: {errors}");
            }
        }
        assert_eq!(judged("delete", 200, r#"{"success":"True"}"#), Ok(()), "without errors at all");
    }

    #[test]
    fn a_failure_with_status_200_is_a_refusal_that_did_nothing() {
        for (errors, said) in [
            (r#"[{"key":"roleId","value":"1","message":"is not allowed"}]"#, "No; roleId (1): is not allowed"),
            (r#"{"key":"roleId","value":1,"message":"is not allowed"}"#, "No; roleId (1): is not allowed"),
            (r#"{"roleId":["is not allowed","at all"]}"#, "No; roleId: is not allowed; at all"),
            (r#"["is not allowed"]"#, "No; is not allowed"),
            ("null", "No"),
        ] {
            let body = format!(r#"{{"success":false,"message":"No","errors":{errors},"object":{{"echo":1}}}}"#);
            let fault = judged("bulk_import", 200, &body).unwrap_err();
            assert_eq!((fault.code, fault.status, fault.message.as_str()), (Code::Refused, 200, said), "{errors}");
            assert!(!fault.doubtful && !fault.transient, "{errors}");
        }
        let twice = body(200, "Unauthorized").to_string();
        assert_eq!(judged("list", 200, &twice).unwrap_err().message, "Unauthorized", "what is said twice is told once");
        let fault = judged("bulk_import", 200, r#"{"success":false}"#).unwrap_err();
        assert_eq!(fault.message, "HTTP 200 without a message");
    }

    #[test]
    fn the_words_of_a_failure_say_what_kind_it_is() {
        let of = |verb: &str, message: &str| {
            let fault = judged(verb, 200, &body(200, message).to_string()).unwrap_err();
            (fault.code, fault.doubtful)
        };
        assert_eq!(of("delete", "Invitation does not exist"), (Code::NotFound, false));
        assert_eq!(of("delete", "Authentication required"), (Code::Unauthorized, false));
        assert_eq!(of("delete", "You don't have permission to do this"), (Code::Forbidden, false));
        assert_eq!(of("delete", "System error occured"), (Code::Unavailable, true), "some of it may have happened");
        assert_eq!(of("list", "System error occured"), (Code::Unavailable, false));
    }

    #[test]
    fn one_subject_with_success_and_errors_is_a_doubt_and_a_list_is_asked_for_again() {
        let body = r#"{"success":true,"errors":[{"message":"System error occured"}],"object":{"invitations":[]}}"#;
        for verb in ["delete", "resend", "list"] {
            let fault = judged(verb, 200, body).unwrap_err();
            assert_eq!((fault.code, fault.doubtful, fault.transient), (Code::Unreadable, true, true), "{verb}");
            assert_eq!(fault.message, "success and errors in one answer: System error occured");
        }
        assert_eq!(judged("evaluate", 200, body), Ok(()), "its errors are its answer");
        assert_eq!(judged("bulk_import", 200, body), Ok(()), "told person by person");
    }

    #[test]
    fn what_does_not_say_whether_it_worked_is_no_answer() {
        for body in ["", "<html>", "{}", "[]", r#"{"success":1}"#, r#"{"success":null,"object":{}}"#] {
            assert!(judged("resend", 200, body).unwrap_err().doubtful, "{body}");
        }
        assert_eq!(judged("resend", 401, "").unwrap_err().code, Code::Unauthorized);
        assert!(judged("resend", 502, "<html>").unwrap_err().doubtful);
    }
}
