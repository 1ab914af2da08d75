//! `beadle jobs`, `jobs check` and `jobs next`: what a person sees of the files in `jobs`, also where one of them is wrong.

use crate::builder::Test;

const SETTINGS: &str = "\
[connections.main]
platform = \"mobilize\"
sandbox = true
";
const HELLO: &str =
    "args(#{ name: #{ type: \"text\" }, times: #{ type: \"int\", default: 1 } });\nprint(ctx.args.name);\n";
const NIGHTLY: &str = "\
description = \"Says hello to the night.\"
script = \"scripts/hello.rhai\"
schedule = [\"30 2 * * *\", \"0 9 * * MON\"]
jitter = \"10m\"
params = { name = \"night\" }
";
const WELCOME: &str = "\
script = \"scripts/hello.rhai\"
on = [\"user.created\", \"user_update\"]
paused = \"the texts are not ready\"
params = { name = \"you\", times = 3 }
";
const BY_HAND: &str = "script = \"scripts/hello.rhai\"\nparams = { name = \"me\" }\n";
const BROKEN: &str = "script = \"scripts/hello.rhai\"\nschedule = \"0 25 * * *\"\n";

fn project() -> Test {
    Test::new()
        .file("beadle.toml", SETTINGS)
        .file("scripts/hello.rhai", HELLO)
        .file("jobs/nightly.toml", NIGHTLY)
        .file("jobs/welcome.toml", WELCOME)
        .file("jobs/by_hand.toml", BY_HAND)
}

/// As it ships, without a settings file.
fn shipped() -> Test {
    Test::project()
        .file("jobs/nightly_export.toml", include_str!("../../jobs/nightly_export.toml"))
        .file("jobs/weekly_roster.toml", include_str!("../../jobs/weekly_roster.toml"))
}

const WARNING: &str =
    "warning: jobs/welcome.toml: `user_update` in `on` is understood as `user.updated`, which is its name\n";
const MISTAKE: &str = "\
error: jobs/broken.toml:2:15: `schedule`: hour (field 2 of 5), position 3: there is no hour `25`; write numbers from 0 to 23
  2 | schedule = \"0 25 * * *\"
    |               ^^
";

#[test]
fn jobs_are_listed_with_their_schedule_in_words_and_why_they_do_not_run() {
    // Monday's second time may be the next one: then it is not half past two.
    let ran = project().args(["jobs"]).stderr(WARNING).success();
    let next = ran.stdout.lines().find(|line| line.starts_with("  next: ")).unwrap();
    assert!(next.ends_with("02:30 +00:00") || next.ends_with("09:00 +00:00"), "{next}");
    assert_eq!(
        ran.stdout.replace(&format!("{next}\n"), ""),
        "\
by_hand: scripts/hello.rhai
  by hand only: it has neither `schedule` nor `on`
nightly: scripts/hello.rhai
  Says hello to the night.
  at 02:30 every day, UTC, up to 10m later
  at 09:00 every Monday, UTC, up to 10m later
welcome: scripts/hello.rhai
  on user.created
  on user.updated
  paused: the texts are not ready
3 jobs, 1 of them paused
"
    );
}

#[test]
fn a_broken_file_is_shown_after_the_good_ones_and_ends_with_2() {
    let test = project().file("jobs/broken.toml", BROKEN).file("jobs/Bad.toml", BY_HAND);
    let ran = test
        .args(["jobs"])
        .stderr(&format!(
            "{WARNING}error: `jobs/Bad.toml` gives its job no name that can be used\n  \
             next: name the file with small letters, digits, `-` and `_`, at most 64 of them\n{MISTAKE}"
        ))
        .code(2);
    assert!(ran.stdout.contains("\nnightly: ") && ran.stdout.contains("\nwelcome: "), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("3 jobs, 1 of them paused; 2 files cannot be used\n"), "{}", ran.stdout);
    let ran = ran.then(["jobs", "--json"]).code(2);
    let lines = ran.json();
    let kinds: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["job", "job", "job", "broken", "broken", "jobs"]);
    assert_eq!(lines[1]["schedule"], serde_json::json!(["30 2 * * *", "0 9 * * MON"]));
    assert_eq!(lines[1]["words"], serde_json::json!(["at 02:30 every day", "at 09:00 every Monday"]));
    assert_eq!((&lines[1]["zone"], &lines[1]["paused"]), (&"UTC".into(), &serde_json::Value::Null));
    assert!(lines[1]["next"].as_str().unwrap().ends_with(":00Z"), "{}", lines[1]);
    assert_eq!(lines[2]["on"], serde_json::json!(["user.created", "user.updated"]));
    assert_eq!((&lines[2]["paused"], &lines[2]["next"]), (&"the texts are not ready".into(), &serde_json::Value::Null));
    assert_eq!(lines[4]["file"], "jobs/broken.toml");
    assert!(lines[4]["error"].as_str().unwrap().starts_with("jobs/broken.toml:2:15: `schedule`: hour"));
    assert_eq!(lines[5], serde_json::json!({ "type": "jobs", "all": 3, "paused": 1, "broken": 2 }));
}

#[test]
fn a_project_without_jobs_says_so() {
    let said = "there is no job; docs/jobs.md says how to write one\n";
    Test::new().args(["jobs", "--sandbox"]).stdout(said).stderr("").success();
    Test::new()
        .args(["jobs"])
        .stdout("")
        .stderr(
            "error: there is no beadle.toml in `{folder}` or a folder above it\n  \
             next: try it without an account: add --sandbox; or write one: docs/settings.md\n",
        )
        .code(2);
}

#[test]
fn the_jobs_that_ship_can_run_on_the_sandbox_and_leave_nothing_behind() {
    let ran = shipped()
        .args(["jobs", "check", "--sandbox"])
        .stdout("nightly_export: can run\nweekly_roster: can run\n2 checked, all of them can run\n")
        .stderr("")
        .success();
    assert!(!ran.folder.path().join(".beadle").exists(), "no store is opened");
    let ran = ran.then(["jobs", "--sandbox"]).stderr("").success();
    assert_eq!(ran.stdout.lines().filter(|line| line.contains("an example that ships with beadle")).count(), 2);
    assert!(ran.stdout.ends_with("\n2 jobs, paused\n"), "{}", ran.stdout);
}

#[test]
fn what_run_would_refuse_is_refused_by_check() {
    let test = project()
        .file("jobs/no_script.toml", "script = \"scripts/gone.rhai\"")
        .file("jobs/bad_script.toml", "script = \"scripts/bad.rhai\"")
        .file("scripts/bad.rhai", "let x = ;")
        .file("jobs/no_name.toml", "script = \"scripts/hello.rhai\"")
        .file("jobs/odd.toml", "script = \"scripts/hello.rhai\"\nparams = { name = \"x\", tims = 2 }")
        .file("jobs/wrong.toml", "script = \"scripts/hello.rhai\"\nparams = { name = \"x\", times = \"often\" }")
        .file("scripts/roster.rhai", "args(#{ roster: #{ type: \"file\" } });")
        .file("jobs/missing.toml", "script = \"scripts/roster.rhai\"\nparams = { roster = \"gone.csv\" }")
        .file("jobs/outside.toml", "script = \"scripts/roster.rhai\"\nparams = { roster = \"../roster.csv\" }")
        .file("jobs/broken.toml", BROKEN);
    let ran = test
        .args(["jobs", "check"])
        .stdout("by_hand: can run\nnightly: can run\nwelcome: can run\n11 checked, 8 cannot run; 1 remark\n")
        .code(2);
    for said in [
        "error: jobs/no_script.toml: there is no script `scripts/gone.rhai`\n",
        "error: jobs/bad_script.toml: ",
        "error: jobs/no_name.toml: the argument `name` is missing: `[params]` gives the script no such key\n  next: write at the \
         top of jobs/no_name.toml: params = { name = \"TEXT\" }\n",
        "error: jobs/odd.toml: ",
        "did you mean `times`?",
        "error: jobs/wrong.toml: ",
        "error: jobs/missing.toml: the argument `roster` names `gone.csv`: there is no such file\n",
        "error: jobs/outside.toml: the argument `roster` names `../roster.csv`, which is not below the project's folder\n",
        "  next: write `[params]` of jobs/outside.toml as the script takes them: beadle run scripts/roster.rhai --help\n",
        MISTAKE,
    ] {
        assert!(ran.stderr.contains(said), "{said}\n{}", ran.stderr);
    }
    let ran = ran.then(["jobs", "check", "--json"]).code(2);
    let lines = ran.json();
    assert_eq!(lines.last().unwrap(), &serde_json::json!({ "type": "check", "checked": 11, "wrong": 8, "remarks": 1 }));
    let of = |job: &str| lines.iter().find(|line| line["job"] == job).unwrap();
    assert!(of("nightly")["error"].is_null() && of("odd")["error"].is_string());
}

#[test]
fn check_says_what_a_script_deletes_that_its_job_does_not_name() {
    let script = "import \"tidy\" as tidy;\nmembers.remove(4, 1010, #{ hard_delete: true });\ntidy::up();\n";
    let job = "script = \"scripts/weekly.rhai\"\n";
    let test = Test::new()
        .file("scripts/tidy.rhai", "fn up() { users.delete(1010); }\n")
        .file("scripts/weekly.rhai", script)
        .file("jobs/named.toml", &format!("{job}allow = [\"users.delete\", \"hard_delete\"]"))
        .file("jobs/weekly.toml", job);
    let said = "the script uses `hard_delete` and `users.delete`, which the file does not name: a run that nobody watches will \
                be held there";
    let next = "if it is meant, write at the top of jobs/weekly.toml: allow = [\"hard_delete\", \"users.delete\"]";
    let ran = test
        .args(["jobs", "check", "--sandbox"])
        .stdout("named: can run\nweekly: can run\n2 checked, all of them can run; 1 remark\n")
        .stderr(&format!("warning: jobs/weekly.toml: {said}\n  next: {next}\n"))
        .success();
    let lines = ran.then(["jobs", "check", "--sandbox", "--json"]).success().json();
    assert_eq!(lines[0]["remarks"], serde_json::json!([]));
    assert_eq!(lines[1]["remarks"], serde_json::json!([{ "remark": said, "next": next }]));
    assert_eq!(lines[2]["remarks"], 1);
}

#[test]
fn check_says_where_events_have_no_way_in() {
    let said = "connection `main` has no webhook yet: nothing tells of `user.created` or `user.updated`, and no event starts \
                this job";
    let remark = format!("warning: jobs/welcome.toml: {said}\n  next: beadle webhook add main --connection main\n");
    let ran = project().args(["jobs", "check"]).stderr(&format!("{WARNING}{remark}")).success();
    assert!(ran.stdout.ends_with("welcome: can run\n3 checked, all of them can run; 1 remark\n"), "{}", ran.stdout);
    assert!(!ran.folder.path().join(".beadle").exists(), "no store is made");
    let ran = ran.then(["webhook", "add", "main", "--connection", "main"]).success();
    let ran = ran.then(["jobs", "check"]).stderr(WARNING).success();
    let ran = ran.then(["webhook", "remove", "main"]).success();
    let ran = ran.then(["jobs", "check"]).stderr(&format!("{WARNING}{remark}")).success();

    let heartbeat = "[connections.main]\nplatform = \"heartbeat\"\nsandbox = true\n";
    std::fs::write(ran.folder.path().join("beadle.toml"), heartbeat).unwrap();
    let ran = ran.then(["jobs", "check"]).code(2);
    let error = "error: jobs/welcome.toml:2:6: `on` waits for nothing: Heartbeat, the platform of connection `main`, sends no \
                 events; only Mobilize does; write a `schedule` in its place\n";
    assert!(ran.stderr.contains(error), "{}", ran.stderr);
}

#[test]
fn a_script_of_the_sandbox_alone_cannot_run_for_real() {
    let test = shipped().file("beadle.toml", SETTINGS).args(["jobs", "check"]);
    let ran = test.stdout("nightly_export: can run\n2 checked, 1 cannot run\n").code(2);
    assert!(
        ran.stderr.starts_with("error: jobs/weekly_roster.toml: the argument `roster` is missing"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_is_due_next_is_merged_in_order_by_the_projects_clocks() {
    let test = project().file("beadle.toml", &format!("[project]\ntimezone = \"Europe/Berlin\"\n{SETTINGS}")).file(
        "jobs/often.toml",
        "script = \"scripts/hello.rhai\"\nschedule = \"0 */6 * * *\"\ntimezone = \"Europe/Berlin\"",
    );
    let ran = test.args(["jobs", "next", "--after", "2026-03-28T23:00", "--count", "7"]).success();
    assert_eq!(
        ran.stdout,
        "\
Sun 2026-03-29 00:00 +01:00  often
Sun 2026-03-29 04:30 +02:00  nightly, 02:30 +00:00 in UTC
Sun 2026-03-29 06:00 +02:00  often
Sun 2026-03-29 12:00 +02:00  often
Sun 2026-03-29 18:00 +02:00  often
Mon 2026-03-30 00:00 +02:00  often
Mon 2026-03-30 04:30 +02:00  nightly, 02:30 +00:00 in UTC
"
    );
    let ran =
        ran.then(["jobs", "next", "nightly", "--after", "2026-03-30T00:00:00Z", "--count", "2", "--json"]).success();
    assert_eq!(
        ran.json(),
        [
            serde_json::json!({ "type": "due", "job": "nightly", "at": "2026-03-30T02:30:00Z", "local": "2026-03-30T02:30:00+00:00", "zone": "UTC", "paused": false, "reason": null, "until": null }),
            serde_json::json!({ "type": "due", "job": "nightly", "at": "2026-03-30T09:00:00Z", "local": "2026-03-30T09:00:00+00:00", "zone": "UTC", "paused": false, "reason": null, "until": null }),
            serde_json::json!({ "type": "next", "shown": 2, "calendar_ends": false }),
        ]
    );
}

#[test]
fn a_pause_of_the_store_is_shown_wherever_the_job_is() {
    let ran = project().args(["jobs", "ticks"]).stderr("").success();
    let pause = ["jobs", "pause", "nightly", "--reason", "holidays", "--until"];
    let ran = ran.then(pause).args(["2099-12-31T02:00:00Z"]).success();
    let ran = ran.then(["jobs"]).stderr(WARNING).success();
    let shown = &ran.stdout;
    assert!(shown.contains(", skipped while it is paused\n  paused until 2099-12-31 02:00 +00:00 by "), "{shown}");
    assert!(shown.contains(": holidays\n    next: beadle jobs unpause nightly\n"), "{shown}");
    assert!(shown.ends_with("\n3 jobs, 2 of them paused\n"), "{shown}");
    let ran = ran.then(["jobs", "--json"]).success();
    let lines = ran.json();
    assert_eq!(lines[1]["pause"]["reason"], "holidays");
    assert_eq!(lines[1]["pause"]["until"], "2099-12-31T02:00:00Z");
    assert_eq!((&lines[1]["failures"], &lines[1]["waiting"]), (&0.into(), &0.into()));
    assert_eq!((&lines[0]["pause"], &lines[3]["paused"]), (&serde_json::Value::Null, &2.into()));
    let ran = ran.then(["jobs", "next", "nightly", "--after", "2099-12-30"]).success();
    assert_eq!(
        ran.stdout,
        "\
Wed 2099-12-30 02:30 +00:00  nightly, paused: holidays until 2099-12-31 02:00 +00:00
Thu 2099-12-31 02:30 +00:00  nightly
then nothing more: the calendar ends with 2099
"
    );
    let ran = ran.then(["jobs", "next", "nightly", "--after", "2099-12-30", "--count", "1", "--json"]).success();
    let due = &ran.json()[0];
    assert_eq!((&due["paused"], &due["reason"]), (&true.into(), &"holidays".into()));
    assert_eq!(due["until"], "2099-12-31T02:00:00Z");
    let ran = ran.then(["jobs", "unpause", "nightly"]).success();
    let ran = ran.then(["jobs"]).stderr(WARNING).success();
    assert!(ran.stdout.ends_with("\n3 jobs, 1 of them paused\n"), "{}", ran.stdout);
}

#[test]
fn what_a_file_says_does_not_move_the_terminal() {
    let job = "description = \"\"\"one\\u001b[2J\ntwo\"\"\"\nscript = \"scripts/hello.rhai\"\npaused = \"a\\rb\"\n";
    let ran = Test::new().file("beadle.toml", SETTINGS).file("jobs/odd.toml", job).args(["jobs"]).success();
    assert!(ran.stdout.starts_with("odd: scripts/hello.rhai\n  one [2J\n  two\n"), "{:?}", ran.stdout);
    assert!(ran.stdout.ends_with("\n  paused: a b\n1 job, paused\n"), "{:?}", ran.stdout);
}

#[test]
fn looking_at_jobs_makes_no_store_and_ticks_know_their_jobs() {
    let ran = project().args(["jobs"]).stderr(WARNING).success();
    let ran = ran.then(["jobs", "next"]).success();
    assert!(!ran.folder.path().join(".beadle").exists(), "no store is made");
    let ran = ran.then(["jobs", "ticks", "nightli"]).stdout("").code(2);
    assert!(ran.stderr.ends_with("error: there is no job `nightli`; did you mean `nightly`?\n"), "{}", ran.stderr);
    let said = "welcome is started by events and has no moments; its runs: beadle runs --job welcome; what came in: beadle \
                webhook list\n";
    let ran = ran.then(["jobs", "ticks", "welcome"]).stdout(said).success();
    let said = "by_hand is run by hand only and has no moments; its runs: beadle runs --job by_hand\n";
    let ran = ran.then(["jobs", "ticks", "by_hand"]).stdout(said).success();
    let none = "no moment has been due here yet: `beadle serve` writes each one down\n";
    ran.then(["jobs", "ticks", "nightly"]).stdout(none).success();
}

#[test]
fn next_says_where_nothing_more_comes_and_why() {
    let test = project().args(["jobs", "next", "--after", "2099-12-30T12:00:00Z"]);
    let ran = test.success();
    assert_eq!(ran.stdout, "Thu 2099-12-31 02:30 +00:00  nightly\nthen nothing more: the calendar ends with 2099\n");
    let none = "nothing is due by itself: no job here has a `schedule`\n";
    let ran = ran.then(["jobs", "next", "welcome", "by_hand"]).stdout(none).success();
    let ran = ran.then(["jobs", "next", "nightli"]).stdout("").code(2);
    assert!(ran.stderr.ends_with("error: there is no job `nightli`; did you mean `nightly`?\n"), "{}", ran.stderr);
    let ran = ran.then(["jobs", "next", "--after", "tomorrow"]).stdout("").code(2);
    assert!(ran.stderr.contains("error: `--after tomorrow` is no moment\n  next: write it as 2026-"), "{}", ran.stderr);
    let ran = ran.then(["jobs", "next", "--count", "10001"]).stdout("").code(2);
    assert!(ran.stderr.contains("10001 is not in 1..=10000"), "{}", ran.stderr);
}

#[test]
fn simulate_says_where_the_calendar_ends() {
    let simulate = ["jobs", "simulate", "nightly", "--days"];
    let ran = project().args(simulate).args(["20", "--from", "2099-12-20"]).success();
    assert_eq!(
        ran.stdout,
        "\
nightly: 14 moments, 14 of them run
  then no more: the calendar ends with 2099
2099-12-20 00:00 +00:00 to 2100-01-09 00:00 +00:00
"
    );
    let ran = ran.then(simulate).args(["20", "--from", "2120-01-01"]).success();
    let none = "nightly: 0 moments, 0 of them run\n  then no more: the calendar ends with 2099\n";
    assert!(ran.stdout.starts_with(none), "{}", ran.stdout);
    let ran = ran.then(simulate).args(["20", "--from", "2099-12-20", "--json"]).success();
    assert_eq!((&ran.json()[0]["moments"], &ran.json()[0]["calendar_ends"]), (&14.into(), &true.into()));
    let ran = ran.then(simulate).args(["1", "--from", "2099-12-20", "--json"]).success();
    assert_eq!(ran.json()[0]["calendar_ends"], false);
}

#[test]
fn a_broken_file_hides_nothing_that_is_due() {
    let test = project().file("jobs/broken.toml", BROKEN);
    let ran =
        test.args(["jobs", "next", "--after", "2026-11-22", "--count", "1"]).stderr(&format!("{WARNING}{MISTAKE}"));
    let ran = ran.code(2);
    assert_eq!(ran.stdout, "Sun 2026-11-22 02:30 +00:00  nightly\n");
    let ran = ran.then(["jobs", "next", "nightly", "--after", "2026-11-22", "--count", "1"]).stderr(WARNING).success();
    let ran = ran.then(["jobs", "next", "broken"]).code(2);
    assert!(ran.stderr.ends_with(MISTAKE), "{}", ran.stderr);
}
