//! What a finished file holds, so that others can check it.

use serde::Serialize;

/// A finished file. Its JSON form is version 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Manifest {
    /// The version of this form.
    pub version: u32,
    /// The file's path as it was named.
    pub file: String,
    /// Rows in it, a header not counted.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The digest of its bytes, in hex.
    pub sha256: String,
    /// The id of the first row; `None` when there is no row or it has no id.
    pub first: Option<String>,
    /// The id of the last row.
    pub last: Option<String>,
}
