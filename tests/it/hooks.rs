//! From a stored delivery to the runs that it asks for, on the sandbox, with a clock that is set by hand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use beadle::catalog::{Args, Call};
use beadle::client::{Pace, Policy, Reads, Reply, SendFuture};
use beadle::clock::Clock;
use beadle::effects::brakes::{Attendance, Powers, Rules};
use beadle::effects::{Caps, Intent, Lease, Ledger, Outcome};
use beadle::hooks::{Bell, Inbox, STRETCH, Subscription, Taken, Worker, WorkerError, Working};
use beadle::model::Topic;
use beadle::runs::{Access, Opened, Transports};
use beadle::sandbox::{DELIVERY, InProcess, Sandbox, SandboxOptions, Seed, parse_faults};
use beadle::settings::{Limits, OwnEvents, Redactor};
use beadle::store::{DeliveryRow, IdleRow, NewRun, Store, TriggerRow};
use beadle::wire::Request;
use beadle::{platforms, wire};

/// Leads to a sandbox in memory, or nowhere.
pub struct Way {
    pub sandbox: Sandbox,
    pub opened: Mutex<u32>,
    /// What is answered in the sandbox's place: how a target begins, the status, the body.
    pub odd: Odd,
    /// All that the job `big` tells of; the sandbox's own jobs are smaller.
    pub big: Arc<Mutex<Vec<Value>>>,
}

/// Answers of its own.
type Odd = Arc<Mutex<Vec<(String, u16, String)>>>;

/// A sandbox with one more job, and odd answers.
struct WithBig {
    sandbox: InProcess,
    odd: Odd,
    big: Arc<Mutex<Vec<Value>>>,
}

impl Reads for WithBig {
    fn read(&self, request: Request) -> SendFuture<'_> {
        let odd = self.odd.lock().unwrap();
        if let Some((_, status, body)) = odd.iter().find(|(begin, ..)| request.target.starts_with(begin)) {
            return answered(*status, body.clone());
        }
        drop(odd);
        let Some(query) = request.target.strip_prefix("/bulks/big?") else { return self.sandbox.read(request) };
        let of = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.map_or(0, |value| value.parse().unwrap())
        };
        answered(200, self.page(of("offset"), of("limit")).to_string())
    }
}

fn answered(status: u16, body: String) -> SendFuture<'static> {
    let reply = Reply {
        status,
        body: body.into(),
        retry_after: None,
        total: None,
        trace: None,
        location: None,
        token: None,
        budget: None,
    };
    Box::pin(std::future::ready(Ok(reply)))
}

impl WithBig {
    fn page(&self, offset: usize, limit: usize) -> Value {
        assert!(limit <= 50, "as the document says");
        let all = self.big.lock().unwrap();
        let page: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
        json!({ "notifications": page, "total": all.len(), "job": { "id": "big" } })
    }
}

impl Transports for Way {
    fn open<'a>(&'a self, connection: &'a str, access: Access) -> BoxFuture<'a, Result<Opened, String>> {
        assert_eq!(access, Access::Reads);
        *self.opened.lock().unwrap() += 1;
        async move {
            match connection {
                "main" => Ok(Opened {
                    platform: platforms::named("mobilize").unwrap(),
                    account: "community".into(),
                    values: HashMap::new(),
                    credentials: String::new(),
                    reads: Arc::new(WithBig {
                        sandbox: InProcess::new(self.sandbox.clone(), "mobilize"),
                        odd: self.odd.clone(),
                        big: self.big.clone(),
                    }),
                    writes: None,
                    pace: Pace::new(None, 1, 4),
                    policy: Policy { max_attempts: 1, ..Policy::default() },
                    rules: Rules {
                        limits: Limits::default(),
                        protected: Vec::new(),
                        sentinel: Vec::new(),
                        attendance: Attendance::Unattended,
                        powers: Powers::All,
                        zone: jiff::tz::TimeZone::UTC,
                    },
                }),
                other => Err(format!("there is no connection `{other}`")),
            }
        }
        .boxed()
    }
}

