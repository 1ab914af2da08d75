//! Changes as Mobilize's calls, its rows as members, and what reads say of a write whose answer was lost.

use beadle::catalog::{Adapter, Args, Call, Doubt, Grant, Invitation, Subject, SubjectKind, Verdict, check};
use beadle::model::{Cascade, Change, Email, FieldChange, Group, Member, Membership, Person, Standing, below};
use serde_json::{Value, json};

use crate::mobilize_document::{mobilize, named};

fn adapter() -> &'static dyn Adapter {
    mobilize().adapter
}

fn person(n: usize) -> Person {
    let fields = vec![("first_name".into(), format!("P{n}")), ("city".into(), String::new())];
    Person { email: Email::parse(&format!("P{n}@b.example")).unwrap(), fields, line: 2 }
}

fn member(n: usize) -> Member {
    let row = json!({ "id": n.to_string(), "email": format!("m{n}@b.example"), "name": format!("M{n}") });
    adapter().member("12", &row).unwrap()
}

fn add(n: usize) -> Change {
    Change::Add(person(n))
}

fn update(n: usize) -> Change {
    let field = FieldChange { name: "city".into(), before: "Rome".into(), after: "Turin".into() };
    Change::Update { member: member(n), fields: vec![field] }
}

fn remove(n: usize) -> Change {
    Change::Remove(member(n))
}

fn calls(changes: &[Change]) -> Vec<Call> {
    let calls = adapter().calls("main", "12", changes).unwrap();
    calls.iter().for_each(in_normal_form);
    calls
}

/// What an adapter makes is what a script's checked arguments would be.
fn in_normal_form(call: &Call) {
    let checked = check(call.op, vec![call.args.to_value()]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checked.to_value(), call.args.to_value());
    assert_eq!(call.connection, "main");
}

fn names(calls: &[Call]) -> Vec<String> {
    calls.iter().map(|call| call.op.name()).collect()
}

#[test]
fn one_and_two_people_are_written_one_by_one() {
    assert!(calls(&[]).is_empty());
    let one = calls(&[add(1)]);
    assert_eq!(names(&one), ["members.add"]);
    let want = json!({ "group_id": "12", "fields": { "email": "P1@b.example", "first_name": "P1" } });
    assert_eq!(one[0].args.to_value(), want, "an empty cell says nothing about a new person");
    let two = calls(&[add(1), update(2)]);
    assert_eq!(names(&two), ["members.add", "members.update"]);
    assert_eq!(two[1].args.to_value(), json!({ "group_id": "12", "user_id": "2", "fields": { "city": "Turin" } }));
}

#[test]
fn three_and_more_are_one_bulk_and_a_bulk_is_three_requests_at_two_and_a_half_thousand() {
    let three = calls(&[add(1), update(2), add(3)]);
    assert_eq!(names(&three), ["bulk.create_members"]);
    let want = json!({ "group_id": "12", "users": [
        { "fields": { "email": "P1@b.example", "first_name": "P1" } },
        { "fields": { "email": "m2@b.example", "city": "Turin" } },
        { "fields": { "email": "P3@b.example", "first_name": "P3" } },
    ] });
    assert_eq!(three[0].args.to_value(), want);
    let many: Vec<Change> = (0..2_500).map(|n| if n % 2 == 0 { add(n) } else { update(n) }).collect();
    let bulk = calls(&many);
    assert_eq!(names(&bulk), ["bulk.create_members"]);
    let sizes: Vec<usize> = bulk[0].pieces().iter().map(|piece| piece.subjects.len()).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
}

#[test]
fn removals_come_last_and_one_by_one_since_there_is_no_bulk_for_them() {
    let mixed = calls(&[remove(9), add(1), remove(8), add(2), add(3)]);
    assert_eq!(names(&mixed), ["bulk.create_members", "members.remove", "members.remove"]);
    assert_eq!(mixed[1].args.to_value(), json!({ "group_id": "12", "user_id": "9" }), "never with `hard_delete`");
    let only: Vec<Change> = (0..5).map(remove).collect();
    assert_eq!(names(&calls(&only)), vec!["members.remove"; 5]);
}

