use proptest::prelude::{Just, Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;
use crate::model::{Email, Fields};
use crate::roster::Collector;

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn person(line: u64, email: &str, pairs: &[(&str, &str)]) -> Person {
    Person { email: Email::parse(email).unwrap(), fields: fields(pairs), line }
}

fn member(id: &str, email: &str, pairs: &[(&str, &str)]) -> Member {
    Member {
        id: id.to_owned(),
        email: Email::parse(email).ok(),
        name: String::new(),
        fields: fields(pairs),
        kinds: Vec::new(),
        registered: None,
        invited_at: None,
        created_at: None,
        admin: false,
        standing: Standing::Accepted,
        groups: Vec::new(),
    }
}

fn wanted(people: Vec<Person>) -> Wanted {
    let mut collector = Collector::default();
    people.into_iter().for_each(|person| collector.take(Ok(person)));
    collector.finish()
}

fn group(members: Vec<Member>) -> Present {
    Present { members, extent: Extent::Whole }
}

fn classes(diff: &Diff) -> Vec<RowClass> {
    diff.rows.iter().map(|row| row.class).collect()
}

const ADA: &str = "ada@example.org";
const GRACE: &str = "grace@example.org";
const ALAN: &str = "alan@example.org";

#[test]
fn who_is_new_is_added_who_differs_is_changed_and_who_is_not_named_is_removed() {
    let wanted = wanted(vec![
        person(2, ADA, &[("first_name", "Ada"), ("company", "Engines")]),
        person(3, GRACE, &[("first_name", "Grace")]),
    ]);
    let present = group(vec![
        member("1", "ADA@example.org", &[("first_name", "Ada"), ("company", "Looms"), ("city", "London")]),
        member("2", ALAN, &[]),
    ]);
    let diff = diff(&wanted, &present, &Options::default());
    let change = FieldChange { name: "company".into(), before: "Looms".into(), after: "Engines".into() };
    assert_eq!(
        diff.changes,
        [
            Change::Update { member: present.members[0].clone(), fields: vec![change] },
            Change::Add(wanted.people[1].clone()),
            Change::Remove(present.members[1].clone()),
        ]
    );
    assert_eq!(classes(&diff), [RowClass::Changed, RowClass::New]);
    assert_eq!(diff.members, [MemberClass::InRoster, MemberClass::Removed]);
}

#[test]
fn an_empty_cell_leaves_alone_unless_blank_means_clear() {
    let wanted = wanted(vec![person(2, ADA, &[("company", ""), ("city", "")])]);
    let present = group(vec![member("1", ADA, &[("company", "Looms")])]);
    let keep = diff(&wanted, &present, &Options::default());
    assert_eq!((keep.changes.len(), classes(&keep)), (0, vec![RowClass::Same]));
    let clear = diff(&wanted, &present, &Options { blank: Blank::Clear, ..Options::default() });
    let Change::Update { fields, .. } = &clear.changes[0] else { panic!("{:?}", clear.changes) };
    assert_eq!(fields, &[FieldChange { name: "company".into(), before: "Looms".into(), after: String::new() }]);
}

#[test]
fn what_nobody_can_write_is_no_difference_and_says_who_somebody_is_all_the_same() {
    let options = Options { read_only: &["first_name", "last_name"], ..Options::default() };
    let row = person(2, ADA, &[("first_name", "Augusta"), ("roles", "b")]);
    let present = group(vec![member("1", ADA, &[("first_name", "Ada"), ("roles", "a")])]);
    let found = diff(&wanted(vec![row]), &present, &options);
    let [Change::Update { fields, .. }] = found.changes.as_slice() else { panic!("{:?}", found.changes) };
    assert_eq!(fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["roles"]);
    let same = person(2, ADA, &[("first_name", "Augusta"), ("roles", "a")]);
    assert_eq!(classes(&diff(&wanted(vec![same]), &present, &options)), [RowClass::Same]);
    let name = [("first_name", "Grace"), ("last_name", "Hopper")];
    let moved = diff(&wanted(vec![person(2, GRACE, &name)]), &group(vec![member("2", ALAN, &name)]), &options);
    assert_eq!(classes(&moved), [RowClass::Renamed]);
}

#[test]
fn case_and_blanks_alone_are_no_change() {
    let wanted = wanted(vec![person(2, ADA, &[("first_name", "ada"), ("last_name", "van  Lovelace\u{A0}")])]);
    let present = group(vec![member("1", ADA, &[("first_name", "Ada"), ("last_name", "Van Lovelace")])]);
    assert_eq!(classes(&diff(&wanted, &present, &Options::default())), [RowClass::Same]);
}

#[test]
fn who_waits_is_let_in_or_left_alone_and_who_declined_is_not_asked_again() {
    let standing = |id: &str, email: &str, standing| Member { standing, ..member(id, email, &[]) };
    let present = group(vec![
        standing("1", ADA, Standing::Pending),
        standing("2", GRACE, Standing::Declined),
        standing("3", ALAN, Standing::Pending),
        standing("4", "kurt@example.org", Standing::Declined),
    ]);
    let wanted = wanted(vec![person(2, ADA, &[]), person(3, GRACE, &[])]);
    let left_alone = diff(&wanted, &present, &Options::default());
    assert_eq!(classes(&left_alone), [RowClass::Accepts, RowClass::Declined]);
    assert_eq!(left_alone.changes, [Change::Add(wanted.people[0].clone())]);
    assert_eq!(left_alone.members[2..], [MemberClass::Pending, MemberClass::Declined]);
    assert_eq!((left_alone.figures.accepts, left_alone.figures.present, left_alone.figures.left), (1, 0, 1));
    assert_eq!(left_alone.figures.overwrites, 0);
    let again = diff(&wanted, &present, &Options { declined: Declined::AddAgain, ..Options::default() });
    assert_eq!(classes(&again), [RowClass::Accepts, RowClass::New]);
}

#[test]
fn letting_somebody_in_can_overwrite_and_empty_what_they_wrote_themselves() {
    let waits = Member { standing: Standing::Pending, ..member("1", ADA, &[("city", "Rome"), ("company", "Looms")]) };
    let present = group(vec![waits]);
    let wanted = wanted(vec![person(2, ADA, &[("city", "London"), ("company", "")])]);
    let keep = diff(&wanted, &present, &Options::default());
    assert_eq!((keep.changes.len(), keep.figures.overwrites, keep.figures.changes), (1, 1, 0));
    let clear = diff(&wanted, &present, &Options { blank: Blank::Clear, ..Options::default() });
    let Change::Update { fields, .. } = &clear.changes[1] else { panic!("{:?}", clear.changes) };
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["city", "company"], "whole, since a bulk import keeps one row a person");
}

