//! Holds our table of Vitable against what its document lists (`src/platforms/vitable/documented.txt`), and its two recorded
//! shapes of answers against what we read. Every deliberate difference stands here by name, with its reason.

use beadle::catalog::{
    Answer, Args, Call, FieldTy, Mails, Method, Op, Page, Place, Platform, Record, Repeat, Ty, check,
};
use beadle::{platforms, wire};
use bytes::Bytes;
use serde_json::{Value, json};

/// What the document calls otherwise: ours are the nouns and verbs of all platforms.
const NAMES: &[(&str, &str)] = &[
    ("groups.list", "groups.list"),
    ("groups.create", "groups.create"),
    ("groups.retrieve", "groups.get"),
    ("groups.update", "groups.update"),
    ("groups.members.sync.submit", "members.sync"),
    ("groups.members.sync.retrieve", "members.sync_status"),
];

#[derive(Debug, Default)]
struct Listed {
    name: String,
    method: String,
    path: String,
    in_path: Vec<String>,
    query: Vec<String>,
    body: Vec<String>,
    may_be_left_out: bool,
    answers: Vec<String>,
    nested: Vec<(String, Vec<String>)>,
}

fn listed() -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    let text = include_str!("../../src/platforms/vitable/documented.txt");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words[0] == "operation" {
            all.push(Listed { name: words[1].clone(), ..Listed::default() });
            continue;
        }
        let op = all.last_mut().unwrap();
        let rest = words[1..].to_vec();
        match words[0].as_str() {
            "title" => (op.method, op.path) = (rest[0].clone(), rest[1].clone()),
            "path" => op.in_path = rest,
            "query" => op.query = rest,
            "body" | "body?" => (op.body, op.may_be_left_out) = (rest, words[0] == "body?"),
            "answers" => op.answers = rest,
            "nested" => op.nested.push((rest[0].clone(), rest[1..].to_vec())),
            "nullable" | "allows" => {}
            _ => panic!("a line that says nothing: {line}"),
        }
    }
    all
}

fn vitable() -> &'static Platform {
    platforms::named("vitable").unwrap()
}

fn named(name: &str) -> &'static Op {
    let (noun, verb) = name.split_once('.').unwrap();
    vitable().op(noun, verb).unwrap_or_else(|| panic!("{name}"))
}

fn pairs() -> Vec<(Listed, &'static Op)> {
    let ours = |listed: &Listed| NAMES.iter().find(|(theirs, _)| *theirs == listed.name).unwrap().1;
    listed().into_iter().map(|listed| (named(ours(&listed)), listed)).map(|(op, listed)| (listed, op)).collect()
}

fn keys(op: &Op, place: Place) -> Vec<&'static str> {
    let mut keys: Vec<_> = op.params.iter().filter(|param| param.place == place).map(|param| param.on_wire()).collect();
    keys.sort_unstable();
    keys
}

fn sorted(keys: &[String]) -> Vec<&str> {
    let mut keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_table_has_the_documents_six_methods_in_its_order_and_the_plans_beyond() {
    let ours: Vec<String> = vitable().ops.iter().filter(|op| !op.beyond).map(Op::name).collect();
    let theirs: Vec<String> = pairs().iter().map(|(_, op)| op.name()).collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 6);
    let beyond: Vec<String> = vitable().ops.iter().filter(|op| op.beyond).map(Op::name).collect();
    assert_eq!(beyond, ["plans.list"], "a row of a roster names a plan, which nobody could look up otherwise");
}

#[test]
fn verbs_and_paths_are_those_of_the_document() {
    for (listed, op) in pairs() {
        assert_eq!((op.method.as_str(), op.path), (listed.method.as_str(), listed.path.as_str()), "{}", listed.name);
    }
    assert_eq!(named("groups.update").method, Method::Patch);
}

#[test]
fn every_parameter_is_in_its_place_and_there_is_no_other() {
    for (listed, op) in pairs() {
        assert_eq!(keys(op, Place::Path), sorted(&listed.in_path), "{}", listed.name);
        assert_eq!(keys(op, Place::Query), sorted(&listed.query), "{}", listed.name);
        assert_eq!(keys(op, Place::Body), sorted(&listed.body), "{}", listed.name);
        for param in op.params.iter().filter(|param| param.place == Place::Body) {
            assert_eq!(param.required, !listed.may_be_left_out, "{}: {}", listed.name, param.name);
            assert_eq!(param.nullable, listed.may_be_left_out, "{}: {}", listed.name, param.name);
        }
    }
    for (op, key) in [("groups.create", "name"), ("groups.update", "external_reference_id")] {
        assert_eq!(named(op).param(key).unwrap().ty, Ty::Text(255), "maxLength255");
    }
}

