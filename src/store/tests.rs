use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Approval, Error, LogLine, NewRun, RunState, Store, World, WorldRequest};

/// A run that begins at this time.
pub(super) fn run(id: &str, started_at: i64) -> NewRun {
    NewRun {
        id: id.to_owned(),
        script: "sync".into(),
        source: "scripts/sync.rhai".into(),
        args: json!({ "group": "12", "invite": true }),
        connection: Some("main".into()),
        sandbox: false,
        settings: Some("beadle.toml".into()),
        job: None,
        started_at,
    }
}

async fn at(folder: &Path) -> Result<Store, Error> {
    Store::open(&folder.join("deep/er/beadle.db")).await
}

#[tokio::test]
async fn a_store_is_made_with_its_folder_and_opens_twice() {
    let folder = tempfile::tempdir().unwrap();
    let first = at(folder.path()).await.unwrap();
    first.start_run(&run("r1", 5)).await.unwrap();
    let second = at(folder.path()).await.unwrap();
    assert_eq!(second.run("r1").await.unwrap().unwrap().of, run("r1", 5), "both see the same");
    first.close().await;
    second.close().await;
    let third = at(folder.path()).await.unwrap();
    assert_eq!(third.runs(10).await.unwrap().len(), 1);
    assert_eq!(third.folder().unwrap().file_name().unwrap(), "er");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_may_make_the_same_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let path = folder.path().join("beadle.db");
            tokio::spawn(async move { Store::open(&path).await.map(|_| ()) })
        })
        .collect();
    for one in opening {
        one.await.unwrap().unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "looks at the files of the store")]
async fn what_a_store_holds_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let store = at(folder.path()).await.unwrap();
    let _open = store.writer().begin_with("BEGIN IMMEDIATE").await.unwrap();
    let files: Vec<_> = std::fs::read_dir(store.folder().unwrap()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 1, "the log lies beside it");
    for file in files.iter().filter(|file| file.file_type().unwrap().is_file()) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn a_committed_row_survives_a_power_cut_as_far_as_sqlite_can_tell() {
    let folder = tempfile::tempdir().unwrap();
    let store = at(folder.path()).await.unwrap();
    for pool in [store.writer(), store.readers()] {
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(pool).await.unwrap();
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(pool).await.unwrap();
        assert_eq!((journal.as_str(), synchronous, keys), ("wal", 2, 1));
    }
}

#[tokio::test]
async fn a_store_written_by_a_newer_release_is_refused_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = at(folder.path()).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, x'00', 0)",
    )
    .execute(store.writer())
    .await
    .unwrap();
    store.close().await;
    let refused = at(folder.path()).await.unwrap_err();
    assert!(matches!(refused, Error::Newer(_)), "{refused:?}");
    assert!(refused.to_string().contains("was written by a newer beadle"), "{refused}");
}

#[tokio::test]
async fn a_schema_that_somebody_has_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = at(folder.path()).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(store.writer()).await.unwrap();
    store.close().await;
    assert!(matches!(at(folder.path()).await, Err(Error::Foreign { .. })));
}

#[tokio::test]
async fn a_locked_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beadle.db");
    let first = Store::open(&path).await.unwrap();
    let held = first.writing().await.unwrap();
    let second = Store::open_with(&path, Duration::from_millis(50)).await;
    let refused = second.unwrap_err();
    assert!(matches!(refused, Error::Locked(_)), "{refused:?}");
    assert!(refused.to_string().contains("is locked by another process; wait"), "{refused}");
    held.commit().await.unwrap();
    Store::open_with(&path, Duration::from_millis(50)).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let store = at(folder.path()).await.unwrap();
    store.start_run(&run("r1", 5)).await.unwrap();
    // The same error as a full disk gives, without filling one.
    sqlx::query("PRAGMA max_page_count = 1").execute(store.writer()).await.unwrap();
    let line = LogLine { at: 0, level: "info".into(), text: "x".repeat(100_000) };
    let refused = store.log("r1", 1, &[line.clone(), line]).await.unwrap_err();
    assert!(matches!(refused, Error::Full(_)), "{refused:?}");
    assert!(refused.to_string().contains("no room left"), "{refused}");
    assert!(store.log_after("r1", 0, 10).await.unwrap().is_empty(), "all lines or none");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a file that is no store")]
async fn something_else_than_a_store_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beadle.db");
    std::fs::write(&path, "first_name;email\nAda;ada@example.org\n".repeat(100)).unwrap();
    assert!(matches!(Store::open(&path).await, Err(Error::Damaged(_))));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("first_name;email"));
    let refused = Store::open(folder.path()).await.unwrap_err();
    assert!(matches!(refused, Error::Unopened { .. }), "a folder: {refused:?}");
}

