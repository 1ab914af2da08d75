//! Rows as Mobilize's adapter foretells them, held against what the simulated platform shows once the write was made.

use beadle::catalog::{Adapter, Call, Deed, Doubt, Piece, SubjectKind, check};
use beadle::model::{Group, above, below};
use beadle::sandbox::{DECLINED, PENDING, SENDER, Seed};
use beadle::world::World;
use proptest::prelude::{ProptestConfig, any, prop};
use proptest::proptest;
use serde_json::{Map, Value, json};

use crate::mobilize_document::{mobilize, named};

pub fn adapter() -> &'static dyn Adapter {
    mobilize().adapter
}

pub fn world() -> World {
    Seed { seed: 3, people: 14, activities: 0 }.world()
}

pub fn call(name: &str, args: Value) -> Call {
    let args = check(named(name), vec![args]).unwrap_or_else(|error| panic!("{error}"));
    Call { platform: mobilize(), op: named(name), connection: "main".into(), args }
}

/// What the simulated platform answers.
pub fn ask(world: &mut World, call: &Call) -> (u16, Value) {
    (mobilize().simulate)(world, call.op, &call.args)
}

fn all(world: &mut World, name: &str) -> Value {
    let args = json!({ "include_fields": true, "limit": 10_000 });
    let (status, answer) = ask(world, &call(name, args));
    assert_eq!(status, 200, "{answer}");
    answer.get("groups").cloned().unwrap_or(answer)
}

/// A question of a plan about each subject of a piece.
pub fn questions(piece: &Piece) -> Vec<Doubt> {
    let about = |(place, (subject, part)): (usize, &(_, Value))| Doubt {
        effect: 0,
        operation: piece.call.op.name(),
        subject: Clone::clone(subject),
        address: piece.address(place),
        wanted: part.clone(),
        before: Value::Null,
        begun_at: 0,
        job: None,
    };
    piece.subjects.iter().enumerate().map(about).collect()
}

pub fn deed(write: &Doubt) -> Deed {
    let op = named(&write.operation);
    adapter().deed(op, &write.subject, &write.wanted).unwrap_or_else(|| panic!("{} has no deed", write.operation))
}

/// The subject's row in all there is.
fn row(write: &Doubt, all: &[Value; 2]) -> Option<Value> {
    let snapshot = adapter().snapshot("main", std::slice::from_ref(write)).unwrap();
    (snapshot.find)(write, &all[usize::from(write.subject.kind == SubjectKind::Group)..][..1])
}

/// The row after a write, a group after the other as the hierarchy has them.
fn foretold(row: Option<Value>, id: &str, deed: &Deed, groups: &[Group]) -> Option<Value> {
    let once = |row, deed: &Deed| adapter().after(row, id, deed);
    let mut made = once(row, deed);
    match deed {
        Deed::Joins { group, who, fields } => {
            for group in above(groups, group) {
                let (group, who, fields) = (group.id.clone(), who.clone(), fields.clone());
                made = once(made, &Deed::Joins { group, who, fields });
            }
        }
        Deed::Leaves { group, who, destroys } => {
            for group in below(groups, group) {
                let (group, who, destroys) = (group.id.clone(), who.clone(), *destroys);
                made = once(made, &Deed::Leaves { group, who, destroys });
            }
        }
        _ => {}
    }
    made
}

/// Every key that was foretold is shown so; of groups and fields there are no others either. Times are the platform's, and
/// so is the case of an address.
fn agree(made: &Value, shown: &Value, at: &str) {
    match (made, shown) {
        (Value::Object(made), Value::Object(shown)) => {
            for (key, value) in made.iter().filter(|(key, _)| *key != "updated_at") {
                let other = shown.get(key).unwrap_or_else(|| panic!("{at}/{key} is not shown"));
                agree(value, other, &format!("{at}/{key}"));
            }
            let fields = at.ends_with("/fields").then(|| shown.keys().find(|key| !made.contains_key(*key))).flatten();
            assert_eq!(fields, None, "{at}: shown, and not foretold");
        }
        (Value::Array(made), Value::Array(shown)) if at.ends_with("/groups") => {
            assert_eq!(made.len(), shown.len(), "{at}: {made:?} {shown:?}");
            for place in made {
                let other = shown.iter().find(|other| other["id"] == place["id"]);
                agree(
                    place,
                    other.unwrap_or_else(|| panic!("{at} {place}: not shown")),
                    &format!("{at}/{}", place["id"]),
                );
            }
        }
        (Value::String(made), Value::String(shown)) if made.contains('@') => {
            assert_eq!(made.to_lowercase(), shown.to_lowercase(), "{at}");
        }
        _ => assert_eq!(made, shown, "{at}"),
    }
}

