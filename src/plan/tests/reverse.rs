//! The way back from every deed.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::super::{Maker, Past, Reversal, Since, Written, reverse};
use super::{adapter, by_address, by_id, changes, joins, leaves, map};
use crate::catalog::Deed;
use crate::model::{Change, Member};

const BEGUN: i64 = 1_000_000_000_000;

fn member(id: &str, groups: &[u64], fields: Value) -> Member {
    let places: Vec<Value> = groups.iter().map(|id| json!({ "id": id })).collect();
    let row = json!({
        "id": id, "email": format!("p{id}@b.example"), "groups": places, "fields": fields, "created_at": 1_000,
    });
    adapter().member("", &row).unwrap()
}

fn past(operation: &str, deed: Deed, before: Value) -> Past {
    let id = deed.who().and_then(|who| who.id.clone()).unwrap_or_else(|| "7".into());
    Past { operation: operation.into(), deed, id, name: "ada".into(), before, begun_at: BEGUN, maker: Maker::Run }
}

/// 4 lies below 2, that below 1.
fn above(group: &str) -> Vec<String> {
    let above: &[&str] = match group {
        "4" => &["2", "1"],
        "2" => &["1"],
        _ => &[],
    };
    above.iter().map(|group| (*group).to_owned()).collect()
}

fn back(past: &[Past], now: &[Member]) -> Reversal {
    back_since(past, now, &|_, _| None)
}

fn back_since(past: &[Past], now: &[Member], later: &dyn Fn(&Member, &Written) -> Option<String>) -> Reversal {
    let now: HashMap<String, Member> = now.iter().map(|member| (member.id.clone(), member.clone())).collect();
    reverse(past, &now, &Since { above: &above, gone: &|group| group == "gone", later })
}

/// What a removal had read.
fn was_in() -> Value {
    json!({ "member": true })
}

fn why(reversal: &Reversal) -> Vec<&str> {
    reversal.kept.iter().map(|one| one.why.as_str()).collect()
}

/// Who leaves (-) and comes (+) by group.
fn moves(reversal: &Reversal) -> Vec<String> {
    let sign = |change: &Change| match change {
        Change::Add(_) => "+",
        Change::Remove(_) => "-",
        Change::Update { .. } => "~",
    };
    let all = reversal.updates.iter().chain(&reversal.changes);
    all.flat_map(|(group, changes)| changes.iter().map(move |change| format!("{}{group}", sign(change)))).collect()
}

#[test]
fn who_was_added_leaves_and_who_was_removed_comes_back() {
    let added = past("members.add", joins("4", by_id("7"), json!({})), json!({ "member": false }));
    assert_eq!(moves(&back(&[added], &[member("7", &[1, 2, 4], json!({}))])), ["-4"]);
    let removed = past("members.remove", leaves("4", by_id("7")), was_in());
    assert_eq!(moves(&back(&[removed], &[member("7", &[1, 2], json!({}))])), ["+4"]);
}

#[test]
fn added_removed_and_added_again_is_added() {
    let add = || past("members.add", joins("4", by_id("7"), json!({})), json!({ "member": false }));
    let remove = || past("members.remove", leaves("4", by_id("7")), was_in());
    let now = [member("7", &[1, 2, 4], json!({}))];
    assert_eq!(moves(&back(&[add(), remove(), add()], &now)), ["-4"]);
    assert!(moves(&back(&[remove(), add()], &now)).is_empty(), "who was in before is in");
    let out = [member("7", &[1, 2], json!({}))];
    assert!(moves(&back(&[add(), remove()], &out)).is_empty(), "who was out before is out");
}

#[test]
fn what_others_did_since_stays() {
    let add = past("members.add", joins("4", by_id("7"), json!({})), json!({ "member": false }));
    assert!(moves(&back(&[add], &[member("7", &[1], json!({}))])).is_empty(), "they have left already");
    let remove = past("members.remove", leaves("4", by_id("7")), was_in());
    assert!(
        moves(&back(std::slice::from_ref(&remove), &[member("7", &[4], json!({}))])).is_empty(),
        "they are back already"
    );
    let gone = back(&[remove], &[]);
    assert_eq!(
        (moves(&gone).len(), why(&gone)),
        (0, vec!["the platform does not show them any more: they have no account, or are in no group"])
    );
}