#[test]
fn a_member_without_an_address_is_updated_alone_and_the_others_still_in_bulk() {
    let nameless = Member { email: None, ..member(7) };
    let field = FieldChange { name: "city".into(), before: String::new(), after: "Turin".into() };
    let mut changes: Vec<Change> = (0..2_499).map(add).collect();
    changes.push(Change::Update { member: nameless, fields: vec![field] });
    let made = calls(&changes);
    assert_eq!(names(&made), ["bulk.create_members", "members.update"]);
    assert_eq!(made[1].args.text("user_id"), "7");
    assert_eq!(made[0].args.get("users").and_then(Value::as_array).map(Vec::len), Some(2_499));
}

#[test]
fn a_field_that_is_emptied_is_sent_empty() {
    let field = FieldChange { name: "city".into(), before: "Rome".into(), after: String::new() };
    let change = Change::Update { member: member(2), fields: vec![field] };
    assert_eq!(calls(std::slice::from_ref(&change))[0].args.get("fields"), Some(&json!({ "city": "" })));
    let bulk = calls(&[add(1), add(3), change]);
    assert_eq!(bulk[0].args.get("users").unwrap()[2], json!({ "fields": { "email": "m2@b.example", "city": "" } }));
}

#[test]
fn invitations_name_a_sender_or_are_refused_with_what_to_type() {
    let invite = |members: &[&str], sender: Option<&str>| {
        let members = members.iter().map(|id| (*id).to_owned()).collect();
        adapter().invite("main", "12", &Invitation { members, sender: sender.map(str::to_owned) })
    };
    let made = invite(&["3", "4"], Some("7")).unwrap();
    made.iter().for_each(in_normal_form);
    let want = json!({ "group_id": "12", "sender_id": "7", "recipients_ids": ["3", "4"] });
    assert_eq!((names(&made), made[0].args.to_value()), (vec!["members.invite".to_owned()], want));
    assert!(adapter().queued(&made[0]));
    assert!(!adapter().queued(&calls(&[add(1)])[0]));
    assert!(invite(&[], Some("7")).unwrap().is_empty());
    let error = invite(&["3"], None).unwrap_err().to_string();
    assert_eq!(error, "Mobilize sends invitations in a member's name: say which with `sender`");
}

#[test]
fn a_group_is_read_with_its_fields_and_its_count() {
    let list = adapter().members("main", "12").unwrap();
    in_normal_form(&list);
    assert_eq!(list.op.name(), "members.list");
    assert_eq!(list.args.to_value(), json!({ "group_id": "12", "include_fields": true }));
    let (count, place) = adapter().count(&list).unwrap();
    in_normal_form(&count);
    assert_eq!((count.op.name().as_str(), place), ("groups.get", "/members_count"));
    assert_eq!(json!({ "members_count": 3 }).pointer(place), Some(&json!(3)));
}

// ---- what a call weighs

fn call(noun: &str, verb: &str, args: Value) -> Call {
    let op = mobilize().op(noun, verb).unwrap();
    let args = check(op, vec![args]).unwrap();
    Call { platform: mobilize(), op, connection: "main".into(), args }
}

#[test]
fn managers_of_new_groups_are_given_power_singly_and_in_rows() {
    let grant = |person: &str, group: Option<&str>| Grant { person: person.into(), group: group.map(str::to_owned) };
    let one = json!({
        "name": "A", "parent_group_id": "2", "privacy": "public", "invite_members_enabled": true, "hidden_emails": null,
        "alias_name": "a", "default_emails_frequency": "daily", "manager_email_address": "ada@b.example",
    });
    assert_eq!(call("groups", "create", one).grants(), [grant("ada@b.example", Some("2"))]);
    let rows = json!({ "groups": [
        { "name": "A", "parent_group_id": "2", "manager_email_address": "ada@b.example" },
        { "name": "B", "parent_group_id": "2" },
        { "name": "C", "manager_email_address": "grace@b.example" },
    ] });
    let many = call("bulk", "create_groups", rows).grants();
    assert_eq!(many, [grant("ada@b.example", Some("2")), grant("grace@b.example", None)]);
    assert!(call("members", "remove", json!({ "group_id": "2", "user_id": "7" })).grants().is_empty());
}

