use std::path::Path;

use super::super::super::board::tests::job;
use super::super::super::verdict::Entry;
use super::*;
use crate::settings::Mode;
use crate::store::Cause;

/// A job's verdicts one turn after the other, and what was told of them.
struct Scene {
    job: Arc<Job>,
    told: BTreeMap<String, Told>,
    failures: u32,
    run: u32,
}

fn now() -> Timestamp {
    "2026-11-22T01:31:00Z".parse().unwrap()
}

impl Scene {
    fn after(after: u32, pause_after: u32) -> Self {
        let mut job = job("nightly", "30 1 * * *");
        (job.notify.after, job.notify.mail, job.pause_after) = (after, Some("ops@example.org".into()), pause_after);
        Self { job: Arc::new(job), told: BTreeMap::new(), failures: 0, run: 0 }
    }

    fn verdict(&self, what: What) -> Verdict {
        let at = "2026-11-22T01:30:00Z".parse().unwrap();
        let run = format!("r{}", self.run);
        let entry = Entry { cause: Cause::Schedule, scheduled_at: at, due_at: at, made_up: false, run, tries: 1 };
        Verdict { job: Arc::clone(&self.job), entry, what, unbegun: None }
    }

    /// The titles of what is told of one turn.
    fn turn(&mut self, whats: Vec<What>) -> Vec<String> {
        self.news(whats).messages.iter().map(|(_, message)| message.title()).collect()
    }

    fn news(&mut self, whats: Vec<What>) -> News {
        let verdicts: Vec<Verdict> = whats.into_iter().map(|what| self.verdict(what)).collect();
        let flags = Flags::of(Mode::Sandbox, None::<&Path>);
        let news = decide(&self.told, &verdicts, |_| self.failures, &flags, now());
        self.told.extend(news.told.clone());
        news
    }

    /// A new run ends so.
    fn ends(&mut self, outcome: Outcome) -> Vec<String> {
        self.run += 1;
        self.ends_again(outcome)
    }

    /// The same run ends so.
    fn ends_again(&mut self, outcome: Outcome) -> Vec<String> {
        if outcome.is_done() {
            self.failures = 0;
        } else if outcome.is_failure() {
            self.failures += 1;
        }
        let mut whats = vec![What::Ended(outcome)];
        if outcome.is_failure() && self.job.pause_after > 0 && self.failures >= self.job.pause_after {
            whats.push(What::Pauses { failures: self.failures });
        }
        self.turn(whats)
    }

    fn passes(&mut self, why: Why) -> Vec<String> {
        self.turn(vec![What::Skipped(why)])
    }
}

const FAILED: Outcome = Outcome::Failed(1);
const NOBODY: [&str; 0] = [];

#[test]
fn failures_in_a_row_are_told_once_and_so_is_the_first_success_after_them() {
    let mut scene = Scene::after(2, 0);
    assert_eq!(scene.ends(Outcome::Done), NOBODY, "a success is no news");
    assert_eq!(scene.ends(FAILED), NOBODY, "the first of two");
    assert_eq!(scene.ends(Outcome::TimedOut), ["nightly failed 2 times in a row"]);
    assert_eq!(scene.ends(Outcome::Killed(9)), NOBODY, "told already");
    assert_eq!(scene.ends(Outcome::Partial), ["nightly works again"]);
    assert_eq!(scene.ends(Outcome::Done), NOBODY);
    assert_eq!(scene.ends(FAILED), NOBODY, "counted from the beginning");
    assert_eq!(scene.ends(FAILED), ["nightly failed 2 times in a row"]);
}

