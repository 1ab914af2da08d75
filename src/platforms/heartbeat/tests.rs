use std::sync::Arc;

use serde_json::{Value, json};

use super::simulate::simulate;
use super::{PLATFORM, after, complete, doubts, errors, held, reads, users};
use crate::catalog::{Args, Call, Code, Deed, Doubt, Entry, Seen, Subject, SubjectKind, Verdict, Whom, check};
use crate::model::{Change, Email, FieldChange, Member, Person};
use crate::world::{Field, FieldKind, Kind, NewGroup, World, guid};

const TOP: u64 = 1;
const LEFT: u64 = 2;
const RIGHT: u64 = 3;

fn group(number: u64) -> String {
    guid(Kind::Group, number)
}

fn role(number: u64) -> String {
    guid(Kind::Role, number)
}

/// A group with two below it; Ada is in the left one, Bob in none.
fn world() -> World {
    let mut world = World::new(1, 1_767_225_600_000, 11, TOP);
    for (id, name) in [(1, "first_name"), (2, "last_name")] {
        let (name, unique_name) = (name.to_owned(), name.to_owned());
        let kind = FieldKind::Text;
        world.define(Field { id, name, unique_name, kind, options: Vec::new(), required: true, group: None });
    }
    for (name, parent) in [("Top", None), ("Left", Some(TOP)), ("Right", Some(TOP))] {
        world.create_group(NewGroup { name: name.into(), parent, ..NewGroup::default() }).unwrap();
    }
    let ada = world.create_named("Ada@b.example", "Ada King Lovelace").unwrap();
    world.join(ada, LEFT).unwrap();
    world.create_named("bob@b.example", "Bob").unwrap();
    world
}

/// What a tool gives, or its no as an error.
fn ask(world: &mut World, name: &str, args: Value) -> Result<Value, String> {
    let (noun, verb) = name.split_once('.').unwrap();
    let op = PLATFORM.op(noun, verb).unwrap();
    let (status, answer) = simulate(world, op, &Args::from_checked(args.as_object().unwrap().clone()));
    match errors::open(op, status, answer.to_string().as_bytes()) {
        Ok(()) => Ok(answer),
        Err(fault) => Err(format!("{}: {}", fault.code.as_str(), fault.message)),
    }
}

