//! The account of a roster: how many rows and members ended in which class, with samples; the rows add up.

use super::{Diff, MemberClass, Present, RowClass, RowVerdict, Wanted};
use crate::model::{Change, FieldChange, Member, Standing};

/// How many of a class are shown by name; the count is always of all.
pub const SAMPLES: usize = 5;

/// One class with its people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// `+ ~ - = ! ?`
    pub sign: char,
    /// The class.
    pub word: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// How many.
    pub count: usize,
    /// The first [`SAMPLES`] of them, each a line for people.
    pub samples: Vec<String>,
}

/// All rows and all members, by class. Classes without anybody are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Rows of the source.
    pub rows: u64,
    /// What became of them.
    pub by_row: Vec<Tally>,
    /// Members that were there.
    pub members: usize,
    /// What becomes of those that no row names.
    pub by_member: Vec<Tally>,
    /// Columns that the group has no field for.
    pub unused: Vec<String>,
}

impl Account {
    /// Counts a diff.
    pub fn of(wanted: &Wanted, present: &Present, diff: &Diff) -> Self {
        let updates = diff.changes.iter().filter_map(|change| match change {
            // The second step of letting somebody in belongs to another class.
            Change::Update { member, fields } if member.standing == Standing::Accepted => {
                Some((member, fields.as_slice()))
            }
            _ => None,
        });
        let mut updates = updates.take(SAMPLES);
        let row_sample = |row: &RowVerdict| row_line(wanted, row);
        let by_row = RowClass::ALL.iter().map(|class| {
            let of_class = || diff.rows.iter().filter(|row| row.class == *class);
            let samples = match class {
                RowClass::Changed => updates.by_ref().map(|(member, fields)| update_line(member, fields)).collect(),
                _ => of_class().take(SAMPLES).map(row_sample).collect(),
            };
            Tally {
                sign: class.sign(),
                word: class.word(),
                meaning: class.meaning(),
                count: of_class().count(),
                samples,
            }
        });
        let by_row = by_row.filter(|tally| tally.count > 0).collect();
        Self {
            rows: wanted.rows,
            by_row,
            members: present.members.len(),
            by_member: by_member(present, diff),
            unused: wanted.unused.clone(),
        }
    }

    /// Whether every row is in a class. It always should be; the report says so aloud if not.
    pub fn adds_up(&self) -> bool {
        self.by_row.iter().map(|tally| tally.count as u64).sum::<u64>() == self.rows
    }

    /// The columns that go nowhere, as a sentence; `None` when there are none.
    pub fn unused_columns(&self) -> Option<String> {
        let names: Vec<String> = self.unused.iter().map(|name| format!("`{name}`")).collect();
        (!names.is_empty()).then(|| format!("columns that the group has no field for: {}", names.join(", ")))
    }
}

fn by_member(present: &Present, diff: &Diff) -> Vec<Tally> {
    let classes = MemberClass::ALL.iter().filter(|class| **class != MemberClass::InRoster);
    let tallies = classes.map(|class| {
        let of_class = || present.members.iter().zip(&diff.members).filter(|(_, have)| *have == class);
        Tally {
            sign: if *class == MemberClass::Removed { '-' } else { '=' },
            word: class.word(),
            meaning: class.meaning(),
            count: of_class().count(),
            samples: of_class().take(SAMPLES).map(|(member, _)| shown(member)).collect(),
        }
    });
    tallies.filter(|tally| tally.count > 0).collect()
}

fn row_line(wanted: &Wanted, row: &RowVerdict) -> String {
    let line = row.line;
    match row.class {
        RowClass::Duplicate => wanted.duplicates.get(row.place).map(ToString::to_string).unwrap_or_default(),
        RowClass::Invalid => {
            let reason = wanted.rejected.get(row.place).map(|rejected| rejected.reason.as_str());
            format!("line {line}: {}", reason.unwrap_or_default())
        }
        _ => {
            let email = wanted.people.get(row.place).map(|person| person.email.as_str());
            match line {
                0 => email.unwrap_or_default().to_owned(),
                line => format!("line {line}: {}", email.unwrap_or_default()),
            }
        }
    }
}

fn update_line(member: &Member, fields: &[FieldChange]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|field| format!("{} \"{}\" -> \"{}\"", field.name, field.before, field.after)).collect();
    format!("{}: {}", shown(member), fields.join(", "))
}

fn shown(member: &Member) -> String {
    match (&member.email, member.name.is_empty()) {
        (Some(email), _) => email.to_string(),
        (None, false) => format!("{} (id {})", member.name, member.id),
        (None, true) => format!("id {}", member.id),
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
