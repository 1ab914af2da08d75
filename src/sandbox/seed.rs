//! A community made from a number: the same number, people and activities give the same one on every machine.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::names::{CITIES, COMPANIES, DOMAINS, FIRST, JOBS, LAST};
use crate::model::{Person, Standing};
use crate::world::{Deed, Delivery, Doing, Field, FieldKind, Invitee, NewGroup, NewUser, Topic, Values, World, mix};

/// 2026-01-01T00:00:00Z, the day on which every seeded community stands still, in milliseconds since the epoch.
pub(super) const EPOCH_MS: i64 = 1_767_225_600_000;
pub(super) const DAY_MS: i64 = 86_400_000;

/// The group that a roster is compared with by default: the Berlin chapter, some 58 in 100 of all people.
pub const ROSTER_GROUP: u64 = 4;
/// An administrator of every group, in whose name invitations can be sent.
pub const SENDER: u64 = 1001;
/// Who asked to join [`ROSTER_GROUP`] and waits.
pub const PENDING: u64 = 1004;
/// Who declined to join [`ROSTER_GROUP`].
pub const DECLINED: u64 = 1005;
/// A delivery to webhooks, about everybody in the volunteers' group.
pub const DELIVERY: &str = "kT4vXw9sQmRz2LbYcN7hPd";

/// How many strangers wait for an account in [`ROSTER_GROUP`].
pub const STRANGERS: u64 = 40;

const FIRST_USER: u64 = SENDER;
const ROOT: u64 = 1;
const CHAPTERS: u64 = 2;
const VOLUNTEERS: u64 = 3;
/// Below the root and the two groups under it; their ids follow in this order, [`ROSTER_GROUP`] the first.
const SMALL_GROUPS: [(&str, &str, u64); 6] = [
    ("Berlin", "berlin", CHAPTERS),
    ("Lisbon", "lisbon", CHAPTERS),
    ("Nairobi", "nairobi", CHAPTERS),
    ("Kraków", "krakow", CHAPTERS),
    ("Mentors", "mentors", VOLUNTEERS),
    ("Event crew", "event-crew", VOLUNTEERS),
];

/// What a community is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed {
    /// Another number makes other people.
    pub seed: u64,
    /// How many people; at least six, those that the constants of this module name.
    pub people: usize,
    /// How many activities.
    pub activities: usize,
}

impl Default for Seed {
    fn default() -> Self {
        Self { seed: 1, people: 400, activities: 600 }
    }
}

/// Somebody of the seed, as the community holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeededPerson {
    /// The platform's id.
    pub id: u64,
    /// Address, names and fields; what is blank is not among the fields.
    pub person: Person,
    /// Whether they ever signed in.
    pub registered: bool,
    /// When they were last invited into the group, milliseconds since the epoch.
    pub invited_ms: Option<i64>,
    /// Whether they administer the group.
    pub admin: bool,
    /// Their standing in the group.
    pub standing: Standing,
}

