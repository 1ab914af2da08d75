//! Holds removals that would be too many: before the first change of a roster's sync, and before the one that would pass
//! the limit in a script that removes by itself. The numbers are judged in `effects::brakes`.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Figures;
use crate::catalog::{Call, Consequence};
use crate::client::{self, Client, Error};
use crate::effects::brakes::{self, Brake, Hold, Limits, Removals};

/// Holds a sync when it would do too much. Everything is said at once: a person decides on the whole.
pub(super) async fn check(
    client: &Client,
    call: &Call,
    group: &str,
    figures: &Figures,
    limits: &Limits,
) -> Result<(), Error> {
    let (lately, of_this_run) = lately(client, group, limits).await?;
    let count = |number: usize| number as u64;
    let removals = Removals {
        members: count(figures.present),
        admins: count(figures.admins),
        leaving: count(figures.removals),
        admins_leaving: count(figures.admins - figures.admins_left),
        arriving: count(figures.adds),
        lately,
        of_this_run,
    };
    let removals = match figures.wanted {
        0 => removals.of_nobody(group),
        _ => removals.hold(group, limits),
    };
    let holds = [
        brakes::overlap(group, count(figures.wanted), count(figures.present), count(figures.overlap), limits),
        removals,
        brakes::changes(group, count(figures.present), count(figures.overwrites), limits),
    ];
    let approvals = client.ledger().approvals().await.map_err(|error| Error::of_ledger(client, error))?;
    let holds: Vec<Hold> = holds.into_iter().flatten().filter(|hold| !hold.is_approved(&approvals)).collect();
    match holds.is_empty() {
        true => Ok(()),
        false => Err(Error::held(call, sentence(client, &holds).await?)),
    }
}

/// What is held, and what to type if it is meant.
async fn sentence(client: &Client, holds: &[Hold]) -> Result<String, Error> {
    let approve = approve(client).await?;
    let what: Vec<&str> = holds.iter().map(|hold| hold.sentence.as_str()).collect();
    let flags: Vec<String> = holds.iter().map(|hold| format!("--{} {}", hold.what.as_str(), hold.number)).collect();
    Ok(format!(
        "held before the first change: {}\nif it is meant, type: {approve} {} --reason \"…\"",
        what.join("; "),
        flags.join(" ")
    ))
}

/// `beadle approve 20261122-0158-k3f9 --sandbox`
async fn approve(client: &Client) -> Result<String, Error> {
    client.ledger().command("approve").await.map_err(|error| Error::of_ledger(client, error))
}

/// People taken out of the group in the last days by this store, and how many of them by this run.
async fn lately(client: &Client, group: &str, limits: &Limits) -> Result<(u64, u64), Error> {
    let ledger = client.ledger();
    let asked = async {
        let all = ledger.removals(client.account(), group, limits.days).await?;
        Ok::<_, crate::effects::Error>((all, ledger.removals_of_this_run(client.account(), group).await?))
    };
    asked.await.map_err(|error| Error::of_ledger(client, error))
}

/// The brake of scripts that remove by themselves.
pub struct FreeHand {
    limits: Limits,
    /// Members of a group when this run first removed somebody, by account and group.
    sizes: Mutex<HashMap<(String, String), u64>>,
}

impl FreeHand {
    /// With these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, sizes: Mutex::default() }
    }

    async fn judge(&self, client: &Client, call: &Call) -> Result<(), Error> {
        let hold = match call.op.write(&call.args).map(|write| write.consequence) {
            Some(Consequence::Removes) => self.removal(client, call).await?,
            Some(Consequence::Deletes) => self.deletion(client, call).await?,
            _ => None,
        };
        let Some(hold) = hold else { return Ok(()) };
        let approvals = client.ledger().approvals().await.map_err(|error| Error::of_ledger(client, error))?;
        // Nobody can know how many more a script would remove: an approval is the most it may.
        let most = approvals.iter().filter(|given| given.what == hold.what.as_str()).map(|given| given.number).max();
        match most.is_some_and(|most| u64::try_from(most).is_ok_and(|most| hold.number <= most)) {
            true => Ok(()),
            false => Err(Error::held(call, free_hand(&approve(client).await?, &hold))),
        }
    }

    /// One more person out of a group.
    async fn removal(&self, client: &Client, call: &Call) -> Result<Option<Hold>, Error> {
        let people = call.pieces().iter().map(|piece| piece.subjects.len() as u64).sum::<u64>();
        let group = call.pieces().first().and_then(|piece| piece.subjects.first()?.0.group.clone()).unwrap_or_default();
        let (lately, of_this_run) = lately(client, &group, &self.limits).await?;
        let members = self.size(client, &group, of_this_run).await? - of_this_run;
        let removals = Removals { members, leaving: people, lately, of_this_run, ..Removals::default() };
        Ok(removals.hold(&group, &self.limits))
    }

    /// One more account: more than a few are held, whatever the community's size.
    async fn deletion(&self, client: &Client, call: &Call) -> Result<Option<Hold>, Error> {
        let tally = client.ledger().tally().await.map_err(|error| Error::of_ledger(client, error))?;
        let before: u64 = tally
            .iter()
            .filter(|row| row.operation == call.op.name() && row.state.happened())
            .map(|row| row.count)
            .sum();
        let number = before + 1;
        Ok((number > self.limits.few).then(|| Hold {
            what: Brake::Removals,
            number,
            of: self.limits.few,
            sentence: format!("{} would delete {number} accounts in this run", call.op.name()),
        }))
    }

    /// The group's members before this run removed anybody.
    async fn size(&self, client: &Client, group: &str, ours: u64) -> Result<u64, Error> {
        let key = (client.account().to_owned(), group.to_owned());
        if let Some(size) = self.sizes.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(*size);
        }
        let list = client.platform().adapter.members(client.connection(), group);
        let list = list.map_err(|why| Error::unsupported(client, &why))?;
        let size = client.count(&list).await?.unwrap_or(0) + ours;
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner).insert(key, size);
        Ok(size)
    }
}

impl client::Brake for FreeHand {
    fn check<'a>(&'a self, client: &'a Client, call: &'a Call) -> BoxFuture<'a, Result<(), Error>> {
        self.judge(client, call).boxed()
    }
}

fn free_hand(approve: &str, hold: &Hold) -> String {
    format!(
        "held before it was sent: {}\nif it is meant, type the most that this run may do in place of N: \
         {approve} --{} N --reason \"…\"",
        hold.sentence,
        hold.what.as_str()
    )
}
