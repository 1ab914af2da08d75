//! Every list is read to its end, whatever the size of its pages and whatever happens to them; every other read answers.

use std::collections::BTreeSet;

use beadle::catalog::{Answer, Op, Page};
use serde_json::Value;

use super::each;
use super::samples::{Known, call};
use super::stage::Stage;

/// Short pages, answers that break off, and each of the usual refusals.
const DISTURBED: &str =
    "cap=25;truncate:every=4,times=2:reads;503:every=3,times=2:reads;429:after=1,times=1,retry_after=0:reads";
/// So many rows are more than one of these pages.
const PAGE: usize = 25;

/// The key of a row; rows without an id are told apart as a whole.
fn key(row: &Value) -> String {
    row["id"].as_str().or(row["Id"].as_str()).map_or_else(|| row.to_string(), str::to_owned)
}

fn rows(stage: &Stage, op: &Op, args: &Value, faults: &str) -> Vec<String> {
    let script = format!("for it in {} {{ print(it.to_json()); }}", call(op, args));
    let more: &[&str] = if faults.is_empty() { &[] } else { &["--faults", faults] };
    let ran = stage.script("run", &script, more).ended(&[0], &format!("{script} {faults}"));
    ran.printed().iter().map(key).collect()
}

#[test]
fn every_list_gives_each_row_once_whatever_happens_to_its_pages() {
    each(|platform| {
        let known = Known::of(platform);
        let lists = platform.ops.iter().filter(|op| matches!(op.answer, Answer::Many(..)));
        // Mostly waiting: side by side.
        let asked = |op: &'static Op| {
            let stage = Stage::prepared(&known);
            let Some(args) = known.sample(op).map(Value::Object) else { panic!("{} {}", platform.name, op.name()) };
            let whole = rows(&stage, op, &args, "");
            let once: BTreeSet<&String> = whole.iter().collect();
            assert_eq!(once.len(), whole.len(), "{} {}: a row came twice", platform.name, op.name());
            assert!(!whole.is_empty(), "{} {} is empty", platform.name, op.name());
            assert_eq!(rows(&stage, op, &args, DISTURBED), whole, "{} {}", platform.name, op.name());
            let counts = platform.ops.iter().filter(|count| matches!(count.answer, Answer::Count(of) if of == op.verb));
            for count in counts.filter(|count| count.noun == op.noun) {
                let ran =
                    stage.run(&format!("print(#{{ n: {} }}.to_json());", call(count, &args))).ended(&[0], "count");
                assert_eq!(ran.printed()[0]["n"], whole.len(), "{} {}", platform.name, count.name());
            }
            whole.len()
        };
        std::thread::scope(|scope| {
            let asked = &asked;
            let lists: Vec<_> = lists.map(|op| (op, scope.spawn(move || asked(op)))).collect();
            let long = lists.into_iter().filter(|(op, _)| op.page != Page::Single);
            let lengths: Vec<usize> = long.map(|(_, length)| length.join().unwrap()).collect();
            // Vitable's organisation has nine groups and a few plans.
            assert!(lengths.is_empty() || lengths.iter().any(|rows| *rows > PAGE) || platform.name == "vitable");
        });
    });
}

#[test]
fn every_other_read_answers_and_says_what_is_not_there() {
    each(|platform| {
        let known = Known::of(platform);
        let stage = Stage::prepared(&known);
        // How far a job is can only be asked of a job: those that start one follow it to its end.
        let follows =
            |op: &Op| platform.ops.iter().filter_map(|op| op.follow).any(|follow| follow.status == (op.noun, op.verb));
        let reads = platform.ops.iter().filter(|op| op.is_read() && !matches!(op.answer, Answer::Many(..)));
        let mut script = String::new();
        for op in reads.filter(|op| !follows(op)) {
            let Some(args) = known.sample(op) else { panic!("{} {}", platform.name, op.name()) };
            script +=
                &format!("if {} == () {{ throw \"{} found nothing\"; }}\n", call(op, &Value::Object(args)), op.name());
        }
        stage.run(&script).ended(&[0], &format!("{} {script}", platform.name));
    });
}
