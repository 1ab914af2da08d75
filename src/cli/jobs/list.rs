//! `beadle jobs`: every job with its schedule in words, its next time, and why it does not run where it does not.

use jiff::Timestamp;
use serde_json::json;

use super::super::{Code, Failure, Shell};
use super::moments::{length, local, name};
use super::standing::Standings;
use super::{Place, broken};
use crate::clock::Clock;
use crate::schedule::job_json;
use crate::settings::{Job, Jobs};
use crate::timetable::calendar_ends;

/// Lists the jobs, then the files that cannot be used.
pub(super) fn list(place: Place, shell: &Shell) -> Result<Code, Failure> {
    let (settings, jobs) = place.open(shell)?;
    let now = Clock::system().now();
    let standings = Standings::read(&settings, place.mode(), shell, now)?;
    for job in jobs.jobs.values() {
        let object = || {
            let mut object = job_json(job, job.timetable.next(now));
            standings.put_into(job, &mut object);
            object
        };
        shell.tell(|| text(job, &standings, now), object);
    }
    let code = broken(&jobs, shell);
    let paused = jobs.jobs.values().filter(|job| standings.is_paused(job)).count();
    shell.tell(
        || sum(&jobs, paused),
        || json!({ "type": "jobs", "all": jobs.jobs.len(), "paused": paused, "broken": jobs.broken.len() }),
    );
    Ok(code)
}

fn text(job: &Job, standings: &Standings, now: Timestamp) -> String {
    let mut lines = vec![format!("{}: {}", job.name, job.script.display())];
    lines.extend(job.description.clone());
    lines.extend(when(job));
    if let Some(next) = job.timetable.next(now) {
        let skipped = if standings.pause_at(job, next).is_some() { ", skipped while it is paused" } else { "" };
        lines.push(format!("next: {}{skipped}", local(next, job.timetable.zone())));
    }
    if job.timetable.has_ended(now) {
        lines.push(format!("next: none: {}", calendar_ends()));
    }
    lines.extend(job.paused.iter().map(|reason| format!("paused: {reason}")));
    lines.extend(standings.lines(job));
    lines.iter().map(|line| harmless(line)).collect::<Vec<_>>().join("\n  ")
}

/// What people wrote, without characters that would move the terminal; its further lines stand below the first.
pub(super) fn harmless(text: &str) -> String {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    text.lines().map(|line| line.chars().map(shown).collect::<String>()).collect::<Vec<_>>().join("\n  ")
}

/// What starts it, a line each.
pub(super) fn when(job: &Job) -> Vec<String> {
    let zone = name(job.timetable.zone());
    let later = match job.jitter.is_zero() {
        true => String::new(),
        false => format!(", up to {} later", length(job.jitter)),
    };
    let times = job.timetable.expressions().iter();
    let mut lines: Vec<String> = times.map(|one| format!("{}, {zone}{later}", one.words())).collect();
    lines.extend(job.on.iter().map(|topic| format!("on {topic}")));
    if lines.is_empty() {
        lines.push("by hand only: it has neither `schedule` nor `on`".to_owned());
    }
    lines
}

/// Which of these have nothing to wait for any more, and why.
pub(in super::super) fn ended(jobs: &Jobs, now: Timestamp) -> Option<String> {
    let ended: Vec<&str> =
        jobs.jobs.values().filter(|job| job.timetable.has_ended(now)).map(|job| job.name.as_str()).collect();
    let verb = if ended.len() == 1 { "has" } else { "have" };
    (!ended.is_empty()).then(|| format!("{} {verb} no next moment any more: {}", ended.join(", "), calendar_ends()))
}

fn sum(jobs: &Jobs, paused: usize) -> String {
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let mut words = match jobs.jobs.len() {
        0 if jobs.broken.is_empty() => return "there is no job; docs/jobs.md says how to write one".to_owned(),
        number => count(number, "job"),
    };
    match paused {
        0 => {}
        number if number == jobs.jobs.len() => words.push_str(", paused"),
        number => words.push_str(&format!(", {number} of them paused")),
    }
    if !jobs.broken.is_empty() {
        words.push_str(&format!("; {} cannot be used", count(jobs.broken.len(), "file")));
    }
    words
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::settings::{Environment, Mode, Settings, Start};

    fn jobs() -> Jobs {
        let start = Start {
            file: None,
            folder: tempfile::tempdir().unwrap().path().to_owned(),
            mode: Mode::Sandbox,
            connection: None,
            environment: Environment::default(),
        };
        let settings = Settings::load(&start).unwrap();
        let read = |name: &str, schedule: &str| {
            let text = format!("script = \"x.rhai\"\n{schedule}");
            Job::read(Path::new(&format!("jobs/{name}.toml")), &text, &settings).unwrap()
        };
        let daily = |name: &str| (name.to_owned(), read(name, "schedule = \"30 2 * * *\""));
        let by_hand = ("by_hand".to_owned(), read("by_hand", ""));
        Jobs { jobs: [daily("nightly"), by_hand, daily("other")].into(), ..Jobs::default() }
    }

    #[test]
    fn after_the_last_year_of_the_calendar_it_is_said_why_nothing_is_next() {
        let (jobs, standings) = (jobs(), Standings::default());
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (before, after) = (at("2099-12-31T00:00:00Z"), at("2100-01-05T00:00:00Z"));
        let shown = |name: &str, now| text(&jobs.jobs[name], &standings, now);
        assert!(
            shown("nightly", before).ends_with("\n  next: 2099-12-31 02:30 +00:00"),
            "{}",
            shown("nightly", before)
        );
        assert!(shown("nightly", after).ends_with("\n  next: none: the calendar ends with 2099"));
        assert!(!shown("by_hand", after).contains("next:"));
        assert_eq!(ended(&jobs, before), None);
        let said = "nightly, other have no next moment any more: the calendar ends with 2099";
        assert_eq!(ended(&jobs, after).as_deref(), Some(said));
    }
}
