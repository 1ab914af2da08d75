#![expect(clippy::disallowed_methods, reason = "tests set their scene")]

use std::path::PathBuf;

use proptest::prelude::{Strategy, prop};
use proptest::{prop_assert_eq, proptest};

use super::*;
use crate::tables::{CsvWriter, Entry, Profile, Rejected};

fn path(name: &str) -> PathBuf {
    PathBuf::from("tests/data/rosters").join(name)
}

fn open(name: &str) -> Table {
    Table::open(&path(name)).unwrap()
}

fn refused(name: &str) -> String {
    Table::open(&path(name)).unwrap_err().to_string()
}

fn entries(table: &Table) -> Vec<Entry> {
    table.rows().unwrap().map(Result::unwrap).collect()
}

fn rows(table: &Table) -> Vec<(u64, Vec<String>)> {
    let row = |entry: Entry| match entry {
        Entry::Row(row) => (row.line(), row.cells().map(str::to_owned).collect()),
        Entry::Refused(rejected) => panic!("refused: {rejected:?}"),
    };
    entries(table).into_iter().map(row).collect()
}

fn parse(text: &str) -> Result<Table, String> {
    Table::parse("f.csv", text.as_bytes(), Reading::default()).map_err(|error| error.to_string())
}

#[test]
fn a_spreadsheets_csv_with_a_mark_and_semicolons() {
    let table = open("bom-semicolon.csv");
    assert_eq!(
        table.detected().to_string(),
        "UTF-8 with a byte order mark, cells separated by `;`, column names in line 1, 3 rows"
    );
    assert_eq!(table.columns(), ["E-Mail", "Vorname", "Nachname", "Firma", "Notiz"]);
    let rows = rows(&table);
    assert_eq!(rows[0].1[4], "Zeile eins\r\nZeile zwei; mit Strichpunkt");
    assert_eq!(rows[2].1, ["JÜRGEN@example.org", "Jürgen", "Müller", "Büro & Söhne", "=1+1"]);
    let lines: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 4, 6], "a cell of two lines and a line of blanks stand in between");
}

#[test]
fn utf16_with_tabs() {
    let table = open("utf16le.csv");
    assert_eq!(
        table.detected().to_string(),
        "UTF-16LE with a byte order mark, cells separated by tabs, column names in line 1, 2 rows"
    );
    assert_eq!(rows(&table)[1], (3, vec!["zoe@example.org".into(), "Zoë".into(), "Żak".into()]));
}

#[test]
fn windows_1252() {
    let table = open("windows-1252.csv");
    assert_eq!(table.detected().to_string(), "windows-1252, cells separated by `;`, column names in line 1, 2 rows");
    assert_eq!(table.columns(), ["Courriel", "Prénom", "Nom"]);
    assert_eq!(rows(&table)[1].1, ["francoise@example.org", "Françoise", "Hélène – Müller"]);
}

#[test]
fn a_sep_line_is_no_row() {
    let table = open("sep-line.csv");
    assert_eq!(table.detected().to_string(), "UTF-8, cells separated by `|`, column names in line 2, 1 row");
    assert_eq!(rows(&table), [(3, vec!["ada@example.org".into(), "Ada; the first, of all".into()])]);
}

#[test]
fn lines_that_end_with_a_carriage_return_alone() {
    let lines: Vec<u64> = rows(&open("classic-mac.csv")).iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn what_is_wrong_with_a_file_is_said_before_any_row() {
    let at = |name: &str| format!("`tests/data/rosters/{name}`");
    let expected = [
        ("none.csv", "there is no file `tests/data/rosters/none.csv`".to_owned()),
        ("../rosters", "`tests/data/rosters/../rosters` is not a file".to_owned()),
        ("empty.csv", format!("{} is empty: it needs a line of column names and rows below it", at("empty.csv"))),
        ("header-only.csv", format!("{} has column names in line 1 but no rows below them", at("header-only.csv"))),
        (
            "unterminated-quote.csv",
            format!(
                "{}, line 3: a quote (\") opens a cell here and is never closed; close it, or double it if it is meant as a sign",
                at("unterminated-quote.csv")
            ),
        ),
        (
            "stray-quote.csv",
            format!(
                "{}, line 3: a quote (\") opens a cell here, and the next quote stands inside a cell of line 4; close it in line 3, or double it if it is meant as a sign",
                at("stray-quote.csv")
            ),
        ),
        (
            "same-names.csv",
            format!("{}, line 1: columns 2 and 3 are both named `Name`; rename one of them", at("same-names.csv")),
        ),
        (
            "cut.csv",
            format!(
                "{}, line 3: the file breaks off in the middle of a row (2 of 3 columns, and no end of line); save it again, or end the line if the row is meant so",
                at("cut.csv")
            ),
        ),
        (
            "cut-in-a-character.csv",
            format!(
                "{}, line 4: the file breaks off in the middle of a character; save it again",
                at("cut-in-a-character.csv")
            ),
        ),
        (
            "workbook.csv",
            format!(
                "{} is an Excel workbook or another packed file, not a CSV file: open it in the program that made it and save it as CSV",
                at("workbook.csv")
            ),
        ),
    ];
    for (name, message) in expected {
        assert_eq!(refused(name), message);
    }
}

#[test]
fn only_blanks_are_an_empty_file_and_blank_rows_are_none() {
    assert_eq!(parse(" \n,,\n").unwrap_err(), "`f.csv` is empty: it needs a line of column names and rows below it");
    assert_eq!(parse("\n\nemail\n\n \n").unwrap_err(), "`f.csv` has column names in line 3 but no rows below them");
}

#[test]
fn a_ragged_row_is_refused_and_the_others_stay() {
    let entries = entries(&open("ragged.csv"));
    let Entry::Refused(short) = &entries[1] else { panic!("taken: {:?}", entries[1]) };
    assert_eq!(
        short,
        &Rejected {
            line: 3,
            reason: "the row has 2 columns and the file has 3: a separator or a quote is missing or too many".into(),
            cells: vec!["grace@example.org".into(), "Grace".into()],
        }
    );
    assert!(matches!(&entries[2], Entry::Refused(long) if long.line == 4 && long.cells.len() == 4));
    assert!(matches!(&entries[3], Entry::Row(row) if row.cells().count() == 3), "empty cells beyond are no columns");
}

#[test]
fn a_last_line_without_an_end_is_said_and_read() {
    let table = parse("a,b\n1,2").unwrap();
    assert!(table.detected().to_string().ends_with("1 row; the last line has no end"));
    assert_eq!(rows(&table), [(2, vec!["1".into(), "2".into()])]);
}

#[test]
fn names_that_end_in_empty_columns_lose_them() {
    let table = parse("email;name;;\na@b.example;Ada;;\n").unwrap();
    assert_eq!(table.columns(), ["email", "name"]);
    assert_eq!(table.column("name"), Some(1));
    assert_eq!(rows(&table)[0].1.len(), 2);
}

#[test]
fn a_file_that_changes_after_it_was_looked_through_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.csv");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let table = Table::open(&path).unwrap();
    let mut rows = table.rows().unwrap();
    std::fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    let message = format!("`{}` was changed while it was read; run again when nobody writes to it", path.display());
    assert_eq!(table.rows().err().unwrap().to_string(), message);
    let seen = rows.by_ref().find_map(Result::err).unwrap();
    assert_eq!(seen.to_string(), message);
    assert!(rows.next().is_none(), "nothing comes after it");
}

