//! From what a platform sends to what jobs are started with: a delivery is stored before it is answered ([`Inbox`]), then
//! worked off ([`Worker`]): the rest of it fetched, everything in it read again, what beadle itself wrote left out. Its one
//! rule: what was sent is a hint, never a fact; jobs see what the platform says when it is asked.

mod at_work;
mod event;
mod finish;
mod gather;
mod idle;
mod inbox;
mod people;
mod reader;
mod secret;
mod subscription;
mod told;
mod worker;

pub use event::Event;
pub use inbox::{Bell, Inbox, Taken};
pub use secret::{HookSecret, digest_of, is_name};
pub use subscription::Subscription;
pub use told::{aside_json, delivery_json, hook_json, whole_delivery_json};
pub use worker::{STRETCH, Worker, WorkerError, Working};
