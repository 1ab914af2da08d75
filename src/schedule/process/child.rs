//! One process: how it is started, asked to end, killed.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

use super::tail::Tail;

/// How long the last words of a process that is gone are waited for: whatever it started may hold its stderr open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A process of ours that is alive, or was not looked after yet.
pub(super) struct Living {
    child: Child,
    /// As long as it is open, the process knows that somebody waits for it (`cli::jobs::tether`).
    _tether: Option<ChildStdin>,
    tail: Tail,
    reading: Option<JoinHandle<()>>,
}

impl Living {
    /// Starts it in a process group of its own: Ctrl-C in the terminal of whoever starts it does not reach it, and what it
    /// starts itself can be killed along.
    pub(super) fn start(mut command: Command) -> std::io::Result<Self> {
        // Whoever is dropped in the middle drops the tether as well: the process then stops softly, and is never killed
        // in a write.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(false);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let tail = Tail::default();
        let reading = child.stderr.take().map(|stderr| tokio::spawn(tail.clone().follow(stderr)));
        Ok(Self { _tether: child.stdin.take(), child, tail, reading })
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Asks it to end where it can go on later. Once: asked twice, it ends at once.
    #[cfg(unix)]
    pub(super) fn ask_to_end(&self) {
        // Its id is its own until it was waited for.
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }

    /// Asks it to end where it can go on later.
    #[cfg(not(unix))]
    pub(super) fn ask_to_end(&mut self) {
        self._tether = None;
    }

    /// Ends it and whatever it started, at once.
    pub(super) fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.pid() {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        // The group is the process's own; where there are none, it alone.
        let _ = self.child.start_kill();
    }

    /// Its number; `None` once it was waited for.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    #[cfg(unix)]
    fn pid(&self) -> Option<rustix::process::Pid> {
        rustix::process::Pid::from_raw(i32::try_from(self.child.id()?).ok()?)
    }

    /// The end of what it said, once it is gone.
    pub(super) async fn last_words(mut self) -> String {
        if let Some(reading) = self.reading.take() {
            let abort = reading.abort_handle();
            if tokio::time::timeout(LAST_WORDS, reading).await.is_err() {
                abort.abort();
            }
        }
        self.tail.text()
    }
}
