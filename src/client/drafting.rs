//! How a planned call looks in the plan, and what it answers: as the platform would, as far as that can be known.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Client;
use super::question::question;
use crate::catalog::{Answer, Consequence, Deed, Follow, Mails, Piece};
use crate::effects::Intent;
use crate::model::{Group, Placeholder};
use crate::plan::{Overlay, Sign, Touch};

/// Groups that follow, by whether somebody joins and which group.
#[derive(Default)]
pub(super) struct Follows(pub(super) HashMap<(bool, String), Vec<String>>);

impl Follows {
    fn of(&self, deed: &Deed) -> Vec<&str> {
        let key = match deed {
            Deed::Joins { group, .. } => (true, group.clone()),
            Deed::Leaves { group, .. } => (false, group.clone()),
            _ => return Vec::new(),
        };
        self.0.get(&key).into_iter().flatten().map(String::as_str).collect()
    }
}

/// A piece that is being taken down.
pub(super) struct Drafting<'a> {
    pub(super) client: &'a Client,
    pub(super) piece: &'a Piece,
    pub(super) intent: &'a Intent,
    pub(super) follows: &'a Follows,
    /// Groups that are called by name.
    pub(super) groups: &'a [Group],
    pub(super) number: usize,
}

impl Drafting<'_> {
    /// What the piece does to each subject, and the subjects' rows as they will be.
    pub(super) fn touches(&self, overlay: &mut Overlay, deeds: &[Option<Deed>]) -> (Vec<Touch>, Vec<Option<Value>>) {
        (0..self.piece.subjects.len()).map(|place| self.touch(overlay, place, deeds[place].as_ref())).unzip()
    }

    fn touch(&self, overlay: &mut Overlay, place: usize, deed: Option<&Deed>) -> (Touch, Option<Value>) {
        let adapter = self.client.platform().adapter;
        let (subject, _) = &self.piece.subjects[place];
        let question = question(self.piece, place, self.intent, 0);
        let before = deed.and_then(|deed| overlay.row_of(adapter, deed).cloned());
        let gives = deed.filter(|_| before.is_none()).and_then(made).or_else(|| self.made_without_words(deed));
        let gives = gives.map(|what| overlay.give(&what));
        if let (Some(Deed::GroupMade { .. }), Some(group)) = (deed, &gives) {
            let grants = self.piece.only(&[place]).call.grants();
            grants.iter().for_each(|grant| overlay.put_in_charge(group, &grant.person));
        }
        let id = gives.as_ref().map(Placeholder::as_str).unwrap_or_default();
        let also = deed.map(|deed| overlay.act(adapter, deed, id, &self.follows.of(deed))).unwrap_or_default();
        let now = deed.and_then(|deed| overlay.row_of(adapter, deed).cloned());
        let held = (adapter.held(&question, before.as_ref()), adapter.held(&question, now.as_ref()));
        let write = self.piece.call.op.write(&self.piece.call.args);
        // Of what there are no words for, later calls of the plan know the id alone.
        let row = now.or_else(|| gives.as_ref().map(|id| json!({ "id": id.as_str() })));
        let touch = Touch {
            kind: subject.kind.as_str().to_owned(),
            subject: subject.key.clone(),
            group: subject.group.clone(),
            name: self.name(place, deed, &held.0, &held.1),
            sign: sign(deed, write.map(|write| write.consequence), &held, leaves_others(self.intent, &subject.key)),
            mails: write.map(|write| write.mails).filter(|mails| *mails != Mails::No).map(|it| it.as_str().to_owned()),
            known: self.intent.before.get(&subject.key).cloned().unwrap_or_default(),
            before: held.0,
            after: held.1,
            gives: gives.map(|id| id.as_str().to_owned()),
            also,
            destroys: matches!(
                deed,
                Some(Deed::Leaves { destroys: true, .. } | Deed::AccountDeleted { destroys: true, .. })
            ),
        };
        (touch, row)
    }

    /// What is made by a call for which there are no words, where its answer names it.
    fn made_without_words(&self, deed: Option<&Deed>) -> Option<String> {
        let (op, args) = (self.piece.call.op, &self.piece.call.args);
        let creates = op.write(args).is_some_and(|write| write.consequence == Consequence::Creates);
        let named = matches!(op.answer, Answer::One(_)) && op.batch.is_none();
        (deed.is_none() && creates && named).then(|| format!("{} of step {}", op.noun, self.number))
    }

    /// How people know the subject.
    fn name(&self, place: usize, deed: Option<&Deed>, before: &Value, after: &Value) -> String {
        if let Some(Deed::GroupMade { name, .. }) = deed {
            return name.trim().to_owned();
        }
        let text = |value: &Value, key: &str| {
            let text = value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
            text.map(str::to_owned)
        };
        let (subject, _) = &self.piece.subjects[place];
        let held = [(before, "email"), (after, "email"), (before, "name"), (after, "name")];
        let of_group = |id: &str| self.groups.iter().find(|group| group.id.eq_ignore_ascii_case(id));
        self.piece
            .address(place)
            .or_else(|| held.into_iter().find_map(|(value, key)| text(value, key)))
            .or_else(|| of_group(&subject.key).map(|group| group.name.trim().to_owned()))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| subject.key.clone())
    }

    /// The answer that the platform would give, as far as it can be known.
    pub(super) fn answer(&self, overlay: &mut Overlay, rows: &[Option<Value>]) -> Bytes {
        let (op, call) = (self.piece.call.op, &self.piece.call);
        let answer = match (op.follow, op.answer) {
            (Some(follow), _) => self.job(overlay, &follow, rows),
            (None, Answer::One(_)) if op.batch.is_none() => {
                let row = rows.first().cloned().flatten();
                row.map(|row| call.platform.adapter.answered(call, row)).unwrap_or_default()
            }
            _ => json!({ "success": true }),
        };
        Bytes::from(answer.to_string())
    }

    /// A planned job counts as complete at once.
    fn job(&self, overlay: &mut Overlay, follow: &Follow, rows: &[Option<Value>]) -> Value {
        let id = Placeholder::of(&format!("job of step {}", self.number));
        let ids: Vec<Value> = rows.iter().flatten().filter_map(|row| row.get("id").cloned()).collect();
        let mut answer = Value::Object(Map::new());
        put(&mut answer, &format!("/{}", follow.job), id.as_str().into());
        for pointer in follow.state {
            put(&mut answer, pointer, follow.done.first().copied().unwrap_or_default().into());
        }
        put(&mut answer, follow.merged, ids.into());
        overlay.set_job(id.as_str(), answer.clone());
        answer
    }
}

