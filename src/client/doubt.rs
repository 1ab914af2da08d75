//! What nobody knows: asked of the platform, settled by what it shows, kept for a person where it shows nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use serde_json::Value;
use tracing::Instrument as _;

use super::answer::Merged;
use super::follow::{Ended, is_believed, share_of_job};
use super::question::{question, written};
use super::replaced::{is_replaced, unknown_roster};
use super::{Client, Error, Policy, traced};
use crate::catalog::{Args, Call, Consequence, Doubt, LookUp, Piece, Repeat, Verdict};
use crate::effects::{Answered, Error as LedgerError, Intent, Settled, Why};

/// After this, an update is no longer "at once".
const SAME_BREATH_MS: i64 = 15 * 60 * 1000;
/// A look-up in words, for the ledger.
const BY_LOOK_UP: &str = "look-up";

impl Client {
    /// Notes what the ledger answered for a subject. Returns its place if it may be sent after all: an object that an
    /// earlier run made must still be there.
    pub(super) async fn answered(
        &self,
        piece: &Piece,
        intent: &Intent,
        answered: Answered,
        merged: &mut Merged,
    ) -> Result<Option<usize>, Error> {
        let Some((subject, _)) = piece.subjects.get(answered.place) else { return Ok(None) };
        match &answered.why {
            Why::Elsewhere { .. } => {
                merged.stuck(Error::in_doubt(&piece.call, answered.why.sentence()));
                return Ok(None);
            }
            Why::Made { .. } => {
                // What was there before this call is the object itself.
                let question = Doubt { before: Value::Null, ..question(piece, answered.place, intent, 0) };
                if self.shown(&[question]).await?.first() == Some(&Verdict::NotApplied) {
                    let forgotten = self.ledger().forget_object(self.account(), &piece.call.op.name(), subject).await;
                    forgotten.map_err(|error| Error::ledger(&piece.call, error))?;
                    return Ok(Some(answered.place));
                }
            }
            _ => {}
        }
        merged.already(subject.clone(), answered.why.sentence(), answered.share);
        Ok(None)
    }

    /// Looks doubts up. One that no read settles is how the call ends, unless what is sent takes its place. `lost` says
    /// whether this very call was sent just now, as often as it may be, and its answer was lost.
    pub(super) async fn settle_doubts(
        &self,
        piece: &Piece,
        doubts: Vec<(usize, Doubt)>,
        lost: bool,
        merged: &mut Merged,
    ) -> Result<Stood, Error> {
        let (mut free, mut done, mut open) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        let mut passed = Vec::new();
        for (_, group) in grouped(doubts) {
            let verdicts = match self.verdicts(&group).await {
                Ok(verdicts) => verdicts,
                Err(error) => {
                    let why = self.not_looked_up(&group, error).await?.message;
                    open.extend(group.into_iter().map(|(place, doubt)| (place, (doubt.subject.key, why.clone()))));
                    continue;
                }
            };
            for ((place, doubt), verdict) in group.into_iter().zip(verdicts) {
                let same = doubt.operation == piece.call.op.name()
                    && piece.subjects.get(place).is_some_and(|(_, part)| *part == doubt.wanted);
                let passes = match is_replaced(piece, &doubt, &verdict) {
                    true => !lost,
                    false => self.is_sent_again(piece, &doubt, &verdict),
                };
                match self.note(&doubt, &verdict).await.map_err(|error| Error::ledger(&piece.call, error))? {
                    Noted::Kept(_) if passes => passed.push(doubt.effect),
                    Noted::Kept(why) => {
                        open.insert(place, (doubt.subject.key, why.to_owned()));
                        continue;
                    }
                    Noted::Settled | Noted::Elsewhere => {}
                }
                match verdict {
                    Verdict::Applied(share) if same => {
                        done.insert(place, share);
                    }
                    _ => {
                        free.insert(place);
                    }
                }
            }
        }
        // One person may have several doubts: one that stays holds the person back, one that is the wish itself fulfils it.
        done.retain(|place, _| !open.contains_key(place));
        free.retain(|place| !open.contains_key(place) && !done.contains_key(place));
        done.into_values().for_each(|share| merged.found(share));
        if let Some((subject, why)) = open.values().next() {
            let words = format!(
                "{} of {} in doubt, a person must look; {subject}: {why}; run again later and it is looked up anew",
                open.len(),
                piece.subjects.len()
            );
            let words = if lost && piece.call.op.whole.is_some() { unknown_roster(piece) } else { words };
            merged.stuck(Error::in_doubt(&piece.call, words));
        }
        Ok(Stood { free: free.into_iter().collect(), all: open.is_empty(), passed })
    }

