#![expect(clippy::disallowed_methods, reason = "a server that answers as it likes, and the files that programs write")]

mod gathering;

use std::collections::VecDeque;
use std::path::Path;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::super::daemon::{Daemon, Found, JobFiles, Keep, Parts};
use super::super::process::{Ended, Errand, Starts};
use super::super::verdict::{Entry, Outcome, What};
use super::*;
use crate::events::{Event, Sink};
use crate::hooks::Bell;
use crate::settings::{Address, Environment, Ping, Redactor, Settings, Start};
use crate::store::{Cause, NewRun, RunState, Store, TickRow};

/// What the server does with a request.
#[derive(Clone, Copy)]
enum Does {
    Answers(&'static str),
    /// It takes the request and says nothing until the connection is closed.
    Hangs,
}

const FINE: Does = Does::Answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
const BROKEN: Does = Does::Answers("HTTP/1.1 500 Oh\r\nContent-Length: 9\r\n\r\nno_luck\nx");
const MOVED: Does = Does::Answers("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");

/// A server with these answers; then all is fine.
struct Server {
    url: String,
    asked: mpsc::UnboundedReceiver<(String, String)>,
}

impl Server {
    async fn start(does: &[Does]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook/T0PSECRET", listener.local_addr().unwrap());
        let (tell, asked) = mpsc::unbounded_channel();
        let script = Arc::new(Mutex::new(does.iter().copied().collect::<VecDeque<_>>()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, tell.clone(), Arc::clone(&script)));
            }
        });
        Self { url, asked }
    }

    /// The next request: path and body.
    async fn next(&mut self) -> (String, String) {
        tokio::time::timeout(Duration::from_secs(20), self.asked.recv()).await.expect("nobody asked").unwrap()
    }

    /// The title of the next message.
    async fn title(&mut self) -> String {
        let body: Value = serde_json::from_str(&self.next().await.1).unwrap();
        body["title"].as_str().unwrap().to_owned()
    }
}

