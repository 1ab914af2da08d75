//! The socket of the API.
#![expect(clippy::disallowed_methods, reason = "a door to sockets")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use axum::{Router, serve};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::super::guarded::{Guarded, Watch};
use super::super::health::Health;
use super::super::metrics::Shared;
use super::answer::answer;
use super::door::Door;
use super::{Api, Looks};
use crate::clock::Clock;
use crate::runs::past::Past;
use crate::schedule::Desk;
use crate::server::{Arrivals, Listening};
use crate::settings::{Redactor, ServeToken};

/// Connections at the same time; more wait.
const CONNECTIONS: usize = 64;
/// A connection without a request ends after this.
const SILENCE: Duration = Duration::from_secs(30);

/// Whoever asks.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) peer: SocketAddr,
    pub(super) watch: Watch,
}

impl Connected<IncomingStream<'_, Guarded>> for Caller {
    fn connect_info(stream: IncomingStream<'_, Guarded>) -> Self {
        Self { peer: *stream.remote_addr(), watch: stream.io().watch() }
    }
}

/// What is served, and where.
pub struct Options {
    /// Where.
    pub address: SocketAddr,
    /// What opens it.
    pub token: ServeToken,
    /// Runs, plans and doubts.
    pub past: Past,
    /// Where the scheduler is asked.
    pub desk: Desk,
    /// What comes to the hooks.
    pub arrivals: Arrivals,
    /// Names by which it is called besides its address.
    pub hosts: Vec<String>,
    /// Who asks the platforms about doubts.
    pub looks: Arc<dyn Looks>,
    /// Knows the secrets that were read.
    pub redactor: Redactor,
    /// Tells the time.
    pub clock: Clock,
    /// Ends it; what is being answered is answered.
    pub stop: CancellationToken,
}

/// Listens at the address.
pub async fn listen(options: Options) -> std::io::Result<Listening> {
    let Options { address, token, past, desk, arrivals, hosts, looks, redactor, clock, stop } = options;
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let api = Api {
        door: Door::new(address, hosts, &token),
        health: Health::new(past.store.clone(), desk.clone(), arrivals.clone()),
        meter: Shared::new(past.clone(), desk.clone(), arrivals, clock.clone()),
        past,
        desk,
        looks,
        redactor,
        clock,
    };
    // Figures count from here on.
    api.meter.begin().await;
    let app = Router::new().fallback(answer).with_state(Arc::new(api));
    let server =
        serve(Guarded::new(listener, CONNECTIONS, SILENCE), app.into_make_service_with_connect_info::<Caller>())
            .with_graceful_shutdown(stop.clone().cancelled_owned());
    let done = tokio::spawn(async move { server.await });
    Ok(Listening { address, stop, done })
}
