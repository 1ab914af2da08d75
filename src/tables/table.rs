//! A CSV file that was looked through to its end.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use csv::ReaderBuilder;
use encoding_rs::UTF_8;

use super::decoded::Decoded;
use super::encoding::{self, CHUNK, Found};
use super::rows::{Lines, Rows};
use super::scan::{Quote, Scan, Span};
use super::source::{Source, fill};
use super::{Cells, Error, dialect, tidy};

/// How to read; the default sees for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// What separates cells; `None`: seen in the file.
    pub delimiter: Option<u8>,
    /// Whether the `'` before a cell that a spreadsheet would execute is taken off.
    pub cells: Cells,
    /// Whether a file without rows is one.
    pub bare: Bare,
}

/// What a file is that has names of columns and no rows below them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bare {
    /// An error.
    #[default]
    Refused,
    /// A table without rows: whoever reads it decides.
    Taken,
}

/// What was seen in the file; shown to the person, since a wrong guess is theirs to notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The encoding's usual name.
    pub encoding: &'static str,
    /// Whether the file begins with a mark of its encoding.
    pub bom: bool,
    /// What separates cells.
    pub delimiter: char,
    /// The line of the column names, from 1.
    pub header_line: u64,
    /// Rows below the names, lines of blanks not counted.
    pub rows: u64,
    /// Whether the last line ends; a file without may have been cut after a whole row.
    pub line_ended: bool,
}

impl fmt::Display for Detected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.bom { " with a byte order mark" } else { "" };
        let delimiter = match self.delimiter {
            '\t' => "tabs".to_owned(),
            sign => format!("`{sign}`"),
        };
        let rows = if self.rows == 1 { "row" } else { "rows" };
        let (encoding, line, count) = (self.encoding, self.header_line, self.rows);
        write!(f, "{encoding}{mark}, cells separated by {delimiter}, column names in line {line}, {count} {rows}")?;
        if !self.line_ended {
            f.write_str("; the last line has no end")?;
        }
        Ok(())
    }
}

/// A table in a file.
#[derive(Clone, Debug)]
pub struct Table {
    source: Source,
    found: Found,
    skip: usize,
    reading: Reading,
    detected: Detected,
    columns: Vec<String>,
    shape: Shape,
}

/// What the walk through the file left.
#[derive(Clone, Debug, Default)]
struct Shape {
    /// Records, names and lines of blanks among them.
    records: u64,
    rows: u64,
    last: Option<Span>,
    /// Records that do not begin on the line after the one before, by number from 0.
    jumps: Arc<[(u64, u64)]>,
    line_ended: bool,
}

