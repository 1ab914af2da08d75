//! A migration that is killed anywhere ends as if it had not been: resumed, or run once more.

use std::collections::BTreeMap;

use super::{BACK, FEW, OVER, after, map_of, section, step};
use crate::builder::{Ran, Test};

/// Starts a step that dies at this point; the run's id and what is left.
fn dies(test: Test, point: &str) -> (String, Test) {
    let died = test.env("BEADLE_CRASH_AT", point);
    let output = died.command().output().unwrap();
    assert_eq!(output.status.code(), None, "it did not die at {point}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let id = stderr.split(": ").next().unwrap().trim_start_matches("run ").to_owned();
    (id, died)
}

#[test]
fn a_migration_that_dies_is_resumed_and_makes_nothing_twice() {
    for point in
        ["after-send:1", "after-intent:5", "before-settle:8", "after-send:9", "after-intent:12", "after-send:16"]
    {
        let died = step(Test::project(), OVER, "run").env("BEADLE_CRASH_AT", point);
        let output = died.command().output().unwrap();
        assert_eq!(output.status.code(), None, "it did not die at {point}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let id = stderr.split(": ").next().unwrap().trim_start_matches("run ").to_owned();
        let ran = died.again(["resume", &id, "--sandbox"]).without("BEADLE_CRASH_AT").success();
        let told = section(&ran);
        assert!(told.contains("\n    ") && told.contains(" Berlin (4) is 4a4d2568-"), "{point}: {told}");
        let ran = step(after(ran), OVER, "verify").success();
        assert!(
            ran.stdout.contains("9 groups and 30 memberships compared: 0 differences, 1 only there"),
            "{point}: {}",
            ran.stdout
        );
        let requests = made(&ran, "heartbeat/new");
        let twice: BTreeMap<_, _> = requests.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty() && requests.len() == 16, "{point}: {requests:?}");
    }
}

#[test]
fn the_command_is_resumed_like_a_script() {
    let args = ["--from", "main", "--to", "new-main", "--if-exists", "use", "--manager", "admin@new.example"];
    let few = ["--sandbox", "--people", FEW, "--activities", "0"];
    let died = Test::new().args(["migrate"]).args(args).args(few).env("BEADLE_CRASH_AT", "after-send:3");
    assert_eq!(died.command().status().unwrap().code(), None, "it did not die");
    let resumed = died.again(["resume", "--latest", "--sandbox"]).without("BEADLE_CRASH_AT").success();
    let ran = after(resumed).args(["migrate", "--verify"]).args(args).args(few).success();
    assert!(
        ran.stdout.contains("  9 groups and 30 memberships compared: 0 differences, 9 only there\n"),
        "{}",
        ran.stdout
    );
}

/// What was asked of the platform to make: body and how often.
fn made(ran: &Ran, platform: &str) -> BTreeMap<String, usize> {
    use beadle::store::Store;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let requests = runtime.block_on(async {
        let store = Store::open(&ran.folder.path().join(".beadle/sandbox.db")).await.unwrap();
        let world = store.world().await.unwrap().unwrap();
        store.world_requests(&world.id, 0, 10_000).await.unwrap()
    });
    let mut made = BTreeMap::new();
    for (_, request) in requests.into_iter().filter(|(_, request)| request.platform == platform) {
        *made.entry(format!("{} {}", request.target, String::from_utf8_lossy(&request.body))).or_insert(0) += 1;
    }
    made
}

/// Into Mobilize, with invitations: groups, bulks and mails.
fn back(test: Test) -> Test {
    step(test, BACK, "run").args(["--arg", "invite=true", "--arg", "sender=5001"])
}

/// How often each address was put into each group, each group was made, and each person was written to about a group.
fn deeds(ran: &Ran) -> BTreeMap<String, usize> {
    let mut deeds = BTreeMap::new();
    for (request, times) in made(ran, "mobilize/new") {
        let (target, body) = request.split_once(' ').unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let mut note = |what: String| *deeds.entry(what).or_insert(0) += times;
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        list("recipients_ids").iter().for_each(|id| note(format!("mail {target} {id}")));
        list("users").iter().for_each(|user| note(format!("join {} {}", body["group_id"], user["fields"]["email"])));
        if let Some(name) = body["name"].as_str() {
            note(format!("group {name}"));
        }
    }
    deeds
}

#[test]
fn killed_at_any_place_nobody_is_written_to_twice_and_no_group_is_made_twice() {
    let alone = back(Test::project()).success();
    let wanted = deeds(&alone);
    let (map, _) = map_of(alone, "heartbeat", "new-main");
    assert!(wanted.keys().any(|deed| deed.starts_with("mail ")) && map.len() == 17, "{wanted:?} {map:?}");
    assert!(wanted.values().all(|times| *times == 1), "{wanted:?}");
    // Groups are made by the first eight writes; people come in, and are written to, by the others.
    let points =
        ["after-send:2", "before-settle:7", "after-intent:9", "after-accept:1", "after-send:10", "before-settle:14"];
    std::thread::scope(|scope| {
        for (at, point) in points.into_iter().enumerate() {
            let (wanted, map) = (&wanted, &map);
            scope.spawn(move || {
                let (id, died) = dies(back(Test::project()), point);
                let ran = match at % 2 {
                    0 => died.again(["resume", &id, "--sandbox"]).without("BEADLE_CRASH_AT").success(),
                    // Whoever forgets it and begins anew comes to the same.
                    _ => back(died.again([]).without("BEADLE_CRASH_AT")).success(),
                };
                assert_eq!(&deeds(&ran), wanted, "{point}");
                let (mapped, ran) = map_of(ran, "heartbeat", "new-main");
                assert_eq!(&mapped, map, "{point}");
                let ran = back(after(ran)).success();
                assert!(ran.stdout.contains("none of them a write: nothing was changed"), "{point}: {}", ran.stdout);
            });
        }
    });
}

#[test]
fn an_applied_plan_that_dies_leaves_the_same_map_once_it_was_resumed() {
    let plan = ["plan", BACK, "--sandbox", "--unattended", "--people", FEW, "--activities", "0", "--arg", "step=run"];
    let (map, _) = map_of(step(Test::project(), BACK, "run").success(), "heartbeat", "new-main");
    for point in ["after-send:3", "before-settle:9", "after-intent:12"] {
        let ran = Test::project().args(plan).success();
        let id = ran.stdout.split("beadle apply ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        let (_, died) = dies(after(ran).args(["apply", &id, "--sandbox", "--unattended"]), point);
        let ran = died.again(["resume", &id, "--sandbox"]).without("BEADLE_CRASH_AT").success();
        let (mapped, ran) = map_of(ran, "heartbeat", "new-main");
        assert_eq!(mapped, map, "{point}");
        let ran = step(after(ran), BACK, "verify").success();
        assert!(ran.stdout.contains("9 groups and 30 memberships compared: 0 differences"), "{point}: {}", ran.stdout);
    }
}
