//! Which files a script may touch: those below the project's folder, and those that the command line named.

use std::path::{Component, Path, PathBuf};

use super::context::Run;

/// The file that a script wants to read.
pub(crate) fn readable(run: &Run, name: &str) -> Result<PathBuf, String> {
    let path = below(run, name)?;
    let real = path.canonicalize().map_err(|_| format!("there is no file `{name}`"))?;
    inside(run, &real, name).map(|()| path)
}

/// The file that a script wants to write; the folder it goes into must be there.
pub(crate) fn writable(run: &Run, name: &str) -> Result<PathBuf, String> {
    let path = below(run, name)?;
    if path.extension().is_some_and(|ending| ending == "rhai" || ending == "toml") {
        return Err(format!("`{name}` may not be written: scripts do not change scripts or settings"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = folder.canonicalize().map_err(|_| format!("there is no folder `{}` for `{name}`", folder.display()))?;
    inside(run, &real, name).map(|()| path)
}

/// The path as it is named: relative to the project, or a file of the command line.
fn below(run: &Run, name: &str) -> Result<PathBuf, String> {
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
