//! Heartbeat's tools over real HTTP: against the sandbox in all the variants that servers of tools have, and against a
//! server of our own that loses sessions, breaks off and says no in every way there is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, Once};
use std::time::Duration;

use beadle::catalog::{Call, Method, check};
use beadle::client::{Client, Error, HttpOptions, Lost, Network, Pace, Parts, Policy, Way, With};
use beadle::clock::Clock;
use beadle::effects::{Caps, Lease, Ledger};
use beadle::events::{Event, Events, Level, Sink};
use beadle::platforms;
use beadle::sandbox::{
    Answers, Content, Running, Sandbox, SandboxOptions, ServeOptions, Sessions, TOKEN_LIFE, ToolsServer, parse_faults,
    serve,
};
use beadle::settings::{BaseUrl, Credentials, Plaintext, Redactor, Secret};
use beadle::store::{NewRun, Store};
use beadle::wire::Request;
use serde_json::{Value, json};

/// The sandbox's group that most people are in.
const BERLIN: &str = "8defea46-0000-46e2-bc80-000000000004";

/// What a client says aloud.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn note(&self, event: &Event) {
        if let Event::Say(Level::Warn, line) = event {
            self.0.lock().unwrap().push(line.clone());
        }
    }
}

/// A client with a ledger, and what it has said.
struct Site {
    client: Client,
    store: Store,
    heard: Arc<Heard>,
    network: Network,
}

