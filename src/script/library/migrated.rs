//! What a migration would do, did, or left different, for people and for programs. Pure.

use serde_json::{Value, json};

use crate::client::Gravity;
use crate::migrate::{By, Kind, Looked, Moved, Place, Unmapped, Verified, Welcomed};
use crate::model::{Group, counted};
use crate::roster::{RowClass, Synced};

/// Rows that are shown one by one; all of them stand in the file.
const SHOWN: usize = 10;

/// An account of one step.
pub(super) struct Told {
    /// For people.
    pub lines: Vec<String>,
    /// For programs, and what the script gets.
    pub json: Value,
}

/// `Berlin (4)`; a group whose name nobody knows by its id alone.
fn called(group: &Group) -> String {
    match group.name == group.id {
        true => group.id.clone(),
        false => format!("{} ({})", group.name, group.id),
    }
}

/// A dry look.
pub(super) fn looked(looked: &Looked, file: Option<&str>) -> Told {
    let (mut there, mut make, mut left, mut nowhere, mut memberships, mut known) = (0, 0, 0, 0, 0, 0);
    let mut lines = Vec::new();
    for place in &looked.places {
        let group = &place.group;
        let (people, already) = looked.people.get(&group.id).copied().unwrap_or_default();
        let named = called(group);
        memberships += people;
        known += already;
        let crowd = format!("{}, {already} of them there already", counted(people, "person", "people"));
        match &place.place {
            Place::There(id) => {
                there += 1;
                lines.push(format!("  = {named} is {id}: {crowd}"));
            }
            Place::Make => {
                make += 1;
                lines.push(format!("  + {named} would be made: {}", counted(people, "person", "people")));
            }
            Place::Left => left += 1,
            Place::Nowhere(why) => {
                nowhere += 1;
                lines.push(format!("  ! {named} has no place: {why}"));
            }
        }
    }
    let groups = counted(looked.places.len(), "group", "groups");
    lines.insert(
        0,
        format!("{groups}: {there} there already, {make} to be made, {nowhere} without a place, {left} left out"),
    );
    let people = counted(looked.everybody, "person", "people");
    lines.push(format!(
        "{people} in {}, {known} of these there already",
        counted(memberships, "membership", "memberships")
    ));
    if looked.newcomers > 0 {
        lines.push(format!("{} no account there yet", counted(looked.newcomers, "of them has", "of them have")));
    }
    if looked.mails > 0 {
        lines.push(format!("{} at most", counted(looked.mails, "mail would be sent", "mails would be sent")));
    }
    lines.extend(looked.stops.iter().map(|why| format!("! before the first change: {why}")));
    stays(&looked.unmapped, file, &mut lines);
    let json = json!({
        "groups": looked.places.len(), "there": there, "make": make, "nowhere": nowhere, "left": left,
        "people": looked.everybody, "newcomers": looked.newcomers, "memberships": memberships, "already": known,
        "mails": looked.mails, "stops": looked.stops,
        "unmapped": looked.unmapped.len(), "file": file,
    });
    Told { lines, json }
}

/// What was done; of a plan what would be.
pub(super) fn moved(moved: &Moved, file: Option<&str>, planned: bool) -> Told {
    let mut lines = Vec::new();
    let mut sums = Sums::default();
    for group in &moved.groups {
        let sign = if group.made { '+' } else { '=' };
        let mut parts = match &group.synced {
            None if moved.ended.as_ref().is_some_and(|error| error.gravity != Gravity::Doubt) => {
                vec!["its people have not moved yet".to_owned()]
            }
            None => vec!["nobody".to_owned()],
            Some(synced) => sums.add(synced),
        };
        if let Some(ended) = group.synced.as_ref().and_then(|synced| synced.ended.as_ref()) {
            parts.push(match ended.gravity {
                Gravity::Doubt => "in doubt".to_owned(),
                _ => "not to its end".to_owned(),
            });
        }
        if parts.is_empty() {
            parts.push("all as it should be".to_owned());
        }
        // A placeholder says nothing to anybody.
        let target = if planned && group.made { "a new group".to_owned() } else { group.target.clone() };
        lines.push(format!("  {sign} {} is {target}: {}", called(&group.group), parts.join(", ")));
        if let Some(synced) = &group.synced {
            let failed = synced.failed.iter().map(|(who, why)| format!("    ! {who}: {why}"));
            let left = synced.left.iter().map(|left| format!("    ! not as wanted: {left}"));
            let refused = synced.rejected.iter().map(|row| format!("    ! row {}: {}", row.line, row.reason));
            let all: Vec<String> = failed.chain(left).chain(refused).collect();
            let more = all.len().saturating_sub(SHOWN);
            lines.extend(all.into_iter().take(SHOWN));
            lines.extend((more > 0).then(|| format!("    ! and {more} more")));
        }
    }
    let made = moved.groups.iter().filter(|group| group.made).count();
    let would = if planned { "would be made" } else { "made" };
    if !(moved.groups.is_empty() && moved.ended.is_some()) {
        lines.insert(0, format!("{}, {made} of them {would}", counted(moved.groups.len(), "group", "groups")));
    }
    let unmade = moved.unmade.iter().map(|(group, why)| format!("  ! {} was not made: {why}", called(group)));
    lines.extend(unmade);
    let links = counted(moved.links, "link by which people come in", "links by which people come in");
    lines.extend((moved.links > 0).then(|| format!("{links} {would}")));
    lines.extend(welcomed(&moved.welcomed, planned));
    stays(&moved.unmapped, file, &mut lines);
    let Sums { added, existing, changed, same, awaited, invited, not_invited, failed, rejected, left } = sums;
    let json = json!({
        "groups": moved.groups.len(), "made": made, "accounts": moved.welcomed.accounts,
        "pending": moved.welcomed.pending, "links": moved.links, "added": added, "existing": existing, "changed": changed, "same": same,
        "awaited": awaited, "invited": invited, "not_invited": not_invited, "failed": failed, "rejected": rejected,
        "left": left, "unmapped": moved.unmapped.len(), "file": file,
    });
    Told { lines, json }
}

