//! One transaction for all who write at the same time: whoever comes while another writes joins in behind a savepoint, and
//! the first who is done and finds nobody else waiting makes all of it durable with one forced write. Its one rule: nobody
//! is told that something is durable before it is.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use sqlx::Sqlite;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnection, SqlitePool};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::open::PATIENCE;
use super::{Error, Store};

/// Whoever has waited less has the whole patience left.
const LITTLE: Duration = Duration::from_secs(1);

/// The transaction that is open, if one is. Its queue is served in the order of asking, which is what makes groups.
pub(super) type Slot = Arc<Mutex<Option<Group>>>;

/// What became of a transaction, for all who took part in it.
type Outcome = Arc<OnceLock<Result<(), Error>>>;

/// An open transaction and those in it. Not one of sqlx: those do not survive that SQLite itself gives a transaction up, as it
/// does on a full disk.
pub(super) struct Group {
    connection: PoolConnection<Sqlite>,
    last: Last,
    outcome: Outcome,
}

/// How far whoever wrote last has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// The one who began it has not finished.
    First,
    /// One who joined has not finished: what they wrote stands behind the savepoint.
    Joined,
    /// All of it is to be kept.
    Kept,
}

/// Verbs that become durable together, or not at all: dropped without [`Writing::commit`], nothing has happened.
/// While one is held, nobody else writes: keep it short and never wait for the network inside.
pub struct Writing {
    /// Given back before `leaving` is dropped: fields are dropped in their order.
    pub(super) tx: Seat,
    leaving: Leaving,
}

/// The only place at the connection.
pub(super) struct Seat(OwnedMappedMutexGuard<Option<Group>, Group>);

/// Clears up when nobody is left who would.
struct Leaving {
    store: Store,
    outcome: Outcome,
}

impl Store {
    /// Begins to write, when whoever else writes is done. The verbs in between see each other, and what others of the same
    /// moment have written: what is concluded from that holds when [`Writing::commit`] or [`Writing::leave`] says so.
    pub async fn writing(&self) -> Result<Writing, Error> {
        let asked = Instant::now();
        let mut slot = self.slot().await?;
        let open = match slot.take() {
            Some(group) => group.admit(self).await,
            None => None,
        };
        let group = match open {
            Some(group) => group,
            None => Group::begin(self.writer(), asked.elapsed()).await.map_err(|error| self.error(error))?,
        };
        let leaving = Leaving { store: self.clone(), outcome: Arc::clone(&group.outcome) };
        *slot = Some(group);
        match OwnedMutexGuard::try_map(slot, Option::as_mut) {
            Ok(seat) => Ok(Writing { tx: Seat(seat), leaving }),
            Err(_) => Err(given_up(self, "it is gone")),
        }
    }

    async fn slot(&self) -> Result<OwnedMutexGuard<Option<Group>>, Error> {
        let waiting = tokio::time::timeout(PATIENCE * 3, Arc::clone(self.group()).lock_owned()).await;
        waiting.map_err(|_| Error::Locked(self.path().to_owned()))
    }
}

impl Writing {
    /// Makes all of it durable.
    pub async fn commit(mut self) -> Result<(), Error> {
        if self.tx.0.last == Last::Joined {
            run(&mut self.tx, "RELEASE joined").await.map_err(|error| self.error(error))?;
        }
        self.tx.0.last = Last::Kept;
        self.end().await
    }

    /// Keeps nothing, and waits until what others had written, and this one may have read, is durable.
    pub async fn leave(self) -> Result<(), Error> {
        match self.tx.0.last {
            Last::Joined => self.end().await,
            Last::First | Last::Kept => Ok(()),
        }
    }

    pub(super) fn error(&self, error: sqlx::Error) -> Error {
        self.leaving.store.error(error)
    }

    /// Lets those who wait write first, then ends the transaction unless one of them has done so.
    async fn end(self) -> Result<(), Error> {
        let Self { tx, leaving } = self;
        drop(tx);
        let mut slot = leaving.store.slot().await?;
        if let Some(known) = leaving.outcome.get() {
            return known.clone();
        }
        match slot.take() {
            Some(group) if Arc::ptr_eq(&group.outcome, &leaving.outcome) => group.end(&leaving.store).await,
            other => {
                *slot = other;
                Err(given_up(&leaving.store, "whoever was to end it has vanished"))
            }
        }
    }
}

