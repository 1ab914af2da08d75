//! What was asked of platforms since the process began, whoever asked: runs are other processes and leave their figures in
//! the store. Its one rule: a look reads one row for each connection and operation, however many runs there were.

use std::collections::BTreeMap;

use super::text::{Text, Type, Whole, number};
use crate::store::{BudgetRow, ENDS_MS, Error, Figures, Store};

/// Requests, counted.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// What stood there when counting began.
    before: BTreeMap<(String, String), Figures>,
    since: BTreeMap<(String, String), Figures>,
    budgets: Vec<BudgetRow>,
}

impl Requests {
    /// Counts from here on.
    pub(super) async fn begin(store: &Store) -> Result<Self, Error> {
        let before = store.request_totals().await?;
        let before = before.into_iter().map(|row| ((row.connection, row.operation), row.figures)).collect();
        Ok(Self { before, budgets: store.budgets().await?, ..Self::default() })
    }

    /// Counts what is new.
    pub(super) async fn look(&mut self, store: &Store) -> Result<(), Error> {
        for row in store.request_totals().await? {
            let key = (row.connection, row.operation);
            let since = match self.before.get(&key) {
                Some(before) => row.figures.since(before),
                None => row.figures,
            };
            if since != Figures::default() {
                self.since.insert(key, since);
            }
        }
        self.budgets = store.budgets().await?;
        Ok(())
    }

    /// Writes its families.
    pub(super) fn write(&self, text: &mut Text) {
        self.counts(text);
        self.times(text);
        self.waits(text);
        self.budgets(text);
    }

    fn counts(&self, text: &mut Text) {
        let help = "Requests to platforms since the process began, of runs, plans and webhooks, by how they were answered \
                    (none: no answer came).";
        let mut family = text.family("beadle_requests_total", Type::Counter, help);
        for ((connection, operation), figures) in &self.since {
            for (status, count) in &figures.statuses {
                let labels = [("connection", connection.as_str()), ("operation", operation), ("status", status)];
                family.sample(&labels, number(*count));
            }
        }
        let help = "Requests to platforms that had to be tried again, since the process began.";
        let mut family = text.family("beadle_request_retries_total", Type::Counter, help);
        for ((connection, operation), figures) in &self.since {
            family.sample(&[("connection", connection), ("operation", operation)], number(figures.again));
        }
    }

    fn times(&self, text: &mut Text) {
        let help = "How long requests to platforms took, from the first byte sent to the last one read.";
        let mut family = text.family("beadle_request_duration_seconds", Type::Histogram, help);
        for ((connection, operation), figures) in &self.since {
            let labels = [("connection", connection.as_str()), ("operation", operation.as_str())];
            let lengths = ENDS_MS.iter().map(|end| number(*end) / 1_000.0).zip(figures.took);
            let whole = Whole { count: figures.requests(), sum: number(figures.took_us) / 1_000_000.0 };
            family.histogram(&labels, lengths, whole);
        }
    }

    fn waits(&self, text: &mut Text) {
        let mut by_connection: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for ((connection, _), figures) in &self.since {
            let (waits, waited) = by_connection.entry(connection).or_default();
            *waits += figures.waits;
            *waited += figures.waited_us;
        }
        let help = "Requests that waited because the pace of their connection was used up, since the process began.";
        let mut family = text.family("beadle_pace_waits_total", Type::Counter, help);
        for (connection, (waits, _)) in &by_connection {
            family.sample(&[("connection", connection)], number(*waits));
        }
        let help = "How long these waited in all.";
        let mut family = text.family("beadle_pace_wait_seconds_total", Type::Counter, help);
        for (connection, (_, waited)) in &by_connection {
            family.sample(&[("connection", connection)], number(*waited) / 1_000_000.0);
        }
    }