async fn site(base_url: &str, pairs: &[(&'static str, &str)]) -> Site {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let platform = platforms::named("heartbeat").unwrap();
    let (clock, redactor) = (Clock::system(), Redactor::default());
    let credentials: Credentials = pairs.iter().map(|(key, value)| (*key, Secret::new(*value))).collect();
    let network = Network::new(HttpOptions {
        platform,
        base_url: &BaseUrl::parse(base_url, Plaintext::Loopback).unwrap(),
        credentials: &credentials,
        redactor: redactor.clone(),
        clock: clock.clone(),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        max_answer: 64 << 20,
    })
    .unwrap();
    let store = Store::in_memory().await.unwrap();
    let run = NewRun {
        id: "run-1".into(),
        script: "heartbeat".into(),
        source: String::new(),
        args: json!([]),
        connection: Some("heartbeat".into()),
        sandbox: false,
        settings: None,
        job: None,
        started_at: 0,
    };
    store.start_run(&run).await.unwrap();
    let heard = Arc::new(Heard::default());
    let quick = Duration::from_millis(2);
    let lease = Lease::take(&store, "run-1").unwrap();
    let client = Client::new(Parts {
        connection: "heartbeat".into(),
        platform,
        account: "an account".into(),
        values: Default::default(),
        credentials: "check `token`".into(),
        reads: network.reads(),
        way: Way::Send(network.writes()),
        ledger: Ledger::new(store.clone(), lease, 1, clock.clone(), Caps::default()),
        pace: Pace::new(None, 1, 8),
        policy: Policy { settle: quick, prove: quick, first_wait: quick, max_attempts: 3, ..Policy::default() },
        clock,
        events: Events::to(vec![heard.clone()]),
        stop: tokio_util::sync::CancellationToken::new(),
        redactor,
        rules: Default::default(),
        brake: None,
    });
    Site { client, store, heard, network }
}

fn call(noun: &str, verb: &str, args: Value) -> Call {
    let platform = platforms::named("heartbeat").unwrap();
    let op = platform.op(noun, verb).unwrap();
    Call { platform, op, connection: "heartbeat".into(), args: check(op, vec![args]).unwrap() }
}

impl Site {
    async fn ask(&self, noun: &str, verb: &str, args: Value) -> Result<Value, Error> {
        let body = self.client.call(&call(noun, verb, args), &With::default()).await?;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    async fn rows(&self, noun: &str, args: Value) -> usize {
        let (pager, mut rows) = (self.client.list(&call(noun, "list", args)), 0);
        while let Some(page) = pager.next_page().await {
            rows += page.unwrap().len();
        }
        rows
    }

    fn heard(&self) -> Vec<String> {
        self.heard.0.lock().unwrap().clone()
    }

    /// The effects by state.
    async fn states(&self) -> Vec<(String, i64)> {
        let rows = self.store.effects_by_state("run-1").await.unwrap();
        rows.into_iter().map(|row| (row.state, row.count)).collect()
    }
}

async fn sandbox(tools: ToolsServer) -> Running {
    let sandbox = Sandbox::new(SandboxOptions::default(), Clock::system());
    serve(ServeOptions { sandbox, port: 0, credentials: None, token_life: TOKEN_LIFE, tools }).await.unwrap()
}

/// Signed in as a client, so that a token is asked for.
async fn client_of(running: &Running) -> Site {
    let base = running.base_url(platforms::named("heartbeat").unwrap());
    let (key, secret) = (running.credentials.key.as_str(), running.credentials.secret.as_str());
    let token_url = format!("{base}/oauth/token");
    site(&base, &[("pcid", "pc-1"), ("client_id", key), ("client_secret", secret), ("token_url", &token_url)]).await
}

/// Every way of answering, with and without sessions.
fn variants() -> Vec<ToolsServer> {
    let mut all = Vec::new();
    for answers in [Answers::Json, Answers::Events] {
        for content in [Content::Both, Content::Text, Content::Structured] {
            for sessions in [Sessions::Optional, Sessions::Demanded, Sessions::None] {
                all.push(ToolsServer { answers, content, sessions });
            }
        }
    }
    all
}

#[tokio::test]
async fn reads_and_writes_are_the_same_with_every_kind_of_server() {
    for tools in variants() {
        let running = sandbox(tools).await;
        let site = client_of(&running).await;
        assert_eq!(site.rows("users", json!({})).await, 400, "{tools:?}");
        assert_eq!(site.rows("users", json!({ "group_id": BERLIN })).await, 222, "{tools:?}");
        assert_eq!(site.rows("groups", json!({})).await, 9, "{tools:?}");
        let made = json!({ "email": "ada@new.example", "name": "Ada L", "role_id": "Member", "group_ids": [BERLIN] });
        let id = site.ask("users", "create", made).await.unwrap()["userID"].as_str().unwrap().to_owned();
        assert_eq!(site.ask("users", "get", json!({ "user_id": id })).await.unwrap()["name"], "Ada L", "{tools:?}");
        let count = site.ask("notifications", "count", json!({ "email": "ada@new.example" })).await.unwrap();
        assert!(count["count"].is_u64(), "{tools:?}: {count}");
        let none = site.ask("users", "find_by_email", json!({ "email": "no@new.example" })).await.unwrap();
        assert_eq!(none, Value::Null, "{tools:?}");
        let error = site.ask("groups", "get", json!({ "group_id": "nowhere" })).await.unwrap_err();
        assert_eq!((error.code, error.status), ("not_found", Some(200)), "{tools:?}");
        let both = json!({ "group_id": BERLIN, "emails": ["ada@new.example", "ghost@new.example"] });
        let added = site.ask("members", "add", both).await.unwrap();
        assert_eq!(
            (&added["effects"]["done"], &added["effects"]["failed"][0]["subject"]),
            (&json!(1), &json!("ghost@new.example"))
        );
        let taken = json!({ "email": "ADA@new.example", "name": "A", "role_id": "Member" });
        let site = client_of(&running).await;
        let error = site.ask("users", "create", taken).await.unwrap_err();
        assert_eq!(error.code, "refused", "{tools:?}: {error}");
        assert_eq!(site.states().await, [("failed".to_owned(), 1)]);
        assert!(site.heard().is_empty(), "{tools:?}: {:?}", site.heard());
        running.stopped().await.unwrap();
    }
}

#[tokio::test]
async fn a_lost_answer_is_a_doubt_that_a_read_settles_and_a_mail_is_not_sent_again() {
    for answers in [Answers::Json, Answers::Events] {
        let running = sandbox(ToolsServer { answers, ..ToolsServer::default() }).await;
        let site = client_of(&running).await;
        running.sandbox().set_faults(parse_faults("reset-after:times=1:users.create").unwrap());
        let made = json!({ "email": "lost@new.example", "name": "Lost", "role_id": "Member" });
        let answer = site.ask("users", "create", made).await.unwrap();
        let found = site.ask("users", "find_by_email", json!({ "email": "lost@new.example" })).await.unwrap();
        assert_eq!(answer["userID"], found["id"], "the read gave what the answer would have said");
        let link = json!({ "group_ids": [BERLIN], "role_id": "Member" });
        let link = site.ask("invitations", "create", link).await.unwrap()["id"].clone();
        running.sandbox().set_faults(parse_faults("truncate:times=1:invitations.update").unwrap());
        let mail =
            json!({ "invitation_id": link, "emails": ["a@mail.example", "b@mail.example"], "should_send_email": true });
        for _ in 0..2 {
            let error = site.ask("invitations", "update", mail.clone()).await.unwrap_err();
            assert_eq!(error.code, "in_doubt", "{error}");
        }
        let mails = running.sandbox().outbox("heartbeat").await;
        assert_eq!(mails.len(), 2, "once each, whatever is asked again");
        running.stopped().await.unwrap();
    }
}

#[tokio::test]
async fn a_session_that_was_lost_is_opened_anew_and_no_write_is_lost_or_doubled() {
    let running = sandbox(ToolsServer { sessions: Sessions::Demanded, ..ToolsServer::default() }).await;
    let site = client_of(&running).await;
    assert_eq!(site.rows("roles", json!({})).await, 3);
    running.forget_sessions();
    assert_eq!(site.rows("roles", json!({})).await, 3, "a read is asked again in a new session");
    running.forget_sessions();
    // The server says 404 to the session: a doubt, settled by a read, then sent in a new session.
    let made = json!({ "email": "once@new.example", "name": "Once", "role_id": "Member" });
    let id = site.ask("users", "create", made).await.unwrap()["userID"].clone();
    assert!(id.is_string());
    assert_eq!(running.sandbox().tally().requests.len(), 1, "one request reached the tool");
    running.forget_sessions();
    let link = json!({ "group_ids": [BERLIN], "role_id": "Member" });
    let link = site.ask("invitations", "create", link).await.unwrap()["id"].clone();
    running.forget_sessions();
    let mail = json!({ "invitation_id": link, "emails": ["a@mail.example"], "should_send_email": true });
    let error = site.ask("invitations", "update", mail).await.unwrap_err();
    assert_eq!(error.code, "in_doubt", "what nothing can prove is not sent again: {error}");
    assert!(running.sandbox().outbox("heartbeat").await.is_empty());
    running.stopped().await.unwrap();
}

#[tokio::test]
async fn many_calls_at_once_share_one_session_and_one_token() {
    let running =
        sandbox(ToolsServer { sessions: Sessions::Demanded, answers: Answers::Events, ..ToolsServer::default() }).await;
    let site = Arc::new(client_of(&running).await);
    let asks = (0..24).map(|_| {
        let site = site.clone();
        tokio::spawn(async move {
            site.ask("groups", "get", json!({ "group_id": BERLIN })).await.map(|row| row["name"].clone())
        })
    });
    for asked in futures_util::future::join_all(asks).await {
        assert_eq!(asked.unwrap().unwrap(), "Berlin");
    }
    running.stopped().await.unwrap();
}

#[tokio::test]
async fn what_only_reads_cannot_call_a_tool_that_writes() {
    let running = sandbox(ToolsServer::default()).await;
    let site = client_of(&running).await;
    let reads = site.network.reads();
    for tool in ["delete_user", "create_user", "no_such_tool"] {
        let target = format!("/heartbeat_community_{tool}");
        let lost = reads.read(Request { method: Method::Post, target, body: None }).await.unwrap_err();
        assert!(matches!(lost, Lost::NotSent { .. }), "{lost}");
    }
    assert!(running.sandbox().tally().requests.is_empty());
    running.stopped().await.unwrap();
}

#[tokio::test]
async fn a_wrong_token_or_a_missing_connection_id_is_said_and_nothing_is_done() {
    let running = sandbox(ToolsServer::default()).await;
    let base = running.base_url(platforms::named("heartbeat").unwrap());
    let made = json!({ "group_id": BERLIN, "emails": ["a@b.example"] });
    let site = site(&base, &[("pcid", "pc-1"), ("token", "wrong")]).await;
    let error = site.ask("members", "add", made.clone()).await.unwrap_err();
    assert_eq!((error.code, error.message.ends_with("check `token`")), ("unauthorized", true), "{error}");
    assert_eq!(site.states().await, [("failed".to_owned(), 1)]);
    let (key, secret) = (running.credentials.key.as_str(), running.credentials.secret.as_str());
    let token_url = format!("{base}/oauth/token");
    let pairs = [("client_id", key), ("client_secret", secret), ("token_url", &token_url)];
    let site = self::site(&base, &pairs).await;
    let error = site.ask("members", "add", made).await.unwrap_err();
    assert!(error.message.contains("`pcid` of the connection is needed"), "{error}");
    running.stopped().await.unwrap();
}

/// What a server of our own answers to one message: status, headers, body; `None` breaks the connection off. In the place of
/// [`WAIT`] it says no more until two of its questions are answered.
type Script = fn(&Value, usize) -> Option<(u16, &'static str, String)>;

const WAIT: &str = "<until answered>";

/// A server of our own that keeps what it was asked.
struct Odd {
    url: String,
    asked: Arc<Mutex<Vec<Value>>>,
}

/// Where the threads of a server tell one another of what came.
type Kept = Arc<(Arc<Mutex<Vec<Value>>>, Condvar)>;

/// Answers to questions of the server.
fn replies(asked: &[Value]) -> Vec<&Value> {
    asked.iter().filter(|message| message.get("method").is_none()).collect()
}

impl Odd {
    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept: Kept = Arc::new((asked.clone(), Condvar::new()));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = kept.clone();
                std::thread::spawn(move || serve_odd(stream, &kept, script));
            }
        });
        Self { url, asked }
    }

    /// How often a method came; of calls, the tool.
    fn count(&self, method: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|message| message["method"] == method || message["params"]["name"] == method).count()
    }

    async fn site(&self) -> Site {
        site(&self.url, &[("pcid", "pc-1"), ("token", "t")]).await
    }
}

