//! Makes the other side so: groups from the top, people from the bottom, then the map of who is who.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::newcomers::{self, Welcomed};
use super::prepare::Prepared;
use super::wish::Existing;
use super::{Carried, GROUP, GroupPlace, PERSON, Place, Unmapped, Wish, side};
use crate::catalog::{Call, NewGroup, Unsupported, check};
use crate::client::{Client, Error, With};
use crate::events::Level;
use crate::model::{Group, Person, counted};
use crate::roster::{self, Invite, Mapping, Mode, Options, Strangers, Synced, Use, listed};
use crate::tables::{Bare, CsvWriter, Profile, Reading, Table};

/// What a migration did.
#[derive(Debug, Default)]
pub struct Moved {
    /// The groups that have a counterpart, those above first.
    pub groups: Vec<MovedGroup>,
    /// What became of people who had no account.
    pub welcomed: Welcomed,
    /// What stayed behind.
    pub unmapped: Vec<Unmapped>,
}

/// One group with its counterpart.
#[derive(Debug)]
pub struct MovedGroup {
    /// As the source has it.
    pub group: Group,
    /// Its id on the other side.
    pub target: String,
    /// Whether it was made now.
    pub made: bool,
    /// How its people went; `None` where there were none.
    pub synced: Option<Synced>,
}

/// Moves groups and people. What is there already is left as it is.
pub async fn run(from: &Client, to: &Client, wish: &Wish) -> Result<Moved, Error> {
    if to.draft().is_none() {
        // What is there is found by reading below; whether it was us has to be known before.
        let settled = to.settle_open_doubts().await?.settled;
        if settled > 0 {
            let line = format!("of what was in doubt on {}, {settled} settled by reading", to.connection());
            to.events().say(Level::Info, line);
        }
    }
    let prepared = Prepared::of(from, to, wish).await?;
    newcomers::check(to, &prepared.newcomers, wish)?;
    let flow = Flow { from, to, wish };
    let mut moved = Moved { unmapped: prepared.unmapped, ..Moved::default() };
    for place in prepared.places.iter().filter(|place| place.moves()) {
        let above = place.above.as_ref().and_then(|id| moved.groups.iter().find(|known| known.group.id == *id));
        let (target, made) = flow.group(place, above.map(|above| above.target.as_str())).await?;
        moved.groups.push(MovedGroup { group: place.group.clone(), target, made, synced: None });
    }
    let targets = moved.groups.iter().map(|group| (group.group.id.clone(), group.target.clone())).collect();
    let (welcomed, pending) = newcomers::welcome(to, &prepared.newcomers, &targets, wish).await?;
    flow.learn(pending).await?;
    moved.welcomed = welcomed;
    // From the bottom: whoever joins a group below may join those above with the same call.
    for group in moved.groups.iter_mut().rev() {
        let people = prepared.people.get(&group.group.id).map(Vec::as_slice).unwrap_or_default();
        if !people.is_empty() {
            group.synced = Some(flow.people(group, people).await?);
        }
    }
    Ok(moved)
}

struct Flow<'a> {
    from: &'a Client,
    to: &'a Client,
    wish: &'a Wish,
}

