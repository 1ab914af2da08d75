//! AVEVA CONNECT over HTTP with client credentials: tokens that live a minute, tokens that end in the middle of a run, and a
//! server that does not count.

use std::sync::{Arc, Once};
use std::time::Duration;

use beadle::catalog::{Call, Platform, check};
use beadle::client::{
    Client, Http, HttpOptions, HttpWrites, Lost, Pace, Parts, Policy, Reads, Reply, SendFuture, Way, With,
};
use beadle::clock::Clock;
use beadle::effects::{Caps, Lease, Ledger};
use beadle::events::Events;
use beadle::platforms;
use beadle::sandbox::{
    Asked, Credentials as Known, Running, Sandbox, SandboxOptions, ServeOptions, ToolsServer, serve,
};
use beadle::settings::{BaseUrl, Credentials, Plaintext, Redactor, Secret};
use beadle::store::{NewRun, Store};
use beadle::wire::Request;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};

const COMMUNITY: &str = "8defea46-0000-46e2-bc80-000000000004";
const TENANT: &str = "09831ed4-0000-4f04-bfef-000000000001";

fn aveva() -> &'static Platform {
    platforms::named("aveva").unwrap()
}

/// A sandbox on localhost, and a client of it; their clocks go apart when a test wants it.
struct Site {
    running: Running,
    sandbox: Sandbox,
    theirs: Clock,
    ours: Clock,
    client: Client,
    store: Store,
}

async fn site(life: Duration, headers: Headers) -> Site {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let start = Timestamp::from_millisecond(1_770_000_000_000).unwrap();
    let (theirs, ours) = (Clock::fixed(start), Clock::fixed(start));
    let sandbox = Sandbox::new(SandboxOptions::default(), theirs.clone());
    let credentials = Some(Known { key: "an id".into(), secret: "a secret".into() });
    let options = ServeOptions {
        sandbox: sandbox.clone(),
        port: 0,
        credentials,
        token_life: life,
        tools: ToolsServer::default(),
    };
    let running = serve(options).await.unwrap();
    let pairs = [("client_id", "an id"), ("client_secret", "a secret")];
    let credentials: Credentials = pairs.into_iter().map(|(key, value)| (key, Secret::new(value))).collect();
    let redactor = Redactor::default();
    let http = Http::new(HttpOptions {
        platform: aveva(),
        base_url: &BaseUrl::parse(&running.base_url(aveva()), Plaintext::Loopback).unwrap(),
        credentials: &credentials,
        redactor: redactor.clone(),
        clock: ours.clone(),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        max_answer: 1 << 24,
    });
    let http = Arc::new(http.unwrap());
    let store = Store::in_memory().await.unwrap();
    let run = NewRun {
        id: "run-1".into(),
        script: "aveva".into(),
        source: String::new(),
        args: json!([]),
        connection: Some("aveva".into()),
        sandbox: false,
        settings: None,
        job: None,
        started_at: 0,
    };
    store.start_run(&run).await.unwrap();
    let lease = Lease::take(&store, "run-1").unwrap();
    let quick = Duration::from_millis(2);
    let client = Client::new(Parts {
        connection: "aveva".into(),
        platform: aveva(),
        account: "an account".into(),
        values: [("tenant", TENANT.to_owned())].into(),
        credentials: "check `client_secret`".into(),
        reads: Arc::new(Counting { http: http.clone(), headers }),
        way: Way::Send(Arc::new(HttpWrites::of(&http))),
        ledger: Ledger::new(store.clone(), lease, 1, ours.clone(), Caps::default()),
        pace: Pace::new(None, 1, 4),
        policy: Policy { settle: quick, prove: quick, first_wait: quick, max_attempts: 3, ..Policy::default() },
        clock: ours.clone(),
        events: Events::default(),
        stop: tokio_util::sync::CancellationToken::new(),
        redactor,
        rules: Default::default(),
        brake: None,
    });
    Site { running, sandbox, theirs, ours, client, store }
}

/// Whether the server says how long a list is.
#[derive(Clone, Copy, PartialEq)]
enum Headers {
    Told,
    LeftOut,
}

/// The way to the server, with or without the header that the document does not name.
struct Counting {
    http: Arc<Http>,
    headers: Headers,
}

impl Reads for Counting {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(async move {
            let reply = self.http.read(request).await?;
            let total = reply.total.filter(|_| self.headers == Headers::Told);
            Ok(Reply { total, ..reply })
        })
    }

    fn renew(&self, token: u64) -> BoxFuture<'_, Result<(), Lost>> {
        self.http.renew(token)
    }
}

impl Site {
    async fn ask(&self, verb: &str, args: Value) -> Value {
        let op = aveva().op("users", verb).unwrap();
        let call = Call { platform: aveva(), op, connection: "aveva".into(), args: check(op, vec![args]).unwrap() };
        let answer = self.client.call(&call, &With::default()).await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }

    /// Reads the list to its end.
    async fn listed(&self) -> Vec<String> {
        let op = aveva().op("users", "list").unwrap();
        let args = check(op, vec![json!({ "community_id": COMMUNITY, "count": 50 })]).unwrap();
        let pager = self.client.list(&Call { platform: aveva(), op, connection: "aveva".into(), args });
        let mut ids = Vec::new();
        while let Some(page) = pager.next_page().await {
            ids.extend(page.unwrap().iter().map(|row| row.id().unwrap()));
        }
        ids
    }