fn names_in(world: &mut World, number: u64) -> Vec<String> {
    let row = ask(world, "groups.get", json!({ "group_id": group(number) })).unwrap();
    row["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn members_come_into_the_groups_above_and_addresses_that_nobody_has_are_passed_over() {
    let mut world = world();
    let add = json!({ "group_id": group(RIGHT), "emails": ["BOB@b.example", "ghost@b.example"] });
    assert_eq!(ask(&mut world, "members.add", add).unwrap(), json!({ "success": true }));
    assert_eq!((names_in(&mut world, RIGHT), names_in(&mut world, TOP).len()), (vec!["bob@b.example".into()], 2));
    let remove = json!({ "group_id": group(TOP), "emails": ["bob@b.example"] });
    ask(&mut world, "members.remove", remove).unwrap();
    assert!(names_in(&mut world, RIGHT).is_empty(), "a group has the members of those below it");
    let moved = json!({
        "group_id": group(RIGHT), "emails": ["ada@b.example"], "should_remove_from_sibling_groups": true,
    });
    ask(&mut world, "members.add", moved).unwrap();
    assert_eq!((names_in(&mut world, LEFT).len(), names_in(&mut world, RIGHT).len()), (0, 1));
    assert_eq!(names_in(&mut world, TOP).len(), 1);
}

#[test]
fn accounts_are_made_closed_and_opened_again_with_what_they_had() {
    let mut world = world();
    let eve = json!({
        "email": "eve@b.example", "name": "Eve", "role_id": role(1), "bio": "b", "linkedin": "https://l.example",
        "group_ids": [group(LEFT)],
    });
    let made = ask(&mut world, "users.create", eve.clone()).unwrap()["userID"].clone();
    let row = ask(&mut world, "users.get", json!({ "user_id": made })).unwrap();
    assert_eq!((&row["role"], &row["isAdmin"], &row["bio"]), (&json!("Admin"), &json!(true), &json!("b")));
    assert_eq!((&row["socialLinks"]["linkedin"], row["lastLogin"].is_null()), (&json!("https://l.example"), true));
    assert_eq!(row["groups"].as_array().unwrap().len(), 2, "the group and the one above it");
    assert_eq!(ask(&mut world, "users.create", eve).unwrap_err(), "refused: User already exists in community");
    let who = json!({ "email": "eve@b.example" });
    ask(&mut world, "users.delete", who.clone()).unwrap();
    for name in ["users.find_by_email", "users.delete", "notifications.count"] {
        assert_eq!(ask(&mut world, name, who.clone()).unwrap_err(), "not_found: Could not find user", "{name}");
    }
    assert_eq!(ask(&mut world, "users.list", json!({})).unwrap().as_array().unwrap().len(), 2);
    assert_eq!(names_in(&mut world, LEFT), ["Ada@b.example"]);
    ask(&mut world, "users.reactivate", who.clone()).unwrap();
    ask(&mut world, "users.reactivate", who.clone()).unwrap();
    assert_eq!(ask(&mut world, "users.find_by_email", who).unwrap(), row, "as before; a second time is no failure");
    let update = json!({ "email": "eve@b.example", "name": "Eve Two", "bio": "" });
    ask(&mut world, "users.update", update).unwrap();
    let row = ask(&mut world, "users.get", json!({ "user_id": made })).unwrap();
    assert_eq!((&row["firstName"], &row["lastName"], &row["bio"]), (&json!("Eve"), &json!("Two"), &json!("")));
}

#[test]
fn a_pending_user_is_nowhere_until_they_sign_in() {
    let mut world = world();
    let pending = |role_id: u64| json!({ "email": "new@b.example", "name": "New One", "role_id": role(role_id), "group_ids": [group(LEFT)] });
    ask(&mut world, "users.create_pending", pending(2)).unwrap();
    ask(&mut world, "users.create_pending", pending(3)).unwrap();
    assert_eq!(world.pending_users().count(), 1, "asked for again, it is changed");
    assert_eq!(ask(&mut world, "users.list", json!({})).unwrap().as_array().unwrap().len(), 2);
    let taken = json!({ "email": "ada@b.example", "name": "A", "role_id": role(2) });
    assert!(ask(&mut world, "users.create_pending", taken).unwrap_err().contains("already exists"));
    world.first_sign_in("NEW@b.example").unwrap();
    let row = ask(&mut world, "users.find_by_email", json!({ "email": "new@b.example" })).unwrap();
    assert_eq!((&row["role"], &row["name"]), (&json!("Moderator"), &json!("New One")));
    assert_eq!(names_in(&mut world, LEFT).len(), 2);
}

#[test]
fn invitations_are_links_that_are_mailed_only_when_asked_for() {
    let mut world = world();
    let args = json!({ "group_ids": [group(LEFT)], "role_id": role(2) });
    let link = ask(&mut world, "invitations.create", args).unwrap();
    assert_eq!(link["code"].as_str().unwrap().len(), 6);
    assert_eq!(link["groups"], json!([{ "id": group(LEFT), "name": "Left" }]));
    for (mail, sent) in [(false, 0), (true, 2)] {
        let args =
            json!({ "invitation_id": link["id"], "emails": ["x@b.example", "y@b.example"], "should_send_email": mail });
        ask(&mut world, "invitations.update", args).unwrap();
        assert_eq!(world.outbox().len(), sent);
    }
    assert_eq!(world.outbox()[0].operation, "invitations.update");
    assert_eq!(ask(&mut world, "invitations.list", json!({})).unwrap(), json!([link]), "addresses are not shown");
}

#[test]
fn groups_are_made_changed_and_deleted_and_what_is_refused_changes_nothing() {
    let mut world = world();
    let args = json!({ "name": "Below", "parent_group_id": group(LEFT), "members": ["bob@b.example", "no@b.example"] });
    let made = ask(&mut world, "groups.create", args).unwrap()["groupID"].clone();
    let update = json!({ "group_id": made, "description": "d", "name": "Under" });
    ask(&mut world, "groups.update", update).unwrap();
    let row = ask(&mut world, "groups.get", json!({ "group_id": made })).unwrap();
    assert_eq!(
        (&row["name"], &row["description"], &row["users"][0]["email"]),
        (&json!("Under"), &json!("d"), &json!("bob@b.example"))
    );
    let before = world.clone();
    for (name, args, words) in [
        ("groups.delete", json!({ "group_id": group(LEFT) }), "refused: Group has child groups"),
        ("groups.delete", json!({ "group_id": "none" }), "not_found: Could not find group"),
        ("groups.create", json!({ "name": " " }), "refused: name is required"),
        ("groups.create", json!({ "name": "under" }), "refused: A group with this name already exists"),
        ("members.add", json!({ "group_id": role(1), "emails": [] }), "not_found: Could not find group"),
        ("invitations.create", json!({ "group_ids": [], "role_id": "x" }), "refused: Invalid roleID"),
        ("users.update", json!({ "email": "no@b.example" }), "not_found: Could not find user"),
    ] {
        assert_eq!(ask(&mut world, name, args).unwrap_err(), words, "{name}");
    }
    assert_eq!(world, before);
    ask(&mut world, "groups.delete", json!({ "group_id": made })).unwrap();
    assert!(ask(&mut world, "users.find_by_email", json!({ "email": "bob@b.example" })).is_ok(), "members stay");
}

fn call(name: &str, args: Value) -> Call {
    let (noun, verb) = name.split_once('.').unwrap();
    let op = PLATFORM.op(noun, verb).unwrap();
    let args = check(op, vec![args]).unwrap_or_else(|error| panic!("{error}"));
    Call { platform: &PLATFORM, op, connection: "hb".into(), args }
}

fn doubt(operation: &str, key: &str, group: Option<&str>, wanted: Value, before: Value) -> Doubt {
    let kind = if operation.starts_with("groups") { SubjectKind::Group } else { SubjectKind::Person };
    let subject = Subject { kind, key: key.into(), group: group.map(str::to_owned) };
    Doubt { effect: 1, operation: operation.into(), subject, address: None, wanted, before, begun_at: 0, job: None }
}

/// A verdict's kind.
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Applied(_) => "applied",
        Verdict::NotApplied => "not applied",
        Verdict::Unknown(_) => "unknown",
        Verdict::Stale(_) => "stale",
    }
}

