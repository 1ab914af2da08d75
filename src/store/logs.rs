//! What is left of logs: old ones go, crowded ones lose their beginning. What was dropped is told by a line in its place.

use super::{Error, Store};

/// Lines dropped in one go: others write in between.
const PIECE: i64 = 2_000;

impl Store {
    /// Drops the logs of runs whose last attempt ended, or else began, before this moment, and the events of those of them
    /// that came to a good end. One line an attempt says how many there were. Returns how many lines were dropped.
    pub async fn forget_logs(&self, before: i64) -> Result<u64, Error> {
        let old: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM run WHERE COALESCE(ended_at, attempt_at) < $1
               AND EXISTS (SELECT 1 FROM run_log WHERE run = run.id AND level <> 'dropped')",
        )
        .bind(before)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.error(error))?;
        let mut dropped = 0;
        for run in old {
            dropped += self.drop_lines(&run, i64::MAX, "old").await?;
        }
        // Nobody resumes what ended well. Events whose run never came to be are those of nobody.
        sqlx::query(
            "DELETE FROM run_events WHERE run IN (
                SELECT id FROM run WHERE state = 'done' AND exit_code = 0 AND ended_at < $1)",
        )
        .bind(before)
        .execute(self.writer())
        .await
        .map_err(|error| self.error(error))?;
        Ok(dropped)
    }

    /// Leaves each run the newest `most` lines of its log. Returns how many were dropped.
    pub async fn trim_logs(&self, most: i64) -> Result<u64, Error> {
        let crowded: Vec<(String, i64)> = sqlx::query_as(
            "SELECT run, COUNT(*) FROM run_log WHERE level <> 'dropped' GROUP BY run HAVING COUNT(*) > $1",
        )
        .bind(most)
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.error(error))?;
        let mut dropped = 0;
        for (run, lines) in crowded {
            dropped += self.drop_lines(&run, lines - most, "beyond what is kept of a run").await?;
        }
        Ok(dropped)
    }

    /// Drops so many of the oldest lines.
    async fn drop_lines(&self, run: &str, lines: i64, why: &str) -> Result<u64, Error> {
        let mut dropped = 0;
        loop {
            let left = lines.saturating_sub(i64::try_from(dropped).unwrap_or(i64::MAX));
            let piece = self.drop_piece(run, left.min(PIECE), why).await?;
            dropped += piece;
            if piece == 0 {
                return Ok(dropped);
            }
        }
    }

    /// The same, all or nothing: the lines go, and the line that counts them, one an attempt, counts these too.
    async fn drop_piece(&self, run: &str, lines: i64, why: &str) -> Result<u64, Error> {
        if lines <= 0 {
            return Ok(0);
        }
        let mut writing = self.writing().await?;
        let gone: Vec<(i64, i64, i64)> = sqlx::query_as(
            "DELETE FROM run_log WHERE seq IN (
                SELECT seq FROM run_log WHERE run = $1 AND level <> 'dropped' ORDER BY seq LIMIT $2)
             RETURNING seq, attempt, at",
        )
        .bind(run)
        .bind(lines)
        .fetch_all(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        let mut attempts: Vec<i64> = gone.iter().map(|(_, attempt, _)| *attempt).collect();
        attempts.sort_unstable();
        attempts.dedup();
        for attempt in attempts {
            let of = || gone.iter().filter(|(_, of, _)| *of == attempt);
            let before: Vec<(i64, i64, i64)> = sqlx::query_as(
                "DELETE FROM run_log WHERE run = $1 AND attempt = $2 AND level = 'dropped'
                 RETURNING seq, at, CAST(text AS INTEGER)",
            )
            .bind(run)
            .bind(attempt)
            .fetch_all(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
            let count = before.iter().map(|(.., count)| *count).sum::<i64>() + of().count() as i64;
            // It stands where the first of them stood, also in time: that is when the attempt began.
            let seq = before.iter().map(|(seq, ..)| *seq).chain(of().map(|(seq, ..)| *seq)).min();
            let at = before.iter().map(|(_, at, _)| *at).chain(of().map(|(.., at)| *at)).min();
            let lines = if count == 1 { "line was" } else { "lines were" };
            sqlx::query(
                "INSERT INTO run_log (seq, run, attempt, at, level, text) VALUES ($1, $2, $3, $4, 'dropped', $5)",
            )
            .bind(seq)
            .bind(run)
            .bind(attempt)
            .bind(at)
            .bind(format!("{count} {lines} dropped here: {why}"))
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        }
        writing.commit().await?;
        Ok(gone.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::{LogLine, NewRun, RunState};

    async fn store_with(runs: &[(&str, i64)]) -> Store {
        let store = Store::in_memory().await.unwrap();
        for (id, lines) in runs {
            let run = NewRun {
                id: (*id).to_owned(),
                script: "a.rhai".into(),
                source: String::new(),
                args: json!([]),
                connection: None,
                sandbox: true,
                settings: None,
                job: None,
                started_at: 1_000,
            };
            store.start_run(&run).await.unwrap();
            for attempt in [1, 2] {
                let line =
                    |n: i64| LogLine { at: 1_000 * attempt + n, level: "info".into(), text: format!("line {n}") };
                store.log(id, attempt, &(0..*lines).map(line).collect::<Vec<_>>()).await.unwrap();
            }
        }
        store
    }

    async fn log(store: &Store, run: &str) -> Vec<String> {
        let lines = store.log_after(run, 0, 10_000).await.unwrap();
        lines.into_iter().map(|(_, line)| format!("{} {}", line.at, line.text)).collect()
    }

    #[tokio::test]
    async fn a_crowded_log_keeps_its_newest_lines_and_counts_what_it_lost() {
        let store = store_with(&[("long", 3_000), ("short", 2)]).await;
        assert_eq!(store.trim_logs(5).await.unwrap(), 5_995);
        let short = log(&store, "short").await;
        assert_eq!(short.len(), 4, "{short:?}");
        let long = log(&store, "long").await;
        assert_eq!(long[0], "1000 3000 lines were dropped here: beyond what is kept of a run");
        assert_eq!(long[1], "2000 2995 lines were dropped here: beyond what is kept of a run");
        assert_eq!((long[2].as_str(), long.len()), ("4995 line 2995", 7));
        // Once more, with fewer: it goes on counting, in the same line.
        assert_eq!(store.trim_logs(5).await.unwrap(), 0);
        assert_eq!(store.trim_logs(3).await.unwrap(), 3);
        assert_eq!(log(&store, "short").await[0], "1000 1 line was dropped here: beyond what is kept of a run");
        let long = log(&store, "long").await;
        assert_eq!(long[1], "2000 2997 lines were dropped here: beyond what is kept of a run");
        assert_eq!(long.len(), 5);
    }

    #[tokio::test]
    async fn old_logs_go_and_say_how_many_lines_they_had() {
        let store = store_with(&[("old", 3), ("held", 3), ("new", 3)]).await;
        for (run, state, code, ended) in
            [("old", RunState::Done, 0, 5_000), ("held", RunState::Held, 4, 5_000), ("new", RunState::Done, 0, 9_000)]
        {
            store.keep_events(run, &[json!({ "topic": "user.created" })]).await.unwrap();
            store.end_run(run, state, code, &json!({}), ended).await.unwrap();
        }
        assert_eq!(store.forget_logs(6_000).await.unwrap(), 12);
        assert_eq!(store.forget_logs(6_000).await.unwrap(), 0, "what counts is not counted");
        let lost = "lines were dropped here: old";
        assert_eq!(log(&store, "old").await, [format!("1000 3 {lost}"), format!("2000 3 {lost}")]);
        assert_eq!(log(&store, "new").await.len(), 6);
        assert_eq!(store.events_of("old").await.unwrap(), Vec::<serde_json::Value>::new());
        assert_eq!(store.events_of("held").await.unwrap().len(), 1, "it can still be resumed");
        assert_eq!(store.events_of("new").await.unwrap().len(), 1);
    }
}
