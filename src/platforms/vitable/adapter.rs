//! Vitable knows groups, and takes everybody of one at once: it shows no member, so there is nothing to add to or take from.

use serde_json::{Value, json};

use super::groups;
use super::reads::{call, text};
use crate::catalog::{
    Adapter, Before, Call, Deed, Doubt, Invitation, LookUp, NewGroup, Op, Seen, Snapshot, Subject, Unsupported,
};
use crate::model::{Change, Group};

/// Vitable's adapter.
pub struct Vitable;

impl Adapter for Vitable {
    fn members(&self, _connection: &str, _group: &str) -> Result<Call, Unsupported> {
        Err(Unsupported("Vitable Connect shows no members of a group; it takes everybody at once: `roster.sync(group, roster.read(file))` compares a roster with the last one that was applied".into()))
    }

    fn groups(&self, connection: &str) -> Option<Call> {
        Some(groups::list(connection))
    }

    fn group(&self, row: &Value) -> Option<Group> {
        let id = Some(text(row, "id")).filter(|id| !id.is_empty())?.to_owned();
        Some(Group { id, name: text(row, "name").to_owned(), parent: None, members: None })
    }

    fn calls(&self, connection: &str, group: &str, _changes: &[Change]) -> Result<Vec<Call>, Unsupported> {
        self.members(connection, group).map(|call| vec![call])
    }

    fn invite(&self, _connection: &str, _group: &str, _invitation: &Invitation) -> Result<Vec<Call>, Unsupported> {
        Err(Unsupported("Vitable Connect has no invitations; people come in with their group's roster".into()))
    }

    fn new_group(&self, connection: &str, group: &NewGroup<'_>) -> Result<Call, Unsupported> {
        let args = json!({ "name": group.name, "external_reference_id": group.reference });
        Ok(call(connection, "groups", "create", args))
    }

    fn before(&self, call: &Call) -> Option<Before> {
        let creates = call.op.noun == "groups" && call.op.verb == "create";
        creates.then(|| Before { reads: vec![groups::list(&call.connection)], keep: groups::keep })
    }

    fn look_up(&self, connection: &str, doubts: &[Doubt]) -> Option<LookUp> {
        groups::look_up(connection, doubts)
    }

    fn ids_are_exact(&self) -> bool {
        true
    }

    fn queued(&self, _call: &Call) -> bool {
        false
    }

    fn deed(&self, op: &Op, _subject: &Subject, part: &Value) -> Option<Deed> {
        let mut fields = groups::fields(part);
        match (op.noun, op.verb) {
            ("groups", "create") => {
                let name = text(part, "name").to_owned();
                fields.shift_remove("name");
                Some(Deed::GroupMade { name, parent: None, fields })
            }
            ("groups", "update") => Some(Deed::GroupChanged { id: text(part, "group_id").to_owned(), fields }),
            _ => None,
        }
    }

    fn snapshot(&self, connection: &str, writes: &[Doubt]) -> Option<Snapshot> {
        groups::snapshot(connection, writes)
    }

    fn held(&self, write: &Doubt, row: Option<&Value>) -> Value {
        match write.operation.as_str() {
            // Nothing shows who is in a group; what a plan was weighed against stands in what it knows.
            "members.sync" => json!({ "name": format!("everybody of {}", text(&write.wanted, "group_id")) }),
            _ => groups::held(write, row),
        }
    }

    fn after(&self, row: Option<Value>, id: &str, deed: &Deed) -> Option<Value> {
        groups::after(row, id, deed)
    }

    fn seen(&self, read: &Call) -> Seen {
        match (read.op.noun, read.op.verb) {
            ("groups", "list") => Seen::Groups,
            ("groups", "get") => Seen::Group { id: read.args.text("group_id").to_owned() },
            ("members", "sync_status") => Seen::Job { id: read.args.text("request_id").to_owned() },
            _ => Seen::Other,
        }
    }
}
