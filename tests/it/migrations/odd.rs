//! Odd command lines, odd groups, odd people: each is done or refused in words that say what to type.

use super::{FEW, after, rows_of, script, section};
use crate::builder::Test;

#[test]
fn odd_command_lines_are_refused_before_anything_is_read() {
    let refused = |args: &[&str], code: i32, says: &str| {
        let mut test = Test::new().args(["migrate"]);
        for arg in args {
            test = test.args([arg]);
        }
        let ran = test.args(["--sandbox", "--unattended", "--people", FEW, "--activities", "0"]).code(code);
        assert!(ran.stderr.contains(says), "{args:?} says\n{}", ran.stderr);
        assert!(!ran.stdout.contains("of them writes"), "{}", ran.stdout);
    };
    refused(&["--from", "main"], 2, "--to <NAME>");
    refused(&["--to", "main"], 2, "--from <NAME>");
    refused(&["--from", "main", "--to", "main"], 1, "needs two accounts: both connections are the same one");
    refused(&["--from", "nowhere", "--to", "main"], 2, "there is no connection `nowhere`");
    refused(&["--from", "main", "--to", "nowhere"], 2, "there is no connection `nowhere`");
    refused(&["--from", "main", "--to", "new-main", "--look", "--verify"], 2, "cannot be used with");
    refused(&["--from", "main", "--to", "new-main", "--field", "city"], 2, "--field");
    refused(&["--from", "main", "--to", "new-main", "--role", "=x"], 2, "--role");
    refused(
        &["--from", "main", "--to", "new-main", "--newcomers", "friends"],
        2,
        "[possible values: accounts, pending]",
    );
    refused(&["--from", "main", "--to", "new-main", "--group", "Nowhere"], 1, "`groups` names `Nowhere`");
    refused(&["--from", "main", "--to", "new-main", "--group", "Berlin=", "--look"], 2, "--group");
}

#[test]
fn a_group_whose_name_is_no_latin_one_and_somebody_without_an_address_are_no_trouble() {
    let body = r#"
        let there = connect("heartbeat");
        let ids = #{};
        for group in there.groups.list() { ids[group.name] = group.id; }
        there.groups.create(#{ name: "Team 日本 🦉, \"ß\"", parent_group_id: ids["Lisbon"] });
        there.members.add(ids["Lisbon"], #{ emails: ["ruth.petrov@example.com"] });
    "#;
    let ran = script(Test::new(), "teams.rhai", body).success();
    let run = |verb: &str| {
        format!(
            r#"
            let options = #{{ groups: ["Community", "Lisbon", "team 日本 🦉, \"ß\""], if_exists: "use", manager: "admin@new.example" }};
            let done = migrate.{verb}(connect("heartbeat"), connect("new-main"), options);
            print(done.made ?? done.differences);
        "#
        )
    };
    let ran = script(after(ran), "run.rhai", &run("run")).success();
    assert!(ran.stdout.starts_with("2\n"), "{}", ran.stdout);
    let ran = script(after(ran), "run.rhai", &run("run")).success();
    assert!(ran.stdout.starts_with("0\n") && ran.stdout.contains("none of them a write"), "{}", ran.stdout);
    let ran = script(after(ran), "verify.rhai", &run("verify")).success();
    assert!(ran.stdout.starts_with("0\n"), "{}", ran.stdout);
}

#[test]
fn a_community_in_which_nobody_is_moves_as_what_it_is() {
    let body = r#"
        let options = #{ manager: "admin@new.example", newcomers: "accounts", role: "Member", if_exists: "use" };
        let from = connect("new-main");
        let to = connect("new-heartbeat");
        migrate.look(from, to, options);
        print(migrate.run(from, to, options).accounts);
        print(migrate.verify(from, to, options).differences);
    "#;
    let ran = script(Test::new(), "empty.rhai", body).success();
    assert!(ran.stdout.starts_with("0\n0\n"), "its only member is there already: {}", ran.stdout);
}

#[test]
fn the_look_names_whom_a_whole_roster_could_not_hold_and_nothing_is_made_before() {
    let body = |verb: &str, fields: &str| {
        format!("migrate.{verb}(connect(\"main\"), connect(\"new-benefits\"), #{{ groups: [\"Berlin\"], {fields} }});")
    };
    let ran = script(Test::new(), "look.rhai", &body("look", "")).success();
    let rows = rows_of(&ran, "unmapped.csv");
    let said = |needle: &str| rows.iter().any(|row| row.join(",").contains(needle));
    assert!(said("each of them must have `reference_id`: say with `fields` which field it is"), "{rows:#?}");
    let ran = script(after(ran), "run.rhai", &body("run", "")).code(1);
    assert!(ran.stderr.contains("nothing was done") && ran.stderr.contains("reference_id"), "{}", ran.stderr);
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    let ran = script(after(ran), "look.rhai", &body("look", "fields: #{ \"id\": \"reference_id\" }")).success();
    let rows = rows_of(&ran, "unmapped.csv");
    let people = rows.iter().filter(|row| row[0] == "person").count();
    assert_eq!(people, 4, "each with what their row lacks: {rows:#?}");
    assert!(rows.iter().any(|row| row.join(",").contains("column `plan_id`: it is empty")), "{rows:#?}");
    assert!(!section(&ran).is_empty());
}

#[test]
fn a_field_that_was_misspelt_is_named_and_so_is_the_one_that_was_meant() {
    let body = r#"migrate.look(connect("main"), connect("new-main"), #{ groups: #{ "Berlin": "501" }, fields: #{ "citty": "city", "city": "town" } });"#;
    let ran = script(Test::new(), "look.rhai", body).code(1);
    assert!(
        ran.stderr.contains("`fields` names `citty`, and main has no such field; did you mean `city`?"),
        "{}",
        ran.stderr
    );
    let body = body.replace("\"citty\": \"city\", ", "");
    let ran = script(after(ran), "look.rhai", &body).success();
    let rows: Vec<String> = rows_of(&ran, "unmapped.csv").iter().map(|row| row.join(",")).collect();
    assert!(rows.iter().any(|row| row.contains("Mobilize has no field `town`")), "{rows:#?}");
}
