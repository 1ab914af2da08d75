//! `undo` as a plan: what a run did is read from the ledger, what is there now from the platform, and what would take it
//! back is taken down like any other plan.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::planning::{Planned, Planning, failed};
use super::{Order, Refused, Runner, Work};
use crate::catalog::{self, Call, Deed, Doubt, Subject, SubjectKind};
use crate::client::{Client, With};
use crate::effects::State;
use crate::model::{Cascade, Member, above};
use crate::plan::{Draft, LeftOut, Past, reverse};
use crate::script::{Ended, Parts, Thrown};
use crate::store::EffectRow;

/// Rows of the ledger read at a time.
const PAGE: i64 = 1_000;

impl Runner {
    /// Plans what takes back what the order's run did. Blocks.
    pub fn plan_undo(&self, order: &Order) -> Result<Planned, Refused> {
        let Work::Undo(run) = &order.work else { return Err(Refused::Planned) };
        self.runtime.block_on(async {
            let planning = Planning::begin(self, order).await?;
            let ended = Undoing { runner: self, planning: &planning, run }.run().await;
            planning.end(self, order, Parts::default(), ended).await
        })
    }
}

struct Undoing<'a> {
    runner: &'a Runner,
    planning: &'a Planning,
    run: &'a str,
}

/// A write that happened, in the words of all platforms.
struct Happened {
    row: EffectRow,
    deed: Deed,
    upserts: bool,
    question: Doubt,
    /// What the platform shows of it now.
    now: Option<Value>,
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
        let adapter = client.platform().adapter;
        let mut realms: BTreeMap<String, (Vec<Past>, HashMap<String, Member>)> = BTreeMap::new();
        for one in &happened {
            let realm = client.realm(one.question.subject.group.as_deref()).into_owned();
            let (past, now) = realms.entry(realm).or_default();
            let member = one.now.as_ref().and_then(|row| adapter.member("", row));
            match one.deed.who() {
                Some(_) => past.push(one.past(member.as_ref())),
                None => self.group(client, draft, one).await?,
            }
            if let Some(member) = member {
                now.insert(member.id.clone(), member);
            }
        }
        let groups = match adapter.cascade() {
            Cascade::None => Vec::new(),
            Cascade::JoinsAboveLeavesBelow => client.all_groups(draft).await.map_err(thrown)?,
        };
        let above = |group: &str| above(&groups, group).into_iter().map(|group| group.id.clone()).collect();
        for (past, now) in realms.into_values() {
            let reversal = reverse(&past, &now, &above);
            reversal.kept.into_iter().for_each(|one| draft.leave_out(one));
            for (group, changes) in reversal.updates.into_iter().chain(reversal.changes) {
                let calls = adapter.calls(client.connection(), &group, &changes).map_err(failed)?;
                for call in &calls {
                    client.call(call, &With::default()).await.map_err(thrown)?;
                }
            }
        }
        Ok(())
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
                match State::parse(&row.state) {
                    Some(State::Done | State::Applied | State::Accepted) => {}
                    Some(State::Open | State::Doubt) => {
                        draft.leave_out(told(
                            "it is in doubt whether it happened: settle it first with `beadle doubts`",
                        ));
                        continue;
                    }
                    _ => continue,
                }
                match Happened::of(client, row.clone()) {
                    Some(one) => happened.push(one),
                    None => draft.leave_out(told("beadle has no words for what it did")),
                }
            }
        }
    }

    /// A group that was made is deleted where the platform can and nobody came into it; settings that were read go back.
    async fn group(&self, client: &Client, draft: &Draft, one: &Happened) -> Result<(), Ended> {
        let adapter = client.platform().adapter;
        let keep = |why: &str| {
            let name = one.name();
            draft.leave_out(LeftOut { operation: one.row.op.clone(), name, why: why.to_owned() });
        };
        let Some(group) = one.now.as_ref().and_then(|row| adapter.group(row)) else {
            keep("the group is not there any more");
            return Ok(());
        };
        let call = match &one.deed {
            Deed::GroupMade { .. } if group.members.is_some_and(|members| members > 0) => {
                keep("there are members in the group: it stays");
                return Ok(());
            }
            Deed::GroupMade { .. } => client.platform().op("groups", "delete").map(|op| (op, vec![group.id.into()])),
            _ => {
                let held = adapter.held(&one.question, one.now.as_ref());
                let fields = |value: &Value| value.get("fields").and_then(Value::as_object).cloned();
                let (Some(before), Some(now)) = (fields(&one.row.before), fields(&held)) else {
                    keep("what the settings were before is not known");
                    return Ok(());
                };
                let back: serde_json::Map<String, Value> =
                    before.into_iter().filter(|(name, value)| now.get(name) != Some(value)).collect();
                if back.is_empty() {
                    return Ok(());
                }
                client.platform().op("groups", "update").map(|op| (op, vec![group.id.into(), Value::Object(back)]))
            }
        };
        let Some((op, given)) = call else {
            keep("the platform has no way to take it back");
            return Ok(());
        };
        match catalog::check(op, given) {
            Err(error) => keep(&error.to_string()),
            Ok(args) => {
                let connection = client.connection().to_owned();
                let call = Call { platform: client.platform(), op, connection, args };
                client.call(&call, &With::default()).await.map_err(thrown)?;
            }
        }
        Ok(())
    }
}

