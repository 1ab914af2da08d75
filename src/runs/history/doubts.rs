//! `beadle doubts`: what nobody knows, what to look at to decide, and the command that decides.

use serde_json::{Value, json};

use super::words::{Owner, Times, about, asked, trace_json, whole_of, why};
use crate::model::counted;
use crate::settings::Flags;
use crate::store::{LooseGroup, Trace};

/// What a person says of a doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It happened.
    Applied,
    /// It did not.
    NotApplied,
}

/// Effects of one connection, operation and run of which nobody knows, and how they are told.
#[derive(Clone, Debug)]
pub struct Doubts {
    /// Which ones.
    pub group: LooseGroup,
    /// Whether a process works on their run.
    pub owner: Owner,
    /// What commands repeat.
    pub flags: Flags,
    /// How moments are shown.
    pub times: Times,
}

impl Verdict {
    /// The option that says it.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Applied => "--applied",
            Self::NotApplied => "--not-applied",
        }
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Applied => "happened",
            Self::NotApplied => "did not happen",
        }
    }
}

impl Doubts {
    /// Whether they are only awaited: promised by the platform, not seen yet, and no doubt.
    pub fn are_promised(&self) -> bool {
        self.group.state == "accepted" && !self.group.job
    }

    /// Whether a live process will tell: they are no doubts yet.
    pub fn are_under_way(&self) -> bool {
        self.owner == Owner::Alive && self.group.state != "doubt"
    }

    /// `members.invite on main, run 20261122-0158-k3f9 (scripts/sync.rhai): 2 in doubt since 2026-11-22 01:58:03 UTC`
    pub fn head(&self, script: &str) -> String {
        let LooseGroup { op, connection, run, count, since, .. } = &self.group;
        let what = if self.are_promised() { "promised and not seen" } else { "in doubt" };
        format!("{op} on {connection}, run {run} ({script}): {count} {what} since {}", self.times.show(*since))
    }

    /// What the next effects share and the ones before did not: the call, why it is not known.
    pub fn call(&self, trace: &Trace) -> String {
        format!("  {}\n  sent {}; {}", trace.sentence, self.times.show(trace.effect.begun_at), why(&trace.effect))
    }

    /// One effect: its number, who, where, and what was asked beyond that.
    pub fn line(&self, trace: &Trace) -> String {
        let row = &trace.effect;
        match asked(row) {
            beyond if beyond.is_empty() => format!("    {}  {}", row.id, about(row)),
            beyond => format!("    {}  {}: {beyond}", row.id, about(row)),
        }
    }

    /// What to look at and what to type. `last` is the last of them.
    pub fn foot(&self, last: &Trace) -> String {
        if self.are_promised() {
            return format!(
                "  the platform has taken it; to look whether it can be seen by now: beadle doubts look{}",
                self.flags
            );
        }
        if self.owner == Owner::Alive {
            return format!("  run {} is at work: it looks them up itself; wait for its end", self.group.run);
        }
        let which = if self.group.count == 1 { last.effect.id.to_string() } else { "NUMBER…".to_owned() };
        let command =
            |verdict: Verdict| format!("beadle doubts settle {which} {} --reason \"…\"{}", verdict.flag(), self.flags);
        format!(
            "  to decide: {}\n  it happened: {}\n  it did not: {}",
            self.look_at(last),
            command(Verdict::Applied),
            command(Verdict::NotApplied)
        )
    }

