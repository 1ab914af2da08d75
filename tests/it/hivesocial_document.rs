//! Holds our table of HiveSocial against what its document lists (`src/platforms/hivesocial/documented.txt`) and its
//! sample answers. Every deliberate difference stands here by name, with its reason.

use beadle::catalog::{Answer, Call, Code, Op, Page, Param, Place, Platform, Record, Ty, check};
use beadle::{platforms, wire};
use bytes::Bytes;
use serde_json::{Value, json};

/// Arguments that the document does not have.
const OURS: &[(&str, &str, &str)] = &[
    ("invitations.delete", "group_id", "not sent: a lost answer is looked up in the group's list"),
    ("invitations.delete", "email", "not sent, filled in by beadle: plans and reports call the invitation by it"),
    ("invitations.resend", "group_id", "not sent: the mail memory must know which group a mail is about"),
    ("invitations.resend", "email", "not sent, filled in by beadle: the mail memory must know whom a mail goes to"),
];

/// Types that we take otherwise than the document lists them.
const OTHER_TYPES: &[(&str, &str, &str)] = &[
    ("invitations.list", "offset", "listed as a number, described and answered as the id of a row"),
    ("invitations.delete", "invitationId", "listed as a number, a guid everywhere else"),
];

/// Demanded, although the document marks nothing as required.
const DEMANDED: &[(&str, &str, &str)] = &[
    ("invitations.evaluate", "role_id", "as what somebody is invited has no default"),
    ("invitations.evaluate", "csv_path", "without a file there is nothing to look at"),
    ("invitations.bulk_import", "role_id", "as what somebody is invited has no default"),
    ("invitations.bulk_import", "subject", "a mail without a subject would go to people"),
    ("invitations.bulk_import", "content", "an empty mail would go to people"),
];

#[derive(Debug, Default)]
struct Listed {
    name: String,
    method: String,
    path: String,
    query: Vec<String>,
    params: Vec<(String, String, String)>,
    allows: Vec<(String, Vec<String>)>,
    row: Vec<String>,
    answers: Vec<String>,
}

fn listed() -> Vec<Listed> {
    let mut all: Vec<Listed> = Vec::new();
    let text = include_str!("../../src/platforms/hivesocial/documented.txt");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words[0] == "operation" {
            all.push(Listed { name: words[1].clone(), ..Listed::default() });
            continue;
        }
        let op = all.last_mut().unwrap();
        match words[0].as_str() {
            "title" => (op.method, op.path) = (words[1].clone(), words[2].clone()),
            "query" => op.query = words[1..].to_vec(),
            "param" => op.params.push((words[1].clone(), words[2].clone(), words[3].clone())),
            "allows" => op.allows.push((words[1].clone(), words[2..].to_vec())),
            "row" => op.row = words[1..].to_vec(),
            "answers" => op.answers = words[1..].to_vec(),
            _ => panic!("a line that says nothing: {line}"),
        }
    }
    all
}

fn hive() -> &'static Platform {
    platforms::named("hivesocial").unwrap()
}

fn pairs() -> Vec<(Listed, &'static Op)> {
    listed().into_iter().zip(hive().ops).collect()
}

fn sample(verb: &str) -> Bytes {
    let path = format!("{}/tests/data/hivesocial/{verb}.json", env!("CARGO_MANIFEST_DIR"));
    Bytes::from(std::fs::read(path).unwrap())
}

#[test]
fn the_table_has_the_documents_five_methods_in_its_order() {
    let names: Vec<String> = listed().into_iter().map(|method| method.name).collect();
    let verbs: Vec<&str> = hive().ops.iter().map(|op| op.verb).collect();
    assert_eq!(names, verbs);
    assert!(hive().ops.iter().all(|op| op.noun == "invitations"));
}

#[test]
fn verbs_and_paths_are_those_of_the_request_lines() {
    for (method, op) in pairs() {
        let path: Vec<String> = op
            .path
            .split('/')
            .map(|part| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => format!("{{{}}}", op.param(name).unwrap().on_wire()),
                None => part.to_owned(),
            })
            .collect();
        assert_eq!((op.method.as_str(), path.join("/")), (method.method.as_str(), method.path), "{}", method.name);
    }
    let reads: Vec<&str> = hive().ops.iter().filter(|op| op.is_read()).map(|op| op.verb).collect();
    assert_eq!(reads, ["list", "evaluate"], "an evaluation changes nothing although it is a POST");
}

