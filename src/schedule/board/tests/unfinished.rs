//! What is due while an older run of the job waits to be tried again.

use super::*;

fn tried(overlap: Overlap, times: u32, wait: u64) -> Job {
    Job { overlap, retries: Retries { times, wait: Duration::from_secs(wait) }, ..job("sync", "*/10 * * * *") }
}

#[test]
fn a_run_that_waits_for_its_retry_is_gone_on_with_when_its_job_is_due_and_the_moment_runs_after_it() {
    for overlap in [Overlap::Skip, Overlap::QueueOne, Overlap::CancelOther] {
        let mut scene = Scene::of(vec![tried(overlap, 2, 1_800)]);
        scene.turn("22T00:10");
        assert_eq!(
            scene.ended("sync", "r1", Outcome::Killed(9), "22T00:11").last().unwrap(),
            "sync 22T00:10 r1 killed, again at 00:20:00",
            "{overlap:?}"
        );
        let due = scene.turn("22T00:20");
        assert_eq!(
            due[due.len() - 2..],
            ["sync 22T00:10 resumes r1", "sync 22T00:20 waits: run r1 of the job was still at work"],
            "{overlap:?}"
        );
        assert_eq!(
            scene.ended("sync", "r1", Outcome::Done, "22T00:22"),
            ["sync 22T00:10 r1 done", "sync 22T00:20 starts r2"],
            "{overlap:?}"
        );
    }
}

#[test]
fn a_moment_is_skipped_when_the_run_before_it_does_not_come_to_its_end_and_every_try_counts() {
    let mut scene = Scene::of(vec![Job { pause_after: 1, ..tried(Overlap::Skip, 2, 3_600) }]);
    scene.turn("22T00:10");
    scene.ended("sync", "r1", Outcome::Failed(1), "22T00:11");
    assert_eq!(scene.turn("22T00:20")[0], "sync 22T00:10 resumes r1");
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Failed(1), "22T00:21"),
        [
            "sync 22T00:10 r1 failed, again at 00:30:00",
            "sync 22T00:20 skipped: run r1 of the job has to come to its end first; it is tried again at 2026-11-22T00:30:00Z",
        ],
        "the next moment of the job ends the wait, however long it would be"
    );
    assert!(scene.turn("22T00:22").is_empty(), "once for a moment");
    assert_eq!(scene.turn("22T00:30")[0], "sync 22T00:10 resumes r1");
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Failed(1), "22T00:31"),
        [
            "sync 22T00:10 r1 failed",
            "sync 22T00:10 paused after 1",
            "sync 22T00:30 skipped: the job is paused: 1 failures in a row, the last one: failed with exit code 1",
        ],
        "after two retries it has come to its end"
    );
}

#[test]
fn a_run_out_of_tries_gives_the_moment_that_waited_for_it_its_turn() {
    let mut scene = Scene::of(vec![tried(Overlap::Skip, 1, 3_600)]);
    scene.turn("22T00:10");
    scene.ended("sync", "r1", Outcome::Failed(1), "22T00:11");
    scene.turn("22T00:20");
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Failed(1), "22T00:21"),
        ["sync 22T00:10 r1 failed", "sync 22T00:20 starts r2"]
    );
}

#[test]
fn a_retry_that_ends_unfinished_or_held_is_not_gone_on_with_twice_for_one_moment() {
    for (outcome, word) in [(Outcome::Held, "held"), (Outcome::Killed(9), "killed")] {
        let mut scene = Scene::of(vec![tried(Overlap::QueueOne, 1, 3_600)]);
        scene.turn("22T00:10");
        scene.ended("sync", "r1", Outcome::Killed(9), "22T00:11");
        scene.turn("22T00:20");
        assert_eq!(
            scene.ended("sync", "r1", outcome, "22T00:21"),
            [
                format!("sync 22T00:10 r1 {word}"),
                "sync 22T00:20 skipped: run r1 of the job has to come to its end first".to_owned(),
            ]
        );
        assert_eq!(scene.turn("22T00:30"), ["sync 22T00:30 resumes r1 first"]);
    }
}

#[test]
fn no_more_moments_wait_behind_a_retry_than_the_job_says() {
    let due_twice = |overlap| {
        let mut scene = Scene::of(vec![tried(overlap, 5, 3_600)]);
        scene.turn("22T00:10");
        scene.ended("sync", "r1", Outcome::Failed(1), "22T00:11");
        scene.turn("22T00:20");
        (scene.turn("22T00:30"), scene)
    };
    let (due, scene) = due_twice(Overlap::Skip);
    assert_eq!(due, ["sync 22T00:30 skipped: run r1 of the job was still at work"], "its resume is");
    assert_eq!(scene.0.load(), (1, 1));
    let (due, scene) = due_twice(Overlap::QueueOne);
    assert_eq!(
        due,
        [
            "sync 22T00:20 skipped: a later moment took its place",
            "sync 22T00:30 waits: run r1 of the job was still at work",
        ]
    );
    assert_eq!(scene.0.load(), (1, 1));
    let (due, mut scene) = due_twice(Overlap::CancelOther);
    assert_eq!(due[..2], ["sync 22T00:30 stops r1", "sync 22T00:20 skipped: a later moment took its place"]);
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Killed(15), "22T00:31"),
        ["sync 22T00:10 r1 gave way to 22T00:30", "sync 22T00:30 starts r3"],
        "what was stopped on purpose is not tried again"
    );
}

