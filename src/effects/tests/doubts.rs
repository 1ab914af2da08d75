use serde_json::json;

use super::{ACCOUNT, Desk, add, all, begin, done, group, import, invite, lost, name, permit, remove, why};
use crate::effects::{Error, Intent, Settled, Why, settle_doubts};

#[tokio::test]
async fn a_dropped_permit_leaves_a_doubt_for_the_next_attempt() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    drop(permit(&first, &add("7")).await);
    drop(first);
    let resumed = desk.resume("r1").await;
    let begun = begin(&resumed, &add("7")).await;
    assert!(begun.permit.is_none() && begun.answered.is_empty());
    let [(0, doubt)] = &begun.doubts[..] else { panic!("{begun:?}") };
    assert_eq!((doubt.operation.as_str(), doubt.job.as_deref()), ("members.add", None));
}

#[tokio::test]
async fn a_doubt_that_is_proved_is_answered_with_what_the_platform_holds() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let sent = permit(&first, &group("Berlin")).await;
    let effect = sent.effect(0).unwrap();
    first.settle(sent, lost()).await.unwrap();
    drop(first);
    let resumed = desk.resume("r1").await;
    resumed.settle_doubt(effect, Settled::Applied(Some(json!({ "id": "9" }))), "look-up").await.unwrap();
    let answered = super::answer(&resumed, &group("Berlin")).await;
    assert_eq!((answered.why, answered.share), (Why::Done { attempt: 1 }, Some(json!({ "id": "9" }))));
    let row = desk.store.effects_of("r1", 0, 1).await.unwrap().remove(0);
    assert_eq!((row.state.as_str(), row.settled_by.as_deref()), ("applied", Some("look-up")));
    assert_eq!(row.error.as_deref(), Some("no answer within 60 s"), "why it was in doubt stays readable");
}

#[tokio::test]
async fn a_doubt_that_is_disproved_frees_its_subject() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    drop(permit(&first, &add("7")).await);
    drop(first);
    let resumed = desk.resume("r1").await;
    let effect = begin(&resumed, &add("7")).await.doubts[0].1.effect;
    resumed.settle_doubt(effect, Settled::NotApplied, "look-up").await.unwrap();
    done(&resumed, &add("7")).await;
}

#[tokio::test]
async fn a_doubt_is_looked_up_in_the_same_run_before_the_same_write() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &add("7")).await;
    run.settle(sent, lost()).await.unwrap();
    assert_eq!(begin(&run, &add("7")).await.doubts.len(), 1);
}

#[tokio::test]
async fn a_job_is_followed_and_never_submitted_again() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let sent = permit(&first, &import(&["a@x.example", "b@x.example"])).await;
    first.accept(&sent, "job-5").await.unwrap();
    drop((sent, first));
    let resumed = desk.resume("r1").await;
    let begun = begin(&resumed, &import(&["a@x.example", "b@x.example"])).await;
    assert!(begun.permit.is_none());
    assert_eq!(begun.doubts.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 1]);
    assert!(begun.doubts.iter().all(|(_, doubt)| doubt.job.as_deref() == Some("job-5")));
    for (_, doubt) in &begun.doubts {
        resumed.settle_doubt(doubt.effect, Settled::Applied(None), "look-up").await.unwrap();
    }
    assert!(resumed.doubts(ACCOUNT, 0).await.unwrap().is_empty());
    let begun = begin(&resumed, &import(&["a@x.example", "b@x.example"])).await;
    assert!(begun.answered.iter().all(|one| one.why == Why::Done { attempt: 1 }) && begun.answered.len() == 2);
}

