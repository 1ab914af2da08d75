use super::*;
use crate::model::Email;
use crate::roster::{Options, Wanted, diff};

fn group(id: &str, parent: Option<&str>) -> Group {
    Group { id: id.into(), name: format!("G{id}"), parent: parent.map(str::to_owned), members: None }
}

/// 1 is above 2 and 3, 3 above 4; 5 stands alone.
fn groups() -> Vec<Group> {
    vec![group("1", None), group("2", Some("1")), group("3", Some("1")), group("4", Some("3")), group("5", None)]
}

/// In these groups; those with a star they administer.
fn member(id: &str, places: &[&str]) -> Member {
    let place = |place: &&str| Membership { group: place.trim_end_matches('*').into(), admin: place.ends_with('*') };
    Member {
        id: id.into(),
        email: Some(Email::parse(&format!("m{id}@example.org")).unwrap()),
        name: format!("M{id}"),
        fields: Vec::new(),
        kinds: Vec::new(),
        registered: Some(true),
        invited_at: None,
        created_at: None,
        admin: false,
        standing: Standing::Accepted,
        groups: places.iter().map(place).collect(),
    }
}

/// Everybody leaves, since the roster names nobody.
fn everybody_leaves(members: Vec<Member>) -> (Present, Diff) {
    let present = Present { members, ..Present::default() };
    let diff = diff(&Wanted::default(), &present, &Options::default());
    (present, diff)
}

#[test]
fn who_leaves_a_group_leaves_those_below_it_and_no_others() {
    let (present, diff) = everybody_leaves(vec![
        member("7", &["1", "3", "4", "5"]),
        member("8", &["1", "3"]),
        Member { admin: true, ..member("9", &["1*", "3*", "4"]) },
    ]);
    assert!(Cascade::may_follow("1", &present, &diff));
    let cascade = Cascade::of("1", &groups(), &present, &diff);
    let count = |id: &str, members, admins, leaving| {
        let group = format!("{id} (G{id})");
        (id.to_owned(), Leaving { group, members, admins, leaving, ..Leaving::default() })
    };
    assert_eq!(cascade.below, [count("3", 3, 1, 2), count("4", 2, 0, 1)]);
    assert_eq!(cascade.told(), [("3 (G3)".to_owned(), 2), ("4 (G4)".to_owned(), 1)]);
    assert_eq!(cascade.left_by(&present.members[0]), ["3", "4"]);
    assert_eq!(cascade.left_by(&present.members[1]), ["3"]);
    let from_the_leaf = Cascade::of("4", &groups(), &present, &diff);
    assert_eq!(from_the_leaf, Cascade::default(), "groups above are left alone");
}

#[test]
fn groups_need_not_be_read_when_whoever_leaves_is_in_no_other() {
    let (present, diff) =
        everybody_leaves(vec![member("7", &["4"]), Member { admin: true, ..member("8", &["1*", "4"]) }]);
    assert!(!Cascade::may_follow("4", &present, &diff));
}

#[test]
fn who_waits_or_declined_is_in_no_group_below() {
    let waits = Member { standing: Standing::Pending, ..member("7", &["1", "3"]) };
    let (present, diff) = everybody_leaves(vec![waits, member("8", &["1", "3"])]);
    let cascade = Cascade::of("1", &groups(), &present, &diff);
    assert_eq!(cascade.below[0].1.members, 1);
}

#[test]
fn administrators_of_groups_below_are_named() {
    let (present, diff) = everybody_leaves(vec![member("7", &["1", "4*"]), member("8", &["1", "5*"])]);
    assert_eq!(Cascade::administrators("1", &groups(), &present, &diff), ["7"]);
}
