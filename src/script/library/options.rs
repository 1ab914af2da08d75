//! The last map of a library's verb: known keys only, each of its type.

use rhai::{Dynamic, Map};

use crate::script::call::wrong;
use crate::script::context::Outcome;
use crate::script::later::{self, Later};
use crate::script::words::{did_you_mean, listed};

/// Options as they are taken out one by one; `()` is the same as not given.
pub(super) struct Options {
    verb: &'static str,
    map: Map,
}

impl Options {
    /// A map with no other keys than these.
    pub(super) fn of(verb: &'static str, given: &Dynamic, known: &[&str]) -> Outcome<Self> {
        let Some(map) = given.clone().try_cast::<Map>() else {
            return Err(wrong(verb, "a map of options", given).into());
        };
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(Self { verb, map }),
            Some(key) => {
                let hint = did_you_mean(key, known.iter().copied());
                Err(format!("{verb} has no option `{key}`{hint}; it has {}", listed(known)).into())
            }
        }
    }

    fn take(&mut self, key: &str) -> Option<Dynamic> {
        self.map.remove(key).filter(|value| !value.is_unit())
    }

    fn wrong(&self, key: &str, wanted: &str, value: &Dynamic) -> Box<rhai::EvalAltResult> {
        wrong(&format!("`{key}` of {}", self.verb), wanted, value).into()
    }

    /// Text.
    pub(super) fn text(&mut self, key: &str) -> Outcome<Option<String>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match value.clone().into_immutable_string() {
            Ok(text) => match later::refusal_of_text(&format!("`{key}` of {}", self.verb), &text) {
                Some(words) => Err(words.into()),
                None => Ok(Some(text.to_string())),
            },
            Err(_) => Err(self.wrong(key, "text", &value)),
        }
    }

    /// Text or a whole number; while a plan is made, also an id that is known only after apply.
    pub(super) fn id(&mut self, key: &str) -> Outcome<Option<String>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        match (value.as_int(), self.whole(key, &value)?) {
            (Ok(number), _) => Ok(Some(number.to_string())),
            (_, Some(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
            (_, None) => Err(self.wrong(key, "text", &value)),
        }
    }

    /// Text, or as a whole what is known only after apply; `None` for what is neither.
    fn whole(&self, key: &str, value: &Dynamic) -> Outcome<Option<String>> {
        let text = match Later::of(value) {
            Some(later) => later.as_str().to_owned(),
            None => match value.as_immutable_string_ref() {
                Ok(text) => text.to_string(),
                Err(_) => return Ok(None),
            },
        };
        match later::refusal_of_part(&format!("`{key}` of {}", self.verb), &text) {
            Some(words) => Err(words.into()),
            None => Ok(Some(text)),
        }
    }

    /// One of these words.
    pub(super) fn choice(&mut self, key: &str, of: &[&str]) -> Outcome<Option<String>> {
        let Some(word) = self.text(key)? else { return Ok(None) };
        match of.contains(&word.as_str()) {
            true => Ok(Some(word)),
            false => {
                let hint = did_you_mean(&word, of.iter().copied());
                Err(format!("`{key}` of {} cannot be \"{word}\"{hint}; it is one of {}", self.verb, listed(of)).into())
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &str) -> Outcome<Option<bool>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        value.as_bool().map(Some).map_err(|_| self.wrong(key, "true or false", &value))
    }

    /// A map.
    pub(super) fn map(&mut self, key: &str) -> Outcome<Option<Map>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        value.clone().try_cast::<Map>().map(Some).ok_or_else(|| self.wrong(key, "a map", &value))
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &str) -> Outcome<Option<Vec<String>>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let wrong = || self.wrong(key, "a list of texts", &value);
        let list = value.clone().into_array().map_err(|_| wrong())?;
        list.iter().map(|item| self.whole(key, item)?.ok_or_else(wrong)).collect::<Outcome<_>>().map(Some)
    }
}
