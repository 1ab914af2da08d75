//! One cause lets many jobs fail: whoever is told gets one message.

use super::*;

/// So many jobs fail at once.
const MANY: usize = 200;

/// Jobs that are told of so, each with a watcher of its own.
fn many(notify: &str, watcher: &str) -> Vec<Arc<Job>> {
    let one = |n: usize| job(&format!("job-{n:03}"), &format!("{notify}\nping_url = \"{watcher}/{n}\"\n"));
    (0..MANY).map(one).collect()
}

fn verdicts(jobs: &[Arc<Job>], what: &What) -> Vec<Verdict> {
    jobs.iter().map(|job| verdict(job, &format!("run-of-{}", job.name), what.clone())).collect()
}

async fn gathering(jobs: Vec<Arc<Job>>) -> Scene {
    let mut scene = Scene::of(jobs).await;
    scene.waits.gather = Duration::from_millis(200);
    scene
}

/// All names, in the order of the jobs.
fn names() -> Vec<String> {
    (0..MANY).map(|n| format!("job-{n:03}")).collect()
}

#[tokio::test]
async fn many_failures_are_one_message_in_every_shape_and_so_is_that_all_work_again() {
    let (mut hook, mut slack, mut teams) =
        (Server::start(&[]).await, Server::start(&[]).await, Server::start(&[]).await);
    let mut watcher = Server::start(&[]).await;
    for (way, server) in [("webhook", &mut hook), ("slack", &mut slack), ("teams", &mut teams)] {
        let jobs = many(&format!("{way} = \"{}\"", server.url), &watcher.url);
        let scene = gathering(jobs.clone()).await;
        let alarms = scene.begin().await;
        for (what, title) in [(FAILED, "200 jobs (sandbox) failed"), (DONE, "200 jobs (sandbox) work again")] {
            scene.turn(&alarms, &verdicts(&jobs, &what)).await;
            let body = server.next().await.1;
            assert!(body.contains(title), "{way}: {body}");
            assert!(names().iter().all(|name| body.contains(name.as_str())), "{way}: {body}");
            assert!(body.contains("job-000 (sandbox) ") && body.len() < 28 << 10 || way == "webhook", "{way}: {body}");
            scene.arrived().await;
            assert!(server.asked.try_recv().is_err(), "{way}: one message");
            for _ in 0..MANY {
                watcher.next().await;
            }
        }
        assert!(scene.is_clean());
    }
}

