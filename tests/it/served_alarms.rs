//! Who is told what `beadle serve` cannot do: a webhook and a watcher on this machine, a script that fails, and no address
//! in any output. Moments of the past are asked for, so that no test waits for a minute to come round.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

#[cfg(target_os = "linux")]
use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::builder::Test;
use crate::working::Working;

const SECRET: &str = "T0P-5ECRET-PATH";
const NIGHTLY: &str = "script = \"scripts/work.rhai\"\nschedule = \"0 2 * * *\"\ntimezone = \"Europe/Berlin\"\nretries = 0\n\
                       [notify]\nafter = 2\nwebhook = \"env:HOOK\"\nping_url = \"env:PING\"\n";

/// Takes posts, and answers them with a status that a test sets.
struct Receiving {
    url: String,
    status: Arc<AtomicU16>,
    posts: Receiver<(String, String)>,
}

impl Receiving {
    fn start(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{SECRET}", listener.local_addr().unwrap());
        let (tell, posts) = channel();
        let status = Arc::new(AtomicU16::new(status));
        let answers = Arc::clone(&status);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tell, answers) = (tell.clone(), Arc::clone(&answers));
                std::thread::spawn(move || answer(stream, &tell, &answers));
            }
        });
        Self { url, status, posts }
    }

    /// The next post: path and body.
    fn next(&self) -> (String, String) {
        self.posts.recv_timeout(Duration::from_secs(60)).unwrap()
    }

    fn message(&self) -> Value {
        serde_json::from_str(&self.next().1).unwrap()
    }
}

fn answer(stream: TcpStream, tell: &Sender<(String, String)>, answers: &AtomicU16) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut path, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if path.is_empty() {
                path = line.split(' ').nth(1).unwrap_or_default().to_owned();
            }
            if let Some(found) = line.to_lowercase().strip_prefix("content-length: ") {
                length = found.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let status = answers.load(Ordering::SeqCst);
        let path = path.replace(&format!("/{SECRET}"), "");
        tell.send((path, String::from_utf8(body).unwrap())).ok();
        if write!(reader.get_mut(), "HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

fn project(hook: &Receiving, watcher: &Receiving) -> Test {
    Test::new()
        .file("beadle.toml", "[serve]\nlisten = \"off\"\n[notify]\ngather = \"off\"\n")
        .file("scripts/work.rhai", "throw \"the list is empty\";\n")
        .file("jobs/nightly.toml", NIGHTLY)
        .env("HOOK", &hook.url)
        .env("PING", &watcher.url)
}

fn backfill(test: &Test, from: &str, to: &str) {
    let asked = test.beside(&["jobs", "backfill", "nightly", "--from", from, "--to", to, "--sandbox"]);
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
}

/// Whether the secret is in any file below the folder's `.beadle`.
fn is_kept(test: &Test) -> bool {
    std::fs::read_dir(test.folder().join(".beadle")).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        path.is_file() && std::fs::read(path).unwrap().windows(SECRET.len()).any(|part| part == SECRET.as_bytes())
    })
}

#[test]
fn failures_in_a_row_and_the_recovery_are_told_with_what_to_type_and_the_watcher_hears_each_run() {
    let (hook, watcher) = (Receiving::start(200), Receiving::start(200));
    let test = project(&hook, &watcher).env("BEADLE_SERVE__LISTEN", "off").args(["serve", "--sandbox"]);
    let mut working = Working::start(&test);
    working.until_said("serving 1 job");
    backfill(&test, "2026-11-01", "2026-11-02T12:00");
    let message = hook.message();
    let run = message["run"].as_str().unwrap();
    assert_eq!(message["title"], "nightly (sandbox) failed 2 times in a row");
    assert_eq!(message["moment"], "Mon 2026-11-02 02:00 +01:00 (Europe/Berlin), asked for later");
    assert_eq!((&message["outcome"], &message["why"]), (&json!("failed"), &json!("failed with exit code 1")));
    assert_eq!(message["error"], "the list is empty (scripts/work.rhai:1:1)");
    assert_eq!(
        message["next"],
        json!([format!("beadle runs show {run} --sandbox"), format!("beadle resume {run} --sandbox")])
    );
    let paths: Vec<String> = (0..4).map(|_| watcher.next().0).collect();
    assert_eq!(paths, ["/start", "/fail", "/start", "/fail"]);

    std::fs::write(test.folder().join("scripts/work.rhai"), "print(1);\n").unwrap();
    backfill(&test, "2026-11-03", "2026-11-04T12:00");
    assert_eq!(hook.message()["title"], "nightly (sandbox) works again");
    let heard: Vec<(String, String)> = (0..4).map(|_| watcher.next()).collect();
    let paths: Vec<&str> = heard.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["/start", "", "/start", ""]);
    assert!(heard[1].1.starts_with("run 2026") && heard[1].1.ends_with(" done"), "{heard:?}");
    working.signal("TERM");
    let (code, stdout, said) = working.end();
    assert_eq!(code, Some(0));
    assert!(!stdout.contains(SECRET) && !said.contains(SECRET) && !is_kept(&test), "{said}");
    assert!(hook.posts.try_recv().is_err(), "nothing else is told");
}

