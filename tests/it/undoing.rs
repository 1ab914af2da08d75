//! `beadle undo`: what a run did is planned back, what others changed since stays, and what cannot be undone is said.

use std::collections::BTreeMap;
use std::process::Output;

use crate::disturbed::{Community, Project, ended_with, said};
use crate::plans::plan_id;

/// A sandbox on which things are done and undone.
struct Play(Project);

impl Play {
    fn new() -> Self {
        let play = Self(Project::new());
        ended_with(&play.beadle(&["run", "scripts/invite_new_members.rhai", "--help"]), &[0], "it starts");
        play
    }

    fn beadle(&self, args: &[&str]) -> Output {
        self.0.command(args).output().unwrap()
    }

    /// Runs a script; gives the run's name.
    fn run(&self, script: &str, codes: &[i32], more: &[&str]) -> String {
        std::fs::write(self.0.path().join("play.rhai"), script).unwrap();
        ended_with(&self.beadle(&[&["run", "play.rhai", "--sandbox"], more].concat()), codes, script);
        self.0.last_run().of.id
    }

    /// Plans a script and applies it; gives the run's name.
    fn plan(&self, script: &str) -> String {
        std::fs::write(self.0.path().join("play.rhai"), script).unwrap();
        self.apply(&self.beadle(&["plan", "play.rhai", "--sandbox"]))
    }

    fn undo(&self, run: &str) -> Output {
        let output = self.beadle(&["undo", run, "--sandbox", "--all"]);
        ended_with(&output, &[0, 4], "undo");
        output
    }

    /// Applies a plan, approved if it is held.
    fn apply(&self, shown: &Output) -> String {
        let text = said(shown);
        let plan = plan_id(shown);
        if let Some(line) = text.lines().find(|line| line.starts_with("if it is meant, type: beadle approve")) {
            let approve = line.trim_start_matches("if it is meant, type: beadle ").replace("\"…\"", "test");
            ended_with(&self.beadle(&approve.split(' ').collect::<Vec<_>>()), &[0], line);
        }
        ended_with(&self.beadle(&["apply", &plan, "--sandbox"]), &[0], &text);
        plan
    }

    fn community(&self) -> Community {
        self.0.community()
    }
}

/// Nothing differs but fields that are empty and fields that are not there, and the order of fields.
fn alike(have: &Community, wanted: &Community, what: &Output) {
    let clean = |community: &Community| {
        let parts = |shown: &str| {
            let mut parts: Vec<String> =
                shown.replace(['{', '}'], ", ").split(", ").map(str::trim).map(str::to_owned).collect();
            parts.retain(|part| !part.is_empty() && !part.ends_with("String(\"\")"));
            parts.sort();
            parts.join(", ")
        };
        community.members.iter().map(|(place, shown)| (place.clone(), parts(shown))).collect::<BTreeMap<_, _>>()
    };
    let (have_all, wanted_all) = (clean(have), clean(wanted));
    let more = have_all.iter().filter(|(place, shown)| wanted_all.get(place) != Some(shown));
    let less = wanted_all.iter().filter(|(place, shown)| have_all.get(place) != Some(shown));
    let lines: Vec<String> =
        more.map(|one| format!("have {one:?}")).chain(less.map(|one| format!("want {one:?}"))).collect();
    assert!(lines.is_empty(), "{}\n{}", lines.join("\n"), said(what));
    assert_eq!(have.mails, wanted.mails);
}

fn holds(output: &Output, lines: &[&str]) {
    let text = said(output);
    for line in lines {
        assert!(text.lines().any(|have| have.trim() == *line), "`{line}` is missing: {text}");
    }
}

