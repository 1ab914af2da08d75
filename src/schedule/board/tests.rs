mod clocks;
mod unfinished;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::verdict::{Entry, Outcome, Step, Verdict, What};
use super::{Board, Open, Pause, Standing};
use crate::settings::{Job, Missed, Notify, Overlap, OwnEvents, ParamsAt, Partial, Retries, Which};
use crate::store::Cause;
use crate::timetable::{Expression, Timetable};

pub(in super::super) fn job(name: &str, schedule: &str) -> Job {
    let expressions = if schedule.is_empty() { Vec::new() } else { vec![Expression::parse(schedule).unwrap()] };
    Job {
        name: name.to_owned(),
        file: PathBuf::from(format!("jobs/{name}.toml")),
        description: None,
        script: PathBuf::from("scripts/export_activities.rhai"),
        timetable: Timetable::new(expressions, TimeZone::UTC),
        on: Vec::new(),
        own_events: OwnEvents::Ignored,
        connection: None,
        params: BTreeMap::new(),
        params_at: ParamsAt::default(),
        timeout: Duration::from_secs(3_600),
        overlap: Overlap::Skip,
        missed: Missed { which: Which::Last, window: Duration::from_secs(86_400), most: 10 },
        jitter: Duration::ZERO,
        start_within: None,
        limits: Partial::default(),
        allow: Vec::new(),
        retries: Retries { times: 0, wait: Duration::from_secs(60) },
        pause_after: 0,
        paused: None,
        needs: Vec::new(),
        memory: None,
        notify: Notify::default(),
    }
}

fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}:00Z").parse().unwrap()
}

struct Scene(Board);

impl Scene {
    /// From the 22nd at midnight; runs are r1, r2, … in the order of their moments.
    fn of(jobs: Vec<Job>) -> Self {
        Self::with(100, jobs)
    }

    fn with(at_once: usize, jobs: Vec<Job>) -> Self {
        let mut number = 0;
        let mut board = Board::new(at_once, move |_| {
            number += 1;
            format!("r{number}")
        });
        for job in jobs {
            board.add(Arc::new(job), Standing::new(at("22T00:00")));
        }
        Self(board)
    }

    fn turn(&mut self, now: &str) -> Vec<String> {
        told(&self.0.turn(at(now)))
    }

    fn event(&mut self, job: &str, run: &str, now: &str) -> Vec<String> {
        let now = at(now);
        let entry =
            Entry { cause: Cause::Event, scheduled_at: now, due_at: now, made_up: false, run: run.into(), tries: 0 };
        told(&self.0.take_up(vec![Open { job: job.into(), entry, ended: None }], now))
    }

    fn ended(&mut self, job: &str, run: &str, outcome: Outcome, now: &str) -> Vec<String> {
        told(&self.0.ended(job, run, outcome, at(now)))
    }
}

fn told(verdicts: &[Verdict]) -> Vec<String> {
    let one = |verdict: &Verdict| {
        let Verdict { job, entry: Entry { scheduled_at, run, .. }, what, .. } = verdict;
        let moment = scheduled_at.strftime("%dT%H:%M");
        let what = match what {
            What::Waits(why) => format!("waits: {why}"),
            What::Starts(Step::Begin) => format!("starts {run}"),
            What::Starts(Step::Resume) => format!("resumes {run}"),
            What::Starts(Step::ResumeFirst(run)) => format!("resumes {run} first"),
            What::Skipped(why) => format!("skipped: {why}"),
            What::Missed { why, folded } => format!("missed (+{folded}): {why}"),
            What::Stops(run) => format!("stops {run}"),
            What::Ended(outcome) => format!("{run} {}", outcome.word()),
            What::Again(outcome) => format!("{run} {}, again at {}", outcome.word(), entry_time(verdict)),
            What::GaveWay(later) => format!("{run} gave way to {}", later.strftime("%dT%H:%M")),
            What::Left => format!("{run} left"),
            What::Pauses { failures } => format!("paused after {failures}"),
        };
        format!("{} {moment} {what}", job.name)
    };
    verdicts.iter().map(one).collect()
}

