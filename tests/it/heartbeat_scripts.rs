//! Heartbeat from scripts, on the sandbox: what is done, planned, undone and said, and that nobody is mailed twice.

use beadle::clock::Clock;
use beadle::sandbox::{Wanted, kept};
use beadle::store::Store;

use crate::builder::{Ran, Test};

const BERLIN: &str = "8defea46-0000-46e2-bc80-000000000004";

const WHOLE: &str = r#"
let berlin = "8defea46-0000-46e2-bc80-000000000004";
let made = users.create(#{ email: "ada@new.example", name: "Ada Lovelace", role_id: "member", group_ids: [berlin] });
print(users.get(made.userID).name);
let done = members.add(berlin, ["ghost@new.example", "ADA@new.example", "ada@new.example"]);
print(`${done.effects.done} in, ${done.effects.failed.len()} not: ${done.effects.failed[0].subject}`);
let other = users.list(#{ group_id: berlin }).to_array()[5].email;
let crew = groups.create(#{ name: "Road crew", parent_group_id: berlin, members: ["ada@new.example", other] });
groups.update(crew.groupID, #{ description: "drives" });
print(groups.get(crew.id).users.filter(|user| user.email != other).map(|user| user.email));
users.update("ada@new.example", #{ bio: "Poet" });
print(users.find_by_email("ada@new.example").bio);
users.delete("ada@new.example");
print(users.find_by_email("ada@new.example") == ());
users.reactivate("ada@new.example");
print(users.reactivate("ada@new.example"));
members.remove(berlin, ["ada@new.example"]);
print(users.list(#{ group_id: berlin }).to_array().len());
groups.delete(crew.groupID);
users.create_pending(#{ email: "soon@new.example", name: "Soon", role_id: "Member", group_ids: [berlin] });
let link = invitations.create(#{ group_ids: [berlin], role_id: "Member" });
let mail = #{ emails: ["x@mail.example", "y@mail.example"], should_send_email: true };
print(invitations.update(link.id, mail).effects.done);
print(invitations.update(link.id, mail).effects.done);
print(`${invitations.list().to_array().len()} ${roles.list().to_array().len()} ${type_of(notifications.count("ada@new.example").count)}`);
try { groups.delete("c34680d2-0000-46e2-afcd-000000000002"); } catch (error) { print(error.message); }
try { groups.get("nowhere"); } catch (error) { print(error.code); }
try { users.create_pending(#{ email: "z@new.example", name: "Z", role_id: "Boss" }); } catch (error) { print(error.message); }
"#;

fn test() -> Test {
    Test::new().file(
        "beadle.toml",
        "[project]\nconnection = \"heartbeat\"\n\n[connections.heartbeat]\nplatform = \"heartbeat\"\nsandbox = true\n",
    )
}

/// Where the mails of this folder's sandbox went, in order.
fn mails(ran: &Ran) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&ran.folder.path().join(".beadle/sandbox.db")).await.unwrap();
        let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
        sandbox.outbox("heartbeat").await.into_iter().map(|mail| mail.to).collect()
    })
}

/// The id in the sentence that says what to type.
fn plan_in(text: &str) -> String {
    text.split("beadle apply ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

/// A roster of the sandbox's Berlin: two leave, one has another name, two come from elsewhere, two have no account.
fn roster() -> String {
    let people = beadle::sandbox::roster_people(&beadle::sandbox::Seed::default());
    let accepted = people.iter().filter(|person| person.standing == beadle::model::Standing::Accepted && !person.admin);
    let mut text = String::from("email,first_name,last_name\n");
    for (place, seeded) in accepted.enumerate() {
        let name = |key: &str| seeded.person.field(key).unwrap_or_default().to_owned();
        match place {
            3 | 7 => continue,
            10 => text.push_str(&format!("{},Another,{}\n", seeded.person.email, name("last_name"))),
            _ => text.push_str(&format!("{},{},{}\n", seeded.person.email, name("first_name"), name("last_name"))),
        }
    }
    text.push_str("one.new@strangers.example,One,New\ntwo.new@strangers.example,Two,New\n");
    text
}

fn sync(options: &str) -> String {
    format!("print(roster.sync(\"{BERLIN}\", roster.read(\"roster.csv\"), {options}));")
}

#[test]
fn every_kind_of_tool_works_from_one_script_and_nobody_is_mailed_twice() {
    let ran = test().file("whole.rhai", WHOLE).args(["run", "whole.rhai", "--sandbox"]).stdout(
        "Ada Lovelace
1 in, 1 not: ghost@new.example
[\"ada@new.example\"]
Poet
true
#{\"success\": true}
222
2
0
1 3 i64
Heartbeat answered 200: Group has child groups
not_found
there is no role `Boss`; there are `Admin`, `Member`, `Moderator`
not written to: 2, invited by run {run}; to write once more, name a campaign: `again: \"a name for it\"`

run {run} on heartbeat (sandbox): done in {seconds} s
  {calls} calls, 14 of them writes: 14 changes and mails made, 2 failed
  exit code 5: done, but 2 failed
",
    );
    let ran = ran.code(5);
    assert_eq!(mails(&ran), ["x@mail.example", "y@mail.example"]);
}

#[test]
fn a_plan_of_it_all_sends_nothing_and_shows_what_it_knows() {
    let script = format!(
        r#"
        let made = users.create(#{{ email: "ada@new.example", name: "Ada", role_id: "Member" }});
        members.add("{BERLIN}", ["ada@new.example", "ghost@new.example"]);
        print(groups.get("{BERLIN}").users.filter(|user| user.email == "ada@new.example").len());
        print(users.find_by_email("ada@new.example").name);
        let link = invitations.create(#{{ group_ids: ["{BERLIN}"], role_id: "Member" }});
        invitations.update(link.id, #{{ emails: ["x@mail.example"], should_send_email: true }});
        let group = groups.create(#{{ name: "New", parent_group_id: "{BERLIN}" }});
        members.add(group.groupID, ["ada@new.example"]);
        users.delete("ada@new.example");
        "#
    );
    let ran = test().file("plan.rhai", &script).args(["plan", "plan.rhai", "--sandbox"]).success();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[..2], ["1", "Ada"], "{}", ran.stdout);
    assert!(
        ran.stdout.contains("there is no account ghost@new.example: only accounts can be in a group"),
        "{}",
        ran.stdout
    );
    assert!(mails(&ran).is_empty());
    let plan = plan_in(&ran.stdout);
    let count = "print(users.list().to_array().len()); print(invitations.list().to_array().len());";
    let ran = Test::within(ran.folder).file("count.rhai", count).args(["run", "count.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("400\n0\n"), "{}", ran.stdout);
    let ran = ran.then(["apply", &plan, "--sandbox"]).success();
    assert_eq!(mails(&ran), ["x@mail.example"], "{}", ran.stdout);
    let ran = ran.then(["run", "count.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("400\n1\n"), "made and deleted: {}", ran.stdout);
}

#[test]
fn a_roster_with_strangers_is_asked_about_and_then_applied_planned_and_undone() {
    let ran = test().file("roster.csv", &roster()).file("sync.rhai", &sync("#{}"));
    let ran = ran.args(["run", "sync.rhai", "--sandbox"]).code(1);
    for words in [
        "2 people of the roster have no account on Heartbeat",
        "one.new@strangers.example (line ",
        "`strangers: \"pending\", role: \"…\"`",
        "nothing was changed",
    ] {
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(words), "{}{}", ran.stdout, ran.stderr);
    }
    let no_role = Test::within(ran.folder).file("sync.rhai", &sync("#{ strangers: \"pending\" }"));
    let ran = no_role.args(["run", "sync.rhai", "--sandbox"]).code(1);
    assert!(ran.stderr.contains("needs the role of pending users"), "{}", ran.stderr);
    let admins = Test::within(ran.folder).file("sync.rhai", &sync("#{ strangers: \"pending\", role: \"Admin\" }"));
    let ran = admins.args(["run", "sync.rhai", "--sandbox"]).code(4);
    assert!(ran.stdout.contains("one.new@strangers.example would get an administrator's power"), "{}", ran.stdout);
    assert!(ran.stdout.contains("nothing was changed"), "{}", ran.stdout);

    let script = sync("#{ strangers: \"pending\", role: \"member\" }");
    let ran =
        Test::within(ran.folder).file("synced.rhai", &script).args(["plan", "synced.rhai", "--sandbox"]).success();
    let plan = plan_in(&ran.stdout);
    let ran = ran.then(["apply", &plan, "--sandbox"]).success();
    assert!(ran.stdout.contains("done: 2 added or made, 1 changed, 2 removed or deleted"), "{}", ran.stdout);
    let run = ran.stdout.lines().find_map(|line| line.strip_prefix("run ")?.split(' ').next()).unwrap().to_owned();

    let ran = ran.then(["run", "synced.rhai", "--sandbox"]).success();
    assert!(ran.stdout.contains("none of them a write"), "a second time changes nothing: {}", ran.stdout);
    assert!(ran.stdout.contains("done: 2 pending until they sign in\n"), "{}", ran.stdout);
    let ran = ran.then(["undo", &run, "--sandbox"]).success();
    assert!(ran.stdout.contains("name \"Another "), "{}", ran.stdout);
    let plan = plan_in(&ran.stdout);
    let ran = ran.then(["apply", &plan, "--sandbox"]).success();
    assert!(ran.stdout.contains("2 added or made, 1 changed"), "{}", ran.stdout);
}

#[test]
fn moving_people_between_sibling_groups_is_a_removal_for_the_brakes() {
    let script = format!(
        "let emails = users.list(#{{ group_id: \"{BERLIN}\" }}).to_array().map(|user| user.email);
        emails.remove(0); emails.remove(0); emails.remove(0);
        members.add(\"9ce70517-0000-46e2-a92d-000000000005\", #{{ emails: emails, should_remove_from_sibling_groups: true }});"
    );
    let ran = test().file("move.rhai", &script).args(["run", "move.rhai", "--sandbox"]).code(4);
    assert!(ran.stdout.contains(&format!("would be removed from group {BERLIN}")), "{}", ran.stdout);
    let few = script.replace("emails: emails", "emails: emails.extract(0, 2)");
    let ran = Test::within(ran.folder).file("few.rhai", &few).args(["run", "few.rhai", "--sandbox"]).success();
    let count = format!("print(groups.get(\"{BERLIN}\").users.len());");
    let ran = Test::within(ran.folder).file("count.rhai", &count).args(["run", "count.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("220\n"), "{}", ran.stdout);
}

#[test]
fn a_lost_answer_to_a_membership_is_read_and_one_to_a_pending_user_waits_for_a_person() {
    let script = format!(
        "users.create(#{{ email: \"a@new.example\", name: \"A\", role_id: \"Member\" }}); print(members.add(\"{BERLIN}\", [\"a@new.example\"]).effects.done);"
    );
    let faults = "reset-after:times=1:members.add;504-after:times=1:users.create";
    let ran = test().file("lost.rhai", &script).args(["run", "lost.rhai", "--sandbox", "--faults", faults]).success();
    assert!(ran.stdout.starts_with("1\n"), "{}", ran.stdout);
    let script = "users.create_pending(#{ email: \"p@new.example\", name: \"P\", role_id: \"Member\" });";
    let faults = "reset-after:times=1:users.create_pending";
    let pending = Test::within(ran.folder).file("pending.rhai", script);
    let ran = pending.args(["run", "pending.rhai", "--sandbox", "--faults", faults]).code(6);
    let ran = ran.then(["run", "pending.rhai", "--sandbox"]).code(6);
    assert!(ran.stderr.contains("no tool shows pending users"), "{}", ran.stderr);
}

/// A second folder of the same sandbox that is asked twice and no more.
fn impatient() -> Test {
    let connection = "[connections.heartbeat]\nplatform = \"heartbeat\"\nsandbox = true\nmax_attempts = 2\n";
    Test::new().file("beadle.toml", &format!("[project]\nconnection = \"heartbeat\"\n\n{connection}"))
}

#[test]
fn a_doubt_that_cannot_be_looked_up_stands_is_told_and_hinders_no_other_work() {
    let made = "users.create(#{ email: \"a@new.example\", name: \"A\", role_id: \"Member\" });";
    let faults = "504-after:times=1:users.create;500:users.find_by_email";
    let lost = impatient().file("made.rhai", made).file("on.rhai", "print(roles.list().to_array().len());");
    let ran = lost.args(["run", "made.rhai", "--sandbox", "--faults", faults]).code(6);
    assert!(ran.stderr.contains("it could not be looked up: users.find_by_email on heartbeat"), "{}", ran.stderr);
    let ran = ran.then(["run", "on.rhai", "--sandbox", "--faults", "500:users.find_by_email"]).success();
    assert!(ran.stdout.starts_with("3\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("of what earlier runs left in doubt, it could not be looked up: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("an effect of an earlier run is still in doubt"), "{}", ran.stderr);
    let ran = ran.then(["run", "on.rhai", "--sandbox"]).success();
    assert!(ran.stderr.contains("was in doubt and is settled by reading"), "{}", ran.stderr);
}

#[test]
fn an_answer_of_success_that_no_read_confirms_is_a_doubt_and_no_failure() {
    let made = "users.create(#{ email: \"a@new.example\", name: \"A\", role_id: \"Member\" });";
    let script = format!("print(members.add(\"{BERLIN}\", [\"a@new.example\"]).effects.done);");
    let added = impatient().file("made.rhai", made).file("add.rhai", &script);
    let ran = added.args(["run", "made.rhai", "--sandbox"]).success();
    let ran = ran.then(["run", "add.rhai", "--sandbox", "--faults", "500:groups.get"]).code(6);
    assert!(ran.stderr.contains("1 of 1 in doubt"), "{}", ran.stderr);
    let ran = ran.then(["run", "add.rhai", "--sandbox"]).success();
    assert!(ran.stderr.contains("is settled by reading"), "{}", ran.stderr);
}

#[test]
fn a_pending_user_in_doubt_stands_under_in_doubt_and_everybody_else_is_served() {
    let roster =
        "email,first_name\none@strangers.example,One\ntwo@strangers.example,Two\nthree@strangers.example,Three\n";
    let options = "#{ mode: \"add_only\", strangers: \"pending\", role: \"Member\" }";
    let start = test().file("roster.csv", roster).file("sync.rhai", &sync(options));
    let faults = "reset-after:times=1,after=1:users.create_pending";
    let ran = start.args(["run", "sync.rhai", "--sandbox", "--faults", faults]).code(6);
    for words in [
        "done: 1 pending until they sign in\n",
        "in doubt: 1\n",
        "two@strangers.example: ",
        "failed: 1\n",
        "three@strangers.example: not sent, since what became of two@strangers.example is not known",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    let ran = ran.then(["run", "sync.rhai", "--sandbox"]).code(6);
    assert!(ran.stdout.contains("done: 2 pending until they sign in\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("in doubt: 1\n") && !ran.stdout.contains("failed: "), "{}", ran.stdout);
    assert!(ran.stderr.contains("no tool shows pending users"), "{}", ran.stderr);
}

#[test]
fn undo_of_a_move_brings_people_back_into_the_groups_that_they_left() {
    let people = format!(
        "let people = users.list(#{{ group_id: \"{BERLIN}\" }}).to_array().filter(|user| user.groups.len() == 3).extract(0, 2);"
    );
    let show = "for user in people { let groups = user.groups.map(|group| group.name); groups.sort(); print(groups); }";
    let lisbon = "9ce70517-0000-46e2-a92d-000000000005";
    let change = format!(
        "{people} members.add(\"{lisbon}\", #{{ emails: people.map(|user| user.email), should_remove_from_sibling_groups: true }});"
    );
    let start = test().file("move.rhai", &change).file("show.rhai", &format!("{people} {show}"));
    let shown = |ran: &Ran| ran.stdout.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
    let ran = start.args(["run", "show.rhai", "--sandbox"]).success();
    let before = shown(&ran);
    assert!(before.iter().all(|groups| groups.contains("Berlin") && !groups.contains("Lisbon")), "{before:?}");
    // What was read before the first change is the same, whether the run did it or a plan.
    let ran = ran.then(["run", "move.rhai", "--sandbox"]).success();
    let undo = plan_of_undo(ran);
    assert!(undo.stdout.contains("(Berlin)") && undo.stdout.contains("(Lisbon)"), "{}", undo.stdout);
    assert!(!undo.stdout.contains("left out"), "{}", undo.stdout);
    let plan = plan_in(&undo.stdout);
    let ran = undo.then(["apply", &plan, "--sandbox"]).success().then(["run", "show.rhai", "--sandbox"]).success();
    assert_eq!(shown(&ran), before);
    let ran = ran.then(["plan", "move.rhai", "--sandbox"]).success();
    let beside = format!("gone from group {BERLIN} (Berlin), which they leave with it: 2 people");
    assert!(ran.stdout.contains(&beside) && ran.stdout.contains("+      2  come in"), "{}", ran.stdout);
    let plan = plan_in(&ran.stdout);
    let ran = ran.then(["apply", &plan, "--sandbox"]).success();
    let undo = ran.then(["undo", &plan, "--sandbox"]).success();
    let plan = plan_in(&undo.stdout);
    let ran = undo.then(["apply", &plan, "--sandbox"]).success().then(["run", "show.rhai", "--sandbox"]).success();
    assert_eq!(shown(&ran), before);
}

#[test]
fn whoever_is_in_the_group_already_leaves_its_siblings_by_a_plan_as_by_a_run() {
    let (who, lisbon) = ("jose.quispe@example.org", "9ce70517-0000-46e2-a92d-000000000005");
    let join = format!("members.add(\"{lisbon}\", [\"{who}\"]);");
    let siblings = "should_remove_from_sibling_groups: true";
    let change = format!("members.add(\"{lisbon}\", #{{ emails: [\"{who}\"], {siblings} }});");
    let show = format!(
        "print(users.find_by_email(\"{who}\").groups.map(|group| group.name).filter(|name| name == \"Berlin\" || name == \"Lisbon\"));"
    );
    let start = test().file("join.rhai", &join).file("move.rhai", &change).file("show.rhai", &show);
    let ran = start.args(["run", "join.rhai", "--sandbox"]).success();
    let ran = ran.then(["run", "show.rhai", "--sandbox"]).success();
    assert!(ran.stdout.contains("Berlin") && ran.stdout.contains("Lisbon"), "{}", ran.stdout);
    let ran = ran.then(["plan", "move.rhai", "--sandbox"]).success();
    assert!(ran.stdout.contains("(Berlin), which they leave with it: 1 person"), "{}", ran.stdout);
    let plan = plan_in(&ran.stdout);
    let ran = ran.then(["apply", &plan, "--sandbox"]).success().then(["run", "show.rhai", "--sandbox"]).success();
    assert!(ran.stdout.starts_with("[\"Lisbon\"]\n"), "{}", ran.stdout);
    let ran = ran.then(["plan", "move.rhai", "--sandbox"]).success();
    assert!(ran.stdout.contains("=      1  as wanted already"), "nothing is left to leave: {}", ran.stdout);
}

/// What would take back what this run did.
fn plan_of_undo(ran: Ran) -> Ran {
    let run = ran.run();
    ran.then(["undo", &run, "--sandbox"]).success()
}

#[test]
fn undo_calls_groups_by_name_and_says_what_to_do_about_what_no_tool_takes_back() {
    let script = format!(
        r#"
        groups.create(#{{ name: "Road crew", parent_group_id: "{BERLIN}" }});
        users.create_pending(#{{ email: "soon@new.example", name: "Soon", role_id: "Member" }});
        invitations.create(#{{ group_ids: ["{BERLIN}"], role_id: "Member" }});
        users.create(#{{ email: "ada@new.example", name: "Ada", role_id: "Member" }});
        users.delete("ada@new.example");
        "#
    );
    let ran = test().file("made.rhai", &script).args(["run", "made.rhai", "--sandbox"]).success();
    let undo = plan_of_undo(ran);
    for words in [
        "deleted\n              Road crew\n",
        "left out of users.create_pending: 1, no tool of Heartbeat takes a pending user back: ",
        "with `users.delete(email)`\n              soon@new.example\n",
        "left out of invitations.create: 1, no tool of Heartbeat takes an invitation back: ",
        "left out of users.delete: 1, to open the account again: `users.reactivate(email)`\n              ada@new.example\n",
    ] {
        assert!(undo.stdout.contains(words), "{words}: {}", undo.stdout);
    }
    assert!(!undo.stdout.contains("cannot be brought back"), "{}", undo.stdout);
}

#[test]
fn what_heartbeat_does_not_have_is_told_with_what_it_has() {
    let script = format!(
        "try {{ bulk.create_members(#{{ group_id: 4, users: [] }}); }} catch (error) {{ print(error.message); }}
        try {{ roster.sync(\"{BERLIN}\", roster.read(\"r.csv\"), #{{ invite: true }}); }} catch (error) {{ print(error.message); }}"
    );
    let ran = test()
        .file("r.csv", "email\na@b.example\n")
        .file("none.rhai", &script)
        .args(["run", "none.rhai", "--sandbox"])
        .success();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains("`members.add(group, emails)`"), "{}", lines[0]);
    assert!(
        lines[1].contains("`invitations.update(invitation, #{ emails: …, should_send_email: true })`"),
        "{}",
        lines[1]
    );
}
