//! Who leaves which group when a script removes or deletes by itself. What is read is kept for the run: a group's size and
//! the ledger's removals once, single people as long as that is cheaper than the whole list.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::people::{everybody, groups, person, size};
use crate::catalog::{Call, Page};
use crate::client::{Client, Error};
use crate::effects::brakes::{Leaving, Protection, Removals};
use crate::model::{Email, Group, Member, Placeholder, below};
use crate::roster::members::lost_with_it;

/// What is known of the groups of one account.
#[derive(Default)]
pub(super) struct Shrinking {
    groups: HashMap<String, Seen>,
    hierarchy: Option<Vec<Group>>,
    /// Groups that people are in and the hierarchy does not name, so that it is not read again for each of them.
    unlisted: HashSet<String>,
    /// People of whom a caller knows what reads will show, by the key by which a call names them.
    shown: HashMap<String, Value>,
    /// How many will come into each group.
    arriving: HashMap<String, u64>,
}

/// One group since this run first took somebody out of it.
#[derive(Default)]
struct Seen {
    /// People in it before this run removed anybody.
    members: u64,
    /// Whom this run or others removed lately.
    lately: HashSet<String>,
    /// Whom this run removed, or is about to.
    by_this_run: HashSet<String>,
    /// Who administers it, once somebody who does is to leave.
    admins: Option<HashSet<String>>,
    /// How many were read one by one.
    singles: u64,
    /// Everybody by id, once that is cheaper.
    people: Option<HashMap<String, Member>>,
}

/// People who leave one group by one call.
#[derive(Clone, Debug)]
pub(super) struct Departure {
    group: String,
    people: HashSet<String>,
    admins: HashSet<String>,
}

/// What a call takes away.
#[derive(Default)]
pub(super) struct Gone {
    /// For the brakes.
    pub(super) removals: Vec<Removals>,
    /// For the intents, by the subjects' keys: who it is, and which groups below they leave.
    pub(super) known: HashMap<String, Value>,
    departures: Vec<Departure>,
}

impl Shrinking {
    /// Where so many will come into each group.
    pub(super) fn with_arriving(arriving: HashMap<String, u64>) -> Self {
        Self { arriving, ..Self::default() }
    }

    /// These rows are what reads will show of these people just before the next call: nobody asks for them.
    pub(super) fn show(&mut self, shown: HashMap<String, Value>) {
        self.shown = shown;
    }

    /// People taken out of one group, and so out of those below it.
    pub(super) async fn removal(&mut self, client: &Client, call: &Call) -> Result<Gone, Error> {
        let (mut own, mut below): (Option<Departure>, Vec<Departure>) = (None, Vec::new());
        let mut known = HashMap::new();
        for (subject, _) in call.pieces().iter().flat_map(|piece| &piece.subjects) {
            let group = subject.group.clone().unwrap_or_default();
            self.see(client, &group).await?;
            let Some(member) = self.member(client, &group, &subject.key).await? else { continue };
            protect(client, call, &member, member.admin.then_some(group.as_str()))?;
            let under = self.below(client, &group, &member).await?;
            for (id, admin) in &under {
                protect(client, call, &member, admin.then_some(id.as_str()))?;
                add(&mut below, id, &member.id, *admin);
            }
            let leaves: Vec<&str> = under.iter().map(|(id, _)| id.as_str()).collect();
            let email = member.email.as_ref().map(Email::as_str);
            let standing = member.standing.word();
            let (is, admin) = (standing.is_none(), member.admin);
            let mut kept = json!({
                "email": email, "member": is, "standing": standing, "admin": admin, "leaves": leaves,
            });
            let of_membership = client.platform().adapter.of_membership();
            if !of_membership.is_empty() {
                kept["fields"] = lost_with_it(&member, of_membership);
            }
            known.insert(subject.key.clone(), kept);
            let departure = own.get_or_insert_with(|| Departure::from(&group));
            departure.people.insert(subject.key.clone());
            departure.admins.extend(member.admin.then(|| subject.key.clone()));
        }
        let Some(own) = own else { return Ok(Gone { known, ..Gone::default() }) };
        let from = Leaving { group: own.group.clone(), ..self.leaving(client, &own).await? };
        let mut removals = Removals { from, ..Removals::default() };
        for departure in &below {
            removals.below.push(self.leaving(client, departure).await?);
        }
        below.push(own);
        Ok(Gone { removals: vec![removals], known, departures: below })
    }

