//! What communities have in common: plain values without I/O, and without a stored form.

mod amount;
mod change;
mod email;
mod excerpt;
mod group;
mod hierarchy;
mod member;
mod person;
mod placeholder;
mod topic;

pub use amount::{counted, size, span};
pub use change::{Change, FieldChange};
pub use email::{Email, EmailError};
pub use excerpt::{Excerpt, quotable};
pub use group::{Cascade, Group, above, below};
pub use hierarchy::Hierarchy;
pub use member::{Member, Membership, Standing};
pub use person::{Fields, Person};
pub use placeholder::Placeholder;
pub use topic::Topic;
