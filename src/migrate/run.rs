//! Makes the other side so: groups from the top, people from the bottom, then the map of who is who.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::compare::compare;
use super::newcomers::{self, Welcomed};
use super::prepare::Prepared;
use super::sheet::roster_of;
use super::side::Everybody;
use super::who::Who;
use super::wish::Existing;
use super::{Carried, GROUP, GroupPlace, Place, Unmapped, Wish, links, losses, mails, side, stops, whole};
use crate::catalog::{Call, Link, NewGroup, Unsupported, check};
use crate::client::{Client, Error, Gravity, With};
use crate::effects::Identities;
use crate::events::Level;
use crate::model::{Group, Member, counted};
use crate::roster::{self, Invite, Mode, Options, Strangers, Synced, listed};

/// What a migration did.
#[derive(Debug, Default)]
pub struct Moved {
    /// The groups that have a counterpart, those above first.
    pub groups: Vec<MovedGroup>,
    /// Groups that should have been made and were not, and why.
    pub unmade: Vec<(Group, String)>,
    /// What became of people who had no account.
    pub welcomed: Welcomed,
    /// Links by which people come in that were made.
    pub links: usize,
    /// What stayed behind: what a look says, and what came to light on the way.
    pub unmapped: Vec<Unmapped>,
    /// Why it ended early.
    pub ended: Option<Error>,
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

/// Moves groups and people. What is there already is left as it is; what was done before an error is told all the same.
pub async fn run(from: &Client, to: &Client, wish: &Wish) -> Result<Moved, Error> {
    if to.draft().is_none() {
        // What is there is found by reading below; whether it was us has to be known before.
        let settled = to.settle_open_doubts().await?.settled;
        if settled > 0 {
            let line = format!("of what was in doubt on {}, {settled} settled by reading", to.connection());
            to.events().say(Level::Info, line);
        }
    }
    let mut prepared = Prepared::of(from, to, wish).await?;
    let mut moved = Moved { unmapped: std::mem::take(&mut prepared.unmapped), ..Moved::default() };
    if let Err(ended) = stops::check(to, &prepared, wish).await {
        moved.ended = Some(ended);
        return Ok(moved);
    }
    let unasked = if wish.invite { mails::elsewhere(&prepared) } else { HashMap::new() };
    let present = std::mem::take(&mut prepared.present);
    let who = Who::new(from, to, std::mem::take(&mut prepared.known));
    let mut flow = Flow { from, to, wish, present, unasked, who, passed: None };
    moved.ended = flow.moves(&prepared, &mut moved).await.err();
    let lost: Vec<Unmapped> = moved.groups.iter().flat_map(|group| losses::of(group, &prepared.people)).collect();
    moved.unmapped.extend(losses::unmade(&moved.unmade));
    moved.unmapped.extend(losses::unwelcome(&moved.welcomed));
    moved.unmapped.extend(lost);
    Ok(moved)
}

struct Flow<'a> {
    from: &'a Client,
    to: &'a Client,
    wish: &'a Wish,
    /// Who was in the groups of the other side.
    present: HashMap<String, Vec<Member>>,
    /// Who is not written to about a group, by its id at the source.
    unasked: HashMap<String, BTreeSet<String>>,
    who: Who<'a>,
    /// The first doubt: all that does not hang on it was done.
    passed: Option<Error>,
}

