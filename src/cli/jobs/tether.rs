//! The rope between a run and whoever started it: standard input, which nobody writes to and which is open as long as the
//! other one lives. When it ends, the run stops where it can be resumed, and the next `beadle serve` resumes it: a run that
//! nobody waits for would go unnoticed, and its job would be started beside it.
//!
//! A pipe, and not Linux's signal at the parent's death: that one is sent when the *thread* ends that started the process,
//! comes too late for a parent that died before it was asked for, and is not there on other systems.
#![expect(clippy::disallowed_methods, reason = "standard input belongs to the command line")]

use std::io::{self, Read as _};
use std::sync::Arc;

use super::super::Printer;
use crate::events::Level;
use crate::script::{Cancel, Stop};

/// Stops the run when standard input ends. The thread that waits for it is gone with the process, and holds nothing up.
pub(in crate::cli) fn hold(cancel: Cancel, printer: Arc<Printer>) -> io::Result<()> {
    let wait = move || {
        let mut unheard = [0; 64];
        loop {
            match io::stdin().read(&mut unheard) {
                Ok(1..) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
            }
        }
        printer.say(Level::Warn, "whoever started this run is gone; stopping, what is under way is finished first");
        cancel.stop(Stop::Alone);
    };
    std::thread::Builder::new().name("tether".into()).spawn(wait).map(drop)
}
