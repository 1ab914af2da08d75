//! One execution from start to report. The ledger fails closed (no row, no send); the journal fails open and says so.

mod attempt;
mod connections;
mod door;
pub mod history;
mod id;
mod journal;
mod look;
mod report;
mod runner;

pub use connections::{Opened, Transports};
pub use id::new_id;
pub use journal::Journal;
pub use look::Looked;
pub use report::{Ending, Report, Tally};
pub use runner::{Order, Refused, Runner, Source};
