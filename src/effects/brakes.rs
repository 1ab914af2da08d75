//! When a run is held before it does too much. Pure: numbers in, a hold or nothing out.

use crate::store::Approval;

/// The numbers at which a brake holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Up to so many removals are never many.
    pub few: u64,
    /// More than `few` removals hold above this share of the group, in percent …
    pub share: u64,
    /// … or above this number.
    pub many: u64,
    /// From so many removals on, `half` holds.
    pub some: u64,
    /// This share of the group holds, in percent.
    pub half: u64,
    /// Removals of so many days past are counted along.
    pub days: i64,
    /// A roster and a group of at least so many people each …
    pub both: u64,
    /// … must have this share of the smaller one in common, in percent.
    pub overlap: u64,
    /// More than so many people with changed values …
    pub changed: u64,
    /// … hold when they are more than this share of the group, in percent.
    pub changed_share: u64,
    /// An unattended run mails no more than so many people.
    pub mails: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            few: 10,
            share: 10,
            many: 250,
            some: 3,
            half: 50,
            days: 7,
            both: 10,
            overlap: 50,
            changed: 25,
            changed_share: 25,
            mails: 500,
        }
    }
}

/// Which brake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Brake {
    /// People taken out of a group.
    Removals,
    /// A roster that names hardly anybody of the group.
    Overlap,
    /// Existing values overwritten.
    Changes,
    /// People written to by a run that nobody watches.
    Mails,
    /// Administrators or moderators made.
    Roles,
}

impl Brake {
    /// The word for it, also in an approval.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Removals => "removals",
            Self::Overlap => "overlap",
            Self::Changes => "changes",
            Self::Mails => "mails",
            Self::Roles => "roles",
        }
    }
}

/// A run is held: nothing was sent, a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Which brake.
    pub what: Brake,
    /// The number that a person must name to let it go on.
    pub number: u64,
    /// What it is compared with: the group's people, the limit.
    pub of: u64,
    /// For people.
    pub sentence: String,
}

impl Hold {
    /// Whether a person has allowed exactly this: same brake, same number.
    pub fn is_approved(&self, approvals: &[Approval]) -> bool {
        let number = i64::try_from(self.number).ok();
        approvals.iter().any(|given| given.what == self.what.as_str() && Some(given.number) == number)
    }
}

/// Removals from one group, those that follow from the hierarchy among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removals {
    /// People in the group now.
    pub members: u64,
    /// Administrators among them.
    pub admins: u64,
    /// How many shall go.
    pub leaving: u64,
    /// Administrators among those.
    pub admins_leaving: u64,
    /// How many shall come in the same go.
    pub arriving: u64,
    /// How many this store has taken out of the group within [`Limits::days`], done or in doubt.
    pub lately: u64,
    /// How many of those this very run has taken out: an approval names the whole number, also when it is resumed.
    pub of_this_run: u64,
}

impl Removals {
    /// Holds any removal by a roster that names nobody: most likely its source is broken.
    pub fn of_nobody(&self, group: &str) -> Option<Hold> {
        let Self { members, leaving, .. } = *self;
        (leaving > 0).then(|| Hold {
            what: Brake::Removals,
            number: leaving + self.of_this_run,
            of: members,
            sentence: format!("the roster names nobody: {leaving} of {members} would be removed from group {group}"),
        })
    }

    /// Holds when too many go, or when the group would be left empty or without an administrator.
    pub fn hold(&self, group: &str, limits: &Limits) -> Option<Hold> {
        if self.leaving == 0 {
            return None;
        }
        let gone = self.leaving + self.lately;
        let people = self.members + self.lately;
        let many = gone > limits.few && (over(gone, limits.share, people) || gone > limits.many);
        let half = gone >= limits.some && gone * 100 >= people * limits.half;
        let lately = match self.lately {
            0 => String::new(),
            lately => format!(" after {lately} in the last {} days", limits.days),
        };
        let Self { members, leaving, .. } = *self;
        let number = leaving + self.of_this_run;
        let sentence = if self.leaving >= self.members + self.arriving {
            format!("group {group} would be left empty: {leaving} of {members} would be removed")
        } else if self.admins > 0 && self.admins_leaving >= self.admins {
            format!("group {group} would be left without an administrator: {leaving} of {members} would be removed")
        } else if many || half {
            format!("{leaving} of {members} would be removed from group {group}{lately}")
        } else {
            return None;
        };
        Some(Hold { what: Brake::Removals, number, of: members, sentence })
    }
}

