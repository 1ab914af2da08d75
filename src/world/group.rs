//! Groups, their hierarchy, and the fields that a group hands down to those below it.

use super::{Roll, Values, World, WorldError};

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// An address.
    Email,
    /// A web address.
    Url,
    /// A number.
    Number,
    /// A day.
    Date,
    /// One of the options.
    Select,
    /// Several of the options.
    Checkbox,
    /// A place, as a map of known keys.
    Location,
    /// A file; cannot be written from outside.
    File,
}

/// The keys that a place may have; others are dropped.
const LOCATION: [&str; 10] = [
    "place_id",
    "lat",
    "lng",
    "formatted_address",
    "country",
    "state",
    "city",
    "postal_code",
    "street_name",
    "street_number",
];

/// A field that a community asks of its people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its id.
    pub id: u64,
    /// Its name for people.
    pub name: String,
    /// Its name in data: `job_title`.
    pub unique_name: String,
    /// What it may hold.
    pub kind: FieldKind,
    /// What can be chosen, for those kinds that offer a choice.
    pub options: Vec<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// The group that made it; `None` = every group has it.
    pub group: Option<u64>,
}

impl Field {
    /// The value as the community keeps it; `None` when it does not keep it at all.
    pub fn kept(&self, value: &serde_json::Value) -> Option<serde_json::Value> {
        match (self.kind, value) {
            (FieldKind::File, _) => None,
            (FieldKind::Location, serde_json::Value::Object(map)) => Some(serde_json::Value::Object(
                map.iter()
                    .filter(|(key, _)| LOCATION.contains(&key.as_str()))
                    .map(|(k, v)| (k.clone(), v.clone()))
                    .collect(),
            )),
            (_, value) => Some(value.clone()),
        }
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Its id.
    pub id: u64,
    /// Its name; no other group has it.
    pub name: String,
    /// The group above.
    pub parent: Option<u64>,
    /// The first part of its own address.
    pub alias: String,
    /// When it was made, milliseconds since the epoch.
    pub created_ms: i64,
    /// When it was last changed, milliseconds since the epoch.
    pub updated_ms: i64,
    /// Whatever else the platform keeps of a group, in the platform's own words.
    pub settings: Values,
    /// Its members.
    pub members: Roll,
}

/// A group that shall be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// The group above.
    pub parent: Option<u64>,
    /// The first part of its address; empty = made from the id.
    pub alias: String,
    /// The platform's settings.
    pub settings: Values,
    /// Who shall administer it: a registered member of the group above.
    pub manager: Option<String>,
}

/// What shall change in a group; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupChange {
    /// Another name.
    pub name: Option<String>,
    /// Another first part of its address.
    pub alias: Option<String>,
    /// These settings, the others stay.
    pub settings: Values,
}

impl World {
    /// A group.
    pub fn group(&self, id: u64) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The groups with a higher id than `last`, in the order of their ids; all of them without it.
    pub fn groups_after(&self, last: Option<u64>) -> impl Iterator<Item = &Group> {
        self.groups.range(last.map_or(0, |id| id.saturating_add(1))..).map(|(_, group)| group)
    }

    /// How many groups there are.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// Makes a group; its manager becomes its administrator and a member above.
    pub fn create_group(&mut self, new: NewGroup) -> Result<u64, WorldError> {
        let key = new.name.trim().to_lowercase();
        if self.group_names.contains_key(&key) {
            return Err(WorldError::NameTaken(new.name));
        }
        if let Some(parent) = new.parent.filter(|parent| !self.groups.contains_key(parent)) {
            return Err(WorldError::NoGroup(parent));
        }
        let manager = new.manager.as_deref().map(|email| self.manager(email, new.parent)).transpose()?;
        let id = self.next_group;
        self.next_group += 1;
        self.group_names.insert(key, id);
        let alias = if new.alias.is_empty() { format!("group-{id}") } else { new.alias };
        let (name, parent, settings, now) = (new.name, new.parent, new.settings, self.now_ms);
        let members = Roll::default();
        self.groups.insert(id, Group { id, name, parent, alias, created_ms: now, updated_ms: now, settings, members });
        if let Some(user) = manager {
            self.join(user, id)?;
            self.set_admin(user, id);
        }
        Ok(id)
    }

    /// Whoever has this address, if they may manage a group below `parent`.
    fn manager(&self, email: &str, parent: Option<u64>) -> Result<u64, WorldError> {
        self.user_by_email(email)
            .filter(|user| user.registered && parent.is_none_or(|parent| user.membership(parent).is_some()))
            .map(|user| user.id)
            .ok_or_else(|| WorldError::NoManager(email.to_owned()))
    }

    /// Changes a group.
    pub fn change_group(&mut self, id: u64, change: GroupChange) -> Result<(), WorldError> {
        let now = self.now_ms;
        let Some(group) = self.groups.get_mut(&id) else { return Err(WorldError::NoGroup(id)) };
        if let Some(name) = change.name {
            let key = name.trim().to_lowercase();
            if self.group_names.get(&key).is_some_and(|other| *other != id) {
                return Err(WorldError::NameTaken(name));
            }
            self.group_names.remove(&group.name.trim().to_lowercase());
            self.group_names.insert(key, id);
            group.name = name;
        }
        if let Some(alias) = change.alias {
            group.alias = alias;
        }
        group.settings.extend(change.settings);
        group.updated_ms = now;
        Ok(())
    }

    /// The groups above, the nearest first.
    pub fn ancestors(&self, id: u64) -> Vec<u64> {
        let mut list = Vec::new();
        let mut at = self.groups.get(&id).and_then(|group| group.parent);
        while let Some(parent) = at.filter(|parent| !list.contains(parent)) {
            list.push(parent);
            at = self.groups.get(&parent).and_then(|group| group.parent);
        }
        list
    }

    /// The groups below, at any depth.
    pub fn descendants(&self, id: u64) -> Vec<u64> {
        let mut list = vec![id];
        let mut place = 0;
        while place < list.len() {
            let above = list[place];
            list.extend(self.groups.values().filter(|group| group.parent == Some(above)).map(|group| group.id));
            place += 1;
        }
        list.split_off(1)
    }

    /// Adds a field to a group and all groups below it, or to every group.
    pub fn define(&mut self, field: Field) {
        self.fields.push(field);
    }

    /// The fields of a group: those of all groups, those of the groups above from the top down, then its own.
    pub fn fields_of(&self, group: u64) -> Vec<&Field> {
        let mut line: Vec<Option<u64>> = vec![Some(group)];
        line.extend(self.ancestors(group).into_iter().map(Some));
        line.push(None);
        line.iter().rev().flat_map(|at| self.fields.iter().filter(move |field| field.group == *at)).collect()
    }

    /// The fields that apply in a group, or all there are.
    pub fn fields_in(&self, scope: Option<u64>) -> Vec<&Field> {
        match scope {
            Some(group) => self.fields_of(group),
            None => self.fields.iter().collect(),
        }
    }
}
