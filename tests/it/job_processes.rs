//! Runs as processes: whatever becomes of one, whoever started it lives, the run says what happened, and it can go on.
#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle::clock::Clock;
use beadle::events::{Event, Events, Sink};
use beadle::schedule::{Ended, Errand, Exit, Patience, Processes, Starts, Task};
use beadle::settings::{Environment, Job, Jobs, Mode, Redactor, Settings, Start};
use beadle::store::{Cause, Run, RunState, Store};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const ID: &str = "20261122-0158-k3f9";

/// A project with one job, whose runs are started as `beadle serve` starts them.
struct Daemon {
    folder: TempDir,
    processes: Processes,
    store: Store,
    heard: Arc<Heard>,
}

/// What whoever starts runs has to say.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn note(&self, event: &Event) {
        if let Event::Say(_, line) = event {
            self.0.lock().unwrap().push(line.clone());
        }
    }
}

impl Daemon {
    /// The job's keys beside `script`, and the script.
    async fn new(job: &str, script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["jobs", "scripts"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let job = format!("script = \"scripts/work.rhai\"\n{job}");
        std::fs::write(folder.path().join("jobs/work.toml"), job).unwrap();
        std::fs::write(folder.path().join("scripts/work.rhai"), script).unwrap();
        let heard = Arc::new(Heard::default());
        let store = Store::open(&folder.path().join(".beadle/sandbox.db")).await.unwrap();
        let processes = Processes {
            program: env!("CARGO_BIN_EXE_beadle").into(),
            folder: folder.path().to_owned(),
            mode: Mode::Sandbox,
            settings: None,
            patience: Patience { settle: Duration::from_millis(200), stop: Duration::from_millis(300) },
            store: store.clone(),
            redactor: Redactor::default(),
            clock: Clock::system(),
            events: Events::to(vec![heard.clone()]),
            handed: Vec::new,
        };
        Self { folder, processes, store, heard }
    }

    fn script(&self, text: &str) {
        std::fs::write(self.folder.path().join("scripts/work.rhai"), text).unwrap();
    }

    fn job(&self) -> Job {
        let start = Start {
            file: None,
            folder: self.folder.path().to_owned(),
            mode: Mode::Sandbox,
            connection: None,
            environment: Environment::default(),
        };
        Jobs::one(&Settings::load(&start).unwrap(), "work").unwrap()
    }

    /// A program that does this and then becomes beadle.
    fn wrapped(&mut self, before: &str) {
        let path = self.folder.path().join("wrapped");
        let text = format!("#!/bin/sh\n{before}\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_beadle"));
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        self.processes.program = path;
    }

    async fn run(&self, what: Task) -> Ended {
        self.processes.run(&errand(what), &self.job(), CancellationToken::new()).await
    }

    /// Begins the run without waiting for its end.
    fn begin(&self, stop: &CancellationToken) -> JoinHandle<Ended> {
        let (processes, job, stop) = (Arc::new(self.processes.clone()), self.job(), stop.clone());
        tokio::spawn(async move { Starts::run(&*processes, &errand(Task::Begin), &job, stop).await })
    }

    /// Waits until the script has said `begun`; the process's id.
    async fn begun(&self) -> u32 {
        while !self.log().await.iter().any(|line| line == "begun") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.pid()
    }

    /// The process of the run: the one in whose arguments the id stands, in this project's folder.
    fn pid(&self) -> u32 {
        let folder = self.folder.path().canonicalize().unwrap();
        let of = |path: &Path| {
            let arguments = std::fs::read(path.join("cmdline")).ok()?;
            let here = std::fs::read_link(path.join("cwd")).ok()? == folder;
            let named = String::from_utf8_lossy(&arguments).contains(ID);
            if here && named { path.file_name()?.to_str()?.parse().ok() } else { None }
        };
        let all = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
        let found: Vec<u32> = all.filter_map(|path| of(&path)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0]
    }

    async fn row(&self) -> Run {
        self.store.run(ID).await.unwrap().unwrap()
    }

    async fn log(&self) -> Vec<String> {
        self.store.log_after(ID, 0, 100_000).await.unwrap().into_iter().map(|(_, line)| line.text).collect()
    }