    /// Accounts deleted, and so taken out of all groups.
    pub(super) async fn deletion(&mut self, client: &Client, call: &Call) -> Result<Gone, Error> {
        let mut departures = Vec::new();
        for (subject, _) in call.pieces().iter().flat_map(|piece| &piece.subjects) {
            let shown = self.shown.get(&subject.key).and_then(|row| client.platform().adapter.member("", row));
            let found = match shown {
                Some(member) => Some(member),
                None => person(client, None, &subject.key).await?,
            };
            let Some(member) = found else { continue };
            protect(client, call, &member, None)?;
            // What a plan itself makes is nobody's loss.
            for place in member.groups.iter().filter(|place| !Placeholder::is_in(&place.group)) {
                protect(client, call, &member, place.admin.then_some(place.group.as_str()))?;
                add(&mut departures, &place.group, &member.id, place.admin);
            }
        }
        if !departures.is_empty() {
            self.hierarchy(client).await?;
        }
        let mut removals = Vec::with_capacity(departures.len());
        for departure in &departures {
            removals.push(Removals { from: self.leaving(client, departure).await?, below: Vec::new() });
        }
        Ok(Gone { removals, known: HashMap::new(), departures })
    }

    /// People who leave other groups by coming into one.
    pub(super) async fn moving(&mut self, client: &Client, call: &Call) -> Result<Gone, Error> {
        let groups = self.hierarchy(client).await?.to_vec();
        let vacated = client.platform().adapter.vacates(call, &groups);
        let mut departures = Vec::new();
        for (subject, _) in call.pieces().iter().flat_map(|piece| &piece.subjects) {
            let Some(member) = person(client, None, &subject.key).await? else { continue };
            for place in member.groups.iter().filter(|place| vacated.contains(&place.group)) {
                protect(client, call, &member, place.admin.then_some(place.group.as_str()))?;
                add(&mut departures, &place.group, &member.id, place.admin);
            }
        }
        let mut removals = Vec::with_capacity(departures.len());
        for departure in &departures {
            removals.push(Removals { from: self.leaving(client, departure).await?, below: Vec::new() });
        }
        Ok(Gone { removals, known: HashMap::new(), departures })
    }

    /// Takes note of what is about to happen; nothing has held it.
    pub(super) fn note(&mut self, gone: Gone) {
        for departure in gone.departures {
            let Some(seen) = self.groups.get_mut(&departure.group) else { continue };
            if let Some(admins) = &mut seen.admins {
                admins.retain(|admin| !departure.people.contains(admin));
            }
            seen.lately.extend(departure.people.iter().cloned());
            seen.by_this_run.extend(departure.people);
        }
    }

    /// How many are in all groups at the top; `None` where nobody counts them.
    pub(super) async fn community(&mut self, client: &Client) -> Result<Option<u64>, Error> {
        let top = self.hierarchy(client).await?.iter().filter(|group| group.parent.is_none());
        let counts: Vec<u64> = top.filter_map(|group| group.members).collect();
        Ok((!counts.is_empty()).then(|| counts.iter().sum()))
    }

    /// How many this run has taken out of the group before.
    fn earlier(&self, departure: &Departure) -> u64 {
        let seen = self.groups.get(&departure.group);
        seen.map_or(0, |seen| without(&seen.by_this_run, &departure.people))
    }

    async fn leaving(&mut self, client: &Client, departure: &Departure) -> Result<Leaving, Error> {
        let group = departure.group.as_str();
        self.see(client, group).await?;
        let label = self.label(group);
        if !departure.admins.is_empty() {
            self.read_admins(client, group).await?;
        }
        let earlier = self.earlier(departure);
        let Some(seen) = self.groups.get(group) else { return Ok(Leaving::default()) };
        Ok(Leaving {
            group: label,
            members: seen.members.saturating_sub(earlier),
            admins: seen.admins.as_ref().map_or(0, HashSet::len) as u64,
            leaving: departure.people.len() as u64,
            admins_leaving: departure.admins.len() as u64,
            arriving: self.arriving.get(group).copied().unwrap_or(0),
            lately: without(&seen.lately, &departure.people),
            of_this_run: earlier,
        })
    }

    /// `7 (Mentors)` where the hierarchy was read, else `7`.
    fn label(&self, id: &str) -> String {
        let named = self.hierarchy.iter().flatten().find(|group| group.id == id);
        named.map_or_else(|| id.to_owned(), |group| format!("{id} ({})", group.name))
    }

    /// Reads a group's size and what the ledger knows of it, once.
    async fn see(&mut self, client: &Client, group: &str) -> Result<(), Error> {
        if self.groups.contains_key(group) {
            return Ok(());
        }
        let days = client.rules().limits.removals.days.into();
        let removed = client.ledger().removed(client.account(), group, days).await;
        let removed = removed.map_err(|error| Error::of_ledger(client, error))?;
        let listed = self.hierarchy.iter().flatten().find(|known| known.id == group).and_then(|known| known.members);
        let counted = match listed {
            Some(count) => Some(count),
            None => size(client, group).await?,
        };
        // Where the platform counts nobody, they are counted here.
        let (now, people) = match counted {
            Some(count) => (count, None),
            None => {
                let (count, people) = by_key(client, group).await?;
                (count, Some(people))
            }
        };
        let seen = Seen {
            members: now + removed.by_this_run.len() as u64,
            people,
            lately: removed.by_others.union(&removed.by_this_run).cloned().collect(),
            by_this_run: removed.by_this_run,
            ..Seen::default()
        };
        self.groups.insert(group.to_owned(), seen);
        Ok(())
    }

