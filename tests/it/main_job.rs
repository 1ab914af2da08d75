//! The main job as a person meets it: a roster becomes a group, again and again, and every row is accounted for.

use serde_json::json;

use crate::builder::Test;

const SYNC: [&str; 3] = ["run", "scripts/sync_roster.rhai", "--sandbox"];

/// Prints how many accepted members the group has, how many of them are in the roster's community twice, and who is
/// recorded as invited.
const LOOK: &str = r#"
let accepted = 0;
let invited = 0;
let seen = #{};
for member in members.list("4") {
    let place = member.groups.find(|place| place.id == "4");
    if place.status == () { accepted += 1; }
    if (place.last_invited_in ?? 0) != 0 { invited += 1; }
    if member.email.to_lower() in seen { throw `${member.email} is there twice`; }
    seen[member.email.to_lower()] = true;
}
print(`${accepted} accepted, ${invited} invited`);
"#;

#[test]
fn a_spreadsheets_roster_becomes_a_group_and_every_row_is_accounted_for() {
    let ran = Test::project()
        .file("look.rhai", LOOK)
        .args(SYNC)
        .stderr(
            "run {run}: scripts/sync_roster.rhai on main (sandbox)\n\
             UTF-8 with a byte order mark, cells separated by `;`, column names in line 1, 248 rows\n",
        )
        .stdout(
            "\
scripts/data/roster.csv to group 4
  248 rows in the file
    +     27  new        not in the group: added
               line 220: ilona.ramirez@example.com
               line 221: ruth.petrov@example.com
               line 222: agnieszka.yilmaz@example.net
               and 24 more
    +      1  accepts    waiting to be let in: added, which lets them in
               line 4: leila.reyes@example.net
    ~      6  changed    in the group with other values: changed
               linh.mueller@example.net: city \"Pune\" -> \"Potsdam\"
               joao.rossi@example.net: job_title \"Translator\" -> \"Head of Programmes\"
               kamau.kask@example.net: last_name \"Kask\" -> \"Okafor-Lindqvist\"
               and 3 more
    =    208  same       in the group with the same values
    !      2  duplicate  stands further up in the file
    !      4  invalid    cannot be used
  9 members of the group that no row names
    -      7  removed    not in the roster: removed
               thandi.ivanova@example.net
               moana.virtanen@example.org
               aisha.ramirez@example.com
               and 4 more
    =      1  protected  not in the roster, but an administrator, the sender or named as protected: kept
    =      1  declined   not in the roster and declined: left alone
  done: 28 added (10 of them had an account before), 6 changed, 7 removed
  invited: 78
  columns that the group has no field for: `Bemerkung`
  4 rows were rejected; they stand in .beadle/runs/{run}/rejects.csv, to be mended there and fed again with the mode add_only
    ! line 62: `not an address` is not an e-mail address: there is no `@`
    ! line 122: no e-mail address
    ! line 202: `petra.klein@example` is not an e-mail address: its domain is not complete
    ! line 249: `ronja.wolf@example.org; ronja@example.net` is not an e-mail address: it holds a blank or a sign that addresses do not have

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, 9 of them writes: 119 changes and mails made
  exit code 5: done, but 4 rows were rejected
",
        )
        .code(5);
    // 242 of the roster and one who is protected; 78 of the invitations are ours, the others are from before.
    let ran = ran.then(["run", "look.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("243 accepted, 237 invited\n"), "{}", ran.stdout);
}

#[test]
fn a_second_run_changes_nothing_writes_to_nobody_and_says_so() {
    let first = Test::project().args(SYNC).code(5);
    let second = first
        .then(SYNC)
        .stdout(
            "\
scripts/data/roster.csv to group 4
  248 rows in the file
    =    242  same       in the group with the same values
    !      2  duplicate  stands further up in the file
    !      4  invalid    cannot be used
  2 members of the group that no row names
    =      1  protected  not in the roster, but an administrator, the sender or named as protected: kept
    =      1  declined   not in the roster and declined: left alone
  done: nothing had to be added, changed or removed
  invited: nobody
  columns that the group has no field for: `Bemerkung`
  4 rows were rejected; they stand in .beadle/runs/{run}/rejects.csv, to be mended there and fed again with the mode add_only
    ! line 62: `not an address` is not an e-mail address: there is no `@`
    ! line 122: no e-mail address
    ! line 202: `petra.klein@example` is not an e-mail address: its domain is not complete
    ! line 249: `ronja.wolf@example.org; ronja@example.net` is not an e-mail address: it holds a blank or a sign that addresses do not have

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, none of them a write: nothing was changed
  exit code 5: done, but 4 rows were rejected
",
        )
        .code(5);
    // A new sandbox has forgotten all of it.
    let ran = second.then(SYNC).args(["--fresh", "--json"]).code(5);
    assert_eq!(ran.json().last().unwrap()["report"]["sections"][0]["data"]["invited"], 78);
}

#[test]
fn with_json_every_line_is_an_object_and_the_last_one_is_the_report() {
    let ran = Test::project()
        .file("say.rhai", "print(\"one\"); print(2); report.add(\"answer\", 42); report.note(\"done\");")
        .args(["run", "say.rhai", "--sandbox", "--json"])
        .success();
    let lines = ran.json();
    assert_eq!(lines[..2], [json!({ "type": "print", "text": "one" }), json!({ "type": "print", "text": "2" })]);
    let report = &lines[2];
    assert_eq!((lines.len(), &report["type"], &report["exit_code"]), (3, &json!("report"), &json!(0)));
    assert_eq!((&report["report"]["values"], &report["report"]["notes"]), (&json!({ "answer": 42 }), &json!(["done"])));

    let ran = ran.then(SYNC).args(["--json"]).code(5);
    let lines = ran.json();
    let report = &lines[0];
    assert_eq!((lines.len(), report["ending"].as_str(), report["exit_code"].as_i64()), (1, Some("done"), Some(5)));
    assert_eq!(report["effects"], json!({ "done": 119, "queued": 0, "failed": 0, "in_doubt": 0, "replaced": 0 }));
    let data = &report["report"]["sections"][0]["data"];
    assert_eq!(
        [&data["added"], &data["existing"], &data["changed"], &data["removed"], &data["same"], &data["invited"]],
        [28, 10, 6, 7, 208, 78]
    );
    assert_eq!(data["rejected"][1], json!({ "line": 122, "reason": "no e-mail address" }));
    assert_eq!(data["classes"].as_object().unwrap().values().filter_map(|count| count.as_u64()).sum::<u64>(), 248 + 9);
}

#[test]
fn the_file_of_rejected_rows_is_a_roster_of_nobody_until_it_is_mended() {
    let ran = Test::project().args(SYNC).code(5);
    let rejects = format!(".beadle/runs/{}/rejects.csv", ran.run());
    let text = ran.read(&rejects);
    let head = text.lines().next().unwrap().trim_start_matches('\u{FEFF}');
    assert_eq!(head, "line;reason;E-Mail;Vorname;Nachname;Job Title;City;Bemerkung");
    assert_eq!(text.lines().count(), 5);

    let roster = format!("roster={rejects}");
    let ran = ran.then(SYNC).args(["--json", "--arg", &roster, "--arg", "mode=add_only"]).code(5);
    let data = &ran.json()[0]["report"]["sections"][0]["data"];
    assert_eq!((&data["rows"], &data["classes"]["invalid"]), (&json!(4), &json!(4)));
    assert_eq!([&data["added"], &data["changed"], &data["removed"], &data["invited"]], [0, 0, 0, 0]);

    let mended = text.replace("petra.klein@example;", "petra.klein@example.org;");
    assert_ne!(mended, text);
    std::fs::write(ran.folder.path().join("mended.csv"), mended).unwrap();
    let ran = ran.then(SYNC).args(["--json", "--arg", "roster=mended.csv", "--arg", "mode=add_only"]).code(5);
    let data = &ran.json()[0]["report"]["sections"][0]["data"];
    assert_eq!([&data["added"], &data["removed"], &data["classes"]["invalid"]], [1, 0, 3]);
}

#[test]
fn a_sandbox_of_another_size_is_asked_for_in_words() {
    let ran = Test::new()
        .file("count.rhai", "print(users.list().count());")
        .args(["run", "count.rhai", "--sandbox", "--people", "500", "--seed", "7"])
        .success();
    assert!(ran.stdout.starts_with("500\n"), "{}", ran.stdout);
    let ran = ran
        .then(["run", "count.rhai", "--sandbox", "--people", "600"])
        .stdout("")
        .stderr(
            "error: the kept sandbox was made with --seed 7 --people 500; --fresh makes a new one with other numbers\n",
        )
        .code(2);
    let ran = ran.then(["run", "count.rhai", "--sandbox", "--fresh", "--people", "600"]).success();
    assert!(ran.stdout.starts_with("600\n"), "{}", ran.stdout);
}

#[test]
fn progress_is_told_in_a_pipe_before_the_report_ends() {
    let ran = Test::project().args(SYNC).code(5);
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.starts_with("invited 78 of 78, ") && last.contains(" calls"), "{last}");
}