    /// What to look at in the platform.
    pub fn look_at(&self, trace: &Trace) -> String {
        let row = &trace.effect;
        if whole_of(row).is_some() {
            return format!(
                "look there whether the people of this roster, and nobody else, are in group {}; or hand over the roster that \
                 is right now: once it is applied, it takes the place of this one",
                row.subject
            );
        }
        let group = if row.target.is_empty() { String::new() } else { format!(" group {}", row.target) };
        let since = self.times.show(self.group.since);
        let mail = match row.mails.as_str() {
            "unknown" => "; the platform may have sent a mail with it",
            _ => "",
        };
        match (row.mails.as_str(), row.consequence.as_str()) {
            ("yes", _) => format!(
                "ask them, or look at the platform's own record, whether a mail about{group} went out since {since}; if it \
                 did not happen, it is sent again"
            ),
            (_, "adds") => format!("look whether they are in{group} now, with what was asked for{mail}"),
            (_, "removes") => format!("look whether they are still in{group}{mail}"),
            (_, "creates") => format!("look whether it is there, and was made about {since}{mail}"),
            (_, "deletes") => format!("look whether it is still there{mail}"),
            _ => format!("look whether what was asked for stands there now{mail}"),
        }
    }

    /// One effect as an object.
    pub fn json(&self, trace: &Trace) -> Value {
        let mut value = trace_json(trace, self.owner);
        let id = trace.effect.id;
        let settle = (self.owner == Owner::Nobody && !self.are_promised())
            .then(|| format!("beadle doubts settle {id} --applied --reason \"…\"{}", self.flags));
        if let Some(map) = value.as_object_mut() {
            map.insert("type".into(), if self.are_promised() { "promised" } else { "doubt" }.into());
            map.insert("why".into(), why(&trace.effect).into());
            map.insert("look_at".into(), self.look_at(trace).into());
            map.insert("next".into(), json!(settle));
        }
        value
    }
}

/// What was settled, and how each of these runs goes on: its id, how many of its doubts are left, whether it can.
pub fn settled_text(count: usize, verdict: Verdict, runs: &[(String, i64, bool)], flags: &Flags) -> String {
    let what = counted(count, "effect", "effects");
    let mut lines = vec![format!("settled: {what} {}", verdict.words())];
    for (run, left, goes_on) in runs {
        if *left > 0 {
            lines.push(format!("{left} of run {run} still in doubt: beadle doubts{flags}"));
        }
        lines.extend(goes_on.then(|| format!("go on with: beadle resume {run}{flags}")));
    }
    lines.join("\n")
}