fn entry_time(verdict: &Verdict) -> String {
    verdict.entry.due_at.strftime("%H:%M:%S").to_string()
}

#[test]
fn a_moment_runs_once_and_the_next_one_is_known() {
    let mut scene = Scene::of(vec![job("export", "0 2 * * *")]);
    assert_eq!(scene.0.wake_at(at("22T00:00")), Some(at("22T02:00")));
    assert!(scene.turn("22T01:59").is_empty());
    assert_eq!(scene.turn("22T02:00"), ["export 22T02:00 starts r1"]);
    assert!(scene.turn("22T02:00").is_empty(), "asked twice in the same second");
    assert_eq!(scene.0.wake_at(at("22T02:00")), Some(at("23T02:00")));
    assert_eq!(scene.ended("export", "r1", Outcome::Done, "22T02:05"), ["export 22T02:00 r1 done"]);
    assert_eq!(scene.0.standing("export").unwrap().last_done, Some(at("22T02:05")));
    assert!(scene.ended("export", "r1", Outcome::Done, "22T02:06").is_empty(), "an end counts once");
}

#[test]
fn a_clock_that_goes_back_doubles_nothing() {
    let mut scene = Scene::of(vec![job("often", "*/5 * * * *")]);
    assert_eq!(scene.turn("22T00:05"), ["often 22T00:05 starts r1"]);
    scene.ended("often", "r1", Outcome::Done, "22T00:06");
    assert!(scene.turn("22T00:02").is_empty());
    assert!(scene.turn("22T00:06").is_empty());
    assert_eq!(scene.turn("22T00:10"), ["often 22T00:10 starts r2"]);
}

#[test]
fn what_nobody_was_there_for_is_made_up_for_as_the_job_says() {
    let all = Job {
        missed: Missed { which: Which::All, window: Duration::from_secs(86_400), most: 2 },
        ..job("all", "0 * * * *")
    };
    let none = Job { missed: Missed { which: Which::None, ..all.missed }, ..job("none", "0 * * * *") };
    let mut scene = Scene::of(vec![all, none, job("last", "0 * * * *")]);
    assert_eq!(
        scene.turn("22T03:30"),
        [
            "all 22T01:00 missed (+0): nobody was there, and newer ones are as many as `missed` allows",
            "none 22T01:00 missed (+0): nobody was there, and `missed = \"none\"`",
            "none 22T02:00 missed (+0): nobody was there, and `missed = \"none\"`",
            "none 22T03:00 missed (+0): nobody was there, and `missed = \"none\"`",
            "last 22T01:00 missed (+0): a later moment took its place",
            "last 22T02:00 missed (+0): a later moment took its place",
            "all 22T02:00 starts r1",
            "all 22T03:00 waits: run r1 of the job was still at work",
            "last 22T03:00 starts r3",
        ]
    );
    assert_eq!(
        scene.ended("all", "r1", Outcome::Done, "22T03:40"),
        ["all 22T02:00 r1 done", "all 22T03:00 starts r2"],
        "one after the other"
    );
}

#[test]
fn a_clock_that_was_far_ahead_and_is_put_right_keeps_no_job_from_running() {
    let retries = Retries { times: 1, wait: Duration::from_secs(60) };
    let mut scene = Scene::of(vec![Job { retries, ..job("often", "*/5 * * * *") }, job("nightly", "0 2 * * *")]);
    let ahead = scene.turn("29T00:02");
    assert!(ahead.contains(&"often 29T00:00 starts r1".to_owned()), "a week ahead");
    assert!(ahead.contains(&"nightly 28T02:00 starts r2".to_owned()));
    scene.ended("nightly", "r2", Outcome::Done, "29T00:03");
    scene.ended("often", "r1", Outcome::Failed(1), "29T00:03");
    let (corrected, furthest) = scene.0.corrected(at("22T00:06"));
    assert_eq!((corrected.len(), furthest), (2, Some(at("29T00:00"))));
    assert_eq!(scene.turn("22T00:06"), ["often 29T00:00 resumes r1"], "its retry is not put off for a week");
    scene.ended("often", "r1", Outcome::Done, "22T00:07");
    assert_eq!(scene.turn("22T00:10"), ["often 22T00:10 starts r3"]);
    assert_eq!(scene.0.corrected(at("21T22:00")).0.len(), 0, "three hours and less are waited for");
}

