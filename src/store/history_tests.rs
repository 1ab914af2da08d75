//! What was is found again: runs by filter and page, people by every name, doubts by where they came from.

use serde_json::{Value, json};

use super::tests::run;
use super::{
    About, EffectsRow, LogLine, LooseGroup, Names, NewCall, NewEffect, NewRun, RunFilter, RunState, Settling, Store,
    Told,
};

/// One write to some people, in a run that is made where it is not there yet.
struct Write<'a> {
    run: &'a str,
    account: &'a str,
    op: &'a str,
    mails: &'static str,
    job: Option<&'a str>,
    /// Subject, address and state of each.
    people: &'a [(&'a str, Option<&'a str>, &'static str)],
}

const INVITE: Write<'static> =
    Write { run: "r1", account: "a1", op: "members.invite", mails: "yes", job: None, people: &[] };
const ADD: Write<'static> = Write { op: "members.add", mails: "unknown", ..INVITE };

async fn started(store: &Store, id: &str, script: &str, at: i64) {
    let run = NewRun {
        id: id.into(),
        script: script.into(),
        source: String::new(),
        args: json!([]),
        connection: Some("main".into()),
        sandbox: false,
        settings: None,
        job: None,
        started_at: at,
    };
    store.start_run(&run).await.unwrap();
}

/// Writes it down; returns the numbers of its effects.
async fn written(store: &Store, write: Write<'_>) -> Vec<i64> {
    if store.run(write.run).await.unwrap().is_none() {
        started(store, write.run, "sync", 5).await;
    }
    let mut writing = store.writing().await.unwrap();
    let new = NewCall {
        run: write.run,
        attempt: 1,
        account: write.account,
        op: write.op,
        connection: "main",
        sentence: "what it says",
        request: &Value::Null,
        digest: "d",
        begun_at: 100,
        consequence: "adds",
        mails: write.mails,
        campaign: "",
    };
    let call = writing.insert_call(&new).await.unwrap();
    let mut numbers = Vec::new();
    for &(subject, address, state) in write.people {
        let effect = NewEffect {
            kind: "person",
            subject,
            target: "4",
            address,
            digest: subject,
            ordinal: 1,
            before: &Value::Null,
            wanted: &Value::Null,
        };
        let number = writing.insert_effect(call, &new, &effect).await.unwrap();
        if state != "open" {
            let how = Settling { from: vec!["open"], to: state, at: Some(200), by: "answer", error: None };
            assert!(writing.settle_effect(number, &how, None).await.unwrap());
        }
        numbers.push(number);
    }
    if let Some(job) = write.job {
        writing.keep_job(call, job).await.unwrap();
    }
    writing.commit().await.unwrap();
    numbers
}

fn names(addresses: &[&str], ids: &[(&str, &str)]) -> Names {
    Names {
        addresses: addresses.iter().map(|&text| text.to_owned()).collect(),
        ids: ids.iter().map(|&(account, id)| (account.to_owned(), id.to_owned())).collect(),
    }
}

#[tokio::test]
async fn runs_are_filtered_and_go_on_below_the_last_one_that_was_read() {
    let store = Store::in_memory().await.unwrap();
    for (id, script, at) in [("a", "sync", 1), ("b", "sync", 3), ("c", "export", 3), ("d", "sync", 4)] {
        started(&store, id, script, at).await;
    }
    store.end_run("b", RunState::Held, 4, &json!({}), 9).await.unwrap();
    let ids = async |filter: &RunFilter, older: Option<(i64, &str)>, limit| -> Vec<String> {
        store.run_lines(filter, older, limit).await.unwrap().into_iter().map(|run| run.id).collect()
    };
    let all = RunFilter::default();
    assert_eq!(ids(&all, None, 3).await, ["d", "c", "b"]);
    assert_eq!(
        ids(&all, Some((3, "c")), 9).await,
        ["b", "a"],
        "of two that began at once none is left out or told twice"
    );
    let sync = RunFilter { script: Some("sync".into()), ..RunFilter::default() };
    assert_eq!(
        (ids(&sync, None, 9).await, store.count_runs(&sync).await.unwrap()),
        (vec!["d".to_owned(), "b".to_owned(), "a".to_owned()], 3)
    );
    let held = RunFilter { state: Some(RunState::Held), ..sync };
    assert_eq!((ids(&held, None, 9).await, store.count_runs(&held).await.unwrap()), (vec!["b".to_owned()], 1));
    let line = store.run_lines(&held, None, 9).await.unwrap().remove(0);
    assert_eq!((line.exit_code, line.ended_at, line.lacks_a_secret), (Some(4), Some(9), false));
}

