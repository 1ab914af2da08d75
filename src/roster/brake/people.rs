//! What the brakes read of groups and of the people in them.

use serde_json::Value;

use crate::catalog::Code;
use crate::client::{Client, Error};
use crate::model::{Cascade, Group, Member};

/// All groups of the account; none where the platform has no hierarchy in which leaving one group means leaving others.
pub(in crate::roster) async fn groups(client: &Client) -> Result<Vec<Group>, Error> {
    let adapter = client.platform().adapter;
    match (adapter.cascade(), adapter.groups(client.connection())) {
        (Cascade::JoinsAboveLeavesBelow, Some(list)) => {
            let rows = client.read_all(&list).await?;
            Ok(rows.as_array().into_iter().flatten().filter_map(|row| adapter.group(row)).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// One person in a group, or in the community; `None` if there is nobody.
pub(super) async fn person(client: &Client, group: Option<&str>, key: &str) -> Result<Option<Member>, Error> {
    let adapter = client.platform().adapter;
    let Some(call) = adapter.person(client.connection(), group, key) else { return Ok(None) };
    let row = match client.read_all(&call).await? {
        Value::Array(rows) => rows.into_iter().next().unwrap_or_default(),
        row => row,
    };
    Ok(adapter.member(group.unwrap_or_default(), &row))
}

/// Everybody in a group.
pub(super) async fn everybody(client: &Client, group: &str) -> Result<Vec<Member>, Error> {
    let adapter = client.platform().adapter;
    let list = adapter.members(client.connection(), group).map_err(|why| Error::unsupported(client, &why))?;
    let rows = client.read_all(&list).await?;
    let unreadable = || Error::new(&list, Code::Unreadable.as_str(), "a member has no id");
    let rows = rows.as_array().into_iter().flatten();
    rows.map(|row| adapter.member(group, row).ok_or_else(unreadable)).collect()
}

/// How many are in a group; `None` where the platform does not count.
pub(super) async fn size(client: &Client, group: &str) -> Result<Option<u64>, Error> {
    let list = client.platform().adapter.members(client.connection(), group);
    let list = list.map_err(|why| Error::unsupported(client, &why))?;
    match client.count(&list).await {
        Err(error) if error.is_surely_not_found() => Ok(Some(0)),
        counted => counted,
    }
}
