//! `webhook serve`: receives and works off in the foreground and starts no run; for trying, and for tests.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::super::session::{Play, next_signal};
use super::super::{Code, Failure, Format, Shell, pair};
use super::open;
use crate::clock::Clock;
use crate::events::Sink;
use crate::hooks::{Bell, Subscription, Worker};
use crate::model::Topic;
use crate::server::webhooks::{self, listen};
use crate::settings::OwnEvents;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The port; 0 takes a free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// A job that waits for a topic, as NAME=TOPIC; several times
    #[arg(long, value_name = "NAME=TOPIC", value_parser = pair)]
    job: Vec<(String, String)>,
    /// On the sandbox
    #[arg(long)]
    sandbox: bool,
}

/// Receives until it is stopped.
pub(super) fn serve(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mut session = open(shell, options.sandbox)?;
    if let Some(port) = options.port {
        session.settings.webhooks.listen.set_port(port);
    }
    let connection = session.settings.default_connection()?.name.clone();
    let mut jobs = Vec::new();
    for (job, topic) in &options.job {
        let topic = Topic::read(topic).ok_or_else(|| Failure::usage(format!("there is no topic `{topic}`")))?;
        let (connection, own_events) = (connection.clone(), OwnEvents::Ignored);
        jobs.push(Subscription { job: job.clone(), connection, on: vec![topic], own_events });
    }
    let (bell, stop, clock) = (Bell::default(), CancellationToken::new(), Clock::system());
    let (_keep, subscriptions) = watch::channel(Arc::new(jobs));
    let listener: Arc<dyn Sink> = shell.printer.clone();
    let worker = Worker {
        store: session.store.clone(),
        clock: clock.clone(),
        transports: Arc::new(session.connected(Play::default())),
        redactor: shell.redactor.clone(),
        listeners: vec![listener],
        bell: bell.clone(),
        subscriptions,
        keep: session.settings.webhooks.keep,
        stop: stop.clone(),
    };
    let working = worker.start().map_err(|error| Failure::with(Code::Skipped, error.to_string()))?;
    let fail = |error: std::io::Error| {
        Failure::failed(format!("failed to receive on {}: {error}", session.settings.webhooks.listen))
    };
    session.runtime.block_on(async {
        let listening = listen(webhooks::Options {
            store: session.store.clone(),
            settings: session.settings.webhooks.clone(),
            clock,
            bell,
            stop: stop.clone(),
        });
        let listening = listening.await.map_err(fail)?;
        let address = listening.address;
        match shell.printer.format() {
            Format::Json => shell.printer.object(&json!({ "type": "listening", "address": address.to_string() })),
            Format::Text => shell.printer.data(&format!("receiving webhooks on http://{address}\n")),
        }
        let work = tokio::spawn(async move { working.work().await });
        next_signal().await.map_err(fail)?;
        listening.stopped().await.map_err(fail)?;
        work.await.map_err(|error| Failure::failed(format!("the worker failed: {error}")))
    })?;
    Ok(Code::Done)
}
