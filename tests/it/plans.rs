//! Plans as a person meets them: what they show and send, what they are kept as, and that applying one does exactly that.

use serde_json::{Value, json};

use crate::builder::Test;
use crate::disturbed::{MAIN_JOB, MAIN_JOB_ALONE, Project, ended_with, said};

const SYNC: [&str; 3] = ["plan", "scripts/sync_roster.rhai", "--sandbox"];
const FOUNDERS: &str = include_str!("../data/plans/founders.rhai");

/// The name of the plan that was shown.
pub fn plan_id(output: &std::process::Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("plan ")).unwrap_or_else(|| panic!("{}", said(output)));
    line.split(' ').nth(1).unwrap().to_owned()
}

/// How many requests that could change something have reached the sandbox.
pub fn writes(project: &Project) -> usize {
    project.look(|store| async move {
        let Some(world) = store.world().await.unwrap() else { return 0 };
        store.world_requests(&world.id, 0, 100_000).await.unwrap().len()
    })
}

#[test]
fn the_main_job_is_planned_person_by_person_and_nothing_is_changed() {
    let ran = Test::project()
        .args(SYNC)
        .stderr(
            "planning scripts/sync_roster.rhai on main (sandbox): nothing is changed\n\
             UTF-8 with a byte order mark, cells separated by `;`, column names in line 1, 248 rows\n",
        )
        .stdout(
            "\
scripts/data/roster.csv to group 4
  248 rows in the file
    +     27  new        not in the group: added
    +      1  accepts    waiting to be let in: added, which lets them in
    ~      6  changed    in the group with other values: changed
    =    208  same       in the group with the same values
    !      2  duplicate  stands further up in the file
    !      4  invalid    cannot be used
  9 members of the group that no row names
    -      7  removed    not in the roster: removed
    =      1  protected  not in the roster, but an administrator, the sender or named as protected: kept
    =      1  declined   not in the roster and declined: left alone
  would be: 28 added (10 of them had an account before), 6 changed, 7 removed
  would be invited: 78
  columns that the group has no field for: `Bemerkung`
  4 rows were rejected; they stand in .beadle/plans/{run}/rejects.csv, to be mended there and fed again with the mode add_only
    ! line 62: `not an address` is not an e-mail address: there is no `@`
    ! line 122: no e-mail address
    ! line 202: `petra.klein@example` is not an e-mail address: its domain is not complete
    ! line 249: `ronja.wolf@example.org; ronja@example.net` is not an e-mail address: it holds a blank or a sign that addresses do not have

plan {run} of scripts/sync_roster.rhai on main (sandbox)
  group 4 (Berlin)
    +     28  come in
              leila.reyes@example.net
              ilona.ramirez@example.com
              ruth.petrov@example.com
              and 25 more
    ~      6  changed
              linh.mueller@example.net: city \"Pune\" -> \"Potsdam\"
              joao.rossi@example.net: job_title \"Translator\" -> \"Head of Programmes\"
              kamau.kask@example.net: last_name \"Kask\" -> \"Okafor-Lindqvist\"
              and 3 more
    -      7  leave
              thandi.ivanova@example.net
              moana.virtanen@example.org
              aisha.ramirez@example.com
              and 4 more
    @     78  are written to
              leila.reyes@example.net
              ngozi.sharma@example.com
              dimitris.odegard@example.net
              and 75 more
  also:
    come into group 1 (Community), which lies above: 18 people
    come into group 2 (Chapters), which lies above: 19 people
  it takes 9 calls that change something and at least 4 that only read; less than a second
nothing was changed; to do exactly this: beadle apply {run} --sandbox
",
        )
        .code(5);
    // What it says of accounts that are overwritten must come from somewhere.
    let all = ran.then(["plan", "scripts/sync_roster.rhai", "--sandbox", "--all", "--exit-code"]).code(5);
    assert_eq!(all.stdout.lines().filter(|line| line.starts_with("              ")).count(), 28 + 6 + 7 + 78);
}

