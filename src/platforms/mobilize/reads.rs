//! The calls that look-ups and plans read people and groups with: one by one where they are few, else one list.

use serde_json::{Value, json};

use crate::catalog::Call;

/// Up to this many people are read one by one; more are found in the group's list.
const SINGLY: usize = 3;
/// Up to this many accounts are read one by one; more are found in the list of all users, which may be long.
const ACCOUNTS_SINGLY: usize = 20;

/// A call of the table, with arguments in their normal form.
pub fn call(connection: &str, noun: &str, verb: &str, args: Value) -> Call {
    super::PLATFORM.call(connection, noun, verb, args)
}

/// All groups.
pub fn groups(connection: &str) -> Call {
    call(connection, "groups", "list", json!({}))
}

/// Members of one group by id: one by one, or the whole list.
pub fn people_in(connection: &str, group: &str, ids: &[String]) -> Vec<Call> {
    let one = |id| json!({ "group_id": group, "user_id": id, "include_fields": true });
    match ids.len() <= SINGLY {
        true => ids.iter().map(|id| call(connection, "members", "get", one(id))).collect(),
        false => vec![members(connection, group)],
    }
}

/// People by id or address who may or may not be in the group.
pub fn people(connection: &str, group: &str, keys: &[String]) -> Vec<Call> {
    match keys.len() <= SINGLY {
        true => users(connection, keys),
        false => vec![members(connection, group)],
    }
}

/// The accounts of people by id or address, wherever they are members.
pub fn accounts(connection: &str, keys: &[String]) -> Vec<Call> {
    match keys.len() <= ACCOUNTS_SINGLY {
        true => users(connection, keys),
        false => vec![call(connection, "users", "list", json!({ "include_fields": true }))],
    }
}

/// Users by id or address, one by one.
pub fn users(connection: &str, keys: &[String]) -> Vec<Call> {
    keys.iter()
        .map(|key| match key.contains('@') {
            true => call(connection, "users", "find_by_email", json!({ "email": key, "include_fields": true })),
            false => call(connection, "users", "get", json!({ "user_id": key, "include_fields": true })),
        })
        .collect()
}

fn members(connection: &str, group: &str) -> Call {
    call(connection, "members", "list", json!({ "group_id": group, "include_fields": true }))
}
