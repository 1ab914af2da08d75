//! How a list is read to its end.

/// How a list goes on after its first page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// It does not: one answer is all.
    Single,
    /// Rows are counted from the list's start; ends at an empty page.
    Offset {
        /// The parameter that says where a page begins: `offset`.
        offset: &'static str,
        /// The parameter that says how many rows: `limit`.
        limit: &'static str,
        /// Rows asked for.
        size: u32,
        /// What to ask for when the platform refuses `size`.
        documented: u32,
    },
    /// Pages are counted from 1; ends at an empty page, or at the last one where the answer says how many there are.
    Numbered {
        /// The parameter that says which page: `page`.
        page: &'static str,
        /// The parameter that says how many rows: `limit`.
        limit: &'static str,
        /// Rows asked for.
        size: u32,
        /// Rows that the platform gives when it is not asked.
        documented: u32,
    },
    /// The id of the last row received goes into this parameter; ends at a page without a new id.
    After {
        /// The parameter: `last_group_id`.
        cursor: &'static str,
        /// The parameter that says how many rows: `limit`.
        limit: &'static str,
        /// Rows asked for.
        size: u32,
        /// Rows that the platform gives when it is not asked.
        documented: u32,
        /// Whether the row that the cursor names may be gone.
        anchor: Anchor,
    },
}

/// What a cursor needs to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// An id says where to go on, whether or not there is still a row of that id.
    Id,
    /// The row must be there: whoever deletes from the list reads it to its end first.
    Row,
}
