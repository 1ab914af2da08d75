//! When jobs run, and how: each run is a process of its own.

mod process;

pub use process::{Ended, Errand, Exit, Patience, Processes, Starts, Task};
