//! From a roster (who should be in a group) to what is to be done about it.
//!
//! Its one rule: every row and every member ends in exactly one class, and nothing is touched that the roster
//! does not name. Pure but for the file that [`read`] reads and for [`sync`], which sends what was found.

mod account;
mod alike;
mod brake;
mod cascade;
mod classes;
mod diff;
mod figures;
mod headings;
mod index;
mod mapping;
mod members;
mod options;
mod read;
mod renames;
mod sync;
mod whole;
mod wish;

pub use account::{Account, SAMPLES, Tally};
pub use alike::{alike, folded};
pub use brake::{Ahead, Coming, FreeHand, Mailing};
pub use cascade::Cascade;
pub use classes::{MemberClass, RowClass};
pub use diff::{Diff, RowVerdict, diff};
pub use figures::Figures;
pub use mapping::{Columns, Mapping, Use};
pub use members::members;
pub use options::{Blank, Declined, Extent, Mode, Options, Present};
pub use read::{Collector, Duplicate, Wanted, person, read};
pub use renames::{Rename, Renames};
pub use sync::{Mending, Synced, listed, sync};
pub use whole::{Baseline, Beside, Difference, Rows, beside, fits, read_whole};
pub use wish::{Invite, Strangers, Wish};

pub use crate::tables::Rejected;

use crate::tables;

/// Why a file is no roster.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file as a table.
    #[error(transparent)]
    Table(#[from] tables::Error),
    /// No column is named as e-mail columns are.
    #[error(
        "`{file}` has no e-mail column; its columns are {columns}. Say which one it is: `columns: #{{ \"{likely}\": \"email\" }}`"
    )]
    NoEmail {
        /// As the person named it.
        file: String,
        /// The columns' names, each in backticks.
        columns: String,
        /// The one that holds addresses, else the first.
        likely: String,
    },
    /// The first line is a person already.
    #[error(
        "`{file}`, line {line}: `{address}` stands where the names of the columns should be; put a line of names above it, for example `email{delimiter}first_name{delimiter}last_name`"
    )]
    NoNames {
        /// As the person named it.
        file: String,
        /// The first line.
        line: u64,
        /// What stands there.
        address: String,
        /// What separates cells.
        delimiter: char,
    },
    /// Two columns may be meant.
    #[error(
        "`{file}` has several e-mail columns: {columns}. Say which one to take: `columns: #{{ \"{first}\": \"email\" }}`"
    )]
    SeveralEmails {
        /// As the person named it.
        file: String,
        /// Their names, each in backticks.
        columns: String,
        /// The first of them.
        first: String,
    },
    /// No column holds the key by which a platform knows people.
    #[error(
        "`{file}` has no column `{key}`; its columns are {columns}. Say which one it is: `columns: #{{ \"{first}\": \"{key}\" }}`"
    )]
    NoKey {
        /// As the person named it.
        file: String,
        /// The key.
        key: &'static str,
        /// The columns' names, each in backticks.
        columns: String,
        /// The first of them.
        first: String,
    },
    /// Two columns give one field.
    #[error(
        "`{file}`: the columns `{first}` and `{second}` both mean the field `{field}`; leave one out with `columns: #{{ \"{second}\": () }}`"
    )]
    SameField {
        /// As the person named it.
        file: String,
        /// One column.
        first: String,
        /// The other.
        second: String,
        /// The field.
        field: String,
    },
    /// `columns` names a column that is not there.
    #[error("`{file}` has no column `{column}`; {hint}")]
    NoColumn {
        /// As the person named it.
        file: String,
        /// The name in `columns`.
        column: String,
        /// What there is.
        hint: String,
    },
    /// `columns` names a field that the group does not have.
    #[error("the group has no field `{field}` for the column `{column}`; {hint}")]
    NoField {
        /// The column.
        column: String,
        /// The name in `columns`.
        field: String,
        /// What there is.
        hint: String,
    },
}
