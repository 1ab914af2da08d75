//! Rosters of which nobody knows whether Vitable applied them: what is said of them, what is compared with, and what ends
//! the doubt.

use crate::builder::{Ran, Test};
use crate::vitable_scripts::{covered, eight, run_in, settled, sync, with, without};

/// Hands over the roster with one more person, with these faults.
fn faulty(faults: &str, code: i32) -> Ran {
    Test::within(settled().folder)
        .file("r.csv", &with("E9"))
        .args(["run", "sync.rhai", "--sandbox", "--arg", "roster=r.csv", "--faults", faults])
        .code(code)
}

/// What `beadle doubts` says while so many are open.
fn doubts(ran: Ran, open: usize) -> Ran {
    let ran = ran.then(["doubts", "--sandbox"]).code(if open > 0 { 6 } else { 0 });
    let sum = if open > 0 { format!("{open} in doubt\n") } else { "nothing is in doubt\n".to_owned() };
    assert!(ran.stdout.contains(&sum), "{open}: {}", ran.stdout);
    ran
}

/// The run that the first line of a report's sum names.
fn run_of(stdout: &str) -> String {
    let line = stdout.lines().find(|line| line.starts_with("run 2")).unwrap_or_else(|| panic!("no run in {stdout}"));
    line.split_whitespace().nth(1).unwrap().to_owned()
}

#[test]
fn a_lost_answer_and_conflicts_after_it_are_one_doubt_that_is_told_as_one() {
    for faults in [
        "reset-after:times=1:members.sync;409:after=1:members.sync",
        "reset-after:times=1:members.sync;422:after=1:members.sync",
        "reset-after:members.sync",
    ] {
        let ran = faulty(faults, 6);
        assert!(
            ran.stdout.contains(": nothing is known to have been changed, 1 in doubt\n"),
            "{faults}: {}",
            ran.stdout
        );
        let first = run_of(&ran.stdout);
        let ran = doubts(ran, 1);
        for said in [
            "group grp_7Xe4uktJOdUAAAAAAAAABA: 9 members (reference_id E1, E2, E3, E4, E5, 4 more)",
            "to decide: look there whether the people of this roster, and nobody else, are in group grp_7Xe4uktJOdUAAAAAAAAABA; or hand over",
        ] {
            assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
        }
        let object = Test::within(ran.folder).args(["doubts", "--sandbox", "--json"]).code(6);
        for personal in ["1815", "Lovelace", "Pittsburgh", "below"] {
            assert!(
                !ran.stdout.contains(personal) && !object.stdout.contains(personal),
                "{personal}: {}",
                object.stdout
            );
        }
        // A new roster that is applied takes its place, and only then.
        let ran = doubts(sync(object, &with("E9"), 0), 0);
        assert_eq!(covered(&ran).0.len(), 9);
        let ran = ran.then(["runs", "show", &first, "--sandbox"]).success();
        let second = "whether it happened is not known; the roster of run ";
        assert!(ran.stdout.contains(second) && ran.stdout.contains(" took its place"), "{}", ran.stdout);
        assert!(
            !ran.stdout.contains("did not happen") && !ran.stdout.contains("as a read has shown"),
            "{}",
            ran.stdout
        );
        let ran = ran.then(["runs", "--sandbox"]).success();
        assert!(ran.stdout.contains("1 not known and replaced"), "{}", ran.stdout);
    }
}

