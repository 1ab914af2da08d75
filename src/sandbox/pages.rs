//! The sandbox's own pages: `/outbox`, `/journal`, `/faults`. They need no credentials, and refuse what a web page in a
//! browser could send: there is no CORS, a request with `Origin` or for another host is not answered.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Sandbox, parse_faults};
use crate::platforms;
use crate::world::Mail;

/// Answers what is no platform's.
pub(super) async fn answer(sandbox: &Sandbox, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Response {
    if !from_here(headers) {
        return said(StatusCode::FORBIDDEN, &json!({ "error": "only programs on this machine may ask this" }));
    }
    match (method, path) {
        ("GET", "/outbox") => said(StatusCode::OK, &outbox(sandbox).await),
        ("GET", "/journal") => said(StatusCode::OK, &sandbox.tally().to_value()),
        ("GET", "/faults") => said(StatusCode::OK, &sandbox.faults()),
        ("POST", "/faults") => match parse_faults(&String::from_utf8_lossy(body)) {
            Ok(faults) => {
                sandbox.set_faults(faults);
                said(StatusCode::OK, &sandbox.faults())
            }
            Err(error) => said(StatusCode::BAD_REQUEST, &json!({ "error": error.to_string() })),
        },
        ("DELETE", "/faults") => {
            sandbox.set_faults(Vec::new());
            said(StatusCode::OK, &sandbox.faults())
        }
        _ => said(StatusCode::NOT_FOUND, &json!({ "error": "there are /outbox, /journal, /faults and the platforms" })),
    }
}

async fn outbox(sandbox: &Sandbox) -> Value {
    let mut mails = Vec::new();
    for platform in platforms::all() {
        mails.extend(sandbox.outbox(platform.name).await.iter().map(|mail| shown(platform.name, mail)));
    }
    Value::Array(mails)
}

fn shown(platform: &str, mail: &Mail) -> Value {
    json!({
        "platform": platform,
        "at_ms": mail.at_ms,
        "to": mail.to,
        "user": mail.user,
        "from": mail.from,
        "sender": mail.sender,
        "group": mail.group,
        "group_name": mail.group_name,
        "operation": mail.operation,
    })
}

/// A browser names the page that asks, or (after a trick with names) a host that is not this machine.
fn from_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    !headers.contains_key(header::ORIGIN) && matches!(name, "127.0.0.1" | "localhost")
}

fn said(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
