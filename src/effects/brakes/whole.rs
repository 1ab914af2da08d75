//! The brakes of rosters that are handed over whole: what is missing from them is removed, and no read shows who is in.

use super::{Brake, Hold, WholeRoster};
use crate::settings::Limits;

/// More people than these are not removed without leave …
const PEOPLE: u64 = 5;
/// … nor more of a hundred. No setting makes either more.
const PERCENT: u64 = 5;
/// People who are told by name; a plan names all of them.
const TOLD: usize = 5;

/// Holds the first roster of a group: it may remove people whom nobody here has heard of.
pub(super) fn first(roster: &WholeRoster) -> Option<Hold> {
    let WholeRoster { group, people, last, costs, .. } = roster;
    last.is_none().then(|| {
        let sentence = format!(
            "this store knows no roster of group {group} that was applied before, and the platform shows nobody of it: \
             whoever is in the group and not in this roster of {people} {costs}"
        );
        Hold::new(Brake::FirstRoster, *people, *people, sentence)
    })
}

/// Holds when more people are missing than may be without leave, together with those of the last days.
pub(super) fn removals(roster: &WholeRoster, limits: &Limits) -> Option<Hold> {
    let (last, missing) = (roster.last?, roster.missing.len() as u64);
    let (gone, of) = (missing + last.lately, last.sure + last.lately);
    if missing == 0 || gone <= PEOPLE && gone * 100 <= of * PERCENT {
        return None;
    }
    let lately = match last.lately {
        0 => String::new(),
        lately => format!(", after {lately} in the last {} days", limits.removals.days),
    };
    let sentence = format!(
        "{missing} of the {} in the last roster of group {} are missing from this one{lately} ({}): whoever is missing {}",
        last.people,
        roster.group,
        named(&roster.missing),
        roster.costs
    );
    Some(Hold::new(Brake::Removals, missing, last.people, sentence))
}

/// The first of them, and how many more there are.
fn named(people: &[String]) -> String {
    let mut names: Vec<&str> = people.iter().take(TOLD).map(String::as_str).collect();
    let more = people.len().saturating_sub(TOLD);
    let rest = format!("{more} more");
    names.extend((more > 0).then_some(rest.as_str()));
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::brakes::LastRoster;

    fn held(people: u64, missing: u64, lately: u64) -> Option<(u64, String)> {
        held_of(people, people, missing, lately)
    }

    fn held_of(people: u64, sure: u64, missing: u64, lately: u64) -> Option<(u64, String)> {
        let last = Some(LastRoster { people, sure, lately });
        let missing = (1..=missing).map(|n| format!("E{n}")).collect();
        let roster = WholeRoster { group: "g".into(), people: 1, last, missing, costs: "loses their plan" };
        assert_eq!(first(&roster), None);
        removals(&roster, &Limits::default()).map(|hold| (hold.number, hold.sentence))
    }

    #[test]
    fn more_than_five_people_or_five_in_a_hundred_are_held() {
        assert_eq!(held(200, 5, 0), None);
        assert_eq!(held(200, 6, 0).unwrap().0, 6);
        assert!(held(200, 7, 0).unwrap().1.contains("(E1, E2, E3, E4, E5, 2 more)"));
        assert_eq!(held(100, 5, 0), None);
        assert_eq!(held(99, 5, 0).unwrap().0, 5);
        assert_eq!(held(20, 1, 0), None);
        assert_eq!(held(19, 1, 0).unwrap().0, 1);
        assert_eq!(held(19, 0, 0), None);
    }

    #[test]
    fn people_who_are_perhaps_in_make_no_removal_look_small() {
        assert_eq!(held(1000, 1, 0), None);
        assert_eq!(held_of(1000, 10, 1, 0).unwrap().0, 1, "one of ten; the others are perhaps in");
        assert_eq!(held_of(1000, 20, 1, 0), None);
    }

    #[test]
    fn those_of_the_last_days_count_along_and_the_number_is_that_of_this_roster() {
        assert_eq!(held(1000, 2, 3), None);
        assert_eq!(
            held(1000, 2, 4),
            Some((
                2,
                "2 of the 1000 in the last roster of group g are missing from this one, after 4 in the last 7 days \
                 (E1, E2): whoever is missing loses their plan"
                    .into()
            ))
        );
        assert_eq!(held(1000, 0, 900), None, "nobody leaves now");
    }

    #[test]
    fn a_first_roster_is_held_by_its_number_of_people() {
        let roster = WholeRoster { group: "g".into(), people: 12, costs: "loses their plan", ..WholeRoster::default() };
        let hold = first(&roster).unwrap();
        assert_eq!((hold.what, hold.number), (Brake::FirstRoster, 12));
        assert!(hold.sentence.ends_with("not in this roster of 12 loses their plan"), "{}", hold.sentence);
        assert_eq!(removals(&roster, &Limits::default()), None);
    }
}
