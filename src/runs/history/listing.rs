//! `beadle runs`: a line for each run, how it stands and what came of it.

use serde_json::{Value, json};

use super::words::{Owner, Times, moment};
use crate::settings::Flags;
use crate::store::{RunLine, RunState};

/// What became of a run's effects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Happened.
    pub done: i64,
    /// Promised by the platform, and not seen yet.
    pub queued: i64,
    /// Did not happen.
    pub failed: i64,
    /// Nobody knows.
    pub in_doubt: i64,
    /// A process is at work on them.
    pub under_way: i64,
    /// Nobody knows, and something later took their place.
    pub replaced: i64,
}

/// A run as it is listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The run.
    pub run: RunLine,
    /// Whether a process works on it.
    pub owner: Owner,
    /// What became of its effects.
    pub counts: Counts,
}

impl Counts {
    /// So many more stand so, under a job of the platform or not.
    pub fn add(&mut self, state: &str, job: bool, count: i64, owner: Owner) {
        let place = match state {
            "done" | "applied" => &mut self.done,
            "accepted" if !job => &mut self.queued,
            "failed" | "not_applied" => &mut self.failed,
            "replaced" => &mut self.replaced,
            "open" | "accepted" if owner == Owner::Alive => &mut self.under_way,
            "open" | "accepted" | "doubt" => &mut self.in_doubt,
            // Planned: nothing became of it.
            _ => return,
        };
        *place += count;
    }

    /// `41 done, 1 failed, 2 in doubt`
    pub(super) fn text(&self) -> String {
        let all = [
            (self.done, "done"),
            (self.queued, "promised"),
            (self.under_way, "under way"),
            (self.failed, "failed"),
            (self.in_doubt, "in doubt"),
            (self.replaced, "not known and replaced"),
        ];
        let parts: Vec<String> =
            all.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        match parts.is_empty() {
            true => "nothing was changed".to_owned(),
            false => parts.join(", "),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "done": self.done,
            "queued": self.queued,
            "failed": self.failed,
            "in_doubt": self.in_doubt,
            "under_way": self.under_way,
            "replaced": self.replaced,
        })
    }
}

impl Listed {
    /// One line for people.
    pub fn text(&self, times: &Times) -> String {
        let Self { run, counts, .. } = self;
        let attempts = if run.attempt > 1 { format!(" in {} attempts", run.attempt) } else { String::new() };
        let connection = run.connection.as_deref().unwrap_or("no connection");
        let job = run.job.as_ref().map(|job| format!(" for {job}")).unwrap_or_default();
        let stands = format!("{}{}", self.stands(), exit(run));
        let when = times.show(run.started_at);
        format!("{}  {when}  {stands:<12}  {} on {connection}{job}: {}{attempts}", run.id, run.script, counts.text())
    }

    /// One line for programs.
    pub fn json(&self, flags: &Flags) -> Value {
        let run = &self.run;
        json!({
            "type": "run",
            "run": run.id,
            "script": run.script,
            "connection": run.connection,
            "job": run.job,
            "started": moment(run.started_at),
            "ended": run.ended_at.map(moment),
            "state": run.state.as_str(),
            "alive": self.owner == Owner::Alive,
            "attempts": run.attempt,
            "exit_code": run.exit_code,
            "effects": self.counts.json(),
            "next": self.can_go_on().then(|| format!("beadle resume {}{flags}", run.id)),
        })
    }

    /// Whether `beadle resume` would take it.
    pub fn can_go_on(&self) -> bool {
        let well = self.run.state == RunState::Done && self.run.exit_code == Some(0);
        self.owner == Owner::Nobody && !well && !self.run.lacks_a_secret
    }

    fn stands(&self) -> &'static str {
        match (self.run.state, self.owner) {
            (RunState::Running, Owner::Nobody) => "died: resume",
            (_, Owner::Alive) => "at work",
            (state, Owner::Nobody) => state.as_str(),
        }
    }
}

/// ` (5)`: the exit code, where it says more than the state does.
fn exit(run: &RunLine) -> String {
    match (run.state, run.exit_code) {
        (RunState::Done | RunState::Failed, Some(code)) if code != 0 => format!(" ({code})"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::times;
    use super::*;
    use crate::settings::Mode;

    fn listed(state: RunState, exit_code: Option<i64>, owner: Owner) -> Listed {
        let run = RunLine {
            id: "20261122-0158-k3f9".into(),
            script: "scripts/sync.rhai".into(),
            connection: Some("main".into()),
            job: None,
            started_at: 1_700_000_000_000,
            attempt: 1,
            ended_at: None,
            state,
            exit_code,
            lacks_a_secret: false,
        };
        Listed { run, owner, counts: Counts::default() }
    }

    #[test]
    fn a_run_whose_process_died_says_that_it_can_be_resumed() {
        let mut died = listed(RunState::Running, None, Owner::Nobody);
        died.counts.add("done", false, 40, Owner::Nobody);
        died.counts.add("open", false, 2, Owner::Nobody);
        died.run.attempt = 3;
        died.run.job = Some("weekly".into());
        assert_eq!(
            died.text(&times()),
            "20261122-0158-k3f9  2023-11-14 22:13:20 UTC  died: resume  scripts/sync.rhai on main for weekly: 40 done, 2 in doubt \
             in 3 attempts"
        );
        let next = died.json(&Flags::of(Mode::Sandbox, None))["next"].clone();
        assert_eq!(next, "beadle resume 20261122-0158-k3f9 --sandbox");
    }

    #[test]
    fn a_run_that_is_alive_is_at_work_and_what_it_has_opened_is_under_way() {
        let mut alive = listed(RunState::Running, None, Owner::Alive);
        alive.counts.add("open", false, 2, Owner::Alive);
        assert!(alive.text(&times()).contains("  at work       scripts/sync.rhai on main: 2 under way"), "{alive:?}");
        assert!(!alive.can_go_on());
    }

    #[test]
    fn what_a_job_was_to_do_is_in_doubt_when_nobody_follows_it() {
        let counts = |job, owner| {
            let mut counts = Counts::default();
            counts.add("accepted", job, 3, owner);
            counts.text()
        };
        assert_eq!(counts(true, Owner::Nobody), "3 in doubt");
        assert_eq!(counts(true, Owner::Alive), "3 under way");
        assert_eq!(counts(false, Owner::Nobody), "3 promised");
    }

    #[test]
    fn only_a_good_end_cannot_be_gone_on_from() {
        for (state, code, goes_on) in [
            (RunState::Done, 0, false),
            (RunState::Done, 5, true),
            (RunState::Done, 6, true),
            (RunState::Failed, 1, true),
            (RunState::Held, 4, true),
            (RunState::Interrupted, 130, true),
        ] {
            assert_eq!(listed(state, Some(code), Owner::Nobody).can_go_on(), goes_on, "{state:?} {code}");
        }
        let mut secret = listed(RunState::Failed, Some(1), Owner::Nobody);
        secret.run.lacks_a_secret = true;
        assert!(!secret.can_go_on());
    }

    #[test]
    fn a_code_is_shown_where_it_says_more_than_the_state() {
        let shown = |state, code| listed(state, Some(code), Owner::Nobody).text(&times());
        assert!(shown(RunState::Done, 5).contains("  done (5)      scripts"), "{}", shown(RunState::Done, 5));
        assert!(shown(RunState::Done, 0).contains("  done          scripts"), "{}", shown(RunState::Done, 0));
        assert!(shown(RunState::Held, 4).contains("  held          scripts"), "{}", shown(RunState::Held, 4));
    }
}
