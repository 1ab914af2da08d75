//! Where the groups of one side go on the other. Pure.

use std::collections::{HashMap, HashSet};

use super::counterpart::Finder;
use super::place::{GroupPlace, Other, Place};
use super::{Unmapped, Wish};
use crate::model::{Group, above, below};

/// Where each group goes, those above first; and what of them stays behind.
pub(super) fn places(source: &[Group], other: &Other<'_>, wish: &Wish) -> (Vec<GroupPlace>, Vec<Unmapped>) {
    let mut finder = Finder::of(source, other, wish);
    let (mut found, mut unmapped): (Vec<GroupPlace>, Vec<Unmapped>) = (Vec::new(), Vec::new());
    let mut at: HashMap<String, usize> = HashMap::new();
    for group in from_the_top(source) {
        let lines = above(source, &group.id);
        let moves = |group: &&&Group| at.get(&group.id).is_some_and(|&place| found[place].moves());
        let above = lines.iter().find(moves).map(|group| group.id.clone());
        let parent = above.as_deref().and_then(|id| at.get(id)).map(|&place: &usize| &found[place]);
        let place = finder.place(group, parent);
        let named = || format!("below {}", parent.map(|parent| parent.group.name.as_str()).unwrap_or_default());
        let astray = finder.astray(group, &place, parent.map(|parent| &parent.place));
        match (&place, &astray) {
            (Place::Left, _) if finder.is_retired(group) => {
                let why = "is archived, and nobody uses it any more: name it with `groups` and it moves".to_owned();
                unmapped.push(stays("group", group, group.name.clone(), why));
            }
            (Place::Nowhere(why), _) => unmapped.push(stays("group", group, group.name.clone(), why.clone())),
            (Place::Make, _) if above.is_some() && !other.nests => {
                let why = format!("{} has no groups within groups", other.title);
                unmapped.push(stays("hierarchy", group, named(), why));
            }
            (Place::There(_), Some(now)) => {
                let stands = if now.is_empty() { "at the top".to_owned() } else { format!("below {now}") };
                let why = format!("stands {stands} on {}, whose groups beadle does not move about", other.title);
                unmapped.push(stays("hierarchy", group, named(), why));
            }
            (Place::There(_) | Place::Make, _) if goes_in_circles(source, group, &lines) => {
                let why = "the groups above it lead back to it: it goes where nothing is above it".to_owned();
                unmapped.push(stays("hierarchy", group, "in a circle".to_owned(), why));
            }
            _ => {}
        }
        at.insert(group.id.clone(), found.len());
        found.push(GroupPlace { group: group.clone(), place, above, astray });
    }
    (found, unmapped)
}

fn stays(kind: &'static str, group: &Group, what: String, why: String) -> Unmapped {
    Unmapped { kind, id: group.id.clone(), name: group.name.clone(), what, why }
}

/// Whatever has nothing above it, then level by level; what goes in circles stands at the end.
fn from_the_top(source: &[Group]) -> Vec<&Group> {
    let ids: HashSet<&str> = source.iter().map(|group| group.id.as_str()).collect();
    let top = |group: &&Group| group.parent.as_deref().is_none_or(|parent| !ids.contains(parent));
    let (mut found, mut seen): (Vec<&Group>, HashSet<&str>) = Default::default();
    for group in source.iter().filter(top) {
        let all = std::iter::once(group).chain(below(source, &group.id));
        found.extend(all.filter(|group| seen.insert(&group.id)));
    }
    found.extend(source.iter().filter(|group| !seen.contains(group.id.as_str())));
    found
}

/// Whether the last of the groups above has one above it that was met already.
fn goes_in_circles(source: &[Group], group: &Group, above: &[&Group]) -> bool {
    let last = above.last().copied().unwrap_or(group);
    last.parent.as_deref().is_some_and(|parent| source.iter().any(|known| known.id == parent))
}

#[cfg(test)]
mod tests {
    use super::super::GROUP;
    use super::super::wish::{Chosen, Existing, Selection};
    use std::sync::LazyLock;

    use super::super::place::Names;
    use super::*;
    use crate::effects::Identities;

    static NONE: LazyLock<HashSet<String>> = LazyLock::new(HashSet::new);

    fn group(id: &str, name: &str, parent: Option<&str>) -> Group {
        Group { id: id.into(), name: name.into(), parent: parent.map(str::to_owned), members: None }
    }

