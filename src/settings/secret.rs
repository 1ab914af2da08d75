//! A value that must never be shown, and where it comes from. It is read when a connection is used, not before.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::Environment;
use super::environment::OF_SERVICE;

/// Longest secret that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// Shorter ones could not be kept out of output and log: everything would match.
const SHORTEST: usize = 4;
/// How long a command may take to print a secret.
const PATIENCE: Duration = Duration::from_secs(10);

/// Text that no `Debug` and no `Display` shows.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Hides the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text, for the one place that signs requests.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Where a credential's value is to be found.
#[derive(Clone, Debug)]
pub enum Source {
    /// `env:NAME`
    Variable(String),
    /// `file:PATH`, relative to the project; one line end at its end is dropped.
    File(PathBuf),
    /// `cmd:["program", "argument"]`: what the program prints; no shell takes part.
    Command(Vec<String>),
    /// The value itself.
    Literal(Secret),
}

impl Source {
    /// Reads what stands in the settings; the error is the rest of a sentence that begins with the key's name.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let rest = |prefix: &str| text.strip_prefix(prefix).map(str::trim);
        if let Some(name) = rest("env:") {
            let fits = !name.is_empty() && !name.contains(['=', '\0', ' ']);
            return if fits { Ok(Self::Variable(name.into())) } else { Err("names no variable after `env:`".into()) };
        }
        if let Some(path) = rest("file:") {
            return if path.is_empty() {
                Err("names no file after `file:`".into())
            } else {
                Ok(Self::File(path.into()))
            };
        }
        if let Some(list) = rest("cmd:") {
            return match serde_json::from_str::<Vec<String>>(list) {
                Ok(arguments) => Self::command(arguments),
                Err(_) => Err("must be a list of arguments: `cmd:[\"program\", \"argument\"]`".into()),
            };
        }
        match text.is_empty() {
            true => Err("is empty".into()),
            false => Ok(Self::Literal(Secret::new(text))),
        }
    }

    /// A list: the program with its arguments, the first of them after `cmd:`.
    pub(super) fn parse_list(mut list: Vec<String>) -> Result<Self, String> {
        match list.first().and_then(|first| first.strip_prefix("cmd:")) {
            Some(program) => {
                list[0] = program.trim().to_owned();
                Self::command(list)
            }
            None => Err("must be text, or a list that begins with \"cmd:PROGRAM\"".into()),
        }
    }

    fn command(arguments: Vec<String>) -> Result<Self, String> {
        match arguments.first() {
            Some(program) if !program.is_empty() => Ok(Self::Command(arguments)),
            _ => Err("names no program after `cmd:`".into()),
        }
    }

    /// The value. The error is the rest of a sentence that begins with whose value it is; it never holds the value.
    pub(super) fn read(&self, folder: &Path, environment: &Environment) -> Result<Secret, String> {
        fits(self.text(folder, environment)?, &self.place(), SHORTEST)
    }

    /// The value of what is no secret: it may be as short as it likes.
    pub(super) fn read_plain(&self, folder: &Path, environment: &Environment) -> Result<Secret, String> {
        fits(self.text(folder, environment)?, &self.place(), 1)
    }

    fn text(&self, folder: &Path, environment: &Environment) -> Result<String, String> {
        match self {
            Self::Literal(secret) => Ok(secret.expose().to_owned()),
            Self::Variable(name) => match environment.get(name) {
                Some(value) => Ok(value.to_owned()),
                None => Err(format!("comes from the variable `{name}`, which is not set")),
            },
            Self::File(path) => from_file(&folder.join(path)),
            Self::Command(arguments) => from_command(arguments, folder),
        }
    }

    fn place(&self) -> String {
        match self {
            Self::Literal(_) => "the settings".into(),
            _ => self.name(),
        }
    }

    /// Where it comes from, for people: the variable's, file's or program's name, never a value.
    pub fn name(&self) -> String {
        match self {
            Self::Variable(name) => format!("the variable `{name}`"),
            Self::File(path) => format!("the file `{}`", path.display()),
            Self::Command(arguments) => format!("the command `{}`", arguments.first().map_or("", String::as_str)),
            Self::Literal(_) => "the settings file".into(),
        }
    }
}

fn fits(text: String, from: &str, shortest: usize) -> Result<Secret, String> {
    match text.chars().count() {
        0 => Err(format!("comes from {from}, which is empty")),
        length if length < shortest => {
            Err(format!("comes from {from} and has {length} characters; that is too short to be a credential"))
        }
        _ => Ok(Secret::new(text)),
    }
}

