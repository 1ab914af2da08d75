//! What a caller says of a write besides its arguments.

use std::collections::HashMap;

use serde_json::Value;

use crate::settings::Partial;

/// What the caller wants beyond the arguments.
#[derive(Clone, Debug)]
pub struct With {
    /// The campaign of a mail (`again: "label"`); `None` is the one that everybody gets once.
    pub again: Option<String>,
    /// Whether to follow a job to its end.
    pub wait: bool,
    /// Whether an object that is there and was not made by us may be used.
    pub use_existing: bool,
    /// What reads have just shown of the subjects, by their key, as [`crate::catalog::Before::keep`] would.
    pub known: HashMap<String, Value>,
    /// Limits that the caller has set for this work; a plan keeps them.
    pub limits: Partial,
    /// Whether a refused call for many people is halved, to spare those who are not affected.
    pub spares: bool,
    /// Whether the caller has already held all its removals against the brakes.
    pub checked: bool,
}

impl Default for With {
    fn default() -> Self {
        Self {
            again: None,
            wait: true,
            use_existing: false,
            known: HashMap::new(),
            limits: Partial::default(),
            spares: true,
            checked: false,
        }
    }
}
