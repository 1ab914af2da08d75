//! What comes between a plan and its end: others who change the same, time, other accounts, brakes, refusals, crashes,
//! Ctrl-C. Whatever it is, what is done is what was shown, and each mail goes out once.

use std::process::{Output, Stdio};

use crate::disturbed::{Community, MAIN_JOB, MAIN_JOB_ALONE, Project, ended_with, said};
use crate::plans::{plan_id, writes};

const FOUNDERS: &str = include_str!("../data/plans/founders.rhai");

/// A project with this script planned.
struct Planned {
    project: Project,
    plan: String,
    shown: Output,
}

impl Planned {
    fn of(script: &str) -> Self {
        let project = Project::new();
        std::fs::write(project.path().join("script.rhai"), script).unwrap();
        Self::within(project, "script.rhai")
    }

    fn main_job() -> Self {
        Self::within(Project::new(), MAIN_JOB)
    }

    fn within(project: Project, script: &str) -> Self {
        let shown = project.command(&["plan", script, "--sandbox"]).output().unwrap();
        ended_with(&shown, &[0, 4, 5], script);
        Self { plan: plan_id(&shown), project, shown }
    }

    fn beadle(&self, args: &[&str]) -> Output {
        self.project.command(&[args, &["--sandbox"]].concat()).output().unwrap()
    }

    fn apply(&self) -> Output {
        self.beadle(&["apply", &self.plan])
    }

    fn resume(&self, more: &[&str]) -> Output {
        self.beadle(&[&["resume", &self.plan], more].concat())
    }

    /// By what people know this account.
    fn address(&self, id: &str) -> String {
        let script = format!("print(users.get(\"{id}\").email);");
        std::fs::write(self.project.path().join("who.rhai"), script).unwrap();
        let output = self.beadle(&["run", "who.rhai"]);
        said(&output).lines().find(|line| line.contains('@')).unwrap().to_owned()
    }

    /// Somebody does this in between.
    fn meanwhile(&self, script: &str) {
        std::fs::write(self.project.path().join("other.rhai"), script).unwrap();
        ended_with(&self.beadle(&["run", "other.rhai"]), &[0], script);
    }
}

/// The line that begins so.
fn has(output: &Output, line: &str) {
    let text = said(output);
    assert!(text.lines().any(|have| have.trim() == line), "`{line}` is missing: {text}");
}

