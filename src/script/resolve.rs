//! Imports: only scripts below the scripts' root, wherever a path or a link points to.
//! Files are parsed once for all runs, their modules evaluated once in each.
#![expect(clippy::disallowed_methods, reason = "the door to scripts")]

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rhai::{Engine, EvalAltResult, GlobalRuntimeState, Module, ModuleResolver, Position, Scope, Shared};

use super::before;
use super::context::Outcome;
use super::kit::EngineKit;

/// Resolves the imports of one run.
pub(crate) struct Jail {
    kit: EngineKit,
    root: PathBuf,
    loaded: Mutex<HashMap<PathBuf, Shared<Module>>>,
    loading: Mutex<Vec<PathBuf>>,
}

/// A file that may be imported.
pub(crate) struct Found {
    /// Where it really lies.
    pub path: PathBuf,
    /// Its path below the root, as errors name it.
    pub file: String,
}

/// Finds what `import "path"` in the file `from` means: beside that file, else from the root.
pub(crate) fn find(root: &Path, from: Option<&str>, path: &str) -> Result<Found, String> {
    let relative = Path::new(path);
    if path.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(format!(
            "`{path}` cannot be imported: write a path without `..` that begins at this file or at the project"
        ));
    }
    let name = match path.ends_with(".rhai") {
        true => relative.to_owned(),
        false => PathBuf::from(format!("{path}.rhai")),
    };
    let beside = from.and_then(|from| Path::new(from).parent()).map(|folder| root.join(folder).join(&name));
    let places = beside.into_iter().chain([root.join(&name)]);
    let Some(real) = places.filter_map(|place| place.canonicalize().ok()).find(|place| place.is_file()) else {
        return Err(format!(
            "there is no script `{}`, neither beside this file nor from the project's folder",
            name.display()
        ));
    };
    match below(root, &real) {
        Some(file) => Ok(Found { path: real, file }),
        None => {
            Err(format!("`{path}` leads out of the project, to another folder; scripts import only from their project"))
        }
    }
}

/// The path below the root with `/`; `None` when it lies elsewhere. Both must be real paths.
pub(crate) fn below(root: &Path, real: &Path) -> Option<String> {
    let parts = real.strip_prefix(root).ok()?.components();
    Some(parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"))
}

impl Jail {
    pub(crate) fn new(kit: EngineKit, root: PathBuf) -> Self {
        Self { kit, root, loaded: Mutex::default(), loading: Mutex::default() }
    }

    fn load(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        found: &Found,
        pos: Position,
    ) -> Outcome<Shared<Module>> {
        let in_module = |error| Box::new(EvalAltResult::ErrorInModule(found.file.clone(), error, pos));
        let text = read(found).map_err(|words| runtime(words, pos))?;
        let parsed = self.kit.parsed(&found.path, &found.file, &text).map_err(|error| in_module(error.into()))?;
        before::check(&parsed.ast, &parsed.text).map_err(|hidden| in_module(runtime(hidden.words, hidden.position)))?;
        let module = Module::eval_ast_as_new_raw(engine, &mut Scope::new(), global, &parsed.ast);
        module.map(Into::into).map_err(|error| match error.is_system_exception() || error.is_pseudo_error() {
            true => error,
            false => in_module(error),
        })
    }
}

/// A script's text.
pub(crate) fn read(found: &Found) -> Result<String, String> {
    std::fs::read_to_string(&found.path).map_err(|error| format!("cannot read `{}`: {error}", found.file))
}

fn runtime(words: String, pos: Position) -> Box<EvalAltResult> {
    EvalAltResult::ErrorRuntime(words.into(), pos).into()
}

impl ModuleResolver for Jail {
    fn resolve(&self, engine: &Engine, source: Option<&str>, path: &str, pos: Position) -> Outcome<Shared<Module>> {
        let mut global = engine.new_global_runtime_state();
        global.source = source.map(Into::into);
        self.resolve_raw(engine, &mut global, &mut Scope::new(), path, pos)
    }

    fn resolve_raw(
        &self,
        engine: &Engine,
        global: &mut GlobalRuntimeState,
        _: &mut Scope,
        path: &str,
        pos: Position,
    ) -> Outcome<Shared<Module>> {
        let found = find(&self.root, global.source(), path).map_err(|words| runtime(words, pos))?;
        if let Some(module) = locked(&self.loaded).get(&found.path) {
            return Ok(module.clone());
        }
        if locked(&self.loading).contains(&found.path) {
            return Err(runtime(format!("`{}` imports itself, by way of this file", found.file), pos));
        }
        locked(&self.loading).push(found.path.clone());
        let module = self.load(engine, global, &found, pos);
        locked(&self.loading).pop();
        let module = module?;
        locked(&self.loaded).insert(found.path, module.clone());
        Ok(module)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