    /// The run is interrupted for this reason, `runs show` says so, and a script that ends well goes on with it.
    async fn is_told_and_goes_on(&self, why: &str, code: i64) {
        let row = self.row().await;
        assert_eq!((row.state.as_str(), row.exit_code), ("interrupted", Some(code)));
        let shown = Command::new(env!("CARGO_BIN_EXE_beadle"))
            .args(["runs", "show", ID, "--sandbox"])
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        assert!(shown.contains(&format!("\n  {why}")), "{shown}");
        self.script("print(\"through\");");
        let ended = self.run(Task::Resume).await;
        assert_eq!(ended.exit, Exit::Code(0), "{}", ended.said);
        let row = self.row().await;
        assert_eq!((row.state.as_str(), row.attempt), ("done", 2));
    }
}

fn errand(what: Task) -> Errand {
    let run = ID.to_owned();
    Errand { run, job: "work".into(), what, scheduled_at: None, cause: Cause::Schedule, events: None }
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap().success());
}

const WAITS: &str = "log(\"begun\"); loop { users.get(1001); }";

#[tokio::test]
async fn a_run_that_ends_well_says_nothing_of_its_process() {
    let daemon = Daemon::new("", "log(`for ${ctx.job}`); print(\"done\");").await;
    let mut errand = errand(Task::Begin);
    errand.scheduled_at = Some("2026-11-22T01:30:00Z".parse().unwrap());
    let ended = daemon.processes.run(&errand, &daemon.job(), CancellationToken::new()).await;
    assert_eq!(ended.exit, Exit::Code(0), "{}", ended.said);
    assert!(ended.said.contains("for work\n"), "{}", ended.said);
    let row = daemon.row().await;
    let of = row.of.job.unwrap();
    assert_eq!((row.state.as_str(), of.name.as_str(), of.cause), ("done", "work", Cause::Schedule));
    assert_eq!(of.scheduled_at, Some(1_795_311_000_000));
    assert_eq!(daemon.log().await.iter().filter(|line| *line == "for work").count(), 1);
}

#[tokio::test]
async fn a_run_beyond_its_time_stops_softly_and_goes_on() {
    let mut daemon = Daemon::new("timeout = \"1s\"\n", WAITS).await;
    daemon.processes.patience.settle = Duration::from_secs(60);
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::TimedOut, "{}", ended.said);
    daemon.is_told_and_goes_on("stopped after 1 s: time-out\n", 130).await;
}

#[tokio::test]
async fn a_run_beyond_its_time_that_does_not_stop_is_killed_and_goes_on() {
    let daemon = Daemon::new("timeout = \"8s\"\n", WAITS).await;
    let ended = daemon.begin(&CancellationToken::new());
    signal("STOP", daemon.begun().await);
    assert_eq!(ended.await.unwrap().exit, Exit::TimedOut);
    let why = "stopped after 8 s: time-out; it did not stop by itself and was killed after 10 s\n";
    daemon.is_told_and_goes_on(why, 137).await;
}

#[tokio::test]
async fn a_run_that_is_to_stop_does_and_goes_on() {
    let daemon = Daemon::new("", WAITS).await;
    let stop = CancellationToken::new();
    let ended = daemon.begin(&stop);
    daemon.begun().await;
    stop.cancel();
    let ended = ended.await.unwrap();
    assert_eq!(ended.exit, Exit::Code(130), "{}", ended.said);
    daemon.is_told_and_goes_on("interrupted ", 130).await;
}

#[tokio::test]
async fn a_run_that_is_to_stop_and_does_not_is_killed_and_goes_on() {
    let daemon = Daemon::new("", WAITS).await;
    let stop = CancellationToken::new();
    let ended = daemon.begin(&stop);
    signal("STOP", daemon.begun().await);
    stop.cancel();
    assert_eq!(ended.await.unwrap().exit, Exit::Signal(9));
    daemon.is_told_and_goes_on("it was asked to stop, did not, and was killed after 0.3 s\n", 137).await;
}

#[tokio::test]
async fn a_run_that_somebody_kills_says_so_and_goes_on() {
    let daemon = Daemon::new("", WAITS).await;
    let ended = daemon.begin(&CancellationToken::new());
    signal("KILL", daemon.begun().await);
    let ended = ended.await.unwrap();
    assert_eq!(ended.exit, Exit::Signal(9));
    let why = "its process was ended by signal 9 (SIGKILL: somebody killed it, or the system did when memory ran out)";
    assert_eq!(daemon.log().await.last().map(String::as_str), Some(why));
    daemon.is_told_and_goes_on(why, 137).await;
}

