//! What became of a moment or an event, in words: for the log, for simulations, for lists of moments, for the store. Nobody
//! else words a verdict.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::board::{Change, Changed};
use super::verdict::{Entry, Outcome, Step, Verdict, What, Why};
use crate::store::TickRow;

impl Verdict {
    /// `nightly of 2026-11-22 02:30 CET: run 20261122-0130-k3f9 begins`, by the clocks of the job.
    pub fn line(&self) -> String {
        let moment = moment(self.entry.scheduled_at, self.job.timetable.zone());
        format!("{} of {moment}: {}", self.job.name, self.words())
    }

    /// `run 20261122-0130-k3f9 begins`
    pub fn words(&self) -> String {
        let Entry { run, tries, due_at, .. } = &self.entry;
        match &self.what {
            What::Waits(why) => format!("waits: {}", self.reason(why)),
            What::Starts(Step::Begin) => format!("run {run} begins"),
            What::Starts(Step::Resume) => format!("run {run} goes on, try {tries}"),
            What::Starts(Step::ResumeFirst(older)) => format!("its unfinished run {older} goes on first"),
            What::Skipped(why) => format!("skipped: {}", self.reason(why)),
            What::Missed { why, folded: 0 } => format!("missed: {why}"),
            What::Missed { why, folded } => format!("missed, with {folded} older ones: {why}"),
            What::Stops(other) => format!("run {other} is stopped for it"),
            What::Ended(outcome) if outcome.is_done() => format!("run {run} {outcome}"),
            What::Ended(outcome) => format!("run {run}: {outcome}"),
            What::GaveWay(_) => format!("run {run}: {}", self.why().unwrap_or_default()),
            What::Left => format!("run {run} is left to the next `beadle serve`"),
            What::Again(Outcome::Elsewhere) => format!("run {run}: {}", Outcome::Elsewhere),
            What::Again(outcome) => {
                format!("run {run}: {outcome}; again at {}", second(*due_at, self.job.timetable.zone()))
            }
            What::Pauses { failures } => {
                let unpause = format!("beadle jobs unpause {}", self.job.name);
                format!("paused after {failures} failures in a row; `{unpause}` lets it run again")
            }
        }
    }

    /// The state that its moment has from now on, as the store keeps it; `None` where it stays as it is.
    pub fn state(&self) -> Option<&'static str> {
        match &self.what {
            What::Waits(_) | What::Starts(Step::ResumeFirst(_)) | What::Again(_) | What::Left => Some("waiting"),
            What::Starts(Step::Begin | Step::Resume) => Some("running"),
            What::Skipped(_) => Some("skipped"),
            What::Missed { .. } => Some("missed"),
            What::Ended(outcome) => Some(outcome.word()),
            What::GaveWay(_) => Some(Outcome::Interrupted.word()),
            What::Stops(_) | What::Pauses { .. } => None,
        }
    }

    /// Why its moment has that state, as the store keeps it; nothing where it runs or was done.
    pub fn why(&self) -> Option<String> {
        match &self.what {
            What::Waits(why) | What::Skipped(why) | What::Missed { why, .. } => Some(self.reason(why)),
            What::Starts(Step::ResumeFirst(run)) => Some(Why::Unfinished(run.clone()).to_string()),
            What::Ended(outcome) => (!outcome.is_done()).then(|| self.ending(*outcome)),
            What::GaveWay(later) => {
                Some(format!("stopped for the moment of {}", moment(*later, self.job.timetable.zone())))
            }
            What::Left => Some("it was stopped together with `beadle serve`; the next one goes on with it".to_owned()),
            What::Again(Outcome::Elsewhere) => Some(Outcome::Elsewhere.to_string()),
            What::Again(outcome) => {
                let (next, all) = (self.entry.tries + 1, self.job.retries.times + 1);
                Some(format!("{}; it is gone on with, try {next} of {all}", self.ending(*outcome)))
            }
            What::Starts(Step::Begin | Step::Resume) | What::Stops(_) | What::Pauses { .. } => None,
        }
    }
}

impl Verdict {
    /// A reason, by the clocks of the job.
    fn reason(&self, why: &Why) -> String {
        match why {
            Why::TriedAgain { run, at } => {
                let at = second(*at, self.job.timetable.zone());
                format!("{}; it is tried again at {at}", Why::Unfinished(run.clone()))
            }
            why => why.to_string(),
        }
    }

    /// How its run ended, with why it never began where that is so.
    fn ending(&self, outcome: Outcome) -> String {
        match &self.unbegun {
            Some(why) => format!("{outcome}: {why}"),
            None => outcome.to_string(),
        }
    }
}

impl Change {
    /// `job nightly: next 2026-11-23 02:30 CET (was 2026-11-23 03:00 CET)`, by the clocks of the job.
    pub fn line(&self, zone: &TimeZone) -> String {
        let moment = |at: Timestamp| moment(at, zone);
        let words = match (self.what, self.before, self.after) {
            (Changed::Gone, ..) => ": its file is gone".to_owned(),
            (Changed::New, _, Some(after)) => format!(" is new, next {}", moment(after)),
            (Changed::New, _, None) => " is new".to_owned(),
            (Changed::Moved, Some(before), Some(after)) => {
                format!(": next {} (was {})", moment(after), moment(before))
            }
            (Changed::Moved, None, Some(after)) => format!(": next {} (had no next moment)", moment(after)),
            (Changed::Moved, before, None) => {
                let was = before.map(|before| format!(" (was {})", moment(before))).unwrap_or_default();
                format!(": has no next moment any more{was}")
            }
        };
        format!("job {}{words}", self.job)
    }
}

