//! The sandbox's side of the Model Context Protocol, for platforms whose operations are tools: simple streamable HTTP, in
//! the variants that real servers have. It knows messages, not what the tools do.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{Answered, Ending};
use crate::catalog::{Method, Op, Param, Platform, Protocol, Ty};

/// What a server of tools is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolsServer {
    /// How answers come.
    pub answers: Answers,
    /// Where in an answer the tool's JSON stands.
    pub content: Content,
    /// Whether calls need a session.
    pub sessions: Sessions,
}

/// How answers come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// As one JSON message.
    #[default]
    Json,
    /// As events, a notice before the answer.
    Events,
}

/// Where in an answer the tool's JSON stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// In a block of text; an object as structured content as well.
    #[default]
    Both,
    /// In a block of text alone.
    Text,
    /// As structured content alone; what is no object under the key `result`.
    Structured,
}

/// Whether calls need a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sessions {
    /// A handshake is answered, and calls are taken without one.
    #[default]
    Optional,
    /// A handshake gives a session, and without one nothing is taken.
    Demanded,
    /// There is no handshake.
    None,
}

/// The newest version of the protocol that the sandbox speaks; versions are days.
const VERSION: &str = "2025-11-25";
const SESSION: &str = "mcp-session-id";

/// A server of tools with its sessions.
#[derive(Debug, Default)]
pub(super) struct Desk {
    server: ToolsServer,
    sessions: Mutex<(u64, BTreeSet<String>)>,
}

/// What is to be done with a request.
pub(super) enum Message {
    /// This is the answer.
    Answer(Answered),
    /// A tool is called: the target and body of the request, and the id that its answer needs.
    Call { target: String, body: Bytes, id: Value },
}

impl Desk {
    pub(super) fn new(server: ToolsServer) -> Self {
        Self { server, sessions: Mutex::default() }
    }

