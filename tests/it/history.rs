//! Looking back: runs, one person, and doubts, which a person settles, a look-up settles, or nobody does.

use std::path::Path;

use beadle::clock::Clock;
use beadle::effects::Lease;
use beadle::sandbox::{Wanted, kept};
use beadle::store::Store;

use crate::builder::{Ran, Test};

/// Invites one member of group 4.
const ONE: &str = r#"members.invite("4", #{ sender_id: "1001", recipients_ids: ["1014"] });"#;
const RUN_ONE: [&str; 3] = ["run", "one.rhai", "--sandbox"];
/// Nothing leaves, and nobody can prove it.
#[cfg(debug_assertions)]
const BEFORE_SENDING: &str = "after-intent";
/// The mail is out, and nobody has read the answer.
#[cfg(debug_assertions)]
const AFTER_SENDING: &str = "after-send";

fn project() -> Test {
    Test::new().file("one.rhai", ONE).env("USER", "ada")
}

/// A project in which the invitation's process died at this point; with the run's id.
#[cfg(debug_assertions)]
fn died(point: &str) -> (Test, String) {
    let test = project();
    let mut dying = test.command();
    let output = dying.args(RUN_ONE).env("BEADLE_CRASH_AT", point).output().unwrap();
    assert_eq!(output.status.code(), None, "it did not die: {output:?}");
    let run = look(test.folder(), |store| async move { store.runs(1).await.unwrap().remove(0).of.id });
    (test, run)
}

/// The next start, by the same person.
fn then<const N: usize>(ran: Ran, args: [&str; N]) -> Test {
    ran.then(args).env("USER", "ada")
}

fn look<T, F: Future<Output = T>>(folder: &Path, look: impl FnOnce(Store) -> F) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&folder.join(".beadle/sandbox.db")).await.unwrap();
        let seen = look(store.clone()).await;
        store.close().await;
        seen
    })
}

/// How many mails the sandbox has sent, all that is queued included.
fn mails(folder: &Path) -> usize {
    look(folder, |store| async move {
        let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
        sandbox.settle("mobilize").await;
        sandbox.outbox("mobilize").await.len()
    })
}

#[cfg(debug_assertions)]
#[test]
fn a_mail_in_doubt_that_did_not_happen_is_sent_once_by_the_resumed_run() {
    let (test, run) = died(BEFORE_SENDING);
    let ran = test
        .again(["runs", "--sandbox"])
        .stdout("{run}  {today} {time} UTC  died: resume  one.rhai on main: 1 in doubt\n")
        .success();
    let ran = then(ran, ["doubts", "--sandbox"])
        .stdout(
            "\
members.invite on main, run {run} (one.rhai): 1 in doubt since {today} {time} UTC
  members.invite on main: group_id 4, sender_id 1001, recipients_ids (1)
  sent {today} {time} UTC; the process ended before an answer was written down
    1  ngozi.sharma@example.com (1014), group 4
  to decide: ask them, or look at the platform's own record, whether a mail about group 4 went out since {today} {time} UTC; if it did not happen, it is sent again
  it happened: beadle doubts settle 1 --applied --reason \"…\" --sandbox
  it did not: beadle doubts settle 1 --not-applied --reason \"…\" --sandbox

1 in doubt
to ask the platforms once more: beadle doubts look --sandbox
",
        )
        .stderr("")
        .code(6);
    // Reading proves nothing here: the doubt stays, also when it is asked again.
    let ran = then(ran, ["doubts", "look", "--sandbox"])
        .stdout("1 in doubt\nto see and settle: beadle doubts --sandbox\n")
        .code(6);
    let ran = then(ran, ["resume", "--latest", "--sandbox"]).code(6);
    let report = "\
1 change or mail is in doubt: nobody knows whether it happened
to see and settle: beadle doubts --sandbox
then go on with: beadle resume {run} --sandbox
";
    assert!(ran.stdout.ends_with(&report.replace("{run}", &run)), "{}", ran.stdout);
    assert_eq!(mails(ran.folder.path()), 0);

    let ran = then(ran, ["doubts", "settle", "1", "--not-applied", "--reason", "her mailbox is empty", "--sandbox"])
        .stdout("")
        .stderr("settled: 1 effect did not happen\ngo on with: beadle resume {run} --sandbox\n")
        .success();
    let ran = then(ran, ["doubts", "--sandbox"]).stdout("nothing is in doubt\n").success();
    let ran = then(ran, ["resume", "--latest", "--sandbox"])
        .stderr(
            "the newest to go on with: {run}  {today} {time} UTC  failed (6)    one.rhai on main: 1 failed in 2 attempts\n\
             run {run} goes on (sandbox): attempt 3\n",
        )
        .success();
    assert_eq!(mails(ran.folder.path()), 1);
    let ran = then(ran, ["resume", &run, "--sandbox"]).code(2);
    assert_eq!(mails(ran.folder.path()), 1);

    let ran = then(ran, ["doubts", "look", "--sandbox"]).success();
    then(ran, ["person", "Ngozi.Sharma@example.com", "--sandbox"])
        .stdout(
            "\
ngozi.sharma@example.com: 1 mail, 0 other changes; 1 that did not happen
known as 1014
mails:
  {today} {time} UTC  members.invite on main  ngozi.sharma@example.com (1014), group 4: did not happen, as ada said {today} {time} UTC: her mailbox is empty; run {run}, effect 1
  {today} {time} UTC  members.invite on main  ngozi.sharma@example.com (1014), group 4: done; run {run}, effect 2
",
        )
        .success();
}

