//! One person as the run left them and as they were: what of it goes back, and what stays.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::past::{Before, text};
use super::{CANNOT_RETURN, Maker, Past, Reversal, Since, Written};
use crate::catalog::Deed;
use crate::model::{Change, FieldChange, Fields, Member, Person};

/// One person, as they are, as the run left them and as they were.
pub(super) struct Undone<'a> {
    member: &'a Member,
    name: &'a str,
    /// By group: member or not.
    places: BTreeMap<String, Trace<'a, bool>>,
    /// By name.
    fields: BTreeMap<String, Trace<'a, String>>,
    /// Groups that they administered before they were taken out.
    administered: BTreeSet<String>,
    /// By group: what they had in it and lost with it.
    lost: BTreeMap<String, Fields>,
}

/// What the run's first write to something found and its last one left.
struct Trace<'a, T> {
    left: T,
    before: Before<T>,
    operation: &'a str,
}

impl<'a> Undone<'a> {
    pub(super) fn of(member: &'a Member, name: &'a str) -> Self {
        let (places, fields) = (BTreeMap::new(), BTreeMap::new());
        Self { member, name, places, fields, administered: BTreeSet::new(), lost: BTreeMap::new() }
    }

    /// Goes one write further back: what was before it is what is wanted, what was left by the last one stays.
    pub(super) fn fold(&mut self, one: &'a Past, since: &Since<'_>, reversal: &mut Reversal) {
        let mut keep = |why: &str| reversal.keep(&one.operation, &one.name, why);
        match &one.deed {
            Deed::Mailed { .. } => keep("a mail cannot be taken back"),
            _ if one.maker == Maker::Unknown => {
                keep("a read showed it as done after its answer was lost: who did it is not known, it stays");
            }
            _ if one.maker == Maker::Hidden => {
                keep("the platform does not show which groups they are in now: they stay as they are");
            }
            Deed::Joins { group, fields, .. } => self.joined(one, group, fields, since, reversal),
            Deed::Leaves { group, destroys, .. } => {
                if *destroys {
                    keep("what they wrote was destroyed (`hard_delete`)");
                }
                self.left(one, group);
            }
            Deed::Changes { fields, .. } => self.values(fields, one),
            Deed::AccountMade { .. } if one.made_account(self.member) => {
                keep("the account stays; to delete it: `users.delete`");
            }
            Deed::AccountMade { fields, .. } => {
                keep("they had an account before: it stays");
                self.values(fields, one);
            }
            Deed::AccountDeleted { .. } => keep(CANNOT_RETURN),
            Deed::GroupMade { .. } | Deed::GroupChanged { .. } => {}
        }
    }

    fn joined(
        &mut self,
        one: &'a Past,
        group: &str,
        fields: &Map<String, Value>,
        since: &Since<'_>,
        reversal: &mut Reversal,
    ) {
        let (was, made) = (one.was_member(self.member), one.made_account(self.member));
        let above = (since.above)(group);
        let came = was == Ok(false);
        self.place(group, true, was, one);
        let mut came_along = one.listed("also");
        if made {
            came_along.extend(above.iter().cloned());
        }
        if came && !made && !one.read_others() && self.member.groups.iter().any(|place| above.contains(&place.group)) {
            let why = "whether they were in the groups above before is not known: there they stay";
            reversal.keep(&one.operation, &one.name, why);
        }
        for other in came_along.iter().filter(|_| came) {
            self.place(other, true, Ok(false), one);
        }
        match one.vacated() {
            Some(vacated) => vacated.iter().for_each(|other| self.place(other, false, Ok(true), one)),
            None => reversal.keep(
                &one.operation,
                &one.name,
                "which groups they left by coming into this one is not known: they do not come back into them",
            ),
        }
        if !made {
            self.values(fields, one);
        }
    }

    fn left(&mut self, one: &'a Past, group: &str) {
        self.place(group, false, one.had_left(), one);
        // Where power is one of the values that somebody had in a group, it comes back with these.
        if one.administered() && one.fields().is_empty() {
            self.administered.insert(group.to_owned());
        }
        self.lost.insert(group.to_owned(), one.fields());
        let left_along = one.listed("leaves").into_iter().chain(one.listed("also"));
        for other in left_along.filter(|other| other != group) {
            self.place(&other, false, Ok(true), one);
        }
    }

    fn place(&mut self, group: &str, left: bool, before: Before<bool>, one: &'a Past) {
        trace(&mut self.places, group, left, before, one);
    }

    fn values(&mut self, fields: &Map<String, Value>, one: &'a Past) {
        for (name, value) in fields {
            let left = match name.as_str() {
                "email" => text(value).trim().to_lowercase(),
                _ => text(value),
            };
            trace(&mut self.fields, name, left, one.field(name), one);
        }
    }

