//! The simulation against what the document says.

use serde_json::{Value, json};

use super::simulate;
use crate::catalog::Args;
use crate::model::Standing;
use crate::platforms::mobilize::{PLATFORM, ops};
use crate::world::{Deed, Delivery, Doing, Field, FieldKind, NewGroup, NewUser, Topic, World};

const ROOT: u64 = 1;
const MIDDLE: u64 = 2;
const LEAF: u64 = 3;
const ASIDE: u64 = 4;
const ADMIN: u64 = 100;

/// Root > Middle > Leaf, and Aside below the root; an administrator (100) in all of them, and 20 people outside.
fn world() -> World {
    let mut world = World::new(7, 1_000_000, ADMIN, ROOT);
    let field = |id, unique_name: &str, kind, group| Field {
        id,
        name: unique_name.into(),
        unique_name: unique_name.into(),
        kind,
        options: Vec::new(),
        required: false,
        group,
    };
    world.define(field(1, "first_name", FieldKind::Text, None));
    world.define(field(2, "last_name", FieldKind::Text, None));
    world.define(field(3, "email", FieldKind::Email, None));
    world.define(field(4, "job_title", FieldKind::Text, Some(ROOT)));
    world.define(field(5, "size", FieldKind::Text, Some(LEAF)));
    world.define(field(6, "home", FieldKind::Location, Some(ROOT)));
    world.define(field(7, "badge", FieldKind::File, Some(ROOT)));
    for (name, parent) in [("Root", None), ("Middle", Some(ROOT)), ("Leaf", Some(MIDDLE)), ("Aside", Some(ROOT))] {
        let group = NewGroup { name: name.into(), parent, ..NewGroup::default() };
        world.create_group(group).unwrap();
    }
    for i in 0..21 {
        let email = if i == 0 { "admin@example.org".to_owned() } else { format!("p{i}@example.org") };
        let values = json!({ "first_name": format!("P{i}"), "last_name": "Test" }).as_object().unwrap().clone();
        world.create_user(NewUser { email, values, registered: i == 0 }, None).unwrap();
    }
    world.join(ADMIN, LEAF).unwrap();
    world.join(ADMIN, ASIDE).unwrap();
    world
}

fn ask(world: &mut World, name: &str, args: Value) -> (u16, Value) {
    let (noun, verb) = name.split_once('.').unwrap();
    simulate(world, PLATFORM.op(noun, verb).unwrap(), &Args::from_checked(args.as_object().unwrap().clone()))
}

fn ok(world: &mut World, name: &str, args: Value) -> Value {
    let (status, value) = ask(world, name, args);
    assert_eq!(status, 200, "{name}: {value}");
    value
}

fn groups_of(world: &World, user: u64) -> Vec<u64> {
    world.user(user).unwrap().groups.iter().map(|membership| membership.group).collect()
}

/// Walks an offset list to its end, by the rows received.
fn walk(world: &mut World, name: &str, mut args: Value) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        args["offset"] = ids.len().to_string().into();
        let page = ok(world, name, args.clone());
        let rows = page.as_array().unwrap();
        if rows.is_empty() {
            return ids;
        }
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
    }
}

#[test]
fn every_operation_of_the_table_is_simulated() {
    for op in ops::OPS {
        let (status, value) = simulate(&mut world(), op, &Args::default());
        assert_ne!(status, 501, "{}: {value}", op.name());
        assert!(value.is_object() || value.is_array(), "{}", op.name());
    }
}

#[test]
fn adding_to_a_child_adds_to_every_parent_and_removing_from_a_parent_takes_out_of_every_child() {
    let mut w = world();
    ok(&mut w, "members.add", json!({ "group_id": "3", "user_id": 101 }));
    assert_eq!(groups_of(&w, 101), [LEAF, MIDDLE, ROOT]);
    ok(&mut w, "members.add", json!({ "group_id": "4", "user_id": "101" }));
    let gone = ok(&mut w, "members.remove", json!({ "group_id": "2", "user_id": "101" }));
    assert_eq!(gone, json!({ "success": true }));
    assert_eq!(groups_of(&w, 101), [ROOT, ASIDE], "the groups above and beside are left alone");
    ok(&mut w, "members.remove", json!({ "group_id": "1", "user_id": "101" }));
    assert_eq!(groups_of(&w, 101), [0_u64; 0]);
    assert!(w.user(101).is_some(), "the account stays");
}

