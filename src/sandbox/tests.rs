//! The sandbox as its users meet it: in process and on localhost.
#![expect(clippy::disallowed_methods, reason = "tests set their scene")]

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::{
    Applied, Asked, Ending, InProcess, Journal, ROSTER_GROUP, Running, SENDER, Sandbox, SandboxOptions, Seed,
    ServeOptions, TOKEN_LIFE, ToolsServer, parse_faults, serve,
};
use crate::catalog::Method;
use crate::client::{Lost, Reads, Reply, Writes};
use crate::clock::Clock;
use crate::platforms;
use crate::wire::Request;
use crate::world::World;

/// Keeps entries, or refuses them; with a gate, each waits until it is let through.
struct Kept {
    entries: Mutex<Vec<Applied>>,
    full_at: usize,
    reached: Semaphore,
    gate: Semaphore,
}

impl Kept {
    fn new(full_at: usize, let_through: usize) -> Arc<Self> {
        let entries = Mutex::default();
        Arc::new(Self { entries, full_at, reached: Semaphore::new(0), gate: Semaphore::new(let_through) })
    }

    fn entries(&self) -> Vec<Applied> {
        self.entries.lock().unwrap().clone()
    }
}

impl Journal for Kept {
    fn append<'a>(&'a self, entry: &'a Applied) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            self.reached.add_permits(1);
            self.gate.acquire().await.unwrap().forget();
            let mut entries = self.entries.lock().unwrap();
            if entries.len() == self.full_at {
                return Err("the disk is full".into());
            }
            entries.push(entry.clone());
            Ok(())
        })
    }
}