#[test]
fn a_job_that_is_still_at_work_does_what_its_file_says() {
    let overlap = |name: &str, overlap| Job { overlap, ..job(name, "0 * * * *") };
    let jobs = vec![
        overlap("skip", Overlap::Skip),
        overlap("queue", Overlap::QueueOne),
        overlap("cancel", Overlap::CancelOther),
        overlap("allow", Overlap::Allow),
    ];
    let mut scene = Scene::of(jobs);
    assert_eq!(scene.turn("22T01:00").len(), 4);
    assert_eq!(
        scene.turn("22T02:00"),
        [
            "skip 22T02:00 skipped: run r1 of the job was still at work",
            "cancel 22T02:00 stops r3",
            "queue 22T02:00 waits: run r2 of the job was still at work",
            "cancel 22T02:00 waits: run r3 of the job was still at work",
            "allow 22T02:00 starts r8",
        ]
    );
    let third = scene.turn("22T03:00");
    assert!(third.contains(&"queue 22T02:00 skipped: a later moment took its place".to_owned()), "{third:?}");
    assert!(third.contains(&"queue 22T03:00 waits: run r2 of the job was still at work".to_owned()), "{third:?}");
    assert_eq!(
        scene.ended("queue", "r2", Outcome::Done, "22T03:10"),
        ["queue 22T01:00 r2 done", "queue 22T03:00 starts r10"]
    );
    assert_eq!(
        scene.ended("cancel", "r3", Outcome::Interrupted, "22T03:11"),
        ["cancel 22T01:00 r3 gave way to 22T03:00", "cancel 22T03:00 starts r11"],
        "what was stopped is not gone on with: it would be stopped again"
    );
    assert_eq!(
        scene.turn("22T04:00").iter().filter(|told| told.starts_with("cancel")).collect::<Vec<_>>(),
        ["cancel 22T04:00 stops r11", "cancel 22T04:00 waits: run r11 of the job was still at work"]
    );
    assert_eq!(
        scene.ended("cancel", "r11", Outcome::TimedOut, "22T04:01"),
        ["cancel 22T03:00 r11 timed_out", "cancel 22T04:00 resumes r11 first"],
        "what ended by itself meanwhile is"
    );
}

#[test]
fn what_another_process_is_at_work_on_is_left_to_it_and_looked_at_again() {
    let mut scene = Scene::of(vec![job("sync", "0 * * * *"), job("welcome", "")]);
    scene.turn("22T01:00");
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Elsewhere, "22T01:10"),
        ["sync 22T01:00 r1 elsewhere, again at 01:10:05"]
    );
    assert_eq!(scene.turn("22T01:11"), ["sync 22T01:00 starts r1"], "it was no try");
    scene.ended("sync", "r1", Outcome::Held, "22T01:12");
    assert_eq!(scene.turn("22T02:00"), ["sync 22T02:00 resumes r1 first"]);
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Elsewhere, "22T02:01"),
        [""; 0],
        "the moment waits, and the older run is not forgotten"
    );
    assert_eq!(scene.turn("22T02:02"), ["sync 22T02:00 resumes r1 first"]);
    scene.event("welcome", "e1", "22T03:00");
    assert_eq!(
        scene.ended("welcome", "e1", Outcome::Elsewhere, "22T03:01"),
        ["welcome 22T03:00 e1 elsewhere, again at 03:01:05"]
    );
}

