//! Where the groups of one side go on the other. Pure.

use std::collections::{HashMap, HashSet};

use super::wish::{Chosen, Existing, Wish};
use super::{GROUP, Unmapped};
use crate::effects::Identities;
use crate::model::{Group, above, below};
use crate::roster::{alike, folded};

/// Where a group goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into this group, which is there.
    There(String),
    /// Into one that is to be made.
    Make,
    /// Nowhere: it was left out.
    Left,
    /// Nowhere, for this reason.
    Nowhere(String),
}

/// One group of the source and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPlace {
    /// As the source has it.
    pub group: Group,
    /// Where it goes.
    pub place: Place,
    /// The nearest group above it that moves as well.
    pub above: Option<String>,
    /// What its counterpart stands below, where that is not the counterpart of the one above: a name, or nothing.
    pub astray: Option<String>,
}

/// What the other side can do and has.
pub(super) struct Other<'a> {
    /// Its groups.
    pub groups: &'a [Group],
    /// Whether a group can be in another.
    pub nests: bool,
    /// Whether it has one group of each name.
    pub names_once: bool,
    /// Why it makes no groups.
    pub makes: Result<(), String>,
    /// Groups that were made through this store.
    pub made: &'a HashSet<String>,
    /// Who is who.
    pub known: &'a Identities,
    /// How people call it.
    pub title: &'a str,
}

impl GroupPlace {
    /// Whether it goes anywhere.
    pub fn moves(&self) -> bool {
        matches!(self.place, Place::There(_) | Place::Make)
    }
}

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
        let place = finder.place(group, parent.map(|parent| &parent.place));
        let named = || format!("below {}", parent.map(|parent| parent.group.name.as_str()).unwrap_or_default());
        let astray = finder.astray(group, &place, parent.map(|parent| &parent.place));
        match (&place, &astray) {
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

/// Finds the counterparts of groups, each for one group alone.
struct Finder<'a> {
    other: &'a Other<'a>,
    wish: &'a Wish,
    /// Groups of the other side that are the counterpart of one: no other takes them for their name.
    taken: HashSet<String>,
    /// How often each name is in the source.
    names: HashMap<String, usize>,
    /// Names of groups that are to be made.
    new: HashSet<String>,
}

impl<'a> Finder<'a> {
    fn of(source: &[Group], other: &'a Other<'a>, wish: &'a Wish) -> Self {
        let mut names: HashMap<String, usize> = HashMap::new();
        for group in source {
            *names.entry(key(&group.name)).or_default() += 1;
        }
        let taken = source.iter().filter_map(|group| other.known.id(GROUP, &group.id)).map(str::to_lowercase);
        Self { other, wish, taken: taken.collect(), names, new: HashSet::new() }
    }

    fn place(&mut self, group: &Group, parent: Option<&Place>) -> Place {
        let other = self.other;
        match self.wish.groups.of(&group.id, &group.name) {
            Chosen::Left => return Place::Left,
            Chosen::Into(id) => {
                return match self.there(&id) {
                    Some(known) => Place::There(known.id.clone()),
                    None => Place::Nowhere(format!("`groups` names {id}, and {} has no such group", other.title)),
                };
            }
            Chosen::Found => {}
        }
        if let Some(known) = other.known.id(GROUP, &group.id).and_then(|id| self.there(id)) {
            return Place::There(known.id.clone());
        }
        if let Some(same) = self.namesake(group, parent) {
            return match other.made.contains(&same.id) || self.wish.existing == Existing::Use {
                true => {
                    self.taken.insert(same.id.to_lowercase());
                    Place::There(same.id.clone())
                }
                false => Place::Nowhere(format!(
                    "{} has a group of this name, {}, that was not made here: `if_exists: \"use\"` takes it, `groups` names another",
                    other.title, same.id
                )),
            };
        }
        self.make(group)
    }

    fn make(&mut self, group: &Group) -> Place {
        let other = self.other;
        if let Err(why) = &other.makes {
            return Place::Nowhere(why.clone());
        }
        if group.name.trim().is_empty() || group.name == group.id {
            return Place::Nowhere(
                "nobody says what it is called: name the group that it goes into with `groups`".into(),
            );
        }
        let is_new = self.new.insert(key(&group.name));
        let is_there = || other.groups.iter().any(|known| alike(&known.name, &group.name));
        match other.names_once && (!is_new || is_there()) {
            true => Place::Nowhere(format!(
                "{} has one group of each name, and that one is another group's: name the group that it goes into with `groups`",
                other.title
            )),
            false => Place::Make,
        }
    }

