//! Runs errands as processes: starts them, gives them their time, accounts for those that cannot do it themselves.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::child::Living;
use super::exit::{signal_of, signal_words};
use super::{Ended, Errand, Exit, Starts, Task};
use crate::clock::Clock;
use crate::events::{Events, Level};
use crate::model::span;
use crate::runs::{Lost, Marked};
use crate::settings::{Job, Mode, OF_SERVICE, Redactor};
use crate::spans;
use crate::store::{Cause, Store};

/// What a run that stops softly ends with.
const INTERRUPTED: u8 = 130;
/// What a process ends with that leaves its work to another one.
const ELSEWHERE: u8 = 7;
/// Lines that are told of a run that never came to be.
const TOLD: usize = 10;
/// The same program even if its file was replaced by a newer one meanwhile.
const SELF: &str = "/proc/self/exe";

/// Starts runs as processes of one program.
#[derive(Clone, Debug)]
pub struct Processes {
    /// The program: this one.
    pub program: PathBuf,
    /// Where it is started.
    pub folder: PathBuf,
    /// Whether runs are real.
    pub mode: Mode,
    /// The settings file, where one was named.
    pub settings: Option<PathBuf>,
    /// How long runs are waited for.
    pub patience: Patience,
    /// Where runs are kept.
    pub store: Store,
    /// Knows the secrets that were read.
    pub redactor: Redactor,
    /// Tells the time.
    pub clock: Clock,
    /// Hears why a run never came to be.
    pub events: Events,
    /// What a process is told of the span whose work it does, as variables: asked for within that span.
    pub handed: fn() -> Vec<(&'static str, String)>,
}

/// How long runs are waited for that should have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// After the time-out, on top of a quarter of it: the run begins nothing new and settles what is under way.
    pub settle: Duration,
    /// After it was asked to stop.
    pub stop: Duration,
}

/// How long a process was given to end by itself.
enum Met {
    /// It ended.
    Itself,
    /// It was asked to, and ended.
    Asked,
    /// It was killed: it did not stop when it was asked to.
    Deaf,
    /// It was killed: it did not stop at its time-out.
    Late,
}

impl Default for Patience {
    fn default() -> Self {
        Self { settle: Duration::from_secs(30), stop: Duration::from_secs(30) }
    }
}

impl Patience {
    /// From a run's start until it is killed.
    fn whole(self, timeout: Duration) -> Duration {
        timeout + self.settle.max(timeout / 4)
    }
}

impl Processes {
    /// This very program.
    pub fn this_program() -> std::io::Result<PathBuf> {
        match Path::new(SELF).exists() {
            true => Ok(SELF.into()),
            false => std::env::current_exe(),
        }
    }

    fn command(&self, errand: &Errand) -> Command {
        let mut command = Command::new(&self.program);
        #[cfg(unix)]
        command.arg0("beadle");
        for name in OF_SERVICE {
            command.env_remove(name);
        }
        command.current_dir(&self.folder).args(["jobs", "start", &errand.job, "--run", &errand.run, "--tether"]);
        command.args(["--cause", errand.cause.as_str()]);
        if errand.what == Task::Resume {
            command.arg("--resume");
        }
        // What events start is due at no moment of the timetable.
        if let Some(at) = errand.scheduled_at.filter(|_| errand.cause != Cause::Event) {
            command.args(["--scheduled-at", &at.to_string()]);
        }
        if let Some(events) = &errand.events {
            command.arg("--event-file").arg(events);
        }
        if self.mode == Mode::Sandbox {
            command.arg("--sandbox");
        }
        if let Some(settings) = &self.settings {
            command.arg("--settings").arg(settings);
        }
        command.envs((self.handed)());
        command
    }

    async fn run(&self, errand: &Errand, job: &Job, stop: CancellationToken) -> Ended {
        let span = tracing::info_span!(
            "process",
            otel.name = "process beadle jobs start",
            otel.status_code = Empty,
            "error.type" = Empty,
            process.pid = Empty,
            process.exit.code = Empty,
            beadle.run = errand.run.as_str(),
        );
        let ended = self.run_process(errand, job, stop).instrument(span.clone()).await;
        match &ended.exit {
            Exit::Code(code) => {
                span.record("process.exit.code", i64::from(*code));
                if *code != 0 {
                    spans::failed(&span, code);
                }
            }
            other => {
                let kind = match other {
                    Exit::Signal(_) => "signal",
                    Exit::TimedOut => "timed_out",
                    Exit::Code(_) | Exit::NotStarted(_) => "not_started",
                };
                spans::failed(&span, kind);
            }
        }
        ended
    }

