//! Both sides read and matched: what a migration would do, before anything is done.

use std::collections::HashMap;

use serde_json::Map;

use super::groups::places;
use super::newcomers::{Newcomer, newcomers};
use super::people::{Losses, Takes, carried};
use super::place::{Names, Other};
use super::side::Everybody;
use super::wish::{Chosen, Selection};
use super::{Carried, GroupPlace, PERSON, Place, Unmapped, Wish, asked, links, side, whole};
use crate::catalog::{Invitation, Link, NewGroup, Unsupported};
use crate::client::{Client, Error};
use crate::effects::Identities;
use crate::model::{Email, Group, Member, Standing, counted};

/// Both sides, read.
#[derive(Default)]
pub(super) struct Prepared {
    pub places: Vec<GroupPlace>,
    /// Who goes into the counterpart of each group, by the source's id.
    pub people: HashMap<String, Vec<Carried>>,
    /// Who is in the groups of the other side, by its id; where it shows members.
    pub present: HashMap<String, Vec<Member>>,
    pub known: Identities,
    /// Who has no account on the other side, where only accounts can be in a group.
    pub newcomers: Vec<Newcomer>,
    /// The links by which people come in that are to be there.
    pub links: Vec<Link>,
    /// Who cannot be handed over, where a platform takes everybody of a group or nobody; they are unmapped as well.
    pub refused: Vec<Unmapped>,
    pub unmapped: Vec<Unmapped>,
}

impl Prepared {
    /// Reads both sides and matches them.
    pub async fn of(from: &Client, to: &Client, wish: &Wish) -> Result<Self, Error> {
        let ledger = |error| Error::of_ledger(to, error);
        let known = to.ledger().identities(from.account(), to.account()).await.map_err(ledger)?;
        let made = to.ledger().groups_made(to.account()).await.map_err(ledger)?;
        let (source, retired) = side::groups(from, &named(&wish.groups)).await?;
        asked::groups(from, &source, wish)?;
        let (target, archived) = side::groups(to, &targets(&wish.groups)).await?;
        let other = Other {
            groups: &target,
            nests: side::nests(to),
            names: names(to, wish),
            makes: makes(to, wish),
            made: &made,
            retired: &retired,
            archived: &archived,
            known: &known,
            title: to.platform().title,
        };
        let (places, unmapped) = places(&source, &other, wish);
        let mut this = Self { places, known, unmapped, ..Self::default() };
        let everybody = Everybody::of(to).await?;
        this.read_present(to, everybody.as_ref()).await?;
        this.read_people(from, to, wish, &target).await?;
        if let Some(everybody) = &everybody {
            let (newcomers, kept) = newcomers(to, &this.places, &this.people, &this.known, everybody);
            this.newcomers = newcomers;
            this.unmapped.extend(kept);
        }
        let (links, unmapped) = links::wanted(from, to, &this.places, wish).await?;
        this.links = links;
        this.unmapped.extend(unmapped);
        if let Some(whole) = whole::of(to.platform()) {
            let moving = this.places.iter().filter(|place| place.moves()).map(|place| &place.group);
            let people = |group: &Group| this.people.get(&group.id).map(Vec::as_slice).unwrap_or_default();
            this.refused = moving.flat_map(|group| whole::refused(group, people(group), whole)).collect();
            this.unmapped.extend(this.refused.iter().cloned());
        }
        Ok(this)
    }

    /// Who is in those groups of the other side that are there.
    async fn read_present(&mut self, to: &Client, everybody: Option<&Everybody>) -> Result<(), Error> {
        for place in &self.places {
            let Place::There(id) = &place.place else { continue };
            if self.present.contains_key(id) {
                continue;
            }
            if let Ok(members) = members_of(to, everybody, id).await? {
                self.present.insert(id.clone(), members);
            }
        }
        Ok(())
    }

