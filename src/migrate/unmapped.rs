//! What has no place on the other side, row by row.

/// One thing that stays behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmapped {
    /// `group`, `hierarchy`, `person`, `membership`, `role`, `field`, `invitation`.
    pub kind: &'static str,
    /// Its id on the source.
    pub id: String,
    /// How people know it.
    pub name: String,
    /// What of it stays behind.
    pub what: String,
    /// Why, and what to do about it.
    pub why: String,
}

impl Unmapped {
    /// The names of the columns.
    pub const COLUMNS: [&'static str; 5] = ["kind", "id", "name", "what", "why"];

    /// The cells of its row.
    pub fn cells(&self) -> [&str; 5] {
        [self.kind, &self.id, &self.name, &self.what, &self.why]
    }
}
