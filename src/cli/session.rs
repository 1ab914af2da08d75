//! What `run` and `resume` share: the store, the connections, the signals, and how a run's end is shown.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use super::jobs::tether;
use super::traces::{Parent, Traces};
use super::transports::Connected;
use super::{Code, Failure, Format, Shell};
use crate::clock::Clock;
use crate::effects::brakes::{Attendance, Powers};
use crate::events::{Level, Sink};
use crate::runs::{Looked, Order, Planned, Refused, Report, Runner, Work};
use crate::sandbox::Wanted;
use crate::script::{Cancel, Limits, Stop, WriteTo};
use crate::settings::{Mode, Settings};
use crate::store::Store;

/// What the sandbox of a run shall be, whether somebody watches, and what it may delete for good.
#[derive(Clone, Debug, Default)]
pub(super) struct Play {
    pub(super) attendance: Attendance,
    pub(super) powers: Powers,
    pub(super) wanted: Wanted,
    pub(super) faults: Option<String>,
    pub(super) tether: Tether,
    /// A folder for the files of scripts, in place of the project's.
    pub(super) files: Option<PathBuf>,
}

/// Whether a run ends with whoever started it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tether {
    /// It does not.
    #[default]
    None,
    /// It stops when standard input ends.
    Stdin,
}

/// A project that is open: its settings, its store, a runtime to wait on.
pub(super) struct Session<'a> {
    pub(super) shell: &'a Shell,
    pub(super) settings: Settings,
    pub(super) store: Store,
    pub(super) runtime: Runtime,
    mode: Mode,
    /// Outlives the runtime: a span ends with its task, and a task that is given up ends some time after the run.
    traces: std::cell::OnceCell<Traces>,
}

impl<'a> Session<'a> {
    /// Opens the project's store. Nothing is sent.
    pub(super) fn open(shell: &'a Shell, settings: Settings, mode: Mode) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::failed(format!("failed to start: {error}")))?;
        outlive_full_files(&runtime);
        let store = runtime.block_on(Store::open(&settings.project.store));
        let store = store.map_err(|error| Failure::failed(error.to_string()))?;
        Ok(Self { shell, settings, store, runtime, mode, traces: std::cell::OnceCell::new() })
    }

    /// Runs an order and shows its report.
    pub(super) fn run(&self, order: &Order, play: Play) -> Result<Code, Failure> {
        self.traces.get_or_init(|| Traces::begin(self.shell, Parent::Starter));
        let cancel = Cancel::default();
        if play.tether == Tether::Stdin {
            tether::hold(cancel.clone(), Arc::clone(&self.shell.printer))
                .map_err(|error| Failure::failed(format!("failed to start: {error}")))?;
        }
        let signals = self.runtime.spawn(stop_on_signals(cancel.clone(), Arc::clone(&self.shell.printer)));
        let tether = play.tether;
        let report = self.runner(play, cancel).run(order);
        signals.abort();
        let report = report.map_err(|refused| self.unreported(refused, tether))?;
        self.show(&report);
        Ok(code(&report))
    }

    /// Asks the platforms about what is in doubt on these connections; with 130 where a person stopped it.
    pub(super) fn look(&self, places: &[(String, String)]) -> (Result<Vec<Looked>, Refused>, Code) {
        let cancel = Cancel::default();
        let signals = self.runtime.spawn(stop_on_signals(cancel.clone(), Arc::clone(&self.shell.printer)));
        let looked = self.runtime.block_on(self.runner(Play::default(), cancel.clone()).look(places));
        signals.abort();
        self.shell.printer.end();
        let code = if cancel.token().is_cancelled() { Code::Interrupted } else { Code::Done };
        (looked, code)
    }

    /// Plans an order: nothing of it is sent.
    pub(super) fn plan(&self, order: &Order, play: Play) -> Result<Planned, Failure> {
        let cancel = Cancel::default();
        let signals = self.runtime.spawn(stop_on_signals(cancel.clone(), Arc::clone(&self.shell.printer)));
        let runner = self.runner(play, cancel);
        let planned = match &order.work {
            Work::Undo(_) => runner.plan_undo(order),
            Work::Script(_) | Work::Plan { .. } => runner.plan(order),
        };
        signals.abort();
        planned.map_err(refusal)
    }

    /// Whether it is real.
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// The time, in milliseconds since the epoch.
    pub(super) fn now_ms(&self) -> i64 {
        Clock::system().now_ms()
    }