#[test]
fn a_hard_delete_destroys_only_when_it_is_wanted() {
    let remove = |hard| call("members", "remove", json!({ "group_id": "2", "user_id": "7", "hard_delete": hard }));
    assert_eq!(remove(true).destroys(), Some("hard_delete"));
    assert_eq!(remove(false).destroys(), None);
    assert_eq!(call("users", "delete", json!({ "user_id": "7" })).destroys(), None);
}

// ---- rows

#[test]
fn a_row_is_a_member_whatever_is_missing_but_the_id() {
    let made = adapter().member("12", &json!({ "id": 5 })).unwrap();
    let bare = Member {
        id: "5".into(),
        email: None,
        name: String::new(),
        fields: Vec::new(),
        kinds: Vec::new(),
        registered: None,
        invited_at: None,
        created_at: None,
        admin: false,
        standing: Standing::Accepted,
        groups: Vec::new(),
    };
    assert_eq!(made, bare);
    for row in [json!({}), json!({ "id": null }), json!({ "id": "" }), json!({ "id": [] }), json!("x"), Value::Null] {
        assert_eq!(adapter().member("12", &row), None, "{row}");
    }
}

#[test]
fn a_row_says_in_which_groups_somebody_is_and_which_of_them_they_administer() {
    let groups = json!([{ "id": 11, "is_admin": true }, { "id": "12" }, { "is_admin": true }]);
    let member = adapter().member("12", &json!({ "id": "1", "groups": groups })).unwrap();
    let of = |group: &str, admin| Membership { group: group.into(), admin };
    assert_eq!(member.groups, [of("11", true), of("12", false)]);
    assert!(!member.admin, "of another group");
}

#[test]
fn groups_are_listed_with_the_one_above_and_leaving_one_leaves_those_below() {
    let list = adapter().groups("main").unwrap();
    in_normal_form(&list);
    assert_eq!(list.op.name(), "groups.list");
    let rows = [
        json!({ "id": 1, "name": "All", "parent_group": null, "members_count": 3 }),
        json!({ "id": 2, "name": "Some", "parent_group": 1 }),
    ];
    let groups: Vec<Group> = rows.iter().filter_map(|row| adapter().group(row)).collect();
    let group = |id: &str, name: &str, parent: Option<&str>, members| Group {
        id: id.into(),
        name: name.into(),
        parent: parent.map(str::to_owned),
        members,
    };
    assert_eq!(groups, [group("1", "All", None, Some(3)), group("2", "Some", Some("1"), None)]);
    assert_eq!(below(&groups, "1"), [&groups[1]]);
    assert_eq!(adapter().group(&json!({ "name": "no id" })), None);
    assert_eq!(adapter().cascade(), Cascade::JoinsAboveLeavesBelow);
}

#[test]
fn standings_are_read_in_both_of_the_documents_spellings() {
    let of = |status: Value| {
        let groups = json!([{ "id": 11, "status": "declined" }, { "id": "12", "status": status }]);
        adapter().member("12", &json!({ "id": "1", "groups": groups })).unwrap().standing
    };
    assert_eq!(of(json!("accepted")), Standing::Accepted);
    assert_eq!(of(json!("approved")), Standing::Accepted);
    assert_eq!(of(Value::Null), Standing::Accepted);
    assert_eq!(of(json!("pending")), Standing::Pending);
    assert_eq!(of(json!("declined")), Standing::Declined);
}

