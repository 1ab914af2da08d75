use super::*;
use crate::model::Email;
use crate::roster::{Columns, Mapping, Options, diff, read};
use crate::tables::{Reading, Table};

fn member(id: &str, email: &str, city: &str) -> Member {
    Member {
        id: id.into(),
        email: Email::parse(email).ok(),
        name: "Somebody".into(),
        fields: vec![("city".into(), city.into())],
        kinds: Vec::new(),
        registered: None,
        invited_at: None,
        created_at: None,
        admin: false,
        standing: Standing::Accepted,
        groups: Vec::new(),
    }
}

#[test]
fn every_row_is_accounted_for_with_samples() {
    let mut text = String::from("email,city,shoe\nada@example.org,London,1\nnobody,x,1\nADA@example.org,Paris,1\n");
    for number in 0..8 {
        text.push_str(&format!("p{number}@example.org,x,1\n"));
    }
    let table = Table::parse("r.csv", text.as_bytes(), Reading::default()).unwrap();
    let columns = Columns::of(&table, &Mapping::default(), Some(&["city".to_owned()])).unwrap();
    let wanted = read(&table, &columns).unwrap();
    let members = vec![member("1", "ada@example.org", "Rome"), member("2", "old@example.org", ""), member("3", "", "")];
    let present = Present { members, ..Present::default() };
    let account = Account::of(&wanted, &present, &diff(&wanted, &present, &Options::default()));
    assert!(account.adds_up());
    let rows: Vec<(char, &str, usize)> = account.by_row.iter().map(|t| (t.sign, t.word, t.count)).collect();
    assert_eq!(rows, [('+', "new", 8), ('~', "changed", 1), ('!', "duplicate", 1), ('!', "invalid", 1)]);
    assert_eq!(account.by_row[0].samples.len(), SAMPLES);
    assert_eq!(account.by_row[0].samples[0], "line 5: p0@example.org");
    assert_eq!(account.by_row[1].samples, ["ada@example.org: city \"Rome\" -> \"London\""]);
    assert_eq!(
        account.by_row[2].samples,
        ["line 4 repeats ADA@example.org of line 2 with another city; line 2 counts"]
    );
    assert_eq!(account.by_row[3].samples, ["line 3: `nobody` is not an e-mail address: there is no `@`"]);
    let members: Vec<(char, &str, &[String])> =
        account.by_member.iter().map(|t| (t.sign, t.word, t.samples.as_slice())).collect();
    assert_eq!(
        members,
        [
            ('-', "removed", ["old@example.org".to_owned()].as_slice()),
            ('=', "without address", ["Somebody (id 3)".to_owned()].as_slice()),
        ]
    );
    assert_eq!(account.unused_columns().unwrap(), "columns that the group has no field for: `shoe`");
}

#[test]
fn an_account_that_misses_a_row_does_not_add_up() {
    let account = Account { rows: 1, ..Account::default() };
    assert!(!account.adds_up());
}