fn clock() -> Clock {
    Clock::fixed("2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap())
}

fn options() -> SandboxOptions {
    SandboxOptions { seed: Seed { people: 60, activities: 90, ..Seed::default() }, ..SandboxOptions::default() }
}

fn sandbox(faults: &str) -> Sandbox {
    let sandbox = Sandbox::new(options(), clock());
    sandbox.set_faults(parse_faults(faults).unwrap());
    sandbox
}

fn asked(method: &str, target: &str, body: &Value) -> Asked {
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Asked { platform: "mobilize".into(), method: method.into(), target: target.into(), authorised: true, body }
}

async fn ask(sandbox: &Sandbox, method: &str, target: &str, body: Value) -> (u16, Value) {
    let answered = sandbox.handle(asked(method, target, &body)).await;
    (answered.status, serde_json::from_slice(&answered.body).unwrap())
}

async fn world(sandbox: &Sandbox) -> World {
    sandbox.look("mobilize", World::clone).await.unwrap()
}

async fn read(sandbox: &Sandbox, target: &str) -> Result<Reply, Lost> {
    let request = Request { method: Method::Get, target: target.into(), body: None };
    InProcess::new(sandbox.clone(), "mobilize").read(request).await
}

fn people(range: std::ops::Range<u32>) -> Value {
    range.map(|i| json!({ "fields": { "email": format!("n{i}@example.org"), "first_name": "N" } })).collect()
}

/// A little of everything, with time passing in between.
async fn play(sandbox: &Sandbox) {
    let steps = [
        ("POST", "/bulk/members", json!({ "group_id": ROSTER_GROUP, "users": people(0..50) }), 160),
        ("POST", "/users/", json!({ "email": "between@example.org", "fields": { "city": "Oslo" } }), 300),
        ("POST", "/groups/4/members/invite", json!({ "sender_id": SENDER, "recipients_ids": [1002, 1004, 1007] }), 40),
        ("DELETE", "/groups/1/members/1007/?hard_delete=true", Value::Null, 1),
        ("PUT", "/groups/5", json!({ "name": "Porto", "privacy": 5 }), 500),
        ("POST", "/users/1003", json!({ "fields": { "city": "Rome" } }), 7),
        ("DELETE", "/users/99999", Value::Null, 3),
        ("POST", "/bulk/groups", json!({ "groups": [{ "name": "A" }, { "name": "B", "parent_group_id": 2 }] }), 100),
    ];
    for (method, target, body, millis) in steps {
        ask(sandbox, method, target, body).await;
        sandbox.clock().advance_ms(millis);
        ask(sandbox, "GET", "/users/?limit=1", Value::Null).await;
    }
}

#[tokio::test]
async fn a_journal_played_into_a_fresh_sandbox_gives_the_same_world() {
    let kept = Kept::new(usize::MAX, 99);
    let live = Sandbox::replay(options(), clock(), [], Some(kept.clone())).unwrap();
    live.set_faults(parse_faults("504-after:every=3:writes; reset:every=5:writes").unwrap());
    play(&live).await;
    let entries = kept.entries();
    assert_eq!(entries.len(), 7, "what a fault kept from the platform is not among them");
    let again = Sandbox::replay(options(), live.clock().clone(), entries.clone(), None).unwrap();
    assert_eq!(world(&live).await, world(&again).await);
    live.clock().advance_ms(60_000);
    assert_eq!(world(&live).await, world(&again).await, "also what was queued");
    assert!(world(&again).await.user_by_email("n49@example.org").is_some());
    let shorter = Sandbox::replay(options(), live.clock().clone(), entries[1..].to_vec(), None).unwrap();
    assert_ne!(world(&live).await, world(&shorter).await);
}

#[tokio::test]
async fn a_journal_of_something_else_is_refused() {
    let entry = |platform: &str, target: &str| Applied {
        at_ms: 0,
        platform: platform.into(),
        method: "POST".into(),
        target: target.into(),
        body: Bytes::new(),
    };
    for entry in [entry("nowhere", "/users/"), entry("mobilize", "/nothing")] {
        assert!(Sandbox::replay(options(), clock(), [entry], None).is_err());
    }
}

#[tokio::test]
async fn what_the_journal_does_not_keep_is_not_applied() {
    let kept = Kept::new(1, 99);
    let sandbox = Sandbox::replay(options(), clock(), [], Some(kept.clone())).unwrap();
    let create = |email: &str| json!({ "email": email });
    assert_eq!(ask(&sandbox, "POST", "/users/", create("a@example.org")).await.0, 200);
    let (status, why) = ask(&sandbox, "POST", "/users/", create("b@example.org")).await;
    assert_eq!(status, 503);
    assert!(why["error_message"].as_str().unwrap().contains("the disk is full"));
    let world = world(&sandbox).await;
    assert!(world.user_by_email("a@example.org").is_some() && world.user_by_email("b@example.org").is_none());
}

#[tokio::test]
async fn a_write_goes_on_when_its_sender_hangs_up() {
    let kept = Kept::new(usize::MAX, 0);
    let sandbox = Sandbox::replay(options(), clock(), [], Some(kept.clone())).unwrap();
    let body = json!({ "email": "late@example.org" });
    let send = tokio::spawn({
        let sandbox = sandbox.clone();
        async move { sandbox.handle(asked("POST", "/users/", &body)).await }
    });
    kept.reached.acquire().await.unwrap().forget();
    send.abort();
    assert!(send.await.unwrap_err().is_cancelled());
    kept.gate.add_permits(1);
    assert!(world(&sandbox).await.user_by_email("late@example.org").is_some());
    assert_eq!(kept.entries().len(), 1);
}

#[tokio::test]
async fn every_operation_is_reached_by_its_path() {
    let sandbox = sandbox("");
    for op in platforms::ALL[0].ops {
        let target = op.path.replace("{group_id}", "4").replace("{user_id}", "1001").replace("{id}", "1002");
        let target = target.replace("{job_id}", "none");
        for form in [target.trim_end_matches('/').to_owned(), format!("{}/", target.trim_end_matches('/'))] {
            let (status, value) = ask(&sandbox, op.method.as_str(), &form, Value::Null).await;
            assert_ne!(status, 501, "{form}");
            assert_ne!(value["error_message"], "Not found", "{form}");
        }
    }
    let counts = sandbox.tally().counts;
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|count| *count == 2), "{counts:?}");
    assert_eq!(ask(&sandbox, "GET", "/nothing", Value::Null).await.0, 404);
    assert_eq!(
        ask(&sandbox, "POST", "/groups/4/members/1002", Value::Null).await.0,
        404,
        "POST for PUT only as documented"
    );
}

#[tokio::test]
async fn unsigned_requests_are_refused_in_the_platforms_form() {
    let sandbox = sandbox("");
    let unsigned = Asked { authorised: false, ..asked("DELETE", "/users/1002", &Value::Null) };
    let answered = sandbox.handle(unsigned).await;
    let body: Value = serde_json::from_slice(&answered.body).unwrap();
    assert_eq!((answered.status, &body["status_code"]), (401, &json!(401)));
    assert!(world(&sandbox).await.user(1002).is_some());
}

