//! The ledger: what was written to whom, durable before it is sent, so that nothing is done twice.
//!
//! Its one rule: only [`Ledger::begin`] makes a [`Permit`], after its rows are durable, and nothing that writes is
//! sent without one. A permit that nobody settles leaves its rows open; an open row whose process is dead *is* the doubt.
//!
//! `state`, `key`, `decide`, `recover` and `brakes` are pure; `begin` and `settle` put them to work, each in one
//! transaction. `lease` says whose a run is.

pub mod brakes;

mod account;
mod begin;
mod begun;
mod decide;
mod key;
mod lease;
mod ledger;
mod reads;
mod recover;
mod rosters;
mod settle;
mod state;
#[cfg(test)]
mod tests;

pub use account::{fingerprint, recognise};
pub use begun::{Answered, Begun, Intent, Outcome, Permit, Settled, Why};
pub use key::{Campaign, natural_key};
pub use lease::{Lease, LeaseError};
pub use ledger::{Caps, Error, Ledger};
pub use reads::{Loose, Removed, Tally};
pub use rosters::{Handed, Rosters, WEIGHED};
pub use settle::settle_doubts;
pub use state::{State, Step};