impl Table {
    /// Opens a CSV file and looks through all of it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_as(path, Reading::default())
    }

    /// Opens a CSV file that is read in a given way.
    pub fn open_as(path: &Path, reading: Reading) -> Result<Self, Error> {
        Self::of(Source::file(path)?, reading)
    }

    /// The same for a file that people know by another name than its whole path.
    pub fn open_named(path: &Path, name: &str, reading: Reading) -> Result<Self, Error> {
        Self::of(Source::file(path)?.named(name), reading)
    }

    /// The same for text that is in memory; `name` stands in messages.
    pub fn parse(name: &str, bytes: &[u8], reading: Reading) -> Result<Self, Error> {
        Self::of(Source::memory(name, bytes), reading)
    }

    fn of(source: Source, reading: Reading) -> Result<Self, Error> {
        let found = encoding::detect(&source)?;
        let mut start = vec![0; CHUNK];
        let mut text = Decoded::open(&source, found)?;
        let have = fill(&mut text, &mut start).map_err(Error::read(source.name()))?;
        let mut dialect = dialect::detect(&start[..have], have < CHUNK);
        dialect.delimiter = reading.delimiter.unwrap_or(dialect.delimiter);
        let reading = Reading { delimiter: Some(dialect.delimiter), ..reading };
        let shape = walk(&source, found, dialect)?;
        let mut table = Self {
            detected: Detected {
                encoding: if found.encoding == UTF_8 { "UTF-8" } else { found.encoding.name() },
                bom: found.bom > 0,
                delimiter: char::from(dialect.delimiter),
                header_line: 0,
                rows: 0,
                line_ended: shape.line_ended,
            },
            source,
            found,
            skip: dialect.skip,
            reading,
            columns: Vec::new(),
            shape,
        };
        table.take_names()?;
        table.check()?;
        Ok(table)
    }

    /// As the person named the file.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// What was seen in the file.
    pub fn detected(&self) -> &Detected {
        &self.detected
    }

    /// The names of the columns, blanks taken off; a column without one has an empty name.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The place of the column of this name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// The rows, from the file, in its order. Memory does not grow with their number.
    pub fn rows(&self) -> Result<Rows, Error> {
        let mut rows = self.records()?;
        rows.record()?;
        Ok(rows)
    }

    fn records(&self) -> Result<Rows, Error> {
        let mut text = Decoded::open(&self.source, self.found)?;
        fill(&mut text, &mut vec![0; self.skip]).map_err(Error::read(self.name()))?;
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.reading.delimiter.unwrap_or(b','))
            .buffer_capacity(CHUNK)
            .from_reader(text);
        let lines = Lines::new(self.shape.jumps.clone());
        Ok(Rows::new(reader, self.source.clone(), (self.columns.len(), self.reading.cells), lines, self.shape.records))
    }

    fn take_names(&mut self) -> Result<(), Error> {
        let mut records = self.records()?;
        let Some((line, names)) = records.record()? else { return Err(Error::Empty { file: self.name().to_owned() }) };
        self.columns = names.iter().map(|name| tidy(super::unquoted(name)).to_owned()).collect();
        while self.columns.len() > 1 && self.columns.last().is_some_and(String::is_empty) {
            self.columns.pop();
        }
        self.detected.header_line = line;
        self.detected.rows = self.shape.rows.saturating_sub(1);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        let (file, line) = (self.name().to_owned(), self.detected.header_line);
        let mut seen = HashMap::new();
        for (place, name) in self.columns.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            if let Some(first) = seen.insert(name.to_lowercase(), place) {
                return Err(Error::SameName { file, line, name: name.clone(), first: first + 1, second: place + 1 });
            }
        }
        if self.detected.rows == 0 && self.reading.bare == Bare::Refused {
            return Err(Error::HeaderOnly { file, line });
        }
        match self.shape.last {
            Some(last) if !self.shape.line_ended && !last.blank && last.columns < self.columns.len() => {
                Err(Error::CutRow { file, line: last.line, have: last.columns, want: self.columns.len() })
            }
            _ => Ok(()),
        }
    }
}

/// Goes through the whole text once.
fn walk(source: &Source, found: Found, dialect: dialect::Dialect) -> Result<Shape, Error> {
    let mut text = Decoded::open(source, found)?;
    fill(&mut text, &mut vec![0; dialect.skip]).map_err(Error::read(source.name()))?;
    let mut shape = Shape::default();
    let mut jumps = Vec::new();
    let mut due = 1;
    let mut note = |span: Span| {
        if span.line != due {
            jumps.push((shape.records, span.line));
        }
        due = span.line + 1;
        shape.records += 1;
        if !span.blank {
            shape.rows += 1;
        }
        shape.last = Some(span);
    };
    let mut scan = Scan::new(dialect.delimiter, if dialect.skip > 0 { 2 } else { 1 });
    let mut chunk = vec![0; CHUNK];
    loop {
        match text.read(&mut chunk).map_err(Error::read(source.name()))? {
            0 => break,
            have => scan.feed(&chunk[..have], &mut note),
        }
    }
    let file = || source.name().to_owned();
    let finish = scan.finish(&mut note).map_err(|quote| match quote {
        Quote::Open { line } => Error::OpenQuote { file: file(), line },
        Quote::Stray { line, closed } => Error::StrayQuote { file: file(), line, closed },
    })?;
    shape.line_ended = finish.line_ended;
    shape.jumps = jumps.into();
    Ok(shape)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