    /// Another side with groups within groups, none of them retired or archived.
    fn other<'a>(groups: &'a [Group], names: Names, made: &'a HashSet<String>, known: &'a Identities) -> Other<'a> {
        Other { groups, nests: true, names, makes: Ok(()), made, retired: &NONE, archived: &NONE, known, title: "O" }
    }

    fn source() -> Vec<Group> {
        vec![
            group("4", "Berlin", Some("2")),
            group("1", "Community", None),
            group("2", "Chapters", Some("1")),
            group("9", "Mentors", Some("2")),
        ]
    }

    fn told(
        target: &[Group],
        nests: bool,
        wish: &Wish,
        known: &Identities,
        made: &[&str],
    ) -> (Vec<String>, Vec<String>) {
        let made = made.iter().map(|id| (*id).to_owned()).collect();
        let other = Other { nests, title: "Otherside", ..other(target, Names::OncePerParent, &made, known) };
        let (places, unmapped) = places(&source(), &other, wish);
        let place = |it: &GroupPlace| {
            let where_to = match &it.place {
                Place::There(id) => format!("= {id}"),
                Place::Make => format!("+ below {}", it.above.as_deref().unwrap_or("-")),
                Place::Left => "left".into(),
                Place::Nowhere(why) => format!("! {why}"),
            };
            format!("{} {where_to}", it.group.id)
        };
        (places.iter().map(place).collect(), unmapped.iter().map(|row| row.cells().join("|")).collect())
    }

    #[test]
    fn groups_are_made_from_the_top_and_nothing_is_taken_that_was_not_made_here() {
        let target = [group("501", "community", None)];
        let (places, unmapped) = told(&target, true, &Wish::default(), &Identities::default(), &[]);
        assert_eq!(
            places,
            [
                "1 ! Otherside has a group of this name, 501, that was not made here: `if_exists: \"use\"` takes it, `groups` names another",
                "2 + below -",
                "4 + below 2",
                "9 + below 2"
            ]
        );
        assert_eq!(unmapped.len(), 1, "{unmapped:?}");
        assert!(unmapped[0].starts_with("group|1|Community|Community|Otherside has a group"), "{unmapped:?}");
        let (places, unmapped) = told(&target, true, &Wish::default(), &Identities::default(), &["501"]);
        assert_eq!((places[0].as_str(), places[1].as_str(), unmapped.len()), ("1 = 501", "2 + below 1", 0));
        let wish = Wish { existing: Existing::Use, ..Wish::default() };
        assert_eq!(told(&target, true, &wish, &Identities::default(), &[]).0[0], "1 = 501");
    }

    #[test]
    fn the_map_goes_before_names_and_what_is_gone_is_made_again() {
        let mut known = Identities::default();
        known.learn(GROUP, "4", "77");
        known.learn(GROUP, "9", "88");
        let target = [group("77", "Berlin 2026", None), group("99", "Berlin", None)];
        let (places, _) = told(&target, true, &Wish::default(), &known, &[]);
        assert_eq!(places, ["1 + below -", "2 + below 1", "4 = 77", "9 + below 2"]);
    }

    #[test]
    fn groups_are_chosen_by_id_or_name_and_whoever_is_below_one_that_stays_moves_up() {
        let groups = vec![("4".into(), Chosen::Into("99".into())), ("chapters".into(), Chosen::Left)];
        let wish = Wish { groups: Selection::Named { groups, others: true }, ..Wish::default() };
        let target = [group("99", "Other", None)];
        let (places, unmapped) = told(&target, true, &wish, &Identities::default(), &[]);
        assert_eq!(places, ["1 + below -", "2 left", "4 = 99", "9 + below 1"]);
        assert!(unmapped.is_empty(), "what was left out on purpose is no loss: {unmapped:?}");
        let groups = vec![("4".into(), Chosen::Into("98".into()))];
        let wish = Wish { groups: Selection::Named { groups, others: false }, ..Wish::default() };
        let (places, _) = told(&target, true, &wish, &Identities::default(), &[]);
        assert_eq!(places, ["1 left", "2 left", "4 ! `groups` names 98, and Otherside has no such group", "9 left"]);
    }

    #[test]
    fn a_side_without_hierarchy_says_what_is_lost() {
        let (_, unmapped) = told(&[], false, &Wish::default(), &Identities::default(), &[]);
        assert_eq!(
            unmapped,
            [
                "hierarchy|2|Chapters|below Community|Otherside has no groups within groups",
                "hierarchy|4|Berlin|below Chapters|Otherside has no groups within groups",
                "hierarchy|9|Mentors|below Chapters|Otherside has no groups within groups"
            ]
        );
    }

    #[test]
    fn of_two_groups_of_one_name_the_one_below_the_same_group_is_meant() {
        let mut known = Identities::default();
        known.learn(GROUP, "2", "12");
        let target = [group("12", "Chapters", None), group("13", "Berlin", None), group("14", "Berlin", Some("12"))];
        let wish = Wish { existing: Existing::Use, ..Wish::default() };
        assert_eq!(told(&target, true, &wish, &known, &[]).0[2], "4 = 14");
    }

    #[test]
    fn two_groups_of_one_name_never_become_one() {
        let source = [
            group("1", "A", None),
            group("2", "B", None),
            group("3", "Team ß", Some("1")),
            group("4", "team  SS", Some("2")),
            group("5", "Team ß", Some("2")),
        ];
        let wish = Wish { existing: Existing::Use, ..Wish::default() };
        let told = |target: &[Group], names: Names| {
            let (made, known) = Default::default();
            let other = other(target, names, &made, &known);
            let (places, unmapped) = places(&source, &other, &wish);
            let line = |it: &GroupPlace| match &it.place {
                Place::There(id) => format!("{} = {id}", it.group.id),
                Place::Make => format!("{} +", it.group.id),
                _ => format!("{} !", it.group.id),
            };
            (places.iter().map(line).collect::<Vec<_>>(), unmapped.len())
        };
        assert_eq!(
            told(&[], Names::OncePerParent),
            (vec!["1 +".into(), "3 +".into(), "2 +".into(), "4 +".into(), "5 +".into()], 0)
        );
        let (lines, unmapped) = told(&[], Names::Once);
        assert_eq!((&lines[1..2], &lines[4..], unmapped), (&["3 +".to_owned()][..], &["5 !".to_owned()][..], 1));
        // The one that is there is the counterpart of the one in the same place.
        let target = [group("11", "A", None), group("12", "B", None), group("13", "Team ß", Some("12"))];
        let (lines, _) = told(&target, Names::OncePerParent);
        assert_eq!(lines, ["1 = 11", "3 +", "2 = 12", "4 +", "5 = 13"]);
    }

    #[test]
    fn two_groups_of_one_name_in_one_place_are_one_made_and_one_named() {
        let source = [group("1", "A", None), group("2", "Stage", Some("1")), group("3", " stage", Some("1"))];
        let told = |target: &[Group], names: Names| {
            let (made, known) = Default::default();
            let other = other(target, names, &made, &known);
            let wish = Wish { existing: Existing::Use, ..Wish::default() };
            let (found, unmapped) = places(&source, &other, &wish);
            (found.into_iter().map(|it| it.place).collect::<Vec<_>>(), unmapped)
        };
        let (found, unmapped) = told(&[], Names::OncePerParent);
        assert_eq!(found[..2], [Place::Make, Place::Make]);
        assert!(matches!(&found[2], Place::Nowhere(why) if why.contains("goes to the same place on O")), "{found:?}");
        assert_eq!((unmapped.len(), unmapped[0].kind, unmapped[0].id.as_str()), (1, "group", "3"));
        // The one that is there is the first one's; the second is not made beside it, since the ledger would take it for that.
        let target = [group("11", "A", None), group("12", "Stage", Some("11"))];
        let (found, _) = told(&target, Names::OncePerParent);
        assert_eq!(found[..2], [Place::There("11".into()), Place::There("12".into())]);
        assert!(matches!(&found[2], Place::Nowhere(_)), "{found:?}");
        assert_eq!(told(&[], Names::Any).0, [Place::Make, Place::Make, Place::Make]);
    }

    #[test]
    fn below_the_group_that_was_named_for_all_a_name_is_looked_for_there() {
        let source = [group("1", "A", None), group("2", "A", Some("9"))];
        let target = [group("50", "Home", None), group("51", "A", None), group("52", "A", Some("50"))];
        let (made, known) = Default::default();
        let names = Names::OncePerParent;
        let other = other(&target, names, &made, &known);
        let wish = Wish { existing: Existing::Use, under: Some("50".into()), ..Wish::default() };
        assert_eq!(places(&source, &other, &wish).0[0].place, Place::There("52".into()));
    }

    #[test]
    fn a_map_that_names_no_group_or_one_group_twice_is_said_and_nothing_is_made_instead() {
        let known = |rows: &[(&str, &str)]| Identities::by_hand(GROUP, rows);
        let target = [group("77", "Elsewhere", None)];
        let (places, unmapped) = told(&target, true, &Wish::default(), &known(&[("4", "99")]), &[]);
        assert!(
            places[2].starts_with("4 ! the map of who is who says that it is 99 on Otherside, which has no such group")
        );
        assert!(places[2].contains("`migrate.map()`") && unmapped.len() == 1, "{places:?} {unmapped:?}");
        let (places, _) = told(&target, true, &Wish::default(), &known(&[("4", "77"), ("9", "77")]), &[]);
        assert_eq!(places[2], "4 = 77");
        assert!(places[3].starts_with("9 ! the map of who is who says that it is 77 on Otherside, and so is Berlin"));
        // Who writes that two go into one has said so.
        let into = |id: &str| (id.to_owned(), Chosen::Into("77".into()));
        let groups = Selection::Named { groups: vec![into("4"), into("9")], others: false };
        let wish = Wish { groups, ..Wish::default() };
        let (places, _) = told(&target, true, &wish, &Identities::default(), &[]);
        assert_eq!(places[2..], ["4 = 77", "9 = 77"]);
    }

    #[test]
    fn groups_that_go_in_circles_or_stand_elsewhere_are_told() {
        let source = [group("1", "A", Some("2")), group("2", "B", Some("1")), group("3", "C", None)];
        let known = Identities::default();
        let made = HashSet::new();
        let target = [group("9", "D", None), group("8", "C", Some("9")), group("7", "A", None)];
        let other = other(&target, Names::Once, &made, &known);
        let wish = Wish { existing: Existing::Use, ..Wish::default() };
        let (found, unmapped) = places(&source, &other, &wish);
        assert_eq!(found.iter().filter(|place| place.moves()).count(), 3);
        let told: Vec<String> = unmapped.iter().map(|row| row.cells()[..4].join("|")).collect();
        assert_eq!(told, ["hierarchy|1|A|in a circle", "hierarchy|2|B|in a circle"]);
        let source = [group("4", "D", None), group("5", "A", Some("4"))];
        let (found, unmapped) = places(&source, &other, &wish);
        assert_eq!(found[1].astray.as_deref(), Some(""));
        assert_eq!(
            unmapped[0].cells(),
            ["hierarchy", "5", "A", "below D", "stands at the top on O, whose groups beadle does not move about"]
        );
    }

    #[test]
    fn what_is_archived_moves_only_where_it_is_named_and_is_nobodys_counterpart() {
        let source = [group("1", "Old", None), group("2", "Young", Some("1"))];
        let target = [group("91", "Young", None)];
        let retired: HashSet<String> = ["1".to_owned()].into();
        let archived: HashSet<String> = ["91".to_owned()].into();
        let (made, known) = Default::default();
        let other =
            Other { retired: &retired, archived: &archived, ..other(&target, Names::OncePerParent, &made, &known) };
        let (found, unmapped) = places(&source, &other, &Wish { existing: Existing::Use, ..Wish::default() });
        assert_eq!((&found[0].place, &found[1].place), (&Place::Left, &Place::Make));
        assert_eq!(unmapped.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1"]);
        assert!(unmapped[0].why.starts_with("is archived"), "{unmapped:?}");
        let groups = Selection::Named { groups: vec![("old".into(), Chosen::Found)], others: true };
        let (found, unmapped) = places(&source, &other, &Wish { groups, ..Wish::default() });
        assert_eq!((&found[0].place, unmapped.len()), (&Place::Make, 0));
    }

    #[test]
    fn a_group_that_nobody_names_is_not_made() {
        let source = [group("g-1", "g-1", None)];
        let (made, known) = Default::default();
        let other = other(&[], Names::OncePerParent, &made, &known);
        let (found, _) = places(&source, &other, &Wish::default());
        assert!(matches!(&found[0].place, Place::Nowhere(why) if why.starts_with("nobody says what it is called")));
    }
}
