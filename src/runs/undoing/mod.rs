//! `undo` as a plan: what a run did is read from the ledger, what is there now from the platform, and what would take it
//! back is taken down like any other plan.

mod groups;
mod happened;

use std::collections::{BTreeMap, HashMap, HashSet};

use self::happened::{Happened, look};
use super::planning::{Planned, Planning, failed};
use super::{Order, Refused, Runner, Work};
use crate::catalog::{Args, Consequence, Deed};
use crate::client::{Client, With};
use crate::effects::{Lease, State};
use crate::model::{Cascade, Group, Member, above};
use crate::plan::{Draft, LeftOut, Reversal, Since, Written, reverse};
use crate::script::{Ended, Parts, Thrown};

/// Rows of the ledger read at a time.
const PAGE: i64 = 1_000;

impl Runner {
    /// Plans what takes back what the order's run did. Blocks.
    pub fn plan_undo(&self, order: &Order) -> Result<Planned, Refused> {
        let Work::Undo(run) = &order.work else { return Err(Refused::Planned) };
        self.runtime.block_on(async {
            // Of a run that is still at work nobody knows what it will have done.
            let _lease = Lease::take(&self.store, run)?;
            let planning = Planning::begin(self, order).await?;
            let ended = Undoing { runner: self, planning: &planning, run }.run().await;
            planning.end(self, order, Parts::default(), ended).await
        })
    }
}

/// The run that wrote last, by a person's key and what it wrote.
type Later = HashMap<(String, Written), String>;

struct Undoing<'a> {
    runner: &'a Runner,
    planning: &'a Planning,
    run: &'a str,
}

impl Undoing<'_> {
    async fn run(&self) -> Result<(), Ended> {
        let connections = self.runner.store.connections_of(self.run).await.map_err(failed)?;
        for (account, connection) in connections {
            let client = self.planning.client_of(&connection).await.map_err(failed)?;
            if client.account() != account {
                let why = format!("connection `{connection}` leads to another account than when the run was made");
                return Err(failed(why));
            }
            self.account(&client, &account).await?;
        }
        Ok(())
    }

    async fn account(&self, client: &Client, account: &str) -> Result<(), Ended> {
        let draft = self.planning.draft();
        let mut happened = self.happened(client, account, draft).await?;
        look(client, &mut happened).await?;
        let of_groups = happened.iter().any(|one| one.deed.who().is_none());
        let groups = match client.platform().adapter.cascade() {
            Cascade::None if !of_groups => Vec::new(),
            _ => client.all_groups(draft).await.map_err(thrown)?,
        };
        for one in happened.iter().filter(|one| one.deed.who().is_none()) {
            groups::take_back(client, draft, one, &groups).await?;
        }
        let mut realms: BTreeMap<String, Vec<&Happened>> = BTreeMap::new();
        for one in &happened {
            realms.entry(client.realm(one.question.subject.group.as_deref()).into_owned()).or_default().push(one);
        }
        for happened in realms.values() {
            let reversal = self.reversal(client, happened, &groups).await?;
            reversal.kept.into_iter().for_each(|one| draft.leave_out(one));
            for (group, changes) in reversal.updates.into_iter().chain(reversal.changes) {
                let calls = client.platform().adapter.calls(client.connection(), &group, &changes).map_err(failed)?;
                for call in &calls {
                    client.call(call, &With::default()).await.map_err(thrown)?;
                }
            }
        }
        Ok(())
    }

    /// What would bring the people back to where they were.
    async fn reversal(&self, client: &Client, happened: &[&Happened], groups: &[Group]) -> Result<Reversal, Ended> {
        let adapter = client.platform().adapter;
        let mut now: HashMap<String, Member> = HashMap::new();
        let mut past = Vec::new();
        for one in happened.iter().filter(|one| one.deed.who().is_some()) {
            let member = one.now.as_ref().and_then(|row| adapter.member("", row));
            past.push(one.past(adapter, member.as_ref()));
            if let Some(member) = member {
                now.insert(member.id.clone(), member);
            }
        }
        let follows = adapter.cascade() == Cascade::JoinsAboveLeavesBelow;
        let above = |group: &str| match follows {
            true => above(groups, group).into_iter().map(|group| group.id.clone()).collect(),
            false => Vec::new(),
        };
        let gone = |group: &str| !groups.is_empty() && !groups.iter().any(|known| known.id == group);
        let later = self.later(client, happened).await?;
        let later = |member: &Member, what: &Written| {
            let address = member.email.as_ref().map(|email| email.key());
            let mut keys = std::iter::once(member.id.as_str()).chain(address);
            keys.find_map(|key| later.get(&(key.to_owned(), what.clone()))).cloned()
        };
        Ok(reverse(&past, &now, &Since { above: &above, gone: &gone, later: &later }))
    }

    /// Which runs have written to the same people since, and what.
    async fn later(&self, client: &Client, happened: &[&Happened]) -> Result<Later, Ended> {
        let mut later = Later::new();
        let people: HashSet<&str> = happened.iter().flat_map(|one| one.keys()).collect();
        let Some(mut after) = happened.iter().map(|one| one.row.id).min() else { return Ok(later) };
        loop {
            let rows = self.runner.store.effects_since(client.account(), after, PAGE).await.map_err(failed)?;
            let Some(last) = rows.last() else { return Ok(later) };
            after = last.id;
            for row in rows.into_iter().filter(|row| row.run != self.run && row.mails != "yes") {
                let Some(one) = Happened::of(client, row).filter(|one| one.keys().any(|key| people.contains(key)))
                else {
                    continue;
                };
                for what in written(&one.deed) {
                    later.extend(one.keys().map(|key| ((key.to_owned(), what.clone()), one.row.run.clone())));
                }
            }
        }
    }

    /// What the run did on an account and what was not superseded by itself, in its order.
    async fn happened(&self, client: &Client, account: &str, draft: &Draft) -> Result<Vec<Happened>, Ended> {
        let (mut happened, mut after) = (Vec::new(), 0);
        loop {
            let rows = self.runner.store.effects_of(self.run, after, PAGE).await.map_err(failed)?;
            let Some(last) = rows.last() else { return Ok(happened) };
            after = last.id;
            for row in rows.into_iter().filter(|row| row.account == account) {
                let name = row.address.clone().unwrap_or_else(|| row.subject.clone());
                let told = |why: &str| LeftOut { operation: row.op.clone(), name: name.clone(), why: why.to_owned() };
                let doubt = "it is in doubt whether it happened: settle it first with `beadle doubts`";
                match State::parse(&row.state) {
                    Some(State::Done | State::Applied | State::Accepted) => match Happened::of(client, row.clone()) {
                        Some(one) if !matches!(one.deed, Deed::AccountDeleted { .. }) => happened.push(one),
                        Some(one) if stays(client, &row.op).is_none() => happened.push(one),
                        _ => draft.leave_out(told(why_it_stays(client, &row.op))),
                    },
                    Some(State::Open | State::Doubt) => draft.leave_out(told(doubt)),
                    _ => {}
                }
            }
        }
    }
}

