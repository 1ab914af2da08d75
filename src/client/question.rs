//! What is asked about a doubt, and what it is a doubt of.

use serde_json::Value;

use super::Client;
use crate::catalog::{Doubt, Op, Piece, Write};
use crate::effects::Intent;

impl Client {
    /// The operation of a doubt.
    pub(super) fn operation(&self, doubt: &Doubt) -> Option<&'static Op> {
        let (noun, verb) = doubt.operation.split_once('.')?;
        self.platform().op(noun, verb)
    }
}

/// What is asked of a look-up about a subject of which the ledger holds no doubt.
pub(super) fn question(piece: &Piece, place: usize, intent: &Intent, begun_at: i64) -> Doubt {
    let (subject, wanted) = &piece.subjects[place];
    Doubt {
        effect: 0,
        operation: piece.call.op.name(),
        subject: subject.clone(),
        address: intent.addresses.get(&subject.key).cloned(),
        wanted: wanted.clone(),
        before: intent.before.get(&subject.key).cloned().unwrap_or(Value::Null),
        begun_at,
        job: None,
    }
}

pub(super) fn written(op: &'static Op) -> Option<&'static Write> {
    op.carefully()
}
