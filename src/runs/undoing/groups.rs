//! The way back for groups: one that was made goes where nobody came into it, settings that were read go back.

use serde_json::{Map, Value};

use super::happened::Happened;
use super::thrown;
use crate::catalog::{self, Call, Deed, Op};
use crate::client::{Client, With};
use crate::model::Group;
use crate::plan::{Draft, LeftOut};
use crate::runs::applying::id_of;
use crate::script::Ended;

/// Takes one write to a group back, as far as that is possible; what stays is said.
pub(super) async fn take_back(client: &Client, draft: &Draft, one: &Happened, groups: &[Group]) -> Result<(), Ended> {
    let back = match &one.deed {
        Deed::GroupMade { name, .. } => unmake(client, one, name, groups),
        Deed::GroupChanged { .. } => set_back(client, one),
        _ => Ok(None),
    };
    let checked = back.and_then(|back| match back {
        None => Ok(None),
        Some((op, given)) => catalog::check(op, given).map(|args| Some((op, args))).map_err(|error| error.to_string()),
    });
    match checked {
        Err(why) => draft.leave_out(LeftOut { operation: one.row.op.clone(), name: one.name(), why }),
        Ok(None) => {}
        Ok(Some((op, args))) => {
            let call = Call { platform: client.platform(), op, connection: client.connection().to_owned(), args };
            client.call(&call, &With::default()).await.map_err(thrown)?;
        }
    }
    Ok(())
}

/// An operation and its arguments; nothing where nothing is to be done; a sentence where it cannot be.
type Back = Result<Option<(&'static Op, Vec<Value>)>, String>;

/// A group that was made is deleted, where the platform can and nobody came into it.
fn unmake(client: &Client, one: &Happened, name: &str, groups: &[Group]) -> Back {
    let id = one.row.share.as_ref().and_then(id_of);
    let there = match &id {
        Some(id) => groups.iter().find(|group| group.id == *id),
        None => groups.iter().find(|group| group.name.trim().eq_ignore_ascii_case(name.trim())),
    };
    let group = there.ok_or("the group is not there any more")?;
    if group.name.trim() != name.trim() {
        return Err(format!("the group is called \"{}\" since: it stays", group.name.trim()));
    }
    if group.members.is_some_and(|members| members > 0) {
        return Err("there are members in the group: it stays".to_owned());
    }
    let op = client.platform().op("groups", "delete").ok_or("the platform has no way to take it back")?;
    Ok(Some((op, vec![group.id.as_str().into()])))
}

/// Settings go back to what had been read of them, where they are as the run left them.
fn set_back(client: &Client, one: &Happened) -> Back {
    let adapter = client.platform().adapter;
    let Some(row) = &one.now else { return Err("the group is not there any more".to_owned()) };
    let fields = |value: &Value| value.get("fields").and_then(Value::as_object).cloned();
    let held = |row: &Value| fields(&adapter.held(&one.question, Some(row)));
    let (Some(before), Some(now)) = (fields(&one.row.before), held(row)) else {
        return Err("what the settings were before is not known".to_owned());
    };
    let back: Map<String, Value> = before.into_iter().filter(|(name, value)| now.get(name) != Some(value)).collect();
    // As the run left it is what its write would leave again.
    let left = adapter.after(Some(row.clone()), &one.row.subject, &one.deed).and_then(|row| held(&row));
    let is_as_left = |name: &&String| left.as_ref().is_some_and(|left| left.get(*name) == now.get(*name));
    if let Some(name) = back.keys().find(|name| !is_as_left(name)) {
        return Err(format!("`{name}` was changed since, to {}: the settings stay", now[name.as_str()]));
    }
    if back.is_empty() {
        return Ok(None);
    }
    let op = client.platform().op("groups", "update").ok_or("the platform has no way to take it back")?;
    // The ledger's key is in small letters, and an id need not be.
    let id = adapter.group(row).map_or_else(|| one.row.subject.clone(), |group| group.id);
    Ok(Some((op, vec![id.into(), Value::Object(back)])))
}
