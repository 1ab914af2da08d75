//! `beadle approve RUN`: a person allows a held run, or a plan, what its brakes named. The number must be the right one; the holds are
//! read from the run's summary.

use serde_json::Value;

use super::past::failed;
use super::resume::find;
use super::session::Session;
use super::{Code, Failure, Shell};
use crate::effects::brakes::{Brake, Hold, Leave, flags};
use crate::events::Level;
use crate::plan::Plan;
use crate::settings::Mode;
use crate::store::{Approval, Run, RunState};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  beadle approve 20261122-0158-k3f9 --removals 12 --reason \"the chapter was split\"
  beadle approve 20261122-0158-k3f9 --removals 12 --sentinel 1 --reason \"the canary has retired\"")]
pub(super) struct Options {
    /// The run, as its report named it; or the plan
    run: String,
    /// The run was one on the sandbox
    #[arg(long)]
    sandbox: bool,
    #[command(flatten)]
    numbers: Numbers,
    /// Why; it is kept
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// An option for each brake; given several times where it holds in several places.
#[derive(Debug, Default, clap::Args)]
struct Numbers {
    /// Allow that so many sentinel persons are missing from the roster
    #[arg(long, value_name = "N")]
    sentinel: Vec<u64>,
    /// Allow that so few people stand in both the roster and the group
    #[arg(long, value_name = "N")]
    overlap: Vec<u64>,
    /// Allow that a group's first roster has so many rows: whoever is in the group and not among them is removed
    #[arg(long, value_name = "N")]
    first_roster: Vec<u64>,
    /// Allow so many removals: the number that the brake named
    #[arg(long, value_name = "N")]
    removals: Vec<u64>,
    /// Allow existing values of so many people to be overwritten
    #[arg(long, value_name = "N")]
    changes: Vec<u64>,
    /// Allow so many accounts, groups or contributions to be deleted
    #[arg(long, value_name = "N")]
    deletes: Vec<u64>,
    /// Allow so many people to get an administrator's power
    #[arg(long, value_name = "N")]
    roles: Vec<u64>,
    /// Allow so many people to be written to
    #[arg(long, value_name = "N")]
    mails: Vec<u64>,
    /// Allow so many people to be written to in quiet hours
    #[arg(long, value_name = "N")]
    quiet: Vec<u64>,
}

impl Numbers {
    fn of(&self, brake: Brake) -> &[u64] {
        match brake {
            Brake::Sentinel => &self.sentinel,
            Brake::Overlap => &self.overlap,
            Brake::FirstRoster => &self.first_roster,
            Brake::Removals => &self.removals,
            Brake::Changes => &self.changes,
            Brake::Deletes => &self.deletes,
            Brake::Roles => &self.roles,
            Brake::Mails => &self.mails,
            Brake::Quiet => &self.quiet,
        }
    }

