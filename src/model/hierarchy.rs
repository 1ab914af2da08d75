//! Groups above and below one another, of which many are asked after and some change meanwhile: each question costs what its
//! answer is long, however many groups there are. Walks end also where the data goes in circles.

use std::collections::{HashMap, HashSet};

use super::Group;

/// All groups of an account.
#[derive(Clone, Debug, Default)]
pub struct Hierarchy {
    groups: Vec<Group>,
    places: HashMap<String, usize>,
    below: HashMap<String, Vec<usize>>,
}

impl Hierarchy {
    /// Takes a group in, or notes how it is by now.
    pub fn learn(&mut self, group: Group) {
        let place = match self.places.get(&group.id) {
            Some(&place) => {
                if let Some(under) = self.groups[place].parent.as_ref().and_then(|parent| self.below.get_mut(parent)) {
                    under.retain(|known| *known != place);
                }
                place
            }
            None => self.groups.len(),
        };
        if let Some(parent) = &group.parent {
            self.below.entry(parent.clone()).or_default().push(place);
        }
        self.places.insert(group.id.clone(), place);
        match self.groups.get_mut(place) {
            Some(known) => *known = group,
            None => self.groups.push(group),
        }
    }

    /// One group.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.places.get(id).map(|&place| &self.groups[place])
    }

    /// The ids of the groups above this one, the nearest first.
    pub fn above(&self, id: &str) -> Vec<String> {
        let (mut seen, mut found) = (HashSet::from([id]), Vec::new());
        let mut at = self.group(id);
        while let Some(group) = at.and_then(|group| self.group(group.parent.as_deref()?)) {
            if !seen.insert(&group.id) {
                break;
            }
            found.push(group.id.clone());
            at = Some(group);
        }
        found
    }

    /// The ids of the groups below this one, a level after the other.
    pub fn below(&self, id: &str) -> Vec<String> {
        let (mut seen, mut found) = (HashSet::from([id.to_owned()]), Vec::new());
        let mut level = vec![id.to_owned()];
        while !level.is_empty() {
            let under = level.iter().filter_map(|id| self.below.get(id)).flatten();
            let next = under.map(|&place| &self.groups[place].id).filter(|id| seen.insert((*id).clone()));
            let next: Vec<String> = next.cloned().collect();
            found.extend(next.iter().cloned());
            level = next;
        }
        found
    }
}

impl FromIterator<Group> for Hierarchy {
    fn from_iter<I: IntoIterator<Item = Group>>(groups: I) -> Self {
        let mut all = Self::default();
        groups.into_iter().for_each(|group| all.learn(group));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{above, below};

    fn group(id: &str, parent: Option<&str>) -> Group {
        Group { id: id.into(), name: format!("G{id}"), parent: parent.map(str::to_owned), members: None }
    }

    #[test]
    fn it_answers_as_walks_over_the_list_do() {
        for list in [
            vec![("4", Some("3")), ("1", None), ("2", Some("1")), ("3", Some("1")), ("5", None)],
            vec![("2", Some("1"))],
            vec![("1", Some("2")), ("2", Some("1")), ("3", Some("3"))],
        ] {
            let groups: Vec<Group> = list.iter().map(|(id, parent)| group(id, *parent)).collect();
            let all: Hierarchy = groups.iter().cloned().collect();
            for id in ["1", "2", "3", "4", "5", "9"] {
                let ids = |found: Vec<&Group>| found.into_iter().map(|group| group.id.clone()).collect::<Vec<_>>();
                assert_eq!(all.above(id), ids(above(&groups, id)), "above {id}");
                assert_eq!(all.below(id), ids(below(&groups, id)), "below {id}");
            }
        }
    }

    #[test]
    fn a_group_that_moves_is_found_where_it_is_by_now() {
        let mut all: Hierarchy = [group("1", None), group("2", None), group("3", Some("1"))].into_iter().collect();
        all.learn(group("3", Some("2")));
        assert_eq!((all.above("3"), all.below("1"), all.below("2")), (vec!["2".into()], vec![], vec!["3".into()]));
        assert_eq!(all.group("3").unwrap().parent.as_deref(), Some("2"));
    }
}
