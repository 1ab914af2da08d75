//! `beadle runs show`: everything of one run, in pieces, since its effects, calls and log may be many.

use std::time::Duration;

use serde_json::{Value, json};

use super::words::{Owner, Times, effect_json, effect_line, moment};
use crate::model::counted;
use crate::settings::Flags;
use crate::store::{
    Approval, AttemptRow, CallRow, Cause, Decision, EffectRow, EffectsRow, Figures, LogLine, OfJob, RequestRow, Run,
    RunState,
};

/// One run, and what its tale is told with.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The run.
    pub run: Run,
    /// Whether a process works on it.
    pub owner: Owner,
    /// When the plan was made that it does, where it does one; milliseconds since the epoch.
    pub plan: Option<i64>,
    /// Its attempts.
    pub attempts: Vec<AttemptRow>,
    /// Its effects by operation and state, each with its first ones.
    pub effects: Vec<(EffectsRow, Vec<EffectRow>)>,
    /// What persons have allowed it.
    pub approvals: Vec<Approval>,
    /// What persons have said of its doubts.
    pub decisions: Vec<Decision>,
    /// How many of its calls could change something.
    pub calls: i64,
    /// What it asked of platforms, by connection and operation.
    pub requests: Vec<RequestRow>,
    /// Files that it left in its folder: name and bytes.
    pub files: Vec<(String, u64)>,
    /// Whether the sandbox that it ran on is gone.
    pub gone: bool,
    /// What commands repeat.
    pub flags: Flags,
    /// How moments are shown.
    pub times: Times,
}

impl Shown {
    /// What it was started with, how it stands, its attempts.
    pub fn head(&self) -> String {
        let of = &self.run.of;
        let place = of.connection.as_deref().unwrap_or("no connection");
        let sandbox = if of.sandbox { " (sandbox)" } else { "" };
        let mut lines = vec![format!("run {}: {} on {place}{sandbox}", of.id, of.script)];
        lines.push(format!("  started {}", self.times.show(of.started_at)));
        let given: Vec<String> = arguments(&self.run).map(|(name, value)| format!("{name}={value}")).collect();
        lines.push(match given.is_empty() {
            true => "  without arguments".to_owned(),
            false => format!("  with {}", given.join(", ")),
        });
        lines.extend(of.job.as_ref().map(|job| format!("  {}", self.of_job(job))));
        lines.extend(self.plan.map(|made| format!("  does what was planned {}", self.times.show(made))));
        lines.extend(of.settings.as_ref().map(|file| format!("  settings {file}")));
        lines.push(format!("  {}", self.stands()));
        lines.extend(self.error().map(|error| format!("  {}", error.replace('\n', "\n  "))));
        for attempt in &self.attempts {
            let AttemptRow { attempt, first, last, calls, .. } = attempt;
            let (first, last) = (self.times.show(*first), self.times.show(*last));
            lines.push(format!("  attempt {attempt}: {first} to {last}, {}", counted(*calls, "write", "writes")));
        }
        lines.extend(asked(&self.requests).map(|asked| format!("  {asked}")));
        lines.join("\n")
    }

    /// What it did by operation and state, with samples unless all effects follow.
    pub fn effects(&self, samples: Samples) -> String {
        let all: i64 = self.effects.iter().map(|(group, _)| group.count).sum();
        let mut lines = vec![format!("effects: {all}")];
        for (group, first) in &self.effects {
            lines.push(format!("  {}: {}", group.op, self.group(group)));
            if samples == Samples::Few {
                lines.extend(first.iter().map(|row| format!("    {}", self.effect(row))));
                let more = group.count - i64::try_from(first.len()).unwrap_or(0);
                lines.extend((more > 0).then(|| format!("    and {more} more")));
            }
        }
        if samples == Samples::Few && self.effects.iter().any(|(group, first)| group.count > first.len() as i64) {
            lines.push(format!("  all of them: beadle runs show {} --effects{}", self.run.of.id, self.flags));
        }
        lines.join("\n")
    }

    /// One effect.
    pub fn effect(&self, row: &EffectRow) -> String {
        effect_line(row, self.owner, &self.times)
    }