/// What became of people who had no account.
fn welcomed(welcomed: &Welcomed, planned: bool) -> Vec<String> {
    let Welcomed { accounts, pending, awaited, failed, in_doubt } = welcomed;
    let tense = if planned { "would be made" } else { "made" };
    let counts = [
        (*accounts, format!("{} {tense} for people who had none", counted(*accounts, "account", "accounts"))),
        (
            *pending,
            format!(
                "{} {tense}: they come in with their first sign-in",
                counted(*pending, "pending user", "pending users")
            ),
        ),
        (*awaited, format!("{awaited} awaited since an earlier run: they come in with their first sign-in")),
    ];
    let told = counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, line)| line);
    let more = failed.len().saturating_sub(SHOWN);
    let named = failed.iter().take(SHOWN).map(|(_, who, why)| format!("  ! {who}: {why}"));
    let doubted = in_doubt.iter().take(SHOWN).map(|(_, who, why)| format!("  ? {who}: {why}"));
    let unsaid = in_doubt.len().saturating_sub(SHOWN);
    let doubted = doubted.chain((unsaid > 0).then(|| format!("  ? and {unsaid} more in doubt")));
    told.chain(doubted).chain(named).chain((more > 0).then(|| format!("  ! and {more} more"))).collect()
}

#[derive(Default)]
struct Sums {
    added: usize,
    existing: usize,
    changed: usize,
    same: usize,
    awaited: usize,
    invited: usize,
    not_invited: usize,
    failed: usize,
    rejected: usize,
    left: usize,
}

impl Sums {
    fn add(&mut self, synced: &Synced) -> Vec<String> {
        let counts = [
            (&mut self.added, synced.added, "added"),
            (&mut self.changed, synced.changed, "changed"),
            (&mut self.same, synced.same, "the same"),
            (&mut self.awaited, awaited(synced), "awaited"),
            (&mut self.invited, synced.invited, "invited"),
            (&mut self.not_invited, synced.not_invited.len(), "not written to"),
            (&mut self.rejected, synced.rejected.len(), "refused"),
            (&mut self.failed, synced.failed.len(), "failed"),
            (&mut self.left, synced.left.len(), "not as wanted"),
        ];
        self.existing += synced.existing;
        let mut parts = Vec::new();
        for (sum, count, word) in counts {
            *sum += count;
            parts.extend((count > 0).then(|| format!("{count} {word}")));
        }
        parts
    }
}

/// Who has no account, and comes in with their first sign-in.
fn awaited(synced: &Synced) -> usize {
    let absent = synced.account.by_row.iter().filter(|tally| tally.word == RowClass::Stranger.word());
    absent.map(|tally| tally.count).sum()
}

/// Both sides, compared.
pub(super) fn verified(verified: &Verified, file: Option<&str>) -> Told {
    let (lacking, others): (Vec<_>, Vec<_>) = verified.differences.iter().partition(|one| one.kind.lacks());
    let extra = others.iter().filter(|one| one.kind == Kind::Extra).count();
    let wanted: usize = verified.groups.iter().map(|group| group.wanted).sum();
    let mut lines = vec![format!(
        "{} and {} compared: {}, {} only there",
        counted(verified.groups.len(), "group", "groups"),
        counted(wanted, "membership", "memberships"),
        counted(lacking.len(), "difference", "differences"),
        extra
    )];
    for group in &verified.groups {
        let (sign, digests) = match &group.digests {
            Some((here, there)) if here == there => ('=', format!("; fields {here} and {there}")),
            Some((here, there)) => ('!', format!("; fields {here} and {there}")),
            None => (if group.wanted == group.there { '=' } else { '!' }, String::new()),
        };
        let there = match group.by {
            By::Members => "there",
            By::Roster => "in the last roster that was handed over",
            By::Invitations => "written to",
        };
        lines.push(format!(
            "  {sign} {} is {}: people here {}, {there} {}{digests}",
            called(&group.group),
            group.target,
            group.wanted,
            group.there
        ));
    }
    if verified.waiting > 0 {
        let awaited = counted(verified.waiting, "membership is", "memberships are");
        lines.push(format!("{awaited} awaited: they come in with their first sign-in"));
    }
    lines.extend(lacking.iter().chain(&others).take(SHOWN).map(|one| format!("  ! {}", one.sentence())));
    let more = verified.differences.len().saturating_sub(SHOWN);
    lines.extend((more > 0).then(|| format!("    and {more} more")));
    lines.extend(file.map(|file| format!("every difference stands in {file}")));
    let unmapped = verified.unmapped.len();
    lines.extend(
        (unmapped > 0).then(|| format!("{unmapped} without a place were not looked for: `migrate.look()` names them")),
    );
    let json = json!({
        "groups": verified.groups.len(), "memberships": wanted, "differences": lacking.len(), "only_there": extra,
        "waiting": verified.waiting, "unmapped": unmapped, "file": file,
    });
    Told { lines, json }
}

/// What stays behind: how many of each kind, and where all of it stands.
fn stays(unmapped: &[Unmapped], file: Option<&str>, lines: &mut Vec<String>) {
    let Some(file) = file else { return };
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for row in unmapped {
        match kinds.iter_mut().find(|(kind, _)| *kind == row.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((row.kind, 1)),
        }
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    lines.push(format!("without a place on the other side: {}; they stand in {file}", kinds.join(", ")));
}