fn record(op: &Op) -> &'static Record {
    match op.answer {
        Answer::One(record) | Answer::Many(record, _) => record,
        _ => panic!("{} answers with a record", op.name()),
    }
}

#[test]
fn answers_have_the_listed_keys() {
    for (listed, op) in pairs() {
        // A sync is followed to its end: what is answered at once is a part of that.
        let record = match op.name().as_str() {
            "members.sync" => vitable().records.iter().find(|record| record.name == "Accepted").unwrap(),
            _ => record(op),
        };
        let have: Vec<&str> = record.fields.iter().map(|field| field.name).collect();
        assert_eq!(have, listed.answers, "{}", listed.name);
        let mut at = record;
        for (name, keys) in &listed.nested {
            let field = at.fields.iter().find(|field| field.name == name).unwrap();
            at = match field.ty {
                FieldTy::One(record) | FieldTy::Many(record) => record,
                other => panic!("{name} is {other:?}"),
            };
            let have: Vec<&str> = at.fields.iter().map(|field| field.name).collect();
            assert_eq!(&have, keys, "{name}");
        }
    }
    assert!(vitable().ops.iter().all(|op| op.inside == Some("data") || matches!(op.answer, Answer::Many(_, ["data"]))));
}

#[test]
fn lists_are_read_by_page_from_1() {
    let Page::Numbered { page, limit, size, documented } = named("groups.list").page else { panic!("pages") };
    assert_eq!((page, limit, size, documented), ("page", "limit", 100, 20));
    assert_eq!(named("groups.list").param("limit").unwrap().ty, Ty::Int(1, 100));
    let body = Bytes::from(r#"{"data":[{"id":"grp_1"},{"id":"grp_2"}],"pagination":{"page":1,"total_pages":1}}"#);
    assert_eq!(wire::rows(&body, &["data"]).unwrap().len(), 2);
}

#[test]
fn repeating_means_what_the_platform_allows() {
    let of = |name: &str| {
        let write = named(name).write(&Args::default()).unwrap();
        (write.repeat, write.mails)
    };
    assert_eq!(of("groups.create"), (Repeat::CheckFirst, Mails::No));
    assert_eq!(of("groups.update"), (Repeat::Converges, Mails::No));
    assert_eq!(of("members.sync"), (Repeat::Converges, Mails::Unknown));
    assert!(named("members.sync").whole.is_some() && named("members.sync").batch.is_none(), "a roster is never cut");
    assert!(vitable().ops.iter().filter(|op| op.is_read()).all(|op| op.method == Method::Get));
}

#[test]
fn a_sync_goes_on_the_wire_as_the_document_has_it() {
    let member = json!({
        "reference_id": "E1", "first_name": "Jane", "last_name": "Doe", "date_of_birth": "1990-05-15", "plan_id": "pln_1",
        "phone": "5555550101",
        "address": { "address_line_1": "1 Main St", "city": "Pittsburgh", "state": "PA", "zipcode": "15222" },
    });
    let op = named("members.sync");
    let args = check(op, vec![json!("grp_aB"), json!({ "members": [member.clone()] })]).unwrap();
    let call = Call { platform: vitable(), op, connection: "benefits".into(), args };
    let request = wire::build(&call);
    assert_eq!(request.target, "/v1/groups/grp_aB/members/sync");
    let sent: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    assert_eq!(sent, json!({ "members": [member] }));
    let (back, args) = wire::recognize(vitable(), "POST", &request.target, sent.to_string().as_bytes()).unwrap();
    assert_eq!((back.name(), args.to_value()), ("members.sync".to_owned(), call.args.to_value()));
    let status = wire::recognize(vitable(), "GET", "/v1/groups/grp_aB/members/sync/grpmsr_1", b"").unwrap();
    assert_eq!(status.1.to_value(), json!({ "group_id": "grp_aB", "request_id": "grpmsr_1" }));
}

#[test]
fn what_stands_under_data_is_what_scripts_see() {
    let body = Bytes::from(r#"{"data":{"id":"grp_1","name":"Staff"}}"#);
    assert!((vitable().open)(named("groups.get"), 200, &body).is_ok());
    assert_eq!(wire::unwrapped(body, named("groups.get").inside), r#"{"id":"grp_1","name":"Staff"}"#);
}
