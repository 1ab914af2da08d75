//! What went wrong, as RFC 9457 has it: `application/problem+json` with what happened and what to do next.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::answer::{Body, Reply};
use crate::runs::past::{Denied, Ground};
use crate::schedule::Silent;
use crate::{settings, store};

/// An answer that is not a good one.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// What happened and where.
    pub(super) detail: String,
    /// What to do next, where that is known.
    pub(super) next: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), next: None, headers: Vec::new() }
    }

    /// The request itself is wrong.
    pub(super) fn bad(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn next(self, next: impl Into<String>) -> Self {
        Self { next: Some(next.into()), ..self }
    }

    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn reply(self) -> Reply {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let object: Value = json!({
            "type": "about:blank",
            "title": title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "next": self.next,
        });
        let mut headers = self.headers;
        headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        Reply { status: self.status, headers, body: Body::Json(object) }
    }
}

/// Whoever asks here sees no paths and has no commands to type.
impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let status = match denied.ground {
            Ground::Absent => StatusCode::NOT_FOUND,
            Ground::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Ground::Busy => StatusCode::CONFLICT,
            Ground::Failed => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self { next: denied.ask, ..Self::new(status, denied.open.unwrap_or(denied.message)) }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.in_short())
    }
}

impl From<Silent> for Problem {
    fn from(silent: Silent) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, silent.to_string())
    }
}

impl From<settings::Error> for Problem {
    fn from(error: settings::Error) -> Self {
        let next = error.next_step().map(str::to_owned);
        Self { next, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()) }
    }
}
