//! Mobilize's writes in the words of all platforms: what each does, what it would change, what reads show.

use std::collections::HashMap;

use beadle::catalog::{Call, Deed, Doubt, Seen, Whom};
use beadle::model::{Change, Email, FieldChange, Member, Person, Placeholder};
use beadle::sandbox::SENDER;
use beadle::world::World;
use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert_eq, proptest};
use serde_json::{Map, Value, json};

use crate::mobilize_after::{adapter, ask, call, deed, questions, world};
use crate::mobilize_document::mobilize;

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn id(id: &str) -> Whom {
    Whom { id: Some(id.into()), address: None }
}

fn address(address: &str) -> Whom {
    Whom { id: None, address: Some(address.into()) }
}

fn writes(name: &str, args: Value) -> Vec<Doubt> {
    call(name, args).pieces().iter().flat_map(questions).collect()
}

fn deeds(name: &str, args: Value) -> Vec<Deed> {
    writes(name, args).iter().map(deed).collect()
}

// ---- what a write does

#[test]
fn who_joins_is_named_by_id_or_address_and_the_address_alone_is_no_field() {
    let joins = |who, fields| vec![Deed::Joins { group: "12".into(), who, fields: map(fields) }];
    let of = |args| deeds("members.add", args);
    let fields = json!({ "email": "Ada@B.example", "city": "Turin" });
    assert_eq!(
        of(json!({ "group_id": 12, "fields": fields })),
        joins(address("ada@b.example"), json!({ "city": "Turin" }))
    );
    assert_eq!(of(json!({ "group_id": 12, "user_id": 3 })), joins(id("3"), json!({})));
    let both = Whom { id: Some("3".into()), address: Some("ada@b.example".into()) };
    let moved = of(json!({ "group_id": 12, "user_id": 3, "fields": fields }));
    assert_eq!(moved, joins(both, fields), "whoever has an id gets the address written");
    let rows =
        json!([{ "fields": { "email": "Ada@B.example", "city": "" } }, { "fields": { "email": "b@b.example" } }]);
    let bulk = deeds("bulk.create_members", json!({ "group_id": 12, "users": rows }));
    let want = [joins(address("ada@b.example"), json!({ "city": "" })), joins(address("b@b.example"), json!({}))];
    assert_eq!(bulk, want.concat());
}

#[test]
fn each_other_write_is_one_deed_for_each_subject() {
    let group = || "12".to_owned();
    let changes = vec![Deed::Changes { who: id("3"), fields: map(json!({ "city": null, "email": "N@b.example" })) }];
    let fields = json!({ "city": null, "email": "N@b.example" });
    assert_eq!(deeds("members.update", json!({ "group_id": 12, "user_id": 3, "fields": fields })), changes);
    assert_eq!(deeds("users.update", json!({ "id": 3, "fields": fields })), changes);
    let leaves = |destroys| vec![Deed::Leaves { group: group(), who: id("3"), destroys }];
    assert_eq!(deeds("members.remove", json!({ "group_id": 12, "user_id": 3 })), leaves(false));
    assert_eq!(deeds("members.remove", json!({ "group_id": 12, "user_id": 3, "hard_delete": true })), leaves(true));
    let deleted = |destroys| vec![Deed::AccountDeleted { who: id("3"), destroys }];
    assert_eq!(deeds("users.delete", json!({ "user_id": 3, "hard_delete": false })), deleted(false));
    assert_eq!(deeds("users.delete", json!({ "user_id": 3, "hard_delete": true })), deleted(true));
    let made = vec![Deed::AccountMade { who: address("a@b.example"), fields: map(json!({ "city": "Turin" })) }];
    let fields = json!({ "email": "A@b.example", "city": "Turin" });
    assert_eq!(deeds("users.create", json!({ "email": "A@b.example", "fields": fields })), made);
    let invite = json!({ "group_id": 12, "sender_id": 1, "recipients_ids": [3, 4] });
    let mailed = |who| Deed::Mailed { group: group(), who };
    assert_eq!(deeds("members.invite", invite), [mailed(id("3")), mailed(id("4"))]);
}

