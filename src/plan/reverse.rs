//! What it takes to undo what a run did: the last write of each person and field says how the run left it, the first how
//! it was. Whatever is no longer as the run left it was changed by somebody since, and is kept. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::LeftOut;
use crate::catalog::Deed;
use crate::model::{Change, FieldChange, Fields, Member, Person};

/// One write that the run did to a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// `noun.verb`.
    pub operation: String,
    /// What it did.
    pub deed: Deed,
    /// The platform's id of the person; empty where there is no account any more.
    pub id: String,
    /// How people know the person.
    pub name: String,
    /// What was there before, as far as the run had read it.
    pub before: Value,
    /// When it was begun, milliseconds since the epoch.
    pub begun_at: i64,
    /// Whether the operation also touches people who are there already: then only a read can say that somebody is new.
    pub upserts: bool,
}

/// What would undo it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reversal {
    /// Values that go back, by the group through which they are written: before anybody leaves.
    pub updates: BTreeMap<String, Vec<Change>>,
    /// Who comes and goes, by group.
    pub changes: BTreeMap<String, Vec<Change>>,
    /// What stays as it is, and why.
    pub kept: Vec<LeftOut>,
}

/// One person, as the run left them and as they were.
#[derive(Default)]
struct Undone<'a> {
    name: &'a str,
    /// By group: left as a member or not; member before or not, or why that is not known.
    groups: BTreeMap<String, (bool, Result<bool, &'static str>)>,
    /// By field: left with this value; before, if known.
    fields: BTreeMap<String, (String, Option<String>)>,
    /// By group: what the person had in it and lost with it.
    lost: BTreeMap<String, Fields>,
    operations: BTreeMap<String, &'a str>,
}

/// Works out what undoes these writes, given in the order in which they were done. `now` are the people as they are,
/// `above` the groups above one, into which whoever joins it comes along.
pub fn reverse(past: &[Past], now: &HashMap<String, Member>, above: &dyn Fn(&str) -> Vec<String>) -> Reversal {
    let mut reversal = Reversal::default();
    let mut people: BTreeMap<&str, Undone<'_>> = BTreeMap::new();
    for one in past.iter().rev() {
        match now.get(&one.id) {
            None => reversal.keep(&one.operation, &one.name, "there is no account of theirs any more"),
            Some(member) => {
                let undone = people.entry(&one.id).or_default();
                undone.name = &one.name;
                undone.fold(one, member, above, &mut reversal);
            }
        }
    }
    for (id, undone) in people {
        if let Some(member) = now.get(id) {
            undone.decide(member, above, &mut reversal);
        }
    }
    reversal
}

impl<'a> Undone<'a> {
    /// Goes one write further back: what was before it is what is wanted, what was left by the last one stays.
    fn fold(&mut self, one: &'a Past, member: &Member, above: &dyn Fn(&str) -> Vec<String>, reversal: &mut Reversal) {
        match &one.deed {
            Deed::Joins { group, fields, .. } => {
                let was = was_member(one, member);
                self.membership(group, true, was, &one.operation);
                let mut came_along = listed(&one.before, "also");
                if is_made_by(one, member) {
                    came_along.extend(above(group));
                }
                // A plan reads whether they were members, and then who comes along; a run by itself does not.
                let known = was != Ok(false) || is_made_by(one, member) || one.before.get("member").is_some();
                let above = above(group);
                if !known && member.groups.iter().any(|place| above.contains(&place.group)) {
                    let why = "whether they were in the groups above before is not known: there they stay";
                    reversal.keep(&one.operation, &one.name, why);
                }
                for other in came_along.iter().filter(|_| was == Ok(false)) {
                    self.membership(other, true, Ok(false), &one.operation);
                }
                if one.before.get("fields").is_some() {
                    self.values(fields, one);
                }
            }
            Deed::Leaves { group, destroys, .. } => {
                self.membership(group, false, Ok(true), &one.operation);
                let had = one.before.get("fields").and_then(Value::as_object).into_iter().flatten();
                self.lost.insert(group.clone(), had.map(|(name, value)| (name.clone(), text(value))).collect());
                let mut left_along = listed(&one.before, "leaves");
                left_along.extend(listed(&one.before, "also"));
                for other in left_along.iter().filter(|other| *other != group) {
                    self.membership(other, false, Ok(true), &one.operation);
                }
                if *destroys {
                    reversal.keep(&one.operation, &one.name, "what they wrote was destroyed (`hard_delete`)");
                }
            }
            Deed::Changes { fields, .. } => self.values(fields, one),
            Deed::AccountMade { .. } => {
                reversal.keep(&one.operation, &one.name, "the account stays; to delete it: `users.delete`");
            }
            Deed::AccountDeleted { .. } => {
                reversal.keep(&one.operation, &one.name, "a deleted account cannot be brought back");
            }
            Deed::Mailed { .. } => reversal.keep(&one.operation, &one.name, "a mail cannot be taken back"),
            Deed::GroupMade { .. } | Deed::GroupChanged { .. } => {}
        }
    }

