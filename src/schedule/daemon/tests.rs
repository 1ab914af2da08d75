mod left;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::super::alarm::Alarms;
use super::super::board::tests::job;
use super::super::process::{Ended, Errand, Exit, Starts, Task};
use super::{ByHand, Daemon, Desk, Found, JobFiles, Keep, Nobody, NotServed, Parts};
use crate::clock::Clock;
use crate::events::{Event, Events, Sink};
use crate::hooks::Bell;
use crate::settings::Job;
use crate::store::{NewRun, PauseRow, Store, TickFilter, TickRow};

struct Files(Arc<Mutex<Vec<Job>>>);

impl JobFiles for Files {
    fn have_changed(&mut self) -> bool {
        false
    }

    fn read(&mut self) -> Found {
        Found { jobs: self.0.lock().unwrap().iter().cloned().map(Arc::new).collect(), ..Found::default() }
    }
}

/// Hands every errand to the test, which says how it ends.
struct Hands(mpsc::UnboundedSender<Begun>);

struct Begun {
    errand: Errand,
    stop: CancellationToken,
    ends: oneshot::Sender<u8>,
}

impl Starts for Hands {
    fn run<'a>(&'a self, errand: &'a Errand, _: &'a Job, stop: CancellationToken) -> BoxFuture<'a, Ended> {
        let (ends, ending) = oneshot::channel();
        self.0.send(Begun { errand: errand.clone(), stop, ends }).ok();
        Box::pin(
            async move { Ended { exit: Exit::Code(ending.await.unwrap_or(130)), said: String::new(), unbegun: None } },
        )
    }
}

#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl Sink for Said {
    fn note(&self, event: &Event) {
        if let Event::Say(_, line) | Event::Job { line, .. } = event {
            self.0.lock().unwrap().push(line.clone());
        }
    }
}

/// A store, a clock and job files that outlive daemons.
struct Scene {
    _folder: tempfile::TempDir,
    store: Store,
    clock: Clock,
    jobs: Arc<Mutex<Vec<Job>>>,
    said: Arc<Said>,
}

/// A daemon at work.
struct Served {
    begun: mpsc::UnboundedReceiver<Begun>,
    stop: CancellationToken,
    reload: Arc<Notify>,
    desk: Desk,
    task: tokio::task::JoinHandle<()>,
}

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}:00Z").parse().unwrap()
}

