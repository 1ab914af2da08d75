//! How runs are ended from outside and by their limits, and that no script can catch it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt;

use super::super::{Ended, Stop, execute};
use super::Stage;

fn stopped(stage: &Stage) -> Stop {
    match stage.run() {
        Err(Ended::Stopped(why)) => why,
        other => panic!("expected a stopped run, not {other:?}; {:?}", stage.heard()),
    }
}

/// Scripts that would never end and try to catch everything.
const ENDLESS: &[(&str, &str)] = &[
    ("a loop", "print(\"go\"); loop { }"),
    ("a loop in a function", "fn f() { loop { try { let x = 1; } catch { } } } print(\"go\"); f();"),
    ("waiting", "print(\"go\"); loop { try { sleep(3600); } catch { } }"),
    ("waiting for a fraction", "print(\"go\"); loop { try { sleep(3600.5); } catch { } }"),
    ("waiting for an answer", "print(\"go\"); loop { try { users.get(1); } catch { } }"),
    (
        "comparing",
        "let a = []; for i in 0..2000 { a.push(2000 - i); } print(\"go\"); loop { try { a.sort(|x, y| x - y); } catch { } }",
    ),
    ("a closure in a host function", "print(\"go\"); loop { try { [1].map(|x| { loop { } }); } catch { } }"),
];

#[test]
fn a_cancelled_run_ends_soon_wherever_it_is() {
    for (case, script) in ENDLESS {
        let stage = Stage::new(script).door(|fake| fake.answers = Box::new(|_, _| std::future::pending().boxed()));
        let (script, run) = (stage.load().unwrap(), stage.begin());
        std::thread::scope(|scope| {
            let ending = scope.spawn(|| execute(&script, &run));
            while stage.heard().is_empty() {
                std::thread::yield_now();
            }
            let begun = Instant::now();
            stage.cancel.stop(Stop::Interrupted);
            let ended = ending.join().unwrap();
            assert!(matches!(ended, Err(Ended::Stopped(Stop::Interrupted))), "{case}: {ended:?}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{case}: {:?}", begun.elapsed());
        });
    }
}

#[test]
fn a_write_that_is_under_way_is_finished_within_the_grace() {
    let stage = Stage::new("try { users.delete(1); } catch { } print(\"on\");");
    let cancel = stage.cancel.clone();
    let finished = Arc::new(AtomicUsize::new(0));
    let counted = finished.clone();
    let stage = stage.door(|fake| {
        fake.answers = Box::new(move |_, _| {
            let (cancel, counted) = (cancel.clone(), counted.clone());
            async move {
                cancel.stop(Stop::Interrupted);
                tokio::task::yield_now().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
                counted.fetch_add(1, Ordering::SeqCst);
                Ok(Bytes::new())
            }
            .boxed()
        });
    });
    assert_eq!(stopped(&stage), Stop::Interrupted);
    assert_eq!(finished.load(Ordering::SeqCst), 1, "the write came to its end");
    assert!(stage.heard().is_empty(), "and nothing after it was done");
}

#[test]
fn a_write_that_does_not_end_is_given_up_after_the_grace_and_a_read_at_once() {
    for (script, grace) in
        [("users.delete(1);", Duration::from_millis(50)), ("users.get(1);", Duration::from_secs(3600))]
    {
        let stage = Stage::new(script).limits(|limits| limits.grace = grace);
        let cancel = stage.cancel.clone();
        let stage = stage.door(|fake| {
            fake.answers = Box::new(move |_, _| {
                cancel.stop(Stop::Interrupted);
                std::future::pending().boxed()
            });
        });
        assert_eq!(stopped(&stage), Stop::Interrupted, "{script}");
    }
}

#[test]
fn nothing_is_sent_once_the_run_was_ended() {
    let stage = Stage::new("users.get(1);");
    stage.cancel.stop(Stop::Interrupted);
    assert_eq!(stopped(&stage), Stop::Interrupted);
    assert!(stage.asked().is_empty());
}