#[test]
fn a_member_without_an_account_gets_one_and_a_known_address_is_overwritten() {
    let mut w = world();
    let fields =
        json!({ "email": "New@Example.org", "first_name": "Nia", "job_title": "Nurse", "nonsense": 1, "size": "L" });
    let made = ok(&mut w, "members.add", json!({ "group_id": "2", "fields": fields }));
    assert_eq!(made["id"], "121", "ids of users are strings");
    assert_eq!(made["name"], "Nia");
    assert_eq!(made["fields"]["job_title"], "Nurse");
    let fields = made["fields"].as_object().unwrap();
    assert!(!fields.contains_key("nonsense") && !fields.contains_key("size"), "not a field of this group: {fields:?}");
    assert_eq!(made["groups"][0], json!({ "id": 2, "is_admin": false, "last_invited_in": null }));
    let again =
        json!({ "group_id": "3", "fields": { "email": "new@example.ORG", "job_title": "Doctor", "size": "L" } });
    let again = ok(&mut w, "members.add", again);
    assert_eq!((&again["id"], &again["fields"]["job_title"]), (&json!("121"), &json!("Doctor")));
    assert_eq!((&again["first_name"], &again["fields"]["size"]), (&json!("Nia"), &json!("L")));
    assert_eq!(w.user_count(), 22);
}

#[test]
fn files_cannot_be_written_and_places_keep_their_known_keys() {
    let mut w = world();
    let fields = json!({ "badge": "x", "home": { "city": "Accra", "planet": "Earth" } });
    let user = ok(&mut w, "users.update", json!({ "id": "101", "fields": fields }));
    assert_eq!(user["fields"]["home"], json!({ "city": "Accra" }));
    assert!(user["fields"].get("badge").is_none());
    let user = ok(&mut w, "users.update", json!({ "id": "101", "fields": { "home": null, "job_title": "" } }));
    assert!(user["fields"].get("home").is_none());
    assert_eq!(user["fields"]["job_title"], "");
}

#[test]
fn one_bulk_at_a_time_and_its_states_follow_the_time() {
    let mut w = world();
    let start = w.now_ms();
    let rows: Vec<Value> = (0..100).map(|i| json!({ "fields": { "email": format!("b{i}@example.org") } })).collect();
    let job = ok(&mut w, "bulk.create_members", json!({ "group_id": 3, "users": rows }));
    assert_eq!(job["status"], "queued");
    let id = job["job_id"].as_str().unwrap().to_owned();
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let status =
        |w: &mut World| ok(w, "bulk.status", json!({ "job_id": id }))["result"]["status"].as_str().unwrap().to_owned();
    assert_eq!(status(&mut w), "queued");
    w.advance(start + 149);
    assert_eq!(status(&mut w), "queued");
    let (refused, why) = ask(&mut w, "bulk.update_groups", json!({ "groups": [{ "id": 3, "name": "x" }] }));
    assert_eq!(refused, 400);
    assert!(why["error_message"].as_str().unwrap().contains("Another bulk is in progress"));
    w.advance(start + 170);
    assert_eq!(status(&mut w), "processing");
    let so_far = w.members_from(LEAF, 0).count();
    assert!((10..90).contains(&so_far), "row by row: {so_far}");
    w.advance(start + 190);
    let done = ok(&mut w, "bulk.status", json!({ "job_id": id }));
    assert_eq!(done["result"]["status"], "completed");
    let ids = done["result"]["users_imported"].as_array().unwrap();
    assert!(ids.len() == 100 && ids.iter().all(Value::is_number), "ids are numbers here");
    assert_eq!(done["result"]["message"], "Import succeeded, 100 records imported (100 members)");
    assert_eq!(w.members_from(ROOT, 0).count(), 101);
    assert!(w.outbox().is_empty() && w.waiting() == 0, "nobody is written to");
    ok(&mut w, "bulk.update_groups", json!({ "groups": [{ "id": 3, "name": "Leaf 2" }] }));
    w.settle();
    assert_eq!(w.group(LEAF).unwrap().name, "Leaf 2");
}

