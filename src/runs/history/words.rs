//! The words that all tales of the past share: moments, who it was, how an effect stands, what was asked.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::catalog::Whole;
use crate::platforms;
use crate::store::{EffectRow, Trace};

/// People of a whole roster who are told by their keys.
const KEYS: usize = 5;

/// Whether a process works on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One does.
    Alive,
    /// None does.
    Nobody,
}

/// Shows moments in the time zone of the project.
#[derive(Clone, Debug)]
pub struct Times(TimeZone);

impl Times {
    /// In this zone.
    pub const fn within(zone: TimeZone) -> Self {
        Self(zone)
    }

    /// `2026-11-22 01:58:03 UTC`, of milliseconds since the epoch.
    pub fn show(&self, at: i64) -> String {
        match Timestamp::from_millisecond(at) {
            Ok(at) => at.to_zoned(self.0.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string(),
            Err(_) => "an unknown moment".to_owned(),
        }
    }
}

/// `2026-11-22T01:58:03.123Z`, for programs.
pub(super) fn moment(at: i64) -> Value {
    Timestamp::from_millisecond(at).map_or(Value::Null, |at| at.to_string().into())
}

/// One effect as a line: `412  2026-11-22 01:58:03 UTC  members.invite  ada@example.org (1001), group 4: done`.
pub fn effect_line(row: &EffectRow, owner: Owner, times: &Times) -> String {
    format!("{}  {}  {}  {}: {}", row.id, times.show(row.begun_at), row.op, about(row), standing(row, owner, times))
}

/// One effect as an object.
pub fn effect_json(row: &EffectRow, owner: Owner) -> Value {
    json!({
        "type": "effect",
        "effect": row.id,
        "run": row.run,
        "attempt": row.attempt,
        "account": row.account,
        "operation": row.op,
        "consequence": row.consequence,
        "mails": row.mails,
        "subject": { "kind": row.kind, "key": row.subject },
        "address": row.address,
        "group": named(&row.target),
        "campaign": named(&row.campaign),
        "state": row.state,
        "under_way": owner == Owner::Alive && is_open(row),
        "begun": moment(row.begun_at),
        "settled": row.settled_at.map(moment),
        "settled_by": row.settled_by,
        "error": row.error,
        "job": row.job,
        "superseded_in": row.superseded_in,
        "asked": asked_json(row),
    })
}

/// An effect as an object, with its connection, its script and what its call said.
pub fn trace_json(trace: &Trace, owner: Owner) -> Value {
    let mut value = effect_json(&trace.effect, owner);
    if let Some(map) = value.as_object_mut() {
        map.insert("connection".into(), trace.connection.as_str().into());
        map.insert("script".into(), trace.script.as_str().into());
        map.insert("sentence".into(), trace.sentence.as_str().into());
    }
    value
}

/// Whom or what it touched, where, and for which occasion: `ada@example.org (1001), group 4, campaign spring`.
pub(super) fn about(row: &EffectRow) -> String {
    let who = match (row.kind.as_str(), row.address.as_deref()) {
        ("person", Some(address)) if address != row.subject => format!("{address} ({})", row.subject),
        ("person", _) => row.subject.clone(),
        (kind, None) => format!("{kind} {}", row.subject),
        (kind, Some(address)) => format!("{kind} {} of {address}", row.subject),
    };
    let group = match (row.kind.as_str(), named(&row.target)) {
        (_, None) => String::new(),
        // What a group's own roster is about is the group itself.
        ("group", Some(parent)) if parent == row.subject => String::new(),
        ("group", Some(parent)) => format!(" below group {parent}"),
        (_, Some(group)) => format!(", group {group}"),
    };
    let campaign = named(&row.campaign).map(|campaign| format!(", campaign {campaign}"));
    format!("{who}{group}{}", campaign.unwrap_or_default())
}

/// How it stands, and why.
pub fn standing(row: &EffectRow, owner: Owner, times: &Times) -> String {
    let because = |word: &str| match &row.error {
        Some(why) => format!("{word}: {why}"),
        None => word.to_owned(),
    };
    let words = match row.state.as_str() {
        _ if owner == Owner::Alive && is_open(row) => "under way".to_owned(),
        "open" | "doubt" => format!("in doubt: {}", why(row)),
        "accepted" if row.job.is_some() => format!("in doubt: {}", why(row)),
        "accepted" => "promised by the platform, not seen yet".to_owned(),
        "failed" => because("failed"),
        "applied" => format!("happened, {}", proof(row, times)),
        "not_applied" => format!("did not happen, {}", proof(row, times)),
        "replaced" => format!("whether it happened is not known; {}", replacement(row)),
        other => other.to_owned(),
    };
    match row.superseded_in {
        Some(attempt) => format!("{words} (attempt {attempt} asked for something else)"),
        None => words,
    }
}

/// Why it is not known whether it happened.
pub(super) fn why(row: &EffectRow) -> String {
    match (row.state.as_str(), &row.error, &row.job) {
        (_, Some(why), _) => why.clone(),
        ("accepted", None, Some(job)) => format!("the platform took it as job {job}, and nobody has seen its end"),
        ("accepted", None, None) => "the platform has promised it, and no read has shown it yet".to_owned(),
        _ => "the process ended before an answer was written down".to_owned(),
    }
}

/// What was asked for beyond whom and where: `first_name Ada, last_name Lovelace`; empty where that was all. Of the people
/// in a whole roster only their keys are told: nobody needs a birth date to settle a doubt.
pub(super) fn asked(row: &EffectRow) -> String {
    if let Some(whole) = whole_of(row) {
        let keys = keys(row, whole);
        let more = keys.len().saturating_sub(KEYS);
        let more = if more > 0 { format!(", {more} more") } else { String::new() };
        let first = keys.iter().take(KEYS).copied().collect::<Vec<_>>().join(", ");
        return format!("{} {} ({} {first}{more})", keys.len(), whole.rows, whole.key);
    }
    let mut parts = Vec::new();
    collect(&row.wanted, row, &mut parts);
    parts.join(", ")
}

/// The same for programs.
fn asked_json(row: &EffectRow) -> Value {
    let mut wanted = row.wanted.clone();
    if let (Some(whole), Some(map)) = (whole_of(row), wanted.as_object_mut()) {
        let keys = keys(row, whole);
        map.insert(whole.rows.to_owned(), json!({ "count": keys.len(), whole.key: keys }));
    }
    wanted
}

fn keys<'a>(row: &'a EffectRow, whole: &Whole) -> Vec<&'a str> {
    whole.rows_of(&row.wanted).iter().map(|person| whole.key_of(person)).collect()
}

