//! Writes against a small platform that does what a test says, with the real ledger behind the door.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::catalog::check;
use crate::effects::{Caps, Lease, State};
use crate::platforms;
use crate::store::{NewRun, Store};
use crate::wire::Request;

/// What a test lets go wrong: given the request and how many writes there were before it.
type Wrong = dyn FnMut(&Request, usize) -> Option<Trouble> + Send;

enum Trouble {
    Before(Result<Reply, Lost>),
    After(Result<Reply, Lost>),
}

#[derive(Default)]
struct World {
    /// Members of the only group: id, address, when they were invited.
    members: BTreeMap<u64, (String, u64)>,
    names: BTreeMap<u64, String>,
    groups: Vec<(u64, String)>,
    mails: Vec<u64>,
    jobs: Vec<Vec<u64>>,
    /// Ids or addresses that are never accepted.
    bad: HashSet<String>,
    writes: Vec<String>,
    reads: Vec<String>,
}

struct Platform(Mutex<(World, Box<Wrong>)>);

impl Platform {
    fn world(&self) -> MutexGuard<'_, (World, Box<Wrong>)> {
        self.0.lock().unwrap()
    }

    fn writes(&self) -> usize {
        self.world().0.writes.len()
    }

    fn send(&self, request: &Request) -> Result<Reply, Lost> {
        let mut guard = self.world();
        let (world, wrong) = &mut *guard;
        let line = format!("{} {}", request.method.as_str(), request.target);
        let is_read = line.starts_with("GET");
        let trouble = if is_read { None } else { wrong(request, world.writes.len()) };
        if is_read { &mut world.reads } else { &mut world.writes }.push(line.clone());
        match trouble {
            Some(Trouble::Before(answer)) => answer,
            Some(Trouble::After(answer)) => {
                world.answer(&line, request).unwrap();
                answer
            }
            None => world.answer(&line, request),
        }
    }
}