impl Happened {
    fn of(client: &Client, row: EffectRow) -> Option<Self> {
        let (noun, verb) = row.op.split_once('.')?;
        let op = client.platform().op(noun, verb)?;
        let subject = Subject {
            kind: SubjectKind::parse(&row.kind)?,
            key: row.subject.clone(),
            group: (!row.target.is_empty()).then(|| row.target.clone()),
        };
        let deed = client.platform().adapter.deed(op, &subject, &row.wanted)?;
        let question = Doubt {
            effect: 0,
            operation: row.op.clone(),
            subject,
            address: row.address.clone(),
            wanted: row.wanted.clone(),
            before: row.before.clone(),
            begun_at: row.begun_at,
            job: None,
        };
        Some(Self { row, deed, upserts: op.batch.is_some(), question, now: None })
    }

    fn name(&self) -> String {
        let held = |key: &str| self.now.as_ref()?.get(key)?.as_str().map(str::to_owned);
        let of_group = || held("name").filter(|_| self.deed.who().is_none());
        let known = of_group().or_else(|| self.row.address.clone()).or_else(|| held("email")).or_else(|| held("name"));
        known.unwrap_or_else(|| self.row.subject.clone())
    }

    fn past(&self, member: Option<&Member>) -> Past {
        Past {
            operation: self.row.op.clone(),
            deed: self.deed.clone(),
            id: member.map(|member| member.id.clone()).unwrap_or_default(),
            name: self.name(),
            before: self.row.before.clone(),
            begun_at: self.row.begun_at,
            upserts: self.upserts,
        }
    }
}

/// Reads what is there now: all of one kind of question in one go.
async fn look(client: &Client, happened: &mut [Happened]) -> Result<(), Ended> {
    let mut asked: BTreeMap<(String, Option<String>), Vec<usize>> = BTreeMap::new();
    for (place, one) in happened.iter().enumerate() {
        asked.entry((one.row.op.clone(), one.question.subject.group.clone())).or_default().push(place);
    }
    for places in asked.into_values() {
        let mut questions: Vec<Doubt> = places.iter().map(|&place| happened[place].question.clone()).collect();
        // Who left the group is looked for wherever they are now.
        let people = questions.iter_mut().filter(|question| question.subject.kind == SubjectKind::Person);
        people.for_each(|question| question.subject.group = None);
        let rows = client.rows(&questions).await.map_err(thrown)?.unwrap_or_default();
        for (place, row) in places.into_iter().zip(rows) {
            happened[place].now = row;
        }
    }
    Ok(())
}

fn thrown(error: crate::client::Error) -> Ended {
    Ended::Fatal(Thrown::from(error))
}
