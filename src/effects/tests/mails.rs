use std::collections::HashMap;

use serde_json::json;

use super::{ACCOUNT, DAY, Desk, all, begin, done, failed, invite, lost, permit, piece, why};
use crate::effects::{Intent, Lease, Ledger, Outcome, Settled, Why};
use crate::store::Store;

fn labelled(label: &str) -> Intent {
    Intent { campaign: Some(label.to_owned()), ..Intent::default() }
}

async fn why_again(ledger: &Ledger, person: &str, label: &str) -> Option<Why> {
    let mut begun = ledger.begin(ACCOUNT, &invite("12", &[person]), &labelled(label)).await.unwrap();
    assert!(begun.doubts.is_empty());
    match begun.permit {
        Some(permit) => {
            ledger.settle(permit, all()).await.unwrap();
            None
        }
        None => Some(begun.answered.remove(0).why),
    }
}

#[tokio::test]
async fn nobody_is_mailed_twice_by_another_run_or_script() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    done(&first, &invite("12", &["7", "8"])).await;
    drop(first);
    desk.clock.advance_ms(400 * DAY);
    let second = desk.run("r2").await;
    let begun = begin(&second, &invite("12", &["7", "8", "9"])).await;
    assert_eq!(begun.answered.iter().map(|one| one.place).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(begun.permit.unwrap().places(), [2], "the memory never expires");
    let Why::Mailed { run, campaign, .. } = &begun.answered[0].why else { panic!("{:?}", begun.answered) };
    assert_eq!((run.as_str(), campaign.as_str()), ("r1", ""));
    let sentence = begun.answered[0].why.sentence();
    assert!(sentence.starts_with("invited on 2026-11-22 by run r1; to write once more, name a campaign"), "{sentence}");
}

#[tokio::test]
async fn a_second_invitation_in_the_same_run_is_answered() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    done(&run, &invite("12", &["7"])).await;
    assert!(matches!(why(&run, &invite("12", &["7"])).await, Why::Mailed { .. }));
}

#[tokio::test]
async fn another_group_and_another_account_are_other_mails() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    done(&run, &invite("12", &["7"])).await;
    done(&run, &invite("13", &["7"])).await;
    let other = run.begin("mobilize-2", &invite("12", &["7"]), &Intent::default()).await.unwrap();
    assert!(other.permit.is_some());
}

#[tokio::test]
async fn removing_and_adding_somebody_again_does_not_make_the_mail_new() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    done(&run, &invite("12", &["7"])).await;
    done(&run, &super::remove("7")).await;
    done(&run, &super::add("7")).await;
    assert!(matches!(why(&run, &invite("12", &["7"])).await, Why::Mailed { .. }));
}

#[tokio::test]
async fn a_label_mails_once_whatever_its_case_and_blanks() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    done(&run, &invite("12", &["7"])).await;
    desk.clock.advance_ms(20 * DAY);
    assert_eq!(why_again(&run, "7", "Spring").await, None);
    desk.clock.advance_ms(20 * DAY);
    let again = why_again(&run, "7", "  sPRING ").await;
    assert!(matches!(&again, Some(Why::Mailed { campaign, .. }) if campaign == "spring"), "{again:?}");
    assert_eq!(why_again(&run, "7", "autumn").await, None);
}

#[tokio::test]
async fn a_person_gets_one_mail_about_a_group_within_fourteen_days_whatever_the_campaign() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    done(&run, &invite("12", &["7"])).await;
    desk.clock.advance_ms(14 * DAY - 1);
    let capped = why_again(&run, "7", "spring").await.unwrap();
    assert!(matches!(&capped, Why::MailCap { sentence } if sentence.contains("within 14 days")), "{capped:?}");
    desk.clock.advance_ms(1);
    assert_eq!(why_again(&run, "7", "spring").await, None);
}

#[tokio::test]
async fn a_person_gets_four_mails_from_a_community_within_thirty_days() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    for group in ["1", "2", "3", "4"] {
        done(&run, &invite(group, &["7"])).await;
    }
    desk.clock.advance_ms(30 * DAY - 1);
    let capped = why(&run, &invite("5", &["7"])).await;
    assert!(matches!(&capped, Why::MailCap { sentence } if sentence.contains("4 mails")), "{capped:?}");
    done(&run, &invite("5", &["8"])).await;
    desk.clock.advance_ms(1);
    done(&run, &invite("5", &["7"])).await;
}

#[tokio::test]
async fn a_mail_in_doubt_counts_for_the_limits() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let permit = permit(&run, &invite("12", &["7"])).await;
    let effect = permit.effect(0).unwrap();
    run.settle(permit, lost()).await.unwrap();
    let passing = Intent { despite: [effect].into(), ..labelled("spring") };
    let begun = run.begin(ACCOUNT, &invite("12", &["7"]), &passing).await.unwrap();
    assert!(matches!(&begun.answered[..], [one] if matches!(one.why, Why::MailCap { .. })), "{begun:?}");
}

#[tokio::test]
async fn a_failed_or_disproved_mail_may_be_sent_again() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let first = permit(&run, &invite("12", &["7"])).await;
    run.settle(first, failed()).await.unwrap();
    let second = permit(&run, &invite("12", &["7"])).await;
    let effect = second.effect(0).unwrap();
    run.settle(second, lost()).await.unwrap();
    run.settle_doubt(effect, Settled::NotApplied, "look-up").await.unwrap();
    done(&run, &invite("12", &["7"])).await;
    assert_eq!(run.mails().await.unwrap().len(), 1, "one mail has gone out");
}

