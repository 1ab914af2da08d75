use std::collections::HashMap;

use serde_json::json;

use super::{
    ACCOUNT, Desk, add, all, answer, begin, done, failed, group, import, name, permit, piece, remove, share, why,
};
use crate::effects::{Error, Intent, Outcome, State, Why};

#[tokio::test]
async fn a_resumed_run_is_answered_what_it_did_before() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let sent = permit(&first, &name("7", "Ada")).await;
    first.settle(sent, share(0, json!({ "id": "7", "name": "Ada" }))).await.unwrap();
    drop(first);
    let resumed = desk.resume("r1").await;
    let answered = answer(&resumed, &name("7", "Ada")).await;
    assert_eq!(answered.why, Why::Done { attempt: 1 });
    assert_eq!(answered.share, Some(json!({ "id": "7", "name": "Ada" })));
}

#[tokio::test]
async fn a_new_run_starts_with_an_empty_memory() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    done(&first, &name("7", "Ada")).await;
    drop(first);
    done(&desk.run("r2").await, &name("7", "Ada")).await;
}

#[tokio::test]
async fn add_remove_add_in_one_run_are_three_effects_also_when_it_is_resumed() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    done(&first, &add("7")).await;
    done(&first, &remove("7")).await;
    done(&first, &add("7")).await;
    let rows = desk.store.effects_of("r1", 0, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.ordinal).collect::<Vec<_>>(), [1, 2, 3]);
    drop(first);
    let resumed = desk.resume("r1").await;
    for piece in [add("7"), remove("7"), add("7")] {
        assert_eq!(why(&resumed, &piece).await, Why::Done { attempt: 1 });
    }
    done(&resumed, &remove("7")).await;
}

#[tokio::test]
async fn the_first_difference_supersedes_the_rest_for_that_subject_only() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    for piece in [name("7", "x"), name("7", "y"), name("8", "x"), name("7", "x")] {
        done(&first, &piece).await;
    }
    drop(first);
    let resumed = desk.resume("r1").await;
    assert_eq!(why(&resumed, &name("7", "x")).await, Why::Done { attempt: 1 });
    done(&resumed, &name("7", "z")).await;
    done(&resumed, &name("7", "x")).await;
    let left = resumed.no_longer_asked().await.unwrap();
    let left: Vec<_> = left.iter().map(|row| (row.subject.as_str(), row.ordinal)).collect();
    assert_eq!(left, [("7", 2), ("8", 1), ("7", 3)], "done and no longer asked for");
    assert_eq!(why(&resumed, &name("8", "x")).await, Why::Done { attempt: 1 });
    assert_eq!(resumed.no_longer_asked().await.unwrap().len(), 2);
    drop(resumed);

    let third = desk.resume("r1").await;
    for (piece, attempt) in [(name("7", "x"), 1), (name("7", "z"), 2), (name("7", "x"), 2)] {
        assert_eq!(why(&third, &piece).await, Why::Done { attempt });
    }
}

#[tokio::test]
async fn a_failed_write_is_sent_again_by_a_resumed_run() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let sent = permit(&first, &add("7")).await;
    first.settle(sent, failed()).await.unwrap();
    drop(first);
    let resumed = desk.resume("r1").await;
    done(&resumed, &add("7")).await;
    let tally = resumed.tally().await.unwrap();
    let tally: Vec<_> = tally.iter().map(|one| (one.operation.as_str(), one.state, one.count)).collect();
    assert_eq!(tally, [("members.add", State::Done, 1)], "counted as what came of it");
}

#[tokio::test]
async fn a_permit_covers_only_the_people_that_remain() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    done(&first, &import(&["a@x.example", "c@x.example"])).await;
    drop(first);
    let resumed = desk.resume("r1").await;
    let all_three = import(&["a@x.example", "b@x.example", "c@x.example"]);
    let begun = begin(&resumed, &all_three).await;
    let permit = begun.permit.unwrap();
    assert_eq!(permit.places(), [1]);
    assert_eq!((permit.effect(0), permit.effect(1).is_some()), (None, true));
    let refused = resumed.settle(permit, share(0, json!({}))).await.unwrap_err();
    assert!(matches!(refused, Error::NotCovered(0)), "{refused}");
    let rows = desk.store.effects_of("r1", 0, 10).await.unwrap();
    assert_eq!(rows.last().unwrap().state, "open", "a refused outcome writes nothing");
    assert_eq!(rows.last().unwrap().wanted, json!({ "fields": { "email": "b@x.example" } }));
    assert_eq!(rows.last().unwrap().address.as_deref(), Some("b@x.example"));
}

#[tokio::test]
async fn when_nothing_remains_nothing_is_written() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    done(&first, &add("7")).await;
    drop(first);
    let resumed = desk.resume("r1").await;
    why(&resumed, &add("7")).await;
    assert_eq!(desk.store.effects_of("r1", 0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_tells_of_each_leaves_the_unnamed_in_doubt() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &import(&["a@x.example", "b@x.example", "c@x.example"])).await;
    let done = HashMap::from([(0, json!({ "id": "1" }))]);
    let failed = HashMap::from([(1, "address refused".to_owned())]);
    run.settle(sent, Outcome::Each { done, failed }).await.unwrap();
    let rows = desk.store.effects_of("r1", 0, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.state.as_str()).collect::<Vec<_>>(), ["done", "failed", "doubt"]);
    assert_eq!(rows[0].share, Some(json!({ "id": "1" })));
    assert_eq!(rows[1].error.as_deref(), Some("address refused"));
}

