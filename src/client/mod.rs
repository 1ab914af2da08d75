//! The only door to a platform. Reads are tried again until they are whole; a write passes the ledger first, is sent
//! once, and what nobody knows is looked up before anything is sent again.

mod answer;
#[cfg(feature = "otel")]
mod collector;
mod complete;
pub(crate) mod crash;
mod doubt;
mod drafting;
mod error;
mod follow;
mod http;
mod lately;
mod loose;
mod mailing;
mod mcp;
mod network;
mod pace;
mod pager;
mod perform;
mod plan;
mod planned;
mod policy;
mod post;
mod question;
mod read;
mod recent;
mod replaced;
mod send;
mod sign_in;
mod traced;
mod transport;
mod with;
mod write;

#[cfg(test)]
mod roster_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod write_tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

#[cfg(feature = "otel")]
pub use collector::collector;
pub use error::{Error, Gravity};
pub use http::{Http, HttpOptions, HttpWrites, SetUpError};
pub use loose::LookedUp;
pub use mcp::{Mcp, McpWrites};
pub use network::Network;
pub use pace::Pace;
pub use pager::Pager;
pub use policy::Policy;
pub use post::{Answered, Poster};
pub use sign_in::{Signature, Signer};
pub use transport::{Address, Lost, Reads, Reply, SendFuture, Writes};
pub use with::With;
pub use write::Brake;

use self::pace::Turn;
use crate::catalog::{Answer, Call, Doubt, Platform};
use crate::clock::Clock;
use crate::effects::Ledger;
use crate::effects::brakes::Rules;
use crate::events::Events;
use crate::plan::Draft;
use crate::settings::Redactor;
use crate::wire::Row;

/// What a client is made of.
pub struct Parts {
    /// The connection's name in the settings.
    pub connection: String,
    /// Its platform.
    pub platform: &'static Platform,
    /// The account behind it: the ledger's keys use it, not the connection's name.
    pub account: String,
    /// Its settings that arguments are taken from where a call does not give them.
    pub values: HashMap<&'static str, String>,
    /// What to look at when the platform refuses the credentials, in words; never the credentials themselves.
    pub credentials: String,
    /// Sends reads.
    pub reads: Arc<dyn Reads>,
    /// What becomes of writes.
    pub way: Way,
    /// The ledger of the run.
    pub ledger: Ledger,
    /// How fast the connection may be asked.
    pub pace: Pace,
    /// How patient it is.
    pub policy: Policy,
    /// Tells the time.
    pub clock: Clock,
    /// Who listens.
    pub events: Events,
    /// Ends everything that waits or would be sent next; what is under way is finished and settled.
    pub stop: CancellationToken,
    /// Takes secrets out of what a platform says in errors.
    pub redactor: Redactor,
    /// What holds for the connection: limits, who is protected.
    pub rules: Rules,
    /// Holds writes that would pass a limit; `None` where the caller has checked before.
    pub brake: Option<Arc<dyn Brake>>,
}

/// What becomes of writes.
#[derive(Clone)]
pub enum Way {
    /// They are sent.
    Send(Arc<dyn Writes>),
    /// They are taken down, and nothing that could send one exists.
    Plan(Draft),
}

/// One connection of one run; cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    parts: Parts,
    open_lists: pager::OpenLists,
    recent: recent::Recent,
    lately: lately::Lately,
    /// Held while a job runs of which the platform allows one at a time.
    single: tokio::sync::Mutex<()>,
}