fn serve_odd(stream: TcpStream, kept: &Kept, script: Script) {
    let (asked, told) = &**kept;
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let (mut line, mut length, mut org) = (String::new(), 0, None);
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().unwrap();
            }
            if name.eq_ignore_ascii_case("x-selected-org") {
                org = Some(value.to_owned());
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut message: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let (Some(org), true) = (org, message.is_object()) {
            message["org"] = org.into();
        }
        let count = {
            let mut asked = asked.lock().unwrap();
            asked.push(message.clone());
            told.notify_all();
            asked.len()
        };
        let Some((status, headers, body)) = script(&message, count) else { return };
        let (first, rest) = body.split_once(WAIT).unwrap_or((&body, ""));
        let length = first.len() + rest.len();
        let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n\r\n{first}");
        if stream.write_all(head.as_bytes()).is_err() {
            return;
        }
        if !rest.is_empty() {
            let asked = asked.lock().unwrap();
            drop(told.wait_timeout_while(asked, Duration::from_secs(4), |asked| replies(asked).len() < 2).unwrap());
            if stream.write_all(rest.as_bytes()).is_err() {
                return;
            }
        }
    }
}

const JSON: &str = "content-type: application/json\r\n";

fn no_handshake(message: &Value) -> Option<(u16, &'static str, String)> {
    let id = message["id"].clone();
    let text = |result: Value| Some((200, JSON, json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()));
    match message["method"].as_str().unwrap_or_default() {
        "initialize" => Some((405, "", String::new())),
        "tools/list" => {
            let schema = json!({ "type": "object", "properties": { "pcId": {}, "groupID": {}, "tenant": {} }, "required": ["tenant"] });
            text(json!({ "tools": [
                { "name": "heartbeat_community_get_group", "inputSchema": schema },
                { "name": "heartbeat_community_merge_users", "inputSchema": { "type": "object" } },
            ] }))
        }
        _ => text(json!({ "content": [{ "type": "text", "text": "{\"id\":\"g1\",\"name\":\"G\",\"users\":[]}" }] })),
    }
}

