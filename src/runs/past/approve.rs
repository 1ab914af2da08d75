//! A person allows a held run, or a plan, what its brakes named. The number must be the right one; the holds are read from
//! the run's summary.

use serde_json::Value;

use super::{Denied, Past};
use crate::effects::brakes::{Brake, Hold, Leave, flags};
use crate::settings::Flags;
use crate::store::{Approval, Run, RunState};

/// What the API is asked for next.
const HOLDS: &str = "what holds it: GET /api/v1/runs/{run}, of a plan GET /api/v1/plans/{plan}";

/// What waits for a person's leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What holds it.
    pub holds: Vec<Hold>,
    /// What was said when it was held.
    pub said: String,
    /// The fingerprint of a plan; `None` for a run.
    pub digest: Option<String>,
}

/// What was allowed, and what is still held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// The run or the plan.
    pub id: String,
    /// Whether it is a plan.
    pub is_plan: bool,
    /// For which nobody has given leave yet.
    pub left: Vec<Hold>,
}

impl Past {
    /// A run that is held, or a plan that has become no run yet.
    pub async fn waiting(&self, id: &str) -> Result<Waiting, Denied> {
        if self.store.run(id).await?.is_none()
            && let Some(plan) = self.plan(id).await?
        {
            let said = match plan.holds.is_empty() {
                true => format!("the plan is not held: beadle apply {id}{}", self.flags),
                false => format!("beadle approve {id}{} {} --reason \"…\"", self.flags, flags(&plan.holds)),
            };
            return Ok(Waiting { holds: plan.holds, said, digest: Some(plan.digest) });
        }
        let run = self.find(id).await?;
        if run.state != RunState::Held {
            return Err(Denied::wrong(format!("run `{id}` is not held: {}", run.state.as_str())));
        }
        Ok(Waiting { holds: holds_of(&run), said: error_of(&run), digest: None })
    }

    /// Keeps that `who` allows it so many of these, at this time.
    pub async fn approve(
        &self,
        id: &str,
        named: &[(Brake, u64)],
        who: &str,
        reason: &str,
        at: i64,
    ) -> Result<Approved, Denied> {
        let waiting = self.waiting(id).await?;
        if reason.trim().is_empty() {
            return Err(Denied::wrong("the reason is empty: say why, it is kept"));
        }
        check(id, named, &waiting.holds, &waiting.said)?;
        for (brake, number) in named {
            let approval = Approval {
                run: id.to_owned(),
                what: brake.as_str().to_owned(),
                number: i64::try_from(*number).unwrap_or(i64::MAX),
                reason: reason.to_owned(),
                who: who.to_owned(),
                at,
                digest: waiting.digest.clone(),
            };
            self.store.keep_approval(&approval).await?;
        }
        let approvals = self.store.approvals(id).await?;
        let approvals: Vec<Approval> = approvals.into_iter().filter(|given| given.digest == waiting.digest).collect();
        let left = waiting.holds.into_iter().filter(|hold| !hold.is_approved(&approvals)).collect();
        Ok(Approved { id: id.to_owned(), is_plan: waiting.digest.is_some(), left })
    }
}

impl Approved {
    /// The next command to type.
    pub fn next(&self, mode: &Flags) -> String {
        let id = &self.id;
        match (self.left.is_empty(), self.is_plan) {
            (true, true) => format!("beadle apply {id}{mode}"),
            (true, false) => format!("beadle resume {id}{mode}"),
            (false, _) => format!("beadle approve {id}{mode} {} --reason \"…\"", flags(&self.left)),
        }
    }

    /// For people.
    pub fn text(&self, mode: &Flags) -> String {
        let what = if self.is_plan { "plan" } else { "run" };
        match self.left.is_empty() {
            true => format!("kept; go on with: {}", self.next(mode)),
            false => format!("kept; the {what} is still held, type also: {}", self.next(mode)),
        }
    }
}

/// Refuses anything but the numbers of the brakes that hold.
fn check(run: &str, named: &[(Brake, u64)], holds: &[Hold], said: &str) -> Result<(), Denied> {
    if holds.is_empty() {
        return Err(Denied::wrong(format!("nothing of run `{run}` can be approved")).hint(said).ask(HOLDS));
    }
    if named.is_empty() {
        return Err(Denied::wrong(format!("nothing is approved: add {}, as the brake named it", flags(holds))));
    }
    for (brake, number) in named {
        let what = brake.as_str();
        let of_brake = || holds.iter().filter(|hold| hold.what == *brake);
        if of_brake().any(|hold| hold.takes(*number)) {
            continue;
        }
        let hold = of_brake().next();
        let hold = hold.ok_or_else(|| {
            let denied = Denied::wrong(format!("run `{run}` is not held by --{what}")).hint(said);
            denied.open(format!("run `{run}` is not held by `{what}`")).ask(HOLDS)
        })?;
        let right = match hold.leave {
            Leave::Exactly => format!("the brake named {} {what}, not {number}", hold.number),
            Leave::UpTo => format!("{number} {what} are too few: the next one is number {}", hold.number),
        };
        return Err(Denied::wrong(format!("{right}: look at it once more")));
    }
    Ok(())
}

/// What holds the run, as its summary keeps it.
fn holds_of(run: &Run) -> Vec<Hold> {
    let kept = run.summary.as_ref().and_then(|summary| summary.get("holds")?.as_array());
    kept.into_iter().flatten().filter_map(Hold::of_json).collect()
}

fn error_of(run: &Run) -> String {
    let said = run.summary.as_ref().and_then(|summary| summary.get("error")).and_then(Value::as_str);
    said.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(what: Brake, number: u64, leave: Leave) -> Hold {
        Hold { what, number, leave, of: 20, sentence: "too many".into(), after: None }
    }

    #[test]
    fn only_the_numbers_of_the_brakes_that_hold_are_taken() {
        let holds = [hold(Brake::Removals, 12, Leave::Exactly), hold(Brake::Mails, 600, Leave::UpTo)];
        let checked = |named: &[(Brake, u64)]| check("r1", named, &holds, "said").map_err(|denied| denied.message);
        assert_eq!(checked(&[(Brake::Removals, 12)]), Ok(()));
        assert_eq!(checked(&[(Brake::Removals, 12), (Brake::Mails, 700)]), Ok(()));
        for (named, why) in [
            (&[(Brake::Removals, 13)][..], "the brake named 12 removals, not 13: look at it once more"),
            (&[(Brake::Mails, 599)], "599 mails are too few: the next one is number 600: look at it once more"),
            (&[(Brake::Overlap, 0)], "run `r1` is not held by --overlap"),
            (&[], "nothing is approved: add --removals 12 --mails 600, as the brake named it"),
        ] {
            assert_eq!(checked(named), Err(why.to_owned()));
        }
        let nothing = check("r1", &[(Brake::Removals, 12)], &[], "the list broke off").unwrap_err();
        assert_eq!(nothing.message, "nothing of run `r1` can be approved");
        assert_eq!(nothing.hint.as_deref(), Some("the list broke off"));
    }
}
