//! What placeholders stand for, looked up: of what earlier steps have made, and of what an earlier attempt has. Its one rule:
//! what is in doubt is settled before anything that is there is taken for somebody else's.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Applying, id_of};
use crate::catalog::Doubt;
use crate::client::Client;
use crate::runs::planning::failed;
use crate::script::Ended;

/// What is looked up in one go: connection, operation, group.
type Together = (String, String, Option<String>);

impl Applying<'_> {
    /// What an earlier attempt has left in doubt is looked up: whether it was us has to be known before what is there is
    /// taken for somebody else's.
    pub(super) async fn settle(&self) -> Result<(), Ended> {
        for client in self.clients.values() {
            client.settle_open_doubts().await.map_err(|error| self.ended(error))?;
        }
        Ok(())
    }

    /// Looks up what an earlier attempt has made: later touches of the same people speak of it.
    pub(super) async fn fill_begun(&mut self, begun: &HashSet<(usize, usize)>) -> Result<(), Ended> {
        let gives = |&(place, at): &(usize, usize)| {
            let step = &self.plan.steps[place];
            Some((step.connection.clone(), step.touches[at].gives.clone()?))
        };
        let mut made: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (connection, name) in begun.iter().filter_map(gives) {
            made.entry(connection).or_default().insert(name);
        }
        for (connection, wanted) in made {
            let Some(client) = self.clients.get(&connection).cloned() else { continue };
            self.resolve(&client, &wanted).await?;
        }
        Ok(())
    }

    /// Looks up what earlier steps have made, all of one operation and group in one go.
    pub(super) async fn resolve(&mut self, client: &Client, wanted: &BTreeSet<String>) -> Result<(), Ended> {
        let mut places: BTreeMap<usize, Vec<(usize, &String)>> = BTreeMap::new();
        for name in wanted {
            if let Some(&(place, at)) = self.makers.get(name.as_str()) {
                places.entry(place).or_default().push((at, name));
            }
        }
        // Steps stand in their order: what a later one is made in, an earlier one has made.
        let mut together: Vec<(Together, Vec<(Doubt, &String)>)> = Vec::new();
        for (place, makers) in places {
            let step = &self.plan.steps[place];
            let subjects = self.subjects(place).map_err(failed)?;
            for (at, name) in makers {
                let Some(question) = self.question(place, at, &subjects) else { continue };
                let key = (step.connection.clone(), step.operation.clone(), question.subject.group.clone());
                if together.last().is_none_or(|(known, _)| *known != key) {
                    self.look_up(client, std::mem::take(&mut together)).await?;
                    together.push((key, Vec::new()));
                }
                // What was looked up since may be what this one is made in.
                let question = self.question(place, at, &subjects).unwrap_or(question);
                together.last_mut().into_iter().for_each(|(_, questions)| questions.push((question.clone(), name)));
            }
        }
        self.look_up(client, together).await
    }

    async fn look_up(
        &mut self,
        client: &Client,
        together: Vec<(Together, Vec<(Doubt, &String)>)>,
    ) -> Result<(), Ended> {
        for ((connection, ..), asked) in together {
            let client = self.clients.get(&connection).unwrap_or(client);
            let questions: Vec<Doubt> = asked.iter().map(|(question, _)| question.clone()).collect();
            let rows = client.rows(&questions).await.map_err(|error| self.ended(error))?.unwrap_or_default();
            for ((_, name), row) in asked.into_iter().zip(rows) {
                if let Some(id) = row.as_ref().and_then(id_of) {
                    self.filled.insert(name.clone(), id);
                }
            }
        }
        Ok(())
    }
}