#[tokio::test]
async fn faults_before_the_effect_leave_the_world_alone_and_those_after_do_not() {
    let before = ["500", "429", "reset", "html", "redirect"];
    let after = ["504-after", "reset-after", "html-after", "truncate"];
    for (faults, effect) in before.map(|f| (f, false)).into_iter().chain(after.map(|f| (f, true))) {
        let sandbox = sandbox(&format!("{faults}:users.create"));
        let answered = sandbox.handle(asked("POST", "/users/", &json!({ "email": "x@example.org" }))).await;
        assert_eq!(world(&sandbox).await.user_by_email("x@example.org").is_some(), effect, "{faults}");
        let request = sandbox.tally().requests.pop().unwrap();
        assert_eq!(request.done, effect.then_some(200), "{faults}");
        assert_eq!(request.seen.is_none(), answered.ending != Ending::Whole, "{faults}");
    }
}

#[tokio::test]
async fn in_process_faults_look_like_those_of_a_wire() {
    let sandbox = sandbox("429:every=2,retry_after=1:users.list; 503:retry_at=5:groups.get; redirect:groups.list");
    assert_eq!(read(&sandbox, "/users/").await.unwrap().status, 200);
    let refused = read(&sandbox, "/users/").await.unwrap();
    assert_eq!((refused.status, refused.retry_after), (429, Some(Duration::from_secs(1))));
    assert_eq!(read(&sandbox, "/groups/1").await.unwrap().retry_after, Some(Duration::from_secs(5)));
    let moved = read(&sandbox, "/groups").await.unwrap();
    assert_eq!((moved.status, moved.location.is_some()), (302, true));
    for fault in ["reset", "reset-after", "truncate"] {
        sandbox.set_faults(parse_faults(fault).unwrap());
        assert!(matches!(read(&sandbox, "/users/").await, Err(Lost::Unknown(_))), "{fault}");
    }
    sandbox.set_faults(parse_faults("html").unwrap());
    assert!(read(&sandbox, "/users/").await.unwrap().body.starts_with(b"<!doctype"));
}

#[tokio::test]
async fn writes_go_through_the_same_door() {
    let sandbox = sandbox("");
    let transport = InProcess::new(sandbox.clone(), "mobilize");
    let body = json!({ "sender_id": SENDER, "recipients_ids": [1002, 1003] });
    let request = Request {
        method: Method::Post,
        target: "/groups/4/members/invite".into(),
        body: Some(Bytes::from(body.to_string())),
    };
    // Only the ledger makes permits; what is sent here is the same either way.
    let Reply { status, .. } = transport.read(request).await.unwrap();
    assert_eq!(status, 200);
    fn writes<T: Writes>(_: &T) {}
    writes(&transport.writes());
    assert!(sandbox.outbox("mobilize").await.is_empty());
    sandbox.clock().advance_ms(400);
    assert_eq!(sandbox.outbox("mobilize").await.len(), 2);
}

#[tokio::test]
async fn a_refusal_of_aveva_has_its_number_in_a_header_too() {
    let sandbox = sandbox("503:times=1:communities.list");
    let request = |target: &str| Request { method: Method::Get, target: target.into(), body: None };
    for (target, number) in [("/v1-preview/Communities", "sandbox-503"), ("/nothing", "sandbox-404")] {
        let reply = InProcess::new(sandbox.clone(), "aveva").read(request(target)).await.unwrap();
        let body: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.trace.as_deref(), &body["OperationId"]), (Some(number), &json!(number)), "{target}");
    }
}

#[tokio::test]
async fn a_lower_cap_loses_nothing_for_who_counts_the_rows_received() {
    let sandbox = sandbox("cap=7; short-first");
    let mut ids = std::collections::HashSet::new();
    let mut sizes = Vec::new();
    loop {
        let target = format!("/groups/{ROSTER_GROUP}/members/?offset={}&limit=20", ids.len());
        let rows: Vec<Value> = serde_json::from_slice(&read(&sandbox, &target).await.unwrap().body).unwrap();
        if rows.is_empty() {
            break;
        }
        sizes.push(rows.len());
        ids.extend(rows.iter().map(|row| row["id"].to_string()));
    }
    assert!(sizes.iter().all(|size| *size <= 7) && sizes.len() > 3, "{sizes:?}");
    assert_eq!(ids.len(), world(&sandbox).await.group(ROSTER_GROUP).unwrap().members.len());
}

struct Site {
    running: Running,
    http: reqwest::Client,
    base: String,
}

async fn site(faults: &str) -> Site {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let running = serve(ServeOptions {
        sandbox: sandbox(faults),
        port: 0,
        credentials: None,
        token_life: TOKEN_LIFE,
        tools: ToolsServer::default(),
    })
    .await
    .unwrap();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let base = running.base_url(platforms::ALL[0]);
    Site { running, http, base }
}