#[test]
fn groups_are_made_and_changed_with_what_was_written() {
    let row = |parent: Value| json!({ "name": "Founders ", "parent_group_id": parent, "privacy": "public" });
    let made = |parent: Option<&str>| Deed::GroupMade {
        name: "Founders ".into(),
        parent: parent.map(str::to_owned),
        fields: map(json!({ "privacy": 5 })),
    };
    assert_eq!(deeds("bulk.create_groups", json!({ "groups": [row(json!(7))] })), [made(Some("7"))]);
    assert_eq!(deeds("bulk.create_groups", json!({ "groups": [row(Value::Null)] })), [made(None)]);
    let changed = Deed::GroupChanged { id: "7".into(), fields: map(json!({ "name": "Board", "privacy": 10 })) };
    let row = json!({ "id": 7, "name": "Board", "privacy": "closed" });
    assert_eq!(deeds("groups.update", row.clone()), std::slice::from_ref(&changed));
    assert_eq!(deeds("bulk.update_groups", json!({ "groups": [row] })), [changed]);
}

fn texts() -> impl Strategy<Value = Vec<(String, String)>> {
    let field = (prop::sample::select(vec!["first_name", "last_name", "city", "a/b"]), "[a-zß ]{0,6}");
    prop::collection::hash_map(field.0, field.1, 1..4)
        .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Changes of people each of whom is another, numbered from 1.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (0..3_u8, any::<bool>(), texts());
    prop::collection::vec(change, 0..9).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(at, (kind, addressed, texts))| change_of(at + 1, kind, addressed, texts))
            .collect()
    })
}

fn change_of(at: usize, kind: u8, addressed: bool, texts: Vec<(String, String)>) -> Change {
    let email = format!("P{at}@B.example");
    let member = || -> Member {
        let email = if addressed { email.as_str() } else { "[email protected]" };
        adapter().member("12", &json!({ "id": at.to_string(), "email": email })).unwrap()
    };
    match kind {
        0 => Change::Add(Person { email: Email::parse(&email).unwrap(), fields: texts, line: 0 }),
        1 => {
            let field = |(name, after)| FieldChange { name, before: "before".into(), after };
            Change::Update { member: member(), fields: texts.into_iter().map(field).collect() }
        }
        _ => Change::Remove(member()),
    }
}

proptest! {
    #[test]
    fn the_deeds_of_the_calls_are_the_changes(changes in changes()) {
        let calls = adapter().calls("main", "12", &changes).unwrap();
        let done: Vec<Deed> = calls.iter().flat_map(Call::pieces).flat_map(|piece| questions(&piece)).map(|write| deed(&write)).collect();
        prop_assert_eq!(done.len(), changes.len());
        for (at, change) in changes.iter().enumerate() {
            let (own, email) = ((at + 1).to_string(), format!("p{}@b.example", at + 1));
            let about = |deed: &&Deed| {
                let who = deed.who().unwrap();
                who.id.as_deref() == Some(&own) || who.address.as_deref() == Some(&email)
            };
            let deed = done.iter().find(about).unwrap_or_else(|| panic!("nothing is done about {change:?}"));
            let group = "12".to_owned();
            match change {
                Change::Add(person) => {
                    let fields = person.fields.iter().filter(|(_, value)| !value.is_empty());
                    let fields = fields.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
                    prop_assert_eq!(deed, &Deed::Joins { group, who: address(&email), fields });
                }
                Change::Update { fields, .. } => {
                    let fields = fields.iter().map(|field| (field.name.clone(), field.after.as_str().into())).collect();
                    let want = match deed {
                        // A bulk's row says it of whoever has the address.
                        Deed::Joins { .. } => Deed::Joins { group, who: address(&email), fields },
                        _ => Deed::Changes { who: id(&own), fields },
                    };
                    prop_assert_eq!(deed, &want);
                }
                Change::Remove(_) => {
                    prop_assert_eq!(deed, &Deed::Leaves { group, who: id(&own), destroys: false });
                }
            }
        }
    }
}

// ---- what it would change

/// What the snapshot's reads give in this world, each as look-ups get it.
fn read(world: &mut World, writes: &[Doubt]) -> Vec<Value> {
    let snapshot = adapter().snapshot("main", writes).unwrap();
    let mut given = Vec::new();
    for mut read in snapshot.reads {
        assert!(read.op.is_read());
        if read.op.verb == "list" {
            read.args.set("limit", 10_000);
        }
        let (status, answer) = ask(world, &read);
        let answer = if status == 200 { answer } else { Value::Null };
        given.push(answer.get("groups").filter(|_| read.op.noun == "groups").cloned().unwrap_or(answer));
    }
    given
}

