//! Odd answers while a delivery is worked off: nobody is gone, and nothing counts as read, because somebody else answered.

use beadle::model::Topic;
use beadle::sandbox::parse_faults;
use serde_json::{Value, json};

use crate::hooks::{Scene, ids, job};

fn notice(id: u64) -> Value {
    json!({ "topic": "user.created", "item_type": "user", "item": { "id": id } })
}

fn about(people: &[u64]) -> Value {
    let notices: Vec<Value> = people.iter().copied().map(notice).collect();
    json!({ "notifications": notices, "total": people.len(), "job": { "id": "j1" } })
}

/// The first 50 of so many people, whom the job `big` tells of.
fn first_of(total: u64) -> Value {
    let notices: Vec<Value> = (1001..1051).map(notice).collect();
    json!({ "notifications": notices, "total": total, "job": { "id": "big" },
        "next_page": "https://api.mobilize.io/v1/bulks/big?offset=50&limit=50" })
}

async fn scene() -> Scene {
    Scene::new(vec![job("welcome", &[Topic::UserCreated])]).await
}

#[tokio::test]
async fn whoever_is_not_answered_by_the_platform_itself_is_asked_for_again() {
    for (status, body) in [
        (404, "<html><head><title>404 Not Found</title></head></html>"),
        (404, "\n <!DOCTYPE html>"),
        (404, "404 page not found"),
        (404, "{\"message\":\"no Route matched with those values\"}"),
        (200, "<html>come back later</html>"),
        (200, "{}"),
        (200, "[]"),
        (200, "{\"id\":\"1002\",\"email\":\"other@example.org\"}"),
    ] {
        let scene = scene().await;
        *scene.way.odd.lock().unwrap() = vec![("/users/1001".to_owned(), status, body.to_owned())];
        scene.take(&about(&[1001])).await;
        let (rows, triggers) = scene.worked().await;
        assert_eq!((rows[0].state.as_str(), triggers.len()), ("waiting", 0), "{status} {body}");
        scene.way.odd.lock().unwrap().clear();
        assert_eq!(scene.until_done(1).await, [5]);
        let (rows, triggers) = scene.worked().await;
        assert_eq!((rows[0].counts.gone, &triggers[0].events[0]["item"]["id"]), (0, &json!("1001")), "{status} {body}");
    }
}

#[tokio::test]
async fn whom_the_platform_itself_does_not_have_is_gone() {
    for (status, body) in [
        (404, "{\"status_code\":404,\"error_message\":\"Couldn't find User\"}"),
        (404, "{error_code:404, error_message:\"User id(user_id) is not exist.\"}"),
        (404, ""),
        (410, "{}"),
    ] {
        let scene = scene().await;
        *scene.way.odd.lock().unwrap() = vec![("/users/1001".to_owned(), status, body.to_owned())];
        scene.take(&about(&[1001])).await;
        let (rows, triggers) = scene.worked().await;
        assert_eq!((rows[0].counts.gone, triggers.len()), (1, 1), "{status} {body}");
    }
}

#[tokio::test]
async fn pages_that_end_early_are_read_again_until_all_is_there() {
    let scene = scene().await;
    scene.take(&first_of(120)).await;
    assert_eq!(scene.worked().await.0[0].state, "waiting", "the page behind is empty so far");
    *scene.way.big.lock().unwrap() = (1001..1121).map(notice).collect();
    assert_eq!(scene.until_done(1).await, [5]);
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].counts.notices, rows[0].counts.partial, ids(&triggers[0]).len()), (120, false, 120));
}

#[tokio::test]
async fn pages_that_stay_short_or_repeat_are_said_after_some_tries() {
    let same = first_of(100).to_string();
    for (odd, why) in [
        (None, "it says that there are 120, and has 50"),
        (Some(same), "it says that there are 120, and its pages repeat the 50 that it has"),
    ] {
        let scene = scene().await;
        scene.way.odd.lock().unwrap().extend(odd.map(|page| ("/bulks/big?".to_owned(), 200, page)));
        scene.take(&first_of(120)).await;
        scene.worked().await;
        assert_eq!(scene.until_done(1).await, [5, 10, 20, 40, 80]);
        let (rows, triggers) = scene.worked().await;
        assert_eq!((rows[0].counts.partial, rows[0].trouble.as_deref()), (true, Some(why)));
        assert_eq!(ids(&triggers[0]).len(), 50, "those who are told of are told all the same");
    }
}

#[tokio::test]
async fn credentials_that_were_refused_are_read_anew_and_others_are_not() {
    let scene = scene().await;
    scene.way.sandbox.set_faults(parse_faults("401:times=1;503:after=1,times=1").unwrap());
    scene.take(&about(&[1001])).await;
    let mut opened = Vec::new();
    while scene.worked().await.0[0].state == "waiting" {
        opened.push(*scene.way.opened.lock().unwrap());
        scene.clock.advance_ms(60_000);
    }
    opened.push(*scene.way.opened.lock().unwrap());
    assert_eq!(opened, [1, 2, 2], "after the refusal, and not after the failure");
}

#[tokio::test]
async fn a_delivery_that_waits_until_a_wrong_future_is_due_when_the_clock_is_right() {
    let scene = scene().await;
    scene.way.sandbox.set_faults(parse_faults("503:times=1").unwrap());
    scene.clock.advance_ms(48 * 60 * 60_000);
    scene.take(&about(&[1001])).await;
    assert_eq!(scene.worked().await.0[0].state, "waiting");
    scene.clock.advance_ms(-48 * 60 * 60_000);
    let (rows, triggers) = scene.worked().await;
    assert_eq!((rows[0].state.as_str(), triggers.len()), ("done", 1));
}
