//! From figures and limits to all holds at once: a person decides on the whole.

use super::{Attendance, Brake, Changes, Figures, Hold, Leaving, Mails, Removals, Roster, whole};
use crate::settings::Limits;

/// Everything that holds, in the order of [`Brake::ALL`]; at most one hold a brake.
pub fn judge(figures: &Figures, limits: &Limits) -> Vec<Hold> {
    let roster = figures.roster.as_ref();
    let nobody = roster.is_some_and(|roster| roster.people == 0);
    let mails = figures.mails.as_ref();
    [
        roster.and_then(sentinel),
        roster.and_then(|roster| overlap(roster, limits)),
        figures.whole.as_ref().and_then(whole::first),
        figures
            .whole
            .as_ref()
            .and_then(|roster| whole::removals(roster, limits))
            .or_else(|| one(figures.removals.iter().filter_map(|removals| removals_from(removals, nobody, limits)))),
        one(figures.changes.iter().filter_map(|changes| overwritten(changes, limits))),
        deletes(figures.deletes, limits),
        roles(&figures.roles, limits),
        mails.and_then(|mails| too_many_mails(mails, limits)),
        mails.and_then(|mails| at_a_quiet_time(mails, limits)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Several holds of one brake as one: the sentences together, the numbers of different groups added up.
fn one(holds: impl Iterator<Item = Hold>) -> Option<Hold> {
    holds.reduce(|all, more| Hold {
        number: all.number + more.number,
        of: all.of + more.of,
        sentence: format!("{}; {}", all.sentence, more.sentence),
        ..all
    })
}

/// Holds when somebody is missing who stands in every roster: most likely its source is broken.
fn sentinel(roster: &Roster) -> Option<Hold> {
    let missing = roster.missing.len() as u64;
    (missing > 0).then(|| {
        let who = roster.missing.join(", ");
        let word = if missing == 1 { "stands" } else { "stand" };
        let sentence = format!("{who} {word} in every roster and not in this one of group {}", roster.group);
        Hold::new(Brake::Sentinel, missing, missing, format!("{sentence}: is its source whole?"))
    })
}

/// Holds when a roster and a group, both not small, have little in common: most likely another column became the key.
fn overlap(roster: &Roster, limits: &Limits) -> Option<Hold> {
    let Roster { group, people, members, common, .. } = roster;
    let smaller = (*people).min(*members);
    let least = &limits.overlap;
    let replaced = smaller >= least.people.into() && common * 100 < smaller * u64::from(least.percent);
    // A roster of nobody is the removal brake's.
    (replaced && *people > 0).then(|| {
        let sentence = format!(
            "the roster names {people} people and group {group} has {members}, but only {common} stand in both: \
             is this the right file, the right group, the right e-mail column?"
        );
        Hold::new(Brake::Overlap, *common, smaller, sentence)
    })
}

/// Groups and people that are told one by one.
const TOLD: usize = 5;

/// Holds when too many go, out of the group or one below, or when one would be left empty or without an administrator;
/// and any removal by a roster that names nobody.
fn removals_from(removals: &Removals, nobody: bool, limits: &Limits) -> Option<Hold> {
    let Leaving { group, leaving, of_this_run, members, .. } = &removals.from;
    let own = too_many(&removals.from, limits);
    let below: Vec<String> = removals.below.iter().filter_map(|below| told_below(below, limits)).collect();
    if *leaving == 0 || (own.is_none() && below.is_empty() && !nobody) {
        return None;
    }
    let (number, of) = (leaving + of_this_run, members + of_this_run);
    let some = format!("{number} of {of} would be removed");
    let by = if *of_this_run > 0 { " by this run" } else { "" };
    let mut sentence = match own {
        _ if nobody => format!("the roster names nobody: {some} from group {group}{by}"),
        Some(TooMany::Empty) => format!("group {group} would be left empty: {some}{by}"),
        Some(TooMany::Leaderless) => format!("group {group} would be left without an administrator: {some}{by}"),
        Some(TooMany::Share) => format!("{some} from group {group}{by}{}", after(&removals.from, limits)),
        None => format!("{some} from group {group}{by}"),
    };
    if !below.is_empty() {
        let more = match below.len().saturating_sub(TOLD) {
            0 => String::new(),
            more => format!(", and so on in {more} more"),
        };
        let told: Vec<&str> = below.iter().take(TOLD).map(String::as_str).collect();
        sentence.push_str(&format!(", and so, below it, {}{more}", told.join(", ")));
    }
    Some(Hold::new(Brake::Removals, number, of, sentence))
}

/// Why so many must not simply leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TooMany {
    Empty,
    Leaderless,
    Share,
}

fn too_many(from: &Leaving, limits: &Limits) -> Option<TooMany> {
    let Leaving { members, admins, leaving, admins_leaving, arriving, lately, .. } = from;
    if *leaving == 0 {
        return None;
    }
    let most = &limits.removals;
    let gone = leaving + lately;
    let people = members + lately;
    let many = gone > most.people.into() && (over(gone, most.percent, people) || gone > most.most.into());
    let half = gone >= most.few.into() && gone * 100 >= people * u64::from(most.few_percent);
    if *leaving >= members + arriving {
        Some(TooMany::Empty)
    } else if *admins > 0 && admins_leaving >= admins {
        Some(TooMany::Leaderless)
    } else {
        (many || half).then_some(TooMany::Share)
    }
}

/// `5 of 9 from 7 (Mentors)`, and why that is too many.
fn told_below(below: &Leaving, limits: &Limits) -> Option<String> {
    let Leaving { group, members, leaving, of_this_run, .. } = below;
    let some = format!("{} of {} from {group}", leaving + of_this_run, members + of_this_run);
    too_many(below, limits).map(|why| match why {
        TooMany::Empty => format!("{some}, which leaves it empty"),
        TooMany::Leaderless => format!("{some}, which leaves it without an administrator"),
        TooMany::Share => format!("{some}{}", after(below, limits)),
    })
}

fn after(from: &Leaving, limits: &Limits) -> String {
    match from.lately.saturating_sub(from.of_this_run) {
        0 => String::new(),
        lately => format!(" after {lately} in the last {} days", limits.removals.days),
    }
}

/// Holds when existing values of many would be overwritten. A blank that gets a value is no such change.
fn overwritten(changes: &Changes, limits: &Limits) -> Option<Hold> {
    let Changes { place, people, of } = changes;
    let most = &limits.changes;
    let share = of.is_none_or(|of| over(*people, most.percent, of));
    (*people > most.people.into() && share).then(|| {
        let of_all = of.map_or_else(String::new, |of| format!(" of {of}"));
        let sentence = format!("existing values of {people}{of_all} people {place} would be overwritten");
        Hold::new(Brake::Changes, *people, of.unwrap_or_default(), sentence)
    })
}

/// Holds when a run deletes more than a few, whatever the community's size.
fn deletes(deletes: u64, limits: &Limits) -> Option<Hold> {
    let most = u64::from(limits.deletes.people);
    (deletes > most).then(|| {
        let sentence = format!("{deletes} would be deleted for good in this run; {most} may be");
        Hold::new(Brake::Deletes, deletes, most, sentence)
    })
}

/// Holds when anybody would become an administrator or moderator.
fn roles(people: &[String], limits: &Limits) -> Option<Hold> {
    let (count, most) = (people.len() as u64, u64::from(limits.roles.people));
    (count > most).then(|| {
        let told: Vec<&str> = people.iter().take(TOLD).map(String::as_str).collect();
        let more = match people.len().saturating_sub(TOLD) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let sentence = format!("{}{more} would get an administrator's power", told.join(", "));
        Hold::new(Brake::Roles, count, most, sentence)
    })
}

/// Holds when a run would write to more people than it may; one that nobody watches may write to fewer.
fn too_many_mails(mails: &Mails, limits: &Limits) -> Option<Hold> {
    let Mails { people, now, attendance, .. } = mails;
    let (per_run, unattended) = (u64::from(limits.mail.per_run), u64::from(limits.mail.unattended));
    let (most, which) = match attendance {
        Attendance::Unattended if unattended <= per_run => (unattended, "an unattended run"),
        _ => (per_run, "a run"),
    };
    (*now > 0 && *people > most).then(|| {
        let sentence = format!("{} would be written to; {which} may write to {most}", counted(*people));
        Hold::new(Brake::Mails, *people, most, sentence).up_to()
    })
}

/// Holds mails in quiet hours.
fn at_a_quiet_time(mails: &Mails, limits: &Limits) -> Option<Hold> {
    let Mails { people, now, at, .. } = mails;
    let quiet = limits.mail.quiet.filter(|quiet| *now > 0 && quiet.holds(at.time))?;
    let (time, zone) = (at.time.strftime("%H:%M"), &at.zone);
    let count = counted(*people);
    let sentence = format!("{count} would be written to at {time}, in the quiet hours {quiet} ({zone})");
    let after = Some(format!("{} ({zone})", quiet.to.strftime("%H:%M")));
    Some(Hold { after, ..Hold::new(Brake::Quiet, *people, 0, sentence).up_to() })
}

/// Some may turn out to need no mail.
fn counted(people: u64) -> String {
    match people {
        1 => "1 person".to_owned(),
        people => format!("up to {people} people"),
    }
}

/// Whether `part` is more than so many percent of `whole`.
fn over(part: u64, percent: u32, whole: u64) -> bool {
    part * 100 > whole * u64::from(percent)
}
