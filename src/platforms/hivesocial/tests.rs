//! The simulation against what the document says, and what answers and lists say of each person.

use serde_json::{Value, json};

use super::simulate::simulate;
use super::{PLATFORM, complete, doubts, parts};
use crate::catalog::{Args, Call, Doubt, Part, Piece, Subject, SubjectKind, Verdict, check};
use crate::world::{Invitee, Kind, NewGroup, NewUser, Values, World, guid};

const ADMIN: u64 = 100;
const MEMBER: u64 = 101;
const OUTSIDE: u64 = 102;
const GROUP: u64 = 1;

fn id(number: u64) -> String {
    guid(Kind::Group, number)
}

/// A group with an administrator and a member, somebody outside of it, and forty strangers invited into it.
fn world() -> World {
    let mut world = World::new(7, 1_767_225_600_000, ADMIN, GROUP);
    world.create_group(NewGroup { name: "Berlin".into(), ..NewGroup::default() }).unwrap();
    for name in ["admin", "member", "outside"] {
        let email = format!("{name}@example.org");
        world.create_user(NewUser { email, values: Values::new(), registered: true }, None).unwrap();
    }
    for user in [ADMIN, MEMBER] {
        world.join(user, GROUP).unwrap();
    }
    world.set_admin(ADMIN, GROUP);
    for number in 0..40 {
        let invitee = Invitee {
            email: format!("p{number}@invited.example"),
            first_name: format!("P{number}"),
            last_name: if number % 2 == 0 { "Even" } else { "Odd" }.into(),
        };
        world.invite_stranger(GROUP, &invitee, 2 + number % 2, ADMIN, 1_767_000_000_000 + number * 1000);
    }
    world
}

fn ask(world: &mut World, verb: &str, args: Value) -> Value {
    let op = PLATFORM.op("invitations", verb).unwrap();
    let (status, answer) = simulate(world, op, &Args::from_checked(args.as_object().unwrap().clone()));
    assert_eq!(status, 200);
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["success", "message", "timestamp", "errors", "object"]);
    answer
}

fn listed(world: &mut World, args: Value) -> Vec<String> {
    let mut args = args;
    args["group_id"] = id(GROUP).into();
    let answer = ask(world, "list", args);
    let rows = answer["object"]["invitations"].as_array().unwrap();
    assert_eq!(answer["object"]["offset"], rows.last().map_or(Value::Null, |row| row["id"].clone()));
    rows.iter().map(|row| row["email"].as_str().unwrap().to_owned()).collect()
}

fn mails(world: &World) -> Vec<(&str, &str)> {
    world.outbox().iter().map(|mail| (mail.to.as_str(), mail.operation.as_str())).collect()
}

#[test]
fn a_list_goes_on_behind_the_last_invitation_and_has_each_once() {
    let mut world = world();
    let (mut all, mut sizes, mut offset) = (Vec::new(), Vec::new(), Value::Null);
    loop {
        let answer = ask(&mut world, "list", json!({ "group_id": id(GROUP), "offset": offset }));
        let rows = answer["object"]["invitations"].as_array().unwrap();
        let Some(last) = rows.last() else { break };
        offset = last["id"].clone();
        sizes.push(rows.len());
        all.extend(rows.iter().map(|row| row["email"].as_str().unwrap().to_owned()));
    }
    assert_eq!(sizes, [15, 15, 10]);
    let newest_first: Vec<String> = (0..40).rev().map(|number| format!("p{number}@invited.example")).collect();
    assert_eq!(all, newest_first);
    let nobody = guid(Kind::Invitation, 999);
    assert!(listed(&mut world, json!({ "offset": nobody })).is_empty(), "no client goes in circles");
}

#[test]
fn filters_look_where_they_are_told_to() {
    let mut world = world();
    let count = |world: &mut World, args| listed(world, args).len();
    assert_eq!(count(&mut world, json!({ "filter": "P17@", "target": "email" })), 1);
    assert_eq!(count(&mut world, json!({ "filter": "even", "target": "name", "page_size": "100" })), 20);
    assert_eq!(count(&mut world, json!({ "filter": "even", "target": "email" })), 0);
    assert_eq!(count(&mut world, json!({ "role": "3", "page_size": 100 })), 20);
    assert_eq!(count(&mut world, json!({ "role": 0, "page_size": 100 })), 40);
    assert_eq!(count(&mut world, json!({ "role": 5 })), 0);
}

#[test]
fn an_import_writes_to_strangers_and_accounts_and_to_no_member() {
    let mut world = world();
    let record = |email: &str| json!({ "email": email, "first_name": "A", "last_name": "B" });
    let records: Vec<Value> = [
        "new@example.org",
        "Member@example.org",
        "outside@example.org",
        "none",
        "x@refused.example",
        "P3@invited.example",
    ]
    .map(record)
    .to_vec();
    let answer = ask(&mut world, "bulk_import", json!({ "group_id": id(GROUP), "role_id": 2, "records": records }));
    assert_eq!((&answer["success"], &answer["object"]), (&json!(true), &json!({})));
    let refused: Vec<&Value> = answer["errors"].as_array().unwrap().iter().map(|error| &error["value"]).collect();
    assert_eq!(refused, ["none", "x@refused.example"]);
    let op = "invitations.bulk_import";
    let written = [("new@example.org", op), ("outside@example.org", op), ("P3@invited.example", op)];
    assert_eq!(mails(&world), written);
    assert_eq!(listed(&mut world, json!({ "filter": "new@", "target": "email" })), ["new@example.org"]);
    assert!(listed(&mut world, json!({ "filter": "outside@", "target": "email" })).is_empty(), "has an account");
    assert_eq!(listed(&mut world, json!({ "filter": "p3@", "target": "email" })).len(), 1, "one for each address");
}

