//! Ctrl-C: a run stops where it can go on, and going on mails nobody twice. What happens when is read from stderr, never
//! guessed from the time.
#![cfg(unix)]

use std::collections::HashSet;
use std::process::Command;

use crate::builder::{Test, steady};
use crate::served::Served;
use crate::working::Working;

const SYNC: [&str; 8] = [
    "run",
    "scripts/sync_roster.rhai",
    "--arg",
    "roster=scripts/data/roster.csv",
    "--arg",
    "group=4",
    "--arg",
    "sender=1001",
];

/// The main job against a sandbox in another process, interrupted when this call was answered: its exit code, stdout,
/// and the folder in which it ran.
fn interrupted_after(call: &str, served: &Served) -> (Option<i32>, String, Test) {
    let start = Test::project().file("beadle.toml", &served.settings()).env("SECRET", &served.secret);
    let start = start.args(SYNC).args(["-v"]);
    let mut working = Working::start(&start);
    working.until(&format!("debug: {call}: 200"));
    working.signal("INT");
    let (code, stdout, stderr) = working.end();
    assert!(
        stderr.contains("warning: stopping; what is under way is finished first (once more: at once)\n"),
        "{stderr}"
    );
    (code, stdout, start)
}

/// Resumed, it does the rest and nothing twice.
fn goes_on_after(call: &str) {
    let served = Served::start();
    let (code, stdout, start) = interrupted_after(call, &served);
    let told = steady(&stdout, start.folder());
    assert_eq!(code, Some(130), "{told}");
    assert!(told.starts_with("run {run} on main: interrupted in {seconds} s\n"), "{told}");
    assert!(told.ends_with("\ngo on with: beadle resume {run}\n"), "{told}");

    let run = stdout.split(' ').nth(1).unwrap().to_owned();
    let resumed = start.again(["resume", &run]).code(5);
    assert!(resumed.stderr.starts_with(&format!("run {run} goes on: attempt 2\n")), "{}", resumed.stderr);
    assert!(
        resumed.stdout.contains("119 changes and mails made in all 2 attempts of this run\n"),
        "{}",
        resumed.stdout
    );
    everybody_was_mailed_once(&served);
    let again = resumed.then(SYNC).env("SECRET", &served.secret).code(5);
    assert!(again.stdout.contains("none of them a write: nothing was changed"), "{}", again.stdout);
    everybody_was_mailed_once(&served);
}

fn everybody_was_mailed_once(served: &Served) {
    let mails = served.mails();
    let people: HashSet<&u64> = mails.iter().collect();
    assert_eq!((mails.len(), people.len()), (78, 78));
}

#[test]
fn a_run_interrupted_while_members_are_added_goes_on_and_mails_everybody_once() {
    goes_on_after("bulk.create_members");
}

#[test]
fn a_run_interrupted_while_members_are_removed_goes_on_and_removes_nobody_twice() {
    goes_on_after("members.remove");
}

#[test]
fn a_run_interrupted_after_its_last_write_says_so_and_the_next_one_mails_nobody() {
    let served = Served::start();
    let (code, stdout, start) = interrupted_after("members.invite", &served);
    assert_eq!(code, Some(130), "{stdout}");
    assert!(stdout.contains("119 changes and mails made") && stdout.contains(" on main: interrupted in "), "{stdout}");
    everybody_was_mailed_once(&served);
    let again = start.again(SYNC).code(5);
    assert!(again.stdout.contains("none of them a write: nothing was changed"), "{}", again.stdout);
    everybody_was_mailed_once(&served);
}

#[test]
fn a_run_on_the_sandbox_goes_on_with_the_script_as_it_is_then() {
    let script = |rest: &str| {
        format!(
            "members.invite(\"4\", #{{ sender_id: \"1001\", recipients_ids: [\"1004\", \"1014\"] }}); log(\"invited\"); {rest}"
        )
    };
    let start = Test::new().file("slow.rhai", &script("loop { }")).args(["run", "slow.rhai", "--sandbox"]);
    let mut working = Working::start(&start);
    working.until("invited");
    // While it is at work, nobody else goes on with it.
    let at_work = working.said.split([' ', ':']).nth(1).unwrap().to_owned();
    let mut other = Command::new(env!("CARGO_BIN_EXE_beadle"));
    let other = other.args(["resume", &at_work, "--sandbox"]).current_dir(start.folder()).output().unwrap();
    assert_eq!(
        (other.status.code(), steady(&String::from_utf8_lossy(&other.stderr), start.folder()).as_str()),
        (
            Some(7),
            "error: run `{run}` is still at work in another process; wait for its end, or stop it there with Ctrl-C, \
             which says how to go on\n"
        )
    );
    working.signal("INT");
    let (code, stdout, stderr) = working.end();
    assert_eq!(code, Some(130), "{stdout}\n{stderr}");
    assert!(steady(&stdout, start.folder()).ends_with("\ngo on with: beadle resume {run} --sandbox\n"), "{stdout}");

    let run = stdout.split(' ').nth(1).unwrap().to_owned();
    let next = start.again(["run", "slow.rhai", "--sandbox"]).file("slow.rhai", &script("print(\"through\");"));
    let next = next.success();
    let line = format!(
        "warning: run {run} of this script was interrupted; this is a new one. To go on with that one: beadle resume {run} --sandbox\n"
    );
    assert!(next.stderr.contains(&line), "{}", next.stderr);
    let resumed = next.then(["resume", &run, "--sandbox"]).success();
    assert!(resumed.stdout.starts_with("through\n"), "{}", resumed.stdout);
    assert!(!resumed.stdout.contains("not written to"), "its own work is no reason: {}", resumed.stdout);
    assert!(
        resumed.stdout.contains("none of them a write: 2 changes and mails made in all 2 attempts"),
        "{}",
        resumed.stdout
    );
}

#[test]
fn a_second_ctrl_c_ends_the_run_at_once() {
    // The answer to the write takes a minute; nobody waits for it.
    let start = Test::new()
        .file("slow.rhai", "log(\"now\"); users.update(\"1010\", #{ fields: #{ city: \"Oslo\" } });")
        .args(["run", "slow.rhai", "--sandbox", "--faults", "slow:ms=60000:writes"]);
    let mut working = Working::start(&start);
    working.until("now");
    working.signal("INT");
    working.until("warning: stopping;");
    working.signal("INT");
    let (code, stdout, stderr) = working.end();
    assert_eq!((code, stdout.as_str()), (Some(130), ""), "{stderr}");
}