    /// What the counterpart stands below, where that is not what it should be; a group that was named stands where it
    /// stands.
    fn astray(&self, group: &Group, place: &Place, parent: Option<&Place>) -> Option<String> {
        let Place::There(id) = place else { return None };
        if !self.other.nests || matches!(self.wish.groups.of(&group.id, &group.name), Chosen::Into(_)) {
            return None;
        }
        let now = self.there(id)?.parent.as_deref();
        let is_right = match parent? {
            Place::There(parent) => now.is_some_and(|now| now.eq_ignore_ascii_case(parent)),
            _ => false,
        };
        let name = now.map(|now| self.there(now).map_or_else(|| now.to_owned(), |group| group.name.clone()));
        (!is_right).then(|| name.unwrap_or_default())
    }

    fn there(&self, id: &str) -> Option<&'a Group> {
        self.other.groups.iter().find(|known| known.id.eq_ignore_ascii_case(id))
    }

    /// The group of the same name: the one below the same group, else the only one on both sides.
    fn namesake(&self, group: &Group, parent: Option<&Place>) -> Option<&'a Group> {
        let free = |known: &&Group| !self.taken.contains(&known.id.to_lowercase()) && alike(&known.name, &group.name);
        let same: Vec<&Group> = self.other.groups.iter().filter(free).collect();
        let below = |known: &&&Group| match parent {
            Some(Place::There(id)) => known.parent.as_deref() == Some(id),
            _ => known.parent.is_none(),
        };
        same.iter().find(below).copied().or(match same[..] {
            [only] if self.names.get(&key(&group.name)) == Some(&1) => Some(only),
            _ => None,
        })
    }
}

/// The form in which names are compared.
fn key(name: &str) -> String {
    folded(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::wish::Selection;
    use super::*;

    fn group(id: &str, name: &str, parent: Option<&str>) -> Group {
        Group { id: id.into(), name: name.into(), parent: parent.map(str::to_owned), members: None }
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
        let other =
            Other { groups: target, nests, names_once: false, makes: Ok(()), made: &made, known, title: "Otherside" };
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
        let told = |target: &[Group], names_once: bool| {
            let (made, known) = Default::default();
            let other = Other {
                groups: target,
                nests: true,
                names_once,
                makes: Ok(()),
                made: &made,
                known: &known,
                title: "O",
            };
            let (places, unmapped) = places(&source, &other, &wish);
            let line = |it: &GroupPlace| match &it.place {
                Place::There(id) => format!("{} = {id}", it.group.id),
                Place::Make => format!("{} +", it.group.id),
                _ => format!("{} !", it.group.id),
            };
            (places.iter().map(line).collect::<Vec<_>>(), unmapped.len())
        };
        assert_eq!(told(&[], false), (vec!["1 +".into(), "3 +".into(), "2 +".into(), "4 +".into(), "5 +".into()], 0));
        let (lines, unmapped) = told(&[], true);
        assert_eq!((&lines[1..2], &lines[4..], unmapped), (&["3 +".to_owned()][..], &["5 !".to_owned()][..], 1));
        // The one that is there is the counterpart of the one in the same place.
        let target = [group("11", "A", None), group("12", "B", None), group("13", "Team ß", Some("12"))];
        let (lines, _) = told(&target, false);
        assert_eq!(lines, ["1 = 11", "3 +", "2 = 12", "4 +", "5 = 13"]);
    }

    #[test]
    fn groups_that_go_in_circles_or_stand_elsewhere_are_told() {
        let source = [group("1", "A", Some("2")), group("2", "B", Some("1")), group("3", "C", None)];
        let known = Identities::default();
        let made = HashSet::new();
        let target = [group("9", "D", None), group("8", "C", Some("9")), group("7", "A", None)];
        let other = Other {
            groups: &target,
            nests: true,
            names_once: true,
            makes: Ok(()),
            made: &made,
            known: &known,
            title: "O",
        };
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
    fn a_group_that_nobody_names_is_not_made() {
        let source = [group("g-1", "g-1", None)];
        let (made, known) = Default::default();
        let other = Other {
            groups: &[],
            nests: true,
            names_once: false,
            makes: Ok(()),
            made: &made,
            known: &known,
            title: "O",
        };
        let (found, _) = places(&source, &other, &Wish::default());
        assert!(matches!(&found[0].place, Place::Nowhere(why) if why.starts_with("nobody says what it is called")));
    }
}