    /// What is still as the run left it goes back; the rest is kept.
    pub(super) fn decide(self, since: &Since<'_>, reversal: &mut Reversal) {
        let are: BTreeSet<&str> = self.member.groups.iter().map(|place| place.group.as_str()).collect();
        let (joins, leaves) = self.decide_places(&are, since, reversal);
        // Who comes into a group comes into those above it, who leaves one leaves those below: one call does.
        let is_above = |group: &str, of: &str| (since.above)(of).iter().any(|other| other == group);
        for group in joins.iter().filter(|group| !joins.iter().any(|other| is_above(group, other))) {
            let email = self.member.email.clone();
            let fields = self.lost.get(*group).cloned().unwrap_or_default();
            let person = email.map(|email| Person { email, fields, line: 0 });
            person.into_iter().for_each(|person| reversal.add(group, Change::Add(person)));
        }
        for group in leaves.iter().filter(|group| !leaves.iter().any(|other| is_above(other, group))) {
            reversal.add(group, Change::Remove(self.member.clone()));
        }
        self.decide_fields(&are, since, reversal);
    }

    /// The groups into which they come back, and those out of which they go.
    fn decide_places(
        &self,
        are: &BTreeSet<&str>,
        since: &Since<'_>,
        reversal: &mut Reversal,
    ) -> (BTreeSet<&str>, BTreeSet<&str>) {
        let (mut joins, mut leaves) = (BTreeSet::new(), BTreeSet::new());
        for (group, trace) in &self.places {
            let is = are.contains(group.as_str());
            let Some(before) = self.unlike(trace, &is, reversal) else { continue };
            let later = (since.later)(self.member, &Written::Place(group.clone()));
            let keep = match (is == trace.left, later) {
                _ if before && (since.gone)(group) => "the group is not there any more".to_owned(),
                (false, _) if is => "is in the group again".to_owned(),
                (false, _) => "has left the group since".to_owned(),
                (true, Some(run)) => format!("run {run} has written to them there since"),
                (true, None) if before && self.member.email.is_none() => {
                    "has no address by which they could be added again".to_owned()
                }
                (true, None) => {
                    if before && self.administered.contains(group) {
                        let why = format!("administered group {group}: comes back as a member, make them one again");
                        reversal.keep(trace.operation, self.name, &why);
                    }
                    if before {
                        joins.insert(group.as_str())
                    } else {
                        leaves.insert(group.as_str())
                    };
                    continue;
                }
            };
            reversal.keep(trace.operation, self.name, &keep);
        }
        self.keep_branches(are, &mut leaves, since, reversal);
        (joins, leaves)
    }

    /// Who leaves a group leaves those below it: where somebody else has put them into one of these, they stay.
    fn keep_branches(
        &self,
        are: &BTreeSet<&str>,
        leaves: &mut BTreeSet<&str>,
        since: &Since<'_>,
        reversal: &mut Reversal,
    ) {
        if leaves.is_empty() {
            return;
        }
        for given in are.iter().filter(|group| !leaves.contains(*group)).copied().collect::<Vec<_>>() {
            let above = (since.above)(given);
            for group in above.iter().filter_map(|group| leaves.take(group.as_str())) {
                let operation = self.places.get(group).map_or("", |trace| trace.operation);
                let why = format!("stays in group {group}: is in group {given} below it, which the run did not do");
                reversal.keep(operation, self.name, &why);
            }
        }
    }

    fn decide_fields(&self, are: &BTreeSet<&str>, since: &Since<'_>, reversal: &mut Reversal) {
        let mut back = Vec::new();
        for (name, trace) in &self.fields {
            let now = self.now(name);
            let Some(before) = self.unlike(trace, &now, reversal) else { continue };
            let why = match (since.later)(self.member, &Written::Field(name.clone())) {
                _ if now != trace.left => format!("`{name}` was changed since, to \"{now}\""),
                Some(run) => format!("run {run} has written `{name}` since"),
                None => {
                    back.push(FieldChange { name: name.clone(), before: now, after: before });
                    continue;
                }
            };
            reversal.keep(trace.operation, self.name, &why);
        }
        if back.is_empty() {
            return;
        }
        // Fields are written through a group that the person is in, and stays in.
        let stays = |group: &&&str| self.places.get(**group).is_none_or(|place| place.before != Ok(false));
        match are.iter().find(stays).or_else(|| are.iter().next()) {
            Some(group) => {
                let update = Change::Update { member: self.member.clone(), fields: back };
                reversal.updates.entry((*group).to_owned()).or_default().push(update);
            }
            None => {
                let operation = self.fields.values().next().map_or("", |trace| trace.operation);
                reversal.keep(operation, self.name, "is in no group through which fields could be set back");
            }
        }
    }

    /// What a field holds; an address as it is compared.
    fn now(&self, name: &str) -> String {
        match name {
            "email" => self.member.email.as_ref().map(|email| email.key().to_owned()).unwrap_or_default(),
            name => self.member.field(name).unwrap_or_default().to_owned(),
        }
    }

    /// What was there before, where that is known and neither what the run left nor what is there now.
    fn unlike<T: Clone + PartialEq>(&self, trace: &Trace<'a, T>, now: &T, reversal: &mut Reversal) -> Option<T> {
        match &trace.before {
            Err(why) => reversal.keep(trace.operation, self.name, why),
            Ok(before) if *before == trace.left || before == now => {}
            Ok(before) => return Some(before.clone()),
        }
        None
    }
}

/// Takes down what a write that lies further back found and left.
fn trace<'a, T>(traces: &mut BTreeMap<String, Trace<'a, T>>, key: &str, left: T, before: Before<T>, one: &'a Past) {
    match traces.get_mut(key) {
        Some(trace) => trace.before = before,
        None => drop(traces.insert(key.to_owned(), Trace { left, before, operation: &one.operation })),
    }
}
