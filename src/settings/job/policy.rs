//! What happens when something is not as usual: due and at work, due and nobody there, failed, not to run at all.

use super::super::error::Error;
use super::super::section::Section;
use super::super::tree::{Node, Source, Value};
use super::words::{word, word_of};
use super::{Missed, Overlap, Retries, Which};

const OVERLAPS: &[(&str, Overlap)] = &[
    ("skip", Overlap::Skip),
    ("queue_one", Overlap::QueueOne),
    ("cancel_other", Overlap::CancelOther),
    ("allow", Overlap::Allow),
];
const WHICH: &[(&str, Which)] = &[("last", Which::Last), ("none", Which::None), ("all", Which::All)];

/// One of four words.
pub(super) fn overlap(section: &mut Section<'_>) -> Result<Overlap, Error> {
    word(section, "overlap", OVERLAPS, Overlap::Skip)
}

/// A word, or a table of the word and its bounds.
pub(super) fn missed(section: &mut Section<'_>, source: &Source) -> Result<Missed, Error> {
    let default = Missed::default();
    match section.take("missed") {
        None => Ok(default),
        Some(Node { value: Value::Text(text), origin }) => {
            Ok(Missed { which: word_of(section, "missed", (&text, &origin), WHICH)?, ..default })
        }
        Some(Node { value: Value::Table(table), .. }) => {
            let mut inner = Section::new("missed".into(), table, source, &["which", "window", "most"])?;
            let most = inner.int("most", u64::from(default.most), 1, 10_000)?;
            Ok(Missed {
                which: word(&mut inner, "which", WHICH, default.which)?,
                window: inner.time("window", default.window)?,
                most: u32::try_from(most).unwrap_or(default.most),
            })
        }
        Some(Node { origin, .. }) => {
            let why = "must be \"last\", \"none\" or \"all\", or { which = \"all\", window = \"2d\", most = 5 }";
            Err(section.refuse("missed", &origin, why))
        }
    }
}

/// A number, or a table of the number and the wait.
pub(super) fn retries(section: &mut Section<'_>, source: &Source) -> Result<Retries, Error> {
    const MOST: i64 = 20;
    let default = Retries::default();
    match section.take("retries") {
        None => Ok(default),
        Some(Node { value: Value::Int(times @ 0..=MOST), .. }) => {
            Ok(Retries { times: u32::try_from(times).unwrap_or(default.times), ..default })
        }
        Some(Node { value: Value::Table(table), .. }) => {
            let mut inner = Section::new("retries".into(), table, source, &["times", "wait"])?;
            let times = inner.int("times", u64::from(default.times), 0, MOST.unsigned_abs())?;
            Ok(Retries {
                times: u32::try_from(times).unwrap_or(default.times),
                wait: inner.time("wait", default.wait)?,
            })
        }
        Some(Node { origin, .. }) => {
            let why = format!("must be a whole number from 0 to {MOST}, or {{ times = 3, wait = \"10m\" }}");
            Err(section.refuse("retries", &origin, &why))
        }
    }
}

/// `true`, or the reason.
pub(super) fn paused(section: &mut Section<'_>) -> Result<Option<String>, Error> {
    match section.take("paused") {
        None | Some(Node { value: Value::Bool(false), .. }) => Ok(None),
        Some(Node { value: Value::Bool(true), .. }) => Ok(Some("its file says so".to_owned())),
        Some(Node { value: Value::Text(reason), .. }) if !reason.trim().is_empty() => {
            Ok(Some(reason.trim().to_owned()))
        }
        Some(Node { origin, .. }) => {
            Err(section.refuse("paused", &origin, "must be true, false, or the reason as text in quotes"))
        }
    }
}