#[test]
fn every_listed_parameter_is_in_the_table_and_nothing_else_but_what_is_named_here() {
    for (method, op) in pairs() {
        let ours = |param: &Param| matches!(param.place, Place::Aside | Place::Found);
        let sent = |param: &&Param| !ours(param);
        let have: Vec<&str> = op.params.iter().filter(sent).map(Param::on_wire).collect();
        let want: Vec<&str> = method.params.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(have, want, "{}", method.name);
        for param in op.params.iter().filter(|param| ours(param)) {
            assert!(OURS.iter().any(|(of, name, _)| *of == op.name() && *name == param.name), "{}", param.name);
        }
    }
}

#[test]
fn parameters_stand_where_the_document_puts_them() {
    for (method, op) in pairs() {
        for (name, _, table) in &method.params {
            let want = match table.as_str() {
                "parameters" if method.query.contains(name) => Place::Query,
                "parameters" => Place::Path,
                _ => Place::Body,
            };
            let have = op.params.iter().find(|param| param.on_wire() == name).unwrap();
            assert_eq!(have.place, want, "{}: {name}", method.name);
        }
    }
}

#[test]
fn types_are_the_documents_but_for_two() {
    let mut odd = Vec::new();
    for (method, op) in pairs() {
        for (name, ty, _) in &method.params {
            let have = op.params.iter().find(|param| param.on_wire() == name).unwrap().ty;
            let fits = match ty.as_str() {
                "guid" => matches!(have, Ty::Id(_)),
                "integer" => match have {
                    Ty::Choice(list) => list.iter().all(|choice| choice.number.is_some()),
                    other => matches!(other, Ty::Int(..)),
                },
                "string" => match have {
                    Ty::Choice(list) => list.iter().all(|choice| choice.number.is_none()),
                    other => matches!(other, Ty::Text(_)),
                },
                _ => matches!(have, Ty::Rows(_)),
            };
            if !fits {
                odd.push((op.name(), name.clone()));
            }
        }
    }
    let named: Vec<(String, String)> =
        OTHER_TYPES.iter().map(|(op, name, _)| ((*op).to_owned(), (*name).to_owned())).collect();
    assert_eq!(odd, named);
}

#[test]
fn allowed_values_are_the_documents() {
    for (method, op) in pairs() {
        let choices = op.params.iter().filter_map(|param| match param.ty {
            Ty::Choice(list) => {
                let value = |choice: &beadle::catalog::Choice| {
                    choice.number.map_or_else(|| choice.name.to_owned(), |number| number.to_string())
                };
                Some((param.on_wire().to_owned(), list.iter().map(value).collect::<Vec<_>>()))
            }
            _ => None,
        });
        assert_eq!(choices.collect::<Vec<_>>(), method.allows, "{}", method.name);
    }
}

#[test]
fn only_what_is_named_here_is_demanded_beyond_the_path() {
    let required = |op: &'static Op| op.params.iter().filter(|param| param.required && param.place != Place::Path);
    let have: Vec<(String, &str)> =
        hive().ops.iter().flat_map(|op| required(op).map(|param| (op.name(), param.name))).collect();
    let want: Vec<(String, &str)> = DEMANDED.iter().map(|(op, name, _)| ((*op).to_owned(), *name)).collect();
    assert_eq!(have, want);
}

#[test]
fn a_page_is_asked_for_behind_its_last_row_in_the_documents_spelling() {
    let op = hive().op("invitations", "list").unwrap();
    let Page::After { cursor, limit, documented, .. } = op.page else { panic!("a list by cursor") };
    assert_eq!((cursor, limit, documented), ("offset", "page_size", 15));
    let args = json!({ "group_id": "50b8", "offset": "873d", "page_size": 15, "filter": "a b", "role": "all", "target": "name" });
    let call = Call { platform: hive(), op, connection: "hive".into(), args: check(op, vec![args.clone()]).unwrap() };
    let request = wire::build(&call);
    assert_eq!(request.target, "/invitation/list/50b8?offset=873d&pageSize=15&filter=a%20b&role=0&target=name");
    let (found, read) = wire::recognize(hive(), "GET", &request.target, b"").unwrap();
    assert_eq!((found.verb, check(found, vec![read.to_value()]).unwrap()), ("list", call.args));
}

