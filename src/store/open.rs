//! Opening the store: one connection writes, a few read. WAL with `synchronous=FULL`: a committed row survives a power cut.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::Error;
use super::group::Slot;

/// How long somebody else's write is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries to open a file that somebody else is just making.
const AGAIN: Duration = Duration::from_millis(20);
/// Connections that read.
const READERS: u32 = 4;

/// What outlives the process. Cheap to clone; all its SQL stands in this folder.
///
/// It holds one embedded SQLite today. A second driver becomes a second variant behind the same verbs.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    folder: Option<PathBuf>,
    writer: SqlitePool,
    readers: SqlitePool,
    group: Slot,
    commits: AtomicU64,
}

/// Makes the file, for its owner alone: it holds addresses. What SQLite lays beside it gets the same rights.
#[expect(clippy::disallowed_methods, reason = "the store makes its own file")]
fn make(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.inner.path.display())
    }
}

impl Store {
    /// Opens the store in this file, makes it and its folder where they are missing, and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, PATIENCE).await
    }

    #[expect(clippy::disallowed_methods, reason = "the store makes its own folder")]
    pub(super) async fn open_with(path: &Path, patience: Duration) -> Result<Self, Error> {
        let unopened = |why: std::io::Error| Error::Unopened { path: path.to_owned(), why: why.to_string() };
        let path = std::path::absolute(path).map_err(unopened)?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        std::fs::create_dir_all(&folder).map_err(unopened)?;
        make(&path).map_err(unopened)?;
        let options = options(patience).filename(&path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
        let pool = |size| lasting().max_connections(size).connect_lazy_with(options.clone());
        let store = Self::of(pool(1), pool(READERS), Some(folder), path);
        let began = std::time::Instant::now();
        loop {
            match store.migrated().await {
                // Turning a new file's log on does not wait for others who do the same: SQLite refuses at once.
                Err(Error::Locked(_)) if began.elapsed() < patience => tokio::time::sleep(AGAIN).await,
                Err(error) => return Err(error),
                Ok(()) => return Ok(store),
            }
        }
    }

    /// A store that is gone with the process: for tests, and for looking around.
    pub async fn in_memory() -> Result<Self, Error> {
        let only = lasting().max_connections(1).connect_lazy_with(options(PATIENCE).in_memory(true));
        let store = Self::of(only.clone(), only, None, PathBuf::from("(in memory)"));
        store.migrated().await?;
        Ok(store)
    }

    fn of(writer: SqlitePool, readers: SqlitePool, folder: Option<PathBuf>, path: PathBuf) -> Self {
        let (group, commits) = (Slot::default(), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { path, folder, writer, readers, group, commits }) }
    }

    /// The file it is in.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The folder it is in; `None` in memory.
    pub fn folder(&self) -> Option<&Path> {
        self.inner.folder.as_deref()
    }

    /// How many transactions of [`Store::writing`] it has made durable: fewer than there were writers when these came at
    /// the same time.
    pub fn commits(&self) -> u64 {
        self.commit_count().load(Ordering::Relaxed)
    }

    /// Ends all its connections; what is in the log beside the file is moved into it.
    pub async fn close(self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    pub(super) fn readers(&self) -> &SqlitePool {
        &self.inner.readers
    }

    pub(super) fn writer(&self) -> &SqlitePool {
        &self.inner.writer
    }

    pub(super) fn group(&self) -> &Slot {
        &self.inner.group
    }

    pub(super) fn commit_count(&self) -> &AtomicU64 {
        &self.inner.commits
    }

    pub(super) fn error(&self, error: sqlx::Error) -> Error {
        Error::of(&self.inner.path, error)
    }

    /// Which store it is, for what is kept per store within one process.
    pub(crate) fn identity(&self) -> usize {
        Arc::as_ptr(&self.inner) as usize
    }

    /// In one transaction, so that two processes that open a new store at once do not both make its tables.
    async fn migrated(&self) -> Result<(), Error> {
        let begun = self.inner.writer.begin_with("BEGIN IMMEDIATE").await;
        let mut tx = begun.map_err(|error| self.error(error))?;
        let run = migrator().run_direct(None, &mut *tx, false).await;
        run.map_err(|error| Error::of_migration(&self.inner.path, error))?;
        tx.commit().await.map_err(|error| self.error(error))
    }
}

fn options(patience: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new().foreign_keys(true).synchronous(SqliteSynchronous::Full).busy_timeout(patience)
}

/// Connections that are kept: an idle one costs nothing, and a store in memory lives in its only one.
fn lasting() -> SqlitePoolOptions {
    let options = SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).acquire_timeout(PATIENCE * 3);
    // Whoever was ended in the middle of a transaction has left it open. There is none, most of the time.
    options.test_before_acquire(false).before_acquire(|connection, _| {
        Box::pin(async move {
            sqlx::query("ROLLBACK").execute(connection).await.ok();
            Ok(true)
        })
    })
}

/// Every schema there was, in order. A file that was ever released is never changed again.
fn migrator() -> Migrator {
    let steps = [
        (1, "ledger", include_str!("schema/0001_ledger.sql")),
        (2, "plans", include_str!("schema/0002_plans.sql")),
        (3, "rosters", include_str!("schema/0003_rosters.sql")),
        (4, "identities", include_str!("schema/0004_identities.sql")),
        (5, "job runs", include_str!("schema/0005_job_runs.sql")),
        (6, "schedule", include_str!("schema/0006_schedule.sql")),
        (7, "hooks", include_str!("schema/0007_hooks.sql")),
        (8, "replaced", include_str!("schema/0008_replaced.sql")),
        (10, "alarms", include_str!("schema/0010_alarms.sql")),
        (11, "idle notices", include_str!("schema/0011_idle_notices.sql")),
        (12, "requests", include_str!("schema/0012_requests.sql")),
        (13, "waiting events", include_str!("schema/0013_waiting_events.sql")),
        (14, "log sizes", include_str!("schema/0014_log_sizes.sql")),
        (15, "no id", include_str!("schema/0015_no_id.sql")),
        (16, "unread events", include_str!("schema/0016_unread_events.sql")),
        (17, "tick unfinished", include_str!("schema/0017_tick_unfinished.sql")),
    ];
    let migration = |(version, name, text): (i64, &'static str, &'static str)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.into_iter().map(migration).collect())
}
