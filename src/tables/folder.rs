//! What lies in a folder: names and sizes, nothing is opened.

use std::io;
use std::path::Path;

/// The files below a folder, by their paths below it with `/`, each with its bytes. A folder that is not there has none.
#[expect(clippy::disallowed_methods, reason = "the door to files")]
pub fn files_below(folder: &Path) -> io::Result<Vec<(String, u64)>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        let entries = match std::fs::read_dir(&next) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                let below = path.strip_prefix(folder).unwrap_or(&path);
                let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                found.push((parts.join("/"), entry.metadata()?.len()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests set their scene with files")]
mod tests {
    use super::*;

    #[test]
    fn files_of_all_depths_are_listed_with_their_sizes_and_a_missing_folder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(files_below(&folder.path().join("none")).unwrap(), []);
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("rejects.csv"), "email\n").unwrap();
        std::fs::write(folder.path().join("a/b/x"), "").unwrap();
        assert_eq!(files_below(folder.path()).unwrap(), [("a/b/x".to_owned(), 0), ("rejects.csv".to_owned(), 6)]);
    }
}
