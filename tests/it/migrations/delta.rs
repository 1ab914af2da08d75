//! What has changed since the first pass comes over with the next; what a comparison finds is named by what it is.

use super::{FEW, after, map_of, rows_of, run_of, script, section};
use crate::builder::{Ran, Test};

const TWO: &str = "[connections.main]\nplatform = \"mobilize\"\n\n[connections.second]\nplatform = \"mobilize\"\nworld = \"second\"\n";

/// A migration between two communities of one platform; `step` is a verb.
fn moved(test: Test, step: &str) -> Test {
    let body = format!(
        r#"
        let options = #{{ if_exists: "use", manager: "admin@new.example" }};
        migrate.{step}(connect("main"), connect("second"), options);
    "#
    );
    script(test, &format!("{step}.rhai"), &body)
}

fn differences(ran: &Ran) -> Vec<String> {
    rows_of(ran, "differences.csv").iter().map(|row| row.join(",")).collect()
}

#[test]
fn whoever_came_changed_or_left_at_the_source_comes_over_with_the_next_pass() {
    let ran = moved(Test::new().file("beadle.toml", TWO), "run").success();
    let (before, ran) = map_of(ran, "main", "second");
    let later = r#"
        let berlin = groups.get("4");
        groups.update("4", #{ name: "Berlin and Potsdam" });
        members.add("4", #{ fields: #{ email: "late@comer.example", first_name: "Late", last_name: "Comer" } });
        users.update("1002", #{ fields: #{ city: "Zagreb" } });
        users.update("1003", #{ fields: #{ email: "jose@new-address.example" } });
        members.remove("7", users.find_by_email("ruth.petrov@example.com").id);
    "#;
    let ran = script(after(ran), "later.rhai", later).success();
    let ran = moved(after(ran), "run").success();
    let told = section(&ran);
    assert!(told.contains("  9 groups, 0 of them made\n"), "a renamed group is the same group: {told}");
    assert!(told.contains(" Berlin and Potsdam (4) is 504: 1 added, "), "{told}");
    let stays: Vec<String> = rows_of(&ran, "unmapped.csv").iter().map(|row| row.join(",")).collect();
    let address = "address,1003,jose@new-address.example,is jose.quispe@example.org on Mobilize,";
    assert!(stays.iter().any(|row| row.starts_with(address)), "{stays:#?}");
    let (now, ran) = map_of(ran, "main", "second");
    let new: Vec<&String> = now.iter().filter(|row| !before.contains(row)).collect();
    assert_eq!((new.len(), now.len()), (1, before.len() + 1), "the late comer, and nobody a second time: {new:?}");
    let ran = moved(after(ran), "verify").success();
    let found = differences(&ran);
    assert!(found.contains(&"only there,Kraków,ruth.petrov@example.com,,,".to_owned()), "{found:#?}");
    let moved_house =
        "address,Community,jose@new-address.example,email,jose@new-address.example,jose.quispe@example.org".to_owned();
    assert!(found.contains(&moved_house), "{found:#?}");
    let ran = moved(after(ran), "run").success();
    assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{}", ran.stdout);
}

#[test]
fn each_difference_is_named_by_what_it_is() {
    let spoil = r#"
        let there = connect("second");
        let ids = #{};
        for group in there.groups.list() { ids[group.name] = group.id; }
        let who = |email| there.users.find_by_email(email).id;
        there.members.remove(ids["Mentors"], who.call("rafal.horvat@example.com"));
        there.members.add(ids["Nairobi"], #{ fields: #{ email: "native@there.example" } });
        there.users.update(who.call("ruth.petrov@example.com"), #{ fields: #{ job_title: "Spy" } });
        let main = connect("main");
        main.groups.create(#{
            name: "Porto", parent_group_id: 2, privacy: 10, alias_name: "porto", default_emails_frequency: 1,
            hidden_emails: true, invite_members_enabled: false, manager_email_address: "omar.jones@example.com",
        });
        // A counterpart that stands elsewhere: below the top instead of below Volunteers.
        let new = there.groups.create(#{
            name: "Crew", parent_group_id: 501, privacy: 10, alias_name: "crew", default_emails_frequency: 1,
            hidden_emails: true, invite_members_enabled: false, manager_email_address: "admin@new.example",
        });
        migrate.map(main, there, #{ set: #{ kind: "group", from: "9", to: new.id } });
    "#;
    let ran = moved(Test::new().file("beadle.toml", TWO), "run").success();
    let ran = script(after(ran), "spoil.rhai", spoil).success();
    let ran = moved(after(ran), "verify").code(5);
    let found = differences(&ran);
    for row in [
        "missing,Mentors,rafal.horvat@example.com,,,",
        "only there,Nairobi,native@there.example,,,",
        "field,Kraków,ruth.petrov@example.com,job_title,Translator,Spy",
        "hierarchy,Event crew,,parent,Volunteers,Community",
        "missing,Event crew,omar.jones@example.com,,,",
    ] {
        assert!(found.contains(&row.to_owned()), "{row} is not among {found:#?}");
    }
    assert!(found.iter().any(|row| row.starts_with("group,Porto,,has no counterpart,")), "{found:#?}");
    // The next pass mends what it may, and says beforehand what it leaves.
    let ran = moved(after(ran), "run").success();
    let stays: Vec<String> = rows_of(&ran, "unmapped.csv").iter().map(|row| row.join(",")).collect();
    let crew = "hierarchy,9,Event crew,below Volunteers,\"stands below Community on Mobilize,";
    assert!(stays.iter().any(|row| row.starts_with(crew)), "{stays:#?}");
    let ran = moved(after(ran), "verify").code(5);
    let left: Vec<String> = differences(&ran)
        .into_iter()
        .filter(|row| !row.starts_with("only there") && !row.starts_with("count"))
        .collect();
    assert_eq!(left, ["hierarchy,Event crew,,parent,Volunteers,Community"]);
}

#[test]
fn an_account_that_is_there_keeps_its_role_and_both_the_run_and_the_comparison_say_so() {
    let body = |verb: &str| {
        format!(
            r#"
            let there = connect("new-heartbeat");
            if "{verb}" == "run" {{ there.users.create(#{{ email: "omar.jones@example.com", name: "Omar Jones", role_id: "Member" }}); }}
            let options = #{{
                groups: #{{ "Lisbon": true }}, newcomers: "accounts", roles: #{{ "administrator": "Admin", "member": "Member" }},
                fields: #{{ "first_name": "name", "last_name": "name" }},
            }};
            migrate.{verb}(connect("main"), there, options);
        "#
        )
    };
    let ran = script(Test::new(), "run.rhai", &body("run")).success();
    let stays: Vec<String> = rows_of(&ran, "unmapped.csv").iter().map(|row| row.join(",")).collect();
    let kept = "role,1001,omar.jones@example.com,Admin,\"is Member on Heartbeat, and the role of an account";
    assert!(stays.iter().any(|row| row.starts_with(kept)), "{stays:#?}");
    let ran = script(after(ran), "verify.rhai", &body("verify")).code(5);
    let found: Vec<String> = differences(&ran).into_iter().filter(|row| row.starts_with("role,")).collect();
    assert_eq!(found, ["role,Lisbon,omar.jones@example.com,role,Admin,Member"]);
}

#[test]
fn a_file_of_a_run_never_says_what_an_earlier_step_of_it_found() {
    let body = r#"
        let from = connect("main");
        let to = connect("new-heartbeat");
        let options = #{ groups: #{ "Berlin": "ONLY" }, newcomers: "accounts", role: "Member" };
        migrate.look(from, to, options);
        // The other pair has a file of its own.
        migrate.look(connect("heartbeat"), connect("new-main"), #{ groups: #{ "Lisbon": "501" } });
        let names = ["birthday", "city", "company_name", "facebook_url", "first_name", "last_name", "job_title"];
        options.fields = #{};
        for name in names { options.fields[name] = (); }
        options.roles = #{ "administrator": () };
        migrate.look(from, to, options);
    "#
    .replace("ONLY", super::ONLY);
    let ran = script(Test::new(), "twice.rhai", &body).success();
    let kinds = |file: &str| rows_of(&ran, file).iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    assert_eq!(kinds("unmapped.csv"), ["membership", "membership"], "the last look alone counts");
    assert_eq!(kinds("unmapped-2.csv"), ["role", "field"]);
    assert!(
        ran.stdout.contains(&format!("they stand in .beadle/runs/{}/unmapped-2.csv", run_of(&ran))),
        "{}",
        ran.stdout
    );
    assert_eq!(FEW, "8", "the figures above are of so many people");
}
