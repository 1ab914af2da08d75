//! Reads in plan mode: the platform's answers with what was planned so far in them.

use bytes::Bytes;
use serde_json::Value;

use super::plan::unknown_yet;
use super::{Client, Error};
use crate::catalog::{Adapter, Answer, Call, Code, Seen};
use crate::plan::{Draft, Overlay, View};
use crate::wire::Row;

/// What a plan makes of a list.
pub(super) struct Planned {
    client: Client,
    draft: Draft,
    realm: String,
    view: View,
}

impl Planned {
    /// A page as it would be.
    pub(super) fn page(&mut self, rows: Vec<Row>) -> Vec<Row> {
        let adapter = self.client.platform().adapter;
        self.draft.with(&self.realm, |overlay| self.view.page(overlay, adapter, rows))
    }

    /// What comes after the last page.
    pub(super) fn rest(&mut self) -> Option<Result<Vec<Row>, Error>> {
        let adapter = self.client.platform().adapter;
        let rows = self.draft.with(&self.realm, |overlay| self.view.rest(overlay, adapter));
        (!rows.is_empty()).then_some(Ok(rows))
    }
}

impl Client {
    /// What a plan makes of this list; `None` where it makes nothing of it, or there is no plan.
    pub(super) fn planned(&self, call: &Call) -> Option<Planned> {
        let draft = self.draft()?.clone();
        let adapter = self.platform().adapter;
        let view = View::of(adapter, call)?;
        let realm = match adapter.seen(call) {
            Seen::People { group } => self.realm(group.as_deref()).into_owned(),
            _ => self.account().to_owned(),
        };
        Some(Planned { client: self.clone(), draft, realm, view })
    }

    /// One answer, as it would be after all that was planned so far.
    pub(super) async fn planned_read(&self, draft: &Draft, call: &Call) -> Result<Bytes, Error> {
        let seen = self.platform().adapter.seen(call);
        if let Some(answer) = self.known_by(draft, call, &seen)? {
            return Ok(answer);
        }
        if let Some(error) = unknown_yet(call) {
            return Err(error);
        }
        let body = self.read(call).await?;
        match &seen {
            Seen::Group { id } => Ok(self.counted(draft, id, body)),
            _ => Ok(body),
        }
    }

    /// What the plan itself knows.
    fn known_by(&self, draft: &Draft, call: &Call, seen: &Seen) -> Result<Option<Bytes>, Error> {
        let adapter = self.platform().adapter;
        let as_bytes = |row: &Value| Bytes::from(row.to_string());
        let group = match seen {
            Seen::Person { group, .. } => group.as_deref(),
            _ => None,
        };
        draft.with(&self.realm(group), |overlay| match seen {
            Seen::Person { group, who } => match overlay.planned(who) {
                None => Ok(None),
                Some(row) => match row.filter(|row| Overlay::shows(adapter, row, group.as_deref())) {
                    Some(row) => Ok(Some(as_bytes(&adapter.shown(call, row.clone())))),
                    None if matches!(call.op.answer, Answer::Perhaps(_)) => Ok(Some(Bytes::from_static(b"null"))),
                    None => {
                        let why = "not there any more, after what is planned";
                        Err(Error { status: Some(404), ..Error::new(call, Code::NotFound.as_str(), why) })
                    }
                },
            },
            Seen::Group { id } => {
                Ok(overlay.group(id).map(|row| as_bytes(&peopled(adapter, overlay, id, row.clone()))))
            }
            Seen::Job { id } => Ok(overlay.job(id).map(as_bytes)),
            _ => Ok(None),
        })
    }

    /// A group with the number of members that it would have.
    fn counted(&self, draft: &Draft, id: &str, body: Bytes) -> Bytes {
        let adapter = self.platform().adapter;
        draft.with(self.account(), |overlay| match overlay.touched().next().is_some() {
            false => body,
            true => match serde_json::from_slice::<Value>(&body) {
                Ok(row) => Bytes::from(peopled(adapter, overlay, id, row).to_string()),
                Err(_) => body,
            },
        })
    }
}

/// A group's row with the people that it would have, and their number.
fn peopled(adapter: &dyn Adapter, overlay: &Overlay, id: &str, row: Value) -> Value {
    let mut people: Vec<(&str, Option<&Value>)> = overlay.touched().collect();
    people.sort_unstable_by_key(|(id, _)| *id);
    let row = match overlay.count(id) {
        0 => row,
        change => adapter.counted(row, change),
    };
    adapter.peopled(row, &people)
}