/// A store with a hook, a sandbox behind its connection, and a worker.
pub struct Scene {
    pub store: Store,
    pub clock: Clock,
    pub way: Arc<Way>,
    inbox: Inbox,
    bell: Bell,
    pub stop: CancellationToken,
    jobs: watch::Sender<Arc<Vec<Subscription>>>,
    pub working: Working,
}

pub fn job(name: &str, on: &[Topic]) -> Subscription {
    let own_events = OwnEvents::Ignored;
    Subscription { job: name.into(), connection: "main".into(), on: on.to_vec(), own_events }
}

impl Scene {
    pub async fn new(jobs: Vec<Subscription>) -> Self {
        Self::of(jobs, 700, STRETCH).await
    }

    /// A scene with so many people, in which others pass a delivery after so long.
    pub async fn of(jobs: Vec<Subscription>, people: usize, stretch: Duration) -> Self {
        let store = Store::in_memory().await.unwrap();
        let clock = Clock::fixed(Timestamp::from_second(1_800_000_000).unwrap());
        let mut writing = store.writing().await.unwrap();
        for (hook, connection) in [("crm", "main"), ("lost", "nowhere")] {
            writing.keep_hook(hook, connection, clock.now_ms()).await.unwrap();
        }
        writing.commit().await.unwrap();
        let options = SandboxOptions { seed: Seed { people, ..Seed::default() }, ..SandboxOptions::default() };
        let way = Arc::new(Way {
            sandbox: Sandbox::new(options, clock.clone()),
            opened: Mutex::default(),
            odd: Arc::default(),
            big: Arc::default(),
        });
        let (jobs, subscriptions) = watch::channel(Arc::new(jobs));
        let (bell, stop) = (Bell::default(), CancellationToken::new());
        let transports: Arc<dyn Transports> = way.clone();
        let worker = Worker {
            store: store.clone(),
            clock: clock.clone(),
            transports,
            redactor: Redactor::default(),
            listeners: Vec::new(),
            bell: bell.clone(),
            subscriptions,
            keep: Duration::from_secs(1000),
            stretch,
            stop: stop.clone(),
        };
        let inbox = Inbox::new(store.clone(), clock.clone(), bell.clone());
        Self { working: worker.start().unwrap(), store, clock, way, inbox, bell, stop, jobs }
    }

    pub async fn take(&self, body: &Value) -> Taken {
        self.inbox.take("crm", body.to_string().as_bytes()).await.unwrap()
    }

    pub async fn worked(&self) -> (Vec<DeliveryRow>, Vec<TriggerRow>) {
        self.working.catch_up().await.unwrap();
        let mut rows = self.store.deliveries(None, i64::MAX, 100).await.unwrap();
        rows.reverse();
        (rows, self.store.waiting_triggers(100).await.unwrap())
    }

    /// Lets the time go on until this delivery waits no more; for how long each time, in seconds.
    pub async fn until_done(&self, delivery: i64) -> Vec<i64> {
        let mut waits = Vec::new();
        loop {
            let row = self.store.deliveries(None, delivery + 1, 1).await.unwrap().remove(0);
            if row.state != "waiting" {
                return waits;
            }
            let wait = row.next_try_at - self.clock.now_ms();
            waits.push(wait / 1000);
            self.clock.advance_ms(wait);
            self.worked().await;
        }
    }

    /// What the platform would send: the first page of a delivery.
    async fn pushed(&self, id: &str) -> Value {
        let platform = platforms::named("mobilize").unwrap();
        let mut args = Args::default();
        args.set("id", id);
        let op = platform.op("webhooks", "batch").unwrap();
        let call = Call { platform, op, connection: "main".into(), args };
        let transport = InProcess::new(self.way.sandbox.clone(), "mobilize");
        let reply = beadle::client::Reads::read(&transport, wire::build(&call)).await.unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }
}