/// What a deed makes, where nothing was before.
fn made(deed: &Deed) -> Option<String> {
    match deed {
        Deed::Joins { who, .. } | Deed::AccountMade { who, .. } => {
            who.address.as_ref().map(|address| format!("person {address}"))
        }
        Deed::GroupMade { name, .. } => Some(format!("group {name}")),
        _ => None,
    }
}

/// Whether somebody leaves other groups by coming into one.
fn leaves_others(intent: &Intent, key: &str) -> bool {
    let left = intent.before.get(key).and_then(|kept| kept.get("left")).and_then(Value::as_array);
    left.is_some_and(|left| !left.is_empty())
}

fn sign(deed: Option<&Deed>, consequence: Option<Consequence>, held: &(Value, Value), moves: bool) -> Sign {
    let same = held.0 == held.1;
    match (deed, consequence) {
        (Some(Deed::Mailed { .. }), _) | (None, Some(Consequence::Tells)) => Sign::Mail,
        (Some(_), _) if same && !moves => Sign::Same,
        (Some(Deed::Joins { .. }), _) if held.0.get("member") == Some(&Value::Bool(true)) => Sign::Change,
        (_, Some(Consequence::Adds | Consequence::Moves | Consequence::Creates)) => Sign::Add,
        (_, Some(Consequence::Removes | Consequence::Deletes)) => Sign::Remove,
        _ => Sign::Change,
    }
}

/// Sets a value at a JSON pointer, making the maps on the way.
fn put(value: &mut Value, pointer: &str, what: Value) {
    let mut at = value;
    for key in pointer.split('/').filter(|key| !key.is_empty()) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(map) = at else { return };
        at = map.entry(key.to_owned()).or_insert(Value::Null);
    }
    *at = what;
}