#[test]
fn what_is_tried_again_or_was_stopped_by_people_is_nobodys_business() {
    let mut scene = Scene::after(1, 0);
    assert_eq!(scene.turn(vec![What::Again(FAILED)]), NOBODY);
    assert_eq!(scene.turn(vec![What::Waits(Why::Full), What::Starts(Step::Begin)]), NOBODY);
    assert_eq!(scene.ends(Outcome::Interrupted), NOBODY);
    assert_eq!(scene.ends(Outcome::Elsewhere), NOBODY);
    assert_eq!(scene.passes(Why::Paused("holidays".into())), NOBODY);
    assert_eq!(scene.passes(Why::Gone), NOBODY);
    assert_eq!(
        scene.turn(vec![What::Missed { why: Why::Superseded, folded: 5 }]),
        NOBODY,
        "made up for by a newer one"
    );
    assert!(scene.told.is_empty());
}

#[test]
fn a_pause_takes_the_place_of_the_failure_that_led_to_it_and_names_the_way_out() {
    let mut scene = Scene::after(3, 3);
    assert_eq!((scene.ends(FAILED), scene.ends(FAILED)), (vec![], vec![]));
    scene.run += 1;
    scene.failures = 3;
    let news = scene.news(vec![What::Ended(FAILED), What::Pauses { failures: 3 }]);
    let [(_, message)] = news.messages.as_slice() else { panic!("{news:?}") };
    assert_eq!(message.title(), "nightly is paused after 3 failures in a row");
    assert_eq!(message.why.as_deref(), Some("failed with exit code 1"));
    assert_eq!(message.next, ["beadle runs show r3 --sandbox", "beadle jobs unpause nightly --sandbox"]);
    // Another run of it was still at work.
    scene.failures = 4;
    assert_eq!(scene.turn(vec![What::Ended(FAILED)]), NOBODY);
    // Somebody lets it run again, and it fails again.
    scene.failures = 0;
    assert_eq!((scene.ends(FAILED), scene.ends(FAILED)), (vec![], vec![]));
    assert_eq!(scene.ends(FAILED), ["nightly is paused after 3 failures in a row"], "another pause");
    scene.failures = 0;
    assert_eq!(scene.ends(Outcome::Done), ["nightly works again"]);
}

#[test]
fn every_run_that_is_held_waits_for_a_person_and_is_told_once() {
    let mut scene = Scene::after(5, 0);
    assert_eq!(
        scene.ends(Outcome::Held),
        ["nightly is held by a brake: a person must decide"],
        "whatever `after` says"
    );
    assert_eq!(scene.passes(Why::Unfinished("r1".into())), NOBODY, "the next moment finds it held");
    assert_eq!(scene.ends_again(Outcome::Held), NOBODY);
    assert_eq!(scene.ends(Outcome::Held), ["nightly is held by a brake: a person must decide"], "another run");
    assert_eq!(scene.ends(Outcome::InDoubt), ["nightly left effects in doubt: a person must look"]);
    assert_eq!(scene.ends(Outcome::InDoubt), NOBODY);
    assert_eq!(scene.ends(Outcome::Done), ["nightly works again"]);
}

#[test]
fn moments_that_passed_without_a_run_are_one_message_with_their_number() {
    let mut scene = Scene::after(1, 0);
    let missed = |why, folded| What::Missed { why, folded };
    assert_eq!(
        scene.turn(vec![missed(Why::TooOld, 40), missed(Why::TooMany, 0), missed(Why::Superseded, 0)]),
        ["nightly did not run, 42 times"]
    );
    assert_eq!(scene.passes(Why::TooLate), NOBODY, "told already");
    assert_eq!(scene.ends(Outcome::Done), ["nightly works again"]);
    for why in [Why::TooLate, Why::Needs("export".into()), Why::Unfinished("r0".into())] {
        let mut scene = Scene::after(9, 0);
        let news = scene.news(vec![What::Skipped(why.clone())]);
        let (_, message) = &news.messages[0];
        assert_eq!((message.title(), &message.why), ("nightly did not run".into(), &Some(why.to_string())));
        assert_eq!(message.next, ["beadle jobs ticks nightly --sandbox"]);
    }
}

#[test]
fn a_job_that_fails_is_not_told_of_as_missed_besides() {
    let mut scene = Scene::after(1, 0);
    assert_eq!(scene.ends(FAILED), ["nightly failed"]);
    assert_eq!(scene.passes(Why::Needs("export".into())), NOBODY);
    assert_eq!(scene.ends(FAILED), NOBODY, "and that does not make it news again");
}