fn told(topic: &str, ids: &[u64]) -> Value {
    let notices: Vec<Value> = ids
        .iter()
        .map(
            |id| json!({ "topic": topic, "item_type": "user", "item": { "id": id.to_string(), "first_name": "Told" } }),
        )
        .collect();
    json!({ "notifications": notices, "total": ids.len(), "job": { "id": format!("j{}", ids.len()) } })
}

pub fn ids(trigger: &TriggerRow) -> Vec<String> {
    trigger.events.as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_job_gets_one_run_a_delivery_with_people_as_they_are_now() {
    let scene = Scene::new(vec![job("welcome", &[Topic::UserCreated]), job("other", &[Topic::UserUpdated])]).await;
    assert_eq!(scene.take(&told("user_create", &[1001, 1002, 999_999])).await, Taken::New(1));
    assert_eq!(scene.take(&told("user.created", &[1001, 1002, 999_999])).await, Taken::Known);
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows.len(), rows[0].repeats, rows[0].state.as_str(), rows[0].runs), (1, 1, "done", 1));
    assert_eq!((rows[0].counts.notices, rows[0].counts.gone, rows[0].counts.partial), (3, 1, false));
    assert_eq!(triggers.len(), 1);
    assert_eq!(
        (triggers[0].job.as_str(), ids(&triggers[0])),
        ("welcome", vec!["1001".into(), "1002".into(), "999999".into()])
    );
    let event = &triggers[0].events[0];
    assert_eq!((&event["topic"], &event["told"]["first_name"]), (&json!("user.created"), &json!("Told")));
    assert_ne!(event["item"]["first_name"], "Told", "a job sees what the platform says when it is asked");
    assert!(event["item"]["email"].as_str().is_some_and(|email| email.contains('@')));
    assert_eq!((&triggers[0].events[2]["gone"], &triggers[0].events[2]["item"]), (&json!(true), &Value::Null));
    assert_eq!(scene.worked().await.1.len(), 1, "nothing is done twice");
}

#[tokio::test]
async fn the_rest_of_a_delivery_is_fetched_over_the_connection_and_each_notification_counts_once() {
    let scene = Scene::new(vec![job("welcome", &[Topic::GroupMemberAdded])]).await;
    let mut body = scene.pushed(DELIVERY).await;
    let total = body["total"].as_u64().unwrap();
    assert!(total > 50 && body["next_page"].is_string(), "{total}");
    let next = body["next_page"].as_str().unwrap().replace("api.mobilize.io", "evil.example:1");
    body["next_page"] = next.into();
    scene.take(&body).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!(rows[0].counts.notices as u64, total);
    let mut all = ids(&triggers[0]);
    all.sort();
    all.dedup();
    assert_eq!((triggers.len(), all.len() as u64), (1, total));
    // The same job's second page, sent by itself as well.
    let second = json!({ "notifications": [body["notifications"][3]], "total": total, "job": body["job"] });
    assert_eq!(scene.take(&second).await, Taken::New(2));
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[1].counts.known as u64, rows[1].runs, triggers.len()), (total - 1, 0, 1), "with all behind it");
}

#[tokio::test]
async fn a_total_that_is_larger_is_looked_after_without_a_next_page_and_told_where_it_is_wrong() {
    let scene = Scene::new(vec![job("welcome", &[Topic::GroupMemberAdded])]).await;
    let mut body = scene.pushed(DELIVERY).await;
    let total = body["total"].as_u64().unwrap();
    body.as_object_mut().unwrap().remove("next_page");
    scene.take(&body).await;
    let mut wrong = told("group_member.added", &[1001]);
    wrong["total"] = 3.into();
    scene.take(&wrong).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.notices as u64, rows[0].counts.partial), (total, false));
    let trouble = rows[1].trouble.as_deref().unwrap();
    assert!(rows[1].counts.partial && trouble.contains("its `total` says that there is more"), "{trouble}");
    assert_eq!((rows[1].tries, triggers.len()), (0, 2), "nobody waits an hour for that");
}