#[test]
fn bulk_overwrites_by_address_and_a_job_without_a_good_row_fails() {
    let mut w = world();
    let rows = json!([{ "fields": { "email": "P1@example.org", "first_name": "Other" } }, { "fields": {} }]);
    let job = ok(&mut w, "bulk.create_members", json!({ "group_id": "2", "users": rows }));
    w.settle();
    let done = ok(&mut w, "bulk.status", json!({ "job_id": job["job_id"] }));
    assert_eq!(done["result"]["users_imported"], json!([101]));
    assert!(done["result"]["message"].as_str().unwrap().contains("1 rows were not imported"));
    let person = w.user(101).unwrap();
    assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Other", "Test"));
    let job = ok(&mut w, "bulk.create_members", json!({ "group_id": "2", "users": [{ "fields": { "email": "no" } }] }));
    w.settle();
    let failed = ok(&mut w, "bulk.status", json!({ "job_id": job["job_id"] }));
    assert_eq!(failed["result"]["status"], "failed");
    assert!(failed["result"]["message"].as_str().unwrap().contains("`no`"));
}

#[test]
fn bulk_groups_are_made_with_the_loose_values_of_the_document() {
    let mut w = world();
    let row = json!({
        "name": "name_123", "parent_group_id": 1, "privacy": "5", "alias_name": "group-123", "hidden_emails": "",
        "invite_members_enabled": "false", "members_posting_permissions": ["QuickPost", "Poll"],
        "default_emails_frequency": "9", "manager_email_address": "admin@example.org",
    });
    let second = json!({ "name": "Leaf", "parent_group_id": 1 });
    let job = ok(&mut w, "bulk.create_groups", json!({ "groups": [row, second] }));
    w.settle();
    let done = ok(&mut w, "bulk.status", json!({ "job_id": job["job_id"] }));
    assert_eq!(done["result"]["users_imported"], json!([]), "the status names no ids of groups");
    let made = ok(&mut w, "groups.get", json!({ "group_id": "5" }));
    assert_eq!((&made["privacy"], &made["default_emails_frequency"]), (&json!("public"), &json!("DISABLED")));
    assert_eq!(made["members_posting_permissions"], json!(["quickpost", "poll"]));
    assert_eq!((&made["hidden_emails"], &made["members_count"]), (&Value::Null, &json!(1)));
    assert!(w.user(ADMIN).unwrap().membership(5).unwrap().admin);
    assert_eq!(w.group_count(), 5, "the doubled name is refused");
}

#[test]
fn invitations_wait_then_move_last_invited_in_and_fill_the_outbox() {
    let mut w = world();
    for user in 101..106 {
        w.join(user, LEAF).unwrap();
    }
    w.enter(106, LEAF, Standing::Pending).unwrap();
    let start = w.now_ms();
    let args = json!({ "group_id": "3", "sender_id": 100, "recipients_ids": [101, "102", 106, 120, 101, 9999] });
    assert_eq!(ok(&mut w, "members.invite", args), json!({ "success": true }));
    w.advance(start + 399);
    assert!(w.outbox().is_empty() && w.waiting() == 3);
    let last = |w: &mut World, user: &str| {
        let row = ok(w, "members.get", json!({ "group_id": "3", "user_id": user }));
        let groups = row["groups"].as_array().unwrap().clone();
        groups.into_iter().find(|group| group["id"] == 3).unwrap()["last_invited_in"].clone()
    };
    assert_eq!(last(&mut w, "101"), Value::Null);
    w.advance(start + 10_000);
    assert_eq!(last(&mut w, "101"), start + 400, "when it went out, not when somebody looked");
    assert_eq!(last(&mut w, "103"), Value::Null);
    let to: Vec<&str> = w.outbox().iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["p1@example.org", "p2@example.org", "p6@example.org"], "once each, members only");
    let mail = &w.outbox()[0];
    assert_eq!(
        (mail.from.as_str(), mail.group, mail.operation.as_str()),
        ("admin@example.org", LEAF, "members.invite")
    );
}