    /// What persons allowed and said; empty where nobody did.
    pub fn people(&self) -> String {
        let mut lines = Vec::new();
        for Approval { what, number, reason, who, at, .. } in &self.approvals {
            lines.push(format!("approved {}: {number} {what} by {who}: {reason}", self.times.show(*at)));
        }
        for Decision { by, state, at, count } in &self.decisions {
            let said = if state == "applied" { "happened" } else { "did not happen" };
            let what = counted(*count, "doubt", "doubts");
            let (who, why) = by.split_once(": ").unwrap_or((by, "for a reason of their own"));
            lines.push(format!("settled {}: {what} {said}, as {who} said: {why}", self.times.show(*at)));
        }
        lines.join("\n")
    }

    /// One call: `12  members.add on main: group_id 4, user_id 1007: done`.
    pub fn call(&self, call: &CallRow) -> String {
        let mut words = format!("{}  {}: {}", call.id, call.sentence, call.state.replace('_', " "));
        words.extend(call.status.map(|status| format!(", status {status}")));
        words.extend(call.job.as_ref().map(|job| format!(", job {job}")));
        words.extend(call.error.as_ref().map(|error| format!(", {error}")));
        words
    }

    /// One line of its log.
    pub fn log(&self, line: &LogLine) -> String {
        format!("{}  {:<7}  {}", self.times.show(line.at), line.level, line.text)
    }

    /// Files that it left; empty where there is none.
    pub fn files(&self) -> String {
        let file =
            |(name, bytes): &(String, u64)| format!("left .beadle/runs/{}/{name}, {bytes} bytes", self.run.of.id);
        self.files.iter().map(file).collect::<Vec<_>>().join("\n")
    }

    /// The run as an object.
    pub fn json(&self) -> Value {
        let of = &self.run.of;
        json!({
            "type": "run",
            "run": of.id,
            "script": of.script,
            "connection": of.connection,
            "sandbox": of.sandbox,
            "job": of.job.as_ref().map(|job| {
                json!({
                    "name": job.name,
                    "cause": job.cause.as_str(),
                    "scheduled_for": job.scheduled_at.map(moment),
                })
            }),
            "settings": of.settings,
            "planned": self.plan.map(moment),
            "arguments": arguments(&self.run).map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
            "started": moment(of.started_at),
            "ended": self.run.ended_at.map(moment),
            "state": self.run.state.as_str(),
            "alive": self.owner == Owner::Alive,
            "exit_code": self.run.exit_code,
            "error": self.error(),
            "attempts": self.run.attempt,
            "calls": self.calls,
            "requests": self.requests.iter().map(request_json).collect::<Vec<_>>(),
            "report": self.run.summary,
            "next": self.command(),
        })
    }

    /// Everything else that is small: an object a line.
    pub fn parts(&self) -> Vec<Value> {
        let mut parts = Vec::new();
        parts.extend(self.attempts.iter().map(|one| {
            json!({
                "type": "attempt",
                "attempt": one.attempt,
                "first": moment(one.first),
                "last": moment(one.last),
                "lines": one.lines,
                "calls": one.calls,
            })
        }));
        parts.extend(self.effects.iter().map(|(group, samples)| {
            json!({
                "type": "effects",
                "operation": group.op,
                "consequence": group.consequence,
                "mails": group.mails,
                "state": group.state,
                "job": group.job,
                "count": group.count,
                "sent_again": group.again,
                "samples": samples.iter().map(|row| effect_json(row, self.owner)).collect::<Vec<_>>(),
            })
        }));
        parts.extend(self.approvals.iter().map(|one| {
            json!({
                "type": "approval",
                "what": one.what,
                "number": one.number,
                "reason": one.reason,
                "who": one.who,
                "at": moment(one.at),
            })
        }));
        parts.extend(self.decisions.iter().map(|one| {
            json!({ "type": "decision", "state": one.state, "count": one.count, "by": one.by, "at": moment(one.at) })
        }));
        parts.extend(self.files.iter().map(|(name, bytes)| {
            json!({ "type": "file", "path": format!(".beadle/runs/{}/{name}", self.run.of.id), "bytes": bytes })
        }));
        parts
    }

    /// One call as an object.
    pub fn call_json(call: &CallRow) -> Value {
        json!({
            "type": "call",
            "call": call.id,
            "attempt": call.attempt,
            "operation": call.op,
            "sentence": call.sentence,
            "state": call.state,
            "status": call.status,
            "job": call.job,
            "error": call.error,
            "begun": moment(call.begun_at),
            "settled": call.settled_at.map(moment),
        })
    }

