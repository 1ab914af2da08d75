//! People of a roster who have no account, on platforms where only accounts can be in a group. What becomes of them the
//! caller says; there is no default, since what makes somebody known to a platform may write to them.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Flow, Synced, hopeless};
use crate::catalog::{Call, Entry};
use crate::client::{Error, Gravity, With};
use crate::effects::State;
use crate::model::{Change, Member, Person};
use crate::roster::diff::differences;
use crate::roster::{Diff, RowClass, Strangers, alike};

/// Who is named in the error.
const NAMED: usize = 3;

impl Flow<'_> {
    /// Takes people without an account out of the changes, and adds to them what those who have one and are added would
    /// not get by being added: other values.
    pub(super) async fn strangers(&self, difference: &mut Diff) -> Result<Vec<Person>, Error> {
        let adapter = self.client.platform().adapter;
        let arriving = |change: &Change| match change {
            Change::Add(person) => Some(person.email.as_str().to_owned()),
            _ => None,
        };
        let addresses: Vec<String> = difference.changes.iter().filter_map(arriving).collect();
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let Some(list) = adapter.accounts(self.client.connection(), &addresses) else { return Ok(Vec::new()) };
        let rows = self.client.read_all(&list).await?;
        let members = rows.as_array().into_iter().flatten().filter_map(|row: &Value| adapter.member("", row));
        let known: HashMap<String, Member> =
            members.filter_map(|member| Some((member.email.as_ref()?.key().to_owned(), member))).collect();
        let (mut strangers, mut changes) = (Vec::new(), Vec::with_capacity(difference.changes.len()));
        for change in std::mem::take(&mut difference.changes) {
            let Change::Add(person) = change else {
                changes.push(change);
                continue;
            };
            let Some(member) = known.get(person.email.key()) else {
                strangers.push(person);
                continue;
            };
            let fields: Vec<_> = differences(&person, member, &self.compare).collect();
            difference.figures.overwrites += usize::from(fields.iter().any(|field| !alike(&field.before, "")));
            changes.push(Change::Add(person));
            if !fields.is_empty() {
                changes.push(Change::Update { member: member.clone(), fields });
            }
        }
        difference.changes = changes;
        self.told_apart(&list, difference, &strangers)?;
        Ok(strangers)
    }

    /// Their rows are a class of their own; where nobody has said what becomes of them, nothing is done.
    fn told_apart(&self, list: &Call, difference: &mut Diff, strangers: &[Person]) -> Result<(), Error> {
        if strangers.is_empty() {
            return Ok(());
        }
        if self.wish.strangers == Strangers::Ask {
            return Err(Error::new(list, "strangers", self.question(strangers)));
        }
        let class = match self.wish.strangers {
            Strangers::Pending { .. } => RowClass::Pending,
            _ => RowClass::Stranger,
        };
        let keys: HashSet<&str> = strangers.iter().map(|person| person.email.key()).collect();
        for row in difference.rows.iter_mut().filter(|row| row.class == RowClass::New) {
            if self.wanted.people.get(row.place).is_some_and(|person| keys.contains(person.email.key())) {
                row.class = class;
            }
        }
        difference.figures.adds -= strangers.len().min(difference.figures.adds);
        difference.figures.left -= strangers.len().min(difference.figures.left);
        Ok(())
    }

    fn question(&self, strangers: &[Person]) -> String {
        let mut named: Vec<String> =
            strangers.iter().take(NAMED).map(|person| format!("{} (line {})", person.email, person.line)).collect();
        let more = strangers.len() - named.len();
        named.extend((more > 0).then(|| format!("{more} more")));
        let title = self.client.platform().title;
        format!(
            "{} no account on {title}, and only accounts can be in a group: {}; nothing was done. Say \
             what becomes of them: `strangers: \"pending\", role: \"…\"` makes them pending users with that role \
             (`roles.list()` names the roles; {title} may write to them), `strangers: \"leave\"` leaves them out",
            match strangers.len() {
                1 => "1 person of the roster has".to_owned(),
                all => format!("{all} people of the roster have"),
            },
            named.join(", ")
        )
    }

    /// Makes strangers known to the platform, before anything else is changed: a role that the brakes hold is held here.
    pub(super) async fn welcome(&self, strangers: &[Person], synced: &mut Synced) -> Result<(), Error> {
        let calls = self.welcomes(strangers)?;
        let before = if calls.is_empty() { 0 } else { self.lost().await? };
        for (place, (call, person)) in calls.iter().zip(strangers).enumerate() {
            match self.client.call(call, &With::default()).await {
                Ok(_) => synced.pending += 1,
                Err(error) if error.gravity == Gravity::Doubt => {
                    synced.in_doubt.push((person.email.as_str().to_owned(), error.message.clone()));
                    synced.ended.get_or_insert(error);
                    // An old doubt holds back one person; an answer that is lost now may be the first of many.
                    if self.lost().await? > before {
                        let unsent = strangers.iter().skip(place + 1).map(|person| person.email.as_str().to_owned());
                        let why = format!("not sent, since what became of {} is not known", person.email);
                        synced.failed.extend(unsent.map(|address| (address, why.clone())));
                        return Ok(());
                    }
                }
                Err(error)
                    if error.gravity == Gravity::Catchable && !hopeless(&error) && error.code != "bad_argument" =>
                {
                    synced.failed.push((person.email.as_str().to_owned(), error.message));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// How many writes of this run are in doubt.
    async fn lost(&self) -> Result<u64, Error> {
        let tally = self.client.ledger().tally().await.map_err(|error| Error::of_ledger(self.client, error))?;
        Ok(tally.iter().filter(|row| row.state == State::Doubt).map(|row| row.count).sum())
    }

    /// The writes by which strangers come in one day.
    fn welcomes(&self, strangers: &[Person]) -> Result<Vec<Call>, Error> {
        let Strangers::Pending { role } = &self.wish.strangers else { return Ok(Vec::new()) };
        let (adapter, groups) = (self.client.platform().adapter, [self.group]);
        let call = |person| adapter.welcome(self.client.connection(), &groups, person, role, Entry::Pending);
        let calls: Result<Vec<Call>, _> = strangers.iter().map(call).collect();
        calls.map_err(|why| Error::unsupported(self.client, &why))
    }
}
