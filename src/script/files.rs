//! Which files a script may touch: those below the project's folder, and those that the command line named.
//! While a run is only planned, what it writes goes into a folder of the plan, and what it reads is looked for there first;
//! so it is with a simulation. A run on the sandbox writes over files of the sandbox alone.

mod own;

use std::path::{Component, Path, PathBuf};

use super::context::Run;
use super::later;
use super::library::WouldBe;
use super::start::WriteTo;
use crate::events::Level;
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
    let elsewhere = elsewhere(run, &path).or_else(|| run.written_beside(&path));
    if let Some(elsewhere) = elsewhere.filter(|elsewhere| elsewhere.exists()) {
        return Ok(elsewhere);
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
    if let Some(path) = elsewhere(run, &real) {
        tables::make_room(&path).map_err(|error| error.to_string())?;
        return Ok(Target { name: name.to_owned(), path, real });
    }
    if run.start().write_to != WriteTo::Sandbox {
        return Ok(Target { name: name.to_owned(), path: real.clone(), real });
    }
    let path = own::place(&run.start().root, &real);
    if path == real {
        return Ok(Target { name: name.to_owned(), path, real });
    }
    let beside = Path::new(name).with_file_name(path.file_name().unwrap_or_default()).display().to_string();
    let line =
        format!("`{name}` is no file of the sandbox and stays as it is; what this run writes goes to `{beside}`");
    run.say(Level::Warn, &line);
    Ok(Target { name: beside, real, path })
}

impl Target {
    /// The file as it is told: as the script names it, or what the sandbox writes in its place.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether there is such a file, as the run sees it.
    pub(crate) fn is_there(&self) -> bool {
        self.path.exists() || self.real.exists()
    }

    /// To be called before the file appears: on the sandbox, somebody else may have written one of its name meanwhile.
    pub(crate) fn is_free(&self, run: &Run) -> Result<(), String> {
        match run.start().write_to == WriteTo::Sandbox && !run.plans() && !own::is_own(&run.start().root, &self.path) {
            false => Ok(()),
            true => Err(format!("`{}` was written by somebody else meanwhile; it stays as it is", self.name)),
        }
    }

    /// Makes room for a file that must not be lost: what is there is kept under this name with `end` behind it, or `end-2` where
    /// an earlier attempt has used that, and so on. Returns how it is told. A plan leaves real files where they are.
    pub(crate) fn put_aside(&self, end: &str) -> Result<Option<String>, String> {
        if !self.path.exists() {
            return Ok(None);
        }
        let mut number = 1;
        loop {
            let end = if number == 1 { end.to_owned() } else { format!("{end}-{number}") };
            let mut kept = self.path.as_os_str().to_owned();
            kept.push(&end);
            if !Path::new(&kept).exists() {
                tables::put_aside(&self.path, Path::new(&kept)).map_err(|error| error.to_string())?;
                return Ok(Some(format!("{}{end}", self.name)));
            }
            number += 1;
        }
    }

    /// To be called when the file is whole: a plan tells what a run would write, the sandbox knows its files again.
    pub(crate) fn written(&self, run: &Run) -> Result<(), String> {
        if run.start().write_to == WriteTo::Sandbox && !run.plans() {
            own::keep(&run.start().root, &self.path).map_err(|error| error.to_string())?;
            if self.path != self.real {
                run.wrote_beside(self.real.clone(), self.path.clone());
            }
        }
        if run.plans() && self.path != self.real {
            let root = &run.start().root;
            let at = self.path.strip_prefix(root).unwrap_or(&self.path).display().to_string();
            run.with_parts(|parts| parts.would_be(WouldBe { name: self.name.clone(), at }));
        }
        Ok(())
    }
}

/// Where a plan keeps its files, below the project's folder.
pub(crate) fn folder_of_plan(run: &Run) -> String {
    format!(".beadle/plans/{}", run.start().id)
}

/// Where a plan or a simulation keeps what a run would write here; `None` in a run. Names of one place have one file.
fn elsewhere(run: &Run, path: &Path) -> Option<PathBuf> {
    let files = match (&run.start().write_to, run.plans()) {
        (_, true) => run.start().root.join(folder_of_plan(run)).join("files"),
        (WriteTo::Folder(folder), false) => folder.clone(),
        (WriteTo::Project | WriteTo::Sandbox, false) => return None,
    };
    let root = run.start().root.canonicalize().ok()?;
    let real = path.parent()?.canonicalize().ok()?.join(path.file_name()?);
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
