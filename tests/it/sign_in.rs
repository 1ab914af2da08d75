//! Tokens against a server of our own: asked for once, renewed in time, once after a 401, and never told to strangers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use beadle::catalog::{Call, ClientCredentials, Login, Method, Platform, SignIn, TokenAt, check};
use beadle::client::{
    Client, Http, HttpOptions, HttpWrites, Lost, Pace, Parts, Policy, Reads, Reply, SetUpError, Way, With,
};
use beadle::clock::Clock;
use beadle::effects::{Caps, Lease, Ledger};
use beadle::events::Events;
use beadle::platforms;
use beadle::settings::{BaseUrl, Credentials, Plaintext, Redactor, Secret};
use beadle::store::{NewRun, Store};
use beadle::wire::Request;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A request as it came.
#[derive(Clone, Debug)]
struct Asked {
    line: String,
    /// The values of `Authorization` and `X-Auth`.
    proof: Option<String>,
    body: String,
}

/// What the server does, changed while it runs.
#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    /// Tokens given out so far; only the last one is accepted.
    tokens: u64,
    /// Whether the last one is refused.
    revoked: bool,
    /// Whether every token is refused.
    closed: bool,
    /// What a refusal looks like, if not 401.
    refusal: Option<Value>,
    /// What the token's address answers instead.
    token_answer: Option<(u16, &'static str, Value)>,
    /// What the discovery document says instead.
    endpoint: Option<String>,
    lives: u64,
}

struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { lives: 3600, ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let mut stream = stream;
                    while let Some(asked) = read(&mut reader) {
                        let (status, more, body) = answer(&state, port, asked);
                        let body = body.to_string();
                        let head = format!(
                            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n",
                            body.len()
                        );
                        if stream.write_all(format!("{head}{body}").as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { port, state }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/base", self.port)
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    /// What came to paths that hold this.
    fn asked(&self, path: &str) -> Vec<Asked> {
        self.state.lock().unwrap().asked.iter().filter(|asked| asked.line.contains(path)).cloned().collect()
    }
}

fn read(reader: &mut BufReader<std::net::TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let (mut proof, mut length) = (None, 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" | "x-auth" => proof = Some(format!("{name}: {value}")),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Asked { line, proof, body: String::from_utf8(body).unwrap() })
}

fn answer(state: &Mutex<State>, port: u16, asked: Asked) -> (u16, &'static str, Value) {
    let mut state = state.lock().unwrap();
    state.asked.push(asked.clone());
    if asked.line.contains("openid") {
        let own = format!("http://127.0.0.1:{port}/base/connect/token");
        return (200, "", json!({ "token_endpoint": state.endpoint.clone().unwrap_or(own) }));
    }
    if asked.line.contains("/token") || asked.line.contains("/login") {
        if let Some(answer) = state.token_answer.clone() {
            return answer;
        }
        if asked.body.contains("wrong") {
            let words = json!({ "error": "invalid_client", "error_description": "no such client" });
            return (400, "", words);
        }
        state.tokens += 1;
        state.revoked = false;
        let token = format!("token-number-{}", state.tokens);
        return match asked.line.contains("/login") {
            true => (200, "", json!({ "success": true, "errors": {}, "object": token })),
            false => (200, "", json!({ "access_token": token, "expires_in": state.lives })),
        };
    }
    let last = format!("token-number-{}", state.tokens);
    let good = asked.proof.as_deref().is_some_and(|proof| proof.ends_with(&last) || proof.ends_with("ready-made"));
    match good && !state.revoked && !state.closed {
        true => (200, "", json!({ "id": 12, "name": "n", "success": true })),
        false => match &state.refusal {
            Some(words) => (200, "", words.clone()),
            None => (401, "", json!({ "error_message": "who are you?" })),
        },
    }
}

const OAUTH: ClientCredentials = ClientCredentials {
    id: "client_id",
    secret: "client_secret",
    token: Some("token"),
    scope: Some("org:{organization}"),
    at: TokenAt::Discovered("/identity/openid"),
    token_url: "token_url",
};
const LOGIN: Login = Login {
    path: "/api/{locale}/login",
    email: "email",
    password: "password",
    header: "X-Auth",
    lives: 8 * 3600,
    token: "token",
    scheme: "scheme",
    at: "/object",
    answer: |token| json!({ "object": token }),
};

fn platform(sign_in: SignIn) -> &'static Platform {
    let mobilize = platforms::named("mobilize").unwrap();
    Box::leak(Box::new(Platform { sign_in, prefix: "/api/{locale}", ..*mobilize }))
}

/// Somebody who asks the server, with a clock that stands still.
struct Site {
    server: Server,
    clock: Clock,
    redactor: Redactor,
    http: Arc<Http>,
}

fn http(
    url: &str,
    sign_in: SignIn,
    pairs: &[(&'static str, &str)],
    clock: &Clock,
    redactor: &Redactor,
) -> Result<Http, SetUpError> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let credentials: Credentials = pairs.iter().map(|(key, value)| (*key, Secret::new(*value))).collect();
    Http::new(HttpOptions {
        platform: platform(sign_in),
        base_url: &BaseUrl::parse(url, Plaintext::Loopback).unwrap(),
        credentials: &credentials,
        redactor: redactor.clone(),
        clock: clock.clone(),
        connect_timeout: Duration::from_secs(5),
        read_timeout: Duration::from_secs(5),
        timeout: Duration::from_secs(5),
        max_answer: 1 << 20,
    })
}

const CLIENT: [(&str, &str); 3] = [("client_id", "an id"), ("client_secret", "a&b+c"), ("locale", "en_US")];
const PERSON: [(&str, &str); 3] = [("email", "a@b.example"), ("password", "p\"ss"), ("locale", "de de")];

impl Site {
    fn new(sign_in: SignIn, pairs: &[(&'static str, &str)]) -> Self {
        Self::on(Server::start(), sign_in, pairs)
    }

    fn on(server: Server, sign_in: SignIn, pairs: &[(&'static str, &str)]) -> Self {
        let (clock, redactor) = (Clock::fixed(Timestamp::UNIX_EPOCH), Redactor::default());
        let http = Arc::new(http(&server.url(), sign_in, pairs, &clock, &redactor).unwrap());
        Self { server, clock, redactor, http }
    }

    fn oauth() -> Self {
        Self::new(SignIn::ClientCredentials(OAUTH), &CLIENT)
    }

    async fn get(&self) -> Result<Reply, Lost> {
        self.http.read(Request { method: Method::Get, target: "/thing".into(), body: None }).await
    }

    async fn status(&self) -> u16 {
        self.get().await.unwrap().status
    }

    fn tokens(&self) -> usize {
        self.server.asked("/token").len() + self.server.asked("/login").len()
    }
}

#[tokio::test]
async fn many_requests_at_once_ask_for_one_token() {
    let site = Site::oauth();
    let replies = join_all((0..16).map(|_| site.get())).await;
    assert!(replies.iter().all(|reply| reply.as_ref().unwrap().status == 200));
    assert_eq!((site.tokens(), site.server.asked("openid").len()), (1, 1));
    let asked = &site.server.asked("/token")[0];
    assert_eq!(asked.line, "POST /base/connect/token");
    assert_eq!(asked.body, "grant_type=client_credentials&client_id=an%20id&client_secret=a%26b%2Bc");
    assert_eq!(asked.proof, None);
    let things = site.server.asked("/thing");
    assert_eq!(things.len(), 16);
    assert!(things.iter().all(|asked| asked.line == "GET /base/api/en_US/thing"));
    assert!(things.iter().all(|asked| asked.proof.as_deref() == Some("authorization: Bearer token-number-1")));
}

#[tokio::test]
async fn tokens_that_live_a_minute_are_renewed_when_half_of_it_is_over() {
    let site = Site::oauth();
    site.server.set(|state| state.lives = 60);
    let mut tokens = Vec::new();
    for _ in 0..6 {
        assert_eq!(site.status().await, 200);
        tokens.push(site.tokens());
        site.clock.advance_ms(20_000);
    }
    assert_eq!(tokens, [1, 1, 2, 2, 3, 3], "after 40, 80 and 120 seconds");
    assert_eq!(site.server.asked("openid").len(), 1, "the address is found once");
}

#[tokio::test]
async fn long_lived_tokens_are_renewed_five_minutes_before_their_end() {
    let site = Site::oauth();
    assert_eq!(site.status().await, 200);
    site.clock.advance_ms(54 * 60_000);
    assert_eq!((site.status().await, site.tokens()), (200, 1));
    site.clock.advance_ms(2 * 60_000);
    assert_eq!((site.status().await, site.tokens()), (200, 2));
}

#[tokio::test]
async fn a_token_that_ends_early_is_replaced_once_for_all_who_had_it() {
    let site = Site::oauth();
    let (client, _store) = client(&site).await;
    let (get, with) = (call("get", json!({ "group_id": "12" })), With::default());
    client.call(&get, &with).await.unwrap();
    site.server.set(|state| state.revoked = true);
    let answers = join_all((0..8).map(|_| client.call(&get, &with))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(site.tokens(), 2);
}

#[tokio::test]
async fn a_refusal_that_a_new_token_does_not_end_is_the_answer() {
    let site = Site::oauth();
    let (client, _store) = client(&site).await;
    site.server.set(|state| state.closed = true);
    for (tokens, asked, why) in [(1, 1, "the token was new"), (2, 3, "once more with another one, no further")] {
        let error = client.call(&call("get", json!({ "group_id": "12" })), &With::default()).await.unwrap_err();
        assert_eq!((error.code, error.status), ("unauthorized", Some(401)));
        assert_eq!((site.tokens(), site.server.asked("/groups/").len()), (tokens, asked), "{why}");
    }
}

#[tokio::test]
async fn while_nobody_gives_tokens_the_old_one_goes_on_until_its_end() {
    let site = Site::oauth();
    site.server.set(|state| state.lives = 60);
    assert_eq!(site.status().await, 200);
    site.server.set(|state| state.token_answer = Some((503, "retry-after: 7\r\n", json!({ "error": "busy" }))));
    site.clock.advance_ms(40_000);
    assert_eq!((site.status().await, site.tokens()), (200, 2), "it was asked for, and the old one went on");
    assert_eq!((site.status().await, site.tokens()), (200, 2), "not asked for again at once");
    site.clock.advance_ms(30_000);
    let lost = site.get().await.unwrap_err();
    let Lost::NotSigned { why, refused, retry_after } = &lost else { panic!("{lost}") };
    assert!(why.ends_with("/base/connect/token` answered 503: busy"), "{why}");
    assert_eq!((*refused, *retry_after), (false, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn a_wrong_secret_is_sent_once_and_no_request_follows_it() {
    let site = Site::new(SignIn::ClientCredentials(OAUTH), &[CLIENT[0], ("client_secret", "wrong"), CLIENT[2]]);
    for _ in 0..3 {
        let lost = site.get().await.unwrap_err();
        assert!(
            lost.to_string().ends_with("answered 400: invalid_client: no such client"),
            "the server's words: {lost}"
        );
    }
    assert_eq!((site.tokens(), site.server.asked("/thing").len()), (1, 0));
    site.clock.advance_ms(61_000);
    assert!(site.get().await.is_err());
    assert_eq!(site.tokens(), 2, "after a minute it may be right");
}

#[tokio::test]
async fn no_other_host_gets_credentials_or_tokens() {
    let stranger = Server::start();
    let elsewhere = format!("{}/connect/token", stranger.url());

    let site = Site::oauth();
    site.server.set(|state| state.endpoint = Some(elsewhere.clone()));
    let lost = site.get().await.unwrap_err();
    assert!(lost.to_string().contains(&format!("add `token_url = \"{elsewhere}\"`")), "{lost}");

    let site = Site::oauth();
    let moved: &'static str = Box::leak(format!("location: {elsewhere}\r\n").into_boxed_str());
    site.server.set(|state| state.token_answer = Some((307, moved, json!({}))));
    assert!(site.get().await.unwrap_err().to_string().contains("answered 307"));
    assert_eq!(stranger.state.lock().unwrap().asked.len(), 0, "nothing went there");

    let pairs = [CLIENT[0], CLIENT[1], CLIENT[2], ("token_url", elsewhere.as_str())];
    let site = Site::new(SignIn::ClientCredentials(OAUTH), &pairs);
    // The stranger gives number one; the server accepts the number that it gave last itself.
    site.server.set(|state| state.tokens = 1);
    assert_eq!(site.status().await, 200, "an address that a person wrote down is used");
    assert_eq!((stranger.asked("/token").len(), site.tokens(), stranger.asked("/thing").len()), (1, 0, 0));
}

#[tokio::test]
async fn a_token_address_must_not_be_plain_http_elsewhere() {
    let pairs = [CLIENT[0], CLIENT[1], CLIENT[2], ("token_url", "http://tokens.example/x")];
    let clock = Clock::system();
    let made = http("http://127.0.0.1:1", SignIn::ClientCredentials(OAUTH), &pairs, &clock, &Redactor::default());
    assert!(made.err().unwrap().to_string().starts_with("`token_url` must begin with https://"));
}

#[tokio::test]
async fn a_login_gives_a_token_for_a_header_of_its_own_for_eight_hours() {
    let site = Site::new(SignIn::Login(LOGIN), &PERSON);
    assert_eq!(site.status().await, 200);
    let asked = &site.server.asked("/login")[0];
    assert_eq!(asked.line, "POST /base/api/de%20de/login");
    assert_eq!(
        serde_json::from_str::<Value>(&asked.body).unwrap(),
        json!({ "email": "a@b.example", "password": "p\"ss" })
    );
    assert_eq!(site.server.asked("/thing")[0].proof.as_deref(), Some("x-auth: token-number-1"));
    site.clock.advance_ms(7 * 3_600_000);
    assert_eq!((site.status().await, site.tokens()), (200, 1));
    site.clock.advance_ms(3_600_000);
    assert_eq!((site.status().await, site.tokens()), (200, 2));
}

#[tokio::test]
async fn a_ready_token_is_used_as_it_is() {
    for (sign_in, more, proof) in [
        (SignIn::Bearer { token: "token" }, None, "authorization: Bearer ready-made"),
        (SignIn::ClientCredentials(OAUTH), Some(CLIENT[0]), "authorization: Bearer ready-made"),
        (SignIn::Login(LOGIN), None, "x-auth: ready-made"),
        (SignIn::Login(LOGIN), Some(("scheme", "bearer")), "authorization: Bearer ready-made"),
    ] {
        let pairs: Vec<_> = [("token", "ready-made"), CLIENT[2]].into_iter().chain(more).collect();
        let site = Site::new(sign_in, &pairs);
        assert_eq!((site.status().await, site.tokens()), (200, 0));
        assert_eq!(site.server.asked("/thing")[0].proof.as_deref(), Some(proof));
        site.server.set(|state| state.closed = true);
        assert_eq!((site.status().await, site.server.asked("/thing").len()), (401, 2), "there is no other token");
    }
}

#[tokio::test]
async fn the_organisation_becomes_the_scope() {
    let pairs = [CLIENT[0], CLIENT[1], CLIENT[2], ("organization", "o 1")];
    let site = Site::new(SignIn::ClientCredentials(OAUTH), &pairs);
    assert_eq!(site.status().await, 200);
    assert!(site.server.asked("/token")[0].body.ends_with("&scope=org%3Ao%201"));
}

#[tokio::test]
async fn tokens_are_kept_out_of_what_is_said_and_old_ones_are_not_remembered_for_ever() {
    let site = Site::oauth();
    site.server.set(|state| state.lives = 60);
    assert_eq!(site.status().await, 200);
    assert_eq!(site.redactor.redact("it is token-number-1."), "it is [secret].");
    for _ in 0..20 {
        site.clock.advance_ms(60_000);
        assert_eq!(site.status().await, 200);
    }
    assert_eq!(site.redactor.redact("token-number-20"), "[secret]");
    assert_eq!(site.redactor.redact("token-number-3"), "token-number-3");
}

#[tokio::test]
async fn what_a_path_needs_is_named_where_it_is_missing() {
    let (clock, redactor) = (Clock::system(), Redactor::default());
    let made =
        http("http://127.0.0.1:1", SignIn::Bearer { token: "token" }, &[("token", "ready-made")], &clock, &redactor);
    assert_eq!(made.err().unwrap().to_string(), "`locale` is needed for the address");
    let made = http("http://127.0.0.1:1", SignIn::ClientCredentials(OAUTH), &CLIENT[..1], &clock, &redactor);
    let words = "`client_id` and `client_secret` or `token` is needed to sign in";
    assert_eq!(made.err().unwrap().to_string(), words);

    let site =
        Site::new(SignIn::Bearer { token: "token" }, &[("token", "ready-made"), ("locale", "x"), ("tenant", "a/b")]);
    let target = |target: &str| Request { method: Method::Get, target: target.into(), body: None };
    assert_eq!(site.http.read(target("/T/{tenant}/thing")).await.unwrap().status, 200);
    assert_eq!(site.server.asked("/thing")[0].line, "GET /base/api/x/T/a%2Fb/thing");
    let lost = site.http.read(target("/T/{community}/thing")).await.unwrap_err();
    assert!(lost.to_string().contains("`community`"), "{lost}");
}

/// A client with a ledger on the site's server.
async fn client(site: &Site) -> (Client, Store) {
    client_of(site, platform(SignIn::ClientCredentials(OAUTH))).await
}

async fn client_of(site: &Site, platform: &'static Platform) -> (Client, Store) {
    let store = Store::in_memory().await.unwrap();
    let run = NewRun {
        id: "run-1".into(),
        script: "sign_in".into(),
        source: String::new(),
        args: json!([]),
        connection: Some("main".into()),
        sandbox: false,
        settings: None,
        job: None,
        started_at: 0,
    };
    store.start_run(&run).await.unwrap();
    let clock = Clock::system();
    let quick = Duration::from_millis(2);
    let lease = Lease::take(&store, "run-1").unwrap();
    let client = Client::new(Parts {
        connection: "main".into(),
        platform,
        account: "an account".into(),
        values: Default::default(),
        credentials: "check `client_secret` (the variable `SECRET`) of connection `main`".into(),
        reads: site.http.clone(),
        way: Way::Send(Arc::new(HttpWrites::of(&site.http))),
        ledger: Ledger::new(store.clone(), lease, 1, clock.clone(), Caps::default()),
        pace: Pace::new(None, 1, 4),
        policy: Policy { settle: quick, prove: quick, first_wait: quick, max_attempts: 3, ..Policy::default() },
        clock,
        events: Events::default(),
        stop: tokio_util::sync::CancellationToken::new(),
        redactor: site.redactor.clone(),
        rules: Default::default(),
        brake: None,
    });
    (client, store)
}

fn call(verb: &str, args: Value) -> Call {
    let platform = platforms::named("mobilize").unwrap();
    let op = platform.op("groups", verb).unwrap();
    Call { platform, op, connection: "main".into(), args: check(op, vec![args]).unwrap() }
}

#[tokio::test]
async fn a_write_that_met_an_ended_token_is_sent_again_once_and_is_one_effect() {
    let site = Site::oauth();
    let (client, store) = client(&site).await;
    client.call(&call("get", json!({ "group_id": "12" })), &With::default()).await.unwrap();
    site.server.set(|state| state.revoked = true);
    client.call(&call("update", json!({ "id": "12", "name": "n" })), &With::default()).await.unwrap();
    let sent = site.server.asked("PUT ");
    let proofs: Vec<&str> = sent.iter().filter_map(|asked| asked.proof.as_deref()).collect();
    assert_eq!(proofs, ["authorization: Bearer token-number-1", "authorization: Bearer token-number-2"]);
    assert_eq!(sent[0].body, sent[1].body);
    assert_eq!(states(&store).await, [("done".to_owned(), 1)]);
}

/// HiveSocial's envelope of a refusal: HTTP says that all is well.
fn refusal() -> Value {
    json!({ "success": false, "message": "Authorization is required.", "errors": [], "object": null })
}

fn hive(verb: &str, args: Value) -> Call {
    let platform = platforms::named("hivesocial").unwrap();
    let op = platform.op("invitations", verb).unwrap();
    Call { platform, op, connection: "main".into(), args: check(op, vec![args]).unwrap() }
}

#[tokio::test]
async fn a_token_that_is_refused_with_200_is_replaced_by_a_new_login_and_a_write_is_one_effect() {
    let site = Site::new(SignIn::Login(LOGIN), &PERSON);
    let (client, store) = client_of(&site, platforms::named("hivesocial").unwrap()).await;
    site.server.set(|state| state.refusal = Some(refusal()));
    let ended = || site.server.set(|state| state.revoked = true);
    let (group, guid) = ("8defea46-0000-46e2-bc80-000000000004", "0e87724a-1cf7-4afd-8f71-5f8b9ae2f10d");
    let read = hive("evaluate", json!({ "group_id": group, "role_id": 2, "csv_path": "users.csv", "subject": "s" }));
    let delete = hive("delete", json!({ "invitation_id": guid, "group_id": group }));
    let proofs = |line: &str| {
        let asked = site.server.asked(line).into_iter().filter_map(|asked| asked.proof);
        asked.map(|proof| proof.trim_start_matches("x-auth: token-number-").to_owned()).collect::<Vec<_>>()
    };
    client.call(&read, &With::default()).await.unwrap();
    ended();
    client.call(&read, &With::default()).await.unwrap();
    assert_eq!(proofs("import-evaluate-csv"), ["1", "1", "2"]);
    ended();
    client.call(&delete, &With::default()).await.unwrap();
    assert_eq!(proofs("DELETE "), ["2", "3"], "asked once more, in a new session");
    assert_eq!(states(&store).await, [("done".to_owned(), 1)]);
    assert_eq!(site.tokens(), 3);
}

#[tokio::test]
async fn a_refusal_with_200_that_a_new_login_does_not_end_fails_and_logs_in_no_further() {
    let site = Site::new(SignIn::Login(LOGIN), &PERSON);
    let (client, store) = client_of(&site, platforms::named("hivesocial").unwrap()).await;
    site.server.set(|state| (state.refusal, state.closed) = (Some(refusal()), true));
    let guid = "0e87724a-1cf7-4afd-8f71-5f8b9ae2f10d";
    let delete = hive("delete", json!({ "invitation_id": guid, "group_id": "12" }));
    for (logins, sent) in [(1, 1), (2, 3)] {
        let error = client.call(&delete, &With::default()).await.unwrap_err();
        assert_eq!((error.code, error.status), ("unauthorized", Some(200)), "{error}");
        assert_eq!((site.tokens(), site.server.asked("DELETE ").len()), (logins, sent));
    }
    assert!(states(&store).await.iter().all(|(state, _)| state == "failed"), "nothing has happened");
}

#[tokio::test]
async fn a_ready_token_that_ended_is_told_with_what_to_look_at_and_nothing_is_sent_twice() {
    let site = Site::new(SignIn::Login(LOGIN), &[("token", "ended"), ("locale", "en_US")]);
    let (client, _store) = client_of(&site, platforms::named("hivesocial").unwrap()).await;
    site.server.set(|state| state.refusal = Some(refusal()));
    let call = hive("delete", json!({ "invitation_id": "0e87724a-1cf7-4afd-8f71-5f8b9ae2f10d" }));
    let error = client.call(&call, &With::default()).await.unwrap_err();
    assert_eq!(error.code, "unauthorized");
    assert!(error.message.contains("Authorization is required") && error.message.contains("check `"), "{error}");
    assert_eq!((site.tokens(), site.server.asked("DELETE ").len()), (0, 1));
}

#[tokio::test]
async fn an_error_of_signing_in_names_where_the_credential_comes_from_and_does_nothing() {
    let site = Site::new(SignIn::ClientCredentials(OAUTH), &[CLIENT[0], ("client_secret", "wrong"), CLIENT[2]]);
    let (client, store) = client(&site).await;
    for call in [call("get", json!({ "group_id": "12" })), call("update", json!({ "id": "12", "name": "n" }))] {
        let error = client.call(&call, &With::default()).await.unwrap_err();
        assert_eq!((error.code, error.retryable), ("unauthorized", false));
        let words =
            "invalid_client: no such client; check `client_secret` (the variable `SECRET`) of connection `main`";
        assert!(error.message.ends_with(words), "{}", error.message);
    }
    assert_eq!(site.server.asked("/api/").len(), 0);
    assert!(states(&store).await.iter().all(|(state, _)| state == "failed"));
}

/// The effects by state.
async fn states(store: &Store) -> Vec<(String, i64)> {
    store.effects_by_state("run-1").await.unwrap().into_iter().map(|row| (row.state, row.count)).collect()
}
