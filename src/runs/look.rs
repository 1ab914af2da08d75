//! Asks platforms about what is in doubt, without any script: the look-up that a run begins with, and nothing else.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::Runner;
use super::connections::Connections;
use super::requests::Requests;
use super::runner::Refused;
use crate::client::{Client, Error};
use crate::effects::{Caps, Lease, Ledger};
use crate::events::{Events, Sink};
use crate::plan::Draft;
use crate::roster::FreeHand;

/// The lock's name: two that look at once would only ask twice.
const LOOK: &str = "look";

/// What looking has shown on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The connection's name.
    pub connection: String,
    /// Doubts that are settled now.
    pub settled: usize,
    /// Promises that were kept.
    pub seen: usize,
    /// Why it could not be asked to the end.
    pub trouble: Option<String>,
}

impl Runner {
    /// Looks up what is in doubt on these connections, each with the account that the doubts are about. Nothing
    /// that could write is made.
    pub async fn look(&self, places: &[(String, String)]) -> Result<Vec<Looked>, Refused> {
        let lease = Lease::take(&self.store, LOOK)?;
        let requests = Requests::new(self.clock.clone());
        let counting = requests.keep(self.store.clone(), None);
        let events = Events::to(self.listeners.iter().cloned().chain([requests as Arc<dyn Sink>]).collect());
        let connections = Connections {
            transports: Arc::clone(&self.transports),
            ledger: Ledger::new(self.store.clone(), lease, 1, self.clock.clone(), Caps::default()),
            clock: self.clock.clone(),
            events,
            brake: Arc::new(FreeHand::default()),
            stop: self.cancel.token().clone(),
            redactor: self.redactor.clone(),
            draft: Some(Draft::default()),
            open: Mutex::new(HashMap::new()),
        };
        let mut looked = Vec::with_capacity(places.len());
        for (connection, account) in places {
            let nothing = Looked { connection: connection.clone(), settled: 0, seen: 0, trouble: None };
            looked.push(match connections.client(connection).await {
                Err(why) => Looked { trouble: Some(why), ..nothing },
                Ok(client) if client.account() != account => {
                    let why =
                        format!("connection `{connection}` leads to another account by now than the one in doubt");
                    Looked { trouble: Some(why), ..nothing }
                }
                Ok(client) => asked(&client, nothing).await,
            });
        }
        // Figures that are lost keep nobody from what was found.
        counting.end().await.ok();
        Ok(looked)
    }
}

async fn asked(client: &Client, nothing: Looked) -> Looked {
    let mut looked = nothing;
    let both = async {
        let (settled, trouble) = client.settle_open_doubts().await.map(|all| (all.settled, all.trouble))?;
        looked.settled = settled;
        looked.seen = client.confirm_all_queued().await?.0;
        Ok::<_, Error>(trouble)
    };
    let trouble = both.await.unwrap_or_else(Some).map(|error| error.to_string());
    Looked { trouble, ..looked }
}