    /// `for the job weekly, due 2026-11-22 01:30:00 UTC`
    fn of_job(&self, job: &OfJob) -> String {
        let due = job.scheduled_at.map(|at| self.times.show(at));
        let why = match (job.cause, due) {
            (Cause::Schedule, Some(due)) => format!(", due {due}"),
            (Cause::Schedule, None) => String::new(),
            (Cause::Hand, _) => ", started by hand".to_owned(),
            (Cause::Backfill, Some(due)) => format!(", made up for {due}"),
            (Cause::Backfill, None) => ", made up for".to_owned(),
            (Cause::Event, _) => ", started by events".to_owned(),
        };
        format!("for the job {}{why}", job.name)
    }

    fn stands(&self) -> String {
        let code = self.run.exit_code.map(|code| format!(", exit code {code}")).unwrap_or_default();
        match (self.owner, self.run.state, self.run.ended_at) {
            (Owner::Alive, ..) => format!("at work since {}", self.times.show(self.run.attempt_at)),
            (Owner::Nobody, RunState::Running, _) => "died: its process is gone and told nothing".to_owned(),
            (Owner::Nobody, state, Some(end)) => format!("{} {}{code}", state.as_str(), self.times.show(end)),
            (Owner::Nobody, state, None) => format!("{}{code}", state.as_str()),
        }
    }

    fn group(&self, group: &EffectsRow) -> String {
        let word = match group.state.as_str() {
            "open" | "accepted" if self.owner == Owner::Alive && (group.job || group.state == "open") => "under way",
            "open" | "doubt" => "in doubt",
            "accepted" if group.job => "in doubt",
            "accepted" => "promised, not seen yet",
            "applied" => "were in doubt and happened",
            "not_applied" => "were in doubt and did not happen",
            "replaced" => "not known whether they happened, replaced by later ones",
            other => other,
        };
        match group.again {
            0 => format!("{} {word}", group.count),
            again => format!("{} {word}, {again} of them sent again", group.count),
        }
    }

    /// Its error, if it ended with one.
    pub fn error(&self) -> Option<String> {
        Some(self.run.summary.as_ref()?.get("error")?.as_str()?.to_owned())
    }
}

/// How many effects are shown of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// The first ones.
    Few,
    /// None: all of them follow.
    None,
}

/// One line of a log as an object.
pub fn log_json(line: &LogLine) -> Value {
    json!({ "type": "log", "at": moment(line.at), "level": line.level, "text": line.text })
}

/// The arguments as they were given.
pub(super) fn arguments(run: &Run) -> impl Iterator<Item = (&str, &str)> {
    run.of
        .args
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)))
}

/// How many requests there were and what they waited for; `None` where there was none.
fn asked(rows: &[RequestRow]) -> Option<String> {
    let mut all = Figures::default();
    rows.iter().for_each(|row| all.add(&row.figures));
    let mut words = format!("requests: {}", all.requests());
    if all.again > 0 {
        words.push_str(&format!(", {} tried again", all.again));
    }
    if all.waits > 0 {
        let seconds = Duration::from_micros(all.waited_us).as_secs_f64();
        let waits = counted(i64::try_from(all.waits).unwrap_or(i64::MAX), "wait", "waits");
        words.push_str(&format!(", {waits} for the pace, {seconds:.1} s in all"));
    }
    (all.requests() > 0).then_some(words)
}

