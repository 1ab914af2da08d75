//! Webhooks while a command serves: the address that receives them, and the worker that works them off.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::serving::{another_place, log};
use super::session::{Play, Session};
use super::{Code, Failure};
use crate::clock::Clock;
use crate::events::{Events, Level};
use crate::hooks::{Bell, STRETCH, Subscription, Worker, Working};
use crate::server::webhooks::{self, Place, listen};
use crate::server::{Arrivals, Listening};
use crate::store::{Error, Store};

/// A worker that has its lock and does not work yet.
pub(super) struct Ready {
    working: Working,
    bell: Bell,
    stop: CancellationToken,
}

/// A receiver at work.
pub(super) struct Receiving {
    door: Door,
    work: JoinHandle<()>,
}

/// Its address.
enum Door {
    /// It is listened on.
    Open(Listening),
    /// It will be, once nobody else has it.
    Waits(CancellationToken, JoinHandle<std::io::Result<()>>),
}

/// How often an address that somebody else has is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Takes the address, so that whoever cannot have it knows before anything begins.
pub(super) async fn place(session: &Session<'_>) -> Result<Place, Failure> {
    let at = session.settings.webhooks.listen;
    Place::take(at).await.map_err(|error| {
        Failure::failed(format!("failed to receive webhooks on {at}: {error}"))
            .hint(another_place("webhooks", at, &error))
    })
}

/// Whether anybody may send something.
pub(super) async fn has_hooks(store: &Store) -> Result<bool, Error> {
    Ok(store.hooks().await?.iter().any(|hook| hook.removed_at.is_none()))
}

/// Which jobs wait for what.
pub(super) type Subscriptions = watch::Receiver<Arc<Vec<Subscription>>>;

impl Ready {
    /// Takes the worker's lock.
    pub(super) fn take(
        session: &Session<'_>,
        subscriptions: Subscriptions,
        bell: Bell,
        stop: CancellationToken,
    ) -> Result<Self, Failure> {
        let listener = log(&session.shell.printer, &session.settings.project.timezone);
        let worker = Worker {
            store: session.store.clone(),
            clock: Clock::system(),
            transports: Arc::new(session.connected(Play::default())),
            redactor: session.shell.redactor.clone(),
            listeners: vec![listener],
            bell: bell.clone(),
            subscriptions,
            keep: session.settings.webhooks.keep,
            stretch: STRETCH,
            stop: stop.clone(),
        };
        let working = worker.start().map_err(|error| Failure::with(Code::Skipped, error.to_string()))?;
        Ok(Self { working, bell, stop })
    }

    /// Receives at this place and works off.
    pub(super) fn receive(
        self,
        session: &Session<'_>,
        arrivals: Arrivals,
        place: Place,
    ) -> Result<(Receiving, SocketAddr), Failure> {
        let (options, working) = self.parts(session, arrivals);
        let listening =
            listen(options, place).map_err(|error| Failure::failed(format!("failed to receive webhooks: {error}")))?;
        let address = listening.address;
        Ok((
            Receiving { door: Door::Open(listening), work: tokio::spawn(async move { working.work().await }) },
            address,
        ))
    }

    /// Works off, and receives as soon as the address can be had. It is missed only where there is a hook.
    pub(super) fn receive_later(self, session: &Session<'_>, arrivals: Arrivals, events: Events) -> Receiving {
        let (options, working) = self.parts(session, arrivals);
        let stop = options.stop.clone();
        let door = Door::Waits(stop, tokio::spawn(received_later(options, events)));
        Receiving { door, work: tokio::spawn(async move { working.work().await }) }
    }

    fn parts(self, session: &Session<'_>, arrivals: Arrivals) -> (webhooks::Options, Working) {
        let options = webhooks::Options {
            store: session.store.clone(),
            settings: session.settings.webhooks.clone(),
            clock: Clock::system(),
            bell: self.bell,
            arrivals,
            stop: self.stop,
        };
        (options, self.working)
    }
}

/// Tries until the address can be had, then listens until it is stopped. What is wrong is said once, and again when it changes.
async fn received_later(options: webhooks::Options, events: Events) -> std::io::Result<()> {
    let (at, stop) = (options.settings.listen, options.stop.clone());
    let mut said = None;
    let place = loop {
        let error = match Place::take(at).await {
            Ok(place) => break place,
            Err(error) => error,
        };
        // A store that fails is said by others.
        if has_hooks(&options.store).await.unwrap_or(said.is_some()) {
            options.arrivals.close();
            let words = format!("failed to receive webhooks on {at}: {error}");
            if said.as_ref() != Some(&words) {
                let hint = another_place("webhooks", at, &error);
                events.say(Level::Error, format!("{words}; it is tried again until it can be had; {hint}"));
                said = Some(words);
            }
        } else {
            options.arrivals.open();
            said = None;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(AGAIN) => {}
        }
    };
    let listening = listen(options, place)?;
    events.say(Level::Info, format!("receiving webhooks on http://{}", listening.address));
    stop.cancelled().await;
    listening.stopped().await
}

impl Receiving {
    /// Stops it; what came before is answered.
    pub(super) async fn stopped(self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::failed(format!("the receiver of webhooks failed: {error}"));
        match self.door {
            Door::Open(listening) => listening.stopped().await.map_err(failed)?,
            Door::Waits(stop, waits) => {
                stop.cancel();
                waits.await.map_err(std::io::Error::other).flatten().map_err(failed)?;
            }
        }
        self.work.await.map_err(|error| Failure::failed(format!("the worker of webhooks failed: {error}")))
    }
}
