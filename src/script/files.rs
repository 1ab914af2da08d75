//! Which files a script may touch: those below the project's folder, and those that the command line named.
//! While a run is only planned, what it writes goes into a folder of the plan, and what it reads is looked for there first.

use std::path::{Component, Path, PathBuf};

use super::context::Run;
use super::later;
use super::library::WouldBe;
use crate::tables;

/// A file that a script writes.
pub(crate) struct Target {
    /// As the script names it.
    name: String,
    /// Where it is written.
    pub path: PathBuf,
    /// Where a run would write it.
    real: PathBuf,
}

/// The file that a script wants to read.
pub(crate) fn readable(run: &Run, name: &str) -> Result<PathBuf, String> {
    let path = below(run, name)?;
    if let Some(planned) = planned(run, &path).filter(|planned| planned.exists()) {
        return Ok(planned);
    }
    let real = path.canonicalize().map_err(|_| format!("there is no file `{name}`"))?;
    inside(run, &real, name).map(|()| path)
}

/// The file that a script wants to write; the folder it goes into must be there.
pub(crate) fn writable(run: &Run, name: &str) -> Result<Target, String> {
    let real = below(run, name)?;
    if real.extension().is_some_and(|ending| ending == "rhai" || ending == "toml") {
        return Err(format!("`{name}` may not be written: scripts do not change scripts or settings"));
    }
    let folder = real.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder =
        folder.canonicalize().map_err(|_| format!("there is no folder `{}` for `{name}`", folder.display()))?;
    inside(run, &folder, name)?;
    let path = planned(run, &real).unwrap_or_else(|| real.clone());
    if path != real {
        tables::make_room(&path).map_err(|error| error.to_string())?;
    }
    Ok(Target { name: name.to_owned(), path, real })
}

impl Target {
    /// Whether there is such a file, as the run sees it.
    pub(crate) fn is_there(&self) -> bool {
        self.path.exists() || self.real.exists()
    }

    /// Makes room for a file that must not be lost: what is there is kept under this name with `end` behind it. A plan
    /// leaves real files where they are.
    pub(crate) fn put_aside(&self, end: &str) -> Result<(), String> {
        if !self.path.exists() {
            return Ok(());
        }
        let mut kept = self.path.as_os_str().to_owned();
        kept.push(end);
        tables::put_aside(&self.path, Path::new(&kept)).map_err(|error| error.to_string())
    }

    /// To be called when the file is whole: a plan tells what a run would write.
    pub(crate) fn written(&self, run: &Run) {
        if self.path != self.real {
            let root = &run.start().root;
            let at = self.path.strip_prefix(root).unwrap_or(&self.path).display().to_string();
            run.with_parts(|parts| parts.would_be(WouldBe { name: self.name.clone(), at }));
        }
    }
}

/// Where a plan keeps its files, below the project's folder.
pub(crate) fn folder_of_plan(run: &Run) -> String {
    format!(".beadle/plans/{}", run.start().id)
}

/// Where a plan keeps what a run would write here; `None` in a run. Names of one place have one file.
fn planned(run: &Run, path: &Path) -> Option<PathBuf> {
    if !run.plans() {
        return None;
    }
    let root = run.start().root.canonicalize().ok()?;
    let real = path.parent()?.canonicalize().ok()?.join(path.file_name()?);
    let files = run.start().root.join(folder_of_plan(run)).join("files");
    Some(match real.strip_prefix(&root) {
        Ok(inner) => files.join(inner),
        // A file of the command line, from anywhere: its whole path, without what makes it absolute.
        Err(_) => {
            let parts = real.components().filter(|part| matches!(part, Component::Normal(_)));
            files.join("elsewhere").join(parts.collect::<PathBuf>())
        }
    })
}

/// The path as it is named: relative to the project, or a file of the command line.
fn below(run: &Run, name: &str) -> Result<PathBuf, String> {
    if let Some(words) = later::refusal_of_text("the name of a file", name) {
        return Err(words);
    }
    let named = Path::new(name);
    if run.start().files.contains(named) {
        return Ok(run.start().root.join(named));
    }
    let plain = named.components().all(|part| match part {
        Component::Normal(part) => !part.to_string_lossy().starts_with('.'),
        Component::CurDir => true,
        _ => false,
    });
    match plain && named.file_name().is_some_and(|file| file != "beadle.toml") {
        true => Ok(run.start().root.join(named)),
        false => Err(format!(
            "`{name}` may not be used: scripts name files below the project's folder; others are named on the command \
             line, in an argument of type `file`"
        )),
    }
}

/// A link must not lead out of the project; a file of the command line may lie anywhere.
fn inside(run: &Run, real: &Path, name: &str) -> Result<(), String> {
    let root = run.start().root.canonicalize().map_err(|error| format!("the project cannot be read: {error}"))?;
    match run.start().files.contains(Path::new(name)) || real.starts_with(root) {
        true => Ok(()),
        false => Err(format!("`{name}` leads out of the project's folder")),
    }
}