#[tokio::test]
async fn an_address_that_jumps_ahead_leaves_nobody_out() {
    let scene = Scene::new(vec![job("welcome", &[Topic::GroupMemberAdded])]).await;
    let mut body = scene.pushed(DELIVERY).await;
    let next = body["next_page"].as_str().unwrap().replace("offset=50", "offset=900000");
    body["next_page"] = next.into();
    scene.take(&body).await;
    let (rows, _) = scene.worked().await;
    assert_eq!(rows[0].counts.notices as u64, body["total"].as_u64().unwrap());
}

#[tokio::test]
async fn what_cannot_be_had_is_tried_again_and_goes_on_after_an_hour_marked_partial() {
    let scene = Scene::new(vec![job("welcome", &[Topic::GroupMemberAdded])]).await;
    scene.take(&scene.pushed(DELIVERY).await).await;
    scene.take(&told("group_member.added", &[1001])).await;
    scene.way.sandbox.set_faults(parse_faults("503:webhooks.batch").unwrap());
    let (rows, triggers) = scene.worked().await;
    assert_eq!(
        (rows[0].state.as_str(), rows[0].tries, rows[0].next_try_at - scene.clock.now_ms()),
        ("waiting", 1, 5_000)
    );
    assert_eq!((rows[1].state.as_str(), triggers.len()), ("done", 1), "the next one passes");
    let waits = scene.until_done(1).await;
    assert_eq!(waits[..8], [5, 10, 20, 40, 80, 160, 300, 300]);
    assert!((3600..4000).contains(&waits.iter().sum::<i64>()), "{waits:?}");
    let (rows, triggers) = scene.worked().await;
    assert!(rows[0].counts.partial && rows[0].trouble.as_deref().unwrap().contains("503"), "{:?}", rows[0]);
    assert_eq!((rows[0].counts.notices, triggers.len()), (50, 2));
    let unread = scene.store.unread(10).await.unwrap();
    assert_eq!((unread.len(), unread[0].people), (1, 0), "how many stand behind is not known");
}

#[tokio::test]
async fn what_cannot_be_read_again_reaches_no_job_and_comes_with_a_replay() {
    let scene = Scene::new(vec![job("welcome", &[Topic::UserCreated])]).await;
    scene.way.sandbox.set_faults(parse_faults("503:users.get").unwrap());
    scene.take(&told("user.created", &[1001, 1002])).await;
    assert_eq!(scene.worked().await.0[0].state, "waiting");
    scene.clock.advance_ms(8 * 60 * 60_000);
    assert_eq!(scene.worked().await.0[0].state, "waiting", "while nobody could try, nothing was in vain");
    assert!((3590..4000).contains(&scene.until_done(1).await.iter().sum::<i64>()));
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.unread, rows[0].counts.partial, triggers.len()), (2, true, 0));
    let unread = scene.store.unread(10).await.unwrap();
    assert_eq!(unread.len(), 1, "nobody is there yet to tell of it");
    assert_eq!((unread[0].delivery, unread[0].job.as_str(), unread[0].people), (1, "welcome", 2));
    assert!(unread[0].why.contains("503"), "{}", unread[0].why);
    scene.way.sandbox.set_faults(Vec::new());
    let body = scene.store.delivery_body(1).await.unwrap().unwrap();
    let replay = scene.inbox.replay(&rows[0], &body).await.unwrap();
    let again = scene.inbox.replay(&rows[0], &body).await.unwrap();
    assert_eq!((replay, again), (Some(2), Some(3)));
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[1].replay_of, rows[1].runs, triggers.len()), (Some(1), 1, 2));
    assert_ne!(triggers[0].run, triggers[1].run, "each replay has runs of its own");
    assert_eq!(ids(&triggers[0]), ["1001", "1002"]);
}