    fn membership(&mut self, group: &str, left: bool, before: Result<bool, &'static str>, operation: &'a str) {
        let known = self.groups.entry(group.to_owned()).or_insert((left, before));
        known.1 = before;
        self.operations.insert(group.to_owned(), operation);
    }

    fn values(&mut self, fields: &serde_json::Map<String, Value>, one: &'a Past) {
        let held = one.before.get("fields").and_then(Value::as_object);
        for (name, value) in fields {
            let before = held.map(|held| held.get(name).map(text).unwrap_or_default());
            let known = self.fields.entry(name.clone()).or_insert((text(value), before.clone()));
            known.1 = before;
            self.operations.insert(format!("{name} "), &one.operation);
        }
    }

    /// What is still as the run left it goes back; the rest is kept.
    fn decide(self, member: &Member, above: &dyn Fn(&str) -> Vec<String>, reversal: &mut Reversal) {
        let are: BTreeSet<&str> = member.groups.iter().map(|membership| membership.group.as_str()).collect();
        let (mut joins, mut leaves) = (BTreeSet::new(), BTreeSet::new());
        for (group, (left, before)) in &self.groups {
            let operation = self.operations.get(group).copied().unwrap_or_default();
            let is = are.contains(group.as_str());
            match before {
                Err(why) => reversal.keep(operation, self.name, why),
                Ok(before) if before == left || *before == is => {}
                Ok(_) if is != *left => {
                    let since = if is { "is in the group again" } else { "has left the group since" };
                    reversal.keep(operation, self.name, since);
                }
                Ok(true) if member.email.is_none() => {
                    reversal.keep(operation, self.name, "has no address by which they could be added again");
                }
                Ok(true) => drop(joins.insert(group.as_str())),
                Ok(false) => drop(leaves.insert(group.as_str())),
            }
        }
        // Who comes into a group comes into those above it, who leaves one leaves those below: one call does.
        let is_above = |group: &str, of: &str| above(of).iter().any(|other| other == group);
        for group in joins.iter().filter(|group| !joins.iter().any(|other| is_above(group, other))) {
            let email = member.email.clone();
            let fields = self.lost.get(*group).cloned().unwrap_or_default();
            let person = email.map(|email| Person { email, fields, line: 0 });
            person.into_iter().for_each(|person| reversal.add(group, Change::Add(person)));
        }
        for group in leaves.iter().filter(|group| !leaves.iter().any(|other| is_above(other, group))) {
            reversal.add(group, Change::Remove(member.clone()));
        }
        self.decide_fields(member, &are, reversal);
    }

    fn decide_fields(&self, member: &Member, are: &BTreeSet<&str>, reversal: &mut Reversal) {
        let mut back = Vec::new();
        for (name, (left, before)) in &self.fields {
            let operation = self.operations.get(&format!("{name} ")).copied().unwrap_or_default();
            let now = member.field(name).unwrap_or_default();
            match before {
                None => reversal.keep(operation, self.name, &format!("what `{name}` was before is not known")),
                Some(before) if before == now => {}
                Some(before) if now == left => {
                    back.push(FieldChange { name: name.clone(), before: now.to_owned(), after: before.clone() });
                }
                Some(_) => {
                    let why = format!("`{name}` was changed since, to \"{now}\"");
                    reversal.keep(operation, self.name, &why);
                }
            }
        }
        if back.is_empty() {
            return;
        }
        // Fields are written through a group that the person is in, and stays in.
        let stays = |group: &&&str| self.groups.get(**group).is_none_or(|(_, before)| *before != Ok(false));
        match are.iter().find(stays).or_else(|| are.iter().next()) {
            Some(group) => {
                let update = Change::Update { member: member.clone(), fields: back };
                reversal.updates.entry((*group).to_owned()).or_default().push(update);
            }
            None => reversal.keep("", self.name, "is in no group through which fields could be set back"),
        }
    }
}

impl Reversal {
    fn keep(&mut self, operation: &str, name: &str, why: &str) {
        let one = LeftOut { operation: operation.to_owned(), name: name.to_owned(), why: why.to_owned() };
        if !self.kept.contains(&one) {
            self.kept.push(one);
        }
    }

    fn add(&mut self, group: &str, change: Change) {
        self.changes.entry(group.to_owned()).or_default().push(change);
    }
}

/// Whether somebody was in the group before they were added.
fn was_member(one: &Past, member: &Member) -> Result<bool, &'static str> {
    if let Some(before) = one.before.get("member").and_then(Value::as_bool) {
        return Ok(before);
    }
    match one.upserts && !is_made_by(one, member) {
        true => Err("it is not known whether they were in the group before"),
        false => Ok(false),
    }
}

/// Whether the account came to be with this write: by what a plan had read, else by its date. An account that is taken
/// for an older one by clocks that differ only stays where it is.
fn is_made_by(one: &Past, member: &Member) -> bool {
    match one.before.get("id") {
        Some(id) => id.is_null(),
        None => member.created_at.is_some_and(|at| at >= one.begun_at),
    }
}

/// Groups that the run had read along.
fn listed(before: &Value, key: &str) -> Vec<String> {
    let groups = before.get(key).and_then(Value::as_array).into_iter().flatten();
    groups.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
