//! Whatever dies wherever: run again, each write reaches the platform exactly once.

use std::collections::HashSet;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::{Desk, add, all, begin, group, invite, name, remove};
use crate::catalog::Piece;
use crate::effects::{Ledger, Settled};

/// One line of a script: what it writes to whom.
type Line = (&'static str, &'static str);

/// Where a process dies while it works on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Death {
    BeforeBeginning,
    BeforeSending,
    BeforeTheAnswerIsKept,
    AfterIt,
}

/// What reached the platform, in its order, and by which effects.
#[derive(Default)]
struct Platform {
    got: Vec<Line>,
    effects: HashSet<i64>,
}

fn piece_of((verb, who): Line) -> Piece {
    match verb {
        "add" => add(who),
        "remove" => remove(who),
        "invite" => invite("12", &[who]),
        "create" => group(who),
        other => name(who, other),
    }
}

/// Works through the script until its end, or until `death` at a line.
async fn attempt(ledger: &Ledger, script: &[Line], platform: &mut Platform, death: Option<(usize, Death)>) {
    for (at, line) in script.iter().enumerate() {
        let death = death.filter(|(place, _)| *place == at).map(|(_, death)| death);
        if death == Some(Death::BeforeBeginning) {
            return;
        }
        let mut begun = begin(ledger, &piece_of(*line)).await;
        while !begun.doubts.is_empty() {
            for (_, doubt) in begun.doubts {
                let verdict = match platform.effects.contains(&doubt.effect) {
                    true => Settled::Applied(None),
                    false => Settled::NotApplied,
                };
                ledger.settle_doubt(doubt.effect, verdict, "look-up").await.unwrap();
            }
            begun = begin(ledger, &piece_of(*line)).await;
        }
        if let Some(permit) = begun.permit {
            if death == Some(Death::BeforeSending) {
                return;
            }
            platform.got.push(*line);
            platform.effects.insert(permit.effect(0).unwrap());
            if death == Some(Death::BeforeTheAnswerIsKept) {
                return;
            }
            ledger.settle(permit, all()).await.unwrap();
        }
        if death == Some(Death::AfterIt) {
            return;
        }
    }
}

/// What a script writes that is never interrupted: nobody is mailed twice, nothing is made twice.
fn expected(script: &[Line]) -> Vec<Line> {
    let mut once = HashSet::new();
    let single = |line: &Line| matches!(line.0, "invite" | "create");
    script.iter().copied().filter(|line| !single(line) || once.insert(*line)).collect()
}

fn line() -> impl Strategy<Value = Line> {
    let verb = prop_oneof![Just("add"), Just("remove"), Just("invite"), Just("create"), Just("x"), Just("y")];
    (verb, prop_oneof![Just("7"), Just("8")])
}

fn death() -> impl Strategy<Value = Death> {
    prop_oneof![
        Just(Death::BeforeBeginning),
        Just(Death::BeforeSending),
        Just(Death::BeforeTheAnswerIsKept),
        Just(Death::AfterIt)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn wherever_a_run_dies_a_rerun_sends_each_write_exactly_once(
        script in prop::collection::vec(line(), 1..10),
        deaths in prop::collection::vec((any::<prop::sample::Index>(), death()), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = Desk::new().await;
            let mut platform = Platform::default();
            let mut ledger = desk.run("r1").await;
            for (at, death) in deaths {
                attempt(&ledger, &script, &mut platform, Some((at.index(script.len()), death))).await;
                drop(ledger);
                ledger = desk.resume("r1").await;
            }
            attempt(&ledger, &script, &mut platform, None).await;
            assert_eq!(platform.got, expected(&script));
            drop(ledger);
            attempt(&desk.resume("r1").await, &script, &mut platform, None).await;
            assert_eq!(platform.got, expected(&script), "one more rerun is silent");
        });
    }
}
