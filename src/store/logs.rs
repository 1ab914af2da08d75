//! What is left of logs: old ones go, crowded ones lose their beginning, floods their middle. What was dropped is told by a
//! line in its place.

use super::{Error, LogLine, Store, Writing};
use crate::model::size;

/// Lines dropped in one go: others write in between.
const PIECE: i64 = 2_000;
/// Why lines go of which there are too many in one run.
const CROWDED: &str = "beyond what is kept of a run";

/// Lines that go for others of the same run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The oldest of those of the log's end that are written.
    pub written: u64,
    /// Lines that never were: they stood right before those that are written now.
    pub unwritten: u64,
}

/// Lines that are gone: how many, where and when the first of them stood.
#[derive(Default)]
struct Gone {
    count: i64,
    seq: Option<i64>,
    at: Option<i64>,
}

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
            dropped += self.drop_lines(&run, lines - most, CROWDED).await?;
        }
        Ok(dropped)
    }

    /// Leaves of all logs together no more than so many bytes: where they are more, those go whose newest line is the oldest,
    /// until there is room for a while. Runs at work are left alone. Returns how many lines were dropped.
    pub async fn shrink_logs(&self, most: u64) -> Result<u64, Error> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let all = sqlx::query_scalar("SELECT COALESCE(SUM(bytes), 0) FROM log_size").fetch_one(self.readers()).await;
        let mut all: i64 = all.map_err(|error| self.error(error))?;
        if all <= most {
            return Ok(0);
        }
        let runs: Vec<(String, i64)> = sqlx::query_as(
            "SELECT log_size.run, bytes FROM log_size JOIN run ON run.id = log_size.run AND run.state <> 'running'
             WHERE EXISTS (SELECT 1 FROM run_log WHERE run = log_size.run AND level <> 'dropped') ORDER BY at, log_size.run",
        )
        .fetch_all(self.readers())
        .await
        .map_err(|error| self.error(error))?;
        let why = format!("the logs of all runs are held to {}", size(most.unsigned_abs()));
        let mut dropped = 0;
        for (run, bytes) in runs {
            if all <= most / 10 * 9 {
                break;
            }
            dropped += self.drop_lines(&run, i64::MAX, &why).await?;
            all -= bytes;
        }
        Ok(dropped)
    }

    /// The place of a run's last line; 0 where there is none.
    pub async fn last_line(&self, run: &str) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM run_log WHERE run = $1")
            .bind(run)
            .fetch_one(self.readers())
            .await
            .map_err(|error| self.error(error))
    }

    /// Adds lines to the end of a log whose beginning ends at `after`, and drops the oldest of that end for them, all or
    /// nothing. One line between beginning and end says how many are gone.
    pub async fn log_end(&self, run: &str, attempt: i64, after: i64, cut: Cut, lines: &[LogLine]) -> Result<(), Error> {
        let count = |lines: u64| i64::try_from(lines).unwrap_or(i64::MAX);
        let mut writing = self.writing().await?;
        let written: Vec<(i64, i64)> = sqlx::query_as(
            "DELETE FROM run_log WHERE seq IN (
                SELECT seq FROM run_log WHERE run = $1 AND seq > $2 AND attempt = $3 AND level <> 'dropped'
                ORDER BY seq LIMIT $4)
             RETURNING seq, at",
        )
        .bind(run)
        .bind(after)
        .bind(attempt)
        .bind(count(cut.written))
        .fetch_all(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        let gone = Gone {
            count: written.len() as i64 + count(cut.unwritten),
            seq: written.iter().map(|(seq, _)| *seq).min(),
            at: written.iter().map(|(_, at)| *at).min().or(lines.first().map(|line| line.at)),
        };
        if gone.count > 0 {
            self.tell_dropped(&mut writing, (run, attempt, after), gone, CROWDED).await?;
        }
        self.add_lines(&mut writing, run, attempt, lines).await?;
        writing.commit().await
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
            let gone = Gone {
                count: of().count() as i64,
                seq: of().map(|(seq, ..)| *seq).min(),
                at: of().map(|(.., at)| *at).min(),
            };
            self.tell_dropped(&mut writing, (run, attempt, 0), gone, why).await?;
        }
        writing.commit().await?;
        Ok(gone.len() as u64)
    }

    /// Counts lines that are gone in the line that counts them behind this place; what it has counted before, it keeps.
    async fn tell_dropped(
        &self,
        writing: &mut Writing,
        (run, attempt, after): (&str, i64, i64),
        gone: Gone,
        why: &str,
    ) -> Result<(), Error> {
        let before: Vec<(i64, i64, i64)> = sqlx::query_as(
            "DELETE FROM run_log WHERE run = $1 AND attempt = $2 AND level = 'dropped' AND seq > $3
             RETURNING seq, at, CAST(text AS INTEGER)",
        )
        .bind(run)
        .bind(attempt)
        .bind(after)
        .fetch_all(&mut *writing.tx)
        .await
        .map_err(|error| self.error(error))?;
        let count = before.iter().map(|(.., count)| *count).sum::<i64>() + gone.count;
        // It stands where the first of them stood, also in time; where none ever did, behind what is there.
        let seq = before.iter().map(|(seq, ..)| *seq).chain(gone.seq).min();
        let at = before.iter().map(|(_, at, _)| *at).chain(gone.at).min();
        let lines = if count == 1 { "line was" } else { "lines were" };
        sqlx::query("INSERT INTO run_log (seq, run, attempt, at, level, text) VALUES ($1, $2, $3, $4, 'dropped', $5)")
            .bind(seq)
            .bind(run)
            .bind(attempt)
            .bind(at.unwrap_or_default())
            .bind(format!("{count} {lines} dropped here: {why}"))
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        Ok(())
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

    fn lines(from: i64, to: i64) -> Vec<LogLine> {
        (from..to).map(|n| LogLine { at: 3_000 + n, level: "print".into(), text: format!("end {n}") }).collect()
    }

    #[tokio::test]
    async fn a_flood_keeps_its_beginning_and_its_end_and_one_line_between_them_counts() {
        let store = store_with(&[("flood", 2), ("other", 2)]).await;
        let after = store.last_line("flood").await.unwrap();
        let cut = |written, unwritten| Cut { written, unwritten };
        store.log_end("flood", 2, after, cut(0, 0), &lines(0, 3)).await.unwrap();
        store.log("other", 1, &lines(0, 1)).await.unwrap();
        store.log_end("flood", 2, after, cut(2, 0), &lines(3, 5)).await.unwrap();
        let told = "lines were dropped here: beyond what is kept of a run";
        let beginning = ["1000 line 0", "1001 line 1", "2000 line 0", "2001 line 1"].map(str::to_owned);
        let end = |count: i64, from: i64, to: i64| {
            let mut all = beginning.to_vec();
            all.push(format!("3000 {count} {told}"));
            all.extend((from..to).map(|n| format!("{} end {n}", 3_000 + n)));
            all
        };
        assert_eq!(log(&store, "flood").await, end(2, 2, 5));
        store.log_end("flood", 2, after, cut(3, 5), &lines(10, 13)).await.unwrap();
        assert_eq!(log(&store, "flood").await, end(10, 10, 13));
        assert_eq!(log(&store, "other").await.len(), 5);
        // When the beginning goes as well, one line counts all of it.
        assert_eq!(store.trim_logs(3).await.unwrap(), 6);
        assert_eq!(log(&store, "flood").await[1], format!("2000 12 {told}"));
        // A flood that was cut before the first line of its end was written.
        let store = store_with(&[("flood", 1)]).await;
        let after = store.last_line("flood").await.unwrap();
        store.log_end("flood", 2, after, cut(0, 7), &lines(7, 8)).await.unwrap();
        assert_eq!(log(&store, "flood").await[2..], [format!("3007 7 {told}"), "3007 end 7".to_owned()]);
    }

    #[tokio::test]
    async fn all_logs_together_are_held_to_a_size_and_the_oldest_go() {
        let store = store_with(&[("one", 100), ("two", 100), ("three", 100), ("at work", 100)]).await;
        for (run, ended) in [("one", 5_000), ("two", 6_000), ("three", 7_000)] {
            store.end_run(run, RunState::Done, 0, &json!({}), ended).await.unwrap();
        }
        let line = |text: &str| [LogLine { at: 9_000, level: "info".into(), text: text.into() }];
        store.log("one", 2, &line("the newest of all")).await.unwrap();
        // 200 lines of 64 bytes and a few each: 14 kB a run.
        assert_eq!(store.shrink_logs(57_000).await.unwrap(), 0);
        assert_eq!(store.shrink_logs(50_000).await.unwrap(), 200);
        assert_eq!(store.shrink_logs(50_000).await.unwrap(), 0, "there is room for a while");
        let lost = "lines were dropped here: the logs of all runs are held to 50000 B";
        // Equally old: the first by name. `one` has said something since.
        assert_eq!(log(&store, "three").await, [format!("1000 100 {lost}"), format!("2000 100 {lost}")]);
        assert_eq!(log(&store, "two").await.len(), 200);
        assert_eq!(store.shrink_logs(10).await.unwrap(), 401);
        assert_eq!(log(&store, "at work").await.len(), 200);
        assert_eq!(store.shrink_logs(10).await.unwrap(), 0, "lines that count are not counted");
    }
}
