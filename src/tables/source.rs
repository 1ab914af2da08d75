//! Where a table's bytes come from, readable several times from the start.
#![expect(clippy::disallowed_methods, reason = "the door to files that are read")]

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::Error;

/// A file that must stay as it was, or bytes in memory.
#[derive(Clone, Debug)]
pub(super) struct Source {
    name: String,
    from: From,
}

#[derive(Clone, Debug)]
enum From {
    File(PathBuf, Mark),
    Memory(Arc<[u8]>),
}

/// What tells that a file is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    len: u64,
    modified: Option<SystemTime>,
}

impl Source {
    pub(super) fn file(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let meta = std::fs::metadata(path).map_err(Error::read(&name))?;
        if !meta.is_file() {
            return Err(Error::NotAFile { file: name });
        }
        Ok(Self { name, from: From::File(path.to_owned(), mark(&meta)) })
    }

    pub(super) fn memory(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.to_owned(), from: From::Memory(bytes.into()) }
    }

    /// The same under another name.
    pub(super) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// How it is named in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The bytes from the start; an error if the file is not the one any more that was looked at first.
    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>, Error> {
        match &self.from {
            From::Memory(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            From::File(path, first) => {
                let file = File::open(path).map_err(Error::read(&self.name))?;
                let meta = file.metadata().map_err(Error::read(&self.name))?;
                match mark(&meta) == *first {
                    true => Ok(Box::new(file)),
                    false => Err(Error::Changed { file: self.name.clone() }),
                }
            }
        }
    }

    /// Whether it is still as it was.
    pub(super) fn unchanged(&self) -> Result<(), Error> {
        self.open().map(drop)
    }
}

/// Fills the buffer as far as there are bytes.
pub(super) fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match from.read(&mut buffer[have..]) {
            Ok(0) => break,
            Ok(more) => have += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(have)
}

fn mark(meta: &Metadata) -> Mark {
    Mark { len: meta.len(), modified: meta.modified().ok() }
}