    /// As whoever asked last has found them, be it before the process began.
    fn budgets(&self, text: &mut Text) {
        let mut of = |name, help, value: &dyn Fn(&BudgetRow) -> Option<f64>| {
            let mut family = text.family(name, Type::Gauge, help);
            for budget in &self.budgets {
                if let Some(value) = value(budget) {
                    family.sample(&[("connection", &budget.connection)], value);
                }
            }
        };
        let help =
            "Requests a second that the last one on the connection was allowed; no sample where there is no limit.";
        of("beadle_pace_requests_per_second", help, &|budget| budget.rate);
        let help = "Requests a second that the settings allow; no sample where there is no limit.";
        of("beadle_pace_limit_requests_per_second", help, &|budget| budget.ceiling);
        let help = "Requests that the platform said are left; no sample where it says nothing of it.";
        of("beadle_budget_remaining", help, &|budget| budget.remaining.map(whole));
        let help = "Of how many.";
        of("beadle_budget_limit", help, &|budget| budget.allowed.map(whole));
        let help = "When the platform said so, seconds since the epoch.";
        of("beadle_budget_told_timestamp_seconds", help, &|budget| budget.said_at.map(|at| whole(at) / 1_000.0));
    }
}

#[expect(clippy::cast_precision_loss, reason = "the format knows only floating-point numbers")]
fn whole(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RequestRow;

    fn row(status: &str, count: u64) -> RequestRow {
        let mut figures = Figures { took_us: 30_000 * count, waits: 1, waited_us: 250_000, ..Figures::default() };
        figures.statuses.insert(status.to_owned(), count);
        figures.took[2] = count;
        RequestRow { connection: "main".into(), operation: "members.list".into(), figures }
    }

    fn budget(remaining: Option<i64>) -> BudgetRow {
        BudgetRow {
            connection: "main".into(),
            rate: Some(1.5),
            ceiling: Some(2.0),
            remaining,
            allowed: None,
            said_at: remaining.map(|_| 1_500),
            at: 1_500,
        }
    }

    fn written(requests: &Requests) -> String {
        let mut text = Text::default();
        requests.write(&mut text);
        text.whole().lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn what_stood_there_before_is_not_counted_and_the_rest_adds_up() {
        let store = Store::in_memory().await.unwrap();
        store.add_requests(Some("r1"), &[row("2xx", 40)], &[budget(None)]).await.unwrap();
        let mut requests = Requests::begin(&store).await.unwrap();
        requests.look(&store).await.unwrap();
        let gauges = "beadle_pace_requests_per_second{connection=\"main\"} 1.5\n\
                      beadle_pace_limit_requests_per_second{connection=\"main\"} 2";
        assert_eq!(written(&requests), gauges);

        store.add_requests(Some("r2"), &[row("2xx", 3), row("429", 1)], &[budget(Some(7))]).await.unwrap();
        for _ in 0..2 {
            requests.look(&store).await.unwrap();
            let all = written(&requests);
            let has = |line: &str| assert!(all.lines().any(|one| one == line), "{line}\n{all}");
            let labels = "connection=\"main\",operation=\"members.list\"";
            has(&format!("beadle_requests_total{{{labels},status=\"2xx\"}} 3"));
            has(&format!("beadle_requests_total{{{labels},status=\"429\"}} 1"));
            has(&format!("beadle_request_duration_seconds_bucket{{{labels},le=\"0.025\"}} 0"));
            has(&format!("beadle_request_duration_seconds_bucket{{{labels},le=\"0.05\"}} 4"));
            has(&format!("beadle_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 4"));
            has(&format!("beadle_request_duration_seconds_sum{{{labels}}} 0.12"));
            has("beadle_pace_waits_total{connection=\"main\"} 2");
            has("beadle_pace_wait_seconds_total{connection=\"main\"} 0.5");
            has("beadle_budget_remaining{connection=\"main\"} 7");
            has("beadle_budget_told_timestamp_seconds{connection=\"main\"} 1.5");
            assert!(!all.contains("beadle_budget_limit"), "{all}");
        }
    }
}
