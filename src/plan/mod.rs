//! What a script would do, written down instead of done: calls with placeholders for what only the platform can give,
//! each with what it would find, so that a person can read it and `apply` can tell whether it still holds.
//!
//! Its one rule: nothing here sends or stores anything. [`Draft`] takes calls down while a script runs and answers its
//! reads with them in mind ([`Overlay`]); [`Plan`] is what comes of it, [`text`](Plan::text) how people read it.

mod draft;
mod follows;
mod meeting;
mod overlay;
mod record;
mod reverse;
mod shown;
#[cfg(test)]
mod tests;

pub use draft::Draft;
pub use meeting::Meeting;
pub use overlay::{Overlay, View};
pub use record::{Account, Effort, FORMAT, GroupName, LeftOut, NotAPlan, Part, Plan, Sign, Step, Touch, UNDO};
pub use reverse::{Maker, Past, Reversal, Since, Written, reverse};
pub use shown::Detail;
