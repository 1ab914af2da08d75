//! A group's settings: asked for in numbers, shown in words, some of them never shown.

use std::collections::BTreeSet;

use serde_json::Value;

use super::users::text;

/// Written and never read back.
const NEVER_SHOWN: [&str; 6] = [
    "alias_name",
    "invite_members_enabled",
    "create_posts_enabled",
    "create_subgroups_enabled",
    "public_form",
    "manager_email_address",
];
const PRIVACY: [(i64, &str); 2] = [(5, "public"), (10, "private")];
/// The document never shows the word for 9.
const FREQUENCY: [(i64, &str); 3] = [(0, "IMMEDIATE"), (1, "DAILY"), (9, "DISABLED")];

/// What the platform shows once this was written; `None` for what it never shows.
pub fn shown(name: &str, written: &Value) -> Option<Value> {
    match name {
        name if NEVER_SHOWN.contains(&name) => None,
        "privacy" => Some(word(&PRIVACY, written)),
        "default_emails_frequency" => Some(word(&FREQUENCY, written)),
        _ => Some(written.clone()),
    }
}

/// The form in which two shown values are compared: lists of words in no order and without case.
pub fn comparable(name: &str, shown: &Value) -> Value {
    match name {
        "members_posting_permissions" => {
            let words: BTreeSet<String> =
                shown.as_array().into_iter().flatten().map(|word| text(word).to_lowercase()).collect();
            words.into_iter().collect()
        }
        _ => shown.clone(),
    }
}

fn word(words: &[(i64, &str)], written: &Value) -> Value {
    let known = words.iter().find(|(number, _)| written.as_i64() == Some(*number));
    known.map_or_else(|| written.clone(), |(_, word)| (*word).into())
}