impl Group {
    /// Begins for somebody who has waited so long already: where another process has the store, those who wait together are
    /// told so together, and not each after the patience of all before them.
    async fn begin(pool: &SqlitePool, waited: Duration) -> Result<Self, sqlx::Error> {
        let mut connection = pool.acquire().await?;
        if waited < LITTLE {
            run(&mut connection, "BEGIN IMMEDIATE").await?;
        } else {
            let whole: i64 = sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *connection).await?;
            let waited = i64::try_from(waited.as_millis()).unwrap_or(i64::MAX);
            be_patient(&mut connection, (whole - waited).max(0)).await?;
            let begun = run(&mut connection, "BEGIN IMMEDIATE").await;
            be_patient(&mut connection, whole).await?;
            begun?;
        }
        Ok(Self { connection, last: Last::First, outcome: Outcome::default() })
    }

    /// Lets somebody in; `None` when another transaction must be begun.
    async fn admit(mut self, store: &Store) -> Option<Self> {
        if self.last == Last::First {
            // Whoever began it has left without a word, and nobody else was in it.
            self.give_up().await;
            return None;
        }
        let admitted = match self.undo_joined().await {
            Ok(()) => run(&mut self.connection, "SAVEPOINT joined").await,
            Err(error) => Err(error),
        };
        match admitted {
            Ok(()) => {
                self.last = Last::Joined;
                Some(self)
            }
            Err(error) => {
                let why = given_up(store, &error.to_string());
                self.outcome.get_or_init(|| Err(why));
                self.give_up().await;
                None
            }
        }
    }

    /// Makes it durable and tells all who took part.
    async fn end(mut self, store: &Store) -> Result<(), Error> {
        let outcome = Arc::clone(&self.outcome);
        let ended = match self.undo_joined().await {
            Ok(()) => run(&mut self.connection, "COMMIT").await.map_err(|error| store.error(error)),
            // SQLite gives a whole transaction up when the disk is full or broken.
            Err(error) => Err(given_up(store, &error.to_string())),
        };
        match ended {
            Ok(()) => drop(store.commit_count().fetch_add(1, Ordering::Relaxed)),
            Err(_) => self.give_up().await,
        }
        outcome.get_or_init(|| ended).clone()
    }

    /// Takes back what somebody wrote who joined and left without a word.
    async fn undo_joined(&mut self) -> Result<(), sqlx::Error> {
        if self.last == Last::Joined {
            run(&mut self.connection, "ROLLBACK TO joined").await?;
            run(&mut self.connection, "RELEASE joined").await?;
            self.last = Last::Kept;
        }
        Ok(())
    }

    /// Keeps nothing. An error means that SQLite has done so before.
    async fn give_up(mut self) {
        run(&mut self.connection, "ROLLBACK").await.ok();
    }
}

async fn run(connection: &mut SqliteConnection, what: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(what).execute(connection).await.map(drop)
}

/// How long a statement waits for other processes, in milliseconds.
async fn be_patient(connection: &mut SqliteConnection, patience: i64) -> Result<(), sqlx::Error> {
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA busy_timeout = {patience}"))).execute(connection).await.map(drop)
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let Ok(mut slot) = self.store.group().try_lock() else { return };
        let mine = slot.as_ref().is_some_and(|group| Arc::ptr_eq(&group.outcome, &self.outcome));
        // Nobody but the group itself knows of its outcome: nobody else is in it.
        let last = mine && Arc::strong_count(&self.outcome) == 2;
        let abandoned = if last { slot.take() } else { None };
        if let (Some(group), Ok(runtime)) = (abandoned, tokio::runtime::Handle::try_current()) {
            runtime.spawn(group.give_up());
        }
    }
}

impl Deref for Seat {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.0.connection
    }
}

impl DerefMut for Seat {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.0.connection
    }
}

fn given_up(store: &Store, why: &str) -> Error {
    Error::Other {
        path: store.path().to_owned(),
        why: format!("a transaction was given up, nothing of it is kept: {why}"),
    }
}
