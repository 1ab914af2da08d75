//! A plan that writes to people, held before it is applied: when it was made, nobody knew whether somebody would watch and
//! what hour it would be.

use super::applying::Applying;
use super::planning::failed;
use crate::catalog::{Call, Mails};
use crate::plan::Sign;
use crate::roster::check_planned_mails;
use crate::script::Ended;

impl Applying<'_> {
    /// Holds the plan if it would write to more people than it may now.
    pub(super) async fn check_mails(&self) -> Result<(), Ended> {
        let (mut people, mut calls): (u64, Vec<Call>) = (0, Vec::new());
        for (place, step) in self.plan.steps.iter().enumerate() {
            let call = self.plan.call(place).map_err(failed)?;
            if call.op.write(&call.args).is_some_and(|write| write.mails == Mails::Yes) {
                people += step.touches.iter().filter(|touch| touch.sign != Sign::Same).count() as u64;
                if !calls.iter().any(|known| known.connection == call.connection) {
                    calls.push(call);
                }
            }
        }
        for call in &calls {
            let Some(client) = self.clients.get(&call.connection) else { continue };
            check_planned_mails(client, call, people).await.map_err(|error| self.ended(error))?;
        }
        Ok(())
    }
}