#[test]
fn memberships_are_judged_by_the_group_itself() {
    let row = [json!({ "id": "g", "users": [{ "id": "u", "email": " Ada@B.example" }] })];
    let judged = |before: Value, reads: &[Value]| {
        let doubt = doubt("members.add", "ada@b.example", Some("g"), json!("ada@b.example"), before);
        (word(&doubts::judge_added(&doubt, reads)), word(&doubts::judge_removed(&doubt, reads)))
    };
    assert_eq!(judged(Value::Null, &row), ("applied", "not applied"));
    assert_eq!(judged(Value::Null, &[json!({ "id": "g", "users": [] })]), ("not applied", "applied"));
    assert_eq!(judged(Value::Null, &[Value::Null]), ("stale", "applied"), "the group is gone");
    let was = json!({ "member": true, "siblings": true });
    assert_eq!(judged(was, &row).0, "unknown", "an older run did not read which sibling groups they were to leave");
}

#[test]
fn a_move_is_judged_by_the_groups_that_were_to_be_left() {
    let ada = || json!([{ "id": "u", "email": "Ada@B.example" }]);
    let group =
        |id: &str, above: Option<&str>, users: Value| json!({ "id": id, "parentGroupID": above, "users": users });
    let rows = |g: Value, s: Value, below: Value| {
        let all = [group("top", None, ada()), group("G", Some("top"), g), group("s", Some("top"), s)];
        let mut all = Vec::from(all);
        all.extend([group("under-s", Some("s"), below), group("other", Some("top"), json!([]))]);
        [Value::Array(all)]
    };
    let args = json!({ "group_id": "g", "emails": ["ada@b.example"], "should_remove_from_sibling_groups": true });
    let kept = doubts::keep_place(&call("members.add", args), "ada@b.example", &rows(json!([]), ada(), ada()));
    let before =
        json!({ "member": false, "siblings": true, "left": ["s", "under-s"], "also": [], "email": "ada@b.example" });
    assert_eq!(kept, before);
    let judged = |reads: &[Value]| {
        let doubt = doubt("members.add", "ada@b.example", Some("g"), json!("ada@b.example"), kept.clone());
        word(&doubts::judge_added(&doubt, reads))
    };
    assert_eq!(judged(&rows(ada(), json!([]), json!([]))), "applied");
    assert_eq!(judged(&rows(ada(), ada(), json!([]))), "not applied", "somebody else has added them");
    assert_eq!(judged(&rows(json!([]), json!([]), json!([]))), "not applied");
    assert_eq!(judged(&[json!([])]), "stale");
}