#[test]
fn what_waits_for_a_held_run_does_not_try_it_again_and_again_and_goes_on_when_somebody_has_acted() {
    let mut scene = Scene::of(vec![job("welcome", "")]);
    scene.event("welcome", "e1", "22T01:00");
    for run in ["e2", "e3", "e4"] {
        let waits = "welcome 22T01:00 waits: run e1 of the job was still at work";
        assert_eq!(scene.event("welcome", run, "22T01:00"), [waits]);
    }
    assert_eq!(
        scene.ended("welcome", "e1", Outcome::Held, "22T01:01"),
        ["welcome 22T01:00 e1 held", "welcome 22T01:00 resumes e1 first"]
    );
    let waits = "welcome 22T01:00 waits: run e1 of the job has to come to its end first";
    assert_eq!(scene.ended("welcome", "e1", Outcome::Held, "22T01:02"), [waits; 3], "once for all three");
    assert!(scene.turn("22T01:03").is_empty());
    assert_eq!(scene.0.waiting_for().collect::<Vec<_>>(), [("welcome", "e1")]);
    assert_eq!(told(&scene.0.stirred("welcome", at("22T01:04"))), ["welcome 22T01:00 resumes e1 first"]);
    assert_eq!(scene.ended("welcome", "e1", Outcome::Done, "22T01:05")[0], "welcome 22T01:00 starts e2");
}

#[test]
fn a_moment_that_nobody_was_there_for_begins_within_its_time_or_not_at_all() {
    let missed = Missed { which: Which::All, window: Duration::from_secs(86_400), most: 10 };
    let within = Some(Duration::from_secs(5_400));
    let mut scene = Scene::of(vec![Job { missed, start_within: within, ..job("sync", "0 * * * *") }]);
    assert_eq!(
        scene.turn("22T03:10"),
        [
            "sync 22T01:00 skipped: it could not begin within `start_within`",
            "sync 22T02:00 starts r2",
            "sync 22T03:00 waits: run r2 of the job was still at work",
        ]
    );
}

#[test]
fn a_failed_run_is_gone_on_with_and_then_counted_and_paused() {
    let retries = Retries { times: 2, wait: Duration::from_secs(60) };
    let mut scene = Scene::of(vec![Job { retries, pause_after: 2, ..job("sync", "0 * * * *") }]);
    scene.turn("22T01:00");
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Failed(1), "22T01:10"),
        ["sync 22T01:00 r1 failed, again at 01:11:00"]
    );
    assert_eq!(scene.0.wake_at(at("22T01:10")), Some(at("22T01:11")));
    assert_eq!(scene.turn("22T01:11"), ["sync 22T01:00 resumes r1"]);
    assert_eq!(
        scene.ended("sync", "r1", Outcome::TimedOut, "22T01:20"),
        ["sync 22T01:00 r1 timed_out, again at 01:22:00"],
        "the second wait is twice the first"
    );
    assert_eq!(scene.turn("22T01:22"), ["sync 22T01:00 resumes r1"]);
    assert_eq!(scene.ended("sync", "r1", Outcome::Failed(1), "22T01:30"), ["sync 22T01:00 r1 failed"]);
    scene.turn("22T02:00");
    assert_eq!(
        scene.ended("sync", "r2", Outcome::Failed(2), "22T02:01"),
        ["sync 22T02:00 r2 failed", "sync 22T02:00 paused after 2"],
        "wrong settings are not tried again"
    );
    assert_eq!(
        scene.turn("22T03:00"),
        ["sync 22T03:00 skipped: the job is paused: 2 failures in a row, the last one: failed with exit code 2"]
    );
    scene.0.paused(&BTreeMap::new());
    assert_eq!(scene.turn("22T04:00"), ["sync 22T04:00 starts r4"]);
    scene.ended("sync", "r4", Outcome::Partial, "22T04:10");
    assert_eq!(scene.0.standing("sync").unwrap().failures, 0);
}

#[test]
fn an_unfinished_run_is_finished_first() {
    let mut scene = Scene::of(vec![job("sync", "0 * * * *")]);
    scene.turn("22T01:00");
    assert_eq!(scene.ended("sync", "r1", Outcome::Held, "22T01:10"), ["sync 22T01:00 r1 held"]);
    assert_eq!(scene.turn("22T02:00"), ["sync 22T02:00 resumes r1 first"]);
    assert_eq!(
        scene.ended("sync", "r1", Outcome::Held, "22T02:01"),
        ["sync 22T02:00 skipped: run r1 of the job has to come to its end first"],
        "nobody has approved it yet"
    );
    scene.turn("22T03:00");
    assert_eq!(scene.ended("sync", "r1", Outcome::Done, "22T03:01"), ["sync 22T03:00 starts r3"]);
}

