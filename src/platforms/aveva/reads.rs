//! The calls with which users, roles and communities are read.

use serde_json::{Value, json};

use super::ops::WITH_ROLES;
use crate::catalog::Call;

/// Up to this many users of a tenant are read one by one.
const SINGLY: usize = 20;

/// A call of the table, with arguments in their normal form.
pub fn call(connection: &str, noun: &str, verb: &str, args: Value) -> Call {
    super::PLATFORM.call(connection, noun, verb, args)
}

/// Community and, where it is known, tenant as another call names them.
fn place(args: &Value) -> Value {
    let mut place = json!({ "community_id": args.get("community_id") });
    if let Some(tenant) = args.get("tenant_id") {
        place["tenant_id"] = tenant.clone();
    }
    place
}

/// Everybody in the community that these arguments name, with their roles.
pub fn users(connection: &str, args: &Value) -> Call {
    let mut place = place(args);
    place[WITH_ROLES] = true.into();
    call(connection, "users", "list", place)
}

/// The roles of the community.
pub fn roles(connection: &str, args: &Value) -> Call {
    call(connection, "roles", "list", json!({ "community_id": args.get("community_id") }))
}

/// All users of the tenant.
pub fn tenant(connection: &str, args: &Value) -> Call {
    let place = match args.get("tenant_id") {
        Some(tenant) => json!({ "tenant_id": tenant }),
        None => json!({}),
    };
    call(connection, "tenant_users", "list", place)
}

/// The accounts of these people, one by one or all.
pub fn accounts(connection: &str, args: &Value, ids: &[String]) -> Vec<Call> {
    if ids.len() > SINGLY {
        return vec![tenant(connection, args)];
    }
    let one = |id: &String| {
        let mut list = tenant(connection, args).args;
        list.set("user_id", id.as_str());
        call(connection, "tenant_users", "get", list.to_value())
    };
    ids.iter().map(one).collect()
}
