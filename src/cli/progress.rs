//! How far a run is: a line that moves on a terminal, a line every few seconds in a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::settings::Redactor;

/// Milliseconds between two lines in a pipe.
const EVERY: i64 = 5_000;

/// What is counted while a run works.
pub(super) struct Progress {
    what: String,
    done: u64,
    of: u64,
    calls: u64,
    first_call: i64,
    last_call: i64,
    shown_at: i64,
    shown: String,
    /// Only on a terminal.
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn in_a_pipe(now: i64) -> Self {
        Self {
            what: String::new(),
            done: 0,
            of: 0,
            calls: 0,
            first_call: 0,
            last_call: 0,
            shown_at: now,
            shown: String::new(),
            bar: None,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the line that moves is part of the terminal")]
    pub(super) fn on_a_terminal(now: i64) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        Self { bar: Some(bar), ..Self::in_a_pipe(now) }
    }

    pub(super) fn called(&mut self, now: i64) {
        self.calls += 1;
        if self.first_call == 0 {
            self.first_call = now;
        }
        self.last_call = now;
    }

    pub(super) fn moved(&mut self, what: &str, done: u64, of: u64) {
        if self.what != what {
            what.clone_into(&mut self.what);
        }
        (self.done, self.of) = (done, of);
    }

    /// Shows the state on a terminal; in a pipe gives the line that is due.
    pub(super) fn show(&mut self, now: i64, redactor: &Redactor) -> Option<String> {
        match &self.bar {
            Some(bar) => {
                bar.set_message(redactor.redact(&self.line()).into_owned());
                bar.tick();
                None
            }
            None if now - self.shown_at < EVERY => None,
            None => self.due(now),
        }
    }

    /// The last line, where it was not shown yet; the moving line goes away.
    pub(super) fn end(&mut self, now: i64) -> Option<String> {
        match self.bar.take() {
            Some(bar) => {
                bar.finish_and_clear();
                self.shown = self.line();
                None
            }
            None => self.due(now),
        }
    }

    /// Does something with the terminal while no moving line is in the way.
    pub(super) fn aside(&self, act: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(act),
            None => act(),
        }
    }

    fn due(&mut self, now: i64) -> Option<String> {
        let line = self.line();
        if line.is_empty() || line == self.shown {
            return None;
        }
        self.shown_at = now;
        self.shown.clone_from(&line);
        Some(line)
    }

    /// `members read 120 of 250, 14 calls (2.1 a second)`
    fn line(&self) -> String {
        let mut parts = Vec::new();
        match (self.what.is_empty(), self.of) {
            (true, _) => {}
            (false, 0) => parts.push(format!("{} {}", self.what, self.done)),
            (false, of) => parts.push(format!("{} {} of {of}", self.what, self.done)),
        }
        let calls = if self.calls == 1 { "call" } else { "calls" };
        let millis = self.last_call - self.first_call;
        match self.calls {
            0 => {}
            _ if millis < 1_000 => parts.push(format!("{} {calls}", self.calls)),
            #[expect(clippy::cast_precision_loss, reason = "a rate with one digit")]
            _ => {
                let rate = (self.calls - 1) as f64 * 1_000.0 / millis as f64;
                parts.push(format!("{} {calls} ({rate:.1} a second)", self.calls));
            }
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_the_moving_line_leaves_nothing_behind() {
        let mut progress = Progress::on_a_terminal(0);
        progress.called(1);
        progress.moved("members read", 3, 5);
        assert_eq!(progress.show(10_000, &Redactor::default()), None);
        assert_eq!((progress.end(20_000), progress.end(30_000)), (None, None));
    }
}
