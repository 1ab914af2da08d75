//! Processes that die in the middle of a run: what is done is not done again, and the run ends as if nothing had been.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::Duration;

use crate::disturbed::{
    Community, ENDS, FREE_HAND, FREE_HAND_ALONE, MAIN_JOB, MAIN_JOB_ALONE, Project, ended_with, said,
};

/// Whatever begins a run dies at each of these points and is resumed. `begin` prepares a project and says what to type.
fn dies_and_is_resumed(begin: impl Fn(&Project) -> Vec<String> + Sync, alone: &Community, points: &[&str]) {
    std::thread::scope(|scope| {
        for point in points {
            let begin = &begin;
            scope.spawn(move || {
                let project = Project::new();
                project.die_at(point, &begin(&project));
                ended_with(&project.resume(), ENDS, point);
                assert_eq!(&project.community(), alone, "{point}");
                assert_eq!(project.repeated(), BTreeMap::new(), "{point}: each write reached the platform once");
                ended_with(&project.resume(), &[2, 5], point);
                assert_eq!(&project.community(), alone, "{point}, resumed once more");
            });
        }
    });
}

/// A script that is run.
fn run(script: &str) -> impl Fn(&Project) -> Vec<String> + Sync {
    move |_| ["run", script, "--sandbox"].map(str::to_owned).into()
}

#[test]
fn the_main_job_that_dies_around_its_bulk_ends_as_if_it_had_not() {
    dies_and_is_resumed(
        run(MAIN_JOB),
        &MAIN_JOB_ALONE,
        &["after-intent", "after-send", "after-accept", "before-settle"],
    );
}

#[test]
fn the_main_job_that_dies_around_a_removal_or_the_invitations_ends_as_if_it_had_not() {
    let points = ["after-intent:4", "after-send:4", "before-settle:8", "after-send:9", "before-settle:9"];
    dies_and_is_resumed(run(MAIN_JOB), &MAIN_JOB_ALONE, &points);
}

#[test]
fn a_free_script_that_dies_between_the_pieces_of_a_bulk_ends_as_if_it_had_not() {
    let points = ["between-pieces", "after-intent:2", "after-send:2", "after-accept:2"];
    dies_and_is_resumed(run(FREE_HAND), &FREE_HAND_ALONE, &points);
}

#[test]
fn a_free_script_that_dies_in_its_single_writes_ends_as_if_it_had_not() {
    // 2 pieces of a bulk, 40 updates, 8 removals, 20 additions, 3 calls of invitations.
    let points = ["after-send:30", "before-settle:46", "after-intent:60", "before-settle:70", "after-send:72"];
    dies_and_is_resumed(run(FREE_HAND), &FREE_HAND_ALONE, &points);
}

#[test]
fn invitations_that_may_never_have_left_wait_for_a_person_and_go_to_nobody_twice() {
    let project = Project::new();
    project.run_until(FREE_HAND, "after-intent:72");
    for _ in 0..2 {
        let resumed = project.resume();
        ended_with(&resumed, &[6], "nobody can prove that a mail was not sent");
        assert!(said(&resumed).contains("40 changes and mails are in doubt"), "{}", said(&resumed));
    }
    ended_with(&project.run(FREE_HAND, &[]), &[6], "a new run may not mail them either");
    let community = project.community();
    assert!(community.each_mail_once());
    assert_eq!(community.mails.len(), 40, "the first call's people; the third call was not reached");
    assert_eq!(community.members, FREE_HAND_ALONE.members);
}