#[tokio::test]
async fn a_run_keeps_its_first_start_through_all_attempts() {
    let store = Store::in_memory().await.unwrap();
    store.start_run(&run("r1", 5)).await.unwrap();
    let twice = store.start_run(&run("r1", 6)).await.unwrap_err();
    assert!(matches!(twice, Error::Twice { .. }), "{twice:?}");
    assert_eq!(store.unfinished("sync", None).await.unwrap().len(), 1);
    store.end_run("r1", RunState::Interrupted, 130, &json!({ "added": 3 }), 9).await.unwrap();
    let stopped = store.run("r1").await.unwrap().unwrap();
    assert_eq!((stopped.state, stopped.exit_code, stopped.ended_at), (RunState::Interrupted, Some(130), Some(9)));
    assert_eq!(stopped.summary, Some(json!({ "added": 3 })));

    assert_eq!(store.next_attempt("r1", 20).await.unwrap(), 2);
    let again = store.run("r1").await.unwrap().unwrap();
    assert_eq!((again.of.started_at, again.attempt, again.attempt_at), (5, 2, 20));
    assert_eq!((again.state, again.exit_code, again.ended_at, again.summary), (RunState::Running, None, None, None));
    store.end_run("r1", RunState::Done, 0, &json!({}), 30).await.unwrap();
    assert!(store.unfinished("sync", None).await.unwrap().is_empty());
    assert!(store.next_attempt("r2", 20).await.is_err(), "there is no such run");
    assert_eq!(store.run("r2").await.unwrap(), None);
}

#[tokio::test]
async fn the_newest_runs_come_first() {
    let store = Store::in_memory().await.unwrap();
    for (id, at) in [("a", 1), ("c", 3), ("b", 2)] {
        store.start_run(&run(id, at)).await.unwrap();
    }
    let ids: Vec<String> = store.runs(2).await.unwrap().into_iter().map(|run| run.of.id).collect();
    assert_eq!(ids, ["c", "b"]);
}

#[tokio::test]
async fn a_log_is_read_on_from_where_one_was() {
    let store = Store::in_memory().await.unwrap();
    store.start_run(&run("r1", 5)).await.unwrap();
    let line = |text: &str| LogLine { at: 7, level: "print".into(), text: text.into() };
    store.log("r1", 1, &[line("a"), line("b")]).await.unwrap();
    store.log("r1", 2, &[line("c")]).await.unwrap();
    let first = store.log_after("r1", 0, 2).await.unwrap();
    assert_eq!(first.iter().map(|(_, line)| line.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let rest = store.log_after("r1", first[1].0, 10).await.unwrap();
    assert_eq!(rest.into_iter().map(|(_, line)| line).collect::<Vec<_>>(), [line("c")]);
    assert!(store.log("nobody", 1, &[line("a")]).await.is_err(), "lines belong to a run");
}

#[tokio::test]
async fn approvals_and_cursors_are_read_back() {
    let store = Store::in_memory().await.unwrap();
    store.start_run(&run("r1", 5)).await.unwrap();
    let given = Approval {
        run: "r1".into(),
        what: "removals".into(),
        number: 12,
        reason: "term ended".into(),
        who: "ada".into(),
        at: 6,
        digest: None,
    };
    store.keep_approval(&given).await.unwrap();
    assert_eq!(store.approvals("r1").await.unwrap(), [given]);

    assert_eq!(store.cursor("m-1", "activities").await.unwrap(), None);
    store.set_cursor("m-1", "activities", "100", 1).await.unwrap();
    store.set_cursor("m-1", "activities", "200", 2).await.unwrap();
    store.set_cursor("m-2", "activities", "7", 2).await.unwrap();
    assert_eq!(store.cursor("m-1", "activities").await.unwrap().as_deref(), Some("200"));
}

#[tokio::test]
async fn who_begins_the_first_world_at_the_same_time_shares_it() {
    let store = Store::in_memory().await.unwrap();
    let world = |id: &str| World { id: id.into(), seed: json!({ "people": 250 }), started_ms: 9 };
    assert_eq!(store.first_world(world("w1")).await.unwrap(), world("w1"));
    for id in ["w1", "w2"] {
        assert_eq!(store.first_world(world(id)).await.unwrap(), world("w1"));
    }
    assert_eq!(store.world().await.unwrap(), Some(world("w1")));
}

#[tokio::test]
async fn a_new_world_starts_without_the_requests_of_the_old_one() {
    let store = Store::in_memory().await.unwrap();
    assert_eq!(store.world().await.unwrap(), None);
    let world = |id: &str| World { id: id.into(), seed: json!({ "people": 250 }), started_ms: 9 };
    store.new_world(&world("w1")).await.unwrap();
    let request = WorldRequest {
        at_ms: 10,
        platform: "mobilize".into(),
        method: "POST".into(),
        target: "/groups".into(),
        body: vec![0, 159, 146, 150],
    };
    let first = store.keep_world_request("w1", &request).await.unwrap();
    store.keep_world_request("w1", &WorldRequest { at_ms: 11, ..request.clone() }).await.unwrap();
    assert_eq!(store.world_requests("w1", 0, 1).await.unwrap(), [(first, request.clone())]);
    assert_eq!(store.world_requests("w1", first, 10).await.unwrap()[0].1.at_ms, 11);

    store.new_world(&world("w2")).await.unwrap();
    assert_eq!(store.world().await.unwrap(), Some(world("w2")));
    assert!(store.world_requests("w1", 0, 10).await.unwrap().is_empty());
    assert!(store.keep_world_request("w3", &request).await.is_err(), "there is no such world");
}

#[tokio::test]
async fn a_dropped_transaction_has_done_nothing_and_blocks_nobody() {
    let store = Store::in_memory().await.unwrap();
    store.start_run(&run("r1", 5)).await.unwrap();
    let mut writing = store.writing().await.unwrap();
    writing.supersede(&[1], 1).await.unwrap();
    drop(writing);
    store.end_run("r1", RunState::Done, 0, &json!({}), 9).await.unwrap();
}
