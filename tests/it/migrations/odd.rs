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
    refused(&["--from", "main", "--to", "nowhere"], 1, "there is no connection `nowhere`");
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
fn two_groups_of_one_name_never_become_one() {
    let body = r#"
        let there = connect("heartbeat");
        let ids = #{};
        for group in there.groups.list() { ids[group.name] = group.id; }
        there.groups.create(#{ name: "Team 日本 🦉", parent_group_id: ids["Berlin"] });
        there.groups.create(#{ name: "Team 日本 🦉", parent_group_id: ids["Lisbon"] });
        print(ids["Berlin"]);
    "#;
    let options = r#"#{
        groups: ["Community", "Chapters", "Berlin", "Lisbon", "Team 日本 🦉"], if_exists: "use", newcomers: "accounts", role: "Member",
        manager: "admin@new.example",
    }"#;
    let ran = script(Test::new(), "teams.rhai", body).success();
    let run = |to: &str| {
        format!("let done = migrate.run(connect(\"heartbeat\"), connect(\"{to}\"), {options}); print(done.made);")
    };
    // Heartbeat has as many of a name as one likes, each below its own.
    let ran = script(after(ran), "to_heartbeat.rhai", &run("new-heartbeat")).success();
    assert!(ran.stdout.starts_with("5\n"), "{}", ran.stdout);
    let ran = script(after(ran), "to_heartbeat.rhai", &run("new-heartbeat")).success();
    assert!(ran.stdout.starts_with("0\n") && ran.stdout.contains("none of them a write"), "{}", ran.stdout);
    let verify = format!("migrate.verify(connect(\"heartbeat\"), connect(\"new-heartbeat\"), {options});");
    let ran = script(after(ran), "verify.rhai", &verify).success();
    assert!(ran.stdout.contains("6 groups and "), "{}", ran.stdout);
    // Mobilize has one: the other is named.
    let ran = script(after(ran), "to_main.rhai", &run("new-main")).success();
    assert!(ran.stdout.starts_with("4\n"), "{}", ran.stdout);
    let named: Vec<String> =
        rows_of(&ran, "unmapped.csv").iter().filter(|row| row[0] == "group").map(|row| row[2..].join(",")).collect();
    assert_eq!(
        named,
        [
            "Team 日本 🦉,Team 日本 🦉,\"Mobilize has one group of each name, and that one is another group's: name the group that it goes into with `groups`\""
        ]
    );
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
