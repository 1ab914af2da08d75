//! Groups as the platform holds them, and what lies above and below one. Walks end also where the data goes in circles.

use std::collections::HashSet;

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The platform's id of the group.
    pub id: String,
    /// Its name; for reports.
    pub name: String,
    /// The id of the group above, where there is one.
    pub parent: Option<String>,
    /// How many members the platform says it has.
    pub members: Option<u64>,
}

/// What joining or leaving one group does to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cascade {
    /// Nothing.
    None,
    /// Who joins a group joins all groups above it; who leaves it leaves all groups below it.
    JoinsAboveLeavesBelow,
}

/// The groups above this one, the nearest first.
pub fn above<'a>(groups: &'a [Group], id: &str) -> Vec<&'a Group> {
    let find = |id: &str| groups.iter().find(|group| group.id == id);
    let mut seen = HashSet::from([id]);
    let mut found = Vec::new();
    let mut at = find(id).and_then(|group| group.parent.as_deref());
    while let Some(parent) = at.and_then(find) {
        if !seen.insert(&parent.id) {
            break;
        }
        found.push(parent);
        at = parent.parent.as_deref();
    }
    found
}

/// The groups below this one, a level after the other, in the order of the list.
pub fn below<'a>(groups: &'a [Group], id: &str) -> Vec<&'a Group> {
    let mut seen = HashSet::from([id]);
    let mut found: Vec<&Group> = Vec::new();
    let mut level = vec![id];
    while !level.is_empty() {
        let next: Vec<&Group> = groups
            .iter()
            .filter(|group| group.parent.as_deref().is_some_and(|parent| level.contains(&parent)))
            .filter(|group| seen.insert(&group.id))
            .collect();
        level = next.iter().map(|group| group.id.as_str()).collect();
        found.extend(next);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(list: &[(&str, Option<&str>)]) -> Vec<Group> {
        let group = |&(id, parent): &(&str, Option<&str>)| Group {
            id: id.into(),
            name: format!("G{id}"),
            parent: parent.map(str::to_owned),
            members: None,
        };
        list.iter().map(group).collect()
    }

    fn ids(found: Vec<&Group>) -> Vec<&str> {
        found.into_iter().map(|group| group.id.as_str()).collect()
    }

    #[test]
    fn above_is_the_line_to_the_top_and_below_is_the_whole_tree() {
        let all = groups(&[("4", Some("3")), ("1", None), ("2", Some("1")), ("3", Some("1")), ("5", None)]);
        assert_eq!(ids(above(&all, "4")), ["3", "1"]);
        assert_eq!(ids(below(&all, "1")), ["2", "3", "4"]);
        assert_eq!(ids(below(&all, "3")), ["4"]);
        assert!(above(&all, "1").is_empty() && below(&all, "4").is_empty() && below(&all, "5").is_empty());
    }

    #[test]
    fn a_group_that_nobody_knows_has_nothing_above_and_a_parent_that_is_not_listed_is_the_end() {
        let all = groups(&[("2", Some("1"))]);
        assert!(above(&all, "9").is_empty() && below(&all, "9").is_empty() && above(&all, "2").is_empty());
        assert_eq!(ids(below(&all, "1")), ["2"], "what names it as its parent is below it all the same");
    }

    #[test]
    fn a_circle_ends_and_names_nobody_twice() {
        let all = groups(&[("1", Some("2")), ("2", Some("1")), ("3", Some("3"))]);
        assert_eq!(ids(above(&all, "1")), ["2"]);
        assert_eq!(ids(below(&all, "1")), ["2"]);
        assert!(above(&all, "3").is_empty() && below(&all, "3").is_empty());
    }
}
