//! `[schedule]`: what `beadle serve` may use up, and how long it remembers.

use super::error::Error;
use super::section::Section;
use super::tree::{Source, Table};

/// Room for a few whole logs: less would leave nothing of a run that has just ended.
const LEAST: u64 = 32 << 20;

/// How the schedule is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduling {
    /// So many runs are at work at once.
    pub at_once: usize,
    /// So many days a moment's row is kept.
    pub keep_ticks_days: u32,
    /// So many days the lines of runs are kept.
    pub keep_logs_days: u32,
    /// So many bytes all lines of runs may take together.
    pub keep_logs_size: u64,
}

impl Default for Scheduling {
    fn default() -> Self {
        Self { at_once: 4, keep_ticks_days: 400, keep_logs_days: 90, keep_logs_size: 1 << 30 }
    }
}

impl Scheduling {
    pub(super) fn read(table: Table, source: &Source) -> Result<Self, Error> {
        let keys = &["at_once", "keep_ticks_days", "keep_logs_days", "keep_logs_size"];
        let mut section = Section::new("[schedule]".into(), table, source, keys)?;
        let default = Self::default();
        let at_once = section.int("at_once", default.at_once as u64, 1, 1_000)?;
        let mut days = |key, default: u32| section.int(key, u64::from(default), 1, 36_500);
        let (ticks, logs) =
            (days("keep_ticks_days", default.keep_ticks_days)?, days("keep_logs_days", default.keep_logs_days)?);
        let size = section.size_from("keep_logs_size", default.keep_logs_size, LEAST)?;
        Ok(Self {
            at_once: usize::try_from(at_once).unwrap_or(usize::MAX),
            keep_ticks_days: u32::try_from(ticks).unwrap_or(u32::MAX),
            keep_logs_days: u32::try_from(logs).unwrap_or(u32::MAX),
            keep_logs_size: size,
        })
    }
}
