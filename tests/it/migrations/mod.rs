//! People move house: looked at first, moved once, compared after; whatever dies in between is resumed.

mod asked;
#[cfg(debug_assertions)]
mod crash;
mod delta;
mod invitations;
mod odd;
mod pairs;
mod planned;

use crate::builder::{Ran, Test};

const OVER: &str = "scripts/migrate_mobilize_to_heartbeat.rhai";
const BACK: &str = "scripts/migrate_heartbeat_to_mobilize.rhai";
/// Berlin by its id on HiveSocial, AVEVA and Heartbeat, and the only group of a community that begins empty.
const BERLIN: &str = "8defea46-0000-46e2-bc80-000000000004";
const ONLY: &str = "ebb2d867-0000-46e2-9835-0000000001f5";
/// A small sandbox; whoever comes first decides how large it is.
const FEW: &str = "8";

/// A step of a shipped script on a small sandbox.
fn step(test: Test, script: &str, step: &str) -> Test {
    let step = format!("step={step}");
    test.args(["run", script, "--sandbox", "--unattended", "--people", FEW, "--activities", "0", "--arg", &step])
}

/// A script of one's own on the same sandbox.
fn script(folder: Test, name: &str, body: &str) -> Test {
    folder.file(name, body).args(["run", name, "--sandbox", "--unattended", "--people", FEW, "--activities", "0"])
}

fn after(ran: Ran) -> Test {
    Test::within(ran.folder)
}

/// Who is who, a line each: kind, the source's id, the target's.
fn map_of(ran: Ran, from: &str, to: &str) -> (Vec<String>, Ran) {
    let body = format!(
        r#"for it in migrate.map(connect("{from}"), connect("{to}")) {{ print(`${{it.kind}} ${{it.from}} ${{it.to}}`); }}"#
    );
    let ran = script(after(ran), "map_of.rhai", &body).success();
    let is_row = |line: &&str| ["group ", "person ", "pending "].iter().any(|kind| line.starts_with(kind));
    let lines = ran.stdout.lines().filter(is_row).map(str::to_owned).collect();
    (lines, ran)
}

/// The rows of a file of the run, without its heading: the cells of each.
fn rows_of(ran: &Ran, file: &str) -> Vec<Vec<String>> {
    let path = ran.folder.path().join(format!(".beadle/runs/{}/{file}", run_of(ran)));
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let lines = text.lines().skip(1);
    lines.map(|line| line.trim_end().split(',').map(str::to_owned).collect()).collect()
}

/// The run's id: ids of Heartbeat's groups may look like one.
fn run_of(ran: &Ran) -> String {
    let line = ran.stderr.lines().find_map(|line| line.strip_prefix("run ")).unwrap();
    line.split([':', ' ']).next().unwrap().to_owned()
}

/// The lines of a report's section, without those of the run.
fn section(ran: &Ran) -> String {
    let lines = ran.stdout.lines().take_while(|line| !line.starts_with("run "));
    let steady = lines.collect::<Vec<_>>().join("\n").replace(&run_of(ran), "{run}");
    steady.trim_end().to_owned()
}

const LOOKED: &str = "\
a look from main to new-heartbeat
  9 groups: 1 there already, 8 to be made, 0 without a place, 0 left out
    = Community (1) is ebb2d867-0000-46e2-9835-0000000001f5: 8 people, 0 of them there already
    + Chapters (2) would be made: 6 people
    + Volunteers (3) would be made: 3 people
    + Berlin (4) would be made: 4 people
    + Lisbon (5) would be made: 1 person
    + Nairobi (6) would be made: 2 people
    + Kraków (7) would be made: 2 people
    + Mentors (8) would be made: 3 people
    + Event crew (9) would be made: 1 person
  8 people in 30 memberships, 0 of these there already
  8 of them have no account there yet
  without a place on the other side: membership 2, field 4; they stand in .beadle/runs/{run}/unmapped.csv";

const UNMAPPED: &str = "\u{FEFF}kind,id,name,what,why\r
membership,1004,leila.reyes@example.net,in Berlin,\"waits to be let in, and nobody can be made to wait elsewhere\"\r
membership,1005,dimitris.nagy@example.org,in Berlin,declined\r
field,,birthday,of 15 memberships,Heartbeat has no field `birthday`; `fields` says which one it is there\r
field,,city,of 21 memberships,Heartbeat has no field `city`; `fields` says which one it is there\r
field,,company_name,of 12 memberships,Heartbeat has no field `company_name`; `fields` says which one it is there\r
field,,facebook_url,of 5 memberships,Heartbeat has no field `facebook_url`; `fields` says which one it is there\r
";

