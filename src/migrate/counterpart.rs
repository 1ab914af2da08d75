//! Which group of the other side is the counterpart of one. Pure. Its one rule: a group of the other side is the counterpart
//! of one group alone, unless somebody has written that two go into it.

use std::collections::{HashMap, HashSet};

use super::place::{Names, Other};
use super::wish::{Chosen, Existing, Wish};
use super::{GROUP, GroupPlace, Place};
use crate::model::Group;
use crate::roster::{alike, folded};

/// Finds the counterparts of groups, those above first.
pub(super) struct Finder<'a> {
    other: &'a Other<'a>,
    wish: &'a Wish,
    /// Groups of the other side that the map of who is who names: no other takes them for their name.
    taken: HashSet<String>,
    /// Which group each group of the other side is the counterpart of.
    used: HashMap<String, String>,
    /// How often each name is in the source.
    names: HashMap<String, usize>,
    /// Names of groups that are to be made, and where; nowhere in particular where a name is there once.
    new: HashSet<(String, Option<String>)>,
}

impl<'a> Finder<'a> {
    pub fn of(source: &[Group], other: &'a Other<'a>, wish: &'a Wish) -> Self {
        let mut names: HashMap<String, usize> = HashMap::new();
        for group in source {
            *names.entry(key(&group.name)).or_default() += 1;
        }
        let taken = source.iter().filter_map(|group| other.known.id(GROUP, &group.id)).map(str::to_lowercase);
        Self { other, wish, taken: taken.collect(), used: HashMap::new(), names, new: HashSet::new() }
    }

    /// Where a group goes; `parent` is the nearest above it that goes somewhere.
    pub fn place(&mut self, group: &Group, parent: Option<&GroupPlace>) -> Place {
        let place = match self.wish.groups.of(&group.id, &group.name) {
            Chosen::Left => Place::Left,
            Chosen::Into(id) => match self.there(&id) {
                Some(known) => Place::There(known.id.clone()),
                None => Place::Nowhere(format!("`groups` names {id}, and {} has no such group", self.other.title)),
            },
            Chosen::Found if self.is_retired(group) => Place::Left,
            Chosen::Found => self.found(group, parent),
        };
        if let Place::There(id) = &place {
            self.used.entry(id.to_lowercase()).or_insert_with(|| group.name.clone());
        }
        place
    }

    /// Whether nobody uses it any more, and nobody has named it either.
    pub fn is_retired(&self, group: &Group) -> bool {
        self.other.retired.contains(&group.id) && !self.wish.groups.names(&group.id, &group.name)
    }

    fn found(&mut self, group: &Group, parent: Option<&GroupPlace>) -> Place {
        let other = self.other;
        if let Some(known) = other.known.of(GROUP, &group.id) {
            let mend = "`migrate.map()` with `set` or `forget` mends it";
            let said = format!("the map of who is who says that it is {} on {}", known.target, other.title);
            match self.there(&known.target).map(|there| (there, self.used.get(&there.id.to_lowercase()))) {
                Some((there, None)) => return Place::There(there.id.clone()),
                Some((_, Some(first))) => return Place::Nowhere(format!("{said}, and so is {first}: {mend}")),
                None if known.by_hand => return Place::Nowhere(format!("{said}, which has no such group: {mend}")),
                None => {}
            }
        }
        let spot = self.spot(parent);
        if let Some(same) = self.namesake(group, spot.as_deref()) {
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
        self.make(group, spot)
    }

    /// What it would stand below: an id of the other side, or that of the source where that one is only to be made.
    fn spot(&self, parent: Option<&GroupPlace>) -> Option<String> {
        let under = || self.wish.under.as_ref().map(|id| id.to_lowercase());
        match (self.other.nests, parent.map(|parent| (&parent.place, &parent.group.id))) {
            (false, _) => None,
            (true, Some((Place::There(id), _))) => Some(id.to_lowercase()),
            (true, Some((_, id))) => Some(format!("new {id}")),
            (true, None) => under(),
        }
    }

    fn make(&mut self, group: &Group, spot: Option<String>) -> Place {
        let other = self.other;
        if let Err(why) = &other.makes {
            return Place::Nowhere(why.clone());
        }
        if group.name.trim().is_empty() || group.name == group.id {
            return Place::Nowhere(
                "nobody says what it is called: name the group that it goes into with `groups`".into(),
            );
        }
        let spot = spot.filter(|_| other.names != Names::Once);
        let is_new = self.new.insert((key(&group.name), spot.clone()));
        let is_there = |known: &Group| {
            let same = alike(&known.name, &group.name);
            same && (other.names == Names::Once || (parent_of(known) == spot && self.is_in_use(known)))
        };
        let is_taken = !is_new || other.groups.iter().any(is_there);
        let title = other.title;
        match other.names {
            Names::Once if is_taken => Place::Nowhere(format!(
                "{title} has one group of each name, and that one is another group's: name the group that it goes into with `groups`"
            )),
            Names::OncePerParent if is_taken => Place::Nowhere(format!(
                "another group of this name goes to the same place on {title}, and by both a group is known: rename one of them, or name the group that it goes into with `groups`"
            )),
            _ => Place::Make,
        }
    }

    /// What the counterpart stands below, where that is not what it should be; a group that was named stands where it
    /// stands.
    pub fn astray(&self, group: &Group, place: &Place, parent: Option<&Place>) -> Option<String> {
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

    /// Whether a group of the other side counts by its name: one that was made here and is archived now still does.
    fn is_in_use(&self, known: &Group) -> bool {
        !self.other.archived.contains(&known.id) || self.other.made.contains(&known.id)
    }

    fn there(&self, id: &str) -> Option<&'a Group> {
        self.other.groups.iter().find(|known| known.id.eq_ignore_ascii_case(id))
    }

    /// The group of the same name: the one in the same place, else the only one on both sides.
    fn namesake(&self, group: &Group, spot: Option<&str>) -> Option<&'a Group> {
        let is_free = |known: &Group| {
            let id = known.id.to_lowercase();
            self.is_in_use(known) && !self.taken.contains(&id) && !self.used.contains_key(&id)
        };
        let same = |known: &&Group| is_free(known) && alike(&known.name, &group.name);
        let same: Vec<&Group> = self.other.groups.iter().filter(same).collect();
        same.iter().find(|known| parent_of(known).as_deref() == spot).copied().or(match same[..] {
            [only] if self.names.get(&key(&group.name)) == Some(&1) => Some(only),
            _ => None,
        })
    }
}

fn parent_of(group: &Group) -> Option<String> {
    group.parent.as_ref().map(|id| id.to_lowercase())
}

/// The form in which names are compared.
fn key(name: &str) -> String {
    folded(name).collect()
}
