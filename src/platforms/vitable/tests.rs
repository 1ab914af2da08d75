//! Vitable's adapter, its errors, what it wants of a member, and its simulation.

use serde_json::{Value, json};

use super::{PLATFORM, errors, member, reads};
use crate::catalog::{Adapter, Args, Code, Deed, Doubt, Side, Subject, SubjectKind, Verdict, check};
use crate::model::Placeholder;
use crate::world::World;

const VITABLE: &dyn Adapter = PLATFORM.adapter;

fn row() -> Value {
    json!({
        "reference_id": "E1", "first_name": "Ada", "last_name": "Lovelace", "date_of_birth": "1990-05-15",
        "plan_id": "pln_1", "phone": "5555550101", "email": "ada@staff.example",
        "address": { "address_line_1": "1 Main St", "city": "Pittsburgh", "state": "PA", "zipcode": "15222" },
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut row = row();
    match pointer.rsplit_once('/') {
        Some(("", key)) => row[key] = value,
        Some((at, key)) => row.pointer_mut(at).unwrap()[key] = value,
        None => {}
    }
    row
}

fn wrong(row: &Value) -> Vec<(&'static str, String)> {
    let wrong = (member::WHOLE.wrong)(row.as_object().unwrap());
    wrong.into_iter().map(|wrong| (wrong.column, wrong.why)).collect()
}

#[test]
fn a_whole_member_is_taken_in_every_form_that_the_platform_takes() {
    assert!(wrong(&row()).is_empty());
    for (pointer, value) in [
        ("/phone", "+15555550101"),
        ("/phone", "15555550101"),
        ("/phone", ""),
        ("/email", ""),
        ("/address/zipcode", "15222-1234"),
        ("/address/state", "PR"),
        ("/address/address_line_2", "Apt 4"),
        ("/date_of_birth", "2024-02-29"),
    ] {
        assert!(wrong(&with(pointer, value.into())).is_empty(), "{pointer} {value}");
    }
    let mut least = row();
    for optional in ["phone", "email"] {
        least.as_object_mut().unwrap().remove(optional);
    }
    assert!(wrong(&least).is_empty());
}

#[test]
fn each_value_that_does_not_fit_says_what_to_type() {
    for (pointer, value, column, why) in [
        (
            "/date_of_birth",
            "05/15/1990",
            "date_of_birth",
            "`05/15/1990` is no date as Vitable writes them; type year-month-day, like `1990-05-15`",
        ),
        (
            "/date_of_birth",
            "1990-5-15",
            "date_of_birth",
            "`1990-5-15` is no date as Vitable writes them; type year-month-day, like `1990-05-15`",
        ),
        (
            "/date_of_birth",
            "2023-02-29",
            "date_of_birth",
            "`2023-02-29` is a day that no calendar has; type year-month-day, like `1990-05-15`",
        ),
        ("/date_of_birth", "0090-05-15", "date_of_birth", "`0090-05-15` is before 1900; type the whole year"),
        ("/date_of_birth", "", "date_of_birth", "it is empty; type it as year-month-day, like `1990-05-15`"),
        ("/address/state", "Pennsylvania", "state", "`Pennsylvania` is not a state's two letters; type `PA`"),
        ("/address/state", "pa", "state", "`pa` is not a state's two letters; type `PA`"),
        ("/address/state", "Penn", "state", "`Penn` is no state of the USA; type its two letters, like `PA`"),
        ("/address/zipcode", "2139", "zipcode", "`2139` lacks its first digits; type `02139`"),
        ("/address/zipcode", "152221234", "zipcode", "`152221234` lacks its dash; type `15222-1234`"),
        ("/address/zipcode", "1522", "zipcode", "`1522` lacks its first digits; type `01522`"),
        (
            "/address/zipcode",
            "SW1A 1AA",
            "zipcode",
            "`SW1A 1AA` is no zip code; type five digits, or nine with a dash, like `15222-1234`",
        ),
        (
            "/phone",
            "555-0101",
            "phone",
            "`555-0101` is no phone number; type ten digits, like `5555550101`, or `+` and the country's number first",
        ),
        (
            "/phone",
            "25555550101",
            "phone",
            "`25555550101` is no phone number; type ten digits, like `5555550101`, or `+` and the country's number first",
        ),
        ("/email", "ada", "email", "`ada` is not an e-mail address: there is no `@`"),
        ("/plan_id", " ", "plan_id", "it is empty; type a plan's id; `plans.list()` names them"),
        ("/first_name", "", "first_name", "it is empty; Vitable wants it for everybody"),
    ] {
        assert_eq!(wrong(&with(pointer, value.into())), [(column, why.to_owned())], "{pointer} {value}");
    }
    let long = with("/reference_id", "x".repeat(256).into());
    assert_eq!(wrong(&long), [("reference_id", "it is 256 characters long; at most 255 are taken".to_owned())]);
    assert!(wrong(&with("/reference_id", "ü".repeat(255).into())).is_empty(), "characters, not bytes");
}

#[test]
fn a_call_names_the_row_and_the_key_that_do_not_fit() {
    let op = PLATFORM.op("members", "sync").unwrap();
    let refused = |rows: Value| check(op, vec![json!("grp_1"), json!({ "members": rows })]).unwrap_err().problem;
    assert_eq!(
        refused(json!([row(), with("/address/state", "Penn".into())])),
        "`members[1].address.state`: `Penn` is no state of the USA; type its two letters, like `PA`"
    );
    assert_eq!(
        refused(json!([row(), row()])),
        "`members[1].reference_id`: `E1` stands in `members[0]` already; each must be there once"
    );
    assert_eq!(refused(json!([])), "`members` is empty: there is nothing to do");
    let mut homeless = row();
    homeless.as_object_mut().unwrap().remove("address");
    assert_eq!(refused(json!([homeless])), "`members[0].address` is missing: it must be a map");
    assert_eq!(
        refused(json!([with("/address/zip", "15222".into())])),
        "there is no argument `zip` in `members[0].address`; did you mean `zipcode`?"
    );
    let whole = check(op, vec![json!("grp_1"), json!({ "members": [row()] })]).unwrap();
    assert_eq!(whole.get("members").unwrap()[0], row());
}

#[test]
fn the_end_of_a_sync_tells_who_was_not_done_and_how_many_were() {
    let answer = json!({ "results": {
        "added_group_member_ids": ["grpm_1", "grpm_2"], "removed_group_member_ids": [],
        "failures": [
            { "operation": "add", "reason": "no plan", "reference_id": "E1" },
            { "operation": "remove", "reason": "", "reference_id": "E2" },
            { "operation": "suspend", "reason": "new", "reference_id": "E3" },
        ],
    } });
    let failures = (member::WHOLE.failures)(&answer);
    let sides: Vec<(&str, Side, &str)> =
        failures.iter().map(|one| (one.key.as_str(), one.side.clone(), one.reason.as_str())).collect();
    assert_eq!(
        sides,
        [
            ("E1", Side::Add, "no plan"),
            ("E2", Side::Remove, "no reason is given"),
            ("E3", Side::Other("suspend".into()), "new")
        ]
    );
    assert_eq!((member::WHOLE.counts)(&answer), Some((2, 0)));
    assert_eq!((member::WHOLE.failures)(&(member::WHOLE.keep)(answer)), failures, "what is kept tells it too");
    for unfinished in [json!({}), json!({ "results": null, "completed_at": "2026-01-01T00:00:00Z" })] {
        assert_eq!((member::WHOLE.counts)(&unfinished), None);
        assert!((member::WHOLE.failures)(&unfinished).is_empty());
        assert_eq!((member::WHOLE.keep)(unfinished.clone()), unfinished);
    }
}

#[test]
fn what_the_platform_has_no_notion_of_says_what_it_has() {
    for refused in [VITABLE.members("b", "grp_1").map(drop), VITABLE.calls("b", "grp_1", &[]).map(drop)] {
        assert!(refused.unwrap_err().to_string().contains("roster.sync(group, roster.read(file))"));
    }
    let nobody = crate::catalog::Invitation { members: Vec::new(), sender: None };
    assert!(VITABLE.invite("b", "grp_1", &nobody).is_err());
    assert!(VITABLE.person("b", None, "E1").is_none());
    let group = VITABLE.group(&json!({ "id": "grp_1", "name": "Staff" })).unwrap();
    assert_eq!((group.id.as_str(), group.name.as_str(), group.parent, group.members), ("grp_1", "Staff", None, None));
    assert!(VITABLE.group(&json!({ "name": "no id" })).is_none());
}

fn doubt(operation: &str, key: &str, wanted: Value, before: Value) -> Doubt {
    let subject = Subject { kind: SubjectKind::Group, key: key.into(), group: None };
    let operation = operation.into();
    Doubt { effect: 1, operation, subject, address: None, wanted, before, begun_at: 0, job: None }
}

#[test]
fn a_lost_answer_about_a_group_is_judged_by_its_reference() {
    let wanted = json!({ "name": "Staff", "external_reference_id": "Acme-1" });
    let there = json!([{ "id": "grp_9", "external_reference_id": "ACME-1", "name": "Staff" }]);
    let judged = |before: Value, read: Value| {
        let doubt = doubt("groups.create", "acme-1", wanted.clone(), before);
        let look_up = VITABLE.look_up("b", std::slice::from_ref(&doubt)).unwrap();
        assert_eq!(look_up.reads[0].op.name(), "groups.list");
        (look_up.judge)(&doubt, &[read])
    };
    assert_eq!(judged(json!({ "existed": null }), there.clone()), Verdict::Applied(Some(there[0].clone())));
    assert_eq!(judged(json!({ "existed": "grp_9" }), there), Verdict::NotApplied, "it was there before");
    assert_eq!(judged(json!({ "existed": null }), json!([])), Verdict::NotApplied);
    let doubt = doubt("groups.update", "grp_a", json!({ "group_id": "grp_A", "name": "B" }), Value::Null);
    let look_up = VITABLE.look_up("b", std::slice::from_ref(&doubt)).unwrap();
    assert_eq!(look_up.reads[0].args.text("group_id"), "grp_A", "the case of an id matters");
    for (read, verdict) in [
        (json!({ "id": "grp_A", "name": "B" }), Verdict::Applied(Some(json!({ "id": "grp_A", "name": "B" })))),
        (json!({ "id": "grp_A", "name": "A" }), Verdict::NotApplied),
        (Value::Null, Verdict::Stale("the group is gone")),
    ] {
        assert_eq!((look_up.judge)(&doubt, &[read]), verdict);
    }
}

#[test]
fn nothing_shows_whether_a_sync_without_its_number_happened() {
    let doubt = doubt("members.sync", "grp_1", json!({ "group_id": "grp_1", "members": [row()] }), Value::Null);
    assert!(VITABLE.look_up("b", &[doubt]).is_none());
}

#[test]
fn planned_groups_are_in_the_words_of_all_platforms() {
    let subject = Subject { kind: SubjectKind::Group, key: "acme-1".into(), group: None };
    let create = json!({ "name": "Staff", "external_reference_id": "Acme-1" });
    let deed = VITABLE.deed(PLATFORM.op("groups", "create").unwrap(), &subject, &create).unwrap();
    let id = Placeholder::of("group Staff");
    let made = VITABLE.after(None, id.as_str(), &deed).unwrap();
    assert_eq!(made, json!({ "id": id.as_str(), "name": "Staff", "external_reference_id": "Acme-1" }));
    let update = json!({ "group_id": "grp_A", "name": "Crew", "external_reference_id": null });
    let deed = VITABLE.deed(PLATFORM.op("groups", "update").unwrap(), &subject, &update).unwrap();
    let Deed::GroupChanged { id, fields } = &deed else { panic!("a change") };
    assert_eq!((id.as_str(), json!(fields)), ("grp_A", json!({ "name": "Crew" })));
    let held = |row: &Value| VITABLE.held(&doubt("groups.update", "grp_a", update.clone(), Value::Null), Some(row));
    let row = json!({ "id": "grp_A", "name": "Staff", "external_reference_id": "x" });
    assert_eq!(held(&row), json!({ "id": "grp_A", "name": "Staff", "fields": { "name": "Staff" } }));
    let after = VITABLE.after(Some(row), "", &deed).unwrap();
    assert_eq!(held(&after)["fields"], json!({ "name": "Crew" }));
    assert!(VITABLE.deed(PLATFORM.op("members", "sync").unwrap(), &subject, &json!({})).is_none());
}

#[test]
fn both_shapes_of_an_error_are_read_and_a_success_has_data() {
    let op = |noun, verb| PLATFORM.op(noun, verb).unwrap();
    let of = |status, body: Value| errors::open(op("groups", "get"), status, body.to_string().as_bytes());
    assert_eq!(of(200, json!({ "data": {} })), Ok(()));
    assert_eq!(of(200, json!({ "id": "grp_1" })).unwrap_err().code, Code::Unreadable);
    let flat = of(404, errors::body(404, "Group not found")).unwrap_err();
    assert_eq!(
        (flat.code, flat.message.as_str()),
        (Code::NotFound, "Group not found (code not_found, trace trc_sandbox)")
    );
    let nested = of(401, json!({ "error": { "code": "unauthorized", "message": "Bad key" } })).unwrap_err();
    assert_eq!((nested.code, nested.message.as_str()), (Code::Unauthorized, "Bad key (code unauthorized)"));
    assert_eq!(of(502, Value::Null).unwrap_err().message, "null");
    assert_eq!(errors::open(op("groups", "get"), 503, b"").unwrap_err().message, "HTTP 503 without a message");
    assert!(!errors::open(op("groups", "create"), 409, b"{}").unwrap_err().doubtful);
    let sync = |words: &str| {
        let fault = errors::open(op("members", "sync"), 409, json!({ "message": words }).to_string().as_bytes());
        let fault = fault.unwrap_err();
        (fault.code, fault.doubtful)
    };
    assert_eq!(sync("another sync is in progress"), (Code::Busy, false));
    assert_eq!(sync("conflict"), (Code::Refused, true), "nobody says what it did");
}

fn ask(world: &mut World, noun: &str, verb: &str, args: Value) -> (u16, Value) {
    let args = Args::from_checked(args.as_object().cloned().unwrap());
    (PLATFORM.simulate)(world, PLATFORM.op(noun, verb).unwrap(), &args)
}

/// A world with one group, the group's id and a plan's.
fn world() -> (World, String, String) {
    let mut world = World::new(1, 1_767_225_600_000, 1, 1);
    let wish = json!({ "name": "Staff", "external_reference_id": "acme" });
    let (status, made) = ask(&mut world, "groups", "create", wish);
    assert_eq!(status, 201);
    let (_, plans) = ask(&mut world, "plans", "list", json!({}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (group, plan) = (text(&made["data"]["id"]), text(&plans["data"][0]["id"]));
    (world, group, plan)
}

#[test]
fn the_simulated_groups_are_paged_made_and_changed() {
    let (mut world, group, _) = world();
    assert!(group.len() == 26 && group.starts_with("grp_"), "{group}");
    for n in 2..=45 {
        let wish = json!({ "name": format!("G{n}"), "external_reference_id": format!("r{n}") });
        ask(&mut world, "groups", "create", wish);
    }
    let mut count = |args: Value| {
        let (status, page) = ask(&mut world, "groups", "list", args);
        (status, page["data"].as_array().map_or(0, Vec::len), page["pagination"]["total_pages"].clone())
    };
    assert_eq!(count(json!({})), (200, 20, json!(3)));
    assert_eq!(count(json!({ "page": "3" })), (200, 5, json!(3)));
    assert_eq!(count(json!({ "page": "4", "limit": "20" })), (200, 0, json!(3)), "some clients read until it is empty");
    assert_eq!(count(json!({ "limit": 101 })).0, 400, "no client expects 422 of a read");
    let (status, changed) = ask(&mut world, "groups", "update", json!({ "group_id": group, "name": "Crew" }));
    assert_eq!((status, &changed["data"]["name"]), (200, &json!("Crew")));
    assert_eq!(changed["data"]["external_reference_id"], "acme", "what is not given stays");
    let taken = json!({ "group_id": group, "external_reference_id": "r7" });
    assert_eq!(ask(&mut world, "groups", "update", taken).0, 409);
    assert_eq!(ask(&mut world, "groups", "get", json!({ "group_id": group.to_lowercase() })).0, 404);
}

#[test]
fn a_simulated_sync_is_accepted_worked_on_and_ended_with_results_row_by_row() {
    let (mut world, group, plan) = world();
    let one = |key: &str, plan: &str| {
        let mut row = with("/plan_id", plan.into());
        row["reference_id"] = key.into();
        row
    };
    let hand = |world: &mut World, rows: Vec<Value>| {
        let (status, body) = ask(world, "members", "sync", json!({ "group_id": group, "members": rows }));
        assert_eq!(status, 202);
        assert!(body["data"].get("completed_at").is_none());
        let id = body["data"]["request_id"].as_str().unwrap().to_owned();
        assert!(id.starts_with("grpmsr_"), "{id}");
        json!({ "group_id": group, "request_id": id })
    };
    let first = hand(&mut world, vec![one("E1", &plan), one("E2", &plan), one("E3", "pln_none")]);
    let (_, running) = ask(&mut world, "members", "sync_status", first.clone());
    assert_eq!((&running["data"]["completed_at"], &running["data"]["results"]), (&Value::Null, &Value::Null));
    world.settle();
    let (_, ended) = ask(&mut world, "members", "sync_status", first);
    let results = &ended["data"]["results"];
    assert_eq!(results["added_group_member_ids"].as_array().unwrap().len(), 2);
    assert_eq!(results["failures"][0]["reference_id"], "E3");
    assert!(ended["data"]["completed_at"].is_string());
    let second = hand(&mut world, vec![one("E2", &plan)]);
    world.settle();
    let (_, ended) = ask(&mut world, "members", "sync_status", second.clone());
    assert_eq!(ended["data"]["results"]["removed_group_member_ids"].as_array().unwrap().len(), 1);
    let twice = json!({ "group_id": group, "members": [one("E1", &plan), one("E1", &plan)] });
    assert_eq!(ask(&mut world, "members", "sync", twice).0, 400);
    let bad = json!({ "group_id": group, "members": [with("/address/state", "Penn".into())] });
    assert_eq!(ask(&mut world, "members", "sync", bad).0, 422);
    let elsewhere = json!({ "group_id": group, "request_id": "grpmsr_AAAAAAAAAAAAAAAAAAAAAA" });
    assert_eq!(ask(&mut world, "members", "sync_status", elsewhere).0, 404);
    let empty = json!({ "group_id": group, "members": [] });
    assert_eq!(ask(&mut world, "members", "sync", empty).0, 202, "the platform itself takes it, and removes everybody");
    world.settle();
    assert_eq!(world.covered(1).count(), 0);
}

#[test]
fn the_reads_that_the_adapter_makes_are_operations_of_the_table() {
    let call = reads::call("b", "groups", "get", json!({ "group_id": "grp_1" }));
    assert_eq!((call.op.name().as_str(), call.connection.as_str()), ("groups.get", "b"));
}

#[test]
fn groups_whose_ids_differ_in_their_case_are_two_groups() {
    let subject = |group: &str| {
        let call = PLATFORM.call("benefits", "members", "sync", json!({ "group_id": group, "members": [row()] }));
        call.pieces().remove(0).subjects.remove(0).0
    };
    let one = subject("grp_aB");
    assert_eq!((one.key.as_str(), one.group.as_deref()), ("grp_aB", Some("grp_aB")));
    assert_ne!(one, subject("grp_ab"));
    let made = json!({ "name": "A", "external_reference_id": " Berlin " });
    let made = PLATFORM.call("benefits", "groups", "create", made).pieces().remove(0).subjects.remove(0).0;
    assert_eq!(made.key, "berlin", "a reference of one's own is no id");
}
