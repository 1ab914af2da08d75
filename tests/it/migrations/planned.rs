//! A migration that is planned does what the run would do: it is held by the same brakes and leaves the same map of who is
//! who.

use super::{BACK, FEW, OVER, after, map_of, script, section, step};
use crate::builder::{Ran, Test};

/// Plans a shipped script's step `run`, with more arguments; the plan's id.
fn planned<const N: usize>(script: &str, more: [&str; N]) -> (String, Ran) {
    let plan = ["plan", script, "--sandbox", "--unattended", "--people", FEW, "--activities", "0", "--arg", "step=run"];
    let ran = Test::project().args(plan).args(more).success();
    (ran.stdout.split("beadle apply ").nth(1).unwrap().split(' ').next().unwrap().to_owned(), ran)
}

#[test]
fn managers_of_groups_two_levels_below_hold_the_plan_no_more_than_the_run() {
    let (id, ran) = planned(BACK, []);
    assert!(!ran.stdout.contains("held:"), "{}", ran.stdout);
    // What is judged when it is applied, too.
    let ran = after(ran).args(["apply", &id, "--sandbox", "--unattended"]).success();
    let ran = step(after(ran), BACK, "run").success();
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    let ran = step(after(ran), BACK, "verify").success();
    assert!(ran.stdout.contains("9 groups and 30 memberships compared: 0 differences"), "{}", ran.stdout);
}

#[test]
fn whoever_is_no_administrator_above_holds_the_plan_as_it_holds_the_run() {
    let body = r#"
        let options = #{ groups: ["Community", "Chapters", "Berlin"], if_exists: "use", manager: "plain@member.example" };
        migrate.run(connect("heartbeat"), connect("new-main"), options);
    "#;
    let member = r#"
        let it = connect("new-main").members.add("501", #{ fields: #{ email: "plain@member.example" } });
        print(it.id);
    "#;
    let said = |test: Test| {
        let ran = test.code(4);
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(text.contains("plain@member.example would get an administrator's power"), "{text}");
        assert!(text.contains("--roles "), "{text}");
    };
    let ran = script(Test::new(), "member.rhai", member).success();
    said(script(after(ran), "give.rhai", body));
    let ran = script(Test::new(), "member.rhai", member).success();
    said(after(ran).file("give.rhai", body).args(["plan", "give.rhai", "--sandbox", "--unattended"]));
}

#[test]
fn an_applied_plan_leaves_the_same_map_as_the_run() {
    let both = |script: &str, more: [&str; 2], from: &str, to: &str, rows: usize| {
        let ran = step(Test::project(), script, "run").args(more).success();
        let (by_run, _) = map_of(ran, from, to);
        let (id, ran) = planned(script, more);
        let ran = after(ran).args(["apply", &id, "--sandbox", "--unattended"]).success();
        let (by_plan, ran) = map_of(ran, from, to);
        assert_eq!((by_plan.len(), &by_plan), (rows, &by_run), "{script} {more:?}");
        step(after(ran), script, "run").args(more).success()
    };
    both(BACK, ["--arg", "if_exists=use"], "heartbeat", "new-main", 17);
    both(OVER, ["--arg", "newcomers=accounts"], "main", "new-heartbeat", 17);
    // Nine groups, and eight who are awaited: the next run asks for none of them again.
    let ran = both(OVER, ["--arg", "newcomers=pending"], "main", "new-heartbeat", 17);
    assert!(section(&ran).contains("\n  8 awaited since an earlier run"), "{}", ran.stdout);
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
}

#[test]
fn of_what_an_applied_plan_could_not_do_the_map_says_nothing() {
    let (id, ran) = planned(OVER, ["--arg", "newcomers=pending"]);
    // Somebody else has made her account in the meantime: she is no pending user.
    let body = r#"
        connect("new-heartbeat").users.create(#{ email: "ruth.petrov@example.com", name: "Ruth", role_id: "Member" });
    "#;
    let ran = script(after(ran), "first.rhai", body).success();
    let ran = after(ran).args(["apply", &id, "--sandbox", "--unattended", "--skip-stale"]).code(5);
    let (map, _) = map_of(ran, "main", "new-heartbeat");
    let pending: Vec<&String> = map.iter().filter(|line| line.starts_with("pending ")).collect();
    assert_eq!(pending.len(), 7, "{map:#?}");
    assert!(!map.iter().any(|line| line.contains("ruth.petrov")), "{map:#?}");
}

#[test]
fn a_group_that_others_made_since_the_plan_is_not_moved_into() {
    let body = |if_exists: &str| {
        format!(
            r#"
            let options = #{{ groups: ["Berlin"], manager: "admin@new.example", if_exists: "{if_exists}" }};
            migrate.run(connect("heartbeat"), connect("new-main"), options);
        "#
        )
    };
    let applied = |if_exists: &str| {
        let test = Test::new().file("move.rhai", &body(if_exists)).args(["plan", "move.rhai", "--sandbox"]);
        let ran = test.args(["--unattended", "--people", FEW, "--activities", "0"]).success();
        let id = ran.stdout.split("beadle apply ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        // By a new name, what was there all along stands where the plan would make its own.
        let rename = r#"connect("new-main").groups.update("501", #{ name: "Berlin" });"#;
        let ran = script(after(ran), "rename.rhai", rename).success();
        after(ran).args(["apply", &id, "--sandbox", "--unattended"])
    };
    let ran = applied("fail").code(4);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains("held before the first change: 1 of ") && said.contains("Berlin: is there by now"), "{said}");
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    applied("use").success();
}

#[test]
fn somebody_in_doubt_holds_back_nobody_else_of_a_plan_either() {
    let (id, ran) = planned(OVER, ["--arg", "newcomers=pending"]);
    let lost = ["--faults", "reset-after:times=1:users.create_pending"];
    let ran = after(ran).args(["apply", &id, "--sandbox", "--unattended"]).args(lost).code(6);
    assert!(ran.stderr.contains("in doubt: users.create_pending: "), "{}", ran.stderr);
    let (map, _) = map_of(ran, "main", "new-heartbeat");
    assert!(map.iter().filter(|row| row.starts_with("pending ")).count() >= 7, "{map:#?}");
}
