//! Reads of ours.

use serde_json::Value;

use crate::catalog::Call;

/// Waiting invitations.
pub fn list(connection: &str, args: Value) -> Call {
    super::PLATFORM.call(connection, "invitations", "list", args)
}
