//! The platforms simulated on this machine: a seeded community that keeps its state, with faults on demand and an outbox
//! of the mails that would have gone out. Reached without sockets ([`InProcess`]) or on localhost ([`serve`]); both end in
//! [`Sandbox::handle`]. Its one rule: what a request changes is handed to the journal before it is applied, and a journal
//! played into a fresh sandbox of the same seed gives the same world.

mod answer;
mod decide;
mod empty;
mod fault;
mod hook;
mod in_process;
mod io;
mod journal;
mod kept;
mod names;
mod pages;
mod seed;
mod server;
mod sign_in;
mod state;
mod tools;

#[cfg(test)]
mod tests;

pub use answer::{Answered, Asked, Ending};
pub use fault::{Fault, FaultError, parse_faults};
pub use hook::{Sender, Sent};
pub use in_process::{InProcess, InProcessWrites};
pub use journal::{Applied, Handled, Journal, Tally};
pub use kept::{KeptError, Wanted, kept};
pub use seed::{DECLINED, DELIVERY, PENDING, ROSTER_GROUP, SENDER, STRANGERS, Seed, SeededPerson, roster_people};
pub use server::{Running, ServeOptions, TOKEN_LIFE, serve};
pub use sign_in::Credentials;
pub use state::{ReplayError, Sandbox, SandboxOptions};
pub use tools::{Answers, Content, Sessions, ToolsServer};
