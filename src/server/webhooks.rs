//! The address that a platform sends its deliveries to: `POST /hooks/SECRET`. A delivery is answered with 200 when it is on
//! the disk and not before. Whoever does not know a secret is told the same whatever they ask for.
#![expect(clippy::disallowed_methods, reason = "a door to sockets")]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use axum::{Router, serve};
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::arrivals::{Arrivals, Came};
use super::guarded::{Guarded, Watch};
use super::rate::Bucket;
use crate::clock::Clock;
use crate::hooks::{Bell, Inbox, Taken, digest_of};
use crate::server::Listening;
use crate::settings::Webhooks;
use crate::spans;
use crate::store::{self, SecretRow, Store};

/// What stands before the secret.
const PREFIX: &str = "/hooks/";
/// So long the secrets hold that were read from the store: those that other processes ended count no more after it.
const FRESH: Duration = Duration::from_secs(1);
/// How often in a second the store is asked about secrets that nobody knows, whoever sends how many of them.
const STRANGERS: u32 = 5;
/// A connection without a request ends after this.
const SILENCE: Duration = Duration::from_secs(30);
/// When a sender shall try again after the store has failed, in seconds.
const AGAIN: u64 = 10;

/// How deliveries are received.
#[derive(Debug)]
pub struct Options {
    /// Where deliveries and hooks are.
    pub store: Store,
    /// Address and limits.
    pub settings: Webhooks,
    /// Tells the time.
    pub clock: Clock,
    /// Rung for every delivery that was stored.
    pub bell: Bell,
    /// Counts what comes.
    pub arrivals: Arrivals,
    /// Ends it; what is being answered is answered.
    pub stop: CancellationToken,
}

/// An address that is ours; whoever calls waits until it is listened to.
#[derive(Debug)]
pub struct Place(TcpListener);

impl Place {
    /// Takes it, if nobody has it.
    pub async fn take(address: SocketAddr) -> std::io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }
}

/// Listens at this place.
pub fn listen(options: Options, place: Place) -> std::io::Result<Listening> {
    let Options { store, settings, clock, bell, arrivals, stop } = options;
    let listener = place.0;
    let address = listener.local_addr()?;
    arrivals.open();
    let connections = settings.connections as usize;
    let desk = Desk {
        inbox: Inbox::new(store.clone(), clock.clone(), bell),
        doors: RwLock::new(Doors::default()),
        buckets: Mutex::default(),
        strangers: Mutex::new(Bucket::new(STRANGERS, Instant::now())),
        // Several requests can share a connection: their bodies are counted on their own.
        bodies: Semaphore::new(connections),
        store,
        clock,
        settings,
        arrivals,
    };
    let app = Router::new().fallback(answer).with_state(Arc::new(desk));
    let guarded = Guarded::new(listener, connections, SILENCE);
    let server = serve(guarded, app.into_make_service_with_connect_info::<Watch>())
        .with_graceful_shutdown(stop.clone().cancelled_owned());
    let done = tokio::spawn(async move { server.await });
    Ok(Listening { address, stop, done })
}

struct Desk {
    inbox: Inbox,
    doors: RwLock<Doors>,
    buckets: Mutex<HashMap<String, Bucket>>,
    strangers: Mutex<Bucket>,
    bodies: Semaphore,
    store: Store,
    clock: Clock,
    settings: Webhooks,
    arrivals: Arrivals,
}

/// The secrets that open something, as their fingerprints.
#[derive(Default)]
struct Doors {
    known: Arc<Vec<([u8; 32], String)>>,
    read_at: Option<Instant>,
}

/// Why a body was not read.
enum Unfit {
    /// Longer than is taken: its beginning, and how long it is as far as that is known.
    Long(Vec<u8>, u64),
    /// It took too long.
    Slow,
    /// The sender went away.
    Broken,
}

