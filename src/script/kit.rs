//! What all engines of the process share: the language's own functions, ours, the nouns, and the scripts parsed so far.
//! An engine costs next to nothing, so that every run has its own and no lock stands between two of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rhai::packages::{Package, StandardPackage};
use rhai::{AST, Dynamic, Engine, Module, OptimizationLevel, ParseError, Scope, Shared, Token};

use super::context::Run;
use super::resolve::Jail;
use super::{library, nouns};
use crate::events::Level;

/// Words that Rhai keeps for later and platforms use today: `members.sync()`, `#{ new: 1 }`.
const FREED: &[&str] = &[
    "sync",
    "new",
    "match",
    "default",
    "with",
    "public",
    "static",
    "shared",
    "module",
    "use",
    "case",
    "go",
    "spawn",
    "async",
    "await",
    "thread",
    "null",
    "nil",
    "void",
    "package",
    "is",
    "var",
    "debug",
    "protected",
];

/// Deepest calls of a script's functions; the thread's stack is made for it.
const CALLS: usize = 128;

/// A script's file as it was parsed.
pub(crate) struct Parsed {
    /// Its path below the scripts' root.
    pub file: String,
    /// Its text.
    pub text: Arc<str>,
    /// What was read in it; its source is `file`.
    pub ast: AST,
}

/// Makes engines; cheap to clone. Two kits share the words and differ in what they have parsed.
#[derive(Clone, Default)]
pub struct EngineKit(Arc<Mutex<HashMap<PathBuf, Arc<Parsed>>>>);

/// What every script can say. Made once for the process: a thousand functions take a while.
static WORDS: LazyLock<Words> = LazyLock::new(Words::new);

struct Words {
    std: StandardPackage,
    library: Shared<Module>,
    nouns: Shared<Module>,
    names: Scope<'static>,
}

impl Words {
    fn new() -> Self {
        let mut names = Scope::new();
        for name in nouns::NAMES.iter() {
            names.push(*name, ());
        }
        Self { std: StandardPackage::new(), library: library::module().into(), nouns: nouns::module().into(), names }
    }
}

impl EngineKit {
    /// An engine that reads scripts; what it is asked to run has no run to belong to.
    pub(crate) fn engine(&self) -> Engine {
        let mut engine = Engine::new_raw();
        // The language first: of two functions with the same arguments the later one holds.
        WORDS.std.register_into_engine(&mut engine);
        engine.register_global_module(WORDS.library.clone()).register_global_module(WORDS.nouns.clone());
        engine
            .set_optimization_level(OptimizationLevel::Simple)
            .set_strict_variables(true)
            .set_max_call_levels(CALLS)
            .set_max_expr_depths(128, 64)
            .set_fast_operators(false)
            .disable_symbol("eval");
        listen(&mut engine);
        engine
    }

    /// The engine of one run, whose scripts lie below `root`.
    pub fn engine_for(&self, run: &Run, root: &Path) -> Engine {
        let mut engine = self.engine();
        engine.set_module_resolver(Jail::new(self.clone(), root.to_owned()));
        engine.set_default_tag(Dynamic::from(run.clone()));
        let of_run = run.clone();
        engine.on_progress(move |_| of_run.step().map(|why| why.word().into()));
        let of_run = run.clone();
        engine.on_print(move |line| of_run.print(line));
        let of_run = run.clone();
        engine.on_debug(move |line, file, position| {
            let place = (file, position.line(), position.position());
            let place = match place {
                (Some(file), Some(line), Some(column)) => format!(" ({file}:{line}:{column})"),
                _ => String::new(),
            };
            of_run.say(Level::Debug, &format!("{line}{place}"));
        });
        engine
    }

    /// Reads a script's text; `file` is what its errors call it.
    pub(crate) fn parse(&self, file: &str, text: &str, level: OptimizationLevel) -> Result<AST, ParseError> {
        let mut engine = self.engine();
        engine.set_optimization_level(level);
        let mut ast = engine.compile_with_scope(&WORDS.names, bare(text))?;
        ast.set_source(file);
        Ok(ast)
    }

    /// The same for a file on disk, read once as long as its text stays the same.
    pub(crate) fn parsed(&self, path: &Path, file: &str, text: &str) -> Result<Arc<Parsed>, ParseError> {
        let known = self.lock().get(path).cloned();
        if let Some(known) = known.filter(|known| *known.text == *text && known.file == file) {
            return Ok(known);
        }
        let ast = self.parse(file, text, OptimizationLevel::Simple)?;
        let parsed = Arc::new(Parsed { file: file.to_owned(), text: text.into(), ast });
        self.lock().insert(path.to_owned(), parsed.clone());
        Ok(parsed)
    }

    /// The text of a file that was read before.
    pub(crate) fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.lock().get(path).map(|parsed| parsed.text.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Parsed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The text as the language knows it: without a byte order mark, and with a first line `#!…` as a comment.
fn bare(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    match text.strip_prefix("#!") {
        Some(rest) => format!("// {rest}").into(),
        None => text.into(),
    }
}

#[expect(deprecated, reason = "rhai marks as deprecated what may change between its releases; the release is pinned")]
fn listen(engine: &mut Engine) {
    engine.on_var(|name, index, context| nouns::on_var(name, index, &context));
    engine.on_missing_function(|name, args, _, context| {
        nouns::on_missing(name, args, &context);
        Ok(None)
    });
    engine.on_parse_token(|token, _, _| match token {
        Token::Reserved(word) if FREED.contains(&word.as_str()) => Token::Identifier(word),
        other => other,
    });
}