#[test]
fn administrators_the_sender_and_whoever_is_named_are_kept() {
    let present = group(vec![
        Member { admin: true, ..member("1", ADA, &[]) },
        member("2", GRACE, &[]),
        member("3", ALAN, &[]),
        member("4", "kurt@example.org", &[]),
    ]);
    let options =
        Options { sender: Some("2".into()), protected: vec!["Alan@Example.org ".into()], ..Options::default() };
    let diff = diff(&wanted(vec![person(2, "new@example.org", &[])]), &present, &options);
    use MemberClass::{Protected, Removed};
    assert_eq!(diff.members, [Protected, Protected, Protected, Removed]);
    assert_eq!((diff.figures.admins, diff.figures.admins_left), (1, 1));
}

#[test]
fn a_mode_does_only_what_it_says() {
    let wanted = wanted(vec![person(2, ADA, &[("city", "London")]), person(3, GRACE, &[])]);
    let present = group(vec![member("1", ADA, &[]), member("2", ALAN, &[])]);
    let of = |mode| {
        let diff = diff(&wanted, &present, &Options { mode, ..Options::default() });
        let kinds: Vec<char> = diff
            .changes
            .iter()
            .map(|change| match change {
                Change::Add(_) => '+',
                Change::Update { .. } => '~',
                Change::Remove(_) => '-',
            })
            .collect();
        (kinds, classes(&diff), diff.members)
    };
    use MemberClass::{InRoster, Removed};
    assert_eq!(
        of(Mode::Mirror),
        (vec!['~', '+', '-'], vec![RowClass::Changed, RowClass::New], vec![InRoster, Removed])
    );
    let kept = vec![InRoster, MemberClass::Kept];
    assert_eq!(of(Mode::AddOnly), (vec!['+'], vec![RowClass::Kept, RowClass::New], kept.clone()));
    assert_eq!(of(Mode::UpdateOnly), (vec!['~'], vec![RowClass::Changed, RowClass::Kept], kept));
    assert_eq!(of(Mode::RemoveOnly), (vec!['-'], vec![RowClass::Kept, RowClass::Kept], vec![InRoster, Removed]));
}

