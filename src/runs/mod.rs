//! One execution from start to report. The ledger fails closed (no row, no send); the journal fails open and says so.

mod attempt;
mod connections;
mod door;
mod id;
mod journal;
mod report;
mod runner;

pub use connections::{Access, Opened, Transports};
pub use id::new_id;
pub use journal::Journal;
pub use report::{Ending, Report, Tally};
pub use runner::{Order, Refused, Runner, Source};
