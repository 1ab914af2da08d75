//! For every prefix of a finished ledger, and every prefix of the platform's requests that fits it, a resumed run ends where
//! the finished one ended. What nobody can prove waits for a person, whose word then ends it in the same place.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beadle::catalog::{Call, check};
use beadle::client::{Client, Pace, Parts, Policy, Way, With};
use beadle::clock::Clock;
use beadle::effects::{Caps, Lease, Ledger, Settled, settle_doubts};
use beadle::events::Events;
use beadle::platforms;
use beadle::sandbox::{Applied, InProcess, Journal, Sandbox, SandboxOptions, Seed, parse_faults};
use beadle::store::{NewRun, Store};
use beadle::world;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

const RUN: &str = "r1";
const ACCOUNT: &str = "mobilize-1";

/// What is asked of the platform, one after the other: each kind of write, some people and values more than once.
fn script(manager: &str) -> Vec<Call> {
    let row = |name: &str| json!({ "fields": { "email": format!("{name}@prefix.example"), "first_name": name } });
    let group = json!({
        "name": "Prefix", "alias_name": "prefix", "parent_group_id": null, "privacy": 5, "invite_members_enabled": true,
        "hidden_emails": null, "default_emails_frequency": 0, "manager_email_address": manager,
    });
    let invite = |ids: Value| json!({ "group_id": "1", "sender_id": "1001", "recipients_ids": ids });
    let member = |id: u64| json!({ "group_id": "5", "user_id": id });
    let named = |name: &str| json!({ "id": 1010, "fields": { "first_name": name } });
    [
        (
            "bulk",
            "create_members",
            json!({ "group_id": "4", "users": [row("abe"), row("ada"), row("ben"), row("cay")] }),
        ),
        ("groups", "create", group),
        ("users", "update", named("There")),
        ("members", "add", member(1012)),
        ("members", "invite", invite(json!([1020, 1021, 1022]))),
        ("members", "remove", member(1012)),
        ("bulk", "create_members", json!({ "group_id": "5", "users": [row("ben"), row("dan")] })),
        ("users", "update", named("Back")),
        ("members", "add", member(1012)),
        ("members", "invite", invite(json!([1023, 1024]))),
        ("members", "remove", json!({ "group_id": "1", "user_id": 1015 })),
    ]
    .map(|(noun, verb, args)| {
        let platform = platforms::named("mobilize").unwrap();
        let op = platform.op(noun, verb).unwrap();
        Call { platform, op, connection: "main".into(), args: check(op, vec![args]).unwrap() }
    })
    .into()
}

/// What the platform has applied, each with the call of the ledger for which it was asked.
#[derive(Clone, Default)]
struct Tape {
    applied: Arc<Mutex<Vec<(i64, Applied)>>>,
    store: Arc<Mutex<Option<Store>>>,
}

impl Journal for Tape {
    fn append<'a>(&'a self, entry: &'a Applied) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let store = self.store.lock().unwrap().clone().ok_or("no store")?;
            let rows = store.effects_of(RUN, 0, 10_000).await.map_err(|error| error.to_string())?;
            let call = rows.last().map_or(0, |row| row.call);
            self.applied.lock().unwrap().push((call, entry.clone()));
            Ok(())
        }
        .boxed()
    }
}

/// What a community holds that matters to people: no ids, no times.
#[derive(Clone, Debug, PartialEq)]
struct Community {
    groups: Vec<String>,
    members: BTreeMap<(u64, String), String>,
    mails: BTreeMap<String, usize>,
}

/// One attempt at the script: a store, a world, and the client between them.
struct Attempt {
    store: Store,
    sandbox: Sandbox,
    tape: Tape,
    client: Client,
}

impl Attempt {
    /// On the store in this file, and on a world to which these requests were made.
    async fn begin(file: &Path, requests: &[Applied]) -> Self {
        let store = Store::open(file).await.unwrap();
        let clock = Clock::system();
        let attempt = match store.run(RUN).await.unwrap() {
            Some(_) => store.next_attempt(RUN, clock.now_ms()).await.unwrap(),
            None => {
                store.start_run(&new_run(clock.now_ms())).await.unwrap();
                1
            }
        };
        let tape = Tape::default();
        *tape.store.lock().unwrap() = Some(store.clone());
        let seed = Seed { people: 60, activities: 0, ..Seed::default() };
        let pace = world::Pace { queued_ms: 0, row_us: 0, invite_ms: 0 };
        let options = SandboxOptions { seed, pace };
        let sandbox = Sandbox::replay(options, clock.clone(), requests.to_vec(), Some(Arc::new(tape.clone()))).unwrap();
        let transport = Arc::new(InProcess::new(sandbox.clone(), "mobilize"));
        let lease = Lease::take(&store, RUN).unwrap();
        let quick = Duration::from_millis(2);
        let client = Client::new(Parts {
            connection: "main".into(),
            platform: platforms::named("mobilize").unwrap(),
            account: ACCOUNT.into(),
            values: Default::default(),
            credentials: String::new(),
            reads: transport.clone(),
            way: Way::Send(Arc::new(transport.writes())),
            ledger: Ledger::new(store.clone(), lease, attempt, clock.clone(), Caps::default()),
            pace: Pace::new(None, 1, 4),
            policy: Policy { settle: quick, prove: quick * 2, first_wait: quick, ..Policy::default() },
            clock,
            events: Events::default(),
            stop: tokio_util::sync::CancellationToken::new(),
            redactor: beadle::settings::Redactor::default(),
            rules: Default::default(),
            brake: None,
        });
        Self { store, sandbox, tape, client }
    }

