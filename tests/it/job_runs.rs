//! Jobs that are run: by hand, and as a schedule would, in the words of the command line.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::builder::steady;
use crate::disturbed::{ENDS, MAIN_JOB, Project, ended_with, said};
#[cfg(debug_assertions)]
use crate::disturbed::{FREE_HAND, FREE_HAND_ALONE};

/// A project with one job, `weekly`.
fn project(job: &str, script: &str) -> Project {
    let project = Project::new();
    std::fs::create_dir_all(project.path().join("jobs")).unwrap();
    std::fs::write(project.path().join("jobs/weekly.toml"), job).unwrap();
    std::fs::write(project.path().join("scripts/weekly.rhai"), script).unwrap();
    project
}

fn stdout(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

const TELLS: &str = r#"
args(#{ who: #{ type: "text" } });
print(`${ctx.job} for ${ctx.args.who}, due ${ctx.scheduled_for ?? "never"}`);
print(`last ${ctx.last_success ?? "never"}, events ${ctx.events.len()}`);
for event in ctx.events { print(`${event.topic}: ${event.id}, ${event.fields.name}`); }
"#;
const JOB: &str = "script = \"scripts/weekly.rhai\"\nparams = { who = \"berlin\" }\n";

#[test]
fn a_job_runs_by_hand_and_the_run_says_whose_it_is() {
    let project = project(JOB, TELLS);
    let ran = project.command(&["jobs", "run", "weekly", "--sandbox"]).output().unwrap();
    ended_with(&ran, &[0], "by hand");
    assert!(stdout(&ran).starts_with("weekly for berlin, due never\nlast never, events 0\n"), "{}", said(&ran));
    let run = project.last_run();
    let listed = stdout(&project.command(&["runs", "--job", "weekly", "--sandbox"]).output().unwrap());
    assert!(listed.contains("scripts/weekly.rhai on main for weekly: nothing was changed\n"), "{listed}");
    let none = stdout(&project.command(&["runs", "--job", "daily", "--sandbox"]).output().unwrap());
    assert!(none.starts_with("there is no run for daily in "), "{none}");
    let shown = stdout(&project.command(&["runs", "show", &run.of.id, "--sandbox"]).output().unwrap());
    assert!(shown.contains("\n  with who=berlin\n  for the job weekly, started by hand\n  done "), "{shown}");

    // The next one knows when this one began.
    let next = project.command(&["jobs", "run", "weekly", "--sandbox"]).output().unwrap();
    let began = jiff::Timestamp::from_millisecond(run.of.started_at).unwrap();
    let second = began.to_string()[.."2026-11-22T01:58:03".len()].to_owned();
    assert!(stdout(&next).contains(&format!("\nlast {second}")), "{second}: {}", said(&next));
}

#[test]
fn a_job_that_is_not_there_or_cannot_run_is_refused_before_anything_begins() {
    let project = project(JOB, TELLS);
    let refused = |args: &[&str]| {
        let output = project.command(args).output().unwrap();
        ended_with(&output, &[2], "refused");
        String::from_utf8(output.stderr).unwrap()
    };
    let gone = refused(&["jobs", "run", "weekli", "--sandbox"]);
    assert!(gone.starts_with("error: there is no job `weekli`; did you mean `weekly`?"), "{gone}");
    refused(&["jobs", "run", "../jobs/weekly", "--sandbox"]);
    std::fs::write(project.path().join("jobs/weekly.toml"), JOB.replace("who", "whom")).unwrap();
    let wrong = refused(&["jobs", "start", "weekly", "--run", "20261122-0158-k3f9", "--sandbox"]);
    assert!(wrong.contains("whom"), "{wrong}");
    std::fs::write(project.path().join("jobs/weekly.toml"), "script = 7\n").unwrap();
    refused(&["jobs", "run", "weekly", "--sandbox"]);
    assert_eq!(project.look(|store| async move { store.runs(9).await.unwrap().len() }), 0);
}

/// The id that a schedule would have made.
const ID: &str = "20261122-0158-k3f9";

#[test]
fn a_run_has_the_id_that_was_given_to_it_and_the_same_events_when_it_goes_on() {
    let project = project(JOB, &format!("{TELLS}\nthrow \"not yet\";\n"));
    let file = project.path().join("events.ndjson");
    let events = [
        r#"{"topic":"user.created","id":1001,"fields":{"name":"Ada"}}"#,
        r#"{"topic":"user.created","id":"x7","fields":{"name":"Grace"}}"#,
    ];
    std::fs::write(&file, events.join("\n\n")).unwrap();
    let begin = ["jobs", "start", "weekly", "--run", ID, "--sandbox"];
    let more = ["--cause", "event", "--event-file", "events.ndjson", "--scheduled-at", "2026-11-22T01:30:00Z"];
    let began = project.command(&[&begin[..], &more[..]].concat()).output().unwrap();
    ended_with(&began, &[1], "it throws");
    let told = "weekly for berlin, due 2026-11-22T01:30:00Z\nlast never, events 2\nuser.created: 1001, Ada\nuser.created: \
                x7, Grace\n";
    assert!(stdout(&began).starts_with(told), "{}", said(&began));
    std::fs::remove_file(&file).unwrap();
    std::fs::write(project.path().join("scripts/weekly.rhai"), TELLS).unwrap();
    let again = project.command(&[&begin[..], &["--resume"]].concat()).output().unwrap();
    ended_with(&again, &[0], "goes on");
    assert!(stdout(&again).starts_with(told), "{}", said(&again));
    let shown = stdout(&project.command(&["runs", "show", ID, "--sandbox"]).output().unwrap());
    assert!(shown.contains("\n  for the job weekly, started by events\n"), "{shown}");
    assert!(shown.contains("\n  attempt 2: "), "{shown}");

    // Whoever asks once more hears that all is done; a new run of that name there is none.
    let done = project.command(&[&begin[..], &["--resume"]].concat()).output().unwrap();
    ended_with(&done, &[0], "it is done");
    assert!(said(&done).contains(&format!("run {ID} has come to its end already")), "{}", said(&done));
    let twice = project.command(&begin).output().unwrap();
    ended_with(&twice, &[7], "a name is used once");
    assert!(said(&twice).contains(&format!("error: run `{ID}` was begun before")), "{}", said(&twice));
    assert_eq!(project.last_run().attempt, 2);
}

#[test]
fn events_that_cannot_be_read_begin_no_run() {
    let project = project(JOB, TELLS);
    for (text, why) in [("[1]\n", "line 1 is no object"), ("{}\n{\n", "line 2: ")] {
        std::fs::write(project.path().join("events.ndjson"), text).unwrap();
        let start = ["jobs", "start", "weekly", "--run", ID, "--sandbox", "--event-file", "events.ndjson"];
        let output = project.command(&start).output().unwrap();
        ended_with(&output, &[1], text);
        assert!(said(&output).contains(why), "{}", said(&output));
    }
    assert_eq!(project.look(|store| async move { store.runs(9).await.unwrap().len() }), 0);
}

#[test]
fn a_run_that_never_came_to_be_begins_when_it_is_to_go_on_and_one_of_another_job_does_not() {
    let project = project(JOB, TELLS);
    let start = ["jobs", "start", "weekly", "--run", ID, "--resume", "--sandbox"];
    ended_with(&project.command(&start).output().unwrap(), &[0], "its process died before it began");
    std::fs::write(project.path().join("jobs/daily.toml"), JOB).unwrap();
    let other = project.command(&["jobs", "start", "daily", "--run", ID, "--resume", "--sandbox"]).output().unwrap();
    ended_with(&other, &[2], "another job's");
    assert!(said(&other).contains(&format!("run `{ID}` is none of the job `daily`")), "{}", said(&other));
}

#[test]
fn of_two_processes_that_begin_one_run_one_wins() {
    let project =
        project(JOB, "args(#{ who: #{ type: \"text\" } }); for n in 0..20 { users.get(1001); } print(\"through\");");
    let start = ["jobs", "start", "weekly", "--run", ID, "--sandbox", "--faults", "slow:ms=50"];
    for _ in 0..2 {
        let both: Vec<_> = (0..2).map(|_| project.command(&start).spawn().unwrap()).collect();
        let outputs: Vec<_> = both.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let lost = outputs.iter().filter(|output| output.status.code() == Some(7)).count();
        let won = outputs.iter().filter(|output| output.status.code() == Some(0)).count();
        // The second time it is there already, and nobody wins.
        assert_eq!(won + lost, 2, "{}\n{}", said(&outputs[0]), said(&outputs[1]));
        assert!(lost >= 1, "{}\n{}", said(&outputs[0]), said(&outputs[1]));
    }
    let (runs, through) = project.look(|store| async move {
        let log = store.log_after(ID, 0, 1000).await.unwrap();
        (store.runs(9).await.unwrap().len(), log.iter().filter(|(_, line)| line.text == "through").count())
    });
    assert_eq!((runs, through), (1, 1));
}

#[cfg(debug_assertions)]
#[test]
fn a_job_that_takes_too_long_stops_between_its_writes_and_goes_on_to_the_same_end() {
    let job = format!("script = \"{FREE_HAND}\"\ntimeout = \"1s\"\n");
    let project = project(&job, "");
    let late = project.command(&["jobs", "run", "weekly", "--sandbox", "--faults", "slow:ms=60"]).output().unwrap();
    ended_with(&late, &[130], "it takes five seconds");
    let run = project.last_run().of.id;
    let steady = steady(&stdout(&late), project.path());
    assert!(steady.contains("run {run} on main (sandbox): stopped after 1 s: time-out in {seconds} s\n"), "{steady}");
    assert!(steady.ends_with("\ngo on with: beadle resume {run} --sandbox\n"), "{steady}");
    let shown = stdout(&project.command(&["runs", "show", &run, "--sandbox"]).output().unwrap());
    assert!(shown.contains("\n  interrupted ") && shown.contains("\n  stopped after 1 s: time-out\n"), "{shown}");
    assert!(shown.ends_with(&format!("\nnext: beadle resume {run} --sandbox\n")), "{shown}");

    // The job's own time-out holds for whoever goes on by hand, too.
    let resume = ["resume", &run, "--sandbox", "--faults", "slow:ms=60"];
    ended_with(&project.command(&resume).output().unwrap(), &[130], "once more");
    std::fs::write(project.path().join("jobs/weekly.toml"), job.replace("1s", "5m")).unwrap();
    ended_with(&project.resume(), ENDS, "with time enough");
    assert_eq!(project.community(), *FREE_HAND_ALONE);
    assert_eq!(project.repeated(), std::collections::BTreeMap::new());
}

#[test]
fn the_limits_of_a_job_hold_for_its_runs_and_when_they_go_on() {
    let job = format!("script = \"{MAIN_JOB}\"\n");
    let strict = "[limits.removals]\npeople = 0\nmost = 0\n";
    let project = project(&format!("{job}{strict}"), "");
    ended_with(&project.command(&["jobs", "run", "weekly", "--sandbox"]).output().unwrap(), &[4], "nobody is removed");
    ended_with(&project.resume(), &[4], "the same limits");
    let file = project.path().join("jobs/weekly.toml");
    std::fs::rename(&file, project.path().join("weekly.toml")).unwrap();
    let gone = project.command(&["resume", &project.last_run().of.id, "--sandbox"]).output().unwrap();
    ended_with(&gone, ENDS, "the project's limits");
    let line = "warning: the job `weekly` of this run is gone; limits of its own do not hold any more\n";
    assert!(said(&gone).contains(line), "{}", said(&gone));
}

/// Deletes somebody who administers nothing.
const TIDIES: &str = "users.delete(1010);\nprint(\"tidied\");\n";

#[test]
fn a_job_deletes_while_nobody_watches_only_what_its_file_names() {
    let job = "script = \"scripts/weekly.rhai\"\n";
    let project = project(job, TIDIES);
    let unattended = ["jobs", "run", "weekly", "--sandbox", "--unattended"];
    let held = project.command(&unattended).output().unwrap();
    ended_with(&held, &[4], "its file names nothing");
    let run = project.last_run().of.id;
    let ways_out = format!(
        "held before it was sent: `users.delete` is not named in jobs/weekly.toml, and a job that nobody watches deletes for \
         good only what its file names\nif it is meant, write at the top of jobs/weekly.toml: allow = [\"users.delete\"]\n\
         then go on with: beadle resume {run} --sandbox\n"
    );
    assert!(stdout(&held).ends_with(&ways_out), "{}", said(&held));
    let shown = stdout(&project.command(&["runs", "show", &run, "--sandbox"]).output().unwrap());
    assert!(shown.contains("write at the top of jobs/weekly.toml: allow = [\"users.delete\"]\n"), "{shown}");
    assert!(shown.ends_with(&format!("\nnext: beadle resume {run} --sandbox\n")), "{shown}");
    let resume = ["resume", &run, "--sandbox", "--unattended"];
    ended_with(&project.command(&resume).output().unwrap(), &[4], "nothing has changed");

    // A run is held to what the file says when it goes on, and a file that is gone says nothing.
    let file = project.path().join("jobs/weekly.toml");
    std::fs::remove_file(&file).unwrap();
    let gone = project.command(&resume).output().unwrap();
    ended_with(&gone, &[4], "there is no file");
    assert!(said(&gone).contains("write at the top of jobs/weekly.toml: allow"), "{}", said(&gone));
    std::fs::write(&file, format!("{job}allow = \"users.delete\"\n")).unwrap();
    let on = project.command(&resume).output().unwrap();
    ended_with(&on, &[0], "it is named now");
    assert!(stdout(&on).starts_with("tidied\n"), "{}", said(&on));
}

#[test]
fn a_person_who_watches_needs_no_name_in_the_file_and_hears_of_it() {
    let project = project("script = \"scripts/weekly.rhai\"\nallow = [\"hard_delete\"]\n", TIDIES);
    let ran = project.command(&["jobs", "run", "weekly", "--sandbox", "--attended"]).output().unwrap();
    ended_with(&ran, &[0], "somebody watches");
    let remark = "warning: jobs/weekly.toml: the script uses `users.delete`, which the file does not name: a run that nobody \
                  watches will be held there\n  next: if it is meant, write at the top of jobs/weekly.toml: allow = \
                  [\"hard_delete\", \"users.delete\"]\n";
    assert!(String::from_utf8_lossy(&ran.stderr).starts_with(remark), "{}", said(&ran));
}

#[test]
fn a_simulated_job_is_held_as_its_schedule_would_be() {
    let job = "script = \"scripts/weekly.rhai\"\nschedule = \"0 2 * * *\"\n";
    let project = project(job, "members.remove(4, 1010, #{ hard_delete: true });\nprint(\"tidied\");\n");
    let simulate = ["jobs", "simulate", "--days", "1", "--from", "2026-11-22", "--run", "--sandbox"];
    let held = project.command(&simulate).output().unwrap();
    assert!(
        stdout(&held).contains("write at the top of jobs/weekly.toml: allow = [\"hard_delete\"]\n"),
        "{}",
        said(&held)
    );
    assert!(stdout(&held).contains("\nweekly: 1 moment, 1 of them run\n  1 failed\n"), "{}", said(&held));
    std::fs::write(project.path().join("jobs/weekly.toml"), format!("{job}allow = \"hard_delete\"\n")).unwrap();
    let ran = project.command(&simulate).output().unwrap();
    assert!(stdout(&ran).starts_with("tidied\n"), "{}", said(&ran));
}

#[test]
fn a_run_whose_starter_is_gone_stops_where_it_can_go_on() {
    let script = "args(#{ who: #{ type: \"text\" } }); log(\"begun\"); loop { users.get(1001); }";
    let project = project(JOB, script);
    let start = ["jobs", "start", "weekly", "--run", ID, "--tether", "--sandbox"];
    let mut child = project.command(&start).stdin(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(stderr.any(|line| line == "begun"));
    // What the system does when a process ends, however it does.
    drop(child.stdin.take());
    let rest: Vec<String> = stderr.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    let line = "warning: whoever started this run is gone; stopping, what is under way is finished first";
    assert!(rest.iter().any(|said| said == line), "{rest:?}");
    let run = project.last_run();
    assert_eq!(run.state.as_str(), "interrupted");
    let shown = stdout(&project.command(&["runs", "show", &run.of.id, "--sandbox"]).output().unwrap());
    assert!(shown.contains("\n  whoever started it is gone\n"), "{shown}");
    assert!(shown.ends_with(&format!("\nnext: beadle resume {} --sandbox\n", run.of.id)), "{shown}");
}

#[test]
fn a_simulation_words_what_happens_as_the_log_of_serving_does() {
    let job = format!("{JOB}schedule = \"0 2 * * *\"\npaused = \"holidays: all of us\"\n");
    let project = project(&job, TELLS);
    let simulate = ["jobs", "simulate", "--days", "1", "--from", "2026-11-22", "--each", "--sandbox"];
    let told = stdout(&project.command(&simulate).output().unwrap());
    let line =
        "2026-11-22 02:00 +00:00  weekly of 2026-11-22 02:00 UTC: skipped: the job is paused: holidays: all of us\n";
    assert!(told.starts_with(line), "{told}");
    let json = stdout(&project.command(&[&simulate[..], &["--json"]].concat()).output().unwrap());
    let first: serde_json::Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["what"], "skipped: the job is paused: holidays: all of us");
    assert_eq!((&first["state"], &first["why"]), (&"skipped".into(), &"the job is paused: holidays: all of us".into()));
}