impl Site {
    async fn send(&self, method: &str, target: &str, body: Value) -> reqwest::Result<(u16, String)> {
        let method = method.parse::<reqwest::Method>().unwrap();
        let request = self.http.request(method, format!("{}{target}", self.base));
        let signed = request.basic_auth(&self.running.credentials.key, Some(&self.running.credentials.secret));
        let answer = if body.is_null() { signed } else { signed.body(body.to_string()) }.send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    async fn page(&self, name: &str) -> Value {
        let text = self.http.get(self.running.page(name)).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

#[tokio::test]
async fn over_http_credentials_are_needed_and_mails_land_in_the_outbox() {
    let site = site("").await;
    assert!(site.base.starts_with("http://127.0.0.1:") && site.base.ends_with("/mobilize/v1"), "{}", site.base);
    let wrong = site.http.get(format!("{}/groups", site.base)).basic_auth("x", Some("y")).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    let text = wrong.text().await.unwrap();
    assert!(text.contains("\"status_code\":401") && text.contains("error_message"), "{text}");
    for target in ["/groups", "/groups/", "/groups/4/members?limit=3", "/groups/4/members/?limit=3"] {
        assert_eq!(site.send("GET", target, Value::Null).await.unwrap().0, 200, "{target}");
    }
    let body = json!({ "sender_id": SENDER, "recipients_ids": [1002, 1003] });
    let (status, text) = site.send("POST", "/groups/4/members/invite/", body).await.unwrap();
    assert_eq!((status, text.as_str()), (200, "{\"success\":true}"));
    assert_eq!(site.page("outbox").await, json!([]));
    site.running.sandbox().clock().advance_ms(1_000);
    let mails = site.page("outbox").await;
    assert_eq!(mails.as_array().unwrap().len(), 2);
    assert_eq!((&mails[0]["group"], &mails[0]["operation"]), (&json!(4), &json!("members.invite")));
    let journal = site.page("journal").await;
    assert_eq!((&journal["total"], &journal["counts"]["members.invite"]), (&json!(1), &json!(1)));
    site.running.stopped().await.unwrap();
}

#[tokio::test]
async fn over_http_a_reset_drops_the_connection_and_a_truncated_body_ends_early() {
    let site = site("reset:users.list; reset-after:users.create; truncate:groups.list").await;
    assert!(site.send("GET", "/users/", Value::Null).await.unwrap_err().is_request());
    let lost = site.send("POST", "/users/", json!({ "email": "lost@example.org" })).await.unwrap_err();
    assert!(lost.is_request(), "{lost:?}");
    let found = site.send("GET", "/users/find_by_email?email=lost%40example.org", Value::Null).await.unwrap();
    assert!(found.1.contains("lost@example.org"), "the effect has happened: {}", found.1);
    let answer = site.http.get(format!("{}/groups", site.base));
    let answer = answer.basic_auth(&site.running.credentials.key, Some(&site.running.credentials.secret));
    let mut answer = answer.send().await.unwrap();
    let whole = answer.content_length().unwrap();
    let mut arrived = 0;
    let error = loop {
        match answer.chunk().await {
            Ok(Some(bytes)) => arrived += bytes.len() as u64,
            Ok(None) => panic!("the body ended as if it were whole"),
            Err(error) => break error,
        }
    };
    assert!(arrived > 0 && arrived < whole, "{arrived} of {whole}: {error}");
}

#[tokio::test]
async fn faults_are_set_over_http_but_not_from_a_web_page() {
    let site = site("").await;
    let post = |text: &'static str| site.http.post(site.running.page("faults")).body(text);
    let refused = post("429:evry=2").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("did you mean `every`?"));
    assert_eq!(post("500:users").header("origin", "https://evil.example").send().await.unwrap().status(), 403);
    assert_eq!(post("500:users").header("host", "evil.example").send().await.unwrap().status(), 403);
    assert_eq!(site.page("faults").await, json!([]));
    assert_eq!(post("429:every=2,retry_after=3").send().await.unwrap().status(), 200);
    assert_eq!(site.send("GET", "/users/", Value::Null).await.unwrap().0, 200);
    assert_eq!(site.send("GET", "/users/", Value::Null).await.unwrap().0, 429);
    assert_eq!(site.page("faults").await[0]["fired"], 1);
    site.http.delete(site.running.page("faults")).send().await.unwrap();
    for _ in 0..3 {
        assert_eq!(site.send("GET", "/users/", Value::Null).await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn credentials_are_new_each_time() {
    let (one, other) = (super::Credentials::random().unwrap(), super::Credentials::random().unwrap());
    assert_ne!(one, other);
    assert!(one.secret.len() >= 32);
}
