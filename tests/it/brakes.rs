//! Brakes: too much is held before it happens, with the numbers and the very command that lets it go on.

use crate::builder::{Ran, Test};

const SYNC: [&str; 3] = ["run", "scripts/sync_roster.rhai", "--sandbox"];

/// A roster without the last 30 % of the one that ships, in a file `short.csv`.
fn shortened() -> Test {
    let roster = include_str!("../../scripts/data/roster.csv");
    let short: Vec<&str> = roster.lines().take(169).collect();
    Test::project().file("short.csv", &format!("{}\n", short.join("\n")))
}

/// The command that the last line of stdout says to type, as arguments behind the program's name.
fn command(ran: &Ran) -> Vec<String> {
    let line = ran.stdout.lines().last().unwrap();
    let command = line.split_once("beadle ").unwrap_or_else(|| panic!("{line}")).1;
    command.split(' ').map(|word| word.trim_matches('"').to_owned()).collect()
}

fn start(ran: Ran, words: &[String]) -> Test {
    words.iter().fold(ran.then([]), |test, word| test.args([word.as_str()]))
}

#[test]
fn a_roster_that_lost_a_third_is_held_until_the_right_number_is_named() {
    let held = shortened()
        .args(SYNC)
        .args(["--arg", "roster=short.csv"])
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, none of them a write: nothing was changed
held before the first change: 56 of 222 would be removed from group 4
if it is meant, type: beadle approve {run} --sandbox --removals 56 --reason \"…\"
",
        )
        .code(4);
    let (run, approve) = (held.run(), command(&held));

    let wrong: Vec<String> = approve.iter().map(|word| word.replace("56", "55")).collect();
    let ran = start(held, &wrong)
        .stdout("")
        .stderr("error: the brake named 56 removals, not 55: look at it once more\n")
        .code(2);
    let ran = ran.then(["resume", &run, "--sandbox"]).code(4);
    assert!(ran.stdout.contains("56 of 222 would be removed"), "{}", ran.stdout);

    let ran = start(ran, &approve).stdout("").stderr("kept; go on with: beadle resume {run} --sandbox\n").success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains("done: ") && ran.stdout.contains(" 56 removed\n"), "{}", ran.stdout);

    // Resumed once more it has nothing left to do, and removes nobody twice.
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains("none of them a write"), "{}", ran.stdout);
}

#[test]
fn an_approval_of_one_run_is_none_for_the_next() {
    let held = shortened().args(SYNC).args(["--arg", "roster=short.csv"]).code(4);
    let approve = command(&held);
    let ran = start(held, &approve).success();
    let ran = ran.then(SYNC).args(["--arg", "roster=short.csv"]).code(4);
    assert!(ran.stdout.contains("none of them a write"), "{}", ran.stdout);
    assert!(ran.stderr.contains(" of this script is held; this is a new one."), "{}", ran.stderr);
}

#[test]
fn a_roster_without_a_single_row_is_held_wherever_it_would_remove() {
    for mode in ["mirror", "remove_only"] {
        let held = Test::project()
            .file("nobody.csv", "email;first_name\n")
            .args(SYNC)
            .args(["--arg", "roster=nobody.csv", "--arg", &format!("mode={mode}")])
            .stdout(
                "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, none of them a write: nothing was changed
held before the first change: the roster names nobody: 219 of 222 would be removed from group 4
if it is meant, type: beadle approve {run} --sandbox --removals 219 --reason \"…\"
",
            )
            .code(4);
        assert!(held.stderr.contains("warning: `nobody.csv` names nobody"), "{}", held.stderr);
    }
    for mode in ["add_only", "update_only"] {
        let ran = Test::project()
            .file("nobody.csv", "email;first_name\n")
            .args(SYNC)
            .args(["--arg", "roster=nobody.csv", "--arg", &format!("mode={mode}")])
            .success();
        assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
        assert!(ran.stderr.contains("warning: `nobody.csv` names nobody"), "{}", ran.stderr);
    }
}

#[test]
fn a_roster_whose_key_column_was_replaced_is_held_in_every_mode() {
    let rows: String = (0..40).map(|n| format!("somebody{n}@elsewhere.example\n")).collect();
    for mode in ["mirror", "add_only"] {
        let held = Test::project()
            .file("other.csv", &format!("email\n{rows}"))
            .args(SYNC)
            .args(["--arg", "roster=other.csv", "--arg", &format!("mode={mode}")])
            .code(4);
        assert!(held.stdout.contains("only 0 stand in both"), "{}", held.stdout);
        assert!(held.stdout.contains(" --overlap 0 "), "{}", held.stdout);
    }
}

