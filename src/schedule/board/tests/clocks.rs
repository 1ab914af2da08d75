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