#[test]
fn fields_go_back_where_they_are_as_they_were_left() {
    let change =
        |before: Value| past("users.update", changes(by_id("7"), json!({ "city": "Rome", "job": "Head" })), before);
    let before = json!({ "fields": { "city": "Pune", "job": "" } });
    let now = member("7", &[4], json!({ "city": "Rome", "job": "Boss" }));
    let reversal = back(&[change(before.clone())], std::slice::from_ref(&now));
    let Some([Change::Update { fields, .. }]) = reversal.updates.get("4").map(Vec::as_slice) else {
        panic!("{reversal:?}")
    };
    assert_eq!((fields.len(), fields[0].name.as_str(), fields[0].after.as_str()), (1, "city", "Pune"));
    assert_eq!(why(&reversal), ["`job` was changed since, to \"Boss\""]);

    let now = member("7", &[4], json!({ "city": "Rome", "job": "Head" }));
    let reversal = back(&[change(before)], std::slice::from_ref(&now));
    let Some([Change::Update { fields, .. }]) = reversal.updates.get("4").map(Vec::as_slice) else {
        panic!("{reversal:?}")
    };
    assert!(fields.iter().any(|field| field.name == "job" && field.after.is_empty()), "back to nothing: {fields:?}");

    let reversal = back(&[change(Value::Null)], &[now]);
    assert_eq!(why(&reversal), ["what `city` was before is not known", "what `job` was before is not known"]);
}

#[test]
fn of_two_changes_the_first_says_how_it_was_and_the_last_how_it_was_left() {
    let one =
        past("users.update", changes(by_id("7"), json!({ "city": "Rome" })), json!({ "fields": { "city": "Pune" } }));
    let two =
        past("users.update", changes(by_id("7"), json!({ "city": "Oslo" })), json!({ "fields": { "city": "Rome" } }));
    let of = |city: &str| back(&[one.clone(), two.clone()], &[member("7", &[4], json!({ "city": city }))]);
    let reversal = of("Oslo");
    let Some([Change::Update { fields, .. }]) = reversal.updates.get("4").map(Vec::as_slice) else {
        panic!("{reversal:?}")
    };
    assert_eq!((fields[0].before.as_str(), fields[0].after.as_str()), ("Oslo", "Pune"));
    assert!(moves(&of("Pune")).is_empty(), "it is as it was");
    assert_eq!(why(&of("Rome")), ["`city` was changed since, to \"Rome\""]);
}

#[test]
fn groups_above_and_below_follow_in_one_call() {
    // A plan has read who comes along: out of the highest of them is out of all.
    let before = json!({ "member": false, "also": ["1", "2"] });
    let add = past("members.add", joins("4", by_id("7"), json!({})), before);
    assert_eq!(moves(&back(&[add], &[member("7", &[1, 2, 4], json!({}))])), ["-1"]);
    // A run has not: they stay above, and that is said.
    let add = past("members.add", joins("4", by_id("7"), json!({})), json!({ "standing": null, "member": false }));
    let reversal = back(&[add], &[member("7", &[1, 2, 4], json!({}))]);
    assert_eq!(moves(&reversal), ["-4"]);
    assert_eq!(why(&reversal), ["whether they were in the groups above before is not known: there they stay"]);
    // Who left a group left those below: into the lowest is into all.
    let remove = past("members.remove", leaves("1", by_id("7")), json!({ "member": true, "leaves": ["2", "4"] }));
    assert_eq!(moves(&back(&[remove], &[member("7", &[9], json!({}))])), ["+4"]);
}

#[test]
fn whom_an_import_touched_is_only_removed_where_that_is_known_to_be_right() {
    let import = |before: Value| past("bulk.create_members", joins("4", by_address("p7@b.example"), json!({})), before);
    let now = member("7", &[1, 2, 4], json!({}));
    let unknown = back(&[import(Value::Null)], std::slice::from_ref(&now));
    assert!(moves(&unknown).is_empty());
    assert_eq!(why(&unknown), ["it is not known whether they were in the group before"]);
    assert_eq!(moves(&back(&[import(json!({ "member": false }))], std::slice::from_ref(&now))), ["-4"]);
    assert!(moves(&back(&[import(json!({ "member": true }))], std::slice::from_ref(&now))).is_empty());
    // Whose account is younger than the run was made by it, and into all groups above.
    let young = Member { created_at: Some(BEGUN + 5), ..now };
    assert_eq!(moves(&back(&[import(Value::Null)], &[young])), ["-1"]);
}

#[test]
fn what_cannot_be_undone_is_said() {
    let now = [member("7", &[4], json!({}))];
    let destroyed = Deed::Leaves { group: "5".into(), who: by_id("7"), destroys: true };
    for (deed, reason) in [
        (Deed::Mailed { group: "4".into(), who: by_id("7") }, "a mail cannot be taken back"),
        (
            Deed::AccountMade { who: by_id("7"), fields: map(json!({})) },
            "the account stays; to delete it: `users.delete`",
        ),
        (Deed::AccountDeleted { who: by_id("7"), destroys: false }, "a deleted account cannot be brought back"),
        (destroyed, "what they wrote was destroyed (`hard_delete`)"),
    ] {
        assert_eq!(why(&back(&[past("x.y", deed, json!({ "member": true, "id": null }))], &now)), [reason]);
    }
}