#[tokio::test]
async fn nobody_waits_for_what_a_dead_run_has_started() {
    let mut daemon = Daemon::new("", WAITS).await;
    // It holds the run's stderr open for as long as it lives.
    daemon.wrapped("sleep 600 <&- & echo $! > sleeper");
    let ended = daemon.begin(&CancellationToken::new());
    signal("KILL", daemon.begun().await);
    let ended = tokio::time::timeout(Duration::from_secs(20), ended).await;
    let sleeper = std::fs::read_to_string(daemon.folder.path().join("sleeper")).unwrap();
    signal("KILL", sleeper.trim().parse().unwrap());
    assert_eq!(ended.unwrap().unwrap().exit, Exit::Signal(9));
}

#[tokio::test]
async fn a_script_that_takes_too_much_memory_ends_by_its_own_limit() {
    let script = "log(\"begun\"); let all = []; loop { all.push(\"0123456789abcdef\" + all.len()); }";
    let daemon = Daemon::new("memory = \"20MB\"\n", script).await;
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Code(1), "{}", ended.said);
    let row = daemon.row().await;
    let summary = row.summary.unwrap();
    assert_eq!((row.state.as_str(), summary["limit"].as_str()), ("failed", Some("memory")));
    let why = "the script held more than 20000000 B: the limit `memory` of jobs/work.toml, ";
    assert!(summary["error"].as_str().unwrap().starts_with(why), "{summary}");
}

#[tokio::test]
async fn a_process_has_its_scripts_memory_half_of_it_again_and_512_mib() {
    let daemon = Daemon::new("memory = \"100MB\"\n", WAITS).await;
    let stop = CancellationToken::new();
    let ended = daemon.begin(&stop);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.begun().await)).unwrap();
    let of = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().rev().take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    let memory = beadle_memory("100MB") * 3 / 2 + (512 << 20);
    assert_eq!(of("Max data size"), ["bytes".to_owned(), memory.to_string(), memory.to_string()]);
    assert_eq!(of("Max core file size"), ["bytes", "0", "0"]);
    stop.cancel();
    assert_eq!(ended.await.unwrap().exit, Exit::Code(130));
}

/// What a size in the settings means.
fn beadle_memory(text: &str) -> u64 {
    text.trim_end_matches("MB").parse::<u64>().unwrap() * 1_000_000
}

#[tokio::test]
async fn memory_that_the_system_refuses_ends_the_process_and_nothing_else() {
    let script =
        "let big = \"0123456789abcdef\"; for n in 0..14 { big += big; } let all = []; loop { all.push(big + 1); }";
    let mut daemon = Daemon::new("memory = \"8GB\"\n", script).await;
    // A limit that holds already and is closer stays.
    daemon.wrapped("ulimit -d 400000");
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Signal(6), "{}", ended.said);
    assert!(ended.said.contains("memory allocation of "), "{}", ended.said);
    assert!(daemon.log().await.iter().any(|line| line.starts_with("memory allocation of ")), "its last words are kept");
    let why =
        "its process was ended by signal 6 (SIGABRT: it gave up: mostly its memory ran out, see `memory` of the job)";
    daemon.is_told_and_goes_on(why, 134).await;
}

#[tokio::test]
async fn a_script_that_calls_itself_for_ever_fails_alone() {
    let daemon = Daemon::new("", "fn deeper(n) { deeper(n + 1) + 1 } print(deeper(0));").await;
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Code(1), "{}", ended.said);
    let row = daemon.row().await;
    assert_eq!(row.state.as_str(), "failed");
    assert!(row.summary.unwrap()["error"].as_str().unwrap().contains("deep"));
}

#[tokio::test]
async fn of_a_flood_of_words_the_end_is_kept_and_the_run_does_not_wait() {
    let daemon = Daemon::new("", "for n in 0..20000 { log(`line ${n}`); print(`row ${n}`); }").await;
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Code(0));
    let (first, rest) = ended.said.split_once('\n').unwrap();
    assert!(first.starts_with('(') && first.ends_with(" bytes before this were dropped)"), "{first}");
    assert!(rest.len() <= 64 << 10 && rest.contains("line 19999\n"), "{}", rest.len());
    // The store has its beginning and its end, and how much was in between.
    let log = daemon.log().await;
    let rows: Vec<&String> = log.iter().filter(|line| line.starts_with("row ")).collect();
    assert_eq!((rows[0].as_str(), rows[rows.len() - 1].as_str()), ("row 0", "row 19999"));
    assert_eq!(log[5_000], "30001 lines were dropped here: beyond what is kept of a run");
    assert_eq!(log.len(), 10_001);
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_said_and_there_is_no_run() {
    let mut daemon = Daemon::new("", WAITS).await;
    daemon.processes.program = daemon.folder.path().join("nothing");
    let ended = daemon.run(Task::Begin).await;
    let Exit::NotStarted(why) = ended.exit else { panic!("{ended:?}") };
    assert!(why.starts_with("failed to start `") && why.contains("No such file"), "{why}");
    assert_eq!(daemon.store.run(ID).await.unwrap(), None);
}

