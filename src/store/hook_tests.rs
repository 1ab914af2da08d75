use serde_json::json;

use super::*;

async fn with_hook() -> Store {
    let store = Store::in_memory().await.unwrap();
    let mut writing = store.writing().await.unwrap();
    assert!(writing.keep_hook("crm", "main", 1).await.unwrap());
    writing.keep_secret("crm", "aa", 1, 1).await.unwrap();
    writing.commit().await.unwrap();
    store
}

async fn keep(store: &Store, key: &str, at: i64) -> Option<i64> {
    let new = NewDelivery { hook: "crm", key, received_at: at, body: b"{}", notices: 3, replay_of: None };
    let mut writing = store.writing().await.unwrap();
    let kept = writing.keep_delivery(&new).await.unwrap();
    writing.commit().await.unwrap();
    kept
}

async fn live(store: &Store, now: i64) -> Vec<String> {
    let mut digests: Vec<String> = store.live_secrets(now).await.unwrap().into_iter().map(|row| row.digest).collect();
    digests.sort();
    digests
}

#[tokio::test]
async fn a_secret_that_was_replaced_holds_until_its_end_and_one_that_was_removed_no_longer() {
    let store = with_hook().await;
    let mut writing = store.writing().await.unwrap();
    writing.keep_secret("crm", "bb", 10, 100).await.unwrap();
    writing.commit().await.unwrap();
    assert_eq!(live(&store, 99).await, ["aa", "bb"]);
    assert_eq!(live(&store, 100).await, ["bb"]);
    let mut writing = store.writing().await.unwrap();
    writing.keep_secret("crm", "cc", 20, 1_000).await.unwrap();
    writing.commit().await.unwrap();
    assert_eq!(live(&store, 99).await, ["aa", "bb", "cc"]);
    assert_eq!(live(&store, 100).await, ["bb", "cc"], "what ends sooner is not prolonged");
    let mut writing = store.writing().await.unwrap();
    assert!(writing.remove_hook("crm", 50).await.unwrap());
    assert!(!writing.remove_hook("crm", 50).await.unwrap());
    writing.commit().await.unwrap();
    assert!(live(&store, 50).await.is_empty());
    assert_eq!(store.hooks().await.unwrap()[0].removed_at, Some(50));
    let mut writing = store.writing().await.unwrap();
    assert!(writing.keep_hook("crm", "other", 60).await.unwrap(), "it can be made again");
    assert!(!writing.keep_hook("crm", "third", 61).await.unwrap(), "but not twice");
    writing.commit().await.unwrap();
    let hook = &store.hooks().await.unwrap()[0];
    assert_eq!((hook.connection.as_str(), hook.removed_at), ("other", None));
}