/// Makes one call and holds what was foretold of each subject against what is shown. Says whether the platform took it.
fn try_out(world: &mut World, call: &Call) -> bool {
    world.settle();
    world.advance(world.now_ms() + 1_000);
    let before = [all(world, "users.list"), all(world, "groups.list")];
    let groups: Vec<Group> = before[1].as_array().unwrap().iter().map(|row| adapter().group(row).unwrap()).collect();
    let pieces = call.pieces();
    assert_eq!(pieces.len(), 1);
    let (status, answer) = ask(world, &pieces[0].call);
    if status != 200 {
        assert_eq!(before, [all(world, "users.list"), all(world, "groups.list")], "refused: {answer}");
        return false;
    }
    if call.op.follow.is_some() {
        world.settle();
    }
    let after = [all(world, "users.list"), all(world, "groups.list")];
    for write in questions(&pieces[0]) {
        let deed = deed(&write);
        let shown = row(&write, &after);
        let id = shown.as_ref().map(|row| row["id"].to_string().replace('"', "")).unwrap_or_default();
        let made = foretold(row(&write, &before), &id, &deed, &groups);
        match (&made, &shown) {
            (Some(made), Some(shown)) => agree(made, shown, &write.operation),
            (made, shown) => assert_eq!(made, shown, "{}", write.operation),
        }
        let held = |row: &Option<Value>| adapter().held(&write, row.as_ref());
        assert_eq!(held(&made), held(&shown), "{}: what is touched", write.operation);
    }
    true
}

// ---- writes of all kinds

/// One write, by numbers that mean whatever there is.
type Pick = (usize, u16, u16, u16);

const WRITES: [&str; 13] = [
    "groups.create",
    "groups.update",
    "bulk.create_groups",
    "bulk.update_groups",
    "members.add",
    "members.update",
    "members.remove",
    "members.invite",
    "bulk.create_members",
    "users.create",
    "users.update",
    "users.delete",
    "members.add with an id",
];

/// The fields that some bits stand for, of those that the group has.
fn fields(world: &World, bits: u16, group: Option<u64>) -> Map<String, Value> {
    let choices = [
        ("first_name", json!(format!("F{bits}"))),
        ("last_name", if bits & 1 == 0 { json!("") } else { json!("Lovelace") }),
        ("city", if bits & 2 == 0 { Value::Null } else { json!("Turin") }),
        ("job_title", json!(bits)),
        ("location", json!({ "city": "Turin", "lat": 45.07 })),
        ("first_name", Value::Null),
        ("company_name", json!(["a", "b"])),
    ];
    let known = |name: &str| world.fields_in(group).iter().any(|field| field.unique_name == name);
    let taken = choices.into_iter().enumerate().filter(|(place, (name, _))| bits >> place & 1 == 1 && known(name));
    taken.map(|(_, (name, value))| (name.to_owned(), value)).collect()
}

/// An address that is known, in another case, or a new one.
fn address(world: &World, bits: u16) -> String {
    let people: Vec<_> = world.users_from(0).map(|user| user.email.clone()).collect();
    match people.get(usize::from(bits % 24)) {
        Some(known) if bits & 32 == 0 => known.to_uppercase(),
        Some(known) => known.clone(),
        None => format!("New{}@people.example", bits % 7),
    }
}

fn settings(bits: u16, name: Option<String>) -> Map<String, Value> {
    let choices = [
        ("privacy", json!(if bits & 256 == 0 { "open" } else { "private" })),
        ("default_emails_frequency", json!([0, 1, 9][usize::from(bits % 3)])),
        ("hidden_emails", if bits & 512 == 0 { Value::Null } else { json!(true) }),
        ("members_posting_permissions", json!(["QuickPost", "event"])),
        ("alias_name", json!(format!("alias-{bits}"))),
        ("invite_members_enabled", json!(bits & 1 == 0)),
        ("members_visible", json!(false)),
        ("requires_approval", json!(true)),
    ];
    let named = name.map(|name| ("name".to_owned(), name.into()));
    let taken = choices.into_iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
    named.into_iter().chain(taken.map(|(_, (name, value))| (name.to_owned(), value))).collect()
}

