//! `webhook serve`: receives and works off in the foreground and starts no run; for trying, and for tests.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::super::receiving::{Ready, place};
use super::super::session::next_signal;
use super::super::traces::{Parent, Traces};
use super::super::{Code, Failure, Format, Shell, pair};
use super::open;
use crate::hooks::{Bell, Subscription};
use crate::model::Topic;
use crate::server::Arrivals;
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
    // Outlives the runtime: a span ends with its task.
    let _traces = Traces::begin(shell, Parent::None);
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
    let (_keep, subscriptions) = watch::channel(Arc::new(jobs));
    let ready = Ready::take(&session, subscriptions, Bell::default(), CancellationToken::new())?;
    session.runtime.block_on(async {
        let place = place(&session).await?;
        let (receiving, address) = ready.receive(&session, Arrivals::default(), place)?;
        match shell.printer.format() {
            Format::Json => shell.printer.object(&json!({ "type": "listening", "address": address.to_string() })),
            Format::Text => shell.printer.data(&format!("receiving webhooks on http://{address}\n")),
        }
        next_signal().await.map_err(|error| Failure::failed(format!("failed to wait for signals: {error}")))?;
        receiving.stopped().await
    })?;
    Ok(Code::Done)
}
