//! What the commands that look back share: whose a run is, which sandboxes are gone, where lines go.

use super::session::Session;
use super::{Failure, Format, Shell};
use crate::effects::Lease;
use crate::runs::history::{Owner, Times};
use crate::store::{Error, World};

/// Rows read from the store at a time: what is told of the past is never held as a whole.
pub(super) const PAGE: i64 = 500;

/// Whether a process works on this run.
pub(super) fn owner(session: &Session<'_>, run: &str) -> Result<Owner, Failure> {
    match Lease::is_held(&session.store, run) {
        Ok(true) => Ok(Owner::Alive),
        Ok(false) => Ok(Owner::Nobody),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}

/// Whether this account was a sandbox's and that one is there no more.
pub(super) fn is_gone(account: &str, world: Option<&World>) -> bool {
    let here = world.is_some_and(|world| account.strip_prefix(&world.id).is_some_and(|rest| rest.starts_with('-')));
    account.starts_with("sandbox-") && !here
}

/// What the store could not do.
pub(super) fn failed(error: Error) -> Failure {
    Failure::failed(error.to_string())
}

/// Moments as the project shows them.
pub(super) fn times(session: &Session<'_>) -> Times {
    Times::within(session.settings.project.timezone.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_gone_with_its_sandbox() {
        let world = World { id: "sandbox-1-17".into(), seed: serde_json::Value::Null, started_ms: 17 };
        assert!(!is_gone("sandbox-1-17-mobilize", Some(&world)));
        assert!(is_gone("sandbox-1-178-mobilize", Some(&world)));
        assert!(is_gone("sandbox-1-17-mobilize", None));
        assert!(!is_gone("mobilize-77ab", Some(&world)), "a platform's own account never is");
    }
}
