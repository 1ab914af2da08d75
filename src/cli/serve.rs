//! `beadle serve`: runs the jobs by their schedules until it is stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::SignedDuration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::heed::Signals;
use super::jobs::order;
use super::receiving::{Ready, Receiving, has_hooks, place};
use super::serving::{attend, log, open};
use super::session::Session;
use super::traces::{Parent, Traces, hand_over};
use super::{Code, Failure, Shell};
use crate::clock::Clock;
use crate::effects::Lease;
use crate::events::{Events, Level};
use crate::hooks::Bell;
use crate::schedule::{
    Alarms, Daemon, Desk, Found, JobFiles, Keep, Nobody, NotServed, Parts, Patience, Processes, SEAT, Watcher,
};
use crate::server::webhooks::Place;
use crate::server::{Arrivals, Listening};
use crate::settings::{Job, Jobs, Mode, Settings};

/// So long messages are waited for at the end; what has not arrived is sent by the next `beadle serve`.
const LAST_MESSAGES: Duration = Duration::from_secs(5);
/// So long answers are waited for at the end that are being given.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle serve
  beadle serve --sandbox

SIGTERM and Ctrl-C stop it gracefully: runs are brought to where they can be resumed, and the next
`beadle serve` goes on with them. SIGHUP, or a changed file in jobs/, reads the jobs again. It is watched
and driven on an address of its own, `[serve]` of beadle.toml: docs/api.md.")]
pub(super) struct Options {
    /// With the simulated platforms and a store of their own
    #[arg(long)]
    sandbox: bool,
}

/// Serves until it is stopped.
pub(super) fn serve(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let settings = shell.settings(mode, None)?;
    // Outlives the runtime: a span ends with its task.
    let _traces = Traces::begin(shell, Parent::None);
    let session = Session::open(shell, settings.clone(), mode)?;
    // Whoever comes second is told so before anything else is in its way.
    if Lease::is_held(&session.store, SEAT).unwrap_or(false) {
        return Err(refused(NotServed::Taken));
    }
    let events = Events::to(vec![log(&shell.printer, &settings.project.timezone)]);
    let program =
        Processes::this_program().map_err(|error| Failure::failed(format!("failed to find this program: {error}")))?;
    let starts = Processes {
        program,
        folder: settings.project.folder.clone(),
        mode,
        settings: shell.file.as_ref().map(|file| shell.folder.join(file)),
        patience: Patience::default(),
        store: session.store.clone(),
        redactor: shell.redactor.clone(),
        clock: Clock::system(),
        events: events.clone(),
        handed: hand_over,
    };
    let delivery = super::jobs::delivery(shell, &session)?;
    let alarms = Alarms::new(delivery, mode, events.clone(), Clock::system());
    let (stop, reload) = (CancellationToken::new(), Arc::new(Notify::new()));
    let (desk, asks) = Desk::new();
    let (subscriptions, subscribed) = watch::channel(Arc::default());
    let bell = Bell::default();
    let ready = Ready::take(&session, subscribed, bell.clone(), stop.clone())?;
    let parts = Parts {
        store: session.store.clone(),
        clock: Clock::system(),
        starts: Arc::new(starts),
        files: Box::new(Folder { stamp: Jobs::stamp(&settings), settings: settings.clone(), mode }),
        events: events.clone(),
        at_once: settings.schedule.at_once,
        keep: Keep { ticks: days(settings.schedule.keep_ticks_days), logs: days(settings.schedule.keep_logs_days) },
        connection: settings.default_connection().ok().map(|connection| connection.name.clone()),
        bell,
        subscriptions,
        stop: stop.clone(),
        reload: Arc::clone(&reload),
        alarms: alarms.clone(),
        asks,
        watcher: watcher(shell, &events),
    };
    let arrivals = Arrivals::default();
    session.runtime.block_on(async {
        let signals =
            Signals::listen().map_err(|error| Failure::failed(format!("failed to wait for signals: {error}")))?;
        let place = place_of_hooks(&session).await?;
        let (listening, questions) = open(&session, desk, arrivals.clone(), stop.clone(), &events).await?;
        let daemon = Daemon::begin(parts).await.map_err(refused)?;
        events.say(Level::Info, format!("serving {}; Ctrl-C stops it", daemon.jobs()));
        say_ended(&settings, &events);
        let signals = tokio::spawn(signals.heed(stop, reload, events.clone()));
        let receiving = receive(ready, &session, arrivals, place, &events).await?;
        tokio::select! {
            () = daemon.serve() => {}
            () = attend(&session, questions) => {}
        }
        alarms.finish(LAST_MESSAGES).await;
        if let Some(Err(error)) = closed(listening).await {
            events.say(Level::Warn, format!("the API did not stop well: {error}"));
        }
        signals.abort();
        receiving.stopped().await.map(|()| Code::Done)
    })
}

