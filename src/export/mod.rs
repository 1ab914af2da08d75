//! Lists to files. A row goes from the platform's bytes to the file's in one pass; no tree is built in between.
//!
//! Its one rule: a file has its name only when it is whole. A [`Sink`] that is dropped leaves nothing behind.

mod flat;
mod manifest;
mod mark;
mod since;
mod sink;

pub use manifest::Manifest;
pub use mark::Mark;
pub use since::Since;
pub use sink::Sink;

use crate::tables;

/// Why a list could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file.
    #[error(transparent)]
    File(#[from] tables::Error),
    /// A row that has no columns.
    #[error("row {row} of `{file}` is not a JSON object, so it has no columns: {reason}; `ndjson` takes it as it is")]
    Row {
        /// The file that was being written.
        file: String,
        /// The row's number, from 1.
        row: u64,
        /// What the parser says.
        reason: String,
    },
}
