//! A failed script as a person reads it: what happened in the words of scripts, and where.

use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, Map, ParseErrorType, Position};

use super::context::Run;
use super::later;
use super::nouns;
use super::planning::Obstacle;
use super::trace::{is_word, snippet, unwound, way};
use super::words::{did_you_mean, instead, kind, nearest, with_article};
use crate::platforms;

/// What went wrong in a script, and where. Shown as a whole with `{}`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rendered}")]
pub struct ScriptError {
    /// What happened, in one sentence.
    pub message: String,
    /// The word of a thrown failure: `not_found`.
    pub code: Option<String>,
    /// The file below the project's folder; empty when no place is known.
    pub file: String,
    /// The line, from 1; 0 when no place is known.
    pub line: usize,
    /// The column in characters, from 1; 0 when no place is known.
    pub column: usize,
    /// The message with its place, the line and the way there, without a line break at the end.
    pub rendered: String,
}

/// Where the texts of scripts come from.
pub(crate) trait Texts {
    /// The text of a file.
    fn text(&self, file: &str) -> Option<Arc<str>>;
    /// The file that is run.
    fn main(&self) -> &str;
    /// The names of its functions.
    fn functions(&self) -> Vec<String>;
}

impl ScriptError {
    /// An error that has no place in a script.
    pub(crate) fn plain(message: String) -> Self {
        let rendered = message.clone();
        Self { message, code: None, file: String::new(), line: 0, column: 0, rendered }
    }
}

/// An error at a place of a file that could not even be run.
pub(crate) fn at(message: String, file: &str, text: &str, position: Position) -> ScriptError {
    let rendered = format!("{message}{}", snippet(file, text, position));
    let (line, column) = (position.line().unwrap_or(0), position.position().unwrap_or(0));
    ScriptError { message, code: None, file: file.to_owned(), line, column, rendered }
}

/// The error of a run.
pub(crate) fn of_run(error: EvalAltResult, engine: &Engine, run: &Run, texts: &dyn Texts) -> ScriptError {
    let (mut inner, file, frames) = unwound(error, texts.main().to_owned());
    let position = inner.take_position();
    let text = texts.text(&file).unwrap_or_default();
    let (message, code) = match &inner {
        EvalAltResult::ErrorParsing(problem, _) => (parse_words(problem, &text), None),
        EvalAltResult::ErrorFunctionNotFound(signature, _) if signature.contains(" (noun") => {
            (run.missed().unwrap_or_else(|| no_function(signature, engine, texts)), None)
        }
        EvalAltResult::ErrorFunctionNotFound(signature, _) if later::is_in_signature(signature) => {
            let missed = run.missed().filter(|words| later::is_refusal(words));
            (missed.unwrap_or_else(|| no_function(signature, engine, texts)), None)
        }
        other => words(other, engine, texts),
    };
    let mut error = at(run.readable(&message).into_owned(), &file, &text, position);
    error.code = code;
    for line in way(&frames, texts) {
        error.rendered.push_str("\n  = ");
        error.rendered.push_str(&line);
    }
    error
}

/// A script that caught what its plan could not do, and came to an end another way than a run would.
pub(crate) fn caught(obstacle: &Obstacle, texts: &dyn Texts) -> ScriptError {
    let message = format!("{}; the script caught this, and a run would not come here", obstacle.words);
    match texts.text(&obstacle.file) {
        Some(text) if !obstacle.position.is_none() => at(message, &obstacle.file, &text, obstacle.position),
        _ => ScriptError::plain(message),
    }
}

/// What happened, and the word of a thrown failure.
fn words(error: &EvalAltResult, engine: &Engine, texts: &dyn Texts) -> (String, Option<String>) {
    let message = match error {
        EvalAltResult::ErrorRuntime(thrown, _) => return thrown_words(thrown),
        EvalAltResult::ErrorFunctionNotFound(signature, _) => no_function(signature, engine, texts),
        EvalAltResult::ErrorVariableNotFound(name, _) => no_variable(name),
        EvalAltResult::ErrorDotExpr(words, _) => no_property(words),
        EvalAltResult::ErrorIndexingType(signature, _) => no_index(signature),
        EvalAltResult::ErrorMismatchDataType(wanted, given, _)
        | EvalAltResult::ErrorMismatchOutputType(wanted, given, _) => mismatch(wanted, given),
        EvalAltResult::ErrorStackOverflow(_) => {
            "functions call each other too deep; does one call itself without an end?".into()
        }
        EvalAltResult::ErrorFor(_) => {
            "`for` needs something to walk through: an array, a list, a map's keys() or a range".into()
        }
        EvalAltResult::ErrorAssignmentToConstant(name, _) => format!("`{name}` is a constant and cannot be changed"),
        other => lowered(&other.to_string()),
    };
    (message, None)
}

/// A thrown map's sentence, a thrown text, or any other thrown value.
fn thrown_words(thrown: &Dynamic) -> (String, Option<String>) {
    if let Some(map) = thrown.read_lock::<Map>() {
        let text = |key: &str| map.get(key).and_then(|value| value.clone().into_string().ok());
        if let Some(message) = text("message") {
            let Some(code) = text("code").filter(|code| code != "script") else { return (lowered(&message), None) };
            let place = match (text("operation"), text("connection")) {
                (Some(operation), Some(connection)) => format!("{operation} on {connection}: "),
                (Some(operation), None) => format!("{operation}: "),
                _ => String::new(),
            };
            let status = map.get("status").and_then(|status| status.as_int().ok());
            let status = status.map_or_else(String::new, |status| format!(", HTTP {status}"));
            return (format!("{place}{message} ({code}{status})"), Some(code));
        }
    }
    match thrown.clone().into_string() {
        Ok(text) if !text.is_empty() => (text, None),
        _ if thrown.is_unit() => ("the script threw `()`".into(), None),
        _ => (format!("the script threw {}", later::plain(thrown)), None),
    }
}