/// Holds when a roster and a group, both not small, have little in common: most likely another column became the key.
/// `common` is how many stand in both.
pub fn overlap(group: &str, roster: u64, members: u64, common: u64, limits: &Limits) -> Option<Hold> {
    let smaller = roster.min(members);
    let replaced = smaller >= limits.both && common * 100 < smaller * limits.overlap;
    replaced.then(|| Hold {
        what: Brake::Overlap,
        number: common,
        of: smaller,
        sentence: format!(
            "the roster names {roster} people and group {group} has {members}, but only {common} stand in both: \
             is this the right file, the right group, the right e-mail column?"
        ),
    })
}

/// Holds when existing values of many would be overwritten. A blank that gets a value is no such change.
pub fn changes(group: &str, members: u64, changed: u64, limits: &Limits) -> Option<Hold> {
    (changed > limits.changed && over(changed, limits.changed_share, members)).then(|| Hold {
        what: Brake::Changes,
        number: changed,
        of: members,
        sentence: format!("existing values of {changed} of {members} people in group {group} would be overwritten"),
    })
}

/// Holds when a run that nobody watches would write to many.
pub fn mails(people: u64, limits: &Limits) -> Option<Hold> {
    (people > limits.mails).then(|| Hold {
        what: Brake::Mails,
        number: people,
        of: limits.mails,
        sentence: format!("{people} people would be written to; an unattended run may write to {}", limits.mails),
    })
}

/// Holds when anybody would become an administrator or moderator.
pub fn roles(people: u64) -> Option<Hold> {
    (people > 0).then(|| Hold {
        what: Brake::Roles,
        number: people,
        of: 0,
        sentence: format!("{people} people would become administrators or moderators"),
    })
}

