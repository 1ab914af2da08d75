//! A plan sends nothing and says what the run does; what was done is taken back as far as the platform lets it, and the rest
//! is said with its reason.

use std::collections::BTreeSet;

use beadle::catalog::{Consequence, Op, Subject};
use serde_json::Value;

use super::each;
use super::faults::{each_told, ends};
use super::samples::{Known, Sampled};
use super::stage::{Ran, Reached, Stage};

fn sorted(mut reached: Vec<Reached>) -> Vec<Reached> {
    reached.sort();
    reached
}

/// Plans all writes of the platform, then applies the plan.
fn planned(known: &Known, writes: &[Sampled]) -> (Stage, Ran) {
    let (stage, platform, script) = (Stage::prepared(known), known.platform, each_told(writes));
    let plan = stage.script("plan", &script, &[]).ended(&[0, 4], &format!("{} plans", platform.name));
    for (op, (code, words)) in ends(&plan) {
        assert_eq!(code, "ok", "{} plans {op}: {words}", platform.name);
    }
    assert!(stage.world().1.is_empty(), "{}: a plan has sent something: {}", platform.name, plan.said());
    let id = plan.after("beadle apply ").map(|rest| rest.split(' ').next().unwrap().to_owned());
    let applied = match id.filter(|_| plan.code == Some(0)) {
        Some(id) => stage.beadle(&["apply", &id, "--sandbox", "--unattended"]),
        None => stage.allowed(plan, "apply", &["--unattended"]),
    };
    let applied = applied.ended(&[0], &format!("{} applies", platform.name));
    (stage, applied)
}

#[test]
fn a_plan_sends_nothing_and_applied_it_sends_what_the_run_sends() {
    each(|platform| {
        let known = Known::of(platform);
        let writes = known.writes();
        let (by_plan, applied) = planned(&known, &writes);
        let by_run = Stage::prepared(&known);
        let ran = by_run.run(&each_told(&writes));
        let ran = by_run.allowed(ran, "resume", &[]).ended(&[0], platform.name);
        let (plan, run) = (sorted(by_plan.world().1), sorted(by_run.world().1));
        assert_eq!(plan, run, "{}\n{}\n{}", platform.name, applied.said(), ran.said());
        for Sampled { op, .. } in &writes {
            assert!(run.iter().any(|one| one.operation == op.name()), "{}: {} was not sent", platform.name, op.name());
        }
    });
}

#[test]
fn undo_takes_back_what_it_can_and_says_the_rest_with_its_reason() {
    each(|platform| {
        let known = Known::of(platform);
        let writes = known.writes();
        let (stage, applied) = planned(&known, &writes);
        let run = applied.id();
        let undo = stage.beadle(&["undo", &run, "--sandbox", "--json"]).ended(&[0, 4], platform.name);
        let (mut told, mut touched) = (BTreeSet::new(), String::new());
        for line in undo.printed() {
            match line["type"].as_str() {
                // What stays as it is is no way back.
                Some("touch") if line["sign"] != "=" => touched += &line.to_string(),
                Some("plan") => {
                    for left in line["left_out"].as_array().into_iter().flatten() {
                        assert!(left["why"].as_str().is_some_and(|why| why.len() > 10), "{}: {left}", platform.name);
                        told.insert(left["operation"].as_str().unwrap_or_default().to_owned());
                    }
                }
                _ => {}
            }
        }
        for Sampled { op, write, .. } in &writes {
            let names = subjects(&known, op);
            // What was made is called by its id when it is deleted, which nothing but the platform knew.
            let unmade = format!("\"{}.delete\"", op.noun);
            let is_touched = names.iter().any(|name| touched.contains(&format!("\"{name}\"")))
                || write.consequence == Consequence::Creates && touched.contains(&unmade);
            assert!(
                is_touched || told.contains(&op.name()),
                "{}: nothing is said of {} of {names:?}: {}",
                platform.name,
                op.name(),
                undo.said()
            );
        }
    });
}

/// Whom or what the sampled call is about, as plans name them: by key, and by the address that goes with an id.
fn subjects(known: &Known, op: &'static Op) -> Vec<String> {
    let args = known.sample(op).unwrap_or_default();
    let args = beadle::catalog::check(op, vec![Value::Object(args)]).unwrap();
    let call =
        beadle::catalog::Call { platform: known.platform, op, connection: known.platform.connection.into(), args };
    let keys = call.pieces().into_iter().flat_map(|piece| piece.subjects).map(|(Subject { key, .. }, _)| key);
    keys.flat_map(|key| {
        let address = known.members.iter().find(|(id, _)| *id == key).map(|(_, address)| address.clone());
        [Some(key), address]
    })
    .flatten()
    .collect()
}
