//! Whether what a plan touches is as it was when the plan was made. Values are compared that were shown, never the
//! platform's own dates; what this run has begun already is its own doing and not looked at.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use super::applying::{Applying, id_of, names};
use super::planning::failed;
use crate::catalog::{Adapter, Deed, Doubt};
use crate::effects::State;
use crate::model::Placeholder;
use crate::plan::{Overlay, Plan, Sign, Touch};
use crate::script::Ended;

/// What a look has shown, by the places of steps and touches.
#[derive(Default)]
pub(super) struct Fresh {
    /// Somebody else has done it in the meantime.
    pub(super) as_wanted: HashSet<(usize, usize)>,
    /// Neither as it was nor as it should be.
    pub(super) staled: Vec<Staled>,
    stale: HashSet<(usize, usize)>,
    /// By what those are known that are stale: each is told once.
    names: HashSet<String>,
}

/// Something that was changed since the plan was made.
pub(super) struct Staled {
    /// By what it is known in the plan.
    pub(super) names: Vec<String>,
    /// For people.
    pub(super) line: String,
}

/// What is looked at in one go: connection, operation, group.
type Together<'a> = (&'a str, &'a str, Option<&'a str>);

/// By operation, kind and key: how many writes this run has begun. The group is not asked: that of a plan may be a
/// placeholder.
type Begun = HashMap<(String, String, String), usize>;

/// Rows of the ledger read at a time.
const PAGE: i64 = 1_000;

impl Fresh {
    /// Looks at everything that the plan touches: each row is read once, and the plan's own steps are followed on it, so
    /// that a later touch is compared with what the earlier ones leave.
    pub(super) async fn look(applying: &Applying<'_>) -> Result<Self, Ended> {
        let begun = begun_touches(applying.plan, begun(applying).await?);
        let mut overlays: HashMap<String, Overlay> = HashMap::new();
        let mut asked: BTreeMap<Together<'_>, Vec<Doubt>> = BTreeMap::new();
        let mut seen: HashSet<String> = HashSet::new();
        for (place, step) in applying.plan.steps.iter().enumerate() {
            let subjects = applying.subjects(place).map_err(failed)?;
            for (at, touch) in step.touches.iter().enumerate() {
                if Placeholder::is_in(&touch.subject) || begun.contains(&(place, at)) {
                    continue;
                }
                let of_group =
                    |name: String| format!("{} {name}", realm(applying, &step.connection, touch.group.as_deref()));
                let names: Vec<String> = names(touch).into_iter().map(of_group).collect();
                if !names.iter().any(|name| seen.contains(name)) {
                    let key = (step.connection.as_str(), step.operation.as_str(), touch.group.as_deref());
                    asked.entry(key).or_default().extend(applying.question(place, at, &subjects));
                }
                seen.extend(names);
            }
        }
        for ((connection, _, group), questions) in asked {
            let overlay = overlays.entry(realm(applying, connection, group)).or_default();
            read(applying, connection, overlay, &questions).await?;
        }
        let mut fresh = Self::default();
        for place in 0..applying.plan.steps.len() {
            fresh.follow(applying, place, &begun, &mut overlays)?;
        }
        Ok(fresh)
    }

    /// Compares the touches of one step with what is there, and does on the rows what the step does.
    fn follow(
        &mut self,
        applying: &Applying<'_>,
        place: usize,
        begun: &HashSet<(usize, usize)>,
        overlays: &mut HashMap<String, Overlay>,
    ) -> Result<(), Ended> {
        let step = &applying.plan.steps[place];
        let Some(client) = applying.clients.get(&step.connection) else { return Ok(()) };
        let group = step.touches.first().and_then(|touch| touch.group.as_deref());
        let overlay = overlays.entry(realm(applying, &step.connection, group)).or_default();
        let adapter = client.platform().adapter;
        let op = applying.plan.call(place).map_err(failed)?.op;
        let subjects = applying.subjects(place).map_err(failed)?;
        for (at, touch) in step.touches.iter().enumerate() {
            let Some((subject, part)) = subjects.get(at) else { continue };
            // What this run has begun is in the rows that were read.
            let deed = adapter.deed(op, subject, part).filter(|_| !begun.contains(&(place, at)));
            let Some(deed) = deed else { continue };
            if !Placeholder::is_in(&touch.subject) && overlay.reads(&deed) {
                let Some(question) = applying.question(place, at, &subjects) else { continue };
                let row = overlay.row_of(adapter, &deed).cloned();
                if !self.compare((place, at), touch, &question, adapter, &deed, row) {
                    continue;
                }
            }
            let also: Vec<&str> = touch.also.iter().map(String::as_str).collect();
            overlay.act(adapter, &deed, touch.gives.as_deref().unwrap_or_default(), &also);
        }
        Ok(())
    }

