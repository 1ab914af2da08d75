//! Rosters that are handed over whole: remembered by what became of them, and sent only after they were weighed.

use serde_json::{Value, json};

use super::{ACCOUNT, DAY, Desk, all, failed, lost};
use crate::catalog::{Args, Call, Piece};
use crate::effects::{Error, Intent, Ledger, Outcome, Permit, Rosters, Settled, State, WEIGHED, Why, settle_doubts};
use crate::platforms;

const GROUP: &str = "grp_A";
const OP: &str = "members.sync";

fn roster(keys: &[&str]) -> Piece {
    let members: Vec<Value> = keys.iter().map(|key| json!({ "reference_id": key })).collect();
    let platform = platforms::named("vitable").unwrap();
    let mut args = Args::default();
    args.set("group_id", GROUP);
    args.set("members", members);
    let call = Call { platform, op: platform.op("members", "sync").unwrap(), connection: "b".into(), args };
    call.pieces().remove(0)
}

fn against(newest: Option<i64>) -> Intent {
    Intent { before: [(GROUP.to_owned(), json!({ WEIGHED: newest }))].into(), ..Intent::default() }
}

async fn known(ledger: &Ledger) -> Rosters {
    ledger.rosters(ACCOUNT, OP, GROUP, 7).await.unwrap()
}

/// Begins it as somebody does who has just weighed it.
async fn permit(ledger: &Ledger, keys: &[&str]) -> Permit {
    let newest = known(ledger).await.newest;
    ledger.begin(ACCOUNT, &roster(keys), &against(newest)).await.unwrap().permit.unwrap()
}

async fn end(ledger: &Ledger, keys: &[&str], outcome: Outcome) -> i64 {
    let permit = permit(ledger, keys).await;
    let effect = permit.effect(0).unwrap();
    ledger.settle(permit, outcome).await.unwrap();
    effect
}

/// How many people each roster has, and whether it is known to have happened.
async fn told(ledger: &Ledger) -> Vec<(usize, bool)> {
    let people = |wanted: &Value| wanted["members"].as_array().unwrap().len();
    known(ledger).await.handed.iter().map(|handed| (people(&handed.wanted), handed.settled)).collect()
}

#[tokio::test]
async fn a_roster_is_remembered_when_it_happened_or_may_have() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    assert_eq!(known(&first).await, Rosters::default());
    end(&first, &["a"], all()).await;
    end(&first, &["a", "b"], failed()).await;
    assert_eq!(told(&first).await, [(1, true)], "one that failed changed nothing");
    let doubt = end(&first, &["a", "b", "c"], lost()).await;
    assert_eq!(told(&first).await, [(1, true), (3, false)]);
    first.settle_doubt(doubt, Settled::NotApplied, "ada: asked them").await.unwrap();
    assert_eq!(told(&first).await, [(1, true)], "a person knows");
    let doubt = end(&first, &["a", "b"], lost()).await;
    first.settle_doubt(doubt, Settled::Applied(None), "ada: saw it").await.unwrap();
    assert_eq!(told(&first).await, [(1, true), (2, true)]);
}

/// How an effect stands, and who says so.
async fn stands(desk: &Desk, effect: i64) -> (String, Option<String>) {
    let row = desk.store.trace(effect).await.unwrap().unwrap().effect;
    (row.state, row.settled_by)
}

/// Begins a roster that takes the place of these doubts.
async fn replacing(ledger: &Ledger, keys: &[&str], doubts: &[i64]) -> Permit {
    let intent = Intent { replacing: doubts.iter().copied().collect(), ..against(known(ledger).await.newest) };
    ledger.begin(ACCOUNT, &roster(keys), &intent).await.unwrap().permit.unwrap()
}

#[tokio::test]
async fn a_doubtful_roster_stays_one_until_a_later_one_has_really_been_applied() {
    let desk = Desk::new().await;
    let (first, second) = (desk.run("r1").await, desk.run("r2").await);
    let doubt = end(&first, &["a", "b"], lost()).await;
    drop(first);
    let begun = second.begin(ACCOUNT, &roster(&["c"]), &against(Some(doubt))).await.unwrap();
    assert!(begun.permit.is_none() && begun.doubts.len() == 1, "it is looked up first");
    let refused = replacing(&second, &["c"], &[doubt]).await;
    assert!(!refused.carries_on(), "it is another roster, of another run");
    second.settle(refused, failed()).await.unwrap();
    assert_eq!(stands(&desk, doubt).await.0, "doubt", "what was refused replaces nothing");
    let unknown = replacing(&second, &["d"], &[doubt]).await;
    second.settle(unknown, lost()).await.unwrap();
    assert_eq!(stands(&desk, doubt).await.0, "doubt", "nor does what nobody knows");
    assert_eq!(told(&second).await, [(2, false), (1, false)]);
    let third = desk.run("r3").await;
    drop(second);
    let both: Vec<i64> = known(&third).await.handed.iter().map(|handed| handed.effect).collect();
    let applied = replacing(&third, &["e"], &both).await;
    third.settle(applied, all()).await.unwrap();
    for effect in both {
        assert_eq!(stands(&desk, effect).await, ("replaced".into(), Some("run r3".into())));
    }
    assert_eq!(told(&third).await, [(2, false), (1, false), (1, true)], "who may have been in is remembered");
}

