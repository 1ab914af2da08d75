//! What tests of crashes and faults share: the binary on a kept sandbox, and the community that it leaves behind.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use beadle::clock::Clock;
use beadle::sandbox::{Wanted, kept};
use beadle::store::{Run, Store};
use serde_json::Value;
use tempfile::TempDir;

/// The main job, as it is shipped.
pub const MAIN_JOB: &str = "scripts/sync_roster.rhai";
/// Every kind of write, most of them one by one.
#[cfg(debug_assertions)]
pub const FREE_HAND: &str = "scripts/free_hand.rhai";

/// The main job refuses four rows, so it never ends with 0.
pub const ENDS: &[i32] = &[0, 5];

/// What the main job leaves behind that nothing disturbs.
pub static MAIN_JOB_ALONE: LazyLock<Community> = LazyLock::new(|| alone(MAIN_JOB));
/// What the free script leaves behind.
#[cfg(debug_assertions)]
pub static FREE_HAND_ALONE: LazyLock<Community> = LazyLock::new(|| alone(FREE_HAND));

/// What a run leaves behind that nothing disturbs.
fn alone(script: &str) -> Community {
    let project = Project::new();
    ended_with(&project.run(script, &[]), ENDS, "undisturbed");
    let community = project.community();
    assert!(community.each_mail_once() && community.mails.len() > 50, "{:?}", community.mails);
    community
}

/// A project's folder with scripts and, after the first run, a sandbox.
pub struct Project {
    folder: TempDir,
}

/// What a community holds that matters to people: no ids, no times.
#[derive(Debug, PartialEq)]
pub struct Community {
    /// Group and address; name, fields and standing.
    pub members: BTreeMap<(u64, String), String>,
    /// How many mails went to whom about which group.
    pub mails: BTreeMap<(u64, String), usize>,
}

impl Community {
    /// Whether nobody was mailed twice.
    pub fn each_mail_once(&self) -> bool {
        self.mails.values().all(|count| *count == 1)
    }
}

impl Project {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scripts = folder.path().join("scripts");
        std::fs::create_dir_all(scripts.join("data")).unwrap();
        for (from, to) in [
            ("scripts/sync_roster.rhai", "sync_roster.rhai"),
            ("scripts/export_activities.rhai", "export_activities.rhai"),
            ("scripts/invite_new_members.rhai", "invite_new_members.rhai"),
            ("scripts/bulk_create_groups.rhai", "bulk_create_groups.rhai"),
            ("scripts/data/roster.csv", "data/roster.csv"),
            ("scripts/data/groups.csv", "data/groups.csv"),
            ("tests/data/crash/free_hand.rhai", "free_hand.rhai"),
        ] {
            std::fs::copy(root.join(from), scripts.join(to)).unwrap();
        }
        Self { folder }
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary with these arguments, in this folder, with nothing but `PATH` around it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a script on the sandbox.
    pub fn run(&self, script: &str, more: &[&str]) -> Output {
        self.command(&[&["run", script, "--sandbox"], more].concat()).output().unwrap()
    }

    /// Runs a script until it dies at this point.
    pub fn run_until(&self, script: &str, point: &str) {
        self.die_at(point, &["run", script, "--sandbox"].map(str::to_owned));
    }

    /// Lets whatever command it is die at this point: `after-intent`, `after-send`, `after-accept`, `before-settle`,
    /// `between-pieces`, each with the how-manyth time it is reached (`after-send:3`).
    pub fn die_at(&self, point: &str, args: &[String]) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = self.command(&args).env("BEADLE_CRASH_AT", point).output().unwrap();
        assert_eq!(output.status.code(), None, "it did not die at {point}\n{}", said(&output));
    }

    /// What reached the platform more often than once: request and subject, with the number of times.
    pub fn repeated(&self) -> BTreeMap<(String, String), usize> {
        let requests = self.look(|store| async move {
            let world = store.world().await.unwrap().unwrap();
            store.world_requests(&world.id, 0, 100_000).await.unwrap()
        });
        let mut times = BTreeMap::new();
        for (_, request) in requests {
            let line = format!("{} {}", request.method, request.target);
            for subject in subjects(&serde_json::from_slice(&request.body).unwrap_or_default()) {
                *times.entry((line.clone(), subject)).or_insert(0) += 1;
            }
        }
        times.retain(|_, times| *times > 1);
        times
    }

    /// Goes on with the last run.
    pub fn resume(&self) -> Output {
        self.command(&["resume", &self.last_run().of.id, "--sandbox"]).output().unwrap()
    }

    /// The run that was begun last.
    pub fn last_run(&self) -> Run {
        self.look(|store| async move { store.runs(1).await.unwrap().remove(0) })
    }

    /// Asks the sandbox's store.
    pub fn look<T, F: Future<Output = T>>(&self, look: impl FnOnce(Store) -> F) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&self.folder.path().join(".beadle/sandbox.db")).await.unwrap();
            let seen = look(store.clone()).await;
            store.close().await;
            seen
        })
    }

    /// The community when all that is queued has happened.
    pub fn community(&self) -> Community {
        self.look(|store| async move {
            let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
            sandbox.settle("mobilize").await;
            let mut mails = BTreeMap::new();
            for mail in sandbox.outbox("mobilize").await {
                *mails.entry((mail.group, mail.to)).or_default() += 1;
            }
            let members = sandbox.look("mobilize", |world| {
                let mut members = BTreeMap::new();
                for group in 1..=9 {
                    for user in world.members_from(group, 0) {
                        let standing = user.membership(group).map(|membership| membership.standing);
                        let shown = format!("{} {:?} {standing:?}", user.name(), user.values);
                        members.insert((group, user.email.to_lowercase()), shown);
                    }
                }
                members
            });
            Community { members: members.await.unwrap(), mails }
        })
    }
}

/// Those whom a request for many names; itself, if it is for one.
fn subjects(body: &Value) -> Vec<String> {
    let many = ["recipients_ids", "users", "groups"].iter().find_map(|list| body[*list].as_array());
    match many {
        Some(list) => list.iter().map(|one| one.pointer("/fields/email").unwrap_or(one).to_string()).collect(),
        None => vec![body.pointer("/fields/email").unwrap_or(body).to_string()],
    }
}

/// All that a process said, for the message of an assertion.
pub fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n-- stdout\n{}\n-- stderr\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// It must have ended with one of these codes.
pub fn ended_with(output: &Output, codes: &[i32], what: &str) {
    let code = output.status.code();
    assert!(code.is_some_and(|code| codes.contains(&code)), "{what}: {}", said(output));
}
