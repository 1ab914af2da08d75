//! The library's HTTP client: one message, one request, over the connection's own sockets, signature, limits and times.
//! Answers of tools are taken out of the stream here, as bytes, and the library is told only that there was one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, GetExtensions, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use serde_json::json;
use sse_stream::Sse;

use super::super::http::{Http, body, header, reason, retry_after};
use super::super::transport::{Lost, Reply};
use super::{End, Slot};
use crate::wire::{EventStream, tools};

/// The header that carries a session.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// Questions of a server that are answered while one call goes on.
const QUESTIONS: usize = 100;

/// The library's HTTP client.
#[derive(Clone)]
pub(super) struct Post {
    http: Arc<Http>,
    opening: Arc<Mutex<Opening>>,
}

/// How the handshake went, where it did not go well.
#[derive(Clone, Default)]
pub(super) enum Opening {
    /// Nothing stands against it.
    #[default]
    Nothing,
    /// The server has no handshake, in its words.
    Refused(String),
    /// Nobody knows, or nobody is let in.
    Lost(Lost),
}

/// What came back.
struct Came {
    reply: Reply,
    session: Option<String>,
}

type Answer = Result<StreamableHttpPostResponse, StreamableHttpError<Lost>>;

impl Post {
    pub(super) fn new(http: Arc<Http>) -> Self {
        Self { http, opening: Arc::default() }
    }

