//! What can be wrong with a file as a whole. Each message says what, where, and what to do.

use std::io;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("there is no file `{file}`")]
    Missing {
        /// As the person named it.
        file: String,
    },
    /// A folder, a pipe, a device.
    #[error("`{file}` is not a file")]
    NotAFile {
        /// As the person named it.
        file: String,
    },
    /// The system refused to read.
    #[error("failed to read `{file}`: {source}")]
    Read {
        /// As the person named it.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The system refused to write.
    #[error("failed to write `{file}`: {source}")]
    Write {
        /// As the person named it.
        file: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Nothing in it but blanks.
    #[error("`{file}` is empty: it needs a line of column names and rows below it")]
    Empty {
        /// As the person named it.
        file: String,
    },
    /// Column names only.
    #[error("`{file}` has column names in line {line} but no rows below them")]
    HeaderOnly {
        /// As the person named it.
        file: String,
        /// Where the names stand.
        line: u64,
    },
    /// Not a text file, but something that can be saved as one.
    #[error("`{file}` is {what}, not a CSV file: open it in the program that made it and save it as CSV")]
    NotText {
        /// As the person named it.
        file: String,
        /// What it seems to be, with its article.
        what: &'static str,
    },
    /// A BOM promises UTF-8 and other bytes follow.
    #[error("`{file}`, line {line}: the file is marked as UTF-8, but this line is not; save it again as \"CSV UTF-8\"")]
    NotUtf8 {
        /// As the person named it.
        file: String,
        /// The first line that is not.
        line: u64,
    },
    /// A quote without its partner.
    #[error(
        "`{file}`, line {line}: a quote (\") opens a cell here and is never closed; close it, or double it if it is meant as a sign"
    )]
    OpenQuote {
        /// As the person named it.
        file: String,
        /// Where the quote stands.
        line: u64,
    },
    /// A quote that found a partner in another row.
    #[error(
        "`{file}`, line {line}: a quote (\") opens a cell here, and the next quote stands inside a cell of line {closed}; close it in line {line}, or double it if it is meant as a sign"
    )]
    StrayQuote {
        /// As the person named it.
        file: String,
        /// Where the quote stands.
        line: u64,
        /// Where the next one stands.
        closed: u64,
    },
    /// Two columns of one name.
    #[error("`{file}`, line {line}: columns {first} and {second} are both named `{name}`; rename one of them")]
    SameName {
        /// As the person named it.
        file: String,
        /// Where the names stand.
        line: u64,
        /// The name.
        name: String,
        /// The place of one, from 1.
        first: usize,
        /// The place of the other.
        second: usize,
    },
    /// The last row is short and its line does not end.
    #[error(
        "`{file}`, line {line}: the file breaks off in the middle of a row ({have} of {want} columns, and no end of line); save it again, or end the line if the row is meant so"
    )]
    CutRow {
        /// As the person named it.
        file: String,
        /// Where the last row begins.
        line: u64,
        /// Columns that are there.
        have: usize,
        /// Columns that the names promise.
        want: usize,
    },
    /// The last character is incomplete.
    #[error("`{file}`, line {line}: the file breaks off in the middle of a character; save it again")]
    CutCharacter {
        /// As the person named it.
        file: String,
        /// The last line.
        line: u64,
    },
    /// It is not the file any more that was looked through.
    #[error("`{file}` was changed while it was read; run again when nobody writes to it")]
    Changed {
        /// As the person named it.
        file: String,
    },
}

impl Error {
    pub(crate) fn read(file: &str) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { file },
            _ => Self::Read { file, source },
        }
    }

    pub(crate) fn write(file: &str) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |source| Self::Write { file, source }
    }
}
