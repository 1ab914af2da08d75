//! CSV out: exact for machines, or safe for spreadsheets.

use std::io::{self, Write};
use std::path::Path;

use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::{AtomicFile, Error, Rejected, neutralised};

/// Who will open the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Programs: every cell is exactly what it was.
    #[default]
    Exact,
    /// People: a byte order mark, so that letters show right, and a `'` before cells that would be executed.
    Spreadsheet,
}

/// Writes rows of cells.
pub struct CsvWriter<W: Write> {
    csv: csv::Writer<W>,
    profile: Profile,
}

impl<W: Write> CsvWriter<W> {
    /// Writes to this, cells separated by a comma.
    pub fn new(to: W, profile: Profile) -> io::Result<Self> {
        Self::separated(to, profile, b',')
    }

    /// Writes to this, cells separated by `delimiter`.
    pub fn separated(mut to: W, profile: Profile, delimiter: u8) -> io::Result<Self> {
        let mut builder = WriterBuilder::new();
        builder.flexible(true).quote_style(QuoteStyle::Necessary).delimiter(delimiter);
        if profile == Profile::Spreadsheet {
            to.write_all("\u{FEFF}".as_bytes())?;
            builder.terminator(Terminator::CRLF);
        }
        Ok(Self { csv: builder.buffer_capacity(64 * 1024).from_writer(to), profile })
    }

    /// One row.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for cell in cells {
            match self.profile {
                Profile::Exact => self.csv.write_field(cell)?,
                Profile::Spreadsheet => self.csv.write_field(neutralised(cell).as_bytes())?,
            }
        }
        self.csv.write_record(None::<&[u8]>)?;
        Ok(())
    }

    /// The writer, after everything is with it.
    pub fn finish(mut self) -> io::Result<W> {
        self.csv.flush()?;
        self.csv.into_inner().map_err(|error| io::Error::other(error.to_string()))
    }
}

/// Writes refused rows with line and reason before their own columns, so that somebody can mend them and feed the
/// file again; `delimiter` is that of the file they come from.
pub fn rejects(path: &Path, columns: &[String], delimiter: u8, rejected: &[Rejected]) -> Result<(), Error> {
    let file = AtomicFile::create(path)?;
    let name = file.name().to_owned();
    let failed = Error::write(&name);
    let written = || -> io::Result<AtomicFile> {
        let mut writer = CsvWriter::separated(file, Profile::Spreadsheet, delimiter)?;
        let again = reject_columns(columns);
        let columns = &columns[again..];
        let taken = |name: &str| columns.iter().any(|column| column.eq_ignore_ascii_case(name));
        let [line, reason] = match taken(LINE) || taken(REASON) {
            true => ["rejected_line", "rejected_reason"],
            false => [LINE, REASON],
        };
        writer.row([line, reason].into_iter().chain(columns.iter().map(String::as_str)))?;
        for row in rejected {
            let cells = row.cells.iter().skip(again).map(String::as_str);
            writer.row([row.line.to_string().as_str(), row.reason.as_str()].into_iter().chain(cells))?;
        }
        writer.finish()
    };
    written().map_err(failed)?.commit()
}

/// Writes a table for people, whole or not at all.
pub fn for_people<'a>(path: &Path, columns: &[&str], rows: impl Iterator<Item = Vec<&'a str>>) -> Result<(), Error> {
    let file = AtomicFile::create(path)?;
    let name = file.name().to_owned();
    let failed = Error::write(&name);
    let written = || -> io::Result<AtomicFile> {
        let mut writer = CsvWriter::new(file, Profile::Spreadsheet)?;
        writer.row(columns.iter().copied())?;
        for row in rows {
            writer.row(row)?;
        }
        writer.finish()
    };
    written().map_err(failed)?.commit()
}

const LINE: &str = "line";
const REASON: &str = "reason";

/// How many columns at the beginning are those that [`rejects`] puts before a file's own: 2 or 0.
pub fn reject_columns(columns: &[String]) -> usize {
    match columns {
        [line, reason, _, ..]
            if (line == LINE && reason == REASON) || (line == "rejected_line" && reason == "rejected_reason") =>
        {
            2
        }
        _ => 0,
    }
}

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;
