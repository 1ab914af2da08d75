//! From a roster to a group that holds exactly its people: read, compared, held against the brakes, applied with as few
//! calls as the platform allows, read back; only then are those invited who never were.

mod before;
mod strangers;
mod synced;
mod weigh;

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use self::before::{before, record};
pub use self::synced::{Mending, Synced};
use super::members::members;
use super::{Account, Cascade, Columns, Diff, Invite, Options, Present, RowClass, Wanted, Wish, brake, diff, whole};
use crate::catalog::{Call, Code, Invitation};
use crate::client::{Client, Error, Gravity, With};
use crate::events::Level;
use crate::model::{Change, Member, Person, Placeholder, Standing};
use crate::settings::Limits;
use crate::tables::Table;

/// Makes the group hold the people of the table.
pub async fn sync(client: &Client, group: &str, table: &Table, wish: &Wish) -> Result<Synced, Error> {
    if let Some(operation) = whole::operation(client.platform()) {
        return whole::sync(client, group, table, wish, operation).await;
    }
    let flow = Flow::begin(client, group, table, wish).await?;
    let present = flow.present().await?;
    flow.check_sender(&present)?;
    let (mut difference, cascade) = flow.difference(&present).await?;
    let strangers = flow.strangers(&mut difference).await?;
    flow.check(&present, &difference, &cascade).await?;
    let mut synced = flow.account(&present, &difference, &cascade);
    flow.welcome(&strangers, &mut synced).await?;
    let after = match difference.changes.is_empty() {
        true => present,
        false => {
            let known = flow.before(&present, &difference, &cascade);
            flow.apply(&difference, known, &strangers, &mut synced).await?
        }
    };
    if wish.invite == Invite::New {
        // What was done before is accounted for all the same.
        let ended = flow.invite(&after, &mut synced).await.err();
        synced.ended = ended.or(synced.ended);
    }
    Ok(synced)
}

/// The platform's clock and ours may differ by so much: who was made shortly before counts as new.
const SKEW_MS: i64 = 2 * 60 * 1000;

/// What all steps share.
struct Flow<'a> {
    client: &'a Client,
    group: &'a str,
    wish: &'a Wish,
    wanted: Wanted,
    columns: Vec<String>,
    began: i64,
    /// How rows and members are compared, with whom the settings protect.
    compare: Options,
    limits: Limits,
}

impl<'a> Flow<'a> {
    /// Reads the roster for the fields that the group has.
    async fn begin(client: &'a Client, group: &'a str, table: &Table, wish: &'a Wish) -> Result<Self, Error> {
        let adapter = client.platform().adapter;
        let list = adapter.members(client.connection(), group).map_err(|why| Error::unsupported(client, &why))?;
        let refused = |error: super::Error| Error::new(&list, "roster", error.to_string());
        let fields = match adapter.fields(client.connection(), group) {
            None => None,
            Some((call, names)) => {
                let body = client.call(&call, &With::default()).await;
                let body = body.map_err(|error| no_group(client, error, group))?;
                names(&serde_json::from_slice(&body).unwrap_or_default())
            }
        };
        let columns = Columns::of(table, &wish.columns, fields.as_deref()).map_err(refused)?;
        let mut wanted = super::read(table, &columns).map_err(refused)?;
        for (name, value) in wanted.people.iter_mut().flat_map(|person| &mut person.fields) {
            if let Some(tidied) = adapter.tidied(name, value) {
                *value = tidied;
            }
        }
        if wanted.people.is_empty() {
            let line = format!("`{}` names nobody who can be looked for in group {group}", table.name());
            client.events().say(Level::Warn, line);
        }
        client.events().progress("rows read", wanted.rows, wanted.rows);
        let rules = client.rules();
        let mut compare = wish.compare.clone();
        compare.protected.extend(rules.protected.iter().cloned());
        compare.read_only = adapter.read_only();
        Ok(Self {
            client,
            group,
            wish,
            wanted,
            columns: table.columns().to_vec(),
            began: client.clock().now_ms(),
            compare,
            limits: rules.limits.with(&wish.limits),
        })
    }

    async fn present(&self) -> Result<Present, Error> {
        Ok(Present { members: members(self.client, self.group).await?, ..Present::default() })
    }

    fn account(&self, present: &Present, difference: &Diff, cascade: &Cascade) -> Synced {
        let mut rejected = self.wanted.rejected.clone();
        rejected.extend(difference.refused.iter().cloned());
        rejected.sort_by_key(|row| row.line);
        Synced {
            account: Account::of(&self.wanted, present, difference),
            columns: self.columns.clone(),
            rejected,
            same: difference.count(RowClass::Same),
            below: cascade.told(),
            loosened: self.loosened(),
            ..Synced::default()
        }
    }

