//! The simulation against what the document says, and the adapter: changes and calls, deeds and rows, doubts.

use serde_json::{Value, json};

use super::simulate::simulate;
use super::{PLATFORM, SANDBOX_TENANT, doubts, held, users};
use crate::catalog::{Args, Call, Deed, Doubt, Subject, SubjectKind, Verdict};
use crate::model::{Change, Email, FieldChange, Person, Standing};
use crate::world::{Kind, NewGroup, NewUser, Values, World, guid};

const ADMIN: u64 = 100;
const PLAIN: u64 = 101;
const OUTSIDE: u64 = 102;
const WAITING: u64 = 103;

fn community() -> String {
    guid(Kind::Group, 1)
}

fn role(number: u64) -> String {
    guid(Kind::Role, 16 + number)
}

/// A community with an administrator and a member, somebody who waits, and somebody outside.
fn world() -> World {
    let mut world = World::new(7, 1_767_225_600_000, ADMIN, 1);
    world.create_group(NewGroup { name: "Berlin".into(), ..NewGroup::default() }).unwrap();
    for name in ["admin", "plain", "outside", "waiting"] {
        let email = format!("{name}@example.org");
        world.create_user(NewUser { email, values: Values::new(), registered: name != "plain" }, None).unwrap();
    }
    world.join(ADMIN, 1).unwrap();
    world.join(PLAIN, 1).unwrap();
    world.enter(WAITING, 1, Standing::Pending).unwrap();
    world.set_admin(ADMIN, 1);
    world
}

fn ask(world: &mut World, name: &str, args: Value) -> (u16, Value) {
    let (noun, verb) = name.split_once('.').unwrap();
    let op = PLATFORM.op(noun, verb).unwrap();
    let mut whole = json!({ "community_id": community(), "tenant_id": SANDBOX_TENANT });
    whole.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    simulate(world, op, &Args::from_checked(whole.as_object().unwrap().clone()))
}

fn add(world: &mut World, user: u64, roles: &[u64]) -> (u16, Value) {
    let roles: Vec<String> = roles.iter().map(|number| role(*number)).collect();
    ask(world, "users.add", json!({ "user_id": guid(Kind::User, user), "role_ids": roles }))
}