/// The call that the numbers stand for; `None` where they stand for nothing.
fn picked(world: &World, (kind, a, b, c): Pick, at: usize) -> Option<Call> {
    let name = WRITES[kind % WRITES.len()];
    let groups: Vec<u64> = world.groups_after(None).map(|group| group.id).collect();
    let group = groups[usize::from(b) % groups.len()];
    let people: Vec<u64> = world.users_from(0).map(|user| user.id).collect();
    let person = *people.get(usize::from(a) % people.len().max(1))?;
    let members: Vec<u64> = world.members_from(group, 0).map(|user| user.id).collect();
    let member = *members.get(usize::from(a) % members.len().max(1))?;
    let fields_in = |bits| fields(world, bits, Some(group));
    let some_fields = |bits: u16, group| match fields(world, bits, group) {
        none if none.is_empty() => Map::from_iter([("last_name".to_owned(), "Hopper".into())]),
        some => some,
    };
    let with_address = |bits: u16| {
        let mut fields = fields_in(bits);
        fields.insert("email".into(), address(world, bits ^ a).into());
        fields
    };
    let sender = world.user(SENDER)?;
    let args = match name {
        "groups.create" => {
            let mut row = settings(c & 0b11_0000_0000 | 0b11_0111, Some(format!("Made {at}")));
            row.insert("parent_group_id".into(), group.into());
            row.insert("manager_email_address".into(), sender.email.clone().into());
            Value::Object(row)
        }
        "groups.update" => {
            let mut row = settings(c, (c & 64 == 0 || c & 127 == 64).then(|| format!("Changed {at}")));
            row.insert("id".into(), group.into());
            Value::Object(row)
        }
        "bulk.create_groups" => {
            let row = |place: u16| {
                // One name is taken in a second job: the platform leaves the group that has it as it is.
                let name = if place == 0 { "Taken".into() } else { format!("Made {at}.{place}") };
                let mut row = settings(c ^ place, Some(name));
                row.insert("parent_group_id".into(), if place == 2 { Value::Null } else { group.into() });
                if place == 1 && c & 4 == 4 && sender.membership(group).is_some() {
                    row.insert("manager_email_address".into(), sender.email.clone().into());
                }
                row
            };
            json!({ "groups": [row(0), row(1), row(2)] })
        }
        "bulk.update_groups" => {
            let mut row = settings(c, Some(format!("Changed {at}")));
            row.insert("id".into(), group.into());
            json!({ "groups": [row] })
        }
        "members.add" => json!({ "group_id": group, "fields": with_address(c) }),
        "members.add with an id" => {
            let mut fields = fields_in(c);
            if c & 128 == 128 {
                fields.insert("email".into(), format!("moved{at}@people.example").into());
            }
            json!({ "group_id": group, "user_id": person, "fields": fields })
        }
        "members.update" => json!({ "group_id": group, "user_id": member, "fields": some_fields(c, Some(group)) }),
        "members.remove" => json!({ "group_id": group, "user_id": member, "hard_delete": c & 1 == 1 }),
        "members.invite" => json!({ "group_id": group, "sender_id": SENDER, "recipients_ids": [member, person] }),
        "bulk.create_members" => {
            json!({ "group_id": group, "users": [{ "fields": with_address(c) }, { "fields": with_address(c ^ 21) }] })
        }
        "users.create" => json!({ "email": address(world, c), "fields": fields(world, a, None) }),
        "users.update" => {
            let mut fields = some_fields(c, None);
            if c & 128 == 128 {
                fields.insert("email".into(), format!(" Moved{at}@people.example").into());
            }
            json!({ "id": person, "fields": fields })
        }
        // Invitations and groups need somebody to be there for them.
        "users.delete" if person == SENDER => return None,
        "users.delete" => json!({ "user_id": person }),
        other => unreachable!("{other}"),
    };
    Some(call(name.split(' ').next()?, args))
}

#[test]
fn each_write_is_foretold_and_the_platform_takes_it() {
    for (kind, name) in WRITES.iter().enumerate() {
        let mut world = world();
        let call = picked(&world, (kind, 3, 3, 0b1001_1111), 0).unwrap_or_else(|| panic!("{name}"));
        assert!(try_out(&mut world, &call), "{name}");
    }
    let written: Vec<&str> = WRITES.iter().filter_map(|name| name.split(' ').next()).collect();
    for op in mobilize().ops.iter().filter(|op| !op.is_read()) {
        assert!(written.contains(&op.name().as_str()), "{} is never tried", op.name());
    }
}

#[test]
fn whoever_waits_or_declined_is_accepted_by_being_added() {
    for person in [PENDING, DECLINED] {
        let mut world = world();
        let add = call("members.add", json!({ "group_id": 4, "user_id": person }));
        let write = questions(&add.pieces()[0]).remove(0);
        let get = call("members.get", json!({ "group_id": 4, "user_id": person, "include_fields": true }));
        let (_, before) = ask(&mut world, &get);
        assert_eq!(adapter().held(&write, Some(&before))["member"], json!(false));
        assert!(try_out(&mut world, &add));
        let (_, shown) = ask(&mut world, &get);
        let made = adapter().after(Some(before), "", &deed(&write)).unwrap();
        assert_eq!(adapter().held(&write, Some(&made)), adapter().held(&write, Some(&shown)));
        assert_eq!(adapter().held(&write, Some(&made))["member"], json!(true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_is_written_in_whatever_order_is_foretold(
        picks in prop::collection::vec((0..13_usize, any::<u16>(), any::<u16>(), any::<u16>()), 1..20),
    ) {
        let mut world = world();
        for (at, pick) in picks.into_iter().enumerate() {
            if let Some(call) = picked(&world, pick, at) {
                try_out(&mut world, &call);
            }
        }
    }
}
