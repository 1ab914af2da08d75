//! What Mobilize tells a webhook: a bulk object of notifications, read as tolerantly as its document contradicts itself,
//! and the keys by which a delivery and a notification are known again. Its one rule: what was told is never believed, only
//! who and what it is about; nothing here decides what is done.

mod bulk;
mod key;
mod next;
mod own;

pub use bulk::{Bulk, Missing, Notice, Rest, Told, Unread};
pub use key::{Arrival, body_digest};
pub use next::Next;
pub use own::{Way, Written, is_own};
