//! A roster's rows as people: who is wanted, what was refused, and what came twice.

use super::index::Index;
use super::mapping::{Columns, Use};
use super::{Error, alike};
use crate::model::{Email, Fields, Person};
use crate::tables::{Entry, Rejected, Row, Table, tidy};

/// Who should be in the group, as one source says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The people in the order of the source, each once.
    pub people: Vec<Person>,
    /// Rows that are nobody.
    pub rejected: Vec<Rejected>,
    /// Rows whose person stands further up.
    pub duplicates: Vec<Duplicate>,
    /// All rows: people, rejected and duplicates.
    pub rows: u64,
    /// Columns that the group has no field for.
    pub unused: Vec<String>,
    /// The columns of the source, so that refused rows can be written as they came.
    pub columns: Vec<String>,
    uses: Vec<Use>,
}

/// A row whose person stands further up; the first row counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Its line.
    pub line: u64,
    /// The line that counts.
    pub first: u64,
    /// Who.
    pub email: Email,
    /// Fields in which it says something else than the line that counts.
    pub differs: Vec<String>,
}

impl std::fmt::Display for Duplicate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, first, email, differs } = self;
        write!(f, "line {line} repeats {email} of line {first}")?;
        match differs.is_empty() {
            true => Ok(()),
            false => write!(f, " with another {}; line {first} counts", differs.join(", ")),
        }
    }
}

/// Reads a whole roster. What is wrong with single rows is in [`Wanted::rejected`].
pub fn read(table: &Table, columns: &Columns) -> Result<Wanted, Error> {
    let mut collector = Collector::new(columns);
    for entry in table.rows()? {
        collector.take(match entry? {
            Entry::Row(row) => person(&row, columns),
            Entry::Refused(rejected) => Err(rejected),
        });
    }
    Ok(collector.finish())
}

/// The person of one row.
pub fn person(row: &Row, columns: &Columns) -> Result<Person, Rejected> {
    let email = Email::parse(row.cell(columns.email())).map_err(|error| row.refused(error.to_string()))?;
    let mut fields = Fields::with_capacity(columns.uses().len().saturating_sub(1));
    for (place, use_) in columns.uses().iter().enumerate() {
        if let Use::Field(name) = use_ {
            fields.push((name.clone(), tidy(row.cell(place)).to_owned()));
        }
    }
    Ok(Person { email, fields, line: row.line() })
}

/// Collects people from any source; each counts once.
#[derive(Default)]
pub struct Collector {
    wanted: Wanted,
    index: Index,
}

impl Collector {
    /// For the rows of a file with these columns.
    pub fn new(columns: &Columns) -> Self {
        let wanted = Wanted {
            unused: columns.unused().to_vec(),
            columns: columns.names().to_vec(),
            uses: columns.uses().to_vec(),
            ..Wanted::default()
        };
        Self { wanted, index: Index::default() }
    }

    /// Takes one row.
    pub fn take(&mut self, row: Result<Person, Rejected>) {
        self.wanted.rows += 1;
        match row {
            Err(rejected) => self.wanted.rejected.push(rejected),
            Ok(person) => {
                let people = &self.wanted.people;
                match self.index.find(person.email.key(), |at| people[at].email.key()) {
                    Some(at) => self.wanted.duplicates.push(duplicate(&people[at], person)),
                    None => {
                        self.index.push(person.email.key());
                        self.wanted.people.push(person);
                    }
                }
            }
        }
    }

    /// All that was taken.
    pub fn finish(self) -> Wanted {
        self.wanted
    }
}

impl Wanted {
    /// The person's row, refused for this reason. Columns that go nowhere are empty in it.
    pub fn refused(&self, person: &Person, reason: impl Into<String>) -> Rejected {
        let cell = |use_: &Use| match use_ {
            Use::Email => person.email.as_str().to_owned(),
            Use::Field(name) => person.field(name).unwrap_or_default().to_owned(),
            Use::Nothing => String::new(),
        };
        let cells = match self.uses.is_empty() {
            false => self.uses.iter().map(cell).collect(),
            true => vec![person.email.as_str().to_owned()],
        };
        Rejected { line: person.line, reason: reason.into(), cells }
    }
}