#[tokio::test]
async fn tools_that_differ_from_the_table_are_told_once_and_their_spelling_is_used() {
    let odd = Odd::start(|message, _| no_handshake(message));
    let site = odd.site().await;
    for _ in 0..3 {
        assert_eq!(site.ask("groups", "get", json!({ "group_id": "g1" })).await.unwrap()["name"], "G");
    }
    let [told] = &site.heard()[..] else { panic!("{:?}", site.heard()) };
    for words in [
        "it has no tools for `members.add`, `groups.create`, ",
        "`heartbeat_community_get_group` demands `tenant`, which beadle does not send",
        "`heartbeat_community_merge_users` is new and cannot be called",
    ] {
        assert!(told.contains(words), "{told}");
    }
    let asked = odd.asked.lock().unwrap();
    let calls: Vec<&Value> = asked.iter().filter(|message| message["method"] == "tools/call").collect();
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0]["params"]["arguments"], json!({ "pcId": "pc-1", "groupID": "g1" }), "as its schema spells it");
    drop(asked);
    assert_eq!((odd.count("initialize"), odd.count("tools/list")), (1, 1));
}

#[tokio::test]
async fn what_the_server_asks_in_a_stream_is_answered_and_the_call_goes_on() {
    let script: Script = |message, _| match message["method"].as_str() {
        Some("tools/call") => {
            let event = |message: Value| format!("event: message\ndata: {message}\n\n");
            let questions: String = [
                json!({ "jsonrpc": "2.0", "id": message["id"], "method": "ping" }),
                json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": {} }),
                json!({ "jsonrpc": "2.0", "id": "s-2", "method": "sampling/createMessage", "params": {} }),
            ]
            .map(event)
            .concat();
            let text = json!({ "type": "text", "text": "{\"id\":\"g1\",\"name\":\"G\",\"users\":[]}" });
            let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": { "content": [text] } });
            Some((200, "content-type: text/event-stream\r\n", format!("{questions}{WAIT}{}", event(answer))))
        }
        // What a server makes of the answers hinders nobody.
        None => Some((500, "", String::new())),
        _ => no_handshake(message),
    };
    let odd = Odd::start(script);
    let site = odd.site().await;
    assert_eq!(site.ask("groups", "get", json!({ "group_id": "g1" })).await.unwrap()["name"], "G");
    let asked = odd.asked.lock().unwrap();
    let call = asked.iter().find(|message| message["method"] == "tools/call").unwrap();
    let replies = replies(&asked);
    let of = |id: &Value| *replies.iter().find(|reply| reply["id"] == *id).unwrap();
    assert_eq!(replies.len(), 2, "{replies:?}");
    assert_eq!(of(&call["id"]), &json!({ "jsonrpc": "2.0", "id": call["id"], "result": {} }));
    assert_eq!(of(&json!("s-2"))["error"]["code"], -32601);
}

