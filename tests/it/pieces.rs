//! How a call is cut into what one request may carry, and whom each piece touches.

use beadle::catalog::{Call, Piece, Subject, SubjectKind, Ty, check};
use serde_json::{Value, json};

use crate::mobilize_document::{mobilize, named};

fn call(operation: &str, args: Value) -> Call {
    let op = named(operation);
    let args = check(op, vec![args]).unwrap_or_else(|error| panic!("{error}"));
    Call { platform: mobilize(), op, connection: "main".into(), args }
}

fn person(key: &str, group: Option<&str>) -> Subject {
    Subject { kind: SubjectKind::Person, key: key.into(), group: group.map(str::to_owned) }
}

fn keys(piece: &Piece) -> Vec<&str> {
    piece.subjects.iter().map(|(subject, _)| subject.key.as_str()).collect()
}

fn import(emails: impl IntoIterator<Item = String>) -> Call {
    let users: Vec<Value> = emails.into_iter().map(|email| json!({ "fields": { "email": email } })).collect();
    call("bulk.create_members", json!({ "group_id": "12", "users": users }))
}

fn invitation(count: u32) -> Call {
    let ids: Vec<u32> = (1..=count).collect();
    call("members.invite", json!({ "group_id": "12", "sender_id": "7", "recipients_ids": ids }))
}

fn sizes(call: &Call) -> Vec<usize> {
    let batch = call.op.batch.unwrap();
    let items = |piece: &Piece| piece.call.args.get(batch.param).and_then(Value::as_array).unwrap().len();
    let pieces = call.pieces();
    assert!(pieces.iter().all(|piece| items(piece) == piece.subjects.len() && items(piece) <= batch.max));
    pieces.iter().map(items).collect()
}

#[test]
fn twelve_hundred_recipients_are_three_calls_and_nobody_is_lost_or_doubled() {
    let whole = invitation(1_200);
    assert_eq!(sizes(&whole), [500, 500, 200]);
    let pieces = whole.pieces();
    let all: Vec<String> = pieces.iter().flat_map(keys).map(str::to_owned).collect();
    assert_eq!(all, (1..=1_200).map(|id| id.to_string()).collect::<Vec<_>>());
    for piece in &pieces {
        assert_eq!((piece.call.args.text("group_id"), piece.call.args.text("sender_id")), ("12", "7"));
        assert!(piece.subjects.iter().all(|(subject, _)| subject.group.as_deref() == Some("12")));
    }
    assert_eq!(pieces[2].subjects[0], (person("1001", Some("12")), json!("1001")));
}

#[test]
fn two_and_a_half_thousand_rows_are_three_calls() {
    let rows = |count: u32| import((0..count).map(|n| format!("p{n}@b.example")));
    assert_eq!(sizes(&rows(2_500)), [1_000, 1_000, 500]);
    assert_eq!(sizes(&rows(1_000)), [1_000]);
    assert_eq!(sizes(&rows(1_001)), [1_000, 1]);
    assert_eq!(sizes(&rows(1)), [1]);
    let pieces = rows(2_500).pieces();
    assert_eq!(pieces[1].call.args.get("users").unwrap()[0], json!({ "fields": { "email": "p1000@b.example" } }));
}

#[test]
fn fifty_thousand_rows_are_cut_without_copying_them_for_each_other() {
    assert_eq!(sizes(&import((0..50_000).map(|n| format!("p{n}@b.example")))), vec![1_000; 50]);
}

#[test]
fn groups_are_cut_at_a_thousand_too() {
    let groups: Vec<Value> = (0..2_001).map(|n| json!({ "name": format!("g{n}") })).collect();
    assert_eq!(sizes(&call("bulk.create_groups", json!({ "groups": groups }))), [1_000, 1_000, 1]);
    let groups: Vec<Value> = (1..=1_001).map(|n| json!({ "id": n, "privacy": 5 })).collect();
    assert_eq!(sizes(&call("bulk.update_groups", json!({ "groups": groups }))), [1_000, 1]);
}

#[test]
fn the_same_address_in_another_case_is_one_person_and_the_last_row_wins_in_the_first_place() {
    let rows = json!([
        { "fields": { "email": "Ada@B.Example", "city": "Rome" } },
        { "fields": { "email": "bob@b.example" } },
        { "fields": { "email": " ada@b.example ", "city": "Turin" } },
        { "fields": { "email": "ada+x@b.example" } },
    ]);
    let pieces = call("bulk.create_members", json!({ "group_id": 12, "users": rows })).pieces();
    assert_eq!(pieces.len(), 1);
    assert_eq!(keys(&pieces[0]), ["ada@b.example", "bob@b.example", "ada+x@b.example"]);
    assert_eq!(pieces[0].subjects[0].1["fields"]["city"], "Turin");
    assert_eq!(pieces[0].call.args.get("users").unwrap().as_array().unwrap().len(), 3, "and it is sent once");
}

#[test]
fn doubles_are_merged_before_cutting_so_that_no_piece_writes_to_somebody_of_another() {
    let emails = (0..1_500).map(|n| format!("p{}@b.example", n % 750));
    assert_eq!(sizes(&import(emails)), [750]);
}

