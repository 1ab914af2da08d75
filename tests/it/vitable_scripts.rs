//! Rosters to Vitable from scripts, on the sandbox: nobody loses a plan without leave, whatever crashes and lost answers there
//! are.

use beadle::clock::Clock;
use beadle::sandbox::{Wanted, kept};
use beadle::store::Store;

use crate::builder::{Ran, Test};

/// Berlin, as Vitable writes its id.
const GROUP: &str = "grp_7Xe4uktJOdUAAAAAAAAABA";
/// Eight people, E1 to E8.
const STAFF: &str = include_str!("../data/vitable/staff.csv");
const SYNC: &str = r#"
args(#{ roster: #{ type: "file" } });
roster.sync("grp_7Xe4uktJOdUAAAAAAAAABA", roster.read(ctx.args.roster));
"#;

/// The roster without these people.
pub fn without(keys: &[&str]) -> String {
    let stays = |line: &&str| !keys.iter().any(|key| line.starts_with(&format!("{key},")));
    STAFF.lines().filter(stays).map(|line| format!("{line}\n")).collect()
}

/// The roster with one more person.
pub fn with(key: &str) -> String {
    let (first, new) = (STAFF.lines().nth(1).unwrap(), format!("{key},Tony,Hoare"));
    format!("{STAFF}{}\n", first.replacen("E1,Ada,Lovelace", &new, 1))
}

pub fn test() -> Test {
    Test::new()
        .file(
            "beadle.toml",
            "[project]\nconnection = \"benefits\"\n\n[connections.benefits]\nplatform = \"vitable\"\nsandbox = true\n",
        )
        .file("sync.rhai", SYNC)
        .file("staff.csv", STAFF)
}

/// Hands over a roster that the brakes let through, or ends with this code.
pub fn sync(ran: Ran, roster: &str, code: i32) -> Ran {
    Test::within(ran.folder)
        .file("r.csv", roster)
        .args(["run", "sync.rhai", "--sandbox", "--arg", "roster=r.csv"])
        .code(code)
}

/// The run that the text speaks of.
pub fn run_in(text: &str) -> String {
    let after = text.split("beadle approve ").nth(1).unwrap_or_else(|| panic!("no approval in {text}"));
    after.split_whitespace().next().unwrap().to_owned()
}

/// A folder whose store knows the roster of eight.
pub fn settled() -> Ran {
    let ran = test().args(["run", "sync.rhai", "--sandbox", "--arg", "roster=staff.csv"]).code(4);
    let run = run_in(&ran.stdout);
    let ran = ran.then(["approve", &run, "--sandbox", "--first-roster", "8", "--reason", "all of them"]).success();
    ran.then(["resume", &run, "--sandbox"]).success()
}

/// Who has a plan in this folder's sandbox, and how often a roster was handed over.
pub fn covered(ran: &Ran) -> (Vec<String>, usize) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&ran.folder.path().join(".beadle/sandbox.db")).await.unwrap();
        let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
        sandbox.settle("vitable").await;
        let look = |world: &beadle::world::World| {
            let keys = world.covered(4).map(|(key, _)| key.clone()).collect();
            (keys, (1..).take_while(|number| world.handed(*number).is_some()).count())
        };
        sandbox.look("vitable", look).await.unwrap()
    })
}

pub fn eight() -> Vec<String> {
    (1..=8).map(|n| format!("E{n}")).collect()
}

