//! The calls that look-ups and plans read people and groups with: one by one where they are few, else one list.

use serde_json::{Value, json};

use crate::catalog::Call;

/// Up to this many accounts are read one by one; more are found in the list of all users, which comes as one answer.
const SINGLY: usize = 20;

/// A call of the table, with arguments in their normal form.
pub fn call(connection: &str, noun: &str, verb: &str, args: Value) -> Call {
    super::PLATFORM.call(connection, noun, verb, args)
}

/// All groups.
pub fn groups(connection: &str) -> Call {
    call(connection, "groups", "list", json!({}))
}

/// One group, with its members' addresses.
pub fn group(connection: &str, id: &str) -> Call {
    call(connection, "groups", "get", json!({ "group_id": id }))
}

/// Somebody's account, by id or address.
pub fn user(connection: &str, key: &str) -> Call {
    match key.contains('@') {
        true => call(connection, "users", "find_by_email", json!({ "email": key })),
        false => call(connection, "users", "get", json!({ "user_id": key })),
    }
}

/// The accounts of these addresses.
pub fn accounts(connection: &str, addresses: &[String]) -> Vec<Call> {
    match addresses.len() <= SINGLY {
        true => addresses.iter().map(|address| user(connection, address)).collect(),
        false => vec![list(connection, addresses)],
    }
}

/// The list of all users, these of it.
pub fn list(connection: &str, addresses: &[String]) -> Call {
    call(connection, "users", "list", json!({ "emails": addresses }))
}
