//! Deliveries that were worked off since the process began, and those that wait. Its one rule: a look reads what is new since
//! the last one and what waited then, by their numbers, and nothing else.

use std::collections::BTreeMap;

use super::text::{Text, Type};
use crate::store::{DeliveryMark, Error, Store};

/// Rows read at a time.
const PAGE: i64 = 5_000;

/// How a delivery is worked off: something of it could not be had, or all of it was.
const OUTCOMES: [&str; 2] = [PARTIAL, WHOLE];
const PARTIAL: &str = "partial";
const WHOLE: &str = "whole";

/// Deliveries, counted.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    after: i64,
    /// By number.
    waiting: BTreeMap<i64, DeliveryMark>,
    done: BTreeMap<(String, &'static str), u64>,
}

impl Deliveries {
    /// Counts from here on.
    pub(super) async fn begin(store: &Store) -> Result<Self, Error> {
        let after = store.newest_delivery().await?;
        let waiting = store.waiting_delivery_marks().await?;
        // What is newer is read by its number.
        let waiting = waiting.into_iter().filter(|mark| mark.seq <= after).map(|mark| (mark.seq, mark)).collect();
        Ok(Self { after, waiting, ..Self::default() })
    }

    /// Counts what is new.
    pub(super) async fn look(&mut self, store: &Store) -> Result<(), Error> {
        let waiting: Vec<i64> = self.waiting.keys().copied().collect();
        for chunk in waiting.chunks(usize::try_from(PAGE).unwrap_or(1)) {
            store.delivery_marks_of(chunk).await?.into_iter().for_each(|mark| self.note(mark));
        }
        loop {
            let page = store.delivery_marks(self.after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            self.after = last.seq;
            page.into_iter().for_each(|mark| self.note(mark));
        }
    }

    fn note(&mut self, mark: DeliveryMark) {
        if mark.waits {
            self.waiting.insert(mark.seq, mark);
            return;
        }
        self.waiting.remove(&mark.seq);
        let outcome = if mark.partial { PARTIAL } else { WHOLE };
        *self.done.entry((mark.hook, outcome)).or_default() += 1;
    }

    /// Writes its families; `now` in milliseconds since the epoch. `hooks` are there whether something waits or not.
    #[expect(clippy::cast_precision_loss, reason = "the format knows only floating-point numbers")]
    pub(super) fn write(&self, hooks: &[String], now: i64, text: &mut Text) {
        let help = "Deliveries of webhooks that were worked off since the process began; partial: something of them could not be \
                    had.";
        let mut family = text.family("beadle_deliveries_done_total", Type::Counter, help);
        // There before their first event, as counters of jobs are.
        let both = hooks.iter().flat_map(|hook| OUTCOMES.map(|outcome| ((hook.as_str(), outcome), 0)));
        let mut done: BTreeMap<(&str, &str), u64> = both.collect();
        done.extend(self.done.iter().map(|((hook, outcome), count)| ((hook.as_str(), *outcome), *count)));
        for ((hook, outcome), count) in done {
            family.sample(&[("hook", hook), ("outcome", outcome)], count as f64);
        }
        let mut waiting: BTreeMap<&str, u64> = hooks.iter().map(|hook| (hook.as_str(), 0)).collect();
        for mark in self.waiting.values() {
            *waiting.entry(&mark.hook).or_default() += 1;
        }
        let help = "Deliveries that are stored and not worked off yet.";
        let mut family = text.family("beadle_deliveries_waiting", Type::Gauge, help);
        for (hook, count) in waiting {
            family.sample(&[("hook", hook)], count as f64);
        }
        let oldest = self.waiting.values().map(|mark| mark.received_at).min();
        let help = "How long the oldest delivery waits that is not worked off yet; 0 where none is.";
        let age = oldest.map_or(0.0, |at| (now - at).max(0) as f64 / 1_000.0);
        text.one("beadle_delivery_oldest_waiting_seconds", Type::Gauge, help, age);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(seq: i64, waits: bool, partial: bool) -> DeliveryMark {
        DeliveryMark { seq, hook: "crm".into(), received_at: seq * 1_000, waits, partial }
    }

    fn written(deliveries: &Deliveries) -> Vec<String> {
        let mut text = Text::default();
        deliveries.write(&["crm".into(), "quiet".into()], 10_000, &mut text);
        text.whole().lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    #[test]
    fn a_delivery_counts_once_when_it_is_worked_off_and_waits_until_then() {
        let mut deliveries = Deliveries::default();
        for one in [mark(3, true, false), mark(4, true, false), mark(5, true, false)] {
            deliveries.note(one);
        }
        deliveries.note(mark(3, false, false));
        deliveries.note(mark(5, false, true));
        let wanted = [
            "beadle_deliveries_done_total{hook=\"crm\",outcome=\"partial\"} 1",
            "beadle_deliveries_done_total{hook=\"crm\",outcome=\"whole\"} 1",
            "beadle_deliveries_done_total{hook=\"quiet\",outcome=\"partial\"} 0",
            "beadle_deliveries_done_total{hook=\"quiet\",outcome=\"whole\"} 0",
            "beadle_deliveries_waiting{hook=\"crm\"} 1",
            "beadle_deliveries_waiting{hook=\"quiet\"} 0",
            "beadle_delivery_oldest_waiting_seconds 6",
        ];
        assert_eq!(written(&deliveries), wanted);
        deliveries.note(mark(4, false, false));
        assert_eq!(written(&deliveries).last().unwrap(), "beadle_delivery_oldest_waiting_seconds 0");
    }
}
