//! Does exactly what a plan says: looks first whether all it touches is as it was, fills in what is known by then, and
//! sends each call through the ledger. What was done by an earlier attempt is not done again.

mod along;
mod begun;
mod braking;
mod difference;
mod done;
mod filling;
mod fresh;
mod meetings;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

use self::begun::begun_by;
use self::done::Done;
use self::fresh::{Fresh, Staled};
use super::planning::failed;
use super::{Runner, Stale};
use crate::catalog::{Call, Code, Doubt, Subject};
use crate::client::{Client, Error, Gravity, With};
use crate::effects::WEIGHED;
use crate::events::{Events, Level};
use crate::model::{Placeholder, counted};
use crate::plan::{Plan, Sign, Touch};
use crate::script::{Ended, Parts, ScriptError, Stop, Thrown};

/// A plan that is being applied.
pub(super) struct Applying<'a> {
    runner: &'a Runner,
    plan: &'a Plan,
    /// By connection.
    clients: HashMap<String, Client>,
    events: Events,
    /// What placeholders stand for, as far as it is known.
    filled: HashMap<String, String>,
    /// Which touch of which step makes what a placeholder stands for.
    makers: HashMap<&'a str, (usize, usize)>,
    /// People and groups of whom something could not be done: nothing more of them is.
    spoilt: HashSet<String>,
    /// The first doubt, and how many answers were lost one after the other.
    doubt: Option<Error>,
    lost: usize,
    done: Done,
}

/// After so many lost answers, one after the other, nothing more is sent.
const LOST: usize = 2;

impl<'a> Applying<'a> {
    pub(super) fn new(runner: &'a Runner, plan: &'a Plan, clients: HashMap<String, Client>, events: Events) -> Self {
        let (filled, spoilt) = (HashMap::new(), HashSet::new());
        let touches = plan.steps.iter().enumerate().flat_map(|(place, step)| {
            step.touches.iter().enumerate().map(move |(at, touch)| (touch.gives.as_deref(), (place, at)))
        });
        let makers = touches.filter_map(|(name, place)| Some((name?, place))).collect();
        Self { runner, plan, clients, events, filled, makers, spoilt, doubt: None, lost: 0, done: Done::default() }
    }

    /// Applies the plan; what was done is told also when it could not be done to its end.
    pub(super) async fn run(mut self, stale: Stale, command: &str) -> (Parts, Result<(), Ended>) {
        let ended = self.steps(stale, command).await;
        let mut parts = Parts::default();
        let (lines, json) = (self.done.lines(), self.done.json());
        parts.failed = (self.done.failed.len() + self.done.stale.len()) as u64 + self.done.skipped;
        parts.section(format!("plan {} of {}", self.plan.id, self.plan.script), lines, json);
        (parts, ended)
    }

    async fn steps(&mut self, stale: Stale, command: &str) -> Result<(), Ended> {
        self.settle().await?;
        let begun = begun_by(self).await?;
        self.fill_begun(&begun).await?;
        let fresh = Fresh::look(self, begun).await?;
        if let (Stale::Stop, false) = (stale, fresh.staled.is_empty()) {
            return Err(held(self.plan, &fresh.staled, command));
        }
        self.done.as_wanted = fresh.as_wanted.len() as u64;
        self.spoilt.extend(fresh.staled.iter().flat_map(|one| one.names.iter().cloned()));
        self.brake(&fresh).await?;
        let (all, mut so_far) = (self.plan.touches().count() as u64, 0);
        for place in 0..self.plan.steps.len() {
            self.step(place, &fresh).await?;
            so_far += self.plan.steps[place].touches.len() as u64;
            self.events.progress("steps done", so_far, all);
        }
        self.done.stale = fresh.staled;
        self.keep_meetings().await?;
        self.confirm().await?;
        match self.doubt.take() {
            Some(doubt) => Err(self.ended(doubt)),
            None => Ok(()),
        }
    }

    /// Looks once whether the platform has recorded the mails that it queued.
    async fn confirm(&self) -> Result<(), Ended> {
        if !self.done.by_sign.contains_key(&Sign::Mail) {
            return Ok(());
        }
        for client in self.clients.values() {
            client.confirm_queued().await.map_err(|error| self.ended(error))?;
        }
        Ok(())
    }

    /// The touches of a step that are to be done, and how many are not since something before them was not.
    fn to_do(&self, place: usize, fresh: &Fresh) -> (Vec<usize>, u64) {
        let touches = &self.plan.steps[place].touches;
        let (mut places, mut skipped) = (Vec::with_capacity(touches.len()), 0);
        for (at, touch) in touches.iter().enumerate() {
            if touch.sign == Sign::Same || fresh.as_wanted.contains(&(place, at)) || fresh.is_stale(place, at) {
                continue;
            }
            match names(touch).iter().any(|name| self.spoilt.contains(name)) {
                true => skipped += 1,
                false => places.push(at),
            }
        }
        (places, skipped)
    }

