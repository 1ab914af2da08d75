use serde_json::json;

use super::tests::run;
use super::{JobRow, PauseRow, RunState, Store, TickFilter, TickRow};

fn tick(job: &str, at: i64, state: &str) -> TickRow {
    TickRow {
        job: job.into(),
        scheduled_at: at,
        due_at: at + 5,
        cause: "schedule".into(),
        made_up: false,
        state: state.into(),
        why: Some("it's \"so\"".into()),
        folded: 0,
        run: Some(format!("run-{at}")),
        tries: 1,
        decided_at: at + 7,
        begun_at: None,
        ended_at: None,
    }
}

fn job(name: &str, decided_to: i64) -> JobRow {
    JobRow {
        name: name.into(),
        timetable: "0 2 * * * UTC".into(),
        decided_to,
        failures: 2,
        last_done: None,
        unfinished: Some("run-1".into()),
    }
}

#[tokio::test]
async fn a_moment_has_one_row_however_often_it_is_decided() {
    let store = Store::in_memory().await.unwrap();
    let running = TickRow { begun_at: Some(11), ..tick("a", 10, "running") };
    store.keep_turn(&[job("a", 10)], &[tick("a", 10, "waiting"), tick("b", 10, "skipped")]).await.unwrap();
    store.keep_turn(&[job("a", 20)], std::slice::from_ref(&running)).await.unwrap();
    assert_eq!(store.open_ticks().await.unwrap(), std::slice::from_ref(&running));
    let done = TickRow { state: "done".into(), ended_at: Some(30), why: None, ..running.clone() };
    store.keep_turn(&[], &[TickRow { begun_at: None, ..done.clone() }]).await.unwrap();
    let all = store.ticks(&TickFilter::default()).await.unwrap();
    assert_eq!(all, [done, tick("b", 10, "skipped")], "when it began is kept");
    assert_eq!(store.job_rows().await.unwrap(), [job("a", 20)]);
}

#[tokio::test]
async fn ticks_are_found_by_job_and_time_and_forgotten_when_they_are_old() {
    let store = Store::in_memory().await.unwrap();
    let ticks: Vec<TickRow> = (0..10).map(|at| tick(if at % 2 == 0 { "a" } else { "b" }, at, "done")).collect();
    store.keep_turn(&[], &ticks).await.unwrap();
    store.keep_turn(&[], &[tick("a", 0, "waiting")]).await.unwrap();
    let filter = TickFilter { job: Some("a".into()), from: Some(2), to: Some(7), most: 2, after: None };
    let found: Vec<i64> = store.ticks(&filter).await.unwrap().iter().map(|tick| tick.scheduled_at).collect();
    assert_eq!(found, [6, 4]);
    assert_eq!(store.forget_ticks(12).await.unwrap(), 4, "decided before 12: 1 to 4; what waits is kept");
    assert_eq!(store.ticks(&TickFilter::default()).await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_pause_is_one_a_job() {
    let store = Store::in_memory().await.unwrap();
    let pause = |until| PauseRow { job: "a".into(), until, reason: "holidays".into(), who: "ann".into(), at: 1 };
    store.pause_job(&pause(None)).await.unwrap();
    store.pause_job(&pause(Some(9))).await.unwrap();
    assert_eq!(store.pauses().await.unwrap(), [pause(Some(9))]);
    assert!(store.unpause_job("a").await.unwrap());
    assert!(!store.unpause_job("a").await.unwrap());
}

#[tokio::test]
async fn a_moment_says_how_its_run_ended_that_was_gone_on_with_later() {
    let store = Store::in_memory().await.unwrap();
    for (at, state, code, wanted) in [
        (1, "interrupted", 0, ("done", None)),
        (2, "held", 5, ("partial", None)),
        (3, "killed", 1, ("failed", Some("gone on with later: exit code 1"))),
        (4, "failed", 4, ("held", Some("gone on with later: exit code 4"))),
        (5, "running", 0, ("running", Some("it's \"so\""))),
        (6, "waiting", 1, ("waiting", Some("it's \"so\""))),
    ] {
        store.keep_turn(&[], &[tick("a", at, state)]).await.unwrap();
        let run = run(&format!("run-{at}"), 1);
        store.start_run(&run).await.unwrap();
        store.end_run(&run.id, RunState::Done, code, &json!({}), 99).await.unwrap();
        let row = store.ticks(&TickFilter::default()).await.unwrap().remove(0);
        assert_eq!((row.state.as_str(), row.why.as_deref()), wanted, "{state} {code}");
    }
}
