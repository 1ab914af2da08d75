//! What a community would look like after the calls planned so far: rows of people and groups that they touch, in the
//! platform's own shape. Pure; it knows only what was read and what was planned.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use serde_json::Value;

use crate::catalog::{Adapter, Call, Deed, Seen, Whom};
use crate::model::Placeholder;
use crate::wire::Row;

/// One account's people and groups as planned.
#[derive(Default)]
pub struct Overlay {
    people: Vec<Shadow>,
    by_id: HashMap<String, usize>,
    by_address: HashMap<String, usize>,
    groups: Vec<(String, Value)>,
    group_places: HashMap<String, usize>,
    /// The places of groups that were planned about, in that order; one may stand in it several times.
    planned_groups: Vec<usize>,
    /// Groups as they were read.
    read_groups: HashMap<String, Value>,
    /// The ids of groups that have, or had, a name.
    group_names: HashMap<String, Vec<String>>,
    /// How many members each group has more or fewer.
    counts: HashMap<String, i64>,
    jobs: HashMap<String, Value>,
    /// Placeholders that were given out.
    given: HashSet<Placeholder>,
    /// Who administers a group that is only planned: its placeholder, and how the call names them.
    in_charge: HashSet<(String, String)>,
}

/// A person whose row was looked up; `row` is `None` where there is no account, or none any more.
struct Shadow {
    row: Option<Value>,
    touched: bool,
}

impl Overlay {
    /// Whether this person's row was looked up.
    pub fn knows(&self, who: &Whom) -> bool {
        self.place(who).is_some()
    }

    /// The row of somebody who was looked up.
    pub fn row(&self, who: &Whom) -> Option<&Value> {
        self.people[self.place(who)?].row.as_ref()
    }

    /// Remembers what was read of somebody, unless they were planned about before.
    pub fn learn(&mut self, adapter: &dyn Adapter, who: &Whom, row: Option<Value>) {
        let place = match self.place(who).or_else(|| self.place(&named(adapter, row.as_ref()))) {
            Some(place) => place,
            None => {
                self.people.push(Shadow { row, touched: false });
                self.people.len() - 1
            }
        };
        self.index(adapter, who, place);
    }

    /// The row of somebody about whom something was planned: `Some(None)` where there is no account any more.
    pub fn planned(&self, who: &Whom) -> Option<Option<&Value>> {
        let shadow = &self.people[self.place(who)?];
        shadow.touched.then_some(shadow.row.as_ref())
    }

    /// Everybody about whom something was planned: id, and the row as it will be.
    pub fn touched(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        let touched = self.by_id.iter().map(|(id, &place)| (id.as_str(), &self.people[place]));
        touched.filter(|(_, shadow)| shadow.touched).map(|(id, shadow)| (id, shadow.row.as_ref()))
    }

    fn perform(&mut self, adapter: &dyn Adapter, deed: &Deed, id: &str, also: &[&str]) -> Vec<String> {
        let Some(who) = deed.who() else { return Vec::new() };
        if !self.knows(who) {
            self.learn(adapter, who, None);
        }
        let Some(place) = self.place(who) else { return Vec::new() };
        let before = self.people[place].row.take();
        let (were, had) = (memberships(adapter, before.as_ref()), named(adapter, before.as_ref()));
        let mut row = adapter.after(before, id, deed);
        for group in also {
            row = adapter.after(row, id, &following(deed, group));
        }
        let are = memberships(adapter, row.as_ref());
        for group in are.difference(&were) {
            *self.counts.entry(group.clone()).or_default() += 1;
        }
        for group in were.difference(&are) {
            *self.counts.entry(group.clone()).or_default() -= 1;
        }
        self.people[place] = Shadow { row, touched: true };
        self.release(adapter, &had, place);
        self.index(adapter, &Whom::default(), place);
        let mut others: Vec<String> = are.symmetric_difference(&were).cloned().collect();
        others.retain(|group| deed.group() != Some(group));
        others.sort_unstable();
        others
    }

    /// Remembers what was read of whom or what a deed is about.
    pub fn learn_of(&mut self, adapter: &dyn Adapter, deed: &Deed, row: Option<Value>) {
        match (deed.who(), row) {
            (Some(who), row) => self.learn(adapter, who, row),
            (None, Some(row)) => {
                if let Some(group) = adapter.group(&row) {
                    self.learn_group(adapter, &group.id, row);
                }
            }
            (None, None) => {}
        }
    }

    /// Whether it was read whom or what a deed is about; of groups that are not there nothing is known.
    pub fn reads(&self, deed: &Deed) -> bool {
        deed.who().is_none_or(|who| self.knows(who))
    }

    /// The row that a deed is about: of the person, of the group, or of the group that has the new one's name.
    pub fn row_of(&self, adapter: &dyn Adapter, deed: &Deed) -> Option<&Value> {
        match (deed.who(), deed) {
            (Some(who), _) => self.row(who),
            (None, Deed::GroupMade { name, .. }) => self.group_named(adapter, name),
            (None, _) => deed.group().and_then(|id| self.group_row(id)),
        }
    }

