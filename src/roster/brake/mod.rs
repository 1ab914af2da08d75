//! Collects the figures that the brakes judge: of a whole sync before its first change, and of a script that writes by
//! itself before the write that would pass a limit. What is too much is decided in `effects::brakes`, nowhere here.

mod ahead;
mod before_sync;
mod changes;
mod free_hand;
mod leaving;
mod mails;
mod people;
mod roles;
mod whole;

pub use ahead::{Ahead, Coming, Mailing};
pub(super) use before_sync::{Asked, check};
pub use free_hand::FreeHand;
pub(super) use mails::{check as check_mails, invitations};
pub(super) use people::groups;
pub(super) use whole::{Weighed, check as check_whole, weigh};

use crate::catalog::Call;
use crate::client::{Client, Error};
use crate::effects::brakes::{Brake, Commands, Hold, Moment, text};

/// Holds the run unless a person has allowed all of this.
async fn unless_approved(client: &Client, call: &Call, mut holds: Vec<Hold>, moment: Moment) -> Result<(), Error> {
    if holds.is_empty() {
        return Ok(());
    }
    if let Some(draft) = client.draft() {
        let place = place_of(call);
        // The hour at which a plan is made says nothing of the one at which it is applied.
        let holds = holds.into_iter().filter(|hold| hold.what != Brake::Quiet);
        holds.for_each(|hold| draft.hold(&place, hold));
        return Ok(());
    }
    let asked = async {
        let approvals = client.ledger().approvals().await?;
        let (approve, resume) = (client.ledger().command("approve").await?, client.ledger().command("resume").await?);
        Ok::<_, crate::effects::Error>((approvals, Commands { approve, resume }))
    };
    let (approvals, commands) = asked.await.map_err(|error| Error::of_ledger(client, error))?;
    holds.retain(|hold| !hold.is_approved(&approvals));
    match holds.is_empty() {
        true => Ok(()),
        false => Err(Error::braked(call, text(&holds, moment, &commands), holds)),
    }
}

/// What several calls of a plan are judged for together: what is said of the last of them is said of all.
fn place_of(call: &Call) -> String {
    let group = call.pieces().first().and_then(|piece| piece.subjects.first()?.0.group.clone());
    format!("{} {}", call.op.noun, group.unwrap_or_else(|| call.args.text("group_id").to_owned()))
}
