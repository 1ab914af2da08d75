//! Whether what a plan touches is as it was when the plan was made. Values are compared that were shown, never the
//! platform's own dates; what this run has begun already is its own doing and not looked at.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;

use super::along::Along;
use super::difference::difference;
use super::{Applying, id_of, names, replaced};
use crate::catalog::{Consequence, Deed, Doubt, SubjectKind, Write};
use crate::client::Client;
use crate::effects::brakes::Protection;
use crate::model::Placeholder;
use crate::plan::{Overlay, Sign, Touch};
use crate::runs::planning::failed;
use crate::script::Ended;

/// What a look has shown, by the places of steps and touches.
#[derive(Default)]
pub(super) struct Fresh {
    /// Somebody else has done it in the meantime.
    pub(super) as_wanted: HashSet<(usize, usize)>,
    /// Neither as it was nor as it should be.
    pub(super) staled: Vec<Staled>,
    /// Done by an earlier attempt, or not known.
    pub(super) begun: HashSet<(usize, usize)>,
    /// The rows of those who would leave or be deleted, as they will be just before.
    pub(super) leaving: HashMap<(usize, usize), Value>,
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

/// What is known of the platforms.
#[derive(Default)]
struct Known<'a> {
    /// The rows, by what has rows of people in common.
    overlays: HashMap<String, Overlay>,
    /// By connection.
    along: HashMap<&'a str, Along>,
    /// Groups that were made through this store, by connection.
    ours: HashMap<&'a str, HashSet<String>>,
}

/// One touch beside what is there.
struct Looked<'a> {
    place: (usize, usize),
    touch: &'a Touch,
    /// As it was, with all that an earlier attempt has made.
    before: Value,
    question: &'a Doubt,
    client: &'a Client,
    deed: &'a Deed,
    row: Option<Value>,
    /// Whether what the row shows is a group that others have made: it is not what was planned, unless that takes it.
    is_foreign: bool,
}

/// What is looked at in one go: connection, operation, group.
type Together<'a> = (&'a str, &'a str, Option<&'a str>);

impl Fresh {
    /// Looks at everything that the plan touches: each row is read once, and the plan's own steps are followed on it, so
    /// that a later touch is compared with what the earlier ones leave.
    pub(super) async fn look(applying: &Applying<'_>, begun: HashSet<(usize, usize)>) -> Result<Self, Ended> {
        let mut fresh = Self { begun, ..Self::default() };
        let mut known = Known::default();
        let mut asked: BTreeMap<Together<'_>, Vec<Doubt>> = BTreeMap::new();
        let mut seen: HashSet<String> = HashSet::new();
        for (place, step) in applying.plan.steps.iter().enumerate() {
            let subjects = applying.subjects(place).map_err(failed)?;
            let mut moves = false;
            for (at, touch) in step.touches.iter().enumerate() {
                moves |= touch.sign == Sign::Remove || (touch.sign == Sign::Add && touch.group.is_some());
                if Placeholder::is_in(&touch.subject) || fresh.begun.contains(&(place, at)) {
                    continue;
                }
                let realm = realm(applying, &step.connection, touch.group.as_deref());
                let names: Vec<String> = names(touch).into_iter().map(|name| format!("{realm} {name}")).collect();
                if !names.iter().any(|name| seen.contains(name)) {
                    let key = (step.connection.as_str(), step.operation.as_str(), touch.group.as_deref());
                    asked.entry(key).or_default().extend(applying.question(place, at, &subjects));
                }
                seen.extend(names);
            }
            if let (true, Some(client)) = (moves, applying.clients.get(&step.connection)) {
                let along = known.along.entry(&step.connection).or_default();
                along.read(client).await.map_err(|error| applying.ended(error))?;
            }
        }
        for ((connection, _, group), questions) in asked {
            let overlay = known.overlays.entry(realm(applying, connection, group)).or_default();
            read(applying, connection, overlay, &questions).await?;
        }
        for connection in making_groups(applying)? {
            let Some(client) = applying.clients.get(connection) else { continue };
            let ours = client.ledger().groups_made(client.account()).await.map_err(failed)?;
            known.ours.insert(connection, ours);
        }
        for place in 0..applying.plan.steps.len() {
            fresh.follow(applying, place, &mut known)?;
        }
        Ok(fresh)
    }

