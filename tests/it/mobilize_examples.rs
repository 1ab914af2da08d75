//! Mobilize's own sample requests and answers (`tests/data/mobilize`): what we send is what the document shows,
//! and what it shows can be read.

use std::collections::BTreeSet;
use std::path::PathBuf;

use beadle::catalog::{Answer, Call, FieldTy, Op, Record, check};
use beadle::model::Standing;
use beadle::wire::{self, Request};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use crate::mobilize_document::{OPERATIONS, mobilize, named, sample};

/// Samples whose values are all text; everywhere else ours must be equal to the last type.
const TEXT_SAMPLES: &[&str] = &["create-group"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    operation: String,
    requests: Vec<Sent>,
    answers: Vec<Answered>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    method: String,
    path: String,
    body: Option<Value>,
    /// What a script gives to come to this request.
    arguments: Vec<Value>,
    /// The sample as printed, where that is not JSON.
    raw: Option<String>,
    /// Why it is not literally the page's sample request.
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    status: u16,
    answer: Option<Value>,
    raw: Option<String>,
    /// What a refusal means.
    code: Option<String>,
    message: Option<String>,
    /// Ids of a list's rows.
    ids: Option<Vec<String>>,
    /// How many rows a list has whose rows have no ids.
    rows: Option<usize>,
    /// Said to have worked, and nobody can read it.
    #[serde(default)]
    unreadable: bool,
    /// Where a general error comes from.
    about: Option<String>,
}

impl Answered {
    fn body(&self) -> Bytes {
        match (&self.answer, &self.raw) {
            (Some(answer), None) => Bytes::from(answer.to_string()),
            (None, Some(file)) => Bytes::from(read(&format!("raw/{file}"))),
            _ => panic!("either `answer` or `raw`"),
        }
    }
}

fn read(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/mobilize").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pages() -> Vec<(&'static str, Page)> {
    let page = |slug: &str| {
        serde_json::from_str(&read(&format!("{slug}.json"))).unwrap_or_else(|error| panic!("{slug}: {error}"))
    };
    OPERATIONS.iter().map(|(slug, _)| (*slug, page(slug))).collect()
}

fn call(op: &'static Op, arguments: &[Value]) -> Call {
    let args = check(op, arguments.to_vec()).unwrap_or_else(|error| panic!("{error}"));
    Call { platform: mobilize(), op, connection: "main".into(), args }
}

/// Path without slashes at its end, and the query as a set.
fn parts(target: &str) -> (String, BTreeSet<String>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(str::to_owned).collect();
    (path.trim_end_matches('/').to_owned(), pairs)
}

#[test]
fn all_24_operations_have_a_sample_request_and_a_sample_answer() {
    let pages = pages();
    let whole = pages.iter().filter(|(_, page)| {
        !page.requests.is_empty()
            && page.requests.iter().any(|sent| sent.note.is_none() || sent.path.starts_with("/bulks/"))
            && page.answers.iter().any(|answer| answer.status == 200 && answer.code.is_none())
    });
    assert_eq!(whole.count(), 24);
    for ((slug, page), (_, name)) in pages.iter().zip(OPERATIONS) {
        assert_eq!(page.operation, name, "{slug}");
    }
}

#[test]
fn every_data_file_belongs_to_a_page_and_every_raw_sample_is_used() {
    let names = |folder: &str| -> BTreeSet<String> {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/mobilize").join(folder);
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        files.map(|entry| entry.file_name().into_string().unwrap()).collect()
    };
    let mut known: BTreeSet<String> = OPERATIONS.iter().map(|(slug, _)| format!("{slug}.json")).collect();
    known.extend(["README.md", "activity-object.json", "getting-started.json"].map(str::to_owned));
    assert_eq!(names("."), known);
    let mut raw: BTreeSet<String> = BTreeSet::from(["post-approved.activity.txt".to_owned()]);
    for (_, page) in pages() {
        raw.extend(page.requests.into_iter().filter_map(|sent| sent.raw));
        raw.extend(page.answers.into_iter().filter_map(|answer| answer.raw));
    }
    assert_eq!(names("raw"), raw);
}

