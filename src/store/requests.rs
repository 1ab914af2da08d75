//! What was asked of platforms, in figures: of each run, and of all who ever worked on this store. Its one rule: figures are
//! added to what stands there, so that several processes can count at the same time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Error, Store, Writing};

/// The upper ends of [`Figures::took`] in milliseconds. What is kept is counted by them: they are never changed.
pub const ENDS_MS: [u64; 12] = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

/// Figures of one operation on one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Requests by how they were answered: `2xx`, `3xx`, `4xx`, `429`, `5xx`, or `none`.
    pub statuses: BTreeMap<String, u64>,
    /// How many took so long: up to each of [`ENDS_MS`] and longer than the one before it.
    pub took: [u64; ENDS_MS.len()],
    /// What they took in all, in microseconds.
    pub took_us: u64,
    /// How often one was to be tried again.
    pub again: u64,
    /// How many waited because the connection's pace was used up.
    pub waits: u64,
    /// How long these waited in all, in microseconds.
    pub waited_us: u64,
}

/// Figures and what they are about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// The connection's name.
    pub connection: String,
    /// `noun.verb`.
    pub operation: String,
    /// Its figures.
    pub figures: Figures,
}

/// How fast a connection may be asked, as whoever asked it last found it.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetRow {
    /// The connection's name.
    pub connection: String,
    /// Requests per second; `None` is no limit.
    pub rate: Option<f64>,
    /// What the settings allow; `None` is no limit.
    pub ceiling: Option<f64>,
    /// What the platform said is left; `None` where it never said so.
    pub remaining: Option<i64>,
    /// Of how much.
    pub allowed: Option<i64>,
    /// When it said so, milliseconds since the epoch.
    pub said_at: Option<i64>,
    /// When this was found, milliseconds since the epoch.
    pub at: i64,
}

type Columns = (String, String, String);

impl Figures {
    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.statuses.values().sum()
    }

    /// With these as well.
    pub fn add(&mut self, more: &Self) {
        for (status, count) in &more.statuses {
            *self.statuses.entry(status.clone()).or_default() += count;
        }
        for (count, more) in self.took.iter_mut().zip(more.took) {
            *count += more;
        }
        self.took_us += more.took_us;
        self.again += more.again;
        self.waits += more.waits;
        self.waited_us += more.waited_us;
    }

    /// What came since these; nothing is ever less than nothing.
    pub fn since(&self, before: &Self) -> Self {
        let of = |status: &str| before.statuses.get(status).copied().unwrap_or(0);
        let mut took = self.took;
        took.iter_mut().zip(before.took).for_each(|(count, before)| *count = count.saturating_sub(before));
        Self {
            statuses: self
                .statuses
                .iter()
                .map(|(status, count)| (status.clone(), count.saturating_sub(of(status))))
                .filter(|(_, count)| *count > 0)
                .collect(),
            took,
            took_us: self.took_us.saturating_sub(before.took_us),
            again: self.again.saturating_sub(before.again),
            waits: self.waits.saturating_sub(before.waits),
            waited_us: self.waited_us.saturating_sub(before.waited_us),
        }
    }
}

impl Store {
    /// Adds figures to what stands there: to the run's, where they are of one, and to everybody's.
    pub async fn add_requests(
        &self,
        run: Option<&str>,
        rows: &[RequestRow],
        budgets: &[BudgetRow],
    ) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        writing.add_requests(run, rows, budgets).await?;
        writing.commit().await
    }

    /// What a run has asked.
    pub async fn requests_of(&self, run: &str) -> Result<Vec<RequestRow>, Error> {
        let rows = sqlx::query_as(
            "SELECT connection, operation, figures FROM request WHERE run = $1 ORDER BY connection, operation",
        );
        let rows: Result<Vec<Columns>, _> = rows.bind(run).fetch_all(self.readers()).await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(RequestRow::of).collect())
    }

    /// What everybody has asked who ever worked on this store.
    pub async fn request_totals(&self) -> Result<Vec<RequestRow>, Error> {
        let rows =
            sqlx::query_as("SELECT connection, operation, figures FROM request_total ORDER BY connection, operation");
        let rows: Result<Vec<Columns>, _> = rows.fetch_all(self.readers()).await;
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(RequestRow::of).collect())
    }

    /// How fast connections may be asked, as they were found last.
    pub async fn budgets(&self) -> Result<Vec<BudgetRow>, Error> {
        type Columns = (String, Option<f64>, Option<f64>, Option<i64>, Option<i64>, Option<i64>, i64);
        let rows: Result<Vec<Columns>, _> = sqlx::query_as(
            "SELECT connection, rate, ceiling, remaining, allowed, said_at, at FROM request_budget ORDER BY connection",
        )
        .fetch_all(self.readers())
        .await;
        let of = |(connection, rate, ceiling, remaining, allowed, said_at, at)| BudgetRow {
            connection,
            rate,
            ceiling,
            remaining,
            allowed,
            said_at,
            at,
        };
        Ok(rows.map_err(|error| self.error(error))?.into_iter().map(of).collect())
    }
}

impl Writing {
    /// Adds figures to what stands there: to the run's, where they are of one, and to everybody's.
    pub async fn add_requests(
        &mut self,
        run: Option<&str>,
        rows: &[RequestRow],
        budgets: &[BudgetRow],
    ) -> Result<(), Error> {
        for row in rows {
            if let Some(run) = run {
                self.add_request(run, row).await?;
            }
            self.add_total(row).await?;
        }
        for budget in budgets {
            sqlx::query(
                "INSERT INTO request_budget (connection, rate, ceiling, remaining, allowed, said_at, at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (connection) DO UPDATE SET rate = excluded.rate, ceiling = excluded.ceiling,
                    remaining = COALESCE(excluded.remaining, remaining), allowed = COALESCE(excluded.allowed, allowed),
                    said_at = COALESCE(excluded.said_at, said_at), at = excluded.at
                 WHERE excluded.at >= at",
            )
            .bind(&budget.connection)
            .bind(budget.rate)
            .bind(budget.ceiling)
            .bind(budget.remaining)
            .bind(budget.allowed)
            .bind(budget.said_at)
            .bind(budget.at)
            .execute(&mut *self.tx)
            .await
            .map_err(|error| self.error(error))?;
        }
        Ok(())
    }

