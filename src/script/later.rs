//! A value that only the platform can give, as a script has it while a plan is made. Its one rule: what a run could do
//! with the value and a plan cannot is an error that says so, never another result. Where Rhai lets no error be made
//! (`${}`), the text that comes out holds the placeholder, and no call and no file takes it.

use std::any::TypeId;

use rhai::{
    Array, Dynamic, EvalAltResult, EvalContext, FuncRegistration, ImmutableString, Map, Module, NativeCallContext,
    Position,
};
use serde_json::Value;

use super::context::{Outcome, Run};
use super::nouns::Noun;
use crate::model::Placeholder;

/// Its type's name in scripts and errors.
pub(crate) const TYPE: &str = "known after apply";

/// What all its errors say, in these words.
const KNOWN: &str = "known only after apply";

/// Operators with two sides that need the value. `==` and `!=` are allowed between two of its kind, and with `()`.
const OPERATORS: &[&str] =
    &["+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "..", "..="];

/// Those with one side.
const SIGNS: &[&str] = &["-", "+", "!"];

/// A value that a script may pass on, keep, print, and compare with another one of its kind or with `()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Later(Placeholder);

impl Later {
    /// What stands in this value, if it is one.
    pub(crate) fn of(value: &Dynamic) -> Option<Self> {
        value.read_lock::<Self>().map(|later| later.clone())
    }

    /// The text that travels.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Why something cannot be done.
    pub(crate) fn refusal(&self, what: &str) -> String {
        refusal(what, self.0.what())
    }
}

/// `` `+` needs the value of `group founders`, which is known only after apply; … ``
fn refusal(what: &str, of: &str) -> String {
    format!(
        "{what} needs the value of `{of}`, which is {KNOWN}; hand it to a call as it is, or do this in a script of its own that runs after `beadle apply`"
    )
}

/// The same where nothing but the type is known.
pub(crate) fn refusal_of_type() -> String {
    format!(
        "this needs a value that is {KNOWN}; hand it to a call as it is, or do this in a script of its own that runs after `beadle apply`"
    )
}

/// Why a text may not be used: it holds a placeholder.
pub(crate) fn refusal_of_text(what: &str, text: &str) -> Option<String> {
    Placeholder::is_in(text).then(|| refusal(what, Placeholder::what_in(text)))
}

/// Why a text may not stand for a value: it holds a placeholder and more.
pub(crate) fn refusal_of_part(what: &str, text: &str) -> Option<String> {
    if Placeholder::parse(text).is_some() { None } else { refusal_of_text(what, text) }
}

/// Whether a function's signature, as the engine tells it, has such a value.
pub(crate) fn is_in_signature(signature: &str) -> bool {
    let named = signature.contains(TYPE) || signature.contains(std::any::type_name::<Later>());
    // Sorting a mixture names no type.
    named || signature.contains("cannot be sorted")
}

/// Whether these words are such an error.
pub(crate) fn is_refusal(words: &str) -> bool {
    words.contains(KNOWN)
}

/// A value that was read while a plan is made: texts that are placeholders become such values, at any depth.
pub(crate) fn found_in(value: Dynamic) -> Dynamic {
    let placeholder = value.as_immutable_string_ref().ok().and_then(|text| Placeholder::parse(&text));
    if let Some(placeholder) = placeholder {
        return Dynamic::from(Later(placeholder));
    }
    if value.is_array() {
        let items = value.into_array().unwrap_or_default();
        return Dynamic::from_array(items.into_iter().map(found_in).collect());
    }
    match value.try_cast_result::<Map>() {
        Ok(map) => map.into_iter().map(|(key, item)| (key, found_in(item))).collect::<Map>().into(),
        Err(other) => other,
    }
}

/// A thrown value in a line: such a value in it has no words of the engine's.
pub(crate) fn plain(value: &Dynamic) -> String {
    match Later::of(value) {
        Some(later) => later.as_str().to_owned(),
        None => value.to_string().replace(std::any::type_name::<Later>(), &format!("({TYPE})")),
    }
}

/// The text in a value that is a placeholder or holds one.
pub(crate) fn text_in(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Placeholder::is_in(text).then_some(text),
        Value::Array(items) => items.iter().find_map(text_in),
        Value::Object(map) => {
            map.iter().find_map(|(key, item)| if Placeholder::is_in(key) { Some(key.as_str()) } else { text_in(item) })
        }
        _ => None,
    }
}

/// The error of an operator that needs the value.
fn refused<T>(context: &NativeCallContext, later: &Later) -> Outcome<T> {
    refused_as(context, later, context.fn_name())
}

