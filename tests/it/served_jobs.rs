//! `beadle serve`: jobs run by their schedules, a moment has one row whatever crashes, and nobody is mailed twice. Moments of
//! the past are asked for with `jobs backfill`, so that no test waits for a minute to come round.

use std::collections::HashSet;

use serde_json::Value;

use crate::builder::Test;
use crate::served::Served;
use crate::working::Working;

/// Several of them are at work at the same time: none takes the address of the API.
const SETTINGS: &str = "[serve]\nlisten = \"off\"\n";
const NIGHTLY: &str = "script = \"scripts/hello.rhai\"\nschedule = \"0 2 * * *\"\n";

/// A project whose `beadle serve` is at work beside other commands.
struct Serving {
    test: Test,
    /// `None` once it has ended.
    working: Option<Working>,
    mode: &'static [&'static str],
}

impl Serving {
    fn start(test: Test, mode: &'static [&'static str]) -> Self {
        // Several are at work at once, and none of them is asked.
        let test = test.env("BEADLE_SERVE__LISTEN", "off");
        let test = if mode.is_empty() { test.args(["serve"]) } else { test.args(["serve", "--sandbox"]) };
        Self { working: Some(Working::start(&test)), test, mode }
    }

    fn sandbox(test: Test) -> Self {
        Self::start(test, &["--sandbox"])
    }

    /// Waits for a line with these words, and gives it.
    fn said(&mut self, words: &str) -> String {
        self.working.as_mut().unwrap().until_said(words)
    }

    /// A command beside it: its exit code, stdout and stderr.
    fn beside(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let output = self.test.beside(&[args, self.mode].concat());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn backfill(&self, from: &str, to: &str, more: &[&str]) -> String {
        let asked = ["jobs", "backfill", "nightly", "--from", from, "--to", to];
        let (code, stdout, stderr) = self.beside(&[&asked, more].concat());
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        stdout
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.test.folder().join(file), text).unwrap();
    }

    /// What became of the moments, the oldest first.
    fn ticks(&self) -> Vec<String> {
        let (_, stdout, _) = self.beside(&["jobs", "ticks", "--json", "--count", "0"]);
        let shown = |line: &str| {
            let tick: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| tick[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}: {}", text("job"), text("scheduled_at"), text("state"), text("why"))
        };
        let mut ticks: Vec<String> = stdout.lines().map(shown).collect();
        ticks.reverse();
        ticks
    }

    /// Asks it to end, and waits for that.
    fn stop(&mut self, signal: &str) -> (Option<i32>, String) {
        let working = self.working.take().unwrap();
        working.signal(signal);
        let (code, _, said) = working.end();
        (code, said)
    }

    /// Starts it again.
    fn again(&mut self) {
        self.working = Some(Working::start(&self.test));
    }
}

fn project() -> Test {
    Test::new().file("beadle.toml", SETTINGS).file("scripts/hello.rhai", "print(`for ${ctx.scheduled_for}`);\n")
}