#[test]
fn a_plan_sends_nothing_and_its_apply_does_what_the_run_does() {
    let project = Project::new();
    let planned = project.command(&["plan", MAIN_JOB, "--sandbox"]).output().unwrap();
    ended_with(&planned, &[5], "rows are rejected");
    assert_eq!(writes(&project), 0, "{}", said(&planned));
    let applied = project.command(&["apply", &plan_id(&planned), "--sandbox"]).output().unwrap();
    ended_with(&applied, &[0], "apply");
    let text = said(&applied);
    assert!(text.contains("  done: 28 added or made, 6 changed, 7 removed or deleted, 78 written to\n"), "{text}");
    assert!(text.contains(", 9 of them writes: 119 changes and mails made"), "{text}");
    assert_eq!(project.community(), *MAIN_JOB_ALONE);
    assert_eq!(writes(&project), 9);

    let second = project.command(&["plan", MAIN_JOB, "--sandbox", "--exit-code"]).output().unwrap();
    let text = said(&second);
    assert!(text.contains("\n  nothing would be changed\n") && !text.contains("beadle apply"), "{text}");
    assert_eq!(second.status.code(), Some(5), "the rows are still rejected, and nothing is pending: {text}");
    assert_eq!(writes(&project), 9);
}

#[test]
fn the_exit_code_tells_whether_something_would_change() {
    let script =
        "members.add(\"4\", #{ user_id: \"1010\" }); if ctx.args.more { members.add(\"8\", #{ user_id: \"1011\" }); }";
    let args = "args(#{ more: #{ type: \"bool\", default: false, doc: \"\" } });\n";
    let test = Test::new().file("add.rhai", &format!("{args}{script}"));
    let same = test.args(["plan", "add.rhai", "--sandbox", "--exit-code"]).success();
    assert!(
        same.stdout.contains("nothing would be changed") || same.stdout.contains("as wanted already"),
        "{}",
        same.stdout
    );
    let more = same.then(["plan", "add.rhai", "--sandbox", "--exit-code", "--arg", "more=true"]).code(3);
    more.then(["plan", "add.rhai", "--sandbox", "--arg", "more=true"]).success();
}

