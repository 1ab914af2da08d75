//! Writers of the same moment: one forced write for all, and each for itself when it fails.

use serde_json::Value;
use tempfile::TempDir;

use super::tests::run;
use super::{Error, NewCall, Store, Writing};

const CALL: NewCall<'_> = NewCall {
    run: "r1",
    attempt: 1,
    account: "m-1",
    op: "members.add",
    connection: "main",
    sentence: "adds somebody",
    request: &Value::Null,
    digest: "d",
    begun_at: 7,
    consequence: "adds",
    mails: "no",
    campaign: "",
};

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("beadle.db")).await.unwrap();
    store.start_run(&run("r1", 1)).await.unwrap();
    (folder, store)
}

/// Writes a call down, and commits.
async fn write(store: Store) -> Result<i64, Error> {
    let mut writing = store.writing().await?;
    let call = writing.insert_call(&CALL).await?;
    writing.commit().await.map(|()| call)
}

/// The calls that others can read now.
async fn kept(store: &Store) -> Vec<i64> {
    sqlx::query_scalar("SELECT id FROM call ORDER BY id").fetch_all(store.readers()).await.unwrap()
}

/// A writer, and others who are all waiting for it.
async fn queued<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    store: &Store,
    others: impl IntoIterator<Item = F>,
) -> (Writing, Vec<tokio::task::JoinHandle<T>>) {
    let first = store.writing().await.unwrap();
    let others: Vec<_> = others.into_iter().map(tokio::spawn).collect();
    // On one thread, each task runs until it waits.
    tokio::task::yield_now().await;
    (first, others)
}

#[tokio::test]
async fn who_writes_at_the_same_time_shares_one_forced_write() {
    let (_folder, store) = store().await;
    let before = store.commits();
    let (mut first, others) = queued(&store, (0..50).map(|_| write(store.clone()))).await;
    first.insert_call(&CALL).await.unwrap();
    first.commit().await.unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!((kept(&store).await.len(), store.commits() - before), (51, 1));
    write(store.clone()).await.unwrap();
    assert_eq!(store.commits() - before, 2, "one who writes alone waits for nobody");
}

#[tokio::test]
async fn nobody_is_told_before_it_is_durable() {
    let (_folder, store) = store().await;
    let (mut first, mut others) = queued(
        &store,
        [{
            let store = store.clone();
            async move { store.writing().await.unwrap() }
        }],
    )
    .await;
    let call = first.insert_call(&CALL).await.unwrap();
    let first = tokio::spawn(first.commit());
    let second = others.remove(0).await.unwrap();
    tokio::task::yield_now().await;
    assert!(!first.is_finished() && kept(&store).await.is_empty(), "the second one is still writing");
    second.commit().await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(kept(&store).await, [call]);
}

#[tokio::test]
async fn one_who_fails_or_leaves_takes_nobody_along() {
    let (_folder, store) = store().await;
    let fails = |store: Store| async move {
        let mut writing = store.writing().await?;
        writing.insert_call(&CALL).await?;
        // There is no such run: the row is refused, and with it all that this one wrote.
        writing.insert_call(&NewCall { run: "nobody", ..CALL }).await.map(|_| ())
    };
    let leaves = |store: Store| async move {
        let mut writing = store.writing().await?;
        writing.insert_call(&CALL).await?;
        writing.leave().await
    };
    let writes = |store: Store| async move { write(store).await.map(drop) };
    type Act = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
    let others: Vec<Act> = vec![
        Box::pin(fails(store.clone())),
        Box::pin(writes(store.clone())),
        Box::pin(leaves(store.clone())),
        Box::pin(fails(store.clone())),
        Box::pin(writes(store.clone())),
        Box::pin(fails(store.clone())),
    ];
    let before = store.commits();
    let (mut first, others) = queued(&store, others).await;
    first.insert_call(&CALL).await.unwrap();
    first.commit().await.unwrap();
    let mut ends = Vec::new();
    for other in others {
        ends.push(other.await.unwrap().is_ok());
    }
    assert_eq!(ends, [false, true, true, false, true, false]);
    assert_eq!((kept(&store).await.len(), store.commits() - before), (3, 1));
}

#[tokio::test]
async fn when_the_first_one_fails_the_others_begin_anew() {
    let (_folder, store) = store().await;
    let (mut first, others) = queued(&store, (0..3).map(|_| write(store.clone()))).await;
    first.insert_call(&CALL).await.unwrap();
    drop(first);
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(kept(&store).await.len(), 3);
}

#[tokio::test]
async fn a_full_disk_is_told_to_all_who_took_part_and_nothing_of_theirs_is_kept() {
    let (_folder, store) = store().await;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(store.writer()).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", pages + 4)))
        .execute(store.writer())
        .await
        .unwrap();
    let much = |store: Store| async move {
        let sentence = "x".repeat(100_000);
        let mut writing = store.writing().await?;
        writing.insert_call(&NewCall { sentence: &sentence, ..CALL }).await?;
        writing.commit().await
    };
    let (mut first, others) = queued(&store, [much(store.clone())]).await;
    first.insert_call(&CALL).await.unwrap();
    let told = first.commit().await;
    for other in others {
        assert!(matches!(other.await.unwrap(), Err(Error::Full(_))));
    }
    match told {
        Ok(()) => assert_eq!(kept(&store).await.len(), 1, "what was said to be durable is"),
        Err(_) => assert!(kept(&store).await.is_empty(), "what was said to be lost is"),
    }
    write(store.clone()).await.unwrap();
}

#[tokio::test]
async fn a_writer_whose_task_is_ended_keeps_nobody_out() {
    let (_folder, store) = store().await;
    // One while it waits for its turn, one while it waits for the end of the others.
    let (mut first, others) = queued(&store, [write(store.clone()), write(store.clone())]).await;
    first.insert_call(&CALL).await.unwrap();
    let first = tokio::spawn(first.commit());
    others[1].abort();
    first.abort();
    for one in others {
        let _ = one.await;
    }
    let other = Store::open_with(store.path(), std::time::Duration::from_millis(200)).await.unwrap();
    write(other).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_for_another_process_together_is_told_together() {
    let (_folder, store) = store().await;
    let patience = std::time::Duration::from_millis(1_500);
    let other = Store::open_with(store.path(), patience).await.unwrap();
    let held = store.writing().await.unwrap();
    let began = std::time::Instant::now();
    let waiting: Vec<_> = (0..5).map(|_| tokio::spawn(write(other.clone()))).collect();
    for one in waiting {
        assert!(matches!(one.await.unwrap(), Err(Error::Locked(_))));
    }
    assert!(began.elapsed() < patience * 2, "and not one after the other: {:?}", began.elapsed());
    drop(held);
    let locked = store.writing().await.unwrap();
    let again = tokio::spawn(write(other));
    tokio::time::sleep(patience / 2).await;
    drop(locked);
    assert_eq!(again.await.unwrap().unwrap(), 1, "the whole patience holds again");
}