/// The same as an object.
pub fn settled_json(effects: &[i64], verdict: Verdict, by: &str, runs: &[(String, i64, bool)], flags: &Flags) -> Value {
    let run = |(run, left, goes_on): &(String, i64, bool)| json!({ "run": run, "in_doubt": left, "next": goes_on.then(|| format!("beadle resume {run}{flags}")) });
    json!({
        "type": "settled",
        "effects": effects,
        "state": match verdict { Verdict::Applied => "applied", Verdict::NotApplied => "not_applied" },
        "by": by,
        "runs": runs.iter().map(run).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::words::tests::{row, times};
    use super::*;
    use crate::settings::Mode;
    use crate::store::EffectRow;

    fn doubts(state: &str, count: i64, owner: Owner) -> Doubts {
        let group = LooseGroup {
            account: "mobilize-1".into(),
            connection: "main".into(),
            op: "members.invite".into(),
            run: "20261122-0158-k3f9".into(),
            state: state.into(),
            job: false,
            count,
            since: 1_700_000_000_000,
        };
        Doubts { group, owner, flags: Flags::of(Mode::Sandbox, None), times: times() }
    }

    fn trace(effect: EffectRow) -> Trace {
        Trace {
            effect,
            connection: "main".into(),
            sentence: "members.invite on main: group_id 4, recipients_ids (1)".into(),
            script: "scripts/sync.rhai".into(),
        }
    }

    #[test]
    fn a_doubt_says_who_why_what_to_look_at_and_what_to_type() {
        let (doubts, trace) = (doubts("open", 1, Owner::Nobody), trace(EffectRow { state: "open".into(), ..row(412) }));
        let told =
            [doubts.head(&trace.script), doubts.call(&trace), doubts.line(&trace), doubts.foot(&trace)].join("\n");
        assert_eq!(
            told,
            "members.invite on main, run 20261122-0158-k3f9 (scripts/sync.rhai): 1 in doubt since 2023-11-14 22:13:20 UTC
  members.invite on main: group_id 4, recipients_ids (1)
  sent 2023-11-14 22:13:20 UTC; the process ended before an answer was written down
    412  ada@example.org (1007), group 4
  to decide: ask them, or look at the platform's own record, whether a mail about group 4 went out since 2023-11-14 \
             22:13:20 UTC; if it did not happen, it is sent again
  it happened: beadle doubts settle 412 --applied --reason \"…\" --sandbox
  it did not: beadle doubts settle 412 --not-applied --reason \"…\" --sandbox"
        );
        let object = doubts.json(&trace);
        assert_eq!((&object["type"], &object["effect"]), (&json!("doubt"), &json!(412)));
    }

    #[test]
    fn what_is_promised_and_what_is_under_way_are_no_doubts() {
        let promised = doubts("accepted", 2, Owner::Nobody);
        assert!(promised.are_promised() && !promised.are_under_way());
        assert!(promised.foot(&trace(row(1))).ends_with("beadle doubts look --sandbox"));
        assert!(doubts("open", 1, Owner::Alive).are_under_way());
        let held = doubts("doubt", 1, Owner::Alive);
        assert!(!held.are_under_way(), "a doubt is one, also of a live run");
        assert!(held.foot(&trace(row(1))).contains("wait for its end"));
        let job = Doubts { group: LooseGroup { job: true, ..promised.group.clone() }, ..promised };
        assert!(!job.are_promised(), "a job has an end that can be asked after");
    }

    #[test]
    fn each_consequence_is_looked_for_in_its_own_place() {
        let look = |mails: &str, consequence: &str| {
            let row = EffectRow { mails: mails.into(), consequence: consequence.into(), ..row(1) };
            doubts("doubt", 1, Owner::Nobody).look_at(&trace(row))
        };
        assert_eq!(look("no", "removes"), "look whether they are still in group 4");
        assert_eq!(
            look("unknown", "adds"),
            "look whether they are in group 4 now, with what was asked for; the platform may have sent a mail with it"
        );
        assert_eq!(look("no", "changes"), "look whether what was asked for stands there now");
        assert_eq!(look("no", "deletes"), "look whether it is still there");
        assert!(look("no", "creates").starts_with("look whether it is there, and was made about 2023"));
    }

    #[test]
    fn a_roster_in_doubt_is_looked_for_in_its_group_and_names_nobodys_birth_date() {
        let (doubts, trace) = (doubts("doubt", 1, Owner::Nobody), trace(super::super::words::tests::roster(2)));
        assert_eq!(doubts.line(&trace), "    9  group grp_aB: 2 members (reference_id E1, E2)");
        assert_eq!(
            doubts.look_at(&trace),
            "look there whether the people of this roster, and nobody else, are in group grp_aB; or hand over the roster that \
             is right now: once it is applied, it takes the place of this one"
        );
        assert!(!doubts.json(&trace).to_string().contains("1990"));
    }

    #[test]
    fn many_are_settled_by_their_numbers() {
        assert!(doubts("doubt", 3, Owner::Nobody).foot(&trace(row(1))).contains("settle NUMBER… --applied"));
    }

    #[test]
    fn what_was_asked_for_one_of_many_stands_beside_them() {
        let wanted = json!({ "fields": { "email": "ada@example.org", "first_name": "Ada" } });
        let item = trace(EffectRow { wanted, ..row(5) });
        assert_eq!(
            doubts("doubt", 1, Owner::Nobody).line(&item),
            "    5  ada@example.org (1007), group 4: first_name Ada"
        );
    }

    #[test]
    fn what_was_settled_names_the_run_that_goes_on() {
        let flags = Flags::of(Mode::Real, None);
        assert_eq!(
            settled_text(2, Verdict::NotApplied, &[("r1".into(), 1, true), ("r2".into(), 0, false)], &flags),
            "settled: 2 effects did not happen\n1 of run r1 still in doubt: beadle doubts\ngo on with: beadle resume r1"
        );
    }
}
