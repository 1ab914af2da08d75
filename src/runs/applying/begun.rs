//! What of a plan an earlier attempt of its run has begun. Its one rule: what failed is not begun.

use std::collections::{HashMap, HashSet};

use super::Applying;
use crate::effects::State;
use crate::plan::{Plan, Sign};
use crate::runs::planning::failed;
use crate::script::Ended;

/// By operation, kind and key: how many writes this run has begun. The group is not asked: that of a plan may be a
/// placeholder.
type Begun = HashMap<(String, String, String), usize>;

/// Rows of the ledger read at a time.
const PAGE: i64 = 1_000;

/// The places of steps and touches that are begun.
pub(super) async fn begun_by(applying: &Applying<'_>) -> Result<HashSet<(usize, usize)>, Ended> {
    Ok(begun_touches(applying.plan, begun(applying).await?))
}

/// The touches that are begun: steps are done in their order, so of several about the same subject the first ones.
fn begun_touches(plan: &Plan, mut begun: Begun) -> HashSet<(usize, usize)> {
    let mut places = HashSet::new();
    for (place, step) in plan.steps.iter().enumerate() {
        for (at, touch) in step.touches.iter().enumerate().filter(|(_, touch)| touch.sign != Sign::Same) {
            let key = (step.operation.clone(), touch.kind.clone(), touch.subject.clone());
            if let Some(count) = begun.get_mut(&key).filter(|count| **count > 0) {
                *count -= 1;
                places.insert((place, at));
            }
        }
    }
    places
}

/// What this run has begun to write and what did not fail.
async fn begun(applying: &Applying<'_>) -> Result<Begun, Ended> {
    let (mut begun, mut after) = (Begun::new(), 0);
    loop {
        let rows = applying.runner.store.effects_of(&applying.plan.id, after, PAGE).await.map_err(failed)?;
        let Some(last) = rows.last() else { return Ok(begun) };
        after = last.id;
        let nothing =
            |state: &str| matches!(State::parse(state), Some(State::Failed | State::NotApplied | State::Replaced));
        for row in rows.into_iter().filter(|row| !nothing(&row.state)) {
            *begun.entry((row.op, row.kind, row.subject)).or_default() += 1;
        }
    }
}
