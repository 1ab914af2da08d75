//! The brakes of a plan that is about to be applied. When it was made, nobody knew what others would remove since, what the
//! settings would say, whether somebody would watch and what hour it would be.

use std::collections::{BTreeMap, HashMap};

use super::Applying;
use super::fresh::Fresh;
use crate::catalog::{Call, Mails, SubjectKind};
use crate::plan::{Sign, Step, Touch};
use crate::roster::{Ahead, Coming, Mailing};
use crate::runs::planning::failed;
use crate::script::Ended;
use crate::settings::Partial;

impl Applying<'_> {
    /// Holds the plan if what is left of it is more than it may do now.
    pub(super) async fn brake(&self, fresh: &Fresh) -> Result<(), Ended> {
        let (mut ahead, mut mailed): (BTreeMap<&str, Ahead>, u64) = (BTreeMap::new(), 0);
        for (place, step) in self.plan.steps.iter().enumerate() {
            let on = ahead.entry(&step.connection).or_default();
            let to_do: Vec<usize> =
                self.to_do(place, fresh).0.into_iter().filter(|&at| !fresh.begun.contains(&(place, at))).collect();
            for touch in to_do.iter().map(|&at| &step.touches[at]).filter(|touch| touch.sign == Sign::Add) {
                for group in touch.group.iter().chain(&touch.also) {
                    *on.arriving.entry(group.clone()).or_default() += 1;
                }
            }
            let call = self.plan.call(place).map_err(failed)?;
            on.in_charge.extend(in_charge(step, &call));
            let Some(write) = call.op.write(&call.args) else { continue };
            let limits = Partial::of_call(&step.limits).unwrap_or_default();
            if write.mails == Mails::Yes && !to_do.is_empty() {
                mailed += to_do.len() as u64;
                on.mails.push(Mailing { call: call.clone(), people: mailed, limits: limits.clone() });
            }
            if !Ahead::concerns(&call, write) {
                continue;
            }
            let begun = (0..step.touches.len()).filter(|&at| fresh.begun.contains(&(place, at))).collect();
            on.begun.extend(part(&call, begun));
            let known = to_do.into_iter().filter(|&at| !(step.touches[at].waits() && call.grants().is_empty()));
            let known: Vec<usize> = known.collect();
            let rows: HashMap<_, _> = known
                .iter()
                .filter_map(|&at| Some((step.touches[at].subject.clone(), fresh.leaving.get(&(place, at))?.clone())))
                .collect();
            on.calls.extend(part(&call, known).map(|call| Coming { call, rows, limits }));
        }
        for (connection, ahead) in ahead {
            let Some(client) = self.clients.get(connection) else { continue };
            ahead.check(client).await.map_err(|error| self.ended(error))?;
        }
        Ok(())
    }
}

/// Who is put in charge of the groups that a step makes.
fn in_charge(step: &Step, call: &Call) -> Vec<(String, String)> {
    let made = step.touches.iter().enumerate().filter(|(_, touch)| touch.kind == SubjectKind::Group.as_str());
    let granted = |(at, touch): (usize, &Touch)| {
        let group = touch.gives.clone()?;
        let grants = part(call, vec![at]).map(|call| call.grants()).unwrap_or_default();
        Some(grants.into_iter().map(move |grant| (group.clone(), grant.person.to_lowercase())))
    };
    made.filter_map(granted).flatten().collect()
}

/// The call for these of its subjects; `None` for nobody.
fn part(call: &Call, places: Vec<usize>) -> Option<Call> {
    let piece = call.pieces().into_iter().next().filter(|_| !places.is_empty())?;
    Some(piece.only(&places).call)
}
