//! What keeps no job from running and should be known all the same, each with what to type.

use serde_json::{Value, json};

use super::super::past::failed;
use super::super::session::Session;
use super::super::{Failure, Shell};
use crate::effects::brakes::Named;
use crate::events::Level;
use crate::runs::{Order, Work};
use crate::settings::{Flags, Job, Mode, Settings};
use crate::store::HookRow;

/// A remark about a job.
pub(super) struct Remark {
    said: String,
    next: String,
}

impl Remark {
    /// Says it.
    pub(super) fn say(&self, job: &Job, shell: &Shell) {
        shell.printer.say(Level::Warn, &format!("{}: {}", job.file.display(), self.said));
        shell.printer.say(Level::Info, &format!("  next: {}", self.next));
    }

    /// The same for programs.
    pub(super) fn json(&self) -> Value {
        json!({ "remark": self.said, "next": self.next })
    }
}

/// Where the job's script deletes for good what its file does not name.
pub(super) fn of_powers(job: &Job, order: &Order) -> Option<Remark> {
    let Work::Script(scripted) = &order.work else { return None };
    let used = scripted.script.powers();
    let lacking: Vec<&str> =
        used.iter().map(String::as_str).filter(|name| !job.allow.iter().any(|it| it == name)).collect();
    if lacking.is_empty() {
        return None;
    }
    let file = job.file.display();
    let line = Named { names: job.allow.clone(), file: job.file.clone() }.line(&lacking);
    Some(Remark {
        said: format!(
            "the script uses `{}`, which the file does not name: a run that nobody watches will be held there",
            lacking.join("` and `")
        ),
        next: format!("if it is meant, write at the top of {file}: {line}"),
    })
}

/// Where the job waits for events and nothing is there for a platform to send them to.
pub(super) fn of_events(job: &Job, order: &Order, hooks: &[HookRow], flags: &Flags) -> Option<Remark> {
    let connection = &order.connection;
    let there = |hook: &HookRow| hook.removed_at.is_none() && hook.connection == *connection;
    if job.on.is_empty() || hooks.iter().any(there) {
        return None;
    }
    let topics: Vec<&str> = job.on.iter().map(|topic| topic.name()).collect();
    Some(Remark {
        said: format!(
            "connection `{connection}` has no webhook yet: nothing tells of `{}`, and no event starts this job",
            topics.join("` or `")
        ),
        next: format!("beadle webhook add {connection} --connection {connection}{flags}"),
    })
}

/// The webhooks of the project; none where there is no store yet, and none is made.
pub(super) fn hooks(settings: &Settings, mode: Mode, shell: &Shell) -> Result<Vec<HookRow>, Failure> {
    if !settings.project.store.is_file() {
        return Ok(Vec::new());
    }
    let session = Session::open(shell, settings.clone(), mode)?;
    session.runtime.block_on(session.store.hooks()).map_err(failed)
}