    /// The way to the connections of the settings.
    pub(super) fn connected(&self, play: Play) -> Connected {
        Connected {
            settings: self.settings.clone(),
            environment: self.shell.environment.clone(),
            redactor: self.shell.redactor.clone(),
            clock: Clock::system(),
            store: self.store.clone(),
            attendance: play.attendance,
            powers: play.powers,
            wanted: play.wanted,
            faults: play.faults,
            sandbox: OnceCell::new(),
        }
    }

    /// What runs, looks and plans on the project's connections.
    pub(super) fn runner(&self, play: Play, cancel: Cancel) -> Runner {
        let clock = Clock::system();
        let listener: Arc<dyn Sink> = self.shell.printer.clone();
        let write_to = match (play.files.clone(), self.mode) {
            (Some(folder), _) => WriteTo::Folder(folder),
            (None, Mode::Sandbox) => WriteTo::Sandbox,
            (None, Mode::Real) => WriteTo::Project,
        };
        Runner {
            store: self.store.clone(),
            transports: Arc::new(self.connected(play)),
            redactor: self.shell.redactor.clone(),
            listeners: vec![listener],
            clock,
            runtime: self.runtime.handle().clone(),
            root: self.settings.project.folder.clone(),
            write_to,
            sandbox: self.mode == Mode::Sandbox,
            settings: self.shell.file.as_ref().map(|file| self.shell.folder.join(file)),
            limits: script_limits(&self.settings),
            log_size: self.settings.schedule.keep_logs_size,
            memory: Some(Arc::new(self.shell.memory)),
            cancel,
        }
    }

    /// Why there is no report, and how the run goes on where there is one. Those of `beadle serve` are gone on with by it.
    fn unreported(&self, refused: Refused, tether: Tether) -> Failure {
        let Refused::Unaccounted { run, .. } = &refused else { return refusal(refused) };
        let resume = format!("beadle resume {run}{}", self.shell.flags(self.mode));
        let hint = match tether {
            Tether::None => format!("when that is mended: {resume}"),
            Tether::Stdin => format!(
                "when that is mended, `beadle serve` goes on with run {run} by itself, as often as `retries` of its job says; \
                 after that: {resume}"
            ),
        };
        refusal(refused).hint(hint)
    }

    fn show(&self, report: &Report) {
        self.shell.printer.end();
        match self.shell.printer.format() {
            Format::Json => self.shell.printer.object(&report.json()),
            Format::Text => self.shell.printer.data(&format!("{}\n", report.text())),
        }
    }
}

fn refusal(refused: Refused) -> Failure {
    match refused {
        Refused::Connection(why) => Failure::usage(why),
        Refused::Lease(error) => Failure::with(Code::Skipped, error.to_string()),
        Refused::Begun(_) => Failure::with(Code::Skipped, refused.to_string()),
        other => Failure::failed(other.to_string()),
    }
}

fn code(report: &Report) -> Code {
    match report.exit_code() {
        130 => Code::Interrupted,
        1 => Code::Failed,
        4 => Code::Held,
        6 => Code::InDoubt,
        5 => Code::Partial,
        _ => Code::Done,
    }
}

#[expect(clippy::disallowed_methods, reason = "the second signal ends the process at once")]
/// The first signal ends the run where it can be resumed, the second one at once.
async fn stop_on_signals(cancel: Cancel, printer: Arc<super::Printer>) {
    let mut times = 0;
    loop {
        if next_signal().await.is_err() {
            return;
        }
        times += 1;
        if times > 1 {
            std::process::exit(i32::from(Code::Interrupted.number()));
        }
        printer.say(Level::Warn, "stopping; what is under way is finished first (once more: at once)");
        cancel.stop(Stop::Interrupted);
    }
}

/// A file that may not grow any more (`ulimit -f`) is the error of a write, as a full disk is, and not the end of the process.
#[cfg(unix)]
fn outlive_full_files(runtime: &Runtime) {
    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};

    let _entered = runtime.enter();
    // Listened to once, the signal ends nothing. Where that fails it is as it is for any program.
    let _ = signal(SignalKind::from_raw(Signal::XFSZ.as_raw()));
}

#[cfg(not(unix))]
fn outlive_full_files(_runtime: &Runtime) {}

/// Waits for Ctrl-C or a polite request to stop.
#[cfg(unix)]
pub(super) async fn next_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub(super) async fn next_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

fn script_limits(settings: &Settings) -> Limits {
    let script = &settings.limits.script;
    Limits {
        operations: script.operations,
        memory: usize::try_from(script.memory).unwrap_or(usize::MAX),
        output: script.output,
        time: Some(script.time),
        ..Limits::default()
    }
}
