//! Which files are the sandbox's own: those that it wrote and nobody has changed since. Its one rule: where that is not known,
//! a file is somebody else's.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::tables;

/// Where the sandbox writes what was to be written here: there, unless somebody else's file stands there; then beside it,
/// `activities.sandbox.csv`.
pub(super) fn place(root: &Path, real: &Path) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = (part(real.file_stem()), part(real.extension()));
    let ending = if ending.is_empty() { ending } else { format!(".{ending}") };
    let number = |n: u32| if n == 1 { String::new() } else { format!("-{n}") };
    let beside = (1..).map(|n| real.with_file_name(format!("{stem}.sandbox{}{ending}", number(n))));
    let mut places = std::iter::once(real.to_owned()).chain(beside);
    places.find(|place| is_own(root, place)).unwrap_or_else(|| real.to_owned())
}

/// Whether there is no file, or one that the sandbox wrote.
pub(super) fn is_own(root: &Path, file: &Path) -> bool {
    let Some(stamp) = tables::stamp(file) else { return !file.exists() };
    tables::read_text(&note(root, file)).is_ok_and(|kept| kept.lines().next() == Some(&stamp))
}

/// Remembers a file that the sandbox has just written.
pub(super) fn keep(root: &Path, file: &Path) -> Result<(), tables::Error> {
    let note = note(root, file);
    tables::make_room(&note)?;
    let stamp = tables::stamp(file).unwrap_or_default();
    tables::write_text(&note, &format!("{stamp}\n{}\n", file.display()))
}

/// A small file for each: two runs at once are not in each other's way.
fn note(root: &Path, file: &Path) -> PathBuf {
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let digest = Sha256::digest(real.as_os_str().as_encoded_bytes());
    let name: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    root.join(".beadle/sandbox-files").join(name)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set their scene with files")]
mod tests {
    use super::*;

    #[test]
    fn what_the_sandbox_wrote_is_its_own_until_somebody_changes_it() {
        let folder = tempfile::tempdir().unwrap();
        let (root, file) = (folder.path(), folder.path().join("out.csv"));
        let beside = |name: &str| folder.path().join(name);
        assert_eq!(place(root, &file), file, "nothing is there");
        std::fs::write(&file, "sandbox").unwrap();
        assert_eq!(place(root, &file), beside("out.sandbox.csv"), "not known");
        keep(root, &file).unwrap();
        assert_eq!(place(root, &file), file);
        std::fs::write(&file, "real rows").unwrap();
        assert_eq!(place(root, &file), beside("out.sandbox.csv"));
        std::fs::write(beside("out.sandbox.csv"), "mine").unwrap();
        assert_eq!(place(root, &file), beside("out.sandbox-2.csv"));
        std::fs::write(beside("plain"), "x").unwrap();
        assert_eq!(place(root, &beside("plain")), beside("plain.sandbox"));
    }
}
