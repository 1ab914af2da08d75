//! A request as it reaches a simulated platform, and what comes back.

use bytes::Bytes;
use serde_json::Value;

use super::decide::Wrong;
use super::fault::Wait;

/// A request to a simulated platform.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The platform's name.
    pub platform: String,
    /// HTTP's verb.
    pub method: String,
    /// Path and query below the platform's base address.
    pub target: String,
    /// Whether it is signed by the right credentials.
    pub authorised: bool,
    /// The body; may be empty.
    pub body: Bytes,
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(&'static str, String)>,
    /// The whole body, also where only a part of it arrives.
    pub body: Bytes,
    /// How much of it arrives.
    pub ending: Ending,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It arrives.
    Whole,
    /// It breaks off after so many bytes of the body.
    CutAt(usize),
    /// Nothing arrives: the connection is dropped.
    Dropped,
}

impl Answered {
    /// A JSON body. The number of a refusal that names one stands in a header as well: there AVEVA's clients look for it.
    pub(super) fn json(status: u16, value: &Value) -> Self {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        let number = value.get("OperationId").and_then(Value::as_str);
        headers.extend(number.map(|number| ("operation-id", number.to_owned())));
        Self { status, headers, body: Bytes::from(value.to_string()), ending: Ending::Whole }
    }

    /// No body; a number is the length of the list that was asked about.
    pub(super) fn headers(status: u16, value: &Value) -> Self {
        let total = value.as_u64().map(|total| ("total-count", total.to_string()));
        Self { status, headers: total.into_iter().collect(), body: Bytes::new(), ending: Ending::Whole }
    }

    /// What a fault puts in the place of an answer. `refuse` says a status in the platform's words.
    pub(super) fn gone_wrong(self, wrong: &Wrong, now_ms: i64, refuse: fn(u16, &str) -> Value) -> Self {
        match wrong {
            Wrong::Status(status, wait) => {
                let mut answer = Self::json(*status, &refuse(*status, words(*status)));
                if let Some(wait) = wait {
                    answer.headers.push(("retry-after", header(*wait, now_ms)));
                }
                answer
            }
            Wrong::Reset => Self { ending: Ending::Dropped, ..self },
            Wrong::Html => {
                let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
                let body = Bytes::from_static(b"<!doctype html><title>Sign in to continue</title><p>Please wait.</p>");
                Self { status: 200, headers, body, ending: Ending::Whole }
            }
            Wrong::Redirect => {
                let headers = vec![("location", "https://elsewhere.sandbox.example/".to_owned())];
                Self { status: 302, headers, body: Bytes::new(), ending: Ending::Whole }
            }
            Wrong::Truncate => {
                let half = self.body.len() / 2;
                Self { ending: Ending::CutAt(half), ..self }
            }
        }
    }
}

fn words(status: u16) -> &'static str {
    match status {
        401 => "Unauthorized",
        429 => "Too many requests",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Something went wrong",
    }
}

fn header(wait: Wait, now_ms: i64) -> String {
    match wait {
        Wait::Seconds(seconds) => seconds.to_string(),
        Wait::Date(seconds) => {
            // Dates have whole seconds: round up, so that the wait is not shorter than was asked for.
            let now = u64::try_from(now_ms).unwrap_or(0).div_ceil(1000);
            httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(now + seconds))
        }
    }
}