fn listed(world: &mut World, args: Value) -> Vec<String> {
    let (status, rows) = ask(world, "users.list", args);
    assert_eq!(status, 200);
    rows.as_array().unwrap().iter().map(|row| row["Email"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_comes_in_is_created_who_is_there_gets_exactly_the_roles_that_are_sent() {
    let mut world = world();
    let (status, user) = add(&mut world, OUTSIDE, &[1, 4]);
    assert_eq!((status, &user["RoleIds"]), (201, &json!([role(1), role(4)])));
    let (status, user) = add(&mut world, OUTSIDE, &[5, 1, 5]);
    assert_eq!((status, &user["RoleIds"]), (200, &json!([role(1), role(5)])));
    let (_, user) = add(&mut world, ADMIN, &[1]);
    assert_eq!(user["RoleIds"], json!([role(1)]), "this is how an administrator would be lost");
    assert!(!world.user(ADMIN).unwrap().membership(1).unwrap().admin);
    assert_eq!(add(&mut world, WAITING, &[1]).0, 201, "who waited was no user of the community");
    assert!(world.outbox().is_empty(), "nobody is written to");
}

#[test]
fn who_is_taken_out_stays_in_the_tenant_and_a_second_time_is_not_found() {
    let mut world = world();
    let one = json!({ "user_id": guid(Kind::User, PLAIN) });
    assert_eq!(ask(&mut world, "users.remove", one.clone()), (204, Value::Null));
    assert_eq!(ask(&mut world, "users.remove", one.clone()).0, 404);
    assert_eq!(listed(&mut world, json!({})), ["admin@example.org"]);
    assert_eq!(ask(&mut world, "tenant_users.get", one).0, 200);
}

#[test]
fn lists_are_paged_sparse_and_end_empty() {
    let mut world = world();
    assert_eq!(listed(&mut world, json!({})), ["admin@example.org", "plain@example.org"]);
    assert_eq!(listed(&mut world, json!({ "skip": "1", "count": "5" })), ["plain@example.org"]);
    assert!(listed(&mut world, json!({ "skip": 2 })).is_empty());
    assert_eq!(ask(&mut world, "users.count", json!({})), (200, json!(2)));
    let (_, rows) = ask(&mut world, "users.list", json!({ "skip": 1 }));
    let keys: Vec<&String> = rows[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["Id", "Name", "Email", "IdentityProviderId", "RoleIds"], "what is empty is left out");
    let (_, tenant) = ask(&mut world, "tenant_users.list", json!({ "count": 3 }));
    assert_eq!(tenant.as_array().unwrap().len(), 3);
    let (_, roles) = ask(&mut world, "roles.list", json!({}));
    assert_eq!(roles.as_array().unwrap().len(), 5);
    let (_, communities) = ask(&mut world, "communities.list", json!({}));
    assert_eq!(communities[0]["Tenants"][0]["UserCount"], 2);
    assert_eq!(communities[0]["MemberRoleId"], json!(role(1)));
}

#[test]
fn what_is_refused_changes_nothing_and_says_why() {
    let mut world = world();
    let before = world.clone();
    let user = guid(Kind::User, PLAIN);
    for (name, args, status, error) in [
        ("users.add", json!({ "user_id": user, "role_ids": [role(4)] }), 400, "The community member role is required"),
        ("users.add", json!({ "user_id": user, "role_ids": {} }), 400, "The body must be a list of role identifiers"),
        ("users.add", json!({ "user_id": user }), 400, "The body must be a list of role identifiers"),
        (
            "users.add",
            json!({ "user_id": user, "role_ids": [guid(Kind::Role, 33)] }),
            400,
            "Role \"0d7a7ba3\" does not belong to the community",
        ),
        ("users.add", json!({ "user_id": guid(Kind::User, 9), "role_ids": [role(1)] }), 404, "User not found"),
        ("users.remove", json!({ "user_id": guid(Kind::User, WAITING) }), 404, "User not found in the community"),
        ("users.list", json!({ "tenant_id": "t" }), 404, "Tenant not found"),
        ("users.count", json!({ "community_id": guid(Kind::Group, 7) }), 404, "Community not found"),
        ("users.list", json!({ "skip": "-1" }), 400, "`skip` must be a number that is not negative"),
    ] {
        let (told, body) = ask(&mut world, name, args);
        assert_eq!(told, status, "{name}: {body}");
        let words = body["Error"].as_str().unwrap();
        assert_eq!(words.split('"').next(), error.split('"').next(), "{name}");
        assert!(body["OperationId"].is_string() && body["Reason"].is_string() && body["Resolution"].is_string());
    }
    assert_eq!(world, before);
}

// ---- the adapter

fn roles_read() -> Value {
    let mut world = world();
    ask(&mut world, "roles.list", json!({})).1
}

/// The row of a member as our own lists have it.
fn row(user: u64) -> Value {
    let mut world = world();
    let (_, rows) = ask(&mut world, "users.list", json!({}));
    let id = guid(Kind::User, user);
    let mut row = rows.as_array().unwrap().iter().find(|row| row["Id"] == id.as_str()).unwrap().clone();
    let list = PLATFORM.adapter.members("aveva", &community()).unwrap();
    users::join(&list, &mut row, &roles_read());
    row
}

#[test]
fn a_row_says_who_somebody_is_whether_they_administer_and_which_roles_they_have() {
    let admin = PLATFORM.adapter.member(&community(), &row(ADMIN)).unwrap();
    assert!(admin.admin && admin.groups[0].admin && admin.groups[0].group == community());
    assert_eq!((admin.field("roles"), admin.registered), (Some("Community Administrator"), None));
    let plain = PLATFORM.adapter.member(&community(), &row(PLAIN)).unwrap();
    assert_eq!((plain.admin, plain.field("roles"), plain.name.as_str()), (false, Some(""), "plain@example.org"));
    let sparse =
        PLATFORM.adapter.member("", &json!({ "Id": "U", "ContactEmail": "a@b.example", "Surname": "B" })).unwrap();
    assert_eq!((sparse.id.as_str(), sparse.name.as_str(), sparse.groups.len()), ("u", "B", 0));
    assert_eq!(sparse.email.unwrap().as_str(), "a@b.example");
    assert!(PLATFORM.adapter.member("", &json!({ "Email": "a@b.example" })).is_none());
    assert_eq!(users::plain(row(PLAIN)).get("community"), None);
}

#[test]
fn changes_become_calls_and_only_a_column_of_roles_is_exact() {
    let member = PLATFORM.adapter.member(&community(), &row(PLAIN)).unwrap();
    let person = |roles: &str| Person {
        email: Email::parse("New@b.example").unwrap(),
        fields: vec![("first_name".into(), "New".into()), ("roles".into(), roles.into())],
        line: 2,
    };
    let field = |name: &str, after: &str| FieldChange { name: name.into(), before: String::new(), after: after.into() };
    let update = |name, after| Change::Update { member: member.clone(), fields: vec![field(name, after)] };
    let changes = [
        Change::Add(person("")),
        Change::Add(person("Analysts; Operators")),
        update("roles", "Analysts"),
        update("roles", ""),
        Change::Remove(member.clone()),
    ];
    let calls = PLATFORM.adapter.calls("aveva", "c", &changes).unwrap();
    let told: Vec<(&str, Value)> = calls.iter().map(|call| (call.op.verb, call.args.to_value())).collect();
    let id = member.id.as_str();
    let expected = [
        ("add", json!({ "community_id": "c", "user_id": "New@b.example" })),
        ("add", json!({ "community_id": "c", "user_id": "New@b.example", "role_ids": ["Analysts", "Operators"] })),
        ("add", json!({ "community_id": "c", "user_id": id, "exact": true, "role_ids": ["Analysts"] })),
        ("add", json!({ "community_id": "c", "user_id": id, "exact": true })),
        ("remove", json!({ "community_id": "c", "user_id": id })),
    ];
    assert_eq!(told, expected);
    assert!(
        PLATFORM.adapter.calls("aveva", "c", &[update("first_name", "X")]).is_err(),
        "names are the identity provider's"
    );
}

fn doubt(operation: &str, wanted: Value, before: Value) -> Doubt {
    Doubt {
        effect: 1,
        operation: operation.into(),
        subject: Subject { kind: SubjectKind::Person, key: guid(Kind::User, PLAIN), group: Some(community()) },
        address: None,
        wanted,
        before,
        begun_at: 0,
        job: None,
    }
}

fn role_value(number: u64, name: &str) -> Value {
    json!({ "id": role(number), "name": name, "type": "" })
}

#[test]
fn a_deed_makes_the_row_that_a_later_read_shows_and_what_it_held_is_told_by_names() {
    let member = json!({ "id": role(1), "name": "Community Member", "type": "f79a55da-7c76-4600-a809-0f62ca9971d9" });
    let after = json!([member, role_value(4, "Analysts")]);
    let part = json!({ "community_id": community(), "user_id": guid(Kind::User, PLAIN), "email": "Plain@example.org", "standing": { "before": [member], "after": after } });
    let write = doubt("users.add", part.clone(), Value::Null);
    let op = PLATFORM.op("users", "add").unwrap();
    let deed = PLATFORM.adapter.deed(op, &write.subject, &part).unwrap();
    let Deed::Joins { fields, who, .. } = &deed else { panic!("{deed:?}") };
    assert_eq!((&fields["roles"], who.address.as_deref()), (&json!("Analysts"), Some("plain@example.org")));
    let now = PLATFORM.adapter.after(Some(row(PLAIN)), "", &deed).unwrap();
    assert_eq!(now["RoleIds"], json!([role(1), role(4)]));
    let was = held::held(&write, Some(&row(PLAIN)));
    assert_eq!((&was["member"], &was["fields"]["roles"]), (&json!(true), &json!("")));
    assert_eq!(held::held(&write, Some(&now))["fields"]["roles"], json!("Analysts"));
    let outside =
        json!({ "Id": guid(Kind::User, OUTSIDE), "Email": "outside@example.org", "RoleIds": ["tenant-role"] });
    let was = held::held(&write, Some(&outside));
    assert_eq!(
        (&was["member"], was.get("fields")),
        (&json!(false), None),
        "roles of the tenant are none of the community"
    );
    let removal = PLATFORM.adapter.deed(PLATFORM.op("users", "remove").unwrap(), &write.subject, &part).unwrap();
    let gone = PLATFORM.adapter.after(Some(now), "", &removal).unwrap();
    assert!(PLATFORM.adapter.member("", &gone).unwrap().groups.is_empty());
    assert_eq!(held::held(&doubt("users.remove", part, Value::Null), Some(&gone))["member"], json!(false));
}

#[test]
fn a_lost_answer_is_settled_by_the_list_and_by_what_was_there_before() {
    let wanted = json!({ "community_id": community(), "role_ids": [role(1), role(4)] });
    let mut with = row(PLAIN);
    with["RoleIds"] = json!([role(4).to_uppercase(), role(1)]);
    let mut other = row(PLAIN);
    other["RoleIds"] = json!([role(1), role(5)]);
    users::join(&PLATFORM.adapter.members("aveva", &community()).unwrap(), &mut other, &roles_read());
    let before = json!({ "member": true, "fields": { "roles": "" } });
    let (out, there) = (json!({ "member": false }), json!([row(PLAIN)]));
    let added = |before: &Value, list: Value| match doubts::judge_added(
        &doubt("users.add", wanted.clone(), before.clone()),
        &[list],
    ) {
        Verdict::Applied(_) => "applied",
        Verdict::NotApplied => "not applied",
        Verdict::Stale(_) => "stale",
        Verdict::Unknown(_) => "unknown",
    };
    assert_eq!(added(&before, json!([with])), "applied");
    assert_eq!(added(&before, there.clone()), "not applied");
    assert_eq!(added(&before, json!([other])), "stale");
    assert_eq!(added(&before, json!([])), "stale", "somebody took them out");
    assert_eq!(added(&out, json!([])), "not applied");
    assert_eq!(added(&out, there.clone()), "stale", "somebody put them in with other roles");
    assert_eq!(added(&Value::Null, json!([])), "unknown");
    assert_eq!(added(&before, Value::Null), "unknown", "a tenant that is not found proves nothing");
    let removed = |list: Value| doubts::judge_removed(&doubt("users.remove", wanted.clone(), Value::Null), &[list]);
    assert_eq!(removed(json!([])), Verdict::Applied(None));
    assert_eq!(removed(there), Verdict::NotApplied);
    assert!(matches!(removed(Value::Null), Verdict::Unknown(_)));
}

#[test]
fn reads_are_of_the_tenant_and_community_that_the_write_was_about() {
    let wanted = json!({ "community_id": "c-1", "tenant_id": "t-1" });
    let mut write = doubt("users.remove", wanted, Value::Null);
    // Undo asks without a group.
    write.subject.group = None;
    let snapshot = PLATFORM.adapter.snapshot("aveva", std::slice::from_ref(&write)).unwrap();
    let told = |call: &Call| (call.op.name(), call.args.to_value());
    let told: Vec<(String, Value)> = snapshot.reads.iter().map(told).collect();
    let list = json!({ "community_id": "c-1", "tenant_id": "t-1", "with_roles": true });
    let one = json!({ "tenant_id": "t-1", "user_id": write.subject.key });
    assert_eq!(told, [("users.list".to_owned(), list), ("tenant_users.get".to_owned(), one)]);
    let many = vec![write; 21];
    let reads = PLATFORM.adapter.snapshot("aveva", &many).unwrap().reads;
    assert_eq!(reads[1].op.name(), "tenant_users.list");
}