    /// How the handshake went.
    pub(super) fn opening(&self) -> Opening {
        self.opening.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A tool's call: what became of it is kept in its slot, whatever the library makes of it.
    async fn call(
        &self,
        message: &ClientJsonRpcMessage,
        slot: &Slot,
        session: Option<&str>,
        headers: Headers,
    ) -> Answer {
        slot.set(End::Sent);
        let id = id_of(message).unwrap_or_default();
        let came = match self.exchange(message, session, headers).await {
            Ok(came) => came,
            Err(lost) => {
                slot.set(End::Ended(Err(lost.clone())));
                return Err(StreamableHttpError::Client(lost));
            }
        };
        let Came { mut reply, .. } = came;
        if reply.status == 404 && session.is_some() {
            slot.set(End::SessionLost);
            return Err(StreamableHttpError::SessionExpired);
        }
        let ended = match reply.status {
            200..=299 => tools::opened(&reply.body).map_err(|error| Lost::Unknown(error.to_string())).map(|opened| {
                reply.body = opened;
                reply
            }),
            _ => Ok(reply),
        };
        let whole = ended.as_ref().is_ok_and(|reply| (200..300).contains(&reply.status));
        let lost = ended.as_ref().err().cloned();
        slot.set(End::Ended(ended));
        match (whole, lost) {
            (true, _) => {
                answer(&json!({ "jsonrpc": "2.0", "id": id, "result": { "content": [] } }).to_string().into_bytes())
            }
            (false, lost) => {
                Err(StreamableHttpError::Client(lost.unwrap_or_else(|| Lost::Unknown("the server refused".into()))))
            }
        }
    }

    /// What is no tool's call: the handshake, the list of tools, notices.
    async fn other(&self, message: &ClientJsonRpcMessage, session: Option<&str>, headers: Headers) -> Answer {
        let opens = match message {
            ClientJsonRpcMessage::Request(request) => matches!(request.request, ClientRequest::InitializeRequest(_)),
            ClientJsonRpcMessage::Notification(_) => true,
            _ => false,
        };
        let came = self.exchange_signed(message, session, headers).await;
        let came = came.map_err(|lost| self.failed(opens, Opening::Lost(lost)))?;
        if !(200..300).contains(&came.reply.status) {
            return Err(self.failed(opens, judged(&came.reply)));
        }
        if id_of(message).is_none() {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        if opens && let Some(words) = error_in(&came.reply.body) {
            self.failed(true, Opening::Refused(words));
        }
        match serde_json::from_slice::<ServerJsonRpcMessage>(&came.reply.body) {
            Ok(message) => Ok(StreamableHttpPostResponse::Json(message, came.session)),
            Err(error) => {
                Err(self.failed(opens, Opening::Lost(Lost::Unknown(format!("the answer cannot be read: {error}")))))
            }
        }
    }

    fn failed(&self, opens: bool, opening: Opening) -> StreamableHttpError<Lost> {
        let lost = match &opening {
            Opening::Lost(lost) => lost.clone(),
            Opening::Refused(words) => Lost::Unknown(words.clone()),
            Opening::Nothing => Lost::Unknown(String::new()),
        };
        if opens {
            *self.opening.lock().unwrap_or_else(PoisonError::into_inner) = opening;
        }
        StreamableHttpError::Client(lost)
    }

    /// What is no operation has no adapter that judges it: here a 401 says that the token was refused, and nothing else.
    async fn exchange_signed(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<&str>,
        headers: Headers,
    ) -> Result<Came, Lost> {
        let came = self.exchange(message, session, headers.clone()).await?;
        match came.reply.token.filter(|_| came.reply.status == 401) {
            Some(refused) => {
                self.http.renew(refused).await?;
                self.exchange(message, session, headers).await
            }
            None => Ok(came),
        }
    }

    /// One message, one request. The body of the reply is the one message that answers it, also where it came in a stream.
    async fn exchange(
        &self,
        message: &ClientJsonRpcMessage,
        session: Option<&str>,
        headers: Headers,
    ) -> Result<Came, Lost> {
        let unfit =
            |error: &dyn std::fmt::Display| Lost::NotSent { host: self.http.host().to_owned(), why: error.to_string() };
        let written = serde_json::to_vec(message).map_err(|error| unfit(&error))?;
        let mut all: Vec<(HeaderName, HeaderValue)> = headers.into_iter().collect();
        all.push((ACCEPT, HeaderValue::from_static("application/json, text/event-stream")));
        all.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        if let Some(session) = session {
            all.push((SESSION, HeaderValue::from_str(session).map_err(|error| unfit(&error))?));
        }
        let (response, token) = self.http.post(&Bytes::from(written), &all).await?;
        let status = response.status().as_u16();
        let (retry_after, location) = (retry_after(&response), super::super::http::location(&response));
        let budget = super::super::http::budget(response.headers());
        let given = header(&response, SESSION).map(str::to_owned);
        let streams = header(&response, CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/event-stream"));
        let body = match (streams && status < 300, id_of(message)) {
            (true, Some(id)) => {
                // A session that has just been given is the one in which the server asks.
                let new = given.as_deref().filter(|_| session.is_none());
                all.extend(new.and_then(|id| Some((SESSION, HeaderValue::from_str(id).ok()?))));
                let questions = Questions { http: self.http.clone(), headers: all, left: QUESTIONS };
                answer_in(response, &id, self.http.max_answer(), questions).await?
            }
            _ => body(response, self.http.max_answer()).await?,
        };
        let session = given;
        Ok(Came {
            reply: Reply { status, body, retry_after, budget, total: None, trace: None, location, token },
            session,
        })
    }
}

type Headers = HashMap<HeaderName, HeaderValue>;

/// The message in a stream that answers this request; the stream is left when it has come.
async fn answer_in(response: reqwest::Response, id: &str, max: usize, mut questions: Questions) -> Result<Bytes, Lost> {
    let (mut stream, mut received) = (EventStream::default(), 0);
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Lost::Unknown(reason(&error)))?;
        received += chunk.len();
        if received > max {
            return Err(super::super::http::too_large(max));
        }
        for message in stream.push(&chunk) {
            // Events without data keep the line open.
            let answers =
                message.is_empty() || tools::answers(&message, id).map_err(|error| Lost::Unknown(error.to_string()))?;
            match message.is_empty() {
                false if answers => return Ok(message),
                false => questions.answer(&message),
                true => {}
            }
        }
    }
    Err(Lost::Unknown("the stream ended before the answer came".into()))
}

/// What a server asks while it is to answer: whether anybody listens still, or what this client does not offer.
struct Questions {
    http: Arc<Http>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// How many more are answered.
    left: usize,
}

impl Questions {
    /// Answers a message that is a question, beside the call that goes on: whatever becomes of the answer, it is no part of
    /// the call.
    fn answer(&mut self, message: &[u8]) {
        let Some(reply) = tools::replied(message).filter(|_| self.left > 0) else { return };
        self.left -= 1;
        let (http, headers) = (self.http.clone(), self.headers.clone());
        tokio::spawn(async move {
            if let Err(lost) = http.post(&Bytes::from(reply.to_string()), &headers).await {
                tracing::debug!(%lost, "a question of the server was not answered");
            }
        });
    }
}

/// What an HTTP status means that answers a handshake.
fn judged(reply: &Reply) -> Opening {
    let words = format!("the server answered {}", reply.status);
    let signed =
        |refused| Opening::Lost(Lost::NotSigned { why: words.clone(), refused, retry_after: reply.retry_after });
    match reply.status {
        401 | 403 => signed(true),
        429 => signed(false),
        300..=399 => {
            let to = reply.location.as_deref().unwrap_or("nowhere");
            Opening::Lost(Lost::Unknown(format!("{words}, a redirect to {to}; check the connection's `base_url`")))
        }
        408 | 425 | 500..=599 => Opening::Lost(Lost::Unknown(words)),
        _ => Opening::Refused(words),
    }
}

fn error_in(body: &[u8]) -> Option<String> {
    let message: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = message.get("error").filter(|error| !error.is_null())?;
    Some(error.get("message").and_then(serde_json::Value::as_str).map_or_else(|| error.to_string(), str::to_owned))
}

fn answer(message: &[u8]) -> Answer {
    let message = serde_json::from_slice(message).map_err(StreamableHttpError::Deserialize)?;
    Ok(StreamableHttpPostResponse::Json(message, None))
}

/// The id of a request; `None` for what nobody answers.
fn id_of(message: &ClientJsonRpcMessage) -> Option<String> {
    match message {
        ClientJsonRpcMessage::Request(request) => Some(match &request.id {
            RequestId::Number(number) => number.to_string(),
            RequestId::String(text) => text.to_string(),
        }),
        _ => None,
    }
}

impl StreamableHttpClient for Post {
    type Error = Lost;

    async fn post_message(
        &self,
        _uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Answer {
        let slot = match &message {
            ClientJsonRpcMessage::Request(request) => match &request.request {
                ClientRequest::CallToolRequest(call) => call.extensions().get::<Slot>().cloned(),
                _ => None,
            },
            _ => None,
        };
        match slot {
            Some(slot) => self.call(&message, &slot, session_id.as_deref(), custom_headers).await,
            None => self.other(&message, session_id.as_deref(), custom_headers).await,
        }
    }

    async fn delete_session(
        &self,
        _uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        _custom_headers: Headers,
    ) -> Result<(), StreamableHttpError<Lost>> {
        let value =
            HeaderValue::from_str(&session_id).map_err(|_| StreamableHttpError::ServerDoesNotSupportDeleteSession)?;
        self.http.delete(&[(SESSION, value)]).await.map(drop).map_err(StreamableHttpError::Client)
    }

    /// Answers come with the requests; what a server has to say besides is not listened to.
    async fn get_stream(
        &self,
        _uri: Arc<str>,
        _session_id: Option<Arc<str>>,
        _last_event_id: Option<String>,
        _auth_header: Option<String>,
        _custom_headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, StreamableHttpError<Lost>> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }
}
