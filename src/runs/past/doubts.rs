//! Everything that is not at rest: what is in doubt, and what a platform has only promised.

use serde_json::{Value, json};

use super::super::history::{Doubts, Owner};
use super::{Denied, PAGE, Past, is_gone};
use crate::store::{EffectRow, LooseGroup, Trace};

/// Everything that is not at rest.
#[derive(Clone, Debug)]
pub struct Loose {
    /// In doubt, then what is only promised.
    pub groups: Vec<Doubts>,
    /// Effects on sandboxes that are gone.
    pub left_out: i64,
}

impl Past {
    /// All that nobody works on, and doubts of runs that somebody does.
    pub async fn loose(&self) -> Result<Loose, Denied> {
        let (groups, world) = (self.store.loose_groups().await?, self.store.world().await?);
        let (gone, here): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| is_gone(&group.account, world.as_ref()));
        let mut groups = Vec::with_capacity(here.len());
        for group in here {
            let owner = self.owner(&group.run)?;
            groups.push(Doubts { group, owner, flags: self.flags.clone(), times: self.times.clone() });
        }
        groups.retain(|doubts| !doubts.are_under_way());
        groups.sort_by_key(Doubts::are_promised);
        Ok(Loose { groups, left_out: gone.iter().map(|group| group.count).sum() })
    }

    /// The numbers of these groups' effects.
    pub async fn numbers<'a>(&self, groups: impl Iterator<Item = &'a Doubts>) -> Result<Vec<i64>, Denied> {
        let mut numbers = Vec::new();
        for doubts in groups {
            let mut after = 0;
            loop {
                let page = self.store.loose(&doubts.group, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.effect.id;
                numbers.extend(page.iter().map(|trace| trace.effect.id));
            }
        }
        Ok(numbers)
    }

    /// Up to `limit` of them after this number, each with its number, as objects.
    pub async fn doubts_after(&self, after: i64, limit: usize) -> Result<Vec<(i64, Value)>, Denied> {
        let loose = self.loose().await?;
        let (mut numbers, _) = self.store.unsettled().await?;
        numbers.retain(|number| *number > after);
        let mut found = Vec::new();
        for number in numbers {
            let Some(trace) = self.store.trace(number).await? else { continue };
            // What is under way or on a sandbox that is gone belongs to none of them.
            let doubts = loose.groups.iter().find(|doubts| is_among(&doubts.group, &trace));
            found.extend(doubts.map(|doubts| (number, doubts.json(&trace))));
            if found.len() >= limit {
                break;
            }
        }
        Ok(found)
    }

    /// Those of these effects of which somebody knows by now.
    pub async fn at_rest(&self, numbers: &[i64]) -> Result<Vec<Trace>, Denied> {
        let mut found = Vec::new();
        for &number in numbers {
            found.extend(self.store.trace(number).await?.filter(|trace| !is_open(&trace.effect)));
        }
        Ok(found)
    }
}

impl Loose {
    /// How many are in doubt.
    pub fn in_doubt(&self) -> i64 {
        self.doubts().map(|doubts| doubts.group.count).sum()
    }

    /// Those in doubt, without what is only promised.
    pub fn doubts(&self) -> impl Iterator<Item = &Doubts> {
        self.groups.iter().filter(|doubts| !doubts.are_promised())
    }

    /// How many are promised and not seen.
    pub fn promised(&self) -> i64 {
        self.groups.iter().map(|doubts| doubts.group.count).sum::<i64>() - self.in_doubt()
    }

    /// Runs whose doubts can be settled, each with their number, in the order in which they come.
    pub fn runs(&self) -> Vec<(&str, i64)> {
        let mut runs: Vec<(&str, i64)> = Vec::new();
        for doubts in self.doubts().filter(|doubts| doubts.owner == Owner::Nobody) {
            let group = &doubts.group;
            match runs.iter_mut().find(|(run, _)| *run == group.run) {
                Some((_, count)) => *count += group.count,
                None => runs.push((&group.run, group.count)),
            }
        }
        runs
    }

    /// Connections to be asked, each with the account that the doubts are about.
    pub fn places(&self) -> Vec<(String, String)> {
        let mut places: Vec<(String, String)> = Vec::new();
        for doubts in self.groups.iter().filter(|doubts| doubts.owner == Owner::Nobody) {
            let place = (doubts.group.connection.clone(), doubts.group.account.clone());
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// How many there are, in words.
    pub fn text(&self) -> String {
        let mut words = match self.in_doubt() {
            0 => "nothing is in doubt".to_owned(),
            count => format!("{count} in doubt"),
        };
        if self.promised() > 0 {
            words.push_str(&format!("; {} promised by the platform and not seen yet", self.promised()));
        }
        if self.left_out > 0 {
            words.push_str(&format!("; {} on sandboxes that are gone are left out", self.left_out));
        }
        words
    }

    /// The same for programs.
    pub fn json(&self) -> Value {
        let (in_doubt, promised, left_out) = (self.in_doubt(), self.promised(), self.left_out);
        json!({ "type": "doubts", "in_doubt": in_doubt, "promised": promised, "left_out": left_out })
    }
}

fn is_among(group: &LooseGroup, trace: &Trace) -> bool {
    let effect = &trace.effect;
    (&group.account, &group.connection, &group.op) == (&effect.account, &trace.connection, &effect.op)
        && (&group.run, &group.state, group.job) == (&effect.run, &effect.state, effect.job.is_some())
}

/// Whether nobody knows of it for good.
pub(super) fn is_open(effect: &EffectRow) -> bool {
    ["open", "accepted", "doubt"].contains(&effect.state.as_str())
}
