//! Everything that reaches a person: data to stdout, talk to stderr. Nothing leaves without the redactor.
#![expect(clippy::disallowed_methods, reason = "the door to the terminal")]

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::failure::Failure;
use super::progress::Progress;
use super::stream::Stream;
use crate::clock::Clock;
use crate::events::{Event, Level, Sink};
use crate::settings::{Environment, Redactor};

/// What stdout is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether talk is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Only where a person looks at it: on a terminal, without `NO_COLOR`.
    Auto,
    /// Never.
    Never,
}

/// How things are shown.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What stdout is made of.
    pub format: Format,
    /// Colours.
    pub colour: Colour,
    /// The least that is said.
    pub level: Level,
}

/// The terminal, or the pipes in its place.
pub struct Printer {
    look: Look,
    coloured: bool,
    redactor: Redactor,
    clock: Clock,
    state: Mutex<State>,
}

struct State {
    out: Stream,
    err: Stream,
    progress: Progress,
}

impl Printer {
    /// On the process's own stdout and stderr.
    pub fn new(look: Look, environment: &Environment, redactor: Redactor, clock: Clock) -> Self {
        let terminal = io::stderr().is_terminal();
        let plain = environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb");
        let now = clock.now_ms();
        let progress = if terminal { Progress::on_a_terminal(now) } else { Progress::in_a_pipe(now) };
        let (out, err) = (Stream::new(Box::new(io::stdout())), Stream::new(Box::new(io::stderr())));
        Self {
            look,
            coloured: terminal && look.colour == Colour::Auto && !plain,
            redactor,
            clock,
            state: Mutex::new(State { out, err, progress }),
        }
    }

    /// What stdout is made of.
    pub fn format(&self) -> Format {
        self.look.format
    }

    /// Data: text as it is, to stdout.
    pub fn data(&self, text: &str) {
        let clean = self.redactor.redact(text);
        let mut state = self.lock();
        let State { out, progress, .. } = &mut *state;
        progress.aside(|| out.write(&clean));
    }

    /// Data: one object, as one line.
    pub fn object(&self, object: &Value) {
        self.data(&format!("{object}\n"));
    }

    /// Talk: a line for people, to stderr. Control characters would move the terminal and are left out.
    pub fn say(&self, level: Level, line: &str) {
        if level >= self.look.level {
            let mut state = self.lock();
            self.talk(&mut state, "", level, line);
        }
    }

    /// Talk of a process that is at work for long: when it was said stands first.
    pub fn say_at(&self, time: &str, level: Level, line: &str) {
        if level >= self.look.level {
            let mut state = self.lock();
            self.talk(&mut state, &format!("{time} "), level, line);
        }
    }

    /// Whether talk of this level is shown.
    pub fn shows(&self, level: Level) -> bool {
        level >= self.look.level
    }

    /// An end that is not a good one.
    pub fn failure(&self, failure: &Failure) {
        self.end();
        self.say(Level::Error, &failure.message);
        if let Some(hint) = &failure.hint {
            let mut state = self.lock();
            self.write_talk(&mut state, &format!("  next: {hint}"));
        }
        if self.look.format == Format::Json {
            self.object(&failure.json());
        }
    }

    /// The last word on progress; the moving line goes away.
    pub fn end(&self) {
        let mut state = self.lock();
        let line = state.progress.end(self.clock.now_ms());
        self.show(&mut state, line);
    }

    /// Why data was lost on its way to stdout; a reader that went away is no reason.
    pub fn trouble(&self) -> Option<String> {
        self.lock().out.trouble().map(|error| format!("failed to write to stdout: {error}"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, state: &mut State, line: Option<String>) {
        if let Some(line) = line {
            self.write_talk(state, &line);
        }
    }

    fn talk(&self, state: &mut State, before: &str, level: Level, line: &str) {
        let colour = match level {
            Level::Debug => "2",
            Level::Info => return self.write(state, before, line),
            Level::Warn => "1;33",
            Level::Error => "1;31",
        };
        match self.coloured {
            true => {
                let word = format!("{before}\x1b[{colour}m{}:\x1b[0m ", level.word());
                self.write(state, &word, line);
            }
            false => self.write(state, &format!("{before}{}: ", level.word()), line),
        }
    }

    fn write_talk(&self, state: &mut State, line: &str) {
        self.write(state, "", line);
    }

    fn write(&self, state: &mut State, word: &str, line: &str) {
        let clean = self.redactor.redact(line);
        let harmless: String = clean.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        let State { err, progress, .. } = state;
        progress.aside(|| err.write(&format!("{word}{harmless}\n")));
    }
}

impl Sink for Printer {
    fn note(&self, event: &Event) {
        let now = self.clock.now_ms();
        match event {
            Event::Print(text) if self.look.format == Format::Json => {
                self.object(&json!({ "type": "print", "text": text }));
            }
            Event::Print(text) => self.data(&format!("{text}\n")),
            Event::Say(level, line) | Event::Job { level, line, .. } => self.say(*level, line),
            Event::Called(called) => {
                let mut state = self.lock();
                state.progress.called(now);
                let line = state.progress.show(now, &self.redactor);
                self.show(&mut state, line);
                drop(state);
                self.say(Level::Debug, &called.to_string());
            }
            Event::Again { .. } => {}
            Event::Progress { what, done, of } => {
                let mut state = self.lock();
                state.progress.moved(what, *done, *of);
                let line = state.progress.show(now, &self.redactor);
                self.show(&mut state, line);
            }
        }
    }
}

#[cfg(test)]
mod tests;
