//! A plan on its way to a file and back.

use serde_json::{Value, json};

use super::super::{LeftOut, NotAPlan, Plan, Sign};
use super::{plan, step, touch};
use crate::effects::brakes::{Brake, Hold, Leave};

fn full() -> Plan {
    let mut one = touch(Sign::Add, "ada@b.example", Some("4"));
    one.before = json!({ "id": null, "member": false, "fields": { "city": "" } });
    one.after = json!({ "id": "⟦after apply: person ada@b.example⟧", "member": true, "fields": { "city": "Łódź" } });
    one.known = json!({ "invited_at": 7 });
    one.gives = Some("⟦after apply: person ada@b.example⟧".into());
    one.also = vec!["1".into(), "2".into()];
    one.mails = Some("unknown".into());
    one.destroys = true;
    let mut add = step("members.add", vec![one, touch(Sign::Same, "b@b.example", None)]);
    add.arguments = json!({ "group_id": "4", "fields": { "email": "Ada@b.example", "city": "Łódź" } });
    add.campaign = Some("spring".into());
    add.use_existing = true;
    let mut plan = plan(vec![add]);
    plan.left_out = vec![LeftOut { operation: "members.invite".into(), name: "c".into(), why: "invited".into() }];
    let hold =
        Hold { what: Brake::Removals, number: 12, leave: Leave::Exactly, of: 20, sentence: "12".into(), after: None };
    plan.holds = vec![hold];
    plan.notes = vec!["a note".into()];
    plan.effort.seconds = 0.1 + 0.2;
    plan.seal();
    plan
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    let plan = full();
    for text in [plan.write().to_string(), serde_json::to_string_pretty(&plan.write()).unwrap()] {
        assert_eq!(Plan::read(&text).unwrap(), plan);
    }
}

#[test]
fn whatever_is_changed_by_hand_is_seen_but_for_the_effort() {
    let whole = full().write();
    let changed = |pointer: &str, to: Value| {
        let mut value = whole.clone();
        *value.pointer_mut(pointer).unwrap() = to;
        Plan::read(&value.to_string())
    };
    for (pointer, to) in [
        ("/steps/0/arguments/fields/city", json!("Lodz")),
        ("/steps/0/touches/0/before/fields/city", json!("x")),
        ("/steps/0/touches/1/sign", json!("-")),
        ("/steps/0/campaign", json!("summer")),
        ("/accounts/0/account", json!("a2")),
        ("/expires_at", json!(9_999_999_999_999_i64)),
        ("/sandbox", json!(true)),
        ("/script", json!("other.rhai")),
        ("/holds", json!([])),
        ("/id", json!("20261122-0601-aaaa")),
        ("/digest", json!("0")),
    ] {
        let error = changed(pointer, to).unwrap_err();
        assert!(matches!(error, NotAPlan::Changed { .. }), "{pointer}: {error}");
    }
    assert!(changed("/effort/seconds", json!(7)).is_ok());
}

#[test]
fn another_format_and_another_shape_are_refused_by_name() {
    let mut value = full().write();
    value["beadle_plan"] = json!(2);
    value["new"] = json!("what a later beadle writes");
    let error = Plan::read(&value.to_string()).unwrap_err().to_string();
    assert!(error.starts_with("this plan has format 2 and this beadle reads 1: "), "{error}");
    value["beadle_plan"] = json!(1);
    for text in [value.to_string(), "{".to_owned(), "[]".to_owned(), "{}".to_owned()] {
        assert!(matches!(Plan::read(&text), Err(NotAPlan::Unreadable(_))), "{text}");
    }
}

#[test]
fn a_steps_call_is_made_of_its_platform_and_unknown_ones_are_named() {
    let plan = full();
    let call = plan.call(0).unwrap();
    assert_eq!((call.op.name().as_str(), call.connection.as_str()), ("members.add", "main"));
    assert_eq!(call.args.to_value(), plan.steps[0].arguments);
    for change in [
        |plan: &mut Plan| plan.steps[0].operation = "members.fly".into(),
        |plan: &mut Plan| plan.steps[0].operation = "nodot".into(),
        |plan: &mut Plan| plan.steps[0].connection = "other".into(),
        |plan: &mut Plan| plan.accounts[0].platform = "myspace".into(),
    ] {
        let mut plan = plan.clone();
        change(&mut plan);
        let error = plan.call(0).unwrap_err().to_string();
        assert!(
            error.starts_with("step 1 of the plan is `") && error.ends_with("which this beadle does not know"),
            "{error}"
        );
    }
}

#[test]
fn what_to_type_for_a_new_plan_depends_on_what_was_planned() {
    let mut plan = full();
    assert_eq!(plan.anew(), "beadle plan s.rhai");
    (plan.script, plan.sandbox) = ("undo of 20261122-0601-k3f9".into(), true);
    assert_eq!(plan.anew(), "beadle undo 20261122-0601-k3f9 --sandbox");
}

#[test]
fn a_plan_in_which_all_is_as_wanted_is_empty() {
    assert!(plan(vec![step("members.add", vec![touch(Sign::Same, "a", None)])]).is_empty());
    assert!(plan(Vec::new()).is_empty() && !full().is_empty());
}

#[test]
fn who_waits_for_an_earlier_step_is_known_by_placeholders() {
    let new = "⟦after apply: group x⟧";
    assert!(touch(Sign::Add, new, None).waits() && touch(Sign::Add, "a", Some(new)).waits());
    assert!(!touch(Sign::Add, "a", Some("4")).waits());
}