#[tokio::test]
async fn an_accepted_call_is_settled_by_its_own_permit() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &import(&["a@x.example"])).await;
    run.accept(&sent, "job-5").await.unwrap();
    assert!(run.accept(&sent, "job-6").await.is_err(), "a call has one job");
    run.settle(sent, all()).await.unwrap();
    assert!(run.doubts(ACCOUNT, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_doubt_of_a_dead_run_comes_before_any_other_write_to_the_subject() {
    let desk = Desk::new().await;
    let dead = desk.run("r1").await;
    drop(permit(&dead, &remove("7")).await);
    drop(dead);
    let run = desk.run("r2").await;
    let begun = begin(&run, &name("7", "Ada")).await;
    assert_eq!(begun.doubts[0].1.operation, "members.remove");
    let loose = run.doubts(ACCOUNT, 0).await.unwrap();
    assert_eq!((loose.len(), loose[0].run.as_str(), loose[0].mails), (1, "r1", false));
    done(&run, &name("8", "Bob")).await;
}

#[tokio::test]
async fn a_person_in_doubt_by_address_is_the_same_person_by_id() {
    let desk = Desk::new().await;
    let dead = desk.run("r1").await;
    drop(permit(&dead, &import(&["ada@x.example"])).await);
    drop(dead);
    let run = desk.run("r2").await;
    let intent = Intent { addresses: [("7".to_owned(), "ada@x.example".to_owned())].into(), ..Intent::default() };
    let begun = run.begin(ACCOUNT, &remove("7"), &intent).await.unwrap();
    assert_eq!(begun.doubts[0].1.operation, "bulk.create_members");
}

#[tokio::test]
async fn what_another_live_run_works_on_is_left_to_it() {
    let desk = Desk::new().await;
    let busy = desk.run("r1").await;
    let sent = permit(&busy, &remove("7")).await;
    let run = desk.run("r2").await;
    let elsewhere = Why::Elsewhere { run: "r1".into() };
    assert_eq!(why(&run, &name("7", "Ada")).await, elsewhere);
    assert!(run.doubts(ACCOUNT, 0).await.unwrap().is_empty(), "its rows are no doubts");
    let refused = run.settle_doubt(sent.effect(0).unwrap(), Settled::Applied(None), "ada").await.unwrap_err();
    assert!(matches!(refused, Error::Alive { .. }), "{refused}");
    busy.settle(sent, all()).await.unwrap();
    done(&run, &name("7", "Ada")).await;
}

#[tokio::test]
async fn a_person_settles_a_doubt_without_any_run() {
    let desk = Desk::new().await;
    let dead = desk.run("r1").await;
    let sent = permit(&dead, &invite("12", &["7"])).await;
    let effect = sent.effect(0).unwrap();
    dead.settle(sent, lost()).await.unwrap();
    dead.keep_doubt(effect, "the platform has not recorded it").await.unwrap();
    drop(dead);
    settle_doubts(&desk.store, &desk.clock, &[effect], &Settled::Applied(None), "ada").await.unwrap();
    let run = desk.run("r2").await;
    assert!(matches!(why(&run, &invite("12", &["7"])).await, Why::Mailed { .. }));
}

#[tokio::test]
async fn a_person_settles_all_that_is_named_or_nothing() {
    let desk = Desk::new().await;
    let dead = desk.run("r1").await;
    let sent = permit(&dead, &invite("12", &["7", "8", "9"])).await;
    let effects: Vec<i64> = (0..3).map(|place| sent.effect(place).unwrap()).collect();
    dead.settle(sent, lost()).await.unwrap();
    let settle = |which: Vec<i64>| {
        let (store, clock) = (desk.store.clone(), desk.clock.clone());
        async move { settle_doubts(&store, &clock, &which, &Settled::NotApplied, "ada: asked them").await }
    };
    let refused = settle(effects.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::Alive { ref run, .. } if run == "r1"), "{refused}");
    drop(dead);
    let states = async || {
        let rows = desk.store.effects_of("r1", 0, 9).await.unwrap();
        rows.into_iter().map(|row| row.state).collect::<Vec<_>>()
    };
    let refused = settle([&effects[..], &[99]].concat()).await.unwrap_err();
    assert!(matches!(refused, Error::Missing(99)), "{refused}");
    assert_eq!(states().await, ["doubt", "doubt", "doubt"], "what came before the unknown one is not settled either");
    settle(effects[..2].to_vec()).await.unwrap();
    assert_eq!(states().await, ["not_applied", "not_applied", "doubt"]);
    assert_eq!(desk.store.calls_of("r1", 0, 9).await.unwrap()[0].state, "doubt");
    let refused = settle(effects.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::Step { state: "not_applied", .. }), "{refused}");
    settle(effects[2..].to_vec()).await.unwrap();
    assert_eq!(desk.store.calls_of("r1", 0, 9).await.unwrap()[0].state, "settled", "all of its effects are at rest");
    let row = desk.store.effects_of("r1", 0, 1).await.unwrap().remove(0);
    assert_eq!((row.settled_by.as_deref(), row.settled_at), (Some("ada: asked them"), Some(desk.clock.now_ms())));
}

#[tokio::test]
async fn a_doubt_that_stays_may_be_passed_by_another_operation_only() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &invite("12", &["7"])).await;
    let effect = sent.effect(0).unwrap();
    run.settle(sent, lost()).await.unwrap();
    let passing = Intent { despite: [effect].into(), ..Intent::default() };
    assert_eq!(begin(&run, &remove("7")).await.doubts.len(), 1, "never without having looked");
    let removal = run.begin(ACCOUNT, &remove("7"), &passing).await.unwrap().permit.unwrap();
    run.settle(removal, all()).await.unwrap();
    assert_eq!(run.begin(ACCOUNT, &invite("12", &["7"]), &passing).await.unwrap().doubts.len(), 1);
}

#[tokio::test]
async fn what_this_process_is_sending_right_now_is_no_doubt() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &add("7")).await;
    let effect = sent.effect(0).unwrap();
    assert_eq!(why(&run.clone(), &add("7")).await, Why::Elsewhere { run: "r1".into() });
    assert!(run.doubts(ACCOUNT, 0).await.unwrap().is_empty());
    let refused = run.settle_doubt(effect, Settled::NotApplied, "look-up").await.unwrap_err();
    assert!(matches!(refused, Error::Alive { .. }), "{refused}");
    drop(sent);
    assert_eq!(run.doubts(ACCOUNT, 0).await.unwrap().len(), 1);
    run.settle_doubt(effect, Settled::NotApplied, "look-up").await.unwrap();
}

#[tokio::test]
async fn doubts_wait_for_their_settle_time() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &invite("12", &["7"])).await;
    run.settle(sent, lost()).await.unwrap();
    assert!(run.doubts(ACCOUNT, 60_000).await.unwrap().is_empty());
    desk.clock.advance_ms(60_000);
    let due = run.doubts(ACCOUNT, 60_000).await.unwrap();
    assert!(due.len() == 1 && due[0].mails);
}

#[tokio::test]
async fn what_was_proved_about_one_of_a_call_does_not_revive_another() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let groups = json!({ "groups": [{ "name": "a" }, { "name": "b" }] });
    let both = super::piece("bulk", "create_groups", groups);
    let sent = permit(&run, &both).await;
    let effect = sent.effect(1).unwrap();
    let done = [(0, json!({ "id": "1" }))].into();
    run.settle(sent, crate::effects::Outcome::Each { done, failed: Default::default() }).await.unwrap();
    run.forget_object(ACCOUNT, "bulk.create_groups", &both.subjects[0].0).await.unwrap();
    run.settle_doubt(effect, Settled::Applied(Some(json!({ "id": "2" }))), "look-up").await.unwrap();
    let begun = begin(&run, &both).await;
    assert_eq!(begun.permit.unwrap().places(), [0], "it was gone and may be made again");
}