#[test]
fn accounts_and_profiles_are_judged_by_their_rows() {
    let row = json!({ "id": "u1", "email": "Ada@b.example", "name": "Ada", "bio": "now", "socialLinks": { "twitter": "@a" } });
    let (found, none) = ([row], [Value::Null]);
    let of = |wanted: Value, before: Value| doubt("users.update", "ada@b.example", None, wanted, before);
    let plain = of(json!({}), Value::Null);
    assert_eq!(doubts::judge_created(&plain, &found), Verdict::Applied(Some(json!({ "userID": "u1", "id": "u1" }))));
    assert_eq!(doubts::judge_created(&plain, &none), Verdict::NotApplied);
    assert_eq!(
        (word(&doubts::judge_pending(&plain, &found)), word(&doubts::judge_pending(&plain, &none))),
        ("applied", "unknown")
    );
    assert_eq!(
        (word(&doubts::judge_deleted(&plain, &found)), word(&doubts::judge_deleted(&plain, &none))),
        ("not applied", "applied")
    );
    assert_eq!(
        (word(&doubts::judge_reactivated(&plain, &found)), word(&doubts::judge_reactivated(&plain, &none))),
        ("applied", "not applied")
    );
    let updated = |wanted: Value, before: Value| word(&doubts::judge_updated(&of(wanted, before), &found));
    assert_eq!(updated(json!({ "bio": "now", "twitter": "@a" }), Value::Null), "applied");
    assert_eq!(updated(json!({ "bio": "then" }), json!({ "fields": { "bio": "now" } })), "not applied");
    assert_eq!(updated(json!({ "bio": "then" }), json!({ "fields": { "bio": "before" } })), "stale");
    assert_eq!(updated(json!({ "status": "x" }), Value::Null), "unknown", "no row shows a status");
    assert_eq!(word(&doubts::judge_updated(&of(json!({ "bio": "x" }), Value::Null), &none)), "stale");
}

#[test]
fn what_was_made_is_told_by_the_ids_that_were_there_before() {
    let groups = |ids: &[&str]| -> [Value; 1] {
        [ids.iter().map(|id| json!({ "id": id, "name": " Berlin", "parentGroupID": "p" })).collect()]
    };
    let asked = call("groups.create", json!({ "name": "berlin", "parent_group_id": "P" }));
    let kept = doubts::keep_groups(&asked, "berlin", &groups(&["g1"]));
    assert_eq!(kept, json!({ "existed": "g1", "ids": ["g1"] }));
    let judged = |parent: &str, reads: &[Value]| {
        doubts::judge_group_created(&doubt("groups.create", "berlin", Some(parent), Value::Null, kept.clone()), reads)
    };
    assert_eq!(judged("p", &groups(&["g1"])), Verdict::NotApplied, "names need not be unique");
    assert_eq!(
        judged("P", &groups(&["g1", "g2"])),
        Verdict::Applied(Some(json!({ "success": true, "groupID": "g2", "id": "g2" })))
    );
    assert_eq!(word(&judged("elsewhere", &groups(&["g1", "g2"]))), "stale");

    let link =
        |id: &str, role: &str| json!({ "id": id, "role": { "id": role }, "groups": [{ "id": "G1" }, { "id": "g2" }] });
    let asked = call("invitations.create", json!({ "group_ids": ["g2", "g1"], "role_id": "r" }));
    let before = doubts::keep_invitations(&asked, "", &[json!([link("i1", "r")])]);
    let wanted = asked.args.to_value();
    let judged = |before: Value, rows: Value| {
        word(&doubts::judge_invitation(&doubt("invitations.create", "x", None, wanted.clone(), before), &[rows]))
    };
    assert_eq!(judged(before.clone(), json!([link("i1", "r"), link("i2", "other")])), "not applied");
    assert_eq!(judged(before, json!([link("i1", "r"), link("i2", "r")])), "applied");
    assert_eq!(judged(Value::Null, json!([link("i1", "r")])), "unknown");
}

