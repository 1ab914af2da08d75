//! The connections of one run: opened when a script first uses them, each with the run's ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::catalog::Platform;
use crate::client::{Brake, Client, Pace, Parts, Policy, Reads, Writes};
use crate::clock::Clock;
use crate::effects::brakes::Rules;
use crate::effects::{Caps, Ledger};
use crate::events::Events;
use crate::settings::Redactor;

/// A connection that can be used: what carries its requests, and what belongs to it.
pub struct Opened {
    /// Its platform.
    pub platform: &'static Platform,
    /// The account behind it.
    pub account: String,
    /// What to look at when the credentials are refused.
    pub credentials: String,
    /// Sends reads.
    pub reads: Arc<dyn Reads>,
    /// Sends writes.
    pub writes: Arc<dyn Writes>,
    /// How fast it may be asked.
    pub pace: Pace,
    /// How patient it is.
    pub policy: Policy,
    /// Its limits, and who is protected on it.
    pub rules: Rules,
}

/// Knows how to reach the connections that the settings name. The command line hands it down.
pub trait Transports: Send + Sync {
    /// Makes a connection usable; nothing is sent to the platform. An error says what to type.
    fn open<'a>(&'a self, connection: &'a str) -> BoxFuture<'a, Result<Opened, String>>;
}

/// The clients of a run.
pub(super) struct Connections {
    pub(super) transports: Arc<dyn Transports>,
    pub(super) ledger: Ledger,
    pub(super) clock: Clock,
    pub(super) events: Events,
    pub(super) brake: Arc<dyn Brake>,
    pub(super) stop: CancellationToken,
    pub(super) redactor: Redactor,
    pub(super) open: Mutex<HashMap<String, Client>>,
}

impl Connections {
    /// The client of a connection; opened once.
    pub(super) async fn client(&self, name: &str) -> Result<Client, String> {
        if let Some(client) = self.known(name) {
            return Ok(client);
        }
        let opened = self.transports.open(name).await?;
        let client = Client::new(Parts {
            connection: name.to_owned(),
            platform: opened.platform,
            account: opened.account,
            credentials: opened.credentials,
            reads: opened.reads,
            writes: opened.writes,
            ledger: self.ledger.with_caps(Caps::from(&opened.rules.limits.mail)),
            pace: opened.pace,
            policy: opened.policy,
            clock: self.clock.clone(),
            events: self.events.clone(),
            rules: opened.rules,
            brake: Some(Arc::clone(&self.brake)),
            stop: self.stop.clone(),
            redactor: self.redactor.clone(),
        });
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), client.clone());
        Ok(client)
    }

    fn known(&self, name: &str) -> Option<Client> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}