    /// One call, for whomever it still is to be done.
    async fn step(&mut self, place: usize, fresh: &Fresh) -> Result<(), Ended> {
        let step = &self.plan.steps[place];
        let (places, skipped) = self.to_do(place, fresh);
        self.done.skipped += skipped;
        if places.is_empty() {
            return Ok(());
        }
        let whole = self.plan.call(place).map_err(failed)?;
        let Some(client) = self.clients.get(&step.connection).cloned() else { return Ok(()) };
        let planned = whole
            .pieces()
            .into_iter()
            .next()
            .map(|piece| piece.only(&places))
            .ok_or_else(|| failed("an empty step"))?;
        let call = match self.fill(&client, &planned.call).await? {
            Ok(call) => call,
            Err(why) => {
                self.events.say(Level::Warn, format!("not done: {}: {why}", step.operation));
                self.done.skipped += places.len() as u64;
                self.spoilt.extend(places.iter().flat_map(|&at| names(&step.touches[at])));
                return Ok(());
            }
        };
        let with = self.with(place, &places, &call);
        match client.call(&call, &with).await {
            Ok(answer) => {
                self.lost = 0;
                self.note(place, &places, &serde_json::from_slice(&answer).unwrap_or_default());
                Ok(())
            }
            Err(error) if is_refusal(&error) => {
                self.spoil(place, &places, &error.message);
                Ok(())
            }
            // A doubt holds back what hangs on it; answers that get lost one after the other end the plan.
            Err(error) if error.gravity == Gravity::Doubt && self.lost < LOST => {
                self.lost += 1;
                self.events.say(Level::Warn, format!("in doubt: {}: {}", step.operation, error.message));
                self.spoilt.extend(places.iter().flat_map(|&at| names(&step.touches[at])));
                self.doubt.get_or_insert(error);
                Ok(())
            }
            Err(error) => Err(self.ended(error)),
        }
    }

    /// The call with everything filled in that only the platform could give; the inner error names what is missing.
    async fn fill(&mut self, client: &Client, call: &Call) -> Result<Result<Call, String>, Ended> {
        let mut wanted = BTreeSet::new();
        for (_, value) in call.args.iter() {
            holders(value, &mut wanted);
        }
        wanted.retain(|name| !self.filled.contains_key(name));
        self.resolve(client, &wanted).await?;
        if let Some(missing) = wanted.iter().find(|name| !self.filled.contains_key(*name)) {
            return Ok(Err(format!("{} is not there", Placeholder::readable(missing))));
        }
        let mut filled = call.clone();
        for (name, value) in call.args.iter() {
            filled.args.set(name, replaced(value, &self.filled));
        }
        Ok(Ok(filled))
    }

    /// Whom a step touches, each with its part of the request, as it was planned.
    fn subjects(&self, place: usize) -> Result<Vec<(Subject, Value)>, crate::plan::NotAPlan> {
        let piece = self.plan.call(place)?.pieces().into_iter().next();
        Ok(piece.map(|piece| piece.subjects).unwrap_or_default())
    }

    /// What is asked about a touch of a step with these subjects, with everything filled in that is known.
    fn question(&self, place: usize, at: usize, subjects: &[(Subject, Value)]) -> Option<Doubt> {
        let step = &self.plan.steps[place];
        let (touch, (_, part)) = (&step.touches[at], subjects.get(at)?);
        let mut subject = touch.subject();
        subject.key = self.known_by_now(subject.key);
        subject.group = subject.group.map(|group| self.known_by_now(group));
        Some(Doubt {
            effect: 0,
            operation: step.operation.clone(),
            subject,
            address: Some(touch.name.clone()).filter(|name| name.contains('@')),
            wanted: replaced(part, &self.filled),
            before: touch.before.clone(),
            begun_at: 0,
            job: None,
        })
    }

    fn known_by_now(&self, text: String) -> String {
        self.filled.get(&text).cloned().unwrap_or(text)
    }

    /// The plan's own knowledge as the ledger's intent keeps it.
    fn with(&self, place: usize, places: &[usize], call: &Call) -> With {
        let step = &self.plan.steps[place];
        let subjects = call.pieces().into_iter().flat_map(|piece| piece.subjects).map(|(subject, _)| subject.key);
        let known = subjects
            .zip(places)
            .map(|(key, at)| (key, &step.touches[*at]))
            .filter(|(_, touch)| is_known_ahead(touch))
            .map(|(key, touch)| (key, self.known(touch)))
            .collect();
        With { again: step.campaign.clone(), use_existing: step.use_existing, known, checked: true, ..With::default() }
    }

    /// The intent's knowledge: what the ledger reads of it, and what undo will need.
    fn known(&self, touch: &Touch) -> Value {
        let mut map = touch.before.as_object().cloned().unwrap_or_default();
        map.extend(touch.known.as_object().cloned().unwrap_or_default());
        let also = touch.also.iter().map(|group| self.known_by_now(group.clone()).into());
        map.insert("also".into(), Value::Array(also.collect()));
        Value::Object(map)
    }

