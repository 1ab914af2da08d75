//! A roster that is handed over whole, against a platform that answers as a test says: what is sent, and what the ledger
//! holds of it when the answer is lost.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::catalog::Args;
use crate::effects::{Caps, Lease, State, WEIGHED};
use crate::events::{Event, Sink};
use crate::platforms;
use crate::store::{NewRun, Store};
use crate::wire::Request;

const GROUP: &str = "grp_A";
const BUSY: &str = "a sync is already running";

/// Answers to submits one after the other, then the last one for ever; whatever was accepted has ended when it is asked after.
struct Answers {
    answers: Vec<fn() -> Result<Reply, Lost>>,
    submits: Mutex<usize>,
    asked: Mutex<Vec<String>>,
}

impl Answers {
    fn submits(&self) -> usize {
        *self.submits.lock().unwrap()
    }
}

impl Reads for Answers {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(request.target.clone());
            match request.target.contains("/sync/grpmsr_gone") {
                true => reply(404, json!({ "message": "Sync request not found" })),
                false => reply(
                    200,
                    json!({ "data": { "request_id": "grpmsr_1", "completed_at": "2026-01-01T00:00:00Z", "results": {
                    "added_group_member_ids": [], "removed_group_member_ids": [], "failures": [] } } }),
                ),
            }
        })
    }
}

impl Writes for Answers {
    fn write<'a>(&'a self, _request: Request, _permit: &'a crate::effects::Permit) -> SendFuture<'a> {
        Box::pin(async move {
            let mut submits = self.submits.lock().unwrap();
            *submits += 1;
            let answer = self.answers.get(*submits - 1).or(self.answers.last()).unwrap();
            answer()
        })
    }
}

/// Lines for people.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Sink for Lines {
    fn note(&self, event: &Event) {
        if let Event::Say(_, line) = event {
            self.0.lock().unwrap().push(line.clone());
        }
    }
}

fn reply(status: u16, body: Value) -> Result<Reply, Lost> {
    Ok(Reply {
        budget: None,
        status,
        body: body.to_string().into(),
        retry_after: None,
        total: None,
        trace: None,
        location: None,
        token: None,
    })
}

fn accepted() -> Result<Reply, Lost> {
    reply(
        202,
        json!({ "data": { "request_id": "grpmsr_1", "group_id": GROUP, "accepted_at": "2026-01-01T00:00:00Z" } }),
    )
}

fn accepted_and_gone() -> Result<Reply, Lost> {
    reply(
        202,
        json!({ "data": { "request_id": "grpmsr_gone", "group_id": GROUP, "accepted_at": "2026-01-01T00:00:00Z" } }),
    )
}

fn lost() -> Result<Reply, Lost> {
    Err(Lost::Unknown("reset".into()))
}

fn busy() -> Result<Reply, Lost> {
    reply(409, json!({ "message": BUSY }))
}

fn conflict() -> Result<Reply, Lost> {
    reply(409, json!({ "message": "conflict" }))
}

fn refusal() -> Result<Reply, Lost> {
    reply(422, json!({ "message": "members[0].plan_id is required" }))
}

/// A run on a store, and what it said.
struct Desk {
    client: Client,
    platform: Arc<Answers>,
    lines: Arc<Lines>,
}

async fn run(store: &Store, id: &str, answers: &[fn() -> Result<Reply, Lost>]) -> Desk {
    let clock = Clock::system();
    let run = NewRun {
        id: id.into(),
        script: "test".into(),
        source: String::new(),
        args: json!([]),
        connection: None,
        sandbox: false,
        settings: None,
        started_at: clock.now_ms(),
        job: None,
    };
    store.start_run(&run).await.unwrap();
    let lease = Lease::take(store, id).unwrap();
    let platform = Arc::new(Answers { answers: answers.to_vec(), submits: Mutex::default(), asked: Mutex::default() });
    let lines = Arc::new(Lines::default());
    let client = Client::new(Parts {
        connection: "benefits".into(),
        platform: platforms::named("vitable").unwrap(),
        account: "account".into(),
        values: Default::default(),
        credentials: String::new(),
        reads: platform.clone(),
        way: Way::Send(platform.clone()),
        ledger: Ledger::new(store.clone(), lease, 1, clock.clone(), Caps::default()),
        pace: Pace::new(None, 1, 4),
        policy: Policy {
            max_attempts: 4,
            first_wait: Duration::from_millis(2),
            longest_wait: Duration::from_millis(5),
            patience: Duration::from_secs(2),
            follow: Duration::from_secs(2),
            settle: Duration::from_millis(5),
            neighbour: Duration::from_millis(5),
            prove: Duration::from_millis(5),
        },
        clock,
        events: Events::to(vec![lines.clone()]),
        rules: Default::default(),
        brake: None,
        stop: tokio_util::sync::CancellationToken::new(),
        redactor: crate::settings::Redactor::default(),
    });
    Desk { client, platform, lines }
}

async fn store() -> Store {
    Store::in_memory().await.unwrap()
}