fn request_json(row: &RequestRow) -> Value {
    let RequestRow { connection, operation, figures } = row;
    json!({
        "connection": connection,
        "operation": operation,
        "statuses": figures.statuses,
        "tried_again": figures.again,
        "seconds": Duration::from_micros(figures.took_us).as_secs_f64(),
        "waits": figures.waits,
        "waited_seconds": Duration::from_micros(figures.waited_us).as_secs_f64(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::words::tests::{row, times};
    use super::*;
    use crate::settings::Mode;
    use crate::store::NewRun;

    pub(in crate::runs::history) fn shown(state: RunState, exit_code: Option<i64>) -> Shown {
        let of = NewRun {
            id: "20261122-0158-k3f9".into(),
            script: "scripts/sync.rhai".into(),
            source: String::new(),
            args: json!([["group", "4"], ["roster", "a b.csv"]]),
            connection: Some("main".into()),
            sandbox: true,
            settings: Some("/p/other.toml".into()),
            job: None,
            started_at: 1_700_000_000_000,
        };
        let run = Run {
            of,
            attempt: 1,
            attempt_at: 1_700_000_000_000,
            ended_at: exit_code.map(|_| 1_700_000_060_000),
            state,
            exit_code,
            summary: None,
        };
        Shown {
            run,
            owner: Owner::Nobody,
            plan: None,
            attempts: vec![AttemptRow {
                attempt: 1,
                first: 1_700_000_000_000,
                last: 1_700_000_060_000,
                lines: 3,
                calls: 1,
            }],
            effects: Vec::new(),
            approvals: Vec::new(),
            decisions: Vec::new(),
            calls: 1,
            requests: Vec::new(),
            files: Vec::new(),
            gone: false,
            flags: Flags::of(Mode::Sandbox, None),
            times: times(),
        }
    }

    pub(in crate::runs::history) fn group(state: &str, count: i64) -> EffectsRow {
        EffectsRow {
            op: "members.invite".into(),
            consequence: "tells".into(),
            mails: "yes".into(),
            state: state.into(),
            job: false,
            count,
            again: 0,
        }
    }

    #[test]
    fn the_head_says_what_it_was_started_with_and_how_it_stands() {
        assert_eq!(
            shown(RunState::Failed, Some(1)).head(),
            "run 20261122-0158-k3f9: scripts/sync.rhai on main (sandbox)
  started 2023-11-14 22:13:20 UTC
  with group=4, roster=a b.csv
  settings /p/other.toml
  failed 2023-11-14 22:14:20 UTC, exit code 1
  attempt 1: 2023-11-14 22:13:20 UTC to 2023-11-14 22:14:20 UTC, 1 write"
        );
    }

    #[test]
    fn the_head_says_for_which_job_it_ran_and_why() {
        let line = |cause, scheduled_at| {
            let mut shown = shown(RunState::Done, Some(0));
            shown.run.of.job = Some(OfJob { name: "weekly".into(), cause, scheduled_at });
            shown.head().lines().find(|line| line.contains("the job")).map(str::to_owned).unwrap()
        };
        let due = Some(1_700_000_000_000);
        assert_eq!(line(Cause::Schedule, due), "  for the job weekly, due 2023-11-14 22:13:20 UTC");
        assert_eq!(line(Cause::Backfill, due), "  for the job weekly, made up for 2023-11-14 22:13:20 UTC");
        assert_eq!(line(Cause::Hand, None), "  for the job weekly, started by hand");
        assert_eq!(line(Cause::Event, None), "  for the job weekly, started by events");
    }

    #[test]
    fn requests_are_told_with_what_they_waited_for() {
        let row = |count: u64, waits: u64| {
            let statuses = [("2xx".to_owned(), count)].into();
            let figures = Figures { statuses, again: waits, waits, waited_us: waits * 200_000, ..Figures::default() };
            RequestRow { connection: "main".into(), operation: "members.list".into(), figures }
        };
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[row(29, 0)]).unwrap(), "requests: 29");
        let words = asked(&[row(20, 2), row(9, 1)]).unwrap();
        assert_eq!(words, "requests: 29, 3 tried again, 3 waits for the pace, 0.6 s in all");
    }

    #[test]
    fn effects_are_counted_and_the_first_ones_are_shown() {
        let resent = EffectsRow { again: 1, ..group("failed", 1) };
        let shown = Shown {
            effects: vec![(group("doubt", 3), vec![row(7)]), (resent, vec![])],
            ..shown(RunState::Done, Some(6))
        };
        assert_eq!(
            shown.effects(Samples::Few),
            "effects: 4
  members.invite: 3 in doubt
    7  2023-11-14 22:13:20 UTC  members.invite  ada@example.org (1007), group 4: in doubt: the process ended before an \
             answer was written down
    and 2 more
  members.invite: 1 failed, 1 of them sent again
    and 1 more
  all of them: beadle runs show 20261122-0158-k3f9 --effects --sandbox"
        );
        assert_eq!(shown.effects(Samples::None).lines().count(), 3);
    }

    #[test]
    fn a_call_says_what_was_kept_of_its_answer() {
        let call = CallRow {
            id: 12,
            attempt: 1,
            op: "members.add".into(),
            sentence: "members.add on main: group_id 4, user_id 1007".into(),
            state: "failed".into(),
            job: Some("j1".into()),
            status: Some(422),
            error: Some("refused: no such user".into()),
            begun_at: 0,
            settled_at: None,
        };
        assert_eq!(
            shown(RunState::Done, Some(5)).call(&call),
            "12  members.add on main: group_id 4, user_id 1007: failed, status 422, job j1, refused: no such user"
        );
    }
}
