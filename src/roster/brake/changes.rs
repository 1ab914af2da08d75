//! Whose values a script overwrites by itself, counted over the run. Single changes are counted as they come, since nobody
//! has read what is there; a bulk's rows are compared with the group.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::leaving::Shrinking;
use super::people::{everybody, size};
use crate::catalog::{Call, Consequence, SubjectKind};
use crate::client::{Client, Error};
use crate::effects::brakes::Changes;
use crate::model::{Email, Member};
use crate::roster::alike;

/// What this run has overwritten, by group; the empty one is the community.
#[derive(Default)]
pub(super) struct Overwriting {
    people: HashMap<String, HashSet<String>>,
    imports: HashMap<String, Import>,
    sizes: HashMap<String, Option<u64>>,
}

/// Rows that were written into one group.
#[derive(Default)]
struct Import {
    rows: u64,
    /// Who was in the group before so many rows were written, by address.
    members: Option<HashMap<String, Member>>,
}

/// What a call overwrites.
#[derive(Default)]
pub(super) struct Overwritten {
    /// For the brakes.
    pub(super) changes: Vec<Changes>,
    /// For the intents: the values that go, by the subjects' keys.
    pub(super) known: HashMap<String, Value>,
    group: String,
    people: HashSet<String>,
}

impl Overwriting {
    /// Counts the people whose values would be others. Few are not looked at.
    pub(super) async fn by(
        &mut self,
        client: &Client,
        call: &Call,
        shrinking: &mut Shrinking,
    ) -> Result<Overwritten, Error> {
        let Some(write) = call.op.write(&call.args) else { return Ok(Overwritten::default()) };
        if write.subject.kind != SubjectKind::Person {
            return Ok(Overwritten::default());
        }
        let subjects: Vec<(String, Value)> = call
            .pieces()
            .into_iter()
            .flat_map(|piece| piece.subjects)
            .map(|(subject, part)| (subject.key, part))
            .collect();
        let group = write.subject.group.map(|name| call.args.text(name).to_owned()).unwrap_or_default();
        let most = u64::from(client.rules().limits.changes.people);
        let mut known = HashMap::new();
        let now: HashSet<String> = match write.consequence {
            Consequence::Changes => subjects.into_iter().map(|(key, _)| key).collect(),
            Consequence::Adds if call.op.batch.is_some() => {
                known = self.existing(client, &group, &subjects, most).await?;
                known.keys().cloned().collect()
            }
            _ => return Ok(Overwritten::default()),
        };
        let known_before = self.people.entry(group.clone()).or_default();
        let people = (known_before.len() + now.iter().filter(|key| !known_before.contains(*key)).count()) as u64;
        if now.is_empty() || people <= most {
            return Ok(Overwritten { known, group, people: now, ..Overwritten::default() });
        }
        let of = self.size(client, &group, shrinking).await?;
        let place = if group.is_empty() { "of the community".to_owned() } else { format!("in group {group}") };
        Ok(Overwritten { changes: vec![Changes { place, people, of }], known, group, people: now })
    }

    /// Takes note of what is about to happen; nothing has held it.
    pub(super) fn note(&mut self, overwritten: Overwritten) {
        self.people.entry(overwritten.group).or_default().extend(overwritten.people);
    }

    /// Rows of a bulk that name a member and change a value that is there, with what goes.
    async fn existing(
        &mut self,
        client: &Client,
        group: &str,
        rows: &[(String, Value)],
        most: u64,
    ) -> Result<HashMap<String, Value>, Error> {
        let import = self.imports.entry(group.to_owned()).or_default();
        import.rows += rows.len() as u64;
        if import.rows <= most {
            return Ok(HashMap::new());
        }
        if import.members.is_none() {
            let members = match everybody(client, group).await {
                Err(error) if error.is_surely_not_found() => Vec::new(),
                members => members?,
            };
            let by_address = |member: Member| Some((member.email.as_ref()?.key().to_owned(), member));
            import.members = Some(members.into_iter().filter_map(by_address).collect());
        }
        let members = import.members.as_ref();
        let changed = rows.iter().filter_map(|(key, row)| {
            let member = members?.get(key)?;
            let before = lost(member, row.get("fields")?.as_object()?);
            let email = member.email.as_ref().map(Email::as_str);
            (!before.is_empty()).then(|| (key.clone(), json!({ "fields": before, "email": email })))
        });
        Ok(changed.collect())
    }

    /// How many there are in the group, or in the community.
    async fn size(&mut self, client: &Client, group: &str, shrinking: &mut Shrinking) -> Result<Option<u64>, Error> {
        if let Some(size) = self.sizes.get(group) {
            return Ok(*size);
        }
        let found = match group {
            "" => shrinking.community(client).await?,
            group => size(client, group).await?,
        };
        self.sizes.insert(group.to_owned(), found);
        Ok(found)
    }
}

/// The values of a member that these fields would replace.
fn lost(member: &Member, fields: &Map<String, Value>) -> Map<String, Value> {
    let replaced = fields.iter().filter(|(name, _)| *name != "email").filter_map(|(name, after)| {
        let before = member.field(name).filter(|before| !alike(before, ""))?;
        let after = match after {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        (!alike(before, &after)).then(|| (name.clone(), before.into()))
    });
    replaced.collect()
}
