//! From figures and limits to all holds at once: a person decides on the whole.

use super::{Attendance, Brake, Changes, Figures, Hold, Leaving, Mails, Removals, Roster};
use crate::settings::Limits;

/// Everything that holds, in the order of [`Brake::ALL`]; at most one hold a brake.
pub fn judge(figures: &Figures, limits: &Limits) -> Vec<Hold> {
    let roster = figures.roster.as_ref();
    let nobody = roster.is_some_and(|roster| roster.people == 0);
    let mails = figures.mails.as_ref();
    [
        roster.and_then(sentinel),
        roster.and_then(|roster| overlap(roster, limits)),
        one(figures.removals.iter().filter_map(|removals| removals_from(removals, nobody, limits))),
        one(figures.changes.iter().filter_map(|changes| overwritten(changes, limits))),
        deletes(figures.deletes, limits),
        roles(figures.roles, limits),
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

/// Holds when too many go, out of the group or one below, or when one would be left empty or without an administrator;
/// and any removal by a roster that names nobody.
fn removals_from(removals: &Removals, nobody: bool, limits: &Limits) -> Option<Hold> {
    let Leaving { group, members, leaving, .. } = &removals.from;
    if *leaving == 0 {
        return None;
    }
    let own = match nobody {
        true => Some(format!("the roster names nobody: {leaving} of {members} would be removed from group {group}")),
        false => too_many(&removals.from, limits),
    };
    let below = removals.below.iter().filter_map(|below| too_many(below, limits));
    let below = below.map(|sentence| format!("{sentence} (it lies below group {group})"));
    let sentences: Vec<String> = own.into_iter().chain(below).collect();
    let number = leaving + removals.of_this_run;
    (!sentences.is_empty()).then(|| Hold::new(Brake::Removals, number, *members, sentences.join("; ")))
}

/// Why so many must not simply leave.
fn too_many(from: &Leaving, limits: &Limits) -> Option<String> {
    let Leaving { group, members, admins, leaving, admins_leaving, arriving, lately } = from;
    if *leaving == 0 {
        return None;
    }
    let most = &limits.removals;
    let gone = leaving + lately;
    let people = members + lately;
    let many = gone > most.people.into() && (over(gone, most.percent, people) || gone > most.most.into());
    let half = gone >= most.few.into() && gone * 100 >= people * u64::from(most.few_percent);
    let after = match lately {
        0 => String::new(),
        lately => format!(" after {lately} in the last {} days", most.days),
    };
    if *leaving >= members + arriving {
        Some(format!("group {group} would be left empty: {leaving} of {members} would be removed"))
    } else if *admins > 0 && admins_leaving >= admins {
        Some(format!("group {group} would be left without an administrator: {leaving} of {members} would be removed"))
    } else if many || half {
        Some(format!("{leaving} of {members} would be removed from group {group}{after}"))
    } else {
        None
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
fn roles(people: u64, limits: &Limits) -> Option<Hold> {
    let most = u64::from(limits.roles.people);
    (people > most).then(|| {
        let sentence = match people {
            1 => "1 person would get an administrator's power".to_owned(),
            people => format!("{people} people would get an administrator's power"),
        };
        Hold::new(Brake::Roles, people, most, sentence)
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
        let sentence = format!("{people} people would be written to; {which} may write to {most}");
        Hold::new(Brake::Mails, *people, most, sentence).up_to()
    })
}

/// Holds mails in quiet hours.
fn at_a_quiet_time(mails: &Mails, limits: &Limits) -> Option<Hold> {
    let Mails { people, now, at, .. } = mails;
    let quiet = limits.mail.quiet.filter(|quiet| *now > 0 && quiet.holds(at.time))?;
    let (time, zone) = (at.time.strftime("%H:%M"), &at.zone);
    let count = if *people == 1 { "1 person".to_owned() } else { format!("{people} people") };
    let sentence = format!("{count} would be written to at {time}, in the quiet hours {quiet} ({zone})");
    let after = Some(format!("{} ({zone})", quiet.to.strftime("%H:%M")));
    Some(Hold { after, ..Hold::new(Brake::Quiet, *people, 0, sentence).up_to() })
}

/// Whether `part` is more than so many percent of `whole`.
fn over(part: u64, percent: u32, whole: u64) -> bool {
    part * 100 > whole * u64::from(percent)
}