    /// Asks before the first change what would be refused after it: in whose name invitations go out.
    fn check_sender(&self, present: &Present) -> Result<(), Error> {
        if self.wish.invite == Invite::Nobody {
            return Ok(());
        }
        let sender = self.wish.compare.sender.clone();
        let nobody = Invitation { members: Vec::new(), sender: sender.clone() };
        let asked = self.client.platform().adapter.invite(self.client.connection(), self.group, &nobody);
        asked.map_err(|why| Error::unsupported(self.client, &why))?;
        let Some(sender) = sender else { return Ok(()) };
        // Of a group that is only planned nobody knows who is in it.
        if !Placeholder::is_in(self.group) && !present.members.iter().any(|member| member.id == sender) {
            let line = format!(
                "the sender {sender} is not among the members of group {}; the platform may refuse",
                self.group
            );
            self.client.events().say(Level::Warn, line);
        }
        Ok(())
    }

    /// What the platform holds before the changes.
    fn before(&self, present: &Present, difference: &Diff, cascade: &Cascade) -> HashMap<String, Value> {
        before(self.client.platform().adapter, present, difference, cascade)
    }

    /// What is said while it is done, or only planned.
    fn done<'w>(&self, really: &'w str, planned: &'w str) -> &'w str {
        if self.client.draft().is_some() { planned } else { really }
    }

    /// Sends the changes, reads the group again and says what is not as wanted.
    async fn apply(
        &self,
        difference: &Diff,
        known: HashMap<String, Value>,
        strangers: &[Person],
        synced: &mut Synced,
    ) -> Result<Present, Error> {
        let changes = &difference.changes;
        let calls = self.client.platform().adapter.calls(self.client.connection(), self.group, changes);
        let calls = calls.map_err(|why| Error::unsupported(self.client, &why))?;
        let with = With { checked: true, known, limits: self.wish.limits.clone(), ..With::default() };
        let (all, mut done) = (changes.len() as u64, 0);
        for call in &calls {
            match self.client.call(call, &with).await {
                Ok(answer) => synced.failed.extend(refused(&answer)),
                Err(error) if error.gravity == Gravity::Catchable && !hopeless(&error) => {
                    synced.failed.push((named(changes, &who(call)), error.message));
                }
                Err(error) => return Err(error),
            }
            done += call.pieces().iter().map(|piece| piece.subjects.len() as u64).sum::<u64>();
            self.client.events().progress(self.done("changes made", "changes planned"), done, all);
        }
        let after = self.present().await?;
        self.compare(difference, &after, strangers, synced);
        Ok(after)
    }

    /// Counts what the platform now shows of each change.
    fn compare(&self, difference: &Diff, after: &Present, strangers: &[Person], synced: &mut Synced) {
        let mut rest = diff(&self.wanted, after, &self.compare);
        let absent: HashSet<&str> = strangers.iter().map(|person| person.email.key()).collect();
        rest.changes.retain(|change| !matches!(change, Change::Add(person) if absent.contains(person.email.key())));
        let missing: HashSet<String> = rest.changes.iter().map(name).collect();
        let created: HashMap<&str, i64> = after
            .members
            .iter()
            .filter_map(|member| Some((member.email.as_ref()?.key(), member.created_at?)))
            .collect();
        for change in difference.changes.iter().filter(|change| !missing.contains(&name(change))) {
            match change {
                Change::Add(person) => {
                    synced.added += 1;
                    let made = created.get(person.email.key());
                    synced.existing += usize::from(made.is_some_and(|at| *at < self.began - SKEW_MS));
                }
                Change::Update { .. } => synced.changed += 1,
                Change::Remove(_) => synced.removed += 1,
            }
        }
        synced.left = rest.changes.iter().map(sentence).collect();
        for line in &synced.left {
            self.client.events().say(Level::Warn, format!("not as wanted after all changes: {line}"));
        }
    }