#[test]
fn the_report_after_a_doubt_adds_up() {
    // It never arrived.
    let ran = sync(faulty("reset:members.sync;reset-after:members.sync", 6), &with("E9"), 0);
    for said in [
        "  +      1  perhaps  in a roster of which nobody knows whether it was applied: added if not\n",
        "  =      8  same     in the last roster with the same values\n",
        "  done: 1 added\n  by Vitable Connect's own count: of the 1 who were perhaps in, 1 were not\n",
    ] {
        assert!(ran.stdout.contains(said), "{said}: {}", ran.stdout);
    }
    // It arrived.
    let ran = sync(faulty("reset-after:members.sync", 6), &with("E9"), 0);
    let said = "  done: nothing had to be added, changed or removed\n  by Vitable Connect's own count: of the 1 who were perhaps in, 0 were not\n";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[test]
fn a_run_that_is_only_held_settles_nothing() {
    let ran = sync(faulty("reset-after:members.sync", 6), &without(&["E3"]), 4);
    let said = "2 of the 9 in the last roster of group grp_7Xe4uktJOdUAAAAAAAAABA are missing from this one (E3 Alan Turing, E9 Tony Hoare)";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let run = run_in(&ran.stdout);
    let ran = doubts(ran, 1);
    let ran = ran.then(["approve", &run, "--sandbox", "--removals", "2", "--reason", "they left"]).success();
    let ran = doubts(doubts(ran, 1).then(["resume", &run, "--sandbox"]).success(), 0);
    assert_eq!(covered(&ran).0.len(), 7);
}

#[test]
fn what_a_person_says_of_a_roster_is_compared_with_from_then_on() {
    let ran = faulty("reset-after:members.sync", 6);
    let run = run_of(&ran.stdout);
    let settle = |ran: Ran, verdict: &str| {
        ran.then(["doubts", "settle", "--run", &run, "--all", "1", verdict, "--reason", "seen there", "--sandbox"])
            .success()
    };
    let ran = sync(doubts(settle(ran, "--applied"), 0), &with("E9"), 0);
    assert!(ran.stdout.contains("=      9  same  in the last roster with the same values"), "{}", ran.stdout);
    let ran = faulty("reset-after:members.sync", 6);
    let run = run_of(&ran.stdout);
    let not = ["doubts", "settle", "--run", &run, "--all", "1", "--not-applied", "--reason", "seen there", "--sandbox"];
    let ran = sync(ran.then(not).success(), &with("E9"), 0);
    assert!(ran.stdout.contains("+      1  new   not in the last roster: added"), "{}", ran.stdout);
}

#[test]
fn whom_the_platform_refused_to_add_does_not_count_as_removed() {
    let good = with("E9");
    let (before, after) = good.rsplit_once("pln_HGHZ7OSAZNQAAAAAAAAAAQ").unwrap();
    let ran = sync(settled(), &format!("{before}pln_gone{after}"), 5);
    assert!(ran.stdout.contains("  done: nothing was added, changed or removed\n"), "{}", ran.stdout);
    let ran = sync(ran, &without(&["E3"]), 4);
    let said =
        "1 of the 8 in the last roster of group grp_7Xe4uktJOdUAAAAAAAAABA are missing from this one (E3 Alan Turing)";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
}

#[cfg(debug_assertions)]
mod dying {
    use super::*;

    /// Dies at a point while it hands over the roster with one more person.
    fn dies(at: &str) -> Ran {
        let test = Test::within(settled().folder)
            .file("r.csv", &with("E9"))
            .args(["run", "sync.rhai", "--sandbox", "--arg", "roster=r.csv"])
            .env("BEADLE_CRASH_AT", at);
        assert!(!test.command().output().unwrap().status.success(), "{at}");
        test.again(["runs", "--sandbox"]).success()
    }

    /// Where a run dies, and how often the roster is handed over in all: once it is accepted, never again.
    const POINTS: [(&str, usize); 5] =
        [("after-intent", 2), ("after-send", 3), ("before-settle", 3), ("after-accept", 2), ("after-end", 2)];

    #[test]
    fn a_run_that_dies_is_resumed_and_the_roster_holds() {
        for (at, handed) in POINTS {
            let ran = doubts(dies(at), 1);
            let ran = doubts(ran.then(["resume", "--latest", "--sandbox"]).success(), 0);
            assert_eq!((covered(&ran).0.len(), covered(&ran).1), (9, handed), "{at}: {}", ran.stdout);
            assert_eq!(covered(&sync(ran, &with("E9"), 0)).1, handed, "{at}: all is known");
        }
    }

    #[test]
    fn after_a_run_that_died_another_one_hands_over_the_same_or_follows_it() {
        for (at, handed) in POINTS {
            let ran = doubts(sync(dies(at), &with("E9"), 0), 0);
            assert_eq!((covered(&ran).0.len(), covered(&ran).1), (9, handed), "{at}: {}", ran.stdout);
        }
    }

    #[test]
    fn a_run_that_dies_twice_is_resumed_as_well() {
        for (at, then, handed) in
            [("after-send", "after-send", 4), ("after-send", "after-accept", 3), ("after-end", "after-end", 2)]
        {
            let ran = dies(at);
            let test = Test::within(ran.folder).args(["resume", "--latest", "--sandbox"]).env("BEADLE_CRASH_AT", then);
            assert!(!test.command().output().unwrap().status.success(), "{at} {then}");
            let ran = doubts(test.again(["runs", "--sandbox"]).success(), 1);
            let ran = doubts(ran.then(["resume", "--latest", "--sandbox"]).success(), 0);
            assert_eq!((covered(&ran).0.len(), covered(&ran).1), (9, handed), "{at} {then}: {}", ran.stdout);
        }
    }

    #[test]
    fn whoever_is_only_in_a_doubtful_roster_counts_as_in_the_group_until_it_is_replaced() {
        let ran = sync(dies("after-send"), &without(&[]), 4);
        let said = "1 of the 9 in the last roster of group grp_7Xe4uktJOdUAAAAAAAAABA are missing from this one (E9 Tony Hoare)";
        assert!(ran.stdout.contains(said), "{}", ran.stdout);
        let run = run_in(&ran.stdout);
        let ran = doubts(ran, 1);
        let ran = ran.then(["approve", &run, "--sandbox", "--removals", "1", "--reason", "never meant"]).success();
        let ran = doubts(ran.then(["resume", &run, "--sandbox"]).success(), 0);
        assert_eq!(covered(&ran), (eight(), 3));
    }

    #[test]
    fn the_run_that_died_is_not_resumed_over_a_newer_roster() {
        let ran = dies("after-send");
        // The newest run stands first.
        let died = ran.stdout.split_whitespace().next().unwrap().to_owned();
        let ran = sync(ran, &with("E10"), 4);
        let run = run_in(&ran.stdout);
        let ran = ran.then(["approve", &run, "--sandbox", "--removals", "1", "--reason", "never meant"]).success();
        let ran = ran.then(["resume", &run, "--sandbox"]).success();
        let held = ran.then(["resume", &died, "--sandbox"]).code(4);
        let said = format!("run {run} has handed over another roster of this group since this one was weighed");
        assert!(held.stdout.contains(&said), "{}", held.stdout);
        let sum = "nothing is known to have been changed, 1 not known and replaced";
        assert!(held.stdout.contains(sum), "{}", held.stdout);
        assert!(covered(&held).0.contains(&"E10".to_owned()) && !covered(&held).0.contains(&"E9".to_owned()));
    }
}
