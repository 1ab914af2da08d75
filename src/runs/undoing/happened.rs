//! What a run did, as the ledger has it, and what the platform shows of it now.

use std::collections::BTreeMap;

use serde_json::Value;

use super::thrown;
use crate::catalog::{Adapter, Deed, Doubt, Subject, SubjectKind};
use crate::client::Client;
use crate::effects::State;
use crate::model::Member;
use crate::plan::{Maker, Past};
use crate::script::Ended;
use crate::store::EffectRow;

/// A write that happened, in the words of all platforms.
pub(super) struct Happened {
    pub(super) row: EffectRow,
    pub(super) deed: Deed,
    pub(super) question: Doubt,
    /// What the platform shows of it now.
    pub(super) now: Option<Value>,
}

impl Happened {
    pub(super) fn of(client: &Client, row: EffectRow) -> Option<Self> {
        let (noun, verb) = row.op.split_once('.')?;
        let op = client.platform().op(noun, verb)?;
        let subject = Subject {
            kind: SubjectKind::parse(&row.kind)?,
            key: row.subject.clone(),
            group: (!row.target.is_empty()).then(|| row.target.clone()),
        };
        let deed = client.platform().adapter.deed(op, &subject, &row.wanted)?;
        let question = Doubt {
            effect: 0,
            operation: row.op.clone(),
            subject,
            address: row.address.clone(),
            wanted: row.wanted.clone(),
            before: row.before.clone(),
            begun_at: row.begun_at,
            job: None,
        };
        Some(Self { row, deed, question, now: None })
    }

    /// By what the ledger knows the subject.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.row.subject.as_str()).chain(self.row.address.as_deref())
    }

    /// How people know the subject.
    pub(super) fn name(&self) -> String {
        let held = |key: &str| self.now.as_ref()?.get(key)?.as_str().map(str::to_owned);
        let known = match self.deed.who() {
            Some(_) => self.row.address.clone().or_else(|| held("email")).or_else(|| held("name")),
            None => held("name"),
        };
        known.unwrap_or_else(|| self.row.subject.clone())
    }

    pub(super) fn past(&self, adapter: &dyn Adapter, member: Option<&Member>) -> Past {
        Past {
            operation: self.row.op.clone(),
            deed: self.undoable(adapter),
            id: member.map(|member| member.id.clone()).unwrap_or_default(),
            name: self.name(),
            before: self.row.before.clone(),
            begun_at: self.row.begun_at,
            maker: self.maker(adapter),
        }
    }

    /// What it did, as far as it can be taken back: what somebody got with a place in a group goes with it.
    fn undoable(&self, adapter: &dyn Adapter) -> Deed {
        let mut deed = self.deed.clone();
        let came = self.row.before.get("member") == Some(&Value::Bool(false));
        if let Deed::Joins { fields, .. } = &mut deed {
            let gone = |name: &str| came && adapter.of_membership().contains(&name);
            fields.retain(|name, _| !gone(name) && !adapter.beside_fields().contains(&name.as_str()));
        }
        deed
    }

    /// What an attempt found done after its answer was lost may be somebody else's; a job of ours that ended well is
    /// ours. What the platform does not show now cannot be told from what others did since.
    fn maker(&self, adapter: &dyn Adapter) -> Maker {
        let looked_up = self.row.settled_by.as_deref() == Some("look-up") && self.row.job.is_none();
        let moves = matches!(self.deed, Deed::Joins { .. } | Deed::Leaves { .. });
        let shown = || adapter.held(&self.question, self.now.as_ref()).get("member").is_some();
        match () {
            () if self.row.state == State::Applied.as_str() && looked_up => Maker::Unknown,
            () if moves && self.now.is_some() && !shown() => Maker::Hidden,
            () => Maker::Run,
        }
    }
}

/// Reads what is there now: all of one kind of question in one go.
pub(super) async fn look(client: &Client, happened: &mut [Happened]) -> Result<(), Ended> {
    let mut asked: BTreeMap<(String, Option<String>), Vec<usize>> = BTreeMap::new();
    for (place, one) in happened.iter().enumerate() {
        asked.entry((one.row.op.clone(), one.question.subject.group.clone())).or_default().push(place);
    }
    for places in asked.into_values() {
        let mut questions: Vec<Doubt> = places.iter().map(|&place| happened[place].question.clone()).collect();
        // Who left the group is looked for wherever they are now, unless a row speaks of one group alone.
        if !client.platform().adapter.rows_are_apart() {
            let people = questions.iter_mut().filter(|question| question.subject.kind == SubjectKind::Person);
            people.for_each(|question| question.subject.group = None);
        }
        let rows = client.rows(&questions).await.map_err(thrown)?.unwrap_or_default();
        for (place, row) in places.into_iter().zip(rows) {
            happened[place].now = row;
        }
    }
    Ok(())
}
