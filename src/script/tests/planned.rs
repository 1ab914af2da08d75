//! Runs that are only planned: what they leave alone, and what they keep for themselves.

use super::super::WouldBe;
use super::{Run, Stage, execute};

const PEOPLE: [&str; 2] = [
    r#"{"id":2,"email":"b@b.example","created_at":"2026-01-02T00:00:00Z"}"#,
    r#"{"id":1,"email":"a@b.example","created_at":"2026-01-01T00:00:00Z"}"#,
];

fn planned(script: &str) -> Stage {
    Stage::new(script).door(|fake| fake.pages = vec![Ok(PEOPLE.to_vec())]).planned()
}

/// The run after its end.
fn ended(stage: &Stage) -> Run {
    let (script, run) = (stage.load().unwrap(), stage.begin());
    execute(&script, &run).unwrap();
    run
}

fn text(stage: &Stage, path: &str) -> Option<String> {
    std::fs::read_to_string(stage.folder.path().join(path)).ok()
}

#[test]
fn scripts_are_told() {
    assert_eq!(planned("print(ctx.dry_run);").output(), ["true"]);
    assert_eq!(Stage::new("print(ctx.dry_run);").output(), ["false"]);
}

#[test]
fn nobody_waits() {
    let stage = planned("sleep(3600); sleep(0.5); print(\"on\");");
    let stage = stage.limits(|limits| limits.time = Some(std::time::Duration::from_secs(60)));
    assert_eq!(stage.output(), ["on"]);
}

#[test]
fn files_go_to_a_folder_of_the_plan_and_are_read_from_there() {
    let stage = planned(
        "exports.write(members.list(9), #{ file: \"out/people.csv\" });
         for name in [\"out/people.csv\", \"./out/people.csv\", \"old.csv\"] { print(csv.read(name).len()); }",
    );
    stage.file("out/people.csv", "email\nx@b.example\n").file("old.csv", "a\n1\n2\n3\n");
    let run = ended(&stage);
    assert_eq!(stage.heard(), ["2", "2", "3"]);
    let at = ".beadle/plans/r1/files/out/people.csv";
    assert_eq!(text(&stage, "out/people.csv").unwrap(), "email\nx@b.example\n", "what is there stays");
    assert!(text(&stage, at).unwrap().contains("b@b.example"));
    assert_eq!(run.parts().files, [WouldBe { name: "out/people.csv".into(), at: at.into() }]);
    assert_eq!(
        run.parts().file_lines(),
        ["files that would be written:".to_owned(), format!("  out/people.csv (as it would be: {at})")]
    );
}

#[test]
fn a_file_that_is_written_twice_is_one_file() {
    let stage =
        planned("for name in [\"a.csv\", \"b.csv\", \"./a.csv\"] { exports.write(members.list(9), #{ file: name }); }");
    let names: Vec<String> = ended(&stage).parts().files.into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["b.csv", "./a.csv"]);
}

#[test]
fn a_file_of_the_command_line_is_left_alone_wherever_it_is() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().canonicalize().unwrap().join("people.csv");
    let mut stage =
        planned(&format!("exports.write(members.list(9), #{{ file: {path:?} }}); print(csv.read({path:?}).len());"));
    stage.files.insert(path.clone());
    let run = ended(&stage);
    assert_eq!(stage.heard(), ["2"]);
    assert!(!path.exists());
    let at = run.parts().files[0].at.clone();
    assert!(at.starts_with(".beadle/plans/r1/files/elsewhere/") && text(&stage, &at).is_some(), "{at}");
}

#[test]
fn what_a_run_could_not_write_a_plan_cannot_either() {
    let message =
        |name: &str| planned(&format!("exports.write(members.list(9), #{{ file: {name:?} }});")).error().message;
    assert!(message("no/where.csv").starts_with("there is no folder `"));
    assert!(message("../out.csv").contains("may not be used"));
    assert!(message("main.rhai").contains("may not be written"));
    assert!(planned("csv.read(\"a.csv\");").error().message.contains("there is no file `a.csv`"));
}

