//! Webhooks from the socket to the store, with the real program: what is taken, what is refused, and that no secret stays.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use beadle::store::{DeliveryRow, Store, TriggerRow};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::builder::Test;

/// A project with a hook on its sandbox.
pub struct Hooked {
    folder: TempDir,
    /// The secret path of the hook.
    pub path: String,
}

/// A receiver that ends with this value.
pub struct Receiver {
    child: Child,
    address: String,
    /// Takes down what it says after its address.
    talk: Option<JoinHandle<u64>>,
}

/// One answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

pub const SETTINGS: &str = "[webhooks]\nrequests_per_second = 1000\n";

impl Hooked {
    pub fn new(settings: &str) -> Self {
        let ran =
            Test::new().file("beadle.toml", settings).args(["webhook", "add", "crm", "--sandbox", "--json"]).success();
        let path = path(ran.json()[0]["address"].as_str().unwrap());
        Self { folder: ran.folder, path }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_beadle"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null()).env_clear();
        command
    }

    pub fn says(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{args:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    pub fn receiver(&self, crash_at: Option<&str>) -> Receiver {
        let crash_at: Vec<(&str, &str)> = crash_at.map(|point| ("BEADLE_CRASH_AT", point)).into_iter().collect();
        self.receiver_with(&crash_at)
    }

    /// One with these variables.
    pub fn receiver_with(&self, variables: &[(&str, &str)]) -> Receiver {
        let words = ["webhook", "serve", "--sandbox", "--port", "0", "--json", "-v", "--job", "welcome=user.created"];
        let mut command = self.command(&words);
        command.envs(variables.iter().copied()).stdout(Stdio::piped());
        let mut log = std::fs::File::options().append(true).create(true).open(self.log()).unwrap();
        command.stderr(log.try_clone().unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("it said {line:?}"));
        let talk = std::thread::spawn(move || std::io::copy(&mut stdout, &mut log).unwrap());
        Receiver { child, address: said["address"].as_str().unwrap().to_owned(), talk: Some(talk) }
    }

    /// What all receivers have said.
    pub fn log(&self) -> std::path::PathBuf {
        self.folder.path().join("said.log")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Every delivery, the oldest first, with the runs that it asked for.
    pub fn kept(&self) -> Vec<(DeliveryRow, Vec<TriggerRow>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Store::open(&self.folder.path().join(".beadle/sandbox.db")).await.unwrap();
            let mut kept = Vec::new();
            for row in store.deliveries(None, i64::MAX, 100_000).await.unwrap().into_iter().rev() {
                let triggers = store.triggers_of(row.seq).await.unwrap();
                kept.push((row, triggers));
            }
            store.close().await;
            kept
        })
    }

    /// Waits until all that has come is worked off.
    pub fn worked_off(&self) -> Vec<(DeliveryRow, Vec<TriggerRow>)> {
        let began = Instant::now();
        loop {
            let kept = self.kept();
            if kept.iter().all(|(row, _)| row.state == "done") {
                return kept;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{kept:?}");
        }
    }
}

impl Receiver {
    pub fn address(&self) -> String {
        self.address.clone()
    }

    pub fn post(&self, path: &str, body: &[u8]) -> Answer {
        post(&self.address, path, body).unwrap()
    }

    pub fn ask(&self, head: &str) -> Answer {
        ask(&self.address, head.as_bytes()).unwrap()
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> std::process::ExitStatus {
        self.child.wait().unwrap()
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let code = self.child.wait().unwrap().code();
        self.talk.take().map(|talk| talk.join().unwrap());
        code
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts over a connection of its own.
pub fn post(address: &str, path: &str, body: &[u8]) -> std::io::Result<Answer> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    ask(address, &request)
}

fn ask(address: &str, request: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // A receiver that has refused the beginning does not read the end.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer).into_owned();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Err(read.err().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()));
    };
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head: head.to_lowercase(), body: body.to_owned() })
}

/// The path of an address.
fn path(address: &str) -> String {
    address[address.find("/hooks/").unwrap()..].to_owned()
}

/// A delivery about these people.
pub fn delivery(job: &str, ids: &[u64]) -> Vec<u8> {
    let notices: Vec<Value> =
        ids.iter().map(|id| json!({ "item_type": "user", "topic": "user.created", "item": { "id": id } })).collect();
    json!({ "notifications": notices, "total": ids.len(), "job": { "id": job } }).to_string().into_bytes()
}

#[test]
fn a_delivery_is_stored_answered_and_asked_for_once_and_stopping_is_graceful() {
    let hooked = Hooked::new(SETTINGS);
    let receiver = hooked.receiver(None);
    let answer = receiver.post(&hooked.path, &delivery("a", &[1001, 1002]));
    assert_eq!((answer.status, answer.body.as_str()), (200, "stored\n"));
    let again = receiver.post(&hooked.path, &delivery("a", &[1001, 1002]));
    assert_eq!((again.status, again.body.as_str()), (200, "known\n"));
    let kept = hooked.worked_off();
    assert_eq!((kept.len(), kept[0].0.repeats, kept[0].1.len()), (1, 1, 1));
    assert_eq!(kept[0].1[0].events[0]["item"]["id"], "1001");
    assert_eq!(receiver.stop(), Some(0));
}

#[test]
fn whoever_knows_no_secret_is_told_the_same_whatever_they_ask() {
    let hooked = Hooked::new(SETTINGS);
    let receiver = hooked.receiver(None);
    let of = |answer: Answer| {
        let lines = answer.head.lines().filter(|line| !line.starts_with("date:"));
        (answer.status, lines.map(str::to_owned).collect::<Vec<_>>(), answer.body)
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let unknown = of(receiver.ask(&get("/")));
    assert_eq!((unknown.0, unknown.2.as_str()), (404, "not found\n"));
    let almost = &hooked.path[..hooked.path.len() - 1];
    for path in ["/hooks/", "/hooks/x", "/hooks", almost, "/healthz", "/hooks/../hooks/x", &format!("{}/", hooked.path)]
    {
        assert_eq!(of(receiver.ask(&get(path))), unknown, "{path}");
        assert_eq!(of(receiver.post(path, &delivery("a", &[1001]))), unknown, "{path}");
    }
    let known = receiver.ask(&get(&hooked.path));
    assert!(known.status == 405 && known.head.contains("allow: post"), "{}", known.head);
    assert!(hooked.kept().is_empty());
}

#[test]
fn what_is_no_delivery_is_kept_aside_and_what_is_too_long_is_refused_and_told() {
    let hooked = Hooked::new(&format!("{SETTINGS}max_body = \"2 KiB\"\nbody_timeout = \"1s\"\n"));
    let receiver = hooked.receiver(None);
    for body in [&b"<html>hello</html>\x1b[2J\xc2\x9b2J"[..], b"{}", b"", &[0xff, 0x00]] {
        let answer = receiver.post(&hooked.path, body);
        assert_eq!((answer.status, answer.body.as_str()), (200, "kept aside\n"));
    }
    assert_eq!(receiver.post(&hooked.path, &[b' '; 2049]).status, 413);
    let chunked = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n{}\r\n0\r\n\r\n",
        hooked.path,
        " ".repeat(4096)
    );
    assert_eq!(receiver.ask(&chunked).status, 413, "also where the length is not said");
    let slow = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n[", hooked.path);
    assert_eq!(receiver.ask(&slow).status, 408);
    let zipped = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        hooked.path
    );
    let answer = receiver.ask(&zipped);
    assert!(answer.status == 415 && answer.head.contains("accept-encoding: identity"), "{}", answer.head);
    let listed = hooked.says(&["webhook", "list", "--sandbox"]);
    assert!(listed.contains("7 bodies kept aside") && listed.contains("it is compressed (gzip)"), "{listed}");
    assert!(listed.contains("it is longer than 2048 bytes"), "{listed}");
    let shown = hooked.says(&["webhook", "show", "1", "--aside", "--sandbox"]);
    assert!(shown.contains("it is no JSON") && shown.contains("<html>hello</html>"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{9b}']), "a terminal obeys nothing of it: {shown:?}");
}

#[test]
fn too_many_at_once_are_told_when_to_come_again() {
    let hooked = Hooked::new("[webhooks]\nrequests_per_second = 1\n");
    let receiver = hooked.receiver(None);
    let answers: Vec<Answer> =
        (0..12).map(|n| receiver.post(&hooked.path, &delivery(&format!("j{n}"), &[1001]))).collect();
    let stored = answers.iter().filter(|answer| answer.status == 200).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!((4..8).contains(&stored) && stored + refused.len() == 12, "{stored}");
    assert!(refused.iter().all(|answer| answer.head.contains("\nretry-after: ")));
    assert_eq!(hooked.kept().len(), stored, "what was refused is not stored");
}

#[test]
fn a_rotated_secret_holds_for_its_overlap_and_a_removed_hook_no_longer() {
    let hooked = Hooked::new(SETTINGS);
    let receiver = hooked.receiver(None);
    let until = |path: &str, status: u16| {
        let began = Instant::now();
        while receiver.post(path, b"{}").status != status {
            assert!(began.elapsed() < Duration::from_secs(20), "{status}");
        }
    };
    let rotate = |overlap: &str| {
        let said = hooked.says(&["webhook", "rotate", "crm", "--overlap", overlap, "--sandbox", "--json"]);
        path(serde_json::from_str::<Value>(&said).unwrap()["address"].as_str().unwrap())
    };
    let second = rotate("1h");
    until(&second, 200);
    until(&hooked.path, 200);
    let third = rotate("0s");
    until(&third, 200);
    until(&second, 404);
    until(&hooked.path, 404);
    hooked.says(&["webhook", "remove", "crm", "--sandbox"]);
    until(&third, 404);
    assert!(hooked.says(&["webhook", "list", "--sandbox"]).contains("; removed "));
}

#[test]
fn a_secret_is_in_no_log_no_store_and_no_list() {
    let hooked = Hooked::new(&format!("{SETTINGS}max_body = \"8 KiB\"\n"));
    let receiver = hooked.receiver(None);
    let to = format!("http://{}{}", receiver.address(), hooked.path);
    let sent = hooked.says(&["webhook", "send", "--to", &to, "--people", "2", "-v"]);
    assert!(sent.starts_with("answered 200: "), "{sent}");
    receiver.post(&hooked.path, b"no delivery");
    receiver.post(&hooked.path, &[b' '; 9000]);
    receiver.ask(&format!("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", hooked.path));
    hooked.worked_off();
    let listed = hooked.says(&["webhook", "list", "--sandbox", "--json", "-v"]);
    assert_eq!(receiver.stop(), Some(0));
    let gone = hooked.command(&["webhook", "send", "--to", &to]).output().unwrap();
    assert_eq!(gone.status.code(), Some(1));
    let said = std::fs::read_to_string(hooked.log()).unwrap();
    assert!(said.contains("delivery 1: 2 told"), "{said}");
    let secret = hooked.path.trim_start_matches("/hooks/");
    for text in [&listed, &said, &sent, &String::from_utf8_lossy(&gone.stderr).into_owned()] {
        assert!(!text.contains(secret), "{text}");
    }
    for entry in std::fs::read_dir(hooked.folder().join(".beadle")).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{}", entry.path().display());
        }
    }
}

#[test]
fn a_delivery_is_listed_shown_and_replayed_with_runs_of_its_own() {
    let hooked = Hooked::new(SETTINGS);
    let receiver = hooked.receiver(None);
    receiver.post(&hooked.path, &delivery("a", &[1001, 999_999]));
    hooked.worked_off();
    let listed = hooked.says(&["webhook", "list", "--sandbox"]);
    assert!(listed.contains("crm  done: 2 told, 1 run, 1 gone"), "{listed}");
    let said = hooked.says(&["webhook", "replay", "1", "--sandbox"]);
    assert!(said.starts_with("delivery 2 is a replay of 1; jobs that wait for it run once more"), "{said}");
    let kept = hooked.worked_off();
    assert_eq!((kept[1].0.replay_of, kept[1].1.len()), (Some(1), 1));
    assert_ne!(kept[0].1[0].run, kept[1].1[0].run);
    let shown = hooked.says(&["webhook", "show", "2", "--sandbox"]);
    assert!(
        shown.contains("replay of 1")
            && shown.contains(&format!("run {} of job welcome for 2 events", kept[1].1[0].run)),
        "{shown}"
    );
}

#[test]
fn a_delivery_that_starts_nothing_says_why_in_list_and_show() {
    let hooked = Hooked::new(SETTINGS);
    let receiver = hooked.receiver(None);
    receiver.post(&hooked.path, &delivery("a", &[1001]));
    hooked.worked_off();
    let told: Value = serde_json::from_slice(&delivery("a", &[1001, 1002])).unwrap();
    let mut second = told.clone();
    second["notifications"][1]["topic"] = "user.updated".into();
    receiver.post(&hooked.path, second.to_string().as_bytes());
    hooked.worked_off();
    let why = "  1 user.created (1001) started nothing: told before, by delivery 1\n  1 user.updated (1002) started nothing: no \
               job on connection `main` waits for it\n";
    let listed = hooked.says(&["webhook", "list", "--sandbox"]);
    assert!(listed.contains(&format!("crm  done: 2 told, 0 runs, 1 told before\n{why}")), "{listed}");
    let shown = hooked.says(&["webhook", "show", "2", "--sandbox"]);
    assert!(shown.contains(&format!(", 1 told before\n{why}")), "{shown}");
    let shown: Value = serde_json::from_str(&hooked.says(&["webhook", "show", "2", "--sandbox", "--json"])).unwrap();
    assert_eq!(
        shown["idle"],
        serde_json::json!([
            { "why": "known", "topic": "user.created", "told_by": 1, "count": 1, "people": ["1001"] },
            { "why": "no_job", "topic": "user.updated", "told_by": null, "count": 1, "people": ["1002"] },
        ])
    );
}

#[test]
fn what_cannot_be_done_says_what_to_type() {
    let test = Test::new().file("beadle.toml", "").args(["webhook", "show", "7", "--sandbox"]);
    let ran = test.stderr("error: there is no delivery 7\n  next: beadle webhook list --sandbox\n").code(2);
    let test = ran.then(["webhook", "rotate", "crm", "--sandbox"]);
    let ran = test.stderr("error: there is no hook `crm`\n  next: beadle webhook list --sandbox\n").code(2);
    let ran = ran.then(["webhook", "add", "crm", "--sandbox"]).success();
    let test = ran.then(["webhook", "add", "crm", "--sandbox"]);
    let next = "  next: beadle webhook rotate crm --sandbox\n";
    let ran = test.stderr(&format!("error: there is a hook `crm` already\n{next}")).code(2);
    let test = ran.then(["webhook", "add", "other", "--sandbox", "--connection", "heartbeat"]);
    test.stderr(
        "error: connection `heartbeat` is Heartbeat, which sends no webhooks\n  next: name a connection to Mobilize with --connection\n",
    )
    .code(2);
}

#[test]
fn the_sandbox_sends_deliveries_when_people_are_made() {
    let hooked = Hooked::new(SETTINGS);
    let receiver = hooked.receiver(None);
    let to = format!("http://{}{}", receiver.address(), hooked.path);
    let mut command = hooked.command(&["sandbox", "--json", "--webhook", &to]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut sandbox = Receiver { child, address: String::new(), talk: None };
    let mut line = String::new();
    BufReader::new(sandbox.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let said: Value = serde_json::from_str(&line).unwrap();
    let sign_in = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{}:{}", said["key"].as_str().unwrap(), said["secret"].as_str().unwrap()),
    );
    let body = json!({ "email": "new@x.example", "fields": { "first_name": "New" } }).to_string();
    let request = format!(
        "POST /mobilize/v1/users/ HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {sign_in}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(ask(said["address"].as_str().unwrap(), request.as_bytes()).unwrap().status, 200);
    let began = Instant::now();
    while hooked.kept().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(30));
    }
    let shown: Value = serde_json::from_str(&hooked.says(&["webhook", "show", "1", "--sandbox", "--json"])).unwrap();
    let notice = &shown["body"]["notifications"][0];
    assert_eq!((&notice["topic"], &notice["item"]["email"]), (&json!("user.created"), &json!("new@x.example")));
}