fn reads(writes: &[Doubt]) -> Vec<String> {
    adapter().snapshot("main", writes).unwrap().reads.iter().map(|read| read.op.name()).collect()
}

fn of_ids(name: &str, ids: std::ops::Range<u64>) -> Vec<Doubt> {
    ids.flat_map(|id| {
        let args = match name {
            "members.invite" => json!({ "group_id": 4, "sender_id": 1, "recipients_ids": [id] }),
            "members.update" => json!({ "group_id": 4, "user_id": id, "fields": { "city": "x" } }),
            "members.add" | "members.remove" => json!({ "group_id": 4, "user_id": id }),
            "users.update" => json!({ "id": id, "fields": { "city": "x" } }),
            _ => json!({ "user_id": id }),
        };
        writes(name, args)
    })
    .collect()
}

#[test]
fn few_are_read_one_by_one_and_many_in_one_list() {
    for name in ["members.update", "members.remove", "members.invite"] {
        assert_eq!(reads(&of_ids(name, 1..4)), vec!["members.get"; 3], "{name}");
        assert_eq!(reads(&of_ids(name, 1..5)), ["members.list"], "{name}");
    }
    for name in ["members.add", "users.update", "users.delete"] {
        assert_eq!(reads(&of_ids(name, 1..21)), vec!["users.get"; 20], "{name}: the account counts, wherever it is");
        assert_eq!(reads(&of_ids(name, 1..22)), ["users.list"], "{name}");
    }
    let rows: Vec<Value> = (0..21).map(|n| json!({ "fields": { "email": format!("p{n}@b.example") } })).collect();
    let people = |n: usize| writes("bulk.create_members", json!({ "group_id": 4, "users": rows[..n] }));
    assert_eq!(reads(&people(20)), vec!["users.find_by_email"; 20]);
    assert_eq!(reads(&people(21)), ["users.list"]);
    assert_eq!(reads(&writes("users.create", json!({ "email": "a@b.example" }))), ["users.find_by_email"]);
    assert_eq!(reads(&writes("groups.update", json!({ "id": 4, "name": "x" }))), ["groups.list"]);
    assert_eq!(reads(&writes("bulk.create_groups", json!({ "groups": [{ "name": "x" }] }))), ["groups.list"]);
    for write in mobilize().ops.iter().filter(|op| op.is_read()) {
        let other = Doubt { operation: write.name(), ..of_ids("members.add", 1..2).remove(0) };
        assert!(adapter().snapshot("main", &[other]).is_none(), "{}", write.name());
    }
    assert!(adapter().snapshot("main", &[]).is_none());
    let with_fields = |read: &Call| read.op.noun == "groups" || read.args.get("include_fields") == Some(&json!(true));
    for list in [of_ids("members.remove", 1..2), of_ids("members.remove", 1..9), people(1), people(21)] {
        assert!(adapter().snapshot("main", &list).unwrap().reads.iter().all(with_fields));
    }
}

/// A write about something that the platform will have made by then.
fn later(mut write: Doubt, key: Option<&str>, group: Option<&str>) -> Doubt {
    let placeholder = |what: &str| Placeholder::of(what).to_string();
    write.subject.key = key.map_or(write.subject.key, placeholder);
    write.subject.group = group.map_or(write.subject.group, |group| Some(placeholder(group)));
    write
}

#[test]
fn what_is_not_there_yet_is_never_read() {
    let mut all = Vec::new();
    for name in ["members.update", "members.remove", "members.invite", "members.add", "users.update", "users.delete"] {
        all.push(of_ids(name, 3..4).remove(0));
    }
    all.extend(writes("groups.update", json!({ "id": 4, "name": "x" })));
    all.extend(writes("bulk.create_groups", json!({ "groups": [{ "name": "x" }] })));
    for write in all {
        let name = write.operation.clone();
        let unknown = later(write.clone(), Some("user ada@b.example"), None);
        let snapshot = adapter().snapshot("main", std::slice::from_ref(&unknown)).unwrap();
        assert!(snapshot.reads.is_empty(), "{name}");
        assert_eq!((snapshot.find)(&unknown, &[]), None, "{name}");
        assert_eq!(reads(&[write.clone(), unknown]).len(), 1, "{name}: the other one is read");
        let elsewhere = later(write, None, Some("group founders"));
        for read in adapter().snapshot("main", &[elsewhere]).unwrap().reads {
            assert!(!Placeholder::is_in(&read.args.to_value().to_string()), "{name}: {}", read.sentence());
        }
    }
    let of_new_group: Vec<Doubt> =
        of_ids("members.remove", 1..22).into_iter().map(|write| later(write, None, Some("group founders"))).collect();
    assert_eq!(reads(&of_new_group), ["users.list"], "whoever is in a group that is not there is read by the account");
}

