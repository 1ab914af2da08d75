//! What the commands that look back share: the past of the project, and where lines go.

use super::session::Session;
use super::{Code, Failure, Format, Shell};
use crate::runs::history::Times;
use crate::runs::past::{Denied, Ground, Past};
use crate::store::Error;

pub(super) use crate::runs::past::PAGE;

/// What the store could not do.
pub(super) fn failed(error: Error) -> Failure {
    Failure::failed(error.to_string())
}

/// Moments as the project shows them.
pub(super) fn times(session: &Session<'_>) -> Times {
    Times::within(session.settings.project.timezone.clone())
}

impl Session<'_> {
    /// The runs that were, their plans and their doubts.
    pub(super) fn past(&self) -> Past {
        Past {
            store: self.store.clone(),
            mode: self.mode(),
            flags: self.shell.flags(self.mode()),
            times: times(self),
            folder: self.settings.project.folder.clone(),
        }
    }

    /// Waits for an answer of the past.
    pub(super) fn ask<T>(&self, asked: impl Future<Output = Result<T, Denied>>) -> Result<T, Failure> {
        Ok(self.runtime.block_on(asked)?)
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        let code = match denied.ground {
            Ground::Absent | Ground::Wrong => Code::Usage,
            Ground::Busy => Code::Skipped,
            Ground::Failed => Code::Failed,
        };
        Self { code, message: denied.message, hint: denied.hint }
    }
}

impl Shell {
    /// One line of data, or one object.
    pub(super) fn tell(&self, text: impl FnOnce() -> String, object: impl FnOnce() -> serde_json::Value) {
        match self.printer.format() {
            Format::Text => self.printer.data(&format!("{}\n", text())),
            Format::Json => self.printer.object(&object()),
        }
    }

    /// One object, where objects are wanted.
    pub(super) fn tell_object(&self, object: impl FnOnce() -> serde_json::Value) {
        if self.printer.format() == Format::Json {
            self.printer.object(&object());
        }
    }

    /// Lines of text, where there are some and text is wanted.
    pub(super) fn tell_text(&self, text: &str) {
        if self.printer.format() == Format::Text && !text.is_empty() {
            self.printer.data(&format!("{text}\n"));
        }
    }
}