#[test]
fn what_is_refused_changes_nothing_and_says_which_argument() {
    let mut world = world();
    let before = world.clone();
    for (verb, args, key) in [
        ("list", json!({ "group_id": "4" }), "groupId"),
        ("bulk_import", json!({ "group_id": id(9), "role_id": 2, "records": [] }), "groupId"),
        ("bulk_import", json!({ "group_id": id(GROUP), "role_id": 1, "records": [] }), "roleId"),
        ("bulk_import", json!({ "group_id": id(GROUP), "role_id": 2 }), "records"),
        ("evaluate", json!({ "group_id": id(GROUP), "role_id": 1, "csv_path": "/users.csv" }), "roleId"),
        ("resend", json!({ "invitation_id": guid(Kind::Invitation, 77) }), "invitationId"),
        ("delete", json!({ "invitation_id": id(GROUP) }), "invitationId"),
    ] {
        let answer = ask(&mut world, verb, args);
        assert_eq!((&answer["success"], &answer["errors"][0]["key"]), (&json!(false), &json!(key)), "{verb}");
    }
    assert_eq!(world, before);
}

#[test]
fn resending_writes_once_more_and_leaves_no_trace_and_deleting_takes_it_out() {
    let mut world = world();
    let waiting = guid(Kind::Invitation, 5);
    let before = listed(&mut world, json!({ "page_size": 100 }));
    let answer = ask(&mut world, "resend", json!({ "invitation_id": waiting }));
    assert_eq!(answer["object"]["email"], "p4@invited.example");
    assert_eq!(mails(&world), [("p4@invited.example", "invitations.resend")]);
    assert_eq!(listed(&mut world, json!({ "page_size": 100 })), before);
    assert_eq!(ask(&mut world, "delete", json!({ "invitation_id": waiting }))["object"]["email"], "p4@invited.example");
    assert_eq!(listed(&mut world, json!({ "page_size": 100 })).len(), 39);
    assert_eq!(ask(&mut world, "delete", json!({ "invitation_id": waiting }))["success"], false);
}

#[test]
fn an_evaluation_names_all_four_results_and_changes_nothing() {
    let mut world = world();
    let before = world.clone();
    let args = |path: &str| json!({ "group_id": id(GROUP), "role_id": 2, "csv_path": path });
    let answer = ask(&mut world, "evaluate", args("https://x.example/ClientFiles/users.csv"));
    let output = answer["object"]["output"].as_array().unwrap();
    let results: Vec<(i64, &str)> =
        output.iter().map(|row| (row["resultId"].as_i64().unwrap(), row["resultName"].as_str().unwrap())).collect();
    assert_eq!(results, [(1, "New user"), (2, "Group member"), (3, "Existing account"), (4, "Invalid email")]);
    let answer = ask(&mut world, "evaluate", args("/none.csv"));
    assert_eq!((&answer["success"], &answer["errors"][0]["key"]), (&json!(true), &json!("csvPath")), "as the sample");
    assert_eq!(world, before);
    assert_eq!(OUTSIDE, 102);
}

fn call(verb: &str, args: Value) -> Call {
    let op = PLATFORM.op("invitations", verb).unwrap();
    let args = check(op, vec![args]).unwrap_or_else(|error| panic!("{error}"));
    Call { platform: &PLATFORM, op, connection: "hive".into(), args }
}

fn import(count: usize) -> Vec<Piece> {
    let records: Vec<Value> = (0..count).map(|number| json!({ "email": format!("P{number}@b.example") })).collect();
    let args = json!({ "group_id": "g", "role_id": "member", "subject": "s", "content": "c", "records": records });
    call("bulk_import", args).pieces()
}

#[test]
fn an_import_is_cut_into_fifties_with_one_subject_for_each_address() {
    let pieces = import(120);
    assert_eq!(pieces.iter().map(|piece| piece.subjects.len()).collect::<Vec<_>>(), [50, 50, 20]);
    let (subject, _) = &pieces[0].subjects[7];
    assert_eq!(
        (subject.kind, subject.key.as_str(), subject.group.as_deref()),
        (SubjectKind::Person, "p7@b.example", Some("g"))
    );
}

