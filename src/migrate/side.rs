//! One side of a migration, read: its groups, the members of some of them, who is invited.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::Unmapped;
use crate::catalog::{Adapter, Answer, Args, Call, Code, Ty};
use crate::client::{Client, Error, With};
use crate::model::{Cascade, Group, Member};

/// All groups of an account, and the ids of those that nobody uses any more. Where the platform lists none, those that were
/// named by id.
pub(super) async fn groups(client: &Client, named: &[String]) -> Result<(Vec<Group>, HashSet<String>), Error> {
    let adapter = client.platform().adapter;
    let Some(list) = adapter.groups(client.connection()) else {
        let group = |id: &String| Group { id: id.clone(), name: id.clone(), parent: None, members: None };
        return Ok((named.iter().map(group).collect(), HashSet::new()));
    };
    let rows = rows(client, &list).await?;
    let unreadable = || Error::new(&list, Code::Unreadable.as_str(), "a group has no id");
    let groups: Vec<Group> =
        rows.iter().map(|row| adapter.group(row).ok_or_else(unreadable)).collect::<Result<_, Error>>()?;
    let archived = rows.iter().zip(&groups).filter(|(row, _)| adapter.is_archived(row));
    let archived = archived.map(|(_, group)| group.id.clone()).collect();
    Ok((groups, archived))
}

/// All rows of a list; in plan mode as they would be.
async fn rows(client: &Client, list: &Call) -> Result<Vec<Value>, Error> {
    let pager = client.list(list);
    let mut rows = Vec::new();
    while let Some(page) = pager.next_page().await {
        for row in page? {
            let unreadable = |error: serde_json::Error| Error::new(list, Code::Unreadable.as_str(), error.to_string());
            rows.push(serde_json::from_slice(row.bytes()).map_err(unreadable)?);
        }
    }
    Ok(rows)
}

/// The members of a group; `Err` says in words that the platform shows none.
pub(super) async fn members(client: &Client, group: &str) -> Result<Result<Vec<Member>, String>, Error> {
    match client.platform().adapter.members(client.connection(), group) {
        Err(why) => Ok(Err(why.to_string())),
        Ok(_) => crate::roster::members(client, group).await.map(Ok),
    }
}

/// Everybody who has an account, where one list shows all of them with their groups: no group need be asked for by itself.
pub(super) struct Everybody {
    adapter: &'static dyn Adapter,
    rows: Vec<Value>,
    /// The rows of each group's members, by its id in small letters.
    by_group: HashMap<String, Vec<usize>>,
}

impl Everybody {
    /// Reads all of them; `None` where the platform has no such list.
    pub async fn of(client: &Client) -> Result<Option<Self>, Error> {
        let adapter = client.platform().adapter;
        let Some(list) = adapter.accounts(client.connection(), &[]) else { return Ok(None) };
        let list = Call { args: Args::default(), ..list };
        let rows = match client.read_all(&list).await? {
            Value::Array(rows) => rows,
            _ => Vec::new(),
        };
        let mut by_group: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            let unreadable = || Error::new(&list, Code::Unreadable.as_str(), "a person has no id");
            let member = adapter.member("", row).ok_or_else(unreadable)?;
            for group in member.groups {
                by_group.entry(group.group.to_lowercase()).or_default().push(place);
            }
        }
        Ok(Some(Self { adapter, rows, by_group }))
    }

    /// The members of a group.
    pub fn members(&self, group: &str) -> Vec<Member> {
        let places = self.by_group.get(&group.to_lowercase()).into_iter().flatten();
        places.filter_map(|&place| self.adapter.member(group, &self.rows[place])).collect()
    }

    /// Whoever has an account and is in no group: people move with their groups.
    pub fn in_no_group(&self) -> impl Iterator<Item = Unmapped> {
        let alone = self.accounts().filter(|member| member.groups.is_empty());
        alone.map(|member| Unmapped {
            kind: "person",
            name: member.email.map_or(member.name, |email| email.as_str().to_owned()),
            id: member.id,
            what: "all of them".to_owned(),
            why: "is in no group, and people move with their groups".to_owned(),
        })
    }

    /// All accounts.
    pub fn accounts(&self) -> impl Iterator<Item = Member> {
        self.rows.iter().filter_map(|row| self.adapter.member("", row))
    }
}

/// Who was invited into a group and has not come yet, where the platform shows it: each as a member that they are not.
pub(super) async fn invited(client: &Client, group: &str) -> Result<Vec<Member>, Error> {
    let adapter = client.platform().adapter;
    let Some(list) = adapter.invited(client.connection(), group) else { return Ok(Vec::new()) };
    Ok(rows(client, &list).await?.iter().filter_map(|row| adapter.invitee(row)).collect())
}

/// The names of the fields that people of a group can have; `None`: any.
pub(super) async fn fields(client: &Client, group: &str) -> Result<Option<Vec<String>>, Error> {
    let Some((call, names)) = client.platform().adapter.fields(client.connection(), group) else { return Ok(None) };
    let answer: Value = match matches!(call.op.answer, Answer::Many(..)) {
        true => client.read_all(&call).await?,
        false => serde_json::from_slice(&client.call(&call, &With::default()).await?).unwrap_or_default(),
    };
    Ok(names(&answer))
}

/// The names of the fields that a platform takes of people whom it takes all at once, or calls in; `None`: the group says.
pub(super) fn named_fields(client: &Client) -> Option<Vec<String>> {
    if let Some(whole) = super::whole::of(client.platform()) {
        return Some(whole.columns.iter().map(|column| column.name.to_owned()).collect());
    }
    let call = client.platform().adapter.call_in(client.connection(), "", &[], &Map::new())?;
    let Ty::Rows(params) = call.op.param(call.op.batch?.param)?.ty else { return None };
    Some(params.iter().map(|param| param.name.to_owned()).filter(|name| name != "email").collect())
}

/// Whether a group can be in another.
pub(super) fn nests(client: &Client) -> bool {
    client.platform().adapter.cascade() != Cascade::None
}

/// Where people can be found one by one: the row of somebody by id.
pub(super) async fn person(client: &Client, id: &str) -> Result<Option<Member>, Error> {
    let adapter = client.platform().adapter;
    let Some(call) = adapter.person(client.connection(), None, id) else { return Ok(None) };
    let body = match client.call(&call, &With::default()).await {
        Err(error) if error.is_surely_not_found() => return Ok(None),
        body => body?,
    };
    let row: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(adapter.member("", &row))
}