#[cfg(debug_assertions)]
#[test]
fn a_mail_in_doubt_that_happened_is_not_sent_by_the_resumed_run_nor_by_another() {
    let (test, run) = died(BEFORE_SENDING);
    let ran = test
        .again(["doubts", "settle", "1", "--applied", "--reason", "she showed it to me", "--sandbox"])
        .stderr("settled: 1 effect happened\ngo on with: beadle resume {run} --sandbox\n")
        .success();
    let ran = then(ran, ["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.contains("none of them a write"), "{}", ran.stdout);
    let ran = then(ran, RUN_ONE).success();
    assert!(ran.stdout.contains("not written to: 1, invited by run"), "{}", ran.stdout);
    assert_eq!(mails(ran.folder.path()), 0);
    let ran = then(ran, ["runs", "show", &run, "--sandbox", "--effects"]).success();
    let said = "settled {today} {time} UTC: 1 doubt happened, as ada said: she showed it to me\n";
    let shown = crate::builder::steady(&ran.stdout, ran.folder.path());
    assert!(shown.ends_with(said), "{shown}");
}

#[cfg(debug_assertions)]
#[test]
fn looking_settles_what_can_be_read_and_runs_nothing() {
    let (test, _) = died(AFTER_SENDING);
    let ran = test.again(["doubts", "--sandbox"]).code(6);
    let ran = then(ran, ["doubts", "look", "--sandbox"])
        .stdout(
            "\
{today} {time} UTC  members.invite on main  ngozi.sharma@example.com (1014), group 4: happened, as a read has shown; run {run}, effect 1
nothing is in doubt
",
        )
        .stderr("")
        .success();
    let runs = look(ran.folder.path(), |store| async move { store.runs(9).await.unwrap().len() });
    assert_eq!((runs, mails(ran.folder.path())), (1, 1));
    let ran = then(ran, ["doubts", "look", "--sandbox", "--json"]).success();
    assert_eq!(ran.json(), [serde_json::json!({ "type": "doubts", "in_doubt": 0, "promised": 0, "left_out": 0 })]);
}

#[cfg(debug_assertions)]
#[test]
fn what_belongs_to_a_run_that_is_alive_is_not_settled_by_others() {
    let (test, run) = died(BEFORE_SENDING);
    // Whoever holds the lock is alive: here it is this test.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(Store::open(&test.folder().join(".beadle/sandbox.db"))).unwrap();
    let lease = Lease::take(&store, &run).unwrap();
    let ran = test
        .again(["runs", "--sandbox"])
        .stdout("{run}  {today} {time} UTC  at work       one.rhai on main: 1 under way\n")
        .success();
    let ran = then(ran, ["doubts", "--sandbox"]).stdout("nothing is in doubt\n").success();
    let ran = then(ran, ["doubts", "settle", "1", "--applied", "--reason", "sure", "--sandbox"])
        .stdout("")
        .stderr(
            "error: effect 1 belongs to run {run}, which is still at work; wait for its end\n  next: beadle doubts --sandbox\n",
        )
        .code(7);
    let ran =
        then(ran, ["doubts", "settle", "--run", &run, "--all", "1", "--applied", "--reason", "sure", "--sandbox"])
            .stderr("error: run `{run}` is still at work and looks its doubts up itself; wait for its end\n")
            .code(7);
    let ran = then(ran, ["resume", "--latest", "--sandbox"])
        .stderr(
            "error: there is no run to go on with in {folder}/.beadle/sandbox.db; 1 still at work\n  next: a run on a real \
             connection is found without --sandbox\n",
        )
        .code(2);
    drop(lease);
    then(ran, ["doubts", "settle", "1", "--applied", "--reason", "sure", "--sandbox"]).success();
}

#[test]
fn all_doubts_of_a_run_are_settled_with_the_right_number_only() {
    let script = r#"members.invite("4", #{ sender_id: "1001", recipients_ids: ["1014", "1022", "1004"] });"#;
    let test = Test::new().file("three.rhai", script).env("USER", "ada");
    let ran = test.args(["run", "three.rhai", "--sandbox", "--faults", "reset:times=1:members.invite"]).code(6);
    let run = ran.run();
    let settle = ["doubts", "settle", "--run", &run, "--not-applied", "--reason", "the queue was empty", "--sandbox"];
    let ran = then(ran, settle)
        .stdout("")
        .stderr(
            "error: 3 of run `{run}` are in doubt; say so\n  next: beadle doubts settle --run {run} --all 3 --not-applied \
             --reason \"…\" --sandbox\n",
        )
        .code(2);
    let ran = then(ran, settle)
        .args(["--all", "2"])
        .stderr(
            "error: 3 of run `{run}` are in doubt, not 2: look at them once more\n  next: beadle doubts --sandbox\n",
        )
        .code(2);
    let ran = then(ran, ["doubts", "--sandbox", "--json"]).code(6);
    let lines = ran.json();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["doubt", "doubt", "doubt", "doubts"]);
    assert_eq!((&lines[0]["address"], &lines[0]["group"]), (&"ngozi.sharma@example.com".into(), &"4".into()));
    let next = &lines[0]["next"];
    assert_eq!(next, "beadle doubts settle 1 --applied --reason \"…\" --sandbox");
    let ran = then(ran, settle).args(["--all", "3", "--json"]).success();
    let settled = &ran.json()[0];
    assert_eq!(settled["effects"], serde_json::json!([1, 2, 3]));
    assert_eq!((&settled["state"], &settled["by"]), (&"not_applied".into(), &"ada: the queue was empty".into()));
    let ran = then(ran, settle).stderr("error: nothing of run `{run}` is in doubt\n").code(2);
    let ran = then(ran, ["resume", &run, "--sandbox"]).success();
    assert_eq!(mails(ran.folder.path()), 3);
}

#[test]
fn only_what_is_in_doubt_can_be_settled_and_only_with_a_reason() {
    let ran = project().args(RUN_ONE).success();
    let settle = |ran: Ran, number: &str, reason: &str| {
        then(ran, ["doubts", "settle", "--applied", "--sandbox", number, "--reason", reason])
    };
    let ran = settle(ran, "99", "sure")
        .stdout("")
        .stderr("error: there is no effect 99 in {folder}/.beadle/sandbox.db\n  next: beadle doubts --sandbox\n")
        .code(2);
    let ran = settle(ran, "1", "  ").stderr("error: the reason is empty: say how you know, it is kept\n").code(2);
    // The platform has promised the mail: that is no doubt, and a person may still know better.
    let ran = then(ran, ["doubts", "--sandbox"]).success();
    assert!(ran.stdout.contains("1 promised and not seen since"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\nnothing is in doubt; 1 promised by the platform and not seen yet\n"),
        "{}",
        ran.stdout
    );
    let ran = settle(ran, "1", "sure").stderr("settled: 1 effect happened\n").success();
    let ran = settle(ran, "1", "sure")
        .stderr(
            "error: effect 1 is not in doubt: happened, as ada said {today} {time} UTC: sure\n  next: beadle doubts --sandbox\n",
        )
        .code(2);
    let ran = then(ran, ["doubts", "settle", "1", "--reason", "sure"]).code(2);
    assert!(ran.stderr.contains("--applied") && ran.stderr.contains("--not-applied"), "{}", ran.stderr);
    let ran = then(ran, ["doubts", "settle", "--applied", "--reason", "sure"]).code(2);
    assert!(ran.stderr.contains("--run"), "{}", ran.stderr);
    then(ran, ["doubts", "settle", "--run", "20261122-0158-k3f9", "--applied", "--reason", "sure", "--sandbox"])
        .stderr(
            "error: there is no run `{run}` in {folder}/.beadle/sandbox.db\n  next: a run on a real connection is found \
             without --sandbox\n",
        )
        .code(2);
}

#[test]
fn doubts_of_a_sandbox_that_is_gone_are_left_out() {
    let ran = project().args(RUN_ONE).args(["--faults", "reset:times=1:members.invite"]).code(6);
    let run = ran.run();
    let ran = then(ran, RUN_ONE).args(["--fresh"]).success();
    let ran = then(ran, ["doubts", "look", "--sandbox"]).success();
    assert!(ran.stdout.ends_with("nothing is in doubt; 1 on sandboxes that are gone are left out\n"), "{}", ran.stdout);
    let ran = then(ran, ["doubts", "settle", "1", "--applied", "--reason", "sure", "--sandbox"])
        .stderr("error: the sandbox of effect 1 is gone: another was begun with --fresh\n")
        .code(2);
    let ran = then(ran, ["runs", "show", &run, "--sandbox"]).success();
    assert!(ran.stdout.ends_with("\nits sandbox is gone: another was begun with --fresh\n"), "{}", ran.stdout);
}

#[test]
fn runs_are_listed_the_newest_first_and_what_is_left_out_is_counted() {
    let test = Test::new().file("scripts/good.rhai", "print(1);").file("scripts/bad.rhai", "throw \"no\";");
    let ran = test.args(["runs", "--sandbox"]).stdout("there is no run in {folder}/.beadle/sandbox.db\n").success();
    let ran = ran.then(["run", "scripts/good.rhai", "--sandbox"]).success();
    let good = ran.run();
    let ran = ran.then(["run", "scripts/bad.rhai", "--sandbox"]).code(1);
    let bad = ran.run();
    let ran = ran.then(["runs", "--sandbox", "--limit", "1"]);
    let ran = ran
        .stdout(
            "\
{run}  {today} {time} UTC  failed (1)    scripts/bad.rhai on main: nothing was changed
and 1 older: --limit 2 shows them
",
        )
        .success();
    assert!(ran.stdout.starts_with(&bad), "{}", ran.stdout);
    let ran = ran
        .then(["runs", "--sandbox", "--script", "good.rhai"])
        .below("scripts")
        .stdout("there is no run of good.rhai in {folder}/scripts/.beadle/sandbox.db\n")
        .success();
    let ran = ran.then(["runs", "--sandbox", "--script", "./scripts/good.rhai"]);
    let ran = ran
        .stdout("{run}  {today} {time} UTC  done          scripts/good.rhai on main: nothing was changed\n")
        .success();
    assert!(ran.stdout.starts_with(&good), "{}", ran.stdout);
    let ran = ran.then(["runs", "--sandbox", "--state", "held"]);
    let ran = ran.stdout("there is no run that is held in {folder}/.beadle/sandbox.db\n").success();
    let ran = ran.then(["runs", "--sandbox", "--state", "dead"]).code(2);
    assert!(ran.stderr.contains("a run is running, done, failed, held, interrupted"), "{}", ran.stderr);
    let ran = ran.then(["runs", "--sandbox", "--json"]).success();
    let lines = ran.json();
    assert_eq!((lines.len(), &lines[0]["run"], &lines[1]["run"]), (3, &bad.clone().into(), &good.into()));
    assert_eq!(lines[0]["next"], format!("beadle resume {bad} --sandbox"));
    assert_eq!(lines[1]["next"], serde_json::Value::Null);
    assert_eq!(lines[2], serde_json::json!({ "type": "runs", "shown": 2, "all": 2 }));
}

#[test]
fn one_run_is_told_with_its_arguments_effects_calls_files_log_and_end() {
    let ran = Test::project().args(["run", "scripts/sync_roster.rhai", "--sandbox"]).code(5);
    let run = ran.run();
    let ran = ran.then(["runs", "show", &run, "--sandbox"]).success();
    let shown = crate::builder::steady(&ran.stdout, ran.folder.path());
    let start = "\
run {run}: scripts/sync_roster.rhai on main (sandbox)
  started {today} {time} UTC
  without arguments
  done {today} {time} UTC, exit code 5
  attempt 1: {today} {time} UTC to {today} {time} UTC, 9 writes
";
    let asked = shown.strip_prefix(start).unwrap_or_else(|| panic!("{shown}"));
    let (asked, effects) = asked.split_once('\n').unwrap();
    // How often the end of a job is asked for is a matter of time.
    let requests: u32 = asked.strip_prefix("  requests: ").and_then(|count| count.parse().ok()).unwrap();
    assert!(requests > 9 && effects.starts_with("effects: 119\n"), "{shown}");
    let rest = format!("    and 75 more\n  all of them: beadle runs show {} --effects --sandbox\ncalls that", "{run}");
    assert!(shown.contains(&rest), "{shown}");
    let end = "left .beadle/runs/{run}/rejects.csv, 567 bytes\nnext: beadle resume {run} --sandbox\n";
    assert!(shown.ends_with(end), "{shown}");

    let ran = ran.then(["runs", "show", &run, "--sandbox", "--json", "--effects", "--log"]).success();
    let lines = ran.json();
    let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((count("run"), count("effect"), count("call"), count("attempt"), count("file")), (1, 119, 9, 1, 1));
    assert!(count("log") > 1, "{}", ran.stdout);
    assert_eq!(lines[0]["report"]["exit_code"], 5);
    let counted: i64 =
        lines.iter().filter(|line| line["type"] == "effects").map(|line| line["count"].as_i64().unwrap()).sum();
    assert_eq!(counted, 119, "the kinds add up");
    ran.then(["runs", "show", "20261122-0158-zzzz", "--sandbox"])
        .stderr(
            "error: there is no run `{run}` in {folder}/.beadle/sandbox.db\n  next: a run on a real connection is found \
             without --sandbox\n",
        )
        .code(2);
}

#[test]
fn more_rows_than_are_read_at_a_time_are_all_shown() {
    let script = r#"
        let rows = [];
        for n in 0..1300 { rows.push(#{ fields: #{ email: `new${n}@many.example`, first_name: "New" } }); }
        bulk.create_members(#{ group_id: "3", users: rows });
        for n in 0..700 { print(n); }
    "#;
    let ran = Test::new().file("many.rhai", script).args(["run", "many.rhai", "--sandbox"]).success();
    let run = ran.run();
    let ran = ran.then(["runs", "show", &run, "--sandbox", "--effects", "--log"]).success();
    let lines = |sign: &str| ran.stdout.lines().filter(|line| line.contains(sign)).count();
    assert_eq!(lines("@many.example, group 3: done"), 1_300);
    assert_eq!(lines(" UTC  print    "), 700);
    let ran = ran.then(["person", "NEW1299@many.example", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("new1299@many.example: 0 mails, 1 other change\n"), "{}", ran.stdout);
}

#[test]
fn a_person_is_found_by_address_and_by_id_in_all_runs() {
    let ran = project().args(RUN_ONE).success();
    let change = r#"users.update("1014", #{ first_name: "Ngozi A." });"#;
    std::fs::write(ran.folder.path().join("change.rhai"), change).unwrap();
    let ran = ran.then(["run", "change.rhai", "--sandbox"]).success();
    let ran = ran.then(["doubts", "look", "--sandbox"]).success();
    let told = "\
mails:
  {today} {time} UTC  members.invite on main  ngozi.sharma@example.com (1014), group 4: done; run {run}, effect 1
other changes:
  {today} {time} UTC  users.update on main  1014: done; run {run}, effect 2
";
    let by_address = format!("ngozi.sharma@example.com: 1 mail, 1 other change\nknown as 1014\n{told}");
    let ran = ran.then(["person", "ngozi.sharma@example.com", "--sandbox"]).stdout(&by_address).success();
    let by_id = format!("1014: 1 mail, 1 other change\nknown as ngozi.sharma@example.com\n{told}");
    let ran = ran.then(["person", "1014", "--sandbox"]).stdout(&by_id).success();
    let ran = ran.then(["person", "1014", "--sandbox", "--json"]).success();
    let lines = ran.json();
    assert_eq!((&lines[0]["known"], &lines[0]["mails"], lines.len()), (&true.into(), &1.into(), 3));
    assert_eq!(
        (&lines[2]["operation"], &lines[2]["asked"]["fields"]["first_name"]),
        (&"users.update".into(), &"Ngozi A.".into())
    );
    let ran = ran
        .then(["person", "nobody@example.org", "--sandbox"])
        .stdout(
            "nothing is known of `nobody@example.org`: no run of the store {folder}/.beadle/sandbox.db has written to them or \
             changed anything of theirs\n",
        )
        .success();
    let ran = ran.then(["person", "nobody@example.org", "--sandbox", "--json"]).success();
    assert_eq!(ran.json()[0]["known"], false);
    ran.then(["person", "nobody@", "--sandbox"])
        .stderr("error: `nobody@` is not an e-mail address: one side of the `@` is empty\n")
        .code(2);
}

#[test]
fn the_newest_run_that_can_go_on_is_found_and_runs_that_ended_well_are_passed_over() {
    let test = Test::new().file("bad.rhai", "throw \"no\";").file("good.rhai", "print(1);");
    let ran = test
        .args(["resume", "--latest", "--sandbox"])
        .stderr(
            "error: there is no run to go on with in {folder}/.beadle/sandbox.db\n  next: a run on a real connection is found \
             without --sandbox\n",
        )
        .code(2);
    let ran = ran.then(["run", "bad.rhai", "--sandbox"]).code(1);
    let bad = ran.run();
    let ran = ran.then(["run", "good.rhai", "--sandbox"]).success();
    let ran = ran.then(["resume", "--latest", "--sandbox"]).code(1);
    let said = format!("the newest to go on with: {bad}  ");
    assert!(ran.stderr.starts_with(&said), "{}", ran.stderr);
    let ran = ran.then(["resume", &bad, "--latest", "--sandbox"]).code(2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
    let ran = ran.then(["resume", "--sandbox"]).code(2);
    assert!(ran.stderr.contains("--latest"), "{}", ran.stderr);
    // What ran on a sandbox that is gone cannot be gone on with.
    let ran = ran.then(["run", "good.rhai", "--sandbox", "--fresh"]).success();
    ran.then(["resume", "--latest", "--sandbox"]).code(2);
}

#[test]
fn commands_to_type_name_the_settings_that_were_named() {
    let bad = r#"users.update("1014", #{ first_name: "N." }); throw "no";"#;
    let test = Test::project().file("conf/other.toml", "").file("conf/bad.rhai", bad).file("conf/one.rhai", ONE);
    let ran = test.args(["run", "conf/bad.rhai", "--sandbox", "--settings", "conf/other.toml"]).code(1);
    let go_on = "beadle resume {run} --sandbox --settings {folder}/conf/other.toml\n";
    let shown = |ran: &Ran| crate::builder::steady(&ran.stdout, ran.folder.path());
    assert!(shown(&ran).ends_with(&format!("go on with: {go_on}")), "{}", ran.stdout);
    let run = ran.run();
    let ran = ran.then(["runs", "show", &run, "--sandbox", "--settings", "conf/other.toml"]).success();
    assert!(shown(&ran).ends_with(&format!("next: {go_on}")), "{}", ran.stdout);
    assert!(shown(&ran).contains("\n  settings {folder}/conf/other.toml\n"), "{}", ran.stdout);
    let lost = ["--sandbox", "--settings", "conf/other.toml", "--faults", "reset:times=1:members.invite"];
    let ran = ran.then(["run", "conf/one.rhai"]).args(lost).code(6);
    let doubts = "to see and settle: beadle doubts --sandbox --settings {folder}/conf/other.toml\n";
    assert!(shown(&ran).contains(doubts), "{}", ran.stdout);
    // A brake's command is made by the ledger, the word after it by the command line.
    let roster = "email\n";
    std::fs::create_dir_all(ran.folder.path().join("conf/scripts")).unwrap();
    std::fs::copy(ran.folder.path().join("scripts/sync_roster.rhai"), ran.folder.path().join("conf/sync.rhai"))
        .unwrap();
    std::fs::write(ran.folder.path().join("conf/nobody.csv"), roster).unwrap();
    let held = ran.then(["run", "conf/sync.rhai", "--sandbox", "--settings", "conf/other.toml"]);
    let held = held.args(["--arg", "roster=conf/nobody.csv"]).code(4);
    let line = held.stdout.lines().last().unwrap();
    let command = line.split_once("type: beadle ").unwrap().1.replace("\"…\"", "split");
    assert!(command.contains("--settings "), "{line}");
    let approve: Vec<&str> = command.split(' ').collect();
    let approved = approve.iter().fold(held.then([]), |test, word| test.args([*word]));
    approved.stderr(&format!("kept; go on with: {go_on}")).success();
}