#[test]
fn only_a_member_can_send_invitations() {
    let mut w = world();
    w.enter(106, LEAF, Standing::Pending).unwrap();
    for sender in [json!(110), json!("106"), json!(9999)] {
        let (status, _) =
            ask(&mut w, "members.invite", json!({ "group_id": 3, "sender_id": sender, "recipients_ids": [100] }));
        assert_eq!(status, 400, "{sender}");
    }
    assert_eq!(w.waiting(), 0);
}

#[test]
fn who_left_before_an_invitation_goes_out_is_not_written_to() {
    let mut w = world();
    w.join(101, LEAF).unwrap();
    ok(&mut w, "members.invite", json!({ "group_id": 3, "sender_id": 100, "recipients_ids": [101] }));
    ok(&mut w, "members.remove", json!({ "group_id": 3, "user_id": 101 }));
    w.settle();
    assert!(w.outbox().is_empty());
}

#[test]
fn the_documents_limits_are_enforced() {
    let mut w = world();
    let rows = |count: usize| vec![json!({ "fields": { "email": "a@example.org" } }); count];
    let ids: Vec<u64> = (0..501).collect();
    for (name, args) in [
        ("bulk.create_members", json!({ "group_id": 3, "users": rows(1001) })),
        ("bulk.create_groups", json!({ "groups": rows(1001) })),
        ("bulk.update_groups", json!({ "groups": rows(1001) })),
        ("members.invite", json!({ "group_id": 3, "sender_id": 100, "recipients_ids": ids })),
        ("activities.list", json!({ "limit": "51" })),
        ("groups.update", json!({ "id": "3", "name": "x".repeat(256) })),
    ] {
        let (status, value) = ask(&mut w, name, args);
        assert_eq!((status, &value["status_code"]), (422, &json!(422)), "{name}: {value}");
    }
    ok(&mut w, "bulk.create_members", json!({ "group_id": 3, "users": rows(1000) }));
    ok(
        &mut w,
        "members.invite",
        json!({ "group_id": 3, "sender_id": 100, "recipients_ids": (0..500).collect::<Vec<u64>>() }),
    );
    ok(&mut w, "activities.list", json!({ "limit": "50" }));
}

#[test]
fn refusals_have_the_documents_shapes() {
    let mut w = world();
    let no_user = |id: &str| json!({ "error_code": 404, "error_message": format!("User id({id}) is not exist.") });
    for (name, args, status, body) in [
        (
            "groups.get",
            json!({ "group_id": "123" }),
            500,
            json!({ "status_code": 500, "error_message": "Couldn't find Group with 'id'=123" }),
        ),
        (
            "members.list",
            json!({ "group_id": "123" }),
            500,
            json!({ "status_code": 500, "error_message": "Couldn't find Group with 'id'=123" }),
        ),
        ("members.remove", json!({ "group_id": "3", "user_id": "120" }), 404, no_user("120")),
        ("users.delete", json!({ "user_id": "9999" }), 404, no_user("9999")),
        ("users.get", json!({ "user_id": "x" }), 404, no_user("x")),
        (
            "users.update",
            json!({ "id": "101" }),
            422,
            json!({ "status_code": 422, "error_message": "'fields' property is missing, please validate your request." }),
        ),
        (
            "members.update",
            json!({ "group_id": "3", "user_id": "101", "fields": {} }),
            400,
            json!({ "error_code": 404, "error_message": "User id is missing, please validate your request." }),
        ),
    ] {
        assert_eq!(ask(&mut w, name, args), (status, body), "{name}");
    }
}