    /// Plans a deed about anybody or anything; `id` is the id of what is made, `also` the groups that follow.
    /// Returns the groups, other than the deed's own, that a person comes into or leaves with it.
    pub fn act(&mut self, adapter: &dyn Adapter, deed: &Deed, id: &str, also: &[&str]) -> Vec<String> {
        if deed.who().is_some() {
            return self.perform(adapter, deed, id, also);
        }
        let before = self.row_of(adapter, deed).cloned();
        // What has the name already stays as it is.
        if !(matches!(deed, Deed::GroupMade { .. }) && before.is_some()) {
            let id = deed.group().unwrap_or(id);
            if let Some(row) = adapter.after(before, id, deed) {
                self.set_group(adapter, id, row);
            }
        }
        Vec::new()
    }

    /// The placeholder for the id of what is made; whatever is made twice has two.
    pub fn give(&mut self, what: &str) -> Placeholder {
        let names = std::iter::once(what.to_owned()).chain((2..).map(|time| format!("{what}, made the {time}. time")));
        let mut placeholders = names.map(|name| Placeholder::of(&name));
        let new = placeholders.find(|one| !self.given.contains(one)).unwrap_or_else(|| Placeholder::of(what));
        self.given.insert(new.clone());
        new
    }

    /// Notes who would administer a group that would be made.
    pub fn put_in_charge(&mut self, group: &Placeholder, person: &str) {
        self.in_charge.insert((group.as_str().to_owned(), person.to_lowercase()));
    }

    /// Whether somebody would administer a group that would be made, because the plan says so.
    pub fn is_in_charge(&self, group: &str, person: &str) -> bool {
        Placeholder::is_in(group) && self.in_charge.contains(&(group.to_owned(), person.to_lowercase()))
    }

    /// Remembers a group as it was read.
    pub fn learn_group(&mut self, adapter: &dyn Adapter, id: &str, row: Value) {
        if !self.read_groups.contains_key(id) {
            self.name_group(adapter, id, &row);
            self.read_groups.insert(id.to_owned(), row);
        }
    }

    /// A group as it was read, or as it will be.
    pub fn group_row(&self, id: &str) -> Option<&Value> {
        self.group(id).or_else(|| self.read_groups.get(id))
    }

    /// A group that would be made or changed, as it is or will be.
    pub fn group(&self, id: &str) -> Option<&Value> {
        self.group_places.get(id).map(|&place| &self.groups[place].1)
    }

    /// The group of this name, as it is or will be; names are compared without case and outer blanks.
    pub fn group_named(&self, adapter: &dyn Adapter, name: &str) -> Option<&Value> {
        let key = name_key(name);
        let ids = self.group_names.get(&key)?;
        let planned = ids.iter().filter_map(|id| self.group(id));
        let read = ids.iter().filter(|id| self.group(id).is_none()).filter_map(|id| self.read_groups.get(id));
        planned.chain(read).find(|row| adapter.group(row).is_some_and(|group| name_key(&group.name) == key))
    }

    /// Keeps a group as it will be.
    pub fn set_group(&mut self, adapter: &dyn Adapter, id: &str, row: Value) {
        self.name_group(adapter, id, &row);
        let place = *self.group_places.entry(id.to_owned()).or_insert(self.groups.len());
        match self.groups.get_mut(place) {
            Some((_, known)) => *known = row,
            None => self.groups.push((id.to_owned(), row)),
        }
        self.planned_groups.push(place);
    }

    fn name_group(&mut self, adapter: &dyn Adapter, id: &str, row: &Value) {
        let Some(group) = adapter.group(row) else { return };
        let ids = self.group_names.entry(name_key(&group.name)).or_default();
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }

    /// Groups that were planned about since so many were; and how many have been by now.
    pub fn groups_since(&self, seen: usize) -> (impl Iterator<Item = &Value>, usize) {
        let new = self.planned_groups.get(seen..).unwrap_or_default();
        (new.iter().map(|&place| &self.groups[place].1), self.planned_groups.len())
    }

    /// All groups that would be made or changed.
    pub fn groups(&self) -> impl Iterator<Item = &Value> {
        self.groups.iter().map(|(_, row)| row)
    }

    /// By how much the number of a group's members would change.
    pub fn count(&self, group: &str) -> i64 {
        self.counts.get(group).copied().unwrap_or(0)
    }

    /// Keeps the end of a job that would be done.
    pub fn set_job(&mut self, id: &str, answer: Value) {
        self.jobs.insert(id.to_owned(), answer);
    }

    /// The end of a job that would be done.
    pub fn job(&self, id: &str) -> Option<&Value> {
        self.jobs.get(id)
    }

    /// Whether a row shows somebody in this group, or, without a group, at all.
    pub fn shows(adapter: &dyn Adapter, row: &Value, group: Option<&str>) -> bool {
        is_in(adapter, row, group)
    }

    fn place(&self, who: &Whom) -> Option<usize> {
        let id = who.id.as_ref().and_then(|id| self.by_id.get(id));
        id.or_else(|| self.by_address.get(who.address.as_ref()?)).copied()
    }

