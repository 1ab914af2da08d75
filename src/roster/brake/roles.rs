//! Who would get an administrator's power by a call and does not have it yet.

use std::collections::HashMap;

use super::people::person;
use crate::catalog::{Call, Grant};
use crate::client::{Client, Error};

/// Whom this run has given power, or not, each asked for once.
#[derive(Default)]
pub(super) struct Powers {
    /// Whether it was new to them.
    asked: HashMap<(String, Option<String>), bool>,
}

impl Powers {
    /// How many people this run gives a power that they had not, this call included. Whoever administers the group above
    /// has the power over all below it already.
    pub(super) async fn granted(&mut self, client: &Client, call: &Call) -> Result<u64, Error> {
        let grants = call.grants();
        let mut is_new = false;
        for Grant { person, group } in grants {
            let key = (person.to_lowercase(), group);
            let new = match self.asked.get(&key) {
                Some(new) => *new,
                None => {
                    let new = !administers(client, key.1.as_deref(), &key.0).await?;
                    self.asked.insert(key, new);
                    new
                }
            };
            is_new |= new;
        }
        let people = || {
            let mut people: Vec<&str> =
                self.asked.iter().filter(|(_, new)| **new).map(|((person, _), _)| person.as_str()).collect();
            people.sort_unstable();
            people.dedup();
            people.len() as u64
        };
        Ok(if is_new { people() } else { 0 })
    }
}

/// Whether somebody administers this group, or any where none is meant.
async fn administers(client: &Client, group: Option<&str>, key: &str) -> Result<bool, Error> {
    let found = person(client, None, key).await?;
    Ok(found.is_some_and(|member| {
        member.groups.iter().any(|place| place.admin && group.is_none_or(|group| group == place.group))
    }))
}