#[test]
fn a_single_group_is_made_as_in_the_documents_example() {
    let mut w = world();
    let new = json!({
        "name": "9", "parent_group_id": "1", "privacy": "5", "invite_members_enabled": "false", "hidden_emails": "",
        "alias_name": "group_name_9", "default_emails_frequency": "0", "manager_email_address": "Admin@example.org",
    });
    let made = ok(&mut w, "groups.create", new.clone());
    assert_eq!((&made["id"], &made["parent_group"]), (&json!(5), &json!(1)), "ids of groups are numbers");
    assert_eq!((&made["privacy"], &made["default_emails_frequency"]), (&json!("public"), &json!("IMMEDIATE")));
    assert_eq!((&made["hidden_emails"], &made["members_count"]), (&Value::Null, &json!(1)));
    assert_eq!(made["fields"].as_array().unwrap().len(), 6, "inherited from the group above");
    let (status, again) = ask(&mut w, "groups.create", new.clone());
    let message = "This group name already exists in your network.";
    assert_eq!((status, again), (400, json!({ "status_code": 400, "error_message": message })));
    for (key, value) in
        [("manager_email_address", json!("p1@example.org")), ("privacy", json!(7)), ("parent_group_id", json!(77))]
    {
        let mut bad = new.clone();
        bad["name"] = "10".into();
        bad[key] = value;
        assert_ne!(ask(&mut w, "groups.create", bad).0, 200, "{key}");
    }
    let mut short = new;
    short.as_object_mut().unwrap().shift_remove("alias_name");
    assert_eq!(ask(&mut w, "groups.create", short).0, 400);
    assert_eq!(ok(&mut w, "groups.update", json!({ "id": "5", "privacy": 10, "name": "Nine" })), json!({}));
    assert_eq!(ok(&mut w, "groups.get", json!({ "group_id": "5" }))["privacy"], "private");
    assert_eq!(ask(&mut w, "groups.update", json!({ "id": "5", "name": "leaf" })).0, 400);
}

#[test]
fn fields_come_along_when_they_are_asked_for() {
    let mut w = world();
    for (name, args) in [
        ("groups.get", json!({ "group_id": "3" })),
        ("members.get", json!({ "group_id": "3", "user_id": "100" })),
        ("users.get", json!({ "user_id": "100" })),
    ] {
        assert!(ok(&mut w, name, args.clone()).get("fields").is_none(), "{name}");
        let mut args = args;
        args["include_fields"] = "true".into();
        assert!(ok(&mut w, name, args).get("fields").is_some(), "{name}");
    }
    let found = ok(&mut w, "users.find_by_email", json!({ "email": "ADMIN@example.org", "include_fields": "true" }));
    assert_eq!(found[0]["fields"]["email"], "admin@example.org");
    assert_eq!(ok(&mut w, "users.find_by_email", json!({ "email": "nobody@example.org" })), json!([]));
}

#[test]
fn lists_by_offset_end_at_an_empty_page() {
    let mut w = world();
    for user in 101..118 {
        w.join(user, ASIDE).unwrap();
    }
    assert_eq!(walk(&mut w, "users.list", json!({ "limit": "4" })).len(), 21);
    assert_eq!(walk(&mut w, "users.list", json!({})).len(), 21);
    let members = walk(&mut w, "members.list", json!({ "group_id": "4", "limit": "5" }));
    assert_eq!(members.len(), 18);
    assert_eq!(members[0], "100", "in the order of joining");
    assert_eq!(
        walk(&mut w, "members.search", json!({ "group_id": "4", "keywords": "P1 test", "limit": "3" })).len(),
        9
    );
    assert_eq!(walk(&mut w, "users.search", json!({ "keywords": "P1@EXAMPLE", "limit": "1" })), ["101"]);
    assert_eq!(ask(&mut w, "users.search", json!({})).0, 400);
}