#[test]
fn the_time_is_limited_and_not_catchable() {
    let stage =
        Stage::new("loop { try { sleep(3600); } catch { } }").limits(|it| it.time = Some(Duration::from_millis(30)));
    assert_eq!(stopped(&stage), Stop::TimeOut);
}

#[test]
fn the_steps_are_limited_also_inside_of_closures_and_imports() {
    for script in [
        "loop { try { loop { } } catch { } }",
        "loop { try { [1, 2, 3].map(|x| x + 1); } catch { } }",
        "let a = [3, 2, 1]; loop { try { a.sort(|x, y| x - y); } catch { } }",
        "import \"endless\" as e;",
    ] {
        let stage = Stage::new(script).limits(|limits| limits.operations = 50_000);
        stage.file("endless.rhai", "loop { }");
        assert_eq!(stopped(&stage), Stop::Operations, "{script}");
    }
}

#[test]
fn the_output_is_limited_and_the_line_that_is_too_much_is_not_shown() {
    for line in ["print(\"12345678\")", "log(\"12345678\")", "log.warn(\"12345678\")", "debug(12345678)"] {
        let stage =
            Stage::new(&format!("loop {{ try {{ {line}; }} catch {{ }} }}")).limits(|limits| limits.output = 100);
        assert_eq!(stopped(&stage), Stop::Output, "{line}");
        assert!((2..=11).contains(&stage.heard().len()), "{line}: {:?}", stage.heard());
    }
}

#[test]
fn the_memory_is_limited_and_not_catchable() {
    let held = Arc::new(AtomicUsize::new(1000));
    let mut stage = Stage::new("loop { try { users.get(1); } catch { } }").limits(|limits| limits.memory = 500);
    let asked = held.clone();
    stage.memory = Some(Arc::new(move || asked.load(Ordering::SeqCst)));
    let stage = stage.door(|fake| {
        fake.answers = Box::new(move |call, _| {
            held.fetch_add(100, Ordering::SeqCst);
            std::future::ready(Ok(super::echo(call))).boxed()
        });
    });
    assert_eq!(stopped(&stage), Stop::Memory);
    assert_eq!(stage.asked().len(), 6, "what was held before the run does not count");
}

#[test]
fn one_call_cannot_ask_for_all_the_memory() {
    for script in [
        "let a = []; try { a.pad(1_000_000_000_000, 0); } catch { }",
        "let s = \"\"; try { s.pad(1_000_000_000_000, 'x'); } catch { }",
        "let s = \"\"; try { s.pad(1_000_000_000_000, \"xy\"); } catch { }",
        "try { blob(1_000_000_000_000); } catch { }",
        "try { blob(1_000_000_000_000, 1); } catch { }",
        "let b = blob(1, 1); try { b.pad(1_000_000_000_000, 0); } catch { }",
        "let s = \"\"; s.pad(100000, 'x'); let t = s; try { s.replace(\"x\", t); } catch { }",
        "let s = \"\"; s.pad(100000, 'x'); let a = []; a.pad(100000, s); try { a.join(); } catch { }",
        "let s = \"\"; s.pad(100000, 'x'); let a = []; a.pad(100000, s); try { a.to_json(); } catch { }",
    ] {
        assert_eq!(stopped(&Stage::new(script)), Stop::Memory, "{script}");
    }
}

#[test]
fn functions_that_call_themselves_without_end_do_not_break_the_process() {
    let error = Stage::new("fn f(x) { f(x + 1) } f(1);").error();
    assert_eq!(error.message, "functions call each other too deep; does one call itself without an end?");
    assert_eq!(Stage::new("fn f(x) { if x == 0 { 0 } else { 1 + f(x - 1) } } print(f(100));").output(), ["100"]);
}

#[test]
fn a_script_may_end_itself() {
    for script in
        ["print(1); exit(); print(2);", "print(1); return; print(2);", "fn f() { exit() } print(1); f(); print(2);"]
    {
        assert_eq!(Stage::new(script).output(), ["1"], "{script}");
    }
    let stage = Stage::new("members.list(9).each(|m| { print(1); exit(); }); print(2);");
    assert_eq!(stage.door(|fake| fake.pages = vec![Ok(vec!["{}"])]).output(), ["1"]);
}
