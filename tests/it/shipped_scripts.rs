//! The scripts that ship, on the sandbox with nothing but their defaults, and once more: nothing is done twice.

use std::path::Path;

use beadle::catalog::{Answer, FieldTy};
use beadle::platforms;

use crate::builder::Test;
use crate::served::Served;

const INVITE: [&str; 3] = ["run", "scripts/invite_new_members.rhai", "--sandbox"];
const EXPORT: [&str; 3] = ["run", "scripts/export_activities.rhai", "--sandbox"];
const GROUPS: [&str; 3] = ["run", "scripts/bulk_create_groups.rhai", "--sandbox"];

#[test]
fn every_script_that_ships_tells_what_it_takes_without_being_run() {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts");
    let mut seen = 0;
    for entry in std::fs::read_dir(scripts).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if !name.ends_with(".rhai") {
            continue;
        }
        let path = format!("scripts/{name}");
        let ran = Test::project().args(["run", &path, "--help"]).stderr("").success();
        let usage = format!("\n\nUsage: beadle run {path} [OPTIONS]\n\nArguments of the script:\n  --arg ");
        assert!(ran.stdout.contains(&usage), "{}", ran.stdout);
        assert!(!ran.stdout.starts_with('\n'), "{path} says what it is for");
        assert!(!ran.folder.path().join(".beadle").exists(), "{path} was run");
        seen += 1;
    }
    assert_eq!(seen, 7);
}

#[test]
fn whoever_was_invited_is_not_invited_again() {
    let first = Test::project()
        .args(INVITE)
        .stderr("run {run}: scripts/invite_new_members.rhai on main (sandbox)\n")
        .stdout(
            "\
61 invited, 0 left alone
run {run} on main (sandbox): done in {seconds} s
  {calls} calls, 1 of them a write: 61 changes and mails made, 61 of them accepted and not carried out yet by the platform
",
        )
        .success();
    let run = first.run();
    // The platform may have worked off a part of its queue by now: whom it records as invited is not asked for again.
    let second = first.then(INVITE).success();
    assert!(second.stdout.contains("none of them a write: nothing was changed\n"), "{}", second.stdout);
    let known = second.stdout.starts_with("everybody has been invited already\n");
    let left_alone = second.stdout.starts_with("0 invited, ")
        && second.stdout.contains("\nnot written to: ")
        && second.stdout.contains(&format!(" by run {run}; to write once more, name a campaign: `again: "));
    assert!(known || left_alone, "{}", second.stdout);
}

