//! Which other groups somebody comes into, or leaves, with the one that a plan names, by what is there now. More of them than
//! the plan shows are nothing that a person has seen.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::catalog::{Adapter, Deed};
use crate::client::{Client, Error};
use crate::model::{Cascade, Group, above, below};

/// The groups of one account.
#[derive(Default)]
pub(super) struct Along {
    groups: Option<Vec<Group>>,
    /// What lies above (`true`) or below a group.
    lines: HashMap<(bool, String), Vec<String>>,
}

impl Along {
    /// Reads them once, where one group takes others along.
    pub(super) async fn read(&mut self, client: &Client) -> Result<(), Error> {
        let adapter = client.platform().adapter;
        if self.groups.is_some() || adapter.cascade() == Cascade::None {
            return Ok(());
        }
        let mut groups = Vec::new();
        if let Some(list) = adapter.groups(client.connection()) {
            let rows = client.read_all(&list).await?;
            groups.extend(rows.as_array().into_iter().flatten().filter_map(|row| adapter.group(row)));
        }
        self.groups = Some(groups);
        Ok(())
    }

    /// A group that the plan makes or changes, as it will be.
    pub(super) fn learn(&mut self, group: Group) {
        let Some(groups) = &mut self.groups else { return };
        match groups.iter_mut().find(|known| known.id == group.id) {
            Some(known) if *known == group => return,
            Some(known) => *known = group,
            None => groups.push(group),
        }
        self.lines.clear();
    }

    /// What somebody would join or leave besides all that the plan shows (`also`), a sentence each.
    pub(super) fn more(
        &mut self,
        adapter: &dyn Adapter,
        deed: &Deed,
        row: Option<&Value>,
        also: &[String],
    ) -> Vec<String> {
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
            Some(group) => self.line(joins, group).to_vec(),
        };
        let new = others.iter().filter(|id| is_in.contains(*id) != joins && !also.contains(id));
        let told = |id: &String| match joins {
            true => format!("would come into group {} as well by now", self.label(id)),
            false => format!("is in group {} by now and would leave it as well", self.label(id)),
        };
        new.map(told).collect()
    }

    fn line(&mut self, joins: bool, group: &str) -> &[String] {
        let groups = self.groups.as_deref().unwrap_or_default();
        self.lines.entry((joins, group.to_owned())).or_insert_with(|| {
            let found = if joins { above(groups, group) } else { below(groups, group) };
            found.into_iter().map(|group| group.id.clone()).collect()
        })
    }

    /// `7 (Mentors)`
    fn label(&self, id: &str) -> String {
        let named = self.groups.iter().flatten().find(|group| group.id == id);
        named.map_or_else(|| id.to_owned(), |group| format!("{id} ({})", group.name))
    }
}
