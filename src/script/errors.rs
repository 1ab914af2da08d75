//! A failed script as a person reads it: what, where, the line, and the way there through functions, closures and imports.

use std::fmt::Write as _;
use std::sync::Arc;

use rhai::{Dynamic, Engine, EvalAltResult, Map, ParseErrorType, Position};

use super::nouns;
use super::words::{did_you_mean, kind, listed, nearest};

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
        let rendered = format!("error: {message}");
        Self { message, code: None, file: String::new(), line: 0, column: 0, rendered }
    }
}

/// An error at a place of a file that could not even be run.
pub(crate) fn at(message: String, file: &str, text: &str, position: Position) -> ScriptError {
    let rendered = format!("error: {message}{}", snippet(file, text, position));
    let (line, column) = (position.line().unwrap_or(0), position.position().unwrap_or(0));
    ScriptError { message, code: None, file: file.to_owned(), line, column, rendered }
}

/// One step of the way to an error, seen from its caller.
struct Frame {
    name: String,
    file: String,
    position: Position,
}

/// The error of a run.
pub(crate) fn of_run(error: EvalAltResult, engine: &Engine, texts: &dyn Texts) -> ScriptError {
    let (mut inner, file, frames) = unwound(error, texts.main().to_owned());
    let position = inner.take_position();
    let text = texts.text(&file).unwrap_or_default();
    let (message, code) = match &inner {
        EvalAltResult::ErrorParsing(problem, _) => (parse_words(problem, &text), None),
        other => words(other, engine, texts),
    };
    let mut error = at(message, &file, &text, position);
    error.code = code;
    for line in way(&frames, texts) {
        error.rendered.push_str("\n  = ");
        error.rendered.push_str(&line);
    }
    error
}

/// The innermost error, its file, and the frames around it, innermost first.
fn unwound(mut error: EvalAltResult, mut file: String) -> (EvalAltResult, String, Vec<Frame>) {
    let mut frames = Vec::new();
    loop {
        match error {
            EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
                frames.push(Frame { name, file: file.clone(), position });
                if !source.is_empty() {
                    file = source;
                }
                error = *inner;
            }
            EvalAltResult::ErrorInModule(source, inner, position) => {
                frames.push(Frame { name: format!("import {source}"), file, position });
                file = source;
                error = *inner;
            }
            inner => {
                frames.reverse();
                return (inner, file, frames);
            }
        }
    }
}

/// The way there, innermost step first. A closure and the function that called it are one step; repeated steps are counted.
fn way(frames: &[Frame], texts: &dyn Texts) -> Vec<String> {
    let mut lines: Vec<(String, usize)> = Vec::new();
    let mut frames = frames.iter().peekable();
    while let Some(frame) = frames.next() {
        let mut place = frame;
        let what = match frame.name.strip_prefix("import ") {
            Some(file) => format!("while `{file}` was imported"),
            None if frame.name.starts_with("anon$") => {
                let given_to = match frames.next_if(|outer| is_host(outer, frame)) {
                    Some(outer) => {
                        place = outer;
                        Some(outer.name.clone())
                    }
                    None => called_at(frame, texts),
                };
                given_to.map_or_else(|| "in a closure".into(), |name| format!("in the closure given to `{name}()`"))
            }
            None => format!("in `{}()`", frame.name),
        };
        let line = match place.position.line() {
            Some(line) => format!("{what}, at {}:{line}:{}", place.file, place.position.position().unwrap_or(0)),
            None => what,
        };
        match lines.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => lines.push((line, 1)),
        }
    }
    let counted = |(line, count)| if count > 1 { format!("{line} ({count} times)") } else { line };
    lines.into_iter().map(counted).collect()
}

/// Whether a frame is the host function that called the closure of the frame inside of it.
fn is_host(outer: &Frame, closure: &Frame) -> bool {
    !outer.name.starts_with("anon$") && outer.position == closure.position && outer.file == closure.file
}

/// The name that stands where a closure was called from.
fn called_at(frame: &Frame, texts: &dyn Texts) -> Option<String> {
    let text = texts.text(&frame.file)?;
    let (line, column) = (frame.position.line()?, frame.position.position()?);
    let rest: String = text.lines().nth(line.checked_sub(1)?)?.chars().skip(column.checked_sub(1)?).collect();
    let name: String = rest.chars().take_while(|sign| is_word(*sign)).collect();
    (!name.is_empty() && name != "call").then_some(name)
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The place and its line, with the word there underlined.
fn snippet(file: &str, text: &str, position: Position) -> String {
    let Some(number) = position.line() else { return format!("\n --> {file}") };
    let column = position.position().unwrap_or(0);
    let mut shown = format!("\n --> {file}:{number}:{column}");
    let Some(line) = number.checked_sub(1).and_then(|index| text.lines().nth(index)) else { return shown };
    let line: String = line.replace('\t', " ");
    let before = column.saturating_sub(1);
    let rest: Vec<char> = line.chars().skip(before).collect();
    let width = match rest.first() {
        Some('"' | '`') => rest.iter().skip(1).position(|sign| Some(sign) == rest.first()).map_or(1, |end| end + 2),
        _ => rest.iter().take_while(|sign| is_word(**sign)).count().max(1),
    };
    let margin = " ".repeat(number.to_string().len());
    let marks = format!("{}{}", " ".repeat(before), "^".repeat(width));
    let _ = write!(shown, "\n {margin} |\n {number} | {}\n {margin} | {marks}", line.trim_end());
    shown
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
            let Some(code) = text("code") else { return (lowered(&message), None) };
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
        _ => (format!("the script threw {thrown}"), None),
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
            let nouns: Vec<&str> = nouns::PLATFORM_NOUNS.iter().copied().collect();
            format!(
                "a connection has no `{property}`{}; it has {}",
                did_you_mean(property, nouns.iter().copied()),
                listed(&nouns)
            )
        }
        "noun" => format!("`{property}` is no property here; a noun has only verbs: write `{property}(…)`"),
        "list" => format!(
            "a list has no property `{property}`; its rows have: walk through it, or write `.first()` before it"
        ),
        of => format!("{of} has no property `{property}`"),
    }
}

fn no_index(signature: &str) -> String {
    match kind(signature.split(" [").next().unwrap_or(signature)).as_str() {
        "list" => "a list is fetched page by page and has no places; write `.to_array()` before `[`".into(),
        of => format!("{of} has nothing that `[…]` could find"),
    }
}

fn mismatch(wanted: &str, given: &str) -> String {
    match (kind(wanted).as_str(), kind(given).as_str()) {
        ("", given) => format!("{given} does not fit here"),
        (wanted, "") => format!("this must be {wanted}"),
        (wanted, given) => format!("this must be {wanted}, not {given}"),
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