/// `None` for what is empty in the store.
pub(super) fn named(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn is_open(row: &EffectRow) -> bool {
    row.state == "open" || (row.state == "accepted" && row.job.is_some())
}

/// What took its place.
fn replacement(row: &EffectRow) -> String {
    let what = if whole_of(row).is_some() { "roster" } else { "one" };
    match row.settled_by.as_deref().and_then(|by| by.strip_prefix("run ")) {
        Some(run) if run == row.run => format!("a later {what} of this run took its place"),
        Some(run) => format!("the {what} of run {run} took its place"),
        None => format!("a later {what} took its place"),
    }
}

/// What it hands over as everybody of a group at once, where it does.
pub(super) fn whole_of(row: &EffectRow) -> Option<&'static Whole> {
    let (noun, verb) = row.op.split_once('.')?;
    let whole = platforms::all().find_map(|platform| platform.op(noun, verb)?.whole)?;
    row.wanted.get(whole.rows).is_some().then_some(whole)
}

/// Who knows it.
fn proof(row: &EffectRow, times: &Times) -> String {
    match (row.settled_by.as_deref(), row.settled_at) {
        (Some("look-up") | None, _) => "as a read has shown".to_owned(),
        (Some(by), at) => {
            let (who, why) = by.split_once(": ").unwrap_or((by, ""));
            let when = at.map(|at| format!(" {}", times.show(at))).unwrap_or_default();
            let why = named(why).map(|why| format!(": {why}")).unwrap_or_default();
            format!("as {who} said{when}{why}")
        }
    }
}