#[test]
fn a_run_writes_in_place_and_tells_no_files() {
    let stage = Stage::new("exports.write(members.list(9), #{ file: \"a.csv\" });")
        .door(|fake| fake.pages = vec![Ok(PEOPLE.to_vec())]);
    let run = ended(&stage);
    assert!(text(&stage, "a.csv").is_some() && text(&stage, ".beadle").is_none());
    assert!(!stage.folder.path().join(".beadle").exists());
    assert!(run.parts().file_lines().is_empty());
}

#[test]
fn a_second_export_of_a_plan_goes_on_where_the_first_one_ended() {
    let stage = planned(
        "for n in 0..2 { print(exports.write(members.list(9), #{ file: \"a.csv\", since: \"last\" }).rows); }
         print(exports.write(members.list(8), #{ file: \"b.csv\", since: \"last\" }).rows);",
    );
    ended(&stage);
    assert_eq!(stage.heard(), ["2", "0", "2"]);
    let again = stage.begin();
    execute(&stage.load().unwrap(), &again).unwrap();
    assert_eq!(stage.heard()[3..], ["2", "0", "2"], "another plan knows nothing of it");
}

#[test]
fn a_plan_says_what_would_be_kept_and_moves_nothing() {
    let stage = planned("exports.write(members.list(9), #{ file: \"a.csv\", since: \"last\" });");
    stage.file("a.csv", "old");
    let run = ended(&stage);
    assert_eq!(text(&stage, "a.csv").as_deref(), Some("old"));
    assert_eq!(text(&stage, "a.csv.before-r1"), None);
    let lines = &run.parts().sections[0].lines;
    assert_eq!(lines[1], "the rows of earlier exports are kept in a.csv.before-r1");
}

#[test]
fn rows_that_hold_what_is_not_known_are_not_exported() {
    for format in ["csv", "ndjson"] {
        let script = format!("exports.write(members.list(9), #{{ file: \"a.csv\", format: \"{format}\" }});");
        let row = r#"{"id":"⟦after apply: user a@b.example⟧","email":"a@b.example"}"#;
        let stage = Stage::new(&script).door(|fake| fake.pages = vec![Ok(vec![PEOPLE[0], row])]).planned();
        assert_eq!(
            stage.error().message,
            "row 2 of the export needs the value of `user a@b.example`, which is known only after apply; hand it to a \
             call as it is, or do this in a script of its own that runs after `beadle apply`"
        );
        assert!(!stage.folder.path().join(".beadle/plans/r1/files/a.csv").exists(), "no half of it either");
    }
}

#[test]
fn rows_of_lists_hold_such_values() {
    let script = "for m in members.list(9) { print(type_of(m.id)); print(m.id == m.fields.id); }";
    let row = r#"{"id":"⟦after apply: user a⟧","fields":{"id":"⟦after apply: user a⟧"}}"#;
    let stage = Stage::new(script).door(|fake| fake.pages = vec![Ok(vec![row])]).planned();
    assert_eq!(stage.output(), ["known after apply", "true"]);
}

#[test]
fn a_warning_is_given_once() {
    let stage = planned("");
    let run = stage.begin();
    for (key, line) in [("a", "one"), ("a", "one, too"), ("b", "two")] {
        run.warn_once(key, line);
    }
    assert_eq!(stage.heard(), ["warning: one", "warning: two"]);
}

#[test]
fn a_search_is_warned_of_once_and_only_in_a_plan() {
    let script = "users.search(\"a\").count(); users.search(\"b\").count(); users.get(1); members.list(1).count();";
    assert!(Stage::new(script).output().is_empty());
    let stage = Stage::new(script).planned();
    assert_eq!(stage.output(), ["warning: a search shows what the platform holds now, not what the plan changes"]);
}
