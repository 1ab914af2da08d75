//! A group's members, read to a settled end: who is missing from a list that shifted would be removed or invited by mistake.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::catalog::Code;
use crate::client::{Client, Error};
use crate::events::Level;
use crate::model::Member;

/// Most readings of a list that does not come to rest.
const READINGS: usize = 3;

/// The members of a group. Settled when the platform's own count agrees, or two readings do; anything else is an error
/// after which nobody may be removed.
pub async fn members(client: &Client, group: &str) -> Result<Vec<Member>, Error> {
    let adapter = client.platform().adapter;
    let list =
        adapter.members(client.connection(), group).map_err(|unsupported| Error::unsupported(client, &unsupported))?;
    let mut before: Option<BTreeSet<String>> = None;
    for reading in 1..=READINGS {
        let earlier = client.count(&list).await?;
        let members = read(client, &list, group).await?;
        let count = client.count(&list).await?;
        if earlier == count && count == Some(members.len() as u64) {
            return Ok(members);
        }
        let ids: BTreeSet<String> = members.iter().map(|member| member.id.clone()).collect();
        if before.as_ref() == Some(&ids) {
            if let Some(count) = count {
                let line = format!(
                    "group {group}: the platform counts {count} members and lists {}, twice the same",
                    ids.len()
                );
                client.events().say(Level::Warn, line);
            }
            return Ok(members);
        }
        tracing::debug!(group, reading, listed = ids.len(), ?count, "the list of members is not settled");
        before = Some(ids);
    }
    Err(half(client, &list, group, &format!("it kept changing while it was read {READINGS} times")).await)
}

/// Half a list removes and invites nobody: the run is held, and can be resumed when the platform is calm.
async fn half(client: &Client, list: &crate::catalog::Call, group: &str, why: &str) -> Error {
    let held = format!(
        "held: the members of group {group} could not be read to the end ({why}), and a part of a list decides nothing"
    );
    if client.draft().is_some() {
        return Error::held(list, format!("{held}\nplan it again later"));
    }
    match client.ledger().command("resume").await {
        Err(error) => Error::of_ledger(client, error),
        Ok(resume) => Error::held(list, format!("{held}\ngo on later with: {resume}")),
    }
}

async fn read(client: &Client, list: &crate::catalog::Call, group: &str) -> Result<Vec<Member>, Error> {
    let adapter = client.platform().adapter;
    let pager = client.list_once(list);
    let mut members = Vec::new();
    while let Some(page) = pager.next_page().await {
        let page = match page {
            Err(error) if error.retryable && !members.is_empty() => {
                return Err(half(client, list, group, &error.message).await);
            }
            page => page?,
        };
        for row in page {
            let unreadable = |why: String| Error::new(list, Code::Unreadable.as_str(), why);
            let value = serde_json::from_slice(row.bytes()).map_err(|error| unreadable(error.to_string()))?;
            let member = adapter.member(group, &value);
            members.push(member.ok_or_else(|| unreadable("a member has no id".into()))?);
        }
        client.events().progress("members read", members.len() as u64, 0);
    }
    Ok(members)
}

/// What a member has in the group and loses with it.
pub(super) fn lost_with_it(member: &Member, fields: &[&str]) -> Value {
    let lost = fields.iter().filter_map(|name| Some(((*name).to_owned(), Value::from(member.field(name)?))));
    Value::Object(lost.collect())
}