#[test]
fn a_message_that_did_not_arrive_outlives_a_daemon_that_is_killed() {
    let (hook, watcher) = (Receiving::start(503), Receiving::start(200));
    let test = project(&hook, &watcher).env("BEADLE_SERVE__LISTEN", "off").args(["serve", "--sandbox"]);
    let mut working = Working::start(&test);
    working.until_said("serving 1 job");
    backfill(&test, "2026-11-01", "2026-11-02T12:00");
    let first = hook.message();
    let line = working.until_said("answered 503");
    let wanted = "warning: nightly: the webhook of the variable `HOOK` answered 503: nightly (sandbox) failed 2 times in a row; \
                  again in 10 s; `beadle jobs notify nightly --test --sandbox` tries it";
    assert_eq!(line.split_once(' ').unwrap().1, wanted);
    working.signal("KILL");
    assert_eq!(working.end().0, None);

    let shown = test.beside(&["jobs", "notify", "nightly", "--sandbox"]);
    assert_eq!(
        String::from_utf8(shown.stdout).unwrap(),
        "nightly: told of after 2 failures in a row\n  the webhook of the variable `HOOK`: 1 message has not arrived yet\n  \
         the watcher of the variable `PING`\n"
    );
    hook.status.store(200, Ordering::SeqCst);
    let mut working = Working::start(&test);
    working.until_said("sending 1 message that did not arrive before");
    assert_eq!(hook.message(), first);
    // A third failure in a row is what was told already; a success is not.
    std::fs::write(test.folder().join("scripts/work.rhai"), "print(1);\n").unwrap();
    backfill(&test, "2026-11-03", "2026-11-03T12:00");
    assert_eq!(hook.message()["title"], "nightly (sandbox) works again");
    working.signal("TERM");
    assert_eq!(working.end().0, Some(0));
}

#[test]
fn a_test_says_what_was_answered_and_ends_with_1_where_something_did_not_arrive() {
    let (hook, watcher) = (Receiving::start(200), Receiving::start(404));
    let ran = project(&hook, &watcher)
        .args(["jobs", "notify", "nightly", "--test", "--sandbox"])
        .stdout(
            "the webhook of the variable `HOOK`: answered 200\n\
             the watcher of the variable `PING`, start: not told\n\
             the watcher of the variable `PING`, success: not told\n",
        )
        .stderr(
            "error: the watcher of the variable `PING` answered 404\nerror: the watcher of the variable `PING` answered 404\n",
        )
        .code(1);
    assert_eq!(hook.message()["what"], "test");
    assert_eq!([watcher.next().0, watcher.next().0], ["/start", ""]);

    watcher.status.store(200, Ordering::SeqCst);
    let ran = ran
        .then(["jobs", "notify", "nightly", "--test", "--sandbox", "--json"])
        .env("HOOK", &hook.url)
        .env("PING", &watcher.url)
        .success();
    let lines = ran.json();
    assert_eq!(
        lines[0],
        json!({ "type": "notified", "job": "nightly", "way": "webhook", "what": null, "arrived": true, "said": "answered 200" })
    );
    assert_eq!((lines.len(), &lines[2]["what"]), (3, &json!("success")));

    let script = "script = \"scripts/work.rhai\"\n";
    ran.then(["jobs", "notify", "quiet", "--sandbox"])
        .file("jobs/quiet.toml", script)
        .stderr(
            "error: nobody is told of `quiet`\n  next: name `slack`, `teams`, `webhook`, `command`, `mail` or `ping_url` below \
             `[notify]` in jobs/quiet.toml: docs/alarms.md\n",
        )
        .code(2);
}

/// The command where a file that must not grow is an error, and does not end the process.
#[cfg(target_os = "linux")]
fn outliving_full_disks(test: &Test) -> std::process::Command {
    let plain = test.command();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
    command.current_dir(test.folder()).stdin(std::process::Stdio::null()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// From now on its files hold no more than so many bytes: with none, nothing can be written, as on a full disk.
#[cfg(target_os = "linux")]
fn room(working: &Working, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(working.id()).unwrap());
    prlimit(pid, Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_to_those_whom_jobs_name_and_with_room_again_what_waited_goes_on() {
    let (hook, watcher) = (Receiving::start(200), Receiving::start(200));
    let test = project(&hook, &watcher)
        .file("scripts/work.rhai", "print(1);\n")
        .env("BEADLE_SERVE__LISTEN", "off")
        .args(["serve", "--sandbox"]);
    let mut working = Working::run(outliving_full_disks(&test));
    working.until_said("serving 1 job");
    room(&working, Some(0));
    backfill(&test, "2026-11-01", "2026-11-01T12:00");
    let said = working.until_said("nothing begins until the store can be written");
    let message = hook.message();
    assert_eq!(message["title"], "beadle serve (sandbox) cannot write its store: nothing new begins");
    assert_eq!((&message["what"], &message["job"]), (&json!("store_fails"), &json!(null)));
    let why = message["why"].as_str().unwrap();
    assert!(said.contains(why) && !why.is_empty(), "{said}\n{why}");
    assert!(watcher.posts.try_recv().is_err(), "nothing has begun");

    room(&working, None);
    working.until_said("the store can be written again; what waited goes on");
    assert_eq!(hook.message()["title"], "beadle serve (sandbox) can write its store again");
    let heard: Vec<(String, String)> = (0..2).map(|_| watcher.next()).collect();
    assert_eq!([heard[0].0.as_str(), heard[1].0.as_str()], ["/start", ""], "{heard:?}");
    working.signal("TERM");
    let (code, _, said) = working.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(hook.posts.try_recv().is_err(), "once each");
}
