//! `beadle jobs simulate`: days of the schedule in seconds, by the decisions that `beadle serve` takes. No process is started.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::session::{Play, Session};
use super::super::{Code, Failure, Shell};
use super::moments::{local, typed};
use super::order::order;
use super::powers::powers;
use super::{Place, broken};
use crate::clock::Clock;
use crate::effects::brakes::Attendance;
use crate::model::counted;
use crate::runs::{Begin, Source};
use crate::schedule::{Outcome, Simulation, Step, Verdict, What};
use crate::settings::{Job, Mode, Settings};
use crate::store::{Cause, OfJob};
use crate::tables::files_below;
use crate::timetable::calendar_ends;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Only these jobs; what they need is simulated, too
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// How many days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// From this moment on, in place of now: RFC 3339, or by the clocks of the project's timezone
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// How many minutes each run takes
    #[arg(long, value_name = "MINUTES", default_value_t = 1)]
    takes: u32,
    /// Show every decision, not only the sums
    #[arg(long)]
    each: bool,
    /// Run the scripts, too, on the sandbox; their files go into a folder of the simulation
    #[arg(long, requires = "sandbox")]
    run: bool,
    #[command(flatten)]
    place: Place,
}

/// What became of a job's moments.
#[derive(Default)]
struct Sum {
    moments: u64,
    ran: u64,
    failed: u64,
    /// Why others did not run, with how many.
    others: BTreeMap<String, u64>,
    /// Nothing comes any more after the days that are simulated.
    calendar_ends: bool,
}

/// Simulates, and tells the sums.
pub(super) fn simulate(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let (settings, found) = options.place.open(shell)?;
    let zone = settings.project.timezone.clone();
    let from = match &options.from {
        Some(text) => typed("--from", text, &zone)?,
        None => Clock::system().now(),
    };
    let to = from.saturating_add(SignedDuration::from_hours(i64::from(options.days) * 24)).unwrap_or(Timestamp::MAX);
    let mut chosen: BTreeMap<String, Arc<Job>> = BTreeMap::new();
    let mut wanted: Vec<String> = match options.names.is_empty() {
        true => found.jobs.keys().cloned().collect(),
        false => options.names.clone(),
    };
    while let Some(name) = wanted.pop() {
        let job = found.get(&name)?;
        wanted.extend(job.needs.iter().filter(|need| !chosen.contains_key(*need)).cloned());
        chosen.insert(name, Arc::new(job.clone()));
    }
    let mut session = if options.run { Some(Session::open(shell, settings.clone(), Mode::Sandbox)?) } else { None };
    let of = |job: &Arc<Job>| Sum { calendar_ends: job.timetable.has_ended(to), ..Sum::default() };
    let mut sums: BTreeMap<String, Sum> = chosen.iter().map(|(name, job)| (name.clone(), of(job))).collect();
    let takes = SignedDuration::from_mins(i64::from(options.takes));
    let simulation = Simulation { from, to, takes, at_once: settings.schedule.at_once };
    let mut trouble = None;
    // What scripts write is kept apart, so that no file of the project is touched.
    let files = PathBuf::from(format!(".beadle/simulated/{}", crate::runs::new_id(Clock::system().now())));
    let folder = settings.project.folder.join(&files);
    simulation.go(
        chosen.into_values(),
        |verdict, run| match (&mut session, &trouble) {
            (Some(session), None) => match go(session, (&settings, &folder), verdict, run) {
                Ok(code) => Outcome::of_code(code.number()),
                Err(failure) => {
                    let code = failure.code.number();
                    trouble = Some(failure);
                    Outcome::of_code(code)
                }
            },
            _ => Outcome::Done,
        },
        |at, verdict| {
            if let Some(sum) = sums.get_mut(&verdict.job.name) {
                sum.count(verdict);
            }
            if options.each {
                shell.tell(|| line(at, verdict), || object(at, verdict));
            }
        },
    );
    for (name, sum) in &sums {
        shell.tell(|| sum.text(name), || sum.object(name));
    }
    let written = files_below(&folder).unwrap_or_default().len();
    if written > 0 {
        let files = files.display();
        let line = || format!("{} of the scripts in {files}", counted(written as u64, "file", "files"));
        shell.tell(line, || json!({ "type": "files", "folder": files.to_string(), "count": written }));
    }
    let span = || format!("{} to {}", local(from, &zone), local(to, &zone));
    shell.tell(span, || json!({ "type": "simulated", "from": from.to_string(), "to": to.to_string() }));
    match trouble {
        Some(failure) => Err(failure),
        None => Ok(broken(&found, shell)),
    }
}

/// Runs a script as its moment would.
fn go(
    session: &mut Session<'_>,
    (settings, files): (&Settings, &Path),
    verdict: &Verdict,
    run: &str,
) -> Result<Code, Failure> {
    let job = &verdict.job;
    session.settings = settings.clone().within(job);
    let scheduled_at = Some(verdict.entry.scheduled_at.as_millisecond());
    let mut order = order(job, &session.settings, Mode::Sandbox)?;
    let of = OfJob { name: job.name.clone(), cause: Cause::Schedule, scheduled_at };
    // A simulation begins anew each time: its runs have names of their own.
    let id = format!("{run}-{}", crate::runs::new_scheduled_id(Clock::system().now()));
    order.source = Source::OfJob(Box::new(Begin { id: Some(id), of, events: Vec::new() }));
    let (attendance, files) = (Attendance::Unattended, Some(files.to_owned()));
    session.run(&order, Play { attendance, files, powers: powers(job, attendance), ..Play::default() })
}

impl Sum {
    fn count(&mut self, verdict: &Verdict) {
        let mut other = |why: String, count: u64| *self.others.entry(why).or_default() += count;
        match &verdict.what {
            What::Starts(Step::Begin) => (self.moments, self.ran) = (self.moments + 1, self.ran + 1),
            What::Skipped(_) => {
                other(without_names(&verdict.words()), 1);
                self.moments += 1;
            }
            What::Missed { why, folded } => {
                other(format!("missed: {why}"), folded + 1);
                self.moments += folded + 1;
            }
            What::Ended(outcome) if !outcome.is_done() => self.failed += 1,
            _ => {}
        }
    }

    fn text(&self, name: &str) -> String {
        let mut lines =
            vec![format!("{name}: {}, {} of them run", counted(self.moments, "moment", "moments"), self.ran)];
        if self.failed > 0 {
            lines.push(format!("{} failed", self.failed));
        }
        lines.extend(self.others.iter().map(|(why, count)| format!("{count} {why}")));
        lines.extend(self.calendar_ends.then(|| format!("then no more: {}", calendar_ends())));
        lines.join("\n  ")
    }

    fn object(&self, name: &str) -> serde_json::Value {
        json!({ "type": "sum", "job": name, "moments": self.moments, "ran": self.ran, "failed": self.failed, "others": self.others,
                "calendar_ends": self.calendar_ends })
    }
}

/// Names of simulated runs differ from moment to moment; the reason is the same.
fn without_names(why: &str) -> String {
    let mut words = why.split(' ').filter(|word| !word.starts_with("simulated-"));
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + " " + word)
}

fn line(at: Timestamp, verdict: &Verdict) -> String {
    format!("{}  {}", local(at, verdict.job.timetable.zone()), verdict.line())
}

fn object(at: Timestamp, verdict: &Verdict) -> serde_json::Value {
    json!({
        "type": "decision",
        "at": at.to_string(),
        "job": verdict.job.name,
        "scheduled_at": verdict.entry.scheduled_at.to_string(),
        "what": verdict.words(),
        "state": verdict.state(),
        "why": verdict.why(),
    })
}
