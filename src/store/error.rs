//! Why the store could not do it, in words that say what to do next.

use std::path::PathBuf;

use sqlx::migrate::MigrateError;

/// A failure of the store. Whatever it is: a write whose row could not be stored is not sent.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else has kept it locked for longer than we wait.
    #[error(
        "the store `{0}` is locked by another process; wait until it is done, or look who has it open (a backup, a database viewer)"
    )]
    Locked(PathBuf),
    /// No room left.
    #[error("there is no room left for the store `{0}`; nothing is sent that cannot be written down: free some space")]
    Full(PathBuf),
    /// The disk refuses: broken, gone, or the file must not grow.
    #[error(
        "the disk does not take what belongs into the store `{path}` ({why}); nothing is sent that cannot be written down: look at the disk, at quotas and at limits on the size of files"
    )]
    Disk {
        /// Where it is.
        path: PathBuf,
        /// In the words of the database.
        why: String,
    },
    /// A later release has changed its schema.
    #[error("the store `{0}` was written by a newer beadle; use that one, or name another store")]
    Newer(PathBuf),
    /// Its schema is not the one this release knows by that number.
    #[error("the schema of the store `{path}` is not what this beadle made of it: {why}")]
    Foreign {
        /// Where it is.
        path: PathBuf,
        /// In the words of the migration.
        why: String,
    },
    /// Not allowed to write there.
    #[error("the store `{0}` cannot be written; check who owns the file and its folder")]
    ReadOnly(PathBuf),
    /// Not a store, or broken.
    #[error("`{0}` is not a store or is damaged; restore it from a backup, an empty one would forget who was mailed")]
    Damaged(PathBuf),
    /// Cannot be opened at all.
    #[error("the store `{path}` cannot be opened: {why}")]
    Unopened {
        /// Where it should be.
        path: PathBuf,
        /// In the words of the system.
        why: String,
    },
    /// What is stored cannot be understood.
    #[error("the store `{path}` holds something unreadable: {why}")]
    Unreadable {
        /// Where it is.
        path: PathBuf,
        /// What and where.
        why: String,
    },
    /// The same thing is already there and must not be there twice.
    #[error("the store `{path}` holds it already: {why}")]
    Twice {
        /// Where it is.
        path: PathBuf,
        /// In the words of the database.
        why: String,
    },
    /// Anything else.
    #[error("the store `{path}` failed: {why}")]
    Other {
        /// Where it is.
        path: PathBuf,
        /// In the words of the database.
        why: String,
    },
}

/// SQLite's primary result codes: the lower eight bits of the extended ones.
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READ_ONLY: u32 = 8;
const IO: u32 = 10;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const CONSTRAINT: u32 = 19;
const NOT_A_DATABASE: u32 = 26;

impl Error {
    /// What it is, in words without a path: for whoever is not at this machine.
    pub fn in_short(&self) -> &'static str {
        match self {
            Self::Locked(_) => "the store is locked by another process",
            Self::Full(_) => "there is no room left for the store",
            Self::Disk { .. } => "the disk does not take what belongs into the store",
            Self::ReadOnly(_) => "the store cannot be written",
            Self::Damaged(_) | Self::Unreadable { .. } => "the store is damaged",
            _ => "the store cannot be used",
        }
    }

    /// What a failure of the database means for the store at `path`.
    pub(super) fn of(path: &std::path::Path, error: sqlx::Error) -> Self {
        let path = path.to_owned();
        match &error {
            sqlx::Error::Database(inner) => {
                let code = inner.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default() & 0xff;
                match code {
                    BUSY | LOCKED => Self::Locked(path),
                    FULL => Self::Full(path),
                    IO => Self::Disk { path, why: inner.message().to_owned() },
                    READ_ONLY => Self::ReadOnly(path),
                    CORRUPT | NOT_A_DATABASE => Self::Damaged(path),
                    CANNOT_OPEN => Self::Unopened { path, why: inner.message().to_owned() },
                    CONSTRAINT => Self::Twice { path, why: inner.message().to_owned() },
                    _ => Self::Other { path, why: inner.message().to_owned() },
                }
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                Self::Unreadable { path, why: error.to_string() }
            }
            sqlx::Error::PoolTimedOut => Self::Locked(path),
            _ => Self::Other { path, why: error.to_string() },
        }
    }

    /// What a failure of the migrations means.
    pub(super) fn of_migration(path: &std::path::Path, error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => Self::Newer(path.to_owned()),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Self::of(path, error),
            other => Self::Foreign { path: path.to_owned(), why: other.to_string() },
        }
    }
}
