//! What a daemon makes of what it finds: of a clock that was ahead, and of what the one before it has left.

use super::*;
use crate::settings::{Missed, Which};
use crate::store::{NewDelivery, UnreadRow};

#[tokio::test]
async fn a_run_whose_job_is_gone_is_named_with_the_command_that_goes_on_with_it_and_its_moment_was_not_skipped() {
    let scene = Scene::of(vec![job("sync", "0 * * * *"), job("other", "0 * * * *")]).await;
    let mut served = scene.serve().await;
    scene.now(&served, "22T01:00");
    let mut begun = [served.next().await, served.next().await];
    begun.sort_by_key(|begun| begun.errand.job.clone());
    let run = begun[1].errand.run.clone();
    scene.write_run(&run).await;
    served.killed().await;

    scene.jobs.lock().unwrap().clear();
    let served = scene.serve().await;
    let rows = scene.store.ticks(&TickFilter::default()).await.unwrap();
    let stands: Vec<_> = rows.into_iter().map(|row| (row.job, row.state, row.why.unwrap())).collect();
    let why = format!(
        "interrupted, can be resumed; the job is no longer there, and `beadle resume {run} --sandbox` goes on with it"
    );
    assert_eq!(
        stands,
        [
            ("other".to_owned(), "skipped".to_owned(), "the job is no longer there".to_owned()),
            ("sync".to_owned(), "interrupted".to_owned(), why.clone())
        ],
        "the process of the first never began"
    );
    assert!(scene.said.0.lock().unwrap().contains(&format!("sync: run {run}: {why}")));
    served.stop.cancel();
    served.task.await.unwrap();
}

fn all(name: &str) -> Job {
    let missed = Missed { which: Which::All, window: Duration::from_secs(7 * 86_400), most: 3 };
    Job { missed, ..job(name, "0 * * * *") }
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_decided_is_forgotten_but_for_what_ran_which_keeps_its_row_and_runs_once() {
    let scene = Scene::of(vec![all("all")]).await;
    let mut served = scene.serve().await;
    scene.now(&served, "23T00:30");
    let first = served.next().await;
    assert_eq!(first.errand.scheduled_at, Some(at("22T22:00")));
    first.ends.send(0).unwrap();
    let second = served.next().await;
    assert_eq!(second.errand.scheduled_at, Some(at("22T23:00")));

    scene.now(&served, "22T00:30");
    scene.until_open(1).await;
    second.ends.send(0).unwrap();
    scene.until_open(0).await;
    let rows = ["all 22:00 done", "all 23:00 done"];
    assert_eq!(scene.ticks("done").await, rows, "that of midnight is decided when it comes, and so are those before");
    served.stop.cancel();
    served.task.await.unwrap();
    assert!(served.begun.recv().await.is_none(), "nothing else began");

    // Another daemon knows it as well.
    let mut served = scene.serve().await;
    scene.now(&served, "22T22:00");
    for hour in ["19", "20", "21"] {
        let made_up = served.next().await;
        assert_eq!(made_up.errand.scheduled_at, Some(at(&format!("22T{hour}:00"))));
        made_up.ends.send(0).unwrap();
    }
    scene.until_open(0).await;
    let from = TickFilter { from: Some(at("22T22:00").as_millisecond()), ..TickFilter::default() };
    let rows = scene.store.ticks(&from).await.unwrap();
    let runs: Vec<_> = rows.into_iter().rev().map(|row| (row.state, row.run.unwrap())).collect();
    assert_eq!(runs, [("done".to_owned(), first.errand.run), ("done".to_owned(), second.errand.run)]);
    served.stop.cancel();
    served.task.await.unwrap();
    assert!(served.begun.recv().await.is_none(), "22:00 does not run a second time");
}

#[tokio::test]
async fn what_waited_to_be_made_up_for_when_a_daemon_ended_is_missed_once_it_is_older_than_its_window() {
    let scene = Scene::of(vec![all("all")]).await;
    let mut served = scene.serve().await;
    scene.now(&served, "22T03:30");
    let first = served.next().await;
    scene.write_run(&first.errand.run).await;
    assert_eq!(scene.ticks("waiting").await, ["all 01:00 running", "all 02:00 waiting", "all 03:00 waiting"]);
    served.killed().await;

    // Seven days after 02:00, and a little less after 03:00.
    scene.clock.advance_ms((at("29T02:30").as_millisecond()) - scene.clock.now_ms());
    let mut served = scene.serve().await;
    let resumed = served.next().await;
    assert_eq!(resumed.errand.run, first.errand.run, "what has begun is gone on with");
    let early = TickFilter { to: Some(at("22T03:00").as_millisecond()), ..TickFilter::default() };
    let rows = scene.store.ticks(&early).await.unwrap();
    let stands: Vec<_> = rows.into_iter().rev().map(|row| (row.state, row.why)).collect();
    assert_eq!(
        stands[1..],
        [
            ("missed".to_owned(), Some("nobody was there, and it is older than the window of `missed`".to_owned())),
            ("waiting".to_owned(), Some(format!("run {} of the job was still at work", first.errand.run))),
        ]
    );
    served.killed().await;
}

#[tokio::test]
async fn events_that_reach_no_job_are_told_once_and_forgotten() {
    let scene = Scene::of(vec![job("welcome", "0 * * * *")]).await;
    let mut writing = scene.store.writing().await.unwrap();
    writing.keep_hook("crm", "main", 1).await.unwrap();
    let new = NewDelivery { hook: "crm", key: "k", received_at: 1, body: b"{}", notices: 2, replay_of: None };
    let delivery = writing.keep_delivery(&new).await.unwrap().unwrap();
    for job in ["welcome", "gone"] {
        let row = UnreadRow { id: 0, delivery, job: job.into(), people: 2, why: "Mobilize answered 503".into() };
        writing.keep_unread(&row).await.unwrap();
    }
    writing.commit().await.unwrap();
    let served = scene.serve().await;
    let told =
        "welcome of 2026-11-22 00:00 UTC: missed: 2 people of delivery 1 could not be read: Mobilize answered 503";
    while !scene.said.0.lock().unwrap().iter().any(|line| line == told) {
        tokio::task::yield_now().await;
    }
    while !scene.store.unread(10).await.unwrap().is_empty() {}
    served.stop.cancel();
    served.task.await.unwrap();
    assert_eq!(scene.said.0.lock().unwrap().iter().filter(|line| line.contains("could not be read")).count(), 1);
    assert!(scene.store.ticks(&TickFilter::default()).await.unwrap().is_empty(), "it is no moment");
}