#[test]
fn a_new_run_after_a_crash_settles_what_is_in_doubt_and_names_the_run_that_was_left() {
    for point in ["after-send", "after-accept", "after-send:9", "before-settle:9"] {
        let project = Project::new();
        project.run_until(MAIN_JOB, point);
        let left = project.last_run().of.id;
        let next = project.run(MAIN_JOB, &[]);
        ended_with(&next, ENDS, point);
        assert!(said(&next).contains(&format!("beadle resume {left} --sandbox")), "{point}: {}", said(&next));
        assert_eq!(project.community(), *MAIN_JOB_ALONE, "{point}");
        let (runs, open) = project.look(|store| async move {
            let world = store.world().await.unwrap().unwrap();
            let account = format!("{}-mobilize", world.id);
            (store.runs(9).await.unwrap().len(), store.doubts(&account, i64::MAX).await.unwrap())
        });
        assert_eq!((runs, open.len()), (2, 0), "{point}: {open:?}");
    }
}

#[test]
fn of_two_processes_that_resume_a_run_one_wins_and_the_other_says_so() {
    let project = Project::new();
    project.run_until(MAIN_JOB, "after-send:4");
    let run = project.last_run().of.id;
    let resume = ["resume", &run, "--sandbox", "--faults", "slow:ms=100"];
    let mut both: Vec<Child> = (0..2).map(|_| project.command(&resume).spawn().unwrap()).collect();
    let outputs: Vec<_> = both.drain(..).map(|child| child.wait_with_output().unwrap()).collect();
    let (lost, won): (Vec<_>, Vec<_>) = outputs.into_iter().partition(|output| output.status.code() == Some(7));
    assert_eq!((lost.len(), won.len()), (1, 1));
    ended_with(&won[0], ENDS, "the winner");
    assert!(said(&lost[0]).contains("is still at work in another process"), "{}", said(&lost[0]));
    assert_eq!(project.community(), *MAIN_JOB_ALONE);
}

/// The same numbers on every machine (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (number ^ (number >> 31)) % bound
    }
}

#[test]
fn killed_again_and_again_at_any_moment_a_run_still_ends_as_if_nothing_had_been() {
    let (mut numbers, mut kills) = (Numbers(20_261_122), 0);
    while kills < 12 {
        let project = Project::new();
        let mut child = project.command(&["run", FREE_HAND, "--sandbox"]).spawn().unwrap();
        for _ in 0..4 {
            // The bulk counts as two steps here, everything else as one.
            let target = steps(&project) + 1 + numbers.below(24);
            let alive = wait_for(&project, &mut child, target);
            // SIGKILL: nothing in the process can react to it.
            child.kill().unwrap();
            child.wait().unwrap();
            if !alive {
                break;
            }
            kills += 1;
            child = project.command(&["resume", &project.last_run().of.id, "--sandbox"]).spawn().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let mut code = output.status.code();
        if code.is_none() {
            code = project.resume().status.code();
        }
        let community = project.community();
        assert!(community.each_mail_once(), "after {kills} kills");
        assert_eq!(project.repeated(), BTreeMap::new(), "after {kills} kills");
        match code {
            // Only a kill between an intent and its sending leaves something that nobody can prove.
            Some(6) => assert_eq!(community.members, FREE_HAND_ALONE.members, "after {kills} kills"),
            _ => assert_eq!(community, *FREE_HAND_ALONE, "after {kills} kills, {}", said(&output)),
        }
    }
}

/// How many calls the ledger knows as settled.
fn steps(project: &Project) -> u64 {
    if !project.path().join(".beadle/sandbox.db").exists() {
        return 0;
    }
    project.look(|store| async move {
        let Some(run) = store.runs(1).await.unwrap_or_default().into_iter().next() else { return 0 };
        let rows = store.tally(&run.of.id).await.unwrap_or_default();
        let settled = rows.iter().filter(|row| row.state != "open" && row.state != "accepted");
        settled.map(|row| if row.op == "bulk.create_members" { row.count as u64 / 550 } else { row.count as u64 }).sum()
    })
}

/// Waits until so many steps are done; `false` if the process has ended before.
fn wait_for(project: &Project, child: &mut Child, target: u64) -> bool {
    loop {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if steps(project) >= target {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
