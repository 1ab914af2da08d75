//! What is wrong with the settings, where it stands, and what to type.
//! A line that is shown may hold a secret: only the underlined part of a value is ever printed.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::model::{Excerpt, quotable};

/// Why the settings cannot be used. Nothing has been sent or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    problem: String,
    place: Option<Box<Place>>,
    hint: Option<String>,
}

/// Where in a file something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    file: PathBuf,
    line: usize,
    column: usize,
    shown: Excerpt,
}

/// How much of the place may be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Show {
    /// The underlined part is harmless: a key, or the value of an ordinary setting.
    Plain,
    /// The underlined part may be a secret.
    Masked,
}

impl Error {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self { problem: quotable(&problem.into()), place: None, hint: None }
    }

    pub(super) fn at(mut self, file: &Path, text: &str, span: &Range<usize>, show: Show) -> Self {
        self.place = Some(Box::new(Place::find(file, text, span, show, span)));
        self
    }

    /// About a part of a value that is harmless as a whole and is shown around that part.
    pub(super) fn within(mut self, file: &Path, text: &str, span: &Range<usize>, value: &Range<usize>) -> Self {
        self.place = Some(Box::new(Place::find(file, text, span, Show::Plain, value)));
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What a person can do about it, where that is known.
    pub fn next_step(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(place) = &self.place else { return f.write_str(&self.problem) };
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        writeln!(f, "{}:{}:{}: {}", place.file.display(), place.line, place.column, self.problem)?;
        writeln!(f, "  {number} | {}", place.shown.shown)?;
        write!(f, "  {margin} | {}", place.shown.marks())
    }
}

impl Place {
    fn find(file: &Path, text: &str, span: &Range<usize>, show: Show, harmless: &Range<usize>) -> Self {
        let start = floor(text, span.start);
        let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let to = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor(text, span.end).clamp(start, to);
        let before = &text[from..start];
        let marked = &text[start..end];
        let column = before.chars().count() + 1;
        let width = marked.chars().count().max(1);
        let marked = match show {
            Show::Plain => marked.to_owned(),
            Show::Masked => "*".repeat(marked.chars().count()),
        };
        let (first, last) = (floor(text, harmless.start).clamp(from, start), floor(text, harmless.end).clamp(end, to));
        let (before, after) = (masked_before(&text[from..first]), cut_after(&text[last..to]));
        let shown = format!("{before}{}{marked}{}{after}", &text[first..start], &text[end..last]);
        Self {
            file: file.to_owned(),
            line: text[..from].matches('\n').count() + 1,
            column,
            shown: Excerpt::around(&shown, column - 1, width),
        }
    }
}

/// The nearest place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// What stands before the underlined part: keys are shown, values are not.
fn masked_before(text: &str) -> String {
    let mut value = false;
    text.chars()
        .map(|c| {
            let shown = if value && !c.is_whitespace() { '*' } else { c };
            value |= c == '=';
            shown
        })
        .collect()
}

/// What stands after it: up to the sign that begins a value.
fn cut_after(text: &str) -> String {
    match text.split_once('=') {
        Some((key, value)) if !value.trim().is_empty() => format!("{key}= …"),
        _ if text.trim().is_empty() => String::new(),
        _ if text.trim() == "]" => text.to_owned(),
        _ => " …".to_owned(),
    }
}

/// The name that somebody probably meant.
pub(super) fn closest<'a>(meant: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (strsim::damerau_levenshtein(&name.to_lowercase(), &meant.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.chars().count().div_ceil(3))
        .min()
        .map(|(_, name)| name)
}

/// "; did you mean `x`?", or what there is.
pub(super) fn suggestion<'a>(meant: &str, names: impl Iterator<Item = &'a str> + Clone) -> String {
    match closest(meant, names.clone()) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => {
            let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            match names.is_empty() {
                true => String::new(),
                false => format!("; there is {}", names.join(", ")),
            }
        }
    }
}
