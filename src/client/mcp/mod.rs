//! Tools of one server (Model Context Protocol) as a transport. The official library does the protocol: handshake,
//! sessions, versions; its HTTP is ours ([`post`]), and so are the answers, which go past it as bytes.
//! Its one rule: nothing is sent a second time here. A lost session is opened anew only for what was not sent yet.

mod compare;
mod post;
mod session;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use rmcp::service::PeerRequestOptions;
use serde_json::{Map, Value};

use self::session::{Session, Style};
use super::http::Http;
use super::transport::{Address, Lost, Reads, Reply, SendFuture, Writes};
use crate::catalog::{Platform, Protocol};
use crate::effects::Permit;
use crate::wire::Request;

/// The tools of one server.
pub struct Mcp {
    http: Arc<Http>,
    platform: &'static Platform,
    /// Opened when it is first needed; held while that is done, so that it is done once.
    session: tokio::sync::Mutex<Option<Arc<Session>>>,
    known: Mutex<Known>,
}

/// What the server has shown of itself.
#[derive(Clone, Default)]
struct Known {
    style: Style,
    /// Whether its tools were compared with the table.
    compared: bool,
    /// What the argument is called that every call has.
    with: Option<String>,
    /// What people shall be told.
    notices: Vec<String>,
}

/// What became of one call on the wire; travels with it through the library.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<End>>);

#[derive(Default)]
enum End {
    /// It was not sent.
    #[default]
    NotSent,
    /// It was sent, and nothing has come back.
    Sent,
    /// The server does not know the session any more.
    SessionLost,
    /// It has ended.
    Ended(Result<Reply, Lost>),
}

impl Slot {
    fn set(&self, end: End) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = end;
    }

    fn take(&self) -> End {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Mcp {
    /// The tools behind a connection; nothing is sent yet.
    pub fn new(http: Arc<Http>, platform: &'static Platform) -> Self {
        Self { http, platform, session: tokio::sync::Mutex::default(), known: Mutex::default() }
    }

    async fn send(&self, request: Request) -> Result<Reply, Lost> {
        let mut reopened = false;
        loop {
            let session = self.session().await?;
            let slot = Slot::default();
            let call = self.call(&request, &slot)?;
            let sent = session.peer().send_cancellable_request(call, PeerRequestOptions::no_options()).await;
            let answered = match sent {
                Ok(handle) => handle.await_response().await.map(drop),
                Err(error) => Err(error),
            };
            match slot.take() {
                End::Ended(ended) => return ended,
                End::Sent => return Err(Lost::Unknown("the answer did not come".into())),
                End::SessionLost => {
                    self.forget(&session).await;
                    return Err(Lost::Unknown("the server does not know the session any more".into()));
                }
                End::NotSent => {
                    self.forget(&session).await;
                    if std::mem::replace(&mut reopened, true) {
                        let why =
                            answered.err().map_or_else(|| "the session was closed".into(), |error| error.to_string());
                        return Err(Lost::NotSent { host: self.http.host().to_owned(), why });
                    }
                }
            }
        }
    }

    /// The request as the library takes it, with the argument that every call has.
    fn call(&self, request: &Request, slot: &Slot) -> Result<ClientRequest, Lost> {
        let name = request.target.trim_start_matches('/').to_owned();
        let given = serde_json::from_slice(request.body.as_deref().unwrap_or(b"{}")).unwrap_or_default();
        let mut arguments = Map::new();
        if let Protocol::Tools { with: (argument, credential), .. } = self.platform.protocol {
            let value = self.http.credential(credential).ok_or_else(|| Lost::NotSigned {
                why: format!("`{credential}` of the connection is needed for every call"),
                refused: true,
                retry_after: None,
            })?;
            let argument = self.known().with.clone().unwrap_or_else(|| argument.to_owned());
            arguments.insert(argument, Value::String(value.to_owned()));
        }
        if let Value::Object(given) = given {
            arguments.extend(given);
        }
        let mut call = CallToolRequest::new(CallToolRequestParams::new(name).with_arguments(arguments));
        call.extensions.insert(slot.clone());
        Ok(ClientRequest::CallToolRequest(call))
    }

    /// The session that is open; opened where there is none.
    async fn session(&self) -> Result<Arc<Session>, Lost> {
        let mut open = self.session.lock().await;
        if let Some(session) = open.as_ref().filter(|session| session.is_open()) {
            return Ok(session.clone());
        }
        let style = self.known().style;
        let (session, style) = Session::open(&self.http, style).await?;
        self.known().style = style;
        if !std::mem::replace(&mut self.known().compared, true) {
            self.compare(&session).await;
        }
        let session = Arc::new(session);
        *open = Some(session.clone());
        Ok(session)
    }

    /// The session is of no use any more; another one may have taken its place already.
    async fn forget(&self, session: &Arc<Session>) {
        let mut open = self.session.lock().await;
        if open.as_ref().is_some_and(|known| Arc::ptr_eq(known, session)) {
            *open = None;
        }
    }

    /// Compares the server's tools with the table, once.
    async fn compare(&self, session: &Session) {
        let (with, notices) = compare::compare(self.platform, session.tools().await);
        let mut known = self.known();
        known.with = with;
        known.notices.extend(notices);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request only reads: as what changes something, it needs the other half.
    fn only_reads(&self, request: &Request) -> Result<(), Lost> {
        match self.platform.ops.iter().find(|op| op.path == request.target) {
            Some(op) if op.is_read() => Ok(()),
            _ => {
                let why = format!("`{}` is no tool that only reads; nothing was sent", request.target);
                Err(Lost::NotSent { host: self.http.host().to_owned(), why })
            }
        }
    }
}

impl Reads for Mcp {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(async move {
            self.only_reads(&request)?;
            self.send(request).await
        })
    }

    fn renew(&self, token: u64) -> BoxFuture<'_, Result<(), Lost>> {
        Box::pin(self.http.renew(token))
    }

    fn address(&self) -> Option<&Address> {
        Some(self.http.address())
    }

    fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.known().notices)
    }
}

/// The half that changes something: a plan never makes one.
pub struct McpWrites(Arc<Mcp>);

impl McpWrites {
    /// In the same session as the half that reads.
    pub fn of(mcp: &Arc<Mcp>) -> Self {
        Self(mcp.clone())
    }
}

impl Writes for McpWrites {
    fn write<'a>(&'a self, request: Request, _permit: &'a Permit) -> SendFuture<'a> {
        Box::pin(self.0.send(request))
    }
}
