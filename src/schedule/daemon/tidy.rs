//! Once a day, what is older than it shall be kept is forgotten: rows of moments, lines of runs.

use jiff::{SignedDuration, Timestamp};

use super::Daemon;
use crate::events::Level;
use crate::model::counted;
use crate::store::Error;

/// Between two times.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// So many lines of one run are kept.
const LINES: i64 = 100_000;

/// How long things are kept.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Rows of moments.
    pub ticks: SignedDuration,
    /// Lines of runs.
    pub logs: SignedDuration,
}

impl Daemon {
    /// Forgets what is old, unless that was done today.
    pub(super) async fn tidy(&mut self, now: Timestamp) -> Result<(), Error> {
        if self.tidied.is_some_and(|last| now.duration_since(last) < EVERY) {
            return Ok(());
        }
        self.tidied = Some(now);
        let before = |kept: SignedDuration| now.saturating_sub(kept).unwrap_or(Timestamp::MIN).as_millisecond();
        let (store, keep) = (&self.parts.store, self.parts.keep);
        let ticks = store.forget_ticks(before(keep.ticks)).await?;
        let lines = store.forget_logs(before(keep.logs)).await? + store.trim_logs(LINES).await?;
        if ticks + lines > 0 {
            let ticks = counted(u32::try_from(ticks).unwrap_or(u32::MAX), "moment", "moments");
            let lines = counted(u32::try_from(lines).unwrap_or(u32::MAX), "line of logs", "lines of logs");
            self.parts
                .events
                .say(Level::Info, format!("forgot {ticks} and {lines} older than they are kept ([schedule])"));
        }
        Ok(())
    }
}
