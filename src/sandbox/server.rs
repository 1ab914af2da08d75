//! The sandbox on localhost, for any client: the platforms under `/NAME/...`, and pages for people who test.
#![expect(clippy::disallowed_methods, reason = "the door to sockets")]

use std::net::{Ipv4Addr, SocketAddr};

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, serve as serve_http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::io::{Cut, Cuttable};
use super::{Answered, Asked, Ending, Sandbox, pages};
use crate::catalog::Platform;
use crate::platforms;

/// Longest body that is read.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// Key and secret that the simulated platforms accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user name of HTTP Basic.
    pub key: String,
    /// The password.
    pub secret: String,
}

impl Credentials {
    /// Made anew from the system's random numbers.
    pub fn random() -> std::io::Result<Self> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()))?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (key, secret) = text.split_at(24);
        Ok(Self { key: format!("sandbox-{key}"), secret: secret.to_owned() })
    }

    /// Whether a request is signed with them.
    fn sign(&self, headers: &HeaderMap) -> bool {
        let expected = STANDARD.encode(format!("{}:{}", self.key, self.secret));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|text| text.split_once(' '));
        given.is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("basic") && token.trim() == expected)
    }
}

/// How a sandbox is put on localhost.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What is served.
    pub sandbox: Sandbox,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Key and secret; `None` makes new ones.
    pub credentials: Option<Credentials>,
}

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
    done: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// The base address of one of the platforms, to be written into `beadle.toml`.
    pub fn base_url(&self, platform: &Platform) -> String {
        format!("http://{}{}", self.address, prefix(platform))
    }

    /// The address of the pages for people: `outbox`, `journal`, `faults`.
    pub fn page(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// What is served.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
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
    let shared = Shared { sandbox: sandbox.clone(), credentials: credentials.clone() };
    let app = Router::new().fallback(answer).with_state(shared);
    let stop = CancellationToken::new();
    let server = serve_http(Cuttable(listener), app.into_make_service_with_connect_info::<Cut>())
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let done = tokio::spawn(async move { server.await });
    Ok(Running { address, credentials, stop, sandbox, done })
}

#[derive(Clone)]
struct Shared {
    sandbox: Sandbox,
    credentials: Credentials,
}

/// `/mobilize/v1`: the name, then the path of the real base address.
fn prefix(platform: &Platform) -> String {
    let after_scheme = platform.base_url.split_once("://").map_or(platform.base_url, |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    format!("/{}/{}", platform.name, path).trim_end_matches('/').to_owned()
}

async fn answer(State(shared): State<Shared>, ConnectInfo(cut): ConnectInfo<Cut>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LONGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let platform = platforms::ALL.iter().find_map(|platform| {
        let below = target.strip_prefix(prefix(platform).as_str())?;
        (below.is_empty() || below.starts_with(['/', '?'])).then(|| (platform.name, below.to_owned()))
    });
    let method = parts.method.as_str();
    let Some((platform, target)) = platform else {
        return pages::answer(&shared.sandbox, method, parts.uri.path(), &parts.headers, &body).await;
    };
    let asked = Asked {
        platform: platform.to_owned(),
        method: method.to_owned(),
        target,
        authorised: shared.credentials.sign(&parts.headers),
        body,
    };
    respond(shared.sandbox.handle(asked).await, &cut)
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