#[test]
fn who_has_no_address_cannot_be_added_again() {
    let remove = past("members.remove", leaves("4", by_id("7")), was_in());
    let now = Member { email: None, ..member("7", &[1], json!({})) };
    assert_eq!(why(&back(&[remove], &[now])), ["has no address by which they could be added again"]);
}

#[test]
fn what_only_a_look_up_showed_as_done_is_not_taken_back() {
    let add = past("members.add", joins("4", by_id("7"), json!({})), json!({ "member": false }));
    let add = Past { maker: Maker::Unknown, ..add };
    let reversal = back(&[add], &[member("7", &[4], json!({}))]);
    assert!(moves(&reversal).is_empty(), "somebody else may have added them meanwhile");
    assert_eq!(
        why(&reversal),
        ["a read showed it as done after its answer was lost: who did it is not known, it stays"]
    );
}

#[test]
fn whoever_was_added_without_a_look_before_stays() {
    let add = past("members.add", joins("4", by_id("7"), json!({})), Value::Null);
    let reversal = back(&[add], &[member("7", &[4], json!({}))]);
    assert!(moves(&reversal).is_empty(), "they may have been a member for years");
    assert_eq!(why(&reversal), ["it is not known whether they were in the group before"]);
}

#[test]
fn whoever_waited_or_had_declined_stays_a_member() {
    for (standing, words) in [("pending", "waited to be let in"), ("declined", "had declined")] {
        let before = json!({ "member": false, "standing": standing });
        let now = [member("7", &[4], json!({}))];
        let reversal = back(&[past("members.add", joins("4", by_id("7"), json!({})), before.clone())], &now);
        assert!(moves(&reversal).is_empty(), "{standing}: out of the group is not how they were");
        assert_eq!(why(&reversal), [format!("{words} before, which cannot be brought back: they stay")]);
        let reversal = back(&[past("members.remove", leaves("4", by_id("7")), before)], &[member("7", &[], json!({}))]);
        assert!(moves(&reversal).is_empty(), "{standing}: a member is not how they were");
    }
}

#[test]
fn a_branch_that_others_gave_stays_and_what_lies_above_it() {
    let before = json!({ "member": false, "also": ["1"] });
    let add = past("members.add", joins("2", by_id("7"), json!({})), before);
    let reversal = back(&[add], &[member("7", &[1, 2, 4], json!({}))]);
    assert!(moves(&reversal).is_empty(), "out of 1 or 2 would be out of 4, too: {reversal:?}");
    assert_eq!(
        why(&reversal),
        [
            "stays in group 2: is in group 4 below it, which the run did not do",
            "stays in group 1: is in group 4 below it, which the run did not do",
        ]
    );
}

#[test]
fn what_a_later_run_wrote_stays_as_that_left_it() {
    let add = past("members.add", joins("4", by_id("7"), json!({})), json!({ "member": false }));
    let change =
        past("users.update", changes(by_id("7"), json!({ "city": "Rome" })), json!({ "fields": { "city": "Pune" } }));
    let now = [member("7", &[4], json!({ "city": "Rome" }))];
    let later = |of: Written| move |_: &Member, asked: &Written| (*asked == of).then(|| "01ABC".to_owned());
    let reversal = back_since(&[add.clone(), change.clone()], &now, &later(Written::Place("4".into())));
    assert_eq!(
        (moves(&reversal), why(&reversal)),
        (vec!["~4".to_owned()], vec!["run 01ABC has written to them there since"])
    );
    let reversal = back_since(&[add, change], &now, &later(Written::Field("city".into())));
    assert_eq!((moves(&reversal), why(&reversal)), (vec!["-4".to_owned()], vec!["run 01ABC has written `city` since"]));
}

#[test]
fn values_that_are_no_text_are_not_written_back_as_text() {
    let before = json!({ "fields": { "skills": "[\"rust\"]" }, "typed": ["skills"] });
    let change = past("users.update", changes(by_id("7"), json!({ "skills": "none" })), before);
    let reversal = back(&[change], &[member("7", &[4], json!({ "skills": "none" }))]);
    assert!(moves(&reversal).is_empty());
    assert_eq!(why(&reversal), ["`skills` held no plain text, and cannot be written back as it was"]);
}

#[test]
fn an_administrator_comes_back_as_a_member_and_that_is_said() {
    let remove = past("members.remove", leaves("4", by_id("7")), json!({ "member": true, "admin": true }));
    let reversal = back(&[remove], &[member("7", &[1], json!({}))]);
    assert_eq!(moves(&reversal), ["+4"]);
    assert_eq!(why(&reversal), ["administered group 4: comes back as a member, make them one again"]);
}

#[test]
fn nobody_comes_back_into_a_group_that_is_gone() {
    let removed = past("members.remove", leaves("gone", by_id("7")), was_in());
    let reversal = back(&[removed], &[member("7", &[1], json!({}))]);
    assert!(moves(&reversal).is_empty());
    assert_eq!(why(&reversal), ["the group is not there any more"]);
}