/// Says which jobs will never be due any more.
fn say_ended(settings: &Settings, events: &Events) {
    let jobs = Jobs::load(settings).unwrap_or_default();
    if let Some(line) = super::jobs::ended(&jobs, Clock::system().now()) {
        events.say(Level::Warn, line);
    }
}

/// Lets what is being answered be answered, for a while.
async fn closed(listening: Option<Listening>) -> Option<std::io::Result<()>> {
    tokio::time::timeout(LAST_ANSWERS, listening?.stopped()).await.ok()
}

/// The address for webhooks, before anything is said to begin; `None` where somebody else has it and there is no hook yet.
async fn place_of_hooks(session: &Session<'_>) -> Result<Option<Place>, Failure> {
    match place(session).await {
        Ok(place) => Ok(Some(place)),
        Err(failure) => {
            let missed = has_hooks(&session.store).await.map_err(|error| Failure::failed(error.to_string()))?;
            if missed { Err(failure) } else { Ok(None) }
        }
    }
}

/// Receives webhooks, now or as soon as the address can be had.
async fn receive(
    ready: Ready,
    session: &Session<'_>,
    arrivals: Arrivals,
    place: Option<Place>,
    events: &Events,
) -> Result<Receiving, Failure> {
    let Some(place) = place else { return Ok(ready.receive_later(session, arrivals, events.clone())) };
    let (receiving, at) = ready.receive(session, arrivals, place)?;
    let missed = has_hooks(&session.store).await.map_err(|error| Failure::failed(error.to_string()))?;
    let level = if missed { Level::Info } else { Level::Debug };
    events.say(level, format!("receiving webhooks on http://{at}"));
    Ok(receiving)
}

/// The service manager that started this process, if one did.
#[cfg(unix)]
fn watcher(shell: &Shell, events: &Events) -> Arc<dyn Watcher> {
    // What every run may take, and what comes after the last one, twice: webhooks are let go like the API.
    let stopping = Patience::default().stop + LAST_MESSAGES + 2 * LAST_ANSWERS;
    match super::service::Service::of_process(&shell.environment, stopping) {
        Ok(Some(service)) => Arc::new(service),
        Ok(None) => Arc::new(Nobody),
        Err(error) => {
            let line = format!("the service manager cannot be told that jobs are served: `NOTIFY_SOCKET`: {error}");
            events.say(Level::Warn, line);
            Arc::new(Nobody)
        }
    }
}

/// There are none that could be told.
#[cfg(not(unix))]
fn watcher(_shell: &Shell, _events: &Events) -> Arc<dyn Watcher> {
    Arc::new(Nobody)
}

fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(count) * 24)
}

fn refused(why: NotServed) -> Failure {
    match why {
        NotServed::Taken => Failure::with(Code::Skipped, why.to_string()),
        other => Failure::failed(other.to_string()),
    }
}

/// The folder of jobs.
struct Folder {
    settings: Settings,
    mode: Mode,
    stamp: Vec<(PathBuf, u64, Option<SystemTime>)>,
}

impl JobFiles for Folder {
    fn have_changed(&mut self) -> bool {
        Jobs::stamp(&self.settings) != self.stamp
    }

    fn read(&mut self) -> Found {
        self.stamp = Jobs::stamp(&self.settings);
        match Jobs::load(&self.settings) {
            Ok(found) => Found {
                hopeless: found.jobs.values().filter_map(|job| self.hopeless(job)).collect(),
                jobs: found.jobs.into_values().map(Arc::new).collect(),
                broken: found.broken.into_iter().map(|(file, why)| (stem(&file), why.to_string())).collect(),
                unread: None,
            },
            Err(why) => Found { unread: Some(why.to_string()), ..Found::default() },
        }
    }
}

impl Folder {
    /// Why a job that is let run could not, and what to type.
    fn hopeless(&self, job: &Job) -> Option<(String, String)> {
        let Failure { message, hint, .. } =
            order(job, &self.settings, self.mode).err().filter(|_| job.paused.is_none())?;
        let next = hint.map_or_else(String::new, |hint| format!("\n  next: {hint}"));
        Some((job.name.clone(), format!("{message}{next}")))
    }
}

fn stem(file: &std::path::Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
