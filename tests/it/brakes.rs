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

    let wrong: Vec<String> = approve.iter().map(|word| if word == "56" { "55" } else { word }.to_owned()).collect();
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
        held.stdout.contains("held before it was sent: 23 of 224 would be removed from group 4 by this run"),
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
fn what_was_approved_and_done_is_not_held_again_when_the_run_is_resumed_once_more() {
    let script = r#"
        for id in csv.read("leavers.csv").map(|row| row.id) { members.remove("9", id); }
        throw "something else is wrong";
    "#;
    let list = r#"for m in members.list("9") { if !m.groups.find(|g| g.id == "9").is_admin { print(m.id); } }"#;
    let listed = Test::new().file("list.rhai", list).file("remove.rhai", script);
    let listed = listed.args(["run", "list.rhai", "--sandbox"]).success();
    let ids: Vec<&str> = listed.stdout.lines().take_while(|line| !line.starts_with("run ")).collect();
    let (leavers, count) = (format!("id\n{}\n", ids.join("\n")), ids.len());
    let held = listed.then(["run", "remove.rhai", "--sandbox"]).file("leavers.csv", &leavers).code(4);
    let run = held.run();
    let number = count.to_string();
    let ran = held.then(["approve", &run, "--sandbox", "--removals", &number, "--reason", "closed"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(1);
    assert!(ran.stdout.contains(&format!("{count} changes and mails made")), "{}", ran.stdout);
    let ran = ran.then(["resume", &run, "--sandbox"]).code(1);
    assert!(ran.stdout.contains("none of them a write"), "{}", ran.stdout);
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
    assert!(
        held.stdout.contains("held before it was sent: 11 would be deleted for good in this run; 10 may be"),
        "{}",
        held.stdout
    );
    let run = held.run();
    let ran = held.then(["approve", &run, "--sandbox", "--deletes", "15", "--reason", "tests"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(4);
    assert!(ran.stdout.contains("16 would be deleted for good in this run"), "{}", ran.stdout);
    let ran = ran.then(["approve", &run, "--sandbox", "--deletes", "20", "--reason", "tests"]).success();
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

// ---- settings of the connection and of the call

fn with_settings(test: Test, settings: &str) -> Test {
    test.file("beadle.toml", &format!("[connections.main]\nplatform = \"mobilize\"\nsandbox = true\n{settings}"))
}

#[test]
fn a_connections_own_limits_beat_the_projects() {
    let settings = "[connections.main.limits.removals]\npercent = 30\n[limits.removals]\npercent = 1\n";
    let ran = with_settings(shortened(), settings).args(SYNC).args(["--arg", "roster=short.csv"]).code(5);
    assert!(ran.stdout.contains(" 56 removed\n"), "{}", ran.stdout);
    let settings = "[limits.removals]\npercent = 30\n[connections.main.limits.removals]\npercent = 25\n";
    let ran = with_settings(shortened(), settings).args(SYNC).args(["--arg", "roster=short.csv"]).code(4);
    assert!(ran.stdout.contains("--removals 56"), "{}", ran.stdout);
}

/// A sync of the shortened roster with these options.
fn synced(options: &str) -> Test {
    let columns = r#"#{ columns: #{ "E-Mail": "email", "Vorname": "first_name", "Nachname": "last_name" } }"#;
    let script = format!(r#"roster.sync("4", roster.read("short.csv", {columns}), #{{ {options} }});"#);
    shortened().file("sync.rhai", &script).args(["run", "sync.rhai", "--sandbox"])
}

#[test]
fn what_a_call_loosens_its_plan_loosens_when_it_is_applied() {
    let script = r#"roster.sync("4", roster.read("short.csv", #{ columns: #{ "E-Mail": "email" } }),
        #{ limits: #{ removals: #{ percent: 30 }, overlap: #{ percent: 60 } } });"#;
    let plan = shortened().file("sync.rhai", script).args(["plan", "sync.rhai", "--sandbox"]).code(5);
    let name = plan.run();
    let applied = plan.then(["apply", &name, "--sandbox"]).success();
    assert!(applied.stdout.contains(" 56 removed or deleted"), "{}", applied.stdout);
}

#[test]
fn what_a_call_loosens_is_done_and_said_in_the_report() {
    let ran = synced("limits: #{ removals: #{ percent: 30 }, overlap: #{ percent: 60 } }").code(5);
    assert!(ran.stdout.contains(" 56 removed\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n  allowed by this call: removals.percent 30 in place of 10\n"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("allowed by this call").count(), 1, "stricter is not told");
    let ran = synced("limits: #{ removals: #{ percent: 30, most: 20 } }").code(4);
    assert!(ran.stdout.contains("--removals 56"), "a call may be stricter: {}", ran.stdout);
    let ran = synced("limits: #{ removals: #{ percnt: 30 } }").code(1);
    let why = "`limits` of roster.sync(): there is no limit `percnt` in `removals`; did you mean `percent`?";
    assert!(ran.stderr.contains(why), "{}", ran.stderr);
}

// ---- groups below

#[test]
fn removals_below_are_counted_told_and_approved_with_the_number_above() {
    let held = Test::project()
        .args(SYNC)
        .args(["--arg", "group=2"])
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, none of them a write: nothing was changed
held before the first change: 162 of 386 would be removed from group 2, and so, below it, 49 of 51 from 5 (Lisbon), 53 of 59 from 6 (Nairobi), 53 of 57 from 7 (Kraków)
if it is meant, type: beadle approve {run} --sandbox --removals 162 --reason \"…\"
",
        )
        .code(4);
    let (run, approve) = (held.run(), command(&held));
    let ran = start(held, &approve).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    let below = "\n  with it, from groups below: 7 from 4 (Berlin), 49 from 5 (Lisbon), 53 from 6 (Nairobi), 53 from 7 (Kraków)\n";
    assert!(ran.stdout.contains(below), "{}", ran.stdout);
    // What left a group with the one above it counts among that group's removals of the week.
    let script = r#"for m in members.list("5") { if m.id != "1001" { members.remove("5", m.id); } }"#;
    let ran = ran.then(["run", "one.rhai", "--sandbox"]).file("one.rhai", script).code(4);
    let held = "held before it was sent: 1 of 2 would be removed from group 5 after 49 in the last 7 days\n";
    assert!(ran.stdout.contains(held), "{}", ran.stdout);
}

#[test]
fn a_script_that_removes_from_a_group_is_judged_by_the_groups_below_it() {
    let script = r#"
        let places = |m| m.groups.map(|g| g.id);
        for m in members.list("7") {
            if !m.groups.find(|g| g.id == "7").is_admin { members.remove("2", m.id); }
        }
    "#;
    let held = Test::new()
        .file("remove.rhai", script)
        .args(["run", "remove.rhai", "--sandbox"])
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, 10 of them writes: 10 changes and mails made
held before it was sent: 11 of 386 would be removed from group 2 by this run, and so, below it, 11 of 57 from 7 (Kraków)
if it is meant, type the most that this run may do in place of N: beadle approve {run} --sandbox --removals N --reason \"…\"
",
        )
        .code(4);
    assert!(held.stdout.contains("held"));
}

#[test]
fn a_group_keeps_its_only_administrator_also_in_a_script() {
    let script = r#"members.remove("4", "1001"); print("one of several"); members.remove("5", "1001");"#;
    Test::new()
        .file("remove.rhai", script)
        .args(["run", "remove.rhai", "--sandbox"])
        .stdout(
            "\
one of several
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, 1 of them a write: 1 change or mail made
held before it was sent: group 5 would be left without an administrator: 1 of 51 would be removed
if it is meant, type the most that this run may do in place of N: beadle approve {run} --sandbox --removals N --reason \"…\"
",
        )
        .code(4);
}

// ---- who must be there, who must stay

#[test]
fn a_roster_without_its_sentinel_is_held_unless_the_call_says_otherwise() {
    let settings = "sentinel = [\"Canary@example.org\"]\n";
    let held = with_settings(Test::project(), settings)
        .args(SYNC)
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, none of them a write: nothing was changed
held before the first change: Canary@example.org stands in every roster and not in this one of group 4: is its source whole?
if it is meant, type: beadle approve {run} --sandbox --sentinel 1 --reason \"…\"
",
        )
        .code(4);
    let (run, approve) = (held.run(), command(&held));
    let ran = start(held, &approve).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains(" 7 removed\n"), "{}", ran.stdout);

    let loose = "sentinel: [], limits: #{ removals: #{ percent: 30 } }";
    let ran = with_settings(synced(loose), settings).code(5);
    let told = "\n  allowed by this call: the sentinel Canary@example.org is not asked for\n";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let there = with_settings(Test::project(), "sentinel = [\"RAFAL.horvat@example.com\"]\n").args(SYNC).code(5);
    assert!(there.stdout.contains(" 7 removed\n"), "{}", there.stdout);
}

#[test]
fn protected_people_are_touched_by_no_script_and_no_roster() {
    let settings = "protected = [\"1010\"]\n[project]\nprotected = [\"administrators\", \"LEILA.reyes@example.net\"]\n";
    let script = r#"
        let leila = users.find_by_email("leila.reyes@example.net").id;
        for remove in [|| members.remove("2", "1010"), || members.remove("4", leila), || users.delete(leila), || members.remove("4", "1001")] {
            try { remove.call(); print("done"); } catch (error) { print(`${error.code}: ${error.message}`); }
        }
    "#;
    let ran =
        with_settings(Test::new(), settings).file("remove.rhai", script).args(["run", "remove.rhai", "--sandbox"]);
    let ran = ran.success();
    let lines: Vec<&str> = ran.stdout.lines().take(4).collect();
    let refused = |what: &str| format!("protected: {what} and was not touched");
    assert!(
        lines[0].starts_with("protected: ") && lines[0].ends_with(" is protected by the settings and was not touched")
    );
    assert_eq!(
        lines[1],
        refused("Leila.Reyes@example.net is protected by the settings").replace("Leila.Reyes", "leila.reyes")
    );
    assert_eq!(lines[2], lines[1]);
    assert!(
        lines[3].ends_with("administers group 4, is protected by the settings and was not touched"),
        "{}",
        lines[3]
    );
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
}

// ---- mails

const INVITE: &str = r#"
    let new = [];
    for m in members.list("4") { if !m.is_registered { new.push(m.id); } }
    print(members.invite("4", #{ sender_id: "1001", recipients_ids: new }).effects.done);
"#;

#[test]
fn an_unattended_run_that_would_write_to_many_is_held_and_a_watched_one_says_how_many() {
    let settings = "[limits.mail]\nunattended = 20\n";
    let test = |args: [&str; 3]| with_settings(Test::new(), settings).file("invite.rhai", INVITE).args(args);
    let held = test(["run", "invite.rhai", "--sandbox"])
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, none of them a write: nothing was changed
held before it was sent: up to 61 people would be written to; an unattended run may write to 20
if it is meant, type the most that this run may do in place of N: beadle approve {run} --sandbox --mails N --reason \"…\"
",
        )
        .code(4);
    let run = held.run();
    let ran = held
        .then(["approve", &run, "--sandbox", "--mails", "60", "--reason", "news"])
        .stderr("error: 60 mails are too few: the next one is number 61: look at it once more\n")
        .code(2);
    let ran = ran.then(["approve", &run, "--sandbox", "--mails", "61", "--reason", "news"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.starts_with("61\n"), "{}", ran.stdout);
    // All of them have been written to: another run has nothing to hold.
    let ran = ran.then(["run", "invite.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("0\n"), "{}", ran.stdout);

    let ran = test(["run", "invite.rhai", "--sandbox"]).args(["--attended"]).success();
    assert!(ran.stdout.starts_with("61\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("\n61 people will be written to: members.invite on main\n"), "{}", ran.stderr);
}

#[test]
fn a_sync_that_would_write_to_many_is_held_before_its_first_change() {
    let settings = "[connections.main.limits.mail]\nunattended = 20\n";
    let held = with_settings(Test::project(), settings).args(SYNC).code(4);
    assert!(held.stdout.contains("none of them a write: nothing was changed"), "{}", held.stdout);
    assert!(held.stdout.contains("would be written to; an unattended run may write to 20\n"), "{}", held.stdout);
    let (run, approve) = (held.run(), command(&held));
    let ran = start(held, &approve).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains(" 7 removed\n") && ran.stdout.contains("  invited: 78"), "{}", ran.stdout);
}

/// Quiet hours around now, in a place twelve hours away, so that a clock of another place would not be quiet.
fn quiet_now() -> String {
    #[expect(clippy::disallowed_methods, reason = "the program's own clock cannot be set from outside")]
    let now = jiff::Timestamp::now().in_tz("Pacific/Auckland").unwrap();
    let hours = |hours: i64| (&now + jiff::Span::new().hours(hours)).strftime("%H:%M").to_string();
    let (from, to) = (hours(-2), hours(2));
    format!("[project]\ntimezone = \"Pacific/Auckland\"\n[limits.mail]\nquiet = \"{from}-{to}\"\n")
}

#[test]
fn nobody_is_written_to_in_quiet_hours_unless_a_person_says_so() {
    let held = with_settings(Test::new(), &quiet_now()).file("invite.rhai", INVITE).args(["run", "invite.rhai"]);
    let held = held.args(["--sandbox", "--attended"]).code(4);
    let lines: Vec<&str> = held.stdout.lines().collect();
    assert!(lines[2].starts_with("held before it was sent: up to 61 people would be written to at "), "{}", lines[2]);
    assert!(lines[2].ends_with("(Pacific/Auckland)") && lines[2].contains(", in the quiet hours "), "{}", lines[2]);
    let run = held.run();
    assert!(
        lines[3].ends_with(&format!("on no leave is needed; type then: beadle resume {run} --sandbox")),
        "{}",
        lines[3]
    );
    let ran = held.then(["approve", &run, "--sandbox", "--quiet", "61", "--reason", "urgent"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.starts_with("61\n"), "{}", ran.stdout);
    // A run that writes to nobody knows no quiet hours.
    let ran = ran.then(["run", "invite.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("0\n"), "{}", ran.stdout);
}

#[test]
fn a_plan_that_writes_to_people_is_held_when_it_is_applied_at_the_wrong_time_or_unwatched() {
    let settings = quiet_now() + "unattended = 20\n";
    let planned = with_settings(Test::new(), &settings).file("invite.rhai", INVITE);
    let planned = planned.args(["plan", "invite.rhai", "--sandbox", "--attended"]).success();
    assert!(!planned.stdout.contains("held"), "the hour of planning says nothing: {}", planned.stdout);
    let plan = planned.run();
    let held = planned.then(["apply", &plan, "--sandbox"]).code(4);
    let lines: Vec<&str> = held.stdout.lines().filter(|line| line.starts_with("held")).collect();
    let mails =
        "held before the first change: up to 61 people would be written to; an unattended run may write to 20; ";
    assert!(lines[0].starts_with(mails), "{}", held.stdout);
    let ran = held.then(["resume", &plan, "--sandbox", "--attended"]).code(4);
    assert!(
        ran.stdout.contains("held before the first change: up to 61 people would be written to at "),
        "{}",
        ran.stdout
    );
    let ran = ran.then(["approve", &plan, "--sandbox", "--quiet", "61", "--reason", "urgent"]).success();
    let ran = ran.then(["resume", &plan, "--sandbox", "--attended"]).success();
    assert!(ran.stderr.contains("61 people will be written to: members.invite on main\n"), "{}", ran.stderr);
}

#[test]
fn a_plan_counts_mails_that_are_sent_one_by_one() {
    let script = r#"
        for m in members.list("4") {
            if !m.is_registered { members.invite("4", #{ sender_id: "1001", recipients_ids: [m.id] }); }
        }
    "#;
    let test = with_settings(Test::new(), "[limits.mail]\nunattended = 20\n").file("invite.rhai", script);
    let planned = test.args(["plan", "invite.rhai", "--sandbox"]).code(4);
    assert!(planned.stdout.contains("held: up to 61 people would be written to"), "{}", planned.stdout);
    let plan = planned.run();
    let ran = planned.then(["run", "invite.rhai", "--sandbox"]).code(4);
    assert!(ran.stdout.contains("held before it was sent: up to 21 people would be written to"), "{}", ran.stdout);
    let ran = ran.then(["apply", &plan, "--sandbox"]).code(4);
    assert!(ran.stderr.contains("--mails 61"), "{}", ran.stderr);
}

// ---- what a script overwrites, destroys and grants by itself

#[test]
fn a_script_that_overwrites_most_of_a_group_is_held_before_the_one_that_is_too_many() {
    let script = r#"for m in members.list("5") { members.update("5", m.id, #{ city: "Lisbon" }); }"#;
    let held = Test::new()
        .file("update.rhai", script)
        .args(["run", "update.rhai", "--sandbox"])
        .stdout(
            "\
run {run} on main (sandbox): held in {seconds} s
  {calls} calls, 25 of them writes: 25 changes and mails made
held before it was sent: existing values of 26 of 51 people in group 5 would be overwritten
if it is meant, type the most that this run may do in place of N: beadle approve {run} --sandbox --changes N --reason \"…\"
",
        )
        .code(4);
    let run = held.run();
    let ran = held.then(["approve", &run, "--sandbox", "--changes", "51", "--reason", "moved"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.contains("51 changes and mails made in all 2 attempts"), "{}", ran.stdout);
}

#[test]
fn a_script_that_overwrites_a_quarter_of_the_community_is_held() {
    let script = r#"for n in 1001..1200 { users.update(`${n}`, #{ city: "Nowhere" }); }"#;
    let held = Test::new().file("update.rhai", script).args(["run", "update.rhai", "--sandbox"]).code(4);
    let why = "held before it was sent: existing values of 101 of 400 people of the community would be overwritten\n";
    assert!(held.stdout.contains(why), "{}", held.stdout);
    assert!(held.stdout.contains("100 of them writes"), "{}", held.stdout);
}

#[test]
fn a_bulk_is_held_for_values_that_go_and_not_for_new_people() {
    let script = |city: &str| {
        format!(
            r#"
            let is = |m| m.fields.city ?? "";
            let rows = [];
            for n in 0..60 {{ rows.push(#{{ fields: #{{ email: `new${{n}}@example.org`, city: "Oslo" }} }}); }}
            for m in members.list("5", #{{ include_fields: true }}) {{ rows.push(#{{ fields: #{{ email: m.email, city: {city} }} }}); }}
            print(bulk.create_members(#{{ group_id: "5", users: rows }}).effects.done);
            "#
        )
    };
    let run = |city: &str| Test::new().file("bulk.rhai", &script(city)).args(["run", "bulk.rhai", "--sandbox"]);
    let same = run("is.call(m)").success();
    assert!(same.stdout.starts_with("111\n"), "{}", same.stdout);
    let held = run("\"Elsewhere\"").code(4);
    assert!(held.stdout.contains("people in group 5 would be overwritten"), "{}", held.stdout);
    assert!(held.stdout.contains("none of them a write: nothing was changed"), "{}", held.stdout);
}

#[test]
fn a_hard_delete_counts_among_what_is_deleted_for_good() {
    let script = r#"
        for m in members.list("4") {
            if !m.groups.find(|g| g.id == "4").is_admin { members.remove("4", m.id, #{ hard_delete: true }); }
        }
    "#;
    let held = Test::new().file("remove.rhai", script).args(["run", "remove.rhai", "--sandbox"]).code(4);
    assert!(held.stdout.contains("11 would be deleted for good in this run; 10 may be\n"), "{}", held.stdout);
    assert!(held.stdout.contains("10 of them writes"), "{}", held.stdout);
}

#[test]
fn a_manager_who_administers_nothing_above_the_new_group_is_a_grant_of_power() {
    let script = r#"
        let make = |name, manager| groups.create(#{
            name: name, parent_group_id: "2", privacy: "public", invite_members_enabled: true, hidden_emails: (),
            alias_name: name, default_emails_frequency: "daily", manager_email_address: manager,
        });
        make.call("first", users.get("1001").email);
        print("an administrator above has that power already");
        make.call("second", users.get("1010").email);
    "#;
    let held = Test::new().file("groups.rhai", script).args(["run", "groups.rhai", "--sandbox"]).code(4);
    assert!(held.stdout.starts_with("an administrator above has that power already\n"), "{}", held.stdout);
    assert!(held.stdout.contains(" would get an administrator's power\n"), "{}", held.stdout);
    let run = held.run();
    let ran = held.then(["approve", &run, "--sandbox", "--roles", "1", "--reason", "elected"]).success();
    ran.then(["resume", &run, "--sandbox"]).success();
}

// ---- approvals

#[test]
fn all_that_holds_is_said_at_once_and_each_is_approved_by_its_number() {
    let settings = "sentinel = [\"canary@example.org\"]\n[limits.mail]\nunattended = 20\n";
    let held = with_settings(shortened(), settings).args(SYNC).args(["--arg", "roster=short.csv", "--json"]).code(4);
    let report = held.json().pop().unwrap();
    let holds = report["holds"].as_array().unwrap();
    let told: Vec<&str> = holds.iter().map(|hold| hold["brake"].as_str().unwrap()).collect();
    assert_eq!(told, ["sentinel", "removals", "mails"]);
    assert_eq!((&holds[1]["number"], &holds[1]["of"]), (&56.into(), &222.into()));
    let mails = holds[2]["number"].to_string();
    let run = report["run"].as_str().unwrap().to_owned();
    let ran = held
        .then(["approve", &run, "--sandbox", "--removals", "56", "--reason", "the chapter was split"])
        .stderr(&format!(
            "kept; the run is still held, type also: beadle approve {{run}} --sandbox --sentinel 1 --mails {mails} --reason \"…\"\n"
        ))
        .success();
    let ran = ran.then(["approve", &run, "--sandbox", "--changes", "1", "--reason", "why not"]).code(2);
    assert!(ran.stderr.starts_with(&format!("error: run `{run}` is not held by --changes\n")), "{}", ran.stderr);
    let ran = ran.then(["approve", &run, "--sandbox", "--sentinel", "1", "--mails", &mails, "--reason", "all is well"]);
    let ran = ran.stderr("kept; go on with: beadle resume {run} --sandbox\n").success();
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains(" 56 removed\n"), "{}", ran.stdout);
}

#[test]
fn a_list_that_broke_off_cannot_be_approved() {
    let held = Test::project().args(SYNC).args(["--faults", "500:after=2:members.list"]).code(4);
    let run = held.run();
    let ran = held.then(["approve", &run, "--sandbox", "--removals", "7", "--reason", "x"]).code(2);
    assert!(ran.stderr.starts_with(&format!("error: nothing of run `{run}` can be approved\n")), "{}", ran.stderr);
}