    async fn run_process(&self, errand: &Errand, job: &Job, stop: CancellationToken) -> Ended {
        let began = Instant::now();
        let mut living = match Living::start(self.command(errand)) {
            Ok(living) => living,
            Err(error) => {
                let why = format!("failed to start `{}`: {error}", self.program.display());
                return Ended { exit: Exit::NotStarted(why.clone()), said: String::new(), unbegun: Some(why) };
            }
        };
        if let Some(id) = living.id() {
            Span::current().record("process.pid", i64::from(id));
        }
        let met = self.meet(&mut living, job.timeout, &stop).await;
        // After it was killed there is nothing more to wait for; what a wait could not tell is told as no code.
        let status = living.ended().await.ok();
        let took = began.elapsed();
        let said = living.last_words().await;
        let code = status.and_then(|status| u8::try_from(status.code()?).ok());
        let signal = status.and_then(signal_of);
        // A run ends with 130 before its time-out only when somebody stopped it.
        let timed_out = code == Some(INTERRUPTED) && took >= job.timeout && matches!(met, Met::Itself);
        let exit = match (&met, code, signal) {
            (Met::Late, ..) => Exit::TimedOut,
            _ if timed_out => Exit::TimedOut,
            (_, Some(code), _) => Exit::Code(code),
            (_, None, signal) => Exit::Signal(signal.unwrap_or_default()),
        };
        let lost = Lost {
            run: errand.run.clone(),
            why: why(&met, code, signal, job.timeout, self.patience),
            exit_code: code.map_or_else(|| 128 + i64::from(signal.unwrap_or_default()), i64::from),
            said,
        };
        let mut said = self.redactor.redact(&lost.said).into_owned();
        let mut unbegun = None;
        match lost.mark(&self.store, &self.redactor, self.clock.now_ms()).await {
            Ok(Marked::Unbegun) if !matches!(exit, Exit::Code(0 | ELSEWHERE)) => {
                self.tell(errand, &said);
                unbegun = reason(&said);
            }
            Ok(Marked::Unbegun | Marked::Lost | Marked::Accounted | Marked::Elsewhere) => {}
            // A store that fails ends no daemon.
            Err(error) => {
                let run = &errand.run;
                let line = format!(
                    "what became of run {run} could not be looked at or written down: {error}; its job's next try goes on with it"
                );
                self.events.say(Level::Error, line.clone());
                said.push_str(&format!("\n{line}\n"));
            }
        }
        Ended { exit, said, unbegun }
    }

    /// Of what never became a run there is no log: its last words are told at once.
    fn tell(&self, errand: &Errand, said: &str) {
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        for line in &lines[lines.len().saturating_sub(TOLD)..] {
            self.events.say(Level::Error, format!("{}, run {}, which did not begin: {line}", errand.job, errand.run));
        }
    }

    /// Waits until it ends, asks it to where it should, kills it where that does not help.
    async fn meet(&self, living: &mut Living, timeout: Duration, stop: &CancellationToken) -> Met {
        tokio::select! {
            _ = living.ended() => return Met::Itself,
            () = tokio::time::sleep(self.patience.whole(timeout)) => {
                living.kill();
                return Met::Late;
            }
            () = stop.cancelled() => living.ask_to_end(),
        }
        match tokio::time::timeout(self.patience.stop, living.ended()).await {
            Ok(_) => Met::Asked,
            Err(_) => {
                living.kill();
                Met::Deaf
            }
        }
    }
}

impl Starts for Processes {
    fn run<'a>(&'a self, errand: &'a Errand, job: &'a Job, stop: CancellationToken) -> BoxFuture<'a, Ended> {
        Self::run(self, errand, job, stop).boxed()
    }
}

/// What a process that did not begin its run says of that: its error, else its last line.
fn reason(said: &str) -> Option<String> {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let error = lines.clone().find_map(|line| line.strip_prefix("error: "));
    error.or_else(|| lines.next_back()).map(str::to_owned)
}

/// What became of a process that did not account for its run.
fn why(met: &Met, code: Option<u8>, signal: Option<i32>, timeout: Duration, patience: Patience) -> String {
    match (met, code, signal) {
        (Met::Late, ..) => {
            let whole = span(patience.whole(timeout));
            format!("stopped after {}: time-out; it did not stop by itself and was killed after {whole}", span(timeout))
        }
        (Met::Deaf, ..) => format!("it was asked to stop, did not, and was killed after {}", span(patience.stop)),
        (_, Some(code), _) => format!("its process ended with exit code {code} and told nothing of the run"),
        (_, None, Some(signal)) => format!("its process was ended by {}", signal_words(signal)),
        (_, None, None) => "its process is gone, and nobody knows how it ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_run_never_began_is_its_error_or_its_last_line() {
        let said = "warning: old\nerror: the argument `group` is missing\n  next: write it\n\n";
        assert_eq!(reason(said).as_deref(), Some("the argument `group` is missing"));
        assert_eq!(reason("memory allocation failed\n\n").as_deref(), Some("memory allocation failed"));
        assert_eq!(reason(" \n"), None);
    }

    #[test]
    fn a_run_has_a_quarter_of_its_time_and_at_least_half_a_minute_to_settle() {
        let whole = |seconds| Patience::default().whole(Duration::from_secs(seconds)).as_secs();
        assert_eq!([whole(10), whole(60), whole(3_600)], [40, 90, 4_500]);
    }
}