#[test]
fn what_waited_already_when_the_run_failed_waits_for_its_retry_and_says_until_when() {
    let mut scene = Scene::of(vec![tried(Overlap::QueueOne, 2, 300)]);
    scene.turn("22T00:10");
    scene.turn("22T00:20");
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Failed(1), "22T00:21"),
        [
            "sync 22T00:10 r1 failed, again at 00:26:00",
            "sync 22T00:20 waits: run r1 of the job has to come to its end first; it is tried again at 2026-11-22T00:26:00Z",
        ]
    );
    assert!(scene.turn("22T00:22").is_empty());
    assert_eq!(scene.turn("22T00:26"), ["sync 22T00:10 resumes r1"]);
    assert_eq!(scene.ended("sync", "r1", Outcome::Done, "22T00:27")[1], "sync 22T00:20 starts r2");
}

#[test]
fn events_wait_for_a_retry_and_do_not_hasten_it_and_a_person_is_not_kept_waiting() {
    let retries = Retries { times: 2, wait: Duration::from_secs(300) };
    let mut scene = Scene::of(vec![Job { retries, ..job("welcome", "") }]);
    scene.event("welcome", "e1", "22T01:00");
    scene.ended("welcome", "e1", Outcome::Failed(1), "22T01:01");
    assert_eq!(
        scene.event("welcome", "e2", "22T01:02"),
        [
            "welcome 22T01:02 waits: run e1 of the job has to come to its end first; it is tried again at 2026-11-22T01:06:00Z"
        ]
    );
    let by_hand = scene.0.hand("welcome", "h1".into(), 0, at("22T01:03"));
    assert_eq!(told(&by_hand), ["welcome 22T01:03 starts h1"]);
    scene.ended("welcome", "h1", Outcome::Done, "22T01:04");
    assert_eq!(scene.turn("22T01:06"), ["welcome 22T01:00 resumes e1"]);
    assert_eq!(scene.ended("welcome", "e1", Outcome::Done, "22T01:07")[1], "welcome 22T01:02 starts e2");
}

#[test]
fn where_runs_work_beside_each_other_the_retry_is_gone_on_with_beside_the_moment() {
    let mut scene = Scene::of(vec![tried(Overlap::Allow, 2, 3_600)]);
    scene.turn("22T00:10");
    scene.ended("sync", "r1", Outcome::Failed(1), "22T00:11");
    assert_eq!(scene.turn("22T00:20"), ["sync 22T00:10 resumes r1", "sync 22T00:20 starts r2"]);
}

#[test]
fn moments_made_up_for_wait_for_a_retry_and_are_not_given_up_for_it() {
    let missed = Missed { which: Which::All, window: Duration::from_secs(86_400), most: 10 };
    let mut scene = Scene::of(vec![Job { missed, ..tried(Overlap::Skip, 2, 300) }]);
    assert_eq!(scene.turn("22T00:25")[0], "sync 22T00:10 starts r1");
    scene.ended("sync", "r1", Outcome::Failed(1), "22T00:26");
    assert_eq!(scene.turn("22T00:31")[0], "sync 22T00:10 resumes r1", "before the next moment");
    let failed = scene.ended("sync", "r1", Outcome::Failed(1), "22T00:32");
    assert!(failed.iter().any(|told| told.starts_with("sync 22T00:20 waits: run r1")), "{failed:?}");
    assert!(!failed.iter().any(|told| told.starts_with("sync 22T00:20 skipped")), "{failed:?}");
}

#[test]
fn what_goes_first_does_so_also_where_runs_work_beside_each_other() {
    let mut scene = Scene::of(vec![tried(Overlap::Allow, 2, 3_600)]);
    scene.turn("22T00:10");
    scene.ended("sync", "r1", Outcome::Interrupted, "22T00:11");
    assert_eq!(scene.turn("22T00:20"), ["sync 22T00:20 resumes r1 first"]);
    assert_eq!(scene.0.load(), (1, 1), "a stop now leaves one run, and the store knows of it");
    assert_eq!(scene.ended("sync", "r1", Outcome::Done, "22T00:21"), ["sync 22T00:20 starts r2"]);
}
