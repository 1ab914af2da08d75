//! Everything that can go wrong between beadle and a platform, on the sandbox: the run ends where an undisturbed one
//! ends, and nobody is mailed twice.

use std::collections::BTreeSet;
use std::sync::Arc;

use beadle::catalog::{Args, Call};
use beadle::client::{Client, Pace, Parts, Policy, Way};
use beadle::clock::Clock;
use beadle::effects::{Caps, Lease, Ledger};
use beadle::events::Events;
use beadle::platforms;
use beadle::sandbox::{Asked, InProcess, Sandbox, SandboxOptions, parse_faults};
use beadle::store::Store;
use serde_json::json;

use crate::disturbed::{ENDS, MAIN_JOB, MAIN_JOB_ALONE, Project, ended_with, said};

fn the_main_job_ends_well_under(faults: &[&str]) {
    // Mostly waiting: side by side.
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(move || {
                let project = Project::new();
                ended_with(&project.run(MAIN_JOB, &["--faults", fault]), ENDS, fault);
                assert_eq!(project.community(), *MAIN_JOB_ALONE, "{fault}");
            });
        }
    });
}

#[test]
fn the_main_job_survives_reads_that_fail() {
    the_main_job_ends_well_under(&[
        "500:every=4:reads",
        "reset:every=4:reads",
        "truncate:every=4:reads",
        "html:every=5:reads",
        "reset:every=9:reads;truncate:every=7:reads;html:every=5:reads;503:every=6:reads",
    ]);
}

#[test]
fn the_main_job_survives_too_many_requests_and_slow_answers() {
    the_main_job_ends_well_under(&[
        "429:every=6,times=2,retry_after=1",
        "429:every=3,times=2,retry_at=1:writes",
        "slow:every=3,ms=50",
    ]);
}

#[test]
fn the_main_job_survives_pages_of_every_size() {
    the_main_job_ends_well_under(&["cap=10", "short-first", "cap=7;truncate:every=11:reads"]);
}

#[test]
fn the_main_job_survives_answers_that_are_lost_after_the_effect() {
    the_main_job_ends_well_under(&[
        "504-after:every=7:writes",
        "504-after:every=2:writes",
        "504-after:times=3:writes",
        "reset-after:every=3:writes",
        "html-after:every=3:writes",
        "truncate:every=2:writes",
        "reset-after:times=1:members.invite",
    ]);
}

#[test]
fn the_main_job_survives_writes_that_never_arrived() {
    the_main_job_ends_well_under(&[
        "500:every=4:writes",
        "reset:times=2:bulk.create_members",
        "redirect:every=3:members.remove",
        "504-after:every=7:writes;429:after=20,times=1;truncate:every=9:reads;cap=10",
    ]);
}

#[test]
fn a_redirect_is_an_error_that_names_the_setting_and_the_run_can_go_on() {
    let project = Project::new();
    let refused = project.run(MAIN_JOB, &["--faults", "redirect:after=5:reads"]);
    ended_with(&refused, &[1], "a redirect is no answer");
    assert!(said(&refused).contains("check the connection's `base_url`"), "{}", said(&refused));
    ended_with(&project.resume(), ENDS, "without the redirect");
    assert_eq!(project.community(), *MAIN_JOB_ALONE);
}

#[test]
fn what_is_forbidden_fails_the_run_and_resume_ends_it() {
    let project = Project::new();
    let failed = project.run(MAIN_JOB, &["--faults", "403:after=3:writes"]);
    ended_with(&failed, &[1], "the invitations were forbidden");
    ended_with(&project.resume(), ENDS, "when it is allowed again");
    assert_eq!(project.community(), *MAIN_JOB_ALONE);
}