fn one_line_end_less(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "a credential may stand in a file that the settings name")]
fn from_file(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let shown = path.display();
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST as u64 + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(format!("comes from the file `{shown}`, which cannot be read: {error}")),
        Ok(_) if text.len() > LONGEST => Err(format!("comes from the file `{shown}`, which is larger than 64 KiB")),
        Ok(_) => Ok(one_line_end_less(text)),
    }
}

fn from_command(arguments: &[String], folder: &Path) -> Result<String, String> {
    let program = arguments.first().map_or("", String::as_str);
    let fail = |why: String| format!("comes from the command `{program}`, which {why}");
    #[expect(clippy::disallowed_methods, reason = "a credential may be printed by a program that the settings name")]
    let mut command = Command::new(program);
    command.args(&arguments[1..]).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for name in OF_SERVICE {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|error| fail(format!("did not start: {error}")))?;
    let deadline = Instant::now() + PATIENCE;
    let printed = printed(&mut child, deadline);
    let status = match &printed {
        Ok(bytes) if bytes.len() <= LONGEST => wait(&mut child, deadline),
        _ => None,
    };
    if status.is_none() {
        // It may have ended in the meantime; then there is nothing to kill.
        let _ = child.kill();
        let _ = child.wait();
    }
    match (printed, status) {
        (Ok(bytes), _) if bytes.len() > LONGEST => Err(fail("printed more than 64 KiB".into())),
        (Ok(bytes), Some(status)) if status.success() => String::from_utf8(bytes)
            .map(one_line_end_less)
            .map_err(|_| fail("printed something that is not text".into())),
        (Ok(_), Some(status)) => Err(fail(format!("failed ({status}); run it yourself to see why"))),
        (Ok(_), None) | (Err(_), _) => Err(fail("took longer than 10 seconds".into())),
    }
}

/// All it prints, up to the limit and one byte more.
fn printed(child: &mut Child, deadline: Instant) -> Result<Vec<u8>, mpsc::RecvTimeoutError> {
    use std::io::Read as _;
    let (send, receive) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            // What was read before an error is judged by the exit status.
            let _ = stdout.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
        }
        let _ = send.send(bytes);
    });
    receive.recv_timeout(deadline.saturating_duration_since(Instant::now()))
}

/// A program that has closed its output ends at once, as a rule; the standard library can only ask again.
fn wait(child: &mut Child, deadline: Instant) -> Option<std::process::ExitStatus> {
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    None
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests write the file that they read")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let environment = Environment::from([("SOME_KEY", "from-the-environment"), ("EMPTY", "")]);
        let secret = Source::parse(text)?.read(Path::new("/"), &environment)?;
        Ok(secret.expose().to_owned())
    }

    #[test]
    fn a_secret_comes_from_a_variable_a_file_or_a_command() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret.txt");
        std::fs::write(&file, "from-a-file\r\n").unwrap();
        assert_eq!(read("env:SOME_KEY").unwrap(), "from-the-environment");
        assert_eq!(read(&format!("file:{}", file.display())).unwrap(), "from-a-file");
        assert_eq!(read("cmd:[\"printf\", \"from %s\\n\", \"a $HOME; command\"]").unwrap(), "from a $HOME; command");
        assert_eq!(read("plain-and-literal").unwrap(), "plain-and-literal");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_its_value_is_not() {
        assert_eq!(read("env:NO_SUCH").unwrap_err(), "comes from the variable `NO_SUCH`, which is not set");
        assert_eq!(read("env:EMPTY").unwrap_err(), "comes from the variable `EMPTY`, which is not set");
        assert!(
            read("file:/no/such/file").unwrap_err().starts_with("comes from the file `/no/such/file`, which cannot")
        );
        assert!(read("cmd:[\"false\"]").unwrap_err().contains("which failed (exit status: 1); run it yourself"));
        assert!(read("cmd:[\"no-such-program-here\"]").unwrap_err().contains("which did not start"));
        assert!(read("cmd:[\"yes\"]").unwrap_err().ends_with("which printed more than 64 KiB"));
        assert!(read("cmd:pass show x").unwrap_err().starts_with("must be a list of arguments"));
        assert_eq!(
            read("abc").unwrap_err(),
            "comes from the settings and has 3 characters; that is too short to be a credential"
        );
    }

    #[test]
    fn nothing_shows_a_secret_by_accident() {
        let source = Source::parse("my-own-secret").unwrap();
        assert_eq!(format!("{source:?}"), "Literal(Secret)");
        assert!(!source.name().contains("my-own"));
    }
}