#[tokio::test]
async fn a_person_is_the_same_by_id_and_by_address() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let known = |id: &str| Intent {
        addresses: HashMap::from([(id.to_owned(), " Ada@Example.org ".to_owned())]),
        ..Intent::default()
    };
    let first = run.begin(ACCOUNT, &invite("12", &["7"]), &known("7")).await.unwrap().permit.unwrap();
    run.settle(first, all()).await.unwrap();
    let begun = run.begin(ACCOUNT, &invite("12", &["70"]), &known("70")).await.unwrap();
    assert!(matches!(&begun.answered[..], [one] if matches!(one.why, Why::Mailed { .. })), "{begun:?}");
}

#[tokio::test]
async fn two_ids_with_one_address_in_one_call_are_mailed_once() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let addresses = ["7", "8"].map(|id| (id.to_owned(), "ada@example.org".to_owned())).into();
    let intent = Intent { addresses, ..Intent::default() };
    let begun = run.begin(ACCOUNT, &invite("12", &["7", "8"]), &intent).await.unwrap();
    assert_eq!(begun.permit.unwrap().places(), [0]);
    assert_eq!(begun.answered[0].place, 1);
}

#[tokio::test]
async fn a_queued_invitation_blocks_like_a_done_one_and_is_done_when_seen() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let sent = permit(&run, &invite("12", &["7"])).await;
    run.settle(sent, Outcome::Queued).await.unwrap();
    assert!(matches!(why(&run, &invite("12", &["7"])).await, Why::Mailed { .. }));
    assert!(run.doubts(ACCOUNT, 0).await.unwrap().is_empty(), "a promise is no doubt");
    drop(run);

    let resumed = desk.resume("r1").await;
    assert_eq!(why(&resumed, &invite("12", &["7"])).await, Why::Done { attempt: 1 });
    let queued = resumed.queued(ACCOUNT).await.unwrap();
    resumed.seen(&[queued[0].doubt.effect]).await.unwrap();
    assert!(resumed.queued(ACCOUNT).await.unwrap().is_empty());
    let seen = desk.store.effects_of("r1", 0, 10).await.unwrap();
    desk.clock.advance_ms(5);
    resumed.seen(&[queued[0].doubt.effect]).await.unwrap();
    assert_eq!(desk.store.effects_of("r1", 0, 10).await.unwrap(), seen, "seen once more, nothing changes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_processes_that_race_for_the_same_mail_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beadle.db");
    let people: Vec<String> = (0..50).map(|id| id.to_string()).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let (one, two) = (Desk::on(Store::open(&path).await.unwrap()), Desk::on(Store::open(&path).await.unwrap()));
    let (first, second) = (one.run("r1").await, two.run("r2").await);
    let all_of_them = invite("12", &people);
    let (a, b) = tokio::join!(begin(&first, &all_of_them), begin(&second, &all_of_them));
    let (winner, loser, owner) = if a.permit.is_some() { (a, b, first) } else { (b, a, second) };
    assert_eq!(winner.permit.as_ref().unwrap().places().len(), 50);
    assert!(loser.permit.is_none() && loser.doubts.is_empty());
    let elsewhere = Why::Elsewhere { run: owner.run().to_owned() };
    assert!(loser.answered.iter().all(|one| one.why == elsewhere), "the other is alive: {:?}", loser.answered[0]);
    assert!(loser.answered[0].why.sentence().contains("still at work"));
}

#[tokio::test]
async fn the_store_itself_refuses_a_second_open_mail() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    let first = permit(&run, &invite("12", &["7"])).await;
    let store = &desk.store;
    let mut writing = store.writing().await.unwrap();
    let row = writing.effect(first.effect(0).unwrap()).await.unwrap().unwrap();
    let nothing = json!({});
    let new = crate::store::NewCall {
        run: "r1",
        attempt: 1,
        account: ACCOUNT,
        op: "members.invite",
        connection: "main",
        sentence: "",
        request: &nothing,
        digest: "",
        begun_at: 0,
        consequence: "tells",
        mails: "yes",
        campaign: "",
    };
    let call = writing.insert_call(&new).await.unwrap();
    let effect = crate::store::NewEffect {
        kind: &row.kind,
        subject: &row.subject,
        target: &row.target,
        address: None,
        digest: "",
        ordinal: 2,
        before: &nothing,
        wanted: &nothing,
    };
    let refused = writing.insert_effect(call, &new, &effect).await.unwrap_err();
    assert!(matches!(refused, crate::store::Error::Twice { .. }), "{refused}");
}

#[tokio::test]
async fn what_does_not_mail_is_never_held_by_the_mail_memory() {
    let desk = Desk::new().await;
    let run = desk.run("r1").await;
    done(&run, &invite("12", &["7"])).await;
    done(&run, &super::name("7", "Ada")).await;
    done(&run, &super::name("7", "Ada")).await;
    let read = piece("groups", "get", json!({ "group_id": "12" }));
    let refused = run.begin(ACCOUNT, &read, &Intent::default()).await.unwrap_err();
    assert_eq!(refused.to_string(), "`groups.get` writes nothing: it needs no permit");
    assert!(Lease::is_held(&desk.store, "r1").unwrap());
}
