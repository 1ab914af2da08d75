//! Scripts against a door that is made up: what they are answered, what they asked, how they end.
#![expect(clippy::disallowed_methods, reason = "tests set their scene")]

mod arguments;
mod calls;
mod ends;
mod failures;
mod imports;
mod later;
mod names;
mod planned;
mod standard;

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rhai::Map;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::{
    Cancel, Door, Ended, EngineKit, Facts, JobFacts, Limits, Rows, Run, Script, ScriptError, Start, Thrown, With,
    execute,
};
use crate::catalog::{Call, Platform};
use crate::clock::Clock;
use crate::events::{Event, Events, Sink};
use crate::wire::Row;

/// What a door does when it is called.
type Answers = Box<dyn Fn(&Call, &With) -> BoxFuture<'static, Result<Bytes, Thrown>> + Send + Sync>;

/// A connection to nothing.
pub(super) struct Fake {
    name: String,
    platform: &'static Platform,
    answers: Answers,
    pages: Vec<Result<Vec<&'static str>, Thrown>>,
    fetched: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            platform: crate::platforms::named("mobilize").unwrap(),
            answers: Box::new(|call, _| std::future::ready(Ok(echo(call))).boxed()),
            pages: Vec::new(),
            fetched: Arc::default(),
            asked: Arc::default(),
        }
    }
}

/// A record that says which call it answers.
fn echo(call: &Call) -> Bytes {
    Bytes::from(format!(r#"{{"id":7,"name":"{} on {}","email":"ada@example.org"}}"#, call.op.name(), call.connection))
}

impl Door for Fake {
    fn connection(&self) -> &str {
        &self.name
    }

    fn platform(&self) -> &'static Platform {
        self.platform
    }

    fn call<'a>(&'a self, call: &'a Call, with: &'a With) -> BoxFuture<'a, Result<Bytes, Thrown>> {
        self.asked.lock().unwrap().push(format!("{} {} {with:?}", call.op.name(), call.args.to_value()));
        (self.answers)(call, with)
    }

    fn list(&self, call: &Call) -> Box<dyn Rows> {
        self.asked.lock().unwrap().push(call.sentence());
        Box::new(Pages { left: self.pages.clone().into(), fetched: self.fetched.clone() })
    }
}

struct Pages {
    left: VecDeque<Result<Vec<&'static str>, Thrown>>,
    fetched: Arc<AtomicUsize>,
}

impl Rows for Pages {
    fn next_page(&mut self) -> BoxFuture<'_, Option<Result<Vec<Row>, Thrown>>> {
        let page = self.left.pop_front();
        self.fetched.fetch_add(usize::from(page.is_some()), Ordering::SeqCst);
        let rows = |rows: Vec<&'static str>| rows.into_iter().map(|row| Row::from(Bytes::from(row))).collect();
        std::future::ready(page.map(|page| page.map(rows))).boxed()
    }
}

/// Keeps what was printed and said.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn note(&self, event: &Event) {
        let line = match event {
            Event::Print(line) => line.clone(),
            Event::Say(level, line) => format!("{}: {line}", level.word()),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }
}

/// A project with a script in it, and all that a run of it needs.
pub(super) struct Stage {
    folder: TempDir,
    runtime: Runtime,
    kit: EngineKit,
    heard: Arc<Heard>,
    cancel: Cancel,
    limits: Limits,
    fake: Arc<Fake>,
    args: Map,
    memory: Option<super::Gauge>,
    files: BTreeSet<PathBuf>,
    dry_run: bool,
}

impl Stage {
    pub(super) fn new(script: &str) -> Self {
        let stage = Self {
            folder: tempfile::tempdir().unwrap(),
            runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap(),
            kit: EngineKit::default(),
            heard: Arc::default(),
            cancel: Cancel::default(),
            limits: Limits::default(),
            fake: Arc::new(Fake::named("main")),
            args: Map::new(),
            memory: None,
            files: BTreeSet::new(),
            dry_run: false,
        };
        stage.file("main.rhai", script);
        stage
    }

    pub(super) fn file(&self, path: &str, text: &str) -> &Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn door(mut self, change: impl FnOnce(&mut Fake)) -> Self {
        let mut fake = Fake::named("main");
        change(&mut fake);
        self.fake = Arc::new(fake);
        self
    }

    fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// A run that is only planned.
    pub(super) fn planned(self) -> Self {
        Self { dry_run: true, ..self }
    }

    fn load(&self) -> Result<Script, ScriptError> {
        Script::load(self.folder.path(), Path::new("main.rhai"), &self.kit)
    }

    pub(super) fn begin(&self) -> Run {
        let fake = self.fake.clone();
        Run::from(Start {
            write_to: super::WriteTo::default(),
            id: "r1".into(),
            facts: Facts {
                args: self.args.clone(),
                started: jiff::Timestamp::UNIX_EPOCH,
                connection: "main".into(),
                sandbox: true,
                dry_run: self.dry_run,
                job: JobFacts::default(),
            },
            doors: Arc::new(move |name| match name {
                "main" => Ok(fake.clone()),
                "other" => Ok(Arc::new(Fake::named("other"))),
                _ => Err(Thrown::new("no_connection", format!("there is no connection `{name}`"))),
            }),
            events: Events::to(vec![self.heard.clone()]),
            cancel: self.cancel.clone(),
            runtime: self.runtime.handle().clone(),
            root: self.folder.path().to_owned(),
            files: self.files.clone(),
            limits: self.limits.clone(),
            memory: self.memory.clone(),
            clock: Clock::fixed(jiff::Timestamp::UNIX_EPOCH),
        })
    }

    fn run(&self) -> Result<(), Ended> {
        execute(&self.load().map_err(Ended::Failed)?, &self.begin())
    }

    /// What the script printed and logged; it must end well.
    fn output(&self) -> Vec<String> {
        if let Err(ended) = self.run() {
            panic!("{ended}");
        }
        self.heard()
    }

    fn heard(&self) -> Vec<String> {
        self.heard.0.lock().unwrap().clone()
    }

    fn asked(&self) -> Vec<String> {
        self.fake.asked.lock().unwrap().clone()
    }

    /// The error with which the script failed, before or in its run.
    fn error(&self) -> ScriptError {
        match self.run() {
            Err(Ended::Failed(error)) => error,
            other => panic!("expected a failed script, not {other:?}"),
        }
    }
}

/// What a script prints; it must end well.
fn output(script: &str) -> Vec<String> {
    Stage::new(script).output()
}

/// The error of a script as a person reads it.
fn failure(script: &str) -> String {
    Stage::new(script).error().rendered
}