#[tokio::test]
async fn a_run_whose_argument_was_a_secret_says_so() {
    let store = Store::in_memory().await.unwrap();
    let args = json!([["key", crate::settings::REDACTED]]);
    let of = NewRun { args, ..run("a", 1) };
    store.start_run(&of).await.unwrap();
    assert!(store.run_lines(&RunFilter::default(), None, 9).await.unwrap()[0].lacks_a_secret);
}

#[tokio::test]
async fn what_failed_and_was_sent_again_is_counted_once_in_a_list_and_shown_in_full() {
    let store = Store::in_memory().await.unwrap();
    written(&store, Write { people: &[("1", None, "failed"), ("2", None, "failed")], ..ADD }).await;
    written(&store, Write { people: &[("1", None, "done")], ..ADD }).await;
    written(&store, Write { run: "r2", people: &[("1", None, "doubt")], ..ADD }).await;
    let mut counts = store.counts(&["r1", "r2", "none"]).await.unwrap();
    counts.sort();
    let of = |run: &str, state: &str| (run.to_owned(), state.to_owned(), false, 1);
    assert_eq!(counts, [of("r1", "done"), of("r1", "failed"), of("r2", "doubt")]);
    let groups = store.effects_by_state("r1").await.unwrap();
    let shown: Vec<(&str, i64, i64)> = groups.iter().map(|one| (one.state.as_str(), one.count, one.again)).collect();
    assert_eq!(shown, [("failed", 2, 1), ("done", 1, 0)]);
}

#[tokio::test]
async fn effects_of_several_jobs_are_one_kind_and_those_without_a_job_another() {
    let store = Store::in_memory().await.unwrap();
    written(&store, Write { job: Some("j1"), people: &[("1", None, "accepted")], ..ADD }).await;
    written(&store, Write { job: Some("j2"), people: &[("2", None, "accepted")], ..ADD }).await;
    written(&store, Write { people: &[("3", None, "accepted")], ..ADD }).await;
    let groups = store.effects_by_state("r1").await.unwrap();
    let shown: Vec<(bool, i64)> = groups.iter().map(|one| (one.job, one.count)).collect();
    assert_eq!(shown, [(true, 2), (false, 1)]);
    let sampled = async |group: &EffectsRow| -> Vec<String> {
        store.samples("r1", group, 9).await.unwrap().into_iter().map(|row| row.subject).collect()
    };
    assert_eq!(sampled(&groups[0]).await, ["1", "2"]);
    assert_eq!(sampled(&groups[1]).await, ["3"]);
    let loose: Vec<(bool, i64)> = store.loose_groups().await.unwrap().iter().map(|one| (one.job, one.count)).collect();
    assert_eq!(loose, [(true, 2), (false, 1)]);
}