    /// Writes down what a look-up has shown of a doubt.
    pub(super) async fn note(&self, doubt: &Doubt, verdict: &Verdict) -> Result<Noted, LedgerError> {
        let settled = match verdict {
            Verdict::Applied(share) => Settled::Applied(share.clone()),
            Verdict::NotApplied => Settled::NotApplied,
            Verdict::Unknown(why) | Verdict::Stale(why) => {
                let kept = self.ledger().keep_doubt(doubt.effect, why).await;
                return elsewhere(kept, Noted::Kept(why));
            }
        };
        elsewhere(self.ledger().settle_doubt(doubt.effect, settled, BY_LOOK_UP).await, Noted::Settled)
    }

    /// Gives the platform's queue a moment and notes which of its promises it has kept. Returns how many of this run's it
    /// has not kept yet.
    pub async fn confirm_queued(&self) -> Result<usize, Error> {
        let ours = self.ledger().run().to_owned();
        Ok(self.confirm(|run| run == ours).await?.1)
    }

    /// The same for the promises to all runs of the account. Returns how many were kept, and how many were not yet.
    pub async fn confirm_all_queued(&self) -> Result<(usize, usize), Error> {
        self.confirm(|_| true).await
    }

    async fn confirm(&self, which: impl Fn(&str) -> bool) -> Result<(usize, usize), Error> {
        let queued = self.ledger().queued(self.account()).await.map_err(|error| Error::of_ledger(self, error))?;
        let queued: Vec<_> =
            queued.into_iter().filter(|loose| which(&loose.run)).map(|loose| (0, loose.doubt)).collect();
        let all = queued.len();
        let mut waiting = queued.len();
        for (_, group) in grouped(queued) {
            let mut doubts: Vec<Doubt> = group.into_iter().map(|(_, doubt)| doubt).collect();
            let young = !self.left(&doubts, self.policy().prove).is_zero();
            self.rest(self.left(&doubts, self.policy().settle)).await?;
            waiting -= self.kept_of(&mut doubts).await?;
            // The answer may have taken as long as the wait, and the queue begun only then: once more, after as long.
            if young && !doubts.is_empty() {
                self.rest(self.policy().settle).await?;
                waiting -= self.kept_of(&mut doubts).await?;
            }
        }
        Ok((all - waiting, waiting))
    }

    /// How many of these promises the platform shows as kept; those that it does not are left.
    async fn kept_of(&self, promised: &mut Vec<Doubt>) -> Result<usize, Error> {
        let verdicts = self.looked(promised).await?;
        let shown = promised.iter().zip(verdicts).filter(|(_, verdict)| matches!(verdict, Verdict::Applied(_)));
        let shown: Vec<i64> = shown.map(|(doubt, _)| doubt.effect).collect();
        self.ledger().seen(&shown).await.map_err(|error| Error::of_ledger(self, error))?;
        promised.retain(|doubt| !shown.contains(&doubt.effect));
        Ok(shown.len())
    }

    /// What the platform shows of doubts of one operation and group.
    pub(super) async fn verdicts(&self, doubts: &[(usize, Doubt)]) -> Result<Vec<Verdict>, Error> {
        let span = self.look_up(doubts.len());
        let looked = self.verdicts_on(doubts).instrument(span.clone()).await;
        traced::failed(&span, &looked);
        looked
    }

