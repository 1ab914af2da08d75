//! `beadle serve` below a service manager: a socket as systemd opens it hears when jobs are served, when they are read again,
//! that the loop turns, and that it stops.
#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};
use tempfile::TempDir;

use crate::api_served::Api;
use crate::builder::Test;
use crate::working::Working;

const NIGHTLY: &str = "script = \"scripts/work.rhai\"\nschedule = \"0 2 1 1 *\"\n";

/// What stands in systemd's place.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { socket, folder }
    }

    /// A project with one job, that this one starts.
    fn project(&self, script: &str) -> Test {
        let path = self.folder.path().join("notify");
        let test = Test::new().file("jobs/nightly.toml", NIGHTLY).file("scripts/work.rhai", script);
        test.env("NOTIFY_SOCKET", path.to_str().unwrap())
    }

    /// The next message.
    fn next(&self) -> String {
        self.within(Duration::from_secs(30)).unwrap()
    }

    /// The next message that is no sign of life.
    fn word(&self) -> String {
        std::iter::repeat_with(|| self.next()).find(|message| message != "WATCHDOG=1\n").unwrap()
    }

    /// The next message, if one comes in this time.
    fn within(&self, patience: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(patience)).unwrap();
        let mut heard = [0; 1_024];
        match self.socket.recv(&mut heard) {
            Ok(length) => Some(String::from_utf8(heard[..length].to_vec()).unwrap()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => None,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn the_manager_hears_of_being_ready_reloading_working_and_stopping_in_this_order() {
    let manager = Manager::new();
    let api = Api::start(manager.project("print(\"done\");\n"));
    assert_eq!(manager.next(), "READY=1\nSTATUS=1 job; nothing at work\n");
    assert_eq!(api.get("/readyz").status, 200, "whoever asks now is answered");

    std::fs::write(api.test.folder().join("jobs/weekly.toml"), NIGHTLY).unwrap();
    api.signal("HUP");
    // A changed file is noticed without being asked, too, which needs no word: it goes on serving.
    let reloading = std::iter::repeat_with(|| manager.word()).find(|word| !word.starts_with("STATUS=")).unwrap();
    let lines: Vec<&str> = reloading.lines().collect();
    assert_eq!((lines[0], lines[2]), ("RELOADING=1", "STATUS=reading the jobs again"));
    let since_boot: u64 = lines[1].strip_prefix("MONOTONIC_USEC=").unwrap().parse().unwrap();
    assert!(since_boot > 0);
    assert_eq!(manager.word(), "READY=1\nSTATUS=2 jobs; nothing at work\n");

    assert_eq!(api.stop(), Some(0));
    assert_eq!(manager.word(), "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=45000000\n");
    assert_eq!(manager.within(Duration::from_millis(50)), None, "that was the last word");
}

#[test]
fn whoever_is_refused_is_never_ready_and_a_socket_that_is_not_there_is_said() {
    let manager = Manager::new();
    let first = Api::start(Test::new().file("scripts/work.rhai", "1;\n"));
    let path = manager.folder.path().join("notify");
    let second = first.test.command().env("NOTIFY_SOCKET", &path).output().unwrap();
    assert_eq!(second.status.code(), Some(7));
    assert_eq!(manager.within(Duration::from_millis(50)), None);

    let nowhere = Test::new().env("NOTIFY_SOCKET", "/nowhere/notify").env("BEADLE_SERVE__LISTEN", "127.0.0.1:0");
    let nowhere = nowhere.args(["serve", "--sandbox"]);
    let mut alone = Working::start(&nowhere);
    alone.until_said("warning: the service manager cannot be told that jobs are served: `NOTIFY_SOCKET`: No such file");
    alone.until_said("serving 0 jobs");
    alone.signal("TERM");
    assert_eq!(alone.end().0, Some(0));
}

#[test]
fn a_run_is_told_of_and_knows_nothing_of_the_manager() {
    let manager = Manager::new();
    let test = manager.project("loop {}\n").env("WATCHDOG_USEC", "4000000");
    let api = Api::start(test);
    assert_eq!(manager.word(), "READY=1\nSTATUS=1 job; nothing at work\n");
    assert_eq!(api.post("/api/v1/jobs/nightly/run", serde_json::json!({})).status, 202);
    assert_eq!(manager.word(), "STATUS=1 job; 1 run at work\n");

    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", api.pid())).unwrap_or_default();
    let environments = match children.trim() {
        // The kernel does not list children everywhere.
        "" => children_of(api.pid()),
        some => some.split(' ').map(str::to_owned).collect(),
    };
    assert!(!environments.is_empty(), "the run is a process");
    for child in environments {
        let environment = std::fs::read(Path::new("/proc").join(child).join("environ")).unwrap();
        let environment = String::from_utf8_lossy(&environment).into_owned();
        assert!(environment.contains("PATH="), "{environment}");
        assert!(!environment.contains("NOTIFY_SOCKET") && !environment.contains("WATCHDOG_"), "{environment}");
    }
    assert_eq!(api.stop(), Some(0));
    assert_eq!(manager.word(), "STOPPING=1\nSTATUS=stopping: 1 run is at work\nEXTEND_TIMEOUT_USEC=45000000\n");
}

/// The processes whose parent is this one.
fn children_of(parent: u32) -> Vec<String> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().map(Result::unwrap) {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let rest = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
        if rest.split(' ').nth(1) == Some(&parent.to_string()) {
            children.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    children
}

#[test]
fn signs_of_life_come_from_the_loop_and_stop_while_it_hangs() {
    let manager = Manager::new();
    let api = Api::start(manager.project("print(\"done\");\n").env("WATCHDOG_USEC", "800000"));
    for _ in 0..5 {
        while manager.next() != "WATCHDOG=1\n" {}
    }
    // It cannot write down what it decides, and waits for the store.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = SqliteConnectOptions::new().filename(api.test.folder().join(".beadle/sandbox.db"));
    let mut other = runtime.block_on(store.connect()).unwrap();
    runtime.block_on(other.execute("BEGIN IMMEDIATE")).unwrap();
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| api.post("/api/v1/jobs/nightly/run", serde_json::json!({})).status);
        let began = Instant::now();
        while manager.within(Duration::from_secs(2)).is_some() {
            assert!(began.elapsed() < Duration::from_secs(8), "it goes on as if the loop turned");
        }
        runtime.block_on(other.execute("ROLLBACK")).unwrap();
        while manager.next() != "WATCHDOG=1\n" {}
        assert!(matches!(asked.join().unwrap(), 202 | 503));
    });
    assert_eq!(api.stop(), Some(0));
}
