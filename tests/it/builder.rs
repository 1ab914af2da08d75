//! Runs the real binary in a folder of its own: `Test::new().args([…]).stdout("…").success()`.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// One start of beadle: its folder, arguments and environment, and what it is expected to say.
pub struct Test {
    folder: TempDir,
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
        Self { folder, args: Vec::new(), env: Vec::new(), stdout: None, stderr: None }
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

    /// With this variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// stdout must be exactly this; `{folder}` stands for the folder.
    pub fn stdout(mut self, text: &str) -> Self {
        self.stdout = Some(text.to_owned());
        self
    }

    /// stderr must be exactly this; `{folder}` stands for the folder.
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
        let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.args(&self.args).current_dir(self.folder.path()).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn compare(&self, what: &str, wanted: Option<&str>, have: &str) {
        if let Some(wanted) = wanted {
            let folder: &Path = self.folder.path();
            assert_eq!(have.replace(&folder.display().to_string(), "{folder}"), wanted, "{what}");
        }
    }
}