#[test]
fn a_snapshot_finds_each_subject_however_it_was_read_and_by_its_keys_too() {
    let mut world = world();
    let outside = world.users_from(0).find(|user| user.membership(4).is_none()).unwrap();
    let (outside, email) = (outside.id, outside.email.to_uppercase());
    let many: Vec<Value> = (0..25).map(|n| json!({ "fields": { "email": format!("p{n}@b.example") } })).collect();
    let row = json!({ "fields": { "email": email } });
    let more = [many, vec![row.clone()]].concat();
    let list = [
        writes("bulk.create_members", json!({ "group_id": 4, "users": [row] })),
        writes("bulk.create_members", json!({ "group_id": 4, "users": more })),
        of_ids("members.add", outside..outside + 1),
        of_ids("members.update", SENDER..SENDER + 1),
        of_ids("members.remove", SENDER..SENDER + 6),
        of_ids("users.delete", SENDER..SENDER + 40),
        writes("groups.update", json!({ "id": 4, "name": "x" })),
        writes("bulk.create_groups", json!({ "groups": [{ "name": " BERLIN" }, { "name": "New" }] })),
    ];
    let mut found = 0;
    for writes in list {
        let snapshot = adapter().snapshot("main", &writes).unwrap();
        let given = read(&mut world, &writes);
        let mut index: HashMap<String, &Value> = HashMap::new();
        let rows = given.iter().flat_map(|given| given.as_array().map_or(std::slice::from_ref(given), Vec::as_slice));
        for row in rows {
            for key in (snapshot.keys)(row) {
                index.entry(key).or_insert(row);
            }
        }
        for write in &writes {
            let row = (snapshot.find)(write, &given);
            assert_eq!(
                row.as_ref(),
                index.get(&write.subject.key).copied(),
                "{} {}",
                write.operation,
                write.subject.key
            );
            found += usize::from(row.is_some());
        }
        let last = writes.last().map(|write| &write.subject.key);
        let known = ["new", &(SENDER + 39).to_string()].iter().all(|none| last.map(String::as_str) != Some(none));
        assert_eq!((snapshot.find)(writes.last().unwrap(), &given).is_some(), known, "{}", writes[0].operation);
    }
    assert!(found > 20, "{found}");
}

fn person() -> Value {
    json!({
        "id": 3, "name": "Ada", "first_name": "Ada", "last_name": "", "email": " Ada@B.example", "is_registered": true,
        "updated_at": 1, "created_at": 2,
        "groups": [
            { "id": 11, "is_admin": false, "last_invited_in": 9 },
            { "id": "12", "is_admin": true, "last_invited_in": 7, "status": "approved" },
            { "id": 13, "status": "pending", "last_invited_in": 0 }
        ],
        "fields": { "first_name": "Ada", "city": "Turin", "since": 1_436_907_600, "home": { "lat": 1 }, "gone": null }
    })
}

fn held(write: &Doubt) -> Value {
    adapter().held(write, Some(&person()))
}

