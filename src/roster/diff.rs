//! What differs between who is wanted and who is there. Pure; the order of rows changes nothing but the order of steps.

use std::collections::{HashMap, HashSet};

use super::renames::{self, Rename};
use super::{Blank, Declined, Extent, Figures, MemberClass, Mode, Options, Present, Renames, RowClass, Wanted, alike};
use crate::model::{Change, FieldChange, Member, Person, Standing};
use crate::tables::Rejected;

/// What becomes of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowVerdict {
    /// Its line.
    pub line: u64,
    /// Its class.
    pub class: RowClass,
    /// Its place: for `Duplicate` in [`Wanted::duplicates`], for `Invalid` in [`Wanted::rejected`], else in [`Wanted::people`].
    pub place: usize,
}

/// What is to be done, and what becomes of everybody.
#[derive(Clone, Debug, Default)]
pub struct Diff {
    /// The steps: additions and changes in the roster's order, then removals in the platform's.
    pub changes: Vec<Change>,
    /// Every row, in the order of lines.
    pub rows: Vec<RowVerdict>,
    /// The class of each member, in the order of [`Present::members`].
    pub members: Vec<MemberClass>,
    /// Rows that mean two accounts.
    pub refused: Vec<Rejected>,
    /// Rows and members who may be one person.
    pub renames: Vec<Rename>,
    /// What the brakes judge by.
    pub figures: Figures,
    pub(super) overlap: usize,
    pub(super) overwrites: usize,
}

impl Diff {
    /// How many rows are in this class.
    pub fn count(&self, class: RowClass) -> usize {
        self.rows.iter().filter(|row| row.class == class).count()
    }

    /// How many members are in this class.
    pub fn count_members(&self, class: MemberClass) -> usize {
        self.members.iter().filter(|member| **member == class).count()
    }
}

/// Compares who is wanted with who is there.
pub fn diff(wanted: &Wanted, present: &Present, options: &Options) -> Diff {
    let (by_key, mut members) = ByKey::of(&present.members);
    let mut classes = Vec::with_capacity(wanted.people.len());
    let mut diff = Diff::default();
    for person in &wanted.people {
        let known = by_key.known(person.email.key());
        diff.overlap += usize::from(!matches!(known, Known::Nobody));
        let class = match known {
            Known::Nobody => adding(RowClass::New, options.mode),
            Known::One(at) => {
                members[at] = MemberClass::InRoster;
                let member = &present.members[at];
                let class = one_known(person, member, options);
                diff.overwrites += usize::from(overwrites(person, member, class, options));
                class
            }
            Known::Several(twins) => {
                twins.iter().for_each(|at| members[*at] = MemberClass::Twin);
                diff.refused.push(wanted.refused(person, two_accounts(twins, &present.members)));
                RowClass::Refused
            }
        };
        classes.push(class);
    }
    for (member, class) in present.members.iter().zip(&mut members) {
        if *class == MemberClass::Removed {
            *class = leaving(member, present.extent, options);
        }
    }
    protect(&present.members, &mut members, options);
    if options.mode == Mode::Mirror && options.renames == Renames::Ask {
        diff.renames = hold_renamed(wanted, present, options, &mut classes, &mut members);
    }
    diff.changes = changes(wanted, present, options, (&by_key, &classes, &members));
    diff.rows = rows(wanted, &classes);
    diff.members = members;
    diff.figures = Figures::of(wanted, present, &diff);
    diff
}

/// Members by address.
#[derive(Default)]
struct ByKey<'a> {
    first: HashMap<&'a str, usize>,
    /// All of an address that several have, by the first of them.
    several: HashMap<usize, Vec<usize>>,
}

/// Who has an address.
enum Known<'a> {
    Nobody,
    One(usize),
    Several(&'a [usize]),
}

impl<'a> ByKey<'a> {
    /// The members, and what becomes of them as long as no row names them.
    fn of(members: &'a [Member]) -> (Self, Vec<MemberClass>) {
        let mut by_key = Self { first: HashMap::with_capacity(members.len()), several: HashMap::new() };
        let classes = members.iter().enumerate().map(|(at, member)| by_key.add(at, member, members)).collect();
        (by_key, classes)
    }

    fn add(&mut self, at: usize, member: &'a Member, members: &[Member]) -> MemberClass {
        let Some(email) = &member.email else { return MemberClass::NoAddress };
        let first = *self.first.entry(email.key()).or_insert(at);
        if first == at {
            return MemberClass::Removed;
        }
        let several = self.several.get(&first).map(Vec::as_slice).unwrap_or(&[]);
        if std::iter::once(&first).chain(several).any(|other| members[*other].id == member.id) {
            return MemberClass::Doubled;
        }
        self.several.entry(first).or_insert_with(|| vec![first]).push(at);
        MemberClass::Removed
    }

    fn known(&self, key: &str) -> Known<'_> {
        match self.first.get(key) {
            None => Known::Nobody,
            Some(first) => self.several.get(first).map_or(Known::One(*first), |all| Known::Several(all)),
        }
    }
}

fn adding(class: RowClass, mode: Mode) -> RowClass {
    match mode {
        Mode::Mirror | Mode::AddOnly => class,
        Mode::RemoveOnly | Mode::UpdateOnly => RowClass::Kept,
    }
}

fn one_known(person: &Person, member: &Member, options: &Options) -> RowClass {
    match (member.standing, options.declined) {
        (Standing::Pending, _) => adding(RowClass::Accepts, options.mode),
        (Standing::Declined, Declined::AddAgain) => adding(RowClass::New, options.mode),
        (Standing::Declined, Declined::LeaveAlone) => RowClass::Declined,
        (Standing::Accepted, _) => match (differences(person, member, options).next(), options.mode) {
            (None, _) => RowClass::Same,
            (Some(_), Mode::Mirror | Mode::UpdateOnly) => RowClass::Changed,
            (Some(_), Mode::AddOnly | Mode::RemoveOnly) => RowClass::Kept,
        },
    }
}

