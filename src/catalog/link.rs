//! Links by which people come in: whoever follows one gets its role and comes into its groups. They name nobody.

use serde_json::Value;

use super::Call;

/// One link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The platform's id.
    pub id: String,
    /// How people know it.
    pub name: String,
    /// The role that it gives, by name.
    pub role: String,
    /// The groups that it leads into, by id.
    pub groups: Vec<String>,
}

/// How a platform's links are read and made. Calls are made for the connection named.
#[derive(Clone, Copy)]
pub struct Links {
    /// The read that lists all of them.
    pub list: fn(&str) -> Call,
    /// One row of the list.
    pub read: fn(&Value) -> Option<Link>,
    /// The write that makes one with this role and these groups.
    pub make: fn(&str, &Link) -> Call,
}
