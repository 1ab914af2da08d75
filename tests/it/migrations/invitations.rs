//! Who was invited and has not come yet, and the links by which people come in.

use super::{after, rows_of, script, section};
use crate::builder::Test;

#[test]
fn whoever_was_invited_and_never_came_is_invited_anew_or_named() {
    // Whoever waits there never signed in, and the platform has a record of the invitation.
    let options = r#"#{ groups: #{ "Berlin": "501" }, INVITE }"#;
    let waiting = r#"
        let waits = 0;
        for one in connect("main").users.list() {
            if !one.is_registered && one.groups.some(|place| place.id == "4" && place.status == "accepted" && place.last_invited_in != ()) { waits += 1; }
        }
        print(waits);
    "#;
    let many = |test: Test, name: &str, body: &str| {
        test.file(name, body).args(["run", name, "--sandbox", "--unattended", "--people", "80", "--activities", "0"])
    };
    let ran = many(Test::new(), "waiting.rhai", waiting).success();
    let waits: usize = ran.stdout.lines().next().unwrap().parse().unwrap();
    assert!(waits > 0, "nobody waits, and this test shows nothing");
    let body = |invite: &str| {
        let options = options.replace("INVITE", invite);
        format!("print(migrate.run(connect(\"main\"), connect(\"new-main\"), {options}).invited);")
    };
    let ran = many(after(ran), "without.rhai", &body("")).success();
    assert!(ran.stdout.starts_with("0\n"), "{}", ran.stdout);
    let named: std::collections::BTreeSet<String> = rows_of(&ran, "unmapped.csv")
        .iter()
        .filter(|row| row[0] == "invitation" && row.join(",").contains("`invite` and `sender` do that as well"))
        .map(|row| row[1].clone())
        .collect();
    assert_eq!(named.len(), waits, "{named:?}");
    let ran = many(after(ran), "with.rhai", &body("invite: true, sender: \"5001\"")).success();
    let invited: usize = ran.stdout.lines().next().unwrap().parse().unwrap();
    assert!(invited >= waits, "{}", ran.stdout);
    assert!(!rows_of(&ran, "unmapped.csv").iter().any(|row| row[0] == "invitation"), "{}", section(&ran));
    let ran = many(after(ran), "with.rhai", &body("invite: true, sender: \"5001\"")).success();
    assert!(ran.stdout.starts_with("0\n"), "nobody is written to twice: {}", ran.stdout);
}

const LINKS: &str = r#"
    let ids = #{};
    for group in connect("heartbeat").groups.list() { ids[group.name] = group.id; }
    connect("heartbeat").invitations.create(#{ group_ids: [ids["Berlin"], ids["Mentors"]], role_id: "Member" });
    connect("heartbeat").invitations.create(#{ group_ids: [ids["Lisbon"]], role_id: "Member" });
"#;

#[test]
fn links_by_which_people_come_in_are_made_once_where_there_are_such() {
    let move_links = |step: &str| {
        format!(
            r#"
            let options = #{{
                groups: #{{ "Community": true, "Berlin": true, "Mentors": true }}, if_exists: "use", newcomers: "accounts",
                roles: #{{ "Member": "Member", "Admin": "Member" }},
            }};
            let figures = migrate.{step}(connect("heartbeat"), connect("new-heartbeat"), options);
            print(figures.links ?? figures.differences);
        "#
        )
    };
    let ran = script(Test::new(), "links.rhai", LINKS).success();
    let ran = script(after(ran), "run.rhai", &move_links("run")).success();
    assert!(ran.stdout.starts_with("1\n"), "{}", ran.stdout);
    assert!(section(&ran).contains("\n  1 link by which people come in made"), "{}", ran.stdout);
    let ran = script(after(ran), "run.rhai", &move_links("run")).success();
    assert!(ran.stdout.starts_with("0\n") && ran.stdout.contains("none of them a write"), "{}", ran.stdout);
    let ran = script(after(ran), "verify.rhai", &move_links("verify")).success();
    assert!(ran.stdout.starts_with("0\n"), "{}", ran.stdout);
    let ran = script(after(ran), "more.rhai", &LINKS.replace("\"Mentors\"", "\"Community\"")).success();
    let ran = script(after(ran), "verify.rhai", &move_links("verify")).code(5);
    let found: Vec<String> = rows_of(&ran, "differences.csv").iter().map(|row| row.join(",")).collect();
    assert!(
        found.iter().any(|row| row.starts_with("invitation,Berlin,,\"a link into it, as Member, is not there")),
        "{found:#?}"
    );
}

#[test]
fn where_there_are_no_links_each_is_named() {
    let ran = script(Test::new(), "links.rhai", LINKS).success();
    let body =
        r#"migrate.look(connect("heartbeat"), connect("new-main"), #{ groups: #{ "Berlin": "501", "Lisbon": () } });"#;
    let ran = script(after(ran), "look.rhai", body).success();
    let rows = rows_of(&ran, "unmapped.csv");
    let links: Vec<&Vec<String>> = rows.iter().filter(|row| row[0] == "invitation").collect();
    assert_eq!(links.len(), 1, "whoever leads only into what is left behind on purpose is no loss: {rows:#?}");
    assert!(links[0].join(",").ends_with("Mobilize has no links by which people come in"), "{links:?}");
}
