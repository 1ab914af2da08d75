//! A platform that fails in the middle: what was done is accounted for, what was not is named, and nothing is sent twice.

use crate::builder::Test;

const SYNC: [&str; 3] = ["run", "scripts/sync_roster.rhai", "--sandbox"];

#[test]
fn a_write_that_is_refused_is_named_and_the_others_are_made() {
    let ran = Test::project().args(SYNC).args(["--faults", "400:times=2:members.remove"]).code(5);
    let account = "\
  done: 28 added (10 of them had an account before), 6 changed, 5 removed
  invited: 78
  failed: 2
    ! thandi.ivanova@example.net: Mobilize answered 400: Something went wrong
    ! moana.virtanen@example.org: Mobilize answered 400: Something went wrong
  not as wanted: Thandi Ivanova is still in the group
  not as wanted: Moana Virtanen is still in the group
";
    assert!(ran.stdout.contains(account), "{}", ran.stdout);
    assert!(
        ran.stdout.ends_with(
            "9 of them writes: 117 changes and mails made, 2 failed\n  \
             exit code 5: done, but 4 rows were rejected and 2 failed\n"
        ),
        "{}",
        ran.stdout
    );
    // The next run makes up for them, and for nothing else.
    let ran = ran.then(SYNC).code(5);
    assert!(ran.stdout.contains("2 of them writes: 2 changes and mails made\n"), "{}", ran.stdout);
}

#[test]
fn a_credential_that_is_refused_is_not_tried_again_and_again() {
    let ran = Test::project().args(SYNC).args(["--faults", "401:writes"]).code(1);
    assert!(ran.stderr.contains("error: bulk.create_members on main: Mobilize answered 401"), "{}", ran.stderr);
    assert!(ran.stdout.contains(" calls, 1 of them a write: nothing was changed, 34 failed\n"), "{}", ran.stdout);
}

#[test]
fn when_invitations_fail_what_was_changed_is_accounted_for_all_the_same() {
    let ran = Test::project().args(SYNC).args(["--faults", "401:members.invite"]).code(1);
    let account = "\
  done: 28 added (10 of them had an account before), 6 changed, 7 removed
  invited: nobody
  the invitations ended early: Mobilize answered 401: Unauthorized; the sandbox takes any
";
    assert!(ran.stdout.contains(account), "{}", ran.stdout);
    let run = ran.run();
    assert!(ran.stdout.ends_with(&format!("go on with: beadle resume {run} --sandbox\n")), "{}", ran.stdout);
    let ran = ran.then(["resume", &run, "--sandbox"]).code(5);
    assert!(ran.stdout.contains("  invited: 78"), "{}", ran.stdout);
    assert!(ran.stdout.contains("1 of them a write: 119 changes and mails made in all 2 attempts"), "{}", ran.stdout);
}

#[test]
fn an_answer_that_was_lost_is_looked_up_and_nobody_is_mailed_twice() {
    let ran = Test::project().args(SYNC).args(["--faults", "reset-after:times=1:members.invite"]).code(5);
    assert!(ran.stdout.contains("  invited: 78"), "{}", ran.stdout);
    assert!(ran.stdout.contains("9 of them writes: 119 changes and mails made\n"), "{}", ran.stdout);
    let ran = ran.then(SYNC).code(5);
    assert!(ran.stdout.contains("none of them a write: nothing was changed\n"), "{}", ran.stdout);
}