    /// Does what a run does: looks up what is in doubt, works through the script, has a look at what was promised. Says
    /// whether something stayed in doubt.
    async fn work(&self) -> bool {
        let left = self.client.settle_open_doubts().await.unwrap().left;
        let mut in_doubt = left > 0;
        let manager = self.sandbox.look("mobilize", |world| world.user(1001).map(|user| user.email.clone()));
        for call in script(&manager.await.flatten().unwrap()) {
            match self.client.call(&call, &With::default()).await {
                Ok(_) => {}
                Err(error) if error.code == "in_doubt" => in_doubt = true,
                Err(error) => panic!("{}: {error}", call.sentence()),
            }
        }
        assert_eq!(self.client.confirm_queued().await.unwrap(), 0, "every promise is kept");
        in_doubt
    }

    async fn community(&self) -> Community {
        self.sandbox.settle("mobilize").await;
        let mut mails = BTreeMap::new();
        for mail in self.sandbox.outbox("mobilize").await {
            *mails.entry(mail.to).or_default() += 1;
        }
        let look = self.sandbox.look("mobilize", |world| {
            let groups: Vec<_> = (1..20).filter_map(|id| world.group(id)).map(|group| group.name.clone()).collect();
            let mut members = BTreeMap::new();
            for group in 1..=groups.len() as u64 {
                for user in world.members_from(group, 0) {
                    let standing = user.membership(group).map(|place| place.standing);
                    members
                        .insert((group, user.email.clone()), format!("{} {:?} {standing:?}", user.name(), user.values));
                }
            }
            (groups, members)
        });
        let (groups, members) = look.await.unwrap();
        Community { groups, members, mails }
    }

    /// The requests since it began.
    fn applied(&self) -> Vec<(i64, Applied)> {
        self.tape.applied.lock().unwrap().clone()
    }

    async fn end(self) {
        let Self { store, client, tape, .. } = self;
        drop((client, tape));
        store.close().await;
    }
}

fn new_run(started_at: i64) -> NewRun {
    NewRun {
        id: RUN.into(),
        script: "prefix".into(),
        source: String::new(),
        args: json!([]),
        connection: Some("main".into()),
        sandbox: false,
        settings: None,
        job: None,
        started_at,
    }
}

/// How far a prefix goes into its last call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// All its rows are open.
    Open,
    /// The platform's job is known.
    Accepted,
    /// No trustworthy answer.
    Lost,
    /// So many of its rows are as they were in the end, the others in the stage before that.
    Partly(i64),
    /// All are.
    Whole,
}

/// A prefix of the ledger and one of the requests.
#[derive(Debug)]
struct Prefix {
    call: i64,
    operation: String,
    stage: Stage,
    /// Requests that were made; those of the last call among them.
    requests: usize,
    of_the_last_call: usize,
}

/// Every step of every row, with all numbers of requests that fit it.
async fn prefixes(file: &Path, applied: &[(i64, Applied)]) -> Vec<Prefix> {
    let mut connection = open(file).await;
    let calls = sqlx::query("SELECT id, op, job FROM call ORDER BY id").fetch_all(&mut connection).await.unwrap();
    let mut prefixes = Vec::new();
    for row in calls {
        let (call, operation): (i64, String) = (row.get("id"), row.get("op"));
        let job: Option<String> = row.get("job");
        let states: Vec<String> = sqlx::query_scalar("SELECT state FROM effect WHERE call = $1")
            .bind(call)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let before = applied.iter().filter(|(of, _)| *of < call).count();
        let own = applied.iter().filter(|(of, _)| *of == call).count();
        let mut add = |stage, made| {
            let (operation, requests) = (operation.clone(), before + made);
            prefixes.push(Prefix { call, operation, stage, requests, of_the_last_call: made });
        };
        // Written down: never sent, or sent and not answered, as often as it was.
        (0..=own).for_each(|made| add(Stage::Open, made));
        if job.is_some() {
            add(Stage::Accepted, own);
        }
        if states.iter().any(|state| state == "applied" || state == "not_applied") {
            add(Stage::Lost, own);
        }
        (1..states.len() as i64).for_each(|rows| add(Stage::Partly(rows), own));
        add(Stage::Whole, own);
    }
    prefixes
}

