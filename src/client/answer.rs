//! What a write gives back to its caller: the platform's answer, merged where a call was cut, and what became of each
//! subject.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Error;
use crate::catalog::{Call, Piece, Subject};

/// The answers of all pieces of one call, as they come in.
pub(super) struct Merged {
    call: Call,
    answer: Value,
    done: usize,
    already: Vec<(Subject, String)>,
    failed: Vec<(Subject, Error)>,
    waiting: usize,
    /// The only subject's share, kept by the ledger from an earlier try.
    share: Option<Value>,
    /// What no read could settle: the call ends with it, after everybody else was served.
    stuck: Option<Error>,
}

impl Merged {
    pub(super) fn new(call: &Call) -> Self {
        Self {
            call: call.clone(),
            answer: Value::Null,
            done: 0,
            already: Vec::new(),
            failed: Vec::new(),
            waiting: 0,
            share: None,
            stuck: None,
        }
    }

    /// The platform answered for so many subjects.
    pub(super) fn done(&mut self, subjects: usize, body: &[u8]) {
        self.done += subjects;
        let answer = serde_json::from_slice(body).unwrap_or_else(|_| json!({ "success": true }));
        self.merge(answer);
    }

    /// The platform works on it; nobody waits.
    pub(super) fn waiting(&mut self, subjects: usize, body: &[u8]) {
        self.waiting += subjects;
        self.merge(serde_json::from_slice(body).unwrap_or(Value::Null));
    }

    /// The ledger had the answer, or says why nothing is to be sent.
    pub(super) fn already(&mut self, subject: Subject, why: String, share: Option<Value>) {
        self.already.push((subject, why));
        if share.is_some() {
            self.share = share;
        }
    }

    /// A look-up found that it had happened.
    pub(super) fn found(&mut self, share: Option<Value>) {
        self.done += 1;
        if share.is_some() {
            self.share = share;
        }
    }

    /// The platform refused these.
    pub(super) fn failed(&mut self, piece: &Piece, error: &Error) {
        self.failed.extend(piece.subjects.iter().map(|(subject, _)| (subject.clone(), error.clone())));
    }

    /// For some nobody knows whether it happened, and no read tells.
    pub(super) fn stuck(&mut self, error: Error) {
        self.stuck.get_or_insert(error);
    }

    /// The pieces that were left are not sent, since the last one is in doubt.
    pub(super) fn unsent(&mut self) {
        if let Some(error) = &mut self.stuck {
            error.message.push_str("; the rest of the call was not sent");
        }
    }

    /// Whether anything worked so far.
    pub(super) fn worked(&self) -> bool {
        self.done + self.waiting > 0
    }

    /// The later answer wins, but for the list of ids that a job made: those add up.
    fn merge(&mut self, answer: Value) {
        let ids = self.call.op.follow.map(|follow| follow.merged);
        let kept = ids.and_then(|pointer| self.answer.pointer(pointer)).and_then(Value::as_array).cloned();
        self.answer = answer;
        if let (Some(mut kept), Some(list)) =
            (kept, ids.and_then(|pointer| self.answer.pointer_mut(pointer)).and_then(Value::as_array_mut))
        {
            kept.append(list);
            *list = kept;
        }
    }

    /// The whole answer. A call for one subject answers as the platform did; a cut one also says what became of whom.
    /// Only when nothing worked and something was refused is it an error.
    pub(super) fn finish(self) -> Result<Bytes, Error> {
        if let Some(error) = self.stuck {
            return Err(error);
        }
        if self.done == 0
            && self.waiting == 0
            && self.already.is_empty()
            && let Some((_, error)) = self.failed.first()
        {
            return Err(error.clone());
        }
        let answer = match (self.call.op.batch, self.answer) {
            (None, Value::Null) => self.share.unwrap_or_else(|| json!({ "success": true })),
            (None, answer) => answer,
            (Some(_), answer) => {
                let mut map = match answer {
                    Value::Object(map) => map,
                    _ => Map::new(),
                };
                let skipped = |list: &[(Subject, String)]| -> Vec<Value> {
                    list.iter().map(|(subject, why)| json!({ "subject": subject.key, "why": why })).collect()
                };
                let refused = |list: &[(Subject, Error)]| -> Vec<Value> {
                    list.iter()
                        .map(|(subject, error)| json!({ "subject": subject.key, "why": error.message }))
                        .collect()
                };
                map.insert(
                    "effects".into(),
                    json!({
                        "done": self.done,
                        "waiting": self.waiting,
                        "skipped": skipped(&self.already),
                        "failed": refused(&self.failed),
                    }),
                );
                Value::Object(map)
            }
        };
        Ok(Bytes::from(answer.to_string()))
    }
}