impl Desk {
    /// Hands over these people, weighed against what is known.
    async fn hand_over(&self, keys: &[&str]) -> Result<Value, Error> {
        let person = |key: &&str| {
            json!({ "reference_id": key, "first_name": "Ada", "last_name": "L", "date_of_birth": "1990-05-15", "plan_id": "p",
                "address": { "address_line_1": "1 Main St", "city": "P", "state": "PA", "zipcode": "15222" } })
        };
        let mut args = Args::default();
        args.set("group_id", GROUP);
        args.set("members", keys.iter().map(person).collect::<Vec<_>>());
        let platform = self.client.platform();
        let call = Call { platform, op: platform.op("members", "sync").unwrap(), connection: "benefits".into(), args };
        let rosters = self.client.ledger().rosters(self.client.account(), "members.sync", GROUP, 7).await.unwrap();
        let pieces = call.pieces();
        let known = pieces.iter().flat_map(|piece| &piece.subjects).map(|(subject, _)| subject.key.clone());
        let known = known.map(|key| (key, json!({ WEIGHED: rosters.newest }))).collect();
        let answer = self.client.call(&call, &With { known, ..With::default() }).await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    async fn tally(&self) -> Vec<(State, u64)> {
        self.client.ledger().tally().await.unwrap().into_iter().map(|row| (row.state, row.count)).collect()
    }

    fn said(&self) -> Vec<String> {
        self.lines.0.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_lost_answer_is_made_up_for_within_the_tries_that_there_are() {
    let desk = run(&store().await, "one", &[lost, lost, accepted]).await;
    desk.hand_over(&["a"]).await.unwrap();
    assert_eq!((desk.platform.submits(), desk.tally().await), (3, vec![(State::Done, 1)]));
}

#[tokio::test]
async fn an_answer_that_stays_lost_is_one_doubt_whatever_is_answered_later() {
    for (answers, submits) in [(&[lost as fn() -> _][..], 4), (&[lost, conflict], 2), (&[lost, refusal], 2)] {
        let desk = run(&store().await, "one", answers).await;
        let error = desk.hand_over(&["a"]).await.unwrap_err();
        assert_eq!((error.code, error.gravity), ("in_doubt", Gravity::Doubt));
        let said = "nobody knows whether the roster of group grp_A was applied";
        assert!(error.message.starts_with(said), "{}", error.message);
        assert_eq!((desk.platform.submits(), desk.tally().await), (submits, vec![(State::Doubt, 1)]));
    }
}

#[tokio::test]
async fn a_group_that_stays_busy_after_a_lost_answer_is_a_doubt() {
    let desk = run(&store().await, "one", &[lost, busy]).await;
    assert_eq!(desk.hand_over(&["a"]).await.unwrap_err().code, "in_doubt");
    assert_eq!(desk.tally().await, [(State::Doubt, 1)]);
    let again = desk.hand_over(&["a"]).await.unwrap_err();
    assert_eq!((again.code, desk.tally().await), ("in_doubt", vec![(State::Doubt, 1)]), "and stays that one doubt");
}

#[tokio::test]
async fn another_sync_of_the_group_is_waited_for_with_a_word_and_not_for_ever() {
    let desk = run(&store().await, "one", &[busy, busy, busy, busy, busy, accepted]).await;
    desk.hand_over(&["a"]).await.unwrap();
    assert_eq!((desk.platform.submits(), desk.tally().await), (6, vec![(State::Done, 1)]), "more than its 4 tries");
    let said = "another roster of group grp_A is being worked on, and its end is waited for, 2 s at most";
    let lines: Vec<String> = desk.said().into_iter().filter(|line| line.starts_with(said)).collect();
    assert_eq!(lines.len(), 1, "once: {:?}", desk.said());
    let desk = run(&store().await, "one", &[busy]).await;
    let error = desk.hand_over(&["a"]).await.unwrap_err();
    let end = "a sync is already running; its end was waited for, 2 s: run this again when it has ended";
    assert!(error.code == "busy" && error.message.ends_with(end), "{}", error.message);
    assert_eq!(desk.tally().await, [(State::Failed, 1)], "nothing was sent that anybody took");
}

#[tokio::test]
async fn a_doubt_of_another_run_ends_when_a_roster_has_been_applied_and_not_before() {
    let store = store().await;
    let first = run(&store, "one", &[conflict]).await;
    assert_eq!(first.hand_over(&["a"]).await.unwrap_err().code, "in_doubt");
    let Desk { client, .. } = first;
    drop(client);
    let second = run(&store, "two", &[refusal, accepted]).await;
    let looked = second.client.settle_open_doubts().await.unwrap();
    assert_eq!((looked.settled, looked.left), (0, 1), "no read shows it");
    assert_eq!(second.hand_over(&["b"]).await.unwrap_err().code, "refused");
    let open = || async { second.client.ledger().doubts(second.client.account(), 0).await.unwrap().len() };
    assert_eq!(open().await, 1, "what was refused replaces nothing");
    second.hand_over(&["b"]).await.unwrap();
    assert_eq!(open().await, 0);
    let looked = second.client.settle_open_doubts().await.unwrap();
    assert_eq!((looked.settled, looked.left), (0, 0));
}

#[tokio::test]
async fn a_sync_that_was_accepted_and_that_the_platform_forgot_is_not_handed_over_again() {
    let store = store().await;
    let first = run(&store, "one", &[accepted_and_gone]).await;
    assert_eq!(first.hand_over(&["a"]).await.unwrap_err().code, "in_doubt");
    assert_eq!((first.platform.submits(), first.tally().await), (1, vec![(State::Doubt, 1)]));
    drop(first);
    let second = run(&store, "two", &[accepted]).await;
    assert_eq!(second.hand_over(&["b"]).await.unwrap_err().code, "in_doubt", "a person decides");
    assert_eq!(second.platform.submits(), 0);
}
