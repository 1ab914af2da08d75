//! The ledger's rules, each as a sentence.

mod crashes;
mod doubts;
mod mails;
mod memory;
mod orders;
mod pace;
mod rosters;

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Answered, Begun, Caps, Intent, Lease, Ledger, Outcome, Permit, Why};
use crate::catalog::{Args, Call, Piece};
use crate::clock::Clock;
use crate::platforms;
use crate::store::{NewRun, Store};

pub(super) const ACCOUNT: &str = "mobilize-1";
pub(super) const DAY: i64 = 24 * 60 * 60 * 1_000;

/// A store and a clock that a test's runs share.
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) clock: Clock,
}

impl Desk {
    pub(super) async fn new() -> Self {
        Self::on(Store::in_memory().await.unwrap())
    }

    pub(super) fn on(store: Store) -> Self {
        Self { store, clock: Clock::fixed("2026-11-22T10:00:00Z".parse::<Timestamp>().unwrap()) }
    }

    /// A new run's first attempt.
    pub(super) async fn run(&self, id: &str) -> Ledger {
        let run = NewRun {
            id: id.to_owned(),
            script: "sync".into(),
            source: "scripts/sync.rhai".into(),
            args: json!({}),
            connection: None,
            sandbox: true,
            settings: None,
            job: None,
            started_at: self.clock.now_ms(),
        };
        self.store.start_run(&run).await.unwrap();
        self.ledger(id, 1)
    }

    /// The next attempt of a run whose process is dead.
    pub(super) async fn resume(&self, id: &str) -> Ledger {
        let attempt = self.store.next_attempt(id, self.clock.now_ms()).await.unwrap();
        self.ledger(id, attempt)
    }

    fn ledger(&self, id: &str, attempt: i64) -> Ledger {
        let lease = Lease::take(&self.store, id).unwrap();
        Ledger::new(self.store.clone(), lease, attempt, self.clock.clone(), Caps::default())
    }
}

/// A call that is one piece.
pub(super) fn piece(noun: &str, verb: &str, args: Value) -> Piece {
    let Value::Object(args) = args else { panic!("arguments are a map") };
    let platform = platforms::named("mobilize").unwrap();
    let op = platform.op(noun, verb).unwrap();
    let call = Call { platform, op, connection: "main".into(), args: Args::from_checked(args) };
    let mut pieces = call.pieces();
    assert_eq!(pieces.len(), 1);
    pieces.remove(0)
}

pub(super) fn invite(group: &str, people: &[&str]) -> Piece {
    piece("members", "invite", json!({ "group_id": group, "sender_id": "1", "recipients_ids": people }))
}

pub(super) fn add(person: &str) -> Piece {
    piece("members", "add", json!({ "group_id": "12", "user_id": person }))
}

pub(super) fn remove(person: &str) -> Piece {
    piece("members", "remove", json!({ "group_id": "12", "user_id": person }))
}

pub(super) fn name(person: &str, name: &str) -> Piece {
    piece("members", "update", json!({ "group_id": "12", "user_id": person, "fields": { "first_name": name } }))
}

pub(super) fn import(addresses: &[&str]) -> Piece {
    let users: Vec<Value> = addresses.iter().map(|email| json!({ "fields": { "email": email } })).collect();
    piece("bulk", "create_members", json!({ "group_id": "12", "users": users }))
}

pub(super) fn group(name: &str) -> Piece {
    piece("groups", "create", json!({ "name": name, "parent_group_id": "1" }))
}

pub(super) async fn begin(ledger: &Ledger, piece: &Piece) -> Begun {
    ledger.begin(ACCOUNT, piece, &Intent::default()).await.unwrap()
}

/// Begins what must need neither answer nor look-up.
pub(super) async fn permit(ledger: &Ledger, piece: &Piece) -> Permit {
    let begun = begin(ledger, piece).await;
    assert_eq!((&begun.answered, &begun.doubts), (&vec![], &vec![]), "{}", piece.call.sentence());
    begun.permit.unwrap()
}

/// Begins what must be answered for its only subject.
pub(super) async fn answer(ledger: &Ledger, piece: &Piece) -> Answered {
    let mut begun = begin(ledger, piece).await;
    assert!(begun.permit.is_none() && begun.doubts.is_empty() && begun.answered.len() == 1, "{begun:?}");
    begun.answered.remove(0)
}

pub(super) async fn why(ledger: &Ledger, piece: &Piece) -> Why {
    answer(ledger, piece).await.why
}

/// Sends it and gets a good answer.
pub(super) async fn done(ledger: &Ledger, piece: &Piece) {
    let permit = permit(ledger, piece).await;
    ledger.settle(permit, all()).await.unwrap();
}

/// It happened, and nothing of the answer is kept.
pub(super) fn all() -> Outcome {
    Outcome::Done { shares: HashMap::new() }
}

pub(super) fn share(place: usize, value: Value) -> Outcome {
    Outcome::Done { shares: HashMap::from([(place, value)]) }
}

pub(super) fn failed() -> Outcome {
    Outcome::Failed { code: "refused".into(), message: "no such user".into(), status: Some(422) }
}

pub(super) fn lost() -> Outcome {
    Outcome::Doubt { why: "no answer within 60 s".into() }
}