    /// Who is in the groups that move, as the other side shall have them.
    async fn read_people(&mut self, from: &Client, to: &Client, wish: &Wish, target: &[Group]) -> Result<(), Error> {
        let mut losses = Losses::default();
        let mut fields = Fields { to, target, under: wish.under.as_deref(), read: HashMap::new() };
        let adapter = to.platform().adapter;
        let tidied = |name: &str, value: &str| adapter.tidied(name, value);
        let (invites, welcomes) = (invites(to, wish), comes_by_itself(to));
        let mut addresses = Addresses::of(&self.present);
        let joined = |name: &str| adapter.joined(name);
        let mut people = HashMap::new();
        // One group is read by itself: that says so where it is not there any more.
        let many = self.places.iter().filter(|place| place.moves()).nth(1).is_some();
        let everybody = if many || wish.groups.is_all() { Everybody::of(from).await? } else { None };
        if let Some(everybody) = everybody.as_ref().filter(|_| wish.groups.is_all()) {
            self.unmapped.extend(everybody.in_no_group());
        }
        for place in self.places.iter().filter(|place| place.moves()) {
            let group = &place.group;
            let mut members = match members_of(from, everybody.as_ref(), &group.id).await? {
                Ok(members) => members,
                Err(why) => {
                    self.unmapped.push(whole_group(group, "membership", "its members", why));
                    Vec::new()
                }
            };
            if members.is_empty() && everybody.is_none() && group.members.unwrap_or(0) > 0 {
                return Err(shows_nobody(from, group));
            }
            let invited = side::invited(from, &group.id).await?;
            let waits = |one: &&Member| one.standing == Standing::Accepted && never_came(one);
            match &invites {
                Err(why) => {
                    let waiting = members.iter().filter(waits).chain(&invited);
                    self.unmapped.extend(waiting.map(|one| invitation(one, group, why)));
                }
                Ok(()) => {
                    if !wish.invite && !welcomes {
                        let why = "comes in and is not invited there: `invite` and `sender` do that as well";
                        let waiting = members.iter().filter(waits).chain(&invited);
                        self.unmapped.extend(waiting.map(|one| invitation(one, group, why)));
                    }
                    members.extend(invited);
                }
            }
            addresses.find(to, &self.known, &members).await?;
            let takes = Takes {
                fields: fields.of(&self.places, place).await?,
                read_only: adapter.read_only(),
                role_field: adapter.of_membership().first().copied(),
                role_of_new: adapter.accounts(to.connection(), &[]).is_some(),
                tidied: &tidied,
                joined: &joined,
                doubled: &addresses.doubled,
                addresses: &addresses.found,
                title: to.platform().title,
            };
            people.insert(group.id.clone(), carried(group, &members, wish, &takes, &mut losses));
        }
        self.people = people;
        if let Some(place) = self.places.iter().find(|place| place.moves()) {
            asked::fields(from, &place.group.id, &losses.unheld(wish)).await?;
        }
        self.unmapped.extend(losses.rows(wish));
        Ok(())
    }
}

/// The addresses that people have on the other side whom the map of who is who names, by the source's ids.
struct Addresses {
    there: HashMap<String, Option<Email>>,
    found: HashMap<String, Email>,
    /// Who is whom on the other side: the source's id and address, by the target's id.
    claimed: HashMap<String, (String, Option<Email>)>,
    /// People whom the map takes for somebody who is another of the source already.
    doubled: HashMap<String, String>,
}

impl Addresses {
    fn of(present: &HashMap<String, Vec<Member>>) -> Self {
        let members = present.values().flatten();
        let there = members.map(|member| (member.id.clone(), member.email.clone())).collect();
        Self { there, found: HashMap::new(), claimed: HashMap::new(), doubled: HashMap::new() }
    }

    /// Those of these people; whoever is in none of the groups that were read is asked for, each once.
    async fn find(&mut self, to: &Client, known: &Identities, members: &[Member]) -> Result<(), Error> {
        for member in members.iter().filter(|member| !self.found.contains_key(&member.id)).collect::<Vec<_>>() {
            let Some(target) = known.id(PERSON, &member.id) else { continue };
            let claim = || (member.id.clone(), member.email.clone());
            let (first, address) = self.claimed.entry(target.to_owned()).or_insert_with(claim);
            // One address under two ids is one person.
            if *first != member.id && *address != member.email {
                self.doubled.insert(member.id.clone(), first.clone());
            }
            if !self.there.contains_key(target) {
                let email = side::person(to, target).await?.and_then(|member| member.email);
                self.there.insert(target.to_owned(), email);
            }
            let email = self.there.get(target).cloned().flatten();
            self.found.extend(email.map(|email| (member.id.clone(), email)));
        }
        Ok(())
    }
}

/// Fields of the other side's groups, each read once.
struct Fields<'a> {
    to: &'a Client,
    target: &'a [Group],
    under: Option<&'a str>,
    read: HashMap<String, Option<Vec<String>>>,
}

