//! Rows of people and groups as they will be, after chains of deeds.

use bytes::Bytes;
use serde_json::{Value, json};

use super::super::{Overlay, View};
use super::{adapter, by_address, by_id, changes, joins, leaves, map};
use crate::catalog::{Call, Deed, check};
use crate::platforms;
use crate::wire::Row;

fn ada() -> Value {
    json!({
        "id": "7", "name": "Ada", "first_name": "Ada", "last_name": "", "email": "Ada@b.example", "is_registered": true,
        "groups": [{ "id": 1, "status": "accepted" }, { "id": 2, "status": "accepted" }, { "id": 4, "status": "accepted" }],
        "fields": { "first_name": "Ada", "last_name": "", "email": "Ada@b.example", "city": "Pune" },
    })
}

fn read() -> Overlay {
    let mut overlay = Overlay::default();
    overlay.learn(adapter(), &by_id("7"), Some(ada()));
    overlay
}

fn act(overlay: &mut Overlay, deed: &Deed, also: &[&str]) -> Vec<String> {
    overlay.act(adapter(), deed, "", also)
}

fn groups_of(overlay: &Overlay, id: &str) -> Vec<u64> {
    let row = overlay.row(&by_id(id)).unwrap();
    row["groups"].as_array().unwrap().iter().map(|place| place["id"].as_u64().unwrap()).collect()
}

fn list(noun: &'static str, args: Value) -> Call {
    let platform = platforms::named("mobilize").unwrap();
    let op = platform.op(noun, "list").unwrap();
    Call { platform, op, connection: "main".into(), args: check(op, vec![args]).unwrap() }
}

/// What a list shows, from what the platform sends.
fn shown(overlay: &Overlay, call: &Call, pages: &[Value]) -> Vec<Value> {
    let mut view = View::of(adapter(), call).unwrap();
    let mut rows = Vec::new();
    for page in pages {
        let page = page.as_array().unwrap().iter().map(|row| Row::from(Bytes::from(row.to_string()))).collect();
        rows.extend(view.page(overlay, adapter(), page));
    }
    rows.extend(view.rest(overlay, adapter()));
    assert!(view.rest(overlay, adapter()).is_empty(), "the rest is given once");
    rows.iter().map(|row| serde_json::from_slice(row.bytes()).unwrap()).collect()
}

#[test]
fn who_joins_leaves_and_joins_again_is_in_and_the_counts_are_as_before() {
    let mut overlay = read();
    assert_eq!(act(&mut overlay, &leaves("2", by_id("7")), &["4", "5"]), ["4"], "only where they were");
    assert_eq!(groups_of(&overlay, "7"), [1]);
    assert_eq!([overlay.count("2"), overlay.count("4"), overlay.count("5"), overlay.count("1")], [-1, -1, 0, 0]);
    let also = act(&mut overlay, &joins("4", by_address("ada@b.example"), json!({ "city": "Oslo" })), &["2", "1"]);
    assert_eq!(also, ["2"]);
    assert_eq!([overlay.count("2"), overlay.count("4")], [0, 0]);
    assert_eq!(overlay.row(&by_id("7")).unwrap()["fields"]["city"], "Oslo");
    assert!(act(&mut overlay, &joins("4", by_id("7"), json!({})), &["2", "1"]).is_empty(), "again changes nothing");
    assert_eq!(overlay.count("4"), 0);
}

#[test]
fn a_new_address_finds_the_same_person_and_the_old_one_nobody() {
    let mut overlay = read();
    act(&mut overlay, &changes(by_id("7"), json!({ "email": "New@b.example" })), &[]);
    assert_eq!(overlay.row(&by_address("new@b.example")).unwrap()["id"], "7");
    assert_eq!(overlay.planned(&by_address("ada@b.example")), Some(None), "whatever the platform still says");
    // The old address can become somebody else's.
    overlay.act(
        adapter(),
        &joins("4", by_address("ada@b.example"), json!({ "city": "Rome" })),
        "⟦after apply: x⟧",
        &[],
    );
    assert_eq!(overlay.row(&by_address("ada@b.example")).unwrap()["id"], "⟦after apply: x⟧");
    assert_eq!(overlay.row(&by_id("7")).unwrap()["email"], "New@b.example");
    assert_eq!(overlay.count("4"), 1);
}

#[test]
fn a_deleted_account_leaves_all_groups_and_its_address_free() {
    let mut overlay = read();
    let deleted = Deed::AccountDeleted { who: by_id("7"), destroys: false };
    assert_eq!(act(&mut overlay, &deleted, &[]), ["1", "2", "4"]);
    assert_eq!([overlay.count("1"), overlay.count("2"), overlay.count("4")], [-1, -1, -1]);
    assert_eq!((overlay.planned(&by_id("7")), overlay.planned(&by_address("ada@b.example"))), (Some(None), Some(None)));
    let made = Deed::AccountMade { who: by_address("ada@b.example"), fields: map(json!({ "city": "Rome" })) };
    overlay.act(adapter(), &made, "⟦after apply: new⟧", &[]);
    assert_eq!(overlay.planned(&by_id("7")), Some(None), "the old account is gone for good");
    assert_eq!(overlay.row(&by_address("ada@b.example")).unwrap()["fields"]["city"], "Rome");
}

