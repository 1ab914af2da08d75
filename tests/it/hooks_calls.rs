//! How many calls a delivery takes: each person is read once, many of them from a list, and nobody whom a list leaves out is
//! gone for that.

use std::collections::BTreeSet;
use std::time::Duration;

use beadle::catalog::{Args, Call};
use beadle::hooks::{STRETCH, Subscription};
use beadle::model::Topic;
use beadle::sandbox::{InProcess, parse_faults};
use beadle::{platforms, wire};
use serde_json::{Value, json};

use crate::hooks::{Scene, ids, job};

/// The first of the sandbox's people.
const FIRST: u64 = 1001;

fn welcome() -> Vec<Subscription> {
    vec![job("welcome", &[Topic::UserCreated, Topic::GroupMemberAdded])]
}

/// A delivery about these people, of whom a group is named or none.
fn told(topic: &str, group: Option<&str>, people: impl IntoIterator<Item = u64>) -> Value {
    let notice = |id: u64| json!({ "topic": topic, "item_type": "x", "item": { "id": id, "group_id": group } });
    json!({ "notifications": people.into_iter().map(notice).collect::<Vec<_>>(), "job": { "id": "big" } })
}

impl Scene {
    fn calls(&self, operation: &str) -> u64 {
        self.way.sandbox.tally().counts.get(operation).copied().unwrap_or(0)
    }

    /// What an operation of the sandbox answers to these arguments.
    async fn asked(&self, op: (&str, &str), args: &[(&str, &str)]) -> Value {
        let platform = platforms::named("mobilize").unwrap();
        let mut given = Args::default();
        args.iter().for_each(|(name, value)| given.set(name, *value));
        let op = platform.op(op.0, op.1).unwrap();
        let call = Call { platform, op, connection: "main".into(), args: given };
        let transport = InProcess::new(self.way.sandbox.clone(), "mobilize");
        let reply = beadle::client::Reads::read(&transport, wire::build(&call)).await.unwrap();
        serde_json::from_slice(&reply.body).unwrap()
    }
}

#[tokio::test]
async fn two_thousand_new_people_are_read_from_the_list_of_users_each_as_if_asked_for_alone() {
    let scene = Scene::of(welcome(), 6_000, STRETCH).await;
    let people: Vec<u64> = (FIRST..FIRST + 4_000).rev().step_by(2).collect();
    // Each is told of twice, 50 a page.
    let mut all = Vec::new();
    for topic in ["user.created", "group_member.added"] {
        all.extend(told(topic, None, people.clone())["notifications"].as_array().unwrap().clone());
    }
    let first = json!({ "notifications": all[..50], "total": all.len(), "job": { "id": "big" },
        "next_page": "https://api.mobilize.io/v1/bulks/big?offset=50&limit=50" });
    *scene.way.big.lock().unwrap() = all;
    scene.take(&first).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.notices, rows[0].counts.gone, rows[0].counts.partial), (4_000, 0, false));
    assert_eq!(ids(&triggers[0]).len(), 4_000);
    assert_eq!(scene.calls("users.get"), 0);
    assert!(scene.calls("users.list") <= 6_000 / 200 + 2, "{}", scene.calls("users.list"));
    let event = &triggers[0].events[7];
    let id = event["id"].as_str().unwrap();
    let alone = scene.asked(("users", "get"), &[("user_id", id), ("include_fields", "true")]).await;
    assert_eq!(event["item"], alone);
    assert!(alone["fields"].is_object());
}

#[tokio::test]
async fn the_members_of_a_group_are_read_from_its_list_as_members() {
    let scene = Scene::of(welcome(), 700, STRETCH).await;
    let members = scene.asked(("members", "list"), &[("group_id", "4"), ("limit", "1000")]).await;
    let members: Vec<u64> =
        members.as_array().unwrap().iter().map(|member| member["id"].as_str().unwrap().parse().unwrap()).collect();
    assert!(members.len() > 100, "{}", members.len());
    let list = scene.calls("members.list");
    scene.take(&told("group_member.added", Some("4"), members.iter().copied().chain([999_999]))).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.gone, ids(&triggers[0]).len()), (1, members.len() + 1));
    assert_eq!(scene.calls("members.get"), 1, "whom the list does not show is asked for by id");
    assert!(scene.calls("members.list") - list <= 4);
    let event = &triggers[0].events[3];
    let of = [("group_id", "4"), ("user_id", event["id"].as_str().unwrap()), ("include_fields", "true")];
    assert_eq!(event["item"], scene.asked(("members", "get"), &of).await);
}