#[test]
fn what_is_sent_has_the_documents_keys_and_nothing_of_ours() {
    let build = |verb: &str, args: Value| {
        let op = hive().op("invitations", verb).unwrap();
        let call = Call { platform: hive(), op, connection: "hive".into(), args: check(op, vec![args]).unwrap() };
        let request = wire::build(&call);
        let body = request.body.map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap());
        let (found, read) =
            wire::recognize(hive(), op.method.as_str(), &request.target, body.to_string().as_bytes()).unwrap();
        assert_eq!(found.verb, verb);
        (request.target, body, read.to_value())
    };
    let (target, body, read) = build(
        "bulk_import",
        json!({
            "group_id": "50b8", "role_id": "Member", "subject": "s", "header": null, "content": "c",
            "records": [{ "email": "lottrobinson@isoplex.com", "first_name": "John", "last_name": "Smith" }],
        }),
    );
    assert_eq!(target, "/invitation/bulk-import/50b8");
    assert_eq!(
        body,
        json!({
            "roleId": 3, "subject": "s", "header": null, "content": "c",
            "records": [{ "email": "lottrobinson@isoplex.com", "firstName": "John", "lastName": "Smith" }],
        })
    );
    assert_eq!((&read["role_id"], &read["records"][0]["last_name"]), (&json!(3), &json!("Smith")), "and back");
    let row: Vec<&String> = body["records"][0].as_object().unwrap().keys().collect();
    assert_eq!(row, listed().pop().unwrap().row.iter().collect::<Vec<_>>());
    let (target, body, _) = build("resend", json!({ "invitation_id": "0e87", "group_id": "50b8" }));
    assert_eq!(
        (target.as_str(), body),
        ("/invitation/0e87/resend", Value::Null),
        "no body, and whom it is for stays here"
    );
}

#[test]
fn sample_answers_are_opened_and_read_as_what_they_are() {
    for op in hive().ops {
        let body = sample(op.verb);
        assert_eq!((hive().open)(op, 200, &body), Ok(()), "{}", op.verb);
    }
    let list = hive().op("invitations", "list").unwrap();
    let Answer::Many(record, keys) = list.answer else { panic!("a list") };
    let rows = wire::rows(&sample("list"), keys).unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].id().as_deref(), Some("0e87724a-1cf7-4afd-8f71-5f8b9ae2f10d"));
    documented(record, &serde_json::from_slice(rows[0].bytes()).unwrap());
    for verb in ["delete", "resend", "evaluate", "bulk_import"] {
        let Answer::One(record) = hive().op("invitations", verb).unwrap().answer else { panic!("one") };
        documented(record, &serde_json::from_slice(&sample(verb)).unwrap());
    }
}

/// Every key of a sample is in our record of it.
fn documented(record: &Record, sample: &Value) {
    use beadle::catalog::FieldTy;
    for (key, value) in sample.as_object().unwrap() {
        let field = record.field(key).unwrap_or_else(|| panic!("{} has no {key}", record.name));
        match (field.ty, value) {
            (FieldTy::One(inner), Value::Object(_)) => documented(inner, value),
            (FieldTy::Many(inner), Value::Array(rows)) => rows.iter().for_each(|row| documented(inner, row)),
            _ => {}
        }
    }
}

#[test]
fn records_have_what_the_document_lists() {
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut found: Vec<Vec<String>> = Vec::new();
    for method in listed() {
        found.extend((!method.answers.is_empty()).then(|| method.answers[1..].to_vec()));
    }
    let names = |name: &str| {
        let record = hive().records.iter().find(|record| record.name == name).unwrap();
        text(&record.fields.iter().map(|field| field.name).collect::<Vec<_>>())
    };
    assert!(found[..3].iter().all(|keys| *keys == names("Invitation")));
    assert_eq!(found[3], text(&["type", "email", "firstName", "lastName", "resultId", "resultName"]));
}

#[test]
fn the_import_samples_system_error_leaves_everybody_in_doubt() {
    let op = hive().op("invitations", "bulk_import").unwrap();
    let records = json!([{ "email": "a@b.example" }, { "email": "c@b.example" }]);
    let args = json!({ "group_id": "g", "role_id": 2, "subject": "s", "content": "c", "records": records });
    let call = Call { platform: hive(), op, connection: "hive".into(), args: check(op, vec![args]).unwrap() };
    let answer = serde_json::from_slice(&sample("bulk_import")).unwrap();
    let parts = hive().adapter.parts(&call.pieces()[0], &answer).unwrap();
    assert!(
        parts.iter().all(|part| matches!(part, beadle::catalog::Part::Unsure(why) if why == "System error occured"))
    );
    let open = |verb: &str, answer: &Value| {
        (hive().open)(hive().op("invitations", verb).unwrap(), 200, answer.to_string().as_bytes())
    };
    assert_eq!(
        open("resend", &answer).unwrap_err().code,
        Code::Unreadable,
        "the same to one person is a doubt at once"
    );
}
