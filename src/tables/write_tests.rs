#![expect(clippy::disallowed_methods, reason = "tests set their scene")]

use super::*;
use crate::tables::{Entry, Reading, Table};

fn written(profile: Profile, rows: &[&[&str]]) -> String {
    let mut writer = CsvWriter::new(Vec::new(), profile).unwrap();
    for row in rows {
        writer.row(row.iter().copied()).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

#[test]
fn the_exact_profile_changes_nothing_and_the_spreadsheet_profile_makes_safe() {
    let rows: &[&[&str]] = &[&["a", "b"], &["=1+1", "x, \"y\""], &["'t Hooft", "-5"]];
    assert_eq!(written(Profile::Exact, rows), "a,b\n=1+1,\"x, \"\"y\"\"\"\n't Hooft,-5\n");
    assert_eq!(written(Profile::Spreadsheet, rows), "\u{FEFF}a,b\r\n'=1+1,\"x, \"\"y\"\"\"\r\n't Hooft,'-5\r\n");
}

fn columns(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn rejected(line: u64, cells: &[&str]) -> Rejected {
    Rejected { line, reason: "no e-mail address".into(), cells: columns(cells) }
}

#[test]
fn rejects_have_line_and_reason_before_their_own_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let rows = [rejected(3, &["", "=cmd"]), rejected(7, &["x"])];
    rejects(&path, &columns(&["email", "name"]), b';', &rows).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "\u{FEFF}line;reason;email;name\r\n3;no e-mail address;;'=cmd\r\n7;no e-mail address;x\r\n"
    );
    let table = Table::open_as(&path, Reading::default()).unwrap();
    assert_eq!(reject_columns(table.columns()), 2);
    let Some(Ok(Entry::Row(row))) = table.rows().unwrap().next() else { panic!("not a row") };
    assert_eq!(row.cell(3), "=cmd", "fed again, the cell is what it was");
}

#[test]
fn rejects_of_rejects_keep_one_line_and_one_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    rejects(&path, &columns(&["line", "reason", "email"]), b',', &[rejected(2, &["9", "old reason", "x"])]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "\u{FEFF}line,reason,email\r\n2,no e-mail address,x\r\n");
}

#[test]
fn a_file_with_a_reason_of_its_own_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    rejects(&path, &columns(&["email", "Reason"]), b',', &[rejected(2, &["x", "guest"])]).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "\u{FEFF}rejected_line,rejected_reason,email,Reason\r\n2,no e-mail address,x,guest\r\n"
    );
}
