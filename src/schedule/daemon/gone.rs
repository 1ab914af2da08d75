//! What was left of jobs whose files are gone. Its one rule: a run that can be gone on with is named, since nobody else will.

use std::path::Path;

use jiff::Timestamp;

use super::super::verdict::{Outcome, Why};
use super::{Daemon, rows};
use crate::events::{Event, Level};
use crate::settings::{Flags, Mode};
use crate::store::{Error, Run, TickRow};

impl Daemon {
    /// The row of a moment that was open and whose job is gone: as its run ended, where it had begun.
    pub(super) async fn gone(&self, row: TickRow, now: Timestamp) -> Result<TickRow, Error> {
        let ended_at = Some(now.as_millisecond());
        let run = match &row.run {
            Some(run) if row.tries > 0 || row.state == "running" => self.parts.store.run(run).await?,
            _ => None,
        };
        let Some(run) = run else {
            return Ok(TickRow { state: "skipped".into(), why: Some(Why::Gone.to_string()), ended_at, ..row });
        };
        let outcome = rows::outcome(&run).unwrap_or(Outcome::Interrupted);
        let why = self.say_gone(&row.job, &run);
        Ok(TickRow { state: outcome.word().into(), why, ended_at, ..row })
    }

    /// Says that a run has lost its job, and what to type; nothing where it has done its work.
    pub(super) fn say_gone(&self, job: &str, run: &Run) -> Option<String> {
        let outcome = rows::outcome(run).unwrap_or(Outcome::Interrupted);
        if outcome.is_done() {
            return None;
        }
        let mode = if run.of.sandbox { Mode::Sandbox } else { Mode::Real };
        let (id, flags) = (&run.of.id, Flags::of(mode, run.of.settings.as_deref().map(Path::new)));
        let why = format!("{outcome}; {}, and `beadle resume {id}{flags}` goes on with it", Why::Gone);
        let line = format!("{job}: run {id}: {why}");
        self.parts.events.note(Event::Job { level: Level::Warn, job: job.to_owned(), run: Some(id.clone()), line });
        Some(why)
    }
}