#[tokio::test]
async fn an_organisation_that_is_chosen_stands_in_every_request_and_in_none_without_it() {
    let odd = Odd::start(|message, _| no_handshake(message));
    let chosen = site(&odd.url, &[("pcid", "pc-1"), ("token", "t"), ("selected_org", "org-7")]).await;
    for site in [chosen, odd.site().await] {
        site.ask("groups", "get", json!({ "group_id": "g1" })).await.unwrap();
    }
    let asked = odd.asked.lock().unwrap();
    let (first, second) = asked.split_at(asked.len() / 2);
    assert!(first.iter().all(|message| message["org"] == "org-7"), "{first:?}");
    assert!(second.iter().all(|message| message.get("org").is_none()), "{second:?}");
}

#[tokio::test]
async fn words_of_a_no_that_stand_in_its_structure_alone_are_shown_and_understood() {
    let script: Script = |message, _| {
        let words = match message["params"]["arguments"]["name"].as_str() {
            Some("object") => json!({ "code": "VALIDATION_ERROR", "message": "the name is taken" }),
            Some("wrapped") => json!({ "result": "Could not find group" }),
            Some("text") => json!({ "result": "{\"error\":true,\"message\":\"Could not find that\"}" }),
            Some("inner") => json!({ "error": { "message": "Request timed out" } }),
            _ => return no_handshake(message),
        };
        let result = json!({ "isError": true, "content": [], "structuredContent": words });
        Some((200, JSON, json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string()))
    };
    let odd = Odd::start(script);
    let site = odd.site().await;
    for (name, code, words) in [
        ("object", "refused", "Heartbeat answered 200: the name is taken"),
        ("wrapped", "not_found", "Heartbeat answered 200: Could not find group"),
        ("text", "not_found", "Heartbeat answered 200: Could not find that"),
        ("inner", "in_doubt", ""),
    ] {
        let error = site.ask("groups", "update", json!({ "group_id": name, "name": name })).await.unwrap_err();
        assert_eq!(error.code, code, "{name}: {error}");
        assert!(words.is_empty() || error.message == words, "{name}: {error}");
    }
}