impl Scene {
    async fn of(jobs: Vec<Job>) -> Self {
        // A daemon that is killed takes its connection along: a store in memory would be gone with it.
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: Store::open(&folder.path().join("beadle.db")).await.unwrap(),
            _folder: folder,
            clock: Clock::fixed(at("22T00:00")),
            jobs: Arc::new(Mutex::new(jobs)),
            said: Arc::default(),
        }
    }

    async fn serve(&self) -> Served {
        let (served, daemon) = self.begin().await.unwrap();
        Served { task: tokio::spawn(daemon.serve()), ..served }
    }

    async fn begin(&self) -> Result<(Served, Daemon), NotServed> {
        let (hands, begun) = mpsc::unbounded_channel();
        let (stop, reload) = (CancellationToken::new(), Arc::new(Notify::new()));
        let (desk, asks) = Desk::new();
        let parts = Parts {
            store: self.store.clone(),
            clock: self.clock.clone(),
            starts: Arc::new(Hands(hands)),
            files: Box::new(Files(Arc::clone(&self.jobs))),
            events: Events::to(vec![self.said.clone()]),
            at_once: 4,
            keep: Keep { ticks: SignedDuration::from_hours(24 * 30), logs: SignedDuration::from_hours(24 * 30) },
            connection: Some("main".into()),
            bell: Bell::default(),
            subscriptions: watch::channel(Arc::default()).0,
            stop: stop.clone(),
            reload: Arc::clone(&reload),
            alarms: Alarms::silent(),
            asks,
            watcher: Arc::new(Nobody),
        };
        let daemon = Daemon::begin(parts).await?;
        Ok((Served { begun, stop, reload, desk, task: tokio::spawn(async {}) }, daemon))
    }

    fn now(&self, served: &Served, text: &str) {
        self.clock.advance_ms(at(text).as_millisecond() - self.clock.now_ms());
        served.reload.notify_one();
    }

    /// The ticks, the oldest first, once one of them is in this state.
    async fn ticks(&self, state: &str) -> Vec<String> {
        let shown = |tick: &TickRow| {
            let at = Timestamp::from_millisecond(tick.scheduled_at).unwrap().strftime("%H:%M");
            format!("{} {at} {}", tick.job, tick.state)
        };
        for _ in 0..2_000 {
            let ticks = self.store.ticks(&TickFilter::default()).await.unwrap();
            if ticks.iter().any(|tick| tick.state == state) {
                return ticks.iter().rev().map(shown).collect();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no tick is {state}: {:?}", self.said.0.lock().unwrap());
    }

    /// Once so many ticks wait or run.
    async fn until_open(&self, count: usize) {
        for _ in 0..2_000 {
            if self.store.open_ticks().await.unwrap().len() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("never {count}: {:?}", self.said.0.lock().unwrap());
    }

    async fn write_run(&self, id: &str) {
        let run = NewRun {
            id: id.to_owned(),
            script: "scripts/x.rhai".into(),
            source: String::new(),
            args: serde_json::json!([]),
            connection: None,
            sandbox: true,
            settings: None,
            started_at: 0,
            job: None,
        };
        self.store.start_run(&run).await.unwrap();
    }
}

impl Served {
    async fn next(&mut self) -> Begun {
        tokio::time::timeout(Duration::from_secs(20), self.begun.recv()).await.expect("nothing began").unwrap()
    }

    /// As `kill -9` does: nothing is settled.
    async fn killed(self) {
        self.task.abort();
        self.task.await.ok();
    }
}

#[tokio::test]
async fn a_due_moment_is_written_down_before_it_runs_and_has_its_end() {
    let scene = Scene::of(vec![job("export", "0 2 * * *")]).await;
    let mut served = scene.serve().await;
    scene.now(&served, "22T02:00");
    let begun = served.next().await;
    assert_eq!(begun.errand.what, Task::Begin);
    let row = scene.store.open_ticks().await.unwrap().remove(0);
    assert_eq!((row.state.as_str(), row.run.as_ref()), ("running", Some(&begun.errand.run)));
    begun.ends.send(0).unwrap();
    assert_eq!(scene.ticks("done").await, ["export 02:00 done"]);
    let job = scene.store.job_rows().await.unwrap().remove(0);
    assert_eq!(
        (job.last_done, job.decided_to),
        (Some(at("22T02:00").as_millisecond()), at("22T02:00").as_millisecond())
    );
    served.stop.cancel();
    served.task.await.unwrap();
}

#[tokio::test]
async fn after_a_crash_a_run_goes_on_under_its_name_and_no_moment_is_lost_or_doubled() {
    let scene = Scene::of(vec![job("export", "0 2 * * *")]).await;
    let mut served = scene.serve().await;
    scene.now(&served, "22T02:00");
    let first = served.next().await.errand;
    served.killed().await;

    let mut served = scene.serve().await;
    let again = served.next().await;
    assert_eq!(
        (again.errand.run.clone(), again.errand.what),
        (first.run.clone(), Task::Begin),
        "its process never began"
    );
    scene.write_run(&first.run).await;
    drop(again.ends);
    served.killed().await;

    scene.clock.advance_ms(3 * 86_400_000 + 3_600_000);
    let mut served = scene.serve().await;
    let resumed = served.next().await;
    assert_eq!((resumed.errand.run, resumed.errand.what), (first.run, Task::Resume));
    assert_eq!(
        scene.ticks("missed").await,
        ["export 02:00 running", "export 02:00 missed", "export 02:00 missed", "export 02:00 waiting"],
        "three nights nobody was there: the last of them is made up for"
    );
    resumed.ends.send(0).unwrap();
    let own = served.next().await;
    assert_eq!(own.errand.what, Task::Begin);
    assert_eq!(scene.ticks("done").await[3], "export 02:00 running");
    own.ends.send(0).unwrap();
    served.stop.cancel();
    drop(served.begun);
}

#[tokio::test]
async fn after_a_graceful_stop_the_next_daemon_goes_on_at_once() {
    let scene = Scene::of(vec![job("sync", "0 * * * *")]).await;
    let mut served = scene.serve().await;
    scene.now(&served, "22T01:00");
    let begun = served.next().await;
    scene.write_run(&begun.errand.run).await;
    served.stop.cancel();
    begun.stop.cancelled().await;
    begun.ends.send(130).unwrap();
    served.task.await.unwrap();
    assert_eq!(scene.ticks("waiting").await, ["sync 01:00 waiting"]);

    let mut served = scene.serve().await;
    let older = served.next().await;
    assert_eq!((&older.errand.run, older.errand.what), (&begun.errand.run, Task::Resume));
    older.ends.send(5).unwrap();
    assert_eq!(scene.ticks("partial").await, ["sync 01:00 partial"]);
    served.stop.cancel();
    served.task.await.unwrap();
}

#[tokio::test]
async fn a_job_that_was_seen_once_misses_no_moment_from_then_on() {
    let scene = Scene::of(vec![job("sync", "0 1 * * *")]).await;
    let served = scene.serve().await;
    scene.jobs.lock().unwrap().push(job("later", "0 1 * * *"));
    scene.now(&served, "22T00:01");
    while !scene.store.job_rows().await.unwrap().iter().any(|row| row.name == "later") {
        tokio::task::yield_now().await;
    }
    served.killed().await;

    scene.clock.advance_ms(6 * 3_600_000);
    let mut served = scene.serve().await;
    let mut made_up = [served.next().await, served.next().await].map(|begun| begun.errand.job);
    made_up.sort();
    assert_eq!(made_up, ["later", "sync"], "neither had been due while anybody was there");
    served.killed().await;
}

#[tokio::test]
async fn pauses_and_backfills_of_other_processes_are_noticed() {
    let scene = Scene::of(vec![job("sync", "0 * * * *")]).await;
    let mut served = scene.serve().await;
    let pause = PauseRow { job: "sync".into(), until: None, reason: "holidays".into(), who: "ann".into(), at: 1 };
    scene.store.pause_job(&pause).await.unwrap();
    scene.now(&served, "22T01:00");
    assert_eq!(scene.ticks("skipped").await, ["sync 01:00 skipped"]);
    scene.store.unpause_job("sync").await.unwrap();
    let asked = TickRow {
        state: "waiting".into(),
        cause: "backfill".into(),
        run: None,
        ..scene.store.ticks(&TickFilter::default()).await.unwrap().remove(0)
    };
    scene.store.keep_turn(&[], &[asked]).await.unwrap();
    let begun = served.next().await;
    assert_eq!((begun.errand.scheduled_at, begun.errand.what), (Some(at("22T01:00")), Task::Begin));
    begun.ends.send(0).unwrap();
    assert_eq!(scene.ticks("done").await, ["sync 01:00 done"], "the moment has one row");
    served.stop.cancel();
    served.task.await.unwrap();
}

#[tokio::test]
async fn a_store_has_one_daemon() {
    let scene = Scene::of(vec![]).await;
    let served = scene.serve().await;
    assert!(matches!(scene.begin().await, Err(NotServed::Taken)));
    served.stop.cancel();
    served.task.await.unwrap();
    assert!(scene.begin().await.is_ok());
}

#[tokio::test]
async fn a_changed_file_shows_its_next_moment_and_a_jump_of_the_clock_is_said() {
    let scene = Scene::of(vec![job("sync", "0 3 * * *")]).await;
    let served = scene.serve().await;
    *scene.jobs.lock().unwrap() = vec![job("sync", "0 5 * * *")];
    scene.now(&served, "22T02:00");
    for wanted in ["job sync: next 2026-11-22 05:00 UTC (was 2026-11-22 03:00 UTC)", "further than time has passed"] {
        let mut heard = false;
        for _ in 0..2_000 {
            heard = scene.said.0.lock().unwrap().iter().any(|line| line.contains(wanted));
            if heard {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(heard, "{wanted}: {:?}", scene.said.0.lock().unwrap());
    }
    served.stop.cancel();
    served.task.await.unwrap();
}

#[tokio::test]
async fn a_paused_job_is_run_by_hand_and_its_schedule_and_its_failures_stay() {
    let paused = Job { paused: Some("holidays".into()), ..job("export", "0 2 * * *") };
    let scene = Scene::of(vec![paused]).await;
    let mut served = scene.serve().await;
    let before = served.desk.job("export").await.unwrap().unwrap();
    assert_eq!(served.desk.run("nobody", ByHand::New).await.unwrap(), None);
    let run = served.desk.run("export", ByHand::New).await.unwrap().unwrap();
    let begun = served.next().await;
    assert_eq!((&begun.errand.run, begun.errand.cause), (&run, crate::store::Cause::Hand));
    assert_eq!(served.desk.look().await.unwrap().jobs[0].at_work, std::slice::from_ref(&run));
    begun.ends.send(130).unwrap();
    let after = loop {
        let seen = served.desk.job("export").await.unwrap().unwrap();
        if seen.at_work.is_empty() {
            break seen;
        }
    };
    assert_eq!((after.next, after.standing.failures), (before.next, 0));
    assert_eq!(after.standing.unfinished, Some(run.clone()));
    assert!(scene.store.ticks(&TickFilter::default()).await.unwrap().is_empty(), "it is no moment");

    served.desk.run("export", ByHand::GoOn(run.clone())).await.unwrap();
    let again = served.next().await;
    assert_eq!((again.errand.run, again.errand.what), (run, Task::Resume));
    again.ends.send(0).unwrap();
    while served.desk.job("export").await.unwrap().unwrap().standing.unfinished.is_some() {}
    let seen = served.desk.look().await.unwrap();
    assert_eq!((seen.tally.runs["export"]["interrupted"], seen.tally.runs["export"]["done"]), (1, 1));
    assert!(seen.tally.ticks.is_empty());
    served.stop.cancel();
    served.task.await.unwrap();
    assert!(served.desk.turns().await.is_err(), "nobody is there any more");
}

#[tokio::test]
async fn whoever_asked_for_a_run_and_heard_that_nobody_answers_has_no_run() {
    let scene = Scene::of(vec![job("export", "0 2 * * *")]).await;
    let (mut served, daemon) = scene.begin().await.unwrap();
    let in_vain = tokio::time::timeout(Duration::from_millis(1), served.desk.run("export", ByHand::New)).await;
    assert!(in_vain.is_err());
    served.task = tokio::spawn(daemon.serve());
    let run = served.desk.run("export", ByHand::New).await.unwrap().unwrap();
    let begun = served.next().await;
    assert_eq!(begun.errand.run, run);
    begun.ends.send(0).unwrap();
    served.stop.cancel();
    served.task.await.unwrap();
    assert!(served.begun.try_recv().is_err(), "the first one is never begun");
}