    /// An address that somebody no longer has is nobody's, whatever the platform still shows; it can be given anew.
    fn release(&mut self, adapter: &dyn Adapter, had: &Whom, place: usize) {
        let has = named(adapter, self.people[place].row.as_ref()).address;
        if let Some(address) = had.address.clone().filter(|address| Some(address) != has.as_ref()) {
            self.by_address.insert(address, self.people.len());
            self.people.push(Shadow { row: None, touched: true });
        }
    }

    /// Finds somebody by all that is known of them.
    fn index(&mut self, adapter: &dyn Adapter, who: &Whom, place: usize) {
        let of_row = named(adapter, self.people[place].row.as_ref());
        for id in who.id.iter().chain(&of_row.id) {
            self.by_id.insert(id.clone(), place);
        }
        for address in who.address.iter().chain(&of_row.address) {
            self.by_address.insert(address.clone(), place);
        }
    }
}

/// One list as a plan shows it: rows that are planned about are replaced or left out, those that are new come last.
pub struct View {
    list: Call,
    seen: Seen,
    shown: HashSet<String>,
    ended: bool,
}

impl View {
    /// The view of a list; `None` where a plan changes nothing in it.
    pub fn of(adapter: &dyn Adapter, list: &Call) -> Option<Self> {
        let seen = adapter.seen(list);
        let changes = matches!(seen, Seen::People { .. } | Seen::Groups);
        changes.then(|| Self { list: list.clone(), seen, shown: HashSet::new(), ended: false })
    }

    /// A page of the platform as the plan shows it.
    pub fn page(&mut self, overlay: &Overlay, adapter: &dyn Adapter, rows: Vec<Row>) -> Vec<Row> {
        rows.into_iter().filter_map(|row| self.one(overlay, adapter, row)).collect()
    }

    fn one(&mut self, overlay: &Overlay, adapter: &dyn Adapter, row: Row) -> Option<Row> {
        let Some(id) = row.id() else { return Some(row) };
        self.shown.insert(id.clone());
        match &self.seen {
            Seen::People { group } => {
                let Some(shadow) = overlay.by_id.get(&id).map(|&place| &overlay.people[place]) else {
                    return Some(row);
                };
                match shadow.touched {
                    true => {
                        let row = shadow.row.as_ref().filter(|row| is_in(adapter, row, group.as_deref()))?;
                        Some(self.shown(adapter, row))
                    }
                    false => Some(row),
                }
            }
            _ => match (overlay.group(&id), overlay.count(&id)) {
                (Some(planned), count) => Some(raw(&adapter.counted(planned.clone(), count))),
                (None, 0) => Some(row),
                (None, count) => match serde_json::from_slice(row.bytes()) {
                    Ok(read) => Some(raw(&adapter.counted(read, count))),
                    Err(_) => Some(row),
                },
            },
        }
    }

    fn shown(&self, adapter: &dyn Adapter, row: &Value) -> Row {
        raw(&adapter.shown(&self.list, row.clone()))
    }

    /// What the platform's list does not hold: given once, at its end.
    pub fn rest(&mut self, overlay: &Overlay, adapter: &dyn Adapter) -> Vec<Row> {
        if std::mem::replace(&mut self.ended, true) {
            return Vec::new();
        }
        let rows: Vec<Row> = match &self.seen {
            Seen::People { group } => {
                let people =
                    overlay.people.iter().filter(|shadow| shadow.touched).filter_map(|shadow| shadow.row.as_ref());
                people.filter(|row| is_in(adapter, row, group.as_deref())).map(|row| self.shown(adapter, row)).collect()
            }
            _ => overlay.groups.iter().map(|(id, row)| raw(&adapter.counted(row.clone(), overlay.count(id)))).collect(),
        };
        rows.into_iter().filter(|row| row.id().is_none_or(|id| self.shown.insert(id))).collect()
    }
}

/// Whether a row shows somebody in this group, or, without a group, at all.
fn is_in(adapter: &dyn Adapter, row: &Value, group: Option<&str>) -> bool {
    group.is_none_or(|group| memberships(adapter, Some(row)).contains(group))
}

/// The deed that follows from this one in another group.
fn following(deed: &Deed, group: &str) -> Deed {
    match deed.clone() {
        Deed::Joins { who, .. } => Deed::Joins { group: group.to_owned(), who, fields: serde_json::Map::new() },
        Deed::Leaves { who, destroys, .. } => Deed::Leaves { group: group.to_owned(), who, destroys },
        other => other,
    }
}

fn memberships(adapter: &dyn Adapter, row: Option<&Value>) -> HashSet<String> {
    let member = row.and_then(|row| adapter.member("", row));
    member.into_iter().flat_map(|member| member.groups).map(|membership| membership.group).collect()
}

fn named(adapter: &dyn Adapter, row: Option<&Value>) -> Whom {
    let Some(member) = row.and_then(|row| adapter.member("", row)) else { return Whom::default() };
    Whom { address: member.email.map(|email| email.key().to_owned()), id: Some(member.id) }
}

fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn raw(row: &Value) -> Row {
    Row::from(Bytes::from(row.to_string()))
}
