//! The rows of a table, from its file, one after the other.

use std::sync::Arc;

use csv::{Reader, StringRecord};

use super::decoded::Decoded;
use super::scan::is_blank;
use super::source::Source;
use super::{Cells, Entry, Error, Row, tidy};

/// On which line each record begins.
pub(super) struct Lines {
    /// Record and line, of records that do not begin on the line after the one before.
    jumps: Arc<[(u64, u64)]>,
    due: usize,
    line: u64,
}

impl Lines {
    pub(super) fn new(jumps: Arc<[(u64, u64)]>) -> Self {
        Self { jumps, due: 0, line: 0 }
    }

    fn of(&mut self, record: u64) -> u64 {
        self.line = match self.jumps.get(self.due) {
            Some((at, line)) if *at == record => {
                self.due += 1;
                *line
            }
            _ => self.line + 1,
        };
        self.line
    }
}

/// The rows of a table.
pub struct Rows {
    reader: Reader<Decoded>,
    source: Source,
    columns: usize,
    cells: Cells,
    lines: Lines,
    records: u64,
    expected: u64,
    failed: bool,
}

impl Rows {
    /// Rows of so many columns, out of so many records.
    pub(super) fn new(
        reader: Reader<Decoded>,
        source: Source,
        (columns, cells): (usize, Cells),
        lines: Lines,
        expected: u64,
    ) -> Self {
        Self { reader, source, columns, cells, lines, records: 0, expected, failed: false }
    }

    /// The next record that is not blank, and its line.
    pub(super) fn record(&mut self) -> Result<Option<(u64, StringRecord)>, Error> {
        let mut record = StringRecord::new();
        loop {
            match self.reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) if self.records == self.expected => return self.source.unchanged().map(|()| None),
                Ok(false) => return Err(self.changed()),
                Err(error) => match error.into_kind() {
                    csv::ErrorKind::Io(error) => return Err(Error::read(self.source.name())(error)),
                    // The text was whole when it was looked through.
                    _ => return Err(self.changed()),
                },
            }
            let line = self.lines.of(self.records);
            self.records += 1;
            if !record.iter().all(|cell| cell.bytes().all(is_blank)) {
                return Ok(Some((line, record)));
            }
        }
    }

    fn changed(&self) -> Error {
        Error::Changed { file: self.source.name().to_owned() }
    }

    /// A record as wide as the names; empty cells beyond them are what spreadsheets leave.
    fn entry(&self, line: u64, mut record: StringRecord) -> Entry {
        let beyond = record.iter().skip(self.columns).all(|cell| tidy(cell).is_empty());
        if beyond && record.len() > self.columns {
            record.truncate(self.columns);
        }
        let have = record.len();
        let row = Row::new(line, self.cells, record);
        match have == self.columns {
            true => Entry::Row(row),
            false => Entry::Refused(row.refused(format!(
                "the row has {have} {} and the file has {}: a separator or a quote is missing or too many",
                if have == 1 { "column" } else { "columns" },
                self.columns
            ))),
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.record() {
            Ok(record) => record.map(|(line, record)| Ok(self.entry(line, record))),
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}