async fn serve(
    mut stream: TcpStream,
    tell: mpsc::UnboundedSender<(String, String)>,
    script: Arc<Mutex<VecDeque<Does>>>,
) {
    let mut bytes = Vec::new();
    loop {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else {
            match stream.read_buf(&mut bytes).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let whole = end + length.unwrap_or(0_usize);
        while bytes.len() < whole {
            if !matches!(stream.read_buf(&mut bytes).await, Ok(1..)) {
                return;
            }
        }
        let body = String::from_utf8_lossy(&bytes[end..whole]).into_owned();
        bytes.drain(..whole);
        let does = script.lock().unwrap().pop_front().unwrap_or(FINE);
        tell.send((head.split(' ').nth(1).unwrap_or_default().to_owned(), body)).ok();
        match does {
            Does::Answers(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Does::Hangs => std::future::pending().await,
        }
    }
}

#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl Sink for Said {
    fn note(&self, event: &Event) {
        if let Event::Say(_, line) = event {
            self.0.lock().unwrap().push(line.clone());
        }
    }
}

/// A project, a store and a clock that outlive daemons.
struct Scene {
    folder: TempDir,
    store: Store,
    clock: Clock,
    said: Arc<Said>,
    redactor: Redactor,
    waits: Waits,
    jobs: Vec<Arc<Job>>,
    settings: String,
}

fn now() -> Timestamp {
    "2026-11-22T01:31:00Z".parse().unwrap()
}

fn settings(folder: &Path, text: &str) -> Settings {
    std::fs::write(folder.join("beadle.toml"), text).unwrap();
    let (file, environment) = (None, Environment::default());
    let start = Start { file, folder: folder.to_owned(), mode: Mode::Sandbox, connection: None, environment };
    Settings::load(&start).unwrap()
}

/// A job with this in its `[notify]`.
fn job(name: &str, notify: &str) -> Arc<Job> {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("script = \"scripts/x.rhai\"\nschedule = \"30 1 * * *\"\n[notify]\n{notify}");
    let file = format!("jobs/{name}.toml");
    Arc::new(Job::read(Path::new(&file), &text, &settings(folder.path(), "")).unwrap())
}

pub(super) fn ping(address: &str) -> Ping {
    job("x", &format!("ping_url = \"{address}\"")).notify.ping.clone().unwrap()
}

fn verdict(job: &Arc<Job>, run: &str, what: What) -> Verdict {
    let at = "2026-11-22T01:30:00Z".parse().unwrap();
    let entry =
        Entry { cause: Cause::Schedule, scheduled_at: at, due_at: at, made_up: false, run: run.into(), tries: 1 };
    Verdict { job: Arc::clone(job), entry, what, unbegun: None }
}

impl Scene {
    async fn of(jobs: Vec<Arc<Job>>) -> Self {
        static PROVIDER: std::sync::Once = std::sync::Once::new();
        PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let (ms, long) = (Duration::from_millis, Duration::from_secs(20));
        Self {
            folder: tempfile::tempdir().unwrap(),
            store: Store::in_memory().await.unwrap(),
            clock: Clock::fixed(now()),
            said: Arc::default(),
            redactor: Redactor::default(),
            waits: Waits { post: long, program: long, again: ms(5), ping_again: ms(5), gather: Duration::ZERO },
            jobs,
            settings: String::new(),
        }
    }

    /// As a daemon that begins.
    async fn begin(&self) -> Alarms {
        let alarms = self.made();
        alarms.begin(&self.jobs).await.unwrap();
        alarms
    }

    fn made(&self) -> Alarms {
        let settings = settings(self.folder.path(), &self.settings);
        let parts = DeliveryParts {
            store: self.store.clone(),
            project: settings.project.clone(),
            mail: settings.mail.clone(),
            environment: Environment::default(),
            redactor: self.redactor.clone(),
            flags: Flags::of(Mode::Sandbox, None),
            waits: self.waits,
        };
        let events = Events::to(vec![self.said.clone()]);
        Alarms::new(Delivery::new(parts).unwrap(), Mode::Sandbox, events, self.clock.clone())
    }

    /// As a daemon that has decided this: kept, then told.
    async fn turn(&self, alarms: &Alarms, verdicts: &[Verdict]) {
        let draft = alarms.draft(verdicts, |_| 1, self.clock.now());
        self.store.keep_turn_told(&[], &[], &draft.alarms, &draft.letters).await.unwrap();
        alarms.kept(draft);
    }

    /// Waits until nothing is kept any more.
    async fn arrived(&self) {
        for _ in 0..4_000 {
            if self.store.letters().await.unwrap().is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}\n{:?}", self.store.letters().await.unwrap(), self.said.0.lock().unwrap());
    }

    /// Waits for a line with these words, and gives it.
    async fn said(&self, words: &str) -> String {
        for _ in 0..4_000 {
            if let Some(line) = self.said.0.lock().unwrap().iter().find(|line| line.contains(words)) {
                return line.clone();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("`{words}` was never said: {:?}", self.said.0.lock().unwrap());
    }

    fn is_clean(&self) -> bool {
        self.said.0.lock().unwrap().iter().all(|line| !line.contains("T0PSECRET"))
    }
}

const FAILED: What = What::Ended(Outcome::Failed(1));
const DONE: What = What::Ended(Outcome::Done);

#[tokio::test]
async fn messages_arrive_in_order_whatever_the_receiver_does_before_it_takes_them() {
    let mut server = Server::start(&[BROKEN, Does::Hangs, MOVED]).await;
    let nightly = job("nightly", &format!("webhook = \"{}\"", server.url));
    let mut scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    scene.waits.post = Duration::from_millis(300);
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", FAILED)]).await;
    scene.turn(&alarms, &[verdict(&nightly, "r2", DONE)]).await;
    for _ in 0..4 {
        assert_eq!(server.title().await, "nightly (sandbox) failed");
    }
    assert_eq!(server.title().await, "nightly (sandbox) works again");
    scene.arrived().await;
    let test = "`beadle jobs notify nightly --test --sandbox` tries it";
    let first = scene.said("answered 500: no_luck").await;
    assert!(
        first.starts_with("nightly: the webhook of jobs/nightly.toml answered 500") && first.ends_with(test),
        "{first}"
    );
    scene.said("the answer took too long").await;
    scene.said("answered 302, a redirect, which is not followed").await;
    scene.said("was told now: nightly (sandbox) failed").await;
    assert!(scene.is_clean() && !format!("{:?}", scene.said.0).contains("elsewhere"));
}

#[tokio::test]
async fn a_restart_sends_what_has_not_arrived_and_tells_nothing_twice() {
    let mut server = Server::start(&[Does::Hangs]).await;
    let nightly = job("nightly", &format!("slack = \"{}\"", server.url));
    let scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", FAILED)]).await;
    assert!(server.next().await.1.contains("nightly (sandbox) failed"), "it hangs");
    assert_eq!(scene.store.letters().await.unwrap().len(), 1);
    let kept = scene.store.letters().await.unwrap()[0].message.to_string();
    assert!(!kept.contains("T0PSECRET"), "{kept}");

    let again = scene.begin().await;
    assert!(server.next().await.1.contains("nightly (sandbox) failed"));
    scene.arrived().await;
    scene.turn(&again, &[verdict(&nightly, "r2", FAILED)]).await;
    assert!(scene.store.letters().await.unwrap().is_empty(), "it was told");
    scene.turn(&again, &[verdict(&nightly, "r3", DONE)]).await;
    assert!(server.next().await.1.contains("works again"), "and this is what comes next");
    drop(alarms);
}

#[tokio::test]
async fn what_could_not_be_kept_is_not_told_and_is_decided_anew() {
    let mut server = Server::start(&[]).await;
    let nightly = job("nightly", &format!("webhook = \"{}\"", server.url));
    let scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    let alarms = scene.begin().await;
    let verdicts = [verdict(&nightly, "r1", FAILED)];
    let draft = alarms.draft(&verdicts, |_| 1, now());
    assert_eq!((draft.letters.len(), draft.alarms.len()), (1, 1));
    drop(draft);
    scene.turn(&alarms, &verdicts).await;
    assert_eq!(server.title().await, "nightly (sandbox) failed");
    scene.arrived().await;
    assert!(server.asked.try_recv().is_err(), "once");
}

#[tokio::test]
async fn one_receiver_that_hangs_holds_up_no_other() {
    let (mut slow, mut quick) = (Server::start(&[Does::Hangs]).await, Server::start(&[]).await);
    let one = job("one", &format!("webhook = \"{}\"", slow.url));
    let other = job("other", &format!("webhook = \"{}\"", quick.url));
    let scene = Scene::of(vec![Arc::clone(&one), Arc::clone(&other)]).await;
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&one, "r1", FAILED)]).await;
    slow.next().await;
    scene.turn(&alarms, &[verdict(&other, "r2", FAILED)]).await;
    assert_eq!(quick.title().await, "other (sandbox) failed");
}

