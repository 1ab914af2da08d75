//! AVEVA CONNECT from scripts, on the sandbox: nobody loses a role, nobody gets a power unasked, lost answers are settled.

#[cfg(debug_assertions)]
use beadle::clock::Clock;
#[cfg(debug_assertions)]
use beadle::sandbox::{Asked, Wanted, kept};
#[cfg(debug_assertions)]
use beadle::store::Store;

use crate::builder::{Ran, Test};

const COMMUNITY: &str = "8defea46-0000-46e2-bc80-000000000004";

fn test() -> Test {
    Test::new().file(
        "beadle.toml",
        "[project]\nconnection = \"aveva\"\n\n[connections.aveva]\nplatform = \"aveva\"\nsandbox = true\n",
    )
}

fn script(body: &str) -> String {
    format!("let c = \"{COMMUNITY}\";\n{body}")
}

/// What the scripts printed, without the report.
fn printed(ran: &Ran) -> Vec<&str> {
    ran.stdout.lines().take_while(|line| !line.starts_with("run ") && !line.starts_with("plan ")).collect()
}

fn number(ran: &Ran, command: &str) -> String {
    ran.stdout.split(&format!("beadle {command} ")).nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[test]
fn users_come_in_get_roles_on_top_and_go_and_every_step_says_what_it_did() {
    let body = r#"
        for it in communities.list().take(2) { print(`${it.Name}: ${it.Tenants[0].UserCount}`); }
        let names = #{};
        for it in roles.list(c) { names[it.Id] = it.Name; }
        let told = |user| { let all = []; for id in user.RoleIds { all.push(names[id]); } all };
        print(users.count(c));
        print(told.call(users.add(c, "leila.reyes@example.net")));
        print(told.call(users.add(c, "leila.reyes@example.net", #{ role_ids: ["analysts"] })));
        print(told.call(users.add(c, "leila.reyes@example.net", #{ role_ids: ["Operators"], exact: true })));
        print(told.call(users.add(c, "omar.jones@example.com", #{ role_ids: ["Analysts"] })));
        print(users.count(c));
        let refused = |what| { try { what.call(); } catch (error) { print(`${error.code}: ${error.message}`); } };
        refused.call(|| users.add(c, "omar.jones@example.com", #{ exact: true }));
        refused.call(|| users.add(c, "nobody@nowhere.example"));
        refused.call(|| users.add(c, "omar.jones@example.com", #{ role_ids: ["Kings"] }));
        print(users.remove(c, "leila.reyes@example.net"));
        refused.call(|| users.remove(c, "leila.reyes@example.net"));
        let rows = users.list(c, #{ count: 100 }).to_array();
        print(`${rows.len()} ${rows[0].Email} ${"community" in rows[0]}`);
        refused.call(|| users.list("8defea46-0000-46e2-bc80-000000000009").to_array());
    "#;
    let ran =
        test().file("users.rhai", &script(body)).args(["run", "users.rhai", "--sandbox", "--unattended"]).success();
    let expected = format!(
        r#"Community: 400
Chapters: 386
222
["Community Member"]
["Community Member", "Analysts"]
["Community Member", "Operators"]
["Community Member", "Community Administrator", "Analysts"]
223
bad_argument: this would take the role `Community Administrator` from omar.jones@example.com, and `exact` makes nobody less than an administrator; take them out with `users.remove` and add them again
bad_argument: no user of the tenant has the address nobody@nowhere.example; invite them into the tenant in AVEVA CONNECT's own pages first
bad_argument: community {COMMUNITY} has no role "Kings"; it has "Community Member", "Community Moderator", "Community Administrator", "Analysts", "Operators"
#{{"success": true}}
bad_argument: no user of community {COMMUNITY} has the address leila.reyes@example.net
222 omar.jones@example.com false
not_found: AVEVA CONNECT answered 404: Community not found. What the path names does not exist. Correct the request (operation sandbox-404)"#
    );
    assert_eq!(printed(&ran).join("\n"), expected);
}

#[test]
fn a_roster_gives_exactly_its_roles_and_neither_names_nor_unknown_people_disturb_it() {
    let roster = "email,first_name,last_name,roles\n\
        omar.jones@example.com,Another,Name,\n\
        rafal.horvat@example.com,Rafal,Horvat,Community Administrator\n\
        jose.quispe@example.org,José,Quispe,Analysts\n\
        leila.reyes@example.net,Leila,Reyes,\"operators, Community Member, analysts\"\n\
        nobody@nowhere.example,No,Body,\n";
    let body = "roster.sync(c, roster.read(\"roster.csv\"), #{ mode: \"add_only\" });";
    let ran = test()
        .file("roster.csv", roster)
        .file("sync.rhai", &script(body))
        .args(["run", "sync.rhai", "--sandbox", "--unattended"])
        .code(5);
    assert!(
        ran.stdout.contains("  done: 1 added\n  failed: 1\n    ! nobody@nowhere.example: no user of the tenant"),
        "{}",
        ran.stdout
    );
    let body = "roster.sync(c, roster.read(\"roster.csv\"), #{ mode: \"update_only\" });";
    let ran = Test::within(ran.folder)
        .file("update.rhai", &script(body))
        .args(["run", "update.rhai", "--sandbox", "--unattended"])
        .code(5);
    assert!(ran.stdout.contains("    =      3  same "), "names are the identity provider's: {}", ran.stdout);
    assert!(
        ran.stdout.contains("jose.quispe@example.org: roles \"Community Administrator\" -> \"Analysts\""),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("makes nobody less than an administrator"), "{}", ran.stdout);
    let body = "roster.sync(c, roster.read(\"less.csv\"), #{ mode: \"update_only\" }); let all = #{}; for it in roles.list(c) { all[it.Id] = it.Name; }
        for it in users.list(c) { if it.Email == \"leila.reyes@example.net\" { for id in it.RoleIds { print(all[id]); } } }";
    let ran = Test::within(ran.folder)
        .file("less.csv", "email,roles\nleila.reyes@example.net,Analysts\n")
        .file("less.rhai", &script(body))
        .args(["run", "less.rhai", "--sandbox", "--unattended"])
        .success();
    assert_eq!(printed(&ran)[..2], ["Community Member", "Analysts"], "{}", ran.stdout);
}

#[test]
fn removing_by_a_roster_keeps_administrators_and_is_held_when_too_many_go() {
    let body = "roster.sync(c, roster.read(\"few.csv\"), #{});";
    let ran = test()
        .file("few.csv", "email\nleila.reyes@example.net\n")
        .file("few.rhai", &script(body))
        .args(["run", "few.rhai", "--sandbox", "--unattended"])
        .code(4);
    assert!(ran.stdout.contains("held before the first change"), "{}", ran.stdout);
    let plan = ran.then(["plan", "few.rhai", "--sandbox", "--unattended"]).code(4);
    assert!(plan.stdout.contains("      3  protected "), "{}", plan.stdout);
}

#[test]
fn power_is_held_in_scripts_in_syncs_and_in_plans_and_never_for_who_has_it() {
    let grant = "users.add(c, \"leila.reyes@example.net\", #{ role_ids: [\"moderator\"] });";
    let ran =
        test().file("grant.rhai", &script(grant)).args(["run", "grant.rhai", "--sandbox", "--unattended"]).code(4);
    assert!(
        ran.stdout.contains("would get an administrator's power") && ran.stdout.contains("--roles"),
        "{}",
        ran.stdout
    );
    let sync = "roster.sync(c, roster.read(\"power.csv\"), #{ mode: \"add_only\" });";
    let ran = Test::within(ran.folder)
        .file("power.csv", "email,roles\nleila.reyes@example.net,Community Administrator\n")
        .file("power.rhai", &script(sync))
        .args(["run", "power.rhai", "--sandbox", "--unattended"])
        .code(4);
    assert!(
        ran.stdout.contains("held before the first change: leila.reyes@example.net would get an administrator's power"),
        "{}",
        ran.stdout
    );
    let ran = ran.then(["plan", "power.rhai", "--sandbox", "--unattended"]).code(4);
    assert!(ran.stdout.contains("  held: leila.reyes@example.net would get"), "{}", ran.stdout);
    let again = "print(users.add(c, \"omar.jones@example.com\", #{ role_ids: [\"admin\"] }).RoleIds.len());";
    let ran = Test::within(ran.folder)
        .file("again.rhai", &script(again))
        .args(["run", "again.rhai", "--sandbox", "--unattended"])
        .success();
    assert_eq!(printed(&ran)[0], "2");
}

#[test]
fn a_plan_shows_the_roles_it_changes_is_applied_once_and_undone_with_the_roles_that_were() {
    let body = r#"
        users.add(c, "leila.reyes@example.net", #{ role_ids: ["Analysts"] });
        users.add(c, "leila.reyes@example.net", #{ role_ids: ["Operators"] });
        print(users.count(c));
    "#;
    let ran =
        test().file("plan.rhai", &script(body)).args(["plan", "plan.rhai", "--sandbox", "--unattended"]).success();
    assert_eq!(printed(&ran)[0], "223");
    assert!(
        ran.stdout.contains("leila.reyes@example.net: roles \"Analysts\" -> \"Analysts; Operators\""),
        "{}",
        ran.stdout
    );
    let plan = number(&ran, "apply");
    let ran = ran.then(["apply", &plan, "--sandbox", "--unattended"]).success();
    assert!(ran.stdout.contains("  done: 1 added or made, 1 changed\n"), "{}", ran.stdout);
    let ran = ran.then(["undo", &plan, "--sandbox"]).success();
    let undo = number(&ran, "apply");
    let ran = ran.then(["apply", &undo, "--sandbox", "--unattended"]).success();
    let ran = Test::within(ran.folder)
        .file("count.rhai", &script("print(users.count(c));"))
        .args(["run", "count.rhai", "--sandbox"])
        .success();
    assert_eq!(printed(&ran), ["222"]);
}

#[test]
fn who_was_taken_out_comes_back_with_their_roles() {
    let body = r#"users.add(c, "leila.reyes@example.net", #{ role_ids: ["Analysts", "Operators"] });"#;
    let ran = test().file("in.rhai", &script(body)).args(["run", "in.rhai", "--sandbox", "--unattended"]).success();
    let gone = script("users.remove(c, \"leila.reyes@example.net\");");
    let ran = Test::within(ran.folder)
        .file("gone.rhai", &gone)
        .args(["run", "gone.rhai", "--sandbox", "--unattended"])
        .success();
    let run = ran.stdout.split("run ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let ran = ran.then(["undo", &run, "--sandbox"]).success();
    let undo = number(&ran, "apply");
    let ran = ran.then(["apply", &undo, "--sandbox", "--unattended"]).success();
    let look = script(
        "let all = #{}; for it in roles.list(c) { all[it.Id] = it.Name; }
        for it in users.list(c) { if it.Email == \"leila.reyes@example.net\" { for id in it.RoleIds { print(all[id]); } } }",
    );
    let ran = Test::within(ran.folder).file("look.rhai", &look).args(["run", "look.rhai", "--sandbox"]).success();
    assert_eq!(printed(&ran), ["Community Member", "Analysts", "Operators"], "{}", ran.stdout);
}

#[test]
fn an_administrator_who_was_taken_out_comes_back_as_one_when_a_person_says_so() {
    let gone = script("users.remove(c, \"jose.quispe@example.org\");");
    let ran = test().file("gone.rhai", &gone).args(["run", "gone.rhai", "--sandbox", "--attended"]).success();
    let run = ran.run();
    let ran = ran.then(["undo", &run, "--sandbox"]).code(4);
    assert!(ran.stdout.contains("jose.quispe@example.org would get an administrator's power"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("make them one again"), "the role goes back with the others: {}", ran.stdout);
    let undo = number(&ran, "apply");
    let ran = ran.then(["approve", &undo, "--sandbox", "--roles", "1", "--reason", "they are the chair"]).success();
    let ran = ran.then(["apply", &undo, "--sandbox"]).success();
    let look = script(
        "let all = #{}; for it in roles.list(c) { all[it.Id] = it.Name; }
        for it in users.list(c) { if it.Email == \"jose.quispe@example.org\" { for id in it.RoleIds { print(all[id]); } } }",
    );
    let ran = Test::within(ran.folder).file("look.rhai", &look).args(["run", "look.rhai", "--sandbox"]).success();
    assert_eq!(printed(&ran), ["Community Member", "Community Administrator"], "{}", ran.stdout);
}

#[test]
fn two_communities_of_one_plan_are_looked_at_each_for_itself() {
    let other = "c34680d2-0000-46e2-afcd-000000000002";
    let body = format!(
        "let d = \"{other}\"; let who = \"rafal.horvat@example.com\";
        users.add(c, who, #{{ role_ids: [\"Analysts\"] }});
        users.add(d, who, #{{ role_ids: [\"Operators\"] }});
        print(users.count(c)); print(users.count(d));"
    );
    let ran = test().file("two.rhai", &script(&body)).args(["plan", "two.rhai", "--sandbox", "--unattended"]).success();
    assert_eq!(printed(&ran)[..2], ["222", "386"], "{}", ran.stdout);
    assert!(ran.stdout.contains("-> \"Analysts; Community Administrator\""), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("rafal.horvat@example.com: roles").count(), 2, "{}", ran.stdout);
    let plan = number(&ran, "apply");
    let ran = ran.then(["apply", &plan, "--sandbox", "--unattended"]).success();
    assert!(ran.stdout.contains("  done: 2 changed\n"), "{}", ran.stdout);
    let ran = ran.then(["undo", &plan, "--sandbox"]).success();
    let undo = number(&ran, "apply");
    let ran = ran.then(["apply", &undo, "--sandbox", "--unattended"]).success();
    assert!(ran.stdout.contains("  done: 2 changed\n"), "{}", ran.stdout);
}

#[test]
fn lost_answers_are_settled_by_the_list_and_a_removal_is_not_taken_for_done_because_something_is_not_found() {
    let body = r#"
        print(users.add(c, "leila.reyes@example.net", #{ role_ids: ["Analysts"] }).RoleIds.len());
        print(users.count(c));
        print(users.remove(c, "leila.reyes@example.net"));
        print(users.count(c));
    "#;
    for faults in [
        "reset-after:times=1:users.add; reset-after:times=1:users.remove",
        "503-after:times=1:users.add; 503-after:times=1:users.remove",
        "reset:times=1:users.add; reset:times=1:users.remove",
    ] {
        let ran = test()
            .file("lost.rhai", &script(body))
            .args(["run", "lost.rhai", "--sandbox", "--unattended", "--faults", faults])
            .success();
        assert_eq!(printed(&ran), ["2", "223", "#{\"success\": true}", "222"], "{faults}: {}", ran.stdout);
    }
}

#[test]
fn a_second_run_changes_nothing_that_is_as_it_should_be() {
    let body = "for who in [\"leila.reyes@example.net\", \"omar.jones@example.com\"] { print(users.add(c, who, #{ role_ids: [\"Analysts\"] }).RoleIds.len()); }";
    let ran =
        test().file("twice.rhai", &script(body)).args(["run", "twice.rhai", "--sandbox", "--unattended"]).success();
    assert_eq!(printed(&ran), ["2", "3"]);
    let ran = ran.then(["run", "twice.rhai", "--sandbox", "--unattended"]).success();
    assert_eq!(printed(&ran), ["2", "3"], "uniting with what is there gives the same");
    let ran = ran.then(["plan", "twice.rhai", "--sandbox", "--unattended"]).success();
    assert!(ran.stdout.contains("=      2  as wanted already: nothing is sent"), "{}", ran.stdout);
}

#[test]
fn what_aveva_does_not_have_is_told_with_what_it_has() {
    let body = "for noun in [|| groups.list(), || members.list(c), || invitations.list(c)] { try { noun.call(); } catch (error) { print(error.message); } }
        try { roster.sync(c, roster.read(\"one.csv\"), #{ mode: \"add_only\", invite: true }); } catch (error) { print(error.message); }";
    let ran = test()
        .file("one.csv", "email\nomar.jones@example.com\n")
        .file("none.rhai", &script(body))
        .args(["run", "none.rhai", "--sandbox"])
        .success();
    let lines = printed(&ran);
    assert_eq!(lines[0], "AVEVA CONNECT's groups are communities: `communities.list()`");
    assert!(lines[1].contains("`users.add(community, user)`") && lines[2].contains("invites people into a tenant"));
    assert!(lines[3].contains("AVEVA CONNECT's API writes to nobody"), "{lines:?}");
}

#[test]
fn what_replaces_roles_is_read_anew_before_it_is_sent_again() {
    let calls = |faults: &str| {
        let body = r#"users.add(c, "leila.reyes@example.net", #{ role_ids: ["Analysts"] });"#;
        let args = ["run", "add.rhai", "--sandbox", "--unattended", "--faults", faults];
        let ran = test().file("add.rhai", &script(body)).args(args).success();
        let line = ran.stdout.lines().find(|line| line.contains(" calls, ")).unwrap().trim().to_owned();
        let numbers = line.split(|sign: char| !sign.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        numbers.take(2).collect::<Vec<u64>>()
    };
    let undisturbed = calls("503:times=1:users.remove");
    for fault in ["429:times=1:users.add", "503:times=1:users.add", "reset:times=1:users.add"] {
        let disturbed = calls(fault);
        assert_eq!(disturbed[1], undisturbed[1] + 1, "{fault}: sent once more");
        assert!(disturbed[0] >= undisturbed[0] + 2, "{fault}: and read before: {disturbed:?} {undisturbed:?}");
    }
}

/// Roles of two people before and after: an administrator gets one on top, somebody from outside comes in.
#[cfg(debug_assertions)]
const GIVES: &str = r#"
    users.add(c, "omar.jones@example.com", #{ role_ids: ["Analysts"] });
    users.add(c, "leila.reyes@example.net", #{ role_ids: ["Operators"] });
"#;

/// The names of their roles, a line each.
#[cfg(debug_assertions)]
const SHOW: &str = r#"
    let names = #{};
    for it in roles.list(c) { names[it.Id] = it.Name; }
    for user in users.list(c) {
        if user.Email in ["omar.jones@example.com", "leila.reyes@example.net"] {
            print(`${user.GivenName}: ${user.RoleIds.map(|id| names[id])}`);
        }
    }
"#;

/// A run of [`GIVES`] that dies at this point, as if it was killed; its folder and its id.
#[cfg(debug_assertions)]
fn died_at(point: &str) -> (Test, String) {
    let start = test().file("gives.rhai", &script(GIVES)).file("show.rhai", &script(SHOW));
    let dying = start.args(["run", "gives.rhai", "--sandbox", "--unattended"]).env("BEADLE_CRASH_AT", point);
    let output = dying.command().output().unwrap();
    assert!(!output.status.success() && output.status.code().is_none(), "{point}: {output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let run = said.lines().find_map(|line| line.strip_prefix("run ")?.split(':').next()).unwrap().to_owned();
    (dying.without("BEADLE_CRASH_AT"), run)
}

#[test]
#[cfg(debug_assertions)]
fn a_run_that_dies_around_a_put_is_resumed_with_the_roles_united_and_nobody_made_less() {
    // Between what was read and the PUT, after the PUT and before its answer, after the answer; of either of the two.
    for point in ["after-intent", "after-send", "before-settle", "after-intent:2", "after-send:2", "before-settle:2"] {
        let (folder, run) = died_at(point);
        let ran = folder.again(["resume", &run, "--sandbox", "--unattended"]).success();
        let ran = ran.then(["run", "show.rhai", "--sandbox"]).success();
        let mut roles = printed(&ran);
        roles.sort_unstable();
        let expected = [
            r#"Leila: ["Community Member", "Operators"]"#,
            r#"Omar: ["Community Member", "Community Administrator", "Analysts"]"#,
        ];
        assert_eq!(roles, expected, "{point}");
        let ran = ran.then(["resume", &run, "--sandbox", "--unattended"]).code(2);
        assert!(ran.stderr.contains("has come to its end"), "{point}: {}", ran.stderr);
    }
}

/// A click in AVEVA's own pages: it makes Leila an administrator, whatever she is.
#[cfg(debug_assertions)]
fn made_administrator(folder: &std::path::Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&folder.join(".beadle/sandbox.db")).await.unwrap();
        let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
        let roles = ["eab7a5b2-0000-4c35-8b37-000000000041", "ee1748e0-0000-4c35-b43d-000000000043"];
        let tenant = "09831ed4-0000-4f04-bfef-000000000001";
        let users = format!("/v1-preview/Communities/{COMMUNITY}/Tenants/{tenant}/Users");
        let click = Asked {
            platform: "aveva".into(),
            method: "PUT".into(),
            target: format!("{users}/a8c4b123-0000-4a11-b9ae-0000000003ec"),
            body: serde_json::json!(roles).to_string().into(),
            authorised: true,
        };
        assert!((200..300).contains(&sandbox.handle(click).await.status));
    });
}

#[test]
#[cfg(debug_assertions)]
fn whoever_was_made_an_administrator_between_a_crash_and_its_resume_stays_one() {
    for point in ["after-intent:2", "after-send:2"] {
        let (folder, run) = died_at(point);
        made_administrator(folder.folder());
        let ran = folder.again(["resume", &run, "--sandbox", "--unattended"]).code(6);
        assert!(ran.stderr.contains("the roles are neither as they were nor as they should be"), "{}", ran.stderr);
        let ran = ran.then(["run", "show.rhai", "--sandbox"]).success();
        let leila = r#"Leila: ["Community Member", "Community Administrator"]"#;
        assert!(printed(&ran).contains(&leila), "{point}: {}", ran.stdout);
    }
}
