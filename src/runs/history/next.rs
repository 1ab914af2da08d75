//! What can be done next with a run: the very command, where there is one.

use super::shown::{Shown, arguments};
use super::words::Owner;
use crate::effects::brakes::{Hold, Leave};
use crate::settings::REDACTED;
use crate::store::{EffectsRow, RunState};

impl Shown {
    /// What can be done next, in words with a command; nothing after a good end.
    pub fn next(&self) -> Option<String> {
        match self.command() {
            _ if self.owner == Owner::Alive => {
                Some("a process is at work on it: wait for its end, or stop it there with Ctrl-C".to_owned())
            }
            _ if self.gone => Some("its sandbox is gone: another was begun with --fresh".to_owned()),
            Some(command) => Some(format!("next: {command}")),
            None if self.ended_well() => None,
            None => {
                Some("it cannot be resumed: an argument held a secret, which is not kept; begin a new run".to_owned())
            }
        }
    }

    /// The next command to type.
    pub fn command(&self) -> Option<String> {
        if self.owner == Owner::Alive || self.gone || self.ended_well() {
            return None;
        }
        let id = &self.run.of.id;
        let held = self.run.state == RunState::Held;
        match self.run.state {
            _ if held && !self.open_holds().is_empty() => Some(self.approve()),
            _ if held && self.holds().is_empty() => self
                .error()
                .and_then(|error| named_in(&error))
                .or_else(|| Some(format!("beadle resume {id}{}", self.flags))),
            RunState::Done if self.in_doubt() > 0 => Some(format!("beadle doubts{}", self.flags)),
            _ if arguments(&self.run).any(|(_, value)| value.contains(REDACTED)) => None,
            _ => Some(format!("beadle resume {id}{}", self.flags)),
        }
    }

    fn in_doubt(&self) -> i64 {
        let doubt = |group: &EffectsRow| {
            matches!(group.state.as_str(), "open" | "doubt") || (group.state == "accepted" && group.job)
        };
        self.effects.iter().filter(|(group, _)| doubt(group)).map(|(group, _)| group.count).sum()
    }

    fn ended_well(&self) -> bool {
        self.run.state == RunState::Done && self.run.exit_code == Some(0)
    }

    fn holds(&self) -> Vec<Hold> {
        let kept = self.run.summary.as_ref().and_then(|summary| summary.get("holds")?.as_array());
        kept.into_iter().flatten().filter_map(Hold::of_json).collect()
    }

    /// What still holds it: brakes for which nobody has given leave.
    pub fn open_holds(&self) -> Vec<Hold> {
        self.holds().into_iter().filter(|hold| !hold.is_approved(&self.approvals)).collect()
    }

    /// What lets a held run go on, if it is meant.
    fn approve(&self) -> String {
        let number = |hold: &Hold| match hold.leave {
            Leave::Exactly => format!("--{} {}", hold.what.as_str(), hold.number),
            Leave::UpTo => format!("--{} N", hold.what.as_str()),
        };
        let numbers: Vec<String> = self.open_holds().iter().map(number).collect();
        format!("beadle approve {}{} {} --reason \"…\"", self.run.of.id, self.flags, numbers.join(" "))
    }
}

/// The command that is named in the words of a hold that no person can approve.
fn named_in(sentence: &str) -> Option<String> {
    let line = sentence.lines().rev().find(|line| line.contains(": beadle "))?;
    let command = line.rsplit_once(": beadle ")?.1.split("; ").next()?;
    Some(format!("beadle {command}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::shown::tests::{group, shown};
    use super::super::words::tests::row;
    use super::*;
    use crate::effects::brakes::Brake;
    use crate::store::Approval;

    #[test]
    fn the_next_command_depends_on_how_the_run_stands() {
        let resume = Some("beadle resume 20261122-0158-k3f9 --sandbox".to_owned());
        assert_eq!(shown(RunState::Done, Some(0)).command(), None);
        assert_eq!(shown(RunState::Done, Some(5)).command(), resume);
        assert_eq!(shown(RunState::Interrupted, Some(130)).command(), resume);
        assert_eq!(shown(RunState::Running, None).command(), resume);
        let alive = Shown { owner: Owner::Alive, ..shown(RunState::Running, None) };
        assert_eq!(alive.command(), None);
        assert!(alive.next().unwrap().starts_with("a process is at work on it"));
        let doubts = Shown { effects: vec![(group("doubt", 2), vec![row(7)])], ..shown(RunState::Done, Some(6)) };
        assert_eq!(doubts.command().as_deref(), Some("beadle doubts --sandbox"));
        let mut secret = shown(RunState::Failed, Some(1));
        secret.run.of.args = json!([["key", REDACTED]]);
        assert_eq!(secret.command(), None);
        assert!(secret.next().unwrap().contains("held a secret"));
        let gone = Shown { gone: true, ..shown(RunState::Failed, Some(1)) };
        assert_eq!(gone.command(), None);
    }

    #[test]
    fn a_held_run_names_the_brakes_that_are_still_to_be_approved() {
        let mut held = shown(RunState::Held, Some(4));
        let hold =
            |what, number, leave| Hold { what, number, leave, of: 222, sentence: "too many".into(), after: None };
        let holds = [hold(Brake::Removals, 56, Leave::Exactly), hold(Brake::Mails, 600, Leave::UpTo)];
        held.run.summary = Some(json!({ "holds": holds.iter().map(Hold::json).collect::<Vec<_>>() }));
        let next = |held: &Shown| held.command().unwrap().replace("beadle approve 20261122-0158-k3f9 --sandbox ", "");
        assert_eq!(next(&held), "--removals 56 --mails N --reason \"…\"");
        let approval = |what: &str, number| Approval {
            run: "20261122-0158-k3f9".into(),
            what: what.into(),
            number,
            reason: "the chapter was split".into(),
            who: "ada".into(),
            at: 1_700_000_060_000,
            digest: None,
        };
        held.approvals = vec![approval("removals", 55), approval("mails", 700)];
        assert_eq!(next(&held), "--removals 56 --reason \"…\"");
        held.approvals[0] = approval("removals", 56);
        assert_eq!(held.command().as_deref(), Some("beadle resume 20261122-0158-k3f9 --sandbox"));
        let kept = "approved 2023-11-14 22:14:20 UTC: 56 removals by ada: the chapter was split\n";
        assert!(held.people().starts_with(kept), "{}", held.people());
    }

    #[test]
    fn a_hold_that_nobody_can_approve_names_its_own_way_out() {
        let mut held = shown(RunState::Held, Some(4));
        let sentence =
            "held: 2 are not as they were\nto do the rest, type: beadle resume r1 --skip-stale; else plan it anew";
        held.run.summary = Some(json!({ "error": sentence }));
        assert_eq!(held.command().as_deref(), Some("beadle resume r1 --skip-stale"));
        held.run.summary = Some(json!({ "error": "held, and nothing is named" }));
        assert_eq!(held.command().as_deref(), Some("beadle resume 20261122-0158-k3f9 --sandbox"));
    }
}