#[test]
fn fields_are_text_with_the_names_first_and_without_the_address() {
    let row = json!({
        "id": "1", "first_name": "Ada", "last_name": null, "email": "[email protected]",
        "groups": [{ "id": 12, "is_admin": true, "last_invited_in": 0 }],
        "fields": { "email": "ada@b.example", "city": "Turin", "first_name": "other", "last_name": "Lovelace",
                    "birthday": 1_436_907_600, "gone": null, "member": true }
    });
    let made = adapter().member("12", &row).unwrap();
    let want = [
        ("first_name", "Ada"),
        ("city", "Turin"),
        ("last_name", "Lovelace"),
        ("birthday", "1436907600"),
        ("member", "true"),
    ];
    assert_eq!(made.fields, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(made.email, None, "a masked address is none");
    assert_eq!((made.admin, made.invited_at), (true, None), "0 is never");
}

// ---- doubts

fn doubt(operation: &str, key: &str, wanted: Value, before: Value) -> Doubt {
    let kind = match operation.contains("groups") {
        true => SubjectKind::Group,
        false => SubjectKind::Person,
    };
    let group = (!operation.starts_with("users") && kind == SubjectKind::Person).then(|| "12".to_owned());
    Doubt {
        effect: 1,
        operation: operation.into(),
        subject: Subject { kind, key: key.into(), group },
        address: None,
        wanted,
        before,
        begun_at: i64::MAX,
        job: None,
    }
}

fn judged(doubt: &Doubt, reads: &[Value]) -> Verdict {
    let look_up = adapter().look_up("main", std::slice::from_ref(doubt)).unwrap();
    look_up.reads.iter().for_each(in_normal_form);
    assert!(look_up.reads.iter().all(|read| read.op.is_read()));
    (look_up.judge)(doubt, reads)
}

fn row(id: &str, groups: Value) -> Value {
    json!({ "id": id, "email": format!("M{id}@b.example"), "groups": groups })
}

fn invited(id: &str, at: Value) -> Value {
    row(id, json!([{ "id": 11, "last_invited_in": 9_999 }, { "id": 12, "last_invited_in": at }]))
}

/// What the intent keeps of a read, as the ledger stores it.
fn kept(call: &Call, key: &str, reads: &[Value]) -> Value {
    let before = adapter().before(call).unwrap();
    before.reads.iter().for_each(in_normal_form);
    (before.keep)(call, key, reads)
}

fn invitation(ids: &[&str]) -> Call {
    let members = ids.iter().map(|id| (*id).to_owned()).collect();
    adapter().invite("main", "12", &Invitation { members, sender: Some("7".into()) }).unwrap().remove(0)
}

#[test]
fn an_invitation_is_proved_by_a_later_record_of_the_platform_and_by_nothing_else() {
    let of = |before: Value, now: Value| {
        let before = kept(&invitation(&["3"]), "3", &[invited("3", before)]);
        judged(&doubt("members.invite", "3", json!("3"), before), &[invited("3", now)])
    };
    assert_eq!(of(json!(1_000), json!(1_001)), Verdict::Applied(None));
    assert_eq!(of(Value::Null, json!(1)), Verdict::Applied(None), "never invited before");
    assert!(matches!(of(json!(1_000), json!(1_000)), Verdict::Unknown(_)), "it may still be queued");
    assert!(matches!(of(json!(1_000), json!(999)), Verdict::Unknown(_)));
    assert!(matches!(of(json!(1_000), Value::Null), Verdict::Unknown(_)));
}

#[test]
fn our_own_clock_has_no_say_in_whether_an_invitation_was_sent() {
    let before = kept(&invitation(&["3"]), "3", &[invited("3", json!(1_000))]);
    for begun_at in [i64::MIN, 0, 1_000, i64::MAX] {
        let doubt = Doubt { begun_at, ..doubt("members.invite", "3", json!("3"), before.clone()) };
        assert_eq!(judged(&doubt, &[invited("3", json!(1_001))]), Verdict::Applied(None));
        assert!(matches!(judged(&doubt, &[invited("3", json!(1_000))]), Verdict::Unknown(_)));
    }
}

#[test]
fn without_what_was_there_before_an_invitation_stays_unknown() {
    for before in [Value::Null, json!({}), json!({ "last_invited_in": null })] {
        let doubt = doubt("members.invite", "3", json!("3"), before);
        assert!(matches!(judged(&doubt, &[invited("3", json!(5_000))]), Verdict::Unknown(_)));
    }
    assert_eq!(kept(&invitation(&["3"]), "3", &[Value::Null]), Value::Null, "somebody who was not found");
    let before = kept(&invitation(&["3"]), "3", &[invited("3", json!(1))]);
    let gone = doubt("members.invite", "3", json!("3"), before);
    assert!(matches!(judged(&gone, &[Value::Null]), Verdict::Unknown(_)), "gone is not uninvited");
}

#[test]
fn an_invitation_into_another_group_proves_nothing_here() {
    let before = kept(&invitation(&["3"]), "3", &[invited("3", json!(1_000))]);
    let now = row("3", json!([{ "id": 11, "last_invited_in": 99_999 }, { "id": 12, "last_invited_in": 1_000 }]));
    assert!(matches!(judged(&doubt("members.invite", "3", json!("3"), before), &[now]), Verdict::Unknown(_)));
}

#[test]
fn up_to_three_people_are_read_one_by_one_and_more_in_the_groups_list() {
    let reads = |ids: &[&str]| names(&adapter().before(&invitation(ids)).unwrap().reads);
    assert_eq!(reads(&["1", "2", "3"]), vec!["members.get"; 3]);
    assert_eq!(reads(&["1", "2", "3", "4"]), ["members.list"]);
    let doubts: Vec<Doubt> =
        ["1", "2", "3", "4"].map(|key| doubt("members.invite", key, json!(key), Value::Null)).into();
    assert_eq!(names(&adapter().look_up("main", &doubts[..3]).unwrap().reads), vec!["members.get"; 3]);
    assert_eq!(names(&adapter().look_up("main", &doubts).unwrap().reads), ["members.list"]);
    let before =
        kept(&invitation(&["1", "2", "3", "4"]), "4", &[json!([invited("3", json!(7)), invited("4", json!(8))])]);
    assert_eq!(before["invited_at"], json!(8), "found among the rows of a list, and of this group");
}

#[test]
fn a_removal_happened_when_the_person_is_not_in_the_group_any_more() {
    let gone = doubt("members.remove", "3", json!({}), Value::Null);
    assert_eq!(judged(&gone, &[row("3", json!([{ "id": 12 }]))]), Verdict::NotApplied);
    assert_eq!(judged(&gone, &[row("3", json!([{ "id": 11 }]))]), Verdict::Applied(None));
    assert_eq!(judged(&gone, &[Value::Null]), Verdict::Applied(None), "not found");
    assert_eq!(judged(&gone, &[json!([row("4", json!([{ "id": 12 }]))])]), Verdict::Applied(None), "not in the list");
    let listed = json!([{ "id": "3", "email": "m3@b.example" }]);
    assert_eq!(judged(&gone, &[listed]), Verdict::NotApplied, "in the group's list, though the row names no groups");
}

#[test]
fn an_update_happened_when_its_values_are_read_back() {
    for operation in ["members.update", "users.update"] {
        let wanted =
            json!({ "fields": { "city": "Turin", "birthday": 1_436_907_600, "note": "", "first_name": "Ada" } });
        let of = |read: Value| judged(&doubt(operation, "3", wanted.clone(), Value::Null), &[read]);
        let held = json!({ "id": "3", "first_name": "Ada", "fields": { "city": "Turin", "birthday": "1436907600" } });
        assert_eq!(of(held.clone()), Verdict::Applied(Some(held.clone())), "{operation}");
        let mut other = held.clone();
        other["fields"]["city"] = json!("Rome");
        assert_eq!(of(other), Verdict::NotApplied, "{operation}");
        assert!(matches!(of(Value::Null), Verdict::Stale(_)), "{operation}: the person is gone");
    }
    let slash = doubt("users.update", "3", json!({ "fields": { "a/b~c": "x" } }), Value::Null);
    let held = json!({ "id": "3", "fields": { "a/b~c": "x" } });
    assert_eq!(judged(&slash, std::slice::from_ref(&held)), Verdict::Applied(Some(held.clone())), "names are no paths");
}

#[test]
fn an_imported_row_is_in_when_the_person_is_a_member_and_holds_the_values() {
    let wanted = json!({ "fields": { "email": "M3@b.example", "city": "Turin" } });
    let of = |read: Value| judged(&doubt("bulk.create_members", "m3@b.example", wanted.clone(), Value::Null), &[read]);
    let mut held = row("3", json!([{ "id": 12 }]));
    held["fields"] = json!({ "city": "Turin" });
    assert_eq!(of(json!([held.clone()])), Verdict::Applied(Some(held.clone())));
    let mut elsewhere = held.clone();
    elsewhere["groups"] = json!([{ "id": 11 }]);
    assert_eq!(of(json!([elsewhere])), Verdict::NotApplied, "an account alone is no membership");
    held["fields"] = json!({ "city": "Rome" });
    assert_eq!(of(json!([held])), Verdict::NotApplied, "a member from before the import");
    for none in [Value::Null, json!([]), json!({})] {
        assert_eq!(of(none), Verdict::NotApplied);
    }
}

#[test]
fn an_added_person_is_found_by_address_or_id_in_the_group() {
    let held = row("3", json!([{ "id": 12 }]));
    for key in ["3", "m3@b.example"] {
        let added = doubt("members.add", key, json!({}), Value::Null);
        assert_eq!(judged(&added, &[json!([held.clone()])]), Verdict::Applied(Some(held.clone())), "{key}");
        assert_eq!(judged(&added, &[json!([row("3", json!([]))])]), Verdict::NotApplied, "{key}");
        assert_eq!(judged(&added, &[json!([])]), Verdict::NotApplied, "{key}");
    }
    let reads = |key: &str| {
        names(&adapter().look_up("main", &[doubt("members.add", key, json!({}), Value::Null)]).unwrap().reads)
    };
    assert_eq!(reads("m3@b.example"), ["users.find_by_email"]);
    assert_eq!(reads("3"), ["users.get"]);
}

#[test]
fn accounts_are_there_or_not() {
    let held = row("3", json!([]));
    let created = doubt("users.create", "m3@b.example", json!({}), Value::Null);
    assert_eq!(judged(&created, &[json!([held.clone()])]), Verdict::Applied(Some(held.clone())));
    assert_eq!(judged(&created, &[Value::Null]), Verdict::NotApplied);
    let deleted = doubt("users.delete", "3", json!({}), Value::Null);
    assert_eq!(judged(&deleted, &[Value::Null]), Verdict::Applied(None));
    assert_eq!(judged(&deleted, &[held]), Verdict::NotApplied);
}

fn group_call(name: &str) -> Call {
    let args = json!([{ "groups": [{ "name": name, "parent_group_id": 1 }] }]);
    let args: Args = check(named("bulk.create_groups"), vec![args[0].clone()]).unwrap();
    Call { platform: mobilize(), op: named("bulk.create_groups"), connection: "main".into(), args }
}

#[test]
fn a_group_that_was_there_before_proves_nothing_about_creating_one() {
    let there = json!([{ "id": 15, "name": "Board", "parent_group": 1 }]);
    for operation in ["groups.create", "bulk.create_groups"] {
        let of = |before: &Value, now: Value, parent: Option<&str>| {
            let before = kept(&group_call("Board"), "board", std::slice::from_ref(before));
            let mut doubt = doubt(operation, "board", json!({}), before);
            doubt.subject.group = parent.map(str::to_owned);
            judged(&doubt, &[now])
        };
        let nothing = json!([]);
        let made = Verdict::Applied(Some(there[0].clone()));
        assert_eq!(of(&nothing, there.clone(), Some("1")), made, "{operation}");
        assert_eq!(of(&nothing, there.clone(), None), made, "{operation}: no parent was named");
        assert_eq!(of(&there, there.clone(), Some("1")), Verdict::NotApplied, "{operation}: it was there");
        assert_eq!(of(&nothing, json!([]), Some("1")), Verdict::NotApplied, "{operation}");
        assert!(matches!(of(&nothing, there.clone(), Some("2")), Verdict::Stale(_)), "{operation}: elsewhere");
    }
}

#[test]
fn a_groups_update_is_read_back_in_words_where_it_was_sent_in_numbers() {
    let group = json!([{
        "id": 12, "name": "Board", "privacy": "private", "default_emails_frequency": "DAILY", "hidden_emails": null,
        "members_posting_permissions": ["event", "quickpost"]
    }]);
    for operation in ["groups.update", "bulk.update_groups"] {
        let of = |wanted: Value| judged(&doubt(operation, "12", wanted, Value::Null), std::slice::from_ref(&group));
        let done = Verdict::Applied(Some(group[0].clone()));
        assert_eq!(of(json!({ "id": "12", "privacy": 10, "default_emails_frequency": 1 })), done, "{operation}");
        assert_eq!(of(json!({ "name": "Board", "hidden_emails": null })), done, "{operation}");
        let permissions = json!({ "members_posting_permissions": ["quickpost", "event"] });
        assert_eq!(of(permissions), done, "{operation}: in the platform's own order");
        assert_eq!(of(json!({ "privacy": 5 })), Verdict::NotApplied, "{operation}");
        assert_eq!(of(json!({ "default_emails_frequency": 9 })), Verdict::NotApplied, "{operation}");
        assert_eq!(of(json!({ "name": "Board", "privacy": 5 })), Verdict::NotApplied, "{operation}");
        let never_read = of(json!({ "alias_name": "board" }));
        assert!(matches!(never_read, Verdict::Unknown(_)), "{operation}: nothing that was sent is ever read back");
        let gone = judged(&doubt(operation, "99", json!({ "name": "x" }), Value::Null), std::slice::from_ref(&group));
        assert!(matches!(gone, Verdict::Stale(_)), "{operation}");
    }
}

#[test]
fn every_write_of_the_table_can_be_looked_up() {
    for op in mobilize().ops.iter().filter(|op| !op.is_read()) {
        let doubts = [doubt(&op.name(), "3", json!({}), Value::Null)];
        let look_up = adapter().look_up("main", &doubts).unwrap_or_else(|| panic!("{}", op.name()));
        assert!(!look_up.reads.is_empty(), "{}", op.name());
        look_up.reads.iter().for_each(in_normal_form);
    }
    assert!(adapter().look_up("main", &[]).is_none());
    assert!(adapter().look_up("main", &[doubt("users.list", "3", json!({}), Value::Null)]).is_none());
}

#[test]
fn what_a_row_does_not_say_is_not_held_to_be_otherwise() {
    let held = |operation: &str, row: Value| {
        let wanted = json!({ "user_id": "3", "fields": { "city": "Turin", "skills": "none" } });
        adapter().held(&doubt(operation, "3", wanted, Value::Null), Some(&row))
    };
    let bare = held("members.add", json!({ "id": "3" }));
    assert_eq!(bare.get("member"), None, "no groups are named: in or out");
    assert_eq!(bare["fields"], json!({ "city": null, "skills": null }), "no fields are shown: empty or not");
    let out = held("members.add", json!({ "id": "3", "groups": [], "fields": { "skills": ["rust", 7] } }));
    assert_eq!((&out["member"], &out["typed"]), (&json!(false), &json!(["skills"])));
    assert_eq!(out["fields"], json!({ "city": "", "skills": "[\"rust\",7]" }));
    let waits = held("members.add", json!({ "id": "3", "groups": [{ "id": "12", "status": "Pending" }] }));
    assert_eq!((&waits["member"], &waits["standing"]), (&json!(false), &json!("pending")));
}

#[test]
fn a_row_of_a_groups_list_is_in_that_group_where_it_names_none() {
    let list = call("members", "list", json!({ "group_id": "12" }));
    assert_eq!(adapter().placed(&list, json!({ "id": 3 })), json!({ "id": 3, "groups": [{ "id": "12" }] }));
    let one = call("members", "get", json!({ "group_id": "12", "user_id": "3" }));
    assert_eq!(adapter().placed(&one, json!({ "id": 3 }))["groups"], json!([{ "id": "12" }]));
    for row in [json!({ "id": 3, "groups": [] }), Value::Null] {
        assert_eq!(adapter().placed(&list, row.clone()), row, "what the platform says stands");
    }
    let users = call("users", "list", json!({}));
    assert_eq!(adapter().placed(&users, json!({ "id": 3 })), json!({ "id": 3 }));
}