#[tokio::test]
async fn every_way_of_saying_no_is_a_failure_or_a_doubt_as_it_is() {
    fn answer(message: &Value, body: Value) -> Option<(u16, &'static str, String)> {
        let mut body = body;
        body["id"] = message["id"].clone();
        Some((200, JSON, body.to_string()))
    }
    fn no(text: &str) -> Value {
        json!({ "jsonrpc": "2.0", "result": { "isError": true, "content": [{ "type": "text", "text": text }] } })
    }
    fn rpc(code: i64, words: &str) -> Value {
        json!({ "jsonrpc": "2.0", "error": { "code": code, "message": words } })
    }
    let script: Script = |message, _| {
        let name = message["params"]["arguments"]["name"].as_str().unwrap_or_default();
        match (message["method"].as_str().unwrap_or_default(), name) {
            ("tools/call", "validation") => answer(message, no(r#"{"code":"VALIDATION_ERROR","message":"bad name"}"#)),
            ("tools/call", "missing") => answer(message, no("Could not find group")),
            ("tools/call", "timeout") => answer(message, no("Request timed out")),
            ("tools/call", "what") => answer(message, no("Something else")),
            ("tools/call", "status") => answer(message, no("Request failed with status code 502")),
            ("tools/call", "arguments") => answer(message, rpc(-32602, "bad arguments")),
            ("tools/call", "internal") => answer(message, rpc(-32603, "Internal error")),
            ("tools/call", "pcid") => answer(message, rpc(-32000, "PCID is required")),
            ("tools/call", "vague") => answer(message, rpc(-32000, "oh no")),
            ("tools/call", "html") => Some((200, "content-type: text/html\r\n", "<p>Please sign in".into())),
            ("tools/call", "gateway") => Some((502, "content-type: text/html\r\n", "<p>Bad gateway".into())),
            ("tools/call", "elsewhere") => Some((302, "location: https://other.example/x?y=z\r\n", String::new())),
            ("tools/call", "path") => Some((404, JSON, r#"{"message":"no such route"}"#.into())),
            ("tools/call", "other") => Some((200, JSON, r#"{"jsonrpc":"2.0","id":99,"result":{}}"#.into())),
            ("tools/call", "accepted") => Some((202, "", String::new())),
            ("tools/call", "ended") => Some((200, "content-type: text/event-stream\r\n", ": nothing\n\n".into())),
            ("tools/call", "broken") => None,
            ("tools/list", _) => answer(message, rpc(-32601, "no list")),
            _ => no_handshake(message),
        }
    };
    let odd = Odd::start(script);
    let site = odd.site().await;
    let mut seen = Vec::new();
    for name in [
        "validation",
        "missing",
        "timeout",
        "what",
        "status",
        "arguments",
        "internal",
        "pcid",
        "vague",
        "html",
        "gateway",
        "elsewhere",
        "path",
        "accepted",
        "ended",
        "broken",
    ] {
        let error = site.ask("groups", "update", json!({ "group_id": name, "name": name })).await.unwrap_err();
        seen.push(format!("{name}: {}", error.code));
    }
    assert_eq!(
        seen,
        [
            "validation: refused",
            "missing: not_found",
            "timeout: in_doubt",
            "what: in_doubt",
            "status: in_doubt",
            "arguments: refused",
            "internal: in_doubt",
            "pcid: refused",
            "vague: in_doubt",
            "html: in_doubt",
            "gateway: in_doubt",
            "elsewhere: in_doubt",
            "path: refused",
            "accepted: in_doubt",
            "ended: in_doubt",
            "broken: in_doubt",
        ]
    );
    assert!(site.heard()[0].contains("could not be compared"), "{:?}", site.heard());
}