#[tokio::test]
async fn a_list_that_would_take_more_calls_is_left_after_two() {
    let scene = Scene::of(welcome(), 700, STRETCH).await;
    // As the document says in one place: ten a page.
    scene.way.sandbox.set_faults(parse_faults("cap=10:users.list").unwrap());
    let people: BTreeSet<u64> = (FIRST + 100..FIRST + 140).collect();
    scene.take(&told("user.created", None, people)).await;
    let (_, triggers) = scene.worked().await;
    assert_eq!(ids(&triggers[0]).len(), 40);
    assert_eq!((scene.calls("users.list"), scene.calls("users.get")), (2, 40));
}

#[tokio::test]
async fn few_people_are_asked_for_one_by_one_and_a_list_that_fails_is_done_without() {
    let scene = Scene::of(welcome(), 700, STRETCH).await;
    scene.take(&told("user.created", None, FIRST..FIRST + 19)).await;
    scene.worked().await;
    assert_eq!((scene.calls("users.list"), scene.calls("users.get")), (0, 19));
    scene.way.sandbox.set_faults(parse_faults("503:users.list").unwrap());
    scene.take(&told("user.created", None, FIRST + 100..FIRST + 130)).await;
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[1].counts.partial, ids(&triggers[1]).len()), (false, 30));
    assert_eq!(scene.calls("users.get"), 19 + 30);
}

#[tokio::test]
async fn a_platform_that_is_down_is_not_asked_for_everybody_and_nobody_is_read_twice() {
    let scene = Scene::of(welcome(), 700, STRETCH).await;
    // Ten are read, then it is down.
    scene.way.sandbox.set_faults(parse_faults("503:after=10:users.get;503:users.list").unwrap());
    scene.take(&told("user.created", None, FIRST..FIRST + 200)).await;
    let (rows, _) = scene.worked().await;
    assert_eq!((rows[0].state.as_str(), rows[0].tries), ("waiting", 1));
    let asked = scene.calls("users.get");
    assert!((15..=18).contains(&asked), "{asked}");
    scene.way.sandbox.set_faults(parse_faults("503:users.list").unwrap());
    scene.clock.advance_ms(5_000);
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.partial, rows[0].counts.unread, ids(&triggers[0]).len()), (false, 0, 200));
    assert_eq!(scene.calls("users.get") - asked, 190);
}

#[tokio::test]
async fn somebody_who_cannot_be_read_holds_up_nobody_else() {
    let scene = Scene::of(welcome(), 700, STRETCH).await;
    scene.way.sandbox.set_faults(parse_faults("503:every=3:users.get").unwrap());
    scene.take(&told("user.created", None, FIRST..FIRST + 15)).await;
    scene.worked().await;
    for _ in 0..4 {
        scene.clock.advance_ms(60_000);
        scene.worked().await;
    }
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].state.as_str(), rows[0].counts.partial, ids(&triggers[0]).len()), ("done", false, 15));
}

#[tokio::test]
async fn a_delivery_that_takes_long_is_passed_by_those_behind_it() {
    let scene = Scene::of(welcome(), 700, Duration::from_millis(20)).await;
    scene.way.sandbox.set_faults(parse_faults("slow:ms=600000:users.get").unwrap());
    scene.take(&told("user.created", None, [FIRST])).await;
    // Nobody waits for it, so that nobody is asked.
    scene.take(&told("user.updated", None, [FIRST])).await;
    let working = scene.working.clone();
    let task = tokio::spawn(async move { working.work().await });
    let done = async {
        while scene.store.delivery(2).await.unwrap().unwrap().state != "done" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
    assert_eq!(scene.store.delivery(1).await.unwrap().unwrap().state, "waiting");
    task.abort();
}
