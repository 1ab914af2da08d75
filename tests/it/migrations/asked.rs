//! What cannot be is known before the first change; what goes wrong in the middle holds back no more than itself.

use super::{BACK, FEW, after, map_of, rows_of, run_of, script, step};
use crate::builder::Test;

const SMALL: [&str; 5] = ["--unattended", "--people", FEW, "--activities", "0"];
/// `beadle migrate` into a community of Heartbeat that begins empty.
const INTO: [&str; 8] = ["migrate", "--sandbox", "--from", "main", "--to", "new-heartbeat", "--if-exists", "use"];
const NOTHING: &str = "none of them a write: nothing was changed";

#[test]
fn a_role_that_is_not_there_is_said_by_the_look_and_nothing_is_made_for_it() {
    let roles = ["--newcomers", "accounts", "--role", "member=Nope", "--role", "administrator=Member"];
    let ran = Test::new().args(INTO).args(["--look"]).args(roles).args(SMALL).success();
    assert!(
        ran.stdout.contains("\n  ! before the first change: there is no role `Nope`; there are "),
        "{}",
        ran.stdout
    );
    let ran = after(ran).args(INTO).args(roles).args(SMALL).code(1);
    assert!(ran.stderr.contains("there is no role `Nope`"), "{}", ran.stderr);
    assert!(ran.stdout.contains(NOTHING), "{}", ran.stdout);
}

