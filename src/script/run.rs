//! A script from its file to its end.
#![expect(clippy::disallowed_methods, reason = "the door to scripts")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rhai::{AST, OptimizationLevel, Position, Scope};

use super::args::{self, Declared};
use super::cancel::Stop;
use super::context::Run;
use super::door::Thrown;
use super::errors::{self, ScriptError, Texts};
use super::kit::{EngineKit, Parsed};
use super::resolve::{self, Found};
use super::{before, declare, powers, thread};

/// A script that was read and checked, ready to be run any number of times.
pub struct Script {
    kit: EngineKit,
    root: PathBuf,
    parsed: Arc<Parsed>,
    /// What it imports, each file once.
    imports: Vec<Arc<Parsed>>,
    description: String,
    declared: Declared,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Script({})", self.parsed.file)
    }
}

/// How a run ended that did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The script failed.
    #[error("{0}")]
    Failed(ScriptError),
    /// It was ended from outside or by a limit.
    #[error("the run was ended: {}", .0.word())]
    Stopped(Stop),
    /// A call ended it, whatever the script caught.
    #[error("{0}")]
    Fatal(Thrown),
}

impl Script {
    /// Reads a script below `root`, and all that it imports by literal paths, without running anything.
    pub fn load(root: &Path, path: &Path, kit: &EngineKit) -> Result<Self, ScriptError> {
        let named = path.display().to_string();
        let real = |path: &Path| {
            path.canonicalize()
                .map_err(|error| ScriptError::plain(format!("cannot read `{}`: {error}", path.display())))
        };
        let root = real(root)?;
        let path = real(&root.join(path))?;
        let file = resolve::below(&root, &path).ok_or_else(|| {
            ScriptError::plain(format!(
                "`{named}` lies outside of the project `{}`; scripts are run from within it",
                root.display()
            ))
        })?;
        let text = std::fs::read_to_string(&path)
            .map_err(|error| ScriptError::plain(format!("cannot read `{named}`: {error}")))?;
        let (mut seen, mut imports) = (Vec::new(), Vec::new());
        let parsed = check(kit, &root, &Found { path, file }, &text, &mut seen, &mut imports)?;
        let declared = declared(kit, &parsed)?;
        Ok(Self { kit: kit.clone(), root, description: args::description(&text), parsed, imports, declared })
    }

    /// The file's path below the root.
    pub fn file(&self) -> &str {
        &self.parsed.file
    }

    /// The source.
    pub fn text(&self) -> &str {
        &self.parsed.text
    }

    /// The comment with which the script begins.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The arguments it declares.
    pub fn declared(&self) -> &Declared {
        &self.declared
    }

    /// What it would delete for good, as far as its text tells, by the names under which jobs allow it.
    pub fn powers(&self) -> BTreeSet<String> {
        let files = std::iter::once(&self.parsed).chain(&self.imports);
        files.flat_map(|parsed| powers::used(&parsed.ast)).collect()
    }

    fn ast(&self) -> &AST {
        &self.parsed.ast
    }
}

/// Parses a file and everything that it imports by a literal path, each once.
fn check(
    kit: &EngineKit,
    root: &Path,
    found: &Found,
    text: &str,
    seen: &mut Vec<PathBuf>,
    imports: &mut Vec<Arc<Parsed>>,
) -> Result<Arc<Parsed>, ScriptError> {
    let at = |words: String, position: Position| errors::at(words, &found.file, text, position);
    let parsed = kit
        .parsed(&found.path, &found.file, text)
        .map_err(|error| at(errors::parse_words(&error.0, text), error.position()))?;
    before::check(&parsed.ast, text).map_err(|hidden| at(hidden.words, hidden.position))?;
    seen.push(found.path.clone());
    for (import, position) in before::imports(&parsed.ast) {
        let next = resolve::find(root, Some(&found.file), &import).map_err(|words| at(words, position))?;
        if !seen.contains(&next.path) {
            let text = resolve::read(&next).map_err(|words| at(words, position))?;
            let imported = check(kit, root, &next, &text, seen, imports)?;
            imports.push(imported);
        }
    }
    Ok(parsed)
}

/// Reads the declared arguments from the script as it was written: simplified, their order would be lost.
fn declared(kit: &EngineKit, parsed: &Parsed) -> Result<Declared, ScriptError> {
    let at = |words: String, position: Position| errors::at(words, &parsed.file, &parsed.text, position);
    if !parsed.text.contains("args") {
        return Ok(Declared::default());
    }
    let ast = kit
        .parse(&parsed.file, &parsed.text, OptimizationLevel::None)
        .map_err(|error| at(errors::parse_words(&error.0, &parsed.text), error.position()))?;
    declare::declared(&ast).map_err(|problem| at(problem.words, problem.position))
}

/// Runs a script to its end on a thread of its own. Call it from no thread of the runtime that the run was given.
pub fn execute(script: &Script, run: &Run) -> Result<(), Ended> {
    let clock = run.start().limits.time.map(|limit| {
        let cancel = run.start().cancel.clone();
        run.start().runtime.spawn(async move {
            tokio::time::sleep(limit).await;
            cancel.stop(Stop::TimeOut);
        })
    });
    let span = tracing::Span::current();
    let result = thread::on_its_own(|| {
        let _within = span.enter();
        let engine = script.kit.engine_for(run, &script.root);
        let result = engine.run_ast_with_scope(&mut Scope::new(), script.ast());
        result.map_err(|error| errors::of_run(*error, &engine, run, script))?;
        // What the script caught of this a run would not have thrown.
        run.obstacle().map_or(Ok(()), |obstacle| Err(errors::caught(&obstacle, script)))
    });
    if let Some(clock) = clock {
        clock.abort();
    }
    if let Some(thrown) = run.fatal().filter(|thrown| thrown.code != "interrupted") {
        return Err(Ended::Fatal(thrown));
    }
    match (run.start().cancel.reason(), result) {
        // It was asked to end when nothing was left to be done.
        (Some(Stop::Interrupted | Stop::Alone), Ok(Ok(()))) => Ok(()),
        (Some(why), _) => Err(Ended::Stopped(why)),
        (None, Err(lost)) => Err(Ended::Failed(ScriptError::plain(lost.to_string()))),
        (None, Ok(Err(error))) => Err(Ended::Failed(error)),
        (None, Ok(Ok(()))) => Ok(()),
    }
}

impl Texts for Script {
    fn text(&self, file: &str) -> Option<Arc<str>> {
        match file == self.parsed.file {
            true => Some(self.parsed.text.clone()),
            false => self.kit.text(&self.root.join(file)),
        }
    }

    fn main(&self) -> &str {
        &self.parsed.file
    }

    fn functions(&self) -> Vec<String> {
        self.ast().iter_functions().map(|function| function.name.to_owned()).collect()
    }
}