#[test]
fn every_write_has_a_look_up_or_waits_for_a_person() {
    let adapter = PLATFORM.adapter;
    let none: Vec<String> = PLATFORM
        .ops
        .iter()
        .filter(|op| !op.is_read())
        .filter(|op| {
            adapter.look_up("hb", &[doubt(&op.name(), "a@b.example", Some("g"), Value::Null, Value::Null)]).is_none()
        })
        .map(|op| op.name())
        .collect();
    assert_eq!(none, ["invitations.update"]);
    let many: Vec<Doubt> =
        (0..30).map(|at| doubt("users.create", &format!("p{at}@b.example"), None, Value::Null, Value::Null)).collect();
    let reads = adapter.look_up("hb", &many).unwrap().reads;
    assert_eq!((reads.len(), reads[0].op.name().as_str()), (1, "users.list"), "many are found in one list");
    assert_eq!(adapter.look_up("hb", &many[..20]).unwrap().reads.len(), 20);
}

fn member(email: &str) -> Member {
    let row = json!({ "id": "u1", "email": email, "name": "Ada King", "firstName": "Ada", "lastName": "King", "bio": "b", "groups": [{ "id": "g" }] });
    users::member("g", &row).unwrap()
}

fn field(name: &str, before: &str, after: &str) -> FieldChange {
    FieldChange { name: name.into(), before: before.into(), after: after.into() }
}

#[test]
fn changes_become_as_few_calls_as_there_are_tools_for_and_names_stay_whole() {
    let person = |email: &str| Person { email: Email::parse(email).unwrap(), fields: Vec::new(), line: 1 };
    let changes = [
        Change::Add(person("New@b.example")),
        Change::Update { member: member("ada@b.example"), fields: vec![field("last_name", "King", "Lovelace")] },
        Change::Add(person("two@b.example")),
        Change::Remove(member("gone@b.example")),
    ];
    let calls = PLATFORM.adapter.calls("hb", "g", &changes).unwrap();
    let made: Vec<(String, Value)> = calls.iter().map(|call| (call.op.name(), call.args.to_value())).collect();
    assert_eq!(
        made,
        [
            ("members.add".into(), json!({ "group_id": "g", "emails": ["New@b.example", "two@b.example"] })),
            ("users.update".into(), json!({ "name": "Ada Lovelace", "email": "ada@b.example" })),
            ("members.remove".into(), json!({ "group_id": "g", "emails": ["gone@b.example"] })),
        ]
    );
    let held = PLATFORM.adapter.overwritten(&member("ada@b.example"), &[field("first_name", "Ada", "A")]);
    assert_eq!(Value::Object(held), json!({ "name": "Ada King" }), "what undo goes back to");
    for call in &calls {
        let piece = &call.pieces()[0];
        let (subject, part) = &piece.subjects[0];
        assert!(PLATFORM.adapter.deed(call.op, subject, part).is_some(), "and back: {}", call.op.name());
    }
}

#[test]
fn strangers_become_pending_users_with_a_name_and_the_role_that_was_named() {
    let fields = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let person = |email: &str, pairs| Person { email: Email::parse(email).unwrap(), fields: fields(pairs), line: 1 };
    let people = [
        person("ada@b.example", &[("first_name", "Ada"), ("last_name", " King "), ("bio", "b")][..]),
        person("bob@b.example", &[("name", "Bob B."), ("first_name", "x")][..]),
        person("who.knows@b.example", &[("first_name", "")][..]),
    ];
    let call = |person| PLATFORM.adapter.welcome("hb", &["g"], person, "Member", Entry::Pending).unwrap();
    let calls: Vec<_> = people.iter().map(call).collect();
    let names: Vec<&str> = calls.iter().map(|call| call.args.text("name")).collect();
    assert_eq!(names, ["Ada King", "Bob B.", "who.knows"]);
    assert_eq!(
        calls[0].args.to_value(),
        json!({ "bio": "b", "email": "ada@b.example", "group_ids": ["g"], "name": "Ada King", "role_id": "Member" })
    );
}