/// A stream of numbers (splitmix64): small, and the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        let number = mix(self.0);
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        number
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[(self.next() % list.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl Seed {
    /// The community.
    pub fn world(&self) -> World {
        let mut world = World::new(self.seed, EPOCH_MS - 400 * DAY_MS, FIRST_USER, ROOT);
        define_fields(&mut world, ROOT, Some(VOLUNTEERS));
        make_groups(&mut world);
        let people = self.people.max(6);
        let mut taken = HashSet::with_capacity(people);
        for place in 0..people {
            self.settle(&mut world, place as u64, &mut taken);
        }
        self.tell(&mut world);
        world.advance(EPOCH_MS);
        self.act(&mut world);
        ask_in(&mut world);
        world
    }

    /// Makes one person and puts them into their groups. Depends on the seed and the place only.
    fn settle(&self, world: &mut World, place: u64, taken: &mut HashSet<String>) {
        let mut numbers = Numbers(mix(self.seed) ^ place.wrapping_mul(0xD1B5_4A32_D192_ED03));
        let named = FIRST_USER + place;
        let values = person(&mut numbers, place, taken);
        let registered = named <= SENDER + 2 || numbers.chance(55);
        let email = values.get("email").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Ok(id) = world.create_user(NewUser { email, values, registered }, None) else { return };
        world.set_created(id, EPOCH_MS - numbers.below(360) as i64 * DAY_MS - numbers.below(86_400_000) as i64);
        let home = if numbers.chance(60) { ROSTER_GROUP } else { ROSTER_GROUP + 1 + numbers.below(3) };
        let invited = (registered || numbers.chance(40)).then(|| EPOCH_MS - numbers.below(200 * DAY_MS as u64) as i64);
        for group in groups_of(named, home, &mut numbers) {
            let standing = match named {
                PENDING if group == ROSTER_GROUP => Standing::Pending,
                DECLINED if group == ROSTER_GROUP => Standing::Declined,
                _ => Standing::Accepted,
            };
            // Nothing can stand against it: the groups are there and so is the person.
            let _ = match standing {
                Standing::Accepted => world.join(id, group),
                other => world.enter(id, group, other),
            };
            if let Some(at) = invited {
                world.set_invited(id, group, at);
            }
            if named == SENDER || (named <= SENDER + 2 && [ROOT, ROSTER_GROUP].contains(&group)) {
                world.set_admin(id, group);
            }
        }
    }

    /// A delivery to webhooks.
    fn tell(&self, world: &mut World) {
        let notices = world.members_from(VOLUNTEERS, 0).map(|user| (Topic::Joined, user.id)).collect();
        world.deliver(Delivery { id: DELIVERY.into(), notices });
    }

    /// Half a year of activities, every kind among the first sixteen.
    fn act(&self, world: &mut World) {
        let mut numbers = Numbers(mix(self.seed ^ 0xAC71));
        let people: Vec<(u64, u64)> = world
            .users_from(0)
            .map(|user| (user.id, user.groups.last().map_or(ROOT, |membership| membership.group)))
            .collect();
        let count = self.activities as i64;
        for i in 0..count {
            let at = EPOCH_MS - (count - i) * (180 * DAY_MS / count.max(1));
            let doing = match Doing::ALL.get(i as usize) {
                Some(doing) => *doing,
                None if numbers.chance(45) => Doing::View,
                None => numbers.of(&Doing::ALL),
            };
            let (actor, group) = numbers.of(&people);
            let (other, _) = numbers.of(&people);
            let post = 100 + numbers.below(1 + count as u64 / 8);
            let count = match doing {
                Doing::Conversation => 2,
                Doing::AddedMembers => 1 + numbers.below(30) as u32,
                _ => 1,
            };
            world.activities.push(at, Deed { doing, group, actor, post, other, count });
        }
    }
}

/// Strangers who were invited into the roster's group and have no account yet, one an hour.
fn ask_in(world: &mut World) {
    for place in 0..STRANGERS {
        let ((first, first_key), (last, last_key)) = (FIRST[place as usize % 64], LAST[place as usize % 64]);
        let invitee = Invitee {
            email: format!("{first_key}.{last_key}{place}@invited.example"),
            first_name: first.into(),
            last_name: last.into(),
        };
        let role = if place % 5 == 0 { 3 } else { 2 };
        let at_ms = EPOCH_MS - (STRANGERS - place) as i64 * 3_600_000;
        world.invite_stranger(ROSTER_GROUP, &invitee, role, SENDER, at_ms);
    }
}

/// The groups that somebody joins, those above not counted; the first administrator is everywhere.
fn groups_of(id: u64, home: u64, numbers: &mut Numbers) -> Vec<u64> {
    let mut groups = match id {
        SENDER => {
            return (ROSTER_GROUP..ROSTER_GROUP + SMALL_GROUPS.len() as u64)
                .chain([ROOT, CHAPTERS, VOLUNTEERS])
                .collect();
        }
        _ if id <= DECLINED => vec![ROOT, ROSTER_GROUP],
        // A few are in no chapter.
        _ if numbers.chance(3) => vec![ROOT],
        _ => vec![home],
    };
    if numbers.chance(20) {
        groups.push(ROSTER_GROUP + 4 + numbers.below(2));
    }
    groups
}

fn person(numbers: &mut Numbers, place: u64, taken: &mut HashSet<String>) -> Values {
    let ((first, first_key), (last, last_key)) = (numbers.of(&FIRST), numbers.of(&LAST));
    let domain = numbers.of(&DOMAINS);
    let tag = if numbers.chance(3) { "+news" } else { "" };
    let mut email = format!("{first_key}.{last_key}{tag}@{domain}");
    if !taken.insert(email.clone()) {
        email = format!("{first_key}.{last_key}{place}@{domain}");
        taken.insert(email.clone());
    }
    // Some people once typed their address with a capital letter.
    if numbers.chance(4) {
        email = email[..1].to_uppercase() + &email[1..];
    }
    let mut values = Values::new();
    values.insert("email".into(), email.into());
    values.insert("first_name".into(), first.into());
    values.insert("last_name".into(), last.into());
    for (name, list, percent) in
        [("job_title", &JOBS[..], 80), ("company_name", &COMPANIES[..], 65), ("city", &CITIES[..], 85)]
    {
        if numbers.chance(percent) {
            values.insert(name.into(), numbers.of(list).into());
        }
    }
    if numbers.chance(20) {
        values.insert("facebook_url".into(), format!("https://facebook.example/{first_key}.{place}").into());
    }
    if numbers.chance(15) {
        values.insert("birthday".into(), json!(numbers.below(900_000_000)));
    }
    values
}

/// The fields that everybody has, those of the root, and those of the volunteers where there are some.
pub(super) fn define_fields(world: &mut World, root: u64, volunteers: Option<u64>) {
    use FieldKind::{Date, Email, File, Location, Select, Text, Url};
    let fields: [(u64, &str, &str, FieldKind, Option<u64>); 11] = [
        (1, "First Name", "first_name", Text, None),
        (2, "Last Name", "last_name", Text, None),
        (3, "Email", "email", Email, None),
        (7, "Job Title", "job_title", Text, Some(root)),
        (11, "Company Name", "company_name", Text, Some(root)),
        (12, "City", "city", Text, Some(root)),
        (14, "Facebook", "facebook_url", Url, Some(root)),
        (15, "Birthday", "birthday", Date, Some(root)),
        (18, "Home", "location", Location, Some(root)),
        (21, "T-shirt size", "shirt_size", Select, volunteers),
        (22, "Police check", "police_check", File, volunteers),
    ];
    for (id, name, unique_name, kind, group) in fields {
        if volunteers.is_none() && matches!(unique_name, "shirt_size" | "police_check") {
            continue;
        }
        let options = if kind == Select { ["S", "M", "L", "XL"].map(String::from).to_vec() } else { Vec::new() };
        let (name, unique_name) = (name.to_owned(), unique_name.to_owned());
        world.define(Field { id, name, unique_name, kind, options, required: group.is_none(), group });
    }
}

fn make_groups(world: &mut World) {
    let upper = [
        ("Community", "community", None),
        ("Chapters", "chapters", Some(ROOT)),
        ("Volunteers", "volunteers", Some(ROOT)),
    ];
    let lower = SMALL_GROUPS.map(|(name, alias, parent)| (name, alias, Some(parent)));
    for (name, alias, parent) in upper.into_iter().chain(lower) {
        let group = NewGroup { name: name.into(), parent, alias: alias.into(), ..NewGroup::default() };
        // Nothing can stand against it: the names differ and the groups above are made first.
        let _ = world.create_group(group);
    }
}

/// The seed's people in [`ROSTER_GROUP`], in the order of joining, the pending and the declined one among them.
/// A sample roster can be written from them.
pub fn roster_people(seed: &Seed) -> Vec<SeededPerson> {
    let world = seed.world();
    let people = world.members_from(ROSTER_GROUP, 0).filter_map(|user| {
        let membership = user.membership(ROSTER_GROUP)?;
        let mut fields =
            vec![("first_name".to_owned(), user.first_name.clone()), ("last_name".to_owned(), user.last_name.clone())];
        fields.extend(
            user.values
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
        );
        Some(SeededPerson {
            id: user.id,
            person: Person { email: crate::model::Email::parse(&user.email).ok()?, fields, line: 0 },
            registered: user.registered,
            invited_ms: membership.invited_ms,
            admin: membership.admin,
            standing: membership.standing,
        })
    });
    people.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_world_and_another_one_other_people() {
        let seed = Seed::default();
        assert_eq!(seed.world(), seed.world());
        let other = Seed { seed: 2, ..seed };
        assert_ne!(roster_people(&seed), roster_people(&other));
    }

    #[test]
    fn the_constants_name_who_they_say() {
        for people in [6, 400] {
            let world = Seed { people, ..Seed::default() }.world();
            assert_eq!(world.user_count(), people);
            let standing = |id| world.user(id).unwrap().membership(ROSTER_GROUP).unwrap().standing;
            assert_eq!((standing(PENDING), standing(DECLINED)), (Standing::Pending, Standing::Declined));
            assert!(
                world.groups_after(None).all(|group| world.user(SENDER).unwrap().membership(group.id).unwrap().admin)
            );
            assert_eq!(world.group(ROSTER_GROUP).unwrap().name, "Berlin");
            assert_eq!(world.ancestors(ROSTER_GROUP), [CHAPTERS, ROOT]);
        }
    }

    #[test]
    fn the_roster_group_has_all_sorts_of_people() {
        let people = roster_people(&Seed::default());
        assert!((215..=250).contains(&people.len()), "{}", people.len());
        for (what, count) in [
            ("registered", people.iter().filter(|p| p.registered).count()),
            ("never invited", people.iter().filter(|p| !p.registered && p.invited_ms.is_none()).count()),
            ("invited, not registered", people.iter().filter(|p| !p.registered && p.invited_ms.is_some()).count()),
        ] {
            assert!(count > 20, "{what}: {count}");
        }
        assert!(people.iter().any(|p| p.person.email.as_str() != p.person.email.key()), "an address with capitals");
        assert!(people.iter().all(|p| p.person.email.key().split_once("@example.").is_some()));
        let without_city = people.iter().filter(|p| p.person.field("city").is_none()).count();
        assert!(without_city > 10, "{without_city}");
    }

    #[test]
    fn more_people_leave_those_before_them_as_they_are() {
        let few = Seed { people: 50, activities: 0, ..Seed::default() }.world();
        let many = Seed { people: 90, activities: 9, ..Seed::default() }.world();
        let of = |world: &World| world.users_from(0).take(50).cloned().collect::<Vec<_>>();
        let texts =
            |users: Vec<crate::world::User>| users.into_iter().map(|u| (u.id, u.email, u.values)).collect::<Vec<_>>();
        assert_eq!(texts(of(&few)), texts(of(&many)));
    }

    #[test]
    fn a_parent_has_everybody_of_the_groups_below() {
        let world = Seed::default().world();
        for group in world.groups_after(None) {
            for above in world.ancestors(group.id) {
                for user in world.members_from(group.id, 0).filter(|u| ![PENDING, DECLINED].contains(&u.id)) {
                    assert!(user.membership(above).is_some(), "{} of {} is not in {above}", user.id, group.name);
                }
            }
        }
    }
}