#[test]
fn all_who_would_become_administrators_are_held_at_once_before_the_first_change() {
    let roles = ["--newcomers", "accounts", "--role", "member=Member", "--role", "administrator=Admin"];
    let ran = Test::new().args(INTO).args(["--look"]).args(roles).args(SMALL).success();
    assert!(ran.stdout.contains("would get an administrator's power: it will be held for"), "{}", ran.stdout);
    let ran = after(ran).args(INTO).args(roles).args(SMALL).code(4);
    assert!(ran.stdout.contains(NOTHING), "{}", ran.stdout);
    assert!(ran.stdout.contains("held before the first change: "), "{}", ran.stdout);
    let number = ran.stdout.split("--roles ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(number.parse::<u32>().unwrap() > 1, "{}", ran.stdout);
    let run = run_of(&ran);
    let ran = ran.then(["approve", &run, "--sandbox", "--roles", &number, "--reason", "meant"]).success();
    ran.then(["resume", &run, "--sandbox", "--unattended"]).success();
}

#[test]
fn the_role_that_is_missing_is_named_as_it_is_typed() {
    let ran = Test::new().args(INTO).args(["--newcomers", "accounts", "--role", "member=Member"]).args(SMALL).code(1);
    assert!(ran.stderr.contains("(`--role administrator=…`)"), "{}", ran.stderr);
}

#[test]
fn the_examples_of_the_help_can_be_typed() {
    let help = Test::new().args(["migrate", "--help"]).success();
    let text = help.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines = text.split("beadle migrate ").skip(1).filter(|line| line.starts_with("--from"));
    let lines: Vec<String> = lines.map(|line| line.split("--sandbox").next().unwrap().trim().to_owned()).collect();
    assert_eq!(lines.len(), 3, "{text}");
    let mut test = Test::new();
    for line in lines {
        for word in ["migrate"].into_iter().chain(line.split(' ')).chain(["--sandbox"]) {
            test = test.args([word]);
        }
        test = after(test.args(SMALL).success());
    }
}

#[test]
fn somebody_in_doubt_holds_back_nobody_else() {
    let run = |test: Test| test.file("over.rhai", OVER_PENDING).args(["run", "over.rhai", "--sandbox"]).args(SMALL);
    let lost = ["--faults", "reset-after:times=1:users.create_pending"];
    let ran = run(Test::new()).args(lost).code(6);
    assert!(ran.stdout.contains("\n  7 pending users made"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n    + Berlin (4) is "), "{}", ran.stdout);
    let rows = rows_of(&ran, "unmapped.csv");
    assert_eq!(rows.iter().filter(|row| row[0] == "person" && row[3] == "their account").count(), 1, "{rows:#?}");
    // Whoever comes to the same doubt again has nothing else left to do.
    let later = script(
        after(ran),
        "later.rhai",
        r#"connect("main").members.add("8", #{ fields: #{ email: "late@comer.example" } });"#,
    );
    let ran = run(after(later.success())).code(6);
    assert!(ran.stdout.contains("\n  1 pending user made"), "{}", ran.stdout);
    let (map, _) = map_of(ran, "main", "new-heartbeat");
    assert_eq!(map.iter().filter(|row| row.starts_with("pending ")).count(), 8, "{map:#?}");
}

const OVER_PENDING: &str = r#"
    migrate.run(connect("main"), connect("new-heartbeat"), #{
        newcomers: "pending", if_exists: "use", roles: #{ member: "Member", administrator: "Member" },
    });
"#;

#[test]
fn whoever_comes_into_several_groups_is_written_to_once_and_the_look_says_how_often() {
    let body = r#"
        let options = #{ if_exists: "use", manager: "admin@new.example", invite: true, sender: "5001" };
        let from = connect("heartbeat");
        let to = connect("new-main");
        print(migrate.look(from, to, options).mails);
        print(migrate.run(from, to, options).invited);
        print(migrate.run(from, to, options).invited);
        print(migrate.look(from, to, options).mails);
    "#;
    let ran = script(Test::new(), "invite.rhai", body).success();
    assert!(ran.stdout.starts_with("8\n8\n0\n0\n"), "{}", ran.stdout);
    // Somebody who is not there invites nobody, and that is known before.
    let body = r#"
        let options = #{ if_exists: "use", manager: "admin@new.example", invite: true, sender: "77" };
        migrate.run(connect("heartbeat"), connect("new-main"), options);
    "#;
    let ran = script(Test::new(), "nobody.rhai", body).code(1);
    assert!(ran.stderr.contains("`sender` is 77, and Mobilize has nobody of this id"), "{}", ran.stderr);
    assert!(ran.stdout.contains(NOTHING), "{}", ran.stdout);
}

#[test]
fn a_letter_that_is_missing_is_asked_for_before_the_first_change() {
    let body = |verb: &str| {
        let only = super::ONLY;
        format!(r#"migrate.{verb}(connect("main"), connect("new-hive"), #{{ groups: #{{ "Berlin": "{only}" }} }});"#)
    };
    let ran = script(Test::new(), "look.rhai", &body("look")).success();
    assert!(ran.stdout.contains("! before the first change: HiveSocial takes nobody in unasked"), "{}", ran.stdout);
    assert!(ran.stdout.contains("4 mails would be sent at most"), "{}", ran.stdout);
    let ran = script(after(ran), "run.rhai", &body("run")).code(1);
    assert!(ran.stderr.contains("`letter: #{ … }`") && ran.stdout.contains(NOTHING), "{}", ran.stderr);
}

#[test]
fn a_migration_in_which_nothing_can_move_is_no_success() {
    let ran = Test::new().args(["migrate", "--sandbox", "--from", "heartbeat", "--to", "new-main"]).args(SMALL).code(1);
    assert!(ran.stderr.contains("nothing can move: 9 groups have no place on Mobilize; "), "{}", ran.stderr);
    let ran = Test::new().args(["migrate", "--sandbox", "--from", "hive", "--to", "new-heartbeat"]).args(SMALL).code(1);
    assert!(ran.stderr.contains("HiveSocial lists no groups: name those that move by their ids"), "{}", ran.stderr);
}

#[test]
fn a_group_or_a_field_that_was_misspelt_is_asked_after() {
    let to = ["migrate", "--sandbox", "--from", "heartbeat", "--to", "new-main", "--look", "--if-exists", "use"];
    let ran = Test::new().args(to).args(["--group", "Berln"]).args(SMALL).code(1);
    assert!(
        ran.stderr.contains("`groups` names `Berln`, and heartbeat has no such group; did you mean `Berlin`?"),
        "{}",
        ran.stderr
    );
    let ran = after(ran).args(to).args(["--field", "boi=city"]).args(SMALL).code(1);
    assert!(
        ran.stderr.contains("`fields` names `boi`, and heartbeat has no such field; did you mean `bio`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn without_a_word_about_it_the_name_is_one_on_heartbeat_and_the_next_run_has_nothing_to_do() {
    let roles = ["--newcomers", "accounts", "--role", "member=Member", "--role", "administrator=Member"];
    let ran =
        Test::new().args(INTO).args(roles).args(["--unattended", "--people", "20", "--activities", "0"]).success();
    let ran = after(ran).args(INTO).args(roles).success();
    assert!(ran.stdout.contains(NOTHING), "{}", ran.stdout);
    let verify = ["migrate", "--verify", "--sandbox", "--from", "main", "--to", "new-heartbeat"];
    let ran = after(ran).args(verify).args(roles).success();
    assert!(ran.stdout.contains(": 0 differences, "), "{}", ran.stdout);
}

#[test]
fn the_look_into_an_empty_account_names_the_fields_that_get_lost() {
    let empty = "[connections.main]\nplatform = \"mobilize\"\n\n[connections.there]\nplatform = \"heartbeat\"\nworld = \"bare\"\n";
    let delete = r#"for it in connect("there").groups.list() { connect("there").groups.delete(it.id); }"#;
    let ran = script(Test::new().file("beadle.toml", empty), "bare.rhai", delete).success();
    let look = ["migrate", "--sandbox", "--from", "main", "--to", "there", "--look"];
    let ran = after(ran).args(look).args(SMALL).success();
    let rows = rows_of(&ran, "unmapped.csv");
    assert!(rows.iter().any(|row| row.join(",").contains("Heartbeat has no field `city`")), "{rows:#?}");
}

#[test]
fn whoever_is_in_no_group_is_named() {
    let lonely = r#"
        connect("heartbeat").users.create(#{ email: "lonely@there.example", name: "Lo", role_id: "Member", group_ids: [] });
    "#;
    let ran = script(Test::project(), "lonely.rhai", lonely).success();
    let ran = step(after(ran), BACK, "look").success();
    let rows = rows_of(&ran, "unmapped.csv");
    assert!(rows.iter().any(|row| row[2] == "lonely@there.example" && row[4].contains("is in no group")), "{rows:#?}");
}

#[test]
fn values_that_are_no_text_are_named() {
    let body = r#"
        let from = connect("main");
        let who = from.members.list("4").to_array()[0];
        from.users.update(who.id, #{ fields: #{ city: ["Cork", "Oslo"] } });
        migrate.look(from, connect("new-main"), #{ groups: #{ "Berlin": "501" } });
    "#;
    let ran = script(Test::new(), "typed.rhai", body).success();
    let rows = rows_of(&ran, "unmapped.csv");
    assert!(rows.iter().any(|row| row[2] == "city" && row.join(",").contains("is a list")), "{rows:#?}");
}

#[test]
fn a_sender_who_is_not_in_the_group_costs_one_refused_call_and_not_one_a_person() {
    let sender =
        r#"print(connect("new-main").members.add("501", #{ fields: #{ email: "sender@there.example" } }).id);"#;
    let ran = script(Test::new(), "sender.rhai", sender).success();
    let body = r#"
        let options = #{ groups: ["Berlin"], manager: "admin@new.example", invite: true, sender: "5002" };
        migrate.run(connect("heartbeat"), connect("new-main"), options);
    "#;
    let ran = script(after(ran), "invite.rhai", body).args(["--faults", "400:members.invite"]).code(5);
    assert!(ran.stdout.contains("is 502: 4 added, "), "{}", ran.stdout);
    assert!(ran.stdout.contains(" 3 of them writes: "), "{}", ran.stdout);
}

#[test]
fn a_run_that_has_nothing_to_do_reads_each_list_once() {
    let there = "[connections.heartbeat]\nplatform = \"heartbeat\"\n\n[connections.there]\nplatform = \"heartbeat\"\nworld = \"other\"\n";
    let move_over = |test: Test| {
        let all = ["migrate", "--sandbox", "--from", "heartbeat", "--to", "there", "--if-exists", "use"];
        let roles = ["--newcomers", "accounts", "--role", "Member=Member", "--role", "Admin=Member"];
        test.args(all).args(roles).args(SMALL)
    };
    let ran = move_over(Test::new().file("beadle.toml", there)).success();
    let ran = move_over(after(ran)).success();
    let line = ran.stdout.lines().find(|line| line.contains(NOTHING)).unwrap();
    let calls: u32 = line.trim().split(' ').next().unwrap().parse().unwrap();
    assert!(calls <= 8, "{line}");
}