    async fn add_request(&mut self, run: &str, row: &RequestRow) -> Result<(), Error> {
        let stands =
            sqlx::query_scalar("SELECT figures FROM request WHERE run = $1 AND connection = $2 AND operation = $3");
        let stands = stands.bind(run).bind(&row.connection).bind(&row.operation).fetch_optional(&mut *self.tx).await;
        let figures = sum(stands.map_err(|error| self.error(error))?, &row.figures);
        sqlx::query(
            "INSERT INTO request (run, connection, operation, figures) VALUES ($1, $2, $3, $4)
             ON CONFLICT (run, connection, operation) DO UPDATE SET figures = excluded.figures",
        )
        .bind(run)
        .bind(&row.connection)
        .bind(&row.operation)
        .bind(figures)
        .execute(&mut *self.tx)
        .await
        .map(drop)
        .map_err(|error| self.error(error))
    }

    async fn add_total(&mut self, row: &RequestRow) -> Result<(), Error> {
        let stands = sqlx::query_scalar("SELECT figures FROM request_total WHERE connection = $1 AND operation = $2");
        let stands = stands.bind(&row.connection).bind(&row.operation).fetch_optional(&mut *self.tx).await;
        let figures = sum(stands.map_err(|error| self.error(error))?, &row.figures);
        sqlx::query(
            "INSERT INTO request_total (connection, operation, figures) VALUES ($1, $2, $3)
             ON CONFLICT (connection, operation) DO UPDATE SET figures = excluded.figures",
        )
        .bind(&row.connection)
        .bind(&row.operation)
        .bind(figures)
        .execute(&mut *self.tx)
        .await
        .map(drop)
        .map_err(|error| self.error(error))
    }
}

impl RequestRow {
    fn of((connection, operation, figures): Columns) -> Self {
        Self { connection, operation, figures: read(&figures) }
    }
}

/// What stands there and more, as it is kept.
fn sum(stands: Option<String>, more: &Figures) -> String {
    let mut figures = stands.as_deref().map(read).unwrap_or_default();
    figures.add(more);
    serde_json::to_string(&figures).unwrap_or_default()
}

fn read(figures: &str) -> Figures {
    serde_json::from_str(figures).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(operation: &str, status: &str, count: u64) -> RequestRow {
        let mut figures = Figures { took_us: 1_000 * count, waits: 1, waited_us: 7, ..Figures::default() };
        figures.statuses.insert(status.to_owned(), count);
        figures.took[0] = count;
        RequestRow { connection: "main".into(), operation: operation.into(), figures }
    }

    #[tokio::test]
    async fn figures_of_several_processes_add_up_for_the_run_and_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (
            Store::open(&folder.path().join("beadle.db")).await.unwrap(),
            Store::open(&folder.path().join("beadle.db")).await.unwrap(),
        );
        let many = |store: Store, run: &'static str| async move {
            for _ in 0..10 {
                let rows = [row("members.list", "2xx", 2), row("members.add", "429", 1)];
                store.add_requests(Some(run), &rows, &[]).await.unwrap();
            }
            store.add_requests(None, &[row("users.get", "none", 1)], &[]).await.unwrap();
        };
        tokio::join!(many(one.clone(), "r1"), many(other, "r2"));
        let of_run = one.requests_of("r1").await.unwrap();
        assert_eq!(
            of_run.iter().map(|row| row.operation.as_str()).collect::<Vec<_>>(),
            ["members.add", "members.list"]
        );
        assert_eq!((of_run[1].figures.requests(), of_run[1].figures.took[0]), (20, 20));
        let all = one.request_totals().await.unwrap();
        let counts: Vec<(&str, u64, u64)> =
            all.iter().map(|row| (row.operation.as_str(), row.figures.requests(), row.figures.waited_us)).collect();
        assert_eq!(counts, [("members.add", 20, 140), ("members.list", 40, 140), ("users.get", 2, 14)]);
    }

    #[tokio::test]
    async fn of_a_budget_the_newest_word_counts_and_what_was_said_stays_until_it_is_said_anew() {
        let store = Store::in_memory().await.unwrap();
        let found = |at: i64, rate: f64, remaining: Option<i64>| BudgetRow {
            connection: "main".into(),
            rate: Some(rate),
            ceiling: Some(2.0),
            remaining,
            allowed: remaining.map(|_| 100),
            said_at: remaining.map(|_| at),
            at,
        };
        for budget in [found(5, 2.0, Some(40)), found(9, 1.0, None), found(7, 0.5, Some(80))] {
            store.add_requests(None, &[], &[budget]).await.unwrap();
        }
        let wanted = BudgetRow { said_at: Some(5), remaining: Some(40), allowed: Some(100), ..found(9, 1.0, None) };
        assert_eq!(store.budgets().await.unwrap(), [wanted]);
    }

    #[test]
    fn what_came_since_is_never_less_than_nothing() {
        let (much, little) = (row("a", "2xx", 5).figures, row("a", "2xx", 3).figures);
        assert_eq!((much.since(&little).requests(), much.since(&little).took_us), (2, 2_000));
        assert_eq!(little.since(&much).requests(), 0, "another store stands in its place");
    }
}