impl World {
    fn answer(&mut self, line: &str, request: &Request) -> Result<Reply, Lost> {
        let body: Value = request.body.as_ref().map(|body| serde_json::from_slice(body).unwrap()).unwrap_or_default();
        let (path, _) = line.split_once('?').unwrap_or((line, ""));
        let parts: Vec<&str> = path.split(['/', ' ']).filter(|part| !part.is_empty()).collect();
        match parts[..] {
            ["GET", "groups", "12", "members"] | ["GET", "users"] => {
                let from: usize = line.split("offset=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
                let rows: Vec<Value> = self.members.keys().skip(from).map(|id| self.row(*id)).collect();
                reply(200, Value::from(rows))
            }
            ["GET", "groups", "12"] => reply(200, json!({ "id": 12, "members_count": self.members.len() })),
            ["GET", "groups"] if line.contains("last_group_id") => reply(200, json!({ "groups": [] })),
            ["GET", "groups"] => {
                let groups: Vec<Value> = self
                    .groups
                    .iter()
                    .map(|(id, name)| json!({ "id": id, "name": name, "parent_group": null }))
                    .collect();
                reply(200, json!({ "groups": groups }))
            }
            ["GET", "groups", "12", "members", id] | ["GET", "users", id] if id != "find_by_email" => {
                match id.parse().ok().filter(|id| self.members.contains_key(id)) {
                    Some(id) => reply(200, self.row(id)),
                    None => reply(404, json!({ "error_message": "none" })),
                }
            }
            ["GET", "users", "find_by_email"] => {
                let found = self.members.iter().find(|(_, (email, _))| line.contains(&email.replace('@', "%40")));
                reply(200, found.map(|(id, _)| self.row(*id)).unwrap_or_default())
            }
            ["GET", "bulk", "members", job] => {
                let ids = job.parse().ok().and_then(|at: usize| self.jobs.get(at)).unwrap();
                reply(200, json!({ "job_id": job, "result": { "status": "completed", "users_imported": ids } }))
            }
            ["PUT", "groups", "12", "members", id] => {
                self.names.insert(id.parse().unwrap(), body["fields"]["first_name"].as_str().unwrap().into());
                reply(200, json!({ "id": id }))
            }
            ["DELETE", "groups", "12", "members", id] => match self.members.remove(&id.parse().unwrap()) {
                Some(_) => reply(200, json!({ "success": true })),
                None => reply(404, json!({ "error_code": 404 })),
            },
            ["POST", "groups", "12", "members"] => {
                let id = self.join(body["fields"]["email"].as_str().unwrap());
                reply(200, self.row(id))
            }
            ["POST", "groups", "12", "members", "invite"] => {
                let ids: Vec<u64> =
                    body["recipients_ids"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect();
                if ids.iter().any(|id| self.bad.contains(&id.to_string())) {
                    return reply(422, json!({ "error_message": "one of them is bad" }));
                }
                for id in ids {
                    self.mails.push(id);
                    if let Some((_, at)) = self.members.get_mut(&id) {
                        *at = 2_000;
                    }
                }
                reply(200, json!({ "success": true }))
            }
            ["POST", "groups", ..] if line == "POST /groups" => {
                self.groups.push((50 + self.groups.len() as u64, body["name"].as_str().unwrap().into()));
                reply(200, json!({ "id": 50, "name": body["name"] }))
            }
            ["POST", "bulk", "members"] => {
                let rows = body["users"].as_array().unwrap().clone();
                let emails = rows.iter().map(|row| row["fields"]["email"].as_str().unwrap().to_owned());
                let good: Vec<String> = emails.filter(|email| !self.bad.contains(email)).collect();
                let ids = good.iter().map(|email| self.join(email)).collect();
                self.jobs.push(ids);
                reply(200, json!({ "job_id": (self.jobs.len() - 1).to_string(), "status": "queued" }))
            }
            _ => reply(404, json!({ "error_message": "Group 13 not found" })),
        }
    }

    fn join(&mut self, email: &str) -> u64 {
        let known = self.members.iter().find(|(_, (have, _))| have == email).map(|(id, _)| *id);
        let id = known.unwrap_or(1_000 + self.members.len() as u64);
        self.members.entry(id).or_insert((email.to_owned(), 0));
        id
    }

    fn row(&self, id: u64) -> Value {
        let (email, at) = &self.members[&id];
        json!({
            "id": id.to_string(), "email": email, "fields": { "first_name": self.names.get(&id) },
            "groups": [{ "id": 12, "last_invited_in": (*at > 0).then_some(at) }],
        })
    }
}

impl Reads for Platform {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(async move { self.send(&request) })
    }
}

impl Writes for Platform {
    fn write<'a>(&'a self, request: Request, _permit: &'a crate::effects::Permit) -> SendFuture<'a> {
        Box::pin(async move { self.send(&request) })
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

fn lost() -> Result<Reply, Lost> {
    Err(Lost::Unknown("reset".into()))
}

/// A platform with 30 members, of whom nothing goes wrong at first.
fn platform(wrong: impl FnMut(&Request, usize) -> Option<Trouble> + Send + 'static) -> Arc<Platform> {
    let members = (1..=30).map(|id| (id, (format!("p{id}@x.example"), 0))).collect();
    Arc::new(Platform(Mutex::new((World { members, ..World::default() }, Box::new(wrong)))))
}

fn well() -> Arc<Platform> {
    platform(|_, _| None)
}

async fn run_of(store: &Store, id: &str, platform: &Arc<Platform>) -> Client {
    run_at(store, id, platform, Clock::system()).await
}

async fn run_at(store: &Store, id: &str, platform: &Arc<Platform>, clock: Clock) -> Client {
    run_heard(store, id, platform, clock, Events::default()).await
}

async fn run_heard(store: &Store, id: &str, platform: &Arc<Platform>, clock: Clock, events: Events) -> Client {
    let run = NewRun {
        id: id.into(),
        script: "test".into(),
        source: String::new(),
        args: json!([]),
        connection: None,
        sandbox: false,
        settings: None,
        job: None,
        started_at: clock.now_ms(),
    };
    store.start_run(&run).await.unwrap();
    let lease = Lease::take(store, id).unwrap();
    Client::new(Parts {
        connection: "main".into(),
        platform: platforms::ALL[0],
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
            settle: Duration::from_millis(10),
            neighbour: Duration::from_millis(200),
            prove: Duration::from_millis(60),
        },
        clock,
        events,
        rules: Default::default(),
        brake: None,
        stop: tokio_util::sync::CancellationToken::new(),
        redactor: crate::settings::Redactor::default(),
    })
}

async fn client(platform: &Arc<Platform>) -> Client {
    run_of(&Store::in_memory().await.unwrap(), "one", platform).await
}

fn call(noun: &str, verb: &str, args: Value) -> Call {
    let platform = platforms::ALL[0];
    let op = platform.op(noun, verb).unwrap();
    Call { platform, op, connection: "main".into(), args: check(op, vec![args]).unwrap() }
}

fn invite(ids: impl IntoIterator<Item = u64>) -> Call {
    let ids: Vec<u64> = ids.into_iter().collect();
    call("members", "invite", json!({ "group_id": 12, "sender_id": 1, "recipients_ids": ids }))
}

fn import(count: usize) -> Call {
    let users: Vec<Value> = (0..count).map(|n| json!({ "fields": { "email": format!("new{n}@x.example") } })).collect();
    call("bulk", "create_members", json!({ "group_id": 12, "users": users }))
}

fn add() -> Call {
    call("members", "add", json!({ "group_id": 12, "fields": { "email": "new@x.example" } }))
}

fn group(name: &str) -> Call {
    let args = json!({
        "name": name, "parent_group_id": null, "privacy": 5, "invite_members_enabled": true, "hidden_emails": null,
        "alias_name": "a", "default_emails_frequency": 0, "manager_email_address": "p1@x.example",
    });
    call("groups", "create", args)
}

async fn done(client: &Client, call: &Call) -> Value {
    serde_json::from_slice(&client.call(call, &With::default()).await.unwrap()).unwrap()
}

async fn refused(client: &Client, call: &Call) -> Error {
    client.call(call, &With::default()).await.unwrap_err()
}

async fn tally(client: &Client) -> Vec<(State, u64)> {
    client.ledger().tally().await.unwrap().into_iter().map(|row| (row.state, row.count)).collect()
}

#[tokio::test]
async fn a_write_that_converges_is_sent_again_at_once_when_its_answer_is_lost() {
    let platform = platform(|_, before| (before < 2).then(|| Trouble::After(lost())));
    let client = client(&platform).await;
    let update = call("members", "update", json!({ "group_id": 12, "user_id": 3, "fields": { "first_name": "Ada" } }));
    done(&client, &update).await;
    assert_eq!((platform.writes(), tally(&client).await), (3, vec![(State::Done, 1)]));
    let reads = platform.world().0.reads.clone();
    assert!(reads.is_empty(), "sent again without asking: {reads:?}");
}

/// Hears that somebody waits.
#[derive(Default)]
struct Waits(tokio::sync::Notify);

impl crate::events::Sink for Waits {
    fn note(&self, event: &crate::events::Event) {
        if format!("{event:?}").contains("waits for run") {
            self.0.notify_one();
        }
    }
}

#[tokio::test]
async fn whom_another_run_is_at_work_on_is_waited_for_and_that_is_no_doubt() {
    let (platform, store, waits) = (well(), Store::in_memory().await.unwrap(), Arc::new(Waits::default()));
    let first = run_of(&store, "one", &platform).await;
    let second = run_heard(&store, "two", &platform, Clock::system(), Events::to(vec![waits.clone()])).await;
    let update = |name: &str| {
        let args = json!({ "group_id": 12, "user_id": 3, "fields": { "first_name": name } });
        call("members", "update", args)
    };
    let piece = update("Ada").pieces().remove(0);
    let permit = async || {
        let intent = first.intent(&piece, &With::default()).await.unwrap();
        first.ledger().begin("account", &piece, &intent).await.unwrap().permit.unwrap()
    };
    let begun = permit().await;
    let settled = async {
        waits.0.notified().await;
        let nothing = crate::effects::Outcome::Failed { code: "refused".into(), message: String::new(), status: None };
        first.ledger().settle(begun, nothing).await.unwrap();
    };
    let grace = update("Grace");
    let (answer, ()) = tokio::join!(done(&second, &grace), settled);
    assert_eq!((answer, platform.writes()), (json!({ "id": "3" }), 1));
    assert_eq!(tally(&second).await, [(State::Done, 1)]);

    let begun = permit().await;
    let third = run_of(&store, "three", &platform).await;
    let error = refused(&third, &update("Linus")).await;
    assert_eq!((error.code, platform.writes()), ("in_doubt", 1), "{error}: not for ever");
    drop(begun);
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_done_when_the_person_is_gone() {
    let platform = platform(|_, before| (before == 0).then(|| Trouble::After(reply(502, json!({})))));
    let client = client(&platform).await;
    done(&client, &call("members", "remove", json!({ "group_id": 12, "user_id": 3 }))).await;
    assert_eq!((platform.writes(), tally(&client).await), (2, vec![(State::Done, 1)]));
}

#[tokio::test]
async fn a_lost_addition_is_looked_up_and_sent_again_only_if_it_did_not_happen() {
    let kinds: [fn() -> Result<Reply, Lost>; 4] = [
        lost,
        || reply(504, json!({})),
        || Ok(Reply { location: Some("http://x.example".into()), ..reply(302, json!({})).unwrap() }),
        || Ok(Reply { body: "<html>".into(), ..reply(200, json!({})).unwrap() }),
    ];
    for kind in kinds {
        let happened = platform(move |_, before| (before == 0).then(|| Trouble::After(kind())));
        let client_of = client(&happened).await;
        assert_eq!(done(&client_of, &add()).await["email"], "new@x.example");
        assert_eq!((happened.writes(), tally(&client_of).await), (1, vec![(State::Applied, 1)]));
        let not = platform(move |_, before| (before == 0).then(|| Trouble::Before(kind())));
        let client_of = client(&not).await;
        done(&client_of, &add()).await;
        assert_eq!(not.writes(), 2);
        assert_eq!(tally(&client_of).await, [(State::Done, 1)], "what was sent again counts as what came of it");
    }
}

#[tokio::test]
async fn a_lost_invitation_is_never_sent_twice() {
    let platform = platform(|_, before| (before == 0).then(|| Trouble::After(lost())));
    let client_of = client(&platform).await;
    assert_eq!(done(&client_of, &invite(3..6)).await["effects"]["done"], 3, "the platform's record shows it");
    assert_eq!(platform.world().0.mails, [3, 4, 5]);
    let silent = self::platform(|_, _| Some(Trouble::Before(lost())));
    let client_of = client(&silent).await;
    for _ in 0..2 {
        let error = refused(&client_of, &invite(3..6)).await;
        assert_eq!((error.code, error.gravity), ("in_doubt", Gravity::Doubt));
    }
    assert_eq!((silent.writes(), tally(&client_of).await), (1, vec![(State::Doubt, 3)]));
}

#[tokio::test]
async fn a_doubt_that_had_its_time_to_show_keeps_nobody_waiting() {
    let clock = Clock::fixed("2026-11-22T10:00:00Z".parse().unwrap());
    let store = Store::in_memory().await.unwrap();
    let silent = platform(|_, _| Some(Trouble::Before(lost())));
    assert_eq!(refused(&run_at(&store, "one", &silent, clock.clone()).await, &invite([3])).await.code, "in_doubt");
    let looks = || silent.world().0.reads.iter().filter(|line| line.contains("/members/3")).count();
    assert!(looks() > 2, "a young one is looked at again and again: {}", looks());
    clock.advance_ms(60_000);
    // A second one, which shows at once, in the same look-up as the first.
    let two = run_at(&store, "two", &silent, clock.clone()).await;
    let piece = invite([4]).pieces().remove(0);
    let before = HashMap::from([("4".to_owned(), json!({ "invited_at": null }))]);
    let intent = crate::effects::Intent { before, ..crate::effects::Intent::default() };
    drop(two.ledger().begin("account", &piece, &intent).await.unwrap());
    silent.world().0.members.get_mut(&4).unwrap().1 = 2_000;
    let seen = looks();
    let looked = two.settle_open_doubts().await.unwrap();
    assert_eq!((looked.settled, looked.left), (1, 1));
    assert_eq!(looks() - seen, 1);
}

#[tokio::test]
async fn one_bad_id_of_500_fails_alone() {
    let platform = well();
    platform.world().0.bad.insert("377".into());
    let client = client(&platform).await;
    let answer = done(&client, &invite(1..=500)).await;
    assert_eq!((&answer["effects"]["done"], &answer["effects"]["failed"][0]["subject"]), (&json!(499), &json!("377")));
    let mut mails = platform.world().0.mails.clone();
    mails.sort_unstable();
    assert_eq!(mails, (1..=500).filter(|id| *id != 377).collect::<Vec<_>>(), "each of the others once");
    assert!(platform.writes() < 25, "{} calls", platform.writes());
}

#[tokio::test]
async fn a_run_of_bad_ids_hides_nobody_good() {
    let platform = well();
    platform.world().0.bad.extend((1..=150).map(|id| id.to_string()));
    let client = client(&platform).await;
    let answer = done(&client, &invite(1..=500)).await;
    assert_eq!(answer["effects"]["done"], 350);
    assert_eq!(answer["effects"]["failed"].as_array().unwrap().len(), 150);
}

#[tokio::test]
async fn a_group_that_is_not_there_costs_few_calls() {
    let platform = well();
    let client = client(&platform).await;
    let ids: Vec<u64> = (1..=1_200).collect();
    let nowhere = call("members", "invite", json!({ "group_id": 13, "sender_id": 1, "recipients_ids": ids }));
    let error = refused(&client, &nowhere).await;
    assert!(error.is_not_found(), "{error}");
    assert!(platform.writes() <= 41, "{} calls", platform.writes());
    assert!(tally(&client).await.iter().all(|(state, _)| *state == State::Failed));
}

#[tokio::test]
async fn a_bulk_is_cut_followed_and_its_ids_added_up() {
    let platform = well();
    let client = client(&platform).await;
    let answer = done(&client, &import(1_200)).await;
    assert_eq!(answer["result"]["users_imported"].as_array().unwrap().len(), 1_200);
    assert_eq!((&answer["effects"]["done"], platform.writes()), (&json!(1_200), 2));
    assert_eq!(tally(&client).await, [(State::Done, 1_200)]);
}

#[tokio::test]
async fn a_bulk_that_left_some_out_is_read_back() {
    let platform = well();
    platform.world().0.bad.insert("new7@x.example".into());
    let client = client(&platform).await;
    let answer = done(&client, &import(20)).await;
    assert_eq!((&answer["effects"]["done"], platform.writes()), (&json!(19), 1));
    assert_eq!(answer["effects"]["failed"][0]["subject"], "new7@x.example");
}

#[tokio::test]
async fn a_bulk_that_nobody_waits_for_is_not_asked_after() {
    let platform = well();
    let client = client(&platform).await;
    let with = With { wait: false, ..With::default() };
    let answer: Value = serde_json::from_slice(&client.call(&import(5), &with).await.unwrap()).unwrap();
    assert_eq!((&answer["effects"]["waiting"], &answer["status"]), (&json!(5), &json!("queued")));
    assert!(!platform.world().0.reads.iter().any(|line| line.contains("/bulk/")));
    assert_eq!(tally(&client).await, [(State::Accepted, 5)]);
}

#[tokio::test]
async fn a_lost_bulk_is_looked_up_and_only_who_is_missing_is_sent_again() {
    let platform = platform(|_, before| (before == 0).then(|| Trouble::After(lost())));
    platform.world().0.bad.insert("new2@x.example".into());
    let client = client(&platform).await;
    let answer = done(&client, &import(6)).await;
    assert_eq!((&answer["effects"]["done"], platform.writes()), (&json!(5), 2), "{answer}");
}

#[tokio::test]
async fn a_busy_platform_and_too_many_requests_are_waited_for() {
    let busy = |_: &Request, before: usize| {
        (before < 6).then(|| Trouble::Before(reply(400, json!({ "error_message": "Another bulk is in progress" }))))
    };
    let platform = platform(busy);
    let client_of = client(&platform).await;
    assert_eq!(done(&client_of, &import(3)).await["effects"]["done"], 3);
    assert_eq!((platform.writes(), tally(&client_of).await), (7, vec![(State::Done, 3)]));
    let soon = || Reply { retry_after: Some(Duration::from_millis(30)), ..reply(429, json!({})).unwrap() };
    let many = self::platform(move |_, before| (before < 2).then(|| Trouble::Before(Ok(soon()))));
    let client_of = client(&many).await;
    done(&client_of, &add()).await;
    assert_eq!((many.writes(), tally(&client_of).await), (3, vec![(State::Done, 1)]));
}

#[tokio::test]
async fn what_surely_did_not_happen_is_failed_and_may_be_tried_again() {
    let unreachable = || Err(Lost::NotSent { host: "x.example".into(), why: "refused".into() });
    let day = Some(Duration::from_secs(86_400));
    let much_later = Ok(Reply { retry_after: day, ..reply(429, json!({})).unwrap() });
    let cases = [
        ("unreachable", unreachable(), 4),
        ("too_many_requests", much_later, 1),
        ("forbidden", reply(403, json!({})), 1),
        ("refused", reply(422, json!({})), 1),
    ];
    for (code, answer, tries) in cases {
        let platform = platform(move |_, before| (before < tries).then(|| Trouble::Before(answer.clone())));
        let client = client(&platform).await;
        assert_eq!(refused(&client, &invite([3])).await.code, code);
        assert_eq!(tally(&client).await, [(State::Failed, 1)], "{code}");
        if code != "too_many_requests" {
            assert_eq!(done(&client, &invite([3])).await["effects"]["done"], 1, "{code}");
        }
    }
}

#[tokio::test]
async fn after_a_refusal_that_concerns_nobody_in_particular_the_rest_is_not_sent() {
    let platform = platform(|_, _| Some(Trouble::Before(reply(403, json!({})))));
    let client = client(&platform).await;
    assert_eq!(refused(&client, &invite(1..=1_200)).await.code, "forbidden");
    assert_eq!(platform.writes(), 1);
}

#[tokio::test]
async fn pieces_after_a_lost_one_are_not_sent() {
    let platform = platform(|_, _| Some(Trouble::Before(lost())));
    let client = client(&platform).await;
    let error = refused(&client, &invite(1..=1_200)).await;
    assert!(error.code == "in_doubt" && error.message.contains("was not sent"), "{error}");
    assert_eq!((platform.writes(), tally(&client).await), (1, vec![(State::Doubt, 500)]));
}

#[tokio::test]
async fn a_doubt_about_one_person_holds_up_nobody_else() {
    let platform = platform(|_, before| (before == 0).then(|| Trouble::Before(lost())));
    let store = Store::in_memory().await.unwrap();
    let first = run_of(&store, "one", &platform).await;
    assert_eq!(refused(&first, &invite([7])).await.code, "in_doubt");
    drop(first);
    let second = run_of(&store, "two", &platform).await;
    assert_eq!(refused(&second, &invite(6..=9)).await.code, "in_doubt");
    assert_eq!(platform.world().0.mails, [6, 8, 9]);
    let queued: u64 = tally(&second).await.iter().filter(|(state, _)| *state == State::Accepted).map(|(_, n)| n).sum();
    assert_eq!(queued, 3);
}

#[tokio::test]
async fn the_platforms_own_record_blocks_with_its_date() {
    let platform = well();
    platform.world().0.members.get_mut(&4).unwrap().1 = 1_767_225_600_000;
    let client = client(&platform).await;
    let answer = done(&client, &invite(3..6)).await;
    assert_eq!(platform.world().0.mails, [3, 5]);
    let why = answer["effects"]["skipped"][0]["why"].as_str().unwrap();
    assert!(why.contains("invited on 2026-01-01 by the platform's own record"), "{why}");
}

#[tokio::test]
async fn nobody_is_named_twice_and_no_campaign_mails_again_within_days() {
    let platform = well();
    let client = client(&platform).await;
    done(&client, &invite([3, 3, 4, 3])).await;
    assert_eq!(platform.world().0.mails, [3, 4]);
    let with = With { again: Some(" Spring ".into()), ..With::default() };
    let answer: Value = serde_json::from_slice(&client.call(&invite([3]), &with).await.unwrap()).unwrap();
    let why = answer["effects"]["skipped"][0]["why"].as_str().unwrap();
    assert!(why.contains("within 14 days"), "{why}");
    assert_eq!(platform.writes(), 1);
}

#[tokio::test]
async fn an_object_that_was_made_is_made_again_only_when_it_is_gone() {
    let platform = well();
    let store = Store::in_memory().await.unwrap();
    done(&run_of(&store, "one", &platform).await, &group("Berlin")).await;
    assert_eq!(done(&run_of(&store, "two", &platform).await, &group("Berlin")).await["name"], "Berlin");
    assert_eq!(platform.writes(), 1, "it is there");
    platform.world().0.groups.clear();
    done(&run_of(&store, "three", &platform).await, &group("Berlin")).await;
    assert_eq!(platform.writes(), 2, "it was gone");
}

#[tokio::test]
async fn what_others_made_is_used_only_when_asked_for() {
    let platform = well();
    platform.world().0.groups.push((77, "Berlin".into()));
    let client = client(&platform).await;
    let with = With { use_existing: true, ..With::default() };
    let answer: Value = serde_json::from_slice(&client.call(&group("berlin"), &with).await.unwrap()).unwrap();
    assert_eq!((&answer["id"], platform.writes()), (&json!(77), 0));
}