#[test]
fn groups_of_one_name_under_two_parents_are_two_and_names_are_compared_without_case() {
    let groups = json!([
        { "name": "Board", "parent_group_id": 1 },
        { "name": "board ", "parent_group_id": "1", "privacy": 10 },
        { "name": "Board", "parent_group_id": 2 },
        { "name": "Board", "parent_group_id": null },
    ]);
    let pieces = call("bulk.create_groups", json!({ "groups": groups })).pieces();
    let subjects: Vec<_> = pieces[0].subjects.iter().map(|(s, _)| (s.key.as_str(), s.group.as_deref())).collect();
    assert_eq!(subjects, [("board", Some("1")), ("board", Some("2")), ("board", None)]);
    assert_eq!(pieces[0].subjects[0].1["privacy"], 10);
    assert!(pieces[0].subjects.iter().all(|(subject, _)| subject.kind == SubjectKind::Group));
}

#[test]
fn a_call_without_a_list_is_one_piece_that_touches_one() {
    let cases = [
        ("members.add", json!({ "group_id": 12, "user_id": 34 }), person("34", Some("12"))),
        (
            "members.add",
            json!({ "group_id": 12, "fields": { "email": "Ada@B.Example" } }),
            person("ada@b.example", Some("12")),
        ),
        ("members.update", json!({ "group_id": 12, "user_id": 34, "fields": { "a": 1 } }), person("34", Some("12"))),
        ("members.remove", json!({ "group_id": 12, "user_id": 34 }), person("34", Some("12"))),
        ("users.create", json!({ "email": "Ada@B.Example" }), person("ada@b.example", None)),
        ("users.update", json!({ "id": 34, "fields": { "email": "x@b.example" } }), person("34", None)),
        ("users.delete", json!({ "user_id": 34 }), person("34", None)),
        (
            "groups.update",
            json!({ "id": 12, "name": "n" }),
            Subject { kind: SubjectKind::Group, key: "12".into(), group: None },
        ),
    ];
    for (operation, args, subject) in cases {
        let whole = call(operation, args);
        let pieces = whole.pieces();
        assert_eq!(pieces.len(), 1, "{operation}");
        assert_eq!(pieces[0].subjects, [(subject, whole.args.to_value())], "{operation}");
        assert_eq!(pieces[0].call.args, whole.args, "{operation}");
    }
}

#[test]
fn a_read_is_one_piece_that_touches_nobody() {
    for operation in mobilize().ops.iter().filter(|op| op.is_read()) {
        let given = operation.params.iter().filter(|param| param.required);
        let plain = |ty| if ty == Ty::Email { json!("a@b.example") } else { json!("1") };
        let given = given.map(|param| (param.name.to_owned(), plain(param.ty))).collect();
        let pieces = call(&operation.name(), Value::Object(given)).pieces();
        assert_eq!(pieces.len(), 1, "{}", operation.name());
        assert!(pieces[0].subjects.is_empty(), "{}", operation.name());
    }
}

#[test]
fn a_piece_for_some_of_its_people_sends_only_their_rows() {
    let pieces = import(["a@b.example", "c@b.example", "e@b.example"].map(str::to_owned)).pieces();
    let some = pieces[0].only(&[0, 2]);
    assert_eq!(keys(&some), ["a@b.example", "e@b.example"]);
    let rows = json!([{ "fields": { "email": "a@b.example" } }, { "fields": { "email": "e@b.example" } }]);
    assert_eq!(some.call.args.get("users"), Some(&rows));
    assert_eq!(some.call.args.text("group_id"), "12");
    let single = call("members.remove", json!({ "group_id": 12, "user_id": 34 })).pieces().remove(0);
    assert_eq!(single.only(&[0]).call.args, single.call.args);
}

#[test]
fn the_address_of_a_subject_is_known_where_the_request_names_it() {
    let import = import(["Ada@B.Example".to_owned()]).pieces().remove(0);
    assert_eq!(import.address(0).as_deref(), Some("ada@b.example"));
    assert_eq!(import.address(1), None);
    assert_eq!(invitation(1).pieces()[0].address(0), None, "an id says no address");
    let made = call("users.create", json!({ "email": "Ada@B.Example" })).pieces().remove(0);
    assert_eq!(made.address(0).as_deref(), Some("ada@b.example"));
}

#[test]
fn a_calls_fingerprint_does_not_depend_on_the_order_in_which_a_script_wrote_it() {
    let one = call("members.update", json!({ "group_id": 1, "user_id": 2, "fields": { "a": 1, "b": 2 } }));
    let other = call("members.update", json!({ "fields": { "b": 2, "a": 1 }, "user_id": "2", "group_id": "1" }));
    assert_eq!(one.digest(), other.digest());
    let (part, same) = (one.args.to_value(), other.args.to_value());
    assert_eq!(one.digest_of(&part), other.digest_of(&same));
    let third = call("members.update", json!({ "group_id": 1, "user_id": 2, "fields": { "a": 1, "b": 3 } }));
    assert_ne!(one.digest(), third.digest());
}

#[test]
fn a_persons_part_has_the_same_fingerprint_whoever_else_is_in_the_batch() {
    let alone = import(["a@b.example".to_owned()]);
    let together = import(["x@b.example", "a@b.example"].map(str::to_owned));
    let part = json!({ "fields": { "email": "a@b.example" } });
    assert_eq!(alone.digest_of(&part), together.digest_of(&part));
    assert_ne!(alone.digest(), together.digest());
    let elsewhere = call("bulk.create_members", json!({ "group_id": 13, "users": [part.clone()] }));
    assert_ne!(alone.digest_of(&part), elsewhere.digest_of(&part), "another group is another effect");
}

#[test]
fn a_call_is_told_in_one_sentence_that_counts_lists() {
    assert_eq!(invitation(31).sentence(), "members.invite on main: group_id 12, sender_id 7, recipients_ids (31)");
    assert_eq!(call("users.list", json!({})).sentence(), "users.list on main");
}