fn collect(value: &Value, row: &EffectRow, parts: &mut Vec<String>) {
    let Some(map) = value.as_object() else { return };
    for (name, value) in map {
        let text = match value {
            Value::Object(_) => {
                collect(value, row, parts);
                continue;
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let said = text == row.subject || text == row.target || row.address.as_deref() == Some(&text.to_lowercase());
        if !said {
            parts.push(format!("{name} {text}"));
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// An invitation in doubt.
    pub(in crate::runs::history) fn row(id: i64) -> EffectRow {
        EffectRow {
            id,
            call: 1,
            run: "20261122-0158-k3f9".into(),
            attempt: 1,
            account: "mobilize-1".into(),
            op: "members.invite".into(),
            consequence: "tells".into(),
            mails: "yes".into(),
            kind: "person".into(),
            subject: "1007".into(),
            target: "4".into(),
            address: Some("ada@example.org".into()),
            campaign: String::new(),
            digest: String::new(),
            ordinal: 1,
            before: Value::Null,
            wanted: json!("1007"),
            share: None,
            state: "doubt".into(),
            begun_at: 1_700_000_000_123,
            settled_at: None,
            settled_by: None,
            error: None,
            superseded_in: None,
            job: None,
        }
    }

    pub(in crate::runs::history) fn times() -> Times {
        Times::within(TimeZone::UTC)
    }

    /// A whole roster in doubt.
    pub(in crate::runs::history) fn roster(people: usize) -> EffectRow {
        let person = |n| json!({ "reference_id": format!("E{n}"), "first_name": "Ada", "date_of_birth": "1990-05-15" });
        EffectRow {
            op: "members.sync".into(),
            consequence: "changes".into(),
            mails: "unknown".into(),
            kind: "group".into(),
            subject: "grp_aB".into(),
            target: "grp_aB".into(),
            address: None,
            wanted: json!({ "group_id": "grp_aB", "members": (1..=people).map(person).collect::<Vec<_>>() }),
            ..row(9)
        }
    }

    fn stands(row: &EffectRow) -> String {
        standing(row, Owner::Nobody, &times())
    }

    #[test]
    fn a_line_says_who_where_when_and_how_it_stands() {
        let row = EffectRow { campaign: "spring".into(), ..row(412) };
        assert_eq!(
            effect_line(&row, Owner::Nobody, &times()),
            "412  2023-11-14 22:13:20 UTC  members.invite  ada@example.org (1007), group 4, campaign spring: in doubt: \
             the process ended before an answer was written down"
        );
        assert_eq!(effect_json(&row, Owner::Nobody)["begun"], "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn moments_are_shown_in_the_zone_of_the_project() {
        let berlin = Times::within(TimeZone::get("Europe/Berlin").unwrap());
        assert_eq!(berlin.show(1_700_000_000_123), "2023-11-14 23:13:20 CET");
    }

    #[test]
    fn people_groups_and_invitations_are_named_each_in_their_way() {
        let group = EffectRow { kind: "group".into(), subject: "berlin".into(), address: None, ..row(1) };
        assert_eq!(about(&group), "group berlin below group 4");
        assert_eq!(about(&roster(3)), "group grp_aB");
        let invitation = EffectRow { kind: "invitation".into(), target: String::new(), ..row(1) };
        assert_eq!(about(&invitation), "invitation 1007 of ada@example.org");
        let by_address = EffectRow { subject: "ada@example.org".into(), ..row(1) };
        assert_eq!(about(&by_address), "ada@example.org, group 4");
        assert_eq!(about(&EffectRow { address: None, ..row(1) }), "1007, group 4");
    }

    #[test]
    fn every_state_has_its_words() {
        let of = |state: &str| EffectRow { state: state.into(), ..row(1) };
        let error = |state: &str| EffectRow { error: Some("refused: no such user".into()), ..of(state) };
        let by = |state: &str, by: &str| EffectRow {
            settled_by: Some(by.into()),
            settled_at: Some(1_700_000_000_000),
            ..of(state)
        };
        let job = EffectRow { job: Some("j7".into()), ..of("accepted") };
        assert_eq!(stands(&of("open")), "in doubt: the process ended before an answer was written down");
        assert_eq!(standing(&of("open"), Owner::Alive, &times()), "under way");
        assert_eq!(stands(&job), "in doubt: the platform took it as job j7, and nobody has seen its end");
        assert_eq!(standing(&job, Owner::Alive, &times()), "under way");
        assert_eq!(stands(&of("accepted")), "promised by the platform, not seen yet");
        assert_eq!(stands(&error("doubt")), "in doubt: refused: no such user");
        assert_eq!(standing(&error("doubt"), Owner::Alive, &times()), "in doubt: refused: no such user");
        assert_eq!(stands(&of("done")), "done");
        assert_eq!(stands(&error("failed")), "failed: refused: no such user");
        assert_eq!(stands(&by("applied", "look-up")), "happened, as a read has shown");
        assert_eq!(
            stands(&by("not_applied", "ada: asked her")),
            "did not happen, as ada said 2023-11-14 22:13:20 UTC: asked her"
        );
        let unknown = "whether it happened is not known; ";
        assert_eq!(stands(&by("replaced", "run r2")), format!("{unknown}the one of run r2 took its place"));
        let of_run = EffectRow { settled_by: Some("run r2".into()), state: "replaced".into(), ..roster(1) };
        assert_eq!(stands(&of_run), format!("{unknown}the roster of run r2 took its place"));
        let own = EffectRow { run: "r2".into(), ..of_run };
        assert_eq!(stands(&own), format!("{unknown}a later roster of this run took its place"));
        let over = EffectRow { superseded_in: Some(2), ..of("done") };
        assert_eq!(stands(&over), "done (attempt 2 asked for something else)");
    }

    #[test]
    fn of_the_people_in_a_whole_roster_only_their_keys_are_told() {
        assert_eq!(asked(&roster(2)), "2 members (reference_id E1, E2)");
        assert_eq!(asked(&roster(7)), "7 members (reference_id E1, E2, E3, E4, E5, 2 more)");
        let object = effect_json(&roster(7), Owner::Nobody);
        assert_eq!(object["asked"]["members"]["count"], 7);
        assert_eq!(object["asked"]["members"]["reference_id"][6], "E7");
        assert!(!object.to_string().contains("1990"), "{object}");
    }

    #[test]
    fn what_was_asked_leaves_out_who_and_where() {
        let wanted = json!({ "group_id": "4", "user_id": "1007", "fields": { "email": "Ada@Example.org", "first_name": "Ada" } });
        assert_eq!(asked(&EffectRow { wanted, ..row(1) }), "first_name Ada");
        assert_eq!(asked(&row(1)), "");
    }
}
