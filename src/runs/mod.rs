//! One execution from start to report. The ledger fails closed (no row, no send); the journal fails open and says so.

mod applying;
mod attempt;
mod connections;
mod door;
pub mod history;
mod id;
mod journal;
mod kept;
mod limit;
mod look;
mod lost;
mod of_job;
pub mod past;
mod planning;
mod report;
mod requests;
mod runner;
mod scripted;
mod traced;
mod undoing;
mod work;

pub use connections::{Access, Opened, Transports};
pub use id::{id_of, new_id, new_scheduled_id};
pub use journal::Journal;
pub use limit::Reached;
pub use look::Looked;
pub use lost::{Lost, Marked, Unmarked};
pub use of_job::Begin;
pub use planning::Planned;
pub use report::{Ending, Report, Tally};
pub use requests::{Counting, Requests};
pub use runner::{Order, Refused, Runner, Source};
pub use work::{Scripted, Stale, Work};
