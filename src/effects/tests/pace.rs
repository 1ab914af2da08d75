//! How fast durable effects are: two thousand a second is the aim, and a large store must not be slower.

use std::time::Instant;

use super::{Desk, all, import, invite, permit};
use crate::effects::Ledger;
use crate::store::Store;

const BATCH: usize = 500;

/// Begins and settles batches of new people; returns durable effects a second.
async fn rate(ledger: &Ledger, from: usize, batches: usize) -> f64 {
    let begun = Instant::now();
    for batch in 0..batches {
        let people: Vec<String> = (0..BATCH).map(|n| format!("p{}@x.example", from + batch * BATCH + n)).collect();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let piece = if batch % 2 == 0 { import(&people) } else { invite("12", &people) };
        let sent = permit(ledger, &piece).await;
        ledger.settle(sent, all()).await.unwrap();
    }
    (batches * BATCH) as f64 / begun.elapsed().as_secs_f64()
}

#[tokio::test]
async fn batches_of_five_hundred_are_durable_fast_enough() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::on(Store::open(&folder.path().join("beadle.db")).await.unwrap());
    let run = desk.run("r1").await;
    let rate = rate(&run, 0, 6).await;
    println!("{rate:.0} durable effects a second");
    assert!(rate > 1_000.0, "{rate:.0} a second: below half of the aim, even on a busy machine");
}

#[tokio::test]
#[ignore = "takes a minute: run it after changing the schema or a query of the ledger"]
async fn a_store_of_two_hundred_thousand_effects_is_as_fast() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::on(Store::open(&folder.path().join("beadle.db")).await.unwrap());
    let first = desk.run("r1").await;
    let early = rate(&first, 0, 10).await;
    rate(&first, 100_000, 400).await;
    let late = rate(&first, 900_000, 10).await;
    println!("{early:.0} a second at first, {late:.0} at the end");
    drop(first);
    let resumed = desk.resume("r1").await;
    let begun = Instant::now();
    let people: Vec<String> = (0..BATCH).map(|n| format!("p{}@x.example", 100_000 + n)).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let answered = super::begin(&resumed, &import(&people)).await.answered.len();
    println!("{answered} answered in {:?}", begun.elapsed());
    assert!(late > early / 3.0, "{late:.0} a second after {early:.0}");
    assert_eq!(answered, BATCH);
}