#[test]
fn a_new_campaign_may_mail_again_but_not_within_two_weeks() {
    let script = r#"
        let ids = members.list("4").filter(|m| !m.is_registered).map(|m| m.id);
        ids.truncate(3);
        let invite = |options| members.invite("4", #{ sender_id: "1001", recipients_ids: ids } + options).effects;
        for options in [#{}, #{}, #{ again: "spring" }, #{ again: " Spring" }] {
            let effects = invite.call(options);
            print(`${effects.done} done, ${effects.skipped.len()} skipped`);
        }
    "#;
    let ran = Test::new()
        .file("campaign.rhai", script)
        .args(["run", "campaign.rhai", "--sandbox"])
        .stdout(
            "\
3 done, 0 skipped
0 done, 3 skipped
0 done, 3 skipped
0 done, 3 skipped
not written to: 6, has had 1 mail about this within 14 days; no more than 1 whatever the campaign
not written to: 3, invited by run {run}; to write once more, name a campaign: `again: \"a name for it\"`

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, 1 of them a write: 3 changes and mails made, 3 of them accepted and not carried out yet by the platform
",
        )
        .success();
    // A settings file may allow it: then each label mails once.
    let served = Served::start();
    let settings = format!("{}\n[limits.mail]\ntarget_days = 0\n", served.settings());
    let ran = ran.then(["run", "campaign.rhai"]).file("beadle.toml", &settings).env("SECRET", &served.secret).success();
    assert!(
        ran.stdout.starts_with("3 done, 0 skipped\n0 done, 3 skipped\n3 done, 0 skipped\n0 done, 3 skipped\n"),
        "{}",
        ran.stdout
    );
    let mut mails = served.mails();
    mails.sort_unstable();
    assert_eq!((mails.len(), mails[0] == mails[1], mails[1] == mails[2]), (6, true, false), "{mails:?}");
}

#[test]
fn groups_that_are_there_are_left_alone() {
    let first = Test::project().args(GROUPS).success();
    assert!(first.stdout.starts_with("3 groups made\n"), "{}", first.stdout);
    assert!(first.stdout.contains("1 of them a write: 3 changes and mails made\n"), "{}", first.stdout);
    let second = first
        .then(GROUPS)
        .stdout(
            "\
every group is there already
there already: 3
  id 10, name Hamburg
  id 11, name Marseille
  id 12, name First aid

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, none of them a write: nothing was changed
",
        )
        .success();
    let more = "name;parent\nHamburg;Chapters\nHarbour;Hamburg\n";
    let third = second.then(GROUPS).file("more.csv", more).args(["--arg", "file=more.csv"]).success();
    assert!(third.stdout.starts_with("1 group made\nthere already: 1\n"), "{}", third.stdout);
}

/// The union of what the document says of activities, nested names joined by dots, and one column for the rest.
fn columns() -> Vec<String> {
    let list = platforms::ALL[0].ops.iter().find(|op| op.name() == "activities.list").unwrap();
    let Answer::Many(record, _) = list.answer else { panic!("activities are a list") };
    let mut columns = Vec::new();
    for field in record.fields {
        match field.ty {
            FieldTy::One(inner) => {
                columns.extend(inner.fields.iter().map(|one| format!("{}.{}", field.name, one.name)))
            }
            _ => columns.push(field.name.to_owned()),
        }
    }
    columns.push("extra".to_owned());
    columns
}

#[test]
fn an_export_has_the_documented_columns_and_the_platforms_own_rows() {
    let ran = Test::project()
        .args(EXPORT)
        .stdout(
            "\
600 activities written to activities.csv
export to activities.csv
  600 rows, 72215 bytes, sha256 {sha256}

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, none of them a write: nothing was changed
",
        )
        .success();
    let text = ran.read("activities.csv");
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let have: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(have, columns());
    assert_eq!(table.records().map(Result::unwrap).count(), 600);
}

#[test]
fn rows_of_ndjson_are_those_of_the_platform_byte_for_byte() {
    let served = Served::start();
    let ran = Test::project()
        .file("beadle.toml", &served.settings())
        .env("SECRET", &served.secret)
        .args(["run", "scripts/export_activities.rhai", "--arg", "out=all.ndjson", "--arg", "format=ndjson"])
        .success();
    let written = ran.read("all.ndjson");
    assert_eq!(written.lines().count(), 600);
    let mut sent = String::new();
    let mut last = String::new();
    for _ in 0..12 {
        let body = served.get(&format!("/mobilize/v1/activities?limit=50{last}"));
        let page: serde_json::Value = serde_json::from_slice(&body).unwrap();
        last = format!("&last_activity_id={}", page["activites"].as_array().unwrap().last().unwrap()["id"]);
        sent.push_str(&String::from_utf8(body).unwrap());
    }
    let mut rest = sent.as_str();
    for line in written.lines() {
        let at = rest.find(line).unwrap_or_else(|| panic!("not as it was sent, or not in its order: {line}"));
        rest = &rest[at + line.len()..];
    }
}

#[test]
fn an_export_of_what_is_new_brings_nothing_twice_and_keeps_what_is_there() {
    let first = Test::project().args(EXPORT).success();
    let text = first.read("activities.csv");
    let second = first
        .then(EXPORT)
        .args(["--arg", "since=last"])
        .stdout(
            "\
0 activities written to activities.csv
export to activities.csv
  nothing new since the last export; the file is as it was

run {run} on main (sandbox): done in {seconds} s
  {calls} calls, none of them a write: nothing was changed
",
        )
        .success();
    assert_eq!(second.read("activities.csv"), text);

    // Something happens: somebody is added to a group.
    let ran = second
        .then(["run", "scripts/sync_roster.rhai", "--sandbox", "--arg", "roster=new.csv", "--arg", "mode=add_only"])
        .file("new.csv", "email\nnobody.yet@example.com\n");
    let ran = ran.success().then(EXPORT).args(["--arg", "since=last"]).success();
    let new = ran.read("activities.csv");
    let rows = new.lines().count() - 1;
    assert!(ran.stdout.starts_with(&format!("{rows} activit")), "{}", ran.stdout);
    assert!((1..10).contains(&rows), "{new}");
    assert!(new.lines().skip(1).all(|line| !text.contains(line)), "{new}");
    let kept = format!("activities.csv.before-{}", ran.run());
    assert!(ran.stdout.contains(&format!("the rows of earlier exports are kept in {kept}\n")), "{}", ran.stdout);
    assert_eq!(ran.read(&kept), text);
}

#[test]
fn only_the_command_line_names_files_outside_of_the_project() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("out.csv").display().to_string();
    let ran = Test::project().args(EXPORT).args(["--arg", &format!("out={path}"), "--arg", "type=post"]).success();
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 26);
    std::fs::remove_file(&path).unwrap();

    let script = format!("exports.write(activities.list(), #{{ file: \"{path}\" }});");
    let ran = ran.then(["run", "own.rhai", "--sandbox"]).file("own.rhai", &script).code(1);
    assert!(ran.stderr.contains("may not be used: scripts name files below the project's folder"), "{}", ran.stderr);
    assert!(!Path::new(&path).exists());

    let ran = ran.then(EXPORT).args(["--arg", "type=psot"]).code(1);
    assert!(ran.stderr.contains("did you mean \"post\"?"), "{}", ran.stderr);
    assert!(!ran.folder.path().join("activities.csv").exists(), "nothing is left of an export that failed");
}
