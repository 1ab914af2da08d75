//! Whether what a plan touches is as it was when the plan was made. Values are compared that were shown, never the
//! platform's own dates; what this run has begun already is its own doing and not looked at.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::applying::{Applying, names};
use super::planning::failed;
use crate::catalog::Doubt;
use crate::plan::{Sign, Touch};
use crate::script::Ended;

/// What a look has shown, by the places of steps and touches.
#[derive(Default)]
pub(super) struct Fresh {
    /// Somebody else has done it in the meantime.
    pub(super) as_wanted: HashSet<(usize, usize)>,
    /// Neither as it was nor as it should be.
    pub(super) staled: Vec<Staled>,
    stale: HashSet<(usize, usize)>,
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

/// Rows of the ledger read at a time.
const PAGE: i64 = 1_000;

impl Fresh {
    /// Looks at everything that the plan touches first of each person and group.
    pub(super) async fn look(applying: &Applying<'_>) -> Result<Self, Ended> {
        let begun = begun(applying).await?;
        let mut asked: BTreeMap<Together<'_>, Vec<(usize, usize)>> = BTreeMap::new();
        let mut seen: HashSet<String> = HashSet::new();
        for (place, step) in applying.plan.steps.iter().enumerate() {
            for (at, touch) in step.touches.iter().enumerate() {
                let names = names(touch);
                // What an earlier step changes of the same person is as planned, not as it was.
                let first = !names.iter().any(|name| seen.contains(name));
                seen.extend(names);
                let ours = begun.contains(&(
                    touch.kind.clone(),
                    touch.subject.clone(),
                    touch.group.clone().unwrap_or_default(),
                ));
                if first && !ours && !touch.waits() {
                    let key = (step.connection.as_str(), step.operation.as_str(), touch.group.as_deref());
                    asked.entry(key).or_default().push((place, at));
                }
            }
        }
        let mut fresh = Self::default();
        for ((connection, ..), places) in asked {
            fresh.compare(applying, connection, &places).await?;
        }
        Ok(fresh)
    }

    /// Compares the touches of one operation and group.
    async fn compare(
        &mut self,
        applying: &Applying<'_>,
        connection: &str,
        places: &[(usize, usize)],
    ) -> Result<(), Ended> {
        let Some(client) = applying.clients.get(connection) else { return Ok(()) };
        let adapter = client.platform().adapter;
        let mut questions: Vec<Doubt> = Vec::with_capacity(places.len());
        for &(place, at) in places {
            questions.extend(applying.questions(place, std::iter::once(at)).map_err(failed)?);
        }
        let rows = client.rows(&questions).await.map_err(|error| applying.ended(error))?;
        let Some(rows) = rows else { return Ok(()) };
        for ((&(place, at), question), row) in places.iter().zip(&questions).zip(rows) {
            let touch = &applying.plan.steps[place].touches[at];
            let now = adapter.held(question, row.as_ref());
            if now == touch.before {
                continue;
            }
            let call = applying.plan.call(place).map_err(failed)?;
            let deed = adapter.deed(call.op, &question.subject, &question.wanted);
            let id = row.as_ref().and_then(|row| row.get("id")).and_then(Value::as_str).unwrap_or_default().to_owned();
            let wanted = deed.map(|deed| adapter.held(question, adapter.after(row.clone(), &id, &deed).as_ref()));
            match touch.sign != Sign::Mail && wanted.as_ref() == Some(&now) {
                true => {
                    self.as_wanted.insert((place, at));
                }
                false => {
                    self.stale.insert((place, at));
                    self.staled.push(Staled { names: names(touch), line: difference(touch, &now) });
                }
            }
        }
        Ok(())
    }

    pub(super) fn is_stale(&self, place: usize, at: usize) -> bool {
        self.stale.contains(&(place, at))
    }
}

/// Subjects to which this run has begun to write.
async fn begun(applying: &Applying<'_>) -> Result<HashSet<(String, String, String)>, Ended> {
    let (mut begun, mut after) = (HashSet::new(), 0);
    loop {
        let rows = applying.runner.store.effects_of(&applying.plan.id, after, PAGE).await.map_err(failed)?;
        let Some(last) = rows.last() else { return Ok(begun) };
        after = last.id;
        begun.extend(rows.into_iter().map(|row| (row.kind, row.subject, row.target)));
    }
}

/// `ada@b.example: city was "Pune" and is "Oslo"`
fn difference(touch: &Touch, now: &Value) -> String {
    let mut parts = Vec::new();
    differ("", &touch.before, now, &mut parts);
    match parts.is_empty() {
        true => format!("{}: not as it was", touch.name),
        false => format!("{}: {}", touch.name, parts.join(", ")),
    }
}

fn differ(name: &str, before: &Value, now: &Value, parts: &mut Vec<String>) {
    match (before, now) {
        (Value::Object(were), Value::Object(are)) => {
            let keys: std::collections::BTreeSet<&String> = were.keys().chain(are.keys()).collect();
            for key in keys {
                let value = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                differ(key, &value(were), &value(are), parts);
            }
        }
        (before, now) if before != now => parts.push(format!("{name} was {} and is {}", plain(before), plain(now))),
        _ => {}
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "not there".to_owned(),
        Value::Object(_) => "there".to_owned(),
        other => other.to_string(),
    }
}