#[test]
fn groups_are_walked_by_the_last_id() {
    let mut w = world();
    let (mut last, mut ids, mut pages) = (None, Vec::new(), 0);
    loop {
        let mut args = json!({ "limit": "3" });
        if let Some(last) = last {
            args["last_group_id"] = Value::from(last).to_string().into();
        }
        let page = ok(&mut w, "groups.list", args);
        assert_eq!(page["total_groups"], 4);
        let rows = page["groups"].as_array().unwrap();
        let Some(row) = rows.last() else { break };
        last = row["id"].as_u64();
        ids.extend(rows.iter().map(|row| row["id"].as_u64().unwrap()));
        pages += 1;
        match pages {
            1 => assert_eq!(page["next_page"], "http://api.mobilize.io/v1/groups?last_group_id=3&limit=3"),
            _ => assert_eq!(page["next_page"], Value::Null),
        }
    }
    assert_eq!(ids, [1, 2, 3, 4]);
}

fn busy_world() -> World {
    let mut w = world();
    for i in 0..160 {
        w.advance(w.now_ms() + 777);
        let doing = Doing::ALL[i % Doing::ALL.len()];
        w.record(Deed { post: 40, other: 102, count: 2, ..Deed::new(doing, LEAF, 100 + (i as u64 % 7)) });
    }
    w
}

#[test]
fn activities_are_walked_down_from_the_newest() {
    let mut w = busy_world();
    let (mut last, mut ids, mut pages) = (None::<u64>, Vec::<u64>::new(), 0);
    loop {
        let args = last.map_or_else(|| json!({}), |last| json!({ "last_activity_id": last.to_string() }));
        let page = ok(&mut w, "activities.list", args);
        assert_eq!(page["total_activities"], 160);
        let rows = page["activites"].as_array().unwrap();
        let Some(row) = rows.last() else { break };
        last = row["id"].as_u64();
        ids.extend(rows.iter().map(|row| row["id"].as_u64().unwrap()));
        pages += 1;
        assert_eq!(rows.len(), 20, "the default");
        let next = format!("https://api.mobilize.io/v1/activities?last_activity_id={}&limit=20", last.unwrap());
        assert_eq!(page["next_page"], next);
    }
    assert_eq!(pages, 8);
    assert_eq!(ids, (1..=160).rev().collect::<Vec<u64>>());
}

#[test]
fn all_22_filters_are_taken_and_rows_have_the_documented_type() {
    let mut w = busy_world();
    assert_eq!(ops::ACTIVITY_TYPES.len(), 22);
    let mut rows = 0;
    for choice in ops::ACTIVITY_TYPES {
        let page = ok(&mut w, "activities.list", json!({ "activity_type": choice.name, "limit": "50" }));
        for row in page["activites"].as_array().unwrap() {
            rows += 1;
            let expected = match choice.name {
                "add_members" => "added_members",
                "join_group" => "joined_group",
                "comment_reply" | "post_message" => "comment",
                "reaction" => "add_reaction",
                other => other,
            };
            assert_eq!(row["type"], expected);
            let second = match choice.name {
                "comment" => json!("comment"),
                "comment_reply" | "sms_reply" => json!("reply"),
                "post_message" => json!("message"),
                _ => Value::Null,
            };
            assert_eq!(row["comment_type"], second, "{}", choice.name);
        }
    }
    assert_eq!(rows, 160, "each row is found by one filter");
    assert_eq!(ask(&mut w, "activities.list", json!({ "activity_type": "added_members" })).0, 422);
    let of = ok(&mut w, "activities.list", json!({ "member_id": "101", "activity_type": "view", "limit": "50" }));
    assert_eq!(of["activites"].as_array().unwrap().len() as u64, of["total_activities"].as_u64().unwrap());
    assert!(of["total_activities"].as_u64().unwrap() > 0);
}

