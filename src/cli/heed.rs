//! What the system asks of `beadle serve`: to end, or to read the jobs again. Its one rule: it listens before anybody is told
//! that jobs are served, so that no signal ends the process by itself.

use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Code;
use crate::events::{Events, Level};

/// Signals that were asked for.
pub(super) struct Signals {
    hang_up: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on; needs a runtime.
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The first polite signal stops it gracefully, the second one at once; a hang-up reads the jobs again.
    #[expect(clippy::disallowed_methods, reason = "the second signal ends the process at once")]
    pub(super) async fn heed(mut self, stop: CancellationToken, reload: Arc<Notify>, events: Events) {
        loop {
            tokio::select! {
                Some(()) = self.hang_up.recv() => {
                    reload.notify_one();
                    continue;
                }
                Some(()) = self.terminate.recv() => {}
                Some(()) = self.interrupt.recv() => {}
                else => return,
            }
            if stop.is_cancelled() {
                events.say(Level::Warn, "ended at once; what is at work is resumed by the next `beadle serve`");
                std::process::exit(i32::from(Code::Interrupted.number()));
            }
            stop.cancel();
        }
    }
}