#[test]
fn what_is_made_twice_has_two_placeholders() {
    let mut overlay = Overlay::default();
    let names: Vec<String> = (0..3).map(|_| overlay.give("person a@b.example").as_str().to_owned()).collect();
    assert_eq!(names[0], "⟦after apply: person a@b.example⟧");
    assert_eq!(names[1], "⟦after apply: person a@b.example, made the 2. time⟧");
    assert_ne!(names[1], names[2]);
}

#[test]
fn what_was_read_later_does_not_undo_what_is_planned() {
    let mut overlay = read();
    act(&mut overlay, &changes(by_id("7"), json!({ "city": "Oslo" })), &[]);
    overlay.learn(adapter(), &by_address("ada@b.example"), Some(ada()));
    assert_eq!(overlay.row(&by_address("ada@b.example")).unwrap()["fields"]["city"], "Oslo");
    assert_eq!(read().planned(&by_id("7")), None, "who was only read is not planned about");
}

#[test]
fn a_list_shows_who_is_changed_leaves_out_who_is_gone_and_ends_with_who_is_new() {
    let mut overlay = read();
    overlay.learn(adapter(), &by_id("8"), Some(json!({ "id": "8", "email": "b@b.example", "groups": [{ "id": 4 }] })));
    act(&mut overlay, &changes(by_id("7"), json!({ "city": "Oslo" })), &[]);
    act(&mut overlay, &leaves("4", by_id("8")), &[]);
    let new = joins("4", by_address("c@b.example"), json!({ "first_name": "Cy" }));
    overlay.act(adapter(), &new, "⟦after apply: c⟧", &[]);
    let pages = [
        json!([{ "id": "7", "email": "Ada@b.example" }, { "id": "8", "email": "b@b.example" }]),
        json!([{ "id": "9", "email": "other@b.example" }]),
    ];
    let rows = shown(&overlay, &list("members", json!({ "group_id": "4", "include_fields": true })), &pages);
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["7", "9", "⟦after apply: c⟧"]);
    assert_eq!((&rows[0]["fields"]["city"], rows[1].get("fields")), (&json!("Oslo"), None));
    // As this page shows them: not accepted in words, no fields unless asked for.
    assert_eq!(rows[2]["groups"], json!([{ "id": 4, "is_admin": false, "last_invited_in": null }]));
    let rows = shown(&overlay, &list("members", json!({ "group_id": "4" })), &pages);
    assert!(rows.iter().all(|row| row.get("fields").is_none()));
    let elsewhere = shown(&overlay, &list("members", json!({ "group_id": "5" })), &[]);
    assert!(elsewhere.is_empty());
    let everybody = shown(&overlay, &list("users", json!({})), &pages);
    assert_eq!(everybody.len(), 4);
    assert_eq!(everybody[3]["groups"][0]["status"], "accepted");
}

#[test]
fn groups_are_made_changed_found_by_name_and_counted() {
    let mut overlay = read();
    overlay.learn_group(adapter(), "4", json!({ "id": 4, "name": "Berlin", "privacy": "private", "members_count": 7 }));
    let berlin = Deed::GroupMade { name: " BERLIN".into(), parent: None, fields: map(json!({})) };
    assert_eq!(overlay.row_of(adapter(), &berlin).unwrap()["id"], 4);
    overlay.act(adapter(), &berlin, "⟦after apply: group berlin⟧", &[]);
    assert_eq!(overlay.groups().count(), 0, "what has the name already stays as it is");

    let change = Deed::GroupChanged { id: "4".into(), fields: map(json!({ "privacy": 5, "name": "Potsdam" })) };
    act(&mut overlay, &change, &[]);
    assert_eq!(overlay.group("4").unwrap()["privacy"], "public");
    assert!(overlay.group_named(adapter(), "Berlin").is_none() && overlay.group_named(adapter(), "potsdam").is_some());

    let new = Deed::GroupMade { name: "Rome".into(), parent: Some("4".into()), fields: map(json!({})) };
    overlay.act(adapter(), &new, "⟦after apply: group rome⟧", &[]);
    act(&mut overlay, &leaves("4", by_id("7")), &[]);
    act(&mut overlay, &joins("⟦after apply: group rome⟧", by_id("7"), json!({})), &["4"]);
    act(&mut overlay, &joins("3", by_id("7"), json!({})), &[]);
    let pages = [json!([
        { "id": 3, "name": "Chapters", "members_count": 9 }, { "id": 4, "name": "Berlin", "members_count": 7 },
        { "id": 1, "name": "All", "members_count": 9 },
    ])];
    let rows = shown(&overlay, &list("groups", json!({})), &pages);
    let of: Vec<(&str, &Value)> =
        rows.iter().map(|row| (row["name"].as_str().unwrap(), &row["members_count"])).collect();
    let wanted = [("Chapters", json!(10)), ("Potsdam", json!(7)), ("All", json!(9)), ("Rome", json!(1))];
    assert_eq!(of, wanted.iter().map(|(name, count)| (*name, count)).collect::<Vec<_>>());
}
