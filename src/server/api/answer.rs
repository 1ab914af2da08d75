//! From a request to its answer: door, route, what it says, the act.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::Api;
use super::door::{Access, is_json};
use super::field::Given;
use super::listen::Caller;
use super::problem::Problem;
use super::route::{Found, find};

/// The longest body that is read, in bytes: nobody has more to say.
const LONGEST: usize = 64 * 1024;
/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an act is told.
pub(super) struct Asked {
    /// What stands for the names in the path, in their order.
    pub(super) path: Vec<String>,
    pub(super) query: Given,
    pub(super) body: Given,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Body,
}

/// What an answer holds.
pub(super) enum Body {
    Json(Value),
    Text(String),
}

impl Reply {
    pub(super) fn json(status: StatusCode, value: Value) -> Self {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self { status, headers: vec![kind], body: Body::Json(value) }
    }

    pub(super) fn ok(value: Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(super) fn text(status: StatusCode, kind: &'static str, text: String) -> Self {
        Self { status, headers: vec![(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body: Body::Text(text) }
    }
}

impl Asked {
    /// What stands for the first name in the path.
    pub(super) fn name(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }
}

pub(super) async fn answer(
    State(api): State<Arc<Api>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    request: Request,
) -> Response {
    let _open = caller.watch.request();
    let (parts, body) = request.into_parts();
    let reply = handled(&api, &parts, body, caller.peer).await.unwrap_or_else(Problem::reply);
    // As all that leaves: a secret that got in somewhere gets no further.
    let text = match reply.body {
        Body::Json(value) => format!("{value}\n"),
        Body::Text(text) => text,
    };
    let mut response = Response::new(axum::body::Body::from(api.redactor.redact(&text).into_owned()));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    for (name, value) in reply.headers {
        headers.insert(name, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn handled(api: &Arc<Api>, parts: &Parts, body: axum::body::Body, peer: SocketAddr) -> Result<Reply, Problem> {
    // Whoever only wants to know how long it is asks for the same.
    let method = if parts.method == Method::HEAD { Method::GET } else { parts.method.clone() };
    let found = find(&method, parts.uri.path());
    let access = match &found {
        Found::Route(route, _) => route.access,
        Found::OtherMethods(_) | Found::Nothing => Access::Token,
    };
    api.door.enter(access, parts, peer.ip())?;
    let (route, path) = match found {
        Found::Route(route, path) => (route, path),
        Found::OtherMethods(allowed) => {
            let words = format!("{} does not work here", parts.method);
            let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, words).next(format!("ask with {allowed}"));
            let allowed = HeaderValue::from_str(&allowed).unwrap_or(HeaderValue::from_static("GET"));
            return Err(problem.header(header::ALLOW, allowed));
        }
        Found::Nothing => {
            let problem = Problem::new(StatusCode::NOT_FOUND, "there is nothing of this path");
            return Err(problem.next("what there is: GET /api/v1/openapi.json"));
        }
    };
    let given = match method == Method::GET {
        true => Given::default(),
        false if is_json(&parts.headers) => Given::of_body(&read(body).await?, route.body)?,
        false if says_nothing(parts, &body) => Given::of_body(b"", route.body)?,
        false => {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "what changes something comes as JSON");
            return Err(problem.next("send it with Content-Type: application/json"));
        }
    };
    let query = Given::of_query(parts.uri.query().unwrap_or_default(), route.query)?;
    (route.act)(Arc::clone(api), Asked { path, query, body: given }).await
}

/// Whether there is no body at all.
fn says_nothing(parts: &Parts, body: &axum::body::Body) -> bool {
    !parts.headers.contains_key(header::CONTENT_TYPE) && HttpBody::is_end_stream(body)
}

async fn read(body: axum::body::Body) -> Result<Bytes, Problem> {
    let reading = axum::body::to_bytes(body, LONGEST);
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => {
            let words = format!("the body broke off, or is longer than {LONGEST} bytes");
            Err(closing(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, words)))
        }
        Err(_) => Err(closing(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long to come"))),
    }
}

/// What is left of a body is not waited for.
fn closing(problem: Problem) -> Problem {
    problem.header(header::CONNECTION, HeaderValue::from_static("close"))
}
