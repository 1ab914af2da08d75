//! Roles by name: whoever writes `role_id: "Member"` means the role of that name. The role's name is kept beside its id,
//! since only the name says whether it gives power.

use std::sync::Arc;

use serde_json::{Value, json};

use super::reads::call;
use crate::catalog::{Call, Completion};

/// What is missing of a call that gives a role.
pub fn completion(asked: &Call) -> Option<Completion> {
    // Also where a script names the role: only the list says what it is called, and so whether it gives power.
    let gives = asked.args.get("role_id").is_some();
    let reads = || vec![call(&asked.connection, "roles", "list", json!({}))];
    gives.then(|| Completion { reads: reads(), recent: None, about: Vec::new(), may_be_remembered: |_, _| true, fill })
}

fn fill(asked: &Call, reads: &[Arc<Value>]) -> Result<Call, String> {
    let wanted = asked.args.text("role_id").trim();
    let roles = || reads.iter().filter_map(|read| read.as_array()).flatten();
    let of = |role: &Value, key: &str| role.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let by = |key: &'static str| roles().filter(move |role| of(role, key).trim().eq_ignore_ascii_case(wanted));
    let found: Vec<&Value> = by("id").chain(by("name")).collect();
    let [role] = found.as_slice() else {
        let names: Vec<String> = roles().map(|role| format!("`{}`", of(role, "name"))).collect();
        return Err(match found.is_empty() {
            true => format!("there is no role `{wanted}`; there are {}", names.join(", ")),
            false => format!("several roles are called `{wanted}`: write the id of one, as `roles.list()` shows it"),
        });
    };
    let mut whole = asked.clone();
    whole.args.set("role_id", of(role, "id"));
    whole.args.set("role", of(role, "name"));
    Ok(whole)
}