/// Takes out of the store what came after the prefix.
async fn cut(file: &Path, at: &Prefix) {
    let mut connection = open(file).await;
    let run = async |connection: &mut SqliteConnection, sql: &'static str| {
        sqlx::query(sql).bind(at.call).execute(connection).await.unwrap();
    };
    run(&mut connection, "DELETE FROM effect WHERE call > $1").await;
    run(&mut connection, "DELETE FROM call WHERE id > $1").await;
    let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
        "SELECT effect.id, effect.state, call.job FROM effect JOIN call ON call.id = effect.call WHERE call.id = $1 ORDER BY 1",
    )
    .bind(at.call)
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let kept = match at.stage {
        Stage::Whole => rows.len(),
        Stage::Partly(rows) => usize::try_from(rows).unwrap(),
        Stage::Open | Stage::Accepted | Stage::Lost => 0,
    };
    for (effect, state, job) in &rows[kept..] {
        let looked_up = state == "applied" || state == "not_applied";
        let state = match at.stage {
            Stage::Open => "open",
            Stage::Lost => "doubt",
            _ if looked_up => "doubt",
            _ if job.is_some() => "accepted",
            _ => "open",
        };
        sqlx::query(
            "UPDATE effect SET state = $2, settled_at = NULL, settled_by = NULL, error = NULL, share = NULL WHERE id = $1",
        )
        .bind(effect)
        .bind(state)
        .execute(&mut connection)
        .await
        .unwrap();
    }
    if at.stage == Stage::Open {
        run(&mut connection, "UPDATE call SET state = 'open', job = NULL WHERE id = $1").await;
    }
    if kept < rows.len() {
        run(&mut connection, "UPDATE call SET settled_at = NULL, status = NULL, error = NULL WHERE id = $1").await;
    }
    run(
        &mut connection,
        "DELETE FROM object WHERE $1 > 0 AND NOT EXISTS (SELECT 1 FROM effect WHERE effect.op = object.op
            AND effect.kind = object.kind AND effect.subject = object.subject AND effect.target = object.target
            AND effect.state IN ('done', 'applied'))",
    )
    .await;
}

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.unwrap()
}

/// A person who knows that nothing of it happened.
async fn says_that_nothing_happened(store: &Store) {
    let doubts = store.doubts(ACCOUNT, i64::MAX).await.unwrap();
    assert!(!doubts.is_empty());
    let doubts: Vec<i64> = doubts.into_iter().map(|row| row.id).collect();
    settle_doubts(store, &Clock::system(), &doubts, &Settled::NotApplied, "a person").await.unwrap();
}

async fn every_prefix_ends_where_the_whole_did(faults: &str) {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.db");
    let first = Attempt::begin(&whole, &[]).await;
    first.sandbox.set_faults(parse_faults(faults).unwrap());
    assert!(!first.work().await);
    let (wanted, applied) = (first.community().await, first.applied());
    first.end().await;
    assert_eq!(wanted.mails.len(), 5);
    assert!(wanted.mails.values().all(|count| *count == 1), "{:?}", wanted.mails);
    let prefixes = prefixes(&whole, &applied).await;
    assert!(prefixes.len() > 40, "{}", prefixes.len());
    let requests: Vec<Applied> = applied.into_iter().map(|(_, applied)| applied).collect();
    for prefix in prefixes {
        let file = folder.path().join("cut.db");
        std::fs::copy(&whole, &file).unwrap();
        cut(&file, &prefix).await;
        let again = Attempt::begin(&file, &requests[..prefix.requests]).await;
        let in_doubt = again.work().await;
        let unprovable =
            prefix.operation == "members.invite" && prefix.stage == Stage::Open && prefix.of_the_last_call == 0;
        assert_eq!(in_doubt, unprovable, "{prefix:?}");
        let reached = again.community().await;
        let mut made: Vec<Applied> = requests[..prefix.requests].to_vec();
        made.extend(again.applied().into_iter().map(|(_, applied)| applied));
        match unprovable {
            false => assert_eq!(reached, wanted, "{prefix:?}"),
            true => {
                assert_eq!((&reached.members, &reached.groups), (&wanted.members, &wanted.groups), "{prefix:?}");
                let mailed_once = reached.mails.iter().all(|mail| wanted.mails.get(mail.0) == Some(mail.1));
                assert!(mailed_once && reached.mails.len() < wanted.mails.len(), "{prefix:?}: {:?}", reached.mails);
                let store = again.store.clone();
                drop(again);
                says_that_nothing_happened(&store).await;
                store.close().await;
                let told = Attempt::begin(&file, &made).await;
                assert!(!told.work().await, "{prefix:?}");
                assert_eq!(told.community().await, wanted, "{prefix:?}, and a person has decided");
                told.end().await;
                std::fs::remove_file(&file).unwrap();
                continue;
            }
        }
        again.end().await;
        let silent = Attempt::begin(&file, &made).await;
        assert!(!silent.work().await);
        assert_eq!(silent.applied(), [], "{prefix:?}: resumed once more, nothing is sent");
        silent.end().await;
        std::fs::remove_file(&file).unwrap();
    }
}

#[tokio::test]
async fn every_prefix_of_a_finished_ledger_ends_in_the_same_state() {
    every_prefix_ends_where_the_whole_did("").await;
}

#[tokio::test]
async fn every_prefix_of_a_ledger_with_lost_answers_ends_in_the_same_state() {
    every_prefix_ends_where_the_whole_did("504-after:every=2:writes").await;
}