    async fn verdicts_on(&self, doubts: &[(usize, Doubt)]) -> Result<Vec<Verdict>, Error> {
        let mut verdicts: Vec<Option<Verdict>> = vec![None; doubts.len()];
        let ended_well = self.jobs(doubts, &mut verdicts).await?;
        let left: Vec<usize> = (0..doubts.len()).filter(|&at| verdicts[at].is_none()).collect();
        if !left.is_empty() {
            let asked: Vec<Doubt> = left.iter().map(|&at| doubts[at].1.clone()).collect();
            for (at, verdict) in left.into_iter().zip(self.shown(&asked).await?) {
                // What reads never show is as the platform says of its job.
                let job = doubts[at].1.job.as_deref();
                verdicts[at] = Some(match verdict {
                    Verdict::Unknown(_) if job.is_some_and(|job| ended_well.contains(job)) => Verdict::Applied(None),
                    verdict => self.still_wanted(&doubts[at].1, verdict),
                });
            }
        }
        let nothing = || Verdict::Unknown("nothing shows it");
        Ok(verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(nothing)).collect())
    }

    /// Doubts whose call the platform had accepted: their jobs are followed, never submitted again. Returns the jobs that
    /// have ended well, also where only reads can tell for whom.
    async fn jobs<'a>(
        &self,
        doubts: &'a [(usize, Doubt)],
        verdicts: &mut [Option<Verdict>],
    ) -> Result<HashSet<&'a str>, Error> {
        let mut ended_well = HashSet::new();
        let mut ends: HashMap<&str, Option<Verdict>> = HashMap::new();
        for (at, (_, doubt)) in doubts.iter().enumerate() {
            let (Some(job), Some(op)) = (doubt.job.as_deref(), self.operation(doubt)) else { continue };
            let Some(follow) = op.follow else { continue };
            if !ends.contains_key(job) {
                let rows = doubts.iter().filter(|(_, other)| other.job.as_deref() == Some(job)).count();
                // What a call that is never cut was asked for stands whole in its doubt.
                let args = match (op.batch, &doubt.wanted) {
                    (None, Value::Object(wanted)) => Args::from_checked(wanted.clone()),
                    _ => Args::default(),
                };
                let connection = self.connection().to_owned();
                let call = Call { platform: self.platform(), op, connection, args };
                let ended = self.follow(&call, &follow, job).await?;
                if matches!(ended, Ended::Done(_)) {
                    ended_well.insert(job);
                }
                let end = match ended {
                    Ended::Done(answer) if is_believed(op, &follow, &answer, rows) => {
                        Some(Verdict::Applied(share_of_job(op, &answer)))
                    }
                    Ended::Running => Some(Verdict::Unknown("the platform still works on it")),
                    Ended::Done(_) | Ended::Failed(_) | Ended::Unknown => None,
                };
                ends.insert(job, end);
            }
            verdicts[at] = ends.get(job).cloned().flatten();
        }
        Ok(ended_well)
    }

    /// Reads until what was sent had the time to show.
    pub(super) async fn shown(&self, doubts: &[Doubt]) -> Result<Vec<Verdict>, Error> {
        let Some(look_up) = self.platform().adapter.look_up(self.connection(), doubts) else {
            return Ok(vec![Verdict::Unknown("the platform has nothing that would show it"); doubts.len()]);
        };
        let op = doubts.first().and_then(|doubt| self.operation(doubt));
        let only_proves = op.and_then(written).is_some_and(|write| write.repeat == Repeat::ProvesOnlyDone);
        let alone = op.and_then(|op| op.batch).is_some_and(|batch| batch.one_at_a_time);
        self.rest(self.left(doubts, self.policy().settle)).await?;
        let mut verdicts = self.judged(&look_up, doubts).await?;
        if only_proves {
            for wait in Policy::looks(self.left(doubts, self.policy().prove)) {
                if !self.may_still_show(doubts, &verdicts) {
                    break;
                }
                self.rest(wait).await?;
                verdicts = self.judged(&look_up, doubts).await?;
            }
        }
        // Work that nobody can ask after may still go on: it is over when two looks agree.
        while alone && verdicts.contains(&Verdict::NotApplied) {
            self.rest(self.policy().settle).await?;
            let again = self.judged(&look_up, doubts).await?;
            let still = again == verdicts;
            verdicts = again;
            if still {
                break;
            }
        }
        Ok(verdicts)
    }

    /// Whether waiting can tell more: one that is old enough to be shown, and is not, keeps nobody waiting.
    fn may_still_show(&self, doubts: &[Doubt], verdicts: &[Verdict]) -> bool {
        let prove = self.policy().prove;
        let young = |doubt: &Doubt| !self.left(std::slice::from_ref(doubt), prove).is_zero();
        let mut both = doubts.iter().zip(verdicts);
        both.any(|(doubt, verdict)| matches!(verdict, Verdict::Unknown(_)) && young(doubt))
    }

    /// What one look at the platform shows, now.
    pub(super) async fn looked(&self, doubts: &[Doubt]) -> Result<Vec<Verdict>, Error> {
        match self.platform().adapter.look_up(self.connection(), doubts) {
            Some(look_up) => self.judged(&look_up, doubts).await,
            None => Ok(vec![Verdict::Unknown("the platform has nothing that would show it"); doubts.len()]),
        }
    }

    async fn judged(&self, look_up: &LookUp, doubts: &[Doubt]) -> Result<Vec<Verdict>, Error> {
        let mut reads: Vec<Value> = Vec::with_capacity(look_up.reads.len());
        for read in &look_up.reads {
            reads.push(self.read_all(read).await?);
        }
        Ok(doubts.iter().map(|doubt| (look_up.judge)(doubt, &reads)).collect())
    }

    pub(super) fn is_at_once(&self, doubt: &Doubt) -> bool {
        self.clock().now_ms() - doubt.begun_at <= SAME_BREATH_MS
    }

    /// An update that did not happen is sent again only while nobody can have changed the same in between: at once, or
    /// where the values from before are known to be there still.
    fn still_wanted(&self, doubt: &Doubt, verdict: Verdict) -> Verdict {
        let write = self.operation(doubt).and_then(written);
        let changes = write.is_some_and(|write| write.consequence == Consequence::Changes);
        let late = !self.is_at_once(doubt) && doubt.before.get("fields").is_none();
        match verdict {
            Verdict::NotApplied if changes && late => Verdict::Stale(
                "it was not made, and what was there before is not known: somebody may have changed it since",
            ),
            other => other,
        }
    }

    /// How much of a span since the youngest of these began is still to come.
    fn left(&self, doubts: &[Doubt], span: Duration) -> Duration {
        let youngest = doubts.iter().map(|doubt| doubt.begun_at).max().unwrap_or(0);
        let age = u64::try_from(self.clock().now_ms() - youngest).unwrap_or(0);
        span.saturating_sub(Duration::from_millis(age))
    }
}