impl Flow<'_> {
    /// The counterpart of a group, and whether it was made.
    async fn group(&self, place: &GroupPlace, above: Option<&str>) -> Result<(String, bool), Error> {
        let (target, made) = match &place.place {
            Place::There(id) => (id.clone(), false),
            _ => (self.make(&place.group, above).await?, true),
        };
        self.learn(vec![(GROUP.to_owned(), place.group.id.clone(), target.clone())]).await?;
        Ok((target, made))
    }

    async fn make(&self, group: &Group, above: Option<&str>) -> Result<String, Error> {
        let parent = above.or(self.wish.under.as_deref()).filter(|_| side::nests(self.to));
        let manager = self.wish.manager.as_deref();
        let new = NewGroup { name: &group.name, parent, manager, reference: &group.id };
        let call = self.to.platform().adapter.new_group(self.to.connection(), &new);
        let call = call.map_err(|why| Error::unsupported(self.to, &why))?;
        let with = With {
            use_existing: self.wish.existing == Existing::Use,
            limits: self.wish.limits.clone(),
            ..With::default()
        };
        let answer = self.to.call(&call, &with).await?;
        id_of(&answer).ok_or_else(|| unnamed(&call, group))
    }

    /// Puts people into the counterpart of their group.
    async fn people(&self, group: &MovedGroup, people: &[Carried]) -> Result<Synced, Error> {
        if let Some(called) = self.call_in(group, people).await? {
            return Ok(called);
        }
        let name = format!("{} of {}", group.group.name, self.from.connection());
        let adapter = self.to.platform().adapter;
        let table = table(&name, people);
        let refused = |why: String| Error::unsupported(self.to, &Unsupported(why));
        let table = table.map_err(|error| refused(error.to_string()))?;
        let shows = adapter.members(self.to.connection(), &group.target).is_ok();
        let wish = roster::Wish {
            compare: Options {
                // Where nobody sees who is in, everybody is handed over at once.
                mode: if shows { Mode::AddAndUpdate } else { Mode::Mirror },
                sender: self.wish.sender.clone(),
                ..Options::default()
            },
            columns: Mapping(vec![("email".to_owned(), Use::Email)]),
            invite: if self.wish.invite { Invite::New } else { Invite::Nobody },
            limits: self.wish.limits.clone(),
            // Whoever had no account was let in before; who is awaited comes by themselves.
            strangers: Strangers::Leave,
            ..roster::Wish::default()
        };
        let crowd = counted(people.len(), "person", "people");
        self.to.events().say(Level::Info, format!("moving {crowd} into {}", group.group.name));
        let synced = roster::sync(self.to, &group.target, &table, &wish).await?;
        if shows && self.to.draft().is_none() {
            self.meet(group, people).await?;
        }
        Ok(synced)
    }

    /// Where nobody comes in unasked, people are written to, each once; `None` where they can be added.
    async fn call_in(&self, group: &MovedGroup, people: &[Carried]) -> Result<Option<Synced>, Error> {
        let person = |one: &Carried| Person { email: one.email.clone(), fields: one.fields.clone(), line: 0 };
        let people: Vec<Person> = people.iter().map(person).collect();
        let none = Map::new();
        let letter = self.wish.letter.as_ref();
        let (adapter, connection) = (self.to.platform().adapter, self.to.connection());
        let Some(call) = adapter.call_in(connection, &group.target, &people, letter.unwrap_or(&none)) else {
            return Ok(None);
        };
        if letter.is_none() {
            let title = self.to.platform().title;
            let words = format!(
                "{title} takes nobody in unasked: say what to write to them with `letter: #{{ … }}`, as `{}` wants it",
                call.op.name()
            );
            return Err(Error::unsupported(self.to, &Unsupported(words)));
        }
        let checked = check(call.op, vec![call.args.to_value()]);
        let checked = checked.map_err(|why| Error::new(&call, "bad_argument", format!("`letter`: {}", why.problem)))?;
        let with = With { limits: self.wish.limits.clone(), ..With::default() };
        let answer = self.to.call(&Call { args: checked, ..call }, &with).await?;
        let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
        let invited = answer.pointer("/effects/done").and_then(Value::as_u64).unwrap_or(0) as usize;
        Ok(Some(Synced {
            invited,
            not_invited: listed(&answer, "skipped"),
            failed: listed(&answer, "failed"),
            ..Synced::default()
        }))
    }

    /// Notes who is who: who has the address there.
    async fn meet(&self, group: &MovedGroup, people: &[Carried]) -> Result<(), Error> {
        let Ok(members) = side::members(self.to, &group.target).await? else { return Ok(()) };
        let by_address: HashMap<&str, &str> =
            members.iter().filter_map(|member| Some((member.email.as_ref()?.key(), member.id.as_str()))).collect();
        let met = |one: &Carried| {
            let target = by_address.get(one.email.key())?;
            Some((PERSON.to_owned(), one.id.clone(), (*target).to_owned()))
        };
        self.learn(people.iter().filter_map(met).collect()).await
    }

    /// Keeps what is new in the map of who is who; a plan keeps nothing.
    async fn learn(&self, found: Vec<(String, String, String)>) -> Result<(), Error> {
        if self.to.draft().is_some() {
            return Ok(());
        }
        let (ledger, source, target) = (self.to.ledger(), self.from.account(), self.to.account());
        let failed = |error| Error::of_ledger(self.to, error);
        let mut known = ledger.identities(source, target).await.map_err(failed)?;
        let new: Vec<(String, String, String)> =
            found.into_iter().filter(|(kind, one, other)| known.learn(kind, one, other)).collect();
        ledger.keep_identities(source, target, &new).await.map_err(failed)
    }
}

