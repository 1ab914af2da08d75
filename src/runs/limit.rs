//! A limit that ended a run, in words: which, how much it is, where it is set and what to write there.

use std::time::Duration;

use crate::model::{size, span};
use crate::script::{Limits, Stop};

/// A limit that was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Its key: `output`.
    pub limit: &'static str,
    /// What happened, how much it is and how it is raised.
    pub why: String,
}

impl Reached {
    /// The limit behind such an end of a script, within these limits; of a job's run by the job's name.
    pub(super) fn of(stop: Stop, limits: &Limits, job: Option<&str>) -> Self {
        let (limit, did, doubled) = match stop {
            Stop::Output => {
                let doubled = size(limits.output.saturating_mul(2));
                ("output", format!("printed and logged more than {}", size(limits.output)), format!("\"{doubled}\""))
            }
            Stop::Memory => {
                let most = limits.memory as u64;
                ("memory", format!("held more than {}", size(most)), format!("\"{}\"", size(most.saturating_mul(2))))
            }
            Stop::Operations => {
                let most = limits.operations;
                ("operations", format!("took more than {most} steps"), most.saturating_mul(2).to_string())
            }
            Stop::TimeOut => {
                let most = limits.time.unwrap_or_default();
                ("time", format!("took longer than {}", span(most)), format!("\"{}\"", seconds(most * 2)))
            }
            // None of these is a limit.
            Stop::Interrupted | Stop::Alone | Stop::Fatal => (stop.word(), "was stopped".to_owned(), String::new()),
        };
        let section = "`[limits.script]` of beadle.toml";
        // A job's memory takes the place of the project's.
        let place = match job.filter(|_| stop == Stop::Memory) {
            Some(job) => format!("jobs/{job}.toml, or of {section} where the job has none"),
            None => section.to_owned(),
        };
        let why =
            format!("the script {did}: the limit `{limit}` of {place}; to raise it, write there: {limit} = {doubled}");
        Self { limit, why }
    }
}

/// As settings take it.
fn seconds(time: Duration) -> String {
    match time.as_secs() {
        whole if whole > 0 && whole.is_multiple_of(3_600) => format!("{}h", whole / 3_600),
        whole if whole > 0 && whole.is_multiple_of(60) => format!("{}m", whole / 60),
        whole => format!("{}s", whole.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_says_how_much_it_is_where_it_is_set_and_what_to_write() {
        let limits = Limits {
            output: 256 << 20,
            memory: 1_000,
            operations: 500,
            time: Some(Duration::from_secs(5_400)),
            ..Limits::default()
        };
        let why = |stop, job| Reached::of(stop, &limits, job).why;
        let section = "of `[limits.script]` of beadle.toml; to raise it, write there:";
        assert_eq!(
            why(Stop::Output, Some("nightly")),
            format!(
                "the script printed and logged more than 256 MiB: the limit `output` {section} output = \"512 MiB\""
            )
        );
        assert_eq!(
            why(Stop::Memory, None),
            format!("the script held more than 1000 B: the limit `memory` {section} memory = \"2000 B\"")
        );
        assert_eq!(
            why(Stop::Memory, Some("nightly")),
            "the script held more than 1000 B: the limit `memory` of jobs/nightly.toml, or of `[limits.script]` of \
             beadle.toml where the job has none; to raise it, write there: memory = \"2000 B\""
        );
        assert_eq!(
            why(Stop::Operations, None),
            format!("the script took more than 500 steps: the limit `operations` {section} operations = 1000")
        );
        assert_eq!(
            why(Stop::TimeOut, None),
            format!("the script took longer than 1 h 30 min: the limit `time` {section} time = \"3h\"")
        );
    }
}
