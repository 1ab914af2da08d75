//! Who is who on two accounts, as the plan of a migration has noted it, kept once all of it was done.

use std::collections::BTreeSet;

use super::Applying;
use crate::migrate;
use crate::model::Placeholder;
use crate::plan::Meeting;
use crate::script::Ended;

impl Applying<'_> {
    /// Finds out what each placeholder has become, and keeps who is who; of what was not done nothing is kept.
    pub(super) async fn keep_meetings(&mut self) -> Result<(), Ended> {
        for meeting in &self.plan.meetings {
            let Some(client) = self.clients.get(&meeting.connection).cloned() else { continue };
            let named = meeting.group.iter().chain(meeting.who.iter().map(|(_, other)| other));
            let wanted: BTreeSet<String> =
                named.filter(|name| Placeholder::is_in(name) && !self.filled.contains_key(*name)).cloned().collect();
            self.resolve(&client, &wanted).await?;
            let Some(group) = meeting.group.as_deref().map_or(Some(None), |group| self.stands_for(group).map(Some))
            else {
                continue;
            };
            let met = Meeting { who: self.met(meeting), ..meeting.clone() };
            migrate::found(&client, &met, group.as_deref()).await.map_err(|error| self.ended(error))?;
        }
        Ok(())
    }

    fn met(&self, meeting: &Meeting) -> Vec<(String, String)> {
        let spoilt = |address: &str| self.spoilt.contains(&format!("person {}", address.to_lowercase()));
        let is_awaited = meeting.kind == migrate::PENDING;
        let known = |(one, other): &(String, String)| Some((one.clone(), self.stands_for(other)?));
        meeting.who.iter().filter(|(_, other)| !(is_awaited && spoilt(other))).filter_map(known).collect()
    }

    /// What a name of the plan stands for by now; `None` where that was not made.
    fn stands_for(&self, name: &str) -> Option<String> {
        match Placeholder::is_in(name) {
            true => self.filled.get(name).cloned(),
            false => Some(name.to_owned()),
        }
    }
}