#[test]
fn two_accounts_that_differ_by_case_are_left_alone_and_the_row_is_refused() {
    let wanted = wanted(vec![person(7, ADA, &[("city", "London")])]);
    let present = group(vec![member("1", "Ada@example.org", &[]), member("2", "ada@Example.org", &[])]);
    let diff = diff(&wanted, &present, &Options::default());
    assert!(diff.changes.is_empty());
    assert_eq!(classes(&diff), [RowClass::Refused]);
    assert_eq!(diff.members, [MemberClass::Twin, MemberClass::Twin]);
    assert_eq!(
        (diff.refused[0].line, diff.refused[0].reason.as_str()),
        (
            7,
            "2 accounts differ only by case: Ada@example.org (id 1), ada@Example.org (id 2); merge them on the platform"
        )
    );
}

#[test]
fn a_member_that_the_list_shows_twice_counts_once() {
    let present =
        group(vec![member("1", ADA, &[]), member("1", ADA, &[]), member("2", GRACE, &[]), member("2", GRACE, &[])]);
    let diff = diff(&wanted(vec![person(2, ADA, &[])]), &present, &Options::default());
    assert_eq!(diff.changes, [Change::Remove(present.members[2].clone())]);
    assert_eq!((diff.figures.present, diff.figures.left, diff.figures.removals), (2, 1, 1));
}

#[test]
fn a_list_that_was_not_read_to_its_end_removes_nobody() {
    let present = Present { members: vec![member("1", ALAN, &[])], extent: Extent::Part };
    let diff = diff(&wanted(vec![person(2, ADA, &[])]), &present, &Options::default());
    assert_eq!(diff.members, [MemberClass::Unread]);
    assert_eq!(diff.figures.removals, 0);
}

#[test]
fn a_member_without_an_address_is_left_alone() {
    let diff = diff(&wanted(vec![person(2, ADA, &[])]), &group(vec![member("1", "", &[])]), &Options::default());
    assert_eq!(diff.members, [MemberClass::NoAddress]);
}

#[test]
fn one_who_leaves_and_one_who_comes_with_the_same_name_wait_for_a_decision() {
    let name = [("first_name", "Ada"), ("last_name", "Lovelace")];
    let wanted = wanted(vec![
        person(2, "ada@new.example", &[("first_name", "ADA"), ("last_name", "Lovelace ")]),
        person(3, GRACE, &[("number", "17")]),
        person(4, ALAN, &[("first_name", "Alan"), ("last_name", "")]),
    ]);
    let present = group(vec![
        member("1", "ada@old.example", &name),
        member("2", "g@old.example", &[("number", "17")]),
        member("3", "a@old.example", &[("first_name", "Alan"), ("last_name", "")]),
    ]);
    let options = Options { id_field: Some("number".into()), ..Options::default() };
    let asked = diff(&wanted, &present, &options);
    assert_eq!(classes(&asked), [RowClass::Renamed, RowClass::Renamed, RowClass::New], "half a name says too little");
    assert_eq!(asked.members, [MemberClass::Renamed, MemberClass::Renamed, MemberClass::Removed]);
    let said: Vec<(usize, usize, &str)> = asked.renames.iter().map(|r| (r.person, r.member, r.by.as_str())).collect();
    assert_eq!(said, [(0, 0, "name"), (1, 1, "number")]);
    let apart = diff(&wanted, &present, &Options { renames: Renames::Apart, ..options });
    assert_eq!((apart.figures.adds, apart.figures.removals), (3, 3));
}

