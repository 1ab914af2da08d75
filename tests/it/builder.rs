//! Runs the real binary in a folder of its own: `Test::new().args([…]).stdout("…").success()`.
//!
//! What differs from run to run is compared as a word: `{folder}`, `{run}`, `{sha256}`, `{seconds}`, `{calls}`, `{today}`, `{time}`. Lines of
//! progress depend on the time and are left out.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// One start of beadle: its folder, arguments and environment, and what it is expected to say.
pub struct Test {
    folder: TempDir,
    below: PathBuf,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdout: Option<String>,
    stderr: Option<String>,
}

/// What it did.
pub struct Ran {
    /// Its folder, still there.
    pub folder: TempDir,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
}

impl Test {
    /// In an empty folder, with an environment that holds `PATH` alone.
    pub fn new() -> Self {
        Self::within(TempDir::new().unwrap())
    }

    /// In the folder of an earlier start.
    pub fn within(folder: TempDir) -> Self {
        Self { folder, below: PathBuf::new(), args: Vec::new(), env: Vec::new(), stdout: None, stderr: None }
    }

    /// In a folder that holds the scripts that ship, and nothing else.
    pub fn project() -> Self {
        let test = Self::new();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
        for folder in ["scripts", "scripts/data"] {
            std::fs::create_dir_all(test.folder.path().join(folder)).unwrap();
        }
        for folder in ["", "data"] {
            for entry in std::fs::read_dir(from.join(folder)).unwrap().map(Result::unwrap) {
                if entry.path().is_file() {
                    let to = test.folder.path().join("scripts").join(folder).join(entry.file_name());
                    std::fs::copy(entry.path(), to).unwrap();
                }
            }
        }
        test
    }

    /// With this file, folders made as needed.
    pub fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    /// With these arguments.
    pub fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.args.extend(args.map(str::to_owned));
        self
    }

    /// Started in this folder below its own.
    pub fn below(self, folder: &str) -> Self {
        Self { below: folder.into(), ..self }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The next start in the same folder, with the same environment.
    pub fn again<const N: usize>(self, args: [&str; N]) -> Self {
        Self { env: self.env, ..Self::within(self.folder) }.args(args)
    }

    /// With this variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without this variable.
    #[cfg(debug_assertions)]
    pub fn without(mut self, name: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self
    }

    /// stdout must be exactly this; what differs from run to run is a word in braces.
    pub fn stdout(mut self, text: &str) -> Self {
        self.stdout = Some(text.to_owned());
        self
    }

    /// stderr must be exactly this; what differs from run to run is a word in braces.
    pub fn stderr(mut self, text: &str) -> Self {
        self.stderr = Some(text.to_owned());
        self
    }

    /// Starts it; it must end with 0.
    pub fn success(self) -> Ran {
        self.code(0)
    }

    /// Starts it; it must end with this code.
    pub fn code(self, code: i32) -> Ran {
        let output = self.command().output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert_eq!(
            output.status.code(),
            Some(code),
            "beadle {}\n-- stdout\n{stdout}\n-- stderr\n{stderr}",
            self.args.join(" ")
        );
        self.compare("stdout", self.stdout.as_deref(), &stdout);
        self.compare("stderr", self.stderr.as_deref(), &stderr);
        Ran { folder: self.folder, stdout, stderr }
    }

    /// The command, for tests that do something else with it: send signals, close its pipes.
    pub fn command(&self) -> Command {
        let mut command = self.bare();
        command.args(&self.args);
        command
    }

    /// Another command beside it: in the same folder, with the same variables.
    pub fn beside(&self, args: &[&str]) -> Output {
        self.command_beside(args).output().unwrap()
    }

    /// The same, not started yet.
    pub fn command_beside(&self, args: &[&str]) -> Command {
        let mut command = self.bare();
        command.args(args);
        command
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.current_dir(self.folder.path().join(&self.below)).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn compare(&self, what: &str, wanted: Option<&str>, have: &str) {
        if let Some(wanted) = wanted {
            let have = steady(have, self.folder.path());
            assert_eq!(have, wanted, "{what} of beadle {}\n{have}", self.args.join(" "));
        }
    }
}

impl Ran {
    /// The next start in the same folder.
    pub fn then<const N: usize>(self, args: [&str; N]) -> Test {
        Test::within(self.folder).args(args)
    }

    /// The id of the run.
    pub fn run(&self) -> String {
        let text = format!("{}{}", self.stdout, self.stderr);
        let (at, len) = run_id(&text).unwrap_or_else(|| panic!("no run was named: {text}"));
        text[at..at + len].to_owned()
    }

    /// What stands in a file of its folder.
    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    /// stdout as lines of JSON.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

/// A text with words for what differs from run to run, and without lines of progress.
pub fn steady(text: &str, folder: &Path) -> String {
    let mut text = text.replace(&folder.display().to_string(), "{folder}");
    while let Some((at, len)) = run_id(&text) {
        text.replace_range(at..at + len, "{run}");
    }
    let mut steady = String::new();
    for line in text.lines().filter(|line| !is_progress(line)) {
        let words: Vec<&str> = line.split(' ').collect();
        for (place, word) in words.iter().enumerate() {
            let next = words.get(place + 1).copied().unwrap_or_default();
            let number = word.parse::<f64>().is_ok();
            let word = match *word {
                word if word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) => "{sha256}",
                word if is_day(word) => "{today}",
                word if is_time(word) => "{time}",
                _ if number && next == "s" => "{seconds}",
                _ if number && (next == "calls," || next == "call,") => "{calls}",
                "call," => "calls,",
                word => word,
            };
            steady.push_str(word);
            steady.push(if place + 1 == words.len() { '\n' } else { ' ' });
        }
    }
    steady
}

/// `2026-11-22`
fn is_day(word: &str) -> bool {
    word.len() == 10
        && word
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() })
}

/// `01:58:03`
fn is_time(word: &str) -> bool {
    word.len() == 8
        && word
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 2 | 5) { byte == b':' } else { byte.is_ascii_digit() })
}

/// `members read 244, 6 calls (2.0 a second)`
fn is_progress(line: &str) -> bool {
    let line = line.split(" (").next().unwrap_or_default();
    let Some(rest) = line.strip_suffix(" calls").or_else(|| line.strip_suffix(" call")) else { return false };
    rest.rsplit(", ").next().is_some_and(|count| count.parse::<u64>().is_ok())
}

/// Where the first run's id stands, as in `20261122-0158-k3f9`.
fn run_id(text: &str) -> Option<(usize, usize)> {
    const LEN: usize = 18;
    let is_id = |bytes: &[u8]| {
        bytes.len() == LEN
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                8 | 13 => *byte == b'-',
                0..=12 => byte.is_ascii_digit(),
                _ => byte.is_ascii_lowercase() || byte.is_ascii_digit(),
            })
    };
    text.as_bytes().windows(LEN).position(is_id).map(|at| (at, LEN))
}
