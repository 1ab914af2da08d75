//! People as a roster, for the rosters' own flow. Pure.

use super::Carried;
use crate::tables::{Bare, CsvWriter, Profile, Reading, Table};

/// People as a roster: their addresses and every field that one of them has.
pub(super) fn roster_of(name: &str, people: &[Carried]) -> Result<Table, crate::tables::Error> {
    let mut columns: Vec<&str> = Vec::new();
    for (field, _) in people.iter().flat_map(|one| &one.fields) {
        if !columns.contains(&field.as_str()) {
            columns.push(field);
        }
    }
    let bytes = written(&columns, people).map_err(crate::tables::Error::read(name))?;
    Table::parse(name, &bytes, Reading { delimiter: Some(b','), bare: Bare::Taken, ..Reading::default() })
}

fn written(columns: &[&str], people: &[Carried]) -> std::io::Result<Vec<u8>> {
    let mut csv = CsvWriter::new(Vec::new(), Profile::Exact)?;
    csv.row(std::iter::once("email").chain(columns.iter().copied()))?;
    for one in people {
        let held = |name: &&str| {
            let held = one.fields.iter().find(|(known, _)| known == name);
            held.map_or("", |(_, value)| value.as_str())
        };
        csv.row(std::iter::once(one.email.as_str()).chain(columns.iter().map(held)))?;
    }
    csv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Email;
    use crate::roster::{self, Mapping};

    fn carried(email: &str, fields: &[(&str, &str)]) -> Carried {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Carried {
            id: "1".into(),
            email: Email::parse(email).unwrap(),
            moved: None,
            fields,
            role: None,
            was: String::new(),
            meant: None,
        }
    }

    #[test]
    fn people_become_a_roster_with_every_field_of_anybody() {
        let people = [
            carried("a@x.example", &[("city", "São Paulo"), ("bio", "two\nlines, \"quoted\"")]),
            carried("b@x.example", &[("job", "=cmd()"), ("city", "Cork")]),
        ];
        let table = roster_of("Berlin", &people).unwrap();
        assert_eq!(table.columns(), ["email", "city", "bio", "job"]);
        let columns = roster::Columns::of(&table, &Mapping(Vec::new()), None).unwrap();
        let wanted = roster::read(&table, &columns).unwrap();
        assert_eq!(wanted.people[0].field("bio"), Some("two\nlines, \"quoted\""));
        assert_eq!((wanted.people[1].field("job"), wanted.people[1].field("bio")), (Some("=cmd()"), Some("")));
    }
}
