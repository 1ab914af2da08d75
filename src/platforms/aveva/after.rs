//! Rows as AVEVA CONNECT will show them after a deed.

use serde_json::{Value, json};

use super::ops::{STANDING, WITH_ROLES};
use super::{roles, users};
use crate::catalog::{Call, Deed};

/// The row after this deed. Who leaves a community stays in the tenant.
pub fn after(row: Option<Value>, deed: &Deed) -> Option<Value> {
    match deed {
        Deed::Joins { group, who, fields } => {
            let mut row = row.unwrap_or_else(|| json!({ "Id": who.id, "Email": who.address }));
            let standing = fields.get(STANDING).map(roles::from_value).unwrap_or_default();
            users::set_roles(&mut row, group, &standing);
            Some(row)
        }
        Deed::Leaves { .. } => row.map(|mut row| {
            users::leave(&mut row);
            row
        }),
        _ => row,
    }
}

/// A row as this read shows it.
pub fn shown(read: &Call, row: Value) -> Value {
    match read.args.get(WITH_ROLES) {
        Some(Value::Bool(true)) => row,
        _ => users::plain(row),
    }
}