#[tokio::test]
async fn a_group_that_this_run_made_is_not_made_again() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &group("Berlin")).await;
    run.settle(sent, share(0, json!({ "id": 99 }))).await.unwrap();
    let answered = answer(&run, &group(" berlin ")).await;
    assert_eq!((answered.why, answered.share), (Why::Done { attempt: 1 }, Some(json!({ "id": 99 }))));
}

#[tokio::test]
async fn a_group_that_an_earlier_run_made_must_be_seen_before_it_is_used_or_made_again() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let sent = permit(&first, &group("Berlin")).await;
    first.settle(sent, share(0, json!({ "id": 99 }))).await.unwrap();
    drop(first);
    let second = desk.run("r2").await;
    let answered = answer(&second, &group("Berlin")).await;
    assert_eq!((answered.why, answered.share), (Why::Made { run: "r1".into() }, Some(json!({ "id": 99 }))));
    second.forget_object(ACCOUNT, "groups.create", &group("Berlin").subjects[0].0).await.unwrap();
    done(&second, &group("Berlin")).await;
}

#[tokio::test]
async fn what_this_store_has_deleted_may_be_made_again() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let user = piece("users", "create", json!({ "email": "ada@x.example" }));
    let gone = piece("users", "delete", json!({ "user_id": "5" }));
    for id in ["5", "6"] {
        let sent = permit(&run, &user).await;
        run.settle(sent, share(0, json!({ "id": id }))).await.unwrap();
        if id == "5" {
            done(&run, &gone).await;
        }
    }
    drop(run);
    let resumed = desk.resume("r1").await;
    assert_eq!(answer(&resumed, &user).await.share, Some(json!({ "id": "5" })));
    assert_eq!(why(&resumed, &gone).await, Why::Done { attempt: 1 });
    assert_eq!(answer(&resumed, &user).await.share, Some(json!({ "id": "6" })));
}

#[tokio::test]
async fn a_group_that_could_not_be_made_is_not_remembered() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &group("Berlin")).await;
    run.settle(sent, failed()).await.unwrap();
    done(&run, &group("Berlin")).await;
}

#[tokio::test]
async fn a_write_is_settled_once() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &add("7")).await;
    let effect = sent.effect(0).unwrap();
    run.settle(sent, all()).await.unwrap();
    for refused in [
        run.settle_doubt(effect, crate::effects::Settled::NotApplied, "ada").await.unwrap_err(),
        run.keep_doubt(effect, "why").await.unwrap_err(),
    ] {
        assert!(matches!(refused, Error::Step { state: "done", .. }), "{refused}");
    }
    assert!(matches!(run.seen(&[4_711]).await, Err(Error::Missing(4_711))));
}

#[tokio::test]
async fn removals_are_counted_by_group_by_days_and_by_run() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    done(&first, &remove("1")).await;
    desk.clock.advance_ms(5 * super::DAY);
    done(&first, &remove("2")).await;
    let not_known = permit(&first, &remove("3")).await;
    first.settle(not_known, super::lost()).await.unwrap();
    let nothing = permit(&first, &remove("4")).await;
    first.settle(nothing, failed()).await.unwrap();
    drop(first);
    let second = desk.run("r2").await;
    done(&second, &remove("5")).await;
    assert_eq!(lately(&second, "12").await, 4, "also the one in doubt, not the failed one");
    assert_eq!(lately(&second, "13").await, 0);
    assert_eq!(second.removed(ACCOUNT, "12", 7).await.unwrap().by_this_run.len(), 1);
    desk.clock.advance_ms(3 * super::DAY);
    assert_eq!(lately(&second, "12").await, 3, "the first was eight days ago");
}

#[tokio::test]
async fn the_intent_keeps_what_a_look_up_will_need() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let before = HashMap::from([("7".to_owned(), json!({ "last_invited_in": 5 }))]);
    let intent = Intent { before, ..Intent::default() };
    let permit = run.begin(ACCOUNT, &add("7"), &intent).await.unwrap().permit.unwrap();
    drop((permit, run));
    let resumed = desk.resume("r1").await;
    let doubt = &begin(&resumed, &add("7")).await.doubts[0].1;
    assert_eq!(doubt.before, json!({ "last_invited_in": 5 }));
    assert_eq!(doubt.wanted, json!({ "group_id": "12", "user_id": "7" }));
    assert_eq!((doubt.operation.as_str(), doubt.subject.group.as_deref()), ("members.add", Some("12")));
}

async fn lately(ledger: &super::Ledger, group: &str) -> usize {
    let removed = ledger.removed(ACCOUNT, group, 7).await.unwrap();
    removed.by_others.union(&removed.by_this_run).count()
}