/// Whether `part` is more than so many percent of `whole`.
const fn over(part: u64, percent: u64, whole: u64) -> bool {
    part * 100 > whole * percent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(members: u64, leaving: u64, lately: u64) -> bool {
        let removals = Removals { members, leaving, lately, admins: 1, ..Removals::default() };
        removals.hold("12", &Limits::default()).is_some()
    }

    #[test]
    fn more_than_ten_and_more_than_a_tenth_hold() {
        assert!(!held(10_000, 10, 0));
        assert!(!held(110, 11, 0), "exactly a tenth");
        assert!(held(109, 11, 0), "just above a tenth");
        assert!(!held(99, 10, 0), "above a tenth, but only ten");
    }

    #[test]
    fn more_than_two_hundred_and_fifty_hold_in_any_group() {
        assert!(!held(100_000, 250, 0));
        assert!(held(100_000, 251, 0));
    }

    #[test]
    fn three_or_more_and_half_of_the_group_hold() {
        assert!(!held(4, 2, 0), "half, but only two");
        assert!(held(6, 3, 0), "exactly half");
        assert!(!held(7, 3, 0));
    }

    #[test]
    fn removals_of_the_last_week_are_counted_along() {
        assert!(!held(200, 10, 0));
        assert!(held(200, 10, 15), "25 of what was 215");
        assert!(!held(200, 0, 150), "nothing is removed now");
        let (members, limits) = (200, Limits::default());
        let hold = Removals { members, leaving: 10, lately: 15, ..Removals::default() }.hold("12", &limits).unwrap();
        assert_eq!(hold.number, 10, "what a person approves is what would be done now");
        assert_eq!(hold.sentence, "10 of 200 would be removed from group 12 after 15 in the last 7 days");
    }

    #[test]
    fn an_approval_holds_for_the_rest_when_the_run_is_resumed() {
        let whole = Removals { members: 20, leaving: 12, ..Removals::default() };
        let rest = Removals { members: 15, leaving: 7, lately: 5, of_this_run: 5, ..Removals::default() };
        let number = |removals: Removals| removals.hold("12", &Limits::default()).unwrap().number;
        assert_eq!((number(whole), number(rest)), (12, 12));
    }

    #[test]
    fn a_group_is_not_left_empty_unless_others_arrive() {
        let last = Removals { members: 1, leaving: 1, ..Removals::default() };
        let hold = last.hold("12", &Limits::default()).unwrap();
        assert!(hold.sentence.contains("left empty"), "{}", hold.sentence);
        assert_eq!(Removals { arriving: 1, ..last }.hold("12", &Limits::default()), None);
    }

    #[test]
    fn a_group_keeps_an_administrator() {
        let of = |admins, admins_leaving| {
            let removals = Removals { members: 50, admins, leaving: 2, admins_leaving, ..Removals::default() };
            removals.hold("12", &Limits::default()).map(|hold| hold.sentence)
        };
        assert!(of(2, 2).unwrap().contains("without an administrator"));
        assert_eq!(of(2, 1), None);
        assert_eq!(of(0, 0), None, "a group that never had one is not held for it");
    }

    #[test]
    fn a_roster_that_names_nobody_is_held_however_few_would_go() {
        let one = Removals { members: 2, leaving: 1, admins: 1, ..Removals::default() };
        assert_eq!(one.hold("12", &Limits::default()), None);
        let hold = one.of_nobody("12").unwrap();
        assert_eq!((hold.what, hold.number), (Brake::Removals, 1));
        assert_eq!(hold.sentence, "the roster names nobody: 1 of 2 would be removed from group 12");
        assert_eq!(Removals { leaving: 0, ..one }.of_nobody("12"), None);
    }

    #[test]
    fn the_first_sync_of_an_empty_group_is_not_held() {
        assert!(!held(0, 0, 0));
    }

    #[test]
    fn a_replaced_key_column_is_held_when_both_sides_are_ten_or_more() {
        let of = |roster, members, common| overlap("12", roster, members, common, &Limits::default()).is_some();
        assert!(of(10, 10, 4));
        assert!(!of(10, 10, 5), "exactly half");
        assert!(!of(9, 10, 0) && !of(10, 9, 0));
        assert!(!of(1_000, 20, 20), "a group that grows");
        assert!(!of(20, 1_000, 20), "a group that shrinks is the removal brake's");
    }

    #[test]
    fn overwritten_values_hold_above_a_quarter_and_twenty_five() {
        let of = |members, changed| changes("12", members, changed, &Limits::default()).is_some();
        assert!(!of(30, 25) && of(30, 26));
        assert!(!of(104, 26), "exactly a quarter");
        assert!(of(103, 26));
    }

    #[test]
    fn an_unattended_run_writes_to_five_hundred_and_makes_no_administrator() {
        assert_eq!(mails(500, &Limits::default()), None);
        assert_eq!(mails(501, &Limits::default()).unwrap().number, 501);
        assert_eq!(roles(0), None);
        assert_eq!(roles(1).unwrap().what, Brake::Roles);
    }

    #[test]
    fn only_the_right_number_of_the_right_brake_lets_a_run_go_on() {
        let hold = Removals { members: 20, leaving: 12, ..Removals::default() }.hold("12", &Limits::default()).unwrap();
        let given = |what: &str, number| {
            let (run, reason, who) = ("r".into(), "moved".into(), "ada".into());
            hold.is_approved(&[Approval { run, what: what.into(), number, reason, who, at: 0, digest: None }])
        };
        assert!(given("removals", 12));
        assert!(!given("removals", 13) && !given("mails", 12));
        assert!(!hold.is_approved(&[]));
    }
}