async fn answer(State(desk): State<Arc<Desk>>, ConnectInfo(watch): ConnectInfo<Watch>, request: Request) -> Response {
    let _open = watch.request();
    let span = tracing::info_span!(
        parent: None,
        "receive",
        otel.name = "POST /hooks/{secret}",
        otel.kind = "server",
        otel.status_code = Empty,
        "error.type" = Empty,
        http.request.method = method(request.method()),
        http.route = "/hooks/{secret}",
        http.response.status_code = Empty,
        beadle.hook = Empty,
        beadle.delivery = Empty,
    );
    let response = answered(&desk, request).instrument(span.clone()).await;
    span.record("http.response.status_code", i64::from(response.status().as_u16()));
    if response.status().is_server_error() {
        spans::failed(&span, response.status().as_u16());
    }
    response
}

/// A method as traces know it: whoever sends could write anything.
fn method(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str()
        }
        _ => "_OTHER",
    }
}

async fn answered(desk: &Desk, request: Request) -> Response {
    // Whatever the path is, the same is done with it.
    let path = request.uri().path();
    let secret = path.strip_prefix(PREFIX).unwrap_or(path);
    let hook = match desk.hook(&digest_of(secret.as_bytes())).await {
        Ok(Some(hook)) => hook,
        Ok(None) => {
            desk.arrivals.note("", Came::Nowhere);
            return plain(StatusCode::NOT_FOUND, "not found\n");
        }
        Err(error) => {
            desk.arrivals.note("", Came::NotStored);
            return unavailable("(unknown)", &error);
        }
    };
    Span::current().record("beadle.hook", hook.as_str());
    let (came, response) = taken(desk, &hook, request).await;
    desk.arrivals.note(&hook, came);
    response
}

/// What becomes of a request to a hook.
async fn taken(desk: &Desk, hook: &str, request: Request) -> (Came, Response) {
    if request.method() != Method::POST {
        let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "only POST\n");
        refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return (Came::OtherMethod, refused);
    }
    if let Err(wait) = desk.may_come(hook) {
        tracing::warn!(hook, "too many deliveries at once");
        let seconds = wait.as_secs() + 1;
        return (Came::TooMany, later(StatusCode::TOO_MANY_REQUESTS, "too many deliveries\n", seconds));
    }
    if let Some(coding) = coding(&request) {
        tracing::warn!(hook, coding, "a body is compressed, which is not taken");
        let why = format!("it is compressed ({coding}), which is not taken");
        return match desk.inbox.put_aside(hook, &why, &[], 0).await {
            Ok(()) => (Came::Aside, closing(uncoded())),
            Err(error) => (Came::NotStored, closing(unavailable(hook, &error))),
        };
    }
    // Held until it is stored, so that what waits for the disk is counted as well. It is never closed.
    let _seat = desk.bodies.acquire().await;
    let done = match desk.body(request.into_body()).await {
        Ok(body) => desk.inbox.take(hook, &body).await,
        Err(Unfit::Slow) => {
            tracing::warn!(hook, "a body took too long");
            return (Came::TooSlow, closing(plain(StatusCode::REQUEST_TIMEOUT, "too slow\n")));
        }
        Err(Unfit::Broken) => {
            return (Came::Broken, closing(plain(StatusCode::BAD_REQUEST, "the body broke off\n")));
        }
        Err(Unfit::Long(start, size)) => {
            tracing::warn!(hook, size, "a body is longer than is taken");
            let why = format!("it is longer than {} bytes", desk.settings.max_body);
            return match desk.inbox.put_aside(hook, &why, &start, size).await {
                Ok(()) => (Came::TooLong, closing(plain(StatusCode::PAYLOAD_TOO_LARGE, "too long\n"))),
                Err(error) => (Came::NotStored, closing(unavailable(hook, &error))),
            };
        }
    };
    match done {
        Ok(Taken::New(delivery)) => {
            tracing::debug!(hook, delivery, "stored");
            Span::current().record("beadle.delivery", delivery);
            (Came::Stored, plain(StatusCode::OK, "stored\n"))
        }
        Ok(Taken::Known) => (Came::Known, plain(StatusCode::OK, "known\n")),
        // It will not become better by coming again, and a hook that is refused may be switched off by its sender.
        Ok(Taken::Aside) => {
            tracing::warn!(hook, "what came is no delivery; it is kept aside");
            (Came::Aside, plain(StatusCode::OK, "kept aside\n"))
        }
        Err(error) => (Came::NotStored, unavailable(hook, &error)),
    }
}