    /// Compares the touches of one step with what is there, and does on the rows what the step does.
    fn follow<'a>(&mut self, applying: &Applying<'a>, place: usize, known: &mut Known<'a>) -> Result<(), Ended> {
        let step = &applying.plan.steps[place];
        let Some(client) = applying.clients.get(&step.connection) else { return Ok(()) };
        let group = step.touches.first().and_then(|touch| touch.group.as_deref());
        let overlay = known.overlays.entry(realm(applying, &step.connection, group)).or_default();
        let along = known.along.entry(&step.connection).or_default();
        let ours = known.ours.get(step.connection.as_str());
        let adapter = client.platform().adapter;
        let op = applying.plan.call(place).map_err(failed)?.op;
        let subjects = applying.subjects(place).map_err(failed)?;
        for (at, touch) in step.touches.iter().enumerate() {
            let Some((subject, part)) = subjects.get(at) else { continue };
            // What this run has begun is in the rows that were read.
            let deed = adapter.deed(op, subject, part).filter(|_| !self.begun.contains(&(place, at)));
            let Some(deed) = deed else { continue };
            if !Placeholder::is_in(&touch.subject) && overlay.reads(&deed) {
                let Some(question) = applying.question(place, at, &subjects) else { continue };
                let row = overlay.row_of(adapter, &deed).cloned();
                let before = replaced(&touch.before, &applying.filled);
                let id = row.as_ref().and_then(id_of);
                let is_ours = id.is_none_or(|id| ours.is_some_and(|ours| ours.contains(&id)));
                let is_foreign = matches!(deed, Deed::GroupMade { .. }) && !is_ours && !step.use_existing;
                let place = (place, at);
                let looked = Looked { place, touch, before, question: &question, client, deed: &deed, row, is_foreign };
                if !self.compare(looked, along) {
                    continue;
                }
            }
            let also: Vec<&str> = touch.also.iter().map(String::as_str).collect();
            overlay.act(adapter, &deed, touch.gives.as_deref().unwrap_or_default(), &also);
            if deed.who().is_none()
                && let Some(group) = overlay.row_of(adapter, &deed).and_then(|row| adapter.group(row))
            {
                along.learn(group);
            }
        }
        Ok(())
    }

    /// Compares one touch; says whether it is still to be done.
    fn compare(&mut self, looked: Looked<'_>, along: &Along) -> bool {
        let Looked { place, touch, before, question, client, deed, row, is_foreign } = looked;
        let adapter = client.platform().adapter;
        let now = shown(deed, adapter.held(question, row.as_ref()));
        let before = shown(deed, before);
        let mut besides = Vec::new();
        if touch.sign != Sign::Same {
            besides.extend(along.more(adapter, deed, row.as_ref(), &touch.also));
            besides.extend(protected(client, touch, deed, row.as_ref()));
        }
        if now == before && besides.is_empty() {
            if let (Deed::Leaves { .. } | Deed::AccountDeleted { .. }, Some(row)) = (deed, row) {
                self.leaving.insert(place, row);
            }
            return true;
        }
        let names = names(touch);
        if names.iter().any(|name| self.names.contains(name)) {
            return false;
        }
        let id = row.as_ref().and_then(id_of).unwrap_or_default();
        let is_missed = row.is_none() && needs_what_is_there(deed);
        let wanted = shown(deed, adapter.held(question, adapter.after(row, &id, deed).as_ref()));
        // Of who leaves other groups with it, the row does not show whether that is done.
        let is_shown = touch.sign != Sign::Mail && touch.left_with_it().next().is_none();
        match now != before && is_shown && !is_missed && !is_foreign && wanted == now {
            true => {
                self.as_wanted.insert(place);
            }
            false => {
                self.stale.insert(place);
                self.names.extend(names.iter().cloned());
                let mut parts = if now == before { Vec::new() } else { difference(touch, &before, &now) };
                parts.extend(besides);
                self.staled.push(Staled { names, line: format!("{}: {}", touch.name, parts.join(", ")) });
            }
        }
        false
    }

    pub(super) fn is_stale(&self, place: usize, at: usize) -> bool {
        self.stale.contains(&(place, at))
    }
}

/// The connections on which the plan makes groups.
fn making_groups<'a>(applying: &Applying<'a>) -> Result<HashSet<&'a str>, Ended> {
    let mut connections = HashSet::new();
    for (place, step) in applying.plan.steps.iter().enumerate() {
        let call = applying.plan.call(place).map_err(failed)?;
        let makes =
            |write: &Write| write.consequence == Consequence::Creates && write.subject.kind == SubjectKind::Group;
        if call.op.write(&call.args).is_some_and(makes) {
            connections.insert(step.connection.as_str());
        }
    }
    Ok(connections)
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

/// What is compared: in how many groups somebody is who is deleted counts by the groups' names, not here.
fn shown(deed: &Deed, mut held: Value) -> Value {
    if let (Deed::AccountDeleted { .. }, Some(map)) = (deed, held.as_object_mut()) {
        map.shift_remove("groups");
    }
    held
}

/// Whether nothing can come of a deed where there is no row: nobody has done it in the meantime either.
const fn needs_what_is_there(deed: &Deed) -> bool {
    matches!(deed, Deed::Changes { .. } | Deed::Mailed { .. } | Deed::GroupChanged { .. })
}

/// Why somebody may no longer be taken out or deleted; what the settings say may be newer than the plan.
fn protected(client: &Client, touch: &Touch, deed: &Deed, row: Option<&Value>) -> Option<String> {
    let group = match deed {
        Deed::Leaves { group, .. } => group.as_str(),
        Deed::AccountDeleted { .. } => "",
        _ => return None,
    };
    let member = client.platform().adapter.member(group, row?)?;
    let leaves = |id: &str| group.is_empty() || id == group || touch.also.iter().any(|also| also == id);
    let places = member.groups.iter().filter(|place| place.admin && leaves(&place.group));
    Some(match client.rules().protection(&member, places.map(|place| place.group.as_str()))? {
        Protection::Named => "is protected by the settings".to_owned(),
        Protection::Administrator(group) => format!("administers group {group} and is protected by the settings"),
    })
}