#[test]
fn an_export_is_the_same_whatever_happens_to_its_pages() {
    let export = |faults: &[&str]| {
        let project = Project::new();
        ended_with(&project.run("scripts/export_activities.rhai", faults), &[0], &faults.join(" "));
        std::fs::read_to_string(project.path().join("activities.csv")).unwrap()
    };
    let whole = export(&[]);
    assert!(whole.lines().count() > 600);
    let faults = [
        "truncate:every=3;500:every=4;reset:every=5",
        "html:every=2",
        "cap=7",
        "short-first;429:after=10,times=1,retry_after=1",
    ];
    let (export, whole) = (&export, &whole);
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(move || assert_eq!(&export(&["--faults", fault]), whole, "{fault}"));
        }
    });
}

async fn client(sandbox: &Sandbox) -> Client {
    let store = Store::in_memory().await.unwrap();
    let lease = Lease::take(&store, "test").unwrap();
    let clock = Clock::system();
    let platform = platforms::named("mobilize").unwrap();
    let transport = Arc::new(InProcess::new(sandbox.clone(), "mobilize"));
    Client::new(Parts {
        connection: "main".into(),
        platform,
        account: "account".into(),
        values: Default::default(),
        credentials: String::new(),
        reads: transport.clone(),
        way: Way::Send(Arc::new(transport.writes())),
        ledger: Ledger::new(store, lease, 1, clock.clone(), Caps::default()),
        pace: Pace::new(None, 1, 4),
        policy: Policy::default(),
        clock,
        events: Events::default(),
        stop: tokio_util::sync::CancellationToken::new(),
        redactor: beadle::settings::Redactor::default(),
        rules: Default::default(),
        brake: None,
    })
}

/// What somebody else does, in the platform's own pages.
async fn meanwhile(sandbox: &Sandbox, method: &str, target: &str, body: &str) {
    let asked = Asked {
        platform: "mobilize".into(),
        method: method.into(),
        target: target.into(),
        authorised: true,
        body: body.to_owned().into(),
    };
    assert_eq!(sandbox.handle(asked).await.status, 200, "{method} {target}");
}

async fn members(sandbox: &Sandbox) -> BTreeSet<String> {
    let look = sandbox.look("mobilize", |world| world.members_from(4, 0).map(|user| user.id.to_string()).collect());
    look.await.unwrap()
}

#[tokio::test]
async fn who_leaves_or_comes_while_a_list_is_read_hides_nobody_else() {
    for (every, cap) in [(1, 10), (3, 20), (2, 50)] {
        let sandbox = Sandbox::new(SandboxOptions::default(), Clock::system());
        sandbox.set_faults(parse_faults(&format!("cap={cap}")).unwrap());
        let client = client(&sandbox).await;
        let before = members(&sandbox).await;
        let platform = platforms::named("mobilize").unwrap();
        let Some(op) = platform.op("members", "list") else { panic!("no such operation") };
        let serde_json::Value::Object(args) = json!({ "group_id": "4" }) else { panic!("a map") };
        let pager = client.list(&Call { platform, op, connection: "main".into(), args: Args::from_checked(args) });
        let mut found = BTreeSet::new();
        let (mut pages, mut doubled) = (0, Vec::new());
        while let Some(page) = pager.next_page().await {
            for row in page.unwrap() {
                let id = row.id().unwrap();
                if !found.insert(id.clone()) {
                    doubled.push(id);
                }
            }
            pages += 1;
            if pages % every == 0 && pages < 6 {
                // Somebody at the front leaves, and somebody new comes.
                let gone = before.iter().nth(pages + 5).unwrap();
                meanwhile(&sandbox, "DELETE", &format!("/groups/4/members/{gone}/"), "").await;
                let body = json!({ "fields": { "email": format!("late{pages}@x.example") } }).to_string();
                meanwhile(&sandbox, "POST", "/groups/4/members/", &body).await;
            }
        }
        let after = members(&sandbox).await;
        let missed: Vec<_> = before.intersection(&after).filter(|id| !found.contains(*id)).collect();
        assert!(missed.is_empty() && doubled.is_empty(), "cap {cap}: missed {missed:?}, doubled {doubled:?}");
        assert!(pages > 4 && before != after, "or this test shows nothing");
    }
}
