//! What a plan is held for when it is applied, although it was not when it was made: others who remove, settings that were
//! changed, people who are protected since.

use std::process::Output;

use crate::disturbed::{Project, ended_with, said};
use crate::plans::{plan_id, writes};

/// Takes so many ordinary members out of group 4, from this place on.
fn removing(from: usize, many: usize) -> String {
    format!(
        "let who = members.list(\"4\").filter(|m| m.groups.all(|g| !g.is_admin));
         for n in {from}..{} {{ members.remove(\"4\", who[n].id); }}",
        from + many
    )
}

struct Planned {
    project: Project,
    plan: String,
}

impl Planned {
    /// This script planned under these settings.
    fn of(settings: &str, script: &str) -> Self {
        let project = Project::new();
        let planned = Self { project, plan: String::new() };
        planned.set(settings);
        std::fs::write(planned.project.path().join("script.rhai"), script).unwrap();
        let shown = planned.beadle(&["plan", "script.rhai"]);
        ended_with(&shown, &[0], "it is not held when it is made");
        Self { plan: plan_id(&shown), ..planned }
    }

    /// Writes the settings anew.
    fn set(&self, settings: &str) {
        let head = "[connections.main]\nplatform = \"mobilize\"\nsandbox = true\n";
        std::fs::write(self.project.path().join("beadle.toml"), format!("{head}{settings}")).unwrap();
    }

    fn beadle(&self, args: &[&str]) -> Output {
        self.project.command(&[args, &["--sandbox"]].concat()).output().unwrap()
    }

    fn run(&self, script: &str) {
        std::fs::write(self.project.path().join("other.rhai"), script).unwrap();
        ended_with(&self.beadle(&["run", "other.rhai"]), &[0], script);
    }

    /// Held with this sentence and these flags, with nothing sent; approved and gone on with to its end.
    fn is_held_and_goes_on(&self, sentence: &str, flags: &str) -> Output {
        let before = writes(&self.project);
        let held = self.beadle(&["apply", &self.plan]);
        ended_with(&held, &[4], sentence);
        let text = said(&held);
        assert!(text.contains(&format!("held before the first change: {sentence}")), "{text}");
        let approve = format!("beadle approve {} --sandbox {flags} --reason \"…\"\n", self.plan);
        assert!(text.contains(&approve), "{text}");
        assert_eq!(writes(&self.project), before, "nothing was sent");
        ended_with(&self.beadle(&["resume", &self.plan]), &[4], "not approved");
        let flags: Vec<&str> = flags.split(' ').collect();
        let approve = [&["approve", &self.plan][..], &flags, &["--reason", "meant"]].concat();
        ended_with(&self.beadle(&approve), &[0], "the very number");
        let resumed = self.beadle(&["resume", &self.plan]);
        ended_with(&resumed, &[0], "approved");
        resumed
    }
}

#[test]
fn what_others_have_removed_since_counts_into_the_weeks_sum() {
    let planned = Planned::of("", &removing(0, 18));
    planned.run(&removing(18, 18));
    let resumed = planned.is_held_and_goes_on("18 of ", "--removals 18");
    assert!(said(&resumed).contains("done: 18 removed or deleted"), "{}", said(&resumed));
}

#[test]
fn limits_that_are_stricter_by_now_hold_a_plan_that_was_made_before() {
    let planned = Planned::of("", &removing(0, 5));
    planned.set("[limits.removals]\npeople = 2\npercent = 1\n");
    planned.is_held_and_goes_on("5 of ", "--removals 5");

    let planned = Planned::of("", "for id in [\"1010\", \"1011\", \"1014\"] { users.delete(id); }");
    planned.set("[limits.deletes]\npeople = 2\n");
    planned.is_held_and_goes_on("3 would be deleted for good in this run; 2 may be", "--deletes 3");

    let script = r#"groups.create(#{ name: "New", parent_group_id: "2", privacy: "private", invite_members_enabled: false,
        hidden_emails: false, alias_name: "new", default_emails_frequency: "daily",
        manager_email_address: users.get("1010").email });
        members.invite("4", #{ sender_id: "1001", recipients_ids: ["1010", "1011"], again: "x" });"#;
    let planned = Planned::of("[limits.roles]\npeople = 1\n", script);
    planned.set("[limits.mail]\nunattended = 1\n");
    let words = "theo.novak@example.net would get an administrator's power; up to 2 people would be written to; ";
    planned.is_held_and_goes_on(words, "--roles 1 --mails 2");
}

#[test]
fn whoever_is_protected_by_now_holds_the_plan_and_is_left_alone_on_request() {
    for (protected, script, line) in [
        ("1010", "members.remove(\"4\", \"1010\");", "theo.novak@example.net: is protected by the settings"),
        ("THEO.novak@example.net", "users.delete(\"1010\");", "theo.novak@example.net: is protected by the settings"),
        (
            "administrators",
            "let boss = members.list(\"4\").filter(|m| m.groups.some(|g| g.id == \"4\" && g.is_admin)); members.remove(\"4\", boss[0].id);",
            " administers group 4 and is protected by the settings",
        ),
    ] {
        let planned = Planned::of("", &format!("{script} users.update(\"1011\", #{{ city: \"Rome\" }});"));
        planned.set(&format!("protected = [\"{protected}\"]\n"));
        let held = planned.beadle(&["apply", &planned.plan]);
        ended_with(&held, &[4], protected);
        assert!(said(&held).contains(line) && said(&held).contains("--skip-stale"), "{}", said(&held));
        assert_eq!(writes(&planned.project), 0, "{protected}");
        let resumed = planned.beadle(&["resume", &planned.plan, "--skip-stale"]);
        ended_with(&resumed, &[5], "the rest");
        assert!(said(&resumed).contains("done: 1 changed\n"), "{}", said(&resumed));
    }
}

#[test]
#[cfg(debug_assertions)]
fn what_is_done_when_a_plan_is_resumed_is_not_counted_twice() {
    let planned = Planned::of("", &removing(0, 18));
    let mut command = planned.project.command(&["apply", &planned.plan, "--sandbox"]);
    let died = command.env("BEADLE_CRASH_AT", "after-send:12").output().unwrap();
    assert_eq!(died.status.code(), None, "{}", said(&died));
    let resumed = planned.beadle(&["resume", &planned.plan]);
    ended_with(&resumed, &[0], "18 are as few as before");

    // Half of a number that was approved is done: the number stays the same.
    let planned = Planned::of("[limits.removals]\npeople = 100\nmost = 300\n", &removing(0, 30));
    planned.set("");
    ended_with(&planned.beadle(&["apply", &planned.plan]), &[4], "held");
    let approve = ["approve", &planned.plan, "--removals", "30", "--reason", "meant"];
    ended_with(&planned.beadle(&approve), &[0], "approve");
    let mut command = planned.project.command(&["resume", &planned.plan, "--sandbox"]);
    let died = command.env("BEADLE_CRASH_AT", "after-send:12").output().unwrap();
    assert_eq!(died.status.code(), None, "{}", said(&died));
    planned.set("[limits.removals]\npeople = 1\npercent = 1\n");
    ended_with(&planned.beadle(&["resume", &planned.plan]), &[0], "30 were approved, 30 it is");
}

#[test]
fn a_group_whose_only_member_is_replaced_is_not_left_empty() {
    let project = Project::new();
    let new = Planned { project, plan: String::new() };
    new.set("");
    let make = r#"let g = groups.create(#{ name: "New", parent_group_id: "2", privacy: "private", hidden_emails: false,
        invite_members_enabled: false, alias_name: "new", default_emails_frequency: "daily",
        manager_email_address: users.get("1001").email }); members.add(g.id, #{ user_id: "1010" });"#;
    std::fs::write(new.project.path().join("make.rhai"), make).unwrap();
    let made = plan_id(&new.beadle(&["plan", "make.rhai"]));
    new.beadle(&["approve", &made, "--roles", "1", "--reason", "a scene"]);
    ended_with(&new.beadle(&["apply", &made]), &[0], "the group");
    let leave = r#"let g = groups.list().filter(|g| g.name == "New"); members.remove(g[0].id, "1001");"#;
    std::fs::write(new.project.path().join("leave.rhai"), leave).unwrap();
    let left = plan_id(&new.beadle(&["plan", "leave.rhai"]));
    new.beadle(&["approve", &left, "--removals", "1", "--reason", "a scene"]);
    ended_with(&new.beadle(&["apply", &left]), &[0], "its manager");
    std::fs::write(new.project.path().join("one.csv"), "email\neve@new.example\n").unwrap();
    let sync = r#"let g = groups.list().filter(|g| g.name == "New"); roster.sync(g[0].id, roster.read("one.csv"));"#;
    std::fs::write(new.project.path().join("script.rhai"), sync).unwrap();
    let shown = new.beadle(&["plan", "script.rhai"]);
    ended_with(&shown, &[0], "not held");
    assert!(said(&shown).contains("-      1  leave") && said(&shown).contains("+      1  come in"), "{}", said(&shown));
    let applied = new.beadle(&["apply", &plan_id(&shown)]);
    ended_with(&applied, &[0], "whoever comes counts");
}
