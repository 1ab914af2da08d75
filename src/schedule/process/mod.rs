//! A job's run as a process of this very program: whatever becomes of it takes nothing else along. Its one rule: however
//! the process ends, the run says so (`beadle runs show`) and can be resumed.

mod child;
mod exit;
mod processes;
mod tail;

pub use exit::{Ended, Exit};
pub use processes::{Patience, Processes};