#[test]
fn moments_that_give_way_are_told_of_when_that_repeats_and_a_slow_job_is_no_storm() {
    let mut scene = Scene::after(1, 0);
    let slow = || Why::Overlap("r1".into());
    assert_eq!((scene.passes(slow()), scene.passes(slow())), (vec![], vec![]));
    assert_eq!(scene.ends(Outcome::Done), NOBODY, "now and then is fine");
    let tried = Why::TriedAgain { run: "r1".into(), at: now() };
    assert_eq!((scene.passes(tried), scene.passes(Why::Superseded)), (vec![], vec![]));
    assert_eq!(scene.passes(slow()), ["nightly did not run, 3 times"]);
    for _ in 0..5 {
        assert_eq!(scene.ends(Outcome::Done), NOBODY, "it is as slow as before");
        assert_eq!((scene.passes(slow()), scene.passes(slow()), scene.passes(slow())), (vec![], vec![], vec![]));
    }
    assert_eq!(scene.ends(Outcome::Done), NOBODY);
    assert_eq!(scene.ends(Outcome::Done), ["nightly works again"], "a whole run without");
}

#[test]
fn the_watcher_hears_of_starts_successes_and_failures_and_of_nothing_else() {
    let mut scene = Scene::after(1, 0);
    let heard = |scene: &mut Scene, what| {
        let news = scene.news(vec![what]);
        news.pulses.into_iter().map(|(_, pulse, body)| (pulse, body)).next()
    };
    assert_eq!(heard(&mut scene, What::Starts(Step::Begin)), None, "nobody watches");
    Arc::make_mut(&mut scene.job).notify.ping = Some(super::super::tests::ping("https://hc.example.org/secret-uuid"));
    assert_eq!(heard(&mut scene, What::Starts(Step::Begin)), Some((Pulse::Start, "run r0 begins".into())));
    assert_eq!(heard(&mut scene, What::Again(FAILED)), None);
    assert_eq!(heard(&mut scene, What::Starts(Step::Resume)), None);
    assert_eq!(heard(&mut scene, What::Ended(Outcome::Done)), Some((Pulse::Success, "run r0 done".into())));
    let failed = (Pulse::Fail, "run r0: failed with exit code 1".to_owned());
    assert_eq!(heard(&mut scene, What::Ended(FAILED)), Some(failed));
    assert_eq!(heard(&mut scene, What::Ended(Outcome::Held)), Some((Pulse::Fail, "run r0: held by a brake".into())));
    assert_eq!(heard(&mut scene, What::Ended(Outcome::Interrupted)), None);
}

#[test]
fn a_job_that_names_nobody_is_not_even_remembered() {
    let mut scene = Scene::after(1, 0);
    Arc::make_mut(&mut scene.job).notify.mail = None;
    assert_eq!(scene.ends(FAILED), NOBODY);
    assert!(scene.told.is_empty());
}

#[test]
fn the_words_of_states_are_those_of_the_store() {
    for state in State::ALL {
        assert_eq!(State::parse(state.word()), Some(state));
    }
    assert_eq!(State::parse("odd"), None);
}

#[test]
fn an_event_that_reached_no_job_is_told_with_the_delivery_to_replay() {
    let mut scene = Scene::after(1, 0);
    let unread = Why::Unread { delivery: 5, people: 2, why: "Mobilize answered 503".into() };
    let what = What::Missed { why: unread, folded: 0 };
    let news = scene.news(vec![what.clone()]);
    let message = &news.messages[0].1;
    assert_eq!(message.title(), "nightly did not run");
    assert_eq!(message.next, ["beadle webhook show 5 --sandbox", "beadle webhook replay 5 --sandbox"]);
    assert_eq!(message.why.as_deref(), Some("2 people of delivery 5 could not be read: Mobilize answered 503"));
    assert_eq!(scene.turn(vec![what]), NOBODY, "told already");
}