#[tokio::test]
async fn attempts_are_told_by_their_log_and_their_calls() {
    let store = Store::in_memory().await.unwrap();
    written(&store, Write { people: &[("1", None, "done")], ..ADD }).await;
    let line = |at| LogLine { at, level: "info".into(), text: "…".into() };
    store.log("r1", 1, &[line(90), line(95)]).await.unwrap();
    store.log("r1", 2, &[line(500)]).await.unwrap();
    let attempts = store.attempts_of("r1").await.unwrap();
    let shown: Vec<_> = attempts.iter().map(|one| (one.attempt, one.first, one.last, one.lines, one.calls)).collect();
    assert_eq!(shown, [(1, 90, 100, 2, 1), (2, 500, 500, 1, 0)]);
    assert_eq!((store.count_calls("r1").await.unwrap(), store.calls_of("r1", 0, 9).await.unwrap().len()), (1, 1));
    assert_eq!(store.calls_of("r1", 1, 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_person_is_found_by_address_and_by_the_ids_that_rows_with_it_name() {
    let store = Store::in_memory().await.unwrap();
    let imported = written(&store, Write { people: &[("ada@x.example", Some("ada@x.example"), "done")], ..ADD }).await;
    // An invitation names an id, and the address beside it.
    let invited = written(&store, Write { people: &[("7", Some("ada@x.example"), "accepted")], ..INVITE }).await;
    // Removed by id alone, in another run.
    let removed =
        written(&store, Write { run: "r2", op: "members.remove", people: &[("7", None, "done")], ..ADD }).await;
    // Somebody else has the same id on another account.
    written(&store, Write { account: "a2", people: &[("7", None, "done")], ..ADD }).await;
    let start = names(&["ada@x.example"], &[]);
    let found = store.names_beside(&start).await.unwrap();
    assert_eq!(found, names(&["ada@x.example"], &[("a1", "7")]));
    assert_eq!(store.names_beside(&found).await.unwrap(), found);
    assert_eq!(store.count_about(&found).await.unwrap(), About { mails: 1, changes: 2, ..About::default() });
    let about = async |told, after| -> Vec<i64> {
        store.about(&found, told, after, 9).await.unwrap().into_iter().map(|trace| trace.effect.id).collect()
    };
    assert_eq!(about(Told::Mails, 0).await, invited);
    assert_eq!(about(Told::Changes, 0).await, [imported[0], removed[0]]);
    assert_eq!(about(Told::Changes, imported[0]).await, removed);
    let by_id = store.names_beside(&names(&[], &[("a1", "7")])).await.unwrap();
    assert_eq!(by_id, names(&["ada@x.example"], &[("a1", "7")]), "an id leads to the address");
    assert_eq!(store.accounts_of("7").await.unwrap(), ["a1", "a2"]);
    assert_eq!(store.count_about(&names(&["eve@x.example"], &[])).await.unwrap(), About::default());
}

#[tokio::test]
async fn doubts_are_grouped_by_where_they_came_from_and_read_on_page_by_page() {
    let store = Store::in_memory().await.unwrap();
    let lost =
        written(&store, Write { people: &[("1", None, "doubt"), ("2", None, "done"), ("3", None, "doubt")], ..INVITE })
            .await;
    let open = written(&store, Write { run: "r2", people: &[("9", None, "open")], ..ADD }).await;
    let groups = store.loose_groups().await.unwrap();
    let shown: Vec<_> = groups
        .iter()
        .map(|LooseGroup { run, op, state, count, since, .. }| {
            (run.as_str(), op.as_str(), state.as_str(), *count, *since)
        })
        .collect();
    assert_eq!(shown, [("r1", "members.invite", "doubt", 2, 100), ("r2", "members.add", "open", 1, 100)]);
    let first = store.loose(&groups[0], 0, 1).await.unwrap();
    assert_eq!((first[0].effect.id, first[0].sentence.as_str()), (lost[0], "what it says"));
    let rest = store.loose(&groups[0], lost[0], 9).await.unwrap();
    assert_eq!(rest.iter().map(|trace| trace.effect.id).collect::<Vec<_>>(), [lost[2]]);
    let trace = store.trace(open[0]).await.unwrap().unwrap();
    assert_eq!((trace.connection.as_str(), trace.script.as_str()), ("main", "sync"));
    assert_eq!(store.trace(99).await.unwrap(), None);
}

#[tokio::test]
async fn what_persons_said_is_told_and_what_reads_showed_is_not() {
    let store = Store::in_memory().await.unwrap();
    let effects = written(
        &store,
        Write { people: &[("1", None, "doubt"), ("2", None, "doubt"), ("3", None, "doubt")], ..INVITE },
    )
    .await;
    let mut writing = store.writing().await.unwrap();
    for (effect, by) in effects.iter().zip(["ada: asked her", "ada: asked her", "look-up"]) {
        let how = Settling { from: vec!["doubt"], to: "applied", at: Some(300), by, error: None };
        assert!(writing.settle_effect(*effect, &how, None).await.unwrap());
    }
    writing.commit().await.unwrap();
    let decisions = store.decisions("r1").await.unwrap();
    let shown: Vec<_> = decisions.iter().map(|one| (one.by.as_str(), one.state.as_str(), one.at, one.count)).collect();
    assert_eq!(shown, [("ada: asked her", "applied", 300, 2)]);
}