#[tokio::test]
async fn a_topic_that_nobody_knows_is_kept_and_counted_and_one_without_an_id_reaches_nobody() {
    let scene = Scene::new(vec![job("welcome", &[Topic::UserCreated])]).await;
    let body = json!({ "notifications": [
        { "topic": "post.created", "item_type": "post", "item": { "id": 3 } },
        { "topic": "user.created", "item_type": "user", "item": { "name": "nobody" } },
        { "topic": "user.created", "item_type": "user", "item": { "id": "../../groups" } },
        { "topic": "user.created", "item_type": "user", "item": { "id": 1001 } },
    ] });
    scene.take(&body).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.unknown, rows[0].counts.unread, rows[0].state.as_str()), (1, 2, "done"));
    assert_eq!(ids(&triggers[0]), ["1001"]);
}

#[tokio::test]
async fn what_starts_nothing_says_why() {
    let scene = Scene::new(vec![job("welcome", &[Topic::UserCreated])]).await;
    scene.take(&told("user.created", &[1001, 1002])).await;
    let mut again = told("user_create", &[1001, 1002, 1003]);
    again["job"]["id"] = "j2".into();
    let more = [
        json!({ "topic": "user.updated", "item_type": "user", "item": { "id": "1004" } }),
        json!({ "topic": "post.created", "item_type": "post", "item": { "id": 3 } }),
        json!({ "topic": "user.created", "item_type": "user", "item": { "name": "nobody" } }),
    ];
    again["notifications"].as_array_mut().unwrap().extend(more);
    assert_eq!(scene.take(&again).await, Taken::New(2));
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].runs, rows[1].runs, ids(&triggers[1])), (1, 1, vec!["1003".to_owned()]));
    assert_eq!(scene.store.idle_of(&[1]).await.unwrap(), []);
    let said = |idle: Vec<IdleRow>| idle.iter().map(|row| row.text("main")).collect::<Vec<_>>();
    assert_eq!(
        said(scene.store.idle_of(&[1, 2]).await.unwrap()),
        [
            "2 user.created (1001, 1002) started nothing: told before, by delivery 1",
            "1 user.created started nothing: it names nobody by an id that can be asked for",
            "1 user.updated (1004) started nothing: no job on connection `main` waits for it",
            "1 post.created (3) started nothing: nobody knows this topic",
        ]
    );
    scene.clock.advance_ms(2_000_000);
    for run in triggers {
        let mut writing = scene.store.writing().await.unwrap();
        writing.trigger_ended(&run.run, 1, "done").await.unwrap();
        writing.commit().await.unwrap();
    }
    assert_eq!(scene.working.tidy(scene.clock.now_ms()).await.unwrap(), 2);
    assert_eq!(scene.store.idle_of(&[1, 2]).await.unwrap(), [], "forgotten with their deliveries");
}

#[tokio::test]
async fn where_no_job_waits_nothing_is_asked() {
    let scene = Scene::new(vec![job("later", &[Topic::UserStatusChanged])]).await;
    scene.take(&told("user.created", &[1001])).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].state.as_str(), triggers.len(), *scene.way.opened.lock().unwrap()), ("done", 0, 0));
    // A job that is there later gets what comes later.
    scene.jobs.send_replace(Arc::new(vec![job("welcome", &[Topic::UserCreated])]));
    scene.take(&told("user.created", &[1002, 1003])).await;
    assert_eq!(scene.worked().await.1.len(), 1);
}

#[tokio::test]
async fn a_connection_that_is_not_there_is_waited_for() {
    let scene =
        Scene::new(vec![Subscription { connection: "nowhere".into(), ..job("x", &[Topic::UserCreated]) }]).await;
    let body = told("user.created", &[1001]).to_string();
    scene.inbox.take("lost", body.as_bytes()).await.unwrap();
    let (rows, _) = scene.worked().await;
    assert_eq!(
        (rows[0].state.as_str(), rows[0].trouble.as_deref()),
        ("waiting", Some("there is no connection `nowhere`"))
    );
}