#[test]
fn samples_are_kept_raw_only_where_they_are_not_json() {
    for (slug, page) in pages() {
        let sent = page.requests.iter().filter_map(|sent| sent.raw.as_ref());
        for file in sent.chain(page.answers.iter().filter_map(|answer| answer.raw.as_ref())) {
            assert!(serde_json::from_str::<Value>(&read(&format!("raw/{file}"))).is_err(), "{slug}: {file} is JSON");
        }
    }
}

#[test]
fn sample_requests_are_those_of_the_list() {
    for (slug, page) in pages() {
        let (title, _, path) = sample(slug);
        for sent in page.requests.iter() {
            assert_eq!(sent.method, title, "{slug}: the title's method wins");
        }
        if slug != "get-a-single-bulk" {
            assert_eq!(page.requests[0].path, path, "{slug}");
        }
    }
}

#[test]
fn what_is_sent_is_the_documents_sample() {
    for (slug, page) in pages() {
        let op = named(&page.operation);
        for sent in &page.requests {
            let Request { method, target, body } = wire::build(&call(op, &sent.arguments));
            assert_eq!(method.as_str(), sent.method, "{slug}");
            assert_eq!(parts(&target), parts(&sent.path), "{slug}");
            let body = body.map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
            match (body, &sent.body) {
                (None, None) => {}
                (Some(ours), Some(theirs)) if TEXT_SAMPLES.contains(&slug) => {
                    assert_eq!(as_text(&ours), as_text(theirs), "{slug}");
                }
                (Some(ours), Some(theirs)) => assert_eq!(ours, small_permissions(theirs), "{slug}"),
                (ours, theirs) => panic!("{slug}: {ours:?} for {theirs:?}"),
            }
        }
    }
}

/// The bulk samples write `QuickPost`, the list of allowed values and all answers `quickpost`; we send the latter.
fn small_permissions(value: &Value) -> Value {
    let mut value = value.clone();
    for group in value.get_mut("groups").and_then(Value::as_array_mut).into_iter().flatten() {
        for word in group["members_posting_permissions"].as_array_mut().into_iter().flatten() {
            *word = word.as_str().unwrap().to_lowercase().into();
        }
    }
    value
}

/// A flat body with every value as text; nothing is the empty text.
fn as_text(body: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut pairs: Vec<_> = body.as_object().unwrap().iter().map(|(key, value)| (key.clone(), text(value))).collect();
    pairs.sort();
    pairs
}

#[test]
fn where_the_sample_has_numbers_as_text_numbers_are_sent() {
    let page = pages().into_iter().find(|(slug, _)| *slug == "create-group").unwrap().1;
    let request = wire::build(&call(named("groups.create"), &page.requests[0].arguments));
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    for (key, value) in [("parent_group_id", 1), ("privacy", 5), ("default_emails_frequency", 0)] {
        assert_eq!(body[key], value, "{key}");
    }
    assert_eq!(body["invite_members_enabled"], false);
    assert_eq!(body["hidden_emails"], Value::Null);
}