#[tokio::test]
async fn an_object_for_programs_has_all_jobs_and_the_first_ones_error() {
    let mut server = Server::start(&[]).await;
    let jobs: Vec<Arc<Job>> = ["a", "b"].map(|name| job(name, &format!("webhook = \"{}\"", server.url))).into();
    let scene = gathering(jobs.clone()).await;
    scene.redactor.learn(&crate::settings::Secret::new("hunter2-hunter2"));
    held(&scene.store).await;
    let alarms = scene.begin().await;
    let both = [verdict(&jobs[0], "r1", What::Ended(Outcome::Held)), verdict(&jobs[1], "r2", FAILED)];
    scene.turn(&alarms, &both).await;
    let body = server.next().await.1;
    assert!(!body.contains("hunter2"), "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&body["type"], &body["what"]), (&json!("alarm"), &json!("several")));
    assert_eq!(body["title"], "2 jobs (sandbox): 1 is held by a brake, 1 failed");
    assert_eq!((&body["jobs"], &body["counts"]), (&json!(["a", "b"]), &json!({ "held": 1, "failed": 1 })));
    assert_eq!(body["alarms"][0]["error"], "12 people would be removed, said [secret]");
    assert_eq!(body["next"][0], "beadle runs show r1 --sandbox");
    scene.arrived().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_and_a_mail_tell_of_many_jobs_once() {
    let watcher = Server::start(&[]).await;
    let notify = "command = [\"tee\", \"-a\", \"told\"]\nmail = \"ops@example.org\"";
    let jobs = many(notify, &watcher.url);
    let mut scene = gathering(jobs.clone()).await;
    scene.settings = "[mail]\ncommand = [\"tee\", \"-a\", \"mailed\"]\n".into();
    let alarms = scene.begin().await;
    scene.turn(&alarms, &verdicts(&jobs, &FAILED)).await;
    scene.arrived().await;
    let read = |file: &str| std::fs::read_to_string(scene.folder.path().join(file)).unwrap();
    let told = read("told");
    assert_eq!(told.lines().count(), 1);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((told["jobs"].as_array().unwrap().len(), &told["counts"]["failed"]), (MANY, &json!(MANY)));
    let mailed = read("mailed");
    assert_eq!(mailed.matches("Subject: ").count(), 1);
    assert!(mailed.contains("Subject: 200 jobs (sandbox) failed\n"), "{mailed}");
}

#[tokio::test]
async fn what_was_gathered_when_a_daemon_died_is_told_by_the_next_one_and_once() {
    let mut server = Server::start(&[]).await;
    let watcher = Server::start(&[]).await;
    let jobs = many(&format!("webhook = \"{}\"", server.url), &watcher.url);
    let mut scene = gathering(jobs.clone()).await;
    scene.waits.gather = Duration::from_secs(3_000);
    let dead = scene.begin().await;
    scene.turn(&dead, &verdicts(&jobs, &FAILED)).await;
    assert_eq!(scene.store.letters().await.unwrap().len(), MANY, "kept, and waiting for others");

    scene.waits.gather = Duration::from_millis(200);
    let next = scene.begin().await;
    assert_eq!(server.title().await, "200 jobs (sandbox) failed");
    scene.arrived().await;
    scene.turn(&next, &verdicts(&jobs, &FAILED)).await;
    assert!(scene.store.letters().await.unwrap().is_empty(), "it was told");
    assert!(server.asked.try_recv().is_err());
}

#[tokio::test]
async fn what_does_not_arrive_is_tried_again_with_what_came_meanwhile() {
    let mut server = Server::start(&[BROKEN]).await;
    let jobs: Vec<Arc<Job>> = ["a", "b", "c"].map(|name| job(name, &format!("webhook = \"{}\"", server.url))).into();
    let mut scene = gathering(jobs.clone()).await;
    scene.waits.again = Duration::from_secs(2);
    let alarms = scene.begin().await;
    scene.turn(&alarms, &verdicts(&jobs[..2], &FAILED)).await;
    assert_eq!(server.title().await, "2 jobs (sandbox) failed");
    let line = scene.said("answered 500: no_luck").await;
    let wanted = "a: the webhook of jobs/a.toml answered 500: no_luck: 2 jobs (sandbox) failed; again in 2 s; \
                  `beadle jobs notify a --test --sandbox` tries it";
    assert_eq!(line, wanted);
    scene.turn(&alarms, &verdicts(&jobs[2..], &FAILED)).await;
    assert_eq!(server.title().await, "3 jobs (sandbox) failed");
    scene.arrived().await;
    scene.said("a: the webhook of jobs/a.toml was told now: 3 jobs (sandbox) failed").await;
}

#[tokio::test]
async fn who_is_told_is_what_the_file_says_when_the_message_leaves() {
    let (mut old, mut new) = (Server::start(&[]).await, Server::start(&[]).await);
    let told = |name: &str, url: &str| job(name, &format!("webhook = \"{url}\""));
    let before: Vec<Arc<Job>> = ["a", "b", "c"].map(|name| told(name, &old.url)).into();
    let scene = gathering(before.clone()).await;
    let alarms = scene.begin().await;
    scene.turn(&alarms, &verdicts(&before, &FAILED)).await;
    alarms.serve(&[told("a", &old.url), told("b", &new.url), told("c", &old.url)]);
    assert_eq!(old.title().await, "2 jobs (sandbox) failed");
    assert_eq!(new.title().await, "b (sandbox) failed");
    scene.arrived().await;
}

#[tokio::test]
async fn a_graceful_stop_waits_for_no_others() {
    let mut server = Server::start(&[]).await;
    let jobs: Vec<Arc<Job>> = ["a", "b"].map(|name| job(name, &format!("webhook = \"{}\"", server.url))).into();
    let mut scene = gathering(jobs.clone()).await;
    scene.waits.gather = Duration::from_secs(3_000);
    let alarms = scene.begin().await;
    scene.turn(&alarms, &verdicts(&jobs, &FAILED)).await;
    alarms.finish(Duration::from_secs(20)).await;
    assert_eq!(server.title().await, "2 jobs (sandbox) failed");
    scene.arrived().await;
}

#[tokio::test]
async fn that_the_store_fails_waits_for_nobody() {
    let mut server = Server::start(&[]).await;
    let mut scene = gathering(vec![job("a", &format!("webhook = \"{}\"", server.url))]).await;
    scene.waits.gather = Duration::from_secs(3_000);
    let alarms = scene.begin().await;
    alarms.store_fails("the disk is full", now());
    assert!(server.title().await.contains("cannot write its store"));
}
