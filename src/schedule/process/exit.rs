//! How a process ended, in the words of people.

use std::process::ExitStatus;

/// How a run's process ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub exit: Exit,
    /// The end of what it wrote to stderr, and what could not be written down about it.
    pub said: String,
    /// Why it never became a run, in its own words: of that there is no log.
    pub unbegun: Option<String>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code (`cli::Code`).
    Code(u8),
    /// By this signal, which was not ours.
    Signal(i32),
    /// It took too long: stopped softly, or killed where that did not help. The run can be resumed.
    TimedOut,
    /// There was no process, and no run.
    NotStarted(String),
}

/// Names of signals that end processes, with what mostly sends them.
const SIGNALS: [(i32, &str, &str); 8] = [
    (1, "SIGHUP", "its terminal was closed"),
    (2, "SIGINT", "somebody pressed Ctrl-C"),
    (4, "SIGILL", "a defect of the program"),
    (6, "SIGABRT", "it gave up: mostly its memory ran out, see `memory` of the job"),
    (9, "SIGKILL", "somebody killed it, or the system did when memory ran out"),
    (11, "SIGSEGV", "a defect of the program, or its stack ran out"),
    (15, "SIGTERM", "somebody asked it to end"),
    (25, "SIGXFSZ", "a file grew larger than allowed"),
];

/// `signal 9 (SIGKILL: somebody killed it, or the system did when memory ran out)`
pub(super) fn signal_words(signal: i32) -> String {
    match SIGNALS.iter().find(|(number, ..)| *number == signal) {
        Some((_, name, mostly)) => format!("signal {signal} ({name}: {mostly})"),
        None => format!("signal {signal}"),
    }
}

/// By which signal it ended, if it was one.
#[cfg(unix)]
pub(super) fn signal_of(status: ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal()
}

/// By which signal it ended: there is none on this system.
#[cfg(not(unix))]
pub(super) fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_told_by_its_name_and_what_mostly_sends_it() {
        assert_eq!(signal_words(2), "signal 2 (SIGINT: somebody pressed Ctrl-C)");
        assert_eq!(signal_words(64), "signal 64");
    }
}