#[test]
fn the_figures_tell_what_the_brakes_need() {
    let wanted = wanted(vec![
        person(2, ADA, &[("city", "London")]),
        person(3, GRACE, &[("city", "New York")]),
        person(4, "new@example.org", &[]),
    ]);
    let present = group(vec![
        member("1", ADA, &[("city", "Paris")]),
        member("2", GRACE, &[]),
        Member { admin: true, ..member("3", ALAN, &[]) },
        member("4", "kurt@example.org", &[]),
    ]);
    let figures = diff(&wanted, &present, &Options::default()).figures;
    let expected = Figures {
        wanted: 3,
        present: 4,
        overlap: 2,
        adds: 1,
        accepts: 0,
        changes: 2,
        overwrites: 1,
        removals: 1,
        left: 4,
        admins: 1,
        admins_left: 1,
    };
    assert_eq!(figures, expected);
}

#[test]
fn a_hundred_thousand_rows_are_compared_without_going_over_them_again_and_again() {
    let many = 100_000;
    let email = |number: usize| format!("p{number}@example.org");
    let wanted = wanted((0..many).map(|n| person(n as u64 + 2, &email(n), &[("city", "x")])).collect());
    let present =
        group((many / 2..many + many / 2).map(|n| member(&n.to_string(), &email(n), &[("city", "X")])).collect());
    let diff = diff(&wanted, &present, &Options::default());
    assert_eq!((diff.figures.adds, diff.figures.overlap, diff.figures.removals), (many / 2, many / 2, many / 2));
}

/// What a platform does with the steps.
fn apply(diff: &Diff, present: &Present) -> Present {
    let mut members = present.members.clone();
    for change in &diff.changes {
        match change {
            Change::Add(person) => {
                let known = members.iter().position(|member| member.email.as_ref() == Some(&person.email));
                let at = known.unwrap_or_else(|| {
                    let id = format!("new {}", members.len());
                    members.push(member(&id, person.email.as_str(), &[]));
                    members.len() - 1
                });
                members[at].standing = Standing::Accepted;
                person.fields.iter().filter(|(_, value)| !value.is_empty()).for_each(|f| set(&mut members[at], f));
            }
            Change::Update { member, fields } => {
                let at = members.iter().position(|m| m.id == member.id).unwrap();
                fields.iter().for_each(|field| set(&mut members[at], &(field.name.clone(), field.after.clone())));
            }
            Change::Remove(member) => members.retain(|m| m.id != member.id),
        }
    }
    Present { members, extent: present.extent }
}

fn set(member: &mut Member, (name, value): &(String, String)) {
    member.fields.retain(|(known, _)| known != name);
    member.fields.push((name.clone(), value.clone()));
}

fn a_field() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "Ada", "ada ", "Grace", "\u{A0}Grace", "van  B", "Van B"]).prop_map(str::to_owned)
}

fn an_address() -> impl Strategy<Value = String> {
    (0..12_u8, any::<bool>()).prop_map(|(n, loud)| {
        let address = format!("p{n}@example.org");
        if loud { address.to_uppercase() } else { address }
    })
}

fn a_roster() -> impl Strategy<Value = Vec<Person>> {
    let row = (an_address(), a_field(), a_field(), prop::option::of(a_field()));
    prop::collection::vec(row, 0..14).prop_map(|rows| {
        let mut people: Vec<Person> = Vec::new();
        for (email, first, last, city) in rows {
            let mut person = person(people.len() as u64 + 2, &email, &[("first_name", &first), ("last_name", &last)]);
            person.fields.extend(city.map(|city| ("city".to_owned(), city)));
            if people.iter().all(|known| known.email != person.email) {
                people.push(person);
            }
        }
        people
    })
}

fn a_group() -> impl Strategy<Value = Present> {
    let standing =
        prop_oneof![4 => Just(Standing::Accepted), 1 => Just(Standing::Pending), 1 => Just(Standing::Declined)];
    let row =
        (0..16_u8, prop_oneof![6 => an_address(), 1 => Just(String::new())], a_field(), a_field(), 0..5_u8, standing);
    let extent = prop_oneof![4 => Just(Extent::Whole), 1 => Just(Extent::Part)];
    (prop::collection::vec(row, 0..14), extent).prop_map(|(rows, extent)| {
        let members = rows.into_iter().map(|(id, email, first, last, admin, standing)| Member {
            admin: admin == 0,
            standing,
            ..member(&id.to_string(), &email, &[("first_name", &first), ("last_name", &last)])
        });
        let mut seen: Vec<Member> = Vec::new();
        for member in members {
            // One id is one member; the same one may be listed twice.
            match seen.iter().find(|known| known.id == member.id).cloned() {
                Some(known) => seen.push(known),
                None => seen.push(member),
            }
        }
        Present { members: seen, extent }
    })
}