    /// Time passes for both.
    fn pass(&self, seconds: i64) {
        self.theirs.advance_ms(seconds * 1000);
        self.ours.advance_ms(seconds * 1000);
    }

    /// How often anything was read.
    fn reads(&self) -> u64 {
        let counts = self.sandbox.tally().counts;
        counts
            .iter()
            .filter(|(name, _)| name.ends_with(".list") || name.ends_with(".count"))
            .map(|(_, count)| *count)
            .sum()
    }

    async fn states(&self) -> Vec<String> {
        let rows = self.store.effects_of("run-1", 0, 100).await.unwrap();
        rows.into_iter().map(|row| row.state).collect()
    }
}

#[tokio::test]
async fn tokens_that_live_a_minute_carry_a_run_of_an_hour() {
    let site = site(Duration::from_secs(60), Headers::Told).await;
    let people = site.listed().await;
    for turn in 0..60 {
        site.pass(61);
        let user = &people[10 + turn];
        let answer =
            site.ask("add", json!({ "community_id": COMMUNITY, "user_id": user, "role_ids": ["Analysts"] })).await;
        assert_eq!(answer["RoleIds"].as_array().unwrap().len(), 2, "{answer}");
    }
    assert_eq!(site.states().await, vec!["done"; 60]);
    site.running.stop.cancel();
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_is_replaced_once_for_a_read_and_for_a_write() {
    let site = site(Duration::from_secs(3600), Headers::Told).await;
    let people = site.listed().await;
    // Only the server's clock goes on: for us the token is still good, and 401 is the first that we hear of it.
    site.theirs.advance_ms(2 * 3600 * 1000);
    assert_eq!(site.listed().await, people);
    let user = &people[20];
    site.ask("add", json!({ "community_id": COMMUNITY, "user_id": user, "role_ids": ["Operators"] })).await;
    site.theirs.advance_ms(2 * 3600 * 1000);
    assert_eq!(
        site.ask("remove", json!({ "community_id": COMMUNITY, "user_id": user })).await,
        json!({ "success": true })
    );
    assert_eq!(site.states().await, ["done", "done"]);
    assert_eq!(site.listed().await.len(), people.len() - 1);
    site.running.stop.cancel();
}

#[tokio::test]
async fn users_are_counted_by_the_header_and_by_the_pages_where_there_is_none() {
    for headers in [Headers::Told, Headers::LeftOut] {
        let site = site(Duration::from_secs(3600), headers).await;
        let people = site.listed().await;
        let count = site.ask("count", json!({ "community_id": COMMUNITY })).await;
        assert_eq!(count.as_u64(), Some(people.len() as u64));
        assert!(people.len() > 100, "or one page would have done");
        site.running.stop.cancel();
    }
}

#[tokio::test]
async fn somebody_who_was_made_an_administrator_a_moment_ago_stays_one() {
    let site = site(Duration::from_secs(3600), Headers::Told).await;
    let people = site.listed().await;
    let add = |user: &str, role: &str| json!({ "community_id": COMMUNITY, "user_id": user, "role_ids": [role] });
    // Our own reads are remembered for a moment; a click in the platform's own pages comes between them and the write.
    site.ask("add", add(&people[30], "Analysts")).await;
    let roles = json!(["eab7a5b2-0000-4c35-8b37-000000000041", "ee1748e0-0000-4c35-b43d-000000000043"]);
    let target = format!("/v1-preview/Communities/{COMMUNITY}/Tenants/{TENANT}/Users/{}", people[31]);
    let click = Asked {
        platform: "aveva".into(),
        method: "PUT".into(),
        target,
        body: roles.to_string().into(),
        authorised: true,
    };
    assert_eq!(site.sandbox.handle(click).await.status, 200);
    let answer = site.ask("add", add(&people[31], "Operators")).await;
    let held = answer["RoleIds"].as_array().unwrap();
    assert!(held.contains(&roles[1]) && held.len() == 3, "{answer}");
    // What this run has written itself is known to it as well.
    let answer = site.ask("add", add(&people[30], "Operators")).await;
    assert_eq!(answer["RoleIds"].as_array().unwrap().len(), 3, "{answer}");
    site.running.stop.cancel();
}

#[tokio::test]
async fn many_who_come_in_do_not_read_the_lists_for_each_of_them() {
    let site = site(Duration::from_secs(3600), Headers::Told).await;
    let inside = site.listed().await;
    let op = aveva().op("tenant_users", "list").unwrap();
    let call = Call { platform: aveva(), op, connection: "aveva".into(), args: check(op, vec![json!({})]).unwrap() };
    let (pager, mut outside) = (site.client.list(&call), Vec::new());
    while let Some(page) = pager.next_page().await {
        let rows = page.unwrap();
        let new = rows.iter().filter(|row| !inside.contains(&row.id().unwrap()));
        outside.extend(new.map(|row| row.text("Email").unwrap().into_owned()));
    }
    let before = site.reads();
    for email in outside.iter().take(100) {
        site.ask("add", json!({ "community_id": COMMUNITY, "user_id": email })).await;
    }
    assert_eq!(site.listed().await.len(), inside.len() + 100);
    let reads = site.reads() - before;
    assert!(reads < 40, "{reads} reads");
    site.running.stop.cancel();
}