/// The keys that the document shows for each filter, copied from its samples; `id` stands in the list's sample only.
#[test]
fn each_kind_of_activity_has_the_documented_keys() {
    let mut w = busy_world();
    for (filter, keys) in [
        ("add_members", "created_at group_id members_count type group_name"),
        ("comment", "type comment_type created_at content post_id group_id receiver_id post_type feed_type post_name"),
        ("comment_reply", "type comment_type created_at content post_id post_type feed_type target post_name"),
        ("conversation", "created_at type conversation_id initiator participant participants_count participants"),
        ("join_group", "created_at group_id group_name type"),
        (
            "mention",
            "type mention_object created_at content mentioned post_id group_id receiver_id post_type feed_type post_name",
        ),
        ("pending_applicant", "created_at group_id group_name type"),
        ("pending_post", "created_at post_id group_id receiver_id type post_type feed_type post_name target"),
        ("post", "created_at post_id group_id receiver_id type post_type feed_type post_name target"),
        ("post_approved", "created_at post_id group_id receiver_id type post_type feed_type post_name target"),
        (
            "post_message",
            "type comment_type created_at content post_id receiver_id group_id post_type feed_type target post_name",
        ),
        ("reaction", "type created_at content post_id feed_type group_id post_type receiver_id post_name"),
        ("rsvp", "created_at group_id event_id post_id post_type feed_type type status event_name group_name target"),
        ("sms_reply", "type comment_type created_at content post_id post_type feed_type target post_name"),
        ("view", "created_at receiver_id group_id post_id post_type feed_type type post_name group_name target"),
        ("vote", "created_at type post_id post_type feed_type poll_name group_id receiver_type receiver_id"),
    ] {
        let page = ok(&mut w, "activities.list", json!({ "activity_type": filter, "limit": "1" }));
        let row = page["activites"][0].as_object().unwrap();
        let mut expected: Vec<&str> = keys.split(' ').chain(["id"]).collect();
        let mut have: Vec<&str> = row.keys().map(String::as_str).collect();
        expected.sort_unstable();
        have.sort_unstable();
        assert_eq!(have, expected, "{filter}");
        let at = row["created_at"].as_str().unwrap();
        assert!(at.len() == 20 && at.ends_with('Z'), "{at}");
        assert!(row.iter().all(|(key, value)| !value.is_null() || (filter == "sms_reply" && key == "post_name")));
    }
    let named = |w: &mut World, filter: &str| {
        ok(w, "activities.list", json!({ "activity_type": filter, "limit": "1" }))["activites"][0]["target"].clone()
    };
    assert_eq!(named(&mut w, "post"), json!({ "id": 3, "name": "Leaf", "type": "group" }));
    assert_eq!(named(&mut w, "view"), json!({ "id": 3, "type": "group" }));
}

#[test]
fn hard_delete_destroys_what_the_person_did() {
    let mut w = busy_world();
    w.join(101, LEAF).unwrap();
    w.record(Deed::new(Doing::Post, ASIDE, 101));
    let of =
        |w: &mut World| ok(w, "activities.list", json!({ "member_id": 101 }))["total_activities"].as_u64().unwrap();
    let before = of(&mut w);
    ok(&mut w, "members.remove", json!({ "group_id": 3, "user_id": 101 }));
    assert_eq!(of(&mut w), before, "without it everything stays");
    w.join(101, LEAF).unwrap();
    ok(&mut w, "members.remove", json!({ "group_id": 2, "user_id": 101, "hard_delete": "true" }));
    assert_eq!(of(&mut w), 1, "what was done in other groups stays");
    ok(&mut w, "users.delete", json!({ "user_id": 101, "hard_delete": true }));
    assert_eq!(of(&mut w), 0);
    assert_eq!(ask(&mut w, "users.get", json!({ "user_id": "101" })).0, 404);
    assert_eq!(ok(&mut w, "users.find_by_email", json!({ "email": "p1@example.org" })), json!([]));
}