#[test]
fn a_roster_is_held_approved_and_handed_over_and_so_is_one_that_lacks_two_people() {
    let ran = test()
        .args(["run", "sync.rhai", "--sandbox", "--arg", "roster=staff.csv"])
        .stdout(
            "run {run} on benefits (sandbox): held in {seconds} s\n  \
             {calls} calls, none of them a write: nothing was changed\n\
             held before the first change: this store knows no roster of group grp_7Xe4uktJOdUAAAAAAAAABA that was applied \
             before, and the platform shows nobody of it: whoever is in the group and not in this roster of 8 loses their plan\n\
             if it is meant, type: beadle approve {run} --sandbox --first-roster 8 --reason \"…\"\n",
        )
        .code(4);
    assert_eq!(covered(&ran).1, 0);
    let run = run_in(&ran.stdout);
    let wrong = ran.then(["approve", &run, "--sandbox", "--first-roster", "7", "--reason", "all of them"]).code(2);
    assert!(wrong.stderr.contains("the brake named 8 first-roster, not 7"), "{}", wrong.stderr);
    let ran = wrong.then(["approve", &run, "--sandbox", "--first-roster", "8", "--reason", "all of them"]).success();
    let ran = Test::within(ran.folder)
        .args(["resume", &run, "--sandbox"])
        .stdout(
            "staff.csv to group grp_7Xe4uktJOdUAAAAAAAAABA\n  \
               8 rows in the file\n    \
                 +      8  new  the group's first roster: added where they are not in\n               \
                            E1 Ada Lovelace\n               \
                            E2 Grace Hopper\n               \
                            E3 Alan Turing\n               \
                            and 5 more\n  \
               done: 8 added\n  \
               columns that the group has no field for: `Team`\n\n\
             run {run} on benefits (sandbox): done in {seconds} s\n  \
             {calls} calls, 1 of them a write: 1 change or mail made in all 2 attempts of this run\n",
        )
        .success();
    assert_eq!(covered(&ran), (eight(), 1));

    let same = sync(ran, STAFF, 0);
    assert!(same.stdout.contains("=      8  same  in the last roster with the same values"), "{}", same.stdout);
    assert_eq!(covered(&same).1, 1, "nothing new: nothing is sent");

    let ran = Test::within(same.folder)
        .file("r.csv", &without(&["E3", "E7"]))
        .args(["run", "sync.rhai", "--sandbox", "--arg", "roster=r.csv"])
        .stdout(
            "run {run} on benefits (sandbox): held in {seconds} s\n  \
             {calls} calls, none of them a write: nothing was changed\n\
             held before the first change: 2 of the 8 in the last roster of group grp_7Xe4uktJOdUAAAAAAAAABA are missing from \
             this one (E3 Alan Turing, E7 Radia Perlman): whoever is missing loses their plan\n\
             if it is meant, type: beadle approve {run} --sandbox --removals 2 --reason \"…\"\n",
        )
        .code(4);
    let run = run_in(&ran.stdout);
    let ran = ran.then(["approve", &run, "--sandbox", "--removals", "2", "--reason", "they left"]).success();
    let ran = Test::within(ran.folder)
        .args(["resume", &run, "--sandbox"])
        .stdout(
            "r.csv to group grp_7Xe4uktJOdUAAAAAAAAABA\n  \
               6 rows in the file\n    \
                 =      6  same     in the last roster with the same values\n  \
               2 members of the group that no row names\n    \
                 -      2  missing  in the last roster and not in this one: removed\n               \
                            E3 Alan Turing\n               \
                            E7 Radia Perlman\n  \
               done: 2 removed\n  \
               columns that the group has no field for: `Team`\n\n\
             run {run} on benefits (sandbox): done in {seconds} s\n  \
             {calls} calls, 1 of them a write: 1 change or mail made in all 2 attempts of this run\n",
        )
        .success();
    assert_eq!(covered(&ran), (["E1", "E2", "E4", "E5", "E6", "E8"].map(str::to_owned).to_vec(), 2));
}

#[test]
fn a_plan_names_who_would_lose_their_plan_and_is_applied_only_with_leave() {
    let ran = Test::within(settled().folder)
        .file("r.csv", &without(&["E3"]))
        .args(["plan", "sync.rhai", "--sandbox", "--arg", "roster=r.csv"])
        .code(4);
    let said = "of the 8 in the last roster of group grp_7Xe4uktJOdUAAAAAAAAABA these are missing, and each loses their plan: E3 Alan Turing";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let plan = run_in(&ran.stdout);
    let held = ran.then(["apply", &plan, "--sandbox"]).code(4);
    let ran = held.then(["approve", &plan, "--sandbox", "--removals", "1", "--reason", "he left"]).success();
    assert_eq!(covered(&ran), (eight(), 1));
    let ran = ran.then(["apply", &plan, "--sandbox"]).success();
    assert_eq!((covered(&ran).0.len(), covered(&ran).1), (7, 2));
}

