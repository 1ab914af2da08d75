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
