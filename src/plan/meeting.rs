//! Who would be who on two accounts, as a migration that is only planned would find it out: kept when the plan was applied.

use serde::{Deserialize, Serialize};

/// People or groups of one account, and by what they will be found on the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meeting {
    /// The account that they come from.
    pub from: String,
    /// The connection that they go to.
    pub connection: String,
    /// `group`, `person`, `pending`.
    pub kind: String,
    /// Where people will be found: a group's id, or a placeholder for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The source's id; and of a group the target's, or a placeholder for it, of people the address.
    pub who: Vec<(String, String)>,
}