fn duplicate(first: &Person, again: Person) -> Duplicate {
    let differs = |(name, value): &(String, String)| match first.field(name) {
        Some(counts) => !value.is_empty() && !alike(counts, value),
        None => !value.is_empty(),
    };
    let names = again.fields.iter().filter(|field| differs(field)).map(|(name, _)| name.clone()).collect();
    Duplicate { line: again.line, first: first.line, differs: names, email: again.email }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::roster::Mapping;

    fn wanted(file: &str) -> Result<Wanted, String> {
        let path = Path::new("tests/data/rosters").join(file);
        let read = || {
            let table = Table::open(&path)?;
            read(&table, &Columns::of(&table, &Mapping::default(), None)?)
        };
        read().map_err(|error: Error| error.to_string())
    }

    #[test]
    fn a_spreadsheets_roster_becomes_people() {
        let wanted = wanted("bom-semicolon.csv").unwrap();
        let person = &wanted.people[2];
        assert_eq!((person.email.as_str(), person.line), ("JÜRGEN@example.org", 6));
        let fields: Vec<(&str, &str)> =
            person.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected =
            [("first_name", "Jürgen"), ("last_name", "Müller"), ("firma", "Büro & Söhne"), ("notiz", "=1+1")];
        assert_eq!(fields, expected);
        assert_eq!((wanted.rows, wanted.rejected.len(), wanted.duplicates.len()), (3, 0, 0));
    }

    #[test]
    fn the_first_of_two_rows_counts_and_both_lines_are_named() {
        let wanted = wanted("duplicate-rows.csv").unwrap();
        assert_eq!(wanted.people.len(), 2);
        let said: Vec<String> = wanted.duplicates.iter().map(Duplicate::to_string).collect();
        assert_eq!(
            said,
            [
                "line 4 repeats ADA@example.org of line 2",
                "line 5 repeats grace@example.org of line 3 with another last_name; line 3 counts",
            ]
        );
    }

    #[test]
    fn rows_that_are_nobody_are_refused_with_line_and_reason() {
        let text = b"email,first_name\n,Ada\nnobody,Grace\nalan@example.org,Alan\nx@y.example\n";
        let table = Table::parse("r.csv", text, crate::tables::Reading::default()).unwrap();
        let columns = Columns::of(&table, &Mapping::default(), None).unwrap();
        let wanted = read(&table, &columns).unwrap();
        let refused: Vec<(u64, &str)> = wanted.rejected.iter().map(|r| (r.line, r.reason.as_str())).collect();
        assert_eq!(
            refused,
            [
                (2, "no e-mail address"),
                (3, "`nobody` is not an e-mail address: there is no `@`"),
                (5, "the row has 1 column and the file has 2: a separator or a quote is missing or too many"),
            ]
        );
        assert_eq!(wanted.rejected[1].cells, ["nobody", "Grace"]);
        assert_eq!(wanted.rows as usize, wanted.people.len() + wanted.rejected.len() + wanted.duplicates.len());
    }

    #[test]
    fn a_file_that_is_no_roster_is_an_error() {
        assert_eq!(
            wanted("no-email.csv").unwrap_err(),
            "`tests/data/rosters/no-email.csv` has no e-mail column; its columns are `Kontakt`, `Vorname`, `Nachname`. Say which one it is: `columns: #{ \"Kontakt\": \"email\" }`"
        );
        assert!(wanted("no-names.csv").unwrap_err().starts_with(
            "`tests/data/rosters/no-names.csv`, line 1: `ada@example.org` stands where the names of the columns should be"
        ));
        assert!(
            wanted("empty.csv").unwrap_err().ends_with("is empty: it needs a line of column names and rows below it")
        );
    }

    #[test]
    fn a_row_that_is_refused_later_can_be_written_as_it_came() {
        let wanted = wanted("duplicate-rows.csv").unwrap();
        let rejected = wanted.refused(&wanted.people[1], "two accounts");
        assert_eq!(
            (rejected.line, rejected.cells),
            (3, vec!["grace@example.org".into(), "Grace".into(), "Hopper".into()])
        );
    }
}
