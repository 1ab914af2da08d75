//! What scripts have besides the platforms: nouns (`csv`, `time`, …), one file each, as tables of verbs,
//! and functions for everyday work. A new noun is a file and a line in [`NOUNS`].

mod csv;
mod email;
mod entries;
mod exports;
mod guards;
mod json;
mod lists;
mod log;
mod migrate;
mod migrated;
mod options;
mod report;
mod roster;
mod text;
mod time;
mod told;

pub use entries::{Entry, entries};
use options::Options;
pub use report::{Parts, Section, WouldBe};
pub(crate) use time::Time;

use std::ops::RangeInclusive;

use rhai::{Dynamic, ImmutableString, Module, NativeCallContext};

use super::call::wrong;
use super::context::{Outcome, Run};
use super::words::instead;

/// What a verb does: the call's context, the run, the arguments (as many as it takes).
pub(crate) type Does = fn(&NativeCallContext, &Run, Vec<Dynamic>) -> Outcome<Dynamic>;

/// One verb of a noun of the library.
pub(crate) struct Verb {
    /// `parse`
    pub name: &'static str,
    /// How many arguments it takes.
    pub arguments: RangeInclusive<usize>,
    /// How it is written: `csv.parse(text)`
    pub usage: &'static str,
    /// What it is for, in a sentence.
    pub doc: &'static str,
    /// What it does.
    pub does: Does,
}

/// A noun of the library.
pub(crate) struct LibraryNoun {
    /// `csv`
    pub name: &'static str,
    /// What it can do.
    pub verbs: &'static [Verb],
}

/// All of them.
pub(crate) static NOUNS: &[LibraryNoun] =
    &[csv::NOUN, email::NOUN, exports::NOUN, log::NOUN, migrate::NOUN, report::NOUN, roster::NOUN, time::NOUN];

/// The noun of this name.
pub(crate) fn noun(name: &str) -> Option<&'static LibraryNoun> {
    NOUNS.iter().find(|noun| noun.name == name)
}

impl LibraryNoun {
    /// Calls a verb, when it has it and takes so many arguments.
    pub(crate) fn call(
        &self,
        context: &NativeCallContext,
        run: &Run,
        name: &str,
        given: Vec<Dynamic>,
    ) -> Outcome<Dynamic> {
        let names: Vec<&str> = self.verbs.iter().map(|verb| verb.name).collect();
        let Some(verb) = self.verbs.iter().find(|verb| verb.name == name) else {
            let hint = instead(name, &names);
            return Err(format!("`{}` has no `{name}`{hint}", self.name).into());
        };
        if !verb.arguments.contains(&given.len()) {
            return Err(format!(
                "`{}.{name}` does not take {} arguments; write `{}`",
                self.name,
                given.len(),
                verb.usage
            )
            .into());
        }
        (verb.does)(context, run, given)
    }
}

/// The module with the functions that need no noun, and the methods of the library's types.
pub(crate) fn module() -> Module {
    let mut module = Module::new();
    time::register(&mut module);
    log::register(&mut module);
    guards::register(&mut module);
    text::register(&mut module);
    lists::register(&mut module);
    json::register(&mut module);
    super::list::register(&mut module);
    super::later::register(&mut module);
    module
}

/// An argument that must be text.
fn text_of(name: &str, value: &Dynamic) -> Outcome<ImmutableString> {
    value.clone().into_immutable_string().map_err(|_| wrong(name, "text", value).into())
}

/// An argument that must be a whole number.
fn int_of(name: &str, value: &Dynamic) -> Outcome<i64> {
    value.as_int().map_err(|_| wrong(name, "a whole number", value).into())
}

/// What a value looks like in a line of text.
fn shown(context: &NativeCallContext, value: &Dynamic) -> Outcome<String> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.to_string());
    }
    let shown = context.call_native_fn_raw("to_string", true, &mut [&mut value.clone()])?;
    Ok(shown.to_string())
}