#[test]
fn a_plan_that_another_roster_has_overtaken_is_not_applied() {
    let plan = Test::within(settled().folder)
        .file("r.csv", &with("E9"))
        .args(["plan", "sync.rhai", "--sandbox", "--arg", "roster=r.csv"])
        .success();
    let id = plan.stdout.split("beadle apply ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let other = sync(plan, &with("E10"), 0);
    let ran = other.then(["apply", &id, "--sandbox"]).code(4);
    assert!(
        ran.stdout.contains("has handed over another roster of this group since this one was weighed"),
        "{}",
        ran.stdout
    );
    assert!(covered(&ran).0.contains(&"E10".to_owned()) && !covered(&ran).0.contains(&"E9".to_owned()));
}

#[test]
fn a_lost_answer_is_made_up_for_by_the_same_roster() {
    let ran = Test::within(settled().folder)
        .file("r.csv", &with("E9"))
        .args([
            "run",
            "sync.rhai",
            "--sandbox",
            "--arg",
            "roster=r.csv",
            "--faults",
            "reset-after:times=1:members.sync",
        ])
        .success();
    assert_eq!((covered(&ran).0.len(), covered(&ran).1), (9, 3), "it arrived, and was handed over once more");
    assert_eq!(covered(&sync(ran, &with("E9"), 0)).1, 3);
}

#[test]
fn a_row_that_the_platform_cannot_do_is_told_and_tried_again_the_next_time() {
    let good = with("E9");
    let (before, after) = good.rsplit_once("pln_HGHZ7OSAZNQAAAAAAAAAAQ").unwrap();
    let bad = format!("{before}pln_gone{after}");
    let ran = sync(settled(), &bad, 5);
    for said in ["failed: 1", "! E9: not added: plan pln_gone was not found"] {
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
    }
    assert_eq!(covered(&ran), (eight(), 2));
    let again = sync(ran, &bad, 5);
    assert!(again.stdout.contains("+      1  new   not in the last roster: added"), "{}", again.stdout);
    let mended = sync(again, &with("E9"), 0);
    assert_eq!((covered(&mended).0.len(), covered(&mended).1), (9, 4));
}

#[test]
fn a_file_with_one_bad_row_is_not_handed_over_at_all() {
    let bad = STAFF.replacen(",PA,15222-1234", ",Pennsylvania,2139", 1).replacen("E5,", "E4,", 1);
    let ran = sync(settled(), &bad, 1);
    for said in [
        "  =      6  kept back  without fault, and not sent without the others",
        "  !      2  invalid    cannot be handed over; the reasons are below",
        "  done: nothing was sent",
        "! line 4: column `state`: `Pennsylvania` is not a state's two letters; type `PA`; column `zipcode`: `2139` lacks its first digits; type `02139`",
        "! line 6: column `reference_id`: `E4` stands in line 5 already; each must be there once",
    ] {
        assert!(ran.stdout.contains(said), "{said}\n{}", ran.stdout);
    }
    assert!(ran.stderr.contains("nothing was sent: 2 rows of `r.csv` cannot be handed over"), "{}", ran.stderr);
    let empty = sync(ran, STAFF.lines().next().unwrap(), 1);
    assert!(
        empty.stderr.contains("an empty roster would remove everybody; there is no leave for that"),
        "{}",
        empty.stderr
    );
    assert_eq!(covered(&empty), (eight(), 1));
}

#[test]
fn what_means_nothing_for_a_whole_roster_is_refused_before_anything_is_read() {
    for (option, said) in [
        ("mode: \"add_only\"", "takes no `mode` there"),
        ("invite: true", "takes no `invite` there"),
        ("blank: \"clear\"", "takes no `blank` there"),
    ] {
        let script = format!("roster.sync(\"{GROUP}\", roster.read(\"staff.csv\"), #{{ {option} }});");
        let ran = test().file("odd.rhai", &script).args(["run", "odd.rhai", "--sandbox"]).code(1);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let script = "roster.read(\"no-key.csv\");";
    let ran = test().file("no-key.csv", "Name\nAda\n").file("odd.rhai", script).args(["run", "odd.rhai", "--sandbox"]);
    assert!(ran.code(1).stderr.contains("has no e-mail column"));
    let script = format!("roster.sync(\"{GROUP}\", roster.read(\"no-key.csv\"));");
    let file = "email,first_name\nada@b.example,Ada\n";
    let ran = test().file("no-key.csv", file).file("odd.rhai", &script).args(["run", "odd.rhai", "--sandbox"]).code(1);
    let said = "`no-key.csv` has no column `reference_id`; its columns are `email`, `first_name`. Say which one it is: `columns: #{ \"email\": \"reference_id\" }`";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn whom_the_settings_protect_cannot_be_left_out() {
    let settings = "[project]\nconnection = \"benefits\"\n\n[connections.benefits]\nplatform = \"vitable\"\nsandbox = true\nprotected = [\"alan@staff.example\"]\n";
    let ran = Test::within(settled().folder).file("beadle.toml", settings).args(["runs", "--sandbox"]).success();
    let ran = sync(ran, &without(&["E3"]), 1);
    assert!(
        ran.stderr.contains("E3 Alan Turing is protected by the settings and missing from this roster"),
        "{}",
        ran.stderr
    );
    assert_eq!(covered(&ran), (eight(), 1));
}

/// One member for a call by hand.
fn member(key: &str) -> String {
    format!(
        r#"#{{ reference_id: "{key}", first_name: "Ada", last_name: "Lovelace", date_of_birth: "1990-05-15", plan_id: "pln_HGHZ7OSAZNQAAAAAAAAAAQ",
            address: #{{ address_line_1: "1 Main St", city: "Pittsburgh", state: "PA", zipcode: "15222" }} }}"#
    )
}

#[test]
fn a_script_that_calls_by_itself_meets_the_same_brakes() {
    let script = format!(
        "let done = members.sync(\"{GROUP}\", [{}, {}]); print(done.results.added_group_member_ids.len());",
        member("E1"),
        member("X1")
    );
    let first = test().file("hand.rhai", &script).args(["run", "hand.rhai", "--sandbox"]).code(4);
    assert!(first.stdout.contains("--first-roster 2 --reason"), "{}", first.stdout);
    let ran = Test::within(settled().folder).file("hand.rhai", &script).args(["run", "hand.rhai", "--sandbox"]).code(4);
    let said = "held before it was sent: 7 of the 8 in the last roster of group grp_7Xe4uktJOdUAAAAAAAAABA are missing from this one (E2 Grace Hopper, E3 Alan Turing, E4 Edsger Dijkstra, E5 Barbara Liskov, E6 Donald Knuth, 2 more): whoever is missing loses their plan";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let run = run_in(&ran.stdout);
    let ran = ran.then(["approve", &run, "--sandbox", "--removals", "7", "--reason", "closing down"]).success();
    let ran = ran.then(["resume", &run, "--sandbox"]).success();
    assert!(ran.stdout.starts_with("1\n"), "{}", ran.stdout);
    assert_eq!(covered(&ran).0, ["E1", "X1"]);
    let script = format!("members.sync(\"{GROUP}\", [{}]);", member("E1").replace("\"PA\"", "\"Penn\""));
    let ran = Test::within(ran.folder).file("hand.rhai", &script).args(["run", "hand.rhai", "--sandbox"]).code(1);
    assert!(ran.stderr.contains("`members[0].address.state`: `Penn` is no state of the USA"), "{}", ran.stderr);
}

#[test]
fn a_plan_makes_a_group_and_hands_over_its_first_roster() {
    let script = r#"
        let made = groups.create(#{ name: "Acme", external_reference_id: "acme-1" });
        roster.sync(made.id, roster.read("staff.csv"));
    "#;
    let ran = test().file("new.rhai", script).args(["plan", "new.rhai", "--sandbox"]).code(4);
    let plan = run_in(&ran.stdout);
    let ran = ran.then(["approve", &plan, "--sandbox", "--first-roster", "8", "--reason", "a new client"]).success();
    let ran = ran.then(["apply", &plan, "--sandbox"]).success();
    assert!(ran.stdout.contains("done: 1 added or made, 1 changed"), "{}", ran.stdout);
    let again = Test::within(ran.folder).args(["run", "new.rhai", "--sandbox"]).success();
    assert!(again.stdout.contains("=      8  same"), "{}", again.stdout);
    assert_eq!(covered(&again).1, 1);
}

#[test]
fn groups_are_listed_made_once_and_changed() {
    let script = r#"
        print(groups.list().to_array().len());
        let made = groups.create(#{ name: "Acme", external_reference_id: "acme-1" });
        print(groups.get(made.id).name);
        print(groups.update(made.id, #{ name: "Acme Inc" }).name);
        let error = ();
        try { groups.create(#{ name: "Other", external_reference_id: "berlin" }); } catch (thrown) { error = thrown; }
        print(`${error.status} ${error.message}`);
        print(plans.list().to_array().map(|plan| plan.name));
        for row in groups.list(#{ limit: 4 }) { if row.external_reference_id == "acme-1" { print(row.name); } }
    "#;
    let faults = "reset-after:times=1:groups.create";
    let ran = test().file("g.rhai", script).args(["run", "g.rhai", "--sandbox", "--faults", faults]).code(5);
    let lines: Vec<&str> = ran.stdout.lines().take(6).collect();
    assert_eq!(lines[..3], ["9", "Acme", "Acme Inc"], "{}", ran.stdout);
    assert!(
        lines[3].starts_with("409 Vitable Connect answered 409: external_reference_id berlin is taken"),
        "{}",
        lines[3]
    );
    assert_eq!(lines[4..], ["[\"Essential\", \"Essential and dental\"]", "Acme Inc"]);
}