/// Writes down that a run has done this.
async fn wrote(scene: &Scene, op: (&str, &str), args: Value) {
    let id = format!("r{}", scene.clock.now_ms());
    let run = NewRun {
        id: id.clone(),
        script: "s".into(),
        source: String::new(),
        args: json!({}),
        connection: None,
        sandbox: false,
        settings: None,
        job: None,
        started_at: scene.clock.now_ms(),
    };
    scene.store.start_run(&run).await.unwrap();
    let lease = Lease::take(&scene.store, &id).unwrap();
    let ledger = Ledger::new(scene.store.clone(), lease, 1, scene.clock.clone(), Caps::default());
    let platform = platforms::named("mobilize").unwrap();
    let Value::Object(args) = args else { panic!("no arguments") };
    let op = platform.op(op.0, op.1).unwrap();
    let call = Call { platform, op, connection: "main".into(), args: Args::from_checked(args) };
    let begun = ledger.begin("community", &call.pieces()[0], &Intent::default()).await.unwrap();
    ledger.settle(begun.permit.unwrap(), Outcome::Done { shares: HashMap::new() }).await.unwrap();
}

#[tokio::test]
async fn what_beadle_wrote_starts_only_jobs_that_ask_for_it() {
    let wanting = Subscription { own_events: OwnEvents::Wanted, ..job("mirror", &[Topic::UserUpdated]) };
    let scene = Scene::new(vec![job("welcome", &[Topic::UserUpdated]), wanting]).await;
    wrote(&scene, ("users", "update"), json!({ "id": "1001", "fields": { "first_name": "Told" } })).await;
    scene.clock.advance_ms(1_000);
    scene.take(&told("user.updated", &[1001, 1002])).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!(rows[0].counts.own, 1);
    assert_eq!(scene.store.idle_of(&[1]).await.unwrap(), [], "one job wants it");
    let of = |job: &str| ids(triggers.iter().find(|trigger| trigger.job == job).unwrap());
    assert_eq!(of("welcome"), ["1002"]);
    assert_eq!(of("mirror"), ["1001", "1002"]);
    scene.jobs.send_replace(Arc::new(vec![job("welcome", &[Topic::UserUpdated])]));
    let mut other = told("user.updated", &[1001]);
    other["job"]["id"] = "other".into();
    scene.take(&other).await;
    scene.worked().await;
    let idle = scene.store.idle_of(&[2]).await.unwrap();
    let own = "1 user.updated (1001) started nothing: beadle itself had caused it, and no job that waits for it has `own_events`";
    assert_eq!(idle.iter().map(|row| row.text("main")).collect::<Vec<_>>(), [own]);
    // Long after it, the same words are somebody else's.
    scene.clock.advance_ms(7 * 60 * 60_000);
    scene.take(&told("user.updated", &[1001])).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[2].counts.own, triggers.len()), (0, 3));
}

/// A delivery of its own about one person.
fn told_of(delivery: &str, topic: &str, item: Value) -> Value {
    let notices = json!([{ "topic": topic, "item_type": "user", "item": item }]);
    json!({ "notifications": notices, "total": 1, "job": { "id": delivery } })
}

#[tokio::test]
async fn what_somebody_changes_hours_after_beadle_is_told_though_beadles_value_is_still_there() {
    let scene = Scene::new(vec![job("mirror", &[Topic::UserUpdated])]).await;
    wrote(&scene, ("users", "update"), json!({ "id": "1001", "fields": { "city": "Bonn" } })).await;
    let item = |name: &str| {
        let fields = json!({ "city": "Bonn" });
        json!({ "id": "1001", "last_name": name, "fields": fields, "updated_at": scene.clock.now_ms() })
    };
    scene.clock.advance_ms(1_000);
    scene.take(&told_of("echo", "user.updated", item("Lovelace"))).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.own, triggers.len()), (1, 0));
    scene.clock.advance_ms(3 * 60 * 60_000);
    scene.take(&told_of("news", "user.updated", item("Married"))).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[1].counts.own, triggers.len()), (0, 1));
    assert_eq!(ids(&triggers[0]), ["1001"]);
}

