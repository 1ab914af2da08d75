//! Those who invite, each as a process that can be killed and started again.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use beadle::store::Store;

use crate::community::Community;
use crate::{Outcome, plain};

/// A program that invites people, in as many processes as it takes.
pub trait Contender {
    fn name(&self) -> &'static str;
    /// Is shown its folder and the community.
    fn settle_in(&mut self, folder: &Path, community: &Community) -> Outcome;
    /// The next process.
    fn start(&mut self) -> Outcome<Command>;
    /// An error if a process that was not killed has ended before its work.
    fn finished(&self, status: ExitStatus) -> Outcome;
    /// Whom it has left for a person to decide.
    fn left_for_a_person(&self) -> Outcome<HashSet<u64>>;
}

/// A loop over the people.
pub struct Plain {
    name: &'static str,
    file: Option<&'static str>,
    arguments: Vec<String>,
}

impl Plain {
    pub fn without_a_file() -> Self {
        Self { name: "a plain script", file: None, arguments: Vec::new() }
    }

    pub fn with_a_file() -> Self {
        Self { name: "a script with a file of who is done", file: Some("done.txt"), arguments: Vec::new() }
    }
}

impl Contender for Plain {
    fn name(&self) -> &'static str {
        self.name
    }

    fn settle_in(&mut self, folder: &Path, community: &Community) -> Outcome {
        let ids = folder.join("ids.txt");
        std::fs::write(&ids, lines(&community.people))?;
        let place = |file: &Path| file.display().to_string();
        self.arguments = vec![
            plain::WORD.into(),
            community.base_url.clone(),
            community.key.clone(),
            community.secret.clone(),
            Community::GROUP.to_string(),
            Community::SENDER.to_string(),
            place(&ids),
        ];
        self.arguments.extend(self.file.map(|file| place(&folder.join(file))));
        Ok(())
    }

    fn start(&mut self) -> Outcome<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null());
        Ok(command)
    }

    fn finished(&self, status: ExitStatus) -> Outcome {
        match status.success() {
            true => Ok(()),
            false => Err(format!("{} ended with {status}", self.name).into()),
        }
    }

    fn left_for_a_person(&self) -> Outcome<HashSet<u64>> {
        Ok(HashSet::new())
    }
}

/// `beadle run`, and `beadle resume` from then on.
#[derive(Default)]
pub struct BeadleRun {
    folder: PathBuf,
    secret: String,
}

const SCRIPT: &str = include_str!("invite.rhai");
/// What its processes have said.
const SAID: &str = "said.txt";
/// Effects are in doubt: a person must look. Everything else is done.
const IN_DOUBT: i32 = 6;

impl BeadleRun {
    /// The run, once one of its processes has named it: `run 20261122-0158-k3f9: …`
    fn run(&self) -> Option<String> {
        let said = std::fs::read_to_string(self.folder.join(SAID)).ok()?;
        let line = said.lines().find_map(|line| line.strip_prefix("run "))?;
        line.split([':', ' ']).next().map(str::to_owned)
    }
}

impl Contender for BeadleRun {
    fn name(&self) -> &'static str {
        "beadle"
    }

    fn settle_in(&mut self, folder: &Path, community: &Community) -> Outcome {
        self.folder = folder.to_owned();
        self.secret = community.secret.clone();
        // The sandbox sends a mail within 0.4 s: after that a read shows it.
        let settings = format!(
            "[connections.main]\nplatform = \"mobilize\"\nbase_url = \"{}\"\nkey = \"{}\"\nsecret = \"env:SECRET\"\nsettle = \"500ms\"\n",
            community.base_url, community.key
        );
        std::fs::write(folder.join("beadle.toml"), settings)?;
        std::fs::write(folder.join("invite.rhai"), SCRIPT)?;
        Ok(std::fs::write(folder.join("people.csv"), format!("id\n{}", lines(&community.people)))?)
    }

    fn start(&mut self) -> Outcome<Command> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.current_dir(&self.folder).env("SECRET", &self.secret);
        match self.run() {
            Some(run) => command.args(["resume", &run]),
            None => {
                let (group, sender) = (Community::GROUP, Community::SENDER);
                command.args(["run", "invite.rhai", "--arg", "people=people.csv"]);
                command.args(["--arg", &format!("group={group}"), "--arg", &format!("sender={sender}")])
            }
        };
        let said = File::options().append(true).create(true).open(self.folder.join(SAID))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said);
        Ok(command)
    }

    fn finished(&self, status: ExitStatus) -> Outcome {
        match status.code() {
            Some(0 | IN_DOUBT) => Ok(()),
            _ => Err(format!("beadle: {status}: {}", std::fs::read_to_string(self.folder.join(SAID))?).into()),
        }
    }

    fn left_for_a_person(&self) -> Outcome<HashSet<u64>> {
        const ALL: i64 = 10_000;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let store = Store::open(&self.folder.join(".beadle/beadle.db")).await?;
            let mut held = HashSet::new();
            for run in store.runs(ALL).await? {
                let rows = store.effects_of(&run.of.id, 0, ALL).await?;
                let unknown = rows.iter().filter(|row| matches!(row.state.as_str(), "open" | "doubt"));
                held.extend(unknown.filter_map(|row| row.subject.parse::<u64>().ok()));
            }
            store.close().await;
            Ok(held)
        })
    }
}

fn lines(ids: &[u64]) -> String {
    ids.iter().map(|id| format!("{id}\n")).collect()
}