impl Client {
    /// A client of these parts; nothing is sent yet.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            open_lists: pager::OpenLists::default(),
            recent: recent::Recent::default(),
            lately: lately::Lately::default(),
            single: tokio::sync::Mutex::new(()),
        }))
    }

    /// Performs a call: a read is one answer, a write goes through the ledger. Lists: [`Client::list`].
    pub async fn call(&self, call: &Call, with: &With) -> Result<Bytes, Error> {
        let span = self.called(call);
        let done = match call.op.is_read() {
            true => self.ask(self.preset(call)?.as_ref()).instrument(span.clone()).await,
            false => self.write(call, with).instrument(span.clone()).await,
        };
        traced::failed(&span, &done);
        done
    }

    /// One answer; in plan mode as it would be.
    async fn ask(&self, call: &Call) -> Result<Bytes, Error> {
        match self.draft() {
            None => {
                let body = self.read(call).await?;
                self.remember(call, &[Row::from(body.clone())]);
                Ok(body)
            }
            Some(draft) => self.planned_read(draft, call).await,
        }
    }

    /// The connection's name.
    pub fn connection(&self) -> &str {
        &self.0.parts.connection
    }

    /// Its platform.
    pub fn platform(&self) -> &'static Platform {
        self.0.parts.platform
    }

    /// The account behind it.
    pub fn account(&self) -> &str {
        &self.0.parts.account
    }

    /// The run's ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.0.parts.ledger
    }

    /// Who listens.
    pub fn events(&self) -> &Events {
        &self.0.parts.events
    }

    /// Tells the time.
    pub fn clock(&self) -> &Clock {
        &self.0.parts.clock
    }

    /// What holds for it: limits, who is protected, whether somebody watches.
    pub fn rules(&self) -> &Rules {
        &self.0.parts.rules
    }

    /// How patient it is.
    pub fn policy(&self) -> &Policy {
        &self.0.parts.policy
    }

    /// Requests per second that the connection may make now; `None` where it has no limit.
    pub fn rate(&self) -> Option<f64> {
        self.pace().rate()
    }

    /// The platform's rows about what these writes would change: all of one operation and group. `None` where the
    /// platform has no reads that show it.
    pub async fn rows(&self, writes: &[Doubt]) -> Result<Option<Vec<Option<Value>>>, Error> {
        if writes.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let Some(snapshot) = self.platform().adapter.snapshot(self.connection(), writes) else { return Ok(None) };
        let mut reads = Vec::with_capacity(snapshot.reads.len());
        for read in &snapshot.reads {
            // A plan sends nothing: what was read a moment ago is there still.
            reads.push(match self.draft() {
                Some(_) if self.platform().adapter.rows_are_apart() => self.read_lately(read).await?,
                _ => self.read_all(read).await?,
            });
        }
        let rows: Vec<Value> = reads.into_iter().flat_map(listed).collect();
        let mut places: HashMap<String, usize> = HashMap::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            for key in (snapshot.keys)(row) {
                places.entry(key).or_insert(place);
            }
        }
        let row = |write: &Doubt| places.get(&write.subject.key).map(|&place| rows[place].clone());
        Ok(Some(writes.iter().map(row).collect()))
    }

    /// How many rows the platform says this list has; `None` where it does not say.
    pub(crate) async fn count(&self, list: &Call) -> Result<Option<u64>, Error> {
        let Some((call, pointer)) = self.platform().adapter.count(list) else { return Ok(None) };
        let call = self.preset(&call)?;
        if let Answer::Count(_) = call.op.answer {
            return match self.told_count(&call, Some(list)).await {
                Err(error) if error.is_surely_not_found() => Ok(None),
                told => told,
            };
        }
        let answer: serde_json::Value = match self.ask(&call).await {
            Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
            Err(error) if error.is_surely_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let counted = answer.pointer(pointer);
        Ok(counted.and_then(|count| count.as_u64().or_else(|| count.as_array().map(|rows| rows.len() as u64))))
    }

    /// Waits for the connection's turn; after the run was ended nothing more is sent.
    async fn turn(&self) -> Result<Turn, Error> {
        tokio::select! {
            biased;
            () = self.0.parts.stop.cancelled() => Err(Error::interrupted(self)),
            turn = self.pace().turn() => Ok(turn),
        }
    }

    /// Waits, unless the run is ended meanwhile.
    async fn rest(&self, wait: Duration) -> Result<(), Error> {
        tokio::select! {
            biased;
            () = self.0.parts.stop.cancelled() => Err(Error::interrupted(self)),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    fn pace(&self) -> &Pace {
        &self.0.parts.pace
    }

    fn reads(&self) -> &dyn Reads {
        &*self.0.parts.reads
    }

    /// Where writes are taken down; `None` where they are sent.
    pub(crate) fn draft(&self) -> Option<&Draft> {
        match &self.0.parts.way {
            Way::Send(_) => None,
            Way::Plan(draft) => Some(draft),
        }
    }

    fn credentials(&self) -> &str {
        &self.0.parts.credentials
    }

    fn open_lists(&self) -> &pager::OpenLists {
        &self.0.open_lists
    }
}

/// The rows of a read: all of a list, one, or none.
fn listed(read: Value) -> Vec<Value> {
    match read {
        Value::Array(rows) => rows,
        Value::Null => Vec::new(),
        row => vec![row],
    }
}
