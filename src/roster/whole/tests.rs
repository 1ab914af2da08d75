//! Who is in a group that no read shows, what a roster would do to it, and how a file becomes one.

use serde_json::{Value, json};

use super::{Baseline, Difference, is_running, read_whole};
use crate::catalog::Whole;
use crate::effects::{Handed, Rosters};
use crate::platforms;
use crate::roster::{Mapping, Use};
use crate::tables::{Reading, Table};

fn whole() -> &'static Whole {
    platforms::named("vitable").unwrap().op("members", "sync").unwrap().whole.unwrap()
}

fn row(key: &str, city: &str) -> Value {
    json!({ "reference_id": key, "first_name": "Ada", "last_name": key, "address": { "city": city } })
}

fn rows(keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| row(key, "P")).collect()
}

fn handed(settled: bool, rows: Vec<Value>, failures: Value) -> Handed {
    let answer = failures.is_array().then(|| json!({ "results": { "failures": failures } }));
    Handed { effect: 1, run: "r".into(), at: 0, settled, wanted: json!({ "members": rows }), answer }
}

fn baseline(handed: Vec<Handed>) -> Baseline {
    Baseline::of(whole(), &Rosters { handed, newest: Some(7) })
}

fn keys(baseline: &Baseline) -> Vec<&str> {
    baseline.people.keys().map(String::as_str).collect()
}

#[test]
fn the_last_settled_roster_is_who_is_in_together_with_doubtful_ones_after_it() {
    let none = Baseline::of(whole(), &Rosters::default());
    assert!(!none.settled && none.certain && none.people.is_empty() && none.newest.is_none());
    let sure = |keys: &[&str]| handed(true, rows(keys), Value::Null);
    let loose = |keys: &[&str]| handed(false, rows(keys), Value::Null);
    let known = baseline(vec![sure(&["a", "b"]), loose(&["x"]), sure(&["b", "c"])]);
    assert_eq!((keys(&known), known.certain, known.newest), (vec!["b", "c"], true, Some(7)));
    assert_eq!(known.seen.len(), 4, "whoever may have been in, lately");
    let known = baseline(vec![sure(&["a", "b"]), loose(&["b", "c"]), loose(&["d"])]);
    assert_eq!((keys(&known), known.settled, known.certain), (vec!["a", "b", "c", "d"], true, false));
    assert_eq!((known.sure(), known.perhaps.iter().map(String::as_str).collect()), (2, vec!["c", "d"]));
    let difference = Difference::of(whole(), &rows(&["a", "c", "x"]), &known);
    assert_eq!((difference.same, difference.perhaps, difference.added), (vec![0], vec![1], vec![2]));
    assert_eq!(difference.missing.len(), 2, "b, and d who is perhaps in");
    let known = baseline(vec![loose(&["a"])]);
    assert_eq!((keys(&known), known.settled), (vec!["a"], false));
}

#[test]
fn what_the_platform_could_not_do_did_not_happen() {
    let failures = json!([
        { "operation": "add", "reason": "no plan", "reference_id": "c" },
        { "operation": "remove", "reason": "locked", "reference_id": "a" },
        { "operation": "suspend", "reason": "?", "reference_id": "b" },
    ]);
    let moved = vec![row("b", "Q"), row("c", "P")];
    let first = handed(true, rows(&["a", "b"]), Value::Null);
    let known = baseline(vec![first, handed(true, moved.clone(), failures)]);
    assert_eq!(keys(&known), ["a", "b"]);
    assert_eq!(known.people["a"], [row("a", "P")], "still in, as they were");
    assert_eq!(known.people["b"], [row("b", "Q"), row("b", "P")], "nobody knows which");
    let difference = Difference::of(whole(), &moved, &known);
    assert_eq!((difference.added, difference.missing.len()), (vec![1], 1), "both are tried again");
    assert_eq!(difference.changed, [(0, vec!["city"])]);
}

#[test]
fn rows_are_compared_by_key_and_by_every_column() {
    let known = baseline(vec![handed(true, rows(&["a", "b", "c"]), Value::Null)]);
    let mut wanted = vec![row("c", "P"), row("a", "Q"), row("d", "P")];
    wanted[0]["phone"] = "5555550101".into();
    let difference = Difference::of(whole(), &wanted, &known);
    assert_eq!(difference.added, [2]);
    assert_eq!(difference.changed, [(0, vec!["phone"]), (1, vec!["city"])]);
    assert_eq!(difference.names(whole()), ["b Ada b"]);
    assert!(difference.same.is_empty() && !difference.is_empty());
    let same = Difference::of(whole(), &rows(&["c", "b", "a"]), &known);
    assert!(same.is_empty() && same.same.len() == 3, "the order means nothing");
    let other = Difference::of(whole(), &rows(&["A", "b", "c"]), &known);
    assert_eq!((other.added.len(), other.missing.len()), (1, 1), "the case of a key is the other system's");
}

#[test]
fn whoever_went_in_the_last_days_is_counted_once() {
    let sure = |keys: &[&str]| handed(true, rows(keys), Value::Null);
    let known = baseline(vec![sure(&["a", "b", "c", "d"]), sure(&["a", "b", "c"]), sure(&["a", "b"])]);
    assert_eq!(Difference::of(whole(), &rows(&["a"]), &known).lately, 2);
    assert_eq!(Difference::of(whole(), &rows(&["a", "d"]), &known).lately, 1, "who comes back is not gone");
}

