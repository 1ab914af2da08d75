//! Files that appear under their name whole or not at all.
#![expect(clippy::disallowed_methods, reason = "the door to files that are written")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::Error;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A file in the making. It lies beside its place under another name until [`AtomicFile::commit`];
/// dropped before that, it goes away and what stood in its place stays as it was.
#[derive(Debug)]
pub struct AtomicFile {
    name: String,
    place: PathBuf,
    temp: PathBuf,
    file: Option<File>,
}

impl AtomicFile {
    /// Begins a file that will stand at `path`. A link stays a link: the file it points to is the place.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let old = std::fs::metadata(path).ok();
        let place = match &old {
            Some(meta) if !meta.is_file() => return Err(Error::NotAFile { file: name }),
            Some(_) => path.canonicalize().map_err(Error::write(&name))?,
            None => path.to_owned(),
        };
        let Some(end) = place.file_name() else { return Err(Error::NotAFile { file: name }) };
        let end = end.to_string_lossy().into_owned();
        remove_left(&place, &end);
        loop {
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let temp = place.with_file_name(format!(".{end}.{}-{number}.part", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&temp) {
                // The lock says that somebody writes it. Whoever removes what is left may have been quicker: then once more.
                Ok(file) if file.try_lock().is_err_and(is_taken) || !temp.exists() => {}
                Ok(file) => {
                    let new = Self { name, place, temp, file: Some(file) };
                    // Who could not read the old file cannot read the new one.
                    if let (Some(old), Some(file)) = (old, &new.file) {
                        file.set_permissions(old.permissions()).map_err(Error::write(&new.name))?;
                    }
                    return Ok(new);
                }
                // Of a process of the same number, and it cannot be told whether it lives.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::write(&name)(error)),
            }
        }
    }

    /// As the person named it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Puts the file in its place: its bytes are on the disk before its name is, and then the name is, too.
    pub fn commit(mut self) -> Result<(), Error> {
        self.place_it().map_err(Error::write(&self.name))
    }

    fn place_it(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.sync_all()?;
        std::fs::rename(&self.temp, &self.place)?;
        self.file = None;
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new(".")))
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            Some(file) => file.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Nobody is left to tell; a rest beside the place does no harm.
            std::fs::remove_file(&self.temp).ok();
        }
    }
}

/// Removes what processes that were killed have left of this file: nobody holds its lock any more. Where a file system knows no
/// locks, it stays.
fn remove_left(place: &Path, end: &str) {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder that cannot be read is no reason not to write into it.
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if !is_part(&entry.file_name().to_string_lossy(), end) {
            continue;
        }
        let free = OpenOptions::new().write(true).open(entry.path()).ok().filter(|file| file.try_lock().is_ok());
        if free.is_some() {
            std::fs::remove_file(entry.path()).ok();
        }
    }
}

/// Whether a file of this name is `end` in the making: `.activities.csv.4711-0.part`.
fn is_part(name: &str, end: &str) -> bool {
    let inner =
        name.strip_prefix('.').and_then(|name| name.strip_prefix(end)?.strip_prefix('.')?.strip_suffix(".part"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    inner
        .and_then(|inner| inner.split_once('-'))
        .is_some_and(|(process, number)| is_number(process) && is_number(number))
}

fn is_taken(error: TryLockError) -> bool {
    matches!(error, TryLockError::WouldBlock)
}

/// Makes a new name last. Not every system lets a folder be opened; then there is nothing to do.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

/// The whole text of a file that beadle wrote: a plan.
pub fn read_text(path: &Path) -> Result<String, Error> {
    let file = path.display().to_string();
    std::fs::read_to_string(path).map_err(|source| Error::Read { file, source })
}

/// Writes a whole file, or leaves what was there.
pub fn write_text(path: &Path, text: &str) -> Result<(), Error> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(text.as_bytes()).map_err(Error::write(file.name()))?;
    file.commit()
}

/// By what a file is known again that nobody has changed: its size and when it was written. `None` where there is no file.
pub fn stamp(path: &Path) -> Option<String> {
    let of = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let written = of.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(format!("{} {}", of.len(), written.as_nanos()))
}

/// Makes the folder that a file of ours goes into, if it is not there.
pub fn make_room(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::write(&folder.display().to_string()))
}

/// Puts a file that is in the way aside, under the name `kept`, which must be free.
pub fn put_aside(path: &Path, kept: &Path) -> Result<(), Error> {
    std::fs::rename(path, kept).map_err(Error::write(&path.display().to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_appears_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        file.write_all(b" and half").unwrap();
        file.commit().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "half and half");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn a_file_that_is_given_up_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["out.csv"]);
    }

    #[test]
    fn what_a_killed_process_left_goes_with_the_next_file_and_what_others_write_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let others = [
            ".out.csv.part",
            ".out.csv.4711-x.part",
            ".other.csv.4711-0.part",
            "out.csv.4711-0.part",
            ".out.csv.4711-0",
        ];
        for name in others.into_iter().chain([".out.csv.4711-0.part", ".out.csv.4711-12.part"]) {
            std::fs::write(folder.path().join(name), "left").unwrap();
        }
        let mut living = AtomicFile::create(&path).unwrap();
        living.write_all(b"living").unwrap();
        AtomicFile::create(&path).unwrap().commit().unwrap();
        living.commit().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "living");
        let mut left = others.map(str::to_owned).to_vec();
        left.push("out.csv".to_owned());
        left.sort();
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn two_at_once_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let (mut one, mut two) = (AtomicFile::create(&path).unwrap(), AtomicFile::create(&path).unwrap());
        one.write_all(b"one").unwrap();
        two.write_all(b"two").unwrap();
        one.commit().unwrap();
        two.commit().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    }

    #[test]
    fn a_folder_or_a_place_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        assert_eq!(AtomicFile::create(folder.path()).unwrap_err().to_string(), format!("`{at}` is not a file"));
        let error = AtomicFile::create(&folder.path().join("no/out.csv")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("failed to write `{at}/no/out.csv`: ")), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_stays_private() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        std::fs::write(&path, "old").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        AtomicFile::create(&path).unwrap().commit().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("latest.csv"), folder.path().join("v1.csv"));
        std::fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut file = AtomicFile::create(&link).unwrap();
        file.write_all(b"new").unwrap();
        file.commit().unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "new");
    }
}
