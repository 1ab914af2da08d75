//! The program at work: what it says while it does, and signals to it. What happens when is read from stderr, never guessed.

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::builder::Test;

/// A run that is at work.
pub struct Working {
    child: Child,
    stderr: Lines<BufReader<ChildStderr>>,
    /// What it has said so far on stderr.
    pub said: String,
}

impl Working {
    /// Starts it.
    pub fn start(test: &Test) -> Self {
        Self::run(test.command())
    }

    /// Starts this.
    pub fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, stderr, said: String::new() }
    }

    /// Waits for a line that begins so.
    pub fn until(&mut self, start: &str) {
        loop {
            let line = self.stderr.next().unwrap_or_else(|| panic!("`{start}` never came:\n{}", self.said)).unwrap();
            self.said.push_str(&format!("{line}\n"));
            if line.starts_with(start) {
                return;
            }
        }
    }

    /// Waits for a line with these words, and gives it.
    pub fn until_said(&mut self, words: &str) -> String {
        loop {
            let line = self.stderr.next().unwrap_or_else(|| panic!("`{words}` never came:\n{}", self.said)).unwrap();
            self.said.push_str(&format!("{line}\n"));
            if line.contains(words) {
                return line;
            }
        }
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// Its exit code, stdout and stderr.
    pub fn end(mut self) -> (Option<i32>, String, String) {
        for line in self.stderr.by_ref().map(Result::unwrap) {
            self.said.push_str(&format!("{line}\n"));
        }
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        (self.child.wait().unwrap().code(), stdout, std::mem::take(&mut self.said))
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
