//! What effects and calls came to since the process began, counted from the store. Its one rule: a look reads what is new
//! since the last one and what was not at rest then, by their numbers, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Text, Type, Whole, number};
use crate::store::{CallMark, EffectMark, Error, Store};

/// Rows read at a time.
const PAGE: i64 = 5_000;
/// The upper ends of the histogram, in seconds.
const ENDS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Effects and calls, counted.
#[derive(Debug, Default)]
pub(super) struct Meter {
    effects: Counted<(String, String, String)>,
    calls: Counted<()>,
    took: BTreeMap<String, Histogram>,
}

/// What was counted, up to where, and what is still open before that place.
#[derive(Debug)]
struct Counted<K> {
    after: i64,
    open: BTreeSet<i64>,
    counts: BTreeMap<K, u64>,
}

impl<K> Default for Counted<K> {
    fn default() -> Self {
        Self { after: 0, open: BTreeSet::new(), counts: BTreeMap::new() }
    }
}

/// How long calls of one operation took.
#[derive(Clone, Debug, Default)]
struct Histogram {
    /// How many fell between each end and the one before it.
    counts: [u64; ENDS.len()],
    all: u64,
    seconds: f64,
}

impl Meter {
    /// Counts from here on.
    pub(super) async fn begin(store: &Store) -> Result<Self, Error> {
        let (effect, call) = store.newest_marks().await?;
        let (effects, calls) = store.unsettled().await?;
        let mut meter = Self::default();
        meter.effects.after = effect;
        // What is newer is read by its number.
        meter.effects.open = effects.into_iter().filter(|id| *id <= effect).collect();
        meter.calls.after = call;
        meter.calls.open = calls.into_iter().filter(|id| *id <= call).collect();
        Ok(meter)
    }

    /// Counts what is new.
    pub(super) async fn look(&mut self, store: &Store) -> Result<(), Error> {
        let open: Vec<i64> = self.effects.open.iter().copied().collect();
        for chunk in chunks(&open) {
            store.effect_marks_of(chunk).await?.iter().for_each(|mark| self.effect(mark));
        }
        loop {
            let page = store.effect_marks(self.effects.after, PAGE).await?;
            let Some(last) = page.last() else { break };
            self.effects.after = last.id;
            page.iter().for_each(|mark| self.effect(mark));
        }
        let open: Vec<i64> = self.calls.open.iter().copied().collect();
        for chunk in chunks(&open) {
            store.call_marks_of(chunk).await?.iter().for_each(|mark| self.call(mark));
        }
        loop {
            let page = store.call_marks(self.calls.after, PAGE).await?;
            let Some(last) = page.last() else { break };
            self.calls.after = last.id;
            page.iter().for_each(|mark| self.call(mark));
        }
        Ok(())
    }

    fn effect(&mut self, mark: &EffectMark) {
        match mark.state.as_str() {
            "open" | "accepted" | "doubt" => drop(self.effects.open.insert(mark.id)),
            "planned" => {}
            state => {
                self.effects.open.remove(&mark.id);
                let kind = (mark.op.clone(), mark.consequence.clone(), state.to_owned());
                *self.effects.counts.entry(kind).or_default() += 1;
            }
        }
    }

    fn call(&mut self, mark: &CallMark) {
        let Some(settled_at) = mark.settled_at else {
            self.calls.open.insert(mark.id);
            return;
        };
        self.calls.open.remove(&mark.id);
        // What was found out later tells nothing about how long the platform took.
        if matches!(mark.state.as_str(), "done" | "failed" | "accepted") {
            let millis = u32::try_from((settled_at - mark.begun_at).max(0)).unwrap_or(u32::MAX);
            self.took.entry(mark.op.clone()).or_default().note(f64::from(millis) / 1_000.0);
        }
    }

    /// How many effects are not at rest.
    pub(super) fn unsettled(&self) -> usize {
        self.effects.open.len()
    }