#[test]
fn a_script_reads_what_it_has_planned_and_apply_fills_in_what_only_the_platform_can_give() {
    let planned = Test::new()
        .file("founders.rhai", FOUNDERS)
        .args(["plan", "founders.rhai", "--sandbox", "--all"])
        .stdout(
            "\
Ada lives in London and is in 3 groups
cy@new.example
[\"ada@new.example\", \"bo@new.example\", \"cy@new.example\"]
[\"private\"]
389
completed
1010
plan {run} of founders.rhai on main (sandbox)
  groups
    +      1  made (the platform may mail them)
              Founders
  the new group founders
    +      5  come in (the platform may mail them)
              ada@new.example
              theo.novak@example.net
              miriam.jones@example.org
              bo@new.example
              cy@new.example
    ~      1  changed
              ada@new.example: city \"\" -> \"London\"
    -      1  leave
              miriam.jones@example.org
    @      3  are written to
              ada@new.example
              bo@new.example
              cy@new.example
  also:
    come into group 1 (Community), which lies above: 3 people
    come into group 2 (Chapters), which lies above: 3 people
  it takes 8 calls that change something and at least 7 that only read; less than a second
nothing was changed; to do exactly this: beadle apply {run} --sandbox
",
        )
        .success();
    let plan = planned.run();
    let applied = planned
        .then(["apply", &plan, "--sandbox"])
        .stdout(
            "\
plan {run} of founders.rhai
  done: 6 added or made, 1 changed, 1 removed or deleted, 3 written to

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, 8 of them writes: 11 changes and mails made
",
        )
        .success();
    // The manager is a member, too: no plan can know that.
    let look = "print(members.list(\"10\", #{ include_fields: true }).map(|m| [m.email, m.fields.city ?? \"\"]));";
    let looked = applied.then(["run", "look.rhai", "--sandbox"]).file("look.rhai", look).success();
    let members = looked.stdout.lines().next().unwrap();
    assert_eq!(
        members,
        "[[\"omar.jones@example.com\", \"\"], [\"ada@new.example\", \"London\"], [\"theo.novak@example.net\", \
         \"Pune\"], [\"bo@new.example\", \"Oslo\"], [\"cy@new.example\", \"\"]]"
    );
    // Planned again, nothing of it is left to do but to write to nobody.
    let again = looked.then(["plan", "founders.rhai", "--sandbox"]).success();
    assert!(again.stdout.contains("left out of groups.create: 1, made by run "), "{}", again.stdout);
    assert!(again.stdout.contains("left out of members.invite: 3, invited on "), "{}", again.stdout);
}

#[test]
fn what_a_plan_cannot_know_ends_it_with_a_sentence_at_its_place() {
    let reads = "let ada = members.add(\"4\", #{ fields: #{ email: \"ada@new.example\" } });\n\
                 for one in activities.list(#{ member_id: ada.id }) { print(one.id); }";
    let ran = Test::new()
        .file("reads.rhai", reads)
        .args(["plan", "reads.rhai", "--sandbox"])
        .stdout("")
        .stderr(
            "planning reads.rhai on main (sandbox): nothing is changed
error: activities.list on main: (known after apply: person ada@new.example) is known only after apply: a plan cannot ask the platform about it (known_after_apply)
 --> reads.rhai:2:22
   |
 2 | for one in activities.list(#{ member_id: ada.id }) { print(one.id); }
   |                      ^
",
        )
        .code(1);
    let again = ran.then(["plan", "reads.rhai", "--sandbox", "--json"]).code(1);
    let said: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&said["type"], &said["ending"], &said["exit_code"]), (&json!("plan"), &json!("failed"), &json!(1)));
    assert!(said["error"].as_str().unwrap().contains("known only after apply") && said.get("plan").is_none(), "{said}");
}

#[test]
fn what_is_refused_is_refused_while_planning_and_nothing_of_it_is_kept() {
    for (script, why) in [
        (
            "groups.create(#{ name: \"berlin \", parent_group_id: \"2\", privacy: \"private\", invite_members_enabled: true, \
             hidden_emails: false, alias_name: \"b\", default_emails_frequency: \"daily\", \
             manager_email_address: users.get(\"1001\").email });",
            "`berlin ` is there already; to use what is there: `if_exists: \"use\"` (refused)",
        ),
        ("members.remove(\"8\", \"1010\");", "1010 is not in group 8 (not_found, HTTP 404)"),
        ("members.update(\"4\", \"99999\", #{ city: \"Rome\" });", "99999 is not in group 4 (not_found, HTTP 404)"),
        ("users.delete(\"99999\");", "there is no account 99999 (not_found, HTTP 404)"),
    ] {
        let ran = Test::new().file("one.rhai", script).args(["plan", "one.rhai", "--sandbox"]).code(1);
        assert!(ran.stderr.contains(why), "{why}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_group_that_is_there_is_used_where_that_is_asked_for_and_one_of_the_plan_is_made_once() {
    let group = |name: &str, more: &str| {
        format!(
            "groups.create(#{{ name: \"{name}\", parent_group_id: \"2\", privacy: \"private\", invite_members_enabled: true, \
             hidden_emails: false, alias_name: \"b\", default_emails_frequency: \"daily\", \
             manager_email_address: users.get(\"1001\").email{more} }})"
        )
    };
    let script = format!(
        "print({}.id); let one = {}; let other = {}; print(one.id == other.id); print(groups.list().count());",
        group("Berlin", ", if_exists: \"use\""),
        group("Rome", ""),
        group("rome", "")
    );
    let ran = Test::new().file("one.rhai", &script).args(["plan", "one.rhai", "--sandbox", "--all"]).success();
    assert!(ran.stdout.starts_with("4\ntrue\n10\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("    +      1  made (the platform may mail them)\n              Rome\n"),
        "{}",
        ran.stdout
    );
    let plan = ran.run();
    let applied = ran.then(["apply", &plan, "--sandbox"]).success();
    assert!(applied.stdout.contains("  done: 1 added or made\n"), "{}", applied.stdout);
}

#[test]
fn a_plan_in_a_file_is_readable_holds_no_secret_and_can_be_applied_from_there() {
    let ran = Test::project().args(SYNC).args(["--out", "roster.plan.json"]).code(5);
    let text = ran.read("roster.plan.json");
    assert!(text.ends_with("}\n") && text.lines().count() > 1_000, "one value a line");
    let plan: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["beadle_plan"], 1);
    assert_eq!(plan["script"], "scripts/sync_roster.rhai");
    let signs: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["touches"].as_array().unwrap())
        .map(|touch| touch["sign"].as_str().unwrap())
        .collect();
    let count = |sign: &str| signs.iter().filter(|have| **have == sign).count();
    assert_eq!([count("+"), count("~"), count("-"), count("@")], [28, 6, 7, 78]);

    let other = text.replacen("\"city\": \"Potsdam\"", "\"city\": \"Babelsberg\"", 1);
    assert_ne!(other, text);
    std::fs::write(ran.folder.path().join("changed.json"), other).unwrap();
    let changed = ran.then(["apply", "changed.json", "--sandbox"]).code(2);
    assert!(
        changed.stderr.starts_with("error: `changed.json`: the plan was changed after it was made"),
        "{}",
        changed.stderr
    );
    let longer = text.replacen("\"expires_at\": 1", "\"expires_at\": 2", 1);
    std::fs::write(changed.folder.path().join("changed.json"), longer).unwrap();
    let changed = changed.then(["apply", "changed.json", "--sandbox"]).code(2);
    std::fs::write(
        changed.folder.path().join("newer.json"),
        text.replacen("\"beadle_plan\": 1", "\"beadle_plan\": 2", 1),
    )
    .unwrap();
    let newer = changed
        .then(["apply", "newer.json", "--sandbox"])
        .stderr(
            "error: `newer.json`: this plan has format 2 and this beadle reads 1: make it anew, or use the beadle that made it\n",
        )
        .code(2);
    std::fs::write(newer.folder.path().join("none.json"), "[]").unwrap();
    let none = newer.then(["apply", "none.json", "--sandbox"]).code(2);
    assert!(none.stderr.starts_with("error: `none.json`: this is no plan: "), "{}", none.stderr);

    let applied = none.then(["apply", "roster.plan.json", "--sandbox"]).success();
    assert!(applied.stdout.contains("119 changes and mails made"), "{}", applied.stdout);
    let twice = applied.then(["apply", "roster.plan.json", "--sandbox"]).code(2);
    assert!(twice.stderr.contains("was applied before; its run is done"), "{}", twice.stderr);
}

#[test]
fn a_plan_is_shown_again_by_name_or_file_for_all_or_for_one() {
    let ran = Test::project().args(SYNC).args(["--out", "roster.plan.json"]).code(5);
    let plan = ran.run();
    let one = ran
        .then(["plan", &plan, "--sandbox", "--only", "LINH.MUELLER"])
        .stdout(
            "\
plan {run} of scripts/sync_roster.rhai on main (sandbox)
  group 4 (Berlin)
    +     28  come in
    ~      6  changed
              linh.mueller@example.net: city \"Pune\" -> \"Potsdam\"
    -      7  leave
    @     78  are written to
  also:
    come into group 1 (Community), which lies above: 18 people
    come into group 2 (Chapters), which lies above: 19 people
  it takes 9 calls that change something and at least 4 that only read; less than a second
nothing was changed; to do exactly this: beadle apply {run} --sandbox
",
        )
        .success();
    let all = one.then(["plan", "roster.plan.json", "--sandbox", "--all", "--exit-code"]).code(3);
    assert_eq!(all.stdout.lines().filter(|line| line.starts_with("              ")).count(), 28 + 6 + 7 + 78);
    let none = all.then(["plan", "20261122-0000-aaaa", "--sandbox"]).code(2);
    assert!(none.stderr.starts_with("error: there is no plan `20261122-0000-aaaa` in "), "{}", none.stderr);
}

#[test]
fn for_programs_every_touch_is_a_line_and_the_last_one_is_the_plan() {
    let test = Test::project().file(
        "out.rhai",
        "report.note(\"a note\"); exports.write(members.list(4), #{ file: \"people.csv\" }); members.add(8, #{ user_id: \"1010\" }); print(\"said\");",
    );
    let ran = test.args(["plan", "out.rhai", "--sandbox", "--json"]).success();
    let lines = ran.json();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert_eq!(lines[0]["text"], "said");
    assert_eq!([&lines[1]["type"], &lines[1]["operation"], &lines[1]["sign"]], ["touch", "members.add", "+"]);
    assert_eq!([&lines[1]["name"], &lines[1]["before"]["id"]], ["theo.novak@example.net", "1010"]);
    let plan = &lines[2];
    assert_eq!([&plan["type"], &plan["script"]], ["plan", "out.rhai"]);
    assert_eq!(plan["changes"], true);
    assert_eq!(plan["report"]["notes"][0], "a note");
    assert_eq!(plan["report"]["files"][0]["file"], "people.csv");
    let there = plan["report"]["files"][0]["as_it_would_be"].as_str().unwrap();
    assert!(ran.folder.path().join(there).is_file() && !ran.folder.path().join("people.csv").exists());

    let ran = ran.then(["plan", "out.rhai", "--sandbox"]).success();
    assert!(ran.stdout.contains("\nfiles that would be written:\n  people.csv (as it would be: "), "{}", ran.stdout);
}
