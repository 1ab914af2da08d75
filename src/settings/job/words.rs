//! Values of job files that no other settings have: one text or a list of them, one word of several.

use super::super::error::{Error, closest};
use super::super::section::Section;
use super::super::tree::{Node, Origin, Value};

/// One text or a list of them, each with its place, and the place of all.
pub(super) struct Texts {
    pub(super) all: Origin,
    pub(super) each: Vec<(String, Origin)>,
}

/// Reads one text or a list of them; `example` is one as it is written.
pub(super) fn texts(section: &mut Section<'_>, key: &str, example: &str) -> Result<Option<Texts>, Error> {
    let Some(node) = section.take(key) else { return Ok(None) };
    let Node { value, origin } = node;
    let items = match value {
        Value::Text(text) => vec![Node { value: Value::Text(text), origin: origin.clone() }],
        Value::List(items) => items,
        _ => return Err(section.refuse(key, &origin, &format!("must be text such as {example}, or a list of such"))),
    };
    let mut each = Vec::with_capacity(items.len());
    for item in items {
        match item.value {
            Value::Text(text) => each.push((text, item.origin)),
            _ => return Err(section.refuse(key, &item.origin, &format!("must hold texts such as {example}"))),
        }
    }
    Ok(Some(Texts { all: origin, each }))
}

/// Reads one of these words.
pub(super) fn word<T: Copy>(
    section: &mut Section<'_>,
    key: &str,
    words: &[(&'static str, T)],
    default: T,
) -> Result<T, Error> {
    match section.take(key) {
        None => Ok(default),
        Some(Node { value: Value::Text(text), origin }) => word_of(section, key, (&text, &origin), words),
        Some(Node { origin, .. }) => Err(section.refuse(key, &origin, &format!("must be {}", either(words)))),
    }
}

/// What this text means among these words.
pub(super) fn word_of<T: Copy>(
    section: &Section<'_>,
    key: &str,
    (text, origin): (&str, &Origin),
    words: &[(&'static str, T)],
) -> Result<T, Error> {
    if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*meant);
    }
    let hint = closest(text, words.iter().map(|(word, _)| *word)).map(|word| format!("; did you mean \"{word}\"?"));
    let why = format!("must be {}, not \"{text}\"{}", either(words), hint.unwrap_or_default());
    Err(section.refuse(key, origin, &why))
}

/// `"skip", "allow" or "queue_one"`
fn either<T>(words: &[(&'static str, T)]) -> String {
    let quoted: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}
