//! One row of a table, and one that was refused.

use csv::StringRecord;

use super::unquoted;

/// Whether the `'` before a cell that a spreadsheet would execute belongs to the cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cells {
    /// It was put there to keep a spreadsheet from executing the cell, and is taken off.
    #[default]
    Unquoted,
    /// It belongs to the cell.
    Exact,
}

/// One row, as wide as the column names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    line: u64,
    cells: Cells,
    record: StringRecord,
}

impl Row {
    pub(super) fn new(line: u64, cells: Cells, record: StringRecord) -> Self {
        Self { line, cells, record }
    }

    /// The line on which it begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The cell in this column, from 0; empty where there is none.
    pub fn cell(&self, column: usize) -> &str {
        self.shown(self.record.get(column).unwrap_or_default())
    }

    /// All cells in order.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.record.iter().map(|cell| self.shown(cell))
    }

    fn shown<'a>(&self, cell: &'a str) -> &'a str {
        match self.cells {
            Cells::Unquoted => unquoted(cell),
            Cells::Exact => cell,
        }
    }

    /// The row, refused for this reason.
    pub fn refused(&self, reason: impl Into<String>) -> Rejected {
        Rejected { line: self.line, reason: reason.into(), cells: self.cells().map(str::to_owned).collect() }
    }
}

/// A row that cannot be used: where it stands, why, and what it holds, so that somebody can mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Why, in words.
    pub reason: String,
    /// Its cells as they were.
    pub cells: Vec<String>,
}

/// What stands in a line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A row.
    Row(Row),
    /// Something that is not one: too few or too many columns.
    Refused(Rejected),
}