#[tokio::test]
async fn what_kept_a_run_from_beginning_is_told_at_once() {
    let daemon = Daemon::new("params = { nobody = \"x\" }\n", WAITS).await;
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Code(2), "{}", ended.said);
    let heard = daemon.heard.0.lock().unwrap().join("\n");
    assert!(heard.starts_with(&format!("work, run {ID}, which did not begin: error: ")), "{heard}");
    assert!(heard.contains("nobody"), "{heard}");
}

#[tokio::test]
async fn a_run_that_has_no_room_to_account_for_itself_is_accounted_for() {
    let script = "let big = \"0123456789abcdef\"; for n in 0..15 { big += big; } report.add(\"all\", big); for id in 1010..1130 { members.invite(\"1\", #{ sender_id: \"1001\", recipients_ids: [id] }); }";
    let mut daemon = Daemon::new("", script).await;
    daemon.wrapped("trap '' XFSZ; ulimit -f 900");
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Code(1), "{}", ended.said);
    let words = "nothing is sent that cannot be written down";
    assert!(ended.said.contains(words), "{}", ended.said);
    let goes_on = format!("`beadle serve` goes on with run {ID} by itself");
    assert!(ended.said.contains(&goes_on) && !ended.said.contains("resume RUN"), "{}", ended.said);
    daemon.processes.program = env!("CARGO_BIN_EXE_beadle").into();
    let why = "its process ended with exit code 1 and told nothing of the run";
    assert!(daemon.log().await.iter().any(|line| line.contains(words)), "its last words are kept");
    daemon.is_told_and_goes_on(why, 1).await;
}

#[tokio::test]
async fn whoever_starts_runs_survives_a_store_that_fails() {
    let daemon = Daemon::new("", "print(1);").await;
    daemon.store.clone().close().await;
    let ended = daemon.run(Task::Begin).await;
    assert_eq!(ended.exit, Exit::Code(0));
    let words = format!("what became of run {ID} could not be looked at or written down: the store `");
    assert!(ended.said.contains(&words), "{}", ended.said);
}

#[tokio::test]
async fn a_run_that_somebody_has_taken_over_is_left_alone() {
    let daemon = Daemon::new("", WAITS).await;
    let ended = daemon.begin(&CancellationToken::new());
    let pid = daemon.begun().await;
    // A second one is refused while the first is alive, and says nothing about it.
    let second = daemon.run(Task::Resume).await;
    assert_eq!(second.exit, Exit::Code(7), "{}", second.said);
    assert_eq!(daemon.row().await.state.as_str(), "running");
    signal("KILL", pid);
    assert_eq!(ended.await.unwrap().exit, Exit::Signal(9));
    daemon.is_told_and_goes_on("its process was ended by signal 9", 137).await;
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_any_more_stops_and_its_siblings_do_not() {
    let daemon = Daemon::new("overlap = \"allow\"\n", WAITS).await;
    let stop = CancellationToken::new();
    let forgotten = daemon.begin(&stop);
    daemon.begun().await;
    // Started later, while the other one's standard input was open in this process.
    let (processes, job, stopped) = (daemon.processes.clone(), daemon.job(), stop.clone());
    let sibling = Errand { run: "20261122-0159-k3f9".into(), ..errand(Task::Begin) };
    let other = tokio::spawn(async move { Starts::run(&processes, &sibling, &job, stopped).await });
    while daemon.store.log_after("20261122-0159-k3f9", 0, 9).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    forgotten.abort();
    while daemon.row().await.state == RunState::Running {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((daemon.row().await.state, daemon.row().await.exit_code), (RunState::Interrupted, Some(130)));
    assert_eq!(daemon.store.run("20261122-0159-k3f9").await.unwrap().unwrap().state, RunState::Running);
    stop.cancel();
    assert_eq!(other.await.unwrap().exit, Exit::Code(130));
}
