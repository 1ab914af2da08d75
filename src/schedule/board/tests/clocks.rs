//! What becomes of moments that were decided by a clock that was ahead.

use super::*;

#[test]
fn moments_that_wait_in_a_wrong_future_are_forgotten_and_run_at_their_time_but_for_what_ran() {
    let missed = Missed { which: Which::All, window: Duration::from_secs(7 * 86_400), most: 3 };
    let mut scene = Scene::of(vec![Job { missed, ..job("all", "0 * * * *") }]);
    let ahead = scene.turn("23T00:30");
    assert!(ahead.contains(&"all 22T22:00 starts r1".to_owned()), "{ahead:?}");
    assert_eq!(scene.0.corrected(at("22T00:30")).0, ["all"]);
    scene.0.has_run("all", at("22T22:00"));
    assert_eq!(scene.0.load(), (1, 0), "the make-ups of 23:00 and 00:00 wait no longer");
    assert_eq!(
        scene.ended("all", "r1", Outcome::Done, "22T00:31"),
        ["all 22T22:00 r1 done"],
        "nothing begins after it"
    );
    assert_eq!(scene.0.standing("all").unwrap().last_done, Some(at("22T00:31")));
    assert_eq!(scene.turn("22T01:00"), ["all 22T01:00 starts r4"]);
    scene.ended("all", "r4", Outcome::Done, "22T01:01");
    scene.0.corrected(at("22T01:01"));
    for hour in 2..22 {
        let begun = scene.turn(&format!("22T{hour:02}:00"));
        assert_eq!(begun.len(), 1, "{begun:?}");
        scene.ended("all", &format!("r{}", hour + 3), Outcome::Done, &format!("22T{hour:02}:01"));
    }
    assert!(scene.turn("22T22:00").is_empty(), "it ran when the clock was ahead");
    assert_eq!(scene.0.standing("all").unwrap().decided_to, at("22T22:00"));
    assert_eq!(scene.turn("22T23:00"), ["all 22T23:00 starts r25"]);
}

#[test]
fn retries_that_wait_until_a_wrong_future_are_due_when_the_clock_is_right_also_after_a_restart() {
    let retries = Retries { times: 5, wait: Duration::from_secs(1_800) };
    let mut scene = Scene::of(vec![Job { retries, ..job("welcome", "") }]);
    scene.event("welcome", "e1", "24T01:00");
    assert_eq!(
        scene.ended("welcome", "e1", Outcome::Failed(1), "24T01:01"),
        ["welcome 24T01:00 e1 failed, again at 01:31:00"]
    );
    scene.0.corrected(at("22T01:00"));
    assert_eq!(scene.turn("22T01:00"), ["welcome 24T01:00 resumes e1"]);

    let mut scene = Scene::of(vec![job("welcome", "")]);
    let left = |tries, due| {
        let entry = Entry {
            cause: Cause::Event,
            scheduled_at: at("22T00:00"),
            due_at: at(due),
            made_up: false,
            run: "e1".into(),
            tries,
        };
        vec![Open { job: "welcome".into(), entry, ended: None }]
    };
    let told = |scene: &mut Scene, left| told(&scene.0.take_up(left, at("22T01:00")));
    assert_eq!(told(&mut scene, left(1, "24T01:31")), ["welcome 22T00:00 resumes e1"]);
    let mut scene = Scene::of(vec![job("welcome", "")]);
    let soon = told(&mut scene, left(1, "22T01:04"));
    assert!(!soon.iter().any(|told| told.contains("resumes")), "{soon:?}");
}

#[test]
fn what_waited_while_nobody_served_is_missed_once_it_is_older_than_the_window() {
    let mut scene = Scene::of(vec![job("sync", "0 1 * * *")]);
    let entry = |moment: &str| Entry {
        cause: Cause::Schedule,
        scheduled_at: at(moment),
        due_at: at(moment),
        made_up: false,
        run: format!("r-{moment}"),
        tries: 0,
    };
    let mut taken = |moment: &str| {
        let left = Open { job: "sync".into(), entry: entry(moment), ended: None };
        told(&scene.0.take_up(vec![left], at("22T00:30")))
    };
    let old = taken("14T01:00");
    assert!(matches!(old.as_slice(), [one] if one.contains("missed") && one.contains("window")), "{old:?}");
    assert_eq!(taken("21T01:00"), ["sync 21T01:00 starts r-21T01:00"]);
}