#[tokio::test]
async fn a_message_that_nobody_takes_for_a_day_is_given_up_and_that_is_said() {
    let server = Server::start(&[BROKEN; 1000]).await;
    let nightly = job("nightly", &format!("webhook = \"{}\"", server.url));
    let scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", FAILED)]).await;
    scene.said("again in").await;
    scene.clock.advance_ms(86_400_000);
    scene.said("given up after").await;
    scene.arrived().await;
}

#[tokio::test]
async fn a_watcher_hears_start_and_end_in_order_and_is_asked_three_times_at_most() {
    let mut server = Server::start(&[BROKEN, FINE, BROKEN, BROKEN, BROKEN]).await;
    let nightly = job("nightly", &format!("ping_url = \"{}\"", server.url));
    let scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    let alarms = scene.begin().await;
    let begins = What::Starts(super::super::verdict::Step::Begin);
    scene.turn(&alarms, &[verdict(&nightly, "r1", begins), verdict(&nightly, "r1", DONE)]).await;
    scene.turn(&alarms, &[verdict(&nightly, "r2", FAILED)]).await;
    let mut heard = Vec::new();
    for _ in 0..6 {
        heard.push(server.next().await);
    }
    let of = |path: &str, body: &str| (format!("/hook/T0PSECRET{path}"), body.to_owned());
    let failed = of("/fail", "run r2: failed with exit code 1");
    assert_eq!(heard[..2], [of("/start", "run r1 begins"), of("/start", "run r1 begins")]);
    assert_eq!(heard[2..5], [of("", "run r1 done"), of("", "run r1 done"), of("", "run r1 done")]);
    assert_eq!(heard[5], failed, "the one before it was given up");
    scene.said("given up after 3 tries").await;
    assert!(scene.is_clean() && scene.store.letters().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_told_to_everybody_once() {
    let (mut one, mut other) = (Server::start(&[]).await, Server::start(&[]).await);
    let jobs = ["a", "b", "c"].map(|name| job(name, &format!("webhook = \"{}\"", one.url)));
    let scene = Scene::of(jobs.into_iter().chain([job("d", &format!("webhook = \"{}\"", other.url))]).collect()).await;
    let alarms = scene.begin().await;
    alarms.store_fails("the disk is full", now());
    alarms.store_fails("the disk is full", now());
    for server in [&mut one, &mut other] {
        let body: Value = serde_json::from_str(&server.next().await.1).unwrap();
        assert_eq!(body["title"], "beadle serve (sandbox) cannot write its store: nothing new begins");
        assert_eq!((&body["why"], &body["job"]), (&json!("the disk is full"), &Value::Null));
    }
    alarms.store_works(now());
    alarms.store_works(now());
    for server in [&mut one, &mut other] {
        assert_eq!(server.title().await, "beadle serve (sandbox) can write its store again");
    }
    alarms.store_fails("the disk is full", now() + SignedDuration::from_mins(1));
    alarms.store_works(now() + SignedDuration::from_mins(2));
    alarms.store_fails("the disk is full", now() + SignedDuration::from_mins(15));
    for server in [&mut one, &mut other] {
        assert!(server.title().await.contains("cannot write its store"));
        assert!(server.asked.try_recv().is_err(), "it comes and goes: one message in a quarter of an hour");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_reads_an_object_and_a_mail_program_a_mail() {
    let nightly = job("nightly", "command = [\"tee\", \"told\"]\nmail = \"ops@example.org\"\n");
    let mut scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    scene.settings = "[mail]\ncommand = [\"tee\", \"mailed\"]\nfrom = \"beadle@example.org\"\n".into();
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", FAILED)]).await;
    scene.arrived().await;
    let read = |file: &str| std::fs::read_to_string(scene.folder.path().join(file)).unwrap();
    let told: Value = serde_json::from_str(&read("told")).unwrap();
    assert_eq!((&told["what"], &told["run"], &told["sandbox"]), (&json!("failed"), &json!("r1"), &json!(true)));
    let mailed = read("mailed");
    assert!(mailed.starts_with("From: beadle@example.org\nTo: ops@example.org\nSubject: nightly (sandbox) failed\n"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_that_takes_too_long_is_ended_and_the_message_kept() {
    let nightly = job("nightly", "command = [\"sleep\", \"1000\"]");
    let mut scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    (scene.waits.program, scene.waits.again) = (Duration::from_millis(50), Duration::from_secs(1000));
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", FAILED)]).await;
    let line = scene.said("took longer than").await;
    assert!(line.starts_with("nightly: the command `sleep` took longer than 0.1 s and was ended"), "{line}");
    assert_eq!(scene.store.letters().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_says_what_the_run_ended_with_and_what_to_type_without_secrets() {
    let mut server = Server::start(&[]).await;
    let nightly = job("nightly", &format!("webhook = \"{}\"", server.url));
    let scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    scene.redactor.learn(&crate::settings::Secret::new("hunter2-hunter2"));
    held(&scene.store).await;
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", What::Ended(Outcome::Held))]).await;
    let body: Value = serde_json::from_str(&server.next().await.1).unwrap();
    assert_eq!(body["error"], "12 people would be removed, said [secret]");
    let approve = "beadle approve r1 --sandbox --removals 12 --reason \"…\"";
    assert_eq!(body["next"], json!(["beadle runs show r1 --sandbox", approve]));
    assert_eq!(body["moment"], "Sun 2026-11-22 01:30 +00:00 (UTC)");
}

/// A run that a brake holds.
async fn held(store: &Store) {
    let of = NewRun {
        id: "r1".into(),
        script: "scripts/x.rhai".into(),
        source: String::new(),
        args: json!([]),
        connection: None,
        sandbox: true,
        settings: None,
        started_at: 0,
        job: None,
    };
    store.start_run(&of).await.unwrap();
    let hold = json!({ "brake": "removals", "number": 12, "leave": "exactly", "of": 20, "sentence": "too many" });
    let error = "\n12 people would be removed, said hunter2-hunter2\nif it is meant, type: beadle approve r1 …\n";
    let summary = json!({ "error": error, "holds": [hold] });
    store.end_run(&of.id, RunState::Held, 4, &summary, 1).await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_not_there_is_said_by_its_name() {
    let nightly = job("nightly", "webhook = \"env:HOOK_OF_MINE\"");
    let scene = Scene::of(vec![Arc::clone(&nightly)]).await;
    let alarms = scene.begin().await;
    scene.turn(&alarms, &[verdict(&nightly, "r1", FAILED)]).await;
    scene.said("the variable `HOOK_OF_MINE`, which is not set").await;
    assert_eq!(Address::source(&nightly.notify.webhook.as_ref().unwrap().1), "the variable `HOOK_OF_MINE`");
}

struct Files(Vec<Arc<Job>>);

impl JobFiles for Files {
    fn have_changed(&mut self) -> bool {
        false
    }

    fn read(&mut self) -> Found {
        Found { jobs: self.0.clone(), ..Found::default() }
    }
}

/// Runs nothing.
struct Idle;

impl Starts for Idle {
    fn run<'a>(&'a self, _: &'a Errand, _: &'a Job, _: CancellationToken) -> BoxFuture<'a, Ended> {
        Box::pin(std::future::pending())
    }
}

impl Scene {
    /// A daemon takes up what the one before it has left, and is gone.
    async fn daemon(&self) {
        let month = SignedDuration::from_hours(24 * 30);
        let parts = Parts {
            store: self.store.clone(),
            clock: self.clock.clone(),
            starts: Arc::new(Idle),
            files: Box::new(Files(self.jobs.clone())),
            events: Events::to(vec![self.said.clone()]),
            at_once: 4,
            keep: Keep { ticks: month, logs: month },
            connection: None,
            bell: Bell::default(),
            subscriptions: watch::channel(Arc::default()).0,
            stop: CancellationToken::new(),
            reload: Arc::default(),
            alarms: self.made(),
            asks: super::super::daemon::Desk::new().1,
            watcher: Arc::new(super::super::daemon::Nobody),
        };
        Daemon::begin(parts).await.unwrap();
    }
}

#[tokio::test]
async fn a_run_that_failed_while_no_daemon_was_there_is_told_of_by_the_next_one_and_not_by_the_one_after_it() {
    let mut server = Server::start(&[]).await;
    let scene = Scene::of(vec![job("nightly", &format!("webhook = \"{}\"", server.url))]).await;
    held(&scene.store).await;
    let at = now().as_millisecond();
    let running = TickRow {
        job: "nightly".into(),
        scheduled_at: at,
        due_at: at,
        cause: "schedule".into(),
        made_up: false,
        state: "running".into(),
        why: None,
        folded: 0,
        run: Some("r1".into()),
        tries: 1,
        decided_at: at,
        begun_at: Some(at),
        ended_at: None,
    };
    scene.store.keep_turn(&[], &[running]).await.unwrap();
    scene.daemon().await;
    assert_eq!(server.title().await, "nightly (sandbox) is held by a brake: a person must decide");
    scene.arrived().await;
    scene.daemon().await;
    let alarms = scene.begin().await;
    let nightly = Arc::clone(&scene.jobs[0]);
    scene.turn(&alarms, &[verdict(&nightly, "r2", DONE)]).await;
    assert_eq!(server.title().await, "nightly (sandbox) works again");
}