#[test]
fn a_samples_values_as_printed_are_good_arguments_too() {
    for (slug, page) in pages() {
        let op = named(&page.operation);
        for sent in &page.requests {
            let ours = call(op, &sent.arguments);
            let body = sent
                .body
                .as_ref()
                .map_or_else(String::new, Value::to_string)
                .replace(r#""hidden_emails":"""#, r#""hidden_emails":null"#);
            let (found, args) = wire::recognize(mobilize(), &sent.method, &sent.path, body.as_bytes())
                .unwrap_or_else(|| panic!("{slug}: nothing has {} {}", sent.method, sent.path));
            assert_eq!(found.name(), page.operation, "{slug}");
            let again = check(found, vec![args.to_value()]).unwrap_or_else(|error| panic!("{slug}: {error}"));
            assert_eq!(again, ours.args, "{slug}");
        }
    }
}

#[test]
fn sample_answers_are_opened_and_refusals_understood() {
    for (slug, page) in pages() {
        let op = named(&page.operation);
        for answer in &page.answers {
            judge(slug, op, answer);
        }
    }
}

#[test]
fn general_errors_mean_the_same_for_every_operation() {
    let general: Vec<Answered> = serde_json::from_str(&read("getting-started.json")).unwrap();
    assert_eq!(general.len(), 8);
    for op in mobilize().ops {
        for answer in &general {
            let about = answer.about.as_deref().unwrap();
            judge(&format!("{} ({about}, {})", op.name(), answer.status), op, answer);
        }
    }
}

/// Holds an answer against what its case says of it.
fn judge(slug: &str, op: &Op, answer: &Answered) {
    let body = answer.body();
    let opened = (mobilize().open)(op, answer.status, &body);
    match &answer.code {
        Some(code) => {
            let fault = opened.unwrap_err();
            assert_eq!((fault.code.as_str(), fault.status), (code.as_str(), answer.status), "{slug}");
            let said = answer.message.as_deref();
            assert!(said.is_none_or(|said| fault.message == said), "{slug}: {}", fault.message);
            assert!(answer.raw.is_none() || fault.message.contains("is not exist"), "{slug}: {}", fault.message);
            let later = matches!(answer.status, 500 | 503) && code == "unavailable";
            assert_eq!(fault.transient, later, "{slug}: {}", answer.status);
            assert_eq!(fault.doubtful, answer.status >= 500, "{slug}: {}", answer.status);
        }
        None if answer.unreadable => assert!(opened.is_err() || unread(op, &body), "{slug}: it could be read"),
        None => {
            opened.unwrap_or_else(|fault| panic!("{slug}: {fault:?}"));
            reads(slug, op, answer, &body);
        }
    }
}

fn unread(op: &Op, body: &Bytes) -> bool {
    match op.answer {
        Answer::Many(_, keys) => wire::rows(body, keys).is_err(),
        _ => serde_json::from_slice::<Value>(body).is_err(),
    }
}

fn reads(slug: &str, op: &Op, answer: &Answered, body: &Bytes) {
    let (record, keys): (&Record, &[&str]) = match op.answer {
        Answer::Done | Answer::Count(_) => return,
        Answer::One(record) => return documented(slug, record, answer.answer.as_ref().unwrap()),
        Answer::Perhaps(record) => (record, &[]),
        Answer::Many(record, keys) => (record, keys),
    };
    let rows = wire::rows(body, keys).unwrap_or_else(|error| panic!("{slug}: {error}"));
    let ids: Vec<String> = rows.iter().filter_map(wire::Row::id).collect();
    match (&answer.ids, answer.rows) {
        (Some(want), None) => assert_eq!(&ids, want, "{slug}"),
        (None, Some(want)) => assert_eq!(rows.len(), want, "{slug}"),
        _ => panic!("{slug}: the case says nothing of the rows"),
    }
    assert!(!rows.is_empty(), "{slug}");
    for row in rows {
        documented(slug, record, &serde_json::from_slice(row.bytes()).unwrap());
    }
}

/// Every key of the sample is known, has the type that we say, and is an id exactly where we say so.
fn documented(slug: &str, record: &Record, value: &Value) {
    let map = value.as_object().unwrap_or_else(|| panic!("{slug}: {} is no map: {value}", record.name));
    for (key, value) in map {
        let place = format!("{slug}: {}.{key}", record.name);
        let field = record.field(key).unwrap_or_else(|| panic!("{place} is not in our record"));
        let id = matches!(field.ty, FieldTy::Id | FieldTy::Ids);
        assert_eq!(record.is_id(key), id, "{place}");
        assert!(id || !(key == "id" || key.ends_with("_id")), "{place} looks like an id");
        if value.is_null() {
            continue;
        }
        let fits = match field.ty {
            FieldTy::Id => value.is_string() || value.is_u64(),
            FieldTy::Ids => value.as_array().is_some_and(|ids| ids.iter().all(|id| id.is_string() || id.is_u64())),
            FieldTy::Text => value.is_string(),
            FieldTy::Number => value.is_number(),
            FieldTy::Bool => value.is_boolean(),
            FieldTy::Millis => value.as_i64().is_some_and(|at| at > 1_000_000_000_000),
            FieldTy::Iso => value.as_str().is_some_and(|at| at.parse::<jiff::Timestamp>().is_ok()),
            FieldTy::One(inner) => {
                documented(slug, inner, value);
                true
            }
            FieldTy::Many(inner) => {
                value.as_array().unwrap().iter().for_each(|item| documented(slug, inner, item));
                true
            }
            FieldTy::Open => true,
        };
        assert!(fits, "{place} is {value}");
    }
}

#[test]
fn every_kind_of_activity_with_a_sample_is_in_our_record() {
    #[derive(Deserialize)]
    struct Kind {
        filter: String,
        activity: Value,
    }
    let kinds: Vec<Kind> = serde_json::from_str(&read("activity-object.json")).unwrap();
    assert_eq!(kinds.len(), 16);
    let Answer::Many(record, _) = named("activities.list").answer else { panic!("a list") };
    let mut renamed = Vec::new();
    for Kind { filter, activity } in kinds {
        documented(&filter, record, &activity);
        call(named("activities.list"), &[serde_json::json!({ "activity_type": filter })]);
        let ty = activity["type"].as_str().unwrap();
        if ty != filter {
            renamed.push(format!("{filter} {ty}"));
        }
    }
    let want = [
        "add_members added_members",
        "comment_reply comment",
        "join_group joined_group",
        "post_message comment",
        "reaction add_reaction",
    ];
    assert_eq!(renamed, want, "kinds whose rows say something else than their filter");
    let plain = read("raw/post-approved.activity.txt");
    assert!(serde_json::from_str::<Value>(&plain).is_err());
    assert!(serde_json::from_str::<Value>(&plain.replace("=>", ":")).is_ok(), "only its arrows are Ruby's");
}

#[test]
fn members_are_made_of_every_sample_of_a_user() {
    let mut seen = 0;
    for (slug, page) in pages() {
        if slug.contains("group") && !slug.contains("member") || slug.contains("bulk") {
            continue;
        }
        for answer in page.answers.iter().filter(|answer| answer.status == 200 && answer.raw.is_none()) {
            let Some(value) = &answer.answer else { continue };
            let row = value.get(0).unwrap_or(value);
            if row.get("is_registered").is_none() {
                continue;
            }
            let group = row["groups"][0]["id"].to_string();
            let member = mobilize().adapter.member(&group, row).unwrap();
            assert_eq!((member.id.as_str(), member.name.as_str()), ("1234", "Sam Cooper"), "{slug}");
            assert_eq!(member.email.as_ref().unwrap().key(), "sam_cooper@domain.com", "{slug}");
            assert_eq!(member.registered, Some(true), "{slug}");
            assert_eq!(member.invited_at, Some(1_433_869_292_669), "{slug}");
            assert_eq!(member.created_at, Some(1_433_233_515_826), "{slug}");
            assert_eq!((member.admin, member.standing), (false, Standing::Accepted), "{slug}");
            assert_eq!(
                (member.field("first_name"), member.field("last_name")),
                (Some("Sam"), Some("Cooper")),
                "{slug}"
            );
            assert_eq!(member.field("email"), None, "{slug}: the address is not a field");
            seen += 1;
        }
    }
    assert_eq!(seen, 11, "answers that hold a user");
}

#[test]
fn of_a_user_in_two_groups_the_asked_one_counts() {
    let page = pages().into_iter().find(|(slug, _)| *slug == "get-all-users").unwrap().1;
    let row = &page.answers[0].answer.as_ref().unwrap()[0];
    let standing = |group: &str| mobilize().adapter.member(group, row).unwrap().standing;
    assert_eq!((standing("1431"), standing("1432")), (Standing::Accepted, Standing::Pending));
}
