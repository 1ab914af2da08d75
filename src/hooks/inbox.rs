//! Where deliveries are stored: whoever is told that one is taken can rely on it, whatever happens to the process then.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::client::crash::{Point, reach};
use crate::clock::Clock;
use crate::notices::{Arrival, Bulk};
use crate::store::{AsideRow, DeliveryRow, Error, NewDelivery, Store};

/// Bodies that are kept aside, for each hook: the newest ones.
pub const MOST_ASIDE: i64 = 100;
/// How much of each is kept, in bytes.
pub const LONGEST_ASIDE: usize = 16 * 1024;

/// Rings when something was stored. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Bell {
    arrived: Arc<Notify>,
    asked: Arc<Notify>,
}

impl Bell {
    /// A delivery waits to be worked off.
    pub fn arrived(&self) {
        self.arrived.notify_one();
    }

    /// Waits until a delivery has come since the last time. For one listener: the worker.
    pub async fn next_arrival(&self) {
        self.arrived.notified().await;
    }

    /// A run was asked for.
    pub fn asked(&self) {
        self.asked.notify_one();
    }

    /// Waits until a run was asked for since the last time. For one listener: whoever starts runs.
    pub async fn next_run(&self) {
        self.asked.notified().await;
    }
}

/// What became of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Stored, under this number.
    New(i64),
    /// It was there already.
    Known,
    /// It is no delivery; its beginning is kept aside.
    Aside,
}

/// Stores what is sent.
#[derive(Clone, Debug)]
pub struct Inbox {
    store: Store,
    clock: Clock,
    bell: Bell,
}

impl Inbox {
    /// An inbox on this store.
    pub fn new(store: Store, clock: Clock, bell: Bell) -> Self {
        Self { store, clock, bell }
    }

    /// Stores a body; when this returns, it is durable.
    pub async fn take(&self, hook: &str, body: &[u8]) -> Result<Taken, Error> {
        // What was read is let go before anything is waited for: many bodies may be on their way at once.
        let read = Bulk::read(body).map(|bulk| (Arrival::of(&bulk, body).key, bulk.notices.len()));
        let (key, notices) = match read {
            Ok(read) => read,
            Err(why) => {
                self.put_aside(hook, &why.to_string(), body, body.len() as u64).await?;
                return Ok(Taken::Aside);
            }
        };
        let new = NewDelivery { hook, key: &key, received_at: self.clock.now_ms(), body, notices, replay_of: None };
        let mut writing = self.store.writing().await?;
        reach(Point::BeforeStored);
        let kept = writing.keep_delivery(&new).await?;
        // Also where it was known: who is told so must be able to rely on it.
        writing.commit().await?;
        reach(Point::AfterStored);
        Ok(match kept {
            Some(seq) => {
                self.bell.arrived();
                Taken::New(seq)
            }
            None => Taken::Known,
        })
    }

    /// Keeps the beginning of something that is no delivery.
    pub async fn put_aside(&self, hook: &str, why: &str, body: &[u8], size: u64) -> Result<(), Error> {
        let aside = AsideRow {
            seq: 0,
            hook: hook.to_owned(),
            at: self.clock.now_ms(),
            why: why.to_owned(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            body: body[..body.len().min(LONGEST_ASIDE)].to_vec(),
        };
        let mut writing = self.store.writing().await?;
        writing.keep_aside(&aside, MOST_ASIDE).await?;
        writing.commit().await
    }

    /// Has a delivery worked off once more, with runs of their own; returns the number of the new one.
    pub async fn replay(&self, of: &DeliveryRow, body: &[u8]) -> Result<Option<i64>, Error> {
        let times = self.store.replays_of(of.seq).await? + 1;
        let key = format!("{} replay {} {times}", of.key, of.seq);
        let new = NewDelivery {
            hook: &of.hook,
            key: &key,
            received_at: self.clock.now_ms(),
            body,
            notices: usize::try_from(of.counts.notices).unwrap_or_default(),
            replay_of: Some(of.seq),
        };
        let mut writing = self.store.writing().await?;
        let kept = writing.keep_delivery(&new).await?;
        writing.commit().await?;
        self.bell.arrived();
        Ok(kept)
    }
}