/// Who comes and goes, of people who were looked at before and are in the groups above anyway.
const MOVES: &str = r#"
users.list(#{ include_fields: true }).count();
members.add("5", #{ user_id: "1010" });
members.remove("4", "1014");
members.remove("4", "1022"); members.add("4", #{ user_id: "1022" });
members.add("5", #{ user_id: "1023" }); members.remove("5", "1023");
"#;

/// What needs to have been read before it can go back.
const VALUES: &str = r#"
members.update("4", "1010", #{ city: "Rome", job_title: "Head" });
users.update("1011", #{ last_name: "Other" });
users.update("1011", #{ last_name: "Another" });
members.add("9", #{ user_id: "1027" });
"#;

#[test]
fn what_a_run_did_is_taken_back_and_a_second_undo_finds_nothing() {
    let play = Play::new();
    let before = play.community();
    let run = play.run(MOVES, &[0], &[]);
    let after = play.community();
    assert_ne!(after, before);
    let shown = play.undo(&run);
    assert_eq!(play.community(), after, "nothing is changed yet");
    let undone = play.apply(&shown);
    alike(&play.community(), &before, &shown);
    let again = play.undo(&run);
    assert!(said(&again).contains("  nothing would be changed\n"), "{}", said(&again));

    // Undone itself, the first run's changes are back.
    let redone = play.undo(&undone);
    play.apply(&redone);
    alike(&play.community(), &after, &redone);
}

#[test]
fn an_applied_plan_is_undone_like_a_run() {
    let play = Play::new();
    let before = play.community();
    let plan = play.plan(&format!("{MOVES}{VALUES}"));
    assert_ne!(play.community(), before);
    let shown = play.undo(&plan);
    play.apply(&shown);
    alike(&play.community(), &before, &shown);
}

#[test]
fn what_a_run_had_not_read_stays_and_it_is_said() {
    let play = Play::new();
    let run = play.run(VALUES, &[0], &[]);
    let shown = play.undo(&run);
    holds(
        &shown,
        &[
            "left out of members.add: 1, it is not known whether they were in the group before",
            "left out of members.update: 1, what `city` was before is not known",
            "left out of members.update: 1, what `job_title` was before is not known",
            "left out of users.update: 1, what `last_name` was before is not known",
        ],
    );
    assert!(said(&shown).contains("nothing would be changed"), "{}", said(&shown));
}

#[test]
fn into_which_groups_above_somebody_came_along_is_known_to_a_plan_alone() {
    let play = Play::new();
    let script = "users.list(#{ include_fields: true }).count(); members.add(\"9\", #{ user_id: \"1027\" });";
    let run = play.run(script, &[0], &[]);
    let shown = play.undo(&run);
    let kept = "left out of members.add: 1, whether they were in the groups above before is not known: there they stay";
    holds(&shown, &[kept]);
    play.apply(&shown);
    let places: Vec<u64> =
        play.community().members.keys().filter(|(_, to)| to == "chloe.okafor@example.org").map(|(at, _)| *at).collect();
    assert_eq!(places, [1, 2, 3, 4], "out of the one they were put into, and still in the one above");
}

#[test]
fn a_member_who_was_added_once_more_stays() {
    let play = Play::new();
    let before = play.community();
    for look in ["", "users.list(#{ include_fields: true }).count(); "] {
        let run = play.run(&format!("{look}members.add(\"4\", #{{ user_id: \"1010\" }}); sleep(1);"), &[0], &[]);
        let shown = play.undo(&run);
        assert!(said(&shown).contains("nothing would be changed"), "{}", said(&shown));
    }
    assert_eq!(play.community(), before);
}

#[test]
fn who_was_changed_since_is_kept_and_told() {
    let play = Play::new();
    let run = play.plan(
        r#"users.update("1010", #{ city: "Rome", job_title: "Head" }); users.update("1011", #{ city: "Rome" });
           members.add("9", #{ user_id: "1014" }); members.add("9", #{ user_id: "1015" }); members.add("9", #{ user_id: "1016" });
           members.remove("4", "1022");"#,
    );
    play.run(
        r#"users.update("1010", #{ city: "Oslo" }); members.remove("9", "1014"); users.delete("1015");
           members.add("4", #{ user_id: "1022" });"#,
        &[0],
        &[],
    );
    let shown = play.undo(&run);
    let text = said(&shown);
    for part in [
        "`city` was changed since, to \"Oslo\"",
        "left out of members.add: 1, the platform does not show them any more: they have no account, or are in no group",
    ] {
        assert!(text.contains(part), "`{part}` is missing: {text}");
    }
    play.apply(&shown);
    let community = play.community();
    let of =
        |group: u64, name: &str| community.members.iter().find(|((at, _), shown)| *at == group && shown.contains(name));
    let theo = of(4, "Théo Novák").unwrap().1;
    assert!(theo.contains("Oslo") && !theo.contains("Head\""), "{theo}");
    assert!(text.contains("job_title \"Head\" -> "), "{text}");
}

#[test]
fn mails_and_accounts_and_groups_with_people_stay_and_it_is_said() {
    let play = Play::new();
    let run = play.run(
        r#"let boss = users.get("1001").email;
           let g = groups.create(#{ name: "Founders", parent_group_id: "2", privacy: "private", invite_members_enabled: false,
               hidden_emails: false, alias_name: "founders", default_emails_frequency: "daily", manager_email_address: boss });
           let ada = members.add(g.id, #{ fields: #{ email: "ada@new.example" } });
           members.invite(g.id, #{ sender_id: "1001", recipients_ids: [ada.id] });
           users.create("account@new.example"); users.delete("1015"); sleep(1);"#,
        &[0],
        &[],
    );
    let shown = play.undo(&run);
    holds(
        &shown,
        &[
            "left out of groups.create: 1, there are members in the group: it stays",
            "Founders",
            "left out of members.invite: 1, a mail cannot be taken back",
            "left out of users.create: 1, the account stays; to delete it: `users.delete`",
            "left out of users.delete: 1, a deleted account cannot be brought back",
        ],
    );
    play.apply(&shown);
    let community = play.community();
    assert!(!community.members.keys().any(|(_, address)| address == "ada@new.example"));
    assert_eq!(community.mails.len(), 1);
}

#[test]
fn settings_of_groups_go_back_where_they_were_read() {
    let play = Play::new();
    std::fs::write(
        play.0.path().join("play.rhai"),
        "groups.update(\"8\", #{ privacy: \"public\", requires_approval: true });",
    )
    .unwrap();
    let plan = play.apply(&play.beadle(&["plan", "play.rhai", "--sandbox"]));
    let privacy = "let g = groups.get(\"8\"); print([g.privacy, g.requires_approval]);";
    std::fs::write(play.0.path().join("look.rhai"), privacy).unwrap();
    let look = || said(&play.beadle(&["run", "look.rhai", "--sandbox"]));
    assert!(look().contains("[\"public\", true]"), "{}", look());
    let shown = play.undo(&plan);
    play.apply(&shown);
    assert!(look().contains("[\"private\", false]"), "{}\n{}", said(&shown), look());
}

#[test]
fn settings_that_others_changed_since_and_groups_that_are_called_otherwise_stay() {
    let play = Play::new();
    let changed = play.plan("groups.update(\"8\", #{ privacy: \"public\" });");
    let made = play.plan(
        r#"let boss = users.get("1001").email;
           groups.create(#{ name: "Founders", parent_group_id: "2", privacy: "private", invite_members_enabled: false,
               hidden_emails: false, alias_name: "founders", default_emails_frequency: "daily", manager_email_address: boss });"#,
    );
    play.run(
        r#"groups.update("8", #{ privacy: "private", requires_approval: true }); groups.update("8", #{ privacy: 5 });
           for g in groups.list() { if g.name == "Founders" { groups.update(g.id, #{ name: "Founding members" }); } }"#,
        &[0],
        &[],
    );
    holds(
        &play.undo(&made),
        &["left out of groups.create: 1, the group is called \"Founding members\" since: it stays"],
    );
    let back = play.undo(&changed);
    assert!(said(&back).contains("privacy"), "as the run left it, whoever wrote it: {}", said(&back));
    play.run("groups.update(\"8\", #{ privacy: \"private\" });", &[0], &[]);
    assert!(said(&play.undo(&changed)).contains("nothing would be changed"), "it is as it was before");
}

#[test]
fn an_account_that_was_there_before_is_not_called_made_and_an_address_goes_back() {
    let play = Play::new();
    let of = |shown: &Output, why: &str| assert!(said(shown).contains(why), "`{why}` is missing: {}", said(shown));
    let planned = "users.create(#{ email: \"theo.novak@example.net\", fields: #{ city: \"Kiel\" } });";
    std::fs::write(play.0.path().join("play.rhai"), planned).unwrap();
    let shown = play.beadle(&["plan", "play.rhai", "--sandbox", "--exit-code"]);
    ended_with(&shown, &[0], "nothing is sent when it is applied");
    of(&shown, "left out of users.create: 1, has an account already, which stays as it is; to write its fields");
    let run = play.run(&format!("{planned} sleep(1);"), &[0], &[]);
    of(&play.undo(&run), "left out of users.create: 1, they had an account before: it stays");

    let look = "users.list(#{ include_fields: true }).count();";
    let change = "users.update(\"1011\", #{ email: \"Changed@example.org\" });";
    let run = play.run(&format!("{look} {change}"), &[0], &[]);
    let shown = play.undo(&run);
    of(&shown, "email \"changed@example.org\" -> ");
    play.apply(&shown);
    assert!(!play.community().members.keys().any(|(_, address)| address == "changed@example.org"));
}

#[test]
fn what_is_still_at_work_or_lost_its_group_is_not_undone() {
    let play = Play::new();
    let boss = "let boss = users.get(\"1001\").email;";
    let made = play.plan(&format!(
        r#"{boss} let g = groups.create(#{{ name: "Founders", parent_group_id: "2", privacy: "private", invite_members_enabled: false,
               hidden_emails: false, alias_name: "founders", default_emails_frequency: "daily", manager_email_address: boss }});
           members.add(g.id, #{{ user_id: "1010" }});"#
    ));
    let shown = play.undo(&made);
    assert!(
        said(&shown).contains("    -      1  leave\n"),
        "nobody was in a group that was not there: {}",
        said(&shown)
    );
    let unknown = "members.add(\"4\", #{ user_id: \"9999\" });";
    std::fs::write(play.0.path().join("play.rhai"), unknown).unwrap();
    let refused = play.beadle(&["plan", "play.rhai", "--sandbox"]);
    ended_with(&refused, &[1], "nobody has that id");
    assert!(said(&refused).contains("there is no account 9999"), "{}", said(&refused));
}

#[test]
fn what_another_run_has_written_since_is_that_runs() {
    let play = Play::new();
    let look = "users.list(#{ include_fields: true }).count();";
    let first = play.run(&format!("{look} members.add(\"5\", #{{ user_id: \"1010\" }});"), &[0], &[]);
    let second = play.run("members.add(\"5\", #{ user_id: \"1010\" });", &[0], &[]);
    let shown = play.undo(&first);
    holds(&shown, &[&format!("left out of members.add: 1, run {second} has written to them there since")]);
    assert!(said(&shown).contains("nothing would be changed"), "{}", said(&shown));
}

#[test]
fn of_a_run_that_failed_in_part_what_happened_is_undone() {
    let play = Play::new();
    let before = play.community();
    let script = r#"users.list(#{ include_fields: true }).count(); for id in ["1010", "1011", "1014"] { try { members.add("5", #{ user_id: id }); } catch { print(`no ${id}`); } }"#;
    let run = play.run(script, &[5], &["--faults", "422:every=1,after=1,times=1:members.add"]);
    let shown = play.undo(&run);
    let text = said(&shown);
    assert!(text.contains("    -      2  leave\n") && !text.contains("miriam.jones"), "{text}");
    play.apply(&shown);
    alike(&play.community(), &before, &shown);
}

#[test]
#[cfg(debug_assertions)]
fn what_is_in_doubt_is_not_undone_and_it_is_said() {
    let play = Play::new();
    let script = r#"users.list(#{ include_fields: true }).count(); members.add("8", #{ user_id: "1010" }); members.invite("4", #{ sender_id: "1001", recipients_ids: ["1014"], again: "x" });"#;
    std::fs::write(play.0.path().join("play.rhai"), script).unwrap();
    let died =
        play.0.command(&["run", "play.rhai", "--sandbox"]).env("BEADLE_CRASH_AT", "after-intent:2").output().unwrap();
    assert_eq!(died.status.code(), None);
    let shown = play.undo(&play.0.last_run().of.id);
    holds(
        &shown,
        &["left out of members.invite: 1, it is in doubt whether it happened: settle it first with `beadle doubts`"],
    );
    assert!(said(&shown).contains("    -      1  leave\n"), "{}", said(&shown));
}

#[test]
fn the_main_job_is_undone_but_for_its_mails() {
    let play = Play::new();
    let before = play.community();
    ended_with(&play.beadle(&["run", "scripts/sync_roster.rhai", "--sandbox"]), &[5], "the main job");
    let run = play.0.last_run().of.id;
    let mails = play.community().mails;
    let shown = play.undo(&run);
    assert!(said(&shown).contains("left out of members.invite: 78, a mail cannot be taken back"), "{}", said(&shown));
    play.apply(&shown);
    let mut wanted = before;
    // Who waited before was let in, into the group above, too: to let somebody wait again there is no way.
    let waited = "waited to be let in before, which cannot be brought back: they stay";
    holds(&shown, &[&format!("left out of bulk.create_members: 1, {waited}")]);
    let leila = wanted.members[&(4, "leila.reyes@example.net".to_owned())].replace("Pending", "Accepted");
    wanted.members.extend([2, 4].map(|group| ((group, "leila.reyes@example.net".to_owned()), leila.clone())));
    wanted.mails = mails;
    alike(&play.community(), &wanted, &shown);
}

#[test]
fn undo_of_a_run_that_is_not_there_or_did_nothing_says_so() {
    let play = Play::new();
    let run = play.run("print(1);", &[0], &[]);
    let shown = play.undo(&run);
    assert!(said(&shown).contains("nothing would be changed"), "{}", said(&shown));
    let none = play.beadle(&["undo", "20261122-0000-aaaa", "--sandbox"]);
    ended_with(&none, &[2], "no such run");
    let late = play.beadle(&["apply", &plan_id(&shown), "--sandbox"]);
    ended_with(&late, &[2], "an empty plan is not kept");
}