impl Flow<'_> {
    async fn moves(&mut self, prepared: &Prepared, moved: &mut Moved) -> Result<(), Error> {
        let Prepared { places, people, newcomers, links, .. } = prepared;
        for place in places.iter().filter(|place| place.moves()) {
            let above = place.above.as_ref().and_then(|id| moved.groups.iter().find(|known| known.group.id == *id));
            if let Some(missing) = place.above.as_ref().filter(|_| above.is_none()) {
                let name = moved.unmade.iter().find(|(group, _)| group.id == *missing).map(|(group, _)| &group.name);
                let why = format!("{} above it is not there yet", name.unwrap_or(missing));
                moved.unmade.push((place.group.clone(), why));
                continue;
            }
            let (target, made) = match self.group(place, above.map(|above| above.target.as_str())).await {
                Err(error) => {
                    moved.unmade.push((place.group.clone(), self.pass(error)?));
                    continue;
                }
                Ok(done) => done,
            };
            if made && moved.groups.iter().any(|known| known.target == target) {
                let why = format!("the group that was made for it, {target}, is another's already");
                moved.unmade.push((place.group.clone(), why));
                continue;
            }
            moved.groups.push(MovedGroup { group: place.group.clone(), target, made, synced: None });
        }
        let targets: HashMap<String, String> =
            moved.groups.iter().map(|group| (group.group.id.clone(), group.target.clone())).collect();
        let links: Vec<Link> =
            links.iter().filter(|link| link.groups.iter().all(|id| targets.contains_key(id))).cloned().collect();
        match links::make(self.to, &links, &targets, self.wish).await {
            Ok(made) => moved.links = made,
            Err(error) => drop(self.pass(error)?),
        }
        let doubt =
            newcomers::welcome(self.to, newcomers, &targets, self.wish, &mut moved.welcomed, &mut self.who).await?;
        if let Some(doubt) = doubt {
            self.pass(doubt)?;
        }
        if moved.welcomed.accounts > 0
            && let Some(everybody) = Everybody::of(self.to).await?
        {
            // Whoever has just come in is in all their groups.
            let targets = moved.groups.iter().map(|group| group.target.clone());
            self.present = targets.map(|target| (target.clone(), everybody.members(&target))).collect();
        }
        // From the bottom: whoever joins a group below may join those above with the same call.
        for group in moved.groups.iter_mut().rev() {
            let people = people.get(&group.group.id).map(Vec::as_slice).unwrap_or_default();
            if people.is_empty() {
                continue;
            }
            let mut synced = match self.people(group, people).await {
                Err(error) if is_passed(&error) => Synced { ended: Some(error), ..Synced::default() },
                synced => synced?,
            };
            let ended = synced.ended.clone();
            if let Some(error) = ended.as_ref().filter(|error| error.gravity == Gravity::Catchable) {
                synced.failed.push((group.group.name.clone(), error.message.clone()));
            }
            group.synced = Some(synced);
            if let Some(error) = ended {
                self.pass(error)?;
            }
        }
        match self.passed.take() {
            None => Ok(()),
            Some(doubt) => Err(doubt),
        }
    }

    /// Goes on after what concerns nothing else, and remembers a doubt; gives it in words.
    fn pass(&mut self, error: Error) -> Result<String, Error> {
        if !is_passed(&error) {
            return Err(error);
        }
        let why = error.message.clone();
        if error.gravity == Gravity::Doubt {
            self.passed.get_or_insert(error);
        }
        Ok(why)
    }

    /// The counterpart of a group, and whether it was made.
    async fn group(&mut self, place: &GroupPlace, above: Option<&str>) -> Result<(String, bool), Error> {
        let (target, made) = match &place.place {
            Place::There(id) => (id.clone(), false),
            _ => (self.make(&place.group, above).await?, true),
        };
        self.who.learn(GROUP, vec![(place.group.id.clone(), target.clone())]).await?;
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
    async fn people(&mut self, group: &MovedGroup, people: &[Carried]) -> Result<Synced, Error> {
        if let Some(called) = self.call_in(group, people).await? {
            return Ok(called);
        }
        let adapter = self.to.platform().adapter;
        let present = self.present.remove(&group.target);
        let shows = adapter.members(self.to.connection(), &group.target).is_ok();
        let synced = match present.as_deref() {
            Some(present) if !self.wish.invite && is_done(&group.group, people, present) => {
                Synced { same: people.len(), ..Synced::default() }
            }
            _ => self.sync(group, people, shows).await?,
        };
        if shows && synced.ended.is_none() {
            self.who.meet(&group.target, people, present.as_deref()).await?;
        }
        Ok(synced)
    }

    async fn sync(&self, group: &MovedGroup, people: &[Carried], shows: bool) -> Result<Synced, Error> {
        let name = format!("{} of {}", group.group.name, self.from.connection());
        let table = roster_of(&name, people);
        let refused = |why: String| Error::unsupported(self.to, &Unsupported(why));
        let table = table.map_err(|error| refused(error.to_string()))?;
        let wish = roster::Wish {
            compare: Options {
                // Where nobody sees who is in, everybody is handed over at once.
                mode: if shows { Mode::AddAndUpdate } else { Mode::Mirror },
                sender: self.wish.sender.clone(),
                ..Options::default()
            },
            columns: whole::mapping(),
            invite: if self.wish.invite { Invite::New } else { Invite::Nobody },
            unasked: self.unasked.get(&group.group.id).cloned().unwrap_or_default(),
            limits: self.wish.limits.clone(),
            // Whoever had no account was let in before; who is awaited comes by themselves.
            strangers: Strangers::Leave,
            ..roster::Wish::default()
        };
        let crowd = counted(people.len(), "person", "people");
        self.to.events().say(Level::Info, format!("moving {crowd} into {}", group.group.name));
        roster::sync(self.to, &group.target, &table, &wish).await
    }

    /// Where nobody comes in unasked, people are written to, each once; `None` where they can be added.
    async fn call_in(&self, group: &MovedGroup, people: &[Carried]) -> Result<Option<Synced>, Error> {
        let Some(call) = mails::calling_in(self.to, &group.target, people, self.wish) else { return Ok(None) };
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
}

/// Whether everybody is in a group already, with all that they bring.
fn is_done(group: &Group, people: &[Carried], present: &[Member]) -> bool {
    compare(group, people, present, &Identities::default()).differences.iter().all(|one| !one.kind.lacks())
}

/// Whether an error concerns only what it is about: the rest goes on, and it is said at the end.
fn is_passed(error: &Error) -> bool {
    error.gravity == Gravity::Doubt || (error.gravity == Gravity::Catchable && error.code == "refused")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_new_group_is_found_whatever_it_is_called() {
        assert_eq!(id_of(br#"{"id":7,"name":"x"}"#).as_deref(), Some("7"));
        assert_eq!(id_of(br#"{"success":true,"groupID":"g-1"}"#).as_deref(), Some("g-1"));
        assert_eq!(id_of(br#"{"success":true}"#), None);
    }
}
