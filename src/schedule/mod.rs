//! When jobs run: which moments are due, what becomes of each, and the processes that do the work.
//!
//! One rule: the board decides and does nothing; whoever drives it writes its verdicts down before acting on them.

mod alarm;
mod arrears;
mod board;
mod daemon;
mod orders;
mod process;
mod simulate;
mod told;
mod verdict;
mod words;

pub use alarm::{
    AlarmTally, Alarms, Delivery, DeliveryParts, Message, Pulse, Topic, Trouble, Waits, Way, test_message, told_states,
};
pub use board::{Board, Change, Changed, Open, Pause, SeenJob, Standing};
pub use daemon::{
    Asks, ByHand, Daemon, Desk, Found, JobFiles, Keep, Load, Nobody, NotServed, Parts, SEAT, Seen, Silent, Stage,
    Tally, Watcher,
};
pub use orders::{Asked, Moments, backfill, pause};
pub use process::{Ended, Errand, Exit, Patience, Processes, Starts, Task};
pub use simulate::Simulation;
pub use told::{alarm_json, job_json, message_json, tick_json};
pub use verdict::{Entry, Outcome, Step, Verdict, What, Why};
pub use words::tick_words;
