//! The client against a transport that answers from a closure: what is asked, how often, and what is handed out.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::catalog::{Args, check};
use crate::effects::{Caps, Lease};
use crate::platforms;
use crate::store::Store;
use crate::wire::Request;

type Answers = dyn FnMut(&Request) -> Result<Reply, Lost> + Send;

/// Answers from a closure, and remembers what was asked.
struct Fake {
    answers: Mutex<Box<Answers>>,
    asked: Mutex<Vec<String>>,
}

impl Fake {
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn send(&self, request: &Request) -> Result<Reply, Lost> {
        self.asked.lock().unwrap().push(format!("{} {}", request.method.as_str(), request.target));
        (self.answers.lock().unwrap())(request)
    }
}

impl Reads for Fake {
    fn read(&self, request: Request) -> SendFuture<'_> {
        Box::pin(async move { self.send(&request) })
    }
}

impl Writes for Fake {
    fn write<'a>(&'a self, request: Request, _permit: &'a crate::effects::Permit) -> SendFuture<'a> {
        Box::pin(async move { self.send(&request) })
    }
}

fn reply(status: u16, body: impl Into<Bytes>) -> Result<Reply, Lost> {
    Ok(Reply {
        status,
        body: body.into(),
        retry_after: None,
        total: None,
        budget: None,
        trace: None,
        location: None,
        token: None,
    })
}

async fn client(answers: impl FnMut(&Request) -> Result<Reply, Lost> + Send + 'static) -> (Client, Arc<Fake>) {
    client_of(platforms::ALL[0], answers).await
}

async fn client_of(
    platform: &'static Platform,
    answers: impl FnMut(&Request) -> Result<Reply, Lost> + Send + 'static,
) -> (Client, Arc<Fake>) {
    let fake = Arc::new(Fake { answers: Mutex::new(Box::new(answers)), asked: Mutex::default() });
    let store = Store::in_memory().await.unwrap();
    let lease = Lease::take(&store, "test").unwrap();
    let clock = Clock::system();
    let client = Client::new(Parts {
        connection: "main".into(),
        platform,
        account: "account".into(),
        values: Default::default(),
        credentials: "check `key` (env:KEY)".into(),
        reads: fake.clone(),
        way: Way::Send(fake.clone()),
        ledger: Ledger::new(store, lease, 1, clock.clone(), Caps::default()),
        pace: Pace::new(None, 1, 4),
        policy: Policy { max_attempts: 5, ..Policy::default() },
        clock,
        events: Events::default(),
        rules: Default::default(),
        brake: None,
        stop: tokio_util::sync::CancellationToken::new(),
        redactor: crate::settings::Redactor::default(),
    });
    // Waits pass at once from here on; the store is not used by reads.
    tokio::time::pause();
    (client, fake)
}

fn call(noun: &str, verb: &str, args: Value) -> Call {
    let platform = platforms::ALL[0];
    let op = platform.op(noun, verb).unwrap();
    let args = if args.is_null() { Args::default() } else { check(op, vec![args]).unwrap() };
    Call { platform, op, connection: "main".into(), args }
}

async fn ids(client: &Client, call: &Call) -> Result<Vec<String>, Error> {
    let pager = client.list(call);
    let mut ids = Vec::new();
    while let Some(page) = pager.next_page().await {
        ids.extend(page?.iter().filter_map(crate::wire::Row::id));
    }
    Ok(ids)
}

fn asked_for(request: &Request, name: &str) -> Option<usize> {
    let (_, query) = request.target.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))?.parse().ok())
}

fn rows(ids: impl IntoIterator<Item = usize>) -> String {
    Value::Array(ids.into_iter().map(|id| json!({ "id": id.to_string() })).collect()).to_string()
}

fn numbers(ids: impl IntoIterator<Item = usize>) -> Vec<String> {
    ids.into_iter().map(|id| id.to_string()).collect()
}