impl Fields<'_> {
    /// Those of the group itself; of one that is not there yet those of the nearest group above that is.
    async fn of(&mut self, places: &[GroupPlace], place: &GroupPlace) -> Result<Option<Vec<String>>, Error> {
        if let Some(named) = side::named_fields(self.to) {
            return Ok(Some(named));
        }
        if let Some(standing) = self.to.platform().adapter.standing_fields() {
            return Ok(Some(standing.into_iter().map(str::to_owned).collect()));
        }
        let mut at = Some(place);
        let mut found = None;
        while let Some(place) = at {
            if let Place::There(id) = &place.place {
                found = Some(id.clone());
                break;
            }
            at = place.above.as_ref().and_then(|id| places.iter().find(|place| place.group.id == *id));
        }
        let first = || self.target.first().map(|group| group.id.clone());
        let Some(id) = found.or_else(|| self.under.map(str::to_owned)).or_else(first) else { return Ok(None) };
        if !self.read.contains_key(&id) {
            let fields = side::fields(self.to, &id).await?;
            self.read.insert(id.clone(), fields);
        }
        Ok(self.read.get(&id).cloned().flatten())
    }
}

fn named(groups: &Selection) -> Vec<String> {
    match groups {
        Selection::All => Vec::new(),
        Selection::Named { groups, .. } => groups.iter().map(|(id, _)| id.clone()).collect(),
    }
}

fn targets(groups: &Selection) -> Vec<String> {
    let into = |chosen: &Chosen| match chosen {
        Chosen::Into(id) => Some(id.clone()),
        _ => None,
    };
    match groups {
        Selection::All => Vec::new(),
        Selection::Named { groups, .. } => groups.iter().filter_map(|(_, chosen)| into(chosen)).collect(),
    }
}

/// How often the other side has a group of one name.
fn names(to: &Client, wish: &Wish) -> Names {
    let adapter = to.platform().adapter;
    if adapter.names_are_unique() {
        return Names::Once;
    }
    let known_by = |reference: &str| {
        let some = NewGroup { name: "it", parent: None, manager: wish.manager.as_deref(), reference };
        let call = adapter.new_group(to.connection(), &some).ok()?;
        Some(call.pieces().first()?.subjects.first()?.0.key.clone())
    };
    match known_by("1") == known_by("2") {
        true => Names::OncePerParent,
        false => Names::Any,
    }
}

/// Whether the other side makes groups.
fn makes(to: &Client, wish: &Wish) -> Result<(), String> {
    let some = NewGroup { name: "it", parent: None, manager: wish.manager.as_deref(), reference: "1" };
    to.platform().adapter.new_group(to.connection(), &some).map(drop).map_err(|why| why.to_string())
}

/// Whether somebody can be expected on the other side without being there.
pub(super) fn invites(to: &Client, wish: &Wish) -> Result<(), String> {
    let adapter = to.platform().adapter;
    if comes_by_itself(to) {
        return Ok(());
    }
    let nobody = Invitation { members: Vec::new(), sender: wish.sender.clone().or_else(|| Some(String::new())) };
    adapter.invite(to.connection(), "", &nobody).map(drop).map_err(|why| why.to_string())
}

/// A list that is empty although the platform counts people in it is none to move by.
fn shows_nobody(from: &Client, group: &Group) -> Error {
    let count = counted(usize::try_from(group.members.unwrap_or(0)).unwrap_or(usize::MAX), "member", "members");
    let (name, id) = (&group.name, &group.id);
    let words = format!("{} counts {count} in {name} ({id}) and lists nobody; run it again later", from.connection());
    Error::unsupported(from, &Unsupported(words))
}

/// The members of a group, among everybody where they were read.
async fn members_of(
    client: &Client,
    everybody: Option<&Everybody>,
    group: &str,
) -> Result<Result<Vec<Member>, String>, Error> {
    match everybody {
        Some(everybody) => Ok(Ok(everybody.members(group))),
        None => side::members(client, group).await,
    }
}

fn whole_group(group: &Group, kind: &'static str, what: &str, why: String) -> Unmapped {
    Unmapped { kind, id: group.id.clone(), name: group.name.clone(), what: what.to_owned(), why }
}

/// Whether people who never came are let in, or written to, in any case.
pub(super) fn comes_by_itself(to: &Client) -> bool {
    let adapter = to.platform().adapter;
    adapter.accounts(to.connection(), &[]).is_some() || adapter.call_in(to.connection(), "", &[], &Map::new()).is_some()
}

/// Whether somebody was invited and never signed in.
fn never_came(one: &Member) -> bool {
    one.registered == Some(false) && one.invited_at.is_some()
}

fn invitation(one: &Member, group: &Group, why: &str) -> Unmapped {
    let name = one.email.as_ref().map_or_else(|| one.name.clone(), |email| email.as_str().to_owned());
    let what = format!("into {}", group.name);
    Unmapped { kind: "invitation", id: one.id.clone(), name, what, why: why.to_owned() }
}