#[tokio::test]
async fn the_same_roster_of_the_same_run_carries_its_doubt_on() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let doubt = end(&first, &["a", "b"], lost()).await;
    let again = replacing(&first, &["a", "b"], &[doubt]).await;
    assert!(again.carries_on(), "a refusal of it proves nothing");
    assert_eq!(stands(&desk, doubt).await, ("replaced".into(), Some("run r1".into())));
    first.settle(again, lost()).await.unwrap();
    let tally = first.tally().await.unwrap();
    assert_eq!((tally.len(), tally[0].state, tally[0].count), (1, State::Doubt, 1), "one roster, one doubt");
}

#[tokio::test]
async fn a_person_who_knows_that_a_roster_was_applied_knows_that_it_replaced_those_before_it() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let doubt = end(&first, &["a"], lost()).await;
    let second = desk.run("r2").await;
    drop(first);
    let later = replacing(&second, &["b"], &[doubt]).await;
    let later_effect = later.effect(0).unwrap();
    second.settle(later, lost()).await.unwrap();
    drop(second);
    let by = "ada: saw it there";
    settle_doubts(&desk.store, &desk.clock, &[later_effect], &Settled::Applied(None), by).await.unwrap();
    assert_eq!(stands(&desk, doubt).await, ("replaced".into(), Some("run r2".into())));
    assert_eq!(stands(&desk, later_effect).await, ("applied".into(), Some(by.into())));
}

#[tokio::test]
async fn only_the_last_days_and_the_one_that_held_before_them_are_looked_at() {
    let desk = Desk::new().await;
    let ledger = desk.run("r1").await;
    for people in [&["a"][..], &["a", "b"], &["a", "b", "c"]] {
        end(&ledger, people, all()).await;
        desk.clock.advance_ms(5 * DAY);
    }
    assert_eq!(told(&ledger).await, [(2, true), (3, true)]);
    desk.clock.advance_ms(30 * DAY);
    assert_eq!(told(&ledger).await, [(3, true)]);
    assert_eq!(ledger.rosters(ACCOUNT, OP, "grp_B", 7).await.unwrap(), Rosters::default());
    assert_eq!(ledger.rosters(ACCOUNT, OP, "grp_a", 7).await.unwrap(), Rosters::default(), "the case counts");
    assert_eq!(ledger.rosters("other", OP, GROUP, 7).await.unwrap(), Rosters::default());
}

#[tokio::test]
async fn a_roster_that_nobody_weighed_is_not_sent() {
    let desk = Desk::new().await;
    let ledger = desk.run("r1").await;
    let begun = ledger.begin(ACCOUNT, &roster(&["a"]), &Intent::default()).await;
    assert!(matches!(begun, Err(Error::Unweighed(op)) if op == OP));
    assert!(told(&ledger).await.is_empty());
}

#[tokio::test]
async fn a_roster_that_another_run_has_overtaken_is_not_sent() {
    let desk = Desk::new().await;
    let (first, second) = (desk.run("r1").await, desk.run("r2").await);
    let weighed = known(&first).await.newest;
    end(&second, &["a", "b"], all()).await;
    let begun = first.begin(ACCOUNT, &roster(&["a"]), &against(weighed)).await;
    assert!(matches!(begun, Err(Error::Overtaken { run }) if run == "r2"));
    end(&first, &["a"], all()).await;
    let weighed = known(&first).await.newest;
    end(&first, &["a", "c"], all()).await;
    assert_eq!(known(&first).await.newest, weighed, "a run does not overtake itself");
}

#[tokio::test]
async fn a_run_that_died_does_not_hand_its_roster_over_once_more_over_a_newer_one() {
    let desk = Desk::new().await;
    let first = desk.run("r1").await;
    let doubt = end(&first, &["a", "b"], lost()).await;
    assert!(first.rosters(ACCOUNT, OP, GROUP, 7).await.is_ok(), "nothing newer went out");
    let second = desk.run("r2").await;
    drop(first);
    let newer = replacing(&second, &["a", "b", "c", "d"], &[doubt]).await;
    second.settle(newer, all()).await.unwrap();
    let first = desk.resume("r1").await;
    let known = first.rosters(ACCOUNT, OP, GROUP, 7).await;
    assert!(matches!(&known, Err(Error::Overtaken { run }) if run == "r2"), "c and d would lose their plan: {known:?}");
    assert!(second.rosters(ACCOUNT, OP, GROUP, 7).await.is_ok(), "the newest one may be followed by its own");
}

#[tokio::test]
async fn one_roster_of_a_group_is_under_way_at_a_time() {
    let desk = Desk::new().await;
    let (first, second) = (desk.run("r1").await, desk.run("r2").await);
    let under_way = permit(&first, &["a"]).await;
    let newest = known(&second).await.newest;
    let begun = second.begin(ACCOUNT, &roster(&["b"]), &against(newest)).await.unwrap();
    assert!(begun.permit.is_none());
    assert_eq!(begun.answered[0].why, Why::Elsewhere { run: "r1".into() });
    first.accept(&under_way, "grpmsr_1").await.unwrap();
    drop((under_way, first));
    let begun = second.begin(ACCOUNT, &roster(&["b"]), &against(newest)).await.unwrap();
    assert!(begun.permit.is_none());
    assert_eq!(begun.doubts[0].1.job.as_deref(), Some("grpmsr_1"), "it is followed to its end before anything is sent");
}