#[tokio::test]
async fn whoever_is_put_into_a_group_by_id_has_no_account_of_beadles_making() {
    let scene = Scene::new(vec![job("welcome", &[Topic::UserCreated, Topic::GroupMemberAdded])]).await;
    wrote(&scene, ("members", "add"), json!({ "group_id": "2", "user_id": "1001" })).await;
    scene.clock.advance_ms(1_000);
    let item = json!({ "id": "1001", "group_id": 2 });
    scene.take(&told_of("joined", "group_member.added", item.clone())).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.own, triggers.len()), (1, 0), "that was beadle");
    scene.take(&told_of("came", "user.created", item)).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[1].counts.own, triggers.len()), (0, 1), "that was not");
}

#[tokio::test]
async fn a_job_that_changes_whoever_was_changed_does_not_start_itself_for_ever() {
    let scene = Scene::new(vec![job("mirror", &[Topic::UserUpdated])]).await;
    let item = |at: Option<i64>| {
        let mut item = json!({ "id": "1001", "last_name": "Lovelace", "fields": { "city": "Bonn" } });
        if let Some(at) = at {
            item["updated_at"] = at.into();
        }
        item
    };
    scene.take(&told_of("first", "user.updated", item(None))).await;
    assert_eq!(scene.worked().await.1.len(), 1, "somebody changed them");
    // The platform's clock is a minute off, its telling takes minutes, and it may leave the moment out.
    let (seconds, minutes) = (3_000, 9 * 60_000);
    for (turn, (late, clock)) in
        [(seconds, Some(0)), (seconds, Some(-60_000)), (minutes, Some(60_000)), (minutes, None)].into_iter().enumerate()
    {
        wrote(&scene, ("users", "update"), json!({ "id": "1001", "fields": { "city": "Bonn" } })).await;
        let written = scene.clock.now_ms();
        scene.clock.advance_ms(late);
        let echo = item(clock.map(|off| written + off));
        scene.take(&told_of(&format!("echo {turn}"), "user.updated", echo)).await;
        assert_eq!(scene.worked().await.1.len(), 1, "turn {turn}");
    }
}

#[tokio::test]
async fn what_is_no_delivery_is_kept_aside_cut_to_a_length() {
    let scene = Scene::new(Vec::new()).await;
    let long = format!("<html>{}", "x".repeat(40_000));
    assert_eq!(scene.inbox.take("crm", long.as_bytes()).await.unwrap(), Taken::Aside);
    assert_eq!(scene.inbox.take("crm", b"{}").await.unwrap(), Taken::Aside);
    let asides = scene.store.asides(Some("crm")).await.unwrap();
    assert_eq!((asides.len(), asides[1].size, asides[1].body.len()), (2, 40_006, 16 * 1024));
    assert_eq!(asides[0].why, "it is JSON, but has no notifications");
    assert!(scene.worked().await.0.is_empty());
}

#[tokio::test]
async fn the_worker_hears_the_bell_rings_the_next_one_and_stops_when_asked() {
    let scene = Scene::new(vec![job("welcome", &[Topic::UserCreated])]).await;
    let working = scene.working.clone();
    let task = tokio::spawn(async move { working.work().await });
    for ids in [&[1001][..], &[1002, 1003]] {
        scene.take(&told("user.created", ids)).await;
        tokio::time::timeout(Duration::from_secs(20), scene.bell.next_run()).await.unwrap();
    }
    scene.stop.cancel();
    tokio::time::timeout(Duration::from_secs(20), task).await.unwrap().unwrap();
    assert_eq!(scene.store.waiting_triggers(9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_workers_on_one_store_are_one_too_many() {
    let scene = Scene::new(Vec::new()).await;
    let (_, subscriptions) = watch::channel(Arc::new(Vec::new()));
    let transports: Arc<dyn Transports> = scene.way.clone();
    let second = Worker {
        store: scene.store.clone(),
        clock: scene.clock.clone(),
        transports,
        redactor: Redactor::default(),
        listeners: Vec::new(),
        bell: Bell::default(),
        subscriptions,
        keep: Duration::from_secs(1),
        stretch: STRETCH,
        stop: CancellationToken::new(),
    };
    assert!(matches!(second.start(), Err(WorkerError::Taken)));
}
