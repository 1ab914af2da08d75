//! What lists of waiting invitations say of a write whose answer was lost. Only who had no account shows there: a list can
//! prove an import, never that it did not happen.

use serde_json::{Value, json};

use crate::catalog::{Call, Doubt, Verdict};
use crate::model::Email;

/// An invitation by the address it is for, in whatever the reads gave.
fn invited<'a>(address: &str, reads: &'a [Value]) -> Option<&'a Value> {
    let same = |row: &&Value| row.get("email").and_then(Value::as_str).and_then(key).as_deref() == Some(address);
    reads.iter().filter_map(Value::as_array).flatten().find(same)
}

fn key(text: &str) -> Option<String> {
    Email::parse(text).ok().map(|email| email.key().to_owned())
}

fn text<'a>(row: &'a Value, key: &str) -> Option<&'a str> {
    row.get(key).and_then(Value::as_str)
}

/// When an invitation was made, as the platform says it; milliseconds since the epoch.
fn made(row: &Value) -> Option<i64> {
    text(row, "createdOn")?.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond())
}

/// The invitation that waits already: whoever has one is written to only when that is asked for.
pub fn keep_waiting(_call: &Call, address: &str, reads: &[Value]) -> Value {
    match invited(address, reads) {
        // A time that cannot be read is still one.
        Some(row) => json!({ "waiting": row.get("id"), "invited_at": made(row).unwrap_or(0), "email": address }),
        None => json!({ "waiting": null, "invited_at": null, "email": address }),
    }
}

/// Imported if an invitation waits that was not there before. No clock of ours takes part.
pub fn judge_imported(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let Some(before) = doubt.before.get("waiting") else {
        return Verdict::Unknown("which invitations waited before it was sent is not known");
    };
    match invited(&doubt.subject.key, reads) {
        Some(row) if row.get("id") != Some(before) => Verdict::Applied(None),
        Some(_) => Verdict::Unknown("the invitation that waits is the one from before: a second mail leaves no trace"),
        None => {
            Verdict::Unknown("no invitation waits (yet); who has an account already is written to and never listed")
        }
    }
}

/// The invitation is gone.
pub fn judge_deleted(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let same = |row: &Value| text(row, "id").is_some_and(|id| id.to_lowercase() == doubt.subject.key);
    match reads.iter().filter_map(Value::as_array).flatten().any(same) {
        true => Verdict::NotApplied,
        false => Verdict::Applied(None),
    }
}
