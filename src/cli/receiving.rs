//! Webhooks while a command serves: the address that receives them, and the worker that works them off.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::serving::another_place;
use super::session::{Play, Session};
use super::{Code, Failure};
use crate::clock::Clock;
use crate::events::Sink;
use crate::hooks::{Bell, STRETCH, Subscription, Worker, Working};
use crate::server::webhooks::{self, listen};
use crate::server::{Arrivals, Listening};

/// A worker that has its lock and does not work yet.
pub(super) struct Ready {
    working: Working,
    bell: Bell,
    stop: CancellationToken,
}

/// A receiver at work.
pub(super) struct Receiving {
    /// Where it listens.
    pub(super) listening: Listening,
    work: JoinHandle<()>,
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
        let listener: Arc<dyn Sink> = session.shell.printer.clone();
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

    /// Receives and works off.
    pub(super) async fn receive(self, session: &Session<'_>, arrivals: Arrivals) -> Result<Receiving, Failure> {
        let settings = session.settings.webhooks.clone();
        let at = settings.listen;
        let options = webhooks::Options {
            store: session.store.clone(),
            settings,
            clock: Clock::system(),
            bell: self.bell,
            arrivals,
            stop: self.stop,
        };
        let listening = listen(options).await.map_err(|error| {
            Failure::failed(format!("failed to receive webhooks on {at}: {error}"))
                .hint(another_place("webhooks", at, &error))
        })?;
        let working = self.working;
        Ok(Receiving { listening, work: tokio::spawn(async move { working.work().await }) })
    }
}

impl Receiving {
    /// Stops it; what came before is answered.
    pub(super) async fn stopped(self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::failed(format!("the receiver of webhooks failed: {error}"));
        self.listening.stopped().await.map_err(failed)?;
        self.work.await.map_err(|error| Failure::failed(format!("the worker of webhooks failed: {error}")))
    }
}