#[test]
fn a_paused_job_has_its_moments_and_runs_none_of_them() {
    let mut scene =
        Scene::of(vec![Job { paused: Some("not yet".into()), ..job("file", "0 * * * *") }, job("until", "0 * * * *")]);
    let pause = Pause { until: Some(at("22T02:00")), reason: "holidays".into() };
    scene.0.paused(&[("until".to_owned(), pause)].into());
    assert_eq!(
        scene.turn("22T01:00"),
        ["file 22T01:00 skipped: the job is paused: not yet", "until 22T01:00 skipped: the job is paused: holidays",]
    );
    assert_eq!(
        scene.turn("22T02:00"),
        ["file 22T02:00 skipped: the job is paused: not yet", "until 22T02:00 starts r4"]
    );
}

#[test]
fn a_job_waits_for_those_that_it_needs() {
    let export = Job { needs: vec!["sync".into()], ..job("export", "0 2 * * *") };
    let mut scene = Scene::of(vec![export.clone(), job("sync", "0 2 * * *")]);
    assert_eq!(
        scene.turn("22T02:00"),
        ["export 22T02:00 waits: it needs `sync`, which has not been done since", "sync 22T02:00 starts r2"]
    );
    assert_eq!(
        scene.ended("sync", "r2", Outcome::Done, "22T02:10"),
        ["sync 22T02:00 r2 done", "export 22T02:00 starts r1"]
    );
    scene.ended("export", "r1", Outcome::Done, "22T02:20");
    scene.turn("23T02:00");
    assert_eq!(
        scene.ended("sync", "r4", Outcome::Failed(1), "23T02:10"),
        ["sync 23T02:00 r4 failed", "export 23T02:00 skipped: it needs `sync`, which has not been done since"],
        "yesterday's success is not enough"
    );
}

#[test]
fn what_waits_too_long_is_skipped_and_the_reason_is_what_it_waited_for() {
    let within = Some(Duration::from_secs(600));
    let needs = Job { needs: vec!["never".into()], start_within: within, ..job("needs", "0 2 * * *") };
    let full = Job { start_within: within, ..job("full", "0 2 * * *") };
    let mut scene = Scene::with(1, vec![job("first", "0 2 * * *"), needs, full, job("never", "")]);
    scene.turn("22T02:00");
    assert_eq!(scene.0.wake_at(at("22T02:00")), Some(at("22T02:10")));
    assert_eq!(
        scene.turn("22T02:10"),
        [
            "needs 22T02:00 skipped: it needs `never`, which has not been done since",
            "full 22T02:00 skipped: it could not begin within `start_within`",
        ]
    );
}

#[test]
fn two_jobs_do_not_work_on_one_group_at_once() {
    let on =
        |name: &str, group: &str| Job { params: [("group".into(), group.into())].into(), ..job(name, "0 * * * *") };
    let mut scene = Scene::of(vec![on("one", "7"), on("two", "7"), on("three", "8")]);
    assert_eq!(
        scene.turn("22T01:00"),
        [
            "one 22T01:00 starts r1",
            "two 22T01:00 waits: `one` is at work on the same group",
            "three 22T01:00 starts r3"
        ]
    );
    assert_eq!(scene.ended("one", "r1", Outcome::Done, "22T01:10")[1], "two 22T01:00 starts r2");
}

#[test]
fn no_more_runs_are_at_work_than_may_be() {
    let jobs = (0..5).map(|number| job(&format!("j{number}"), "0 * * * *")).collect();
    let mut scene = Scene::with(2, jobs);
    let first = scene.turn("22T01:00");
    assert_eq!(first.iter().filter(|line| line.contains("starts")).count(), 2);
    assert_eq!(first.iter().filter(|line| line.ends_with("waits: as many runs are at work as may be")).count(), 3);
    assert_eq!(scene.0.load(), (2, 3));
    assert_eq!(scene.ended("j0", "r1", Outcome::Done, "22T01:01")[1], "j2 22T01:00 starts r3");
}