    /// Members of the roster who never signed in and whom the platform does not know as invited.
    fn invited<'p>(&self, present: &'p Present) -> Vec<&'p Member> {
        let wanted: HashSet<&str> = self.wanted.people.iter().map(|person| person.email.key()).collect();
        let new = |member: &&Member| {
            let asked = member.email.as_ref().is_some_and(|email| wanted.contains(email.key()));
            let never = self.wish.again.is_some() || member.invited_at.is_none();
            let told = member.email.as_ref().is_some_and(|email| self.wish.unasked.contains(email.key()));
            asked && !told && never && member.standing == Standing::Accepted && member.registered == Some(false)
        };
        present.members.iter().filter(new).collect()
    }

    /// Invites members of the roster who never signed in and whom neither the platform nor the ledger knows as invited.
    async fn invite(&self, present: &Present, synced: &mut Synced) -> Result<(), Error> {
        let people = self.invited(present);
        if people.is_empty() {
            return Ok(());
        }
        let invitation = Invitation {
            members: people.iter().map(|member| member.id.clone()).collect(),
            sender: self.wish.compare.sender.clone(),
        };
        let adapter = self.client.platform().adapter;
        let calls = adapter.invite(self.client.connection(), self.group, &invitation);
        let calls = calls.map_err(|why| Error::unsupported(self.client, &why))?;
        let known = people.iter().map(|member| (member.id.clone(), record(member))).collect();
        let (again, limits) = (self.wish.again.clone(), self.wish.limits.clone());
        // In whose name nobody may be invited, that is no matter of who it is.
        let is_sender_in = present.members.iter().any(|member| Some(&member.id) == self.wish.compare.sender.as_ref());
        let with = With { known, again, limits, checked: true, spares: is_sender_in, ..With::default() };
        let address: HashMap<&str, &str> =
            people.iter().filter_map(|member| Some((member.id.as_str(), member.email.as_ref()?.as_str()))).collect();
        let named = |id: String| address.get(id.as_str()).map_or(id.clone(), |email| (*email).to_owned());
        for call in &calls {
            brake::check_mails(self.client, call, &with, &self.limits).await?;
            let answer: Value = serde_json::from_slice(&self.client.call(call, &with).await?).unwrap_or_default();
            synced.invited += answer.pointer("/effects/done").and_then(Value::as_u64).unwrap_or(0) as usize;
            synced.not_invited.extend(listed(&answer, "skipped").into_iter().map(|(id, why)| (named(id), why)));
            synced.failed.extend(listed(&answer, "failed").into_iter().map(|(id, why)| (named(id), why)));
            self.client.events().progress(
                self.done("invited", "invitations planned"),
                synced.invited as u64,
                people.len() as u64,
            );
        }
        synced.recorded = self.confirm(synced.invited).await?;
        Ok(())
    }

    /// Looks once whether the platform has recorded the invitations that it queued.
    async fn confirm(&self, invited: usize) -> Result<usize, Error> {
        match invited {
            0 => Ok(0),
            _ => Ok(invited.saturating_sub(self.client.confirm_queued().await?)),
        }
    }
}

fn refused(answer: &[u8]) -> Vec<(String, String)> {
    listed(&serde_json::from_slice(answer).unwrap_or_default(), "failed")
}

/// Whom an answer to a call for many names under this key, and why.
pub fn listed(answer: &Value, key: &str) -> Vec<(String, String)> {
    let list = answer.pointer(&format!("/effects/{key}")).and_then(Value::as_array).into_iter().flatten();
    let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    list.map(|row| (text(row, "subject"), text(row, "why"))).collect()
}

fn who(call: &Call) -> String {
    call.pieces().first().and_then(|piece| Some(piece.subjects.first()?.0.key.clone())).unwrap_or_default()
}

/// What every further call would meet as well.
fn hopeless(error: &Error) -> bool {
    error.code == Code::Unauthorized.as_str() || error.code == "unreachable"
}

/// Whom an id means, among those who shall be changed or removed.
fn named(changes: &[Change], id: &str) -> String {
    let member = changes.iter().find_map(|change| match change {
        Change::Update { member, .. } | Change::Remove(member) if member.id == id => Some(member),
        _ => None,
    });
    let address = member.and_then(|member| member.email.as_ref());
    address.map_or_else(|| id.to_owned(), |email| email.as_str().to_owned())
}

/// A group that is not there is told in words of its own.
fn no_group(client: &Client, error: Error, group: &str) -> Error {
    let list = client.platform().adapter.groups(client.connection()).filter(|_| error.is_not_found());
    match list.map(|list| list.op.name()) {
        Some(list) => {
            Error { message: format!("there is no group `{group}`; `{list}()` names those that are"), ..error }
        }
        None => error,
    }
}

/// A change's person and kind: the same change has the same name.
fn name(change: &Change) -> String {
    match change {
        Change::Add(person) => format!("+{}", person.email.key()),
        Change::Update { member, .. } => format!("~{}", member.id),
        Change::Remove(member) => format!("-{}", member.id),
    }
}

fn sentence(change: &Change) -> String {
    match change {
        Change::Add(person) => format!("{} is not in the group", person.email),
        Change::Update { member, fields } => {
            let fields: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            format!("{} still differs in {}", member.name, fields.join(", "))
        }
        Change::Remove(member) => format!("{} is still in the group", member.name),
    }
}
