//! What cannot be done reads as what it is: an argument that is none, something that is not there, a noun or verb that the
//! platform does not have. Nothing is changed by any of them.

use std::collections::BTreeSet;

use beadle::catalog::{Op, Param, Place, Ty};
use beadle::platforms;
use serde_json::{Map, Value, json};

use super::faults::{each_named, ends};
use super::samples::{Known, call};
use super::stage::Stage;
use super::{all, each};

/// A list does nothing before it is asked for a row.
fn done(op: &Op, args: &Map<String, Value>) -> String {
    let call = call(op, &Value::Object(args.clone()));
    match op.answer {
        beadle::catalog::Answer::Many(..) => format!("{call}.first()"),
        _ => call,
    }
}

#[test]
fn a_bad_argument_is_refused_before_anything_is_sent() {
    each(|platform| {
        let known = Known::of(platform);
        let stage = Stage::prepared(&known);
        let mut calls = Vec::new();
        for op in platform.ops {
            let name = op.name();
            let Some(args) = known.sample(op) else { continue };
            let mut more = args.clone();
            more.insert("nonsense".into(), json!(1));
            calls.push((format!("{name} with nonsense"), done(op, &more)));
            for param in op.params.iter().filter(|param| args.contains_key(param.name)) {
                let mut other = args.clone();
                other.insert(param.name.into(), not_a(param));
                calls.push((format!("{name} with a bad {}", param.name), done(op, &other)));
                other.shift_remove(param.name);
                if param.required {
                    calls.push((format!("{name} without {}", param.name), done(op, &other)));
                }
            }
        }
        let ran = stage.run(&each_named(calls.iter().cloned()));
        let ended = ends(&ran);
        for (what, call) in &calls {
            let (code, words) = &ended[what];
            assert_eq!(code, "bad_argument", "{} {what}: {call}: {words}\n{}", platform.name, ran.said());
            let argument = what.rsplit(' ').next().unwrap();
            assert!(words.contains(&format!("`{argument}`")), "{} {what}: {words}", platform.name);
        }
        assert!(stage.world().1.is_empty(), "{}: something was sent", platform.name);
    });
}

/// What no argument of this type takes.
fn not_a(param: &Param) -> Value {
    match param.ty {
        Ty::Text(_) | Ty::Bool | Ty::Int(..) => json!({ "a": "map" }),
        _ => json!(0.5),
    }
}

#[test]
fn what_is_not_there_is_refused_as_that_and_leaves_no_doubt() {
    each(|platform| {
        let known = Known::of(platform);
        let stage = Stage::prepared(&known);
        let mut calls = Vec::new();
        for op in platform.ops {
            let Some(mut args) = known.sample(op) else { continue };
            let is_id = |param: &&Param| param.place == Place::Path && matches!(param.ty, Ty::Id(_));
            let Some(param) = op.params.iter().find(is_id).filter(|param| args.contains_key(param.name)) else {
                continue;
            };
            args.insert(param.name.into(), json!("987654321"));
            calls.push((op, done(op, &args)));
        }
        let ran = stage.run(&each_named(calls.iter().map(|(op, call)| (op.name(), call.clone()))));
        let ran = stage.allowed(ran, "resume", &[]);
        let ended = ends(&ran);
        let (_, reached) = stage.world();
        // A 5xx says nothing of what was done: who answers so what is not there leaves a doubt (Mobilize's document does).
        let unclear = |op: &Op| reached.iter().any(|one| one.operation == op.name() && one.status >= 500);
        let mut absent = 0;
        for (op, call) in &calls {
            let (code, words) = &ended[&op.name()];
            // Reads may say of nobody that there is nobody.
            let fits = match op.is_read() {
                true => ["not_found", "refused", "ok"].contains(&code.as_str()),
                false if code == "in_doubt" => unclear(op),
                false => {
                    ["not_found", "refused", "bad_argument"].contains(&code.as_str()) || unclear(op) && code == "ok"
                }
            };
            assert!(fits, "{} {call}: {code}: {words}\n{}", platform.name, ran.said());
            assert!(code == "ok" || words.len() > 10, "{} {call}: {code}: {words}", platform.name);
            absent += usize::from(code == "not_found");
        }
        assert!(absent > 0 || calls.is_empty(), "{}: nothing is ever missing: {ended:?}", platform.name);
        let in_doubt = ended.values().any(|(code, _)| code == "in_doubt");
        assert_eq!(ran.code == Some(6), in_doubt, "{}: {}", platform.name, ran.said());
        let happened: Vec<_> = reached.iter().filter(|one| one.status < 300).collect();
        assert!(happened.is_empty(), "{}: {happened:?}", platform.name);
    });
}

#[test]
fn what_a_platform_does_not_have_is_said_with_what_it_has_instead() {
    // What no document has is nobody's common word.
    let documented = platforms::ALL.iter().flat_map(|platform| platform.ops).filter(|op| !op.beyond);
    let words: BTreeSet<(&str, &str)> = documented.map(|op| (op.noun, op.verb)).collect();
    for platform in platforms::ALL {
        let nouns: BTreeSet<&str> = words.iter().map(|(noun, _)| *noun).collect();
        for noun in nouns.iter().filter(|noun| !platform.nouns().contains(*noun)) {
            let known = platform.instead.iter().any(|(of, _)| of == noun);
            assert!(known, "{} says nothing of `{noun}`, which it does not have", platform.name);
        }
    }
    each(|platform| {
        let lacking: Vec<_> = words.iter().filter(|(noun, verb)| platform.op(noun, verb).is_none()).collect();
        let calls = lacking.iter().map(|(noun, verb)| (format!("{noun}.{verb}"), format!("{noun}.{verb}()")));
        let stage = Stage::new(platform);
        let ran = stage.run(&each_named(calls));
        let ended = ends(&ran);
        for (noun, verb) in lacking {
            let (code, words) = &ended[&format!("{noun}.{verb}")];
            assert_eq!(code, "unsupported", "{} {noun}.{verb}: {words}", platform.name);
            let instead = platform.instead.iter().find(|(of, _)| of == noun);
            let has = platform.verbs(noun);
            match instead {
                Some((_, sentence)) => assert_eq!(words, sentence),
                None if has.is_empty() => {
                    assert!(platform.nouns().iter().all(|noun| words.contains(&format!("`{noun}`"))), "{words}");
                }
                None => {
                    assert!(words.starts_with(&format!("{} has no `{noun}.{verb}`", platform.title)), "{words}");
                    let named = has.iter().all(|verb| words.contains(&format!("`{verb}`")));
                    assert!(named || words.contains("did you mean"), "{words}");
                }
            }
        }
        assert_eq!(ran.code, Some(0), "{}", ran.said());
    });
    assert!(all().count() > platforms::ALL.len());
}