const MOVED: &str = "\
moved from main to new-heartbeat
  9 groups, 8 of them made
    = Community (1) is ebb2d867-0000-46e2-9835-0000000001f5: 8 the same
    + Chapters (2) is f9947cd4-0000-46e2-a878-0000000001f6: 6 the same
    + Volunteers (3) is 4e7a9574-0000-46e2-8935-0000000001f7: 3 the same
    + Berlin (4) is 4a4d2568-0000-46e2-baad-0000000001f8: 4 the same
    + Lisbon (5) is 2385a4e8-0000-46e2-bef8-0000000001f9: 1 the same
    + Nairobi (6) is f11da138-0000-46e2-a768-0000000001fa: 2 the same
    + Kraków (7) is 4125b0af-0000-46e2-8e09-0000000001fb: 2 the same
    + Mentors (8) is c82e79e6-0000-46e2-a63a-0000000001fc: 3 the same
    + Event crew (9) is b2217256-0000-46e2-ab74-0000000001fd: 1 the same
  8 accounts made for people who had none
  without a place on the other side: membership 2, field 4; they stand in .beadle/runs/{run}/unmapped.csv";

#[test]
fn a_look_counts_and_names_what_has_no_place_and_changes_nothing() {
    let ran = step(Test::project(), OVER, "look").success();
    assert_eq!(section(&ran), LOOKED);
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    assert_eq!(ran.read(&format!(".beadle/runs/{}/unmapped.csv", run_of(&ran))), UNMAPPED);
}