    /// One member of a group that was seen; `None` if they are not in it.
    async fn member(&mut self, client: &Client, group: &str, key: &str) -> Result<Option<Member>, Error> {
        if let Some(row) = self.shown.get(key) {
            return Ok(client.platform().adapter.member(group, row));
        }
        let Some(seen) = self.groups.get_mut(group) else { return Ok(None) };
        if let Some(people) = &seen.people {
            return Ok(people.get(key).cloned());
        }
        let adapter = client.platform().adapter;
        let singly = adapter.person(client.connection(), Some(group), key).is_some();
        if singly && seen.singles * page(client, group) <= seen.members {
            seen.singles += 1;
            return person(client, Some(group), key).await;
        }
        let (_, people) = by_key(client, group).await?;
        let found = people.get(key).cloned();
        seen.people = Some(people);
        Ok(found)
    }

    async fn read_admins(&mut self, client: &Client, group: &str) -> Result<(), Error> {
        if let Some(seen) = self.groups.get_mut(group)
            && seen.admins.is_none()
        {
            let members = everybody(client, group).await?;
            seen.admins = Some(members.into_iter().filter(|member| member.admin).map(|member| member.id).collect());
        }
        Ok(())
    }

    /// The groups below this one that the member is in, and whether they administer them.
    async fn below(&mut self, client: &Client, group: &str, member: &Member) -> Result<Vec<(String, bool)>, Error> {
        let others = member.groups.iter().filter(|place| place.group != group);
        let others: Vec<(String, bool)> = others.map(|place| (place.group.clone(), place.admin)).collect();
        if others.is_empty() {
            return Ok(others);
        }
        let listed: HashSet<String> = self.hierarchy(client).await?.iter().map(|group| group.id.clone()).collect();
        let new = others.iter().map(|(id, _)| id).filter(|id| !listed.contains(*id)).cloned();
        let new: Vec<String> = new.filter(|id| self.unlisted.insert(id.clone())).collect();
        if !new.is_empty() && !listed.is_empty() {
            // Made since the groups were listed.
            self.hierarchy = None;
        }
        let under = below(self.hierarchy(client).await?, group);
        let under: HashSet<&str> = under.iter().map(|group| group.id.as_str()).collect();
        Ok(others.into_iter().filter(|(id, _)| under.contains(id.as_str())).collect())
    }

    async fn hierarchy(&mut self, client: &Client) -> Result<&[Group], Error> {
        if self.hierarchy.is_none() {
            self.hierarchy = Some(groups(client).await?);
        }
        Ok(self.hierarchy.as_deref().unwrap_or_default())
    }
}

impl Departure {
    fn from(group: &str) -> Self {
        Self { group: group.to_owned(), people: HashSet::new(), admins: HashSet::new() }
    }
}

/// How many are in a group, and each by id and by address; nobody where there is no such group.
async fn by_key(client: &Client, group: &str) -> Result<(u64, HashMap<String, Member>), Error> {
    let all = match everybody(client, group).await {
        Err(error) if error.is_surely_not_found() => Vec::new(),
        all => all?,
    };
    let (count, mut people) = (all.len() as u64, HashMap::new());
    for member in all {
        let address = member.email.as_ref().map(|email| email.key().to_owned());
        people.extend(address.map(|address| (address, member.clone())));
        people.insert(member.id.clone(), member);
    }
    Ok((count, people))
}

/// How many are in the first and not in the second, which is small: the first may grow with the run.
fn without(many: &HashSet<String>, few: &HashSet<String>) -> u64 {
    (many.len() - few.iter().filter(|who| many.contains(*who)).count()) as u64
}

fn add(departures: &mut Vec<Departure>, group: &str, who: &str, admin: bool) {
    let place = departures.iter().position(|departure| departure.group == group).unwrap_or_else(|| {
        departures.push(Departure::from(group));
        departures.len() - 1
    });
    departures[place].people.insert(who.to_owned());
    departures[place].admins.extend(admin.then(|| who.to_owned()));
}

/// Refuses to touch whom the settings protect; `administers` is the group that they would leave and administer.
fn protect(client: &Client, call: &Call, member: &Member, administers: Option<&str>) -> Result<(), Error> {
    let who = member.email.as_ref().map_or(member.id.as_str(), Email::as_str);
    let why = match client.rules().protection(member, administers) {
        None => return Ok(()),
        Some(Protection::Named) => format!("{who} is protected by the settings and was not touched"),
        Some(Protection::Administrator(group)) => {
            format!("{who} administers group {group}, is protected by the settings and was not touched")
        }
    };
    Err(Error::new(call, "protected", why))
}

/// Rows of the list of members that one request brings.
fn page(client: &Client, group: &str) -> u64 {
    let list = client.platform().adapter.members(client.connection(), group);
    match list.map(|list| list.op.page) {
        Ok(Page::Offset { size, .. } | Page::Numbered { size, .. } | Page::After { size, .. }) => u64::from(size),
        _ => 1,
    }
}