/// What became of the doubts that stood before a call.
pub(super) struct Stood {
    /// Places that may be sent now.
    pub(super) free: Vec<usize>,
    /// Whether none is left that the call must wait for.
    pub(super) all: bool,
    /// Doubts that stay, and whose place the call takes: for [`Intent::replacing`].
    pub(super) passed: Vec<i64>,
}

/// What became of a doubt that was looked up.
pub(super) enum Noted {
    /// It is known now.
    Settled,
    /// It stays, for this reason.
    Kept(&'static str),
    /// Another process has settled it, or its run, in the meantime: the ledger knows more when it is asked again.
    Elsewhere,
}

/// Two processes may look up the same doubt: whoever comes second has nothing to write.
pub(super) fn elsewhere(written: Result<(), LedgerError>, noted: Noted) -> Result<Noted, LedgerError> {
    match written {
        Ok(()) => Ok(noted),
        Err(LedgerError::Alive { .. } | LedgerError::Step { .. }) => Ok(Noted::Elsewhere),
        Err(error) => Err(error),
    }
}

/// Doubts of one operation and group, each with its place.
pub(super) type Alike = ((String, Option<String>), Vec<(usize, Doubt)>);

/// By operation and group, in the order of the first of each.
pub(super) fn grouped(doubts: Vec<(usize, Doubt)>) -> Vec<Alike> {
    let mut groups: Vec<Alike> = Vec::new();
    for (place, doubt) in doubts {
        let key = (doubt.operation.clone(), doubt.subject.group.clone());
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, list)) => list.push((place, doubt)),
            None => groups.push((key, vec![(place, doubt)])),
        }
    }
    groups
}
