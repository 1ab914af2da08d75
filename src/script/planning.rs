//! What a run keeps in its memory while it is only planned: what a plan could not do, which warnings were given, and
//! the marks that a run would leave in the store. Its one rule: none of it outlives the run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rhai::Position;
use serde_json::Value;

use super::context::Run;
use crate::events::Level;
use crate::model::Placeholder;

/// One run's memory of it.
#[derive(Default)]
pub(super) struct Planning {
    obstacle: Mutex<Option<Obstacle>>,
    warned: Mutex<BTreeSet<String>>,
    marks: Mutex<BTreeMap<String, String>>,
}

/// Something that a plan cannot do, and where the script asked for it.
#[derive(Clone, Debug)]
pub(super) struct Obstacle {
    /// Why.
    pub words: String,
    /// The file; empty where it is not known.
    pub file: String,
    /// Where in it.
    pub position: Position,
}

impl Run {
    /// Whether writes are only recorded.
    pub fn plans(&self) -> bool {
        self.start().facts.dry_run
    }

    /// A text as people read it: a plan's placeholders say what they stand for.
    pub(super) fn readable<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.plans() { Placeholder::readable(text) } else { Cow::Borrowed(text) }
    }

    /// The same for every text in a value, names of maps too.
    pub(super) fn readable_value(&self, value: Value) -> Value {
        match value {
            value if !self.plans() => value,
            Value::String(text) => self.readable(&text).into_owned().into(),
            Value::Array(items) => items.into_iter().map(|item| self.readable_value(item)).collect(),
            Value::Object(map) => {
                let entry =
                    |(key, item): (String, Value)| (self.readable(&key).into_owned(), self.readable_value(item));
                map.into_iter().map(entry).collect()
            }
            other => other,
        }
    }

    /// A warning that is worth one line a run, whatever the number of reasons; `key` tells warnings apart.
    pub fn warn_once(&self, key: &str, line: &str) {
        if locked(&self.planning().warned).insert(key.to_owned()) {
            self.say(Level::Warn, line);
        }
    }

    /// Remembers what the script asked for and a plan cannot know: caught or not, the plan is none.
    pub(super) fn cannot_plan(&self, words: &str, (file, position): (String, Position)) {
        let obstacle = Obstacle { words: words.to_owned(), file, position };
        locked(&self.planning().obstacle).get_or_insert(obstacle);
    }

    /// The first thing that the plan could not do.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        locked(&self.planning().obstacle).clone()
    }

    /// A mark that this plan would have left.
    pub(super) fn mark(&self, name: &str) -> Option<String> {
        locked(&self.planning().marks).get(name).cloned()
    }

    /// Keeps a mark for the rest of the plan.
    pub(super) fn set_mark(&self, name: &str, mark: String) {
        locked(&self.planning().marks).insert(name.to_owned(), mark);
    }
}

/// A lock whose holder panicked still guards whole values: each is written in one go.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