/// What a write is about, as far as it is somebody's.
fn written(deed: &Deed) -> Vec<Written> {
    let (place, fields) = match deed {
        Deed::Joins { group, fields, .. } => (Some(group), Some(fields)),
        Deed::Leaves { group, .. } => (Some(group), None),
        Deed::Changes { fields, .. } => (None, Some(fields)),
        _ => (None, None),
    };
    let fields = fields.into_iter().flat_map(|fields| fields.keys().cloned().map(Written::Field));
    place.cloned().map(Written::Place).into_iter().chain(fields).collect()
}

fn thrown(error: crate::client::Error) -> Ended {
    Ended::Fatal(Thrown::from(error))
}

/// Why a write stays, in the words of its platform.
fn stays(client: &Client, operation: &str) -> Option<&'static str> {
    let (noun, verb) = operation.split_once('.')?;
    client.platform().adapter.stays(client.platform().op(noun, verb)?)
}

/// Why a write stays that is none of people's places and fields, nor of groups.
fn why_it_stays(client: &Client, operation: &str) -> &'static str {
    let op = operation.split_once('.').and_then(|(noun, verb)| client.platform().op(noun, verb));
    if let Some(why) = stays(client, operation) {
        return why;
    }
    let does = op.and_then(|op| op.write(&Args::default())).map(|write| write.consequence);
    match (op.and_then(|op| op.whole), does) {
        (Some(_), _) => "a roster is handed over whole: to go back, hand over the one before with `roster.sync`",
        (None, Some(Consequence::Tells)) => "a mail cannot be taken back",
        (None, Some(Consequence::Creates)) => "what was made stays: beadle knows no way back from it",
        (None, Some(Consequence::Deletes)) => "what was deleted cannot be brought back",
        _ => "beadle knows no way back from it",
    }
}