impl Desk {
    /// Whose secret has this fingerprint. One that nobody knows may have been made a moment ago: the store is asked, but not
    /// as often as strangers like.
    async fn hook(&self, digest: &[u8; 32]) -> Result<Option<String>, store::Error> {
        let found = whose(&self.doors().await?, digest);
        if found.is_some() {
            return Ok(found);
        }
        let may = self.strangers.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now()).is_ok();
        if may { Ok(whose(&self.read_doors().await?, digest)) } else { Ok(None) }
    }

    /// The secrets that hold, read anew once in a while: another process may have made one or ended one.
    async fn doors(&self) -> Result<Arc<Vec<([u8; 32], String)>>, store::Error> {
        {
            let doors = self.doors.read().unwrap_or_else(PoisonError::into_inner);
            if doors.read_at.is_some_and(|at| at.elapsed() < FRESH) {
                return Ok(Arc::clone(&doors.known));
            }
        }
        self.read_doors().await
    }

    async fn read_doors(&self) -> Result<Arc<Vec<([u8; 32], String)>>, store::Error> {
        let rows = self.store.live_secrets(self.clock.now_ms()).await?;
        let known: Vec<_> = rows.into_iter().filter_map(door).collect();
        let mut doors = self.doors.write().unwrap_or_else(PoisonError::into_inner);
        *doors = Doors { known: Arc::new(known), read_at: Some(Instant::now()) };
        Ok(Arc::clone(&doors.known))
    }

    fn may_come(&self, hook: &str) -> Result<(), Duration> {
        let (now, per_second) = (Instant::now(), self.settings.per_second);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        match buckets.get_mut(hook) {
            Some(bucket) => bucket.take(now),
            None => buckets.entry(hook.to_owned()).or_insert(Bucket::new(per_second, now)).take(now),
        }
    }

    async fn body(&self, body: Body) -> Result<Bytes, Unfit> {
        let read = tokio::time::timeout(self.settings.body_timeout, read(body, self.settings.max_body)).await;
        read.unwrap_or(Err(Unfit::Slow))
    }
}

/// All are compared, each to its end.
fn whose(known: &[([u8; 32], String)], digest: &[u8; 32]) -> Option<String> {
    let mut found = None;
    for (known, hook) in known {
        let differs = known.iter().zip(digest).fold(0, |differs, (one, other)| differs | (one ^ other));
        if std::hint::black_box(differs) == 0 {
            found = Some(hook);
        }
    }
    found.cloned()
}

async fn read(body: Body, most: u64) -> Result<Bytes, Unfit> {
    let said = body.size_hint().lower();
    if said > most {
        return Err(Unfit::Long(Vec::new(), said));
    }
    let mut whole = Vec::with_capacity(usize::try_from(said).unwrap_or_default());
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        whole.extend_from_slice(&part.map_err(|_| Unfit::Broken)?);
        let size = whole.len() as u64;
        if size > most {
            return Err(Unfit::Long(whole, size));
        }
    }
    Ok(whole.into())
}

/// How a body is compressed, where it is.
fn coding(request: &Request) -> Option<String> {
    let coding = request.headers().get(header::CONTENT_ENCODING)?;
    let word: String = String::from_utf8_lossy(coding.as_bytes()).chars().take(32).collect();
    (!word.trim().is_empty() && !word.trim().eq_ignore_ascii_case("identity")).then_some(word)
}

/// Whoever is told so can send it as it is.
fn uncoded() -> Response {
    let mut response = plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not compressed, please\n");
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

fn door(row: SecretRow) -> Option<([u8; 32], String)> {
    let mut digest = [0; 32];
    let pairs = row.digest.as_bytes().chunks(2);
    if pairs.len() != digest.len() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some((digest, row.hook))
}

fn plain(status: StatusCode, words: &'static str) -> Response {
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    response
}

fn later(status: StatusCode, words: &'static str, seconds: u64) -> Response {
    let mut response = plain(status, words);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// What is left of a body is not waited for.
fn closing(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn unavailable(hook: &str, error: &store::Error) -> Response {
    tracing::error!(hook, %error, "a delivery could not be stored");
    later(StatusCode::SERVICE_UNAVAILABLE, "not stored\n", AGAIN)
}
