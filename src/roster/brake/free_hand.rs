//! The brake of scripts that write by themselves: the write that would pass a limit is not sent. What the run has done is
//! counted by what the script asks for, so that a resumed run, which asks for all of it again, comes to the same numbers.

use std::collections::{HashMap, HashSet};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::changes::{Overwriting, Overwritten};
use super::leaving::{Gone, Shrinking};
use super::roles::Powers;
use super::{mails, unless_approved};
use crate::catalog::{Call, Consequence, Mails, SubjectKind, Write};
use crate::client::{self, Client, Error, With};
use crate::effects::brakes::{Figures, Hold, Moment, judge};
use crate::settings::Limits;

/// The brake of one run, over all its connections.
#[derive(Default)]
pub struct FreeHand {
    /// By account.
    books: tokio::sync::Mutex<HashMap<String, Book>>,
}

/// What one run has done to one account, and what was read for it.
#[derive(Default)]
pub(super) struct Book {
    pub(super) shrinking: Shrinking,
    overwriting: Overwriting,
    powers: Powers,
    destroyed: HashSet<String>,
    /// People whom a plan would write to so far: the ledger knows nothing of them.
    planned_mails: u64,
}

/// What a call is about to do.
#[derive(Default)]
struct Doing {
    figures: Figures,
    gone: Gone,
    overwritten: Overwritten,
    destroyed: Vec<String>,
    known: HashMap<String, Value>,
}

impl client::Brake for FreeHand {
    fn check<'a>(
        &'a self,
        client: &'a Client,
        call: &'a Call,
        with: &'a With,
    ) -> BoxFuture<'a, Result<HashMap<String, Value>, Error>> {
        self.judge(client, call, with).boxed()
    }
}

impl FreeHand {
    async fn judge(&self, client: &Client, call: &Call, with: &With) -> Result<HashMap<String, Value>, Error> {
        let Some(write) = call.op.write(&call.args) else { return Ok(HashMap::new()) };
        if let Some(whole) = call.op.whole {
            return super::whole::free_hand(client, call, whole).await;
        }
        let mut books = self.books.lock().await;
        let book = books.entry(client.account().to_owned()).or_default();
        let mut doing = book.doing(client, call, write).await?;
        if write.mails == Mails::Yes {
            doing.mails(client, call, with, book.planned_mails).await?;
        }
        let holds = judge(&doing.figures, &client.rules().limits).into_iter().map(Hold::up_to).collect();
        unless_approved(client, call, holds, Moment::BeforeSending).await?;
        if let Some(mails) = &doing.figures.mails {
            mails::tell(client, call, mails.now);
        }
        Ok(book.note(doing, client, call))
    }
}

impl Book {
    /// A book in which this is known of the groups, and of who administers them.
    pub(super) fn of(shrinking: Shrinking, powers: Powers) -> Self {
        Self { shrinking, powers, ..Self::default() }
    }

    async fn doing(&mut self, client: &Client, call: &Call, write: &Write) -> Result<Doing, Error> {
        let mut doing = self.taking(client, call, write).await?;
        doing.overwritten = self.overwriting.by(client, call, &mut self.shrinking).await?;
        doing.figures.changes = std::mem::take(&mut doing.overwritten.changes);
        Ok(doing)
    }

    /// What the call takes away, and whom it gives power.
    async fn taking(&mut self, client: &Client, call: &Call, write: &Write) -> Result<Doing, Error> {
        have_powers(client, call).await?;
        let mut doing = Doing { destroyed: destroyed(call), ..Doing::default() };
        doing.gone = match (write.consequence, write.subject.kind) {
            (Consequence::Moves, _) => self.shrinking.moving(client, call).await?,
            (Consequence::Removes, _) => self.shrinking.removal(client, call).await?,
            (Consequence::Deletes, SubjectKind::Person) => self.shrinking.deletion(client, call).await?,
            _ => Gone::default(),
        };
        doing.figures.removals = std::mem::take(&mut doing.gone.removals);
        doing.figures.roles = self.powers.granted(client, call).await?;
        if !doing.destroyed.is_empty() {
            let new = doing.destroyed.iter().filter(|who| !self.destroyed.contains(*who)).count();
            doing.figures.deletes = (self.destroyed.len() + new) as u64;
        }
        Ok(doing)
    }

    /// The holds of a call that is one of many to come, and counts it.
    pub(super) async fn foresee(&mut self, client: &Client, call: &Call, limits: &Limits) -> Result<Vec<Hold>, Error> {
        let Some(write) = call.op.write(&call.args) else { return Ok(Vec::new()) };
        let doing = self.taking(client, call, write).await?;
        let holds = judge(&doing.figures, limits).into_iter().map(Hold::up_to).collect();
        self.note(doing, client, call);
        Ok(holds)
    }

    /// Counts what a call has destroyed, or may have.
    pub(super) fn has_destroyed(&mut self, call: &Call) {
        self.destroyed.extend(destroyed(call));
    }

    /// Nothing has held it: counts it, and gives what was read of its subjects.
    fn note(&mut self, mut doing: Doing, client: &Client, call: &Call) -> HashMap<String, Value> {
        let mut known = std::mem::take(&mut doing.known);
        // Where the call reads for itself, what it reads is what its look-ups need.
        if client.platform().adapter.before(call).is_none() {
            known.extend(std::mem::take(&mut doing.gone.known));
            known.extend(std::mem::take(&mut doing.overwritten.known));
        }
        self.destroyed.extend(doing.destroyed);
        self.planned_mails += doing.figures.mails.as_ref().map_or(0, |mails| mails.now);
        self.shrinking.note(doing.gone);
        self.overwriting.note(doing.overwritten);
        known
    }
}

impl Doing {
    /// Counts whom the call would write to, where it matters.
    async fn mails(&mut self, client: &Client, call: &Call, with: &With, planned: u64) -> Result<(), Error> {
        let people = call.pieces().iter().map(|piece| piece.subjects.len() as u64).sum();
        if client.draft().is_some() || mails::are_to_be_counted(client, planned, people, &client.rules().limits).await?
        {
            let (now, read) = client.would_mail(call, with).await?;
            self.figures.mails = Some(mails::figures(client, planned, now).await?);
            self.known = read;
        }
        Ok(())
    }
}

/// Holds the run where a call deletes for good what the job's file does not allow. No number lets it through.
async fn have_powers(client: &Client, call: &Call) -> Result<(), Error> {
    let (powers, needed) = (&client.rules().powers, call.powers());
    if needed.iter().all(|name| powers.have(name)) {
        return Ok(());
    }
    let resume = client.ledger().command("resume").await.map_err(|error| Error::of_ledger(client, error))?;
    powers.refusal(&needed, &resume).map_or(Ok(()), |words| Err(Error::held(call, words)))
}

/// What the call destroys for good: keys of its subjects.
fn destroyed(call: &Call) -> Vec<String> {
    if call.powers().is_empty() {
        return Vec::new();
    }
    let pieces = call.pieces();
    let subjects = pieces.iter().flat_map(|piece| &piece.subjects);
    subjects.map(|(subject, _)| format!("{} {}", subject.kind.as_str(), subject.key)).collect()
}