    /// Forgets all sessions, as a server does that is started anew.
    pub(super) fn forget_sessions(&self) {
        self.sessions().1.clear();
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, (u64, BTreeSet<String>)> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a request to the server's address.
    pub(super) fn read(&self, platform: &Platform, method: &str, headers: &HeaderMap, body: &[u8]) -> Message {
        let session = headers.get(SESSION).and_then(|value| value.to_str().ok());
        if method == "DELETE" && session.is_some_and(|session| self.sessions().1.remove(session)) {
            return Message::Answer(empty(200));
        }
        if method != Method::Post.as_str() {
            return Message::Answer(empty(405));
        }
        let Ok(Value::Object(message)) = serde_json::from_slice(body) else {
            return Message::Answer(Answered::json(400, &error(&Value::Null, -32700, "Parse error")));
        };
        let asked = message.get("method").and_then(Value::as_str).unwrap_or_default();
        let id = message.get("id").cloned();
        let params = message.get("params").cloned().unwrap_or_default();
        if let (Some(id), "initialize") = (&id, asked) {
            return Message::Answer(self.initialize(platform, id, &params));
        }
        if let Some(refused) = self.without_session(session) {
            return Message::Answer(refused);
        }
        let Some(id) = id else { return Message::Answer(empty(202)) };
        match asked {
            "ping" => Message::Answer(self.message(&json!({ "jsonrpc": "2.0", "id": id, "result": {} }))),
            "tools/list" => Message::Answer(
                self.message(&json!({ "jsonrpc": "2.0", "id": id, "result": { "tools": tools(platform) } })),
            ),
            "tools/call" => match called(platform, &params) {
                Ok((target, body)) => Message::Call { target, body, id },
                Err((code, words)) => Message::Answer(self.message(&error(&id, code, &words))),
            },
            other => Message::Answer(self.message(&error(&id, -32601, &format!("Method not found: {other}")))),
        }
    }

    fn initialize(&self, platform: &Platform, id: &Value, params: &Value) -> Answered {
        if self.server.sessions == Sessions::None {
            return self.message(&error(id, -32601, "Method not found: initialize"));
        }
        let asked = params.get("protocolVersion").and_then(Value::as_str).unwrap_or(VERSION);
        let mut answered = self.message(&json!({ "jsonrpc": "2.0", "id": id, "result": {
            "protocolVersion": asked.min(VERSION),
            "capabilities": { "tools": {} },
            "serverInfo": { "name": platform.prefix.trim_start_matches('/'), "version": "1.0.0" },
        } }));
        if self.server.sessions == Sessions::Demanded {
            let mut sessions = self.sessions();
            sessions.0 += 1;
            let session = format!("session-{}", sessions.0);
            sessions.1.insert(session.clone());
            answered.headers.push((SESSION, session));
        }
        answered
    }

    /// What is answered where a session is demanded and none, or one that nobody knows, is named.
    fn without_session(&self, session: Option<&str>) -> Option<Answered> {
        let known = session.is_some_and(|session| self.sessions().1.contains(session));
        match (self.server.sessions, session) {
            (Sessions::Demanded, None) => Some(Answered::json(
                400,
                &error(&Value::Null, -32000, "Bad Request: Mcp-Session-Id header is required"),
            )),
            (Sessions::Demanded, Some(_)) if !known => {
                Some(Answered::json(404, &error(&Value::Null, -32001, "Session not found")))
            }
            _ => None,
        }
    }

    /// The answer to a call: what the simulation gave, in this server's form.
    pub(super) fn wrap(&self, answered: Answered, id: &Value) -> Answered {
        let is_json = answered
            .headers
            .iter()
            .any(|(name, value)| *name == "content-type" && value.starts_with("application/json"));
        if answered.status != 200 || !is_json {
            return answered;
        }
        let payload: Value = serde_json::from_slice(&answered.body).unwrap_or_default();
        let message = match payload {
            Value::Object(mut no) if no.contains_key("jsonrpc") => {
                no.insert("id".into(), id.clone());
                Value::Object(no)
            }
            payload => json!({ "jsonrpc": "2.0", "id": id, "result": self.result(payload) }),
        };
        let wrapped = self.message(&message);
        let ending = match answered.ending {
            Ending::CutAt(_) => Ending::CutAt(wrapped.body.len() / 2),
            ending => ending,
        };
        Answered { ending, ..wrapped }
    }

    fn result(&self, payload: Value) -> Value {
        let text = || json!([{ "type": "text", "text": payload.to_string() }]);
        match (self.server.content, &payload) {
            (Content::Text, _) => json!({ "content": text() }),
            (Content::Both, Value::Object(_)) => json!({ "content": text(), "structuredContent": payload }),
            (Content::Both, _) => json!({ "content": text() }),
            (Content::Structured, Value::Object(_)) => json!({ "content": [], "structuredContent": payload }),
            (Content::Structured, _) => json!({ "content": [], "structuredContent": { "result": payload } }),
        }
    }

    fn message(&self, message: &Value) -> Answered {
        match self.server.answers {
            Answers::Json => Answered::json(200, message),
            Answers::Events => {
                let notice = json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": { "level": "info", "data": "working" } });
                let body =
                    format!(": open\n\nevent: message\ndata: {notice}\n\nevent: message\nid: 1\ndata: {message}\n\n");
                let headers = vec![("content-type", "text/event-stream".to_owned())];
                Answered { status: 200, headers, body: Bytes::from(body), ending: Ending::Whole }
            }
        }
    }
}

fn empty(status: u16) -> Answered {
    Answered { status, headers: Vec::new(), body: Bytes::new(), ending: Ending::Whole }
}

fn error(id: &Value, code: i64, words: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": words } })
}

/// Which tool a call means, with its arguments but the one that all have.
fn called(platform: &Platform, params: &Value) -> Result<(String, Bytes), (i64, String)> {
    let name = params.get("name").and_then(Value::as_str).unwrap_or_default();
    let target = format!("/{name}");
    let op =
        platform.ops.iter().find(|op| op.path == target).ok_or_else(|| (-32602, format!("Unknown tool: {name}")))?;
    let mut arguments = params.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Protocol::Tools { with: (always, _), .. } = platform.protocol {
        let given = arguments.keys().find(|name| name.eq_ignore_ascii_case(always)).cloned();
        let given = given.and_then(|name| arguments.shift_remove(&name)).and_then(|value| value.as_str().map(str::len));
        if given.unwrap_or(0) == 0 {
            return Err((-32000, format!("{always} is required")));
        }
    }
    let missing = op
        .params
        .iter()
        .find(|param| param.required && param.place.is_sent() && !arguments.contains_key(param.on_wire()));
    if let Some(missing) = missing {
        return Err((-32602, format!("Invalid arguments: {} is required", missing.on_wire())));
    }
    Ok((target, Bytes::from(Value::Object(arguments).to_string())))
}

/// The list of tools, as the table has them.
fn tools(platform: &Platform) -> Value {
    platform.ops.iter().map(|op| tool(platform, op)).collect()
}

fn tool(platform: &Platform, op: &Op) -> Value {
    let sent = || op.params.iter().filter(|param| param.place.is_sent());
    let mut properties: Map<String, Value> = sent()
        .map(|param| {
            let mut schema = schema(param);
            schema["description"] = param.doc.into();
            (param.on_wire().to_owned(), schema)
        })
        .collect();
    let mut required: Vec<&str> = sent().filter(|param| param.required).map(Param::on_wire).collect();
    if let Protocol::Tools { with: (always, _), .. } = platform.protocol {
        properties.insert(always.into(), json!({ "type": "string" }));
        required.insert(0, always);
    }
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "name": op.path.trim_start_matches('/'), "description": op.doc, "inputSchema": schema })
}

/// A list without a word on its items is refused by clients that hand tools on to a model.
fn schema(param: &Param) -> Value {
    let list = |of: &str| json!({ "type": "array", "items": { "type": of } });
    match param.ty {
        Ty::Bool => json!({ "type": "boolean" }),
        Ty::Int(..) => json!({ "type": "integer" }),
        Ty::Ids(_) | Ty::Emails | Ty::Choices(_) => list("string"),
        Ty::Rows(_) => list("object"),
        Ty::Fields | Ty::Map(_) => json!({ "type": "object" }),
        Ty::Id(_) | Ty::Text(_) | Ty::Email | Ty::Choice(_) => json!({ "type": "string" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platforms;

    #[test]
    fn a_tools_schema_says_what_the_items_of_a_list_are() {
        let platform = platforms::named("heartbeat").unwrap();
        let listed = tools(platform);
        let add = &listed.as_array().unwrap()[0];
        assert_eq!(add["name"], "heartbeat_community_add_group_members");
        let arguments = &add["inputSchema"]["properties"];
        let emails = json!({ "type": "array", "items": { "type": "string" }, "description": arguments["emails"]["description"] });
        assert_eq!(arguments["emails"], emails);
        assert_eq!(
            (&arguments["groupID"]["type"], &arguments["PCID"]),
            (&json!("string"), &json!({ "type": "string" }))
        );
        assert_eq!(add["inputSchema"]["required"], json!(["PCID", "groupID", "emails"]));
    }
}
