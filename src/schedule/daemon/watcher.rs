//! Whoever started the daemon and wants to know how it does: a service manager. Its one rule: it hears from the loop itself,
//! so that a loop that hangs is silent.

use std::time::Duration;

use super::{Daemon, LOOK};

/// Hears where the loop is. Is told often: it must not block and cannot fail.
pub trait Watcher: Send + Sync {
    /// The loop is there now.
    fn note(&self, stage: Stage);

    /// How long it is content without hearing anything.
    fn patience(&self) -> Duration {
        LOOK
    }
}

/// Where the loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It turns: what was due is decided, and it takes questions.
    Turns(Load),
    /// It begins to read the job files again, because somebody asked for it.
    Reloads,
    /// It begins nothing any more and waits for so many runs.
    Stops(usize),
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Jobs in force.
    pub jobs: usize,
    /// Runs at work.
    pub at_work: usize,
    /// Entries that wait.
    pub waiting: usize,
    /// Whether something cannot be written down, so that nothing begins.
    pub store_fails: bool,
}

/// Nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Watcher for Nobody {
    fn note(&self, _stage: Stage) {}
}

impl Daemon {
    /// Tells whoever watches that it turns.
    pub(super) fn turns(&self) {
        let (at_work, waiting) = self.board.load();
        let (jobs, store_fails) = (self.in_force.count(), !self.unkept.is_empty());
        self.parts.watcher.note(Stage::Turns(Load { jobs, at_work, waiting, store_fails }));
    }
}
