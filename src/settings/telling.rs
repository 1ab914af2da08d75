//! `[notify]` of the project: how people are told of jobs. Who is told stands in the jobs' own `[notify]`.

use std::time::Duration;

use super::error::Error;
use super::section::Section;
use super::tree::{Source, Table};

/// Longer nobody should wait for an alarm.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// How people are told of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Telling {
    /// So long the first message to a receiver waits for others that leave with it; nothing where each leaves by itself.
    pub gather: Duration,
}

impl Default for Telling {
    fn default() -> Self {
        Self { gather: Duration::from_secs(30) }
    }
}

impl Telling {
    pub(super) fn read(table: Table, source: &Source) -> Result<Self, Error> {
        let mut section = Section::new("[notify]".into(), table, source, &["gather"])?;
        let gather = section.time_or_off("gather", Self::default().gather, LONGEST)?;
        Ok(Self { gather })
    }
}