#[test]
fn a_role_is_meant_by_its_name_and_its_name_says_whether_it_gives_power() {
    let roles = [Arc::new(
        json!([{ "id": "r1", "name": "Admin" }, { "id": "r2", "name": "Member" }, { "id": "r3", "name": "member " }]),
    )];
    let bare =
        |role: &str| call("users.create_pending", json!({ "email": "a@b.example", "name": "A", "role_id": role }));
    let completion = complete::completion(&bare("admin")).unwrap();
    let filled = |role: &str| (completion.fill)(&bare(role), &roles);
    let whole = filled("admin").unwrap();
    assert_eq!((whole.args.text("role_id"), whole.args.text("role")), ("r1", "Admin"));
    assert_eq!(whole.grants().len(), 1);
    assert!(filled("r2").unwrap().grants().is_empty());
    let mut posing = bare("r1");
    posing.args.set("role", "Member");
    let whole = (completion.fill)(&posing, &roles).unwrap();
    assert_eq!((whole.args.text("role"), whole.grants().len()), ("Admin", 1), "whatever a script says it is called");
    assert!(filled("Member").unwrap_err().contains("several roles are called `Member`"));
    assert_eq!(filled("Chef").unwrap_err(), "there is no role `Chef`; there are `Admin`, `Member`, `member `");
}

#[test]
fn a_list_of_everybody_is_cut_down_to_whom_was_asked_for() {
    let row = |email: &str, groups: Value| json!({ "id": "u", "email": email, "groups": groups }).to_string();
    let lists = |args: Value, row: &str| PLATFORM.adapter.lists(&call("users.list", args), row.as_bytes());
    let ada = row("Ada@b.example", json!([{ "id": "G-1", "name": "g-2" }]));
    assert!(lists(json!({}), &ada));
    assert!(lists(json!({ "group_id": "g-1" }), &ada) && !lists(json!({ "group_id": "g-2" }), &ada));
    assert!(lists(json!({ "emails": ["ADA@b.example"] }), &ada) && !lists(json!({ "emails": ["b@b.example"] }), &ada));
    assert!(!lists(json!({ "group_id": "g-2", "emails": ["ada@b.example"] }), &ada));
    assert!(lists(json!({ "group_id": "g-1" }), &row("x@b.example", json!(["g-1"]))), "bare ids");
    assert!(!lists(json!({ "group_id": "g-1" }), &row("x@b.example", Value::Null)));
}

#[test]
fn rows_after_a_deed_are_as_the_platform_will_show_them() {
    let who = Whom { id: None, address: Some("ada@b.example".into()) };
    let row = json!({ "id": "u1", "email": "ada@b.example", "name": "Ada", "groups": [{ "id": "g1", "name": "G" }] });
    let joins = |group: &str| Deed::Joins { group: group.into(), who: who.clone(), fields: Default::default() };
    let joined = after::after(Some(row.clone()), "", &joins("g2")).unwrap();
    assert_eq!(joined["groups"], json!([{ "id": "g1", "name": "G" }, { "id": "g2" }]));
    assert_eq!(after::after(Some(row.clone()), "", &joins("G1")).unwrap(), row, "is in it already");
    assert_eq!(after::after(None, "x", &joins("g1")), None, "who has no account comes into nothing");
    let leaves = Deed::Leaves { group: "G1".into(), who: who.clone(), destroys: false };
    assert_eq!(after::after(Some(row.clone()), "", &leaves).unwrap()["groups"], json!([]));
    let fields = json!({ "name": "A B C", "bio": "x", "twitter": "@a", "status": "s" });
    let changes = Deed::Changes { who: who.clone(), fields: fields.as_object().unwrap().clone() };
    let changed = after::after(Some(row.clone()), "", &changes).unwrap();
    assert_eq!((&changed["firstName"], &changed["lastName"]), (&json!("A"), &json!("B C")));
    assert_eq!((&changed["socialLinks"]["twitter"], &changed["bio"]), (&json!("@a"), &json!("x")));
    let made = json!({ "name": "Eve", "group_ids": ["g7"] });
    let made = Deed::AccountMade { who: who.clone(), fields: made.as_object().unwrap().clone() };
    let made = after::after(None, "new", &made).unwrap();
    assert_eq!((&made["id"], users::is_in(&made, "g7")), (&json!("new"), true));
    assert_eq!(after::after(Some(row.clone()), "", &Deed::AccountDeleted { who, destroys: false }), None);
    let group = json!({ "id": "g1", "users": [{ "id": "u1" }, { "id": "u9" }] });
    let shown = after::peopled(group, &[("u1", None), ("u2", Some(&joined)), ("u3", Some(&made))]);
    let ids: Vec<&Value> = shown["users"].as_array().unwrap().iter().map(|user| &user["id"]).collect();
    assert_eq!(ids, ["u9", "u2"], "who is gone is out, who came is in");
}