    fn named(&self) -> Vec<(Brake, u64)> {
        Brake::ALL.into_iter().flat_map(|brake| self.of(brake).iter().map(move |number| (brake, *number))).collect()
    }
}

/// What waits for a person's leave.
struct Waiting {
    holds: Vec<Hold>,
    /// What was said when it was held.
    said: String,
    /// The fingerprint of a plan; `None` for a run.
    digest: Option<String>,
    /// What to type when all of it is allowed: `apply` or `resume`.
    next: &'static str,
}

/// Keeps the approval and says how to go on.
pub(super) fn approve(options: &Options, shell: &Shell) -> Result<Code, Failure> {
    let mode = if options.sandbox { Mode::Sandbox } else { Mode::Real };
    let session = Session::open(shell, shell.settings(mode, None)?, mode)?;
    let waiting = Waiting::find(&session, &options.run, mode)?;
    if options.reason.trim().is_empty() {
        return Err(Failure::usage("the reason is empty: say why, it is kept"));
    }
    let named = options.numbers.named();
    check(&options.run, &named, &waiting.holds, &waiting.said)?;
    for (brake, number) in named {
        let approval = Approval {
            run: options.run.clone(),
            what: brake.as_str().to_owned(),
            number: i64::try_from(number).unwrap_or(i64::MAX),
            reason: options.reason.clone(),
            who: shell.environment.get("USER").unwrap_or("unknown").to_owned(),
            at: session.now_ms(),
            digest: waiting.digest.clone(),
        };
        session.runtime.block_on(session.store.keep_approval(&approval)).map_err(failed)?;
    }
    let approvals = session.runtime.block_on(session.store.approvals(&options.run)).map_err(failed)?;
    let approvals: Vec<Approval> = approvals.into_iter().filter(|given| given.digest == waiting.digest).collect();
    let left = flags(waiting.holds.iter().filter(|hold| !hold.is_approved(&approvals)));
    let what = if waiting.digest.is_some() { "plan" } else { "run" };
    let (run, mode) = (&options.run, shell.flags(mode));
    let line = match left.is_empty() {
        true => format!("kept; go on with: beadle {} {run}{mode}", waiting.next),
        false => {
            format!("kept; the {what} is still held, type also: beadle approve {run}{mode} {left} --reason \"…\"")
        }
    };
    shell.printer.say(Level::Info, &line);
    Ok(Code::Done)
}

impl Waiting {
    /// A run that is held, or a plan that has become no run yet.
    fn find(session: &Session<'_>, id: &str, mode: Mode) -> Result<Self, Failure> {
        let run = session.runtime.block_on(session.store.run(id)).map_err(failed)?;
        if run.is_none()
            && let Some(row) = session.runtime.block_on(session.store.plan(id)).map_err(failed)?
        {
            let plan = Plan::read(&row.body).map_err(|error| Failure::usage(error.to_string()))?;
            let flag = session.shell.flags(mode);
            let said = match plan.holds.is_empty() {
                true => format!("the plan is not held: beadle apply {id}{flag}"),
                false => format!("beadle approve {id}{flag} {} --reason \"…\"", flags(&plan.holds)),
            };
            return Ok(Self { holds: plan.holds, said, digest: Some(plan.digest), next: "apply" });
        }
        let run = find(session, id, mode)?;
        if run.state != RunState::Held {
            return Err(Failure::usage(format!("run `{id}` is not held: {}", run.state.as_str())));
        }
        Ok(Self { holds: holds_of(&run), said: error_of(&run), digest: None, next: "resume" })
    }
}

/// Refuses anything but the numbers of the brakes that hold.
fn check(run: &str, named: &[(Brake, u64)], holds: &[Hold], said: &str) -> Result<(), Failure> {
    if holds.is_empty() {
        return Err(Failure::usage(format!("nothing of run `{run}` can be approved")).hint(said));
    }
    if named.is_empty() {
        return Err(Failure::usage(format!("nothing is approved: add {}, as the brake named it", flags(holds))));
    }
    for (brake, number) in named {
        let what = brake.as_str();
        let of_brake = || holds.iter().filter(|hold| hold.what == *brake);
        if of_brake().any(|hold| hold.takes(*number)) {
            continue;
        }
        let hold = of_brake().next();
        let hold = hold.ok_or_else(|| Failure::usage(format!("run `{run}` is not held by --{what}")).hint(said))?;
        let right = match hold.leave {
            Leave::Exactly => format!("the brake named {} {what}, not {number}", hold.number),
            Leave::UpTo => format!("{number} {what} are too few: the next one is number {}", hold.number),
        };
        return Err(Failure::usage(format!("{right}: look at it once more")));
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
        let checked = |named: &[(Brake, u64)]| check("r1", named, &holds, "said").map_err(|failure| failure.message);
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

    #[test]
    fn every_brake_has_an_option_of_its_word() {
        let command = <Numbers as clap::Args>::augment_args(clap::Command::new("approve"));
        let mut options: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
        let mut brakes: Vec<&str> = Brake::ALL.iter().map(|brake| brake.as_str()).collect();
        options.sort_unstable();
        brakes.sort_unstable();
        assert_eq!(options, brakes);
    }
}
