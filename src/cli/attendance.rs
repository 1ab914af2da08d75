//! Whether somebody watches a run: said, or seen by a terminal.
#![expect(clippy::disallowed_methods, reason = "the terminal belongs to the command line")]

use std::io::{self, IsTerminal as _};

use crate::effects::brakes::Attendance;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct Watched {
    /// Somebody watches: how many will be written to is shown, and `limits.mail.unattended` does not hold
    #[arg(long, conflicts_with = "unattended")]
    attended: bool,
    /// Nobody watches, although there is a terminal
    #[arg(long)]
    unattended: bool,
}

impl Watched {
    /// As said; else somebody watches where input or talk is a terminal. A schedule has neither.
    pub(super) fn attendance(&self) -> Attendance {
        self.with(io::stdin().is_terminal() || io::stderr().is_terminal())
    }

    fn with(&self, terminal: bool) -> Attendance {
        match (self.attended, self.unattended, terminal) {
            (true, _, _) | (false, false, true) => Attendance::Attended,
            _ => Attendance::Unattended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_beats_what_is_seen() {
        let of = |attended, unattended, terminal| Watched { attended, unattended }.with(terminal);
        assert_eq!(of(false, false, true), Attendance::Attended);
        assert_eq!(of(false, false, false), Attendance::Unattended);
        assert_eq!(of(true, false, false), Attendance::Attended);
        assert_eq!(of(false, true, true), Attendance::Unattended);
    }
}