#[test]
fn what_is_held_of_people_is_what_the_write_touches() {
    let fields =
        json!({ "first_name": "x", "city": "x", "since": 1, "home": "x", "gone": "x", "other": "x", "last_name": "x" });
    let now = json!({ "first_name": "Ada", "city": "Turin", "since": "1436907600", "home": "{\"lat\":1}", "gone": "",
                      "other": "", "last_name": "" });
    let of = |name: &str, args: Value| held(&writes(name, args)[0]);
    let joins = |group: u64| of("members.add", json!({ "group_id": group, "user_id": 3, "fields": fields }));
    let want = json!({ "id": "3", "email": "ada@b.example", "member": true, "registered": true, "fields": now,
                       "typed": ["since", "home"] });
    assert_eq!(joins(12), want);
    let not_in = |mut want: Value| {
        want["member"] = json!(false);
        want
    };
    assert_eq!(joins(14), not_in(want.clone()));
    let mut waits = not_in(want);
    waits["standing"] = json!("pending");
    assert_eq!(joins(13), waits, "somebody who waits is no stranger");
    let changes = of("members.update", json!({ "group_id": 12, "user_id": 3, "fields": { "email": "n@b.example" } }));
    assert_eq!(changes, json!({ "id": "3", "email": "ada@b.example", "fields": { "email": "ada@b.example" } }));
    let leaves = of("members.remove", json!({ "group_id": 12, "user_id": 3 }));
    assert_eq!(leaves, json!({ "id": "3", "email": "ada@b.example", "member": true, "admin": true, "name": "Ada" }));
    let mailed = |group: u64| of("members.invite", json!({ "group_id": group, "sender_id": 1, "recipients_ids": [3] }));
    let want = json!({ "id": "3", "email": "ada@b.example", "member": true, "registered": true, "invited_at": 7 });
    assert_eq!(mailed(12), want);
    assert_eq!(mailed(13)["invited_at"], Value::Null, "0 is never");
    let created = of("users.create", json!({ "email": "ada@b.example", "fields": { "city": "Kiel" } }));
    assert_eq!(created, json!({ "id": "3", "email": "ada@b.example", "fields": { "city": "Turin" } }));
    let deleted = of("users.delete", json!({ "user_id": 3 }));
    assert_eq!(deleted, json!({ "id": "3", "email": "ada@b.example", "groups": 3 }));
}

#[test]
fn nobody_and_nothing_are_held_as_such() {
    let none = |name: &str, args: Value| adapter().held(&writes(name, args)[0], None);
    let absent = json!({ "id": null, "member": false });
    assert_eq!(
        none("members.add", json!({ "group_id": 1, "fields": { "email": "a@b.example", "city": "x" } })),
        absent
    );
    assert_eq!(none("members.remove", json!({ "group_id": 1, "user_id": 3 })), absent);
    assert_eq!(none("members.invite", json!({ "group_id": 1, "sender_id": 1, "recipients_ids": [3] })), absent);
    let nothing = json!({ "id": null });
    assert_eq!(none("users.create", json!({ "email": "a@b.example" })), nothing);
    assert_eq!(none("users.update", json!({ "id": 3, "fields": { "city": "x" } })), nothing);
    assert_eq!(none("users.delete", json!({ "user_id": 3 })), nothing);
    assert_eq!(none("bulk.create_groups", json!({ "groups": [{ "name": "x" }] })), nothing);
    assert_eq!(none("groups.update", json!({ "id": 3, "name": "x" })), nothing);
}

#[test]
fn a_group_is_held_in_the_platforms_words_and_lists_of_words_have_no_order() {
    let group = |permissions: Value| {
        json!({ "id": 12, "name": "Board", "updated_at": 1, "privacy": "private", "hidden_emails": null,
                "members_posting_permissions": permissions })
    };
    let args = json!({ "id": 12, "privacy": "public", "hidden_emails": true, "default_emails_frequency": 1,
                       "members_posting_permissions": ["poll"], "alias_name": "never-shown" });
    let write = writes("groups.update", args).remove(0);
    let held = |row: Value| adapter().held(&write, Some(&row));
    let one = held(group(json!(["QuickPost", "event"])));
    let want = json!({ "id": "12", "name": "Board", "fields": {
        "privacy": "private", "hidden_emails": null, "default_emails_frequency": null,
        "members_posting_permissions": ["event", "quickpost"]
    } });
    assert_eq!(one, want);
    assert_eq!(one, held(group(json!(["event", "quickpost"]))));
    assert_ne!(one, held(group(json!(["event"]))));
    let made = writes("bulk.create_groups", json!({ "groups": [{ "name": "board" }] })).remove(0);
    assert_eq!(adapter().held(&made, Some(&group(json!([])))), json!({ "id": "12" }));
}

// ---- rows as they will be, where no platform can be asked