fn options() -> impl Strategy<Value = Options> {
    let mode = prop::sample::select(vec![Mode::Mirror, Mode::AddOnly, Mode::RemoveOnly, Mode::UpdateOnly]);
    (mode, any::<[bool; 3]>()).prop_map(|(mode, [clear, again, apart])| Options {
        mode,
        blank: if clear { Blank::Clear } else { Blank::Keep },
        declined: if again { Declined::AddAgain } else { Declined::LeaveAlone },
        renames: if apart { Renames::Apart } else { Renames::Ask },
        sender: Some("3".into()),
        ..Options::default()
    })
}

/// A group of plain members, each address once.
fn a_plain_group() -> impl Strategy<Value = Present> {
    a_roster().prop_map(|people| {
        let of = |(at, person): (usize, Person)| Member {
            fields: person.fields,
            ..member(&at.to_string(), person.email.as_str(), &[])
        };
        group(people.into_iter().enumerate().map(of).collect())
    })
}

proptest! {
    #[test]
    fn applying_the_difference_makes_the_group_the_roster(people in a_roster(), before in a_plain_group()) {
        let wanted = wanted(people);
        let options = Options { renames: Renames::Apart, blank: Blank::Clear, ..Options::default() };
        let after = apply(&diff(&wanted, &before, &options), &before);
        prop_assert_eq!(after.members.len(), wanted.people.len());
        for person in &wanted.people {
            let member = after.members.iter().find(|member| member.email.as_ref() == Some(&person.email));
            for (name, value) in &person.fields {
                prop_assert!(alike(member.unwrap().field(name).unwrap_or_default(), value), "{name} of {person:?}");
            }
        }
        for old in &before.members {
            let Some(now) = after.members.iter().find(|member| member.id == old.id) else { continue };
            let named = |name: &str| wanted.people.iter().any(|p| old.email.as_ref() == Some(&p.email) && p.field(name).is_some());
            for (name, value) in old.fields.iter().filter(|(name, _)| !named(name)) {
                prop_assert_eq!(now.field(name), Some(value.as_str()), "nobody named it");
            }
        }
    }

    #[test]
    fn a_second_comparison_plans_nothing(people in a_roster(), before in a_group(), options in options()) {
        let wanted = wanted(people);
        let after = apply(&diff(&wanted, &before, &options), &before);
        prop_assert_eq!(diff(&wanted, &after, &options).changes, []);
    }

    #[test]
    fn every_row_and_every_member_ends_in_one_class_and_the_steps_are_theirs(
        people in a_roster(), before in a_group(), options in options(),
    ) {
        let wanted = wanted(people);
        let diff = diff(&wanted, &before, &options);
        prop_assert_eq!(diff.rows.len() as u64, wanted.rows);
        prop_assert_eq!(diff.members.len(), before.members.len());
        let (figures, count) = (diff.figures, |class| diff.count(class));
        prop_assert_eq!(figures.adds, count(RowClass::New) + count(RowClass::Accepts));
        prop_assert_eq!(figures.changes, count(RowClass::Changed));
        prop_assert_eq!(figures.removals, diff.count_members(MemberClass::Removed));
        prop_assert_eq!(diff.refused.len(), count(RowClass::Refused));
        for change in &diff.changes {
            if let Change::Remove(member) = change {
                prop_assert!(!member.admin && member.id != "3" && before.extent == Extent::Whole);
                prop_assert!(wanted.people.iter().all(|person| Some(&person.email) != member.email.as_ref()));
            }
        }
    }

    #[test]
    fn the_order_of_rows_changes_only_the_order_of_steps(
        (people, shuffled) in a_roster().prop_flat_map(|people| (Just(people.clone()), Just(people).prop_shuffle())),
        before in a_group(), options in options(),
    ) {
        let steps = |people: Vec<Person>| {
            let mut steps: Vec<String> =
                diff(&wanted(people), &before, &options).changes.iter().map(|change| format!("{change:?}")).collect();
            steps.sort();
            steps
        };
        prop_assert_eq!(steps(people), steps(shuffled));
    }
}
