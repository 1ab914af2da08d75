//! Ten thousand jobs that are due in the same second: how late each decision to run is, and each run's beginning after its row was
//! made durable. And what an idle `beadle serve` with them holds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle::clock::Clock;
use beadle::events::Events;
use beadle::hooks::Bell;
use beadle::schedule::{
    Alarms, Board, Daemon, Desk, Ended, Errand, Exit, Found, JobFiles, Keep, Nobody, Parts, Standing, Starts,
};
use beadle::settings::{Environment, Job, Mode, Settings, Start};
use beadle::store::{Store, TickFilter};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::measure::{beadle, contestant};
use crate::{Outcome, number};

const JOBS: usize = 10_000;
/// Of every hundred, so many have to be in time.
const PERCENTILES: [usize; 3] = [50, 99, 100];

/// `schedule [JOBS]`
pub fn bench(arguments: &[String]) -> Outcome {
    let count = number(arguments, 0, JOBS)?;
    println!("{count} jobs due in the same second; a minute until they are");
    let mut decided = contestant("due-at-once")?;
    let said = decided.arg(count.to_string()).output()?;
    print!("{}", String::from_utf8_lossy(&said.stdout));
    if !said.status.success() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned().into());
    }
    idle(count)
}

/// `due-at-once JOBS`: the board alone, then a daemon with a store on the disk.
pub fn due_at_once(arguments: &[String]) -> Outcome {
    let count = number(arguments, 0, JOBS)?;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let jobs = jobs(count, folder.path())?;
    board(&jobs)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(daemon(jobs, folder.path()))
}

fn board(jobs: &[Arc<Job>]) -> Outcome {
    let due: Timestamp = "2026-11-22T12:00:00Z".parse()?;
    let mut board = Board::new(usize::MAX, beadle::runs::new_scheduled_id);
    for job in jobs {
        board.add(Arc::clone(job), Standing::new("2026-11-22T11:59:30Z".parse()?));
    }
    let began = std::time::Instant::now();
    let verdicts = board.turn(due);
    println!("  the board decides on {} of them in {:.1} ms", verdicts.len(), millis(began.elapsed()));
    Ok(())
}

async fn daemon(jobs: Vec<Arc<Job>>, folder: &std::path::Path) -> Outcome {
    let (count, clock) = (jobs.len(), Clock::system());
    let began = Arc::new(Mutex::new(Vec::with_capacity(count)));
    let (stop, all) = (CancellationToken::new(), Arc::new(Notify::new()));
    let store = Store::open(&folder.join("bench.db")).await?;
    let parts = Parts {
        store: store.clone(),
        clock: clock.clone(),
        starts: Arc::new(Times { began: Arc::clone(&began), clock, count, all: Arc::clone(&all) }),
        files: Box::new(Given(jobs)),
        events: Events::default(),
        at_once: usize::MAX,
        keep: Keep { ticks: SignedDuration::from_hours(24), logs: SignedDuration::from_hours(24) },
        connection: None,
        bell: Bell::default(),
        subscriptions: watch::channel(Arc::default()).0,
        alarms: Alarms::silent(),
        asks: Desk::new().1,
        stop: stop.clone(),
        reload: Arc::default(),
        watcher: Arc::new(Nobody),
    };
    let serving = tokio::spawn(Daemon::begin(parts).await?.serve());
    all.notified().await;
    stop.cancel();
    serving.await?;
    let mut late: Vec<i64> = began.lock().map_err(|_| "poisoned")?.iter().map(|at| at % 60_000).collect();
    late.sort_unstable();
    let shown =
        PERCENTILES.map(|percent| format!("{percent} % within {} ms", late[(count * percent / 100).max(1) - 1]));
    let kept = store.ticks(&TickFilter::default()).await?.len();
    println!("  begun after their rows were durable: {}; {} missed", shown.join(", "), count.saturating_sub(kept));
    Ok(())
}

/// What `beadle serve` holds while nothing is due.
fn idle(count: usize) -> Outcome {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    write(count, folder.path(), "30 2 1 1 *")?;
    let mut child = beadle(folder.path())
        .args(["serve", "--sandbox"])
        .env("BEADLE_SERVE__LISTEN", "off")
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()?;
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().ok_or("no stderr")?));
    let serving = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("serving"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    child.kill()?;
    child.wait()?;
    serving.ok_or("it does not serve")?;
    let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().trim();
    println!("  an idle `beadle serve` with {count} jobs holds {held}");
    Ok(())
}

fn write(count: usize, folder: &std::path::Path, schedule: &str) -> Outcome {
    std::fs::create_dir_all(folder.join("jobs"))?;
    for number in 0..count {
        let text = format!("script = \"x.rhai\"\nschedule = \"{schedule}\"\n");
        std::fs::write(folder.join(format!("jobs/j{number}.toml")), text)?;
    }
    Ok(std::fs::write(folder.join("beadle.toml"), "[serve]\nlisten = \"off\"\n")?)
}

fn jobs(count: usize, folder: &std::path::Path) -> Outcome<Vec<Arc<Job>>> {
    std::fs::write(folder.join("beadle.toml"), "")?;
    let settings = Settings::load(&Start {
        file: None,
        folder: folder.to_owned(),
        mode: Mode::Sandbox,
        connection: None,
        environment: Environment::default(),
    })?;
    let job = |number: usize| -> Outcome<_> {
        let file = std::path::PathBuf::from(format!("jobs/j{number}.toml"));
        Ok(Arc::new(Job::read(&file, "script = \"x.rhai\"\nschedule = \"* * * * *\"\n", &settings)?))
    };
    (0..count).map(job).collect()
}

struct Given(Vec<Arc<Job>>);

impl JobFiles for Given {
    fn have_changed(&mut self) -> bool {
        false
    }

    fn read(&mut self) -> Found {
        Found { jobs: self.0.clone(), ..Found::default() }
    }
}

/// Takes down when each run would begin.
struct Times {
    began: Arc<Mutex<Vec<i64>>>,
    clock: Clock,
    count: usize,
    all: Arc<Notify>,
}

impl Starts for Times {
    fn run<'a>(&'a self, _: &'a Errand, _: &'a Job, _: CancellationToken) -> BoxFuture<'a, Ended> {
        if let Ok(mut began) = self.began.lock() {
            began.push(self.clock.now_ms());
            if began.len() == self.count {
                self.all.notify_one();
            }
        }
        Box::pin(std::future::ready(Ended { exit: Exit::Code(0), said: String::new(), unbegun: None }))
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