#[test]
fn moments_of_the_past_run_one_after_the_other_and_keep_one_row() {
    let mut serving = Serving::sandbox(project().file("jobs/nightly.toml", NIGHTLY));
    let line = serving.said("serving 1 job of which 1 has a next moment; Ctrl-C stops it");
    let time = line.split(' ').next().unwrap();
    assert!(time.parse::<jiff::civil::Time>().is_ok() && time.len() == "12:34:56".len(), "{line}");
    assert_eq!(
        serving.backfill("2026-11-01", "2026-11-03", &[]),
        "nightly: 3 moments asked for, one after the other\n"
    );
    for day in ["01", "02", "03"] {
        serving.said(&format!("nightly of 2026-11-{day} 02:00 UTC: run "));
        serving.said(" done");
    }
    assert_eq!(
        serving.backfill("2026-11-02", "2026-11-04T12:00", &["--only-missing"]),
        "nightly: 1 moment asked for, one after the other; 2 moments left as they are\n"
    );
    serving.said("nightly of 2026-11-04 02:00 UTC: run ");
    serving.said(" done");
    assert_eq!(serving.stop("TERM").0, Some(0));
    let done = |day| format!("nightly 2026-11-{day}T02:00:00Z done: -");
    assert_eq!(serving.ticks(), ["01", "02", "03", "04"].map(done));
    let (_, stdout, stderr) =
        serving.beside(&["jobs", "backfill", "nightly", "--from", "2026-11-01", "--to", "2026-11-01T03:00"]);
    assert_eq!(stdout, "nightly: 1 moment asked for, one after the other\n");
    let served = "warning: no `beadle serve` is at work here; what was asked for waits for one\n  next: beadle serve --sandbox\n";
    assert_eq!(stderr, served);
    // A day is meant to its end, and today up to now.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let (code, stdout, stderr) =
        serving.beside(&["jobs", "backfill", "nightly", "--from", "2026-11-05", "--to", &today, "--only-missing"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    // Nothing of a paused job runs, whoever has paused it.
    let test = &serving.test;
    serving.write("jobs/nightly.toml", &format!("paused = \"until spring\"\n{NIGHTLY}"));
    let pause = ["jobs", "pause", "nightly", "--reason", "holidays", "--sandbox"];
    assert!(test.command_beside(&pause).env("USER", "ada").output().unwrap().status.success());
    let (_, _, stderr) =
        serving.beside(&["jobs", "backfill", "nightly", "--from", "2026-11-02", "--to", "2026-11-02T03:00"]);
    assert_eq!(
        stderr,
        format!(
            "warning: nightly is paused by its file: until spring; what was asked for waits until it is not\n  next: take \
             `paused` out of jobs/nightly.toml\nwarning: nightly is paused until it is unpaused by ada: holidays; what was \
             asked for waits until it is not\n  next: beadle jobs unpause nightly --sandbox\n{served}"
        )
    );
}

/// Works until it is stopped.
const ENDLESS: &str = "args(#{ group: #{ type: \"id\", default: \"4\" } });\nlog.info(\"at work\");\nloop { for one in users.list() { break; } }\n";

#[test]
fn what_a_person_runs_beside_the_schedule_keeps_others_from_the_same_job_and_group() {
    let of_group = "script = \"scripts/endless.rhai\"\nparams = { group = 7 }\n";
    let test = project()
        .file("scripts/endless.rhai", ENDLESS)
        .file("jobs/nightly.toml", &format!("{of_group}schedule = \"0 2 * * *\"\n"))
        .file("jobs/other.toml", of_group)
        .file("jobs/elsewhere.toml", "script = \"scripts/hello.rhai\"\nparams = { group = 8 }\n");
    let mut serving = Serving::sandbox(test);
    serving.said("serving");
    let mut by_hand = Working::run(serving.test.command_beside(&["jobs", "run", "other", "--sandbox"]));
    by_hand.until_said("at work");
    for (job, why) in
        [("other", "job `other` is at work"), ("nightly", "another job is at work on group 7 of connection main")]
    {
        let (code, _, stderr) = serving.beside(&["jobs", "run", job]);
        assert_eq!(code, Some(7), "{stderr}");
        assert_eq!(stderr, format!("error: {why}; wait for its end, or stop it\n  next: beadle runs\n"));
    }
    serving.backfill("2026-11-01", "2026-11-01T12:00", &[]);
    serving.said("begins");
    let stands = |serving: &Serving, words: &str| {
        while !serving.ticks().iter().any(|tick| tick.ends_with(words)) {
            std::thread::yield_now();
        }
    };
    stands(&serving, "waiting: another process is at work on it");
    by_hand.signal("INT");
    assert_eq!(by_hand.end().0, Some(130));
    stands(&serving, "running: -");
    assert_eq!(serving.stop("TERM").0, Some(0));
    assert_eq!(
        serving.ticks(),
        [
            "nightly 2026-11-01T02:00:00Z waiting: it was stopped together with `beadle serve`; the next one goes on with it"
        ]
    );
}

#[test]
fn a_job_that_could_not_run_is_named_when_its_file_is_read_and_its_moments_say_why() {
    let needy = "args(#{ group: #{ type: \"id\" } });\nprint(ctx.args.group);\n";
    let mut serving = Serving::sandbox(
        project()
            .file("scripts/needy.rhai", needy)
            .file("jobs/nightly.toml", "script = \"scripts/needy.rhai\"\nschedule = \"0 2 * * *\"\n"),
    );
    serving.said("job `nightly` could not run as it is: the argument `group` is missing");
    serving.said("serving");
    serving.write("jobs/gone.toml", "script = \"scripts/gone.rhai\"\n");
    serving.said("job `gone` could not run as it is: ");
    serving.backfill("2026-11-01", "2026-11-01T12:00", &[]);
    serving.said("failed with exit code 2");
    assert_eq!(serving.stop("TERM").0, Some(0));
    let [tick] = &serving.ticks()[..] else { panic!("one moment") };
    let why = "nightly 2026-11-01T02:00:00Z failed: failed with exit code 2: the argument `group` is missing";
    assert!(tick.starts_with(why), "{tick}");
}

#[test]
fn a_store_is_served_once_and_a_broken_file_leaves_what_was_there_in_force() {
    let mut serving = Serving::sandbox(project().file("jobs/nightly.toml", NIGHTLY));
    let line = serving.said("serving 1 job of which 1 has a next moment; Ctrl-C stops it");
    let time = line.split(' ').next().unwrap();
    assert!(time.parse::<jiff::civil::Time>().is_ok() && time.len() == "12:34:56".len(), "{line}");
    let (code, _, stderr) = serving.beside(&["serve"]);
    assert_eq!((code, stderr.as_str()), (Some(7), "error: another `beadle serve` is at work on this store\n"));

    serving.write("jobs/nightly.toml", "script = \"scripts/hello.rhai\"\nschedule = \"0 25 * * *\"\n");
    serving.said("the file of job `nightly` is broken; what was there stays in force");
    serving.said("there is no hour `25`");
    serving.write("jobs/odd.toml", "this is none");
    serving.said("the file of job `odd` is broken; it is not taken up");
    std::fs::remove_file(serving.test.folder().join("jobs/odd.toml")).unwrap();
    serving.write("jobs/other.toml", NIGHTLY);
    serving.said(" job other is new, next ");
    serving.write("jobs/nightly.toml", NIGHTLY);
    serving.backfill("2026-11-01", "2026-11-01T12:00", &[]);
    serving.said("nightly of 2026-11-01 02:00 UTC: run ");
    serving.said(" done");
    std::fs::remove_file(serving.test.folder().join("jobs/other.toml")).unwrap();
    serving.said(" job other: its file is gone");
    assert_eq!(serving.stop("TERM").0, Some(0));
}

#[test]
fn a_second_project_on_the_same_ports_is_told_what_to_write_and_the_first_goes_on() {
    let listening = |line: String| {
        let at = line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let (host, port) = at.split_once(':').unwrap();
        let other = format!("{host}:{}", port.parse::<u16>().unwrap() + 10);
        (at, other)
    };
    let hooked = |test: Test| {
        assert!(test.beside(&["webhook", "add", "crm", "--sandbox"]).status.success());
        test
    };
    let test = project().file("jobs/nightly.toml", NIGHTLY).env("BEADLE_WEBHOOKS__LISTEN", "127.0.0.1:0");
    let first = hooked(test).args(["serve", "--sandbox"]).env("BEADLE_SERVE__LISTEN", "127.0.0.1:0");
    let mut first = Serving { working: Some(Working::start(&first)), test: first, mode: &["--sandbox"] };
    let (api, free_for_api) = listening(first.said("API on http://"));
    let (hooks, free_for_hooks) = listening(first.said("receiving webhooks on http://"));

    let second = |serve: &str, webhooks: &str| {
        let test = Test::new().env("BEADLE_SERVE__LISTEN", serve).env("BEADLE_WEBHOOKS__LISTEN", webhooks);
        hooked(test).args(["serve", "--sandbox"]).code(1).stderr
    };
    let taken = std::net::TcpListener::bind(&api).unwrap_err();
    let in_use = format!(
        "{taken}\n  next: something listens there already, such as the `beadle serve` of another project: write below"
    );
    let said = second(&api, "127.0.0.1:0");
    let wanted = format!(
        "error: failed to listen on {api}: {in_use} `[serve]` of beadle.toml: listen = \"{free_for_api}\", or set \
         BEADLE_SERVE__LISTEN={free_for_api}; \"off\" opens none\n"
    );
    assert!(said.ends_with(&wanted), "{said}");
    let said = second("off", &hooks);
    let wanted = format!(
        "error: failed to receive webhooks on {hooks}: {in_use} `[webhooks]` of beadle.toml: listen = \"{free_for_hooks}\", \
         or set BEADLE_WEBHOOKS__LISTEN={free_for_hooks}\n"
    );
    assert!(said.ends_with(&wanted), "{said}");
    first.backfill("2026-11-01", "2026-11-01T12:00", &[]);
    first.said("nightly of 2026-11-01 02:00 UTC: run ");
    first.said(" done");
    assert_eq!(first.stop("TERM").0, Some(0));
}

#[test]
fn a_job_that_fails_twice_is_paused_until_somebody_lets_it_run() {
    let job = "script = \"scripts/fails.rhai\"\nschedule = \"0 2 * * *\"\nretries = 0\npause_after = 2\n";
    let test = project().file("scripts/fails.rhai", "throw \"no\";\n").file("jobs/nightly.toml", job);
    let mut serving = Serving::sandbox(test);
    serving.said("serving 1 job");
    serving.backfill("2026-11-01", "2026-11-02T12:00", &[]);
    serving.said("paused after 2 failures in a row; `beadle jobs unpause nightly` lets it run again");
    assert_eq!(serving.stop("TERM").0, Some(0));
    let failed = |day| format!("nightly 2026-11-{day}T02:00:00Z failed: failed with exit code 1");
    assert_eq!(serving.ticks(), ["01", "02"].map(failed));
    assert_eq!(serving.beside(&["jobs", "unpause", "nightly"]).1, "nightly is paused no more\n");
    assert_eq!(serving.beside(&["jobs", "unpause", "nightly"]).1, "nightly was not paused\n");
}

#[test]
fn a_job_that_deletes_is_held_until_its_file_names_it_and_then_goes_on() {
    let job = "script = \"scripts/tidies.rhai\"\nschedule = \"0 2 * * *\"\n";
    let test =
        project().file("scripts/tidies.rhai", "try { users.delete(1010); } catch { }\n").file("jobs/nightly.toml", job);
    let mut serving = Serving::sandbox(test);
    serving.said("serving 1 job");
    serving.backfill("2026-11-01", "2026-11-01T12:00", &[]);
    serving.said(": held by a brake");
    let (_, runs, _) = serving.beside(&["runs", "--json"]);
    let run: Value = serde_json::from_str(runs.lines().next().unwrap()).unwrap();
    assert_eq!((&run["state"], &run["exit_code"]), (&"held".into(), &4.into()), "{runs}");
    let (_, shown, _) = serving.beside(&["runs", "show", run["run"].as_str().unwrap()]);
    assert!(shown.contains("write at the top of jobs/nightly.toml: allow = [\"users.delete\"]\n"), "{shown}");
    let (_, jobs, _) = serving.beside(&["jobs"]);
    let id = run["run"].as_str().unwrap();
    assert!(jobs.contains(&format!("\n  run {id} is held\n    ")) && jobs.ends_with("\n1 job\n"), "{jobs}");
    let meant = "\n    if it is meant, write at the top of jobs/nightly.toml: allow = [\"users.delete\"]\n    then go on with: ";
    assert!(jobs.contains(meant), "{jobs}");

    serving.write("jobs/nightly.toml", &format!("{job}allow = [\"users.delete\"]\n"));
    serving.backfill("2026-11-02", "2026-11-02T12:00", &[]);
    serving.said(&format!("its unfinished run {} goes on first", run["run"].as_str().unwrap()));
    serving.said("nightly of 2026-11-02 02:00 UTC: run ");
    serving.said(" done");
    assert_eq!(serving.stop("TERM").0, Some(0));
}

#[test]
fn a_daemon_that_is_killed_in_the_middle_of_mails_goes_on_with_the_same_run_and_mails_nobody_twice() {
    let served = Served::start();
    served.set_faults("slow:ms=400:members.invite");
    let job = "script = \"scripts/sync_roster.rhai\"\nschedule = \"0 2 * * *\"\n[params]\nroster = \"scripts/data/roster.csv\"\n\
               group = \"4\"\nsender = \"1001\"\n";
    let test =
        Test::project().file("beadle.toml", &format!("{SETTINGS}{}", served.settings())).env("SECRET", &served.secret);
    let mut serving = Serving::start(test.file("jobs/nightly.toml", job), &[]);
    serving.said("serving ");
    serving.backfill("2026-11-01", "2026-11-01T12:00", &[]);
    let began = serving.said("nightly of 2026-11-01 02:00 UTC: run ");
    // The sandbox has taken the first invitations; their answers are on the way.
    while served.get("/outbox").len() <= 2 {}
    assert_eq!(serving.stop("KILL").0, None);

    serving.again();
    let on = serving.said("goes on, try 2");
    let run = |line: &str| line.split("run ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
    assert_eq!(run(&on), run(&began));
    serving.said("nightly of 2026-11-01 02:00 UTC: run ");
    assert_eq!(serving.stop("TERM").0, Some(0));
    let mails = served.mails();
    assert!(!mails.is_empty());
    assert_eq!(mails.len(), mails.iter().collect::<HashSet<_>>().len(), "{mails:?}");
}

/// A project that waits for new people, its hook's path, and its `beadle serve`.
fn waiting_for_people() -> (Serving, String) {
    let job = "script = \"scripts/welcome.rhai\"\non = \"user.created\"\n";
    let script = "for event in ctx.events { members.add(\"2\", #{ user_id: event.id }); }\n";
    let test = Test::new().file("beadle.toml", &format!("{SETTINGS}[webhooks]\nlisten = \"127.0.0.1:0\"\n"));
    let test = test.file("jobs/welcome.toml", job).file("scripts/welcome.rhai", script);
    let added = test.beside(&["webhook", "add", "crm", "--sandbox", "--json"]);
    let added: Value = serde_json::from_slice(&added.stdout).unwrap();
    let path = added["address"].as_str().unwrap().split("/hooks/").nth(1).unwrap().to_owned();
    (Serving::sandbox(test), path)
}

/// Sends what Mobilize would; it has been answered with 200 when this returns.
fn send(serving: &mut Serving, path: &str) {
    let line = serving.said("receiving webhooks on http://");
    let to = format!("{}/hooks/{path}", line.split("receiving webhooks on ").nth(1).unwrap());
    let sent = serving.test.beside(&["webhook", "send", "--to", &to, "--people", "3"]);
    assert_eq!(String::from_utf8(sent.stdout).unwrap(), "answered 200: stored\n");
}

#[test]
fn an_event_runs_its_job_once_and_the_script_sees_whom_it_is_about() {
    let (mut serving, path) = waiting_for_people();
    send(&mut serving, &path);
    serving.said("begins");
    serving.said(" done");
    assert_eq!(serving.stop("TERM").0, Some(0));
    let (_, runs, _) = serving.beside(&["runs"]);
    assert!(runs.ends_with("scripts/welcome.rhai on main for welcome: 3 done\n"), "{runs}");
    assert_eq!(runs.lines().count(), 1);
}

#[test]
fn what_was_answered_runs_once_also_when_the_daemon_is_killed_right_after() {
    let (mut serving, path) = waiting_for_people();
    send(&mut serving, &path);
    serving.stop("KILL");
    serving.again();
    // Whether it had begun before or not: it comes to its end once.
    serving.said("welcome of ");
    while !serving.beside(&["runs"]).1.ends_with(" on main for welcome: 3 done\n") {}
    assert_eq!(serving.stop("TERM").0, Some(0));
    assert_eq!(serving.beside(&["runs"]).1.lines().count(), 1);
}