/// What became of a moment that the store knows: `failed (20261122-0130-k3f9, try 2), made up for: failed with exit code 1`
pub fn tick_words(tick: &TickRow) -> String {
    let mut words = tick.state.replace('_', " ");
    if let Some(run) = &tick.run {
        let tries = if tick.tries > 1 { format!(", try {}", tick.tries) } else { String::new() };
        words.push_str(&format!(" ({run}{tries})"));
    }
    match (tick.cause.as_str(), tick.made_up) {
        ("backfill", _) => words.push_str(", asked for"),
        (_, true) if tick.run.is_some() => words.push_str(", made up for"),
        _ => {}
    }
    if tick.folded > 0 {
        words.push_str(&format!(", with {} older ones", tick.folded));
    }
    if let Some(why) = &tick.why {
        words.push_str(&format!(": {why}"));
    }
    words
}

/// `2026-11-22 02:30 CET`
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// `2026-11-22 02:30:05 CET`: what is no moment of a timetable has seconds.
fn second(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::board::tests::job;
    use super::*;
    use crate::store::Cause;

    fn verdict(what: What) -> Verdict {
        let at: Timestamp = "2026-11-22T02:30:00Z".parse().unwrap();
        let entry = Entry {
            cause: Cause::Schedule,
            scheduled_at: at,
            due_at: at + jiff::SignedDuration::from_mins(5),
            made_up: false,
            run: "r1".into(),
            tries: 1,
        };
        Verdict { job: Arc::new(job("nightly", "30 2 * * *")), entry, what, unbegun: None }
    }

    #[test]
    fn a_reload_is_told_job_by_job() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let (early, late) = (at("2026-11-23T01:30:00Z"), at("2026-11-23T02:00:00Z"));
        let said = |what, before, after| Change { job: "nightly".into(), what, before, after }.line(&zone);
        assert_eq!(
            said(Changed::Moved, early, late),
            "job nightly: next 2026-11-23 03:00 CET (was 2026-11-23 02:30 CET)"
        );
        assert_eq!(said(Changed::Moved, None, late), "job nightly: next 2026-11-23 03:00 CET (had no next moment)");
        assert_eq!(
            said(Changed::Moved, early, None),
            "job nightly: has no next moment any more (was 2026-11-23 02:30 CET)"
        );
        assert_eq!(said(Changed::New, None, late), "job nightly is new, next 2026-11-23 03:00 CET");
        assert_eq!(said(Changed::New, None, None), "job nightly is new");
        assert_eq!(said(Changed::Gone, early, None), "job nightly: its file is gone");
    }

    #[test]
    fn every_verdict_has_words_a_state_and_a_reason() {
        let said = |what| {
            let verdict = verdict(what);
            let line = verdict.line();
            let words = line.strip_prefix("nightly of 2026-11-22 02:30 UTC: ").unwrap().to_owned();
            (words, verdict.state().unwrap_or("-"), verdict.why().unwrap_or_default())
        };
        let all = |words: &str, state, why: &str| (words.to_owned(), state, why.to_owned());
        assert_eq!(said(What::Starts(Step::Begin)), all("run r1 begins", "running", ""));
        assert_eq!(said(What::Starts(Step::Resume)), all("run r1 goes on, try 1", "running", ""));
        assert_eq!(
            said(What::Starts(Step::ResumeFirst("r0".into()))),
            all("its unfinished run r0 goes on first", "waiting", "run r0 of the job has to come to its end first")
        );
        assert_eq!(
            said(What::Waits(Why::Full)),
            all("waits: as many runs are at work as may be", "waiting", "as many runs are at work as may be")
        );
        assert_eq!(
            said(What::Skipped(Why::Paused("holidays: all of us".into()))),
            all("skipped: the job is paused: holidays: all of us", "skipped", "the job is paused: holidays: all of us")
        );
        assert_eq!(
            said(What::Missed { why: Why::Superseded, folded: 3 }),
            all("missed, with 3 older ones: a later moment took its place", "missed", "a later moment took its place")
        );
        assert_eq!(said(What::Ended(Outcome::Done)), all("run r1 done", "done", ""));
        assert_eq!(said(What::Ended(Outcome::Held)), all("run r1: held by a brake", "held", "held by a brake"));
        assert_eq!(
            said(What::Again(Outcome::TimedOut)),
            all(
                "run r1: took too long and was stopped; again at 2026-11-22 02:35:00 UTC",
                "waiting",
                "took too long and was stopped; it is gone on with, try 2 of 1"
            )
        );
        let gave_way = "stopped for the moment of 2026-11-22 02:30 UTC";
        let later = "2026-11-22T02:30:00Z".parse().unwrap();
        assert_eq!(said(What::GaveWay(later)), all(&format!("run r1: {gave_way}"), "interrupted", gave_way));
        let again = "run r0 of the job has to come to its end first; it is tried again at 2026-11-22 02:30:00 UTC";
        let tried = Why::TriedAgain { run: "r0".into(), at: later };
        assert_eq!(said(What::Skipped(tried)), all(&format!("skipped: {again}"), "skipped", again));
        let elsewhere = "another process is at work on it";
        assert_eq!(said(What::Again(Outcome::Elsewhere)), all(&format!("run r1: {elsewhere}"), "waiting", elsewhere));
        let (left, state, why) = said(What::Left);
        assert_eq!((left.as_str(), state), ("run r1 is left to the next `beadle serve`", "waiting"));
        assert!(why.starts_with("it was stopped together with `beadle serve`"), "{why}");
        assert_eq!(said(What::Stops("r0".into())), all("run r0 is stopped for it", "-", ""));
        let (pauses, state, _) = said(What::Pauses { failures: 3 });
        assert!(pauses.starts_with("paused after 3 failures in a row; `beadle jobs unpause nightly`") && state == "-");
    }
}