    /// Compares one touch; says whether it is still to be done.
    fn compare(
        &mut self,
        place: (usize, usize),
        touch: &Touch,
        question: &Doubt,
        adapter: &dyn Adapter,
        deed: &Deed,
        row: Option<Value>,
    ) -> bool {
        let now = adapter.held(question, row.as_ref());
        if now == touch.before {
            return true;
        }
        let names = names(touch);
        if names.iter().any(|name| self.names.contains(name)) {
            return false;
        }
        let id = row.as_ref().and_then(id_of).unwrap_or_default();
        let wanted = adapter.held(question, adapter.after(row, &id, deed).as_ref());
        match touch.sign != Sign::Mail && wanted == now {
            true => {
                self.as_wanted.insert(place);
            }
            false => {
                self.stale.insert(place);
                self.names.extend(names.iter().cloned());
                self.staled.push(Staled { names, line: difference(touch, &now) });
            }
        }
        false
    }

    pub(super) fn is_stale(&self, place: usize, at: usize) -> bool {
        self.stale.contains(&(place, at))
    }
}

/// What has rows of people in common: a connection, or one group of it.
fn realm(applying: &Applying<'_>, connection: &str, group: Option<&str>) -> String {
    let realm = applying.clients.get(connection).map(|client| client.realm(group)).unwrap_or_default();
    format!("{connection} {realm}")
}

/// Reads the rows of one operation and group.
async fn read(
    applying: &Applying<'_>,
    connection: &str,
    overlay: &mut Overlay,
    questions: &[Doubt],
) -> Result<(), Ended> {
    let Some(client) = applying.clients.get(connection) else { return Ok(()) };
    let adapter = client.platform().adapter;
    let rows = client.rows(questions).await.map_err(|error| applying.ended(error))?;
    for (question, row) in questions.iter().zip(rows.into_iter().flatten()) {
        let op = question.operation.split_once('.').and_then(|(noun, verb)| client.platform().op(noun, verb));
        let Some(deed) = op.and_then(|op| adapter.deed(op, &question.subject, &question.wanted)) else { continue };
        overlay.learn_of(adapter, &deed, row);
    }
    Ok(())
}

/// The touches that are begun: steps are done in their order, so of several about the same subject the first ones.
fn begun_touches(plan: &Plan, mut begun: Begun) -> HashSet<(usize, usize)> {
    let mut places = HashSet::new();
    for (place, step) in plan.steps.iter().enumerate() {
        for (at, touch) in step.touches.iter().enumerate().filter(|(_, touch)| touch.sign != Sign::Same) {
            let key = (step.operation.clone(), touch.kind.clone(), touch.subject.clone());
            if let Some(count) = begun.get_mut(&key).filter(|count| **count > 0) {
                *count -= 1;
                places.insert((place, at));
            }
        }
    }
    places
}

/// What this run has begun to write and what did not fail.
async fn begun(applying: &Applying<'_>) -> Result<Begun, Ended> {
    let (mut begun, mut after) = (Begun::new(), 0);
    loop {
        let rows = applying.runner.store.effects_of(&applying.plan.id, after, PAGE).await.map_err(failed)?;
        let Some(last) = rows.last() else { return Ok(begun) };
        after = last.id;
        let nothing = |state: &str| matches!(State::parse(state), Some(State::Failed | State::NotApplied));
        for row in rows.into_iter().filter(|row| !nothing(&row.state)) {
            *begun.entry((row.op, row.kind, row.subject)).or_default() += 1;
        }
    }
}

/// `ada@b.example: city was "Pune" and is "Oslo"`
fn difference(touch: &Touch, now: &Value) -> String {
    let is_there = |held: &Value| held.get("id").is_some_and(|id| !id.is_null());
    let mut parts = Vec::new();
    match (is_there(&touch.before), is_there(now)) {
        (true, false) => parts.push("not there any more".to_owned()),
        (false, true) => parts.push("is there by now".to_owned()),
        _ => differ("", &touch.before, now, &mut parts),
    }
    match parts.is_empty() {
        true => format!("{}: not as it was", touch.name),
        false => format!("{}: {}", touch.name, parts.join(", ")),
    }
}

fn differ(name: &str, before: &Value, now: &Value, parts: &mut Vec<String>) {
    match (name, before, now) {
        (_, Value::Object(were), Value::Object(are)) => {
            let keys: std::collections::BTreeSet<&String> = were.keys().chain(are.keys()).collect();
            for key in keys {
                let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differ(key, &value(were), &value(are), parts);
            }
        }
        (_, before, now) if before == now => {}
        ("invited_at", _, now) => parts.push(match now.as_i64().and_then(|at| Timestamp::from_millisecond(at).ok()) {
            Some(at) => format!("was invited on {}", at.strftime("%Y-%m-%d")),
            None => "was invited and is not any more".to_owned(),
        }),
        ("member", _, Value::Bool(true)) => parts.push("is a member by now".to_owned()),
        ("member", _, _) => parts.push("is no member any more".to_owned()),
        (name, before, now) => parts.push(format!("{name} was {} and is {}", plain(before), plain(now))),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "not there".to_owned(),
        other => other.to_string(),
    }
}
