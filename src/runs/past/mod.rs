//! What people ask of runs that were, and decide about them: read here, decided here, whoever asks (the command line, the
//! API). Its one rule: nothing is sent, and whatever a person says is kept with who said it and why.

mod approve;
mod denied;
mod doubts;
mod listed;
mod one;
mod plans;
mod settle;

use std::path::PathBuf;

pub use approve::{Approved, Waiting};
pub use denied::{Denied, Ground};
pub use doubts::Loose;
pub use settle::{SettledNow, Which};

use super::history::{Owner, Times};
use crate::effects::Lease;
use crate::settings::{Flags, Mode};
use crate::store::{Store, World};

/// Rows read from the store at a time: what is told of the past is never held as a whole.
pub const PAGE: i64 = 500;

/// The past of one project, on its real connections or on its sandbox.
#[derive(Clone, Debug)]
pub struct Past {
    /// Where it is kept.
    pub store: Store,
    /// Whether it is real.
    pub mode: Mode,
    /// What commands repeat.
    pub flags: Flags,
    /// How moments are shown.
    pub times: Times,
    /// The project's folder.
    pub folder: PathBuf,
}

impl Past {
    /// Whether a process works on this run.
    pub fn owner(&self, run: &str) -> Result<Owner, Denied> {
        match Lease::is_held(&self.store, run) {
            Ok(true) => Ok(Owner::Alive),
            Ok(false) => Ok(Owner::Nobody),
            Err(error) => Err(Denied::failed(error.to_string())),
        }
    }

    /// Where runs are that are not here.
    pub const fn elsewhere(&self) -> &'static str {
        match self.mode {
            Mode::Real => "a run on the sandbox is found with --sandbox",
            Mode::Sandbox => "a run on a real connection is found without --sandbox",
        }
    }
}

/// Whether this account was a sandbox's and that one is there no more.
fn is_gone(account: &str, world: Option<&World>) -> bool {
    let here = world.is_some_and(|world| account.strip_prefix(&world.id).is_some_and(|rest| rest.starts_with('-')));
    account.starts_with("sandbox-") && !here
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
