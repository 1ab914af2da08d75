//! HiveSocial from scripts, on the sandbox: nobody is mailed twice, whatever calls, reruns and lost answers there are.

use beadle::clock::Clock;
use beadle::sandbox::{Wanted, kept};
use beadle::store::Store;

use crate::builder::{Ran, Test};
use crate::served::Served;

/// The group that 40 strangers are invited into.
const GROUP: &str = "8defea46-0000-46e2-bc80-000000000004";
const IMPORT: &str = r#"
args(#{ group: #{ type: "id", sandbox: "8defea46-0000-46e2-bc80-000000000004" } });
let people = [];
for i in 0..60 { people.push(#{ email: `new${i}@arrivals.example`, first_name: "N", last_name: `${i}` }); }
for i in 0..4 { people.push(#{ email: `odd${i}@refused.example` }); }
for waiting in invitations.list(ctx.args.group).take(5) { people.push(#{ email: waiting.email }); }
let done = invitations.bulk_import(ctx.args.group, #{ role_id: "regular", subject: "Come in", content: "Hello", records: people });
print(`${done.effects.done} done, ${done.effects.skipped.len()} skipped, ${done.effects.failed.len()} failed`);
for row in done.effects.skipped { print(`${row.subject}: ${row.why}`); }
for row in done.effects.failed { print(`${row.subject}: ${row.why}`); }
"#;

fn test() -> Test {
    Test::new().file(
        "beadle.toml",
        "[project]\nconnection = \"hive\"\n\n[connections.hive]\nplatform = \"hivesocial\"\nsandbox = true\n",
    )
}

/// Where the mails of this folder's sandbox went, in order.
fn mails(ran: &Ran) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&ran.folder.path().join(".beadle/sandbox.db")).await.unwrap();
        let (sandbox, _) = kept(&store, &Clock::system(), Wanted::default()).await.unwrap();
        sandbox.outbox("hivesocial").await.into_iter().map(|mail| mail.to).collect()
    })
}

#[test]
fn an_import_tells_person_by_person_and_a_second_run_mails_nobody() {
    let ran = test().file("import.rhai", IMPORT).args(["run", "import.rhai", "--sandbox", "--unattended"]).code(5);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "60 done, 5 skipped, 4 failed", "{}", ran.stdout);
    assert!(lines[1].contains("@invited.example: invited on 2025-12-31 by the platform's own record"), "{}", lines[1]);
    assert_eq!(lines[6], "odd0@refused.example: email (odd0@refused.example): Invalid email");
    let sent = mails(&ran);
    assert_eq!(sent.len(), 60);
    assert!(sent.iter().all(|to| to.ends_with("@arrivals.example")));

    let again = ran.then(["run", "import.rhai", "--sandbox", "--unattended"]).code(5);
    assert!(again.stdout.starts_with("0 done, 60 skipped, 4 failed\n"), "{}", again.stdout);
    assert_eq!(mails(&again).len(), 60);
}

#[test]
fn whoever_waits_is_written_to_once_more_only_by_a_named_campaign_and_a_reminder_is_one_mail() {
    let script = format!(
        r#"
        let waiting = invitations.list("{GROUP}").take(2).to_array();
        let one = #{{ role_id: 2, subject: "s", content: "c", records: [#{{ email: waiting[0].email }}] }};
        print(invitations.bulk_import("{GROUP}", one).effects.done);
        one.again = "spring";
        print(invitations.bulk_import("{GROUP}", one).effects.done);
        print(invitations.bulk_import("{GROUP}", one).effects.done);
        // Whoever was just invited is not reminded as well; the other one is, once.
        for it in waiting {{ invitations.resend(it.id); }}
        for it in waiting {{ invitations.resend(it.id); }}
        print(waiting[1].email);
        "#
    );
    let ran = test().file("again.rhai", &script).args(["run", "again.rhai", "--sandbox"]).success();
    let lines: Vec<&str> = ran.stdout.lines().take(4).collect();
    assert_eq!(lines[..3], ["0", "1", "0"], "{}", ran.stdout);
    assert_eq!(mails(&ran).len(), 2, "{:?}", mails(&ran));
    assert_eq!(mails(&ran)[1], lines[3]);
}

#[test]
fn a_reminder_of_an_invitation_that_nobody_has_read_is_refused_with_what_to_type() {
    let id = "61399ea5-0000-4b53-b07d-000000000001";
    let script = format!("invitations.resend(\"{id}\");");
    let ran = test().file("bare.rhai", &script).args(["run", "bare.rhai", "--sandbox"]).code(1);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(told.contains(&format!("invitations.resend(\"{id}\", #{{ group_id: … }})")), "{told}");
    assert!(mails(&ran).is_empty());
    let script = format!("print(invitations.resend(\"{id}\", #{{ group_id: \"{GROUP}\" }}).object.email);");
    let ran = Test::within(ran.folder).file("named.rhai", &script).args(["run", "named.rhai", "--sandbox"]).success();
    assert_eq!(mails(&ran), [ran.stdout.lines().next().unwrap()]);
}

#[test]
fn a_lost_answer_to_an_import_is_proven_by_the_list_and_one_to_a_reminder_waits_for_a_person() {
    let script = format!(
        r#"
        let one = #{{ role_id: 2, subject: "s", content: "c", records: [#{{ email: "lost@arrivals.example" }}] }};
        print(invitations.bulk_import("{GROUP}", one).effects.done);
        "#
    );
    let faults = "reset-after:times=1:invitations.bulk_import";
    let ran = test().file("lost.rhai", &script).args(["run", "lost.rhai", "--sandbox", "--faults", faults]).success();
    assert_eq!((ran.stdout.lines().next(), mails(&ran).len()), (Some("1"), 1), "{}", ran.stdout);

    let script = format!("for it in invitations.list(\"{GROUP}\").take(3) {{ invitations.resend(it.id); }}");
    let faults = "reset-after:times=1:invitations.resend";
    let ran = Test::within(ran.folder)
        .file("remind.rhai", &script)
        .args(["run", "remind.rhai", "--sandbox", "--faults", faults])
        .code(6);
    assert_eq!(mails(&ran).len(), 2);
    let ran = ran.then(["run", "remind.rhai", "--sandbox"]).code(6);
    assert_eq!(mails(&ran).len(), 2, "the reminder in doubt is not sent by itself");
}

#[test]
fn a_plan_shows_whom_an_import_would_mail_and_applying_it_mails_them_once() {
    let ran = test().file("import.rhai", IMPORT).args(["plan", "import.rhai", "--sandbox", "--unattended"]).success();
    assert!(mails(&ran).is_empty());
    assert!(ran.stdout.contains("new0@arrivals.example"), "{}", ran.stdout);
    let plan = ran.stdout.split("beadle apply ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let ran = ran.then(["apply", &plan, "--sandbox", "--unattended"]).code(5);
    assert_eq!(mails(&ran).len(), 60, "{}", ran.stdout);
}

#[test]
fn what_hivesocial_does_not_have_is_told_with_what_it_has() {
    let script =
        format!("try {{ members.list(\"{GROUP}\"); }} catch (error) {{ print(error.code); print(error.message); }}");
    let ran = test().file("none.rhai", &script).args(["run", "none.rhai", "--sandbox"]).success();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines[0], "unsupported");
    assert!(
        lines[1].contains("`invitations.bulk_import(group, #{ role_id, subject, content, records })`"),
        "{}",
        lines[1]
    );
}

#[test]
fn deleting_while_a_list_is_read_skips_nobody_and_moderators_are_held() {
    let script = format!(
        "let n = 0; for it in invitations.list(\"{GROUP}\", #{{ page_size: 3 }}) {{ if n < 8 {{ invitations.delete(it.id); }} n += 1; }} print(n); print(invitations.list(\"{GROUP}\").to_array().len());"
    );
    let ran = test().file("delete.rhai", &script).args(["run", "delete.rhai", "--sandbox"]).success();
    assert_eq!(ran.stdout.lines().take(2).collect::<Vec<_>>(), ["40", "32"], "{}", ran.stdout);
    let script = format!(
        "invitations.bulk_import(\"{GROUP}\", #{{ role_id: \"moderator\", subject: \"s\", content: \"c\", records: [#{{ email: \"boss@arrivals.example\" }}] }});"
    );
    let ran = Test::within(ran.folder).file("boss.rhai", &script).args(["run", "boss.rhai", "--sandbox"]).code(4);
    assert!(ran.stdout.contains("--roles"), "{}", ran.stdout);
    assert!(mails(&ran).is_empty());
}

#[test]
fn an_invitation_that_is_taken_back_is_called_by_its_address_and_undo_says_what_there_is_instead() {
    let script = format!(
        r#"
        let first = invitations.list("{GROUP}").take(1).to_array()[0];
        print(first.email);
        invitations.delete(first.id);
        let one = #{{ role_id: 2, subject: "s", content: "c", records: [#{{ email: "new@arrivals.example" }}] }};
        invitations.bulk_import("{GROUP}", one);
        "#
    );
    let ran = test().file("back.rhai", &script).args(["plan", "back.rhai", "--sandbox"]).success();
    let email = ran.stdout.lines().next().unwrap().to_owned();
    assert!(ran.stdout.contains(&format!("-      1  taken back\n              {email}\n")), "{}", ran.stdout);
    let ran = ran.then(["run", "back.rhai", "--sandbox"]).success();
    let run = ran.run();
    let ran = ran.then(["undo", &run, "--sandbox"]).success();
    for words in [
        format!("only with another mail: `invitations.bulk_import(group, #{{ …, again: \"a name for it\" }})`\n              {email}\n"),
        "`invitations.delete(id)`, with the id that `invitations.list(group)` shows\n              new@arrivals.example\n".to_owned(),
    ] {
        assert!(ran.stdout.contains(&words), "{words}: {}", ran.stdout);
    }
}

#[test]
fn a_ready_token_that_has_ended_is_told_with_what_to_put_in_its_place() {
    let served = Served::start();
    let settings = format!(
        "[project]\nconnection = \"hive\"\n\n[connections.hive]\nplatform = \"hivesocial\"\nbase_url = \"http://{}/hivesocial\"\n",
        served.address
    );
    let script = format!("print(invitations.list(\"{GROUP}\").to_array().len());");
    let with = |more: &str| Test::new().file("list.rhai", &script).file("beadle.toml", &format!("{settings}{more}"));
    let ran = with("token = \"worn-out-token\"\n").args(["run", "list.rhai"]).code(1);
    let words = "HiveSocial answered 401: Unauthorized; check `token` (the settings file) of connection `hive`: if it \
        has ended, put a new one there, or give `email` and `password` in its place";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    let login = format!("email = \"{}\"\npassword = \"{}\"\n", served.key, served.secret);
    let ran = with(&login).args(["run", "list.rhai"]).success();
    assert!(ran.stdout.starts_with("40\n"), "{}", ran.stdout);
}
