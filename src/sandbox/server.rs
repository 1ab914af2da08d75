//! The sandbox on localhost, for any client: the platforms under `/NAME/...`, and pages for people who test.
#![expect(clippy::disallowed_methods, reason = "the door to sockets")]

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, serve as serve_http};
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::io::{Cut, Cuttable};
use super::sign_in::{Credentials, Doorman, Entry, path};
use super::tools::{Desk, Message, ToolsServer};
use super::{Answered, Asked, Ending, Sandbox, pages};
use crate::catalog::{Method, Platform, Protocol};
use crate::platforms;
use crate::wire::below;

/// Longest body that is read.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// How a sandbox is put on localhost.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What is served.
    pub sandbox: Sandbox,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Key and secret; `None` makes new ones.
    pub credentials: Option<Credentials>,
    /// How long the tokens live that it gives out.
    pub token_life: Duration,
    /// What the servers of tools are like.
    pub tools: ToolsServer,
}

/// How long tokens live where nobody says so.
pub const TOKEN_LIFE: Duration = Duration::from_secs(60 * 60);

/// A sandbox on localhost.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it accepts.
    pub credentials: Credentials,
    /// Cancel this to stop it; requests under way are answered.
    pub stop: CancellationToken,
    sandbox: Sandbox,
    desk: Arc<Desk>,
    done: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// The base address of one of the platforms, to be written into `beadle.toml`.
    pub fn base_url(&self, platform: &Platform) -> String {
        base_url(self.address, platform)
    }

    /// The address of the pages for people: `outbox`, `journal`, `faults`.
    pub fn page(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// What is served.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Forgets the sessions of all clients, as a server does that is started anew.
    pub fn forget_sessions(&self) {
        self.desk.forget_sessions();
    }

    /// Stops it and waits until it has stopped.
    pub async fn stopped(self) -> std::io::Result<()> {
        self.stop.cancel();
        self.done.await.map_err(std::io::Error::other)?
    }
}

/// Puts a sandbox on 127.0.0.1.
pub async fn serve(options: ServeOptions) -> std::io::Result<Running> {
    let credentials = options.credentials.map_or_else(Credentials::random, Ok)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
    let address = listener.local_addr()?;
    let sandbox = options.sandbox;
    let doorman = Doorman::new(credentials.clone(), sandbox.clock().clone(), options.token_life);
    let desk = Arc::new(Desk::new(options.tools));
    let shared = Shared { sandbox: sandbox.clone(), doorman: Arc::new(doorman), desk: desk.clone(), address };
    let app = Router::new().fallback(answer).with_state(shared);
    let stop = CancellationToken::new();
    let server = serve_http(Cuttable(listener), app.into_make_service_with_connect_info::<Cut>())
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let done = tokio::spawn(async move { server.await });
    Ok(Running { address, credentials, stop, sandbox, desk, done })
}

#[derive(Clone)]
struct Shared {
    sandbox: Sandbox,
    doorman: Arc<Doorman>,
    desk: Arc<Desk>,
    address: SocketAddr,
}

fn base_url(address: SocketAddr, platform: &Platform) -> String {
    format!("http://{address}{}", prefix(platform))
}

/// `/mobilize/v1`: the name, then the path of the real base address.
fn prefix(platform: &Platform) -> String {
    format!("/{}{}", platform.name, path(platform.base_url)).trim_end_matches('/').to_owned()
}

async fn answer(State(shared): State<Shared>, ConnectInfo(cut): ConnectInfo<Cut>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let method = parts.method.as_str();
    for platform in platforms::all() {
        let base_url = base_url(shared.address, platform);
        // Tokens may be asked for on another host than the rest; here that is another path.
        let outside = below(&format!("/{}", platform.name), target);
        let inside = below(&prefix(platform), target);
        let entry = |target| Entry { platform, method, target, base_url: &base_url, body: &body };
        if let Some(answered) =
            [&outside, &inside].into_iter().flatten().find_map(|at| shared.doorman.answer(&entry(at)))
        {
            return respond(answered, &cut);
        }
        let Some(inside) = &inside else { continue };
        let authorised = shared.doorman.knows(platform, &parts.headers);
        // What is not below the platform's own prefix is no path of an operation.
        let target = below(platform.prefix, inside).unwrap_or_else(|| "/".into());
        let asked = |method: &str, target, body| Asked {
            platform: platform.name.to_owned(),
            method: method.to_owned(),
            target,
            authorised,
            body,
        };
        // The one address of a server of tools is the prefix itself.
        if matches!(platform.protocol, Protocol::Tools { .. }) && authorised && target.is_empty() {
            let answered = match shared.desk.read(platform, method, &parts.headers, &body) {
                Message::Answer(answered) => answered,
                Message::Call { target, body, id } => {
                    let asked = asked(Method::Post.as_str(), target, body);
                    shared.desk.wrap(shared.sandbox.handle(asked).await, &id)
                }
            };
            return respond(answered, &cut);
        }
        return respond(shared.sandbox.handle(asked(method, target, body)).await, &cut);
    }
    pages::answer(&shared.sandbox, method, parts.uri.path(), &parts.headers, &body).await
}

fn respond(answered: Answered, cut: &Cut) -> Response {
    let length = answered.body.len();
    let body = match answered.ending {
        Ending::Whole => Body::from(answered.body),
        Ending::CutAt(bytes) => broken_off(answered.body.slice(..bytes.min(length))),
        Ending::Dropped => {
            cut.now();
            Body::empty()
        }
    };
    let mut response = Response::builder().status(answered.status);
    for (name, value) in answered.headers {
        response = response.header(name, value);
    }
    if matches!(answered.ending, Ending::CutAt(_)) {
        response = response.header(header::CONTENT_LENGTH, length);
    }
    response.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A body that ends in an error after these bytes have been sent.
fn broken_off(start: Bytes) -> Body {
    let steps = stream::unfold(Some(start), |state| async move {
        match state {
            Some(start) if !start.is_empty() => Some((Ok(start), Some(Bytes::new()))),
            Some(_) => {
                // hyper sends what it has only when the body has to wait.
                tokio::task::yield_now().await;
                Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted)), None))
            }
            None => None,
        }
    });
    Body::from_stream(steps)
}
