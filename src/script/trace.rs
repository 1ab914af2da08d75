//! The place of an error: its line, and the way there through functions, closures and imports.

use std::fmt::Write as _;

use rhai::{EvalAltResult, Position};

use super::errors::Texts;
use crate::model::Excerpt;

/// One step of the way to an error, seen from its caller.
pub(crate) struct Frame {
    name: String,
    file: String,
    position: Position,
}

/// The innermost error, its file, and the frames around it, innermost first.
pub(crate) fn unwound(mut error: EvalAltResult, mut file: String) -> (EvalAltResult, String, Vec<Frame>) {
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
pub(crate) fn way(frames: &[Frame], texts: &dyn Texts) -> Vec<String> {
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

pub(crate) fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// The place and its line, with the word there underlined.
pub(crate) fn snippet(file: &str, text: &str, position: Position) -> String {
    let Some(number) = position.line() else { return format!("\n --> {file}") };
    let column = position.position().unwrap_or(0);
    let mut shown = format!("\n --> {file}:{number}:{column}");
    let Some(line) = number.checked_sub(1).and_then(|index| text.lines().nth(index)) else { return shown };
    let before = column.saturating_sub(1);
    let rest: Vec<char> = line.chars().skip(before).collect();
    let width = match rest.first() {
        Some('"' | '`') => rest.iter().skip(1).position(|sign| Some(sign) == rest.first()).map_or(1, |end| end + 2),
        _ => rest.iter().take_while(|sign| is_word(**sign)).count().max(1),
    };
    let margin = " ".repeat(number.to_string().len());
    let excerpt = Excerpt::around(line, before, width);
    let _ = write!(shown, "\n {margin} |\n {number} | {}\n {margin} | {}", excerpt.shown, excerpt.marks());
    shown
}