#[test]
fn an_answer_with_errors_is_told_person_by_person() {
    let piece = import(4).remove(0);
    let told = |errors: Value| {
        let parts = parts::parts(&piece, &json!({ "success": true, "errors": errors, "object": {} }));
        let word = |part: &Part| match part {
            Part::Done => "done".to_owned(),
            Part::Refused(why) => format!("refused: {why}"),
            Part::Unsure(why) => format!("unsure: {why}"),
        };
        parts.map(|parts| parts.iter().map(word).collect::<Vec<_>>())
    };
    assert_eq!(told(json!([])), None);
    assert_eq!(told(json!(null)), None);
    let bad = "refused: email (P1@B.example): bad";
    assert_eq!(
        told(json!([{ "key": "email", "value": "P1@B.example", "message": "bad" }])).unwrap(),
        ["done", bad, "done", "done"]
    );
    assert_eq!(
        told(json!({ "key": "records[2].email", "value": "", "message": "bad" })).unwrap(),
        ["done", "done", "refused: records[2].email: bad", "done"],
        "errors as an object"
    );
    assert_eq!(
        told(json!(["<p3@b.example> and p0@b.example have bounced"])).unwrap()[1..3],
        ["done", "done"],
        "two in one message"
    );
    let lost = "unsure: System error occured";
    assert_eq!(
        told(json!([
            { "key": "", "value": "", "message": "System error occured" },
            { "key": "email", "value": "p1@b.example", "message": "bad" },
        ]))
        .unwrap(),
        [lost, "refused: email (p1@b.example): bad", lost, lost],
        "an error that names nobody leaves the others in doubt"
    );
    assert_eq!(
        told(json!([{ "key": "email", "value": "p1@b.example", "message": "System error" }])).unwrap()[1],
        "unsure: email (p1@b.example): System error"
    );
    assert_eq!(told(json!([{ "key": "records[9]", "message": "bad" }])).unwrap()[0], "unsure: records[9]: bad");
}

fn doubt(key: &str, before: Value) -> Doubt {
    Doubt {
        effect: 1,
        operation: "invitations.bulk_import".into(),
        subject: Subject { kind: SubjectKind::Person, key: key.into(), group: Some("g".into()) },
        address: None,
        wanted: Value::Null,
        before,
        begun_at: 0,
        job: None,
    }
}

#[test]
fn an_import_is_proven_by_an_invitation_that_was_not_there_and_by_nothing_else() {
    let rows = [json!([{ "id": "i1", "email": " Ada@B.example", "createdOn": "2014-03-03T23:20:23Z" }])];
    let none = [json!([])];
    let kept = doubts::keep_waiting(&import(1)[0].call, "ada@b.example", &rows);
    assert_eq!(kept, json!({ "waiting": "i1", "invited_at": 1_393_888_823_000_i64, "email": "ada@b.example" }));
    let fresh = doubts::keep_waiting(&import(1)[0].call, "ada@b.example", &none);
    assert_eq!(fresh["invited_at"], Value::Null, "nobody has written to them");
    assert_eq!(doubts::judge_imported(&doubt("ada@b.example", fresh.clone()), &rows), Verdict::Applied(None));
    for (before, reads) in [(fresh, &none), (kept.clone(), &rows), (kept, &none), (Value::Null, &rows)] {
        let verdict = doubts::judge_imported(&doubt("ada@b.example", before), reads);
        assert!(matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    }
}

#[test]
fn a_bare_reminder_is_completed_by_what_was_read_or_not_sent() {
    let row = json!({ "id": "I-1", "email": "ada@b.example", "group": { "id": "g" } });
    let bare = call("resend", json!({ "invitation_id": "i-1" }));
    let completion = complete::completion(&bare).unwrap();
    assert_eq!((completion.reads.len(), completion.recent.as_deref()), (0, Some("i-1")));
    let whole = (completion.fill)(&bare, &[row.clone().into()]).unwrap();
    assert_eq!(whole.args.to_value(), json!({ "invitation_id": "i-1", "group_id": "g", "email": "ada@b.example" }));
    assert!(complete::completion(&whole).is_none());
    let refused = (completion.fill)(&bare, &[Value::Null.into()]).unwrap_err();
    assert!(refused.contains("write `invitations.resend(\"i-1\", #{ group_id: … })`"), "{refused}");
    let named = call("resend", json!({ "invitation_id": "i-1", "group_id": "g" }));
    let completion = complete::completion(&named).unwrap();
    assert_eq!(completion.reads[0].op.name(), "invitations.list");
    let whole = (completion.fill)(&named, &[json!([row]).into()]).unwrap();
    let (subject, _) = &whole.pieces()[0].subjects[0];
    assert_eq!((subject.key.as_str(), subject.group.as_deref()), ("ada@b.example", Some("g")));
    assert_eq!((completion.fill)(&named, &[json!([]).into()]).unwrap_err(), "no invitation i-1 waits in group g");
}

#[test]
fn only_moderators_and_administrators_are_power() {
    let grants = |role: &str| {
        let args = json!({ "group_id": "g", "role_id": role, "subject": "s", "content": "c", "records": [{ "email": "a@b.example" }] });
        call("bulk_import", args).grants().into_iter().map(|grant| grant.person).collect::<Vec<_>>()
    };
    assert!(grants("regular").is_empty() && grants("3").is_empty());
    assert_eq!(grants("moderator"), ["a@b.example"]);
    assert_eq!(grants("admin"), ["a@b.example"]);
}