#[test]
fn events_wait_for_their_job_and_none_is_lost() {
    let mut scene = Scene::of(vec![job("welcome", "")]);
    assert_eq!(scene.event("welcome", "e1", "22T01:00"), ["welcome 22T01:00 starts e1"]);
    assert_eq!(
        scene.event("welcome", "e2", "22T01:01"),
        ["welcome 22T01:01 waits: run e1 of the job was still at work"]
    );
    assert_eq!(scene.ended("welcome", "e1", Outcome::Held, "22T01:05")[1], "welcome 22T01:01 resumes e1 first");
    assert!(scene.ended("welcome", "e1", Outcome::Held, "22T01:06")[0].contains("waits"), "looked at again later");
    assert_eq!(scene.0.wake_at(at("22T01:06")), Some(at("22T01:11")));
    scene.turn("22T01:11");
    assert_eq!(scene.ended("welcome", "e1", Outcome::Done, "22T01:12"), ["welcome 22T01:01 starts e2"]);
}

#[test]
fn jobs_that_change_show_their_next_moments_and_make_up_for_nothing() {
    let mut scene = Scene::of(vec![job("a", "0 2 * * *"), job("b", "0 3 * * *")]);
    let (verdicts, changes) =
        scene.0.replace(vec![Arc::new(job("a", "0 1 * * *")), Arc::new(job("c", "0 4 * * *"))], at("22T01:30"));
    assert!(verdicts.is_empty());
    let shown: Vec<String> = changes
        .iter()
        .map(|change| {
            let time =
                |time: Option<Timestamp>| time.map_or("-".to_owned(), |time| time.strftime("%dT%H:%M").to_string());
            format!("{} {} {}", change.job, time(change.before), time(change.after))
        })
        .collect();
    assert_eq!(shown, ["b 22T03:00 -", "a 22T02:00 23T01:00", "c - 22T04:00"], "01:00 is over: it was not due then");
    assert!(scene.turn("22T03:00").is_empty());
    assert_eq!(scene.turn("22T04:00"), ["c 22T04:00 starts r1"]);
}

#[test]
fn what_an_earlier_process_left_is_gone_on_with() {
    let mut scene = Scene::of(vec![job("sync", "0 * * * *")]);
    let entry = |run: &str, tries| Entry {
        cause: Cause::Schedule,
        scheduled_at: at("21T23:00"),
        due_at: at("21T23:00"),
        made_up: false,
        run: run.into(),
        tries,
    };
    let left = vec![
        Open { job: "sync".into(), entry: entry("x1", 1), ended: None },
        Open { job: "gone".into(), entry: entry("x2", 0), ended: None },
    ];
    assert_eq!(told(&scene.0.take_up(left, at("22T00:10"))), ["sync 21T23:00 resumes x1"]);
    assert_eq!(scene.turn("22T01:00"), ["sync 22T01:00 skipped: run x1 of the job was still at work"]);
}

#[test]
fn jitter_is_the_same_every_day_and_differs_between_jobs() {
    let jittered = |name: &str| Job { jitter: Duration::from_secs(600), ..job(name, "0 2 * * *") };
    let mut scene = Scene::of((0..20).map(|number| jittered(&format!("j{number}"))).collect());
    let late = |verdicts: &[Verdict]| -> BTreeMap<String, i64> {
        let late = |verdict: &Verdict| (verdict.entry.due_at - verdict.entry.scheduled_at).get_seconds();
        verdicts.iter().map(|verdict| (verdict.job.name.clone(), late(verdict))).collect()
    };
    let mut day = |day: u32| -> BTreeMap<String, i64> {
        let mut all = BTreeMap::new();
        for minute in 0..=10 {
            let now = at(&format!("{day}T02:{minute:02}"));
            let verdicts = scene.0.turn(now);
            all.extend(late(&verdicts));
            for verdict in verdicts {
                scene.0.ended(&verdict.job.name, &verdict.entry.run, Outcome::Done, now);
            }
        }
        all
    };
    let (first, second) = (day(22), day(23));
    assert_eq!(first.len(), 20);
    assert_eq!(first, second);
    assert!(first.values().all(|late| (0..600).contains(late)));
    assert!(first.values().collect::<std::collections::BTreeSet<_>>().len() > 10, "{first:?}");
}