#[test]
fn many_rows_are_read_in_pieces_with_their_lines() {
    let mut text = String::from("email,note\n");
    for number in 0..20_000 {
        text.push_str(&format!("p{number}@example.org,\"n{number}\n\"\n"));
    }
    let rows = rows(&parse(&text).unwrap());
    assert_eq!(rows.len(), 20_000);
    assert!(rows.iter().enumerate().all(|(place, (line, _))| *line == 2 + 2 * place as u64));
    assert_eq!(rows[19_999].1, ["p19999@example.org", "n19999\n"]);
}

fn written(profile: Profile, delimiter: u8, names: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = CsvWriter::separated(Vec::new(), profile, delimiter).unwrap();
    writer.row(names.iter().map(String::as_str)).unwrap();
    for row in rows {
        writer.row(row.iter().map(String::as_str)).unwrap();
    }
    writer.finish().unwrap()
}

fn table() -> impl Strategy<Value = (Vec<String>, Vec<Vec<String>>)> {
    let cell = "[ab'=+@é,;|\"\r\n\t -]{0,6}";
    (2_usize..5).prop_flat_map(move |width| {
        let names = (0..width).map(|place| format!("column {place}")).collect::<Vec<_>>();
        // The last cell is there, so that no row is a row of blanks.
        let row = prop::collection::vec(cell, width - 1).prop_map(|mut row| {
            row.push("x".into());
            row
        });
        prop::collection::vec(row, 1..8).prop_map(move |rows| (names.clone(), rows))
    })
}

proptest! {
    #[test]
    fn what_is_written_exactly_is_read_exactly((names, rows) in table(), delimiter in prop::sample::select(b",;\t|".to_vec())) {
        let bytes = written(Profile::Exact, delimiter, &names, &rows);
        let reading = Reading { cells: Cells::Exact, delimiter: Some(delimiter), ..Reading::default() };
        let table = Table::parse("f.csv", &bytes, reading).unwrap();
        let read: Vec<Vec<String>> = super::tests::rows(&table).into_iter().map(|(_, row)| row).collect();
        prop_assert_eq!(table.columns(), &names);
        prop_assert_eq!(read, rows);
    }

    #[test]
    fn what_is_written_for_spreadsheets_is_read_back_and_executes_nothing(
        (names, rows) in table(), delimiter in prop::sample::select(b",;\t|".to_vec()),
    ) {
        // A cell that begins with `'=` of its own looks like one that was made safe; there is no telling them apart.
        let rows: Vec<Vec<String>> =
            rows.into_iter().map(|row| row.iter().map(|cell| crate::tables::unquoted(cell).to_owned()).collect()).collect();
        let bytes = written(Profile::Spreadsheet, delimiter, &names, &rows);
        let table = Table::parse("f.csv", &bytes, Reading::default()).unwrap();
        prop_assert_eq!(table.detected().delimiter, char::from(delimiter));
        let read: Vec<Vec<String>> = super::tests::rows(&table).into_iter().map(|(_, row)| row).collect();
        prop_assert_eq!(read, rows);
        let exact = Table::parse("f.csv", &bytes, Reading { cells: Cells::Exact, ..Reading::default() }).unwrap();
        for (_, row) in super::tests::rows(&exact) {
            for cell in row {
                prop_assert_eq!(crate::tables::neutralised(&cell), cell.as_str());
            }
        }
    }
}