#[test]
fn a_script_that_removes_one_by_one_is_held_before_the_one_that_is_too_many() {
    let script = r#"
        let ids = csv.read("leavers.csv").map(|row| row.id);
        for id in ids { members.remove("4", id); }
        print(`${ids.len()} removed`);
    "#;
    let list = r#"for m in members.list("4").filter(|m| !m.groups.find(|g| g.id == "4").is_admin) { print(m.id); }"#;
    let listed =
        Test::new().file("list.rhai", list).file("remove.rhai", script).args(["run", "list.rhai", "--sandbox"]);
    let listed = listed.success();
    let ids: Vec<String> = listed.stdout.lines().take(40).map(str::to_owned).collect();
    let leavers = format!("id\n{}\n", ids.join("\n"));
    let held = listed.then(["run", "remove.rhai", "--sandbox"]).file("leavers.csv", &leavers).code(4);
    assert!(
        held.stdout
            .contains("held before it was sent: 1 of 202 would be removed from group 4 after 22 in the last 7 days"),
        "{}",
        held.stdout
    );
    let run = held.run();
    let approve: Vec<String> =
        command(&held).into_iter().map(|word| if word == "N" { "40".into() } else { word }).collect();
    assert!(approve.join(" ").ends_with("--sandbox --removals 40 --reason …"), "{approve:?}");
    let ran = start(held, &approve).success();
    // Twenty-two are answered by the ledger, eighteen are sent.
    let ran = ran.then(["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.starts_with("40 removed\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("18 of them writes: 40 changes and mails made in all 2 attempts"), "{}", ran.stdout);
    let ran = ran.then(["run", "list.rhai", "--sandbox"]).success();
    assert!(ids.iter().all(|id| !ran.stdout.lines().any(|line| line == id)), "{}", ran.stdout);
}

#[test]
fn a_script_that_deletes_accounts_is_held_after_ten() {
    let script = r#"
        for id in csv.read("ids.csv").map(|row| row.id) { users.delete(id); }
    "#;
    let ids: String = (1300..1320).map(|id| format!("{id}\n")).collect();
    let held = Test::new()
        .file("delete.rhai", script)
        .file("ids.csv", &format!("id\n{ids}"))
        .args(["run", "delete.rhai", "--sandbox"])
        .code(4);
    assert!(held.stdout.contains("users.delete would delete 11 accounts in this run"), "{}", held.stdout);
    let run = held.run();
    let ran = held.then(["approve", &run, "--sandbox", "--removals", "15", "--reason", "tests"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(4);
    assert!(ran.stdout.contains("users.delete would delete 16 accounts in this run"), "{}", ran.stdout);
    let ran = ran.then(["approve", &run, "--sandbox", "--removals", "20", "--reason", "tests"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.contains("5 of them writes: 20 changes and mails made in all 3 attempts"), "{}", ran.stdout);
}

#[test]
fn approving_what_is_not_held_or_not_there_is_wrong_usage() {
    let ran = Test::new().file("hello.rhai", "print(\"hello\");").args(["run", "hello.rhai", "--sandbox"]).success();
    let run = ran.run();
    let ran = ran
        .then(["approve", &run, "--sandbox", "--removals", "1", "--reason", "x"])
        .stderr("error: run `{run}` is not held: done\n")
        .code(2);
    let ran = ran
        .then(["approve", "nothing", "--sandbox", "--removals", "1", "--reason", "x"])
        .stderr(
            "error: there is no run `nothing` in {folder}/.beadle/sandbox.db\n  \
             next: a run on a real connection is found without --sandbox\n",
        )
        .code(2);
    ran.then(["resume", &run, "--sandbox"])
        .stderr("error: run `{run}` has come to its end; there is nothing to go on with\n")
        .code(2);
}

#[test]
fn a_list_that_breaks_off_decides_nothing() {
    let held = Test::project()
        .args(SYNC)
        .args(["--faults", "500:after=2:members.list"])
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, none of them a write: nothing was changed
held: the members of group 4 could not be read to the end (Mobilize answered 500: Something went wrong), and a part of a list decides nothing
go on later with: beadle resume {run} --sandbox
",
        )
        .code(4);
    let run = held.run();
    let ran = held.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains(" 7 removed\n") && ran.stdout.contains("  invited: 78"), "{}", ran.stdout);
}

#[test]
fn a_run_of_a_sandbox_that_is_gone_cannot_go_on_in_another() {
    let held = shortened().args(SYNC).args(["--arg", "roster=short.csv"]).code(4);
    let (run, approve) = (held.run(), command(&held));
    let ran = held.then(SYNC).args(["--fresh"]).code(5);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    let gone = "error: the sandbox of run `{run}` is gone: another was begun with --fresh\n";
    let ran = start(ran, &approve).stderr(gone).code(2);
    ran.then(["resume", &run, "--sandbox"]).stderr(gone).code(2);
}