    /// Writes its families.
    pub(super) fn write(&self, text: &mut Text) {
        let help = "Effects that came to an end since the process began, by operation, what they do, and what became of \
                    them (applied and not_applied: were in doubt).";
        let mut family = text.family("beadle_effects_total", Type::Counter, help);
        for ((operation, consequence, outcome), count) in &self.effects.counts {
            let labels = [("operation", operation.as_str()), ("consequence", consequence), ("outcome", outcome)];
            family.sample(&labels, number(*count));
        }
        let help = "How long calls that could change something took, from before they were sent until it was known what came \
                    of them.";
        let mut family = text.family("beadle_call_duration_seconds", Type::Histogram, help);
        for (operation, took) in &self.took {
            let whole = Whole { count: took.all, sum: took.seconds };
            family.histogram(&[("operation", operation)], ENDS.into_iter().zip(took.counts), whole);
        }
    }
}

impl Histogram {
    fn note(&mut self, seconds: f64) {
        if let Some(place) = ENDS.iter().position(|end| seconds <= *end) {
            self.counts[place] += 1;
        }
        self.all += 1;
        self.seconds += seconds;
    }
}

fn chunks(ids: &[i64]) -> impl Iterator<Item = &[i64]> {
    ids.chunks(usize::try_from(PAGE).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(id: i64, state: &str) -> EffectMark {
        EffectMark { id, op: "members.invite".into(), consequence: "adds".into(), state: state.into() }
    }

    fn call(id: i64, state: &str, took: Option<i64>) -> CallMark {
        CallMark {
            id,
            op: "members.invite".into(),
            state: state.into(),
            begun_at: 1_000,
            settled_at: took.map(|took| 1_000 + took),
        }
    }

    fn lines(meter: &Meter, start: &str) -> Vec<String> {
        let mut text = Text::default();
        meter.write(&mut text);
        text.whole().lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    }

    #[test]
    fn an_effect_counts_once_when_it_has_come_to_an_end() {
        let mut meter = Meter::default();
        for state in ["open", "doubt", "doubt", "applied"] {
            meter.effect(&effect(7, state));
        }
        meter.effect(&effect(8, "done"));
        meter.effect(&effect(9, "accepted"));
        meter.effect(&effect(10, "planned"));
        let label = "operation=\"members.invite\",consequence=\"adds\"";
        let wanted = [
            format!("beadle_effects_total{{{label},outcome=\"applied\"}} 1"),
            format!("beadle_effects_total{{{label},outcome=\"done\"}} 1"),
        ];
        assert_eq!(lines(&meter, "beadle_effects_total"), wanted);
        assert_eq!(meter.unsettled(), 1);
    }

    #[test]
    fn a_histogram_adds_up_and_leaves_out_what_was_found_out_later() {
        let mut meter = Meter::default();
        meter.call(&call(1, "open", None));
        for (id, state, took) in [(1, "done", 40), (2, "failed", 100), (3, "accepted", 400_000), (4, "settled", 9)] {
            meter.call(&call(id, state, Some(took)));
        }
        meter.call(&call(5, "doubt", Some(10)));
        let found = lines(&meter, "beadle_call_duration_seconds");
        let with = |end: &str| {
            let start = format!("beadle_call_duration_seconds_bucket{{operation=\"members.invite\",le=\"{end}\"}} ");
            found
                .iter()
                .find_map(|line| line.strip_prefix(&start))
                .unwrap_or_else(|| panic!("{end}: {found:?}"))
                .to_owned()
        };
        assert_eq!(
            (with("0.05"), with("0.1"), with("300"), with("+Inf")),
            ("1".into(), "2".into(), "2".into(), "3".into())
        );
        assert!(found.contains(&"beadle_call_duration_seconds_sum{operation=\"members.invite\"} 400.14".to_owned()));
        assert!(meter.calls.open.is_empty());
    }
}
