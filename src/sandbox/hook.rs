//! Sends a simulated Mobilize's deliveries to an address, as the real one does: the first fifty notifications, no signature.
//! How often a real one tries again is not documented; here it is three times.

use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::Sandbox;
use crate::catalog::Args;
use crate::client::Poster;
use crate::platforms;
use crate::world::World;

/// The platform whose deliveries are sent.
const PLATFORM: &str = "mobilize";
/// Between two looks at what happened: jobs of the sandbox end with the time alone.
const LOOK: Duration = Duration::from_millis(200);
/// Waits after a try that failed; there is one try more than waits.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The delivery's job.
    pub id: String,
    /// How often it was tried.
    pub tries: usize,
    /// The last answer's status, or why there was none.
    pub ended: Result<u16, String>,
}

/// Sends every delivery that is made from its beginning on.
#[derive(Debug)]
pub struct Sender {
    sandbox: Sandbox,
    poster: Poster,
    address: String,
    sent: usize,
}

impl Sender {
    /// What is there by now counts as sent.
    pub async fn new(sandbox: Sandbox, address: &str) -> Result<Self, String> {
        let sent = sandbox.look(PLATFORM, |world| world.deliveries().len()).await.unwrap_or_default();
        Ok(Self { sandbox, poster: Poster::new()?, address: address.to_owned(), sent })
    }

    /// Sends one after the other until it is stopped.
    pub async fn send(mut self, stop: CancellationToken, told: impl Fn(Sent)) {
        while !stop.is_cancelled() {
            let from = self.sent;
            let new = |world: &World| world.deliveries().iter().skip(from).map(|one| one.id.clone()).collect();
            let ids: Vec<String> = self.sandbox.look(PLATFORM, new).await.unwrap_or_default();
            for id in ids {
                self.sent += 1;
                let Some(body) = body(&self.sandbox, &id).await else { continue };
                let (tries, ended) = send(&self.poster, &self.address, body, &stop).await;
                told(Sent { id, tries, ended });
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }
}

async fn send(poster: &Poster, address: &str, body: Bytes, stop: &CancellationToken) -> (usize, Result<u16, String>) {
    let mut waits = WAITS.into_iter();
    for tries in 1.. {
        let ended = poster.post(address, body.clone()).await.map(|(status, _)| status);
        let wait = match &ended {
            Ok(200..300) => None,
            _ => waits.next(),
        };
        let Some(wait) = wait.filter(|_| !stop.is_cancelled()) else { return (tries, ended) };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    (0, Err("never sent".into()))
}

async fn body(sandbox: &Sandbox, id: &str) -> Option<Bytes> {
    let platform = platforms::named(PLATFORM)?;
    let mut args = Args::default();
    args.set("id", id);
    let (status, body) = sandbox.peek(platform, platform.op("webhooks", "batch")?, &args).await?;
    (status == 200).then(|| Bytes::from(body.to_string()))
}
