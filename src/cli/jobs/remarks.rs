//! What keeps no job from running and should be known all the same, each with what to type.

use serde_json::{Value, json};

use super::super::Shell;
use crate::effects::brakes::Named;
use crate::events::Level;
use crate::runs::{Order, Work};
use crate::settings::Job;

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