#[test]
fn users_are_made_outside_all_groups_and_changed() {
    let mut w = world();
    let new = json!({ "email": "solo@example.org", "fields": { "first_name": "Solo", "job_title": "Pilot" } });
    let made = ok(&mut w, "users.create", new);
    assert_eq!((&made["groups"], &made["is_registered"]), (&json!([]), &json!(false)));
    assert_eq!(made["fields"]["job_title"], "Pilot");
    let again = ok(&mut w, "users.create", json!({ "email": "SOLO@example.org", "fields": { "first_name": "Other" } }));
    assert_eq!((&again["id"], &again["first_name"]), (&made["id"], &json!("Solo")));
    let id = made["id"].as_str().unwrap().to_owned();
    ok(&mut w, "users.update", json!({ "id": id, "fields": { "email": "duo@example.org" } }));
    assert_eq!(ok(&mut w, "users.find_by_email", json!({ "email": "solo@example.org" })), json!([]));
    assert_eq!(ask(&mut w, "users.update", json!({ "id": id, "fields": { "email": "p1@example.org" } })).0, 422);
    assert_eq!(ask(&mut w, "users.create", json!({ "email": "nonsense" })).0, 422);
    assert_eq!(ask(&mut w, "users.create", json!({})).0, 400);
}

#[test]
fn standings_are_said_where_the_document_says_them() {
    let mut w = world();
    w.enter(101, LEAF, Standing::Pending).unwrap();
    w.enter(102, LEAF, Standing::Declined).unwrap();
    let status = |w: &mut World, name: &str, user: &str| {
        ok(w, name, json!({ "group_id": "3", "user_id": user }))["groups"][0]["status"].clone()
    };
    assert_eq!(status(&mut w, "users.get", "100"), "accepted");
    assert_eq!(status(&mut w, "members.get", "100"), Value::Null);
    assert_eq!(status(&mut w, "members.get", "101"), "pending");
    assert_eq!(status(&mut w, "members.get", "102"), "declined");
    ok(&mut w, "members.add", json!({ "group_id": 3, "user_id": 101 }));
    assert_eq!(status(&mut w, "users.get", "101"), "accepted");
}

#[test]
fn a_delivery_to_webhooks_comes_in_pages_of_fifty() {
    let mut w = world();
    let rows: Vec<Value> = (0..70).map(|i| json!({ "fields": { "email": format!("b{i}@example.org") } })).collect();
    let job = ok(&mut w, "bulk.create_members", json!({ "group_id": 3, "users": rows }));
    w.settle();
    let id = job["job_id"].as_str().unwrap();
    let page = ok(&mut w, "webhooks.batch", json!({ "id": id }));
    assert_eq!((page["notifications"].as_array().unwrap().len(), &page["total"]), (50, &json!(140)));
    assert_eq!((&page["job"]["id"], &page["notifications"][0]["topic"]), (&json!(id), &json!("user.created")));
    assert_eq!(page["notifications"][0]["item"]["groups"][0]["status"], "approved");
    assert_eq!(page["next_page"], format!("https://api.mobilize.io/v1/bulks/{id}?offset=50&limit=50"));
    let last = ok(&mut w, "webhooks.batch", json!({ "id": id, "offset": "100", "limit": "200" }));
    assert_eq!(last["notifications"].as_array().unwrap().len(), 40);
    assert_eq!(last["notifications"][0]["topic"], "group_member.added");
    assert!(last.get("next_page").is_none());
    w.deliver(Delivery { id: "x".into(), notices: vec![(Topic::Joined, 101)] });
    assert_eq!(ok(&mut w, "webhooks.batch", json!({ "id": "x" }))["total"], 1);
    assert_eq!(ask(&mut w, "webhooks.batch", json!({ "id": "y" })).0, 404);
}

#[test]
fn advancing_once_or_in_many_steps_gives_the_same_world() {
    let play = |step: i64| {
        let mut w = world();
        let rows: Vec<Value> = (0..40).map(|i| json!({ "fields": { "email": format!("b{i}@example.org") } })).collect();
        ok(&mut w, "bulk.create_members", json!({ "group_id": 3, "users": rows }));
        ok(&mut w, "members.invite", json!({ "group_id": 3, "sender_id": 100, "recipients_ids": [100] }));
        let end = w.now_ms() + 1_200;
        while w.now_ms() < end {
            w.advance(w.now_ms() + step);
        }
        w
    };
    assert_eq!(play(1), play(1_200));
    assert_eq!(play(40), play(1_200));
}
