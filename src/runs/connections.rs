//! The connections of one run: opened when a script first uses them, each with the run's ledger.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::catalog::Platform;
use crate::client::{Brake, Client, Pace, Parts, Policy, Reads, Way, Writes};
use crate::clock::Clock;
use crate::effects::brakes::Rules;
use crate::effects::{Caps, Ledger};
use crate::events::Events;
use crate::plan::Draft;
use crate::settings::Redactor;

/// A connection that can be used: what carries its requests, and what belongs to it.
pub struct Opened {
    /// Its platform.
    pub platform: &'static Platform,
    /// The account behind it.
    pub account: String,
    /// Its settings that arguments are taken from where a call does not give them.
    pub values: HashMap<&'static str, String>,
    /// What to look at when the credentials are refused.
    pub credentials: String,
    /// Sends reads.
    pub reads: Arc<dyn Reads>,
    /// Sends writes; there only where it was asked for.
    pub writes: Option<Arc<dyn Writes>>,
    /// How fast it may be asked.
    pub pace: Pace,
    /// How patient it is.
    pub policy: Policy,
    /// Its limits, and who is protected on it.
    pub rules: Rules,
}

/// What a connection is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// For reads alone: nothing that could write is made.
    Reads,
    /// For reads and writes.
    Writes,
}

/// Knows how to reach the connections that the settings name. The command line hands it down.
pub trait Transports: Send + Sync {
    /// Makes a connection usable; nothing is sent to the platform. An error says what to type.
    fn open<'a>(&'a self, connection: &'a str, access: Access) -> BoxFuture<'a, Result<Opened, String>>;
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
    /// Where writes are taken down instead of sent.
    pub(super) draft: Option<Draft>,
    pub(super) open: Mutex<HashMap<String, Client>>,
}

impl Connections {
    /// The client of a connection; opened once.
    pub(super) async fn client(&self, name: &str) -> Result<Client, String> {
        if let Some(client) = self.known(name) {
            return Ok(client);
        }
        let access = if self.draft.is_some() { Access::Reads } else { Access::Writes };
        let opened = self.transports.open(name, access).await?;
        let way = match (&self.draft, opened.writes) {
            (Some(draft), _) => Way::Plan(draft.clone()),
            (None, Some(writes)) => Way::Send(writes),
            (None, None) => return Err(format!("connection `{name}` was opened for reads alone")),
        };
        let client = Client::new(Parts {
            connection: name.to_owned(),
            platform: opened.platform,
            account: opened.account,
            values: opened.values,
            credentials: opened.credentials,
            reads: opened.reads,
            way,
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