#[test]
fn whoever_was_changed_since_holds_the_plan_and_is_left_alone_on_request() {
    let planned = Planned::main_job();
    planned.meanwhile(
        r#"
        let id = |email| users.find_by_email(email).id;
        users.update(id.call("linh.mueller@example.net"), #{ city: "Oslo" });
        users.update(id.call("joao.rossi@example.net"), #{ job_title: "Head of Programmes" });
        members.remove("4", id.call("moana.virtanen@example.org"));
        users.delete(id.call("thandi.ivanova@example.net"));
        members.remove("4", id.call("dimitris.odegard@example.net"));
        members.add("4", #{ fields: #{ email: "ilona.ramirez@example.com", city: "Lima" } });
        members.invite("4", #{ sender_id: "1001", recipients_ids: [id.call("ngozi.sharma@example.com")] });
        sleep(1);
        "#,
    );
    let before = writes(&planned.project);
    let held = planned.apply();
    ended_with(&held, &[4], "stale");
    let text = said(&held);
    let resume = format!("beadle resume {} --sandbox --skip-stale", planned.plan);
    let lines = concat!(
        "held before the first change: 4 of 119 that the plan touches are not as they were when it was made\n",
        "  linh.mueller@example.net: city was \"Pune\" and is \"Oslo\"\n",
        "  ilona.ramirez@example.com: city was \"Hà Nội\" and is \"Lima\", is a member by now\n",
        "  ngozi.sharma@example.com: was invited on "
    );
    assert!(text.contains(lines), "{text}");
    let lines = format!(
        "  dimitris.odegard@example.net: is not in the group any more\n\
         to leave them alone and do the rest, type: {resume}; to plan anew: beadle plan {MAIN_JOB} --sandbox\n"
    );
    assert!(text.contains(&lines), "{text}");
    assert_eq!(writes(&planned.project), before, "nothing was sent");

    let resumed = planned.resume(&["--skip-stale"]);
    ended_with(&resumed, &[5], "the rest");
    has(&resumed, "done: 27 added or made, 4 changed, 5 removed or deleted, 76 written to");
    // Done by others in the meantime: one change, two removals.
    has(&resumed, "as wanted by the time: 3, nothing was sent for them");
    let community = planned.project.community();
    assert!(community.each_mail_once());
    let linh = &community.members[&(4, "linh.mueller@example.net".to_owned())];
    assert!(linh.contains("Oslo"), "{linh}");
    let alone = MAIN_JOB_ALONE.members.keys().filter(|(group, _)| *group == 4).count();
    let here = community.members.keys().filter(|(group, _)| *group == 4).count();
    assert_eq!(here, alone - 1, "all but who has left");
}

#[test]
fn a_person_whom_the_plan_touches_twice_is_checked_for_both() {
    let planned = Planned::of(
        r#"members.invite("4", #{ sender_id: "1001", recipients_ids: ["1010"], again: "spring" });
           users.update("1010", #{ city: "Rome" }); users.update("1010", #{ job_title: "Head" });"#,
    );
    planned.meanwhile("users.update(\"1010\", #{ job_title: \"Smith\" });");
    let held = planned.apply();
    ended_with(&held, &[4], "stale");
    assert!(said(&held).contains("job_title was ") && said(&held).contains(" and is \"Smith\""), "{}", said(&held));
    assert!(!said(&held).contains("city was"), "{}", said(&held));
}

#[test]
fn whoever_has_no_account_any_more_is_told_and_not_counted_as_wanted() {
    let planned = Planned::of(
        r#"users.update("1010", #{ city: "Rome" }); members.update("4", "1011", #{ city: "Rome" });
           members.invite("4", #{ sender_id: "1001", recipients_ids: ["1014"], again: "x" });
           users.update("1020", #{ city: "Rome" });"#,
    );
    let names: Vec<String> = ["1010", "1014", "1011"].map(|id| planned.address(id)).into();
    planned.meanwhile(r#"for id in ["1010", "1014", "1011"] { users.delete(id); } sleep(1);"#);
    let held = planned.apply();
    ended_with(&held, &[4], "people are gone");
    has(&held, &format!("{}: has no account any more", names[0]));
    has(&held, &format!("{}: is not in the group any more", names[1]));
    has(&held, &format!("{}: is not in the group any more", names[2]));
    let resumed = planned.resume(&["--skip-stale"]);
    ended_with(&resumed, &[5], "the rest");
    has(&resumed, "done: 1 changed");
    assert!(!said(&resumed).contains("as wanted by the time"), "{}", said(&resumed));
}

#[test]
fn whoever_would_lose_a_group_that_the_plan_does_not_name_holds_it() {
    // 4 lies below 2; who leaves 2 leaves 4 as well.
    let planned = Planned::of(
        r#"let m = members.add("2", #{ fields: #{ email: "eve@new.example" } }); let n = members.list("2").filter(|m| m.groups.all(|g| g.id != "4" && !g.is_admin));
           members.remove("2", n[0].id); print(n[0].id);"#,
    );
    let id = said(&planned.shown).lines().find(|line| line.parse::<u64>().is_ok()).unwrap().to_owned();
    let name = planned.address(&id);
    planned.meanwhile(&format!("members.add(\"4\", #{{ user_id: \"{id}\" }});"));
    let held = planned.apply();
    ended_with(&held, &[4], "more would go");
    has(&held, &format!("{name}: is in group 4 (Berlin) by now and would leave it as well"));
    // Fewer than the plan shows are fine.
    planned.meanwhile(&format!("members.remove(\"4\", \"{id}\");"));
    let resumed = planned.resume(&[]);
    ended_with(&resumed, &[0], "as it was");
    has(&resumed, "done: 1 added or made, 1 removed or deleted");
}

#[test]
fn whoever_would_lose_fewer_groups_than_the_plan_names_is_still_removed() {
    let planned = Planned::of(
        r#"let n = members.list("4").filter(|m| m.groups.all(|g| !g.is_admin) && m.groups.some(|g| g.id == "2")); members.remove("2", n[0].id); print(n[0].id);"#,
    );
    let id = said(&planned.shown).lines().find(|line| line.parse::<u64>().is_ok()).unwrap().to_owned();
    assert!(said(&planned.shown).contains("gone from group 4 (Berlin), which lies below: 1 person"));
    planned.meanwhile(&format!("members.remove(\"4\", \"{id}\");"));
    ended_with(&planned.apply(), &[0], "fewer");
}

#[test]
fn an_account_that_is_in_another_group_by_now_is_not_deleted_with_it() {
    let planned = Planned::of("users.delete(\"1010\");");
    planned.meanwhile("members.add(\"9\", #{ user_id: \"1010\" });");
    let held = planned.apply();
    ended_with(&held, &[4], "one more group");
    let text = said(&held);
    assert!(text.contains(" is in group 9 (") && text.contains(" by now and would leave it as well\n"), "{text}");
    // Leaving 3 is leaving 9.
    planned.meanwhile("members.remove(\"3\", \"1010\");");
    ended_with(&planned.resume(&[]), &[0], "as it was");
}

#[test]
fn what_the_plan_itself_changes_before_is_nothing_that_others_have_changed() {
    let planned = Planned::of(
        r#"users.update("1010", #{ city: "Rome" }); users.update("1010", #{ city: "Oslo" });
           members.remove("4", "1010"); members.add("5", #{ user_id: "1010" }); members.remove("5", "1010");
           users.update("1010", #{ city: "Rome" });"#,
    );
    let applied = planned.apply();
    ended_with(&applied, &[0], "apply");
    has(&applied, "done: 1 added or made, 3 changed, 2 removed or deleted");
}

#[test]
fn a_plan_is_applied_once_within_seven_days_on_the_account_it_was_made_for() {
    let planned = Planned::of("members.add(\"8\", #{ user_id: \"1010\" });");
    let (plan, project) = (&planned.plan, &planned.project);
    let elsewhere = project.command(&["apply", plan]).output().unwrap();
    ended_with(&elsewhere, &[2], "without --sandbox");

    let late = Planned::of("members.add(\"8\", #{ user_id: \"1010\" });");
    late.project.look(|store| {
        let plan = late.plan.clone();
        async move {
            let mut row = store.plan(&plan).await.unwrap().unwrap();
            let mut kept = beadle::plan::Plan::read(&row.body).unwrap();
            kept.expires_at = kept.made_at - 1;
            kept.seal();
            (row.body, row.digest) = (kept.write().to_string(), kept.digest.clone());
            store.keep_plan(&row).await.unwrap();
        }
    });
    let output = late.apply();
    ended_with(&output, &[2], "expired");
    let text = said(&output);
    assert!(text.contains("is older than 7 days\n  next: make it anew: beadle plan script.rhai --sandbox\n"), "{text}");

    ended_with(&planned.apply(), &[0], "once");
    let twice = planned.apply();
    ended_with(&twice, &[2], "twice");
    assert!(said(&twice).contains("was applied before; its run is done"), "{}", said(&twice));

    let other = Planned::of("members.add(\"8\", #{ user_id: \"1010\" });");
    std::fs::write(other.project.path().join("none.rhai"), "print(users.list().count());").unwrap();
    ended_with(&other.beadle(&["run", "none.rhai", "--fresh"]), &[0], "a new world");
    for time in ["another account", "the plan is not used up by it"] {
        let output = other.apply();
        ended_with(&output, &[2], time);
        let text = said(&output);
        assert!(text.contains("connection `main` leads to another account than when the plan was made"), "{text}");
    }
    assert_eq!(writes(&other.project), 0);
    let runs = other.project.look(|store| async move { store.runs(9).await.unwrap().len() });
    assert_eq!(runs, 1, "that of none.rhai");
}

#[test]
fn a_plan_of_another_store_is_shown_and_not_applied() {
    let planned = Planned::of("members.add(\"8\", #{ user_id: \"1010\" });");
    let file = planned.project.path().join("plan.json");
    planned.beadle(&["plan", &planned.plan, "--out", "plan.json"]);
    let other = Project::new();
    std::fs::copy(&file, other.path().join("theirs.json")).unwrap();
    let beadle = |args: &[&str]| other.command(&[args, &["--sandbox"]].concat()).output().unwrap();
    ended_with(&beadle(&["plan", "theirs.json"]), &[0], "shown");
    for what in ["theirs.json", "theirs.json"] {
        let output = beadle(&["apply", what]);
        ended_with(&output, &[2], "another store's");
        let text = said(&output);
        assert!(text.contains(&format!("plan `{}` was not made in ", planned.plan)), "{text}");
        let hint = format!("next: in the project that made it, type: beadle apply {} --sandbox; or plan", planned.plan);
        assert!(text.contains(&hint), "{text}");
    }
    assert_eq!(writes(&other), 0);
    ended_with(&planned.beadle(&["apply", "plan.json"]), &[0], "where it was made");
}

#[test]
fn a_file_that_was_written_anew_for_a_plan_of_this_store_is_not_that_plan() {
    let planned = Planned::of("members.add(\"8\", #{ user_id: \"1010\" });");
    let file = planned.project.path().join("plan.json");
    planned.beadle(&["plan", &planned.plan, "--out", "plan.json"]);
    let mut plan = beadle::plan::Plan::read(&std::fs::read_to_string(&file).unwrap()).unwrap();
    plan.steps[0].arguments["user_id"] = "1011".into();
    plan.seal();
    std::fs::write(&file, plan.write().to_string()).unwrap();
    let output = planned.beadle(&["apply", "plan.json"]);
    ended_with(&output, &[2], "not what was planned");
    assert!(said(&output).contains("the file is not what was planned as `"), "{}", said(&output));
    ended_with(&planned.apply(), &[0], "the plan itself is as it was");
}

#[test]
fn a_plan_that_was_not_applied_yet_is_no_run_and_says_what_it_is() {
    let planned = Planned::of("members.add(\"8\", #{ user_id: \"1010\" });");
    for command in [&["runs", "show"][..], &["resume"], &["undo"]] {
        let output = planned.beadle(&[command, &[planned.plan.as_str()]].concat());
        ended_with(&output, &[2], command[0]);
        let lines = format!(
            "`{0}` is a plan that was not applied yet\n  next: to apply it, type: beadle apply {0} --sandbox\n",
            planned.plan
        );
        assert!(said(&output).contains(&lines), "{}", said(&output));
    }
}

#[test]
fn a_held_plan_waits_for_its_own_number_and_no_other_plans() {
    let script = "let gone = 0; for m in members.list(\"4\").to_array() { if gone < 30 && m.groups.all(|g| !g.is_admin) { members.remove(\"4\", m.id); gone += 1; } }";
    let planned = Planned::of(script);
    ended_with(&planned.shown, &[4], "held");
    let text = said(&planned.shown);
    assert!(text.contains("\n  held: 30 of "), "{text}");
    let approve =
        format!("if it is meant, type: beadle approve {} --sandbox --removals 30 --reason \"…\"\n", planned.plan);
    assert!(text.contains(&approve), "{text}");

    let held = planned.apply();
    ended_with(&held, &[4], "not approved");
    assert!(said(&held).contains(&approve), "{}", said(&held));
    let wrong = planned.beadle(&["approve", &planned.plan, "--removals", "29", "--reason", "a split"]);
    ended_with(&wrong, &[2], "the wrong number");
    assert!(said(&wrong).contains("the brake named 30 removals, not 29: look at it once more"), "{}", said(&wrong));
    ended_with(&planned.apply(), &[4], "still held");

    let other = plan_id(&planned.beadle(&["plan", "script.rhai"]));
    ended_with(&planned.beadle(&["approve", &other, "--removals", "30", "--reason", "a split"]), &[0], "the other one");
    ended_with(&planned.apply(), &[4], "the approval is the other plan's");
    let right = planned.beadle(&["approve", &planned.plan, "--removals", "30", "--reason", "a split"]);
    ended_with(&right, &[0], "the right number");
    has(&right, &format!("kept; go on with: beadle apply {} --sandbox", planned.plan));
    let applied = planned.apply();
    ended_with(&applied, &[0], "apply");
    has(&applied, "done: 30 removed or deleted");
}

#[test]
fn a_plan_of_which_two_groups_are_held_takes_both_numbers_in_one_line() {
    let script = "for g in [\"8\", \"9\"] { let gone = 0; for m in members.list(g).to_array() { if gone < g.parse_int() + 12 && m.groups.all(|g| !g.is_admin) { members.remove(g, m.id); gone += 1; } } }";
    let planned = Planned::of(script);
    ended_with(&planned.shown, &[4], "held");
    let text = said(&planned.shown);
    assert!(text.contains(" --removals 20 --removals 21 --reason "), "{text}");
    let one = planned.beadle(&["approve", &planned.plan, "--removals", "20", "--reason", "x"]);
    assert!(
        said(&one).contains("is still held, type also: ") && said(&one).contains(" --removals 21 "),
        "{}",
        said(&one)
    );
    let both = ["approve", &planned.plan, "--removals", "20", "--removals", "21", "--reason", "x"];
    ended_with(&planned.beadle(&both), &[0], "both");
    ended_with(&planned.apply(), &[0], "apply");
}

#[test]
fn a_hold_that_was_cut_out_of_the_file_is_missed() {
    let script =
        "for m in members.list(\"8\").filter(|m| m.groups.all(|g| !g.is_admin)) { members.remove(\"8\", m.id); }";
    let planned = Planned::of(script);
    ended_with(&planned.shown, &[4], "held");
    let file = planned.project.path().join("plan.json");
    planned.beadle(&["plan", &planned.plan, "--out", "plan.json"]);
    let mut plan: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    plan["holds"] = serde_json::json!([]);
    std::fs::write(&file, plan.to_string()).unwrap();
    let output = planned.beadle(&["apply", "plan.json"]);
    ended_with(&output, &[2], "changed by hand");
    assert!(said(&output).contains("was changed after it was made"), "{}", said(&output));
}

#[test]
fn what_the_platform_refuses_spoils_what_depends_on_it_and_nothing_else() {
    // The second addition is refused: everything that needs that person is left, all else is done.
    let planned = Planned::of(
        r#"let a = members.add("8", #{ fields: #{ email: "a@new.example" } });
           let b = members.add("8", #{ fields: #{ email: "b@new.example" } });
           for one in [a, b] { members.update("8", one.id, #{ city: "Rome" }); members.add("9", #{ user_id: one.id }); }
           members.invite("8", #{ sender_id: "1001", recipients_ids: [a.id, b.id, "1001"], again: "x" });
           users.update("1010", #{ city: "Rome" });"#,
    );
    let applied = planned.beadle(&["apply", &planned.plan, "--faults", "422:every=1,after=1,times=1:members.add"]);
    ended_with(&applied, &[5], "one is refused");
    has(&applied, "done: 2 added or made, 2 changed, 2 written to");
    let text = said(&applied);
    assert!(text.contains("\n  failed: b@new.example: Mobilize answered 422: "), "{text}");
    has(&applied, "not done: 3, since something before it was not");
    let community = planned.project.community();
    assert!(community.members.contains_key(&(9, "a@new.example".to_owned())));
    assert!(!community.members.contains_key(&(8, "b@new.example".to_owned())));

    // Resumed without the fault, the rest is done.
    let resumed = planned.resume(&[]);
    ended_with(&resumed, &[0], "the rest");
    let community = planned.project.community();
    assert!(community.members.contains_key(&(9, "b@new.example".to_owned())), "{}", said(&resumed));
    assert!(community.each_mail_once());
    assert!(community.mails.contains_key(&(8, "b@new.example".to_owned())));
}

#[test]
fn a_group_that_cannot_be_made_takes_everything_in_it_along() {
    let planned = Planned::of(FOUNDERS);
    let applied = planned.beadle(&["apply", &planned.plan, "--faults", "422:every=1,times=1:groups.create"]);
    ended_with(&applied, &[5], "refused");
    has(&applied, "done: nothing");
    assert!(planned.project.community().mails.is_empty());
    ended_with(&planned.resume(&[]), &[0], "the rest");
    assert_eq!(planned.project.community(), founders());
}

/// What the plan of the founders leaves behind that nothing disturbs.
fn founders() -> Community {
    let planned = Planned::of(FOUNDERS);
    ended_with(&planned.apply(), &[0], "undisturbed");
    let community = planned.project.community();
    assert_eq!(community.mails.len(), 3);
    community
}

/// Dies at each of these points and is resumed.
#[cfg(debug_assertions)]
fn dies_and_is_resumed(plan: impl Fn() -> Planned + Sync, alone: &Community, points: &[&str], codes: &[i32]) {
    for point in points {
        let planned = plan();
        let mut command = planned.project.command(&["apply", &planned.plan, "--sandbox"]);
        let died = command.env("BEADLE_CRASH_AT", point).output().unwrap();
        assert_eq!(died.status.code(), None, "it did not die at {point}\n{}", said(&died));
        let again = planned.apply();
        ended_with(&again, &[2], "it is a run by now");
        let resumed = planned.resume(&[]);
        ended_with(&resumed, codes, point);
        let community = planned.project.community();
        assert!(community.each_mail_once(), "{point}");
        assert_eq!(&community, alone, "{point}: {}", said(&resumed));
    }
}

#[test]
#[cfg(debug_assertions)]
fn the_main_jobs_plan_that_dies_while_it_is_applied_ends_as_if_it_had_not() {
    let points = [
        "after-intent",
        "after-send",
        "after-accept",
        "before-settle",
        "after-send:4",
        "after-send:9",
        "before-settle:9",
    ];
    dies_and_is_resumed(Planned::main_job, &MAIN_JOB_ALONE, &points, &[0]);
}

#[test]
#[cfg(debug_assertions)]
fn a_plan_with_placeholders_that_dies_while_it_is_applied_ends_as_if_it_had_not() {
    let alone = founders();
    let points = [
        "after-intent:1",
        "after-send:1",
        "before-settle:1",
        "after-send:2",
        "after-intent:3",
        "before-settle:4",
        "after-intent:5",
        "after-send:5",
        "after-accept:1",
        "after-send:6",
        "before-settle:7",
        "after-send:8",
        "before-settle:8",
    ];
    dies_and_is_resumed(|| Planned::of(FOUNDERS), &alone, &points, &[0]);
}

#[test]
#[cfg(debug_assertions)]
fn a_plan_of_a_bulk_that_is_cut_dies_between_its_pieces_and_goes_on() {
    let script = "let rows = []; for n in 0..1100 { rows.push(#{ fields: #{ email: `new${n}@crash.example` } }); } bulk.create_members(#{ group_id: \"3\", users: rows });";
    let undisturbed = Planned::of(script);
    ended_with(&undisturbed.apply(), &[0], "undisturbed");
    let alone = undisturbed.project.community();
    dies_and_is_resumed(|| Planned::of(script), &alone, &["after-send:1", "after-intent:2", "after-accept:2"], &[0]);
}

#[test]
#[cfg(unix)]
fn ctrl_c_while_a_plan_is_applied_stops_it_where_it_can_go_on() {
    let planned = Planned::main_job();
    let mut command =
        planned.project.command(&["apply", &planned.plan, "--sandbox", "--faults", "slow:ms=150:writes", "-v"]);
    let child = interrupt_after(&mut command, "bulk.create_members: 200");
    ended_with(&child, &[130], "Ctrl-C");
    assert!(
        said(&child).contains(&format!("go on with: beadle resume {} --sandbox", planned.plan)),
        "{}",
        said(&child)
    );
    ended_with(&planned.resume(&[]), &[0], "resume");
    assert_eq!(planned.project.community(), *MAIN_JOB_ALONE);
}

#[test]
#[cfg(unix)]
fn ctrl_c_while_a_plan_is_made_leaves_nothing_behind() {
    let project = Project::new();
    let mut command = project.command(&["plan", MAIN_JOB, "--sandbox", "--faults", "slow:ms=100", "-v"]);
    let child = interrupt_after(&mut command, "groups.get: 200");
    ended_with(&child, &[130], "Ctrl-C");
    let kept = project.look(|store| async move { store.runs(9).await.unwrap().len() });
    assert_eq!((kept, writes(&project)), (0, 0));
    assert!(!said(&child).contains("beadle apply"), "{}", said(&child));
}

/// Sends Ctrl-C when this was said.
#[cfg(unix)]
fn interrupt_after(command: &mut std::process::Command, line: &str) -> Output {
    use std::io::{BufRead, BufReader, Read};
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut text = String::new();
    while !text.lines().last().unwrap_or_default().contains(line) {
        assert_ne!(stderr.read_line(&mut text).unwrap(), 0, "`{line}` never came:\n{text}");
    }
    let sent = std::process::Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(sent.success());
    stderr.read_to_string(&mut text).unwrap();
    let mut output = child.wait_with_output().unwrap();
    output.stderr = text.into_bytes();
    output
}

#[test]
fn of_two_processes_that_apply_a_plan_one_wins() {
    let planned = Planned::main_job();
    let apply = ["apply", &planned.plan, "--sandbox", "--faults", "slow:ms=100"];
    let both: Vec<_> = (0..2).map(|_| planned.project.command(&apply).spawn().unwrap()).collect();
    let outputs: Vec<Output> = both.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let (won, lost): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|output| output.status.code() == Some(0));
    assert_eq!((won.len(), lost.len()), (1, 1), "{}", lost.iter().map(said).collect::<String>());
    // Seen while it works, or after it has begun.
    ended_with(&lost[0], &[2, 7], "the loser");
    assert_eq!(planned.project.community(), *MAIN_JOB_ALONE);
}

#[test]
fn faults_while_planning_end_the_plan_or_do_not_change_it() {
    let undisturbed = said(&Planned::main_job().shown);
    let part = |text: &str| text.split("  group 4").nth(1).unwrap().split("  it takes").next().unwrap().to_owned();
    for faults in ["429:every=7", "truncate:every=3:members.list", "500:every=2:groups.list", "cap=17"] {
        let project = Project::new();
        let output = project.command(&["plan", MAIN_JOB, "--sandbox", "--faults", faults]).output().unwrap();
        ended_with(&output, &[5], faults);
        assert_eq!(part(&said(&output)), part(&undisturbed), "{faults}");
    }
    for (faults, code) in [
        ("404:every=1:groups.get", 1),
        ("400:every=1:users", 1),
        ("401:every=1,after=2", 1),
        // Half a list holds, in a plan as in a run.
        ("html:every=1,after=3", 4),
    ] {
        let project = Project::new();
        let output = project.command(&["plan", MAIN_JOB, "--sandbox", "--faults", faults]).output().unwrap();
        ended_with(&output, &[code], faults);
        assert!(!said(&output).contains("beadle apply") && output.stdout.is_empty(), "{faults}: {}", said(&output));
        assert_eq!(writes(&project), 0);
    }
}

#[test]
fn a_script_that_catches_its_errors_catches_none_of_the_planning() {
    let project = Project::new();
    let script = "try { members.add(\"8\", #{ user_id: \"1010\" }); } catch { print(\"caught\"); }";
    std::fs::write(project.path().join("script.rhai"), script).unwrap();
    let plan = ["plan", "script.rhai", "--sandbox", "--faults", "400:every=1:users.get"];
    let output = project.command(&plan).output().unwrap();
    ended_with(&output, &[1], "planning cannot read");
    assert!(
        output.stdout.is_empty() && said(&output).contains("`members.add` cannot be planned without it"),
        "{}",
        said(&output)
    );
}