/// The error of something that needs the value. It is remembered: a script that catches it goes another way than a run
/// would go, and is not planned.
fn refused_as<T>(context: &NativeCallContext, later: &Later, what: &str) -> Outcome<T> {
    let words = later.refusal(&format!("`{what}`"));
    Run::of(context)?.cannot_plan(&words, place(context));
    Err(words.into())
}

/// How a part of a value is written: a property, as far as the engine tells one from an index.
fn part_of(part: &Dynamic) -> String {
    part.as_immutable_string_ref().map_or_else(|_| "[…]".to_owned(), |name| format!(".{}", &*name))
}

/// Remembers an error of a host function, if it is such an error.
pub(crate) fn noted(run: &Run, context: &NativeCallContext, error: Box<EvalAltResult>) -> Box<EvalAltResult> {
    if let EvalAltResult::ErrorRuntime(thrown, _) = &*error
        && let Ok(words) = thrown.as_immutable_string_ref()
    {
        note(run, context, &words);
    }
    error
}

/// Remembers what a host function is about to say, if it is such an error.
pub(crate) fn note(run: &Run, context: &NativeCallContext, words: &str) {
    if run.plans() && is_refusal(words) {
        run.cannot_plan(words, place(context));
    }
}

fn place(context: &NativeCallContext) -> (String, Position) {
    (context.call_source().unwrap_or_default().to_owned(), context.call_position())
}

/// A function that takes no such value: what to say of it; `None` where the name is known to nobody.
pub(crate) fn on_missing(name: &str, args: &[&mut Dynamic], context: &EvalContext) -> Option<String> {
    let sorted = |value: &Dynamic| value.as_array_ref().ok().and_then(|items| first_in(&items));
    let later = match args {
        [array] if name.starts_with("sort") || name.starts_with("order") => sorted(array)?,
        // A noun has its own words, and what a verb was given is gone.
        [noun, ..] if noun.is::<Noun>() => return None,
        args => args.iter().find_map(|value| Later::of(value))?,
    };
    let of_engine = context.engine().collect_fn_metadata(None, |it| (it.metadata.name == name).then_some(()), true);
    (!of_engine.is_empty()).then(|| later.refusal(&format!("`{name}()`")))
}

pub(super) fn register(module: &mut Module) {
    module.set_custom_type::<Later>(TYPE);
    of("==").set_into_module(module, |one: &mut Later, other: Later| *one == other);
    of("!=").set_into_module(module, |one: &mut Later, other: Later| *one != other);
    of("==").set_into_module(module, |_: &mut Later, (): ()| false);
    of("!=").set_into_module(module, |_: &mut Later, (): ()| true);
    of("==").set_into_module(module, |(): (), _: Later| false);
    of("!=").set_into_module(module, |(): (), _: Later| true);
    for operator in OPERATORS {
        of(operator).set_into_module(module, |context: NativeCallContext, later: &mut Later, _: Dynamic| {
            refused::<Dynamic>(&context, later)
        });
        of(operator).set_into_module(module, |context: NativeCallContext, _: Dynamic, later: Later| {
            refused::<Dynamic>(&context, &later)
        });
    }
    // Rhai's own would take any value into the text.
    for operator in ["+", "+="] {
        of(operator).set_into_module(module, |context: NativeCallContext, _: &mut ImmutableString, later: Later| {
            refused::<Dynamic>(&context, &later)
        });
    }
    for sign in SIGNS {
        of(sign).set_into_module(module, |context: NativeCallContext, later: &mut Later| {
            refused::<Dynamic>(&context, later)
        });
    }
    FuncRegistration::new_index_getter().with_volatility(true).set_into_module(
        module,
        |context: NativeCallContext, later: &mut Later, part: Dynamic| {
            refused_as::<Dynamic>(&context, later, &part_of(&part))
        },
    );
    FuncRegistration::new_index_setter().with_purity(true).with_volatility(true).set_into_module(
        module,
        |context: NativeCallContext, later: &mut Later, part: Dynamic, _: Dynamic| {
            refused_as::<()>(&context, later, &part_of(&part))
        },
    );
    module.set_iter_result(TypeId::of::<Later>(), |later| {
        let words = Later::of(&later).map_or_else(refusal_of_type, |later| later.refusal("`for`"));
        Box::new(std::iter::once(Err(words.into())))
    });
    for name in ["to_string", "to_debug"] {
        of(name).set_into_module(module, |later: &mut Later| later.as_str().to_owned());
    }
}

fn of(name: &str) -> FuncRegistration {
    FuncRegistration::new(name).with_purity(true).with_volatility(true)
}

/// The first such value in a list.
pub(crate) fn first_in(items: &Array) -> Option<Later> {
    items.iter().find_map(Later::of)
}