#[tokio::test]
async fn a_read_survives_every_passing_trouble() {
    let mut troubles = vec![
        reply(200, r#"{"id":1"#),
        reply(200, "<html>maintenance</html>"),
        Err(Lost::Unknown("reset".into())),
        Ok(Reply { retry_after: Some(std::time::Duration::from_secs(7)), ..reply(429, "{}").unwrap() }),
    ];
    let (client, fake) = client(move |_| troubles.pop().unwrap_or_else(|| reply(200, r#"{"id":1}"#))).await;
    let start = tokio::time::Instant::now();
    let body = client.call(&call("groups", "get", json!({ "group_id": 1 })), &With::default()).await.unwrap();
    assert_eq!(body, r#"{"id":1}"#);
    assert_eq!(fake.asked().len(), 5);
    assert!(start.elapsed().as_secs() >= 7, "`Retry-After` is waited for");
}

#[tokio::test]
async fn a_read_that_never_works_ends_with_the_platforms_words() {
    let (client, fake) = client(|_| reply(503, r#"{"error_message":"deploying"}"#)).await;
    let error = client.call(&call("users", "get", json!({ "user_id": 1 })), &With::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "users.get on main: Mobilize answered 503: deploying");
    assert_eq!((error.code, error.retryable, fake.asked().len()), ("unavailable", true, 5));
}

#[tokio::test]
async fn what_is_not_there_is_not_asked_for_twice() {
    let (client, fake) = client(|_| reply(500, r#"{"error_message":"Couldn't find Group with 'id'=1"}"#)).await;
    let error = client.call(&call("groups", "get", json!({ "group_id": 1 })), &With::default()).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn a_wrong_secret_says_where_it_comes_from() {
    let (client, fake) = client(|_| reply(401, r#"{"error_message":"no"}"#)).await;
    let error = client.call(&call("groups", "get", json!({ "group_id": 1 })), &With::default()).await.unwrap_err();
    assert_eq!(error.message, "Mobilize answered 401: no; check `key` (env:KEY)");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn an_endless_retry_after_is_an_error_not_a_wait() {
    let day = std::time::Duration::from_secs(86_400);
    let (client, _) = client(move |_| Ok(Reply { retry_after: Some(day), ..reply(429, "{}").unwrap() })).await;
    let error = client.call(&call("groups", "get", json!({ "group_id": 1 })), &With::default()).await.unwrap_err();
    assert!(error.message.contains("86400 s, more than the 300 s"), "{}", error.message);
}

#[tokio::test]
async fn lists_advance_by_the_rows_received_and_end_at_an_empty_page() {
    let (client, fake) = client(|request| {
        let offset = asked_for(request, "offset").unwrap();
        reply(200, rows((offset..25).take(10)))
    })
    .await;
    assert_eq!(ids(&client, &call("users", "list", Value::Null)).await.unwrap(), numbers(0..25));
    let offsets: Vec<String> =
        fake.asked().iter().map(|line| line.split("offset=").nth(1).unwrap().to_owned()).collect();
    assert_eq!(offsets, ["0&limit=200", "9&limit=200", "18&limit=200", "24&limit=200"], "each page overlaps by a row");
}

#[tokio::test]
async fn a_server_that_does_not_know_offset_ends_the_list() {
    let (client, fake) = client(|_| reply(200, rows(0..3))).await;
    assert_eq!(ids(&client, &call("users", "list", Value::Null)).await.unwrap(), numbers(0..3));
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn somebody_removed_before_the_cursor_hides_nobody() {
    let mut people: Vec<usize> = (0..30).collect();
    let (client, _) = client(move |request| match asked_for(request, "offset") {
        None => reply(200, json!({ "id": 1, "members_count": people.len() }).to_string()),
        Some(offset) => {
            let page = rows(people.iter().skip(offset).take(10).copied());
            if offset == 10 {
                people.remove(3);
            }
            reply(200, page)
        }
    })
    .await;
    let mut found = ids(&client, &call("members", "list", json!({ "group_id": 1 }))).await.unwrap();
    found.sort_by_key(|id| id.parse::<usize>().unwrap());
    assert_eq!(found, numbers(0..30), "also the one who left meanwhile was there when the list began");
}

#[tokio::test]
async fn who_leaves_while_somebody_else_comes_hides_nobody_although_the_count_is_the_same() {
    let mut people: Vec<usize> = (0..30).collect();
    let (client, _) = client(move |request| match asked_for(request, "offset") {
        None => reply(200, json!({ "id": 1, "members_count": people.len() }).to_string()),
        Some(offset) => {
            let page = rows(people.iter().skip(offset).take(10).copied());
            if offset == 9 && people.len() == 30 && people[3] == 3 {
                people.remove(3);
                people.push(99);
            }
            reply(200, page)
        }
    })
    .await;
    let found = ids(&client, &call("members", "list", json!({ "group_id": 1 }))).await.unwrap();
    assert_eq!(found.len(), 31, "30 who were there and the one who came: {found:?}");
}

#[tokio::test]
async fn one_empty_page_in_the_middle_does_not_end_the_list_that_the_platform_counts_longer() {
    let mut hiccup = true;
    let (client, _) = client(move |request| match asked_for(request, "offset") {
        None => reply(200, json!({ "id": 1, "members_count": 30 }).to_string()),
        Some(9 | 10) if std::mem::take(&mut hiccup) => reply(200, "[]"),
        Some(offset) => reply(200, rows((offset..30).take(10))),
    })
    .await;
    let found = ids(&client, &call("members", "list", json!({ "group_id": 1 }))).await.unwrap();
    assert_eq!(found, numbers(0..30));
}

#[tokio::test]
async fn pages_of_one_row_are_read_to_the_end() {
    let (client, _) = client(|request| {
        let offset = asked_for(request, "offset").unwrap();
        reply(200, rows((offset..7).take(1)))
    })
    .await;
    let list = call("users", "list", json!({ "limit": 1 }));
    assert_eq!(ids(&client, &list).await.unwrap(), numbers(0..7));
}

#[tokio::test]
async fn an_id_that_comes_twice_is_handed_out_once_and_the_list_is_read_again() {
    let mut people: Vec<usize> = (0..20).collect();
    let (client, _) = client(move |request| {
        let offset = asked_for(request, "offset").unwrap();
        let page = rows(people.iter().skip(offset).take(10).copied());
        if offset == 0 && people.len() == 20 {
            people.insert(0, 99);
        }
        reply(200, page)
    })
    .await;
    let found = ids(&client, &call("users", "list", Value::Null)).await.unwrap();
    assert_eq!(found.len(), 21);
    assert!(found.contains(&"99".to_owned()));
}

#[tokio::test]
async fn a_page_size_that_is_refused_falls_to_the_documented_one() {
    let (client, fake) = client(|request| match asked_for(request, "limit") {
        Some(limit) if limit > 50 => reply(422, r#"{"error_message":"limit is too large"}"#),
        _ => reply(200, rows((asked_for(request, "offset").unwrap()..60).take(50))),
    })
    .await;
    assert_eq!(ids(&client, &call("users", "list", Value::Null)).await.unwrap().len(), 60);
    assert_eq!(fake.asked().len(), 4, "one refusal, three pages");
}

#[tokio::test]
async fn a_cursor_follows_the_last_row_on_the_configured_host_only() {
    let (client, fake) = client(|request| {
        let from = asked_for(request, "last_activity_id").unwrap_or(1_000);
        let page: Vec<Value> = (0..from).rev().take(50).filter(|id| *id >= 880).map(|id| json!({ "id": id })).collect();
        // An inclusive cursor: the last row comes once more.
        let again = (from < 1_000 && !page.is_empty()).then(|| json!({ "id": from }));
        let page: Vec<Value> = again.into_iter().chain(page).collect();
        reply(
            200,
            json!({ "activites": page, "next_page": "http://evil.example/v1/activities?last_activity_id=1" })
                .to_string(),
        )
    })
    .await;
    let found = ids(&client, &call("activities", "list", Value::Null)).await.unwrap();
    assert_eq!(found, numbers((880..1_000).rev()));
    assert!(fake.asked().iter().all(|line| line.starts_with("GET /activities?")), "{:?}", fake.asked());
}

#[tokio::test]
async fn only_one_page_is_on_its_way_while_one_is_worked_on() {
    let (client, fake) = client(|request| {
        let offset = asked_for(request, "offset").unwrap();
        reply(200, rows(offset..offset + 10))
    })
    .await;
    let pager = client.list(&call("users", "list", Value::Null));
    assert!(fake.asked().is_empty(), "nothing is asked before somebody wants a page");
    pager.next_page().await.unwrap().unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(fake.asked().len(), 2);
    drop(pager);
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let (client, fake) =
        client(|_| Ok(Reply { location: Some("http://elsewhere/".into()), ..reply(302, "").unwrap() })).await;
    let error = client.call(&call("groups", "get", json!({ "group_id": 1 })), &With::default()).await.unwrap_err();
    assert!(error.message.contains("a redirect to http://elsewhere/"), "{}", error.message);
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn the_platforms_own_name_for_an_operation_stands_in_the_error_once() {
    let body = r#"{"error_message":"no","status_code":400}"#;
    let named =
        |body: &'static str| move |_: &Request| Ok(Reply { trace: Some("op-7".into()), ..reply(400, body).unwrap() });
    let (client, _) = client(named(body)).await;
    let message =
        client.call(&call("groups", "get", json!({ "group_id": "1" })), &With::default()).await.unwrap_err().message;
    assert_eq!(message, "Mobilize answered 400: no (operation op-7)");
}

/// Pages of two groups each, as many as asked for; `pages` is what the answer says of their number.
fn numbered(request: &Request, groups: usize, pages: Option<usize>) -> Result<Reply, Lost> {
    let page = asked_for(request, "page").unwrap();
    let ids = (2 * (page - 1)..(2 * page).min(groups)).map(|id| json!({ "id": format!("grp_{id}") }));
    let pagination = pages.map(|pages| json!({ "page": page, "total_pages": pages }));
    reply(200, json!({ "data": ids.collect::<Vec<_>>(), "pagination": pagination }).to_string())
}

fn vitable(noun: &str, verb: &str, args: Value) -> Call {
    let platform = platforms::named("vitable").unwrap();
    let op = platform.op(noun, verb).unwrap();
    Call { platform, op, connection: "main".into(), args: check(op, vec![args]).unwrap() }
}

#[tokio::test]
async fn pages_that_are_counted_are_read_to_the_last_one_or_to_an_empty_one() {
    let vit = platforms::named("vitable").unwrap();
    for (groups, pages, asked) in [(5, Some(3), 3), (4, None, 3), (4, Some(2), 2), (0, Some(0), 1), (0, None, 1)] {
        let (client, fake) = client_of(vit, move |request| numbered(request, groups, pages)).await;
        assert_eq!(ids(&client, &vitable("groups", "list", json!({}))).await.unwrap().len(), groups);
        assert_eq!(fake.asked().len(), asked, "{groups} groups, {pages:?}: {:?}", fake.asked());
        assert_eq!(fake.asked()[0], "GET /v1/groups?limit=100&page=1");
        tokio::time::resume();
    }
}

#[tokio::test]
async fn a_server_that_repeats_its_last_page_for_ever_is_left_at_a_page_without_a_new_id() {
    let vit = platforms::named("vitable").unwrap();
    let (client, fake) = client_of(vit, |_| reply(200, r#"{"data":[{"id":"grp_1"}]}"#)).await;
    assert_eq!(ids(&client, &vitable("groups", "list", json!({ "limit": 1 }))).await.unwrap(), ["grp_1"]);
    assert_eq!(fake.asked(), ["GET /v1/groups?limit=1&page=1", "GET /v1/groups?limit=1&page=2"]);
    tokio::time::resume();
    let (client, fake) = client_of(vit, |request| numbered(request, 9, None)).await;
    let from = vitable("groups", "list", json!({ "page": 4 }));
    assert_eq!(ids(&client, &from).await.unwrap(), ["grp_6", "grp_7", "grp_8"], "from where the script says");
    assert_eq!(fake.asked().len(), 3);
}

#[tokio::test]
async fn what_an_answer_is_wrapped_in_is_taken_off() {
    let vit = platforms::named("vitable").unwrap();
    let (client, _) = client_of(vit, |_| reply(200, r#"{"data":{"id":"grp_1"}}"#)).await;
    let body = client.call(&vitable("groups", "get", json!({ "group_id": "grp_1" })), &With::default()).await.unwrap();
    assert_eq!(body, r#"{"id":"grp_1"}"#);
}
