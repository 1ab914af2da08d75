//! A store that cannot take a row: nothing is sent without it, the error says what to do, and the run goes on where it was.

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use beadle::store::Store;
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};

use crate::builder::{Ran, Test};
use crate::disturbed::said;
use crate::served::Served;

const SCRIPT: &str = "invite.rhai";
/// Members of the sandbox's group 4 who were never invited are among these.
const PEOPLE: std::ops::Range<u64> = 1_010..1_130;

/// A project whose script invites people one by one.
fn project(served: &Served) -> Test {
    let ids: Vec<String> = PEOPLE.map(|id| id.to_string()).collect();
    let script = format!(
        "for id in [{}] {{ members.invite(\"1\", #{{ sender_id: \"1001\", recipients_ids: [id] }}); }}\n",
        ids.join(",")
    );
    let settings = format!("{}settle = \"500ms\"\n", served.settings());
    Test::new().file("beadle.toml", &settings).file(SCRIPT, &script).env("SECRET", &served.secret)
}

/// How many invitations have reached the platform, whether it has answered or not.
fn invitations(served: &Served) -> usize {
    let journal: Value = serde_json::from_slice(&served.get("/journal")).unwrap();
    let requests = journal["requests"].as_array().unwrap();
    requests.iter().filter(|asked| asked["operation"] == "members.invite").count()
}

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The store's file of a project.
fn store_of(test: &Test) -> std::path::PathBuf {
    test.folder().join(".beadle/beadle.db")
}

/// How many calls it knows.
async fn calls(connection: &mut sqlx::SqliteConnection) -> usize {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM call").fetch_one(connection).await.unwrap();
    usize::try_from(count).unwrap()
}

/// Resumes the run; everybody who may be invited is, once.
fn goes_on(test: Test, output: &Output, served: &Served) {
    let run = Ran { folder: tempfile::tempdir().unwrap(), stdout: String::new(), stderr: said(output) }.run();
    test.again(["resume", &run]).success();
    let mut mails = served.mails();
    let all = mails.len();
    mails.sort_unstable();
    mails.dedup();
    assert_eq!(mails.len(), all, "nobody is mailed twice");
    // The same without any trouble.
    let other = Served::start();
    project(&other).args(["run", SCRIPT]).success();
    let mut wanted = other.mails();
    wanted.sort_unstable();
    assert_eq!(mails, wanted);
    assert!(wanted.len() > 20, "or this shows nothing");
}

#[test]
fn a_store_that_is_locked_all_along_ends_the_run_before_anything_is_asked() {
    let served = Served::start();
    let test = project(&served).args(["run", SCRIPT]);
    on_a_runtime(async {
        let store = Store::open(&store_of(&test)).await.unwrap();
        let held = store.writing().await.unwrap();
        let output = test.command().output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("is locked by another process; wait until it is done"), "{}", said(&output));
        drop(held);
        store.close().await;
    });
    let journal: Value = serde_json::from_slice(&served.get("/journal")).unwrap();
    assert_eq!(journal["counts"], serde_json::json!({}), "not even a read");
}

#[test]
fn a_store_that_is_locked_in_the_middle_stops_the_run_before_its_next_write() {
    let served = Served::start();
    let test = project(&served).args(["run", SCRIPT]);
    let mut command = test.command();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while invitations(&served) < 5 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = on_a_runtime(async {
        let options = SqliteConnectOptions::new().filename(store_of(&test)).busy_timeout(Duration::from_secs(60));
        let mut other = options.connect().await.unwrap();
        other.execute("BEGIN EXCLUSIVE").await.unwrap();
        let began = Instant::now();
        let durable = calls(&mut other).await;
        let output = child.wait_with_output().unwrap();
        assert!(invitations(&served) <= durable, "what is sent was written down before");
        assert!(began.elapsed() > Duration::from_secs(9), "it waits its time");
        other.execute("ROLLBACK").await.unwrap();
        output
    });
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("is locked by another process; wait until it is done"), "{}", said(&output));
    goes_on(test, &output, &served);
}

/// The command where no file can grow beyond so many blocks: the same refusal as a disk without room, as far as a process
/// can tell. `how` says what the process is given for the signal that comes with it.
#[cfg(unix)]
fn with_small_files(test: &Test, how: &str, blocks: u32) -> Output {
    let plain = test.command();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("{how} ulimit -f {blocks}; exec \"$0\" \"$@\"")).arg(plain.get_program());
    command.args(plain.get_args()).current_dir(test.folder()).stdin(Stdio::null()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.output().unwrap()
}

/// Few enough that they are full after some invitations, whether a block is 512 or 1024 bytes.
#[cfg(unix)]
const BLOCKS: u32 = 900;

#[cfg(unix)]
#[test]
fn a_disk_without_room_stops_the_run_before_it_sends() {
    for how in ["trap '' XFSZ;", ""] {
        let served = Served::start();
        let test = project(&served).args(["run", SCRIPT]);
        let output = with_small_files(&test, how, BLOCKS);
        let sent = invitations(&served);
        assert!(sent > 0 && sent < PEOPLE.count(), "{sent} sent\n{}", said(&output));
        let durable = on_a_runtime(async {
            let mut other = SqliteConnectOptions::new().filename(store_of(&test)).connect().await.unwrap();
            calls(&mut other).await
        });
        assert!(sent <= durable, "{sent} sent, {durable} written down\n{}", said(&output));
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("nothing is sent that cannot be written down"), "{}", said(&output));
        let run = Ran { folder: tempfile::tempdir().unwrap(), stdout: String::new(), stderr: said(&output) }.run();
        let all = format!("{}{}", said(&output), String::from_utf8_lossy(&output.stdout));
        let resume = format!("beadle resume {run}\n");
        assert!(all.contains(&resume) && !all.contains("resume RUN"), "{all}");
        goes_on(test, &output, &served);
    }
}
