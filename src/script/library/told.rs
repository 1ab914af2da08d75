//! What a sync did, for people: every row and every member in its class, then what was done. Pure.

use crate::model::counted;
use crate::roster::{Invite, Mending, Synced, Tally, Wish};

/// People who are shown one by one; all of them stand in the file and in `--json`.
const SHOWN: usize = 20;

/// People of a class who are named.
const SAMPLES: usize = 3;

/// Whether a sync did what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tense {
    /// It did.
    Did,
    /// It only planned: who is concerned stands in the plan.
    Would,
}

/// The account of a sync; `rejects` is the file of the refused rows.
pub(super) fn lines(synced: &Synced, wish: &Wish, rejects: Option<&str>, tense: Tense) -> Vec<String> {
    let account = &synced.account;
    let mut lines = Vec::new();
    let width = account.by_row.iter().chain(&account.by_member).map(|tally| tally.word.chars().count()).max();
    let classes = |of: &[Tally], lines: &mut Vec<String>| {
        for tally in of {
            let Tally { sign, word, meaning, count, .. } = tally;
            lines.push(format!("  {sign} {count:>6}  {word:width$}  {meaning}", width = width.unwrap_or(0)));
            if tense == Tense::Did || tally.sign == '?' {
                lines.extend(people(tally));
            }
        }
    };
    lines.push(format!("{} in the file", counted(account.rows, "row", "rows")));
    classes(&account.by_row, &mut lines);
    let unnamed: usize = account.by_member.iter().map(|tally| tally.count).sum();
    if unnamed > 0 {
        lines.push(format!("{} of the group that no row names", counted(unnamed as u64, "member", "members")));
        classes(&account.by_member, &mut lines);
    }
    lines.push(done(synced, tense));
    lines.extend(synced.remarks.iter().cloned());
    let below: Vec<String> = synced.below.iter().map(|(group, people)| format!("{people} from {group}")).collect();
    lines.extend((!below.is_empty()).then(|| format!("with it, from groups below: {}", below.join(", "))));
    lines.extend(synced.loosened.iter().map(|what| format!("allowed by this call: {what}")));
    if wish.invite == Invite::New {
        lines.push(invited(synced, tense));
        lines.extend(synced.ended.as_ref().map(|error| format!("the invitations ended early: {}", error.message)));
    }
    // Who would not be invited, and why, stands in the plan.
    if tense == Tense::Did {
        some("not invited", &synced.not_invited, &mut lines);
    }
    some("in doubt", &synced.in_doubt, &mut lines);
    some("failed", &synced.failed, &mut lines);
    lines.extend(synced.left.iter().map(|left| format!("not as wanted: {left}")));
    lines.extend(account.unused_columns());
    if let Some(file) = rejects {
        let count =
            counted(synced.rejected.len() as u64, "row was rejected; it stands", "rows were rejected; they stand");
        lines.push(match synced.mending {
            Mending::Alone => format!("{count} in {file}, to be mended there and fed again with the mode add_only"),
            Mending::Whole => format!("{count} in {file}; mend them in the roster itself, which is handed over whole"),
        });
    }
    let shown = synced.rejected.iter().take(SHOWN);
    lines.extend(shown.map(|row| format!("  ! line {}: {}", row.line, row.reason)));
    more(synced.rejected.len(), &mut lines);
    lines
}

/// The first of those with whom something happens, and how many more there are.
fn people(tally: &Tally) -> Vec<String> {
    if !matches!(tally.sign, '+' | '~' | '-' | '?') {
        return Vec::new();
    }
    let shown = tally.samples.iter().take(SAMPLES);
    let mut people: Vec<String> = shown.map(|person| format!("             {person}")).collect();
    if tally.count > people.len() {
        people.push(format!("             and {} more", tally.count - people.len()));
    }
    people
}

/// `28 added (10 of them had an account before), 6 changed, 7 removed`
fn done(synced: &Synced, tense: Tense) -> String {
    let mut parts = Vec::new();
    if synced.added > 0 {
        let before = match synced.existing {
            0 => String::new(),
            existing => format!(" ({existing} of them had an account before)"),
        };
        parts.push(format!("{} added{before}", synced.added));
    }
    parts.extend((synced.pending > 0).then(|| format!("{} pending until they sign in", synced.pending)));
    parts.extend((synced.changed > 0).then(|| format!("{} changed", synced.changed)));
    parts.extend((synced.removed > 0).then(|| format!("{} removed", synced.removed)));
    if synced.mending == Mending::Whole && synced.ended.is_some() {
        return "done: nothing was sent".to_owned();
    }
    match (parts.is_empty(), tense) {
        (true, Tense::Did) if !synced.failed.is_empty() => "done: nothing was added, changed or removed".to_owned(),
        (true, Tense::Did) => "done: nothing had to be added, changed or removed".to_owned(),
        (false, Tense::Did) => format!("done: {}", parts.join(", ")),
        (true, Tense::Would) => "would be: nothing to add, change or remove".to_owned(),
        (false, Tense::Would) => format!("would be: {}", parts.join(", ")),
    }
}

fn invited(synced: &Synced, tense: Tense) -> String {
    if tense == Tense::Would {
        return format!("would be invited: {}", synced.invited);
    }
    let queued = synced.invited - synced.recorded.min(synced.invited);
    match (synced.invited, queued) {
        (0, _) => "invited: nobody".to_owned(),
        (all, 0) => format!("invited: {all}"),
        (all, queued) => format!("invited: {all}, {queued} of them still in the platform's queue"),
    }
}

/// The first of a list, and how many more there are.
fn some(title: &str, list: &[(String, String)], lines: &mut Vec<String>) {
    if list.is_empty() {
        return;
    }
    lines.push(format!("{title}: {}", list.len()));
    lines.extend(list.iter().take(SHOWN).map(|(who, why)| format!("  ! {who}: {why}")));
    more(list.len(), lines);
}

fn more(all: usize, lines: &mut Vec<String>) {
    if all > SHOWN {
        lines.push(format!("    and {} more", all - SHOWN));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Rejected;

    #[test]
    fn a_sync_that_did_nothing_says_so() {
        let wish = Wish { invite: Invite::New, ..Wish::default() };
        assert_eq!(
            lines(&Synced::default(), &wish, None, Tense::Did),
            ["0 rows in the file", "done: nothing had to be added, changed or removed", "invited: nobody"]
        );
    }

    #[test]
    fn one_is_one_and_a_long_list_says_how_long_it_is() {
        let row = |line| Rejected { line, reason: "no e-mail address".into(), cells: Vec::new() };
        let synced = Synced { added: 1, rejected: vec![row(7)], ..Synced::default() };
        assert_eq!(
            lines(&synced, &Wish::default(), Some("rejects.csv"), Tense::Did)[1..],
            [
                "done: 1 added",
                "1 row was rejected; it stands in rejects.csv, to be mended there and fed again with the mode add_only",
                "  ! line 7: no e-mail address",
            ]
        );
        let synced = Synced { rejected: (1..=23).map(row).collect(), ..Synced::default() };
        let lines = lines(&synced, &Wish::default(), Some("rejects.csv"), Tense::Did);
        assert_eq!(lines.last().map(String::as_str), Some("    and 3 more"));
        assert_eq!(lines.iter().filter(|line| line.starts_with("  ! ")).count(), 20);
    }
}
