//! Rows in and out: CSV as people's spreadsheets save it, NDJSON, and files that appear whole or not at all.
//!
//! Its one rule: a file is looked through to its end before the first row is handed out, because effects follow
//! from rows. What is wrong with the file as a whole is an [`Error`]; what is wrong with one row is a [`Rejected`].

mod cell;
mod decoded;
mod dialect;
mod encoding;
mod error;
mod file;
mod folder;
mod ndjson;
mod row;
mod rows;
mod scan;
mod source;
mod table;
mod write;

pub use cell::{neutralised, tidy, unquoted, unseen};
pub use error::Error;
pub use file::{AtomicFile, make_room, put_aside, read_text, stamp, write_text};
pub use folder::files_below;
pub use ndjson::{NdjsonWriter, compact};
pub use row::{Cells, Entry, Rejected, Row};
pub use rows::Rows;
pub use table::{Bare, Detected, Reading, Table};
pub use write::{CsvWriter, Profile, for_people, reject_columns, rejects};