fn no_function(signature: &str, engine: &Engine, texts: &dyn Texts) -> String {
    let (name, given) = signature.split_once(" (").unwrap_or((signature, ")"));
    let given = given.trim_end_matches(')');
    let types: Vec<String> = given.split(", ").filter(|one| !one.is_empty()).map(kind).collect();
    let given = if types.is_empty() { "nothing".to_owned() } else { format!("({})", types.join(", ")) };
    if !name.starts_with(|sign: char| is_word(sign)) {
        return format!("`{name}` does not work with {given}");
    }
    let of_engine = engine.collect_fn_metadata(None, |function| Some(function.metadata.name.to_string()), true);
    let mut known: Vec<String> = of_engine.into_iter().chain(texts.functions()).collect();
    known.retain(|known| known.starts_with(is_word) && !known.contains('$'));
    known.sort();
    known.dedup();
    if known.iter().any(|known| known == name) {
        return format!("`{name}` does not take {given}{}", of_list(&types, name));
    }
    let hint = did_you_mean(name, known.iter().map(String::as_str));
    let list = if hint.is_empty() { of_list(&types, name) } else { String::new() };
    format!("there is no function `{name}` that takes {given}{hint}{list}")
}

/// What to write where an array's function was called on a list.
fn of_list(types: &[String], name: &str) -> String {
    match (types.first().map(String::as_str), name) {
        (Some("list"), "len" | "is_empty") => "; a list is fetched page by page: `count()` reads all of it".into(),
        (Some("list"), _) => "; a list is fetched page by page: write `.to_array()` before it".into(),
        _ => String::new(),
    }
}

fn no_variable(name: &str) -> String {
    format!("there is no variable `{name}`{}", did_you_mean(name, nouns::NAMES.iter().copied()))
}

fn no_property(words: &str) -> String {
    let quoted: Vec<&str> = words.split('\'').collect();
    let (Some(property), Some(of)) = (quoted.get(1), quoted.get(3)) else { return lowered(words) };
    match kind(of).as_str() {
        "connection" => {
            // Also known are nouns of which a platform says what it has instead.
            let has = |noun: &&str| platforms::all().any(|platform| !platform.verbs(noun).is_empty());
            let nouns: Vec<&str> = nouns::PLATFORM_NOUNS.iter().copied().filter(has).collect();
            format!("a connection has no `{property}`{}", instead(property, &nouns))
        }
        "noun" => format!("`{property}` is no property here; a noun has only verbs: write `{property}(…)`"),
        "list" => format!(
            "a list has no property `{property}`; its rows have: walk through it, or write `.first()` before it"
        ),
        of => format!("{} has no property `{property}`", with_article(of)),
    }
}

fn no_index(signature: &str) -> String {
    match kind(signature.split(" [").next().unwrap_or(signature)).as_str() {
        "list" => "a list is fetched page by page and has no places; write `.to_array()` before `[`".into(),
        of => format!("{} has nothing that `[…]` could find", with_article(of)),
    }
}

fn mismatch(wanted: &str, given: &str) -> String {
    match (kind(wanted).as_str(), kind(given).as_str()) {
        (_, later::TYPE) => later::refusal_of_type(),
        ("", given) => format!("{} does not fit here", with_article(given)),
        (wanted, "") => format!("this must be {}", with_article(wanted)),
        (wanted, given) => format!("this must be {}, not {}", with_article(wanted), with_article(given)),
    }
}

/// Why a text is not a script.
pub(crate) fn parse_words(problem: &ParseErrorType, text: &str) -> String {
    match problem {
        ParseErrorType::VariableUndefined(name) if defines(text, "const", name) => {
            format!("functions do not see the script's constants by their bare names; write `global::{name}`")
        }
        ParseErrorType::VariableUndefined(name) if defines(text, "let", name) => {
            format!(
                "`{name}` is not known here; a function does not see the script's variables: hand it over as a parameter"
            )
        }
        ParseErrorType::VariableUndefined(name) => no_variable(name),
        ParseErrorType::ModuleUndefined(name) => {
            let noun = nearest(name, nouns::NAMES.iter().copied());
            let hint = noun.map_or_else(String::new, |noun| format!("; did you mean `{noun}.`?"));
            format!("there is no imported module `{name}`{hint}")
        }
        ParseErrorType::WrongDocComment => "a comment with `///` belongs right before a function; write `//`".into(),
        other => lowered(&other.to_string()),
    }
}

fn defines(text: &str, keyword: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.trim_start().splitn(2, char::is_whitespace);
        words.next() == Some(keyword)
            && words
                .next()
                .and_then(|rest| rest.trim_start().strip_prefix(name))
                .is_some_and(|rest| !rest.starts_with(is_word))
    })
}

/// The engine's sentences begin with a capital; ours do not.
fn lowered(text: &str) -> String {
    let mut signs = text.chars();
    match (signs.next(), signs.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().chain(signs).collect()
        }
        _ => text.to_owned(),
    }
}