#[tokio::test]
async fn a_delivery_that_comes_again_is_the_same_row_and_is_counted() {
    let store = with_hook().await;
    assert_eq!(keep(&store, "job x", 5).await, Some(1));
    assert_eq!(keep(&store, "job x", 6).await, None);
    assert_eq!(keep(&store, "job y", 7).await, Some(2));
    let rows = store.deliveries(Some("crm"), i64::MAX, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.seq, row.repeats)).collect::<Vec<_>>(), [(2, 0), (1, 1)]);
    assert_eq!(rows[1].received_at, 5);
    assert!(store.deliveries(Some("other"), i64::MAX, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_put_off_lets_the_next_one_pass_and_comes_again_in_its_time() {
    let store = with_hook().await;
    keep(&store, "a", 5).await;
    keep(&store, "b", 6).await;
    let due = |now: i64, busy: Vec<String>| {
        let store = store.clone();
        async move { store.due_delivery((now, now + 1_000), &busy, &[]).await.unwrap().map(|(row, _)| row.key) }
    };
    assert_eq!(due(4, vec![]).await, None);
    assert_eq!(due(9, vec![]).await.as_deref(), Some("a"));
    assert_eq!(due(9, vec!["crm".into()]).await, None);
    let behind = store.due_delivery((9, 1_009), &[], &[1]).await.unwrap();
    assert_eq!(behind.map(|(row, _)| row.key).as_deref(), Some("b"), "what is worked on is passed");
    let mut writing = store.writing().await.unwrap();
    writing.put_off(1, 9, 50, "down").await.unwrap();
    writing.commit().await.unwrap();
    assert_eq!(due(9, vec![]).await.as_deref(), Some("b"));
    assert_eq!(due(50, vec![]).await.as_deref(), Some("a"));
    let mut writing = store.writing().await.unwrap();
    assert!(writing.end_delivery(2, 60, &DeliveryCounts::default(), None).await.unwrap());
    assert!(!writing.end_delivery(2, 60, &DeliveryCounts::default(), None).await.unwrap());
    writing.commit().await.unwrap();
    assert_eq!(store.next_delivery_at(&[], &[]).await.unwrap(), Some(50));
    assert_eq!(store.next_delivery_at(&[], &[1]).await.unwrap(), None);
    let row = store.delivery(1).await.unwrap().unwrap();
    assert_eq!((row.tries, row.first_try_at, row.trouble.as_deref()), (1, Some(9), Some("down")));
}

#[tokio::test]
async fn of_what_stands_aside_only_the_newest_are_kept() {
    let store = with_hook().await;
    for place in 0..5 {
        let aside =
            AsideRow { seq: 0, hook: "crm".into(), at: place, why: "no JSON".into(), size: 9, body: vec![0, 255] };
        let mut writing = store.writing().await.unwrap();
        writing.keep_aside(&aside, 3).await.unwrap();
        writing.commit().await.unwrap();
    }
    let asides = store.asides(Some("crm")).await.unwrap();
    assert_eq!(asides.iter().map(|aside| aside.at).collect::<Vec<_>>(), [4, 3, 2]);
    assert_eq!(asides[0].body, [0, 255]);
}

#[tokio::test]
async fn a_run_is_asked_for_once_taken_once_and_ended_once() {
    let store = with_hook().await;
    keep(&store, "a", 5).await;
    let trigger = |run: &str, job: &str| TriggerRow {
        run: run.into(),
        job: job.into(),
        delivery: 1,
        events: json!([{ "topic": "user.created" }]),
        made_at: 7,
        state: TriggerState::Waiting,
        ended_how: None,
        tries: 0,
        due_at: None,
        why: None,
    };
    let mut writing = store.writing().await.unwrap();
    writing.keep_trigger(&trigger("r1", "welcome")).await.unwrap();
    writing.keep_trigger(&trigger("r2", "count")).await.unwrap();
    writing.commit().await.unwrap();
    let mut writing = store.writing().await.unwrap();
    assert!(matches!(writing.keep_trigger(&trigger("r3", "welcome")).await, Err(Error::Twice { .. })));
    writing.leave().await.unwrap();

    assert_eq!(store.waiting_triggers(9).await.unwrap(), [trigger("r1", "welcome"), trigger("r2", "count")]);
    let mut writing = store.writing().await.unwrap();
    assert!(writing.trigger_started("r1", 8).await.unwrap());
    assert!(!writing.trigger_started("r1", 8).await.unwrap());
    writing.commit().await.unwrap();
    assert_eq!(store.waiting_triggers(9).await.unwrap().len(), 1);
    assert_eq!(store.started_triggers().await.unwrap()[0].run, "r1");
    let mut writing = store.writing().await.unwrap();
    assert!(writing.trigger_ended("r1", 9, "done").await.unwrap());
    assert!(!writing.trigger_ended("r1", 9, "done").await.unwrap());
    writing.commit().await.unwrap();
    assert!(store.started_triggers().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_done_is_forgotten_with_all_that_hangs_on_it_and_what_has_open_runs_is_not() {
    let store = with_hook().await;
    for (place, key) in ["done", "open run", "waiting"].iter().enumerate() {
        let seq = keep(&store, key, place as i64).await.unwrap();
        let mut writing = store.writing().await.unwrap();
        assert_eq!(writing.keep_notice("crm", key, seq).await.unwrap(), None);
        assert_eq!(writing.keep_notice("crm", key, seq + 1).await.unwrap(), Some(seq));
        let idle = IdleRow {
            delivery: seq,
            why: IdleWhy::Known,
            topic: "user.created".into(),
            told_by: Some(7),
            count: 1,
            people: vec!["1001".into()],
        };
        writing.keep_idle(&idle).await.unwrap();
        let run = TriggerRow {
            run: (*key).into(),
            job: "j".into(),
            delivery: seq,
            events: json!([]),
            made_at: 1,
            state: TriggerState::Waiting,
            ended_how: None,
            tries: 0,
            due_at: None,
            why: None,
        };
        writing.keep_trigger(&run).await.unwrap();
        if *key != "waiting" {
            writing.end_delivery(seq, 10, &DeliveryCounts::default(), None).await.unwrap();
        }
        if *key == "done" {
            writing.trigger_ended(key, 10, "done").await.unwrap();
        }
        writing.commit().await.unwrap();
    }
    let forget = |before: i64| {
        let store = store.clone();
        async move {
            let mut writing = store.writing().await.unwrap();
            let count = writing.forget_deliveries(before).await.unwrap();
            writing.commit().await.unwrap();
            count
        }
    };
    assert_eq!(forget(10).await, 0);
    assert_eq!(forget(11).await, 1);
    let left: Vec<String> = store.deliveries(None, i64::MAX, 9).await.unwrap().into_iter().map(|row| row.key).collect();
    assert_eq!(left, ["waiting", "open run"]);
}
