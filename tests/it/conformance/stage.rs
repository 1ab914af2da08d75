//! One platform on a sandbox of its own: scripts are run on it, and what reached it is looked at.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Condvar, Mutex};

use beadle::catalog::{Op, Platform};
use beadle::sandbox::Seed;
use beadle::store::Store;
use beadle::wire;
use beadle::world::World;
use serde_json::Value;
use tempfile::TempDir;

use super::samples::Known;
use crate::toy;

/// A folder in which one platform's sandbox is played with.
pub struct Stage {
    pub platform: &'static Platform,
    folder: TempDir,
    /// Writes that set the scene.
    before: usize,
}

/// What one start of beadle did.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A write that reached the platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    pub operation: String,
    pub line: String,
    pub status: u16,
}

impl Stage {
    pub fn new(platform: &'static Platform) -> Self {
        Self { platform, folder: TempDir::new().unwrap(), before: 0 }
    }

    /// With all that must be there before it can be changed.
    pub fn prepared(known: &Known) -> Self {
        let mut stage = Self::new(known.platform);
        if let Some(setup) = &known.setup {
            stage.run(setup).ended(&[0], setup);
            stage.before = stage.world().1.len();
        }
        stage
    }

    pub fn file(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Starts beadle here.
    pub fn beadle(&self, args: &[&str]) -> Ran {
        let _turn = Turn::wait();
        let output = self.command(args).current_dir(self.folder.path()).stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        // The harness's own line stands before what the toy's program says.
        let stdout = stdout.strip_prefix("\nrunning 1 test\n\n").map(str::to_owned).unwrap_or(stdout);
        Ran { code: output.status.code(), stdout, stderr }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = match beadle::platforms::named(self.platform.name) {
            Some(_) => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
                command.args(args).env_clear();
                command
            }
            None => {
                let mut command = Command::new(std::env::current_exe().unwrap());
                command.args(["toy::as_the_program", "--exact", "--nocapture"]).env_clear();
                command.env(toy::ARGUMENTS, serde_json::to_string(args).unwrap());
                command
            }
        };
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs, or plans, a script.
    pub fn script(&self, how: &str, text: &str, more: &[&str]) -> Ran {
        self.file("script.rhai", text);
        let start = [how, "script.rhai", "--sandbox", "--unattended", "--connection", self.platform.connection];
        self.beadle(&[&start, more].concat())
    }

    pub fn run(&self, text: &str) -> Ran {
        self.script("run", text, &[])
    }

    /// Runs a script under faults.
    pub fn disturbed(&self, text: &str, faults: &str) -> Ran {
        self.script("run", text, &["--faults", faults])
    }

    /// Allows what holds a run or plan, and goes on with it, until nothing holds it any more.
    pub fn allowed(&self, mut ran: Ran, go_on: &str, more: &[&str]) -> Ran {
        while let Some(approve) =
            ran.after("type: beadle approve ").or_else(|| ran.after("in place of N: beadle approve "))
        {
            let id = approve.split(' ').next().unwrap().to_owned();
            let words = approve.replace(" N ", " 100 ").replace("\"…\"", "test");
            let args: Vec<&str> = ["approve"].into_iter().chain(words.split(' ')).collect();
            let approved = self.beadle(&args);
            assert_eq!(approved.code, Some(0), "{}", approved.said());
            ran = self.beadle(&[&[go_on, &id, "--sandbox"], more].concat());
        }
        ran
    }

    /// The world as it is by now, and the writes that led to it since the scene was set.
    pub fn world(&self) -> (World, Vec<Reached>) {
        let mut world = Seed::default().world();
        let mut reached = Vec::new();
        for request in requests(self.folder.path()) {
            let found = wire::recognize(self.platform, &request.method, &request.target, &request.body);
            let (op, args) = found.unwrap_or_else(|| panic!("{} {}", request.method, request.target));
            world.advance(request.at_ms);
            let (status, answer) = (self.platform.simulate)(&mut world, op, &args);
            let body = String::from_utf8_lossy(&request.body);
            let line = format!("{} {} {body}", request.method, request.target);
            // Some platforms refuse with 200.
            let opened = (self.platform.open)(op, status, answer.to_string().as_bytes());
            let status = if opened.is_err() && status < 300 { 400 } else { status };
            reached.push(Reached { operation: op.name(), line, status });
        }
        world.settle();
        (world, reached.split_off(self.before))
    }

    /// How often this operation has happened.
    pub fn times(&self, op: &Op) -> usize {
        let (_, reached) = self.world();
        reached.iter().filter(|one| one.operation == op.name() && one.status < 300).count()
    }
}

/// So many programs run at a time: they mostly wait, and other tests look at the clock.
const AT_ONCE: usize = 8;
static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

struct Turn;

impl Turn {
    fn wait() -> Self {
        let running = RUNNING.0.lock().unwrap();
        *RUNNING.1.wait_while(running, |running| *running >= AT_ONCE).unwrap() += 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *RUNNING.0.lock().unwrap() -= 1;
        RUNNING.1.notify_one();
    }
}

fn requests(folder: &Path) -> Vec<beadle::store::WorldRequest> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&folder.join(".beadle/sandbox.db")).await.unwrap();
        let Some(world) = store.world().await.unwrap() else { return Vec::new() };
        let requests = store.world_requests(&world.id, 0, 100_000).await.unwrap();
        store.close().await;
        requests.into_iter().map(|(_, request)| request).collect()
    })
}

impl Ran {
    /// All that it said, for the message of an assertion.
    pub fn said(&self) -> String {
        format!("{:?}\n-- stdout\n{}\n-- stderr\n{}", self.code, self.stdout, self.stderr)
    }

    /// It ended with one of these codes.
    pub fn ended(self, codes: &[i32], what: &str) -> Self {
        assert!(self.code.is_some_and(|code| codes.contains(&code)), "{what}: {}", self.said());
        self
    }

    /// The JSON that a script printed, line by line.
    pub fn printed(&self) -> Vec<Value> {
        self.stdout
            .lines()
            .filter(|line| line.starts_with('{'))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// What stands after these words, to the end of their line.
    pub fn after(&self, words: &str) -> Option<String> {
        self.stdout.lines().find_map(|line| line.split_once(words)).map(|(_, rest)| rest.to_owned())
    }

    /// The name of the run or plan.
    pub fn id(&self) -> String {
        let words = self.stdout.split([' ', '\n']);
        let mut ids =
            words.filter(|word| word.len() == 18 && word.as_bytes()[8] == b'-' && word.as_bytes()[13] == b'-');
        ids.next().unwrap_or_else(|| panic!("no run is named: {}", self.said())).to_owned()
    }
}