#[test]
fn what_a_plan_holds_of_somebody_is_what_the_write_touches() {
    let row = json!({ "id": "u1", "email": "Ada@b.example", "name": "Ada", "bio": "b", "groups": [{ "id": "g" }] });
    let of = |operation: &str, wanted: Value, row: Option<&Value>| {
        held::held(&doubt(operation, "ada@b.example", Some("g"), wanted, Value::Null), row)
    };
    let there = json!({ "id": "u1", "email": "ada@b.example", "member": true, "name": "Ada" });
    assert_eq!(of("members.remove", json!("ada@b.example"), Some(&row)), there);
    assert_eq!(of("members.add", json!("ada@b.example"), None), json!({ "id": null, "member": false }));
    let update = json!({ "email": "ada@b.example", "bio": "new", "status": "s" });
    assert_eq!(
        of("users.update", update, Some(&row)),
        json!({ "id": "u1", "email": "ada@b.example", "fields": { "bio": "b" } })
    );
    let seen = |name: &str, args: Value| PLATFORM.adapter.seen(&call(name, args));
    assert_eq!(seen("users.list", json!({ "group_id": "g" })), Seen::People { group: Some("g".into()) });
    assert_eq!(seen("users.list", json!({ "emails": ["a@b.example"] })), Seen::Found);
    assert_eq!(seen("groups.get", json!({ "group_id": "g" })), Seen::Group { id: "g".into() });
    assert_eq!(reads::user("hb", "a@b.example").op.verb, "find_by_email");
}

#[test]
fn siblings_are_the_other_groups_below_the_same_one() {
    let mut world = world();
    let rows = ask(&mut world, "groups.list", json!({})).unwrap();
    let groups: Vec<_> = rows.as_array().unwrap().iter().filter_map(|row| PLATFORM.adapter.group(row)).collect();
    assert_eq!(groups[0].members, Some(1));
    let vacated = |group: String, moves: bool| {
        let args = json!({ "group_id": group, "emails": ["a@b.example"], "should_remove_from_sibling_groups": moves });
        PLATFORM.adapter.vacates(&call("members.add", args), &groups)
    };
    assert_eq!(vacated(group(LEFT), true), [group(RIGHT)]);
    assert!(vacated(group(LEFT), false).is_empty() && vacated(group(TOP), true).is_empty());
}

#[test]
fn not_found_is_believed_of_a_tool_and_never_of_an_address() {
    let op = PLATFORM.op("users", "find_by_email").unwrap();
    let open = |status: u16, body: &str| errors::open(op, status, body.as_bytes());
    assert_eq!(open(404, "<html>").unwrap_err().code, Code::Refused);
    assert!(open(404, "").unwrap_err().message.contains("check the connection's `base_url`"));
    assert_eq!(open(200, r#"{"error":true,"message":"Could not find user"}"#).unwrap_err().code, Code::NotFound);
    assert_eq!(open(200, "User not found").unwrap_err().code, Code::NotFound, "words in the place of JSON");
    assert!(open(200, r#"{"id":"u","bio":"not found"}"#).is_ok(), "what people write is no error");
    assert!(open(200, "null").is_ok());
    assert_eq!(open(429, "").unwrap_err().code, Code::TooMany);
    let list = PLATFORM.op("users", "list").unwrap();
    assert_eq!(errors::open(list, 200, b"null").unwrap_err().code, Code::Unreadable, "nothing is not an empty list");
    assert!(errors::open(list, 200, b"[]").is_ok());
    let add = PLATFORM.op("members", "add").unwrap();
    assert!(errors::open(add, 200, b"null").is_ok() && errors::open(add, 200, b"Added 3 users").is_ok());
    assert!(errors::open(add, 200, b"Error: upstream timeout").unwrap_err().doubtful);
    let no = errors::open(add, 200, br#"{"success":false,"message":"Could not find group"}"#).unwrap_err();
    assert_eq!((no.code, no.doubtful), (Code::NotFound, false));
}