#[test]
fn whom_the_platform_refused_to_add_has_left_nothing() {
    let sure = |keys: &[&str]| handed(true, rows(keys), Value::Null);
    let loose = |keys: &[&str]| handed(false, rows(keys), Value::Null);
    let refused = |keys: &[&str], who: &str| {
        let failures = json!([{ "operation": "add", "reason": "no plan", "reference_id": who }]);
        handed(true, rows(keys), failures)
    };
    let lately = |rosters: Vec<Handed>| Difference::of(whole(), &rows(&["a"]), &baseline(rosters)).lately;
    assert_eq!(lately(vec![sure(&["a"]), refused(&["a", "b"], "b"), sure(&["a"])]), 0, "b was never in");
    assert_eq!(lately(vec![sure(&["a", "b"]), refused(&["a", "b"], "b"), sure(&["a"])]), 1, "b was in before");
    assert_eq!(
        lately(vec![sure(&["a"]), loose(&["a", "b"]), refused(&["a", "b"], "b")]),
        0,
        "nor by the try before it"
    );
    assert_eq!(lately(vec![sure(&["a"]), loose(&["a", "b"]), sure(&["a"])]), 1, "b may have been in");
}

fn read(text: &str, mapping: &[(&str, Use)]) -> Result<super::Rows, String> {
    let table = Table::parse("r.csv", text.as_bytes(), Reading::default()).unwrap();
    let mapping = Mapping(mapping.iter().map(|(name, use_)| ((*name).to_owned(), use_.clone())).collect());
    read_whole(&table, &mapping, whole()).map_err(|error| error.to_string())
}

const HEAD: &str =
    "reference_id,First Name,Surname,Birth date,plan,Mobile,E-Mail,Street address,Apt 2,city,state,Postal code";

#[test]
fn columns_are_known_by_the_names_that_files_have_for_them() {
    let line = " E1 ,Ada,Lovelace,1990-05-15,pln_1,(555) 555-0101,ada@b.example,1 Main St,x,Pittsburgh,pa,15222";
    let read = read(&format!("{HEAD}\n{line}\n"), &[]).unwrap();
    assert_eq!(read.unused, ["Apt 2"]);
    assert_eq!(
        read.rows,
        [json!({
            "reference_id": "E1", "first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1990-05-15",
            "plan_id": "pln_1", "phone": "5555550101", "email": "ada@b.example",
            "address": { "address_line_1": "1 Main St", "city": "Pittsburgh", "state": "PA", "zipcode": "15222" },
        })]
    );
    assert!(read.rejected.is_empty());
}

#[test]
fn what_a_script_says_of_columns_wins() {
    let head = "Badge,reference_id,first_name,last_name,dob,plan,Contact,city,state,zip,address";
    let line = "E1,old,Ada,L,1990-05-15,p,a@b.example,P,PA,15222,1 Main";
    let said = [("Badge", Use::Field("reference_id".into())), ("contact", Use::Email), ("reference_id", Use::Nothing)];
    let read = read(&format!("{head}\n{line}\n"), &said).unwrap();
    assert_eq!(
        (read.rows[0]["reference_id"].as_str(), read.rows[0]["email"].as_str()),
        (Some("E1"), Some("a@b.example"))
    );
}

#[test]
fn a_file_that_does_not_say_who_is_who_is_refused_with_what_to_type() {
    assert_eq!(
        read("Badge,city\n1,P\n", &[]).unwrap_err(),
        "`r.csv` has no column `reference_id`; its columns are `Badge`, `city`. Say which one it is: `columns: #{ \"Badge\": \"reference_id\" }`"
    );
    assert_eq!(
        read("reference_id,zip,zipcode\n1,P,P\n", &[]).unwrap_err(),
        "`r.csv`: the columns `zip` and `zipcode` both mean the field `zipcode`; leave one out with `columns: #{ \"zipcode\": () }`"
    );
    let wrong = read("reference_id,x\n1,P\n", &[("x", Use::Field("shoe".into()))]).unwrap_err();
    assert!(wrong.starts_with("the group has no field `shoe` for the column `x`; there are `reference_id`"), "{wrong}");
    assert!(read("reference_id\n1\n", &[("y", Use::Nothing)]).unwrap_err().starts_with("`r.csv` has no column `y`"));
}

#[test]
fn every_fault_of_a_row_is_named_by_its_column() {
    let good = "E1,Ada,Lovelace,1990-05-15,pln_1,,,1 Main St,,Pittsburgh,PA,15222";
    let bad = "E1,,Lovelace,15.5.1990,pln_1,,,1 Main St,,Pittsburgh,Texas,1522";
    let read = read(&format!("{HEAD}\n{good}\n{bad}\nshort,row\n"), &[]).unwrap();
    assert_eq!((read.rows.len(), read.count), (1, 3));
    let reasons: Vec<(u64, &str)> = read.rejected.iter().map(|row| (row.line, row.reason.as_str())).collect();
    assert_eq!(
        reasons[0],
        (
            3,
            "column `first_name`: it is empty; Vitable wants it for everybody; \
             column `date_of_birth`: `15.5.1990` is no date as Vitable writes them; type year-month-day, like `1990-05-15`; \
             column `state`: `Texas` is not a state's two letters; type `TX`; \
             column `zipcode`: `1522` lacks its first digits; type `01522`; \
             column `reference_id`: `E1` stands in line 2 already; each must be there once"
        )
    );
    assert_eq!(reasons[1].0, 4);
}

#[test]
fn a_sync_that_was_only_accepted_is_not_done() {
    let op = platforms::named("vitable").unwrap().op("members", "sync").unwrap();
    assert!(is_running(op, &json!({ "request_id": "grpmsr_1", "accepted_at": "2026-01-01T00:00:00Z" })));
    assert!(is_running(op, &json!({ "request_id": "grpmsr_1", "completed_at": null, "results": null })));
    assert!(!is_running(op, &json!({ "request_id": "grpmsr_1", "completed_at": "2026-01-01T00:00:00Z" })));
    assert!(!is_running(op, &json!({ "success": true })), "the ledger answered for it");
}