pub(super) fn differences<'a>(
    person: &'a Person,
    member: &'a Member,
    options: &'a Options,
) -> impl Iterator<Item = FieldChange> + 'a {
    let written = person.fields.iter().filter(|(name, _)| !options.read_only.contains(&name.as_str()));
    written.filter_map(move |(name, after)| {
        let before = member.field(name).unwrap_or_default();
        let empty = alike(after, "");
        match alike(before, after) || (empty && options.blank == Blank::Keep) {
            true => None,
            false => Some(FieldChange { name: name.clone(), before: before.to_owned(), after: after.clone() }),
        }
    })
}

fn empties(person: &Person, member: &Member, options: &Options) -> bool {
    differences(person, member, options).any(|field| alike(&field.after, ""))
}

/// Whether a value that is there would go. To fill what was empty takes nothing away.
fn overwrites(person: &Person, member: &Member, class: RowClass, options: &Options) -> bool {
    matches!(class, RowClass::Changed | RowClass::New | RowClass::Accepts)
        && differences(person, member, options).any(|field| !alike(&field.before, ""))
}

fn two_accounts(twins: &[usize], members: &[Member]) -> String {
    let shown: Vec<String> = twins
        .iter()
        .map(|at| match &members[*at].email {
            Some(email) => format!("{email} (id {})", members[*at].id),
            None => format!("id {}", members[*at].id),
        })
        .collect();
    format!("{} accounts differ only by case: {}; merge them on the platform", twins.len(), shown.join(", "))
}

/// A member that no row names.
fn leaving(member: &Member, extent: Extent, options: &Options) -> MemberClass {
    match (member.standing, options.mode, extent) {
        (Standing::Pending, _, _) => MemberClass::Pending,
        (Standing::Declined, _, _) => MemberClass::Declined,
        (_, Mode::AddOnly | Mode::UpdateOnly, _) => MemberClass::Kept,
        (_, _, Extent::Part) => MemberClass::Unread,
        _ if member.admin => MemberClass::Protected,
        _ => MemberClass::Removed,
    }
}

/// Whoever is named as protected, or sends, is not removed.
fn protect(members: &[Member], classes: &mut [MemberClass], options: &Options) {
    let named = |text: &String| text.trim().to_lowercase();
    let named: HashSet<String> = options.protected.iter().chain(&options.sender).map(named).collect();
    if named.is_empty() {
        return;
    }
    for (member, class) in members.iter().zip(classes) {
        let is_named = || {
            named.contains(&member.id.to_lowercase())
                || member.email.as_ref().is_some_and(|email| named.contains(email.key()))
        };
        if *class == MemberClass::Removed && is_named() {
            *class = MemberClass::Protected;
        }
    }
}

fn hold_renamed(
    wanted: &Wanted,
    present: &Present,
    options: &Options,
    rows: &mut [RowClass],
    members: &mut [MemberClass],
) -> Vec<Rename> {
    let coming: Vec<(usize, &Person)> =
        wanted.people.iter().enumerate().filter(|(at, _)| rows[*at] == RowClass::New).collect();
    let leaving: Vec<(usize, &Member)> =
        present.members.iter().enumerate().filter(|(at, _)| members[*at] == MemberClass::Removed).collect();
    let mut pairs = renames::find(&coming, &leaving, options.id_field.as_deref());
    pairs.sort_by_key(|pair| (pair.person, pair.member));
    pairs.dedup_by_key(|pair| (pair.person, pair.member));
    for pair in &pairs {
        rows[pair.person] = RowClass::Renamed;
        members[pair.member] = MemberClass::Renamed;
    }
    pairs
}

fn changes(
    wanted: &Wanted,
    present: &Present,
    options: &Options,
    (by_key, rows, members): (&ByKey<'_>, &[RowClass], &[MemberClass]),
) -> Vec<Change> {
    let known = |person: &Person| match by_key.known(person.email.key()) {
        Known::One(at) => Some(&present.members[at]),
        _ => None,
    };
    let update = |person: &Person, member: &Member| {
        let fields = differences(person, member, options).collect();
        Change::Update { member: member.clone(), fields }
    };
    let steps = wanted.people.iter().zip(rows).flat_map(|(person, class)| match class {
        // Adding gives values and takes none away; what is to be emptied needs a step of its own.
        RowClass::New | RowClass::Accepts => {
            let emptied = known(person).filter(|member| empties(person, member, options));
            [Some(Change::Add(person.clone())), emptied.map(|member| update(person, member))]
        }
        RowClass::Changed => [known(person).map(|member| update(person, member)), None],
        _ => [None, None],
    });
    let steps = steps.flatten();
    let gone = present.members.iter().zip(members).filter(|(_, class)| **class == MemberClass::Removed);
    steps.chain(gone.map(|(member, _)| Change::Remove(member.clone()))).collect()
}

fn rows(wanted: &Wanted, classes: &[RowClass]) -> Vec<RowVerdict> {
    let people = wanted.people.iter().zip(classes).enumerate();
    let mut rows: Vec<RowVerdict> =
        people.map(|(place, (person, class))| RowVerdict { line: person.line, class: *class, place }).collect();
    let verdict = |class| move |(place, line)| RowVerdict { line, class, place };
    let lines = wanted.duplicates.iter().map(|row| row.line);
    rows.extend(lines.enumerate().map(verdict(RowClass::Duplicate)));
    rows.extend(wanted.rejected.iter().map(|row| row.line).enumerate().map(verdict(RowClass::Invalid)));
    rows.sort_by_key(|row| row.line);
    rows
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