#[test]
fn a_migration_is_done_once_follows_what_changes_and_verify_agrees() {
    let ran = step(Test::project(), OVER, "run").success();
    assert_eq!(section(&ran), MOVED);
    assert!(ran.stdout.contains("16 of them writes: 16 changes and mails made"), "{}", ran.stdout);
    let ran = step(after(ran), OVER, "run").success();
    let again = MOVED.replace("  + ", "  = ").replace("8 of them made", "0 of them made");
    assert_eq!(section(&ran), again.replace("  8 accounts made for people who had none\n", ""));
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    let later = r#"
        users.update("1002", #{ fields: #{ job_title: "Beekeeper" } });
        members.add("8", #{ fields: #{ email: "late@comer.example", first_name: "Late", last_name: "Comer" } });
    "#;
    let ran = script(after(ran), "later.rhai", later).success();
    let ran = step(after(ran), OVER, "run").success();
    let delta = section(&ran);
    assert!(delta.contains("\n  1 account made for people who had none\n"), "{delta}");
    assert!(
        delta.contains("\n    = Mentors (8) is c82e79e6-0000-46e2-a63a-0000000001fc: 1 changed, 3 the same\n"),
        "{delta}"
    );
    assert!(ran.stdout.contains("2 of them writes: 2 changes and mails made"), "{}", ran.stdout);
    let ran = step(after(ran), OVER, "verify").success();
    let told = section(&ran);
    let first =
        "compared from main to new-heartbeat\n  9 groups and 33 memberships compared: 0 differences, 1 only there\n";
    assert!(told.starts_with(first), "{told}");
    assert!(
        told.contains("\n    ! Community: people here 9, there 10\n    ! Community, admin@new.example: only there\n")
    );
    for line in told.lines().filter(|line| line.contains("; fields ")) {
        let (_, digests) = line.split_once("; fields ").unwrap();
        let (here, there) = digests.split_once(" and ").unwrap();
        assert!(line.starts_with("    = ") && here == there && here.len() == 12, "{line}");
    }
}

#[test]
fn verify_names_every_difference() {
    let spoil = r#"
        let there = connect("new-heartbeat");
        let ids = #{};
        for group in there.groups.list() { ids[group.name] = group.id; }
        there.members.remove(ids["Mentors"], #{ emails: ["rafal.horvat@example.com"] });
        there.users.update("ruth.petrov@example.com", #{ bio: "Spy" });
        there.groups.delete(ids["Lisbon"]);
        there.users.create(#{ email: "native@there.example", name: "Na Tive", role_id: "Member", group_ids: [ids["Nairobi"]] });
    "#;
    let ran = step(Test::project(), OVER, "run").success();
    let ran = script(after(ran), "spoil.rhai", spoil).success();
    let ran = step(after(ran), OVER, "verify").code(5);
    let rows = ran.read(&format!(".beadle/runs/{}/differences.csv", run_of(&ran)));
    assert_eq!(rows, DIFFERENCES);
    assert!(ran.stdout.contains("exit code 5: done, but 5 differences are left\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("8 groups and 29 memberships compared: "), "{}", ran.stdout);
    let ran = step(after(ran), OVER, "run").success();
    let ran = step(after(ran), OVER, "verify").success();
    assert!(ran.stdout.contains("9 groups and 30 memberships compared: 0 differences, 4 only there"), "{}", ran.stdout);
}

const DIFFERENCES: &str = "\u{FEFF}kind,group,who,what,source,target\r
count,Community,,people,8,10\r
field,Community,ruth.petrov@example.com,bio,Translator,Spy\r
only there,Community,admin@new.example,,,\r
only there,Community,native@there.example,,,\r
count,Chapters,,people,6,7\r
field,Chapters,ruth.petrov@example.com,bio,Translator,Spy\r
only there,Chapters,native@there.example,,,\r
group,Lisbon,,has no counterpart,5,\r
count,Nairobi,,people,2,3\r
only there,Nairobi,native@there.example,,,\r
field,Kraków,ruth.petrov@example.com,bio,Translator,Spy\r
count,Mentors,,people,3,2\r
missing,Mentors,rafal.horvat@example.com,,,\r
";

#[test]
fn the_way_back_makes_groups_with_a_manager_and_names_roles_that_nobody_can_give() {
    let ran = step(Test::project(), BACK, "run").success();
    let told = section(&ran);
    assert!(told.starts_with("moved from heartbeat to new-main\n  9 groups, 8 of them made\n"), "{told}");
    assert!(told.contains("\n    + Berlin (8defea46-0000-46e2-bc80-000000000004) is 504: 4 added\n"), "{told}");
    let unmapped = ran.read(&format!(".beadle/runs/{}/unmapped.csv", run_of(&ran)));
    assert!(
        unmapped.contains(",omar.jones@example.com,Admin in Berlin,Mobilize's API gives nobody a role\r\n"),
        "{unmapped}"
    );
    let ran = step(after(ran), BACK, "run").success();
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    let ran = step(after(ran), BACK, "verify").success();
    assert!(ran.stdout.contains("9 groups and 30 memberships compared: 0 differences, 9 only there"), "{}", ran.stdout);
    let hierarchy = r#"
        let names = #{};
        for it in connect("new-main").groups.list() {
            names[it.id] = it.name;
            print(`${it.name} < ${if it.parent_group == () { "" } else { names[it.parent_group.to_string()] }}`);
        }
    "#;
    let ran = script(after(ran), "hierarchy.rhai", hierarchy).success();
    let lines: Vec<&str> = ran.stdout.lines().take(9).collect();
    assert_eq!(
        lines,
        [
            "Community < ",
            "Chapters < Community",
            "Volunteers < Community",
            "Berlin < Chapters",
            "Lisbon < Chapters",
            "Nairobi < Chapters",
            "Kraków < Chapters",
            "Mentors < Volunteers",
            "Event crew < Volunteers"
        ]
    );
}

#[test]
fn who_is_who_is_kept_can_be_edited_and_decides_whose_address_counts() {
    let project = Test::new().file(
        "beadle.toml",
        "[connections.main]\nplatform = \"mobilize\"\n\n[connections.second]\nplatform = \"mobilize\"\nworld = \"second\"\n",
    );
    let body = r#"
        let from = connect("main");
        let to = connect("second");
        let options = #{ groups: #{ "Community": "501" } };
        let her = to.members.add("501", #{ fields: #{ email: "other@address.example" } });
        print(migrate.map(from, to));
        migrate.map(from, to, #{ set: #{ kind: "person", from: "1002", to: her.id } });
        let figures = migrate.run(from, to, options);
        print(`${figures.added} ${figures.changed} ${figures.same}`);
        for one in migrate.map(from, to) { if one.kind == "group" || one.by == "hand" { print(one); } }
        let hers = to.users.find_by_email("other@address.example");
        print(`${hers.id} ${hers.first_name} ${to.users.find_by_email("rafal.horvat@example.com") ?? ""}`);
        print(migrate.verify(from, to, options).differences);
        migrate.map(from, to, #{ forget: #{ kind: "person", from: "1002" } });
        print(migrate.verify(from, to, options).differences);
        try { migrate.map(from, to, #{ forget: #{ kind: "person", from: "1002" } }); } catch (error) { print(error); }
    "#;
    let ran = script(project, "map.rhai", body).code(5);
    let run = run_of(&ran);
    let printed: Vec<String> = ran.stdout.lines().take(8).map(|line| line.replace(&run, "{run}")).collect();
    assert_eq!(
        printed,
        [
            "[]",
            "7 1 0",
            r##"#{"by": "{run}", "from": "1", "kind": "group", "to": "501"}"##,
            r##"#{"by": "hand", "from": "1002", "kind": "person", "to": "5002"}"##,
            "5002 Rafał ",
            "0",
            "1",
            "migrate.map() knows no person 1002 to forget"
        ]
    );
}

#[test]
fn people_without_an_account_wait_as_pending_users_and_are_asked_for_once() {
    let pending = |test: Test, what: &str| step(test, OVER, what).args(["--arg", "newcomers=pending"]);
    let ran = pending(Test::project(), "run").success();
    let told = section(&ran);
    assert!(told.contains("\n    + Berlin (4) is 4a4d2568-0000-46e2-baad-0000000001f8: 4 awaited\n"), "{told}");
    assert!(told.contains("\n  8 pending users made: they come in with their first sign-in\n"), "{told}");
    let ran = pending(after(ran), "run").success();
    assert!(section(&ran).contains("\n  8 awaited since an earlier run: they come in with their first sign-in\n"));
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    let ran = pending(after(ran), "verify").success();
    assert!(ran.stdout.contains("0 differences, 1 only there"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n  30 memberships are awaited: they come in with their first sign-in\n"));
}

#[test]
fn what_nobody_has_said_is_asked_before_the_first_change() {
    let refused = |options: &str, to: &str| {
        let body = format!("migrate.run(connect(\"main\"), connect(\"{to}\"), {options});");
        let ran = script(Test::new(), "ask.rhai", &body).code(1);
        assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
        ran.stderr
    };
    let stderr = refused("#{ groups: [\"Berlin\"] }", "new-heartbeat");
    assert!(stderr.contains("4 people have no account on Heartbeat: omar.jones@example.com, rafal.horvat@example.com, jose.quispe@example.org, 1 more; nothing was done. Say how they come in: `newcomers: \"accounts\"`"), "{stderr}");
    let stderr = refused("#{ groups: [\"Berlin\"], newcomers: \"accounts\" }", "new-heartbeat");
    assert!(stderr.contains("nothing was done. Say with which role: `roles: #{ \"administrator\": \"…\", \"member\": \"…\" }` (`--role administrator=… --role member=…`), or `role: \"…\"` for all"), "{stderr}");
    let stderr = refused("#{ groups: #{ \"Lisbon\": \"501\" } }", "main");
    assert!(stderr.contains("migrate.run() needs two accounts: both connections are the same one"), "{stderr}");
    let stderr = refused("#{ group: [\"Berlin\"] }", "new-heartbeat");
    assert!(stderr.contains("migrate.run() has no option `group`; did you mean `groups`?"), "{stderr}");
    let stderr = refused(&format!("#{{ groups: #{{ \"Lisbon\": \"{ONLY}\" }} }}"), "new-hive");
    assert!(
        stderr.contains("HiveSocial takes nobody in unasked: say what to write to them with `letter: #{ … }`"),
        "{stderr}"
    );
}

#[test]
fn invitations_that_wait_become_members_who_are_invited_once() {
    let body = format!(
        r#"
        let options = #{{ groups: #{{ "{BERLIN}": "501" }}, invite: true, sender: "5001", }};
        for round in 0..2 {{
            let figures = migrate.run(connect("hive"), connect("new-main"), options);
            print(`${{figures.added}} ${{figures.same}} ${{figures.invited}} ${{figures.unmapped}}`);
        }}
        print(migrate.verify(connect("hive"), connect("new-main"), options).differences);
    "#
    );
    let ran = script(Test::new(), "waiting.rhai", &body).success();
    let lines: Vec<&str> = ran.stdout.lines().take(3).collect();
    assert_eq!((lines[0], lines[1], lines[2]), ("40 0 40 1", "0 40 0 1", "0"), "{}", ran.stdout);
}

#[test]
fn where_nobody_comes_in_unasked_people_are_written_to_once() {
    let body = format!(
        r#"
        let letter = #{{ role_id: 2, subject: "Come over", content: "We have moved." }};
        let options = #{{ groups: #{{ "Chapters": "{ONLY}" }}, letter: letter }};
        for round in 0..2 {{
            let figures = migrate.run(connect("main"), connect("new-hive"), options);
            print(`${{figures.invited}} ${{figures.not_invited}}`);
        }}
    "#
    );
    let ran = script(Test::new(), "letters.rhai", &body).success();
    assert!(ran.stdout.starts_with("6 0\n0 6\n"), "{}", ran.stdout);
}

#[test]
fn roles_are_given_where_they_are_fields_and_people_whom_a_tenant_does_not_know_are_named() {
    let body = r#"
        let options = #{ groups: ["Lisbon"], if_exists: "use", roles: #{ "administrator": "Analysts" } };
        let here = connect("main");
        here.members.add("5", #{ fields: #{ email: "stranger@nowhere.example", first_name: "No", last_name: "Body" } });
        let looked = migrate.look(here, connect("aveva"), options);
        print(`${looked.people} ${looked.already}`);
        migrate.run(here, connect("aveva"), options);
    "#;
    let ran = script(Test::new(), "roles.rhai", body).code(5);
    assert!(ran.stdout.starts_with("2 1\n"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("    ! stranger@nowhere.example: no user of the tenant has the address"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("makes nobody less than an administrator"), "{}", ran.stdout);
    let body = "migrate.look(connect(\"main\"), connect(\"new-aveva\"), #{ groups: [\"Lisbon\"] });";
    let ran = script(after(ran), "none.rhai", body).success();
    assert!(ran.stdout.contains("    ! Lisbon (5) has no place: its API makes no groups: "), "{}", ran.stdout);
}

#[test]
fn the_command_does_what_its_options_say_and_refuses_what_it_does_not_take() {
    const COMMON: [&str; 10] = [
        "--from",
        "main",
        "--to",
        "new-heartbeat",
        "--if-exists",
        "use",
        "--field",
        "first_name=name",
        "--field",
        "last_name=name",
    ];
    const ROLES: [&str; 6] = ["--newcomers", "accounts", "--role", "member=Member", "--role", "administrator=Member"];
    let few = ["--sandbox", "--unattended", "--people", FEW, "--activities", "0"];
    let look = ["migrate", "--look", "--group", "Berlin", "--group", "Lisbon=501", "--field", "city="];
    let ran = Test::new().args(look).args(COMMON).args(few).success();
    let lines: Vec<&str> = ran.stdout.lines().take(5).collect();
    assert_eq!(
        lines,
        [
            "a look from main to new-heartbeat",
            "  9 groups: 0 there already, 1 to be made, 1 without a place, 7 left out",
            "    + Berlin (4) would be made: 4 people",
            "    ! Lisbon (5) has no place: `groups` names 501, and Heartbeat has no such group",
            "  4 people in 4 memberships, 0 of these there already",
        ]
    );
    let ran = after(ran).args(["migrate"]).args(COMMON).args(ROLES).args(few).success();
    assert!(ran.stdout.contains("16 of them writes: 16 changes and mails made"), "{}", ran.stdout);
    let ran = Test::new().args(["migrate"]).args(COMMON).args(few).code(1);
    assert!(ran.stderr.contains("8 people have no account on Heartbeat"), "{}", ran.stderr);
    let ran = after(ran).args(["migrate", "--arg", "a=b"]).args(COMMON).args(few).code(2);
    assert!(ran.stderr.contains("takes neither --arg nor --connection"), "{}", ran.stderr);
    let ran = after(ran).args(["migrate", "--verify"]).args(COMMON).args(few).code(5);
    assert!(ran.stdout.contains("    ! Chapters: has no counterpart\n"), "{}", ran.stdout);
}

#[test]
fn a_migration_can_be_planned_applied_and_found_done() {
    let plan = ["plan", OVER, "--sandbox", "--unattended", "--people", FEW, "--activities", "0"];
    let ran = Test::project().args(plan).success();
    assert!(ran.stdout.contains("\n  9 groups, 8 of them would be made\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n    + Berlin (4) is a new group: 4 the same\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n    +      8  accounts made"), "{}", ran.stdout);
    let id = ran.stdout.split("beadle apply ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let folder = format!(".beadle/plans/{id}/unmapped.csv");
    assert_eq!(ran.read(&folder), UNMAPPED);
    let ran = after(ran).args(["apply", &id, "--sandbox"]).success();
    let ran = step(after(ran), OVER, "run").success();
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
    let ran = step(after(ran), OVER, "verify").success();
    assert!(ran.stdout.contains("0 differences, 1 only there"), "{}", ran.stdout);
}
