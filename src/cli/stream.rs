//! A writer that outlives its reader: a closed pipe ends the output quietly, a full disk is remembered.

use std::io::{self, Write};

/// stdout or stderr, or a test's buffer.
pub(super) struct Stream {
    to: Box<dyn Write + Send>,
    state: State,
}

enum State {
    Open,
    /// Nobody reads any more, as in `beadle … | head`.
    Closed,
    /// Something was lost for another reason.
    Broken(io::Error),
}

impl Stream {
    pub(super) fn new(to: Box<dyn Write + Send>) -> Self {
        Self { to, state: State::Open }
    }

    /// Writes all of it and sends it on its way, or nothing from the first failure on.
    pub(super) fn write(&mut self, text: &str) {
        if !matches!(self.state, State::Open) {
            return;
        }
        match self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.state = State::Closed,
            Err(error) => self.state = State::Broken(error),
        }
    }

    /// Why output was lost, other than by a reader that went away.
    pub(super) fn trouble(&self) -> Option<&io::Error> {
        match &self.state {
            State::Broken(error) => Some(error),
            _ => None,
        }
    }
}
