//! Which other groups somebody comes into, or leaves, with the one that a plan names, by what is there now. More of them than
//! the plan shows are nothing that a person has seen.

use std::collections::HashSet;

use serde_json::Value;

use crate::catalog::{Adapter, Deed};
use crate::client::{Client, Error};
use crate::model::{Cascade, Group, Hierarchy};

/// The groups of one account, where one takes others along.
#[derive(Default)]
pub(super) struct Along {
    groups: Option<Hierarchy>,
}

impl Along {
    /// Reads them once.
    pub(super) async fn read(&mut self, client: &Client) -> Result<(), Error> {
        let adapter = client.platform().adapter;
        if self.groups.is_some() || adapter.cascade() == Cascade::None {
            return Ok(());
        }
        let rows = match adapter.groups(client.connection()) {
            Some(list) => client.read_all(&list).await?,
            None => Value::Null,
        };
        self.groups = Some(rows.as_array().into_iter().flatten().filter_map(|row| adapter.group(row)).collect());
        Ok(())
    }

    /// A group that the plan makes or changes, as it will be.
    pub(super) fn learn(&mut self, group: Group) {
        if let Some(groups) = &mut self.groups {
            groups.learn(group);
        }
    }

    /// What somebody would join or leave besides all that the plan shows (`also`), a sentence each.
    pub(super) fn more(&self, adapter: &dyn Adapter, deed: &Deed, row: Option<&Value>, also: &[String]) -> Vec<String> {
        let (joins, group) = match deed {
            Deed::Joins { group, .. } => (true, Some(group.as_str())),
            Deed::Leaves { group, .. } => (false, Some(group.as_str())),
            Deed::AccountDeleted { .. } => (false, None),
            _ => return Vec::new(),
        };
        let member = row.and_then(|row| adapter.member("", row));
        let is_in: HashSet<String> =
            member.into_iter().flat_map(|member| member.groups).map(|place| place.group).collect();
        let others: Vec<String> = match group {
            None => {
                let mut all: Vec<String> = is_in.iter().cloned().collect();
                all.sort_unstable();
                all
            }
            Some(group) => self.line(joins, group),
        };
        let new = others.iter().filter(|id| is_in.contains(*id) != joins && !also.contains(id));
        let told = |id: &String| match joins {
            true => format!("would come into group {} as well by now", self.label(id)),
            false => format!("is in group {} by now and would leave it as well", self.label(id)),
        };
        new.map(told).collect()
    }

    fn line(&self, joins: bool, group: &str) -> Vec<String> {
        let Some(groups) = &self.groups else { return Vec::new() };
        if joins { groups.above(group) } else { groups.below(group) }
    }

    /// `7 (Mentors)`
    fn label(&self, id: &str) -> String {
        let named = self.groups.as_ref().and_then(|groups| groups.group(id));
        named.map_or_else(|| id.to_owned(), |group| format!("{id} ({})", group.name))
    }
}