fn unnamed(call: &Call, group: &Group) -> Error {
    Error::in_doubt(call, format!("the answer does not say which group `{}` is now", group.name))
}

/// The id in the answer to a call that makes a group.
fn id_of(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    ["id", "groupID", "Id"].iter().find_map(|key| match answer.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// People as a roster: their addresses and every field that one of them has.
fn table(name: &str, people: &[Carried]) -> Result<Table, crate::tables::Error> {
    let mut columns: Vec<&str> = Vec::new();
    for (field, _) in people.iter().flat_map(|one| &one.fields) {
        if !columns.contains(&field.as_str()) {
            columns.push(field);
        }
    }
    let bytes = written(&columns, people).map_err(crate::tables::Error::read(name))?;
    Table::parse(name, &bytes, Reading { delimiter: Some(b','), bare: Bare::Taken, ..Reading::default() })
}

fn written(columns: &[&str], people: &[Carried]) -> std::io::Result<Vec<u8>> {
    let mut csv = CsvWriter::new(Vec::new(), Profile::Exact)?;
    csv.row(std::iter::once("email").chain(columns.iter().copied()))?;
    for one in people {
        let held = |name: &&str| {
            let held = one.fields.iter().find(|(known, _)| known == name);
            held.map_or("", |(_, value)| value.as_str())
        };
        csv.row(std::iter::once(one.email.as_str()).chain(columns.iter().map(held)))?;
    }
    csv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Email;

    fn carried(email: &str, fields: &[(&str, &str)]) -> Carried {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Carried { id: "1".into(), email: Email::parse(email).unwrap(), fields, role: None }
    }

    #[test]
    fn people_become_a_roster_with_every_field_of_anybody() {
        let people = [
            carried("a@x.example", &[("city", "São Paulo"), ("bio", "two\nlines, \"quoted\"")]),
            carried("b@x.example", &[("job", "=cmd()"), ("city", "Cork")]),
        ];
        let table = table("Berlin", &people).unwrap();
        assert_eq!(table.columns(), ["email", "city", "bio", "job"]);
        let columns = roster::Columns::of(&table, &Mapping(Vec::new()), None).unwrap();
        let wanted = roster::read(&table, &columns).unwrap();
        assert_eq!(wanted.people[0].field("bio"), Some("two\nlines, \"quoted\""));
        assert_eq!((wanted.people[1].field("job"), wanted.people[1].field("bio")), (Some("=cmd()"), Some("")));
    }

    #[test]
    fn the_id_of_a_new_group_is_found_whatever_it_is_called() {
        assert_eq!(id_of(br#"{"id":7,"name":"x"}"#).as_deref(), Some("7"));
        assert_eq!(id_of(br#"{"success":true,"groupID":"g-1"}"#).as_deref(), Some("g-1"));
        assert_eq!(id_of(br#"{"success":true}"#), None);
    }
}
