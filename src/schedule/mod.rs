//! When jobs run: which moments are due, what becomes of each, and the processes that do the work.
//!
//! One rule: the board decides and does nothing; whoever drives it writes its verdicts down before acting on them.

mod alarm;
mod arrears;
mod board;
mod daemon;
mod process;
mod simulate;
mod verdict;

pub use alarm::{Alarms, Delivery, DeliveryParts, Message, Pulse, Topic, Trouble, Waits, Way, test_message};
pub use board::{Board, Change, Open, Pause, Standing};
pub use daemon::{Daemon, Found, JobFiles, Keep, NotServed, Parts, SEAT};
pub use process::{Ended, Errand, Exit, Patience, Processes, Starts, Task};
pub use simulate::Simulation;
pub use verdict::{Entry, Outcome, Step, Verdict, What, Why};