    /// Counts what was done, and whom the platform or the ledger left out.
    fn note(&mut self, place: usize, places: &[usize], answer: &Value) {
        let step = &self.plan.steps[place];
        let listed = |key: &str| -> Vec<(String, String)> {
            let rows = answer.pointer(&format!("/effects/{key}")).and_then(Value::as_array).into_iter().flatten();
            let text = |row: &Value, key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            rows.map(|row| (text(row, "subject"), text(row, "why"))).collect()
        };
        let failures: HashMap<String, String> = listed("failed").into_iter().collect();
        if let ([at], Some(id)) = (places, id_of(answer))
            && let Some(name) = &step.touches[*at].gives
        {
            self.filled.insert(name.clone(), id);
        }
        for at in places {
            let touch = &step.touches[*at];
            match failures.get(&self.known_by_now(touch.subject.clone())) {
                Some(why) => {
                    self.done.failed.push((touch.name.clone(), why.clone()));
                    self.spoilt.extend(names(touch));
                }
                None => *self.done.by_sign.entry(touch.sign).or_default() += 1,
            }
        }
    }

    /// None of these was done; nor is anything that depends on them.
    fn spoil(&mut self, place: usize, places: &[usize], why: &str) {
        for &at in places {
            let touch = &self.plan.steps[place].touches[at];
            self.done.failed.push((touch.name.clone(), why.to_owned()));
            self.spoilt.extend(names(touch));
        }
    }

    fn ended(&self, error: Error) -> Ended {
        match self.runner.cancel.reason() {
            Some(why) if why != Stop::Fatal => Ended::Stopped(why),
            _ => match error.gravity {
                Gravity::Held | Gravity::Ledger => Ended::Fatal(Thrown::from(error)),
                Gravity::Doubt => {
                    let code = Some(error.code.to_owned());
                    Ended::Failed(ScriptError { code, ..ScriptError::plain(error.to_string()) })
                }
                Gravity::Catchable => failed(error),
            },
        }
    }
}

/// By what somebody or something is known in a plan: whatever is not done for one name is not done for the others.
fn names(touch: &Touch) -> Vec<String> {
    let held = |value: &Value| -> Vec<String> {
        ["id", "email"].iter().filter_map(|key| value.get(*key)?.as_str()).map(str::to_lowercase).collect()
    };
    let mut names = vec![touch.subject.clone(), touch.name.to_lowercase()];
    names.extend(held(&touch.before));
    names.extend(touch.gives.clone());
    names.iter_mut().for_each(|name| name.insert_str(0, &format!("{} ", touch.kind)));
    names
}

/// Whether what a plan says of a touch's past holds whatever the plan makes before it: nobody is in a group that is only
/// being made, and against what a whole roster was weighed is known, too.
fn is_known_ahead(touch: &Touch) -> bool {
    let comes = touch.sign == Sign::Add && touch.before.get("member") == Some(&Value::Bool(false));
    !touch.waits() || comes || touch.known.get(WEIGHED).is_some()
}

/// The platform's id of a row.
pub(super) fn id_of(row: &Value) -> Option<String> {
    match row.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Whether the platform said no to this one call; anything else would meet the next call as well.
fn is_refusal(error: &Error) -> bool {
    let codes = [Code::Refused.as_str(), Code::NotFound.as_str()];
    error.gravity == Gravity::Catchable && codes.contains(&error.code)
}

fn holders(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if Placeholder::parse(text).is_some() => {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| holders(item, found)),
        Value::Object(map) => map.values().for_each(|item| holders(item, found)),
        _ => {}
    }
}

fn replaced(value: &Value, filled: &HashMap<String, String>) -> Value {
    match value {
        Value::String(text) => filled.get(text).map_or_else(|| value.clone(), |id| id.as_str().into()),
        Value::Array(items) => items.iter().map(|item| replaced(item, filled)).collect::<Vec<_>>().into(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, item)| (key.clone(), replaced(item, filled))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// What stops the plan before its first change.
fn held(plan: &Plan, staled: &[Staled], command: &str) -> Ended {
    const SHOWN: usize = 10;
    let mut lines: Vec<String> = staled.iter().take(SHOWN).map(|one| format!("  {}", one.line)).collect();
    if staled.len() > SHOWN {
        lines.push(format!("  and {} more", staled.len() - SHOWN));
    }
    let what = if staled.len() == 1 { "is not as it was" } else { "are not as they were" };
    let message = format!(
        "held before the first change: {} of {} that the plan touches {what} when it was made\n{}\n\
         to leave them alone and do the rest, type: {command} --skip-stale; to plan anew: {}",
        staled.len(),
        plan.touches().count(),
        lines.join("\n"),
        plan.anew()
    );
    Ended::Fatal(Thrown { fatal: true, ..Thrown::new("held", message) })
}

/// Tells that a plan is being applied.
pub(super) fn greet(events: &Events, plan: &Plan) {
    let changes = plan.touches().filter(|(_, touch)| touch.sign != Sign::Same).count();
    let what = counted(changes, "change or mail", "changes and mails");
    events.say(Level::Info, format!("plan of {}: {what}", plan.script));
}