#[test]
fn whoever_is_planned_looks_like_anybody_else_with_a_placeholder_for_the_id() {
    let (ada, founders) = (Placeholder::of("user ada"), Placeholder::of("group founders"));
    let fields = map(json!({ "city": "Turin", "first_name": "Ada" }));
    let joins = Deed::Joins { group: founders.to_string(), who: address("ada@b.example"), fields };
    let row = adapter().after(None, ada.as_str(), &joins).unwrap();
    let want = json!({
        "id": ada.as_str(), "name": "Ada", "first_name": "Ada", "last_name": "", "email": "ada@b.example",
        "is_registered": false,
        "groups": [{ "id": founders.as_str(), "is_admin": false, "last_invited_in": null, "status": "accepted" }],
        "fields": { "first_name": "Ada", "last_name": "", "email": "ada@b.example", "city": "Turin" },
    });
    assert_eq!(row, want);
    let member = adapter().member(founders.as_str(), &row).unwrap();
    assert_eq!((member.id.as_str(), member.name.as_str()), (ada.as_str(), "Ada"));
    let leaves = Deed::Leaves { group: founders.to_string(), who: id(ada.as_str()), destroys: false };
    assert_eq!(adapter().after(Some(row), "", &leaves).unwrap()["groups"], json!([]));
    let made = Deed::GroupMade { name: "Below".into(), parent: Some(founders.to_string()), fields: Map::new() };
    let below = Placeholder::of("group below");
    let want = json!({ "id": below.as_str(), "name": "Below", "parent_group": founders.as_str(), "members_count": 0 });
    assert_eq!(adapter().after(None, below.as_str(), &made), Some(want));
}

#[test]
fn what_is_not_there_is_neither_left_nor_changed() {
    let fields = || map(json!({ "city": "x" }));
    let about_nobody = [
        Deed::Leaves { group: "1".into(), who: id("3"), destroys: true },
        Deed::Changes { who: id("3"), fields: fields() },
        Deed::AccountDeleted { who: id("3"), destroys: true },
        Deed::Mailed { group: "1".into(), who: id("3") },
        Deed::GroupChanged { id: "1".into(), fields: fields() },
    ];
    for deed in about_nobody {
        assert_eq!(adapter().after(None, "3", &deed), None, "{deed:?}");
    }
}

#[test]
fn a_groups_count_moves_and_never_below_nothing() {
    let of = |count: Value, change: i64| {
        adapter().counted(json!({ "id": 1, "members_count": count }), change)["members_count"].clone()
    };
    assert_eq!([of(json!(5), 3), of(json!(5), -3), of(json!(5), -9), of(json!(5), 0)], [8, 2, 0, 5].map(Value::from));
    assert_eq!(of(Value::Null, 3), Value::Null);
    assert_eq!(adapter().counted(json!({ "id": 1 }), 3), json!({ "id": 1 }), "a count that nobody named");
}

// ---- what a read shows

#[test]
fn every_read_says_what_it_shows() {
    let seen = |name: &str, args: Value| adapter().seen(&call(name, args));
    let group = || Some("12".to_owned());
    assert_eq!(seen("users.list", json!({})), Seen::People { group: None });
    assert_eq!(seen("members.list", json!({ "group_id": 12 })), Seen::People { group: group() });
    assert_eq!(seen("users.get", json!({ "user_id": 3 })), Seen::Person { group: None, who: id("3") });
    let by_email = seen("users.find_by_email", json!({ "email": " Ada@B.example" }));
    assert_eq!(by_email, Seen::Person { group: None, who: address("ada@b.example") });
    let member = seen("members.get", json!({ "group_id": 12, "user_id": 3 }));
    assert_eq!(member, Seen::Person { group: group(), who: id("3") });
    assert_eq!(seen("groups.list", json!({})), Seen::Groups);
    assert_eq!(seen("groups.get", json!({ "group_id": 12 })), Seen::Group { id: "12".into() });
    assert_eq!(seen("bulk.status", json!({ "job_id": "5f" })), Seen::Job { id: "5f".into() });
    assert_eq!(seen("members.search", json!({ "group_id": 12, "keywords": "x" })), Seen::Found);
    assert_eq!(seen("users.search", json!({ "keywords": "x" })), Seen::Found);
    assert_eq!(seen("activities.list", json!({})), Seen::Other);
    assert_eq!(seen("webhooks.batch", json!({ "id": "x" })), Seen::Other);
    assert_eq!(mobilize().ops.iter().filter(|op| op.is_read()).count(), 12, "a read more: say what it shows");
}
